//! Entering with an account: a tick that says so, what this computer keeps of it, and one that is made at the door.

use egui::{Id, Ui};
use lectern_proto::account::check_new_password;
use lectern_proto::control::RegisterBy;
use lectern_proto::limits::PASSWORD_MAX;
use lectern_proto::link::JoinLink;

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::reasons;
use super::super::tokens::{Type, colors};
use super::super::widgets::{Field, Tone, notice_ui, rich, say};
use super::JoinForm;
use crate::account::AccountEntry;
use crate::class::JoinError;

pub(super) fn room_password_id() -> Id {
    Id::unique("join-room-password")
}

impl JoinForm {
    /// Whether this computer is logged in there as who is named.
    pub(super) fn is_logged_in(&self, link: &JoinLink) -> bool {
        self.with_account && !self.registers && self.sessions.find(&link.fingerprint, Some(&self.name)).is_some()
    }

    /// The account to enter with: by its password, by what this computer keeps, or anew.
    pub(crate) fn entry(&self, link: &JoinLink) -> Option<AccountEntry> {
        if !self.with_account {
            return None;
        }
        let (account, password) = (self.name.trim().to_owned(), self.password.clone());
        if self.registers {
            let by = match &link.key {
                Some(key) => RegisterBy::InstructorKey(key.0),
                None if self.room_password.is_empty() => RegisterBy::Nothing,
                None => RegisterBy::Password(self.room_password.clone()),
            };
            return Some(AccountEntry::Register { account, password, by });
        }
        if password.is_empty() {
            return self.sessions.find(&link.fingerprint, Some(&account)).map(AccountEntry::Session);
        }
        Some(AccountEntry::Password { account, password })
    }

    /// Key of the sentence that says what of the account is missing.
    pub(super) fn missing_of_account(&self, link: &JoinLink) -> Option<&'static str> {
        match (self.password.is_empty(), self.registers) {
            (true, _) => (!self.is_logged_in(link)).then_some("join-missing-account-password"),
            (false, false) => None,
            (false, true) => check_new_password(&self.password).is_err().then_some("error-account-password-short"),
        }
    }

    /// Whether the password that was refused is the room's, which stands in a field of its own.
    pub(super) fn is_about_room(&self) -> bool {
        self.registers && self.problem == Some(JoinError::WrongPassword)
    }

    /// Keys of the labels of name and password.
    pub(super) fn labels(&self) -> [&'static str; 2] {
        if self.with_account { ["join-account-name", "join-account-password"] } else { ["join-name", "join-password"] }
    }
}

/// The ticks and the room's password that entitles to an account; true when something was changed. `submit` is set when that was left.
pub(super) fn account_ui(ui: &mut Ui, form: &mut JoinForm, link: Option<&JoinLink>, submit: &mut bool, cx: &Cx<'_>) -> bool {
    let c = colors(ui);
    let mut changed = ui.checkbox(&mut form.with_account, rich(Type::Body, c.t1, cx.text("join-with-account"))).changed();
    if changed {
        // One is not the other's.
        form.forget_password(ui.ctx());
        form.registers = false;
    }
    if form.with_account {
        changed |= ui.checkbox(&mut form.registers, rich(Type::Body, c.t1, cx.text("join-register"))).changed();
    }
    if form.registers {
        if link.is_none_or(|l| l.key.is_none()) {
            let label = cx.text("join-register-room");
            let problem = form.problem.as_ref().filter(|_| form.is_about_room()).map(|p| reasons::join_error(cx.strings, p));
            let field = Field::new(room_password_id(), &label).limit(PASSWORD_MAX).problem(problem.as_deref());
            // One eye shows both.
            let response = if form.show_password { field.show(ui, &mut form.room_password) } else { field.show_hidden(ui, &mut form.room_password) };
            changed |= response.changed();
            *submit |= response.lost_focus();
        }
        say(ui, Type::Small, c.t3, cx.text("join-register-about"));
    }
    if link.is_some_and(|l| form.is_logged_in(l)) {
        notice_ui(ui, Tone::Good, Icon::Shield, &cx.text("join-logged-in"));
    }
    changed
}
