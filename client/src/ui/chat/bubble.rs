//! One message as a bubble: who, what, when, how far it is; its menu, by mouse and by keys.

use egui::accesskit::Role;
use egui::{CornerRadius, CursorIcon, Frame, Id, Key, Margin, Popup, PopupCloseBehavior, Rect, Response, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use lectern_proto::control::{Mention, PersonId, Reaction, TakenBy, Tally};

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::tokens::{Colors, Type, colors, radius, size, space};
use super::super::widgets::{Choice, Push, focus_ring, say, say_line};
use super::file::{FileRow, file_act_ui, file_ui};
use super::text;

/// Corner of a bubble, in points.
const CORNER: u8 = 10;
/// A bubble is at most so much of the width, and at most so wide.
const SHARE: f32 = 0.78;
const WIDEST: f32 = 620.0;

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    Edited,
    /// Not on the server yet.
    Waiting,
    /// The server has it.
    Sent,
    /// The other's machine has it.
    Delivered,
    /// The other has seen it.
    Read,
    /// It did not come through.
    Trouble,
}

/// What a person wants of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Reply,
    Edit,
    Delete,
    React(Reaction, bool),
    /// To the message that this one answers.
    ToQuoted,
    /// Into a report, or out of it again.
    Report,
    /// The file comes here.
    Download,
    /// Where the file was written is shown.
    ShowFile,
}

/// A message as it is drawn.
#[derive(Debug, Clone)]
pub(super) struct Bubble<'a> {
    pub(super) key: Id,
    pub(super) own: bool,
    /// Stands above it; none where the one before is by the same person.
    pub(super) name: Option<&'a str>,
    pub(super) instructor: bool,
    pub(super) said_by: &'a str,
    pub(super) text: &'a str,
    pub(super) mentions: &'a [Mention],
    pub(super) me: Option<PersonId>,
    pub(super) time: String,
    pub(super) mark: Mark,
    /// What the mark means, where that needs words.
    pub(super) note: Option<String>,
    pub(super) taken: Option<TakenBy>,
    pub(super) reactions: &'a [Tally],
    /// Name and text of what it answers; the inner none: it is not here any more.
    pub(super) quote: Option<Option<(&'a str, &'a str)>>,
    pub(super) may_edit: bool,
    pub(super) may_delete: bool,
    pub(super) may_react: bool,
    pub(super) may_reply: bool,
    pub(super) may_report: bool,
    /// It is part of a report that is being made.
    pub(super) is_chosen: bool,
    /// The file that it offers, instead of a text.
    pub(super) file: Option<FileRow>,
}

impl Bubble<'_> {
    pub(super) fn empty(key: Id) -> Self {
        Self {
            key,
            own: false,
            name: None,
            instructor: false,
            said_by: "",
            text: "",
            mentions: &[],
            me: None,
            time: String::new(),
            mark: Mark::None,
            note: None,
            taken: None,
            reactions: &[],
            quote: None,
            may_edit: false,
            may_delete: false,
            may_react: false,
            may_reply: false,
            may_report: false,
            is_chosen: false,
            file: None,
        }
    }

    /// What its mark says.
    fn mark_words(&self, cx: &Cx<'_>) -> Option<String> {
        let key = match self.mark {
            Mark::None | Mark::Edited => None,
            Mark::Waiting => Some("chat-waits"),
            Mark::Sent => Some("private-sent"),
            Mark::Delivered => Some("private-delivered"),
            Mark::Read => Some("private-read"),
            Mark::Trouble => Some("private-trouble"),
        };
        self.note.clone().or_else(|| key.map(|key| cx.text(key)))
    }

    fn names_me(&self) -> bool {
        self.mentions.iter().any(|m| Some(m.person) == self.me)
    }

    /// As a screen reader says it.
    fn said(&self, cx: &Cx<'_>) -> String {
        let words = match self.taken {
            Some(_) => taken_words(self.taken, cx),
            None => self.text.to_owned(),
        };
        let mut parts = vec![self.said_by.to_owned(), words, self.time.clone()];
        parts.extend(self.file.as_ref().map(|file| file.about.clone()));
        parts.extend((self.mark == Mark::Edited && self.taken.is_none()).then(|| cx.text("chat-edited")));
        parts.extend(self.mark_words(cx));
        parts.extend(self.is_chosen.then(|| cx.text("private-chosen")));
        parts.extend(self.reactions.iter().map(|t| format!("{} {}", t.reaction.emoji(), t.count)));
        parts.retain(|p| !p.is_empty());
        parts.join(", ")
    }
}

fn taken_words(taken: Option<TakenBy>, cx: &Cx<'_>) -> String {
    match taken {
        Some(TakenBy::Moderator) => cx.text("chat-taken-moderator"),
        _ => cx.text("chat-taken"),
    }
}

/// Draws it at its side; gives what is wanted of it.
pub(super) fn bubble_ui(ui: &mut Ui, bubble: &Bubble<'_>, cx: &mut Cx<'_>) -> Option<Act> {
    let c = colors(ui);
    let room = ui.available_width();
    let widest = (room * if room < 400.0 { 0.92 } else { SHARE }).min(WIDEST);
    if let Some(name) = bubble.name {
        ui.spacing_mut().interact_size.y = Type::Small.line();
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            let ink = if bubble.instructor { c.accent } else { c.t2 };
            say_line(ui, Type::Small, ink, name);
            if bubble.instructor {
                say_line(ui, Type::Caption, c.t3, cx.text("people-instructor"));
            }
        });
    }
    let left = ui.cursor().left();
    // Drawn at the left first to know how wide it is, unless it was drawn before.
    let known = ui.data(|d| d.get_temp::<f32>(bubble.key)).unwrap_or(widest).min(widest);
    let indent = if bubble.own { (room - known).max(0.0) } else { 0.0 };
    let place = Rect::from_min_size(pos2(left + indent, ui.cursor().top()), vec2(widest.min(room - indent), 100_000.0));
    let mut act = None;
    let mut inner = ui.new_child(egui::UiBuilder::new().id_salt(bubble.key).max_rect(place));
    let shown = body_ui(&mut inner, bubble, widest, &mut act, cx);
    let rect = shown.rect;
    if (rect.width() - known).abs() > 0.5 {
        ui.data_mut(|d| d.insert_temp(bubble.key, rect.width()));
        ui.ctx().request_repaint();
    }
    // What is pressed stands below it: the bubble is pressed as a whole.
    let file_act = bubble.file.as_ref().filter(|file| file.act.is_some());
    let below = (!bubble.reactions.is_empty() || file_act.is_some()).then(|| {
        let at = Rect::from_min_size(pos2(rect.left(), rect.bottom() + 2.0), vec2((room - indent).max(80.0), size::SMALL));
        let mut row = ui.new_child(egui::UiBuilder::new().id_salt((bubble.key, "below")).max_rect(at));
        match file_act {
            Some(file) => act = file_act_ui(&mut row, file, cx).or(act),
            None => reactions_ui(&mut row, bubble, &mut act),
        }
        row.min_rect()
    });
    let used = below.map_or(rect, |r| rect.union(r));
    let response = ui.interact(rect, bubble.key.with("bubble"), Sense::click());
    focus_ring(ui, rect, CORNER, &response);
    let said = bubble.said(cx);
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &said));
    if bubble.mark != Mark::Waiting && bubble.taken.is_none() {
        act = act.or_else(|| menu(ui, &response, bubble, cx)).or_else(|| keys(&response, bubble));
    }
    ui.advance_cursor_after_rect(Rect::from_min_max(pos2(left, used.top()), pos2(left + room, used.bottom())));
    act
}

fn look(bubble: &Bubble<'_>, c: &Colors) -> (egui::Color32, Stroke) {
    match (bubble.own, bubble.mark, bubble.taken) {
        (_, _, Some(_)) => (egui::Color32::TRANSPARENT, Stroke::new(1.0, c.line)),
        (_, Mark::Waiting, _) => (egui::Color32::TRANSPARENT, Stroke::NONE),
        (_, Mark::Trouble, _) => (c.raised, Stroke::new(1.0, c.warn_line)),
        (true, ..) => (c.accent_tint, Stroke::new(1.0, c.accent_line)),
        (false, ..) if bubble.is_chosen => (c.raised, Stroke::new(2.0, c.warn)),
        (false, ..) if bubble.names_me() => (c.raised, Stroke::new(1.0, c.accent)),
        (false, ..) => (c.raised, Stroke::new(1.0, c.line_strong)),
    }
}

fn body_ui(ui: &mut Ui, bubble: &Bubble<'_>, widest: f32, act: &mut Option<Act>, cx: &mut Cx<'_>) -> Response {
    let c = colors(ui);
    let (fill, stroke) = look(bubble, c);
    let frame =
        Frame::new().fill(fill).stroke(stroke).corner_radius(CornerRadius::same(CORNER)).inner_margin(Margin { left: 12, right: 12, top: 7, bottom: 5 });
    let shown = frame.show(ui, |ui| {
        ui.set_max_width(widest - 26.0);
        ui.spacing_mut().item_spacing.y = space::XS;
        if let Some(quote) = bubble.quote
            && bubble.taken.is_none()
            && quote_ui(ui, bubble, quote, cx)
        {
            *act = Some(Act::ToQuoted);
        }
        if bubble.taken.is_some() {
            say(ui, Type::Small, c.t3, taken_words(bubble.taken, cx));
        } else if let Some(file) = &bubble.file {
            file_ui(ui, file);
        } else {
            text::message_ui(ui, bubble.text, bubble.mentions);
        }
        foot_ui(ui, bubble, cx);
    });
    if bubble.mark == Mark::Waiting {
        dashed(ui, shown.response.rect, Stroke::new(1.0, c.accent_line));
    }
    shown.response
}

/// A frame of dashes.
pub(super) fn dashed(ui: &Ui, rect: Rect, stroke: Stroke) {
    let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    ui.painter().extend(egui::Shape::dashed_line(&corners, stroke, 5.0, 4.0));
}

/// What is answered: pressed, it is scrolled to.
fn quote_ui(ui: &mut Ui, bubble: &Bubble<'_>, quote: Option<(&str, &str)>, cx: &Cx<'_>) -> bool {
    let c = colors(ui);
    ui.spacing_mut().interact_size.y = 0.0;
    let inner = ui.horizontal(|ui| {
        ui.add_space(8.0);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            match quote {
                Some((name, text)) => {
                    say_line(ui, Type::Caption, c.t2, name);
                    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
                    let short: String = first.chars().take(80).collect();
                    say_line(ui, Type::Small, c.t3, short);
                }
                None => _ = say_line(ui, Type::Small, c.t3, cx.text("chat-quoted-gone")),
            }
        });
    });
    let rect = inner.response.rect;
    ui.painter().vline(rect.left(), rect.y_range(), Stroke::new(2.0, c.accent_line));
    let response = ui.interact(rect, bubble.key.with("quote"), Sense::CLICK);
    quote.is_some() && response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}

/// Time and mark, at the lower right.
fn foot_ui(ui: &mut Ui, bubble: &Bubble<'_>, cx: &Cx<'_>) {
    let c = colors(ui);
    let quiet = if bubble.own { c.t2 } else { c.t3 };
    let (icon, ink) = match bubble.mark {
        Mark::None | Mark::Edited => (None, quiet),
        Mark::Waiting => (Some(Icon::Clock), quiet),
        Mark::Sent => (Some(Icon::Check), quiet),
        Mark::Delivered => (Some(Icon::Checks), quiet),
        Mark::Read => (Some(Icon::Checks), c.accent),
        Mark::Trouble => (Some(Icon::Warning), c.warn),
    };
    let words = match (&bubble.note, bubble.mark) {
        (Some(note), _) => note.clone(),
        (None, Mark::Edited) if bubble.taken.is_none() => format!("{} · {}", cx.text("chat-edited"), bubble.time),
        (None, Mark::Waiting) => cx.text("chat-waits"),
        _ => bubble.time.clone(),
    };
    let galley = ui.painter().layout(words, Type::Caption.font(), quiet, (ui.available_width() - 20.0).max(60.0));
    let mark = if icon.is_some() { 18.0 } else { 0.0 };
    let width = ui.min_rect().width().max(galley.size().x + mark);
    let (rect, response) = ui.allocate_exact_size(vec2(width, galley.size().y.max(14.0)), Sense::hover());
    if let Some(icon) = icon {
        icon.paint(ui.painter(), Rect::from_min_size(pos2(rect.right() - 14.0, rect.top()), vec2(14.0, 14.0)), ink);
        if let Some(words) = bubble.mark_words(cx) {
            response.on_hover_text(words);
        }
    }
    ui.painter().galley(pos2(rect.right() - galley.size().x - mark, rect.top()), galley, quiet);
}

fn reactions_ui(ui: &mut Ui, bubble: &Bubble<'_>, act: &mut Option<Act>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for tally in bubble.reactions {
            let label = format!("{} {}", tally.reaction.emoji(), tally.count);
            let push = Push::text(super::super::widgets::Look::Plain, &label).small().selected(tally.mine);
            if ui.add(push).clicked() && bubble.may_react {
                *act = Some(Act::React(tally.reaction, !tally.mine));
            }
        }
    });
}

/// The menu: by the right button, by Enter, and by a button that stands beside a bubble that is pointed at.
fn menu(ui: &mut Ui, response: &Response, bubble: &Bubble<'_>, cx: &mut Cx<'_>) -> Option<Act> {
    let id = bubble.key.with("menu");
    let is_open = Popup::is_id_open(ui.ctx(), id);
    let side = if bubble.own { response.rect.left() - 18.0 } else { response.rect.right() + 18.0 };
    let place = Rect::from_center_size(pos2(side, response.rect.center().y), egui::Vec2::splat(size::SMALL));
    let near = response.rect.union(place).expand(2.0);
    let mut opener = response.clone();
    if is_open || (ui.rect_contains_pointer(near) && !ui.input(|i| i.pointer.any_down())) || ui.rect_contains_pointer(place) {
        let more = ui.interact(place, bubble.key.with("more"), Sense::CLICK).on_hover_cursor(CursorIcon::PointingHand);
        if more.hovered() {
            ui.painter().rect_filled(place, f32::from(radius::CHIP), colors(ui).hover);
        }
        Icon::More.paint(ui.painter(), place.shrink(4.0), colors(ui).t2);
        if more.clicked() {
            Popup::toggle_id(ui.ctx(), id);
        }
        opener = more;
    }
    let enter = response.has_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    if enter || response.secondary_clicked() {
        Popup::toggle_id(ui.ctx(), id);
    }
    let mut act = None;
    let popup = Popup::from_response(&opener).id(id).open_memory(None).close_behavior(PopupCloseBehavior::CloseOnClick).width(216.0);
    popup.show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        if bubble.may_react {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 2.0;
                for reaction in Reaction::ALL {
                    let mine = bubble.reactions.iter().any(|t| t.reaction == reaction && t.mine);
                    let name = cx.text(reaction_key(reaction));
                    if ui.add(Push::text(super::super::widgets::Look::Bare, reaction.emoji()).selected(mine).named(&name)).clicked() {
                        act = Some(Act::React(reaction, !mine));
                    }
                }
            });
        }
        let line = |ui: &mut Ui, key: &str, right: &str| (Choice { name: &cx.text(key), note: "", right, chosen: false, mono: false }).show(ui);
        if bubble.may_reply && line(ui, "chat-reply", "R") {
            act = Some(Act::Reply);
        }
        if bubble.may_edit && line(ui, "chat-edit", "E") {
            act = Some(Act::Edit);
        }
        if line(ui, "chat-copy", "C") {
            ui.ctx().copy_text(bubble.text.to_owned());
        }
        if bubble.may_delete && line(ui, "chat-delete", "Del") {
            act = Some(Act::Delete);
        }
        if bubble.may_report && line(ui, if bubble.is_chosen { "private-report-not" } else { "private-report" }, "") {
            act = Some(Act::Report);
        }
    });
    act
}

pub(super) fn reaction_key(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::ThumbsUp => "chat-thumbs-up",
        Reaction::Heart => "chat-heart",
        Reaction::Laugh => "chat-laugh",
        Reaction::Party => "chat-party",
        Reaction::Surprised => "chat-surprised",
        Reaction::Question => "chat-question",
    }
}

/// Keys on a bubble that has the focus.
fn keys(response: &Response, bubble: &Bubble<'_>) -> Option<Act> {
    if !response.has_focus() {
        return None;
    }
    let numbers = [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6];
    let mut copies = false;
    let act = response.ctx.input_mut(|i| {
        let mut pressed = |key| i.consume_key(egui::Modifiers::NONE, key);
        if bubble.may_reply && pressed(Key::R) {
            return Some(Act::Reply);
        }
        if bubble.may_edit && pressed(Key::E) {
            return Some(Act::Edit);
        }
        if pressed(Key::C) {
            copies = true;
            return None;
        }
        if bubble.may_delete && pressed(Key::Delete) {
            return Some(Act::Delete);
        }
        let reaction = numbers.into_iter().zip(Reaction::ALL).find(|(key, _)| bubble.may_react && pressed(*key));
        reaction.map(|(_, reaction)| Act::React(reaction, !bubble.reactions.iter().any(|t| t.reaction == reaction && t.mine)))
    });
    if copies {
        response.ctx.copy_text(bubble.text.to_owned());
    }
    act
}
