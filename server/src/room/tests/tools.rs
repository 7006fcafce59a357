//! The tools and the door, as staff and others use them.

use lectern_proto::control::{Poll, RoomAnswer, RoomEvent};
use lectern_proto::limits::ROOM_PEOPLE_MAX;
use lectern_proto::wire;

use super::*;

impl Stage {
    /// Somebody new at the door, of this address; the second is told when he or she has to wait.
    async fn knock(
        &self,
        person: u64,
        name: &str,
        address: u8,
    ) -> (oneshot::Receiver<()>, tokio::task::JoinHandle<Result<(Admission, Presence, Inbox), LoginRefusal>>) {
        let (outbox, inbox) = queue();
        let (waits, told) = oneshot::channel();
        let origin = Origin::from(std::net::IpAddr::from([192, 0, 2, address]));
        let (person, connection, role) = (PersonId(person), ConnectionId(person), Role::Student);
        let entry = Entry { person, name: name.into(), role, origin, is_new: true, connection, outbox, code: None, waits: Some(waits) };
        let room = self.room.clone();
        (told, tokio::spawn(async move { room.enter(entry).await.map(|(admission, presence)| (admission, presence, inbox)) }))
    }
}

/// Asks, and reads on until the answer; gives what was told of the room before it, too.
async fn asked(presence: &Presence, inbox: &mut Inbox, what: RoomRequest) -> (Vec<RoomEvent>, Result<RoomAnswer, Refusal>) {
    presence.use_tool(77, what).await;
    let mut told = Vec::new();
    loop {
        match next(inbox).await {
            Event::Room(RoomEvent::Answer { request: 77, result }) => return (told, result),
            Event::Room(event) => told.push(event),
            _ => {}
        }
    }
}

const DONE: Result<RoomAnswer, Refusal> = Ok(RoomAnswer::Done);

#[tokio::test]
async fn whoever_is_new_waits_until_admitted_or_turned_away() {
    let stage = stage(10).await;
    let (_, teacher, mut inbox) = stage.enter(1, Role::Instructor, 1).await.expect("room");
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::WaitingRoom { on: true }).await.1, DONE);
    let mut people = Vec::new();
    for (person, name) in [(2, "Ana"), (3, "Ben"), (4, "Cem"), (5, "Dora")] {
        let (waits, entered) = stage.knock(person, name, 9).await;
        assert_eq!(waits.await, Ok(()), "{name} is told");
        people.push(entered);
    }
    let names = |e: &Event| if let Event::Room(RoomEvent::Waiting(w)) = e { w.iter().map(|w| w.name.clone()).collect() } else { Vec::new() };
    until(&mut inbox, |e| names(e) == ["Ana", "Ben", "Cem", "Dora"]).await;
    let (told, answer) = asked(&teacher, &mut inbox, RoomRequest::Admit { person: Some(PersonId(3)) }).await;
    assert!(answer == DONE && told.iter().any(|e| names(&Event::Room(e.clone())) == ["Ana", "Cem", "Dora"]), "told before the answer: {told:?}");
    let (_, ben, mut ben_inbox) = people.remove(1).await.expect("a task").expect("in");
    // What is staff's is not a student's, and who is gone is not at the door.
    assert_eq!(asked(&ben, &mut ben_inbox, RoomRequest::Admit { person: None }).await.1, Err(Refusal::NotAllowed));
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::Admit { person: Some(PersonId(3)) }).await.1, Err(Refusal::NoSuchPerson));
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::TurnAway { person: PersonId(4) }).await.1, DONE);
    assert_eq!(people.remove(1).await.expect("a task").expect_err("turned away"), LoginRefusal::TurnedAway);
    // Who does not want to wait any more is gone from the list.
    people.remove(1).abort();
    until(&mut inbox, |e| names(e) == ["Ana"]).await;
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::Admit { person: None }).await.1, DONE);
    let (admission, _ana, _inbox) = people.remove(0).await.expect("a task").expect("in");
    assert_eq!(admission.name, "Ana (2)", "of the two, the teacher came first");
}

#[tokio::test]
async fn a_locked_room_and_a_ban() {
    let stage = stage(10).await;
    let (_, teacher, mut inbox) = stage.enter(1, Role::Instructor, 1).await.expect("room");
    let (_, entered) = stage.knock(2, "Eve", 9).await;
    let (_, eve, mut eve_inbox) = entered.await.expect("a task").expect("in");
    assert_eq!(asked(&eve, &mut eve_inbox, RoomRequest::Lock { locked: true }).await.1, Err(Refusal::NotAllowed));
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::Lock { locked: true }).await.1, DONE);
    assert_eq!(stage.knock(3, "Ana", 8).await.1.await.expect("a task").expect_err("locked"), LoginRefusal::Locked);
    assert!(stage.enter(4, Role::Instructor, 4).await.is_ok(), "instructors always come in");
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::Lock { locked: false }).await.1, DONE);
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::Ban { person: PersonId(4) }).await.1, Err(Refusal::NotAllowed), "not an instructor");
    let (told, answer) = asked(&teacher, &mut inbox, RoomRequest::Ban { person: PersonId(2) }).await;
    assert!(answer == DONE && told.contains(&RoomEvent::Banned(vec!["Eve".into()])), "{told:?}");
    assert!(matches!((&mut eve_inbox.close).await, Ok(CloseReason::Removed { .. })));
    assert_eq!(stage.knock(5, "eve", 9).await.1.await.expect("a task").expect_err("banned"), LoginRefusal::Banned);
    let (waits, other_name) = stage.knock(6, "Mallory", 9).await;
    assert_eq!(waits.await, Ok(()), "from there everybody waits");
    other_name.abort();
    assert!(stage.knock(7, "Eve", 8).await.1.await.expect("a task").is_ok(), "another Eve");
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::Pardon { name: "Eve".into() }).await.1, DONE);
    assert!(stage.knock(8, "Eve", 9).await.1.await.expect("a task").is_ok());
}

#[tokio::test]
async fn the_door_is_as_it_was_after_a_restart() {
    let stage = stage(10).await;
    let (_, teacher, mut inbox) = stage.enter(1, Role::Instructor, 1).await.expect("room");
    let (_, entered) = stage.knock(2, "Eve", 9).await;
    let (_, _eve, _eve_inbox) = entered.await.expect("a task").expect("in");
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::Ban { person: PersonId(2) }).await.1, DONE);
    for what in [RoomRequest::Lock { locked: true }, RoomRequest::WaitingRoom { on: true }] {
        assert_eq!(asked(&teacher, &mut inbox, what).await.1, DONE);
    }
    let stage = stage.restarted(10).await;
    assert_eq!(stage.knock(3, "Ana", 8).await.1.await.expect("a task").expect_err("locked"), LoginRefusal::Locked);
    assert_eq!(stage.knock(4, "EVE", 9).await.1.await.expect("a task").expect_err("banned"), LoginRefusal::Banned);
    let (_, teacher, mut inbox) = stage.enter(5, Role::Instructor, 5).await.expect("room");
    until(&mut inbox, |e| *e == Event::Room(RoomEvent::Banned(vec!["Eve".into()]))).await;
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::Lock { locked: false }).await.1, DONE);
    let (waits, waiting) = stage.knock(6, "Ana", 8).await;
    assert_eq!(waits.await, Ok(()), "the waiting room is on");
    waiting.abort();
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::Pardon { name: "eve".into() }).await.1, DONE);
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::WaitingRoom { on: false }).await.1, DONE);
    let stage = stage.restarted(10).await;
    assert!(stage.knock(7, "Eve", 9).await.1.await.expect("a task").is_ok());
}

#[tokio::test]
async fn a_poll_is_answered_by_all_and_told_when_it_is_closed() {
    let stage = stage(10).await;
    let (_, teacher, mut inbox) = stage.enter(1, Role::Instructor, 1).await.expect("room");
    let (_, ana, mut ana_inbox) = stage.enter(2, Role::Student, 2).await.expect("room");
    let open = RoomRequest::OpenPoll { question: "Clear?".into(), answers: vec!["Yes".into(), "No".into()] };
    assert_eq!(asked(&ana, &mut ana_inbox, open.clone()).await.1, Err(Refusal::NotAllowed));
    assert_eq!(asked(&teacher, &mut inbox, open).await.1, DONE);
    let poll = Poll { id: 1, question: "Clear?".into(), answers: vec!["Yes".into(), "No".into()] };
    until(&mut ana_inbox, |e| *e == Event::Room(RoomEvent::Poll { poll: poll.clone(), yours: None })).await;
    for answer in [0, 1] {
        assert_eq!(asked(&ana, &mut ana_inbox, RoomRequest::Vote { poll: 1, answer: Some(answer) }).await.1, DONE);
    }
    until(&mut inbox, |e| *e == Event::Room(RoomEvent::Counts { poll: 1, counts: vec![0, 1] })).await;
    let (_, _ben, mut ben_inbox) = stage.enter(3, Role::Student, 3).await.expect("room");
    until(&mut ben_inbox, |e| *e == Event::Room(RoomEvent::Poll { poll: poll.clone(), yours: None })).await;
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::ClosePoll { poll: 1 }).await.1, DONE);
    for inbox in [&mut ana_inbox, &mut ben_inbox] {
        let first = until(inbox, |e| matches!(e, Event::Room(RoomEvent::Counts { .. } | RoomEvent::PollClosed { .. }))).await;
        assert_eq!(first, Event::Room(RoomEvent::PollClosed { poll: 1, counts: vec![0, 1] }), "students see no counts before");
    }
}

#[tokio::test]
async fn hands_attention_private_chat_and_attendance() {
    let stage = stage(10).await;
    let (_, teacher, mut inbox) = stage.enter(1, Role::Instructor, 1).await.expect("room");
    let (_, ana, mut ana_inbox) = stage.enter(2, Role::Student, 2).await.expect("room");
    assert_eq!(asked(&ana, &mut ana_inbox, RoomRequest::Hand { raised: true }).await.1, DONE);
    let hands = |raised: &[u64], lowered: &[u64]| {
        let people = |ids: &[u64]| ids.iter().copied().map(PersonId).collect();
        Event::Room(RoomEvent::Hands { raised: people(raised), lowered: people(lowered) })
    };
    until(&mut inbox, |e| *e == hands(&[2], &[])).await;
    let (told, _) = asked(&teacher, &mut inbox, RoomRequest::LowerHand { person: PersonId(2) }).await;
    assert!(told.iter().any(|e| Event::Room(e.clone()) == hands(&[], &[2])), "{told:?}");
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::Attention { on: true }).await, (vec![RoomEvent::Attention(true)], DONE));
    assert_eq!(asked(&teacher, &mut inbox, RoomRequest::PrivateChat(PrivateChat::Off)).await.1, DONE);
    until(&mut ana_inbox, |e| *e == Event::Chat(ChatEvent::PrivateChat(PrivateChat::Off))).await;
    let attendance = RoomRequest::Attendance { from: 0 };
    assert_eq!(asked(&ana, &mut ana_inbox, attendance.clone()).await.1, Err(Refusal::NotAllowed));
    ana.leave().await;
    until(&mut inbox, |e| *e == Event::PersonLeft(PersonId(2))).await;
    let Ok(RoomAnswer::Attendance { stays, more: false }) = asked(&teacher, &mut inbox, attendance).await.1 else { panic!("attendance") };
    assert_eq!(stays.iter().map(|s| (s.person.0, s.until_s.is_some())).collect::<Vec<_>>(), [(1, false), (2, true)]);
}

/// What one more person costs each of those who are there: one message about one person, however many there are.
#[tokio::test]
async fn a_join_costs_everybody_else_the_same_in_a_room_of_a_thousand() {
    let stage = stage(ROOM_PEOPLE_MAX).await;
    let (_, _teacher, mut inbox) = stage.enter(1, Role::Instructor, 1).await.expect("room");
    let (mut others, mut seats) = (Vec::new(), Vec::new());
    let mut costs = Vec::new();
    for person in 2..=1_000 {
        let measured = [2, 500, 1_000].contains(&person);
        if measured && person > 2 {
            // Those who came before have been told of.
            until(&mut inbox, |e| matches!(e, Event::People(p) if p.iter().any(|p| p.id.0 == person - 1))).await;
        }
        let (_, presence, mut own) = stage.enter(person, Role::Student, person).await.expect("room");
        if measured {
            let of_this = |e: &Event| matches!(e, Event::People(p) if p.iter().any(|p| p.id.0 == person));
            let told = until(&mut inbox, of_this).await;
            assert!(matches!(&told, Event::People(p) if p.iter().filter(|p| p.id.0 != 1).count() == 1), "{told:?}");
            costs.push(wire::encode(&told).len());
        }
        // Nobody is taken for one who does not read.
        for inbox in others.iter_mut().chain([&mut own]) {
            while inbox.events.try_recv().is_ok() {}
        }
        others.push(own);
        seats.push(presence);
    }
    // The first time with the teacher, and a longer number behind the name the last times.
    assert!(costs.iter().all(|bytes| *bytes <= 64), "{costs:?}");
}
