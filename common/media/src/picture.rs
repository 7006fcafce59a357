//! A decoded picture: three planes of 8-bit 4:2:0 and when to show them.

#[cfg(feature = "play")]
use ffmpeg::{color, format::Pixel};
#[cfg(feature = "play")]
use ffmpeg_the_third as ffmpeg;
use lectern_proto::rung::PictureSize;

/// Which matrix turns the planes into red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// ITU-R BT.601.
    Bt601,
    /// ITU-R BT.709: everything that Lectern prepares.
    Bt709,
}

/// Which codes are black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// 16 to 235: everything that Lectern prepares.
    Limited,
    /// 0 to 255.
    Full,
}

/// One plane: `height` rows of `width` samples, `stride` bytes apart.
#[derive(Debug, Clone, Copy)]
pub struct Plane<'a> {
    pub data: &'a [u8],
    pub stride: usize,
    pub width: usize,
    pub height: usize,
}

/// Where the samples of a picture lie.
pub(crate) enum Frame {
    /// In libavcodec's pool, where they go back when it is dropped.
    #[cfg(feature = "play")]
    Ffmpeg(ffmpeg::frame::Video),
    /// In memory of their own.
    #[cfg(feature = "portable")]
    Owned(OwnedFrame),
}

/// Three planes without padding: `width` by `height` samples, and twice a quarter of that, both even.
#[cfg(feature = "portable")]
pub(crate) struct OwnedFrame {
    pub(crate) size: PictureSize,
    pub(crate) planes: [Vec<u8>; 3],
    pub(crate) matrix: Matrix,
    pub(crate) range: Range,
}

/// A decoded picture. Cheap to move, `Send`.
pub struct Picture {
    frame: Frame,
    /// When to show it, in microseconds of the stream.
    pub pts_us: i64,
    /// How long to show it, in microseconds; the next picture's time takes precedence.
    pub duration_us: i64,
    /// Whether the decoder had to guess parts of it.
    pub corrupt: bool,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} at {} us for {} us{})", self.size(), self.pts_us, self.duration_us, if self.corrupt { ", corrupt" } else { "" })
    }
}

impl Picture {
    /// Takes a frame that a decoder gave, if it is 8-bit 4:2:0.
    pub(crate) fn new(frame: Frame, pts_us: i64, duration_us: i64, corrupt: bool) -> Option<Self> {
        frame.is_good().then_some(Self { frame, pts_us, duration_us, corrupt })
    }

    /// Its size in pixels.
    #[must_use]
    pub fn size(&self) -> PictureSize {
        match &self.frame {
            #[cfg(feature = "play")]
            Frame::Ffmpeg(frame) => PictureSize { width: frame.width(), height: frame.height() },
            #[cfg(feature = "portable")]
            Frame::Owned(frame) => frame.size,
        }
    }

    /// Y, Cb, Cr; the chroma planes have half the size, rounded up.
    #[must_use]
    pub fn planes(&self) -> [Plane<'_>; 3] {
        match &self.frame {
            #[cfg(feature = "play")]
            Frame::Ffmpeg(frame) => [0, 1, 2].map(|i| Plane {
                data: frame.data(i),
                stride: frame.stride(i),
                width: frame.plane_width(i) as usize,
                height: frame.plane_height(i) as usize,
            }),
            #[cfg(feature = "portable")]
            Frame::Owned(frame) => [0, 1, 2].map(|i| {
                let (width, height) = frame.plane_size(i);
                Plane { data: &frame.planes[i], stride: width, width, height }
            }),
        }
    }

    /// The declared matrix; BT.709 when nothing is declared.
    #[must_use]
    pub fn matrix(&self) -> Matrix {
        match &self.frame {
            #[cfg(feature = "play")]
            Frame::Ffmpeg(frame) => match frame.color_space() {
                color::Space::BT470BG | color::Space::SMPTE170M | color::Space::FCC => Matrix::Bt601,
                _ => Matrix::Bt709,
            },
            #[cfg(feature = "portable")]
            Frame::Owned(frame) => frame.matrix,
        }
    }

    /// The declared range; limited when nothing is declared.
    #[must_use]
    pub fn range(&self) -> Range {
        match &self.frame {
            #[cfg(feature = "play")]
            Frame::Ffmpeg(frame) => match (frame.color_range(), frame.format()) {
                (color::Range::JPEG, _) | (_, Pixel::YUVJ420P) => Range::Full,
                _ => Range::Limited,
            },
            #[cfg(feature = "portable")]
            Frame::Owned(frame) => frame.range,
        }
    }
}

impl Frame {
    fn is_good(&self) -> bool {
        match self {
            #[cfg(feature = "play")]
            Self::Ffmpeg(frame) => {
                let good = matches!(frame.format(), Pixel::YUV420P | Pixel::YUVJ420P) && frame.planes() == 3 && frame.width() > 0 && frame.height() > 0;
                // A negative stride (a flipped picture) reads as a huge one.
                good && (0..3).all(|i| frame.stride(i) >= frame.plane_width(i) as usize && frame.stride(i) < 1 << 20)
            }
            #[cfg(feature = "portable")]
            Self::Owned(frame) => {
                let even = |n: u32| n > 0 && n.is_multiple_of(2);
                let whole = |i: usize| {
                    let (width, height) = frame.plane_size(i);
                    frame.planes[i].len() == width * height
                };
                even(frame.size.width) && even(frame.size.height) && (0..3).all(whole)
            }
        }
    }
}

#[cfg(feature = "portable")]
impl OwnedFrame {
    fn plane_size(&self, plane: usize) -> (usize, usize) {
        let shift = usize::from(plane > 0);
        (self.size.width as usize >> shift, self.size.height as usize >> shift)
    }
}
