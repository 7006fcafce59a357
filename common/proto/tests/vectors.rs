//! The golden bytes of the protocol: every message, key and record in `common/proto/vectors/`, and what `docs/PROTOCOL.md`
//! says of them. Any change of the wire fails here.
//!
//! A wanted change: `make vectors` writes the files anew; the version and `docs/PROTOCOL.md` change in the same commit.
//! Keys and seals are computed a second time here from the RFCs alone, so that the document is proven, not only the code.

#[path = "golden/examples.rs"]
mod examples;
mod golden;
#[path = "golden/names.rs"]
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use bytes::Bytes;
use examples::*;
use golden::{Vectors, bytes_of, document, folder, golden};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use lectern_proto::account::AccountSalt;
use lectern_proto::control::*;
use lectern_proto::fmp4::{AudioConfig, Init, Sample, VideoConfig, write_init, write_segment};
use lectern_proto::framing;
use lectern_proto::handout::{Ask, HandOutFile, HandOutRefusal, HandOutReply, HandOutRequest};
use lectern_proto::limits;
use lectern_proto::link::{Fingerprint, InstructorKey, JoinLink};
use lectern_proto::live::choice::Limit;
use lectern_proto::manifest::{Chapter, ChunkHash, Details, Manifest, Segment, Span, Track, TrackKind};
use lectern_proto::media::client::MediaClientCore;
use lectern_proto::media::server::{MediaServerCore, records_header, refusal};
use lectern_proto::media::{End, HelloRefusal, Piece, Reply, Request as MediaRequest};
use lectern_proto::rung::{PictureSize, RungSpec};
use lectern_proto::seal::{ChunkCipher, EXPORTER_LABEL, MediaSecret, RoomKey};
use names::*;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

/// Every variant of an enum: its name in the vectors and its bytes. Fails when one is missing.
fn each<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    prefix: &str,
    all: &[&str],
    name: impl Fn(&T) -> &'static str,
    examples: Vec<T>,
) -> Vectors {
    let seen: BTreeSet<_> = examples.iter().map(&name).collect();
    assert_eq!(seen, all.iter().copied().collect(), "{prefix}: every variant has golden bytes");
    let mut count = BTreeMap::new();
    let mut numbered = |n: &'static str| {
        let k: &mut u32 = count.entry(n).or_default();
        *k += 1;
        if *k == 1 { format!("{prefix}.{n}") } else { format!("{prefix}.{n}.{k}") }
    };
    examples.iter().map(|m| (numbered(name(m)), bytes_of(m))).collect()
}

fn chunk() -> ChunkHash {
    ChunkHash(std::array::from_fn(|i| i as u8))
}

fn chunk_ref() -> ChunkRef {
    ChunkRef { chunk: chunk(), bytes: 1_000 }
}

fn entry(state: VideoState, thumbnail: Option<ChunkRef>) -> CatalogueEntry {
    let damage = thumbnail.map(|_| Damage { lost_us: 2_400_000, places: 1, around_us: 72_000_000 });
    CatalogueEntry {
        id: VideoId("0123456789abcdef".into()),
        title: "Übung 1".into(),
        duration_us: 12_000_000,
        width: 1280,
        height: 720,
        rungs: vec!["144p".into(), "720p".into()],
        state,
        thumbnail,
        damage,
    }
}

fn joined() -> Joined {
    Joined {
        you: PersonId(7),
        name: "Ana (2)".into(),
        role: Role::Student,
        room: "class".into(),
        seat: SeatToken([0x5e; 16]),
        media: MediaAccess { session: 0x0102_0304_0506_0708, video_port: 9000, audio_port: 5858, epoch: 1, room_key: RoomKey([0x6b; 32]) },
        ladder: vec![RungSpec { name: "144p".into(), box_width: 256, box_height: 144, bitrate_bps: 150_000 }],
        live_ladder: vec![RungSpec { name: "180p".into(), box_width: 320, box_height: 180, bitrate_bps: 200_000 }],
        thirds: ["144p".into(), "144p".into(), "144p".into()],
        server_time_us: 1_000_000,
    }
}

#[test]
fn every_message_of_the_control_plane() {
    let hello = HelloRequest { magic: MAGIC, version_min: 1, version_max: 1, agent: "example 1.0".into() };
    let mut all: Vectors = vec![("HelloRequest".into(), bytes_of(&hello)), ("HelloRequest, framed".into(), framing::frame(&bytes_of(&hello)))];
    let welcome = Welcome { version: 1, server_name: "Lab".into(), agent: "lectern-server 0.1.0".into(), boot_id: 0x1122_3344_5566_7788 };
    let refused = HelloReply::Refused { version_min: 1, version_max: 1, agent: "lectern-server 0.1.0".into() };
    all.extend(each("HelloReply", HELLO_REPLIES, hello_reply, vec![HelloReply::Welcome(welcome), refused]));

    let proofs = [
        Proof::Password("open-sesame".into()),
        Proof::InstructorKey([0x1c; 16]),
        Proof::Seat(SeatToken([0x5e; 16])),
        Proof::Code("3467-9ACD-EFGH-JKMN".into()),
        Proof::Account(AccountProof::Named { account: "Ana".into() }),
    ];
    let login = |proof: Proof| LoginRequest { room: "class".into(), name: "Ana".into(), proof };
    all.extend(each("LoginRequest", PROOFS, |l: &LoginRequest| proof(&l.proof), proofs.map(login).into()));
    all.push(("LoginReply.Joined".into(), bytes_of(&LoginReply::Joined(Box::new(joined())))));
    all.push(("LoginReply.Waiting".into(), bytes_of(&LoginReply::Waiting { since_us: 1_000_000, server_time_us: 6_000_000 })));
    let refusals = vec![
        LoginRefusal::WrongRoomOrPassword,
        LoginRefusal::WrongInstructorKey,
        LoginRefusal::SeatUnknown,
        LoginRefusal::TooManyFailures { retry_after_ms: 6_000 },
        LoginRefusal::Busy { retry_after_ms: 500 },
        LoginRefusal::RoomFull,
        LoginRefusal::BadName,
        LoginRefusal::Locked,
        LoginRefusal::TurnedAway,
        LoginRefusal::Banned,
        LoginRefusal::WrongCode,
        LoginRefusal::Challenge(AccountSalt([0x5a; 16])),
        LoginRefusal::Account(AccountRefusal::WrongAccountOrPassword),
    ];
    let of = |reply: &LoginReply| match reply {
        LoginReply::Refused(why) => login_refusal(why),
        LoginReply::Joined(_) | LoginReply::Waiting { .. } => "",
    };
    all.extend(each("LoginReply.Refused", LOGIN_REFUSALS, of, refusals.into_iter().map(LoginReply::Refused).collect()));

    let requests = vec![
        Request::Ping { id: 3 },
        Request::Leave,
        Request::Remove { request: 4, person: PersonId(7) },
        Request::Want { video: VideoId("00112233445566ff".into()), at_us: 61_500_000 },
        Request::FetchAhead { request: 5, lesson: Some(lesson()) },
        Request::FetchAhead { request: 6, lesson: None },
        Request::FetchedAhead { lesson: lesson(), progress: AheadProgress::Fetched { permille: 420 } },
        Request::FetchedAhead { lesson: lesson(), progress: AheadProgress::Unable },
        Request::Publish { request: 7, offer: offer() },
        Request::EndStream { request: 8, stream: STREAM },
        Request::Report(report(Some(Limit::Line))),
        Request::SetTogether { request: 9, on: true },
        Request::SetTogether { request: 10, on: false },
        Request::GiveStage { request: 9, person: PersonId(7), given: true },
        Request::Quiet { request: 10, quiet: true },
        Request::Freeze { request: 11, stream: STREAM, frozen: true },
        Request::Record { request: 12, stream: STREAM, recorded: true },
        Request::AllowRecording { request: 13, stream: STREAM, allowed: true },
        // Its own variants: vectors/chat.txt.
        Request::Chat(ChatRequest::Unread { from: PersonId(7) }),
        // Its own variants: vectors/room.txt.
        Request::Room { request: 14, what: RoomRequest::Hand { raised: true } },
        // vectors/talk.txt.
        Request::Talk(TalkRequest::Delete { request: 14, id: TalkId(12) }),
        // vectors/account.txt.
        Request::Account { request: 14, what: AccountRequest::Salt },
        Request::Speaking { stream: STREAM, speaking: true },
        // vectors/lab.txt.
        Request::Lab { request: 14, what: LabRequest::EndShow },
    ];
    all.extend(each("Request", REQUESTS, request, requests));
    all.extend(events());
    golden(
        "control.txt",
        "Bodies of the control plane's messages, without their length prefix; `framed` has it.\nName = bytes in hexadecimal. docs/PROTOCOL.md explains them.",
        &all,
    );
    let document = document();
    for names in [HELLO_REPLIES, PROOFS, LOGIN_REFUSALS, REQUESTS, EVENTS, CLOSE_REASONS, REFUSALS, STREAM_KINDS, VIDEO_STATES, ROLES] {
        for name in names {
            assert!(document.contains(&format!("`{name}")), "docs/PROTOCOL.md does not name {name}");
        }
    }
}

fn events() -> Vectors {
    let people =
        [Role::Student, Role::Instructor, Role::Assistant, Role::Guest].map(|role| Person { id: PersonId(7), name: "Ana".into(), role, connected: true });
    assert_eq!(people.iter().map(|p| role(&p.role)).collect::<Vec<_>>(), ROLES);
    let states = [
        VideoState::Waiting,
        VideoState::Preparing { permille: 420, manifest: Some(chunk_ref()) },
        VideoState::Ready { manifest: chunk_ref() },
        VideoState::Failed { reason: FailureReason::new(FailureKind::Empty, "The file is empty.") },
    ];
    assert_eq!(states.iter().map(video_state).collect::<Vec<_>>(), VIDEO_STATES);
    let answers = [
        Refusal::NotAllowed,
        Refusal::NoSuchPerson,
        Refusal::NoSuchVideo,
        Refusal::NoSuchStream,
        Refusal::NameTaken,
        Refusal::TooMany,
        Refusal::BadOffer,
        Refusal::Quiet,
        Refusal::Unwritable,
        Refusal::Away,
        Refusal::Full,
        Refusal::BadKeys,
        Refusal::NoPrivateChat,
        Refusal::Muted,
        Refusal::NoSuchPoll,
        Refusal::BadPoll,
        Refusal::BadCode,
        Refusal::BadRoom,
        Refusal::NoSuchRoom,
        Refusal::NoMailbox,
        Refusal::MailboxFull,
        Refusal::NotKept,
        Refusal::NoSuchRun,
        Refusal::BadRun,
    ];
    assert_eq!(answers.iter().map(refusal_name).collect::<Vec<_>>(), REFUSALS);
    let reasons = [
        CloseReason::Removed { by: "Ms Kim".into() },
        CloseReason::Replaced,
        CloseReason::ServerStopping,
        CloseReason::Overrun,
        CloseReason::ProtocolError("not a message".into()),
        CloseReason::RoomClosed { by: "Ms Kim".into() },
    ];
    assert_eq!(reasons.iter().map(close_reason).collect::<Vec<_>>(), CLOSE_REASONS);
    let mut examples = vec![
        Event::Pong { id: 3, server_time_us: 2_000_000 },
        Event::People(people.into()),
        Event::PersonLeft(PersonId(7)),
        Event::Videos(vec![]),
        Event::VideoRemoved(VideoId("0123456789abcdef".into())),
        Event::Synchronised,
        Event::MediaEpoch { epoch: 2, room_key: RoomKey([0x6c; 32]) },
        Event::Answer { request: 4, result: Ok(()) },
    ];
    examples.extend(states.map(|s| Event::Videos(vec![entry(s.clone(), matches!(s, VideoState::Ready { .. }).then(chunk_ref))])));
    examples.extend(answers.map(|r| Event::Answer { request: 4, result: Err(r) }));
    examples.extend(reasons.map(Event::Closing));
    examples.push(Event::Share { bps: 1_250_000 });
    examples.extend([Some(lesson()), None].map(Event::FetchAhead));
    examples.push(Event::FetchedAhead { ready: 52, of: 60, unable: 1 });
    let kinds =
        [StreamKind::Camera, StreamKind::Screen, StreamKind::Microphone, StreamKind::Pattern, StreamKind::File, StreamKind::Podcast, StreamKind::Recording];
    assert_eq!(kinds.iter().map(stream_kind).collect::<Vec<_>>(), STREAM_KINDS);
    examples.extend(kinds.map(|kind| Event::Streams(vec![stream(kind)])));
    examples.push(Event::StreamEnded(STREAM));
    examples.extend([Ok(STREAM), Err(Refusal::NameTaken)].map(|result| Event::Published { request: 7, result }));
    let viewers = [None, Some(Limit::Line), Some(Limit::Machine), Some(Limit::Share)]
        .into_iter()
        .zip(7..)
        .map(|(limit, person)| (PersonId(person), report(limit)))
        .collect();
    examples.push(Event::Reports { stream: STREAM, viewers });
    examples.extend([true, false].map(|on| Event::Together { on }));
    examples.push(Event::Stage(vec![PersonId(7)]));
    examples.extend([true, false].map(Event::Quiet));
    examples.push(Event::Frozen(vec![STREAM]));
    examples.push(Event::Recorded(vec![STREAM]));
    examples.push(Event::RecordingAsked(vec![RecordingAsked { stream: STREAM, declined: true }]));
    // Its own variants: vectors/chat.txt.
    examples.push(Event::Chat(ChatEvent::Unread { by: PersonId(7) }));
    // Its own variants: vectors/room.txt.
    examples.push(Event::Room(RoomEvent::Attention(true)));
    // vectors/talk.txt.
    examples.push(Event::Talk(TalkEvent::Rules(TalkRules::default())));
    // vectors/account.txt.
    examples.push(Event::Account(AccountEvent::Answer { request: 14, result: Ok(AccountAnswer::Done) }));
    // vectors/lab.txt.
    examples.push(Event::Lab(LabEvent::Show(None)));
    each("Event", EVENTS, event, examples)
}

fn hkdf(ikm: &[u8], info: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::new(None, ikm).expand(info, &mut out).expect("32 bytes");
    out
}

/// Ciphertext and tag by RFC 5116, with the 12-byte nonce 0000 0000 ‖ counter.
fn sealed(key: [u8; 32], counter: u64, aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&counter.to_be_bytes());
    let mut out = plain.to_vec();
    let tag = Aes256Gcm::new(&Key::<Aes256Gcm>::from(key)).encrypt_inout_detached(&Nonce::from(nonce), aad, (&mut out[..]).into()).expect("short");
    out.extend_from_slice(&tag);
    out
}

#[test]
fn a_whole_conversation_on_the_media_port() {
    let (secret, challenge, session) = ([0x53; 32], [0xc4; 32], 0x0102_0304_0506_0708);
    let mut server = MediaServerCore::new(challenge);
    let mut client = MediaClientCore::new(session, MediaSecret(secret));
    client.add_key(1, RoomKey([0x6b; 32]));
    let mut all: Vectors =
        vec![("exporter label".into(), EXPORTER_LABEL.into()), ("media secret".into(), secret.into()), ("session".into(), session.to_be_bytes().into())];

    all.push(("challenge".into(), server.challenge().into()));
    client.receive(&server.challenge());
    assert_eq!(client.poll_output(), Ok(None));
    let hello = client.poll_transmit().expect("a hello");
    let mac_key = hkdf(&secret, b"lectern media hello v1");
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&mac_key).expect("any length");
    mac.update(&challenge);
    mac.update(&session.to_be_bytes());
    let answer: [u8; 32] = mac.finalize().into_bytes().into();
    assert_eq!(hello, [&[0, 1, 0, 0][..], &session.to_be_bytes(), &answer].concat());
    all.extend([("hello key".into(), mac_key.into()), ("hello answer".into(), answer.into()), ("hello".into(), hello.clone())]);

    server.receive(&hello);
    server.poll_input().expect("a hello").expect("whole");
    let accepted = server.prove(Some(&MediaSecret(secret)), 3_000_000).expect("the right answer");
    let c2s = hkdf(&secret, &[&b"lectern media c2s v1"[..], &challenge].concat());
    let s2c = hkdf(&secret, &[&b"lectern media s2c v1"[..], &challenge].concat());
    all.extend([("client to server key".into(), c2s.into()), ("server to client key".into(), s2c.into())]);

    let mut requests = vec![MediaRequest::Fetch { request: 1, chunk: chunk(), first_record: 0 }, MediaRequest::Cancel { request: 1 }];
    client.fetch(chunk(), 0);
    client.cancel(1);
    let piece = Piece { track: 0, keyframe: true, capture_us: 2_900_000, rest: 0, data: Bytes::from_static(b"coded") };
    let live = [
        MediaRequest::Subscribe { stream: STREAM, track: 3 },
        MediaRequest::Unsubscribe { track: 3 },
        MediaRequest::Clock { sent_us: 77 },
        MediaRequest::Publish { stream: STREAM },
        MediaRequest::Piece(piece),
    ];
    live.iter().for_each(|request| client.ask(request));
    requests.extend(live);
    let sent = client.poll_transmit().expect("requests");
    let mut expected = Vec::new();
    for (i, (name, plain)) in each("Request", MEDIA_REQUESTS, media_request, requests).into_iter().enumerate() {
        let length = (plain.len() as u16 + 16).to_be_bytes();
        let on_the_wire = [&length[..], &sealed(c2s, i as u64, &length, &plain)].concat();
        expected.extend_from_slice(&on_the_wire);
        all.extend([(name.clone(), plain), (format!("{name}, sealed"), on_the_wire)]);
    }
    assert_eq!(sent, expected);

    let ended = [End::Cancelled, End::NotFound, End::Busy, End::Unreadable];
    assert_eq!(ended.iter().map(end).collect::<Vec<_>>(), ENDS);
    let mut replies = vec![Reply::Accepted { server_time_us: 3_000_000 }];
    replies.extend(ended.map(|why| Reply::Ended { request: 1, why }));
    replies.extend([Reply::Clock { sent_us: 77, server_us: 3_000_100 }, Reply::Publishing { stream: STREAM, taken: true }]);
    replies.extend([Reply::KeyframeWanted, Reply::StreamOver { track: 3 }, Reply::NotWithinShare { track: 3, bps: 400_000 }]);
    let mut bytes: Vec<_> = vec![accepted];
    bytes.extend(replies[1..].iter().map(|r| server.reply(r)));
    for (i, ((name, plain), got)) in each("Reply", MEDIA_REPLIES, media_reply, replies).into_iter().zip(bytes).enumerate() {
        let header = [&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &(plain.len() as u32 + 16).to_be_bytes()].concat();
        assert_eq!(got, [&header[..], &sealed(s2c, i as u64, &header, &plain)].concat(), "{name}");
        all.extend([(name.clone(), plain), (format!("{name}, with its header and sealed"), got)]);
    }
    all.push(("header of 16598 bytes of records, epoch 1, request 1".into(), records_header(1, 1, 16_598).into()));
    for why in [HelloRefusal::Version, HelloRefusal::Proof, HelloRefusal::TooMany] {
        all.push((format!("refused hello: {why:?}"), refusal(why).into()));
    }
    golden("media.txt", "One conversation on the media port: keys, messages before they are sealed, and the bytes on the wire in their order.", &all);
    let document = document();
    for name in [MEDIA_REQUESTS, MEDIA_REPLIES, ENDS].concat() {
        assert!(document.contains(&format!("`{name}")), "docs/PROTOCOL.md does not name {name}");
    }
}

#[test]
fn a_sealed_chunk_of_two_records() {
    let room_key = RoomKey([0x6b; 32]);
    let plain: Vec<u8> = (0..limits::RECORD_PLAIN + 170).map(|i| (i % 251) as u8).collect();
    let chunk = ChunkHash(Sha256::digest(&plain).into());
    let whole = ChunkCipher::new(&room_key, 1, &chunk).seal(&plain);

    let key = hkdf(&room_key.0, &[&b"lectern chunk v1"[..], &1u32.to_be_bytes(), &chunk.0].concat());
    let (first, second) = plain.split_at(limits::RECORD_PLAIN);
    let record = |index: u32, last: bool, plain: &[u8]| {
        let word = (index | u32::from(last) << 31).to_be_bytes();
        [&word[..], &(plain.len() as u16 + 16).to_be_bytes(), &sealed(key, u64::from(index), &word, plain)].concat()
    };
    let (one, two) = (record(0, false, first), record(1, true, second));
    assert_eq!(whole, [one.clone(), two.clone()].concat());
    let all: Vectors = vec![
        ("room key".into(), room_key.0.into()),
        ("epoch".into(), 1u32.to_be_bytes().into()),
        ("chunk (SHA-256 of the plaintext)".into(), chunk.0.into()),
        ("chunk key".into(), key.into()),
        ("record 0: header".into(), one[..6].into()),
        ("record 0: first 32 bytes of ciphertext".into(), one[6..38].into()),
        ("record 0: tag".into(), one[one.len() - 16..].into()),
        ("record 1, whole".into(), two),
        ("SHA-256 of both records, 16598 bytes".into(), Sha256::digest(&whole).to_vec()),
    ];
    assert_eq!(whole.len(), 16_598);
    golden("chunk.txt", "A chunk of 16,554 bytes, byte i being i mod 251, sealed in epoch 1 of a room.", &all);
}

/// A changed byte of a segment is another name of a chunk: everything prepared would be prepared anew.
#[test]
fn segments_of_both_kinds() {
    let sets: (&[u8], &[u8]) = (&[0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb], &[0x68, 0xeb, 0xe3, 0xcb]);
    let config = VideoConfig::from_parameter_sets(sets.0, sets.1, PictureSize { width: 1280, height: 720 }).expect("good sets");
    let video = Init::video(config, 6_000);
    let sound = Init::audio(AudioConfig { asc: Bytes::from_static(&[0x11, 0x90]), channels: 2, sample_rate_hz: 48_000 });
    let sample = |pts: i64, duration: u32, keyframe: bool| Sample { data: Bytes::from_static(b"coded"), dts: 0, pts, duration, keyframe };
    let pictures = [(180_000, true), (189_000, false), (183_000, false), (186_000, false)].map(|(pts, key)| sample(pts, 3_000, key));
    let packets = [-1_024, 0, 1_024].map(|pts| sample(pts, 1_024, true));
    let written = |init: &Init, samples: &[Sample]| (write_init(init).expect("writes"), write_segment(init, 1, samples).expect("writes"));
    let (video_init, video_segment) = written(&video, &pictures);
    let (sound_init, sound_segment) = written(&sound, &packets);
    let all: Vectors = vec![
        ("video: initialisation".into(), video_init),
        ("video: four pictures, the second decoded is shown last, from 180000 ticks on".into(), video_segment),
        ("sound: initialisation".into(), sound_init),
        ("sound: priming and two packets".into(), sound_segment),
    ];
    golden("segments.txt", "Segments of our fragmented MP4; each sample holds the five bytes `coded`.", &all);
}

#[test]
fn texts_that_strangers_read() {
    let link = JoinLink {
        hosts: vec!["192.0.2.7".into(), "2001:db8::7".into()],
        port: 5511,
        room: "Klasse 7b".into(),
        code: None,
        video: None,
        key: Some(InstructorKey([0x1c; 16])),
        fingerprint: Fingerprint([0x3f; 32]),
    };
    let segment = |i: u64| Segment { chunk: Some(chunk()), bytes: 5_000, start: i * 180_000, duration: 180_000, samples: 60 };
    let sound = |i: u64| Segment { chunk: Some(chunk()), bytes: 4_000, start: i * 96_256, duration: [96_256, 95_744][i as usize], samples: 94 };
    let track = |kind, codec: &str, timescale, segments| Track { kind, codec: codec.into(), timescale, init: chunk(), init_bytes: 700, segments };
    let video = TrackKind::Video { rung: "720p".into(), size: PictureSize { width: 1280, height: 720 }, bitrate_bps: 2_500_000 };
    let audio = TrackKind::Audio { channels: 2, sample_rate_hz: 48_000, language: "eng".into(), title: Some("Commentary".into()) };
    let chapters = vec![Chapter { start_us: 0, title: "Start".into() }, Chapter { start_us: 2_000_000, title: String::new() }];
    let details = Details { chapters, lost: vec![Span { start_us: 1_500_000, duration_us: 240_000 }] };
    let tracks = vec![track(video, "avc1.64001F", 90_000, (0..2).map(segment).collect()), track(audio, "mp4a.40.2", 48_000, (0..2).map(sound).collect())];
    let manifest = Manifest { version: 1, duration_us: 4_000_000, tracks, details };
    assert_eq!(Manifest::parse(&manifest.to_json()).expect("own output"), manifest);
    let all: Vectors = vec![("join link of an instructor (UTF-8)".into(), link.to_string().into()), ("manifest (UTF-8)".into(), manifest.to_json())];
    golden("text.txt", "Texts of the protocol, as bytes. docs/PROTOCOL.md shows them readable.", &all);
    let document = document();
    assert!(document.contains(&link.to_string()), "docs/PROTOCOL.md shows this join link: {link}");
    let shown: String = document.chars().filter(|c| !c.is_whitespace()).collect();
    let json: String = String::from_utf8(manifest.to_json()).expect("UTF-8").chars().filter(|c| !c.is_whitespace()).collect();
    assert!(shown.contains(&json), "docs/PROTOCOL.md shows this manifest: {json}");
}

#[test]
fn handing_out_the_viewer() {
    let sha256 = std::array::from_fn(|i| i as u8);
    let file =
        HandOutFile { name: "lectern-0.2.0-linux-x86_64.tar.xz".into(), bytes: 9_000_000, sha256, version: "0.2.0".into(), platform: "linux-x86_64".into() };
    let all: Vectors = vec![
        ("request List".into(), bytes_of(&HandOutRequest::new(Ask::List))),
        ("request Get".into(), bytes_of(&HandOutRequest::new(Ask::Get { sha256 }))),
        ("reply Files".into(), bytes_of(&HandOutReply::Files(vec![file]))),
        ("reply Begins".into(), bytes_of(&HandOutReply::Begins { bytes: 9_000_000 })),
        ("reply Refused NotFound".into(), bytes_of(&HandOutReply::Refused(HandOutRefusal::NotFound))),
        ("reply Refused Busy".into(), bytes_of(&HandOutReply::Refused(HandOutRefusal::Busy { retry_after_ms: 2_000 }))),
    ];
    golden("handout.txt", "Handing out the viewer: bodies of the frames.", &all);
}

/// Every hexadecimal byte string of the document's worked example stands in a golden file.
#[test]
fn the_example_of_the_document_is_golden() {
    let golden: String = ["control.txt", "media.txt", "chunk.txt"].iter().map(|f| fs::read_to_string(folder().join(f)).expect("the golden bytes")).collect();
    let golden: String = golden.chars().filter(|c| !c.is_whitespace()).collect();
    let document = document();
    let example = document.split("## A worked example").nth(1).expect("a worked example").split("\n## ").next().expect("its end");
    let is_hex = |t: &str| t.len() >= 8 && t.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    let mut found = 0;
    for text in example.split(|c: char| c.is_whitespace() || c == '`').filter(|t| is_hex(t)) {
        assert!(golden.contains(text), "{text} is not in a golden file");
        found += 1;
    }
    assert!(found > 10, "only {found} byte strings in the example");
}
