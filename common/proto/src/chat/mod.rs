//! One-to-one chat that nobody between the two can read, forge, replay or reorder: formats and state, without a socket.
//!
//! A person has an RSA-3072 identity ([`keys`]), which signs a prekey, a second RSA key that lives for a session. Who writes first to
//! somebody makes an AES-256-GCM key for that direction of the conversation, wraps it for the other's prekey (RSA-OAEP) and signs all
//! around it ([`envelope`]). Messages under the key count up ([`message`]); what they say is [`content`], files of theirs are called as [`file_name`] allows. [`party`] keeps one person's
//! side of all conversations, [`messenger`] decides what is sent when, and what is shown. [`ring`] is what an account keeps from one
//! computer to the next, [`history`] what one computer keeps of what was shown. [`stamp`] proves later who wrote something.
//! [`verify`] makes what two people, or a whole room, compare with their eyes. [`rsa_keys`] is the one module
//! that names the crate of that name. What this protects, and what it does not: `docs/SECURITY.md`.

pub mod content;
pub mod envelope;
pub mod file_name;
pub mod history;
pub mod keys;
pub mod message;
pub mod messenger;
pub mod party;
pub mod ring;
pub mod rsa_keys;
pub mod stamp;
pub mod verify;

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Names an identity: SHA-256 of its public key as SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IdentityId(pub [u8; 32]);

impl fmt::Debug for IdentityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdentityId({})", crate::hex::write(&self.0[..6]))
    }
}

/// Names a prekey: the first 16 bytes of SHA-256 of its SubjectPublicKeyInfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PrekeyId(pub [u8; 16]);

/// Names the key of one direction: random, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyId(pub [u8; 16]);

/// One direction of the conversation of two identities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Direction {
    pub sender: IdentityId,
    pub recipient: IdentityId,
}

/// Domain of a conversation's name.
const CONVERSATION: &[u8] = b"lectern conversation v1";

impl Direction {
    /// The same conversation, the other way.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self { sender: self.recipient, recipient: self.sender }
    }

    /// Names the conversation, the same for both: SHA-256("lectern conversation v1" ‖ the smaller identity ‖ the larger).
    #[must_use]
    pub fn conversation(self) -> [u8; 32] {
        let (low, high) = if self.sender < self.recipient { (self.sender, self.recipient) } else { (self.recipient, self.sender) };
        Sha256::new().chain_update(CONVERSATION).chain_update(low.0).chain_update(high.0).finalize().into()
    }

    /// 0 from the smaller identity to the larger, 1 the other way.
    #[must_use]
    pub fn number(self) -> u8 {
        u8::from(self.sender > self.recipient)
    }

    /// What both signatures and associated data begin with: label ‖ version `u8` ‖ sender ‖ recipient ‖ conversation ‖ direction `u8`.
    fn context(self, label: &[u8]) -> Vec<u8> {
        [label, &[VERSION], &self.sender.0, &self.recipient.0, &self.conversation(), &[self.number()]].concat()
    }
}

/// Version of these formats.
pub const VERSION: u8 = 1;

/// What a person hands to the server for another: a message, and before the first under a new key the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    pub envelope: Option<Box<envelope::Envelope>>,
    pub message: message::Message,
}

/// What came cannot be read. One answer for every cause, so that a forger learns nothing from it; why is never told on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message cannot be read: it was changed, repeated, or made for a key that is not there any more")]
pub struct Unreadable;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_name_the_conversation_alike() {
        let there = Direction { sender: IdentityId([1; 32]), recipient: IdentityId([2; 32]) };
        assert_eq!(there.conversation(), there.reversed().conversation());
        assert_eq!((there.number(), there.reversed().number()), (0, 1));
        let other = Direction { sender: IdentityId([1; 32]), recipient: IdentityId([3; 32]) };
        assert_ne!(there.conversation(), other.conversation());
    }
}
