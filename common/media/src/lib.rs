//! FFmpeg, OpenCV and cpal behind small types; nothing else in the tree names them.
//!
//! Two halves by feature. `play` is what a client links: decoders for H.264 and AAC out of our own demuxing, and the
//! speaker. `make` is what the media worker links: demuxing of foreign files, encoders, OpenCV; it runs in a child process
//! with limits, because a hostile file may break any of it.

#[cfg(any(feature = "play", feature = "make"))]
pub mod codec_config;

#[cfg(feature = "play")]
pub mod audio_decoder;
#[cfg(feature = "play")]
pub mod picture;
#[cfg(feature = "play")]
pub mod speaker;
#[cfg(feature = "play")]
pub mod video_decoder;

#[cfg(feature = "make")]
pub mod make;
