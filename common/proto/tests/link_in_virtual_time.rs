//! The client and server cores of both planes, joined by a seeded link in virtual time that cuts and delays bytes.

use lectern_proto::control::client::{ClientCore, Output};
use lectern_proto::control::server::{Input, ServerCore};
use lectern_proto::control::*;
use lectern_proto::limits::{HELLO_WAIT, PING_EVERY, RECORD_PLAIN, SILENCE_MAX};
use lectern_proto::manifest::ChunkHash;
use lectern_proto::media::client::{MediaClientCore, Output as MediaOutput};
use lectern_proto::media::server::{Input as MediaInput, MediaServerCore, records_header, refusal};
use lectern_proto::media::{End, HelloRefusal, MediaError, Reply, Request as MediaRequest};
use lectern_proto::seal::{ChunkCipher, MediaSecret, RoomKey, record_offset};
use std::collections::VecDeque;
use std::time::Duration;

/// SplitMix64: small, seeded, good enough to cut bytes.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

/// One direction of a byte stream: cut anywhere, delayed by up to 80 ms, in order.
#[derive(Default)]
struct Pipe {
    flying: VecDeque<(Duration, Vec<u8>)>,
}

impl Pipe {
    fn send(&mut self, now: Duration, rng: &mut Seeded, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let longest = if rng.below(4) == 0 { 3 } else { 50_000 };
            let cut = bytes.len().min(1 + rng.below(longest) as usize);
            let earliest = self.flying.back().map_or(now, |(at, _)| *at);
            self.flying.push_back((earliest.max(now + Duration::from_millis(rng.below(80))), bytes[..cut].to_vec()));
            bytes = &bytes[cut..];
        }
    }

    fn due(&mut self, now: Duration) -> Option<Vec<u8>> {
        (self.flying.front()?.0 <= now).then(|| self.flying.pop_front().map(|(_, b)| b)).flatten()
    }

    fn next(&self) -> Option<Duration> {
        self.flying.front().map(|(at, _)| *at)
    }
}

fn joined() -> Joined {
    Joined {
        you: PersonId(1),
        name: "Ana".into(),
        role: Role::Student,
        room: "net".into(),
        seat: SeatToken([1; 16]),
        media: MediaAccess { session: 9, video_port: 1, audio_port: 2, epoch: 1, room_key: RoomKey([3; 32]) },
        ladder: Vec::new(),
        live_ladder: Vec::new(),
        thirds: ["a".into(), "b".into(), "c".into()],
        server_time_us: 5,
    }
}

fn control_session(seed: u64) {
    let mut rng = Seeded(seed);
    let (mut up, mut down) = (Pipe::default(), Pipe::default());
    let mut now = Duration::ZERO;
    let mut client = ClientCore::new(now, "test");
    let mut server = ServerCore::new(now, "Lab", "test", 77);
    let (mut wrong_seen, mut pongs, mut people) = (false, 0, 0);
    let (mut admitted_at, mut waited) = (None, 0);
    let login = |password: &str| LoginRequest { room: "net".into(), name: "Ana".into(), proof: Proof::Password(password.into()) };
    let end = 2 * SILENCE_MAX + Duration::from_secs(60);
    while now < end {
        while let Some(bytes) = up.due(now) {
            server.receive(&bytes);
        }
        while let Some(input) = server.poll_input(now).expect("an honest client") {
            match input {
                // Who is right waits at the door, for longer than a silent server would be believed.
                Input::Login(l) if l == login("right") => {
                    server.wait(now);
                    admitted_at = Some(now + 2 * SILENCE_MAX);
                }
                Input::Login(_) => server.refuse(now, LoginRefusal::WrongRoomOrPassword),
                Input::HandOut(ask) => panic!("{ask:?} was never sent"),
                Input::Request(Request::Ping { id }) => server.send(&Event::Pong { id, server_time_us: 0 }),
                Input::Request(other) => panic!("seed {seed}: {other:?}"),
            }
        }
        if admitted_at.take_if(|at| now >= *at).is_some() {
            server.join(now, joined());
            for i in 0..500 {
                server.send(&Event::PersonLeft(PersonId(i)));
            }
        }
        while let Some(bytes) = server.poll_transmit() {
            down.send(now, &mut rng, &bytes);
        }
        while let Some(bytes) = down.due(now) {
            client.receive(now, &bytes);
        }
        while let Some(output) = client.poll_output(now).expect("an honest server") {
            match output {
                Output::Welcome(w) => {
                    assert_eq!((w.boot_id, w.server_name.as_str()), (77, "Lab"));
                    client.login(&login("wrong"));
                }
                Output::Login(LoginReply::Refused(_)) => {
                    wrong_seen = true;
                    client.login(&login("right"));
                }
                Output::Login(LoginReply::Waiting { since_us, server_time_us }) => {
                    assert!(since_us <= server_time_us, "seed {seed}");
                    waited += 1;
                }
                Output::Login(LoginReply::Joined(j)) => assert_eq!(*j, joined()),
                Output::Event(Event::PersonLeft(p)) => {
                    assert_eq!(p, PersonId(people), "seed {seed}: order");
                    people += 1;
                }
                Output::Event(Event::Pong { .. }) => pongs += 1,
                Output::Event(other) => panic!("seed {seed}: {other:?}"),
            }
        }
        client.handle_timeout(now).expect("a living server");
        server.handle_timeout(now).expect("a living client");
        while let Some(bytes) = client.poll_transmit() {
            up.send(now, &mut rng, &bytes);
        }
        now = [up.next(), down.next(), Some(client.poll_timeout()), server.poll_timeout()].into_iter().flatten().min().expect("a timer").max(now);
    }
    assert!(wrong_seen && people == 500, "seed {seed}: {people}");
    assert!((7..=10).contains(&waited), "seed {seed}: told {waited} times to wait, in 40 s");
    assert!((10..=13).contains(&pongs), "seed {seed}: {pongs} pongs in 60 s");
    assert!(client.round_trip().expect("measured") <= Duration::from_millis(320));
}

#[test]
fn control_sessions_survive_any_cut_and_delay() {
    for seed in 0..40 {
        control_session(seed);
    }
}

#[test]
fn silence_ends_both_sides() {
    let mut server = ServerCore::new(Duration::ZERO, "Lab", "test", 1);
    assert_eq!(server.poll_timeout(), Some(HELLO_WAIT));
    assert!(server.handle_timeout(HELLO_WAIT).is_err());
    let mut client = ClientCore::new(Duration::ZERO, "test");
    assert!(client.handle_timeout(PING_EVERY).is_ok());
    assert!(client.handle_timeout(SILENCE_MAX).is_err());
}

#[test]
fn strangers_giants_and_other_versions_are_told_apart() {
    let now = Duration::ZERO;
    let fresh = || ServerCore::new(now, "Lab", "test", 1);
    let hello = |magic, version_min, version_max| {
        lectern_proto::framing::frame(&lectern_proto::wire::encode(&HelloRequest { magic, version_min, version_max, agent: "x".into() }))
    };
    let mut server = fresh();
    server.receive(b"GET / HTTP/1.1\r\n");
    assert!(matches!(server.poll_input(now), Err(ControlError::Frame(_))));
    let mut server = fresh();
    server.receive(&hello(*b"lectern\0", 1, 1));
    assert_eq!(server.poll_input(now), Err(ControlError::Magic));
    let mut server = fresh();
    server.receive(&hello(*b"LECTERN\0", 7, 9));
    assert!(matches!(server.poll_input(now), Err(ControlError::Version { .. })));
    let mut client = ClientCore::new(now, "test");
    client.receive(now, &server.poll_transmit().expect("the refusal"));
    let error = client.poll_output(now).expect_err("refused").to_string();
    assert!(error.contains("no common protocol version"), "{error}");
    let mut server = fresh();
    server.receive(&hello(*b"LECTERN\0", 1, 9));
    assert_eq!(server.poll_input(now), Ok(None));
    // A hello of a later version may be longer; it is still answered.
    let mut longer = lectern_proto::wire::encode(&HelloRequest { magic: *b"LECTERN\0", version_min: 7, version_max: 9, agent: "x".into() });
    longer.extend_from_slice(&[1, 2, 3]);
    let mut server = fresh();
    server.receive(&lectern_proto::framing::frame(&longer));
    assert!(matches!(server.poll_input(now), Err(ControlError::Version { .. })));
    assert!(server.poll_transmit().is_some(), "told which versions are spoken");
}

#[test]
fn a_flood_of_requests_ends_the_connection() {
    let now = Duration::from_secs(1);
    let mut server = ServerCore::new(now, "Lab", "test", 1);
    let mut client = ClientCore::new(now, "test");
    server.receive(&client.poll_transmit().expect("hello"));
    assert_eq!(server.poll_input(now), Ok(None));
    client.receive(now, &server.poll_transmit().expect("welcome"));
    client.poll_output(now).expect("welcome");
    client.login(&LoginRequest { room: "r".into(), name: "n".into(), proof: Proof::Seat(SeatToken([0; 16])) });
    server.receive(&client.poll_transmit().expect("login"));
    server.poll_input(now).expect("login");
    server.join(now, joined());
    client.receive(now, &server.poll_transmit().expect("joined"));
    client.poll_output(now).expect("joined");
    for id in 0..1_000 {
        client.request(&Request::Ping { id });
    }
    while let Some(bytes) = client.poll_transmit() {
        server.receive(&bytes);
    }
    let mut taken = 0;
    let end = loop {
        match server.poll_input(now) {
            Ok(Some(_)) => taken += 1,
            other => break other,
        }
    };
    assert_eq!(end, Err(ControlError::Flood));
    assert_eq!(taken, lectern_proto::limits::REQUEST_BURST);
}

fn chunk(n: u8) -> (ChunkHash, Vec<u8>) {
    (ChunkHash([n; 32]), (0..usize::from(n) * 20_000).map(|i| (i * 7 + usize::from(n)) as u8).collect())
}

fn media_session(seed: u64) {
    let mut rng = Seeded(seed);
    let (mut up, mut down) = (Pipe::default(), Pipe::default());
    let secret = MediaSecret([8; 32]);
    let keys = [(1, RoomKey([1; 32])), (2, RoomKey([2; 32]))];
    let mut client = MediaClientCore::new(9, secret.clone());
    let mut server = MediaServerCore::new([seed as u8; 32]);
    keys.iter().for_each(|(e, k)| client.add_key(*e, k.clone()));
    let mut wanted: VecDeque<(u32, Vec<u8>)> = VecDeque::new();
    let mut got = Vec::new();
    for n in 1..6 {
        let (hash, plain) = chunk(n);
        let first = rng.below(plain.len().div_ceil(RECORD_PLAIN) as u64) as u32;
        let request = client.fetch(hash, first);
        wanted.push_back((request, plain[first as usize * RECORD_PLAIN..].to_vec()));
    }
    let missing = client.fetch(ChunkHash([99; 32]), 0);
    let mut ended = None;
    let mut now = Duration::ZERO;
    down.send(now, &mut rng, &server.challenge());
    while !wanted.is_empty() || ended.is_none() {
        while let Some(bytes) = up.due(now) {
            server.receive(&bytes);
        }
        while let Some(input) = server.poll_input().expect("an honest client") {
            match input {
                MediaInput::Hello { session } => {
                    assert_eq!(session, 9);
                    let bytes = server.prove(Some(&secret), 1).expect("the right secret");
                    down.send(now, &mut rng, &bytes);
                }
                MediaInput::Request(MediaRequest::Fetch { request, chunk: ChunkHash([99, ..]), .. }) => {
                    let bytes = server.reply(&Reply::Ended { request, why: End::NotFound });
                    down.send(now, &mut rng, &bytes);
                }
                MediaInput::Request(MediaRequest::Fetch { request, chunk: hash, first_record }) => {
                    let (epoch, key) = &keys[rng.below(2) as usize];
                    let sealed = ChunkCipher::new(key, *epoch, &hash).seal(&chunk(hash.0[0]).1);
                    for part in sealed[record_offset(first_record)..].chunks(1 + rng.below(60_000) as usize) {
                        down.send(now, &mut rng, &records_header(*epoch, request, part.len() as u32));
                        down.send(now, &mut rng, part);
                    }
                }
                MediaInput::Request(other) => panic!("seed {seed}: {other:?}"),
            }
        }
        while let Some(bytes) = down.due(now) {
            client.receive(&bytes);
        }
        while let Some(output) = client.poll_output().expect("an honest server") {
            match output {
                MediaOutput::Accepted { .. } => {}
                MediaOutput::Record { request, data, last } => {
                    got.extend_from_slice(&data);
                    if last {
                        assert_eq!(Some((request, std::mem::take(&mut got))), wanted.pop_front(), "seed {seed}");
                    }
                }
                MediaOutput::Ended { request, why } => ended = Some((request, why)),
                other => panic!("seed {seed}: {other:?}"),
            }
        }
        while let Some(bytes) = client.poll_transmit() {
            up.send(now, &mut rng, &bytes);
        }
        now = [up.next(), down.next()].into_iter().flatten().min().unwrap_or(now).max(now);
    }
    assert_eq!(ended, Some((missing, End::NotFound)));
    assert!(client.unfinished().is_empty());
}

#[test]
fn media_sessions_survive_any_cut_and_delay() {
    for seed in 0..40 {
        media_session(seed);
    }
}

#[test]
fn without_the_secret_nothing_is_served() {
    let mut client = MediaClientCore::new(9, MediaSecret([1; 32]));
    let mut server = MediaServerCore::new([5; 32]);
    client.receive(&server.challenge());
    client.poll_output().expect("the challenge");
    server.receive(&client.poll_transmit().expect("hello"));
    server.poll_input().expect("hello");
    let error = server.prove(Some(&MediaSecret([2; 32])), 0).expect_err("another secret");
    assert_eq!(error, MediaError::Refused(HelloRefusal::Proof));
    assert_eq!(server.poll_input(), Ok(None));
    client.receive(&refusal(HelloRefusal::Proof));
    assert_eq!(client.poll_output(), Err(MediaError::Refused(HelloRefusal::Proof)));
}
