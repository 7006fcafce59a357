//! The forms of rooms and accounts by label and role, in both languages: what is asked, what is refused, and that what was typed is kept.

#![allow(clippy::unwrap_used)]

mod ui_support;

use egui::Key;
use egui::accesskit::Role as Seen;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::account::AccountError;
use lectern::class::{MyAccount, StreamError};
use lectern::system::SystemError;
use lectern::ui::backend::Pick;
use lectern::ui::manage::{ManageError, ManageWish, Managed};
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::{Start, Window};
use lectern_proto::account::AccountSalt;
use lectern_proto::control::{AccountInfo, AccountRefusal, Refusal, Role, RoomInfo};
use ui_support::{Call, Fake, enter, link, open, settings};

type Screen = egui_kittest::Harness<'static, Option<Window>>;

fn rooms() -> Managed {
    Managed::Rooms(vec![RoomInfo { name: "Lab 2".into(), people: 1 }, RoomInfo { name: "net-2b".into(), people: 4 }])
}

fn accounts() -> Managed {
    let account = |name: &str, role, sessions| AccountInfo { name: name.into(), role, made_at: 1_790_000_000, sessions };
    Managed::Accounts(vec![account("Ana", Role::Student, 0), account("Ben", Role::Assistant, 2), account("Kim", Role::Instructor, 1)])
}

fn wishes(fake: &Fake) -> Vec<ManageWish> {
    fake.take().into_iter().filter_map(|c| if let Call::Manage(wish) = c { Some(wish) } else { None }).collect()
}

fn type_into(harness: &mut Screen, label: &str, text: &str) {
    for types in [false, true] {
        let field = harness.get_by(|n| n.label().as_deref() == Some(label) && matches!(n.role(), Seen::TextInput | Seen::PasswordInput));
        if types {
            field.type_text(text)
        } else {
            field.focus()
        }
        harness.run_ok();
    }
}

fn value(harness: &Screen, label: &str) -> String {
    let field = harness.get_by(|n| n.label().as_deref() == Some(label) && matches!(n.role(), Seen::TextInput | Seen::PasswordInput));
    field.value().unwrap_or_default()
}

fn press(harness: &mut Screen, label: &str) {
    // A card that has grown stands in the middle again after another pass.
    harness.run_steps(3);
    harness.get_by_role_and_label(Seen::Button, label).click();
    harness.run_ok();
}

/// A window of the instructor that shows a page of the room's menu.
fn page(fake: &Fake, language: Language, menu: &str, item: &str) -> Screen {
    let start = Start { join: Some(link(true, None)), name: Some("Ms Novak".into()), password: None };
    let mut harness = open(fake, Settings { language: Some(language), ..settings() }, start);
    harness.run_ok();
    press(&mut harness, menu);
    harness.get_by_role_and_label(Seen::MenuItemRadio, item).click();
    harness.run_ok();
    harness
}

/// A window of somebody with an account that shows it.
fn mine(fake: &Fake) -> Screen {
    fake.lock().state.account = Some(MyAccount { name: "Ana".into(), session: None, salt: AccountSalt([1; 16]), wrapping: None });
    let mut harness = enter(fake);
    press(&mut harness, "Settings");
    press(&mut harness, "My account");
    harness
}

fn copied(harness: &mut Screen) -> Option<String> {
    // Pass by pass, so that what each put out can be seen.
    (0..4).find_map(|_| {
        harness.step();
        harness.output().platform_output.commands.iter().find_map(|c| match c {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    })
}

#[test]
fn rooms_are_listed_opened_and_closed() {
    let fake = Fake::joined(Role::Instructor);
    fake.lock().managed.push_back(Ok(rooms()));
    let mut harness = page(&fake, Language::English, "The room", "Rooms and attendance");
    assert_eq!(wishes(&fake), [ManageWish::Rooms]);
    harness.get_by_label("Lab 2");
    harness.get_by_label("1 person");
    harness.get_by_label("this one · 4 people");
    harness.check_accessibility();
    harness.get_by_role_and_label(Seen::Button, "Copy the join link of Lab 2").click();
    let told = copied(&mut harness).unwrap();
    assert!(told.contains("/Lab%202#") && !told.contains("key="), "{told}");
    // Nothing is opened without a name and a password.
    harness.get_by_label("It is opened once it has a name.");
    type_into(&mut harness, "Name of the room", "Lab 3");
    harness.get_by_label("It is opened once it has a password, with which students enter it.");
    assert!(harness.get_by_role_and_label(Seen::Button, "Open the room").accesskit_node().is_disabled());
    type_into(&mut harness, "Password of the room", "sesame");
    // The name is taken, then the server is gone: what was typed stays.
    let opens = ManageWish::OpenRoom { name: "Lab 3".into(), password: "sesame".into(), waiting_room: false };
    for (why, words) in [
        (StreamError::Refused(Refusal::BadRoom), "a room needs a name that no other has, and a password."),
        (StreamError::Refused(Refusal::NotAllowed), "That was not done:"),
        (StreamError::NotConnected, "That was not done:"),
    ] {
        fake.lock().managed.push_back(Err(ManageError::Room(why)));
        press(&mut harness, "Open the room");
        assert_eq!(wishes(&fake), std::slice::from_ref(&opens));
        assert!(harness.query_all_by_label_contains(words).count() == 1, "{why:?}");
        assert_eq!((value(&harness, "Name of the room").as_str(), value(&harness, "Password of the room").chars().count()), ("Lab 3", 6));
    }
    // By the keyboard: Enter in the last field.
    fake.lock().managed.extend([Ok(Managed::Done), Ok(rooms())]);
    harness.get_by(|n| n.label().as_deref() == Some("Password of the room") && n.role() == Seen::PasswordInput).focus();
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
    assert_eq!(wishes(&fake), [opens, ManageWish::Rooms]);
    harness.get_by_label_contains("Lab 3 is open.");
    assert_eq!(value(&harness, "Name of the room"), "");
    // The end of one is asked about.
    press(&mut harness, "Close Lab 2");
    harness.get_by_label("Close Lab 2 with its seats, codes and chat?");
    press(&mut harness, "Cancel");
    assert_eq!(wishes(&fake), []);
    press(&mut harness, "Close net-2b");
    fake.lock().managed.push_back(Err(ManageError::Room(StreamError::Refused(Refusal::NoSuchRoom))));
    press(&mut harness, "Close the room");
    assert_eq!(wishes(&fake), [ManageWish::CloseRoom("net-2b".into())]);
    harness.get_by_label_contains("the first room stays");
    harness.key_press(Key::Escape);
    harness.run_ok();
    assert!(harness.query_by_label("Name of the room").is_none());
}

#[test]
fn a_german_window_opens_rooms_in_german() {
    let fake = Fake::joined(Role::Instructor);
    fake.lock().managed.push_back(Ok(rooms()));
    let mut harness = page(&fake, Language::German, "Der Raum", "Räume und Anwesenheit");
    harness.get_by_label("dieser · 4 Personen");
    type_into(&mut harness, "Name des Raums", "Labor 3");
    type_into(&mut harness, "Passwort des Raums", "sesam");
    harness.get_by_role_and_label(Seen::CheckBox, "Wer neu ist, wartet, bis er eingelassen wird").click();
    harness.run_ok();
    press(&mut harness, "Raum öffnen");
    assert_eq!(wishes(&fake).get(1), Some(&ManageWish::OpenRoom { name: "Labor 3".into(), password: "sesam".into(), waiting_room: true }));
    harness.get_by_label_contains("Labor 3 ist offen.");
    press(&mut harness, "Konten");
    harness.check_accessibility();
}

#[test]
fn who_was_there_is_saved_where_it_is_chosen() {
    let fake = Fake::joined(Role::Instructor);
    let mut harness = page(&fake, Language::English, "The room", "Rooms and attendance");
    fake.take();
    press(&mut harness, "Save as a table");
    assert_eq!(fake.take(), [Call::Pick(Pick::Attendance)]);
    let path = std::path::PathBuf::from("/home/ana/tuesday.csv");
    let why = SystemError { kind: std::io::ErrorKind::PermissionDenied, said: "no".into() };
    fake.lock().managed.push_back(Err(ManageError::File { path: path.clone(), why }));
    fake.lock().picked = Some(Some(path.clone()));
    harness.run_ok();
    assert_eq!(wishes(&fake), [ManageWish::Attendance(path.clone())]);
    harness.get_by_label_contains("/home/ana/tuesday.csv cannot be written");
    press(&mut harness, "Save as a table");
    harness.run_ok();
    assert_eq!(wishes(&fake), [ManageWish::Attendance(path)]);
    harness.get_by_label("Saved as /home/ana/tuesday.csv.");
}

#[test]
fn accounts_are_listed_found_and_given_roles() {
    let fake = Fake::joined(Role::Instructor);
    fake.lock().managed.push_back(Ok(accounts()));
    let mut harness = page(&fake, Language::English, "The room", "Accounts");
    assert_eq!(wishes(&fake), [ManageWish::Accounts]);
    harness.get_by_label_contains("logged in on 2 computers");
    harness.check_accessibility();
    // A role by the keyboard.
    harness.get_by_role_and_label(Seen::Button, "Role of Ana: Student").focus();
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
    harness.get_by_role_and_label(Seen::MenuItemRadio, "Assistant").focus();
    harness.run_ok();
    fake.lock().managed.extend([Ok(Managed::Done), Ok(accounts())]);
    harness.key_press(Key::Enter);
    harness.run_ok();
    assert_eq!(wishes(&fake), [ManageWish::SetRole { account: "Ana".into(), role: Role::Assistant }, ManageWish::Accounts]);
    press(&mut harness, "Role of Kim: Instructor");
    fake.lock().managed.push_back(Err(ManageError::Account(AccountError::Refused(AccountRefusal::LastInstructor))));
    harness.get_by_role_and_label(Seen::MenuItemRadio, "Student").click();
    harness.run_ok();
    harness.get_by_label("This is the last instructor's account. Make somebody else an instructor first.");
    let search = harness.get_by(|n| n.role() == Seen::SearchInput && n.label().as_deref() == Some("Search accounts"));
    search.focus();
    harness.run_ok();
    harness.event(egui::Event::Text("bE".into()));
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "Role of Ben: Assistant");
    assert!(harness.query_by_label("Role of Ana: Student").is_none());
    harness.event(egui::Event::Text("nobody".into()));
    harness.run_ok();
    harness.get_by_label("No account has this in its name.");
}

#[test]
fn what_one_may_not_do_is_not_offered() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    assert!(harness.query_by_label("The room").is_none());
    press(&mut harness, "Settings");
    assert!(harness.query_by_label("My account").is_none(), "entered without one");
    harness.key_press(Key::Escape);
    harness.run_ok();
    let harness = mine(&fake);
    for page in ["Rooms", "Accounts"] {
        assert!(harness.query_by_role_and_label(Seen::Button, page).is_none(), "{page}");
    }
    // Rights that are lost close what they were needed for.
    let fake = Fake::joined(Role::Instructor);
    let mut teacher = page(&fake, Language::English, "The room", "Accounts");
    teacher.get_by_role_and_label(Seen::SearchInput, "Search accounts");
    if let Some(me) = fake.lock().state.me.as_mut() {
        me.role = Role::Assistant;
    }
    teacher.run_ok();
    assert!(teacher.query_by_label("Search accounts").is_none());
    harness.check_accessibility();
}

#[test]
fn a_password_is_changed_and_one_logs_out() {
    let fake = Fake::joined(Role::Student);
    let mut harness = mine(&fake);
    type_into(&mut harness, "Password until now", "correct horse");
    type_into(&mut harness, "New password", "short");
    harness.get_by_label("The password of an account has at least 8 characters. Choose a longer one.");
    assert!(harness.get_by_role_and_label(Seen::Button, "Change the password").accesskit_node().is_disabled());
    type_into(&mut harness, "New password", " battery");
    let change = ManageWish::ChangePassword { old: "correct horse".into(), new: "short battery".into() };
    for (why, words) in [
        (AccountError::Refused(AccountRefusal::WrongAccountOrPassword), "The account or its password is wrong."),
        (AccountError::NotConnected, "The connection to the class is lost, so nothing was changed."),
    ] {
        fake.lock().managed.push_back(Err(ManageError::Account(why)));
        press(&mut harness, "Change the password");
        assert_eq!(wishes(&fake), std::slice::from_ref(&change));
        harness.get_by_label_contains(words);
        assert_eq!(value(&harness, "New password").chars().count(), 13, "what was typed is kept");
    }
    press(&mut harness, "Change the password");
    assert_eq!(wishes(&fake), std::slice::from_ref(&change));
    assert!(!format!("{change:?}").contains("horse"), "passwords do not reach a log");
    harness.get_by_label_contains("The password is changed and all computers are logged out.");
    assert_eq!(value(&harness, "New password"), "");
    fake.lock().managed.push_back(Err(ManageError::Account(AccountError::NotConnected)));
    press(&mut harness, "Log out on all computers");
    assert_eq!(wishes(&fake), [ManageWish::LogOut { everywhere: true }]);
    harness.get_by_label_contains("The connection to the class is lost");
    press(&mut harness, "Log out here");
    assert_eq!(fake.take(), [Call::Manage(ManageWish::LogOut { everywhere: false }), Call::Leave]);
    harness.get_by_label("Join a class");
}
