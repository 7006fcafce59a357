//! Why something about chat was not done.

use lectern_proto::chat::content::TEXT_MAX;
use lectern_proto::control::TalkRefusal;
use lectern_proto::limits::TALK_TEXT_MAX;

use super::super::strings::Strings;
use super::refused::because;
use crate::chat::{ChatError, WriteError};
use crate::class::TalkError;

/// What happened, why, and what to do.
#[must_use]
pub(crate) fn talk_error(strings: &Strings, why: TalkError) -> String {
    let wait = |key: &str, ms: u32| strings.format(key, &[("s", ms.div_ceil(1_000).into())]);
    match why {
        TalkError::NotConnected => strings.text("chat-error-not-connected"),
        TalkError::Refused(TalkRefusal::NotAllowed) => strings.text("chat-error-not-allowed"),
        TalkError::Refused(TalkRefusal::Quiet) => strings.text("chat-quiet"),
        TalkError::Refused(TalkRefusal::Off) => strings.text("chat-off"),
        TalkError::Refused(TalkRefusal::Length) => strings.format("chat-error-length", &[("max", TALK_TEXT_MAX.into())]),
        TalkError::Refused(TalkRefusal::TooFast { wait_ms }) => wait("chat-error-too-fast", wait_ms),
        TalkError::Refused(TalkRefusal::Slow { wait_ms }) => wait("chat-error-slow", wait_ms),
        TalkError::Refused(TalkRefusal::NoSuchMessage) => strings.text("chat-error-gone"),
        TalkError::Refused(TalkRefusal::NotKept) => strings.text("chat-error-not-kept"),
    }
}

/// The same of private chat.
#[must_use]
pub(crate) fn chat_error(strings: &Strings, why: &ChatError) -> String {
    match why {
        ChatError::Write(WriteError::Length(_)) => strings.format("chat-error-length", &[("max", TEXT_MAX.into())]),
        ChatError::Write(WriteError::Gone) => strings.text("private-error-gone"),
        ChatError::Write(WriteError::Changed) => strings.text("private-error-changed"),
        ChatError::Write(WriteError::Blocked) => strings.text("private-error-blocked"),
        ChatError::Write(WriteError::TooMany) => strings.text("private-error-many"),
        ChatError::Write(WriteError::NoSuchMessage) => strings.text("chat-error-gone"),
        ChatError::Write(WriteError::TooLarge { max: 0, .. }) => strings.text("private-error-no-files"),
        ChatError::Write(WriteError::TooLarge { size, max }) => {
            strings.format("private-error-large", &[("size", file_size(strings, *size).into()), ("max", file_size(strings, *max).into())])
        }
        ChatError::Write(WriteError::TooManyFiles) => strings.text("private-error-many-files"),
        ChatError::File { path, why } => strings.format("private-error-file", &[("path", path.display().to_string().into()), ("why", why.as_str().into())]),
        ChatError::NotFetched => strings.text("private-error-not-fetched"),
        ChatError::NoFolder => strings.text("private-error-no-folder"),
        ChatError::Stream(why) => strings.format("private-refused", &[("why", because(strings, *why).into())]),
        ChatError::FalseKeys => strings.text("private-false-keys"),
        ChatError::NoKeys => strings.text("private-error-keys"),
        ChatError::Ended => strings.text("chat-error-not-connected"),
    }
}

/// How large a file is, as people say it.
pub(crate) fn file_size(strings: &Strings, bytes: u64) -> String {
    match bytes {
        0..1_000 => strings.format("private-size-bytes", &[("n", bytes.into())]),
        1_000..1_000_000 => strings.format("private-size-kb", &[("n", bytes.div_ceil(1_000).into())]),
        _ => {
            let tenths = bytes.div_ceil(100_000);
            strings.format("private-size-mb", &[("n", (tenths as f64 / 10.0).into())])
        }
    }
}
