//! Names that are offered while an `@` is typed.

use egui::text::{CCursor, CCursorRange};
use egui::{Id, Key, Modifiers, Popup, PopupCloseBehavior, RectAlign, Response, TextEdit, Ui};
use lectern_proto::control::Role;

use super::super::command::Cx;
use super::super::widgets::Choice;
use crate::class::ClassState;

/// So many are offered.
const MOST: usize = 6;

/// Names that fit what stands before the cursor.
pub(super) struct Offer {
    /// In characters: where the `@` stands, and where the cursor does.
    from: usize,
    to: usize,
    names: Vec<(String, bool)>,
    chosen: usize,
    /// A key has taken the chosen one.
    taken: bool,
}

/// What goes into the text.
pub(super) struct Insert {
    from: usize,
    to: usize,
    name: String,
}

/// What is offered now; takes the keys that choose.
pub(super) fn offer(ui: &Ui, field: Id, text: &str, state: &ClassState) -> Option<Offer> {
    let cursor = TextEdit::load_state(ui.ctx(), field)?.cursor.char_range()?.primary.index.0;
    let before: Vec<char> = text.chars().take(cursor).collect();
    let at = before.iter().rposition(|c| *c == '@')?;
    if at > 0 && before[at - 1].is_alphanumeric() {
        return None;
    }
    let typed: String = before[at + 1..].iter().collect();
    let typed = typed.to_lowercase();
    let me = state.me.as_ref().map(|me| me.id);
    let fits = |name: &str| name.to_lowercase().starts_with(&typed) && name.to_lowercase() != typed;
    let names: Vec<_> =
        state.people.iter().filter(|p| Some(p.id) != me && fits(&p.name)).take(MOST).map(|p| (p.name.clone(), p.role == Role::Instructor)).collect();
    if names.is_empty() {
        return None;
    }
    let memory = field.with("named");
    let mut chosen = ui.data(|d| d.get_temp::<usize>(memory)).unwrap_or(0).min(names.len() - 1);
    let pressed = |key| ui.input_mut(|i| i.consume_key(Modifiers::NONE, key));
    if pressed(Key::ArrowDown) {
        chosen = (chosen + 1) % names.len();
    }
    if pressed(Key::ArrowUp) {
        chosen = (chosen + names.len() - 1) % names.len();
    }
    ui.data_mut(|d| d.insert_temp(memory, chosen));
    let taken = pressed(Key::Enter) || pressed(Key::Tab);
    Some(Offer { from: at, to: cursor, names, chosen, taken })
}

/// Draws what is offered above the field; gives what was chosen.
pub(super) fn popup_ui(field: &Response, offer: &Offer, cx: &Cx<'_>) -> Option<Insert> {
    let insert = |name: &str| Insert { from: offer.from, to: offer.to, name: name.to_owned() };
    let mut chosen = offer.taken.then(|| insert(&offer.names[offer.chosen].0));
    let popup = Popup::from_response(field).id(field.id.with("named-popup")).open(true).align(RectAlign::TOP_START).gap(8.0).width(240.0);
    popup.close_behavior(PopupCloseBehavior::IgnoreClicks).show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (i, (name, is_instructor)) in offer.names.iter().enumerate() {
            let note = if *is_instructor { cx.text("people-instructor") } else { String::new() };
            if (Choice { name, note: &note, right: "", chosen: i == offer.chosen, mono: false }).show(ui) {
                chosen = Some(insert(name));
            }
        }
    });
    chosen
}

/// Puts a name where the `@` stands, and the cursor behind it.
pub(super) fn insert(ui: &Ui, field: Id, text: &mut String, insert: &Insert) {
    let chars: Vec<char> = text.chars().collect();
    let (head, tail): (String, String) = (chars[..insert.from.min(chars.len())].iter().collect(), chars[insert.to.min(chars.len())..].iter().collect());
    let named = format!("@{} ", insert.name);
    let cursor = insert.from + named.chars().count();
    *text = format!("{head}{named}{tail}");
    if let Some(mut state) = TextEdit::load_state(ui.ctx(), field) {
        state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(cursor))));
        state.store(ui.ctx(), field);
    }
    ui.data_mut(|d| d.remove::<usize>(field.with("named")));
    ui.memory_mut(|m| m.request_focus(field));
}
