//! JPEG (ITU-T T.81) by FFmpeg, in the colours of JFIF: BT.601, full range.
//!
//! The last step of [`super::thumbnail`]. OpenCV could do it as well, but its reader and writer of pictures loads a hundred
//! libraries at every start of the worker, which doubles the time until a lesson begins.

use super::failure::Failure;
use ffmpeg::format::Pixel;
use ffmpeg::frame::Video;
use ffmpeg::software::scaling;
use ffmpeg::{Rational, codec, color, ffi};
use ffmpeg_the_third as ffmpeg;

/// Quantiser, 2 (best) to 31: about what other programs call a quality of 80.
const QUANTISER: i32 = 4;

fn failed(e: ffmpeg::Error) -> Failure {
    Failure::internal("write the thumbnail", e)
}

/// Encodes a picture of 8-bit blue, green, red.
pub(crate) fn encode(bgr: &Video) -> Result<Vec<u8>, Failure> {
    let (width, height) = (bgr.width(), bgr.height());
    let flags = scaling::Flags::AREA;
    let mut scaler = scaling::Context::get(Pixel::BGR24, width, height, Pixel::YUVJ420P, width, height, flags).map_err(failed)?;
    // SAFETY: the context is valid and ours; the coefficient table is static inside FFmpeg.
    unsafe {
        let table = ffi::sws_getCoefficients(ffi::SWS_CS_ITU601);
        ffi::sws_setColorspaceDetails(scaler.as_mut_ptr(), table, 1, table, 1, 0, 1 << 16, 1 << 16);
    }
    let mut picture = Video::empty();
    scaler.run(bgr, &mut picture).map_err(failed)?;
    picture.set_pts(Some(0));
    let quality = QUANTISER * ffi::FF_QP2LAMBDA;
    // SAFETY: the frame is ours; the field is a plain value.
    unsafe { (*picture.as_mut_ptr()).quality = quality };

    let codec = codec::encoder::find(codec::Id::MJPEG).ok_or_else(|| failed(ffmpeg::Error::EncoderNotFound))?;
    let mut video = codec::Context::new_with_codec(codec).encoder().video().map_err(failed)?;
    video.set_width(width);
    video.set_height(height);
    video.set_format(Pixel::YUVJ420P);
    video.set_color_range(color::Range::JPEG);
    video.set_time_base(Rational(1, 1));
    // With it the header of JFIF is written.
    video.set_aspect_ratio(Rational(1, 1));
    video.set_flags(codec::Flags::QSCALE);
    video.set_global_quality(quality);
    let mut encoder = video.open_as(codec).map_err(failed)?;
    encoder.send_frame(&picture).map_err(failed)?;
    encoder.send_eof().map_err(failed)?;
    let mut packet = codec::packet::Packet::empty();
    encoder.receive_packet(&mut packet).map_err(failed)?;
    Ok(packet.data().unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes a JPEG to 4:2:0 and gives the middle of its planes.
    fn middle(jpeg: &[u8]) -> [u8; 3] {
        let codec = codec::decoder::find(codec::Id::MJPEG).expect("a decoder");
        let mut decoder = codec::Context::new_with_codec(codec).decoder().video().expect("opened");
        decoder.send_packet(&codec::packet::Packet::copy(jpeg)).expect("sent");
        decoder.send_eof().expect("sent");
        let mut frame = Video::empty();
        decoder.receive_frame(&mut frame).expect("decoded");
        assert_eq!((frame.width(), frame.height(), frame.format()), (66, 34, Pixel::YUVJ420P));
        [0, 1, 2].map(|p| frame.data(p)[frame.plane_height(p) as usize / 2 * frame.stride(p) + frame.plane_width(p) as usize / 2])
    }

    #[test]
    fn colours_are_those_of_jfif() {
        // Blue, green, red in; by JFIF 1.02, section 7: red is 76, 85, 255 and white 255, 128, 128.
        for (bgr, wanted) in [([0, 0, 255], [76, 85, 255]), ([255, 255, 255], [255, 128, 128]), ([0, 0, 0], [0, 128, 128])] {
            let mut frame = Video::new(Pixel::BGR24, 66, 34);
            let stride = frame.stride(0);
            frame.data_mut(0).chunks_mut(stride).for_each(|row| row.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| *pixel = bgr));
            let jpeg = encode(&frame).expect("encoded");
            assert!(jpeg.starts_with(&[0xFF, 0xD8]) && jpeg.ends_with(&[0xFF, 0xD9]) && jpeg[6..10] == *b"JFIF", "{:?}", &jpeg[..12]);
            let seen = middle(&jpeg);
            assert!(seen.iter().zip(wanted).all(|(s, w): (&u8, i32)| (i32::from(*s) - w).abs() <= 3), "{bgr:?}: {seen:?}");
        }
    }
}
