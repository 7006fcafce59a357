//! The lab of repeat request: a run drawn as a space-time diagram that is played, stepped and scrubbed, both windows, and what all that costs.

mod bar;
mod counters;
mod efficiency;
mod model;
mod parameters;
mod plotting;
mod space_time;
mod windows;

use egui::{Frame, Margin, Stroke, Ui, vec2};

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::shell::divider_ui;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{icon_ui, say, say_line};
pub(super) use model::Lab;
pub(super) use parameters::{name as protocol_name, slider};

/// Space between cards.
pub(super) const GAP: f32 = space::L;
/// Width of the column on the right.
const SIDE: f32 = 364.0;
/// Below this width cards stand below each other.
const TWO_COLUMNS: f32 = 820.0;
/// Least height of the diagram with its bar.
const DIAGRAM: f32 = 480.0;

impl Lab {
    /// Draws the cards.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.play(ui);
        let (wide, width) = (ui.available_width() >= TWO_COLUMNS, ui.available_width().max(360.0));
        let height = (ui.available_height() - 2.0).max(DIAGRAM);
        ui.spacing_mut().item_spacing = vec2(GAP, GAP);
        if wide {
            ui.horizontal_top(|ui| {
                card(ui, width - SIDE - GAP, height, |ui| self.diagram_ui(ui, height, cx));
                ui.vertical(|ui| self.side_ui(ui, SIDE, cx));
            });
        } else {
            card(ui, width, DIAGRAM, |ui| self.diagram_ui(ui, DIAGRAM, cx));
            self.side_ui(ui, width, cx);
        }
    }

    fn side_ui(&mut self, ui: &mut Ui, width: f32, cx: &mut Cx<'_>) {
        ui.spacing_mut().item_spacing = vec2(GAP, GAP);
        card(ui, width, 0.0, |ui| windows::windows_ui(ui, self, cx));
        card(ui, width, 0.0, |ui| counters::counters_ui(ui, self, cx));
        card(ui, width, 300.0, |ui| efficiency::efficiency_ui(ui, self, cx));
    }

    fn diagram_ui(&mut self, ui: &mut Ui, height: f32, cx: &mut Cx<'_>) {
        space_time::chosen_ui(ui, self, cx);
        let below = 2.0 * size::CONTROL + 3.0 * space::L;
        space_time::space_time_ui(ui, self, (height - size::CONTROL - below - 2.0 * space::L).max(200.0), cx);
        space_time::legend_ui(ui, cx);
        bar::bar_ui(ui, self, cx);
    }

    /// The line at the foot of the window.
    pub(super) fn status_ui(&self, ui: &mut Ui, cx: &Cx<'_>) {
        let c = colors(ui);
        icon_ui(ui, Icon::Flask, size::ICON_SMALL, c.t3);
        say(ui, Type::Small, c.t1, cx.text("labs-here"));
        let values =
            [("labs-seed", self.scenario.seed.to_string()), ("arq-events", self.made().outcome.events.to_string()), ("arq-checksum", "CRC-32".to_owned())];
        for (key, value) in values {
            divider_ui(ui);
            say(ui, Type::Small, c.t3, cx.text(key));
            say(ui, Type::MonoSmall, c.t1, value);
        }
        divider_ui(ui);
        let outcome = &self.made().outcome;
        let words = [("n", outcome.packets.into()), ("ms", millis(outcome.duration).into())];
        let (key, ink) = match outcome {
            o if o.first_wrong.is_some() => ("arq-arrived-wrong", c.bad),
            o if o.complete => ("arq-arrived", c.good),
            _ => ("arq-not-arrived", c.warn),
        };
        say_line(ui, Type::Small, ink, cx.strings.format(key, &words));
    }
}

/// Milliseconds as people read them.
fn millis(time: std::time::Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10.0 && ms > 0.0 { format!("{ms:.1}") } else { format!("{ms:.0}") }
}

/// A framed part of the page, so wide and at least so high.
pub(super) fn card(ui: &mut Ui, width: f32, height: f32, contents: impl FnOnce(&mut Ui)) {
    let c = colors(ui);
    let frame = Frame::new().fill(c.panel).stroke(Stroke::new(1.0, c.line)).corner_radius(radius::CARD).inner_margin(Margin::same(space::L as i8 - 2));
    frame.show(ui, |ui| {
        let inner = width - 2.0 * (space::L - 1.0);
        ui.set_width(inner);
        ui.set_min_height((height - 2.0 * (space::L - 1.0)).max(0.0));
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        ui.vertical(contents);
    });
}
