//! Search over the room's messages: the server looks through all that it keeps.

use egui::accesskit::Role;
use egui::{CursorIcon, Frame, Id, Key, Margin, Modifiers, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo};
use lectern_proto::control::TalkMessage;
use lectern_proto::limits::TALK_SEARCH_MAX;

use super::super::command::Cx;
use super::super::tokens::{Type, colors, radius, space};
use super::super::widgets::{End, Search, focus_ring, say, say_line};
use super::stream::time_of;
use super::{ChatCommand, Chats, TalkWish, Whom, push};
use crate::class::ClassState;

fn search_id() -> Id {
    Id::unique("chat-search")
}

/// Ctrl+F searches.
pub(super) fn handle_keys(ui: &Ui) {
    if ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::F)) {
        ui.memory_mut(|m| m.request_focus(search_id()));
    }
}

/// The field; Enter searches, Escape ends it.
pub(super) fn search_ui(ui: &mut Ui, chats: &mut Chats, cx: &mut Cx<'_>) {
    let (label, close) = (cx.text("chat-search"), cx.text("chat-search-end"));
    let waits = chats.pending.iter().any(|(wish, _)| matches!(wish, TalkWish::Search { .. }));
    let end = match (&chats.found, waits) {
        (Some(_), _) => End::Close(&close),
        (None, true) => End::Spinner,
        (None, false) => End::Nothing,
    };
    let field = Search { id: search_id(), label: &label, width: ui.available_width(), limit: TALK_SEARCH_MAX / 4, end };
    let done = field.show(ui, &mut chats.words);
    let is_empty = chats.words.trim().is_empty();
    if done.ended || (is_empty && chats.found.is_some()) {
        chats.words.clear();
        chats.found = None;
    } else if done.entered && !is_empty {
        push(cx, ChatCommand::Talk(TalkWish::Search { words: chats.words.clone() }));
    }
}

/// What was found; one that is pressed is scrolled to.
pub(super) fn found_ui(ui: &mut Ui, chats: &mut Chats, state: &ClassState, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let Some(found) = chats.found.clone() else { return };
    let count = found.page.messages.len();
    let key = if found.page.more { "chat-found-many" } else { "chat-found" };
    say(ui, Type::Small, c.t2, cx.strings.format(key, &[("n", count.into()), ("words", found.words.as_str().into())]));
    ScrollArea::vertical().id_salt("found").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for message in &found.page.messages {
            if row_ui(ui, message) {
                // What lies before all that was fetched is not scrolled to, but read here.
                let is_held = state.talk.message(message.id).is_some();
                chats.wanted = is_held.then_some(message.id);
                push(cx, ChatCommand::Open(Whom::Room));
                if !is_held && state.talk.more {
                    chats.wanted = Some(message.id);
                    push(cx, ChatCommand::Talk(TalkWish::Older));
                }
            }
        }
    });
}

fn row_ui(ui: &mut Ui, message: &TalkMessage) -> bool {
    let c = colors(ui);
    let shown = ui.scope_builder(UiBuilder::new().id_salt(("found", message.id)).sense(Sense::click()), |ui| {
        Frame::new().inner_margin(Margin::symmetric(space::S as i8, 6)).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.spacing_mut().interact_size.y = Type::Control.line();
            ui.horizontal(|ui| {
                say_line(ui, Type::Control, c.t1, message.name.as_str());
                say_line(ui, Type::MonoSmall, c.t3, time_of(message.at_ms));
            });
            say(ui, Type::Small, c.t2, message.text.lines().take(3).collect::<Vec<_>>().join("\n"));
        });
    });
    let response = shown.response.on_hover_cursor(CursorIcon::PointingHand);
    if response.hovered() {
        ui.painter().rect_stroke(response.rect, f32::from(radius::CONTROL), Stroke::new(1.0, c.line_strong), StrokeKind::Inside);
    }
    focus_ring(ui, response.rect.shrink(2.0), radius::CONTROL, &response);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{}: {}", message.name, message.text)));
    response.clicked()
}
