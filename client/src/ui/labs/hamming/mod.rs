//! The Hamming lab: a message in blocks, bits to flip, what the receiver computes, and what is left of errors on the average.

mod block;
mod matrix;
mod model;
mod parameters;
mod residual;
mod tiles;
mod venn;

use egui::{Frame, Margin, Stroke, Ui, vec2};

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::shell::divider_ui;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{icon_ui, say, say_line};
pub(super) use model::Lab;
pub(super) use residual::{axes, shape};

/// Space between cards.
const GAP: f32 = space::M;
/// Width of the column on the right.
const SIDE: f32 = 340.0;
/// Heights of the cards above and below.
const TOP: f32 = 412.0;
const BOTTOM: f32 = 272.0;
/// Below this width cards stand below each other.
const TWO_COLUMNS: f32 = 840.0;

impl Lab {
    /// Draws the cards.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let wide = ui.available_width() >= TWO_COLUMNS;
        let width = ui.available_width().max(320.0);
        let has_circles = venn::fits(&self.made().code);
        ui.spacing_mut().item_spacing = vec2(GAP, GAP);
        if wide && has_circles {
            ui.horizontal_top(|ui| {
                card(ui, width - SIDE - GAP, TOP, |ui| block::block_ui(ui, self, cx));
                card(ui, SIDE, TOP, |ui| venn::venn_ui(ui, self, cx));
            });
        } else {
            card(ui, width, 0.0, |ui| block::block_ui(ui, self, cx));
            if has_circles {
                card(ui, width, TOP, |ui| venn::venn_ui(ui, self, cx));
            }
        }
        let left = (width * 0.34).clamp(276.0, 420.0);
        if wide && self.made().code.n() <= 16 {
            ui.horizontal_top(|ui| {
                card(ui, left, BOTTOM, |ui| matrix::matrix_ui(ui, self, cx));
                card(ui, width - left - GAP, BOTTOM, |ui| residual::residual_ui(ui, self, cx));
            });
        } else {
            card(ui, width, 0.0, |ui| matrix::matrix_ui(ui, self, cx));
            card(ui, width, BOTTOM, |ui| residual::residual_ui(ui, self, cx));
        }
    }

    /// The line at the foot of the window.
    pub(super) fn status_ui(&self, ui: &mut Ui, cx: &Cx<'_>) {
        let c = colors(ui);
        let made = self.made();
        icon_ui(ui, Icon::Flask, size::ICON_SMALL, c.t3);
        say(ui, Type::Small, c.t1, cx.text("labs-here"));
        let values =
            [("labs-seed", self.seed.clone()), ("labs-blocks", made.blocks.len().to_string()), ("labs-rate", format!("{}/{}", made.code.k(), made.code.n()))];
        for (key, value) in values {
            divider_ui(ui);
            say(ui, Type::Small, c.t3, cx.text(key));
            say(ui, Type::MonoSmall, c.t1, value);
        }
        divider_ui(ui);
        let text = lectern_proto::text::line(&String::from_utf8_lossy(&made.delivered)).into_owned();
        say_line(ui, Type::Small, c.t2, cx.strings.format("labs-decoded", &[("text", text.into())]));
    }
}

/// A framed part of the page, so wide and at least so high.
fn card(ui: &mut Ui, width: f32, height: f32, contents: impl FnOnce(&mut Ui)) {
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
