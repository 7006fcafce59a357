//! INTERFACE's table of rights over real sockets: each role, a guest by a code and the others by accounts, asks for what each row needs.

#![cfg(unix)]

mod support;

use lectern_proto::account::LoginSecret;
use lectern_proto::chat::message::Message;
use lectern_proto::chat::{KeyId, Parcel};
use lectern_proto::control::*;
use lectern_proto::link::JoinLink;
use lectern_proto::rights::{Action, Right};
use support::client::Member;
use support::stage::{Stage, instructor, join};

fn secret(account: &str) -> LoginSecret {
    LoginSecret([u8::try_from(account.len()).expect("short"); 32])
}

async fn enter(link: &JoinLink, account: &str) -> Member {
    let proof = AccountProof::Secret { account: account.into(), secret: secret(account) };
    Member::with(link, account, Proof::Account(proof)).await.expect("let in")
}

async fn guest(link: &JoinLink, kim: &mut Member, name: &str) -> Member {
    kim.request(room(RoomRequest::MakeCode { for_s: 600, uses: 1, video: None })).await;
    let code = |event| match event {
        Event::Room(RoomEvent::Answer { result: Ok(RoomAnswer::Code { code, .. }), .. }) => Some(code),
        _ => None,
    };
    let code = kim.until("a code", code).await;
    Member::with(link, name, Proof::Code(code)).await.expect("let in")
}

/// What somebody is told of a request: done, or refused because of a role, or for another reason, which comes after the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    MayNot,
    May,
}

async fn ask(member: &mut Member, request: Request) -> Told {
    member.request(request.clone()).await;
    let of = |refused: bool| Some(if refused { Told::MayNot } else { Told::May });
    let is_right = |why: &Refusal| matches!(why, Refusal::NotAllowed | Refusal::NoPrivateChat);
    let answer = |event| match event {
        Event::Answer { result, .. } => of(result.is_err_and(|why| is_right(&why))),
        Event::Published { result, .. } => of(result.is_err_and(|why| is_right(&why))),
        Event::Room(RoomEvent::Answer { result, .. }) => of(result.is_err_and(|why| is_right(&why))),
        Event::Lab(LabEvent::Answer { result, .. }) => of(result.is_err_and(|why| is_right(&why))),
        Event::Talk(TalkEvent::Done { result, .. }) => of(result == Err(TalkRefusal::NotAllowed)),
        Event::Account(AccountEvent::Answer { result, .. }) => of(result == Err(AccountRefusal::NotAllowed)),
        _ => None,
    };
    member.until(&format!("an answer to {request:?}"), answer).await
}

fn publish(kind: StreamKind) -> Request {
    let sound = Some(LiveSound { channels: 1, samples: 960, bps: 64_000 });
    Request::Publish { request: 1, offer: Offer { name: "voice".into(), kind, video: None, sound } }
}

fn room(what: RoomRequest) -> Request {
    Request::Room { request: 1, what }
}

fn lab(what: LabRequest) -> Request {
    Request::Lab { request: 1, what }
}

/// An exercise of which nothing is right: who may hand it out is looked at first.
const EXERCISE: &str = "[exercise]\n";

fn offer() -> RunOffer {
    let settings = lectern_proto::arq::Settings::new(lectern_proto::arq::Protocol::StopAndWait, 1);
    RunOffer { name: "send.txt".into(), bytes: 0, settings, payload: 100, loss_ppm: 0, ack_loss_ppm: 0 }
}

fn account(what: AccountRequest) -> Request {
    Request::Account { request: 1, what }
}

/// What each row of the table is asked for by. Files are not handed in yet.
fn requests(ben: PersonId) -> Vec<(Action, Request)> {
    let parcel = Parcel { envelope: None, message: Message { key: KeyId([1; 16]), counter: 1, commitment: [0; 32], sealed: Vec::new() } };
    let (nonce, stream) = (TalkNonce(rand::random()), StreamId([9; 16]));
    let nobody = PersonId(999);
    let new = "Somebody new".to_owned();
    vec![
        (Action::TakePart, room(RoomRequest::Hand { raised: true })),
        (Action::TakePart, room(RoomRequest::Vote { poll: 1, answer: None })),
        (Action::TakePart, lab(LabRequest::Offer { to: nobody, offer: offer(), addresses: vec![] })),
        (Action::TakePart, lab(LabRequest::Take { run: RunId(9), addresses: vec![] })),
        (Action::TakePart, lab(LabRequest::End { run: RunId(9) })),
        (Action::TakePart, lab(LabRequest::WithServer { offer: offer(), sends: true, seed: 1 })),
        (Action::TakePart, lab(LabRequest::ClassRun(ClassRunRequest::Begin))),
        (Action::Moderate, lab(LabRequest::Show { run: "none".into() })),
        (Action::Moderate, lab(LabRequest::Steer { position_us: 0, rate_permille: 0 })),
        (Action::Moderate, lab(LabRequest::EndShow)),
        (Action::Moderate, lab(LabRequest::ClassRun(ClassRunRequest::HandOut { exercise: EXERCISE.into() }))),
        (Action::Moderate, lab(LabRequest::ClassRun(ClassRunRequest::Reset { person: ben }))),
        (Action::Moderate, lab(LabRequest::ClassRun(ClassRunRequest::End))),
        (Action::TakePart, Request::Talk(TalkRequest::Say { request: 1, nonce, text: "hello".into(), reply_to: None })),
        (Action::PrivateChat, Request::Chat(ChatRequest::Send { request: 1, to: ben, parcel: Box::new(parcel) })),
        (Action::Publish, publish(StreamKind::Microphone)),
        (Action::StartPodcast, publish(StreamKind::Podcast)),
        (Action::StartPodcast, publish(StreamKind::Recording)),
        (Action::Moderate, Request::GiveStage { request: 1, person: ben, given: true }),
        (Action::Moderate, Request::GiveStage { request: 1, person: ben, given: false }),
        (Action::Moderate, Request::Quiet { request: 1, quiet: true }),
        (Action::Moderate, Request::Quiet { request: 1, quiet: false }),
        (Action::Moderate, room(RoomRequest::LowerHand { person: ben })),
        (Action::Moderate, room(RoomRequest::Mute { person: ben, muted: true })),
        (Action::Moderate, room(RoomRequest::Mute { person: ben, muted: false })),
        (Action::Moderate, room(RoomRequest::Pardon { name: "Nobody".into() })),
        (Action::Moderate, room(RoomRequest::Lock { locked: true })),
        (Action::Moderate, room(RoomRequest::Lock { locked: false })),
        (Action::Moderate, room(RoomRequest::Admit { person: None })),
        (Action::Moderate, room(RoomRequest::TurnAway { person: nobody })),
        (Action::Moderate, room(RoomRequest::Attention { on: true })),
        (Action::Moderate, room(RoomRequest::Attention { on: false })),
        (Action::Moderate, room(RoomRequest::OpenPoll { question: "1 + 1?".into(), answers: vec!["2".into(), "3".into()] })),
        (Action::Moderate, room(RoomRequest::ClosePoll { poll: 1 })),
        (Action::Administer, room(RoomRequest::WaitingRoom { on: false })),
        (Action::Administer, room(RoomRequest::PrivateChat(PrivateChat::All))),
        (Action::Administer, room(RoomRequest::Attendance { from: 0 })),
        (Action::Administer, room(RoomRequest::MakeCode { for_s: 60, uses: 1, video: None })),
        (Action::Administer, room(RoomRequest::Codes)),
        (Action::Administer, room(RoomRequest::RevokeCode { code: 999 })),
        (Action::Administer, room(RoomRequest::Rooms)),
        (Action::Administer, room(RoomRequest::OpenRoom { name: "beside".into(), password: "horse".into() })),
        (Action::Administer, room(RoomRequest::CloseRoom { name: "beside".into() })),
        (Action::Administer, room(RoomRequest::OpenRoomWith { name: "below".into(), password: "horse".into(), waiting_room: true })),
        (Action::Administer, room(RoomRequest::CloseRoom { name: "below".into() })),
        (Action::Administer, Request::SetTogether { request: 1, on: true }),
        (Action::Administer, Request::FetchAhead { request: 1, lesson: None }),
        (Action::Administer, Request::Record { request: 1, stream, recorded: true }),
        (Action::Administer, account(AccountRequest::List { after: None })),
        (Action::Administer, account(AccountRequest::SaltOf { account: new.clone() })),
        (Action::Administer, account(AccountRequest::Make { account: new.clone(), secret: secret("x"), role: Role::Student })),
        (Action::Administer, account(AccountRequest::SetRole { account: new.clone(), role: Role::Assistant })),
        (Action::Administer, account(AccountRequest::Reset { account: new.clone(), secret: secret("y") })),
        (Action::Administer, account(AccountRequest::Remove { account: new })),
        // The last: it ends Ben's seat.
        (Action::Moderate, room(RoomRequest::Ban { person: ben })),
        (Action::Moderate, room(RoomRequest::Pardon { name: "Ben".into() })),
    ]
}

#[tokio::test]
async fn the_server_enforces_the_table() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let (link, key) = (join(&server), instructor(&server).key.expect("a key").0);
    let register = AccountProof::Register { account: "Kim".into(), secret: secret("Kim"), by: RegisterBy::InstructorKey(key) };
    let mut kim = Member::with(&link, "Kim", Proof::Account(register)).await.expect("made");
    for (name, role) in [("Gil", Role::Guest), ("Stu D", Role::Student), ("Assi S", Role::Assistant), ("Instru C", Role::Instructor)] {
        let mut me = match role {
            Role::Guest => guest(&link, &mut kim, name).await,
            _ => {
                let made = account(AccountRequest::Make { account: name.into(), secret: secret(name), role });
                assert_eq!(ask(&mut kim, made).await, Told::May);
                enter(&link, name).await
            }
        };
        let ben = Member::enter(&link, "Ben").await;
        assert_eq!(me.joined.role, role);
        for (action, request) in requests(ben.joined.you) {
            let told = ask(&mut me, request.clone()).await;
            let granted = match role.right(action) {
                Right::No => Told::MayNot,
                Right::Yes | Right::BySetting | Right::OwnFolder => Told::May,
                Right::WhenGranted => {
                    assert_eq!(told, Told::MayNot, "{role:?} {request:?}: not granted yet");
                    assert_eq!(ask(&mut kim, Request::GiveStage { request: 1, person: me.joined.you, given: true }).await, Told::May);
                    assert_eq!(ask(&mut me, request.clone()).await, Told::May, "{role:?} {request:?}: granted");
                    continue;
                }
            };
            assert_eq!(told, granted, "{role:?} {request:?}");
        }
        let remove = Request::Remove { request: 1, person: kim.joined.you };
        if !role.may(Action::Administer) {
            assert_eq!(ask(&mut me, remove).await, Told::MayNot, "{role:?}: nobody puts out who has more rights");
            assert_eq!(ask(&mut me, room(RoomRequest::Ban { person: kim.joined.you })).await, Told::MayNot, "{role:?}");
        }
    }
    server.stop().await;
}

/// It is not answered; what becomes of it stands in the roster: somebody who publishes is marked, and nobody by somebody else's word.
#[tokio::test]
async fn who_speaks_is_who_publishes_and_nobody_else() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let mut kim = Member::enter(&instructor(&server), "Kim").await;
    let mut ana = Member::enter(&join(&server), "Ana").await;
    assert_eq!(ask(&mut ana, publish(StreamKind::Microphone)).await, Told::MayNot);
    kim.request(publish(StreamKind::Microphone)).await;
    let stream = kim.until("a stream", |e| if let Event::Published { result, .. } = e { result.ok() } else { None }).await;
    for stream in [stream, StreamId([9; 16])] {
        ana.request(Request::Speaking { stream, speaking: true }).await;
    }
    // Whatever she said was taken before this is answered.
    assert_eq!(ask(&mut ana, room(RoomRequest::Hand { raised: true })).await, Told::May);
    kim.request(Request::Speaking { stream, speaking: true }).await;
    let told = |event| if let Event::Room(RoomEvent::Speaking { began, ended }) = event { Some((began, ended)) } else { None };
    assert_eq!(ana.until("who speaks", told).await, (vec![kim.joined.you], vec![]));
    ana.request(Request::Speaking { stream, speaking: false }).await;
    assert_eq!(ask(&mut ana, room(RoomRequest::Hand { raised: false })).await, Told::May);
    assert_eq!(ask(&mut kim, Request::EndStream { request: 1, stream }).await, Told::May);
    assert_eq!(ana.until("who speaks", told).await, (vec![], vec![kim.joined.you]));
    server.stop().await;
}
