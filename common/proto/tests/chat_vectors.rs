//! The golden bytes of private chat, and the same formats spoken by WebCrypto in both directions.

mod golden;

use std::io::Write;
use std::process::{Command, Stdio};

use golden::{Vectors, bytes_of, document, folder, golden, hex};
use lectern_proto::chat::content::{Body, Content, FileInfo, MessageId};
use lectern_proto::chat::envelope::Envelope;
use lectern_proto::chat::keys::{Bundle, Keys};
use lectern_proto::chat::message::Message;
use lectern_proto::chat::party::Party;
use lectern_proto::chat::rsa_keys::PrivateKey;
use lectern_proto::chat::stamp::{Evidence, Stamp, StampKey, Stamped};
use lectern_proto::chat::verify::{SafetyNumber, fingerprint_line};
use lectern_proto::chat::{IdentityId, KeyId, Parcel, PrekeyId};
use lectern_proto::control::{ChatEvent, ChatRequest, Event, Mail, MailboxOwner, PersonId, PrivateChat, Refusal, Request, Role};
use lectern_proto::{hex as digits, wire};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

fn text(said: &str) -> Content {
    Content::Text { id: MessageId([0x11; 16]), sent_ms: 1_790_000_000_000, text: said.into() }
}

fn bundle() -> Bundle {
    Bundle { identity: vec![0x1d; 4], prekey: vec![0x2e; 4], life: lectern_proto::chat::keys::PrekeyLife::Session, signature: vec![0x51; 4] }
}

fn mailbox() -> Bundle {
    Bundle { life: lectern_proto::chat::keys::PrekeyLife::Mailbox { until_s: 1_790_000_000 }, ..bundle() }
}

fn parcel(with_key: bool) -> Parcel {
    let envelope = Envelope {
        sender: IdentityId([0x0a; 32]),
        recipient: IdentityId([0x0b; 32]),
        prekey: PrekeyId([0x0c; 16]),
        key: KeyId([0x0d; 16]),
        wrapped: vec![0x3e; 4],
        signature: vec![0x51; 4],
    };
    let message = Message { key: KeyId([0x0d; 16]), counter: 7, commitment: [0xc0; 32], sealed: vec![0x5e; 4] };
    Parcel { envelope: with_key.then(|| Box::new(envelope)), message }
}

fn stamped() -> Stamped {
    let (sender, recipient) = (IdentityId([0x0a; 32]), IdentityId([0x0b; 32]));
    Stamped { from: PersonId(7), sender, to: PersonId(8), recipient, commitment: [0xc0; 32], at_ms: 1_790_000_000_000 }
}

fn evidence() -> Evidence {
    Evidence {
        stamped: stamped(),
        mac: [0xac; 32],
        key: KeyId([0x0d; 16]),
        counter: 7,
        opening: [0x09; 32],
        series: 9,
        number: 2,
        id: MessageId([0x11; 16]),
        sent_ms: 1_790_000_000_000,
        text: "hello".into(),
    }
}

/// The forms alone: keys, signatures and ciphertexts are shortened to 4 bytes.
#[test]
fn every_message_of_chat() {
    let mut all: Vectors = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| all.push((name.into(), bytes));
    let requests = [
        ("Keys", ChatRequest::Keys { request: 1, bundle: Box::new(bundle()) }),
        ("KeysOf", ChatRequest::KeysOf { request: 2, person: PersonId(7) }),
        ("Send", ChatRequest::Send { request: 3, to: PersonId(7), parcel: Box::new(parcel(true)) }),
        ("Send.2", ChatRequest::Send { request: 4, to: PersonId(7), parcel: Box::new(parcel(false)) }),
        ("Unread", ChatRequest::Unread { from: PersonId(7) }),
        ("Block", ChatRequest::Block { request: 5, person: PersonId(7), blocked: true }),
        ("Mailbox", ChatRequest::Mailbox { request: 7, bundle: Box::new(mailbox()) }),
        ("Leave", ChatRequest::Leave { request: 8, to: PersonId(7), parcel: Box::new(parcel(true)) }),
        ("Taken", ChatRequest::Taken { numbers: vec![5, 6] }),
        ("Check", ChatRequest::Check { request: 6, stamped: Box::new(stamped()), mac: [0xac; 32] }),
    ];
    for (name, request) in requests {
        add(&format!("Request.Chat.{name}"), bytes_of(&Request::Chat(request)));
    }
    let owner = MailboxOwner { person: PersonId(7), name: "Ana".into(), role: Role::Student, identity: IdentityId([0x0a; 32]) };
    let stamp = Stamp { at_ms: 1_790_000_000_000, mac: [0xac; 32] };
    let mail = Mail { number: 5, from: PersonId(7), name: "Ana".into(), bundle: Box::new(mailbox()), parcel: Box::new(parcel(true)), stamp };
    let events = [
        ("Identities", ChatEvent::Identities(vec![(PersonId(7), IdentityId([0x0a; 32]))])),
        ("KeysOf", ChatEvent::KeysOf { request: 2, result: Ok(Box::new(bundle())) }),
        ("KeysOf.2", ChatEvent::KeysOf { request: 2, result: Err(Refusal::Away) }),
        (
            "Received",
            ChatEvent::Received {
                from: PersonId(7),
                identity: IdentityId([0x0a; 32]),
                parcel: Box::new(parcel(true)),
                stamp: Stamp { at_ms: 1_790_000_000_000, mac: [0xac; 32] },
            },
        ),
        ("Unread", ChatEvent::Unread { by: PersonId(7) }),
        ("PrivateChat", ChatEvent::PrivateChat(PrivateChat::Off)),
        ("PrivateChat.2", ChatEvent::PrivateChat(PrivateChat::Instructor)),
        ("PrivateChat.3", ChatEvent::PrivateChat(PrivateChat::All)),
        ("Checked", ChatEvent::Checked { request: 6, result: Ok(true) }),
        ("AttachmentMax", ChatEvent::AttachmentMax(20 << 20)),
        ("Mailboxes", ChatEvent::Mailboxes(vec![owner])),
        ("MailboxGone", ChatEvent::MailboxGone(PersonId(7))),
        ("Mail", ChatEvent::Mail(Box::new(mail))),
        ("Checked.2", ChatEvent::Checked { request: 6, result: Err(Refusal::NotAllowed) }),
    ];
    for (name, event) in events {
        add(&format!("Event.Chat.{name}"), bytes_of(&Event::Chat(event)));
    }
    let ids = vec![MessageId([0x11; 16])];
    let report = Content::Report { id: MessageId([0x12; 16]), evidence: Box::new(evidence()) };
    let (file, info) = (MessageId([0x13; 16]), FileInfo { name: "notes.txt".into(), size: 65_540, digest: [0xd1; 32] });
    let contents = [
        ("Text", text("hello")),
        ("Delivered", Content::Delivered(ids.clone())),
        ("Read", Content::Read(ids)),
        ("Typing", Content::Typing),
        ("Report", report),
        ("File", Content::File { id: MessageId([0x13; 16]), sent_ms: 1_790_000_000_000, file: info }),
        ("Fetch", Content::Fetch { id: MessageId([0x14; 16]), file }),
        ("Piece", Content::Piece { id: MessageId([0x15; 16]), file, index: 1, bytes: vec![0x70; 4] }),
        ("Unavailable", Content::Unavailable { id: MessageId([0x16; 16]), file }),
    ];
    for (name, content) in contents {
        add(&format!("Body.{name}"), bytes_of(&Body { series: 9, number: 2, content }));
    }
    let stamp = StampKey([0x5a; 32]).stamp(&stamped());
    add("stamp of Check", stamp.mac.to_vec());
    golden("chat.txt", "Private chat. Keys, signatures and ciphertexts are shortened to 4 bytes: only the forms are golden here.", &all);
    let document = document();
    let pair = (IdentityId([0x0a; 32]), IdentityId([0x0b; 32]));
    let said = [SafetyNumber::of(pair.0, pair.1).to_string(), fingerprint_line([pair.0, pair.1]).join(" ")];
    for example in said {
        assert!(document.contains(&example), "docs/PROTOCOL.md has the worked example `{example}`");
    }
}

#[test]
fn webcrypto_reads_us_and_we_read_it() {
    let mut rng = StdRng::seed_from_u64(3);
    let [identity, prekey] = std::array::from_fn(|_| PrivateKey::generate(&mut rng).expect("a key"));
    let der = |key: &PrivateKey| hex(&key.to_pkcs8().expect("its bytes"));
    let (identity_private, prekey_private) = (der(&identity), der(&prekey));
    let browser = Keys::new(&mut rng, identity, prekey).expect("keys");
    let mut ours = Party::new(Keys::generate(&mut rng).expect("keys"));
    let contact = browser.bundle().check().expect("right");
    let (us, them) = (ours.keys().id(), contact.id);
    ours.meet(contact);
    let said = text("grüße aus Rust");
    let sent = ours.send(&mut rng, them, &Body { series: 9, number: 1, content: said.clone() }).expect("sent");
    let envelope = sent.envelope.as_deref().expect("the first has the key");
    let answer = text("and from a browser");
    let own = ours.keys().bundle();
    let given = json!({
        "own": { "identity": hex(&browser.bundle().identity), "prekey": hex(&browser.bundle().prekey), "identity_private": identity_private, "prekey_private": prekey_private },
        "other": { "identity": hex(&own.identity), "prekey": hex(&own.prekey), "signature": hex(&own.signature) },
        "envelope": { "prekey": hex(&envelope.prekey.0), "key": hex(&envelope.key.0), "wrapped": hex(&envelope.wrapped), "signature": hex(&envelope.signature) },
        "message": { "key": hex(&sent.message.key.0), "counter": sent.message.counter, "commitment": hex(&sent.message.commitment), "sealed": hex(&sent.message.sealed) },
        "answer": hex(&wire::encode(&Body { series: 8, number: 1, content: answer.clone() })),
    });
    let script = folder().join("../tests/webcrypto.mjs");
    let mut node = Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node; `make deps-test` installs it");
    node.stdin.take().expect("a pipe").write_all(given.to_string().as_bytes()).expect("written");
    let output = node.wait_with_output().expect("its end");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let got: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let field = |name: &str| digits::read(got[name].as_str().expect("digits")).expect("digits");
    assert_eq!(wire::decode::<Body>(&field("content")).map(|b| b.content), Ok(said));
    fn array<const N: usize>(bytes: Vec<u8>) -> [u8; N] {
        bytes.try_into().expect("its length")
    }
    let envelope = Envelope {
        sender: IdentityId(array(field("sender"))),
        recipient: IdentityId(array(field("recipient"))),
        prekey: PrekeyId(array(field("prekey"))),
        key: KeyId(array(field("key"))),
        wrapped: field("wrapped"),
        signature: field("signature"),
    };
    let message = Message { key: envelope.key, counter: 0, commitment: array(field("commitment")), sealed: field("sealed") };
    let back = Parcel { envelope: Some(Box::new(envelope)), message };
    assert_eq!((us, them), (back.envelope.as_ref().expect("there").recipient, back.envelope.as_ref().expect("there").sender));
    assert_eq!(ours.receive(&mut rng, them, &back).expect("read").body.content, answer);
}
