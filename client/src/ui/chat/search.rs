//! Search over the room's messages: the server looks through all that it keeps.

use egui::accesskit::Role;
use egui::{CursorIcon, Frame, Id, Key, Margin, Modifiers, Rect, ScrollArea, Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, Vec2, WidgetInfo, vec2};
use lectern_proto::control::TalkMessage;
use lectern_proto::limits::TALK_SEARCH_MAX;

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{Push, focus_ring, rich, say, say_line, spinner_ui};
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
    let c = colors(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::CONTROL), Sense::hover());
    ui.painter().rect_filled(rect, f32::from(radius::CONTROL), c.field);
    Icon::Search.paint(ui.painter(), Rect::from_center_size(rect.left_center() + vec2(18.0, 0.0), Vec2::splat(16.0)), c.t3);
    let inner = Rect::from_min_max(rect.min + vec2(34.0, 0.0), rect.max - vec2(size::CONTROL, 0.0));
    let label = cx.text("chat-search");
    let edit = TextEdit::singleline(&mut chats.words)
        .id(search_id())
        .frame(Frame::NONE.inner_margin(Margin::ZERO))
        .font(Type::Body.font())
        .text_color(c.t1)
        .hint_text(rich(Type::Body, c.t3, &label))
        .char_limit(TALK_SEARCH_MAX / 4)
        .align(egui::Align2::LEFT_CENTER)
        .desired_width(inner.width())
        .min_size(inner.size());
    let response = ui.put(inner, edit);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::SearchInput);
        node.set_label(label.as_str());
    });
    let end = Rect::from_center_size(rect.right_center() - vec2(size::CONTROL / 2.0, 0.0), Vec2::splat(size::SMALL));
    let is_cleared = chats.words.trim().is_empty() && chats.found.is_some();
    let closed = chats.found.is_some() && ui.put(end, Push::icon(Icon::Close, &cx.text("chat-search-end")).small()).clicked();
    let escaped = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Escape));
    if is_cleared || closed || escaped {
        chats.words.clear();
        chats.found = None;
    } else if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) && !chats.words.trim().is_empty() {
        push(cx, ChatCommand::Talk(TalkWish::Search { words: chats.words.clone() }));
    }
    let waits = chats.pending.iter().any(|(wish, _)| matches!(wish, TalkWish::Search { .. }));
    if waits && chats.found.is_none() {
        let mut turning = ui.new_child(UiBuilder::new().max_rect(end));
        spinner_ui(&mut turning, 16.0, c.t3);
    }
    let stroke = if response.has_focus() { Stroke::new(2.0, c.accent) } else { Stroke::new(1.0, c.control) };
    ui.painter().rect_stroke(rect, f32::from(radius::CONTROL), stroke, StrokeKind::Inside);
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
