//! Accounts over real sockets: making one, coming in with it, what is refused, and that a stranger learns nothing.

#![cfg(unix)]

mod support;

use lectern_proto::account::{AccountSalt, LoginSecret, SessionToken};
use lectern_proto::control::*;
use lectern_proto::limits::{ACCOUNT_FAILURES_BURST, ACCOUNT_IDENTITY_MAX};
use lectern_proto::link::JoinLink;
use support::client::{Client, Member};
use support::postgres::Postgres;
use support::stage::{PASSWORD, Stage, instructor, join};

fn secret(n: u8) -> LoginSecret {
    LoginSecret([n; 32])
}

fn by_secret(account: &str, n: u8) -> Proof {
    Proof::Account(AccountProof::Secret { account: account.into(), secret: secret(n) })
}

fn register(account: &str, n: u8, by: RegisterBy) -> Proof {
    Proof::Account(AccountProof::Register { account: account.into(), secret: secret(n), by })
}

fn by_password() -> RegisterBy {
    RegisterBy::Password(PASSWORD.into())
}

/// Enters; gives what the server says of the account.
async fn enter(link: &JoinLink, proof: Proof) -> Result<(Member, YourAccount), LoginRefusal> {
    let mut member = Member::with(link, "x", proof).await?;
    match member.event().await {
        Event::Account(AccountEvent::You(you)) => Ok((member, you)),
        other => panic!("{other:?}"),
    }
}

async fn ask(member: &mut Member, what: AccountRequest) -> Result<AccountAnswer, AccountRefusal> {
    member.request(Request::Account { request: 7, what }).await;
    member.until("an answer", |e| if let Event::Account(AccountEvent::Answer { request: 7, result }) = e { Some(result) } else { None }).await
}

async fn salt(link: &JoinLink, account: &str) -> AccountSalt {
    let proof = Proof::Account(AccountProof::Named { account: account.into() });
    match Client::connect(link).await.login(link, "x", proof).await {
        Err(LoginRefusal::Challenge(salt)) => salt,
        other => panic!("{other:?}"),
    }
}

fn refused(why: AccountRefusal) -> Option<LoginRefusal> {
    Some(LoginRefusal::Account(why))
}

/// A stage over each database.
fn stages() -> [Stage; 2] {
    let (sqlite, mut other) = (Stage::new(), Stage::new());
    other.set.push(format!("store.url={}", Postgres::shared().database()));
    [sqlite, other]
}

#[tokio::test]
async fn an_account_is_the_same_person_on_every_computer_and_after_a_restart() {
    for stage in stages() {
        let server = stage.serve().await;
        let link = join(&server);
        let (ana, you) = enter(&link, register("Ana", 1, by_password())).await.expect("made");
        assert_eq!((ana.joined.name.as_str(), ana.joined.role, you.name.as_str()), ("Ana", Role::Student, "Ana"));
        let session = you.session.expect("a session").token;
        let (again, you) = enter(&link, by_secret("  ana ", 1)).await.expect("the password, typed otherwise");
        assert_eq!((again.joined.you, again.joined.name.as_str(), you.salt), (ana.joined.you, "Ana", salt(&link, "ANA").await));
        server.stop().await;

        let server = stage.serve().await;
        let link = JoinLink { port: join(&server).port, ..link };
        let (mut back, you) = enter(&link, Proof::Account(AccountProof::Session(session.clone()))).await.expect("the session");
        assert_eq!((back.joined.you, you.session), (ana.joined.you, None));
        let seat = Member::again(&link, &back.joined.seat).await.expect("the seat");
        assert_eq!(seat.joined.you, ana.joined.you);
        assert_eq!(back.until_closing().await, CloseReason::Replaced);
        let (mut ana, _) = enter(&link, by_secret("Ana", 1)).await.expect("the password");
        assert_eq!(ask(&mut ana, AccountRequest::LogOut { session: Some(session.clone()) }).await, Ok(AccountAnswer::Done));
        assert_eq!(enter(&link, Proof::Account(AccountProof::Session(session))).await.err(), refused(AccountRefusal::SessionUnknown), "revoked");
        assert_eq!(enter(&link, Proof::Account(AccountProof::Session(SessionToken([9; 32])))).await.err(), refused(AccountRefusal::SessionUnknown), "made up");
        server.stop().await;
    }
}

#[tokio::test]
async fn who_may_make_an_account() {
    let mut stage = Stage::new();
    let server = stage.serve().await;
    let link = join(&server);
    let key = instructor(&server).key.expect("a key").0;
    let check = async |link: &JoinLink, account: &str, by, want: Option<LoginRefusal>| {
        assert_eq!(enter(link, register(account, 1, by)).await.err(), want, "{account}");
    };
    check(&link, "Ana", by_password(), None).await;
    check(&link, "ANA", by_password(), refused(AccountRefusal::NameTaken)).await;
    check(&link, "Kim", RegisterBy::InstructorKey(key), None).await;
    check(&link, "Ben", RegisterBy::Password("wrong".into()), Some(LoginRefusal::WrongRoomOrPassword)).await;
    check(&link, "Ben", RegisterBy::InstructorKey([0; 16]), Some(LoginRefusal::WrongInstructorKey)).await;
    check(&link, "Ben", RegisterBy::Nothing, refused(AccountRefusal::NoRegistration)).await;
    check(&link, "", by_password(), refused(AccountRefusal::BadName(NameFault::Empty))).await;
    check(&link, &"x".repeat(90_000), by_password(), refused(AccountRefusal::BadName(NameFault::Long))).await;
    check(&link, "P\u{430}ul", by_password(), refused(AccountRefusal::BadName(NameFault::MixedScripts))).await;
    server.stop().await;
    for (register, by, want) in
        [("off", by_password(), refused(AccountRefusal::NoRegistration)), ("off", RegisterBy::InstructorKey(key), None), ("open", RegisterBy::Nothing, None)]
    {
        stage.set.push(format!("accounts.register={register}"));
        let server = stage.serve().await;
        check(&JoinLink { port: join(&server).port, ..link.clone() }, &format!("New {register}"), by, want).await;
        server.stop().await;
    }
}

#[tokio::test]
async fn a_stranger_cannot_tell_which_accounts_there_are() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let link = join(&server);
    let before = salt(&link, "Ana").await;
    enter(&link, register("Ana", 1, by_password())).await.expect("made");
    assert_eq!(salt(&link, "Ana").await, before, "making an account does not show in its salt");
    assert_eq!(salt(&link, "Bob").await, salt(&link, "Bob").await, "nor does none");
    assert_ne!(salt(&link, "Bob").await, before);
    let refusal = |account: &'static str| {
        let link = link.clone();
        async move { enter(&link, by_secret(account, 2)).await.err() }
    };
    assert_eq!(refusal("Ana").await, refused(AccountRefusal::WrongAccountOrPassword));
    assert_eq!(refusal("Bob").await, refused(AccountRefusal::WrongAccountOrPassword));
    assert_eq!(refusal("").await, refused(AccountRefusal::WrongAccountOrPassword));
    server.stop().await;
}

#[tokio::test]
async fn guesses_are_few_and_keep_nobody_out_who_has_a_session() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let link = join(&server);
    let (_, you) = enter(&link, register("Ana", 1, by_password())).await.expect("made");
    let session = you.session.expect("a session").token;
    for i in 0..ACCOUNT_FAILURES_BURST {
        assert_eq!(enter(&link, by_secret("Ana", 2)).await.err(), refused(AccountRefusal::WrongAccountOrPassword), "{i}");
    }
    let why = enter(&link, by_secret("Ana", 1)).await.err();
    assert!(matches!(why, Some(LoginRefusal::TooManyFailures { retry_after_ms: 1..=30_000 })), "{why:?}");
    enter(&link, Proof::Account(AccountProof::Session(session))).await.expect("Ana herself");
    server.stop().await;
}

#[tokio::test]
async fn what_members_and_instructors_do_with_accounts() {
    for stage in stages() {
        let server = stage.serve().await;
        let (link, key) = (join(&server), instructor(&server).key.expect("a key").0);
        let (mut ana, _) = enter(&link, register("Ana", 1, by_password())).await.expect("made");
        let (mut kim, _) = enter(&link, register("Kim", 3, RegisterBy::InstructorKey(key))).await.expect("made");
        assert_eq!(kim.joined.role, Role::Instructor);
        let name = || "Ana".to_owned();
        for what in [
            AccountRequest::List { after: None },
            AccountRequest::SaltOf { account: name() },
            AccountRequest::Make { account: "Ben".into(), secret: secret(5), role: Role::Instructor },
            AccountRequest::SetRole { account: name(), role: Role::Instructor },
            AccountRequest::Reset { account: "Kim".into(), secret: secret(5) },
            AccountRequest::Remove { account: "Kim".into() },
        ] {
            assert_eq!(ask(&mut ana, what.clone()).await, Err(AccountRefusal::NotAllowed), "{what:?}");
        }
        let mut ben = Member::enter(&link, "Ben").await;
        assert_eq!(ask(&mut ben, AccountRequest::Identity).await, Err(AccountRefusal::NoAccount));
        assert_eq!(ask(&mut ben, AccountRequest::List { after: None }).await, Err(AccountRefusal::NotAllowed));

        // What only Ana can open.
        let wrapped = |version, byte| WrappedIdentity { version, bytes: vec![byte; 2_000] };
        assert_eq!(ask(&mut ana, AccountRequest::Identity).await, Ok(AccountAnswer::Identity(None)));
        assert_eq!(ask(&mut ana, AccountRequest::KeepIdentity(wrapped(2, 1))).await, Err(AccountRefusal::OtherVersion));
        assert_eq!(ask(&mut ana, AccountRequest::KeepIdentity(wrapped(1, 1))).await, Ok(AccountAnswer::Done));
        assert_eq!(ask(&mut ana, AccountRequest::KeepIdentity(wrapped(1, 2))).await, Err(AccountRefusal::OtherVersion), "another computer was first");
        let long = WrappedIdentity { version: 2, bytes: vec![0; ACCOUNT_IDENTITY_MAX + 1] };
        assert_eq!(ask(&mut ana, AccountRequest::KeepIdentity(long)).await, Err(AccountRefusal::TooLong));
        assert_eq!(ask(&mut ana, AccountRequest::Identity).await, Ok(AccountAnswer::Identity(Some(wrapped(1, 1)))));
        let change = |old, new, identity| AccountRequest::ChangePassword { old: secret(old), new: secret(new), identity };
        assert_eq!(ask(&mut ana, change(9, 2, Some(wrapped(2, 2)))).await, Err(AccountRefusal::WrongAccountOrPassword));
        assert_eq!(ask(&mut ana, change(1, 2, None)).await, Err(AccountRefusal::OtherVersion), "the identity is not left behind");
        assert_eq!(ask(&mut ana, change(1, 2, Some(wrapped(2, 2)))).await, Ok(AccountAnswer::Done));
        assert_eq!(enter(&link, by_secret("Ana", 1)).await.err(), refused(AccountRefusal::WrongAccountOrPassword));
        let (mut ana, _) = enter(&link, by_secret("Ana", 2)).await.expect("the new password");
        assert_eq!(ask(&mut ana, AccountRequest::Identity).await, Ok(AccountAnswer::Identity(Some(wrapped(2, 2)))));

        // What an instructor does.
        assert_eq!(ask(&mut kim, AccountRequest::SetRole { account: name(), role: Role::Guest }).await, Err(AccountRefusal::BadRole));
        assert_eq!(ask(&mut kim, AccountRequest::SetRole { account: "Nobody".into(), role: Role::Student }).await, Err(AccountRefusal::NoSuchAccount));
        assert_eq!(ask(&mut kim, AccountRequest::SetRole { account: "Kim".into(), role: Role::Student }).await, Err(AccountRefusal::LastInstructor));
        assert_eq!(ask(&mut kim, AccountRequest::Remove { account: "Kim".into() }).await, Err(AccountRefusal::LastInstructor));
        assert_eq!(ask(&mut kim, AccountRequest::SetRole { account: name(), role: Role::Assistant }).await, Ok(AccountAnswer::Done));
        let (mut ana, _) = enter(&link, by_secret("Ana", 2)).await.expect("in");
        assert_eq!(ana.joined.role, Role::Assistant);
        ana.request(Request::Quiet { request: 8, quiet: true }).await;
        let answer = |e| if let Event::Answer { request: 8, result } = e { Some(result) } else { None };
        assert_eq!(ana.until("an answer", answer).await, Ok(()), "an assistant may");
        assert_eq!(ask(&mut kim, AccountRequest::SetRole { account: name(), role: Role::Student }).await, Ok(AccountAnswer::Done));
        assert_eq!(ana.until_closing().await, CloseReason::Removed { by: "Kim".into() }, "who loses rights is put out");
        assert_eq!(ask(&mut kim, AccountRequest::Reset { account: name(), secret: secret(4) }).await, Ok(AccountAnswer::Done));
        let (mut ana, _) = enter(&link, by_secret("Ana", 4)).await.expect("the password that was given out");
        assert_eq!(ask(&mut ana, AccountRequest::Identity).await, Ok(AccountAnswer::Identity(None)), "nobody could open it");
        let Ok(AccountAnswer::Accounts(all)) = ask(&mut kim, AccountRequest::List { after: None }).await else { panic!("no list") };
        assert_eq!(all.iter().map(|a| (a.name.as_str(), a.role)).collect::<Vec<_>>(), [("Ana", Role::Student), ("Kim", Role::Instructor)]);
        assert_eq!(ask(&mut kim, AccountRequest::List { after: Some("Kim".into()) }).await, Ok(AccountAnswer::Accounts(vec![])));
        assert_eq!(ask(&mut kim, AccountRequest::Remove { account: name() }).await, Ok(AccountAnswer::Done));
        assert_eq!(enter(&link, by_secret("Ana", 4)).await.err(), refused(AccountRefusal::WrongAccountOrPassword));
        server.stop().await;
    }
}

#[tokio::test]
async fn the_door_holds_for_accounts_too() {
    let stage = Stage::new();
    let server = stage.serve().await;
    let (link, key) = (join(&server), instructor(&server).key.expect("a key").0);
    enter(&link, register("Kim", 3, RegisterBy::InstructorKey(key))).await.expect("made");
    let (_, you) = enter(&link, register("Ana", 1, by_password())).await.expect("made");
    let session = Proof::Account(AccountProof::Session(you.session.expect("a session").token));
    server.stop().await;

    let server = stage.serve().await;
    let link = JoinLink { port: join(&server).port, ..link };
    let (mut kim, _) = enter(&link, by_secret("Kim", 3)).await.expect("in");
    let tool = async |kim: &mut Member, what: RoomRequest| {
        kim.request(Request::Room { request: 5, what }).await;
        let answer = |e| if let Event::Room(RoomEvent::Answer { request: 5, result }) = e { Some(result) } else { None };
        assert_eq!(kim.until("an answer", answer).await, Ok(RoomAnswer::Done));
    };
    tool(&mut kim, RoomRequest::Lock { locked: true }).await;
    let (mut ana, _) = enter(&link, session.clone()).await.expect("who held a seat comes back");
    assert_eq!(enter(&link, register("Ben", 2, by_password())).await.err(), Some(LoginRefusal::Locked));
    ana.request(Request::Leave).await;
    kim.until("Ana's going", |e| (e == Event::PersonLeft(ana.joined.you)).then_some(())).await;
    assert_eq!(enter(&link, session.clone()).await.err(), Some(LoginRefusal::Locked), "who left is new");
    tool(&mut kim, RoomRequest::Lock { locked: false }).await;
    let (_, you) = enter(&link, by_secret("Ben", 2)).await.expect("the account was made before the door was found locked");
    assert!(you.session.is_some());
    let (mut ana, _) = enter(&link, session.clone()).await.expect("in");
    assert_eq!(ask(&mut kim, AccountRequest::SetRole { account: "Ana".into(), role: Role::Assistant }).await, Ok(AccountAnswer::Done));
    tool(&mut kim, RoomRequest::Ban { person: ana.joined.you }).await;
    assert!(matches!(ana.until_closing().await, CloseReason::Removed { .. }));
    assert_eq!(enter(&link, session).await.err(), Some(LoginRefusal::Banned), "the account is kept out, staff's too");
    // An account that ends while its person waits before the door.
    tool(&mut kim, RoomRequest::WaitingRoom { on: true }).await;
    let waits = tokio::spawn({
        let link = link.clone();
        async move { enter(&link, register("Dora", 4, by_password())).await.err() }
    });
    let waiting = |e| matches!(e, Event::Room(RoomEvent::Waiting(w)) if w.iter().any(|w| w.name == "Dora")).then_some(());
    kim.until("Dora", waiting).await;
    assert_eq!(ask(&mut kim, AccountRequest::Remove { account: "Dora".into() }).await, Ok(AccountAnswer::Done));
    tool(&mut kim, RoomRequest::Admit { person: None }).await;
    assert_eq!(waits.await.expect("an answer"), refused(AccountRefusal::SessionUnknown));
    server.stop().await;
}
