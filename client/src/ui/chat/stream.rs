//! The flow of one conversation: a header, days, bubbles, and the field below them. Only bubbles in sight are laid out anew.

use std::collections::HashMap;

use egui::{Align, Frame, Layout, Margin, Panel, Rect, ScrollArea, Sense, Ui, Vec2, vec2};
use lectern_proto::control::{TalkId, TalkMessage};
use time::{OffsetDateTime, UtcOffset};

use super::super::command::Cx;
use super::super::dates;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, size, space};
use super::super::widgets::{Look, Push, empty_ui, say_line, spinner_ui};
use super::bubble::{Act, Bubble, Mark, bubble_ui};
use super::composer::composer_ui;
use super::{ChatCommand, Chats, Draft, TalkWish, Whom, moderates, person, push, search};
use crate::class::ClassState;

/// Who writes again within this time stands under one name.
const TOGETHER_MS: i64 = 3 * 60 * 1_000;
/// As near to the upper end older messages are fetched.
const NEAR: f32 = 80.0;

/// How high bubbles were when they were drawn last, at one width; and where the oldest was.
#[derive(Debug, Default)]
pub(super) struct Heights {
    /// Of each place that shows them.
    places: HashMap<&'static str, Place>,
}

#[derive(Debug, Default)]
struct Place {
    width: f32,
    known: HashMap<TalkId, (u32, usize, f32)>,
    /// The oldest message and how far below the beginning it stood.
    oldest: Option<(TalkId, f32)>,
    /// Where the next pass scrolls to.
    jump: Option<f32>,
}

/// The hour and minute of a message on this computer's clock.
pub(super) fn time_of(at_ms: i64) -> String {
    local(at_ms).map_or_else(String::new, |at| format!("{:02}:{:02}", at.hour(), at.minute()))
}

fn local(at_ms: i64) -> Option<OffsetDateTime> {
    let moment = OffsetDateTime::from_unix_timestamp(at_ms.div_euclid(1_000)).ok()?;
    let offset = UtcOffset::local_offset_at(moment).unwrap_or(UtcOffset::UTC);
    moment.checked_to_offset(offset)
}

/// The header: whom it is with.
pub(super) fn head_ui(ui: &mut Ui, chats: &mut Chats, whom: Whom, (roomy, narrow): (bool, bool), cx: &mut Cx<'_>) {
    let c = colors(ui);
    search::handle_keys(ui);
    let frame = Frame::new().fill(c.window).inner_margin(Margin::symmetric(space::L as i8 - 4, 0));
    Panel::top("chat-head").exact_size(size::HEADER).frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            if narrow {
                let label = cx.text("chat-list");
                if ui.add(Push::icon(Icon::Back, &label)).clicked() {
                    push(cx, ChatCommand::List);
                }
            }
            if whom == Whom::Room {
                let (rect, _) = ui.allocate_exact_size(Vec2::splat(32.0), Sense::hover());
                ui.painter().circle_filled(rect.center(), 16.0, c.accent_tint);
                Icon::People.paint(ui.painter(), Rect::from_center_size(rect.center(), Vec2::splat(18.0)), c.accent);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let key = if chats.details { "chat-details-hide" } else { "chat-details-show" };
                if ui.add(Push::icon(Icon::More, &cx.text(key)).selected(chats.details)).clicked() {
                    chats.details = !chats.details;
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| match whom {
                    Whom::Person(id) => person::head_ui(ui, chats, id, cx),
                    Whom::Room => {
                        say_line(ui, Type::Title, c.t1, cx.text("chat-room"));
                        if roomy {
                            say_line(ui, Type::Small, c.t3, cx.text("chat-room-about"));
                        }
                    }
                });
            });
        });
    });
}

/// The room's messages and the field, in what is left of `ui`. `place` tells apart where it is drawn.
pub(crate) fn room_ui(ui: &mut Ui, chats: &mut Chats, state: &ClassState, place: &'static str, cx: &mut Cx<'_>) {
    composer_ui(ui, chats, Whom::Room, state, place, cx);
    ui.push_id(("room-stream", place), |ui| {
        if !state.talk.loaded {
            return waiting_ui(ui);
        }
        if state.talk.newest().is_none() && chats.pending.is_empty() {
            let key = if state.talk.rules.on { "chat-empty" } else { "chat-off" };
            return empty_ui(ui, Icon::People, &cx.text("chat-room"), &cx.text(key), |_| {});
        }
        messages_ui(ui, chats, state, place, cx);
    });
}

fn waiting_ui(ui: &mut Ui) {
    ui.vertical_centered(|ui| {
        ui.add_space(space::XL);
        spinner_ui(ui, 22.0, colors(ui).t3);
    });
}

fn messages_ui(ui: &mut Ui, chats: &mut Chats, state: &ClassState, place: &'static str, cx: &mut Cx<'_>) {
    let mut area = ScrollArea::vertical().id_salt("messages").auto_shrink(false).stick_to_bottom(true);
    let mut heights = chats.heights.places.remove(place).unwrap_or_default();
    if let Some(offset) = heights.jump.take() {
        area = area.vertical_scroll_offset(offset);
    }
    let shown = area.show_viewport(ui, |ui, sight| {
        let width = ui.available_width();
        if (heights.width - width).abs() > 0.5 {
            heights = Place { width, ..Place::default() };
        }
        let frame = Frame::new().inner_margin(Margin::symmetric(if width > 400.0 { 20 } else { 10 }, space::S as i8));
        frame
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = 0.0;
                let top = ui.cursor().top();
                older_ui(ui, chats, state, sight.top(), cx);
                let (mut before, mut first, mut moved) = (None::<&TalkMessage>, None, 0.0);
                for message in state.talk.messages() {
                    let at = ui.cursor().top() - top;
                    first.get_or_insert((message.id, at));
                    if let Some((_, was)) = heights.oldest.filter(|(oldest, _)| *oldest == message.id) {
                        moved = at - was;
                    }
                    row_ui(ui, chats, state, before, message, &mut heights, cx);
                    before = Some(message);
                }
                waiting_messages_ui(ui, chats, cx);
                let is_longer = heights.oldest.zip(first).is_some_and(|((before, _), (now, _))| now < before);
                heights.oldest = first;
                if is_longer { moved } else { 0.0 }
            })
            .inner
    });
    // What came above does not move what is read.
    if shown.inner > 0.0 {
        heights.jump = Some(shown.state.clamped_offset().y + shown.inner);
        ui.ctx().request_discard("older messages came");
    }
    chats.heights.places.insert(place, heights);
}

/// At the upper end: older messages are fetched when somebody comes near.
fn older_ui(ui: &mut Ui, chats: &Chats, state: &ClassState, scrolled: f32, cx: &mut Cx<'_>) {
    if !state.talk.more {
        return;
    }
    let is_waiting = chats.is_waiting(&TalkWish::Older);
    ui.vertical_centered(|ui| {
        ui.set_min_height(size::CONTROL);
        if is_waiting {
            spinner_ui(ui, 18.0, colors(ui).t3);
        } else if ui.add(Push::text(Look::Plain, &cx.text("chat-older")).small()).clicked() || (scrolled > 0.0 && scrolled < NEAR && chats.refused.is_none()) {
            push(cx, ChatCommand::Talk(TalkWish::Older));
        }
    });
}

fn row_ui(ui: &mut Ui, chats: &mut Chats, state: &ClassState, before: Option<&TalkMessage>, message: &TalkMessage, heights: &mut Place, cx: &mut Cx<'_>) {
    let is_together = before.is_some_and(|b| b.from == message.from && message.at_ms - b.at_ms < TOGETHER_MS && day_of(b.at_ms) == day_of(message.at_ms));
    let extra = message.reactions.len() + usize::from(message.taken.is_some()) * 100 + usize::from(is_together) * 1_000;
    let is_wanted = chats.wanted == Some(message.id);
    if let Some((revision, with, height)) = heights.known.get(&message.id)
        && (*revision, *with) == (message.revision, extra)
    {
        let rect = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), *height));
        if !ui.is_rect_visible(rect.expand(200.0)) && !is_wanted {
            ui.allocate_space(rect.size());
            return;
        }
    }
    let drawn = ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        if before.is_none_or(|b| day_of(b.at_ms) != day_of(message.at_ms)) {
            day_ui(ui, message.at_ms, cx);
        }
        message_ui(ui, chats, state, message, is_together, cx);
    });
    if is_wanted {
        ui.scroll_to_rect(drawn.response.rect, Some(Align::Center));
        chats.wanted = None;
    }
    heights.known.insert(message.id, (message.revision, extra, drawn.response.rect.height()));
}

/// The day on this computer's calendar.
pub(super) fn day_of(at_ms: i64) -> Option<time::Date> {
    local(at_ms).map(OffsetDateTime::date)
}

/// A line across the flow with the day on it.
pub(super) fn day_ui(ui: &mut Ui, at_ms: i64, cx: &Cx<'_>) {
    let c = colors(ui);
    let today = local(OffsetDateTime::now_utc().unix_timestamp().saturating_mul(1_000)).map(OffsetDateTime::date);
    let is_today = today.is_some() && day_of(at_ms) == today;
    let words = if is_today { Some(cx.text("chat-today")) } else { dates::day(cx.strings, at_ms.div_euclid(1_000).unsigned_abs()) };
    ui.add_space(space::S);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    let galley = ui.painter().layout_no_wrap(words.unwrap_or_default(), Type::Small.font(), c.t3);
    let half = galley.size().x / 2.0 + space::M;
    let line = egui::Stroke::new(1.0, c.line);
    ui.painter().hline(rect.left()..=rect.center().x - half, rect.center().y, line);
    ui.painter().hline(rect.center().x + half..=rect.right(), rect.center().y, line);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, c.t3);
    ui.add_space(space::XS);
}

fn message_ui(ui: &mut Ui, chats: &mut Chats, state: &ClassState, message: &TalkMessage, is_together: bool, cx: &mut Cx<'_>) {
    let me = state.me.as_ref().map(|me| me.id);
    let is_own = me == Some(message.from);
    let quote = message.reply_to.map(|id| state.talk.message(id).filter(|m| m.taken.is_none()).map(|m| (m.name.as_str(), m.text.as_str())));
    let bubble = Bubble {
        own: is_own,
        name: (!is_own && !is_together).then_some(message.name.as_str()),
        instructor: message.role == lectern_proto::control::Role::Instructor,
        said_by: &message.name,
        text: &message.text,
        mentions: &message.mentions,
        me,
        time: time_of(message.at_ms),
        mark: if message.revision > 0 { Mark::Edited } else { Mark::None },
        taken: message.taken,
        reactions: &message.reactions,
        quote,
        may_edit: is_own,
        may_delete: is_own || moderates(state),
        may_reply: true,
        may_react: state.talk.rules.on && (!state.floor.quiet || moderates(state)),
        ..Bubble::empty(egui::Id::unique(("talk", message.id)))
    };
    ui.add_space(if is_together { 0.0 } else { space::XS });
    let id = message.id;
    match bubble_ui(ui, &bubble, cx) {
        None | Some(Act::Report | Act::Download | Act::ShowFile) => {}
        Some(Act::Reply) => chats.drafts.entry(Whom::Room).or_default().reply = Some(id),
        Some(Act::Edit) => *chats.drafts.entry(Whom::Room).or_default() = Draft { text: message.text.clone(), reply: None, edits: Some(id) },
        Some(Act::Delete) => push(cx, ChatCommand::Talk(TalkWish::Delete(id))),
        Some(Act::React(reaction, on)) => push(cx, ChatCommand::Talk(TalkWish::React { id, reaction, on })),
        Some(Act::ToQuoted) => chats.wanted = message.reply_to.filter(|id| state.talk.message(*id).is_some()),
    }
}

/// What was written and is not on the server's disk yet.
fn waiting_messages_ui(ui: &mut Ui, chats: &Chats, cx: &mut Cx<'_>) {
    for (i, (wish, _)) in chats.pending.iter().enumerate() {
        let TalkWish::Say { text, .. } = wish else { continue };
        let bubble = Bubble { text, mark: Mark::Waiting, own: true, ..Bubble::empty(egui::Id::unique(("talk-waits", i))) };
        ui.add_space(space::XS);
        let _ = bubble_ui(ui, &bubble, cx);
    }
}
