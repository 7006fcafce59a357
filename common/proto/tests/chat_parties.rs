//! Two and three people who write to each other, without a socket: what is read, and what never is.

use std::sync::LazyLock;

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use lectern_proto::chat::content::{Body, Content, MessageId, TEXT_MAX};
use lectern_proto::chat::keys::{Bundle, Keys};
use lectern_proto::chat::party::{Party, SendError};
use lectern_proto::chat::rsa_keys::PrivateKey;
use lectern_proto::chat::{Direction, Parcel, Unreadable};
use lectern_proto::wire;

/// Keys are dear: three persons' are made once.
static DER: LazyLock<[[Vec<u8>; 2]; 3]> = LazyLock::new(|| {
    let mut rng = StdRng::seed_from_u64(7);
    std::array::from_fn(|_| std::array::from_fn(|_| PrivateKey::generate(&mut rng).expect("a key").to_pkcs8().expect("its bytes").to_vec()))
});

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

fn keys(who: usize) -> Keys {
    let key = |i: usize| PrivateKey::from_pkcs8(&DER[who][i]).expect("a key");
    Keys::new(&mut rng(), key(0), key(1)).expect("keys")
}

/// Two who know each other.
fn pair() -> (Party, Party) {
    let (mut ana, mut ben) = (Party::new(keys(0)), Party::new(keys(1)));
    ana.meet(ben.keys().bundle().check().expect("right"));
    ben.meet(ana.keys().bundle().check().expect("right"));
    (ana, ben)
}

fn text(text: &str) -> Content {
    Content::Text { id: MessageId([3; 16]), sent_ms: 5, text: text.into() }
}

fn body(content: Content) -> Body {
    Body { series: 1, number: 1, content }
}

#[test]
fn what_one_says_the_other_reads() {
    let (mut ana, mut ben) = pair();
    let mut rng = rng();
    for (n, said) in ["hello", "", "ß", &"x".repeat(TEXT_MAX)].into_iter().filter(|s| !s.is_empty()).enumerate() {
        let parcel = ana.send(&mut rng, ben.keys().id(), &body(text(said))).expect("sent");
        assert!(parcel.envelope.is_some(), "until it is known that the key is there");
        let received = ben.receive(&mut rng, ana.keys().id(), &parcel).expect("read");
        assert_eq!((received.body.content, received.missing, parcel.message.counter), (text(said), 0, n as u64));
        assert!(!wire::encode(&parcel).windows(5).any(|w| w == b"hello"));
    }
    let key = ana.send(&mut rng, ben.keys().id(), &body(Content::Typing)).expect("sent").message.key;
    ana.arrived(ben.keys().id(), key);
    let parcel = ana.send(&mut rng, ben.keys().id(), &body(text("again"))).expect("sent");
    assert_eq!(parcel.envelope, None);
    assert_eq!(ben.receive(&mut rng, ana.keys().id(), &parcel).expect("read").body.content, text("again"));
    let back = ben.send(&mut rng, ana.keys().id(), &body(Content::Read(vec![MessageId([3; 16])]))).expect("sent");
    assert!(matches!(ana.receive(&mut rng, ben.keys().id(), &back).expect("read").body.content, Content::Read(_)));
    assert_eq!(ana.send(&mut rng, ben.keys().id(), &body(text(""))), Err(SendError::Unfit));
    assert_eq!(ana.send(&mut rng, ben.keys().id(), &body(text(&"x".repeat(TEXT_MAX + 1)))), Err(SendError::Unfit));
}

#[test]
fn nothing_comes_twice_or_out_of_its_order_and_gaps_are_counted() {
    let (mut ana, mut ben) = pair();
    let mut rng = rng();
    let (from, to) = (ana.keys().id(), ben.keys().id());
    let sent: Vec<_> = (0..6).map(|i| ana.send(&mut rng, to, &body(text(&i.to_string()))).expect("sent")).collect();
    assert_eq!(ben.receive(&mut rng, from, &sent[1]).expect("read").missing, 1);
    assert_eq!(ben.receive(&mut rng, from, &sent[1]), Err(Unreadable), "again");
    assert_eq!(ben.receive(&mut rng, from, &sent[0]), Err(Unreadable), "late");
    assert_eq!(ben.receive(&mut rng, from, &sent[4]).expect("read").missing, 2);
    assert_eq!(ben.receive(&mut rng, from, &sent[5]).expect("read").missing, 0);
}

#[test]
fn a_key_that_was_used_is_not_taken_again() {
    let (mut ana, mut ben) = pair();
    let mut rng = rng();
    let (from, to) = (ana.keys().id(), ben.keys().id());
    let first = ana.send(&mut rng, to, &body(text("first"))).expect("sent");
    ben.receive(&mut rng, from, &first).expect("read");
    // So many newer keys that the first is not open any more.
    for _ in 0..8 {
        ana.renew(to);
        let parcel = ana.send(&mut rng, to, &body(text("next"))).expect("sent");
        ben.receive(&mut rng, from, &parcel).expect("read");
    }
    assert_eq!(ben.receive(&mut rng, from, &first), Err(Unreadable));
}

#[test]
fn nobody_else_can_read_or_write() {
    let (mut ana, mut ben) = pair();
    let mut eve = Party::new(keys(2));
    let mut rng = rng();
    let (a, b, e) = (ana.keys().id(), ben.keys().id(), eve.keys().id());
    eve.meet(ana.keys().bundle().check().expect("right"));
    eve.meet(ben.keys().bundle().check().expect("right"));
    ben.meet(eve.keys().bundle().check().expect("right"));
    let parcel = ana.send(&mut rng, b, &body(text("for Ben"))).expect("sent");
    assert_eq!(eve.receive(&mut rng, a, &parcel), Err(Unreadable), "delivered to another");
    assert_eq!(ben.receive(&mut rng, e, &parcel), Err(Unreadable), "in another's name");
    // Sent back to its sender.
    ana.meet(ana.keys().bundle().check().expect("right"));
    assert_eq!(ana.receive(&mut rng, b, &parcel), Err(Unreadable));
    assert_eq!(ana.receive(&mut rng, a, &parcel), Err(Unreadable));
    // Eve signs Ana's wrapped key as hers.
    let mut stolen = parcel.clone();
    let envelope = stolen.envelope.as_mut().expect("there");
    envelope.sender = e;
    envelope.signature =
        PrivateKey::from_pkcs8(&DER[2][0]).expect("a key").sign(&mut rng, &[&b"lectern chat key v1"[..], &envelope.wrapped].concat()).expect("signed");
    assert_eq!(ben.receive(&mut rng, e, &stolen), Err(Unreadable));
    // A key of one message, a message of another key.
    ana.renew(b);
    let other = ana.send(&mut rng, b, &body(text("later"))).expect("sent");
    let mixed = Parcel { envelope: other.envelope.clone(), message: parcel.message.clone() };
    assert_eq!(ben.receive(&mut rng, a, &mixed), Err(Unreadable));
    assert_eq!(ben.receive(&mut rng, a, &parcel).expect("still read").body.content, text("for Ben"));
    assert_eq!(ben.receive(&mut rng, a, &other).expect("still read").body.content, text("later"));
}

#[test]
fn a_false_bundle_is_refused() {
    let (ana, ben) = pair();
    let right = ana.keys().bundle();
    let swapped = Bundle { prekey: ben.keys().bundle().prekey.clone(), ..right.clone() };
    assert!(swapped.check().is_err(), "another's prekey");
    let swapped = Bundle { identity: ben.keys().bundle().identity.clone(), ..right.clone() };
    assert!(swapped.check().is_err(), "another's identity");
    assert!(Bundle { prekey: right.identity.clone(), ..right.clone() }.check().is_err(), "one key for both");
    for field in 0..3 {
        for at in [0, 20, 200, 380] {
            let mut changed = right.clone();
            let bytes = [&mut changed.identity, &mut changed.prekey, &mut changed.signature].into_iter().nth(field).expect("a field");
            bytes[at] ^= 1;
            assert!(changed.check().is_err(), "field {field}, byte {at}");
        }
    }
    assert!(Bundle { identity: vec![0; 10_000_000], ..right.clone() }.check().is_err());
}

#[test]
fn a_new_prekey_means_a_new_key() {
    let (mut ana, mut ben) = pair();
    let mut rng = rng();
    let b = ben.keys().id();
    let first = ana.send(&mut rng, b, &body(text("one"))).expect("sent");
    ben.receive(&mut rng, ana.keys().id(), &first).expect("read");
    ana.arrived(b, first.message.key);
    // Ben comes back with the same identity and a new prekey.
    let prekey = PrivateKey::from_pkcs8(&DER[2][1]).expect("a key");
    let mut again = Party::new(Keys::new(&mut rng, PrivateKey::from_pkcs8(&DER[1][0]).expect("a key"), prekey).expect("keys"));
    again.meet(ana.keys().bundle().check().expect("right"));
    let old = ana.send(&mut rng, b, &body(text("two"))).expect("sent");
    assert_eq!(again.receive(&mut rng, ana.keys().id(), &old), Err(Unreadable));
    ana.meet(again.keys().bundle().check().expect("right"));
    let new = ana.send(&mut rng, b, &body(text("three"))).expect("sent");
    assert_ne!(new.message.key, old.message.key);
    assert_eq!(again.receive(&mut rng, ana.keys().id(), &new).expect("read").body.content, text("three"));
}

#[test]
fn what_was_said_can_be_shown_and_nothing_else() {
    let (mut ana, mut ben) = pair();
    let mut rng = rng();
    let parcel = ana.send(&mut rng, ben.keys().id(), &body(text("a threat"))).expect("sent");
    let received = ben.receive(&mut rng, ana.keys().id(), &parcel).expect("read");
    let direction = Direction { sender: ana.keys().id(), recipient: ben.keys().id() };
    let said = |content| wire::encode(&Body { content, ..received.body.clone() });
    let opening = received.opened.opening;
    assert!(parcel.message.shows(direction, &opening, &said(text("a threat"))));
    assert!(!parcel.message.shows(direction, &opening, &said(text("a thread"))));
    assert!(!parcel.message.shows(direction.reversed(), &opening, &said(text("a threat"))));
    assert!(!parcel.message.shows(direction, &[0; 32], &said(text("a threat"))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_changed_byte_is_read(at in any::<prop::sample::Index>(), bit in 0..8u8, with_key: bool) {
        let (mut ana, mut ben) = pair();
        let mut rng = rng();
        let (a, b) = (ana.keys().id(), ben.keys().id());
        if with_key {
            let first = ana.send(&mut rng, b, &body(text("first"))).expect("sent");
            ben.receive(&mut rng, a, &first).expect("read");
            ana.arrived(b, first.message.key);
        }
        let right = ana.send(&mut rng, b, &body(text("exact"))).expect("sent");
        let mut bytes = wire::encode(&right);
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(parcel) = wire::decode::<Parcel>(&bytes) {
            prop_assert_eq!(ben.receive(&mut rng, a, &parcel), Err(Unreadable));
        }
        prop_assert_eq!(ben.receive(&mut rng, a, &right).expect("still read").body.content, text("exact"));
    }

    #[test]
    fn noise_never_panics(bytes: Vec<u8>) {
        if let Ok(parcel) = wire::decode::<Parcel>(&bytes) {
            let (ana, mut ben) = pair();
            let _ = ben.receive(&mut rng(), ana.keys().id(), &parcel);
        }
    }
}
