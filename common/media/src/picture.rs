//! A decoded picture: three planes of 8-bit 4:2:0 and when to show them.

use ffmpeg::{color, format::Pixel};
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

/// A decoded picture. Cheap to move, `Send`; the planes belong to the decoder's pool and go back when it is dropped.
pub struct Picture {
    frame: ffmpeg::frame::Video,
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
    pub(crate) fn new(frame: ffmpeg::frame::Video, pts_us: i64, duration_us: i64, corrupt: bool) -> Option<Self> {
        let good = matches!(frame.format(), Pixel::YUV420P | Pixel::YUVJ420P) && frame.planes() == 3 && frame.width() > 0 && frame.height() > 0;
        // A negative stride (a flipped picture) reads as a huge one.
        let good = good && (0..3).all(|i| frame.stride(i) >= frame.plane_width(i) as usize && frame.stride(i) < 1 << 20);
        good.then_some(Self { frame, pts_us, duration_us, corrupt })
    }

    /// Its size in pixels.
    #[must_use]
    pub fn size(&self) -> PictureSize {
        PictureSize { width: self.frame.width(), height: self.frame.height() }
    }

    /// Y, Cb, Cr; the chroma planes have half the size, rounded up.
    #[must_use]
    pub fn planes(&self) -> [Plane<'_>; 3] {
        [0, 1, 2].map(|i| Plane {
            data: self.frame.data(i),
            stride: self.frame.stride(i),
            width: self.frame.plane_width(i) as usize,
            height: self.frame.plane_height(i) as usize,
        })
    }

    /// The declared matrix; BT.709 when nothing is declared.
    #[must_use]
    pub fn matrix(&self) -> Matrix {
        match self.frame.color_space() {
            color::Space::BT470BG | color::Space::SMPTE170M | color::Space::FCC => Matrix::Bt601,
            _ => Matrix::Bt709,
        }
    }

    /// The declared range; limited when nothing is declared.
    #[must_use]
    pub fn range(&self) -> Range {
        match (self.frame.color_range(), self.frame.format()) {
            (color::Range::JPEG, _) | (_, Pixel::YUVJ420P) => Range::Full,
            _ => Range::Limited,
        }
    }
}
