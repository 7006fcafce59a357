//! Every message of private chat, changed with its structure in mind: nothing panics, nothing false is taken.
//!
//! Each target runs for a second, or for `LECTERN_FUZZ_S` of them with a seed that it prints. What is guided by coverage is `make fuzz`.

mod fuzzing;

use std::sync::LazyLock;
use std::time::Duration;

use fuzzing::{mutate, target};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use lectern_proto::account::WrappingKey;
use lectern_proto::chat::content::{Body, Content, FileInfo, MessageId};
use lectern_proto::chat::keys::{Bundle, Keys};
use lectern_proto::chat::messenger::{Messenger, News, Output, Presence};
use lectern_proto::chat::party::Party;
use lectern_proto::chat::ring::Ring;
use lectern_proto::chat::rsa_keys::PrivateKey;
use lectern_proto::chat::stamp::{Evidence, Stamp, StampKey, Stamped};
use lectern_proto::chat::{IdentityId, Parcel};
use lectern_proto::control::{ChatEvent, ChatRequest, Event, Mail, MailboxOwner, PersonId, PrivateChat, Refusal, Request, Role};
use lectern_proto::wire;

static DER: LazyLock<[[Vec<u8>; 2]; 2]> = LazyLock::new(|| {
    let mut rng = StdRng::seed_from_u64(21);
    std::array::from_fn(|_| std::array::from_fn(|_| PrivateKey::generate(&mut rng).expect("a key").to_pkcs8().expect("its bytes").to_vec()))
});

fn keys(who: usize) -> Keys {
    let key = |i: usize| PrivateKey::from_pkcs8(&DER[who][i]).expect("a key");
    Keys::new(&mut StdRng::seed_from_u64(1), key(0), key(1)).expect("keys")
}

/// Keys by which the second is written to while away.
fn mailbox() -> Bundle {
    let prekey = PrivateKey::from_pkcs8(&DER[0][1]).expect("a key");
    let keys = keys(1).with_mailbox(&mut StdRng::seed_from_u64(1), vec![prekey], 1_790_000_000).expect("keys");
    keys.mailbox_bundle().expect("one").clone()
}

fn mail(parcel: Parcel) -> Mail {
    Mail { number: 1, from: PersonId(1), name: "Ana".into(), bundle: Box::new(mailbox()), parcel: Box::new(parcel), stamp: stamp() }
}

fn stamp() -> Stamp {
    Stamp { at_ms: 1, mac: [1; 32] }
}

fn parcels() -> Vec<Parcel> {
    let (mut ana, ben, mut rng) = (Party::new(keys(0)), keys(1), StdRng::seed_from_u64(2));
    ana.meet(ben.bundle().check().expect("right"));
    let evidence = Evidence {
        stamped: Stamped { from: PersonId(1), sender: ana.keys().id(), to: PersonId(2), recipient: ben.id(), commitment: [1; 32], at_ms: 1 },
        mac: [1; 32],
        key: lectern_proto::chat::KeyId([1; 16]),
        counter: 1,
        opening: [1; 32],
        series: 1,
        number: 1,
        id: MessageId([1; 16]),
        sent_ms: 1,
        text: "reported".into(),
    };
    let contents = [
        Content::Text { id: MessageId([1; 16]), sent_ms: 1, text: "hello".into() },
        Content::Delivered(vec![MessageId([1; 16])]),
        Content::Read(vec![MessageId([2; 16])]),
        Content::Typing,
        Content::Report { id: MessageId([3; 16]), evidence: Box::new(evidence) },
    ];
    let bodies = contents.into_iter().map(|content| Body { series: 1, number: 1, content });
    bodies.map(|body| ana.send(&mut rng, ben.id(), &body).expect("sent")).collect()
}

#[test]
fn requests() {
    let [one, two] = [keys(0).bundle().clone(), keys(1).bundle().clone()];
    let parcel = parcels().swap_remove(0);
    let stamped = Stamped { from: PersonId(1), sender: keys(0).id(), to: PersonId(2), recipient: keys(1).id(), commitment: [1; 32], at_ms: 1 };
    let all: Vec<_> = [
        ChatRequest::Keys { request: 1, bundle: Box::new(one) },
        ChatRequest::Keys { request: 1, bundle: Box::new(two) },
        ChatRequest::KeysOf { request: 2, person: PersonId(1) },
        ChatRequest::Send { request: 3, to: PersonId(1), parcel: Box::new(parcel) },
        ChatRequest::Unread { from: PersonId(1) },
        ChatRequest::Block { request: 4, person: PersonId(1), blocked: true },
        ChatRequest::Check { request: 5, stamped: Box::new(stamped), mac: [1; 32] },
        ChatRequest::Mailbox { request: 6, bundle: Box::new(mailbox()) },
        ChatRequest::Leave { request: 7, to: PersonId(1), parcel: Box::new(parcels().swap_remove(1)) },
        ChatRequest::Taken { numbers: vec![1, u64::MAX] },
    ]
    .into_iter()
    .map(|r| wire::encode(&Request::Chat(r)))
    .collect();
    target("requests", |rng| {
        let mut bytes = all[rng.random_range(0..all.len())].clone();
        let other = &all[rng.random_range(0..all.len())];
        mutate(rng, &mut bytes, other);
        let Ok(request) = wire::decode::<Request>(&bytes) else { return };
        // What was understood has one form.
        assert_eq!(wire::encode(&request), bytes);
        if let Request::Chat(ChatRequest::Check { stamped, mac, .. }) = request {
            assert!(!StampKey([9; 32]).is_stamp(&stamped, &mac), "a stamp was guessed");
        }
    });
}

#[test]
fn events() {
    let bundle = keys(0).bundle().clone();
    let parcel = parcels().swap_remove(0);
    let all: Vec<_> = [
        ChatEvent::Identities(vec![(PersonId(1), IdentityId([1; 32])), (PersonId(2), IdentityId([2; 32]))]),
        ChatEvent::KeysOf { request: 1, result: Ok(Box::new(bundle)) },
        ChatEvent::KeysOf { request: 1, result: Err(Refusal::Away) },
        ChatEvent::Received { from: PersonId(1), identity: keys(0).id(), parcel: Box::new(parcel), stamp: stamp() },
        ChatEvent::Unread { by: PersonId(1) },
        ChatEvent::PrivateChat(PrivateChat::All),
        ChatEvent::Checked { request: 1, result: Ok(true) },
        ChatEvent::AttachmentMax(1),
        ChatEvent::Mailboxes(vec![MailboxOwner { person: PersonId(1), name: "Ana".into(), role: Role::Student, identity: IdentityId([1; 32]) }]),
        ChatEvent::MailboxGone(PersonId(1)),
        ChatEvent::Mail(Box::new(mail(parcels().swap_remove(2)))),
    ]
    .into_iter()
    .map(|e| wire::encode(&Event::Chat(e)))
    .collect();
    target("events", |rng| {
        let mut bytes = all[rng.random_range(0..all.len())].clone();
        let other = &all[rng.random_range(0..all.len())];
        mutate(rng, &mut bytes, other);
        if let Ok(event) = wire::decode::<Event>(&bytes) {
            assert_eq!(wire::encode(&event), bytes);
        }
    });
}

#[test]
fn bundles() {
    let all = [keys(0).bundle().clone(), mailbox()];
    let bytes = all.each_ref().map(wire::encode);
    target("bundles", |rng| {
        let which = rng.random_range(0..2);
        let mut changed = bytes[which].clone();
        mutate(rng, &mut changed, &bytes[1 - which]);
        if let Ok(bundle) = wire::decode::<Bundle>(&changed)
            && bundle.check().is_ok()
        {
            assert!(all.contains(&bundle), "a bundle that nobody signed");
        }
    });
}

#[test]
fn parcels_to_a_messenger() {
    let all = parcels();
    let encoded: Vec<_> = all.iter().map(wire::encode).collect();
    let (ana, own) = (keys(0), keys(1));
    let id = ana.id();
    let now = Duration::from_secs(1);
    let mut init = StdRng::seed_from_u64(3);
    let mut fresh = move || {
        let key = |i: usize| PrivateKey::from_pkcs8(&DER[1][i]).expect("a key");
        let keys = Keys::new(&mut init, key(0), key(1)).expect("keys");
        let mut ben = Messenger::new(Party::new(keys));
        let there = |identity| Presence { connected: true, mailbox: false, identity: Some(identity) };
        ben.joined(now, &mut init, PersonId(2));
        ben.people(now, &mut init, [(PersonId(1), there(id)), (PersonId(2), there(own.id()))].into());
        ben.meet(now, PersonId(1));
        while let Some(output) = ben.poll() {
            if let Output::AskKeys { token, .. } = output {
                ben.keys(now, &mut init, token, Ok(ana.bundle()));
            }
        }
        ben
    };
    let (mut ben, mut runs) = (fresh(), 0);
    target("parcels", |rng| {
        runs += 1;
        if runs % 500 == 0 {
            ben = fresh();
        }
        let which = rng.random_range(0..all.len());
        let mut bytes = encoded[which].clone();
        let other = rng.random_range(0..all.len());
        mutate(rng, &mut bytes, &encoded[other]);
        let Ok(parcel) = wire::decode::<Parcel>(&bytes) else { return };
        // One that is as it was sent, though it may carry another envelope of the same key, is read; no other.
        let is_right = all.iter().any(|p| p.message == parcel.message);
        ben.received(now, rng, PersonId(1), id, Box::new(parcel), stamp());
        while let Some(output) = ben.poll() {
            assert!(is_right || !matches!(output, Output::News(News::Text { .. } | News::Reported(_)) | Output::Check { .. }), "{output:?}");
        }
    });
}

/// What somebody who has the key, and no good will, can say inside.
#[test]
fn bodies() {
    let contents = [
        Content::Text { id: MessageId([1; 16]), sent_ms: 1, text: "hello".into() },
        Content::Delivered(vec![MessageId([1; 16]), MessageId([2; 16])]),
        Content::Read(vec![MessageId([2; 16])]),
        Content::Typing,
        Content::File { id: MessageId([4; 16]), sent_ms: 1, file: FileInfo { name: "notes.txt".into(), size: 70_000, digest: [7; 32] } },
        Content::Fetch { id: MessageId([5; 16]), file: MessageId([4; 16]) },
        Content::Piece { id: MessageId([6; 16]), file: MessageId([4; 16]), index: 1, bytes: vec![1; 4_464] },
        Content::Unavailable { id: MessageId([7; 16]), file: MessageId([4; 16]) },
    ];
    let all: Vec<_> = contents.into_iter().map(|content| wire::encode(&Body { series: 1, number: 1, content })).collect();
    let (mut ana, id) = (Party::new(keys(0)), keys(0).id());
    let mut init = StdRng::seed_from_u64(4);
    ana.meet(keys(1).bundle().check().expect("right"));
    let mut ben = Messenger::new(Party::new(keys(1)));
    let (now, there) = (Duration::from_secs(1), |identity| Presence { connected: true, mailbox: false, identity: Some(identity) });
    ben.joined(now, &mut init, PersonId(2));
    ben.people(now, &mut init, [(PersonId(1), there(id)), (PersonId(2), there(keys(1).id()))].into());
    target("bodies", |rng| {
        let mut bytes = all[rng.random_range(0..all.len())].clone();
        let other = &all[rng.random_range(0..all.len())];
        mutate(rng, &mut bytes, other);
        let Ok(body) = wire::decode::<Body>(&bytes) else { return };
        let Ok(parcel) = ana.send(rng, keys_id(), &body) else { return };
        ben.received(now, rng, PersonId(1), id, Box::new(parcel), stamp());
        while let Some(output) = ben.poll() {
            if let Output::AskKeys { token, .. } = output {
                ben.keys(now, rng, token, Ok(keys(0).bundle()));
            }
        }
        // However it is numbered, what is shown stays bounded; and what is offered is fetched, so that pieces are waited for.
        let offered: Vec<_> = ben.conversations()[&PersonId(1)].items.iter().filter(|i| i.file.is_some()).map(|i| i.id).collect();
        if let Some(file) = offered.last() {
            let _ = ben.fetch(now, rng, PersonId(1), *file);
        }
        let conversation = &ben.conversations()[&PersonId(1)];
        assert!(conversation.items.len() <= lectern_proto::limits::CHAT_ITEMS_MAX);
    });
}

fn keys_id() -> IdentityId {
    static ID: LazyLock<IdentityId> = LazyLock::new(|| keys(1).id());
    *ID
}

/// What a server gives for the account's keys.
#[test]
fn rings() {
    let (key, mut rng) = (WrappingKey([3; 32]), StdRng::seed_from_u64(5));
    let private = |i: usize| PrivateKey::from_pkcs8(&DER[0][i]).expect("a key");
    let ring = Ring::new(private(0), private(1), 0);
    let all = [1, 2].map(|version| ring.seal(&mut rng, &key, version).expect("sealed"));
    target("rings", |rng| {
        let which = rng.random_range(0..2);
        let mut bytes = all[which].clone();
        mutate(rng, &mut bytes, &all[1 - which]);
        let version = rng.random_range(0..4);
        if Ring::open(&key, version, &bytes).is_ok() {
            assert!(all.iter().zip(1..).any(|(sealed, v)| *sealed == bytes && v == version), "a ring that nobody sealed so");
        }
    });
}
