//! Entering with an account, by label and role.

#![allow(clippy::unwrap_used)]

mod ui_support;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::account::AccountEntry;
use lectern::class::{JoinError, Phase};
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::Start;
use lectern_proto::control::{AccountRefusal, RegisterBy};
use ui_support::{Fake, link, open, settings};

type Harness = egui_kittest::Harness<'static, Option<lectern::ui::window::Window>>;

fn type_into(harness: &mut Harness, label: &str, text: &str) {
    for types in [false, true] {
        let field = harness.get_by(|n| n.label().as_deref() == Some(label) && matches!(n.role(), Role::TextInput | Role::PasswordInput));
        if types {
            field.type_text(text)
        } else {
            field.focus()
        }
        harness.run_ok();
    }
}

#[test]
fn an_account_and_its_password_join() {
    let fake = Fake::new();
    let mut harness = open(&fake, settings(), Start::default());
    type_into(&mut harness, "Join link", &link(false, None).to_string());
    type_into(&mut harness, "Your name", "Ana");
    type_into(&mut harness, "Room password", "horse");
    harness.get_by_role_and_label(Role::CheckBox, "With my account").click();
    harness.run_ok();
    harness.get_by_label("Join is off until there is the password of the account.");
    assert!(harness.get_by_role_and_label(Role::Button, "Join net-2b").accesskit_node().is_disabled());
    type_into(&mut harness, "Password of the account", "correct horse");
    harness.get_by_role_and_label(Role::Button, "Join net-2b").click();
    harness.run_ok();
    {
        let shared = fake.lock();
        assert_eq!(shared.joins.len(), 1);
        let Some(AccountEntry::Password { account, password }) = &shared.joins[0].account else { panic!("{:?}", shared.joins[0].account) };
        assert_eq!((account.as_str(), password.as_str()), ("Ana", "correct horse"), "the room's password was let go of");
    }
    fake.lock().state.phase = Phase::Ended(JoinError::Account(AccountRefusal::WrongAccountOrPassword));
    harness.run_ok();
    harness.get_by_label_contains("The account or its password is wrong");
}

#[test]
fn an_instructor_link_needs_no_account() {
    let fake = Fake::new();
    let mut harness = open(&fake, settings(), Start::default());
    type_into(&mut harness, "Join link", &link(true, None).to_string());
    type_into(&mut harness, "Your name", "Ms Novak");
    harness.get_by_role_and_label(Role::Button, "Join net-2b").click();
    harness.run_ok();
    assert!(fake.lock().joins[0].account.is_none());
}

#[test]
fn an_account_is_made_by_the_rooms_password_or_the_instructors_link() {
    let fake = Fake::new();
    let mut harness = open(&fake, settings(), Start::default());
    type_into(&mut harness, "Join link", &link(false, None).to_string());
    harness.get_by_role_and_label(Role::CheckBox, "With my account").click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::CheckBox, "I have no account yet: make it").click();
    harness.run_ok();
    type_into(&mut harness, "Account", "Ana");
    type_into(&mut harness, "Password of the account", "short");
    harness.get_by_label("The password of an account has at least 8 characters. Choose a longer one.");
    assert!(harness.get_by_role_and_label(Role::Button, "Join net-2b").accesskit_node().is_disabled());
    type_into(&mut harness, "Password of the account", " and longer");
    type_into(&mut harness, "Room password", "sesame");
    harness.check_accessibility();
    harness.get_by_role_and_label(Role::Button, "Join net-2b").click();
    harness.run_ok();
    {
        let shared = fake.lock();
        let Some(AccountEntry::Register { account, password, by }) = &shared.joins[0].account else { panic!("{:?}", shared.joins[0].account) };
        assert_eq!((account.as_str(), password.as_str(), by), ("Ana", "short and longer", &RegisterBy::Password("sesame".into())));
    }
    // Refused: the reason stands with what it is about, and what was typed is kept.
    for (why, words) in [
        (JoinError::Account(AccountRefusal::NameTaken), "An account of this name, or of one that looks like it, is there already. Choose another name."),
        (JoinError::Account(AccountRefusal::NoRegistration), "This server does not let you make an account so. Ask an instructor to make one for you."),
        (JoinError::WrongPassword, "Room name or password is wrong. Capital letters count; ask your instructor."),
    ] {
        fake.lock().state.phase = Phase::Ended(why);
        harness.run_ok();
        harness.get_by_label(words);
        fake.lock().state.phase = Phase::Connecting;
        harness.get_by_role_and_label(Role::Button, "Join net-2b").click();
        harness.run_ok();
        let shared = fake.lock();
        let last = shared.joins.last().and_then(|join| join.account.clone());
        assert!(matches!(&last, Some(AccountEntry::Register { password, .. }) if password == "short and longer"), "{last:?}");
    }
    let fake = Fake::new();
    let start = Start { join: Some(link(true, None)), ..Start::default() };
    let mut harness = open(&fake, Settings { language: Some(Language::German), ..settings() }, start);
    harness.run_ok();
    for tick in ["Mit meinem Konto", "Ich habe noch kein Konto: anlegen"] {
        harness.get_by_role_and_label(Role::CheckBox, tick).click();
        harness.run_ok();
    }
    type_into(&mut harness, "Konto", "Frau Novak");
    type_into(&mut harness, "Passwort des Kontos", "correct horse");
    assert!(harness.query_by_label("Raumpasswort").is_none(), "the link is enough");
    harness.get_by_role_and_label(Role::Button, "net-2b beitreten").click();
    harness.run_ok();
    let shared = fake.lock();
    assert!(matches!(&shared.joins[0].account, Some(AccountEntry::Register { by: RegisterBy::InstructorKey(key), .. }) if *key == [7; 16]));
}
