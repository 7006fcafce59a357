//! A few choices side by side of which one is in force.

use egui::{Frame, Margin, Stroke, Ui};

use super::super::tokens::{colors, radius};
use super::super::widgets::{Look, Push};

/// Draws them, `width` wide in all where it is given; gives the one that was clicked. `about` is read before each by a screen reader.
pub(super) fn segments_ui<T: Copy + PartialEq>(ui: &mut Ui, about: &str, choices: &[(T, String)], chosen: T, width: Option<f32>) -> Option<T> {
    let c = colors(ui);
    let frame = Frame::new().fill(c.field).stroke(Stroke::new(1.0, c.line_strong)).corner_radius(radius::CONTROL).inner_margin(Margin::same(2));
    let mut clicked = None;
    frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for (choice, label) in choices {
                let named = if about.is_empty() { label.clone() } else { format!("{about}: {label}") };
                let mut push = Push::text(Look::Bare, label).height(26.0).named(&named).selected(*choice == chosen);
                if let Some(width) = width {
                    push = push.width((width - 4.0) / choices.len() as f32 - 2.0);
                }
                if ui.add(push).clicked() {
                    clicked = Some(*choice);
                }
            }
        });
    });
    clicked
}
