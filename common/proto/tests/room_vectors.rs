//! The golden bytes of a room's tools.

mod golden;

use golden::{Vectors, bytes_of, document, golden};
use lectern_proto::control::{
    CodeInfo, Door, Event, PersonId, Poll, PrivateChat, Refusal, Request, Role, RoomAnswer, RoomEvent, RoomInfo, RoomRequest, Stay, VideoId, Waiting,
};

/// The name of a variant, as Rust prints it.
fn name(message: &impl std::fmt::Debug) -> String {
    format!("{message:?}").chars().take_while(|c| c.is_alphanumeric()).collect()
}

fn code() -> CodeInfo {
    CodeInfo { code: 7, video: None, uses: 30, used: 2, made_s: 1_795_244_400, expires_s: 1_795_248_000 }
}

#[test]
fn every_message_of_the_tools() {
    let person = PersonId(7);
    let requests = [
        RoomRequest::Hand { raised: true },
        RoomRequest::LowerHand { person },
        RoomRequest::Mute { person, muted: true },
        RoomRequest::Ban { person },
        RoomRequest::Pardon { name: "Ana".into() },
        RoomRequest::Lock { locked: true },
        RoomRequest::WaitingRoom { on: true },
        RoomRequest::Admit { person: Some(person) },
        RoomRequest::Admit { person: None },
        RoomRequest::TurnAway { person },
        RoomRequest::Attention { on: true },
        RoomRequest::OpenPoll { question: "Clear?".into(), answers: vec!["Yes".into(), "No".into()] },
        RoomRequest::Vote { poll: 1, answer: Some(1) },
        RoomRequest::Vote { poll: 1, answer: None },
        RoomRequest::ClosePoll { poll: 1 },
        RoomRequest::PrivateChat(PrivateChat::Instructor),
        RoomRequest::Attendance { from: 1_000 },
        RoomRequest::MakeCode { for_s: 3_600, uses: 30, video: Some(VideoId("00112233445566ff".into())) },
        RoomRequest::Codes,
        RoomRequest::RevokeCode { code: 7 },
        RoomRequest::Rooms,
        RoomRequest::OpenRoom { name: "Lab 2".into(), password: "sesame".into() },
        RoomRequest::CloseRoom { name: "Lab 2".into() },
        RoomRequest::OpenRoomWith { name: "Lab 2".into(), password: "sesame".into(), waiting_room: true },
    ];
    let stay = |until_s| Stay { person, name: "Ana".into(), role: Role::Student, from_s: 1_795_244_400, until_s };
    let events = [
        RoomEvent::Answer { request: 14, result: Ok(RoomAnswer::Done) },
        RoomEvent::Answer { request: 14, result: Ok(RoomAnswer::Attendance { stays: vec![stay(Some(1_795_248_000)), stay(None)], more: true }) },
        RoomEvent::Answer { request: 14, result: Ok(RoomAnswer::Code { code: "3467-9ACD-EFGH-JKMN".into(), info: code() }) },
        RoomEvent::Answer { request: 14, result: Ok(RoomAnswer::Codes(vec![code()])) },
        RoomEvent::Answer { request: 14, result: Ok(RoomAnswer::Rooms(vec![RoomInfo { name: "Lab 2".into(), people: 30 }])) },
        RoomEvent::Answer { request: 14, result: Err(Refusal::NotAllowed) },
        RoomEvent::Hands { raised: vec![person], lowered: vec![PersonId(8)] },
        RoomEvent::Muted(vec![person]),
        RoomEvent::Door(Door { locked: false, waiting_room: true, guests_wait: false }),
        RoomEvent::Waiting(vec![Waiting { person, name: "Ana".into(), role: Role::Student, since_us: 61_000_000 }]),
        RoomEvent::Banned(vec!["Eve".into()]),
        RoomEvent::Attention(true),
        RoomEvent::Poll { poll: Poll { id: 1, question: "Clear?".into(), answers: vec!["Yes".into(), "No".into()] }, yours: Some(1) },
        RoomEvent::Counts { poll: 1, counts: vec![3, 1] },
        RoomEvent::PollClosed { poll: 1, counts: vec![3, 1] },
        RoomEvent::Speaking { began: vec![person], ended: vec![PersonId(8)] },
    ];
    let mut all = Vectors::new();
    for what in requests {
        all.push((format!("Request.Room.{}", name(&what)), bytes_of(&Request::Room { request: 14, what })));
    }
    for event in events {
        all.push((format!("Event.Room.{}", name(&event)), bytes_of(&Event::Room(event))));
    }
    let document = document();
    for (name, _) in &mut all {
        let variant = name.rsplit('.').next().unwrap_or_default();
        assert!(document.contains(&format!("`{variant}`")), "docs/PROTOCOL.md names {variant}");
    }
    golden("room.txt", "A room's tools: bodies of messages, without their length prefix. docs/PROTOCOL.md explains them.", &all);
}
