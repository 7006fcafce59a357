//! The engine that is FFmpeg's libavcodec, as the system has it.
//!
//! Stands behind [`VideoDecoder`](crate::video_decoder::VideoDecoder) and [`AudioDecoder`](crate::audio_decoder::AudioDecoder).

pub(crate) mod audio;
pub(crate) mod video;

use crate::codec_config::OutOfMemory;
use crate::video_decoder::DecodeError;
use ffmpeg_the_third as ffmpeg;

impl From<OutOfMemory> for DecodeError {
    fn from(_: OutOfMemory) -> Self {
        Self::Memory
    }
}

fn damaged(error: ffmpeg::Error) -> DecodeError {
    match error {
        ffmpeg::Error::Other { errno } if errno == libc::ENOMEM => DecodeError::Memory,
        e => DecodeError::Damaged(e.to_string()),
    }
}
