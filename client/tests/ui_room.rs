//! The room's tools in the window: hands, the door, a person's menu, polls, attention.

mod ui_support;

use std::time::Instant;

use egui::accesskit::Role as Seen;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::class::{Phase, PollState};
use lectern_proto::control::{CodeInfo, Door, PersonId, Poll, Role, RoomRequest, Waiting};
use ui_support::{Call, Fake, enter};

fn waiting(id: u64, name: &str) -> Waiting {
    Waiting { person: PersonId(id), name: name.into(), role: Role::Student, since_us: 0 }
}

fn poll(yours: Option<u8>, counts: Option<Vec<u32>>, closed: bool) -> Option<PollState> {
    let poll = Poll { id: 3, question: "Is it clear?".into(), answers: vec!["Yes".into(), "No".into()] };
    Some(PollState { poll, yours, counts, closed })
}

#[test]
fn a_hand_goes_up_and_down_and_stands_first_in_the_list() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Raise hand").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Tool(RoomRequest::Hand { raised: true })]);
    fake.lock().state.tools.hands = vec![PersonId(3), PersonId(2)];
    harness.run_ok();
    let place = |harness: &egui_kittest::Harness<'_, _>, label: &str| harness.get_by_role_and_label(Seen::Image, label).rect().top();
    assert!(place(&harness, "Hand raised, number 1") < place(&harness, "Hand raised, number 2"));
    let name = |name: &str| harness.query_all_by_label(name).map(|n| n.rect().top()).fold(f32::MAX, f32::min);
    assert!(name("Ben") < name("Ms Novak"), "a hand stands before the instructor");
    harness.get_by_role_and_label(Seen::Button, "Lower hand").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Tool(RoomRequest::Hand { raised: false })]);
    assert!(harness.query_by_label("The room").is_none() && harness.query_by_label("More for Ben").is_none(), "staff's tools are not a student's");
}

#[test]
fn who_speaks_has_a_mark_beside_the_name_and_the_list_stays_as_it_is() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    let top = |harness: &egui_kittest::Harness<'_, _>, label: &str| harness.query_all_by_label(label).map(|n| n.rect().center().y).fold(f32::MAX, f32::min);
    assert!(harness.query_by_role_and_label(Seen::Image, "Speaking").is_none());
    let before = ["Ben", "Ms Novak"].map(|name| top(&harness, name));
    fake.lock().state.tools.speaking = vec![PersonId(3)];
    harness.run_ok();
    let mark = harness.get_by_role_and_label(Seen::Image, "Speaking").rect();
    assert_eq!(["Ben", "Ms Novak"].map(|name| top(&harness, name)), before);
    assert!((mark.center().y - before[0]).abs() < 12.0, "in Ben's row: {mark:?}, {before:?}");
    fake.lock().state.tools.speaking.clear();
    harness.run_ok();
    assert!(harness.query_by_role_and_label(Seen::Image, "Speaking").is_none());
}

#[test]
fn who_waits_is_let_in_or_turned_away() {
    let fake = Fake::joined(Role::Instructor);
    fake.lock().state.tools.waiting = vec![waiting(20, "Dana"), waiting(21, "Emil")];
    let mut harness = enter(&fake);
    harness.get_by_label("2 people wait");
    for (button, call) in [
        ("Let Emil in", RoomRequest::Admit { person: Some(PersonId(21)) }),
        ("Turn Dana away", RoomRequest::TurnAway { person: PersonId(20) }),
        ("Let all in", RoomRequest::Admit { person: None }),
    ] {
        harness.get_by_role_and_label(Seen::Button, button).click();
        harness.run_ok();
        assert_eq!(fake.take(), [Call::Tool(call)], "{button}");
    }
    fake.lock().state.tools.waiting = (0..9).map(|n| waiting(20 + n, &format!("P{n}"))).collect();
    harness.run_ok();
    harness.get_by_label("and 4 more");
}

#[test]
fn the_room_and_a_person_have_menus_by_mouse_and_by_keys() {
    let fake = Fake::joined(Role::Instructor);
    fake.lock().state.tools.door = Door { locked: true, waiting_room: false, guests_wait: false };
    let mut harness = enter(&fake);
    for (item, call) in [
        ("Lock: nobody new comes in", RoomRequest::Lock { locked: false }),
        ("Whoever is new waits", RoomRequest::WaitingRoom { on: true }),
        ("Everybody sees the stage", RoomRequest::Attention { on: true }),
    ] {
        harness.get_by_role_and_label(Seen::Button, "The room").click();
        harness.run_ok();
        harness.get_by_role_and_label(Seen::MenuItemRadio, item).click();
        harness.run_ok();
        assert_eq!(fake.take(), [Call::Tool(call)], "{item}");
    }
    for (item, call) in [("Mute", RoomRequest::Mute { person: PersonId(3), muted: true }), ("Remove and keep out", RoomRequest::Ban { person: PersonId(3) })] {
        harness.get_by_role_and_label(Seen::Button, "More for Ben").focus();
        harness.run_ok();
        harness.key_press(egui::Key::Enter);
        harness.run_ok();
        harness.get_by_role_and_label(Seen::MenuItemRadio, item).focus();
        harness.run_ok();
        harness.key_press(egui::Key::Enter);
        harness.run_ok();
        assert_eq!(fake.take(), [Call::Tool(call)], "{item}");
    }
}

#[test]
fn a_poll_is_asked_answered_and_shown() {
    let teacher = Fake::joined(Role::Instructor);
    let mut harness = enter(&teacher);
    harness.get_by_role_and_label(Seen::Button, "The room").click();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::MenuItemRadio, "New poll").click();
    harness.run_ok();
    for (field, text) in [("Question", "Is it clear?"), ("Answer 1", "Yes"), ("Answer 2", "No")] {
        harness.get_by_role_and_label(Seen::TextInput, field).focus();
        harness.run_ok();
        harness.event(egui::Event::Text(text.into()));
        harness.run_ok();
    }
    harness.get_by_role_and_label(Seen::Button, "Ask").click();
    harness.run_ok();
    let open = RoomRequest::OpenPoll { question: "Is it clear?".into(), answers: vec!["Yes".into(), "No".into()] };
    assert_eq!(teacher.take(), [Call::Tool(open)]);
    teacher.lock().state.tools.poll = poll(None, Some(vec![3, 1]), false);
    harness.run_ok();
    let bar = harness.get_by_role_and_label(Seen::ProgressIndicator, "Yes: 3");
    assert_eq!(bar.accesskit_node().numeric_value().map(f64::round), Some(75.0));
    harness.get_by_role_and_label(Seen::Button, "Close and show all").click();
    harness.run_ok();
    assert_eq!(teacher.take(), [Call::Tool(RoomRequest::ClosePoll { poll: 3 })]);

    let student = Fake::joined(Role::Student);
    student.lock().state.tools.poll = poll(None, None, false);
    let mut harness = enter(&student);
    harness.get_by_role_and_label(Seen::Button, "No").click();
    harness.run_ok();
    assert_eq!(student.take(), [Call::Tool(RoomRequest::Vote { poll: 3, answer: Some(1) })]);
    student.lock().state.tools.poll = poll(Some(1), None, false);
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "No").click();
    harness.run_ok();
    assert_eq!(student.take(), [Call::Tool(RoomRequest::Vote { poll: 3, answer: None })], "taken back");
    student.lock().state.tools.poll = poll(Some(1), Some(vec![3, 1]), true);
    harness.run_ok();
    harness.get_by_label("Closed with 4 answers");
    harness.get_by_role_and_label(Seen::Button, "Put the poll away").click();
    harness.run_ok();
    assert!(harness.query_by_label("Is it clear?").is_none());
}

#[test]
fn who_waits_at_the_door_sees_that_and_may_go() {
    let fake = Fake::new();
    fake.lock().state.phase = Phase::Waiting { since: Instant::now() };
    let mut harness = enter(&fake);
    harness.get_by_label_contains("Waiting to be let in: 0:0");
    harness.get_by_role_and_label(Seen::Button, "Cancel").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Leave]);
}

#[test]
fn an_access_code_is_made_shown_once_and_put_away() {
    let fake = Fake::joined(Role::Instructor);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "The room").click();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::MenuItemRadio, "Access codes for guests").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Tool(RoomRequest::Codes)]);
    harness.get_by_label("There is none.");
    harness.get_by_role_and_label(Seen::Button, "New code").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Tool(RoomRequest::MakeCode { for_s: 86_400, uses: 30, video: None })]);
    let info = CodeInfo { code: 7, video: None, uses: 30, used: 0, made_s: 0, expires_s: 86_400 };
    fake.lock().state.tools.made = Some(("3467-9ACD-EFGH-JKMN".into(), info.clone()));
    fake.lock().state.tools.codes = vec![info.clone(), CodeInfo { code: 8, uses: 2, used: 1, ..info }];
    harness.run_ok();
    harness.get_by_label("3467-9ACD-EFGH-JKMN");
    harness.get_by_label("Good for 24 hours and 30 people. It is shown this once.");
    harness.get_by_role_and_label(Seen::Button, "Copy the link").click();
    // Pass by pass, so that what each put out can be seen.
    let copied = (0..4).find_map(|_| {
        harness.step();
        harness.output().platform_output.commands.iter().find_map(|c| match c {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    });
    assert!(copied.is_some_and(|link| link.contains("?code=3467-9ACD-EFGH-JKMN#") && !link.contains("key=")));
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "Put away").click();
    harness.run_ok();
    assert!(harness.query_by_label("3467-9ACD-EFGH-JKMN").is_none());
    harness.get_by_label_contains("No. 8: 1 of 2 have come in");
    harness.get_by_role_and_label(Seen::Button, "Revoke no. 8").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Tool(RoomRequest::RevokeCode { code: 8 }), Call::Tool(RoomRequest::Codes)]);
    harness.get_by_role_and_label(Seen::Button, "Close").click();
    harness.run_ok();
    assert!(harness.query_by_label_contains("No. 8").is_none());
}
