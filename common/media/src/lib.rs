//! FFmpeg, OpenCV, cpal and the decoders in Rust behind small types; nothing else in the tree names them.
//!
//! Two halves by feature. `play` is what a client links: decoders for H.264, AAC and Opus out of our own demuxing, and the
//! speaker; `portable` is the same with decoders in Rust instead of FFmpeg's. `make` is what the media worker links:
//! demuxing of foreign files, encoders, OpenCV; it runs in a child process with limits, because a hostile file may break
//! any of it.

#[cfg(feature = "ffmpeg")]
pub mod codec_config;

#[cfg(any(feature = "play", feature = "portable"))]
pub mod audio_decoder;
#[cfg(any(feature = "play", feature = "portable"))]
pub mod engine;
#[cfg(feature = "play")]
mod ffmpeg;
#[cfg(any(feature = "play", feature = "portable"))]
pub mod opus_decoder;
#[cfg(any(feature = "play", feature = "portable"))]
pub mod picture;
#[cfg(feature = "portable")]
mod portable;
#[cfg(feature = "speaker")]
pub mod speaker;
#[cfg(any(feature = "make", feature = "portable"))]
mod sps;
#[cfg(any(feature = "play", feature = "portable"))]
pub mod video_decoder;

#[cfg(feature = "make")]
pub mod live;
#[cfg(feature = "make")]
pub mod make;
