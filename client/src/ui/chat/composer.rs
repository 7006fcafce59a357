//! The field that a message is written in: Enter sends, Shift+Enter begins a line, `@` offers names, an arrow up changes one's last.

use egui::accesskit::Role;
use egui::{Align, CornerRadius, Frame, Id, Key, KeyboardShortcut, Layout, Margin, Modifiers, Panel, ScrollArea, Stroke, TextEdit, Ui, vec2};
use lectern_proto::chat::content::TEXT_MAX;
use lectern_proto::control::TalkId;
use lectern_proto::limits::TALK_TEXT_MAX;
use lectern_proto::text;

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::prose::{self, Span};
use super::super::reasons;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{Look, Push, Tone, icon_ui, notice_with_ui, rich, say, say_line};
use super::private::{PrivateWish, setting_key};
use super::{ChatCommand, Chats, Draft, TalkWish, Whom, moderates, named, push};
use crate::chat::Keeping;
use crate::class::ClassState;

/// The field grows to so many points, then it scrolls.
const HIGHEST: f32 = 140.0;

/// Draws it at the foot of `ui`, with what it answers or changes, and a refusal, above it.
pub(super) fn composer_ui(ui: &mut Ui, chats: &mut Chats, whom: Whom, state: &ClassState, place: &'static str, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let frame = Frame::new().fill(c.window).inner_margin(Margin { left: 12, right: 12, top: 6, bottom: 12 });
    Panel::bottom(Id::unique(("composer", place))).resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
        let refused = match (whom, chats.refused, &chats.refused_private) {
            (Whom::Room, Some(why), _) => Some(reasons::talk_error(cx.strings, why)),
            (Whom::Person(person), _, Some((of, why))) if *of == person => Some(reasons::chat_error(cx.strings, why)),
            _ => None,
        };
        if let Some(text) = refused {
            let close = cx.text("refused-put-away");
            if notice_with_ui(ui, Tone::Bad, Icon::Octagon, &text, |ui| ui.add(Push::icon(Icon::Close, &close).small()).clicked()) {
                push(cx, ChatCommand::PutAway);
            }
        }
        match closed(chats, whom, state, cx) {
            Some((icon, words)) => {
                chats.wants_focus = false;
                closed_ui(ui, icon, &words);
            }
            None => field_ui(ui, chats, whom, state, place, cx),
        }
    });
}

/// Why nobody writes here now.
fn closed(chats: &Chats, whom: Whom, state: &ClassState, cx: &Cx<'_>) -> Option<(Icon, String)> {
    let person = match whom {
        Whom::Room if !state.talk.rules.on => return Some((Icon::Hand, cx.text("chat-off"))),
        Whom::Room if state.floor.quiet && !moderates(state) => return Some((Icon::Hand, cx.text("chat-quiet"))),
        Whom::Room => return None,
        Whom::Person(person) => person,
    };
    let named = |key: &str| cx.strings.format(key, &[("name", text::isolated(chats.name_of(person)).into_owned().into())]);
    let shown = chats.with(person);
    if shown.is_some_and(|s| s.changed.is_some()) {
        return Some((Icon::Lock, named("private-stopped")));
    }
    let is_blocked = shown.is_some_and(|s| s.blocked);
    match state.people.iter().find(|p| p.id == person) {
        None if state.mailboxes.contains_key(&person) && chats.private.keeping == Keeping::Account => {
            is_blocked.then(|| (Icon::Prohibit, named("private-is-blocked")))
        }
        None => Some((Icon::Unplugged, named("private-is-gone"))),
        Some(_) if is_blocked => Some((Icon::Prohibit, named("private-is-blocked"))),
        Some(p) if !Chats::may_write(state, p) => Some((Icon::Lock, cx.text(setting_key(state)))),
        Some(_) => None,
    }
}

fn closed_ui(ui: &mut Ui, icon: Icon, text: &str) {
    let c = colors(ui);
    let frame = Frame::new().stroke(Stroke::new(1.0, c.line)).corner_radius(CornerRadius::same(radius::CONTROL)).inner_margin(Margin::symmetric(12, 10));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            icon_ui(ui, icon, size::ICON, c.t3);
            say_line(ui, Type::Body, c.t2, text);
        });
    });
}

fn field_ui(ui: &mut Ui, chats: &mut Chats, whom: Whom, state: &ClassState, place: &'static str, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let is_room = whom == Whom::Room;
    let id = Id::unique(("composer-text", place, whom));
    if std::mem::take(&mut chats.wants_focus) {
        ui.memory_mut(|m| m.request_focus(id));
    }
    let name = chats.open_person().map(|person| text::isolated(chats.name_of(person)).into_owned()).unwrap_or_default();
    let draft = chats.drafts.entry(whom).or_default();
    about_ui(ui, draft, state, cx);
    preview_ui(ui, &draft.text);
    let has_focus = ui.memory(|m| m.has_focus(id));
    let choice = if has_focus && is_room { named::offer(ui, id, &draft.text, state) } else { None };
    let mut sends = has_focus && choice.is_none() && ui.input_mut(|i| !i.modifiers.shift && i.consume_key(Modifiers::NONE, Key::Enter));
    if has_focus && choice.is_none() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
        *draft = Draft::default();
    }
    if has_focus && is_room && draft.text.is_empty() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::ArrowUp)) {
        edit_last(draft, state);
    }
    let limit = match whom {
        Whom::Person(_) => cx.strings.format("private-write", &[("name", name.into())]),
        Whom::Room if state.talk.rules.slow_s > 0 && !moderates(state) => cx.text("chat-write-slow"),
        Whom::Room => cx.text("chat-write"),
    };
    let most = if is_room { TALK_TEXT_MAX } else { TEXT_MAX };
    let stroke = if has_focus { Stroke::new(2.0, c.accent) } else { Stroke::new(1.0, c.control) };
    let frame = Frame::new().fill(c.field).stroke(stroke).corner_radius(CornerRadius::same(radius::CONTROL)).inner_margin(Margin {
        left: 12,
        right: 6,
        top: 5,
        bottom: 5,
    });
    let lines = ui.painter().layout(draft.text.clone(), Type::Body.font(), c.t1, (ui.available_width() - if is_room { 110.0 } else { 150.0 }).max(60.0));
    let height = (lines.size().y + 12.0).clamp(size::CONTROL, HIGHEST);
    let chosen = frame.show(ui, |ui| {
        ui.allocate_ui_with_layout(vec2(ui.available_width(), height), Layout::right_to_left(Align::Max), |ui| {
            let can = !draft.text.trim().is_empty();
            let label = cx.text(if draft.edits.is_some() { "chat-save" } else { "chat-send" });
            sends |= ui.add(Push::text(Look::Primary, &label).enabled(can)).clicked();
            if let Whom::Person(to) = whom
                && state.attachment_max > 0
                && ui.add(Push::icon(Icon::Clip, &cx.text("private-attach"))).clicked()
            {
                push(cx, ChatCommand::PickFile(to));
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ScrollArea::vertical()
                    .id_salt(("composer", place))
                    .max_height(HIGHEST)
                    .show(ui, |ui| {
                        let newline = KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter);
                        let edit = TextEdit::multiline(&mut draft.text)
                            .id(id)
                            .frame(Frame::NONE.inner_margin(Margin::symmetric(0, 6)))
                            .font(Type::Body.font())
                            .text_color(c.t1)
                            .hint_text(rich(Type::Body, c.t3, &limit))
                            .desired_rows(1)
                            .char_limit(most)
                            .return_key(newline)
                            .desired_width(f32::INFINITY);
                        let output = edit.show(ui);
                        if let (Whom::Person(person), true) = (whom, output.response.response.changed()) {
                            push(cx, ChatCommand::Private(PrivateWish::Typing(person)));
                        }
                        ui.ctx().accesskit_node_builder(output.response.response.id, |node| {
                            node.set_role(Role::MultilineTextInput);
                            node.set_label(limit.as_str());
                        });
                        choice.and_then(|choice| named::popup_ui(&output.response.response, &choice, cx))
                    })
                    .inner
            })
            .inner
        })
        .inner
    });
    if let Some(insert) = chosen.inner {
        named::insert(ui, id, &mut draft.text, &insert);
    }
    if sends {
        send(draft, whom, cx);
        ui.memory_mut(|m| m.request_focus(id));
    }
}

fn send(draft: &mut Draft, whom: Whom, cx: &mut Cx<'_>) {
    let Draft { text, reply, edits } = std::mem::take(draft);
    let text = text.trim_end().to_owned();
    if text.trim().is_empty() {
        return;
    }
    if let Whom::Person(to) = whom {
        return push(cx, ChatCommand::Private(PrivateWish::Write { to, text }));
    }
    push(cx, ChatCommand::Talk(edits.map_or(TalkWish::Say { text: text.clone(), reply }, |id| TalkWish::Edit { id, text })));
}

/// The last message of one's own comes back into the field.
fn edit_last(draft: &mut Draft, state: &ClassState) {
    let me = state.me.as_ref().map(|me| me.id);
    if let Some(last) = state.talk.messages().rev().find(|m| Some(m.from) == me && m.taken.is_none()) {
        *draft = Draft { text: last.text.clone(), reply: None, edits: Some(last.id) };
    }
}

/// What is answered or changed, with a button that ends that.
fn about_ui(ui: &mut Ui, draft: &mut Draft, state: &ClassState, cx: &Cx<'_>) {
    let about: Option<(&str, TalkId)> = draft.edits.map(|id| ("chat-edits", id)).or(draft.reply.map(|id| ("chat-replies", id)));
    let Some((key, id)) = about else { return };
    let c = colors(ui);
    let Some(message) = state.talk.message(id).filter(|m| m.taken.is_none()) else {
        *draft = Draft { text: std::mem::take(&mut draft.text), ..Draft::default() };
        return;
    };
    let name = text::isolated(&message.name).into_owned();
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(Push::icon(Icon::Close, &cx.text("common-cancel")).small()).clicked() {
                *draft = Draft { text: if draft.edits.is_some() { String::new() } else { std::mem::take(&mut draft.text) }, ..Draft::default() };
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                say(ui, Type::Small, c.accent, cx.strings.format(key, &[("name", name.into())]));
                say_line(ui, Type::Small, c.t3, message.text.lines().next().unwrap_or_default());
            });
        });
    });
}

/// The field shows what is typed from left to right; mixed text stands above it as the others will read it.
fn preview_ui(ui: &mut Ui, text: &str) {
    if !prose::is_mixed(text) {
        return;
    }
    let c = colors(ui);
    let spans = [Span { range: 0..text.len(), role: Type::Small, color: c.t2 }];
    let galley = prose::lay_out(ui.painter(), text, &spans, ui.available_width() - space::M, 3);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y), egui::Sense::hover());
    let at = egui::pos2(prose::origin(&galley, rect.left() + 4.0, rect.right() - 4.0), rect.top());
    ui.painter().galley(at, galley, c.t2);
}
