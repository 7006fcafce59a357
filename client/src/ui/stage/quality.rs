//! The menu of resolutions: `auto`, every rung of the video, highest first, and `thirds`.

use egui::{Popup, Stroke, Ui, vec2};

use super::super::command::{Command, Cx};
use super::super::format;
use super::super::tokens::colors;
use super::super::widgets::{Choice, Look, Push};
use super::StageView;
use super::menu::menu_ui;
use crate::player::PlayerStatus;

/// The name of the plan that goes through three rungs.
pub(in crate::ui) const THIRDS: &str = "thirds";
/// The name of the choice that follows line, machine and window.
pub(in crate::ui) const AUTO: &str = "auto";
/// Width of the menu.
const WIDTH: f32 = 296.0;

/// The button and, when it was pressed, the menu above it.
pub(super) fn quality_ui(ui: &mut Ui, view: &StageView<'_>, status: &PlayerStatus, cx: &mut Cx<'_>) {
    let rung = status.rung.as_deref().unwrap_or(&status.quality);
    let shown = match status.quality.as_str() {
        THIRDS => format!("{rung} {THIRDS}"),
        AUTO => auto_text(status, cx),
        _ => rung.to_owned(),
    };
    let label = cx.strings.format("stage-quality-now", &[("rung", shown.as_str().into())]);
    let id = ui.scope_id().with("quality");
    let open = Popup::is_id_open(ui.ctx(), id);
    let button = ui.add(Push::text(Look::Bare, &shown).mono().selected(open).named(&label));
    menu_ui(&button, id, WIDTH, &cx.text("stage-quality"), |ui| choices_ui(ui, view, status, cx));
}

fn choices_ui(ui: &mut Ui, view: &StageView<'_>, status: &PlayerStatus, cx: &mut Cx<'_>) {
    if !status.rungs.is_empty() {
        let note = cx.text("stage-quality-auto-note");
        let label = if status.quality == AUTO { auto_text(status, cx) } else { cx.text("stage-quality-auto") };
        if (Choice { name: &label, note: &note, right: "", chosen: status.quality == AUTO, mono: true }).show(ui) {
            cx.push(Command::SetQuality(AUTO.to_owned()));
        }
    }
    for name in status.rungs.iter().rev() {
        let spec = status.spec(view.ladder, name);
        let size = spec.map(|r| format!("{} × {}", r.box_width, r.box_height)).unwrap_or_default();
        let rate = spec.map(|r| format::bitrate(r.bitrate_bps)).unwrap_or_default();
        if (Choice { name, note: &size, right: &rate, chosen: status.quality == *name, mono: true }).show(ui) {
            cx.push(Command::SetQuality(name.clone()));
        }
    }
    let c = colors(ui);
    let (_, line) = ui.allocate_space(vec2(ui.available_width(), 9.0));
    ui.painter().hline(line.x_range().shrink(8.0), line.center().y, Stroke::new(1.0, c.line_strong));
    let turn = cx.strings.format("stage-thirds", &[("rungs", view.thirds.join(", ").into())]);
    if (Choice { name: THIRDS, note: &turn, right: "", chosen: status.quality == THIRDS, mono: true }).show(ui) {
        cx.push(Command::SetQuality(THIRDS.to_owned()));
    }
}

/// `Auto (720p)`: what was chosen, and what that is now.
fn auto_text(status: &PlayerStatus, cx: &Cx<'_>) -> String {
    match &status.rung {
        Some(rung) => cx.strings.format("stage-quality-auto-now", &[("rung", rung.as_str().into())]),
        None => cx.text("stage-quality-auto"),
    }
}
