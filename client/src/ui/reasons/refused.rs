//! Why the class refused what somebody asked of it.

use lectern_proto::control::Refusal;

use super::super::strings::Strings;
use super::super::wishes::Wish;
use crate::class::{ClassState, StreamError};
use crate::live::OffAir;

/// What did not come to be, why, and what to do.
#[must_use]
pub(crate) fn refused(strings: &Strings, class: &ClassState, wish: Wish, why: StreamError) -> String {
    let why = because(strings, why);
    let (key, name) = match wish {
        Wish::Stage(person, given) => {
            let name = class.people.iter().find(|p| p.id == person).map(|p| p.name.clone());
            (if given { "refused-stage" } else { "refused-stage-take" }, name)
        }
        Wish::Quiet(true) => ("refused-quiet", None),
        Wish::Quiet(false) => ("refused-quiet-end", None),
        Wish::Record(stream, recorded) => {
            let name = class.streams.iter().find(|s| s.id == stream).map(|s| s.name.clone());
            (if recorded { "refused-record" } else { "refused-record-stop" }, name)
        }
        Wish::AllowRecording(_, true) => ("refused-allow", None),
        Wish::AllowRecording(_, false) => ("refused-disallow", None),
        Wish::Tool => ("refused-tool", None),
    };
    strings.format(key, &[("name", name.unwrap_or_default().into()), ("why", why.into())])
}

/// Why, and what to do, as the end of a sentence.
#[must_use]
pub(crate) fn because(strings: &Strings, why: StreamError) -> String {
    strings.text(match why {
        StreamError::NotConnected => "because-not-connected",
        StreamError::Refused(Refusal::NotAllowed) => "because-not-allowed",
        StreamError::Refused(Refusal::NoSuchPerson) => "because-no-person",
        StreamError::Refused(Refusal::NoSuchVideo) => "because-no-video",
        StreamError::Refused(Refusal::NoSuchStream) => "because-no-stream",
        StreamError::Refused(Refusal::NameTaken) => "because-name",
        StreamError::Refused(Refusal::TooMany) => "because-many",
        StreamError::Refused(Refusal::BadOffer) => "because-offer",
        StreamError::Refused(Refusal::Quiet) => "because-quiet",
        StreamError::Refused(Refusal::Unwritable) => "because-unwritable",
        StreamError::Refused(Refusal::Away) => "because-away",
        StreamError::Refused(Refusal::Full) => "because-full",
        StreamError::Refused(Refusal::BadKeys) => "because-keys",
        StreamError::Refused(Refusal::NoPrivateChat) => "because-no-chat",
        StreamError::Refused(Refusal::Muted) => "because-muted",
        StreamError::Refused(Refusal::NoSuchPoll) => "because-no-poll",
        StreamError::Refused(Refusal::BadPoll) => "because-bad-poll",
        StreamError::Refused(Refusal::BadRoom) => "because-bad-room",
        StreamError::Refused(Refusal::NoSuchRoom) => "because-no-such-room",
        StreamError::Refused(Refusal::NoMailbox) => "because-no-mailbox",
        StreamError::Refused(Refusal::MailboxFull) => "because-mailbox-full",
        StreamError::Refused(Refusal::NotKept) => "because-not-kept",
        StreamError::Refused(Refusal::NoSuchRun) => "because-no-run",
        StreamError::Refused(Refusal::BadRun) => "because-bad-run",
        StreamError::Refused(Refusal::BadCode) => "because-bad-code",
    })
}

/// Why something is not on air that was, or was to be.
#[must_use]
pub(crate) fn off_air(strings: &Strings, why: &OffAir) -> String {
    strings.text(match why {
        OffAir::NoMediaPort => "studio-off-port",
        OffAir::Lost | OffAir::NotTaken | OffAir::Refused(StreamError::NotConnected) => "studio-off-lost",
        OffAir::ByTheRoom => "studio-off-room",
        OffAir::Refused(StreamError::Refused(Refusal::NotAllowed)) => "studio-off-right",
        OffAir::Refused(StreamError::Refused(Refusal::Quiet)) => "studio-off-quiet",
        OffAir::Refused(StreamError::Refused(Refusal::Muted)) => "studio-off-muted",
        OffAir::Refused(StreamError::Refused(Refusal::NameTaken)) => "studio-off-name",
        OffAir::Refused(StreamError::Refused(Refusal::TooMany)) => "studio-off-many",
        OffAir::Refused(StreamError::Refused(_)) => "studio-off-offer",
    })
}
