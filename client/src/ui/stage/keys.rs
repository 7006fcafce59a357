//! The keys of the stage, as players have them, and the list of them.

use egui::{Align2, FocusDirection, Frame, Id, Key, Margin, Modifiers, Sense, Stroke, Ui, vec2};

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, space};
use super::super::widgets::{Push, say};
use crate::player::{PlayState, PlayerStatus};

/// Rows of the list: what is pressed, and the key of what it does.
const LIST: [(&str, &str); 10] = [
    ("Space  K", "keys-play"),
    ("J  L", "keys-ten"),
    ("←  →", "keys-five"),
    ("↑  ↓", "keys-volume"),
    ("M", "keys-mute"),
    ("F", "keys-fullscreen"),
    ("Esc", "keys-escape"),
    ("Home  End", "keys-ends"),
    ("0 … 9", "keys-tenths"),
    ("?", "keys-list"),
];

const DIGITS: [Key; 10] = [Key::Num0, Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];

/// Turns keys into commands. Tells whether there were any.
///
/// A focused control keeps Space and Enter, a text field keeps all, and an open menu keeps the arrows.
pub(in crate::ui) fn handle_keys(ctx: &egui::Context, status: Option<&PlayerStatus>, list_shown: bool, fullscreen: bool, out: &mut Vec<Command>) -> bool {
    if ctx.text_edit_focused() {
        return false;
    }
    let before = out.len();
    let menu_open = egui::Popup::is_any_open(ctx);
    let focused = ctx.memory(|m| m.focused()).is_some();
    let pressed = |key| ctx.input(|i| i.modifiers.matches_logically(Modifiers::NONE) && i.key_pressed(key));
    if ctx.input(|i| i.key_pressed(Key::Questionmark) || i.key_pressed(Key::F1)) {
        out.push(Command::ToggleKeys);
    }
    if pressed(Key::Escape) && !menu_open {
        if list_shown {
            out.push(Command::ToggleKeys);
        } else if fullscreen {
            out.push(Command::LeaveFullscreen);
        }
    }
    if pressed(Key::F) {
        out.push(Command::ToggleFullscreen);
    }
    if let Some(status) = status {
        playback_keys(&pressed, status, focused, menu_open, out);
    }
    if !menu_open && out.len() > before {
        // The arrows have done their work; they do not also move the focus.
        ctx.memory_mut(|m| m.move_focus(FocusDirection::None));
    }
    out.len() > before
}

fn playback_keys(pressed: &impl Fn(Key) -> bool, status: &PlayerStatus, focused: bool, menu_open: bool, out: &mut Vec<Command>) {
    let ended = status.state == PlayState::Ended;
    if pressed(Key::K) || (pressed(Key::Space) && !focused) {
        out.push(if ended { Command::Replay } else { Command::TogglePlay });
    }
    for (key, by_us) in [(Key::J, -10_000_000), (Key::L, 10_000_000)] {
        if pressed(key) {
            out.push(Command::SeekBy { by_us });
        }
    }
    if pressed(Key::M) {
        out.push(Command::ToggleMute);
    }
    if !menu_open {
        for (key, by_us) in [(Key::ArrowLeft, -5_000_000), (Key::ArrowRight, 5_000_000)] {
            if pressed(key) {
                out.push(Command::SeekBy { by_us });
            }
        }
        for (key, by) in [(Key::ArrowUp, 0.05), (Key::ArrowDown, -0.05)] {
            if pressed(key) {
                out.push(Command::VolumeBy(by));
            }
        }
    }
    if pressed(Key::Home) {
        out.push(Command::Seek { position_us: 0 });
    }
    if pressed(Key::End) {
        out.push(Command::Seek { position_us: status.duration_us });
    }
    for (tenth, key) in (0_u64..).zip(DIGITS) {
        if pressed(key) {
            out.push(Command::Seek { position_us: status.duration_us / 10 * tenth });
        }
    }
}

/// The list, over everything.
pub(in crate::ui) fn list_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
    let response = egui::Modal::new(Id::unique("keys")).frame(frame(ui)).show(ui.ctx(), |ui| {
        let c = colors(ui);
        ui.set_width(360.0);
        ui.spacing_mut().interact_size.y = 24.0;
        ui.spacing_mut().item_spacing.y = space::XS;
        ui.horizontal(|ui| {
            say(ui, Type::Title, c.t1, cx.text("keys-title"));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if ui.add(Push::icon(Icon::Close, &cx.text("common-close"))).clicked() {
                    cx.push(Command::ToggleKeys);
                }
            });
        });
        for (keys, meaning) in LIST {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                ui.allocate_ui_with_layout(vec2(112.0, 24.0), egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.set_min_width(112.0);
                    keys.split("  ").for_each(|key| cap_ui(ui, key));
                });
                say(ui, Type::Body, c.t2, cx.text(meaning));
            });
        }
    });
    if response.backdrop_response.clicked() {
        cx.push(Command::ToggleKeys);
    }
}

fn frame(ui: &Ui) -> Frame {
    Frame::window(ui.style()).inner_margin(Margin::same(space::L as i8))
}

/// A key as it looks on a keyboard.
fn cap_ui(ui: &mut Ui, key: &str) {
    let c = colors(ui);
    let galley = ui.painter().layout_no_wrap(key.to_owned(), Type::MonoSmall.font(), c.t1);
    let (rect, _) = ui.allocate_exact_size(vec2((galley.size().x + 12.0).max(24.0), 22.0), Sense::hover());
    ui.painter().rect(rect, f32::from(radius::CHIP), c.hover, Stroke::new(1.0, c.line_strong), egui::StrokeKind::Inside);
    let at = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size()).min;
    ui.painter().galley(at, galley, c.t1);
}
