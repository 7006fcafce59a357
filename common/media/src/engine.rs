//! Which decoders this build has: FFmpeg's, those in Rust, or both.
//!
//! `play` brings the system's FFmpeg, `portable` decoders that need no library of the system. Both give the same pictures
//! and sound; the tests of the decoders run over [`Engine::ALL`].

use crate::audio_decoder::AudioEngine;
use crate::video_decoder::{DecodeError, VideoEngine};
use lectern_proto::fmp4::{AudioConfig, VideoConfig};

/// A set of decoders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// libavcodec: every processor, several threads.
    #[cfg(feature = "play")]
    Ffmpeg,
    /// Decoders in Rust: one thread, nothing to install.
    #[cfg(feature = "portable")]
    Portable,
}

impl Engine {
    /// Those of this build, the preferred first.
    pub const ALL: &[Self] = &[
        #[cfg(feature = "play")]
        Self::Ffmpeg,
        #[cfg(feature = "portable")]
        Self::Portable,
    ];

    /// Its name, for the log and `--version`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "play")]
            Self::Ffmpeg => "FFmpeg",
            #[cfg(feature = "portable")]
            Self::Portable => "portable",
        }
    }

    pub(crate) fn video(self, config: &VideoConfig, threads: usize) -> Result<Box<dyn VideoEngine>, DecodeError> {
        match self {
            #[cfg(feature = "play")]
            Self::Ffmpeg => Ok(Box::new(crate::ffmpeg::video::Video::new(config, threads)?)),
            #[cfg(feature = "portable")]
            Self::Portable => {
                // Its pictures are decoded one after another.
                let _ = threads;
                Ok(Box::new(crate::portable::video::Video::new(config)?))
            }
        }
    }

    pub(crate) fn audio(self, config: &AudioConfig) -> Result<Box<dyn AudioEngine>, DecodeError> {
        match self {
            #[cfg(feature = "play")]
            Self::Ffmpeg => Ok(Box::new(crate::ffmpeg::audio::Audio::new(config)?)),
            #[cfg(feature = "portable")]
            Self::Portable => Ok(Box::new(crate::portable::audio::Audio::new(config)?)),
        }
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::ALL[0]
    }
}
