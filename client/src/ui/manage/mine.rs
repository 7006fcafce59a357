//! One's own account: another password, and the way out.

use egui::{Id, Key, Ui};
use lectern_proto::account::check_new_password;
use lectern_proto::limits::PASSWORD_MAX;

use super::super::command::Cx;
use super::super::tokens::{Type, colors, space};
use super::super::widgets::{Field, Look, Push, avatar_ui, say};
use super::{Manage, ManageCommand, ManageWish, Told, push, role_key, title_ui};
use crate::class::ClassState;

/// A password that is to be changed.
#[derive(Default)]
pub(super) struct Form {
    old: String,
    new: String,
    is_shown: bool,
}

pub(super) fn field_ids() -> [Id; 2] {
    [Id::unique("manage-password-old"), Id::unique("manage-password-new")]
}

/// Draws the page.
pub(super) fn mine_ui(ui: &mut Ui, manage: &mut Manage, state: &ClassState, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let Some(account) = &state.account else { return };
    ui.horizontal(|ui| {
        avatar_ui(ui, &account.name, 30.0, false);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            say(ui, Type::Title, c.t1, account.name.as_str());
            if let Some(me) = &state.me {
                say(ui, Type::Small, c.t2, cx.text(role_key(me.role)));
            }
        });
    });
    password_ui(ui, manage, cx);
    ui.separator();
    title_ui(ui, "manage-log-out-title", cx);
    say(ui, Type::Small, c.t2, cx.text("manage-log-out-about"));
    let is_leaving = |wish: &ManageWish| matches!(wish, ManageWish::LogOut { .. });
    let waits = manage.is_waiting(is_leaving);
    ui.horizontal(|ui| {
        for (key, everywhere) in [("manage-log-out", false), ("manage-log-out-everywhere", true)] {
            if ui.add(Push::text(Look::Plain, &cx.text(key)).enabled(!waits)).clicked() {
                push(cx, ManageCommand::Ask(ManageWish::LogOut { everywhere }));
            }
        }
    });
    manage.problem_ui(ui, is_leaving, cx);
}

/// Another password. What was typed stays when it is refused.
fn password_ui(ui: &mut Ui, manage: &mut Manage, cx: &mut Cx<'_>) {
    let is_change = |wish: &ManageWish| matches!(wish, ManageWish::ChangePassword { .. });
    let waits = manage.is_waiting(is_change);
    title_ui(ui, "manage-password", cx);
    let (old, new, eye) = (cx.text("manage-password-old"), cx.text("manage-password-new"), cx.text("join-show-password"));
    let [old_id, new_id] = field_ids();
    let form = &mut manage.mine;
    let too_short = !form.new.is_empty() && check_new_password(&form.new).is_err();
    let problem = too_short.then(|| cx.text("error-account-password-short"));
    let mut submit = false;
    ui.add_enabled_ui(!waits, |ui| {
        let old = Field::new(old_id, &old).limit(PASSWORD_MAX).show_secret(ui, &mut form.old, &mut form.is_shown, &eye);
        let new = Field::new(new_id, &new).limit(PASSWORD_MAX).problem(problem.as_deref());
        // One eye shows both.
        let new = if form.is_shown { new.show(ui, &mut form.new) } else { new.show_hidden(ui, &mut form.new) };
        submit |= old.lost_focus() || new.lost_focus();
    });
    let is_whole = !form.old.is_empty() && check_new_password(&form.new).is_ok();
    submit &= is_whole && !waits && ui.input(|i| i.key_pressed(Key::Enter));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        if ui.add(Push::text(Look::Primary, &cx.text("manage-password-change")).enabled(is_whole && !waits)).clicked() || submit {
            push(cx, ManageCommand::Ask(ManageWish::ChangePassword { old: form.old.clone(), new: form.new.clone() }));
        }
        say(ui, Type::Small, colors(ui).t3, cx.text("manage-password-about"));
    });
    manage.problem_ui(ui, is_change, cx);
    manage.told_ui(ui, |told| *told == Told::PasswordChanged, cx);
}
