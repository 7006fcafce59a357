//! What is known of the open conversation: who reads it, whether it was verified, and what may be set.

use egui::{Align, Frame, Layout, Margin, ScrollArea, Ui};
use lectern_proto::chat::verify::fingerprint_line;
use lectern_proto::control::{PersonId, Role};
use lectern_proto::text;

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, space};
use super::super::widgets::{Choice, Look, Push, Tone, avatar_ui, notice_ui, rich, say, say_line};
use super::private::{PrivateWish, is_verified};
use super::{ChatCommand, Chats, TalkWish, Whom, moderates, person, push, verify};
use crate::chat::{ItemState, Reported};
use crate::class::ClassState;

/// Seconds between two messages that are offered.
const SLOW: [u16; 4] = [0, 10, 30, 60];

pub(super) fn details_ui(ui: &mut Ui, chats: &mut Chats, whom: Whom, state: &ClassState, cx: &mut Cx<'_>) {
    Frame::new().inner_margin(Margin::same(space::L as i8)).show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ScrollArea::vertical().id_salt("chat-details").auto_shrink(false).show(ui, |ui| match whom {
            Whom::Room => room_ui(ui, chats, state, cx),
            Whom::Person(id) => person_ui(ui, chats, id, state, cx),
        });
    });
}

fn room_ui(ui: &mut Ui, chats: &Chats, state: &ClassState, cx: &mut Cx<'_>) {
    let c = colors(ui);
    say(ui, Type::Title, c.t1, cx.text("chat-room"));
    notice_ui(ui, Tone::Plain, Icon::Server, &cx.text("chat-room-read-by"));
    ui.add_space(space::S);
    line_ui(ui, chats, state, cx);
    reports_ui(ui, chats, cx);
    say(ui, Type::Small, c.t2, cx.text("chat-keys"));
    if moderates(state) {
        ui.add_space(space::S);
        say(ui, Type::Control, c.t1, cx.text("chat-slow"));
        say(ui, Type::Small, c.t3, cx.text("chat-slow-about"));
        ui.spacing_mut().item_spacing.y = 0.0;
        for seconds in SLOW {
            let name = if seconds == 0 { cx.text("chat-slow-off") } else { cx.strings.format("chat-slow-s", &[("s", seconds.into())]) };
            let chosen = state.talk.rules.slow_s == seconds;
            if (Choice { name: &name, note: "", right: "", chosen, mono: false }).show(ui) && !chosen {
                push(cx, ChatCommand::Talk(TalkWish::Slow(seconds)));
            }
        }
    }
}

/// The room's keys in one line, to be compared with the one on the projector; none where the own key is not among them.
fn line_ui(ui: &mut Ui, chats: &Chats, state: &ClassState, cx: &Cx<'_>) {
    let c = colors(ui);
    let Some(own) = chats.private.own else { return };
    if chats.private.own_right == Some(false) || !state.identities.values().any(|id| *id == own) {
        if chats.private.own_right == Some(false) {
            notice_ui(ui, Tone::Bad, Icon::Octagon, &cx.text("private-own-wrong"));
            ui.add_space(space::S);
        }
        return;
    }
    if state.identities.len() > 1 {
        say(ui, Type::Control, c.t1, cx.text("private-line"));
        say(ui, Type::Mono, c.t1, fingerprint_line(state.identities.values().copied()).join(" "));
        say(ui, Type::Small, c.t3, cx.text("private-line-about"));
        ui.add_space(space::S);
    }
}

/// What was reported to this member, the newest first.
fn reports_ui(ui: &mut Ui, chats: &Chats, cx: &Cx<'_>) {
    let reports = &chats.private.reports;
    if reports.is_empty() {
        return;
    }
    let c = colors(ui);
    say(ui, Type::Control, c.t1, cx.strings.format("private-reports", &[("n", reports.len().into())]));
    for Reported { by, wrote, text: said, proven, .. } in reports.iter().rev() {
        let name = |id: PersonId| text::isolated(chats.name_of(id)).into_owned();
        let (tone, icon, key) = match proven {
            Some(true) => (Tone::Warn, Icon::Flag, "private-reported"),
            Some(false) => (Tone::Bad, Icon::Octagon, "private-reported-false"),
            None => (Tone::Plain, Icon::Flag, "private-reported-unknown"),
        };
        let args = [("by", name(*by).into()), ("wrote", name(*wrote).into()), ("text", text::block(said).into_owned().into())];
        notice_ui(ui, tone, icon, &cx.strings.format(key, &args));
    }
    ui.add_space(space::S);
}

fn person_ui(ui: &mut Ui, chats: &mut Chats, id: PersonId, state: &ClassState, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let name = chats.name_of(id).to_owned();
    let said = text::isolated(&name).into_owned();
    let shown = chats.private.conversations.get(&id).cloned().unwrap_or_default();
    ui.vertical_centered(|ui| {
        avatar_ui(ui, &name, 56.0, false);
        say(ui, Type::Title, c.t1, &name);
        let role = state.people.iter().find(|p| p.id == id).map(|p| p.role);
        let key = match role {
            Some(Role::Instructor) => "people-instructor",
            Some(Role::Assistant) => "people-assistant",
            Some(Role::Guest) => "people-guest",
            Some(Role::Student) => "private-student",
            None if state.mailboxes.contains_key(&id) => "private-away",
            None => "private-gone",
        };
        say(ui, Type::Small, c.t2, cx.text(key));
        if role.is_some() && !state.mailboxes.contains_key(&id) {
            say(ui, Type::Small, c.t3, cx.strings.format("private-theirs-lesson", &[("name", said.as_str().into())]));
        }
    });
    ui.add_space(space::S);
    let now = shown.changed.or(shown.identity);
    if is_verified(&shown) {
        notice_ui(ui, Tone::Good, Icon::SealFilled, &cx.text("private-verified-about"));
    } else if shown.changed.is_some() {
        notice_ui(ui, Tone::Warn, Icon::Warning, &cx.strings.format("private-stopped", &[("name", said.clone().into())]));
    } else {
        notice_ui(ui, Tone::Plain, Icon::Lock, &cx.strings.format("private-unverified-about", &[("name", said.clone().into())]));
    }
    if let Some(now) = now {
        number_ui(ui, chats, id, now, shown.verified, cx);
    }
    ui.add_space(space::S);
    say(ui, Type::Control, c.t1, cx.text("private-in-this-chat"));
    let waiting = shown.items.iter().filter(|item| item.own && item.state == ItemState::Waiting).count();
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            say(ui, Type::MonoSmall, c.t1, waiting.to_string());
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Body, c.t2, cx.text("private-waiting")));
        });
    });
    let mut told = !chats.muted.contains(&id);
    let label = cx.text("private-notifications");
    if ui.checkbox(&mut told, rich(Type::Body, c.t1, label)).changed() {
        if told {
            chats.muted.remove(&id)
        } else {
            chats.muted.insert(id)
        };
    }
    if chats.private.kept.contains_key(&id) {
        kept_ui(ui, chats, id, &said, cx);
    }
    ui.add_space(space::L);
    let width = ui.available_width();
    if let Some((_, instructor)) = person::instructor(state, id) {
        let label = cx.strings.format("private-report-to", &[("to", text::isolated(instructor).into_owned().into())]);
        let can = shown.items.iter().any(|item| item.proof.is_some());
        if ui.add(Push::text(Look::Plain, &label).with_icon(Icon::Flag).width(width).enabled(can)).clicked() {
            chats.reporting = Some((id, Default::default()));
        }
    }
    let label = cx.strings.format(if shown.blocked { "private-unblock" } else { "private-block" }, &[("name", said.into())]);
    if ui.add(Push::text(if shown.blocked { Look::Plain } else { Look::Danger }, &label).with_icon(Icon::Prohibit).width(width)).clicked() {
        push(cx, ChatCommand::Private(PrivateWish::Block(id, !shown.blocked)));
    }
}

/// That the conversation is kept, and how it is deleted, after one question.
fn kept_ui(ui: &mut Ui, chats: &mut Chats, id: PersonId, name: &str, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.add_space(space::S);
    say(ui, Type::Control, c.t1, cx.text("private-kept-title"));
    if chats.forgetting != Some(id) {
        say(ui, Type::Small, c.t2, cx.text("private-kept-about"));
        if ui.add(Push::text(Look::Plain, &cx.text("private-forget")).width(ui.available_width())).clicked() {
            chats.forgetting = Some(id);
        }
        return;
    }
    say(ui, Type::Small, c.t2, cx.strings.format("private-forget-question", &[("name", name.to_owned().into())]));
    ui.horizontal(|ui| {
        let half = (ui.available_width() - space::S) / 2.0;
        if ui.add(Push::text(Look::Danger, &cx.text("private-forget-yes")).small().width(half)).clicked() {
            chats.forgetting = None;
            push(cx, ChatCommand::Private(PrivateWish::Forget(id)));
        }
        if ui.add(Push::text(Look::Plain, &cx.text("common-cancel")).small().width(half)).clicked() {
            chats.forgetting = None;
        }
    });
}

/// Digits, code and the tick that they are the same.
fn number_ui(ui: &mut Ui, chats: &mut Chats, id: PersonId, now: lectern_proto::chat::IdentityId, verified: bool, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let (code_shown, changed) = (chats.code_shown, chats.with(id).is_some_and(|s| s.changed.is_some()));
    let Some(number) = chats.number(now) else { return };
    ui.add_space(space::XS);
    say(ui, Type::Small, c.t2, cx.text("private-number"));
    verify::digits_ui(ui, number, false, cx);
    if code_shown {
        ui.vertical_centered(|ui| verify::code_ui(ui, number, cx));
    }
    let digits = number.digits();
    let mut toggles = false;
    ui.horizontal(|ui| {
        let half = (ui.available_width() - space::S) / 2.0;
        toggles = ui.add(Push::text(Look::Plain, &cx.text(if code_shown { "private-code-hide" } else { "private-code-show" })).small().width(half)).clicked();
        if ui.add(Push::text(Look::Plain, &cx.text("private-copy")).small().with_icon(Icon::Copy).width(half)).clicked() {
            ui.ctx().copy_text(digits);
        }
    });
    if toggles {
        chats.code_shown = !code_shown;
    }
    // A changed key is decided on where it stands in the conversation.
    if !changed {
        let mut same = verified;
        if ui.checkbox(&mut same, rich(Type::Body, c.t1, cx.text("private-same"))).changed() {
            push(cx, ChatCommand::Private(PrivateWish::Verified(id, same)));
        }
    }
}
