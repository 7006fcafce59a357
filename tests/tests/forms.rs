//! What the window's forms ask, over a real server: the same answers as the commands get, and doors that outlive the server.

use std::sync::Arc;
use std::time::Duration;

use lectern::account::AccountError;
use lectern::class::{JoinRequest, StreamError};
use lectern::ui::backend::{Backend, Live, Seat};
use lectern::ui::manage::{ManageError, ManageWish, Managed};
use lectern_proto::control::{AccountRefusal, Refusal, Role};
use lectern_proto::link::JoinLink;
use lectern_tests::stack::{PASSWORD, Stack, client_of, program, text, turn, wait_until};

const SOON: Duration = Duration::from_secs(60);

fn join(backend: &Live, link: &str, name: &str) -> Box<dyn Seat> {
    let link: JoinLink = link.parse().expect("a link");
    let password = link.key.is_none().then(|| PASSWORD.to_owned());
    let seat = backend.join_own(JoinRequest { link, name: name.to_owned(), password, account: None, store: None }, Arc::new(|| ()));
    assert!(wait_until(SOON, || seat.state().me.is_some()), "{name} joins");
    seat
}

fn ask(seat: &dyn Seat, wish: ManageWish) -> Result<Managed, ManageError> {
    let managing = seat.manage(wish, Arc::new(|| ()));
    assert!(wait_until(SOON, || managing.outcome().is_some()), "an answer");
    managing.outcome().expect("answered")
}

#[test]
fn rooms_attendance_and_roles_from_the_window() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let backend = Live::new(runtime.handle().clone());
    let kim = join(&backend, &stack.instructor(), "Ms Kim");
    let ana = join(&backend, &stack.join(), "Ana");
    let open = || ManageWish::OpenRoom { name: "Lab 2".into(), password: "sesame".into(), waiting_room: true };
    assert_eq!(ask(ana.as_ref(), open()), Err(ManageError::Room(StreamError::Refused(Refusal::NotAllowed))));
    assert_eq!(ask(kim.as_ref(), open()), Ok(Managed::Done));
    assert_eq!(ask(kim.as_ref(), open()), Err(ManageError::Room(StreamError::Refused(Refusal::BadRoom))), "taken");
    let Ok(Managed::Rooms(rooms)) = ask(kim.as_ref(), ManageWish::Rooms) else { panic!("rooms") };
    assert_eq!(rooms.iter().map(|r| (r.name.as_str(), r.people)).collect::<Vec<_>>(), [("Lab 2", 0), ("class", 2)]);
    assert_eq!(ask(kim.as_ref(), ManageWish::CloseRoom("Lab 2".into())), Ok(Managed::Done));

    let file = stack.path("attendance.csv");
    assert_eq!(ask(ana.as_ref(), ManageWish::Attendance(file.clone())), Err(ManageError::Room(StreamError::Refused(Refusal::NotAllowed))));
    assert_eq!(ask(kim.as_ref(), ManageWish::Attendance(file.clone())), Ok(Managed::Done));
    assert!(std::fs::read_to_string(&file).expect("a table").contains("Ana"));
    let nowhere = stack.path("no-such-folder").join("a.csv");
    assert!(matches!(ask(kim.as_ref(), ManageWish::Attendance(nowhere)), Err(ManageError::File { .. })));

    // Made by the command, given a role by the window.
    let mut make = program(None, "lectern");
    make.args(["account", "make", "Ben", "--new", "correct horse", "--name", "Ms Kim", "--join", &stack.instructor()]);
    let made = make.output().expect("a program");
    assert!(made.status.success(), "{}", text(&made));
    assert_eq!(ask(kim.as_ref(), ManageWish::SetRole { account: "ben".into(), role: Role::Assistant }), Ok(Managed::Done));
    let Ok(Managed::Accounts(accounts)) = ask(kim.as_ref(), ManageWish::Accounts) else { panic!("accounts") };
    assert_eq!(accounts.iter().map(|a| (a.name.as_str(), a.role)).collect::<Vec<_>>(), [("Ben", Role::Assistant)]);
    let refused = |why| Err(ManageError::Account(AccountError::Refused(why)));
    assert_eq!(ask(kim.as_ref(), ManageWish::SetRole { account: "Cy".into(), role: Role::Student }), refused(AccountRefusal::NoSuchAccount));
    assert_eq!(ask(ana.as_ref(), ManageWish::Accounts), refused(AccountRefusal::NotAllowed));
    let change = ManageWish::ChangePassword { old: "correct horse".into(), new: "battery staple".into() };
    assert_eq!(ask(ana.as_ref(), change), refused(AccountRefusal::NoAccount), "she has none");
    for seat in [kim, ana] {
        seat.leave_now();
    }
}

#[test]
fn a_locked_room_is_locked_after_a_restart() {
    let _turn = turn();
    let mut stack = Stack::start(&[]).expect("a server");
    let staff = |stack: &Stack, args: &[&str]| client_of(&stack.instructor(), "Ms Kim", args).output().expect("a program");
    assert!(staff(&stack, &["people", "--lock", "on"]).status.success());
    stack.terminate().expect("ended");
    stack.run_on_same_ports().expect("a server again");
    let kept_out = client_of(&stack.join(), "Ana", &["people"]).output().expect("a program");
    assert!(kept_out.status.code() == Some(3) && text(&kept_out).contains("the room is locked"), "{}", text(&kept_out));
    assert!(staff(&stack, &["people", "--lock", "off"]).status.success());
    let let_in = client_of(&stack.join(), "Ana", &["people"]).output().expect("a program");
    assert!(let_in.status.success(), "{}", text(&let_in));
}
