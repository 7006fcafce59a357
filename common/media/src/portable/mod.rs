//! The engine in Rust: H.264 and AAC without a library of the system, for machines that have no FFmpeg to link.
//!
//! Stands behind [`VideoDecoder`](crate::video_decoder::VideoDecoder) and [`AudioDecoder`](crate::audio_decoder::AudioDecoder).
//! The decoders are other people's code that reads what a server sent, so a panic inside them is damage, not the end.

pub(crate) mod audio;
pub(crate) mod video;

use crate::video_decoder::DecodeError;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs a decoder; if it panics, what it was given is damaged. Its state is to be thrown away then.
fn guarded<T>(decode: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| Err(DecodeError::Damaged("the decoder could not go on".to_owned())))
}
