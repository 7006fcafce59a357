//! Entering with an account, by label and role.

#![allow(clippy::unwrap_used)]

mod ui_support;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::account::AccountEntry;
use lectern::class::{JoinError, Phase};
use lectern::ui::window::Start;
use lectern_proto::control::AccountRefusal;
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
    assert!(harness.query_by_label("With my account").is_none());
}
