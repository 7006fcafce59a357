//! Why something failed, as sentences in the language of the window, and beside which part of the screen they stand.

use lectern_proto::limits::ROOM_NAME_MAX;
use lectern_proto::link::{LINK_MAX, LinkError};

use super::strings::Strings;
use crate::class::JoinError;
use crate::connect::trouble::Trouble;
use crate::here::{FileTrouble, HereError};
use crate::player::PlayError;

/// The part of the join screen that a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Link,
    Name,
    Password,
    /// The membership as a whole.
    Form,
}

/// Where a failed join is told.
#[must_use]
pub(crate) fn place(error: &JoinError) -> Place {
    match error {
        JoinError::Unreachable { .. }
        | JoinError::OtherCertificate { .. }
        | JoinError::ChangedCertificate { .. }
        | JoinError::Version(_)
        | JoinError::OtherVersionFetched { .. }
        | JoinError::WrongInstructorKey => Place::Link,
        JoinError::WrongPassword | JoinError::PasswordNeeded | JoinError::TooManyFailures(_) => Place::Password,
        JoinError::BadName => Place::Name,
        JoinError::Busy(_) | JoinError::RoomFull | JoinError::Removed { .. } | JoinError::Replaced | JoinError::Left | JoinError::Closed(_) => Place::Form,
    }
}

/// What happened, why, and what to do.
#[must_use]
pub(crate) fn join_error(strings: &Strings, error: &JoinError) -> String {
    match error {
        JoinError::Unreachable { hosts, port, trouble } => {
            let why = self::trouble(strings, trouble);
            strings.format("error-unreachable", &[("hosts", hosts.as_str().into()), ("port", port.to_string().into()), ("why", why.into())])
        }
        JoinError::ChangedCertificate { host } => strings.format("error-changed-certificate", &[("host", host.as_str().into())]),
        JoinError::OtherCertificate { host } => strings.format("error-other-certificate", &[("host", host.as_str().into())]),
        JoinError::Version(what) => strings.format("error-version", &[("what", what.as_str().into())]),
        JoinError::OtherVersionFetched { what, version, path, is_package } => strings.format(
            if *is_package { "error-version-package" } else { "error-version-archive" },
            &[("what", what.as_str().into()), ("version", version.as_str().into()), ("path", path.as_str().into())],
        ),
        JoinError::WrongPassword => strings.text("error-wrong-password"),
        JoinError::WrongInstructorKey => strings.text("error-wrong-instructor-key"),
        JoinError::TooManyFailures(s) => strings.format("error-too-many-failures", &[("seconds", (*s).into())]),
        JoinError::Busy(s) => strings.format("error-busy", &[("seconds", (*s).into())]),
        JoinError::RoomFull => strings.text("error-room-full"),
        JoinError::BadName => strings.text("error-bad-name"),
        JoinError::PasswordNeeded => strings.text("error-password-needed"),
        JoinError::Removed { by } => strings.format("error-removed", &[("by", by.as_str().into())]),
        JoinError::Replaced => strings.text("error-replaced"),
        JoinError::Left => strings.text("error-left"),
        JoinError::Closed(why) => strings.format("error-closed", &[("why", why.as_str().into())]),
    }
}

/// The kind of a failure to connect, with its remedy.
fn trouble(strings: &Strings, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Refused => strings.text("trouble-refused"),
        Trouble::Filtered => strings.text("trouble-filtered"),
        Trouble::Isolated => strings.text("trouble-isolated"),
        Trouble::Silent => strings.text("trouble-silent"),
        Trouble::OffNetwork => strings.text("trouble-off-network"),
        Trouble::NoNetwork => strings.text("trouble-no-network"),
        Trouble::UnknownName(name) => strings.format("trouble-unknown-name", &[("name", name.as_str().into())]),
        Trouble::NotLectern => strings.text("trouble-not-lectern"),
        Trouble::Broken(why) => strings.format("trouble-broken", &[("why", why.as_str().into())]),
    }
}

/// Why a text is not a join link.
#[must_use]
pub(crate) fn link_error(strings: &Strings, error: &LinkError) -> String {
    match error {
        LinkError::Scheme => strings.text("link-scheme"),
        LinkError::Length => strings.format("link-length", &[("most", LINK_MAX.into())]),
        LinkError::Hosts => strings.text("link-hosts"),
        LinkError::Port => strings.text("link-port"),
        LinkError::Room => strings.format("link-room", &[("most", ROOM_NAME_MAX.into())]),
        LinkError::Fingerprint => strings.text("link-fingerprint"),
        LinkError::Parameter(name) => strings.format("link-parameter", &[("name", name.as_str().into())]),
    }
}

/// Why no server of one's own runs.
#[must_use]
pub(crate) fn here_error(strings: &Strings, error: &HereError) -> String {
    match error {
        HereError::NoServer => strings.text("here-no-server"),
        HereError::NoWorker => strings.text("here-no-worker"),
        HereError::File { path, why } => {
            let why = match why {
                FileTrouble::Missing => strings.text("here-file-missing"),
                FileTrouble::Folder => strings.text("here-file-folder"),
                FileTrouble::NoFile => strings.text("here-file-special"),
                FileTrouble::Forbidden => strings.text("here-file-forbidden"),
                FileTrouble::Unreadable(why) => strings.format("here-file-unreadable", &[("why", why.as_str().into())]),
            };
            strings.format("here-file", &[("path", path.display().to_string().into()), ("why", why.into())])
        }
        HereError::Folder { path, why } => strings.format("here-folder", &[("path", path.display().to_string().into()), ("why", why.as_str().into())]),
        HereError::Running => strings.text("here-running"),
        HereError::NoStorage => strings.text("here-no-storage"),
        HereError::Slow(seconds) => strings.format("here-slow", &[("seconds", (*seconds).into())]),
        HereError::Failed(said) => strings.format("here-failed", &[("said", said.as_str().into())]),
    }
}

/// Why a video cannot be opened.
#[must_use]
pub(crate) fn play_error(strings: &Strings, error: &PlayError) -> String {
    match error {
        PlayError::NoSuchVideo(_) => strings.text("play-gone"),
        PlayError::NotReady(_) => strings.text("play-not-ready"),
        PlayError::Failed { reason, .. } => strings.format("play-failed", &[("reason", reason.as_str().into())]),
        PlayError::Quality(_) => strings.text("play-quality"),
    }
}
