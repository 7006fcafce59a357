//! The list of keys, over everything: every key that does something on the screen behind it, and nothing else.

use egui::{Align, Frame, Id, Key, Layout, Margin, ScrollArea, Ui, vec2};

use super::command::{Command, Cx};
use super::icons::Icon;
use super::tokens::{Type, colors, space};
use super::widgets::{Push, key_cap, say, say_line};

/// What is pressed, and the key of what it does. Two spaces part two keys.
type Row = (&'static str, &'static str);

const EVERYWHERE: &[Row] = &[
    ("Tab  ⇧ Tab", "keys-tab"),
    ("Enter  Space", "keys-press"),
    ("Ctrl +  Ctrl −", "keys-scale"),
    ("Ctrl 0", "keys-scale-reset"),
    ("Ctrl ,", "keys-settings"),
    ("Ctrl Q", "keys-quit"),
    ("T", "keys-talk"),
    ("Q", "keys-quiet"),
    ("Ctrl Z", "keys-quiet-undo"),
    ("F5", "keys-projector"),
    ("?  F1", "keys-list"),
    ("Esc", "keys-close"),
];

const CATALOGUE: &[Row] = &[("/  Ctrl F", "keys-search"), ("Esc", "keys-search-clear"), ("Enter", "keys-search-first"), ("← ↑  ↓ →", "keys-cards")];

const STAGE: &[Row] = &[
    ("Space  K", "keys-play"),
    ("J  L", "keys-ten"),
    ("←  →", "keys-five"),
    ("↑  ↓", "keys-volume"),
    ("M", "keys-mute"),
    ("+  −", "keys-zoom"),
    ("⇧ ←  ⇧ →", "keys-pan"),
    ("Z", "keys-zoom-whole"),
    ("I", "keys-statistics"),
    ("F", "keys-fullscreen"),
    ("Esc", "keys-escape"),
    ("Home  End", "keys-ends"),
    ("PgUp  PgDn", "keys-chapter"),
    ("0 … 9", "keys-tenths"),
];

/// Width of the caps of a row.
const CAPS: f32 = 124.0;
/// Width of a column.
const COLUMN: f32 = 344.0;

/// `?` and F1 open and close the list, Escape closes it.
pub(super) fn handle_list_keys(ctx: &egui::Context, shown: bool, out: &mut Vec<Command>) {
    let asked = ctx.input(|i| i.key_pressed(Key::Questionmark) || i.key_pressed(Key::F1)) && !ctx.text_edit_focused();
    if asked || (shown && ctx.input(|i| i.key_pressed(Key::Escape))) {
        out.push(Command::ToggleKeys);
    }
}

/// Draws the list for the stage or for the catalogue.
pub(super) fn keys_list_ui(ui: &mut Ui, on_stage: bool, cx: &mut Cx<'_>) {
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(space::L as i8));
    let window = ui.ctx().content_rect().size() - vec2(space::XXXL, space::XXXL);
    let (title, here) = if on_stage { ("keys-stage", STAGE) } else { ("keys-catalogue", CATALOGUE) };
    let wide = window.x >= 2.0 * COLUMN + space::XL;
    let width = if wide { 2.0 * COLUMN + space::XL } else { COLUMN }.min(window.x);
    let response = egui::Modal::new(Id::unique("keys")).frame(frame).show(ui.ctx(), |ui| {
        let c = colors(ui);
        ui.set_width(width);
        // Else a dialog of egui is no taller than 400 points.
        ui.set_max_height(window.y);
        ui.spacing_mut().interact_size.y = 24.0;
        ui.spacing_mut().item_spacing.y = space::XS;
        ui.horizontal(|ui| {
            say(ui, Type::Title, c.t1, cx.text("keys-title"));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(Push::icon(Icon::Close, &cx.text("common-close"))).clicked() {
                    cx.push(Command::ToggleKeys);
                }
            });
        });
        ScrollArea::vertical().max_height((window.y - 72.0).max(96.0)).show(ui, |ui| {
            if wide {
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = space::XL;
                    column_ui(ui, title, here, cx);
                    column_ui(ui, "keys-everywhere", EVERYWHERE, cx);
                });
            } else {
                column_ui(ui, title, here, cx);
                ui.add_space(space::S);
                column_ui(ui, "keys-everywhere", EVERYWHERE, cx);
            }
        });
    });
    if response.backdrop_response.clicked() {
        cx.push(Command::ToggleKeys);
    }
}

fn column_ui(ui: &mut Ui, title: &str, rows: &[Row], cx: &Cx<'_>) {
    let c = colors(ui);
    ui.vertical(|ui| {
        ui.set_width(COLUMN.min(ui.available_width()));
        say(ui, Type::Caption, c.t3, cx.text(title));
        for (keys, meaning) in rows {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                ui.allocate_ui_with_layout(vec2(CAPS, 24.0), Layout::left_to_right(Align::Center), |ui| {
                    ui.set_min_width(CAPS);
                    keys.split("  ").for_each(|key| {
                        key_cap(ui, key);
                    });
                });
                say_line(ui, Type::Body, c.t2, cx.text(meaning));
            });
        }
    });
}
