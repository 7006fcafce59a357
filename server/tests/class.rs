//! A class over real sockets: who comes in, who is told what, how connections end.

#![cfg(unix)]

mod support;

use std::time::{Duration, Instant};

use lectern_proto::control::{
    ChatEvent, CloseReason, ControlError, Event, LoginRefusal, LoginRequest, PersonId, PrivateChat, Proof, Refusal, Request, Role, SeatToken, TalkEvent,
    TalkRules,
};
use lectern_proto::limits::LOGIN_FAILURES_BURST;
use lectern_proto::link::JoinLink;
use support::client::{Client, Ended, Member};
use support::soon;
use support::stage::{Stage, instructor, join};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_class_sees_itself() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let link = join(&server);
    let mut ana = Member::enter(&link, "Ana").await;
    assert_eq!((ana.joined.name.as_str(), ana.joined.role, ana.joined.room.as_str()), ("Ana", Role::Student, "class"));
    assert_eq!(ana.joined.ladder.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(), ["144p", "360p", "720p", "1440p"]);
    assert!(matches!(ana.event().await, Event::People(p) if p.len() == 1));
    assert_eq!(ana.event().await, Event::Together { on: true });
    assert_eq!(ana.event().await, Event::Chat(ChatEvent::PrivateChat(PrivateChat::All)));
    assert_eq!(ana.event().await, Event::Chat(ChatEvent::AttachmentMax(20 << 20)));
    assert_eq!(ana.event().await, Event::Talk(TalkEvent::Rules(TalkRules::default())));
    assert_eq!(ana.event().await, Event::Synchronised);
    let mut second = Member::enter(&link, "ana").await;
    assert_eq!(second.joined.name, "ana (2)");
    let teacher = Member::enter(&instructor(&server), "Frau Ü").await;
    assert_eq!(teacher.joined.role, Role::Instructor);
    let seen = ana.until_person(|p| p.role == Role::Instructor).await;
    assert_eq!((seen.name.as_str(), seen.connected), ("Frau Ü", true));
    second.request(Request::Leave).await;
    let left = ana.until("the leaving", |e| if let Event::PersonLeft(p) = e { Some(p) } else { None }).await;
    assert_eq!(left, second.joined.you);
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_proof_is_refused_and_a_right_one_may_follow() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let link = join(&server);
    let elsewhere = JoinLink { room: "elsewhere".into(), ..link.clone() };
    let mut client = Client::connect(&link).await;
    let password = |p: &str| Proof::Password(p.into());
    assert_eq!(client.login(&link, "Ana", password("wrong")).await.expect_err("wrong"), LoginRefusal::WrongRoomOrPassword);
    assert_eq!(client.login(&elsewhere, "Ana", password("open-sesame")).await.expect_err("wrong"), LoginRefusal::WrongRoomOrPassword);
    assert_eq!(client.login(&link, "Ana\n", password("open-sesame")).await.expect_err("wrong"), LoginRefusal::BadName);
    assert_eq!(client.login(&link, "Ana", Proof::InstructorKey([0; 16])).await.expect_err("wrong"), LoginRefusal::WrongInstructorKey);
    assert_eq!(client.login(&link, "Ana", Proof::Seat(SeatToken([0; 16]))).await.expect_err("wrong"), LoginRefusal::SeatUnknown);
    assert_eq!(client.login(&link, "Ana", password("open-sesame")).await.expect("right").name, "Ana");
    server.stop().await;
}

#[tokio::test]
async fn guessing_ends_for_the_guesser() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let link = join(&server);
    let mut client = Client::connect(&link).await;
    for i in 0..LOGIN_FAILURES_BURST {
        assert_eq!(client.login(&link, "Eve", Proof::Password(i.to_string())).await.expect_err("wrong"), LoginRefusal::WrongRoomOrPassword);
    }
    let why = client.login(&link, "Eve", Proof::Password("open-sesame".into())).await.expect_err("too many");
    assert!(matches!(why, LoginRefusal::TooManyFailures { retry_after_ms: 1..=6_000 }), "{why:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_seat_outlives_its_connection_and_the_server() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let link = join(&server);
    let mut teacher = Member::enter(&instructor(&server), "T").await;
    let ana = Member::enter(&link, "Ana").await;
    let (you, seat) = (ana.joined.you, ana.joined.seat.clone());
    drop(ana);
    teacher.until_person(|p| p.id == you && !p.connected).await;
    let mut first = Member::again(&link, &seat).await.expect("the seat");
    assert_eq!((first.joined.you, first.joined.name.as_str(), first.joined.role), (you, "Ana", Role::Student));
    teacher.until_person(|p| p.id == you && p.connected).await;
    let second = Member::again(&link, &seat).await.expect("the seat");
    assert_eq!(first.until_closing().await, CloseReason::Replaced);
    assert_eq!(second.joined.you, you);
    server.stop().await;

    let server = stage.serve().await;
    let link = JoinLink { port: join(&server).port, ..link };
    let mut again = Member::again(&link, &seat).await.expect("the seat after a restart");
    assert_eq!((again.joined.you, again.joined.name.as_str()), (you, "Ana"));
    again.request(Request::Leave).await;
    assert!(
        soon("the end", async {
            while again.client.next().await.is_ok() {}
            true
        })
        .await
    );
    assert_eq!(Member::again(&link, &seat).await.err(), Some(LoginRefusal::SeatUnknown), "left");
    let other = Member::enter(&link, "Bo").await;
    assert_ne!(other.joined.you, you);
    server.stop().await;
}

#[tokio::test]
async fn who_is_removed_is_out_and_the_key_is_new() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut teacher = Member::enter(&instructor(&server), "T").await;
    let mut eve = Member::enter(&join(&server), "Eve").await;
    eve.request(Request::Remove { request: 1, person: teacher.joined.you }).await;
    let answer = |e| if let Event::Answer { request, result } = e { Some((request, result)) } else { None };
    assert_eq!(eve.until("an answer", answer).await, (1, Err(Refusal::NotAllowed)));
    teacher.request(Request::Remove { request: 2, person: PersonId(9_999) }).await;
    assert_eq!(teacher.until("an answer", answer).await, (2, Err(Refusal::NoSuchPerson)));
    teacher.request(Request::Remove { request: 3, person: eve.joined.you }).await;
    let epoch = teacher.until("a key", |e| if let Event::MediaEpoch { epoch, .. } = e { Some(epoch) } else { None }).await;
    assert_eq!(epoch, teacher.joined.media.epoch + 1);
    assert_eq!(eve.until_closing().await, CloseReason::Removed { by: "T".into() });
    let left = teacher.until("the leaving", |e| if let Event::PersonLeft(p) = e { Some(p) } else { None }).await;
    assert_eq!(left, eve.joined.you);
    assert_eq!(Member::again(&join(&server), &eve.joined.seat).await.err(), Some(LoginRefusal::SeatUnknown));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_of_two_hundred_joins_at_once() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let link = join(&server);
    let class: Vec<_> = (0..200)
        .map(|n| {
            let link = link.clone();
            tokio::spawn(async move {
                let mut member = Member::enter(&link, &format!("student {n}")).await;
                member.until("the first state", |e| (e == Event::Synchronised).then_some(())).await;
                member
            })
        })
        .collect();
    let mut members = Vec::new();
    for student in class {
        members.push(student.await.expect("joined"));
    }
    let mut late = Member::enter(&link, "late").await;
    let mut people = 0;
    late.until("everybody", |e| {
        if let Event::People(p) = &e {
            people += p.iter().filter(|p| p.connected).count();
        }
        (e == Event::Synchronised).then_some(())
    })
    .await;
    assert_eq!(people, 201);
    server.stop().await;
}

#[tokio::test]
async fn the_end_of_the_server_is_told_and_quick() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    let asked = Instant::now();
    let told = tokio::spawn(async move { ana.until_closing().await });
    server.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!(told.await.expect("told"), CloseReason::ServerStopping);
}

#[tokio::test]
async fn another_version_and_another_certificate_are_told() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let link = join(&server);
    let other = JoinLink { fingerprint: lectern_proto::link::Fingerprint([0; 32]), ..link.clone() };
    assert!(Client::try_connect(&other).await.is_err());
    let mut client = Client::connect(&link).await;
    let hello = lectern_proto::control::HelloRequest { magic: lectern_proto::control::MAGIC, version_min: 900, version_max: 999, agent: "new".into() };
    client.core.poll_transmit();
    client.stream.write_all(&lectern_proto::framing::frame(&lectern_proto::wire::encode(&hello))).await.expect("sent");
    assert!(matches!(soon("a refusal", client.next()).await, Err(Ended::Wrong(ControlError::Version { .. }))));
    server.stop().await;
}

#[tokio::test]
async fn nonsense_of_a_member_ends_that_member_only() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let link = join(&server);
    let mut good = Member::enter(&link, "good").await;
    let mut bad = Member::enter(&link, "bad").await;
    bad.client.stream.write_all(&[0, 0, 0, 4, 9, 9, 9, 9]).await.expect("sent");
    bad.client.stream.flush().await.expect("sent");
    assert!(matches!(bad.until_closing().await, CloseReason::ProtocolError(_)));
    let mut giant = Member::enter(&link, "giant").await;
    giant.client.stream.write_all(&[0xff; 64]).await.expect("sent");
    giant.client.stream.flush().await.expect("sent");
    assert!(matches!(giant.until_closing().await, CloseReason::ProtocolError(_)));
    let mut flood = Member::enter(&link, "flood").await;
    for id in 0..1_000 {
        flood.client.core.request(&Request::Ping { id });
    }
    flood.client.flush().await;
    assert_eq!(flood.until_closing().await, CloseReason::Overrun);
    good.request(Request::Ping { id: 77 }).await;
    good.until("a pong", |e| matches!(e, Event::Pong { id: 77, .. }).then_some(())).await;
    server.stop().await;
}

#[tokio::test]
async fn half_open_connections_and_noise_do_not_keep_a_class_out() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let link = join(&server);
    let ports = server.announcement().ports;
    let mut open = Vec::new();
    for port in [ports.control, ports.video, ports.audio] {
        for i in 0..300u32 {
            let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
            if i % 3 == 0 {
                let noise: [u8; 64] = rand::random();
                let _ = stream.write_all(&noise).await;
            }
            open.push(stream);
        }
    }
    let mut ana = Member::enter(&link, "Ana").await;
    let mut media = support::media::Media::open(&ana).await;
    let missing = media.fetch(lectern_proto::manifest::ChunkHash([1; 32]), 0).await;
    assert_eq!(missing, Err(lectern_proto::media::End::NotFound));
    ana.request(Request::Ping { id: 1 }).await;
    ana.until("a pong", |e| matches!(e, Event::Pong { id: 1, .. }).then_some(())).await;
    // Each of them is ended in the end.
    for mut stream in open {
        soon("the end of a stranger", async { while matches!(stream.read(&mut [0; 256]).await, Ok(1..)) {} }).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_login_without_a_hello_or_out_of_order_is_no_login() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let link = join(&server);
    let mut client = Client::connect(&link).await;
    client.core.poll_transmit();
    let login = LoginRequest { room: "class".into(), name: "Ana".into(), proof: Proof::Password("open-sesame".into()) };
    client.stream.write_all(&lectern_proto::framing::frame(&lectern_proto::wire::encode(&login))).await.expect("sent");
    assert!(soon("the end", client.next()).await.is_err());
    server.stop().await;
}
