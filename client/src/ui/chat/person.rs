//! The flow of a private conversation: bubbles that say how far they are, what could not be read, a changed key, the typing mark.

use egui::{CornerRadius, Frame, Id, Margin, Panel, ScrollArea, Sense, Stroke, Ui, vec2};
use lectern_proto::control::{PersonId, Role};
use lectern_proto::text;

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::reasons;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{Look, Push, Tone, avatar_ui, empty_ui, icon_ui, notice_with_ui, say};
use super::bubble::{Act, Bubble, Mark, bubble_ui, dashed};
use super::composer::composer_ui;
use super::file::FileRow;
use super::private::{PrivateWish, is_verified};
use super::stream::{self, time_of};
use super::{ChatCommand, Chats, Whom, push, verify};
use crate::chat::{Item, ItemState, Shown};
use crate::class::{ClassState, StreamError};

/// Somebody in the header: picture, name, and what is known of who they are.
pub(super) fn head_ui(ui: &mut Ui, chats: &Chats, person: PersonId, cx: &Cx<'_>) {
    let c = colors(ui);
    let name = chats.name_of(person);
    avatar_ui(ui, name, 32.0, false);
    let shown = chats.with(person);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.spacing_mut().interact_size.y = Type::Title.line();
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            say(ui, Type::Title, c.t1, name);
            mark_ui(ui, shown, cx);
        });
        let (ink, key) = match shown {
            Some(s) if s.blocked => (c.t3, "private-blocked"),
            Some(s) if s.changed.is_some() => (c.warn, "private-key-changed-short"),
            Some(s) if is_verified(s) => (c.t2, "private-verified"),
            Some(s) if s.identity.is_some() => (c.t2, "private-not-verified"),
            _ => (c.t3, "private-unknown"),
        };
        say(ui, Type::Small, ink, cx.text(key));
    });
}

/// The mark beside a name, wherever it stands.
pub(super) fn mark_ui(ui: &mut Ui, shown: Option<&Shown>, cx: &Cx<'_>) {
    let c = colors(ui);
    match shown {
        Some(s) if s.changed.is_some() => _ = icon_ui(ui, Icon::Warning, 16.0, c.warn).on_hover_text(cx.text("private-key-changed-short")),
        Some(s) if s.verified => _ = icon_ui(ui, Icon::SealFilled, 16.0, c.accent).on_hover_text(cx.text("private-verified")),
        _ => {}
    }
}

/// The messages and the field, in what is left of `ui`.
pub(super) fn person_ui(ui: &mut Ui, chats: &mut Chats, person: PersonId, state: &ClassState, cx: &mut Cx<'_>) {
    if chats.reporting.as_ref().is_some_and(|(of, _)| *of == person) {
        report_bar_ui(ui, chats, person, state, cx);
    } else {
        composer_ui(ui, chats, Whom::Person(person), state, "chat", cx);
    }
    let shown = chats.private.conversations.get(&person).cloned().unwrap_or_default();
    if shown.items.is_empty() && shown.unreadable == 0 && shown.changed.is_none() {
        let name = text::isolated(chats.name_of(person)).into_owned();
        return empty_ui(ui, Icon::Lock, chats.name_of(person), &cx.strings.format("private-empty", &[("name", name.into())]), |_| {});
    }
    ScrollArea::vertical().id_salt(("private", person)).auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
        Frame::new().inner_margin(Margin::symmetric(20, space::S as i8)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = space::XS;
            let mut day = None;
            for item in &shown.items {
                if day.replace(stream::day_of(item.sent_ms)) != Some(stream::day_of(item.sent_ms)) {
                    stream::day_ui(ui, item.sent_ms, cx);
                }
                item_ui(ui, chats, person, &shown, item, state, cx);
            }
            tail_ui(ui, chats, person, &shown, cx);
        });
    });
}

/// What is below the newest message.
fn tail_ui(ui: &mut Ui, chats: &mut Chats, person: PersonId, shown: &Shown, cx: &mut Cx<'_>) {
    let c = colors(ui);
    if shown.missing > 0 {
        ui.vertical_centered(|ui| say(ui, Type::Small, c.t3, cx.strings.format("private-missing", &[("n", shown.missing.into())])));
    }
    if shown.unreadable > 0 {
        unreadable_ui(ui, chats.name_of(person), shown.unreadable, cx);
    }
    if let Some(now) = shown.changed {
        ui.add_space(space::S);
        verify::changed_ui(ui, chats, person, now, cx);
    }
    if chats.private.is_typing(person) {
        let name = text::isolated(chats.name_of(person)).into_owned();
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(24.0, 16.0), Sense::hover());
            for n in 0..3 {
                ui.painter().circle_filled(rect.left_center() + vec2(4.0 + 8.0 * n as f32, 0.0), 2.5, c.t3);
            }
            say(ui, Type::Small, c.t2, cx.strings.format("private-writes", &[("name", name.into())]));
        });
        ui.ctx().request_repaint_after(std::time::Duration::from_secs(1));
    }
}

/// Parcels that cannot be read here: what happens by itself.
fn unreadable_ui(ui: &mut Ui, name: &str, count: u64, cx: &Cx<'_>) {
    let c = colors(ui);
    let name = text::isolated(name).into_owned();
    let shown = Frame::new().corner_radius(CornerRadius::same(radius::CARD)).inner_margin(Margin::symmetric(14, 10)).show(ui, |ui| {
        ui.set_max_width(390.0);
        ui.horizontal_top(|ui| {
            icon_ui(ui, Icon::Lock, size::ICON, c.warn);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                say(ui, Type::Control, c.t1, cx.strings.format("private-unreadable", &[("n", count.into())]));
                say(ui, Type::Small, c.t2, cx.strings.format("private-unreadable-about", &[("name", name.into())]));
            });
        });
    });
    dashed(ui, shown.response.rect, Stroke::new(1.0, c.warn_line));
}

fn item_ui(ui: &mut Ui, chats: &mut Chats, person: PersonId, shown: &Shown, item: &Item, state: &ClassState, cx: &mut Cx<'_>) {
    let plain = text::block(&item.text);
    let name = chats.name_of(person).to_owned();
    let said_by = if item.own { cx.text("people-you") } else { name.clone() };
    let (mark, note) = mark_of(item, shown, &name, cx);
    let chosen = chats.reporting.as_ref().is_some_and(|(of, ids)| *of == person && ids.contains(&item.id));
    let bubble = Bubble {
        own: item.own,
        said_by: &said_by,
        text: &plain,
        time: time_of(item.sent_ms),
        mark,
        note,
        may_report: !item.own && item.proof.is_some() && instructor(state, person).is_some(),
        is_chosen: chosen,
        file: item.file.as_deref().map(|f| FileRow::of(f, item.own, chats.private.saved.get(&item.id), cx)),
        ..Bubble::empty(Id::unique(("private", item.id)))
    };
    match bubble_ui(ui, &bubble, cx) {
        Some(Act::Report) => {
            let (of, ids) = chats.reporting.get_or_insert_with(|| (person, Default::default()));
            if *of != person {
                (*of, *ids) = (person, Default::default());
            }
            if !ids.remove(&item.id) {
                ids.insert(item.id);
            }
        }
        Some(Act::Download) => push(cx, ChatCommand::Private(PrivateWish::Download { of: person, id: item.id })),
        Some(Act::ShowFile) => {
            if let Some(path) = chats.private.saved.get(&item.id) {
                push(cx, ChatCommand::ShowFile(path.clone()));
            }
        }
        Some(Act::Reply | Act::Edit | Act::Delete | Act::React(..) | Act::ToQuoted) | None => {}
    }
}

/// How far it is, with words where a mark is not enough.
fn mark_of(item: &Item, shown: &Shown, name: &str, cx: &Cx<'_>) -> (Mark, Option<String>) {
    let named = |key: &str| Some(cx.strings.format(key, &[("name", text::isolated(name).into_owned().into())]));
    match item.state {
        ItemState::Received => (Mark::None, None),
        ItemState::Waiting if shown.changed.is_some() => (Mark::Waiting, Some(cx.text("private-waits-decision"))),
        ItemState::Waiting => (Mark::Waiting, named("private-waits-for")),
        ItemState::Sent => (Mark::Sent, None),
        ItemState::Kept => (Mark::Waiting, named("private-kept")),
        ItemState::Delivered => (Mark::Delivered, None),
        ItemState::Read => (Mark::Read, None),
        ItemState::Unconfirmed => (Mark::Trouble, named("private-unconfirmed")),
        ItemState::FalseKeys => (Mark::Trouble, Some(cx.text("private-false-keys"))),
        ItemState::Refused(why) => {
            let why = reasons::because(cx.strings, StreamError::Refused(why));
            (Mark::Trouble, Some(cx.strings.format("private-refused", &[("why", why.into())])))
        }
    }
}

/// Whom what `of` wrote can be reported to.
pub(super) fn instructor(state: &ClassState, of: PersonId) -> Option<(PersonId, &str)> {
    let me = state.me.as_ref().map(|me| me.id);
    let fits = |p: &&lectern_proto::control::Person| p.role == Role::Instructor && p.connected && p.id != of && Some(p.id) != me;
    state.people.iter().find(fits).map(|p| (p.id, p.name.as_str()))
}

/// While messages are chosen for a report: how many, who gets them, and that nothing else is shown.
fn report_bar_ui(ui: &mut Ui, chats: &mut Chats, of: PersonId, state: &ClassState, cx: &mut Cx<'_>) {
    let count = chats.reporting.as_ref().map_or(0, |(_, ids)| ids.len());
    let Some((to, instructor)) = instructor(state, of) else {
        chats.reporting = None;
        return;
    };
    let names = [("n", count.into()), ("name", text::isolated(chats.name_of(of)).into_owned().into()), ("to", text::isolated(instructor).into_owned().into())];
    let words = cx.strings.format("private-report-about", &names);
    let report = cx.strings.format("private-report-to", &[("to", text::isolated(instructor).into_owned().into())]);
    let frame = Frame::new().fill(colors(ui).window).inner_margin(Margin { left: 12, right: 12, top: 6, bottom: 12 });
    let mut pressed = None;
    Panel::bottom(Id::unique("report-bar")).resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
        notice_with_ui(ui, Tone::Warn, Icon::Flag, &words, |ui| {
            if ui.add(Push::text(Look::Danger, &report).small().enabled(count > 0)).clicked() {
                pressed = Some(true);
            }
            if ui.add(Push::text(Look::Plain, &cx.text("common-cancel")).small()).clicked() {
                pressed = Some(false);
            }
        });
    });
    let Some(sends) = pressed else { return };
    if let Some((of, ids)) = chats.reporting.take()
        && sends
    {
        push(cx, ChatCommand::Private(PrivateWish::Report { of, ids: ids.into_iter().collect(), to }));
    }
}
