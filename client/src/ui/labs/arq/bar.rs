//! Below the diagram: to the beginning, a step back, play, a step on, and the moment that is looked at.

use egui::{Ui, vec2};

use super::super::super::command::Cx;
use super::super::super::icons::Icon;

use super::super::super::tokens::{Type, colors, space};
use super::super::super::widgets::{Push, say, slider_ui};
use super::millis;
use super::model::Lab;

/// Room for the moment and the step in digits.
const TOLD: f32 = 190.0;

pub(super) fn bar_ui(ui: &mut Ui, lab: &mut Lab, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XS, 0.0);
        let step = lab.step();
        if ui.add(Push::icon(Icon::Rewind, &cx.text("arq-begin")).enabled(step > 0)).clicked() {
            lab.step_to(0);
        }
        if ui.add(Push::icon(Icon::Back, &cx.text("arq-step-back")).enabled(step > 0)).clicked() {
            lab.step_to(step - 1);
        }
        let (icon, key) = if lab.is_playing { (Icon::Pause, "arq-pause") } else { (Icon::Play, "arq-play") };
        if ui.add(Push::icon(icon, &cx.text(key)).selected(lab.is_playing)).clicked() {
            lab.toggle_play();
        }
        let events = lab.made().moments.len();
        if ui.add(Push::icon(Icon::Arrow, &cx.text("arq-step-on")).enabled(step < events)).clicked() {
            lab.step_to(step + 1);
        }
        ui.add_space(space::S);
        let end = lab.made().end;
        let width = (ui.available_width() - TOLD).max(60.0);
        let every = (end.as_secs_f32() / 500.0).max(1e-6);
        if let Some(time) = slider_ui(ui, width, &cx.text("arq-moment"), lab.time.as_secs_f32(), 0.0..=end.as_secs_f32(), every) {
            lab.is_playing = false;
            lab.go_to(std::time::Duration::from_secs_f32(time.max(0.0)));
        }
        ui.add_space(space::S);
        say(ui, Type::MonoSmall, c.t1, millis(lab.time));
        say(ui, Type::MonoSmall, c.t3, format!("/ {} ms", millis(end)));
        ui.add_space(space::S);
        say(ui, Type::MonoSmall, c.t2, format!("{}/{events}", lab.step()));
    });
}
