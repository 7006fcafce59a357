//! From whatever a source holds to upright 8-bit 4:2:0 in square pixels, BT.709, limited range, at a rung's size.

use super::failure::Failure;
use super::hdr::{Light, ToneMap};
use super::orientation::Rotation;
use ffmpeg::format::Pixel;
use ffmpeg::frame::Video;
use ffmpeg::software::scaling;
use ffmpeg::{color, ffi};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::rung::PictureSize;

/// Pictures of at least this height are taken for BT.709 when they do not say; smaller ones for BT.601.
pub(crate) const HD_HEIGHT: u32 = 720;

/// Everything that a conversion depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    format: Pixel,
    size: PictureSize,
    coefficients: i32,
    full_range: bool,
    /// Light that a matrix alone does not convert.
    light: Option<Light>,
}

/// RGB of 16 bits in the machine's order: between a source of high range and 8 bits.
#[cfg(target_endian = "little")]
const DEEP: Pixel = Pixel::RGB48LE;
#[cfg(target_endian = "big")]
const DEEP: Pixel = Pixel::RGB48BE;

impl Shape {
    fn of(frame: &Video) -> Self {
        let jpeg = matches!(frame.format(), Pixel::YUVJ420P | Pixel::YUVJ422P | Pixel::YUVJ444P | Pixel::YUVJ440P | Pixel::YUVJ411P);
        let coefficients = match frame.color_space() {
            color::Space::BT709 => ffi::SWS_CS_ITU709,
            color::Space::BT470BG | color::Space::SMPTE170M => ffi::SWS_CS_ITU601,
            color::Space::FCC => ffi::SWS_CS_FCC,
            color::Space::SMPTE240M => ffi::SWS_CS_SMPTE240M,
            color::Space::BT2020NCL | color::Space::BT2020CL => ffi::SWS_CS_BT2020,
            _ if frame.height() >= HD_HEIGHT => ffi::SWS_CS_ITU709,
            _ => ffi::SWS_CS_ITU601,
        };
        Self {
            format: frame.format(),
            size: PictureSize { width: frame.width(), height: frame.height() },
            coefficients,
            full_range: jpeg || frame.color_range() == color::Range::JPEG,
            light: Light::of(frame),
        }
    }
}

/// Converts pictures to one target; follows a source that changes on the way.
pub(crate) struct Scaler {
    format: Pixel,
    target: PictureSize,
    /// Bits of the scaler's flags.
    flags: i32,
    current: Option<Steps>,
}

/// The conversion of one shape.
struct Steps {
    shape: Shape,
    first: scaling::Context,
    /// For light: the tone curve at the target's size, and what makes the target's format of it.
    tone: Option<(ToneMap, scaling::Context)>,
}

impl Scaler {
    /// To 4:2:0 of this size. `fine` is for the first step, from the source; the steps between rungs need less.
    pub(crate) fn new(target: PictureSize, fine: bool) -> Self {
        let flags = if fine { scaling::Flags::BICUBIC.bits() } else { scaling::Flags::BILINEAR.bits() };
        Self { format: Pixel::YUV420P, target, flags, current: None }
    }

    /// To 8-bit blue, green, red, for OpenCV.
    pub(crate) fn to_bgr(target: PictureSize) -> Self {
        Self { format: Pixel::BGR24, target, flags: scaling::Flags::AREA.bits(), current: None }
    }

    /// Converts one picture into a new one.
    pub(crate) fn run(&mut self, frame: &Video) -> Result<Video, Failure> {
        let shape = Shape::of(frame);
        if self.current.as_ref().is_none_or(|s| s.shape != shape) {
            self.current = Some(self.steps(shape)?);
        }
        let Some(steps) = self.current.as_mut() else { return Err(Failure::internal("scale a picture", "no scaler")) };
        let mut out = step(&mut steps.first, frame)?;
        if let Some((tone, second)) = steps.tone.as_mut() {
            tone.run(&mut out);
            out = step(second, &out)?;
        }
        declare(&mut out);
        Ok(out)
    }

    fn steps(&self, shape: Shape) -> Result<Steps, Failure> {
        let Some(light) = shape.light else { return Ok(Steps { shape, first: self.context(shape, self.format)?, tone: None }) };
        let first = self.context(shape, DEEP)?;
        let deep = Shape { format: DEEP, size: self.target, coefficients: ffi::SWS_CS_ITU709, full_range: true, light: None };
        Ok(Steps { shape, first, tone: Some((ToneMap::new(light), self.context(deep, self.format)?)) })
    }

    fn context(&self, shape: Shape, format: Pixel) -> Result<scaling::Context, Failure> {
        let (s, t) = (shape.size, self.target);
        let flags = scaling::Flags::from_bits_truncate(self.flags);
        let mut context =
            scaling::Context::get(shape.format, s.width, s.height, format, t.width, t.height, flags).map_err(|e| Failure::ffmpeg("scale the pictures", e))?;
        let full = i32::from(shape.full_range);
        // SAFETY: the context is valid and ours; the coefficient tables are static inside FFmpeg. Formats without colour
        // coefficients make the call fail, which leaves the defaults.
        unsafe {
            let source = ffi::sws_getCoefficients(shape.coefficients);
            let target = ffi::sws_getCoefficients(ffi::SWS_CS_ITU709);
            ffi::sws_setColorspaceDetails(context.as_mut_ptr(), source, full, target, 0, 0, 1 << 16, 1 << 16);
        }
        Ok(context)
    }
}

fn step(context: &mut scaling::Context, frame: &Video) -> Result<Video, Failure> {
    let mut out = Video::empty();
    context.run(frame, &mut out).map_err(|e| Failure::ffmpeg("scale a picture", e))?;
    Ok(out)
}

/// Whether a picture is already what [`Scaler::new`] would make of it.
pub(crate) fn is_target(frame: &Video, target: PictureSize) -> bool {
    let shape = Shape::of(frame);
    shape.format == Pixel::YUV420P && shape.size == target && shape.coefficients == ffi::SWS_CS_ITU709 && !shape.full_range && shape.light.is_none()
}

/// Another hold on the same pixels.
pub(crate) fn share(picture: &ffmpeg::frame::Video) -> ffmpeg::frame::Video {
    // SAFETY: the frame is valid; av_frame_clone makes a new frame that counts on the same buffers, or null without memory,
    // for which the empty frame stands: pushing it fails as any other want of memory.
    unsafe {
        let copy = ffmpeg::ffi::av_frame_clone(picture.as_ptr());
        if copy.is_null() { ffmpeg::frame::Video::empty() } else { ffmpeg::frame::Video::wrap(copy) }
    }
}

/// Rows of blue, green, red without padding, as OpenCV has them, as FFmpeg wants them.
pub(crate) fn from_bgr(bgr: &[u8], size: PictureSize) -> Video {
    let mut frame = Video::new(Pixel::BGR24, size.width, size.height);
    let (stride, row) = (frame.stride(0), size.width as usize * 3);
    for (to, from) in frame.data_mut(0).chunks_mut(stride).zip(bgr.chunks_exact(row)) {
        to[..row].copy_from_slice(from);
    }
    frame
}

/// Says in the frame what it is.
pub(crate) fn declare(frame: &mut Video) {
    frame.set_color_space(color::Space::BT709);
    frame.set_color_range(color::Range::MPEG);
    frame.set_color_primaries(color::Primaries::BT709);
    frame.set_color_transfer_characteristic(color::TransferCharacteristic::BT709);
}

/// Sets a 4:2:0 picture upright.
pub(crate) fn rotate(frame: Video, rotation: Rotation) -> Video {
    if rotation == Rotation::None || frame.format() != Pixel::YUV420P {
        return frame;
    }
    let (w, h) = if rotation.swaps() { (frame.height(), frame.width()) } else { (frame.width(), frame.height()) };
    let mut out = Video::new(Pixel::YUV420P, w, h);
    for plane in 0..3 {
        let (sw, sh) = (frame.plane_width(plane) as usize, frame.plane_height(plane) as usize);
        let (ss, ds) = (frame.stride(plane), out.stride(plane));
        let source = frame.data(plane);
        let dw = out.plane_width(plane) as usize;
        for (y, row) in out.data_mut(plane).chunks_mut(ds).enumerate() {
            for (x, pixel) in row.iter_mut().take(dw).enumerate() {
                let (sx, sy) = rotation.source_of(x, y, sw, sh);
                *pixel = source.get(sy * ss + sx).copied().unwrap_or(0);
            }
        }
    }
    declare(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(size: PictureSize, y: u8, u: u8, v: u8) -> Video {
        let mut frame = Video::new(Pixel::YUV420P, size.width, size.height);
        for (plane, value) in [y, u, v].into_iter().enumerate() {
            frame.data_mut(plane).fill(value);
        }
        frame
    }

    const SD: PictureSize = PictureSize { width: 64, height: 48 };

    #[test]
    fn converts_matrix_and_range() {
        // Red in BT.601 limited, and in BT.601 full range, becomes red in BT.709 limited: 63, 102, 240.
        for (range, (y, u, v)) in [(color::Range::MPEG, (81, 90, 240)), (color::Range::JPEG, (76, 85, 255))] {
            let mut frame = filled(SD, y, u, v);
            frame.set_color_space(color::Space::SMPTE170M);
            frame.set_color_range(range);
            let out = Scaler::new(PictureSize { width: 32, height: 24 }, true).run(&frame).expect("scales");
            let got = [0, 1, 2].map(|p| i32::from(out.data(p)[0]));
            assert!(got.iter().zip([63, 102, 240]).all(|(g, w)| (g - w).abs() <= 2), "{range:?}: {got:?}");
        }
    }

    #[test]
    fn turns_clockwise() {
        let mut frame = filled(SD, 0, 128, 128);
        frame.data_mut(0)[0] = 255;
        let at = |f: &Video, x: usize, y: usize| f.data(0)[y * f.stride(0) + x];
        assert_eq!(at(&rotate(frame.clone(), Rotation::Quarter), 47, 0), 255);
        assert_eq!(at(&rotate(frame.clone(), Rotation::Half), 63, 47), 255);
        assert_eq!(at(&rotate(frame.clone(), Rotation::ThreeQuarters), 0, 63), 255);
        assert_eq!(at(&rotate(frame, Rotation::Mirrored), 63, 0), 255);
    }
}
