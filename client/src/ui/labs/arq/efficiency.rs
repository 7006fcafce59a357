//! Efficiency against loss: theory as lines, the chain of small windows dashed, measured points with their intervals, and this run.

use egui::accesskit::Role;
use egui::{Align2, Pos2, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use lectern_proto::arq::Protocol;

use super::super::super::command::Cx;
use super::super::super::tokens::{Type, colors};
use super::super::super::widgets::{say, say_line};
use super::super::hamming::{axes, shape};
use super::model::Lab;
use super::parameters::name;
use super::plotting::SEEDS;

const LEFT: f32 = 36.0;
const BELOW: f32 = 30.0;
const HEIGHT: f32 = 216.0;

pub(super) fn efficiency_ui(ui: &mut Ui, lab: &mut Lab, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let here = lab.made().outcome.efficiency;
    ui.horizontal(|ui| {
        say_line(ui, Type::Title, c.t1, cx.text("arq-efficiency-plot"));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if let Some(share) = here {
                say_line(ui, Type::Small, c.t2, cx.strings.format("arq-this-run", &[("share", format!("{share:.2}").into())]));
            }
        });
    });
    let Some(plot) = lab.plotting.plot() else {
        say(ui, Type::Small, c.t3, cx.text("arq-no-rate-no-plot"));
        return;
    };
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let said = cx.text("arq-efficiency-plot");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &said));
    let inner = Rect::from_min_max(area.min + vec2(LEFT, 22.0), area.max - vec2(8.0, BELOW));
    let painter = ui.painter().clone();
    axes(&painter, inner, &plot.x, &plot.y, c);
    painter.text(pos2(inner.center().x, area.bottom() - 6.0), Align2::CENTER_CENTER, cx.text("arq-loss"), Type::Plot.font(), c.t2);
    let at = |x: f64, y: f64| {
        let (x, y) = (plot.x.place(x)? as f32, plot.y.place(y)? as f32);
        Some(pos2(inner.left() + inner.width() * x, inner.bottom() - inner.height() * y))
    };
    let inside = painter.with_clip_rect(inner.expand(5.0).intersect(ui.clip_rect()));
    let mut legend = inner.left();
    for (i, (series, protocol)) in plot.series.iter().zip(Protocol::ALL).enumerate() {
        let ink = [c.violet, c.warn, c.accent][i % 3];
        let line: Vec<Pos2> = series.curve.iter().filter_map(|(x, y)| at(*x, *y)).collect();
        inside.add(Shape::line(line, Stroke::new(1.5, ink)));
        for mark in &series.marks {
            if let Some((low, high)) = at(mark.x, mark.low).zip(at(mark.x, mark.high)) {
                inside.line_segment([low, high], Stroke::new(1.0, ink));
            }
            at(mark.x, mark.y).into_iter().for_each(|place| shape(&inside, i, place, ink, c.panel));
        }
        let middle = pos2(legend + 6.0, area.top() + 8.0);
        shape(&painter, i, middle, ink, c.panel);
        legend = painter.text(middle + vec2(8.0, 0.0), Align2::LEFT_CENTER, cx.text(name(protocol)), Type::Plot.font(), ink).right() + 12.0;
    }
    // What stands behind the protocols is the chain of selective repeat.
    for series in plot.series.iter().skip(Protocol::ALL.len()) {
        let line: Vec<Pos2> = series.curve.iter().filter_map(|(x, y)| at(*x, *y)).collect();
        inside.extend(Shape::dashed_line(&line, Stroke::new(1.5, c.accent), 5.0, 4.0));
    }
    if let Some(place) = here.and_then(|share| at(lab.scenario.data.loss, share)) {
        inside.add(Shape::convex_polygon([vec2(0.0, -6.0), vec2(6.0, 0.0), vec2(0.0, 6.0), vec2(-6.0, 0.0)].map(|d| place + d).to_vec(), c.t1, Stroke::NONE));
    }
    let note = if lab.plotting.is_measuring() {
        cx.text("labs-measuring")
    } else {
        cx.strings.format("arq-plot-note", &[("n", SEEDS.into()), ("w", lab.scenario.arq.window.max(2).into())])
    };
    say(ui, Type::Small, c.t3, note);
}
