//! Entering with an account: a tick that says so, and what this computer keeps of it.

use egui::Ui;
use lectern_proto::link::JoinLink;

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors};
use super::super::widgets::{Tone, notice_ui, rich};
use super::JoinForm;
use crate::account::AccountEntry;

impl JoinForm {
    /// Whether this computer is logged in there as who is named.
    pub(super) fn is_logged_in(&self, link: &JoinLink) -> bool {
        self.with_account && self.sessions.find(&link.fingerprint, Some(&self.name)).is_some()
    }

    /// The account to enter with: by its password, or by what this computer keeps.
    pub(crate) fn entry(&self, link: &JoinLink) -> Option<AccountEntry> {
        if !self.with_account || link.key.is_some() {
            return None;
        }
        let account = self.name.trim().to_owned();
        if self.password.is_empty() {
            return self.sessions.find(&link.fingerprint, Some(&account)).map(AccountEntry::Session);
        }
        Some(AccountEntry::Password { account, password: self.password.clone() })
    }

    /// Keys of the labels of name and password.
    pub(super) fn labels(&self) -> [&'static str; 2] {
        if self.with_account { ["join-account-name", "join-account-password"] } else { ["join-name", "join-password"] }
    }
}

/// The tick; true when it was changed.
pub(super) fn account_ui(ui: &mut Ui, form: &mut JoinForm, link: Option<&JoinLink>, cx: &Cx<'_>) -> bool {
    let c = colors(ui);
    if link.is_some_and(|l| l.key.is_some()) {
        return false;
    }
    let changed = ui.checkbox(&mut form.with_account, rich(Type::Body, c.t1, cx.text("join-with-account"))).changed();
    if changed {
        // One is not the other's.
        form.forget_password(ui.ctx());
    }
    if link.is_some_and(|l| form.is_logged_in(l)) {
        notice_ui(ui, Tone::Good, Icon::Shield, &cx.text("join-logged-in"));
    }
    changed
}
