//! The keys of the stage, as players have them. [`super::super::keys_list`] lists them.

use egui::{Event, FocusDirection, Key, Modifiers};

use super::super::command::Command;
use super::chapters;
use super::zoom::zoom_keys;
use crate::player::{PlayState, PlayerStatus};

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
    // The modifiers of the event: those of the pass may already be up again.
    let is_press = |e: &Event, wanted: Key| matches!(e, Event::Key { key, pressed: true, modifiers, .. } if *key == wanted && modifiers.matches_logically(Modifiers::NONE));
    let pressed = |key| ctx.input(|i| i.events.iter().any(|e| is_press(e, key)));
    if pressed(Key::Escape) && !menu_open && !list_shown && fullscreen {
        out.push(Command::LeaveFullscreen);
    }
    out.extend(zoom_keys(ctx).into_iter().map(Command::Zoom));
    if pressed(Key::I) {
        out.push(Command::ToggleStatistics);
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
    if !menu_open {
        for (key, forward) in [(Key::PageUp, false), (Key::PageDown, true)] {
            if pressed(key)
                && let Some(position_us) = chapters::step(&status.details.chapters, status.position_us, forward)
            {
                out.push(Command::Seek { position_us });
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
