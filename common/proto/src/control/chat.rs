//! One-to-one chat over the control plane. What is inside a parcel is [`crate::chat`]; the server only hands it on.

use serde::{Deserialize, Serialize};

use super::messages::{PersonId, Role};
use super::refusal::Refusal;
use crate::chat::keys::Bundle;
use crate::chat::stamp::{Stamp, Stamped};
use crate::chat::{IdentityId, Parcel};
use crate::rights::{Action, Right};

/// Who may write to whom, one to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrivateChat {
    Off,
    /// With instructors alone.
    Instructor,
    #[default]
    All,
}

impl PrivateChat {
    /// Whether one may write to the other, as far as their roles and this setting go.
    #[must_use]
    pub fn allows(self, from: Role, to: Role) -> bool {
        let have_right = [from, to].iter().all(|role| role.right(Action::PrivateChat) != Right::No);
        let by_setting = match self {
            // Staff has the right by itself, the others by the setting alone.
            Self::Off => from.may(Action::PrivateChat) && to.may(Action::PrivateChat),
            Self::Instructor => from.may(Action::PrivateChat) || to.may(Action::PrivateChat),
            Self::All => true,
        };
        have_right && by_setting
    }
}

/// What a joined client asks about chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChatRequest {
    /// One's own keys, for whoever writes. Answered with [`super::Event::Answer`]; to be said again after each joining.
    Keys { request: u32, bundle: Box<Bundle> },
    /// Somebody's keys. Answered with [`ChatEvent::KeysOf`].
    KeysOf { request: u32, person: PersonId },
    /// Something for somebody. Answered with [`super::Event::Answer`] once it waits for the other's connection.
    Send { request: u32, to: PersonId, parcel: Box<Parcel> },
    /// What somebody sent cannot be read: whatever the cause, the other is told the same. Not answered.
    Unread { from: PersonId },
    /// Nothing from this person is handed on to this one, or again; who is blocked is not told. Answered with [`super::Event::Answer`].
    Block { request: u32, person: PersonId, blocked: bool },
    /// Instructor: whether a stamp is this server's. Answered with [`ChatEvent::Checked`].
    Check { request: u32, stamped: Box<Stamped>, mac: [u8; 32] },
    /// The keys by which one's own account is written to while nobody is connected with it; what waits is handed over from then on. To be said
    /// again after each joining. Answered with [`super::Event::Answer`] once it is on disk.
    Mailbox { request: u32, bundle: Box<Bundle> },
    /// Something for somebody who may be away. Answered with [`super::Event::Answer`] once it is on disk.
    Leave { request: u32, to: PersonId, parcel: Box<Parcel> },
    /// These were opened, and what they told is remembered: at most [`crate::limits::MAIL_TAKEN_MAX`]. Not answered.
    Taken { numbers: Vec<u64> },
}

/// Somebody who can be written to while away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxOwner {
    pub person: PersonId,
    /// The account's.
    pub name: String,
    pub role: Role,
    pub identity: IdentityId,
}

/// A parcel that has waited for somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// What [`ChatRequest::Taken`] names.
    pub number: u64,
    pub from: PersonId,
    /// The account's.
    pub name: String,
    /// The sender's mailbox keys at that time, with the identity.
    pub bundle: Box<Bundle>,
    pub parcel: Box<Parcel>,
    pub stamp: Stamp,
}

/// What a server says about chat to a joined client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChatEvent {
    /// Identities that are new or changed; of everybody who has one after joining. Who leaves has none any more, unsaid.
    Identities(Vec<(PersonId, IdentityId)>),
    /// The answer to [`ChatRequest::KeysOf`].
    KeysOf { request: u32, result: Result<Box<Bundle>, Refusal> },
    /// From somebody. The identity is the one that this person has given the server.
    Received { from: PersonId, identity: IdentityId, parcel: Box<Parcel>, stamp: Stamp },
    /// Somebody cannot read what was sent: a new key is due.
    Unread { by: PersonId },
    /// Follows joining.
    PrivateChat(PrivateChat),
    /// The answer to [`ChatRequest::Check`]: whether it is.
    Checked { request: u32, result: Result<bool, Refusal> },
    /// Follows joining: the largest attachment in bytes, 0 for none. The server cannot look at them: clients keep to it.
    AttachmentMax(u64),
    /// Who can be written to while away: new or changed ones; all of this room after joining.
    Mailboxes(Vec<MailboxOwner>),
    /// This person cannot be any more.
    MailboxGone(PersonId),
    /// Something that waited for this person. It comes again at the next joining until it is [`ChatRequest::Taken`].
    Mail(Box<Mail>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_write_to_whom() {
        use Role::{Assistant, Guest, Instructor, Student};
        let check = |setting: PrivateChat, want: [bool; 6]| {
            let pairs = [(Instructor, Student), (Student, Assistant), (Student, Student), (Guest, Instructor), (Instructor, Guest), (Assistant, Instructor)];
            assert_eq!(pairs.map(|(from, to)| setting.allows(from, to)), want, "{setting:?}");
        };
        check(PrivateChat::All, [true, true, true, false, false, true]);
        check(PrivateChat::Instructor, [true, true, false, false, false, true]);
        check(PrivateChat::Off, [false, false, false, false, false, true]);
    }
}
