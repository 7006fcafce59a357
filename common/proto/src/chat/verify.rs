//! What people compare with their eyes, so that a server that hands out false keys is found out.

use sha2::{Digest, Sha256, Sha512};
use std::fmt;

use super::IdentityId;
use crate::words;

/// Domain of a safety number.
const SAFETY: &[u8] = b"lectern safety number v1";
/// Domain of a room's line.
const LINE: &[u8] = b"lectern fingerprint line v1";
/// How often each half is hashed, so that a key with the same digits costs more to search for. As in Signal's numeric fingerprint.
const ROUNDS: usize = 5_200;
/// Groups of five digits for each of the two.
const GROUPS: usize = 6;
/// Words of a room's line, 11 bits each.
const LINE_WORDS: usize = 6;

/// 60 digits of a pair of identities: the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SafetyNumber(String);

impl SafetyNumber {
    /// 30 digits of each identity, the smaller number first. A half: H = SHA-512(label ‖ identity), then 5,199 times H = SHA-512(H ‖
    /// identity); of H six times 5 bytes, big-endian, modulo 100,000.
    #[must_use]
    pub fn of(one: IdentityId, other: IdentityId) -> Self {
        let mut halves = [half(one), half(other)];
        halves.sort();
        Self(halves.concat())
    }

    /// The digits alone, as they stand in a QR code.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SafetyNumber {
    /// In groups of five.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_str();
        while let Some((group, more)) = rest.split_at_checked(5) {
            write!(f, "{}{group}", if rest.len() == self.0.len() { "" } else { " " })?;
            rest = more;
        }
        Ok(())
    }
}

fn half(id: IdentityId) -> String {
    let mut hash = Sha512::new().chain_update(SAFETY).chain_update(id.0).finalize();
    for _ in 1..ROUNDS {
        hash = Sha512::new().chain_update(hash).chain_update(id.0).finalize();
    }
    let group = |bytes: &[u8]| bytes.iter().fold(0, |n: u64, b| n << 8 | u64::from(*b)) % 100_000;
    hash.chunks_exact(5).take(GROUPS).map(|bytes| format!("{:05}", group(bytes))).collect()
}

/// The one line of a room: six words (66 bits) of all identities that are in it. Each client computes it from the keys that the server
/// gave it, its own checked first; whoever has other keys reads another line.
#[must_use]
pub fn fingerprint_line(identities: impl IntoIterator<Item = IdentityId>) -> [&'static str; LINE_WORDS] {
    let mut all: Vec<_> = identities.into_iter().collect();
    all.sort();
    all.dedup();
    let hash = all.iter().fold(Sha256::new().chain_update(LINE), |hash, id| hash.chain_update(id.0)).finalize();
    let bits = hash.iter().take(16).fold(0, |n: u128, b| n << 8 | u128::from(*b));
    // The highest 66 bits, 11 a word.
    std::array::from_fn(|i| words::word((bits >> (117 - 11 * i)) as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_read_the_same_number() {
        let (a, b) = (IdentityId([1; 32]), IdentityId([2; 32]));
        let number = SafetyNumber::of(a, b);
        assert_eq!(number, SafetyNumber::of(b, a));
        assert_eq!(number.digits().len(), 60);
        assert!(number.digits().bytes().all(|b| b.is_ascii_digit()));
        assert_eq!(number.to_string().split(' ').count(), 12);
        assert_ne!(number, SafetyNumber::of(a, IdentityId([3; 32])));
    }

    #[test]
    fn a_room_has_one_line_whatever_the_order() {
        let ids = [IdentityId([1; 32]), IdentityId([2; 32]), IdentityId([3; 32])];
        let line = fingerprint_line(ids);
        assert_eq!(line, fingerprint_line([ids[2], ids[0], ids[1], ids[0]]));
        assert_ne!(line, fingerprint_line([ids[0], ids[1]]));
        assert!(line.iter().all(|w| !w.is_empty()));
    }
}
