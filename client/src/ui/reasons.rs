//! Why something failed, as sentences in the language of the window: the one place that puts the core's errors into words.
//!
//! The core's errors are facts. What each says in English, which the command line and the log use, is not read here.

mod here;
mod joining;
mod lab;
mod manage;
mod playing;
mod refused;
mod source;
mod talk;
#[cfg(test)]
mod tests;

use std::io::ErrorKind;

pub(crate) use here::here_error;
pub(crate) use joining::{Place, join_error, link_error, place, trouble};
pub(crate) use lab::lab_error;
pub(crate) use manage::manage_error;
pub(crate) use playing::{play_error, play_trouble, preparing, preparing_details, silence, speaker};
pub(crate) use refused::{because, off_air, refused};
pub(crate) use talk::{chat_error, file_size, talk_error};

pub(crate) use source::{devices_error, live_end, live_error, source_trouble, stopped};

use super::strings::Strings;
use crate::keep_file::KeepError;
use crate::system::SystemError;

/// What the operating system refused, as a part of a sentence. What is unusual is quoted in the system's own words.
#[must_use]
pub(crate) fn system(strings: &Strings, error: &SystemError) -> String {
    match error.kind {
        ErrorKind::PermissionDenied => strings.text("system-forbidden"),
        ErrorKind::NotFound => strings.text("system-missing"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => strings.text("system-full"),
        ErrorKind::ReadOnlyFilesystem => strings.text("system-read-only"),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => strings.text("system-broken-off"),
        ErrorKind::TimedOut => strings.text("system-timed-out"),
        ErrorKind::OutOfMemory => strings.text("system-no-memory"),
        _ => strings.format("system-said", &[("said", error.said.as_str().into())]),
    }
}

/// Why what is watched is not written into a file.
#[must_use]
pub(crate) fn not_kept(strings: &Strings, why: &KeepError) -> String {
    match why {
        KeepError::File { path, why } => strings.format("keep-file", &[("path", path.display().to_string().into()), ("why", system(strings, why).into())]),
        KeepError::Empty => strings.text("keep-empty"),
    }
}
