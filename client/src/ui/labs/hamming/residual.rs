//! The plot: what each code leaves of a channel's error rate, theory as lines and measured points with their intervals, on logarithmic axes.

use egui::accesskit::Role;
use egui::{Align2, Color32, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use lectern_proto::lab::hamming::curves::{Curve, plot};
use lectern_proto::lab::plot::Axis;

use super::super::super::command::Cx;
use super::super::super::tokens::{Colors, Type, colors};
use super::super::super::widgets::say_line;
use super::model::Lab;

/// Room for the labels of the axes, and for the names of the curves.
const LEFT: f32 = 44.0;
const BELOW: f32 = 32.0;
const NAMES: f32 = 172.0;

pub(super) fn residual_ui(ui: &mut Ui, lab: &mut Lab, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        say_line(ui, Type::Title, c.t1, cx.text("labs-residual"));
        let note = if lab.is_measuring() { "labs-measuring" } else { "labs-plot-note" };
        say_line(ui, Type::Small, c.t3, cx.text(note));
    });
    let height = (ui.available_height() - 4.0).clamp(180.0, 360.0);
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let curves = lab.curves();
    let names: Vec<_> = curves.iter().map(|curve| name(curve, cx)).collect();
    let said = format!("{}: {}", cx.text("labs-residual"), names.join("; "));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &said));
    let shown = plot(curves);
    let inner = Rect::from_min_max(area.min + vec2(LEFT, 6.0), area.max - vec2(NAMES, BELOW));
    let painter = ui.painter().clone();
    axes(&painter, inner, &shown.x, &shown.y, c);
    painter.text(pos2(inner.center().x, area.bottom() - 7.0), Align2::CENTER_CENTER, cx.text("labs-channel-rate"), Type::Plot.font(), c.t2);
    let inside = painter.with_clip_rect(inner.expand(5.0));
    let at = |x: f64, y: f64| {
        let (x, y) = (shown.x.place(x)? as f32, shown.y.place(y)? as f32);
        Some(pos2(inner.left() + inner.width() * x, inner.bottom() - inner.height() * y.max(-0.2)))
    };
    let mut series = 0;
    for (i, curve) in curves.iter().enumerate() {
        let ink = if curve.code.is_none() { c.t2 } else { [c.accent, c.warn, c.good, c.violet][series % 4] };
        let stroke = Stroke::new(1.5, ink);
        let line: Vec<Pos2> = curve.theory.iter().filter_map(|(x, y)| at(*x, *y)).collect();
        let middle = pos2(inner.right() + 22.0, inner.top() + 10.0 + 22.0 * i as f32);
        let sample = [middle - vec2(10.0, 0.0), middle + vec2(10.0, 0.0)];
        if curve.code.is_none() {
            inside.extend(Shape::dashed_line(&line, stroke, 5.0, 4.0));
            painter.extend(Shape::dashed_line(&sample, stroke, 5.0, 4.0));
        } else {
            inside.add(Shape::line(line, stroke));
            painter.line_segment(sample, stroke);
            for mark in curve.marks() {
                let (low, high) = (at(mark.x, mark.low.max(shown.y.low)), at(mark.x, mark.high));
                if let Some((low, high)) = low.zip(high) {
                    inside.line_segment([low, high], Stroke::new(1.0, ink));
                }
                at(mark.x, mark.y).into_iter().for_each(|place| shape(&inside, series, place, ink, c.panel));
            }
            shape(&painter, series, middle, ink, c.panel);
            series += 1;
        }
        painter.text(middle + vec2(16.0, 0.0), Align2::LEFT_CENTER, &names[i], Type::Plot.font(), c.t1);
    }
}

fn name(curve: &Curve, cx: &Cx<'_>) -> String {
    match &curve.code {
        None => cx.text("labs-no-code"),
        Some(code) if code.is_secded() => cx.strings.format("labs-unnoticed", &[("n", code.n().into()), ("k", code.k().into())]),
        Some(code) => code.to_string(),
    }
}

pub(in super::super) fn axes(painter: &Painter, inner: Rect, x: &Axis, y: &Axis, c: &Colors) {
    let line = Stroke::new(1.0, c.line);
    for tick in x.ticks() {
        let at = inner.left() + inner.width() * x.place(tick).unwrap_or_default() as f32;
        painter.vline(at, inner.y_range(), line);
        painter.text(pos2(at, inner.bottom() + 8.0), Align2::CENTER_CENTER, x.text(tick), Type::Plot.font(), c.t3);
    }
    for tick in y.ticks() {
        let at = inner.bottom() - inner.height() * y.place(tick).unwrap_or_default() as f32;
        painter.hline(inner.x_range(), at, line);
        painter.text(pos2(inner.left() - 6.0, at), Align2::RIGHT_CENTER, y.text(tick), Type::Plot.font(), c.t3);
    }
    painter.line_segment([inner.left_top(), inner.left_bottom()], Stroke::new(1.0, c.control));
    painter.line_segment([inner.left_bottom(), inner.right_bottom()], Stroke::new(1.0, c.control));
}

/// Circle, square, diamond, triangle.
pub(in super::super) fn shape(painter: &Painter, series: usize, at: Pos2, ink: Color32, ground: Color32) {
    let stroke = Stroke::new(1.5, ink);
    let corners = match series % 4 {
        0 => {
            painter.circle(at, 3.5, ground, stroke);
            return;
        }
        1 => vec![vec2(-3.2, -3.2), vec2(3.2, -3.2), vec2(3.2, 3.2), vec2(-3.2, 3.2)],
        2 => vec![vec2(0.0, -4.4), vec2(4.4, 0.0), vec2(0.0, 4.4), vec2(-4.4, 0.0)],
        _ => vec![vec2(0.0, -4.4), vec2(4.2, 3.2), vec2(-4.2, 3.2)],
    };
    painter.add(Shape::convex_polygon(corners.into_iter().map(|corner| at + corner).collect(), ground, stroke));
}
