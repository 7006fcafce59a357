//! The join screen by label and role: what is typed, what is missing, what is sent, what failed.

#![allow(clippy::unwrap_used)]

mod ui_support;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::class::{JoinError, Phase};
use lectern::connect::introduce::Introduction;
use lectern::connect::known::KnownServers;
use lectern::discover::Found;
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::Start;
use lectern_proto::address::ServerAddress;
use lectern_proto::beacon::Rooms;
use lectern_proto::link::Fingerprint;
use lectern_proto::words::CheckWords;
use ui_support::{Call, Fake, found, joined, link, open, settings};

type Harness = egui_kittest::Harness<'static, Option<lectern::ui::window::Window>>;

fn type_into(harness: &mut Harness, label: &str, text: &str) {
    let field = harness.get_by(|n| n.label().as_deref() == Some(label) && matches!(n.role(), Role::TextInput | Role::PasswordInput));
    field.focus();
    harness.run_ok();
    let field = harness.get_by(|n| n.label().as_deref() == Some(label) && matches!(n.role(), Role::TextInput | Role::PasswordInput));
    field.type_text(text);
    harness.run_ok();
}

fn enabled(harness: &Harness, label: &str) -> bool {
    !harness.get_by_role_and_label(Role::Button, label).accesskit_node().is_disabled()
}

#[test]
fn a_link_a_name_and_a_password_join() {
    let fake = Fake::new();
    let mut harness = open(&fake, settings(), Start::default());
    assert!(!enabled(&harness, "Join"));
    harness.get_by_label("Join is off until there is a whole link.");

    type_into(&mut harness, "Join link", &link(false, None).to_string());
    assert!(!enabled(&harness, "Join net-2b"));
    harness.get_by_label("192.168.10.4, 10.8.0.4 · port 5511");
    type_into(&mut harness, "Your name", "Ana");
    harness.get_by_label("Join is off until there is the room's password.");
    type_into(&mut harness, "Room password", "horse");
    assert!(enabled(&harness, "Join net-2b"));

    harness.get_by_role_and_label(Role::Button, "Join net-2b").click();
    harness.run_ok();
    {
        let shared = fake.lock();
        assert_eq!(shared.joins.len(), 1);
        assert_eq!((shared.joins[0].name.as_str(), shared.joins[0].password.as_deref()), ("Ana", Some("horse")));
        assert_eq!(shared.joins[0].link, link(false, None));
    }
    harness.get_by_label("Asking 192.168.10.4");
    harness.get_by_role_and_label(Role::Button, "Cancel").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Leave]);
    assert!(enabled(&harness, "Join net-2b"));
}

#[test]
fn a_wrong_link_is_told_while_it_is_typed() {
    let fake = Fake::new();
    let whole = link(false, None).to_string();
    let check = |text: &str, want: &str| {
        let mut harness = open(&fake, settings(), Start::default());
        type_into(&mut harness, "Join link", text);
        assert!(harness.query_by_label(want).is_some(), "{text}: {want}");
    };
    check("https://example.org", "This is not a join link; one begins with lectern://.");
    check(&whole[..whole.len() - 4], "The link was cut off: the server's fingerprint, 43 characters after #, is not whole. Copy it again.");
    check(&whole.replace(":5511", ":0"), "The link has no port between 1 and 65535 after its address. Copy it again, whole.");
}

#[test]
fn the_instructor_needs_no_password_and_enter_joins() {
    let fake = Fake::new();
    let mut harness = open(&fake, settings(), Start::default());
    type_into(&mut harness, "Join link", &link(true, None).to_string());
    assert!(harness.query_by_role_and_label(Role::PasswordInput, "Room password").is_none());
    type_into(&mut harness, "Your name", "Ms Novak");
    harness.key_press(egui::Key::Enter);
    harness.run_ok();
    let shared = fake.lock();
    assert_eq!(shared.joins.len(), 1);
    assert_eq!(shared.joins[0].password, None);
    assert!(shared.joins[0].link.key.is_some());
}

#[test]
fn what_failed_stands_beside_its_field_until_the_next_change() {
    let fake = Fake::new();
    let start = Start { join: Some(link(false, None)), name: Some("Ana".into()), password: Some("wrong".into()) };
    let mut harness = open(&fake, settings(), start);
    harness.run_ok();
    assert_eq!(fake.lock().joins.len(), 1, "joined at once when everything is given");
    fake.lock().state.phase = Phase::Ended(JoinError::WrongPassword);
    harness.run_ok();
    let sentence = "Room name or password is wrong. Capital letters count; ask your instructor.";
    let said = harness.get_by_label(sentence).rect();
    let field = harness.get_by_role_and_label(Role::PasswordInput, "Room password").rect();
    assert!(said.top() >= field.bottom() && said.top() - field.bottom() < 40.0, "{said:?} below {field:?}");
    type_into(&mut harness, "Room password", "x");
    assert!(harness.query_by_label(sentence).is_none());
}

#[test]
fn being_removed_leads_back_here_and_says_by_whom() {
    let fake = Fake::joined(lectern_proto::control::Role::Student);
    let mut harness = ui_support::enter(&fake);
    harness.get_by_label("Routing basics, 42:10");
    fake.lock().state.phase = Phase::Ended(JoinError::Removed { by: "Ms Novak".into() });
    harness.run_ok();
    harness.get_by_label("Ms Novak removed you from the room.");
    assert!(!enabled(&harness, "Join net-2b"), "the password is asked for again");
}

#[test]
fn undoing_does_not_bring_a_password_back() {
    let fake = Fake::new();
    let mut harness = open(&fake, settings(), Start { join: Some(link(false, None)), name: None, password: None });
    type_into(&mut harness, "Your name", "Ana");
    type_into(&mut harness, "Room password", "horse");
    harness.key_press(egui::Key::Enter);
    harness.run_ok();
    fake.lock().state = joined(lectern_proto::control::Role::Student);
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "Leave the class").click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::PasswordInput, "Room password").focus();
    harness.run_ok();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    harness.run_ok();
    assert!(!enabled(&harness, "Join net-2b"));
}

#[test]
fn the_last_class_is_one_click_away() {
    let fake = Fake::new();
    let mut settings = Settings { name: "Ana".into(), ..settings() };
    settings.note_class(&link(true, Some("v")), "Ana");
    let mut harness = open(&fake, settings, Start::default());
    harness.get_by_role_and_label(Role::Button, "Choose room net-2b again").click();
    harness.run_ok();
    type_into(&mut harness, "Room password", "horse");
    assert!(enabled(&harness, "Join net-2b"), "the key is not kept, so a password is asked for");
}

#[test]
fn the_language_changes_at_once() {
    let fake = Fake::new();
    let mut harness = open(&fake, settings(), Start::default());
    harness.get_by_role_and_label(Role::Button, "Deutsch").click();
    harness.run_ok();
    harness.get_by_label("Einer Klasse beitreten");
    harness.get_by_role_and_label(Role::Button, "English").click();
    harness.run_ok();
    harness.get_by_label("Join a class");
}

#[test]
fn the_theme_changes_and_is_remembered() {
    let fake = Fake::new();
    let mut harness = open(&fake, Settings { dark: Some(true), ..settings() }, Start::default());
    harness.get_by_role_and_label(Role::Button, "Light colours").click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "Dark colours");
    assert_eq!(harness.state().as_ref().unwrap().settings().dark, Some(false));
}

#[test]
fn joining_opens_the_video_of_the_link() {
    let fake = Fake::new();
    let start = Start { join: Some(link(true, Some("r"))), name: Some("Ms Novak".into()), password: None };
    let mut harness = open(&fake, settings(), start);
    harness.run_ok();
    fake.lock().state = joined(lectern_proto::control::Role::Instructor);
    harness.run_ok();
    assert!(matches!(&fake.take()[0], Call::Open(id, _) if id.0 == "r"));
    harness.get_by_role_and_label(Role::Slider, "Seek");
}

#[test]
fn a_server_of_this_network_gets_a_password_only_after_its_words_were_compared() {
    let fake = Fake::new();
    fake.lock().seen.found = vec![found("Lab 2.14", "192.168.10.4", 1), found("Lab 2.14", "192.168.10.9", 2)];
    let mut harness = open(&fake, settings(), Start::default());
    harness.get_by_role_and_label(Role::Button, "Choose Lab 2.14 at 192.168.10.9").click();
    harness.run_ok();
    let words = CheckWords::of(&Fingerprint([2; 32])).unwrap().words();
    for word in words {
        harness.get_by_label(word);
    }
    type_into(&mut harness, "Your name", "Ana");
    type_into(&mut harness, "Room password", "horse");
    assert!(!enabled(&harness, "Join net-2b"));
    harness.get_by_label("Join is off until you have compared the words.");
    harness.get_by_role_and_label(Role::CheckBox, "The same three words stand in the room").click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "Join net-2b").click();
    harness.run_ok();
    let shared = fake.lock();
    assert_eq!((shared.joins.len(), shared.joins[0].link.fingerprint), (1, Fingerprint([2; 32])));
    assert_eq!((shared.joins[0].link.hosts.as_slice(), shared.joins[0].link.room.as_str()), (["192.168.10.9".to_owned()].as_slice(), "net-2b"));
}

#[test]
fn another_certificate_under_a_known_name_gets_nothing_and_a_known_server_skips_the_words() {
    let fake = Fake::new();
    {
        let mut shared = fake.lock();
        shared.known.note("Physics hall", &link(false, None));
        shared.seen.found = vec![found("Physics hall", "192.168.10.4", 3), found("Physics hall", "192.168.10.87", 4)];
    }
    let mut harness = open(&fake, settings(), Start::default());
    harness.get_by_label("Same name, other certificate");
    harness.get_by_role_and_label(Role::Button, "Choose Physics hall at 192.168.10.87").click();
    harness.run_ok();
    type_into(&mut harness, "Your name", "Ana");
    type_into(&mut harness, "Room password", "horse");
    assert!(!enabled(&harness, "Join net-2b"));
    assert!(harness.query_by_role_and_label(Role::CheckBox, "The same three words stand in the room").is_none(), "there is nothing to be ticked");
    harness.get_by_role_and_label(Role::Button, "Choose Physics hall at 192.168.10.4").click();
    harness.run_ok();
    assert!(enabled(&harness, "Join net-2b"), "its words were compared before");
    assert!(fake.lock().joins.is_empty());
}

/// Known since noon of 6 November 2025, in words of UTC.
fn known_since(name: &str, print: u8, since: &str) -> KnownServers {
    let fingerprint = Fingerprint([print; 32]);
    serde_json::from_str(&format!(r#"{{"servers":[{{"name":"{name}","addresses":[],"fingerprint":"{fingerprint}"{since}}}]}}"#)).unwrap()
}

#[test]
fn cards_say_since_when_a_server_is_known_in_the_words_of_the_language() {
    let check = |language, since: &str, want: [&str; 2]| {
        let fake = Fake::new();
        {
            let mut shared = fake.lock();
            shared.known = known_since("Physics hall", 3, since);
            shared.seen.found = vec![found("Physics hall", "192.168.10.4", 3), found("Physics hall", "192.168.10.87", 4)];
        }
        let harness = open(&fake, Settings { language: Some(language), ..settings() }, Start::default());
        for sentence in want {
            harness.get_by_label(sentence);
        }
    };
    let noon = r#","since":1762430400"#;
    check(Language::English, noon, ["Known since 6 Nov 2025", "Not the server you joined on 6 Nov 2025. It gets no password from you."]);
    check(
        Language::German,
        noon,
        ["Bekannt seit 6. Nov. 2025", "Nicht der Server, dem Sie am 6. Nov. 2025 beigetreten sind. Er bekommt kein Passwort von Ihnen."],
    );
    check(Language::English, "", ["Known", "Not the server you joined before. It gets no password from you."]);
}

#[test]
fn the_rooms_of_a_server_are_told_chosen_and_typed_over() {
    let fake = Fake::new();
    {
        let mut shared = fake.lock();
        shared.known = known_since("Lab 2.14", 3, "");
        let several = |n: usize| Rooms::fitting("net-2b", ["net-2c".to_owned(), "mechanics".to_owned()], n);
        let server = |host: &str, print, rooms| Found { rooms, ..found("Lab 2.14", host, print) };
        shared.seen.found = vec![server("10.0.0.1", 3, several(99)), server("10.0.0.2", 4, several(9)), server("10.0.0.3", 5, several(0))];
    }
    let mut harness = open(&fake, settings(), Start { name: Some("Ana".into()), ..Start::default() });
    harness.get_by_label("Rooms net-2b, net-2c, mechanics");
    harness.get_by_role_and_label(Role::Button, "Choose Lab 2.14 at 10.0.0.1").click();
    harness.run_ok();
    type_into(&mut harness, "Room password", "horse");
    assert!(enabled(&harness, "Join net-2b"), "the first one stands there");
    harness.get_by_role_and_label(Role::Button, "Choose a room").click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::MenuItemRadio, "mechanics").click();
    harness.run_ok();
    assert!(enabled(&harness, "Join mechanics"));
    type_into(&mut harness, "Room", "-2");
    harness.get_by_role_and_label(Role::Button, "Join mechanics-2").click();
    harness.run_ok();
    assert_eq!(fake.lock().joins[0].link.room, "mechanics-2");
}

#[test]
fn a_server_of_one_room_offers_no_choice_and_one_that_names_too_few_says_so() {
    let fake = Fake::new();
    let left_out = Found { rooms: Rooms::fitting("net-2b", ["net-2c".to_owned(), "mechanics".to_owned()], 9), ..found("Lab 2.14", "10.0.0.2", 4) };
    fake.lock().seen.found = vec![found("Lab 2.15", "10.0.0.1", 3), left_out];
    let mut harness = open(&fake, settings(), Start::default());
    harness.get_by_label("Room net-2b");
    harness.get_by_label("Rooms net-2b, net-2c and 1 more");
    harness.get_by_role_and_label(Role::Button, "Choose Lab 2.15 at 10.0.0.1").click();
    harness.run_ok();
    assert!(harness.query_by_role_and_label(Role::Button, "Choose a room").is_none());
    harness.get_by_role_and_label(Role::Button, "Choose Lab 2.14 at 10.0.0.2").click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "Choose a room").click();
    harness.run_ok();
    harness.get_by_label("It has one more room: type its name.");
}

#[test]
fn a_typed_address_is_asked_and_shows_its_words() {
    let fake = Fake::new();
    let mut harness = open(&fake, settings(), Start::default());
    type_into(&mut harness, "Join link", "192.168.10.4");
    assert!(fake.lock().asked.is_empty(), "not before it was wanted");
    harness.get_by_role_and_label(Role::Button, "Ask this address").click();
    harness.run_ok();
    let address = ServerAddress { hosts: vec!["192.168.10.4".into()], port: 5511, room: None };
    assert_eq!(fake.lock().asked, std::slice::from_ref(&address));
    let fingerprint = Fingerprint([5; 32]);
    let words = CheckWords::of(&fingerprint).unwrap();
    fake.lock().met = Some(Ok(Introduction { address, fingerprint, words, name: String::new(), room: None, rooms: None }));
    harness.run_ok();
    harness.get_by_label(words.words()[0]);
    harness.get_by_role_and_label(Role::CheckBox, "The same three words stand in the room").click();
    harness.run_ok();
    harness.get_by_label("Join is off until there is the room's name.");
    type_into(&mut harness, "Room", "net-2c");
    type_into(&mut harness, "Your name", "Ana");
    type_into(&mut harness, "Room password", "horse");
    harness.get_by_role_and_label(Role::Button, "Join net-2c").click();
    harness.run_ok();
    assert_eq!(fake.lock().joins[0].link.fingerprint, fingerprint);
}

#[test]
fn an_address_that_does_not_answer_says_why_and_what_to_do() {
    let fake = Fake::new();
    let mut harness = open(&fake, settings(), Start::default());
    type_into(&mut harness, "Join link", "192.168.10.4");
    let trouble = lectern::connect::trouble::Trouble::Isolated;
    fake.lock().met = Some(Err(JoinError::Unreachable { hosts: "192.168.10.4".into(), port: 5511, trouble }));
    harness.get_by_role_and_label(Role::Button, "Ask this address").click();
    harness.run_ok();
    harness.get_by_label_contains("probably an isolated network");
}

#[test]
fn the_instructor_projects_a_board_without_names() {
    let mut harness = ui_support::enter(&Fake::joined(lectern_proto::control::Role::Instructor));
    harness.get_by_role_and_label(Role::Button, "Join board for the projector").click();
    harness.run_ok();
    let words = lectern_proto::words::CheckWords::of(&ui_support::link(false, None).fingerprint).unwrap();
    for word in words.words() {
        harness.get_by_label(word);
    }
    harness.get_by_label("net-2b");
    harness.get_by_label("192.168.10.4");
    harness.get_by_label("Code with the join link");
    let student = ui_support::enter(&Fake::joined(lectern_proto::control::Role::Student));
    assert!(student.query_by_role_and_label(Role::Button, "Join board for the projector").is_none());
}

#[test]
fn cards_stand_below_one_another_in_every_width() {
    for width in [1280.0, 700.0, 480.0] {
        let fake = Fake::new();
        fake.lock().known = known_since("Physics hall", 3, "");
        fake.lock().seen.found = (3..7).map(|n| found("Physics hall", &format!("10.0.0.{n}"), n)).collect();
        let mut harness = open(&fake, settings(), Start::default());
        harness.set_size(egui::vec2(width, 1600.0));
        harness.run_ok();
        let card = |n: u8| harness.get_by_role_and_label(Role::Button, &format!("Choose Physics hall at 10.0.0.{n}")).rect();
        for n in 3..6 {
            assert!(card(n + 1).top() >= card(n).bottom() + 4.0, "{width}: {:?} and {:?}", card(n), card(n + 1));
        }
        let about = harness.get_all_by_label("Not the server you joined before. It gets no password from you.").map(|n| n.rect());
        for (about, n) in about.zip(4..) {
            assert!(card(n).contains_rect(about), "{width}: {about:?} in {:?}", card(n));
        }
    }
}
