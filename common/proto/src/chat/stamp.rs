//! What proves later who wrote a message: the server's stamp on what it relays, and what a recipient shows of it.
//!
//! A message commits to its content ([`super::message`]). Whoever relays it puts a stamp on that commitment, on the two people and on the
//! time, without being able to read (message franking; Grubbs, Lu and Ristenpart, CRYPTO 2017). A recipient who reports a message shows
//! what opens the commitment to an instructor, sealed like any message; the instructor's program checks the commitment itself and asks
//! the server whether the stamp is its own. The server learns that a message was reported, not what it says.

use aes_gcm::aead::KeyInit;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

use super::content::{Body, Content, MessageId};
use super::message::{self, Opened};
use super::{Direction, IdentityId, KeyId};
use crate::control::PersonId;
use crate::wire;

const STAMP: &[u8] = b"lectern chat stamp v1";

/// The server's secret for stamps: 256 random bits.
#[derive(Clone, ZeroizeOnDrop)]
pub struct StampKey(pub [u8; 32]);

impl std::fmt::Debug for StampKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StampKey(..)")
    }
}

/// What a stamp is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    pub from: PersonId,
    pub sender: IdentityId,
    pub to: PersonId,
    pub recipient: IdentityId,
    pub commitment: [u8; 32],
    /// When it was relayed, by the server's calendar, in milliseconds since 1970.
    pub at_ms: i64,
}

/// A stamp: HMAC-SHA256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub at_ms: i64,
    pub mac: [u8; 32],
}

impl StampKey {
    /// HMAC-SHA256 of "lectern chat stamp v1" ‖ from `u64` ‖ sender ‖ to `u64` ‖ recipient ‖ commitment ‖ time `i64`.
    #[must_use]
    pub fn stamp(&self, on: &Stamped) -> Stamp {
        // A key of any length is taken.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return Stamp { at_ms: on.at_ms, mac: [0; 32] } };
        let mac = mac
            .chain_update(STAMP)
            .chain_update(on.from.0.to_be_bytes())
            .chain_update(on.sender.0)
            .chain_update(on.to.0.to_be_bytes())
            .chain_update(on.recipient.0)
            .chain_update(on.commitment)
            .chain_update(on.at_ms.to_be_bytes());
        Stamp { at_ms: on.at_ms, mac: mac.finalize().into_bytes().into() }
    }

    /// Whether this stamp was made with this key on this.
    #[must_use]
    pub fn is_stamp(&self, on: &Stamped, mac: &[u8; 32]) -> bool {
        self.stamp(on).mac.ct_eq(mac).into()
    }
}

/// What shows that a message was sent, and nothing else: neither its key nor any other message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub stamped: Stamped,
    pub mac: [u8; 32],
    /// Where the message stood.
    pub key: KeyId,
    pub counter: u64,
    /// Opens the commitment.
    pub opening: [u8; 32],
    /// The rest of the message's body.
    pub series: u64,
    pub number: u64,
    pub id: MessageId,
    pub sent_ms: i64,
    pub text: String,
}

impl Evidence {
    /// Whether the commitment is to this text, between these two: what the instructor's program checks itself.
    #[must_use]
    pub fn shows(&self) -> bool {
        let content = Content::Text { id: self.id, sent_ms: self.sent_ms, text: self.text.clone() };
        let body = wire::encode(&Body { series: self.series, number: self.number, content });
        let direction = Direction { sender: self.stamped.sender, recipient: self.stamped.recipient };
        message::shows(&self.stamped.commitment, direction, (self.key, self.counter), &self.opening, &body)
    }
}

/// What the recipient keeps of a message to be able to show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    pub stamp: Stamp,
    pub key: KeyId,
    pub counter: u64,
    pub commitment: [u8; 32],
    pub opening: [u8; 32],
    pub series: u64,
    pub number: u64,
}

impl Proof {
    pub(super) fn new(stamp: Stamp, message: &message::Message, opened: &Opened, body: &Body) -> Self {
        let (key, counter, commitment) = (message.key, message.counter, message.commitment);
        Self { stamp, key, counter, commitment, opening: opened.opening, series: body.series, number: body.number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_on_all_of_it() {
        let key = StampKey([7; 32]);
        let on = Stamped { from: PersonId(1), sender: IdentityId([1; 32]), to: PersonId(2), recipient: IdentityId([2; 32]), commitment: [3; 32], at_ms: 5 };
        let stamp = key.stamp(&on);
        assert!(key.is_stamp(&on, &stamp.mac));
        assert!(!StampKey([8; 32]).is_stamp(&on, &stamp.mac));
        let others = [
            Stamped { from: PersonId(3), ..on },
            Stamped { sender: IdentityId([9; 32]), ..on },
            Stamped { to: PersonId(3), ..on },
            Stamped { recipient: IdentityId([9; 32]), ..on },
            Stamped { commitment: [9; 32], ..on },
            Stamped { at_ms: 6, ..on },
        ];
        for other in others {
            assert!(!key.is_stamp(&other, &stamp.mac), "{other:?}");
        }
    }
}
