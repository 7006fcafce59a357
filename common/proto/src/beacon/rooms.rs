//! The rooms that a server tells of when it is asked who serves a class: the first, and the further ones as far as one answer holds them.
//!
//! The beacon and multicast DNS tell the same ones, so that what both say is one server. Nothing here is proven.

use super::{is_shown, text};
use crate::limits::{BEACON_ROOMS_MAX, ROOM_NAME_MAX};

/// Names of rooms; there is always a first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rooms {
    first: String,
    further: Vec<String>,
    left_out: u8,
}

impl Rooms {
    /// The only room of a server.
    #[must_use]
    pub fn one(name: impl Into<String>) -> Self {
        Self { first: name.into(), further: Vec::new(), left_out: 0 }
    }

    /// As many of the rooms, in order, as fit into `bytes` behind the first; the others are counted.
    #[must_use]
    pub fn fitting(first: impl Into<String>, further: impl IntoIterator<Item = String>, bytes: usize) -> Self {
        let mut rooms = Self::one(first);
        // The two counts.
        let mut left = bytes.saturating_sub(2);
        for name in further {
            let taken = name.len() + 1;
            if rooms.left_out == 0 && taken <= left && rooms.further.len() + 1 < BEACON_ROOMS_MAX {
                left -= taken;
                rooms.further.push(name);
            } else {
                rooms.left_out = rooms.left_out.saturating_add(1);
            }
        }
        rooms
    }

    /// What was heard; none when a name may not stand on a screen, or when they are more than a server may tell.
    #[must_use]
    pub fn heard(first: String, further: Vec<String>, left_out: u8) -> Option<Self> {
        let shown = further.iter().chain([&first]).all(|name| is_shown(name, ROOM_NAME_MAX));
        (shown && further.len() < BEACON_ROOMS_MAX).then_some(Self { first, further, left_out })
    }

    /// The room that is meant where nobody chose one.
    #[must_use]
    pub fn first(&self) -> &str {
        &self.first
    }

    /// All that are told by name, the first one first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.first).chain(&self.further).map(String::as_str)
    }

    /// Rooms that the server has and did not name; 255 stands for that many and more.
    #[must_use]
    pub fn left_out(&self) -> u8 {
        self.left_out
    }

    /// Whether there is more than one, told or not.
    #[must_use]
    pub fn are_several(&self) -> bool {
        !self.further.is_empty() || self.left_out > 0
    }

    /// Behind the first room's name; nothing for a server of one room.
    pub(super) fn write_further(&self, out: &mut Vec<u8>) -> Option<()> {
        if !self.are_several() {
            return Some(());
        }
        out.push(u8::try_from(self.further.len()).ok()?);
        for name in &self.further {
            out.push(u8::try_from(name.len()).ok().filter(|n| (1..=ROOM_NAME_MAX).contains(&usize::from(*n)))?);
            out.extend_from_slice(name.as_bytes());
        }
        out.push(self.left_out);
        Some(())
    }

    /// Reads what [`Self::write_further`] wrote; bytes behind it are for later versions.
    pub(super) fn read_further(first: String, bytes: &[u8]) -> Option<Self> {
        let Some((count, mut rest)) = bytes.split_first() else { return Some(Self::one(first)) };
        if usize::from(*count) >= BEACON_ROOMS_MAX {
            return None;
        }
        let mut further = Vec::with_capacity(usize::from(*count));
        for _ in 0..*count {
            let (name, behind) = text(rest, ROOM_NAME_MAX)?;
            further.push(name);
            rest = behind;
        }
        Self::heard(first, further, *rest.first()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize, length: usize) -> Vec<String> {
        (0..n).map(|i| format!("{i:0length$}")).collect()
    }

    #[test]
    fn what_fits_is_named_in_order_and_the_others_are_counted() {
        let check = |n: usize, length: usize, bytes: usize, want: (usize, u8)| {
            let rooms = Rooms::fitting("a", names(n, length), bytes);
            assert_eq!((rooms.names().count(), rooms.left_out()), want, "{n} of {length} bytes into {bytes}");
            assert_eq!(rooms.are_several(), n > 0);
        };
        check(0, 0, 0, (1, 0));
        check(3, 4, 2 + 3 * 5, (4, 0));
        check(3, 4, 2 + 3 * 5 - 1, (3, 1));
        check(3, 4, 0, (1, 3));
        check(300, 3, 0, (1, u8::MAX));
        check(40, 2, 1_000, (BEACON_ROOMS_MAX, 40 - (BEACON_ROOMS_MAX - 1) as u8));
        // The first that does not fit ends the list: names do not trade places.
        let uneven = Rooms::fitting("a", ["bbbbbbbbbb".into(), "c".into()], 8);
        assert_eq!((uneven.names().collect::<Vec<_>>(), uneven.left_out()), (vec!["a"], 2));
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let rooms = Rooms::fitting("net-2b", ["net-2c".into(), "ü".into(), "left out, for it is too long".into()], 20);
        let mut bytes = Vec::new();
        rooms.write_further(&mut bytes).expect("fits");
        assert_eq!(bytes, b"\x02\x06net-2c\x02\xc3\xbc\x01");
        assert_eq!(Rooms::read_further("net-2b".into(), &bytes), Some(rooms.clone()));
        assert_eq!(Rooms::read_further("net-2b".into(), &[&bytes[..], b"later"].concat()), Some(rooms));
        assert_eq!(Rooms::read_further("x".into(), &[]), Some(Rooms::one("x")));
        for cut in 1..bytes.len() {
            assert_eq!(Rooms::read_further("net-2b".into(), &bytes[..cut]), None, "cut at {cut}");
        }
        for bad in [&b"\x01\x00\x00"[..], b"\x01\x01\x07\x00", &[BEACON_ROOMS_MAX as u8; 200], b"\x01\x02\xff\xff\x00"] {
            assert_eq!(Rooms::read_further("x".into(), bad), None, "{bad:02x?}");
        }
    }
}
