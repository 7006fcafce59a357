//! Why the worker failed, in words for the catalogue that teachers read.

use ffmpeg_the_third as ffmpeg;
use lectern_proto::live::pipe::{Trouble, TroubleCode};
use serde::Serialize;
use std::io;

/// What kind of failure; the server decides by it whether to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The file has no bytes.
    Empty,
    /// The file ends before its index or its first picture.
    Truncated,
    /// Not a media file that this program reads.
    Unreadable,
    /// A media file whose content is damaged.
    Damaged,
    /// A media file of a form that this program does not decode.
    Unsupported,
    /// A media file without pictures and sound.
    NoMedia,
    /// It lasts no time.
    ZeroDuration,
    /// The file or the folder of chunks cannot be read or written; trying again may help.
    Io,
    /// The disk is full; trying again when there is space will help.
    NoSpace,
    /// Another worker prepares the same content.
    Busy,
    /// Not tried to the end, because another part failed.
    GivenUp,
    /// More memory is needed than there may be.
    NoMemory,
    /// There is no screen to capture.
    ScreenNone,
    /// The desktop is Wayland, whose screen cannot be captured.
    ScreenWayland,
    /// The screen of this system cannot be captured.
    ScreenUnsupported,
    /// The screen has colours of a form that cannot be sent.
    ScreenForm,
    /// A limit or a fault of this program.
    Internal,
}

/// A failure: its kind, and a sentence that says what happened, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    pub kind: FailureKind,
    pub reason: String,
}

impl Failure {
    /// A failure of this kind for this reason.
    pub fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }

    /// What a live stream says of it.
    pub(crate) fn trouble(&self) -> Trouble {
        let code = match self.kind {
            FailureKind::Io => TroubleCode::FileUnreadable,
            FailureKind::Truncated | FailureKind::Unreadable | FailureKind::Damaged => TroubleCode::FileDamaged,
            FailureKind::Unsupported => TroubleCode::FileUnsupported,
            FailureKind::Empty | FailureKind::NoMedia | FailureKind::ZeroDuration => TroubleCode::FileEmpty,
            FailureKind::NoMemory => TroubleCode::NoMemory,
            FailureKind::ScreenNone => TroubleCode::ScreenNone,
            FailureKind::ScreenWayland => TroubleCode::ScreenWayland,
            FailureKind::ScreenUnsupported => TroubleCode::ScreenUnsupported,
            FailureKind::ScreenForm => TroubleCode::ScreenForm,
            FailureKind::NoSpace | FailureKind::Busy | FailureKind::GivenUp | FailureKind::Internal => TroubleCode::Fault,
        };
        Trouble { code, name: String::new(), why: self.reason.clone() }
    }

    pub(crate) fn internal(what: &str, why: impl std::fmt::Display) -> Self {
        Self::new(FailureKind::Internal, format!("The media worker could not {what}: {why}. Report this, with the file if you can."))
    }

    /// A failed system call while doing `what`.
    pub(crate) fn io(what: &str, error: &io::Error) -> Self {
        if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return Self::new(
                FailureKind::NoSpace,
                "The disk is full, so the video could not be prepared. Free some space; preparing goes on where it stopped.",
            );
        }
        Self::new(FailureKind::Io, format!("The media worker could not {what}: {error}. Check the disk and the permissions of the file."))
    }

    /// FFmpeg refused while doing `what`, for reasons that lie in the file or in this machine.
    pub(crate) fn ffmpeg(what: &str, error: ffmpeg::Error) -> Self {
        match error {
            ffmpeg::Error::Other { errno } if errno == libc::ENOMEM => Self::new(
                FailureKind::NoMemory,
                format!("The media worker needs more memory than it may use to {what}. Raise its limit or use a smaller video."),
            ),
            ffmpeg::Error::Other { errno } => Self::io(what, &io::Error::from_raw_os_error(errno)),
            ffmpeg::Error::InvalidData => {
                Self::new(FailureKind::Damaged, format!("The file is damaged: it was not possible to {what}. Export or copy it again."))
            }
            e => Self::new(FailureKind::Unsupported, format!("It was not possible to {what} ({e}). Convert the file to MP4 with H.264 and AAC.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::control::FailureKind as Told;

    #[test]
    fn the_server_knows_every_kind_that_is_told() {
        use FailureKind::{Busy, Damaged, Empty, GivenUp, Internal, Io, NoMedia, NoMemory, NoSpace, Truncated, Unreadable, Unsupported, ZeroDuration};
        for kind in [Empty, Truncated, Unreadable, Damaged, Unsupported, NoMedia, ZeroDuration, Io, NoSpace, Busy, GivenUp, NoMemory, Internal] {
            let name = serde_json::to_value(kind).expect("a name");
            let name = name.as_str().expect("a text");
            // What was given up is never the first failure, so nobody is told of it.
            let want = if kind == GivenUp { "other" } else { name };
            assert_eq!(Told::named(name).name(), want, "{kind:?}");
        }
    }
}
