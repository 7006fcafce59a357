//! The beacon: one datagram asks a network who serves a class, one datagram answers.
//!
//! Nothing in it is proven: an answer is a hint where to knock, the certificate behind it decides. A probe is never shorter
//! than its answer, and answers are counted by origin, so that a server is no amplifier for whoever forges an address.

mod rooms;

use std::collections::HashMap;
use std::hash::Hash;
use std::net::Ipv6Addr;
use std::time::Duration;

use crate::limits::{
    BEACON_ANSWERS_BURST, BEACON_ANSWERS_PER_ORIGIN_BURST, BEACON_ANSWERS_PER_ORIGIN_PER_S, BEACON_ANSWERS_PER_S, BEACON_DATAGRAM, BEACON_ORIGINS_MAX,
    BEACON_ROOMS_MAX, NAME_MAX, ROOM_NAME_MAX,
};
use crate::link::Fingerprint;
use crate::rate::TokenBucket;

pub use rooms::Rooms;

/// The UDP port that servers listen on, whatever their control port is.
pub const BEACON_PORT: u16 = 5511;
/// The group of the local link that servers join where there is IPv6 (RFC 4291, 2.7: transient, link-local scope).
pub const BEACON_GROUP: Ipv6Addr = Ipv6Addr::new(0xff12, 0, 0, 0, 0, 0, 0x8c43, 0x5442);
/// The service that is announced by multicast DNS (RFC 6763), and the keys of its TXT record.
pub const MDNS_SERVICE: &str = "_lectern._tcp.local.";
pub const MDNS_VERSION: &str = "v";
pub const MDNS_NAME: &str = "name";
pub const MDNS_ROOM: &str = "room";
pub const MDNS_FINGERPRINT: &str = "fp";
/// How many rooms the record does not name; absent for none. Further rooms are `room2`, `room3` and so on.
pub const MDNS_ROOMS_LEFT_OUT: &str = "more";

const MAGIC: [u8; 4] = *b"LCTB";
/// The only version.
pub const BEACON_VERSION: u8 = 1;
const PROBE: u8 = 1;
const ANSWER: u8 = 2;
/// Magic, version, kind, port, nonce.
const HEAD: usize = 16;

/// What a server says of itself; its address is where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beacon {
    /// TCP.
    pub control_port: u16,
    pub fingerprint: Fingerprint,
    /// `[server] name`, 1 to [`NAME_MAX`] bytes.
    pub name: String,
    /// 1 to [`ROOM_NAME_MAX`] bytes each.
    pub rooms: Rooms,
}

/// The datagram that asks. `nonce` is random; the answer carries it back.
#[must_use]
pub fn probe(nonce: u64) -> [u8; BEACON_DATAGRAM] {
    let mut datagram = [0; BEACON_DATAGRAM];
    head(PROBE, 0, nonce).iter().zip(&mut datagram).for_each(|(from, to)| *to = *from);
    datagram
}

fn head(kind: u8, port: u16, nonce: u64) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    let parts = MAGIC.into_iter().chain([BEACON_VERSION, kind]).chain(port.to_be_bytes()).chain(nonce.to_be_bytes());
    head.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    head
}

/// Port and nonce of a datagram of this kind, and what follows.
fn open(datagram: &[u8], wanted: u8) -> Option<(u16, u64, &[u8])> {
    let (magic, rest) = datagram.split_first_chunk::<4>()?;
    let ([version, kind], rest) = rest.split_first_chunk()?;
    let (port, rest) = rest.split_first_chunk()?;
    let (nonce, rest) = rest.split_first_chunk()?;
    let is_ours = *magic == MAGIC && *version == BEACON_VERSION && *kind == wanted;
    is_ours.then(|| (u16::from_be_bytes(*port), u64::from_be_bytes(*nonce), rest))
}

/// Whether a name may stand on a screen as it came.
#[must_use]
pub fn is_shown(text: &str, most: usize) -> bool {
    // Marks that turn the direction of writing would make a name look like another.
    let unseen = |c: char| c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    (1..=most).contains(&text.len()) && !text.trim().is_empty() && !text.chars().any(unseen)
}

/// A text of 1 to `most` bytes behind its length.
fn text(bytes: &[u8], most: usize) -> Option<(String, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    let text = std::str::from_utf8(text).ok()?;
    is_shown(text, most).then(|| (text.to_owned(), rest))
}

impl Beacon {
    /// What a server of these rooms says; those that do not fit into an answer are counted.
    #[must_use]
    pub fn new(control_port: u16, fingerprint: Fingerprint, name: String, room: String, further: impl IntoIterator<Item = String>) -> Self {
        let used = HEAD + fingerprint.0.len() + 1 + name.len() + 1 + room.len();
        let rooms = Rooms::fitting(room, further, BEACON_DATAGRAM.saturating_sub(used));
        Self { control_port, fingerprint, name, rooms }
    }

    /// The nonce of a whole probe; none for anything else.
    #[must_use]
    pub fn asked(datagram: &[u8]) -> Option<u64> {
        // A shorter one could be answered with more bytes than it has.
        (datagram.len() == BEACON_DATAGRAM).then(|| open(datagram, PROBE))?.map(|(_, nonce, _)| nonce)
    }

    /// The answer to a probe with this nonce; none when name or room are not such as the format can carry.
    #[must_use]
    pub fn answer(&self, nonce: u64) -> Option<Vec<u8>> {
        let mut datagram = head(ANSWER, self.control_port, nonce).to_vec();
        datagram.extend_from_slice(&self.fingerprint.0);
        for (text, most) in [(self.name.as_str(), NAME_MAX), (self.rooms.first(), ROOM_NAME_MAX)] {
            datagram.push(u8::try_from(text.len()).ok().filter(|n| *n > 0 && usize::from(*n) <= most)?);
            datagram.extend_from_slice(text.as_bytes());
        }
        self.rooms.write_further(&mut datagram)?;
        (datagram.len() <= BEACON_DATAGRAM).then_some(datagram)
    }

    /// Reads an answer, with the nonce that it answers; none for anything else. Bytes behind the rooms are for later versions.
    #[must_use]
    pub fn read(datagram: &[u8]) -> Option<(u64, Self)> {
        let datagram = datagram.get(..datagram.len().min(BEACON_DATAGRAM))?;
        let (control_port, nonce, rest) = open(datagram, ANSWER)?;
        let (fingerprint, rest) = rest.split_first_chunk()?;
        let (name, rest) = text(rest, NAME_MAX)?;
        let (room, rest) = text(rest, ROOM_NAME_MAX)?;
        let rooms = Rooms::read_further(room, rest)?;
        (control_port != 0).then_some((nonce, Self { control_port, fingerprint: Fingerprint(*fingerprint), name, rooms }))
    }

    /// Reads what a service says of itself by multicast DNS: its port, and the values of its TXT record by their keys. None when it cannot
    /// be a server of ours.
    #[must_use]
    pub fn of_service<'a>(control_port: u16, value: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let text = |key: &str| value(key).map(str::to_owned);
        let fingerprint = value(MDNS_FINGERPRINT)?.parse().ok()?;
        let name = text(MDNS_NAME).filter(|t| is_shown(t, NAME_MAX))?;
        let further = (2..=BEACON_ROOMS_MAX).map_while(|i| text(&format!("{MDNS_ROOM}{i}"))).collect();
        let left_out = value(MDNS_ROOMS_LEFT_OUT).map_or(Some(0), |n| n.parse().ok())?;
        let rooms = Rooms::heard(text(MDNS_ROOM)?, further, left_out)?;
        (control_port != 0).then_some(Self { control_port, fingerprint, name, rooms })
    }
}

/// Decides which probes a server answers. `O` is whom a probe counts for.
#[derive(Debug)]
pub struct Answerer<O> {
    beacon: Beacon,
    all: TokenBucket,
    origins: HashMap<O, TokenBucket>,
}

impl<O: Hash + Eq> Answerer<O> {
    #[must_use]
    pub fn new(beacon: Beacon) -> Self {
        Self { beacon, all: TokenBucket::new(BEACON_ANSWERS_PER_S, BEACON_ANSWERS_BURST), origins: HashMap::new() }
    }

    /// What to send back for a datagram that came at `now` from `origin`: at most as many bytes, or nothing.
    pub fn receive(&mut self, now: Duration, origin: O, datagram: &[u8]) -> Option<Vec<u8>> {
        let nonce = Beacon::asked(datagram)?;
        if !self.origins.contains_key(&origin) && self.origins.len() >= BEACON_ORIGINS_MAX {
            self.origins.retain(|_, bucket| !bucket.is_full(now));
            if self.origins.len() >= BEACON_ORIGINS_MAX {
                return None;
            }
        }
        let fresh = || TokenBucket::new(BEACON_ANSWERS_PER_ORIGIN_PER_S, BEACON_ANSWERS_PER_ORIGIN_BURST);
        let may = self.origins.entry(origin).or_insert_with(fresh).take(now) && self.all.take(now);
        may.then(|| self.beacon.answer(nonce)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn beacon() -> Beacon {
        Beacon::new(5511, Fingerprint([3; 32]), "Lab 2.14".into(), "net-2b/ü".into(), [])
    }

    #[test]
    fn what_is_asked_is_answered_and_read() {
        let probe = probe(77);
        assert_eq!(Beacon::asked(&probe), Some(77));
        let answer = beacon().answer(77).expect("fits");
        assert_eq!(Beacon::read(&answer), Some((77, beacon())));
        assert_eq!((Beacon::asked(&answer), Beacon::read(&probe)), (None, None));
    }

    #[test]
    fn the_longest_answer_is_not_longer_than_a_probe() {
        let longest = Beacon { name: "n".repeat(NAME_MAX), rooms: Rooms::one("r".repeat(ROOM_NAME_MAX)), ..beacon() };
        assert!(longest.answer(1).expect("fits").len() <= probe(1).len());
        assert_eq!(Beacon { name: "n".repeat(NAME_MAX + 1), ..beacon() }.answer(1), None);
        assert_eq!(Beacon { rooms: Rooms::one(""), ..beacon() }.answer(1), None);
    }

    #[test]
    fn further_rooms_are_told_as_far_as_they_fit() {
        for (length, count) in [(ROOM_NAME_MAX, 9), (3, 9), (3, 200), (1, 1)] {
            let room = |i: usize| format!("{i:0length$}");
            let many = Beacon::new(5511, Fingerprint([3; 32]), "n".repeat(NAME_MAX), room(0), (1..=count).map(room));
            let answer = many.answer(1).expect("fits");
            assert!(answer.len() <= BEACON_DATAGRAM);
            assert_eq!(Beacon::read(&answer), Some((1, many.clone())), "{length}, {count}");
            assert_eq!(many.rooms.names().count() + usize::from(many.rooms.left_out()), count + 1);
        }
    }

    #[test]
    fn whatever_is_not_a_whole_probe_gets_no_answer() {
        let mut answerer = Answerer::new(beacon());
        let mut check = |datagram: &[u8], want: bool| assert_eq!(answerer.receive(Duration::ZERO, 1, datagram).is_some(), want, "{datagram:02x?}");
        check(&probe(1), true);
        check(&probe(1)[..255], false);
        check(&[&probe(1)[..], &[0]].concat(), false);
        check(&[], false);
        for (place, byte) in [(0, b'X'), (4, 2), (5, 9)] {
            let mut other = probe(1);
            other[place] = byte;
            check(&other, false);
        }
    }

    #[test]
    fn names_that_would_lie_on_a_screen_are_not_read() {
        for bad in ["", "   ", "a\u{7}b", "a\nb", "Lab\u{202e}41.2"] {
            let lying = Beacon { name: bad.into(), ..beacon() };
            assert_eq!(lying.answer(1).and_then(|a| Beacon::read(&a)), None, "{bad:?}");
        }
        let nowhere = Beacon { control_port: 0, ..beacon() };
        assert_eq!(nowhere.answer(1).and_then(|a| Beacon::read(&a)), None);
    }

    #[test]
    fn a_service_is_read_by_its_record() {
        let fingerprint = Fingerprint([0x3F; 32]).to_string();
        let record = [(MDNS_NAME, "Lab 2.14"), (MDNS_ROOM, "7b"), ("room2", "7c"), ("room4", "not behind a room3"), (MDNS_ROOMS_LEFT_OUT, "2")];
        let read = |port: u16, change: (&str, Option<&'static str>)| {
            let of = |key: &str| record.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
            Beacon::of_service(port, |key| match key {
                key if key == change.0 => change.1,
                MDNS_FINGERPRINT => Some(fingerprint.as_str()),
                key => of(key),
            })
        };
        let rooms = Rooms::heard("7b".into(), vec!["7c".into()], 2).expect("names");
        assert_eq!(read(5512, ("", None)), Some(Beacon { control_port: 5512, fingerprint: Fingerprint([0x3F; 32]), name: "Lab 2.14".into(), rooms }));
        for (port, change) in [
            (0, ("", None)),
            (1, (MDNS_FINGERPRINT, None)),
            (1, (MDNS_FINGERPRINT, Some("Pz8"))),
            (1, (MDNS_NAME, Some("a\nb"))),
            (1, (MDNS_ROOM, None)),
            (1, ("room2", Some(""))),
            (1, (MDNS_ROOMS_LEFT_OUT, Some("256"))),
        ] {
            assert_eq!(read(port, change), None, "{port} {change:?}");
        }
    }

    #[test]
    fn one_origin_that_floods_is_not_answered_and_others_are() {
        let mut answerer = Answerer::new(beacon());
        let now = Duration::from_secs(1);
        let answered = (0..10_000).filter(|_| answerer.receive(now, 1, &probe(1)).is_some()).count();
        assert_eq!(answered, BEACON_ANSWERS_PER_ORIGIN_BURST as usize);
        assert!(answerer.receive(now, 2, &probe(1)).is_some());
        assert!(answerer.receive(now + Duration::from_secs(2), 1, &probe(1)).is_some());
    }

    #[test]
    fn forged_origins_do_not_grow_it_and_all_answers_are_bounded() {
        let mut answerer = Answerer::new(beacon());
        let now = Duration::from_secs(1);
        let answered = (0..100_000).filter(|origin| answerer.receive(now, *origin, &probe(1)).is_some()).count();
        assert!(answered <= BEACON_ANSWERS_BURST as usize, "{answered}");
        assert!(answerer.origins.len() <= BEACON_ORIGINS_MAX);
        assert!(answerer.receive(now + Duration::from_secs(60), 7, &probe(1)).is_some(), "it recovers");
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), head in prop::sample::select(vec![PROBE, ANSWER])) {
            let _ = (Beacon::asked(&bytes), Beacon::read(&bytes));
            let mut ours = super::head(head, 1, 2).to_vec();
            ours.extend_from_slice(&bytes);
            if let Some((_, beacon)) = Beacon::read(&ours) {
                prop_assert!(beacon.answer(1).is_some());
            }
        }
    }
}
