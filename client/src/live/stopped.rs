//! Why something live does not go on, as facts: the window says them in its language.

use std::path::PathBuf;

use lectern_media::video_decoder::DecodeError;
use lectern_proto::live::pipe::Trouble;

use super::air::OffAir;
use crate::system::SystemError;

/// Why a publishing does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// The worker said why: its last word.
    #[error("{}", .0.why)]
    Source(Trouble),
    #[error("the media worker {} cannot be started ({why}). Install Lectern anew.", .program.display())]
    NoWorker { program: PathBuf, why: SystemError },
    /// The worker ended without a last word; the last line of its log, which may be empty.
    #[error("the media worker ended: {0}")]
    Died(String),
    #[error(transparent)]
    OffAir(#[from] OffAir),
}

/// Why a live stream is not shown any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LiveEnd {
    #[error("the connection to the class has ended.")]
    Gone,
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Of its sound, in the words of what plays it.
    #[error("{0}")]
    Sound(String),
}
