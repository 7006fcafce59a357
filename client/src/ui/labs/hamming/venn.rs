//! The three circles of (7,4): each check is a circle, each bit lies in the circles that check it (MacKay 2003, figure 1.13; McEliece).

use egui::accesskit::Role;
use egui::{Align2, CursorIcon, Pos2, Rect, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};
use lectern_proto::lab::hamming::Code;

use super::super::super::command::Cx;
use super::super::super::tokens::{Type, colors};
use super::super::super::widgets::{focus_ring, say, say_line};
use super::model::Lab;

/// Height of the drawing.
const HEIGHT: f32 = 252.0;
const CIRCLE: f32 = 76.0;

/// Whether the code has three checks over seven bits, the extra one aside.
pub(super) fn fits(code: &Code) -> bool {
    code.k() == 4
}

/// Where the bit of a column lies, from the middle of the drawing.
fn place(column: u16) -> Vec2 {
    match column & 7 {
        0b001 => vec2(-78.0, -36.0),
        0b010 => vec2(78.0, -36.0),
        0b100 => vec2(0.0, 88.0),
        0b011 => vec2(0.0, -58.0),
        0b101 => vec2(-46.0, 24.0),
        0b110 => vec2(46.0, 24.0),
        _ => vec2(0.0, 0.0),
    }
}

pub(super) fn venn_ui(ui: &mut Ui, lab: &mut Lab, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let Some(passed) = lab.here().copied() else { return };
    let code = lab.made().code.clone();
    ui.horizontal(|ui| {
        say_line(ui, Type::Title, c.t1, cx.text("labs-venn"));
        say_line(ui, Type::Small, c.t3, cx.text("labs-venn-click"));
    });
    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let middle = area.center() - vec2(0.0, 8.0);
    let painter = ui.painter().clone();
    let steps = code.steps(&passed.received);
    let circles: [(Pos2, Pos2, Align2); 3] = [
        (middle + vec2(-38.0, -28.0), pos2(area.left(), area.top() + 12.0), Align2::LEFT_CENTER),
        (middle + vec2(38.0, -28.0), pos2(area.right(), area.top() + 12.0), Align2::RIGHT_CENTER),
        (middle + vec2(0.0, 38.0), pos2(area.right(), area.bottom() - 14.0), Align2::RIGHT_CENTER),
    ];
    for ((centre, at, align), (row, check)) in circles.into_iter().zip(steps.checks.iter().enumerate()) {
        let (ink, key) = if check.is_odd { (c.bad, "labs-odd") } else { (c.good, "labs-even") };
        painter.circle_filled(centre, CIRCLE, ink.gamma_multiply(0.13));
        let width = if lab.row == Some(row) { 3.0 } else { 1.5 };
        if check.is_odd {
            painter.circle_stroke(centre, CIRCLE, Stroke::new(width, ink));
        } else {
            // An even circle is dashed: the colour does not say it alone.
            let points: Vec<Pos2> = (0..=64).map(|i| centre + CIRCLE * Vec2::angled(std::f32::consts::TAU * i as f32 / 64.0)).collect();
            painter.extend(egui::Shape::dashed_line(&points, Stroke::new(width, ink), 5.0, 4.0));
        }
        painter.text(at, align, format!("{} {}", check.name, cx.text(key)), Type::Control.font(), ink);
    }
    let flipped = passed.sent.xor(&passed.received);
    let mut turned = None;
    for (at, column) in code.columns().iter().enumerate().filter(|(_, column)| **column & 7 != 0) {
        let centre = middle + place(*column);
        let rect = Rect::from_center_size(centre, Vec2::splat(34.0));
        let response = ui.interact(rect, egui::Id::unique(("labs-venn-bit", at)), Sense::click());
        if flipped.get(at) {
            painter.circle(centre, 17.0, c.bad_tint, Stroke::new(2.0, c.bad));
        } else if response.hovered() {
            painter.circle_filled(centre, 17.0, c.hover);
        }
        let (digit, role) = (if passed.received.get(at) { "1" } else { "0" }, code.role(at).map(|r| r.to_string()).unwrap_or_default());
        painter.text(centre - vec2(0.0, 5.0), Align2::CENTER_CENTER, digit, Type::Mono.font(), c.t1);
        painter.text(centre + vec2(0.0, 9.0), Align2::CENTER_CENTER, &role, Type::Plot.font(), c.t2);
        focus_ring(ui, rect, 17, &response);
        let label = cx.strings.format("labs-venn-bit", &[("role", role.into()), ("value", digit.into())]);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, flipped.get(at), &label));
        if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
            turned = Some(at);
        }
    }
    let odd: Vec<_> = steps.checks.iter().take(3).filter(|check| check.is_odd).map(|check| check.name.clone()).collect();
    let only = code.columns().iter().position(|column| column & 7 == steps.syndrome & 7 && steps.syndrome & 7 != 0);
    let text = match only.and_then(|at| code.role(at)) {
        Some(role) => cx.strings.format("labs-venn-only", &[("odd", odd.join(", ").into()), ("bit", role.to_string().into())]),
        None => cx.text("labs-venn-even"),
    };
    say(ui, Type::Small, c.t1, text);
    say(ui, Type::Small, c.t3, cx.text(if code.is_secded() { "labs-venn-two-secded" } else { "labs-venn-two" }));
    turned.into_iter().for_each(|at| lab.flip(at));
}
