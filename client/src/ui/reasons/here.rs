//! Why nothing was started on this computer.

use super::super::strings::Strings;
use super::system;
use crate::here::{FileTrouble, HereError};

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
                FileTrouble::Unreadable(why) => strings.format("here-file-unreadable", &[("why", system(strings, why).into())]),
            };
            strings.format("here-file", &[("path", path.display().to_string().into()), ("why", why.into())])
        }
        HereError::Folder { path, why } => strings.format("here-folder", &[("path", path.display().to_string().into()), ("why", system(strings, why).into())]),
        HereError::Running => strings.text("here-running"),
        HereError::NoStorage => strings.text("here-no-storage"),
        HereError::Slow(seconds) => strings.format("here-slow", &[("seconds", (*seconds).into())]),
        HereError::Unstartable(why) => strings.format("here-unstartable", &[("why", system(strings, why).into())]),
        HereError::Ended(code) => strings.format("here-ended", &[("code", (*code).into())]),
        HereError::Failed(said) => strings.format("here-failed", &[("said", said.as_str().into())]),
    }
}
