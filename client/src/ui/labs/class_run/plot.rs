//! What the class predicted against what it measured: a point for each who is done, the line on which both are the same, and what is expected.

use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use lectern_proto::lab::class_run::Stage;
use lectern_proto::lab::plot::{Axis, Scale};

use super::super::super::tokens::{Type, colors};
use super::super::super::widgets::{say, say_line};
use super::super::hamming::{axes, shape};
use super::{Out, Run, words};

const LEFT: f32 = 44.0;
const BELOW: f32 = 34.0;
const HEIGHT: f32 = 300.0;

pub(super) fn plot_ui(ui: &mut Ui, run: &Run, cx: &Out<'_>) {
    let c = colors(ui);
    let title = cx.text("classrun-plot");
    say_line(ui, Type::Title, c.t1, title.as_str());
    let points = points(run);
    let Some(axis) = axis(run, &points) else {
        say(ui, Type::Body, c.t3, cx.text("classrun-plot-empty"));
        return;
    };
    let (area, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let said = cx.format("classrun-plot-said", &[("n", points.len().into())]);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &said));
    let inner = Rect::from_min_max(area.min + vec2(LEFT, 18.0), area.max - vec2(8.0, BELOW));
    let painter = ui.painter().clone();
    axes(&painter, inner, &axis, &axis, c);
    let (below, above) = (pos2(inner.center().x, area.bottom() - 8.0), area.left_top() + vec2(0.0, 6.0));
    painter.text(below, Align2::CENTER_CENTER, cx.text("classrun-predicted"), Type::Plot.font(), c.t2);
    painter.text(above, Align2::LEFT_CENTER, cx.text("classrun-measured"), Type::Plot.font(), c.t2);
    // What somebody predicted far off stands at the edge.
    let place = |value: f64| axis.place(value).unwrap_or_default().clamp(0.0, 1.0) as f32;
    let at = |x: f64, y: f64| pos2(inner.left() + inner.width() * place(x), inner.bottom() - inner.height() * place(y));
    let inside = painter.with_clip_rect(inner.expand(5.0).intersect(ui.clip_rect()));
    if let Some(range) = run.exercise.expect.get(&run.exercise.about) {
        let (least, most) = (range.least.map_or(axis.low, |a| a.to_f64()), range.most.map_or(axis.high, |a| a.to_f64()));
        let band = Rect::from_two_pos(at(axis.low, least), at(axis.high, most));
        inside.rect_filled(band, 0.0, c.good.gamma_multiply(0.12));
    }
    let diagonal = [at(axis.low, axis.low), at(axis.high, axis.high)];
    inside.extend(Shape::dashed_line(&diagonal, Stroke::new(1.0, c.t3), 5.0, 4.0));
    if let Some(theory) = run.exercise.theory(run.exercise.about) {
        inside.line_segment([at(axis.low, theory.to_f64()), at(axis.high, theory.to_f64())], Stroke::new(1.0, c.warn));
    }
    points.iter().for_each(|(predicted, measured)| shape(&inside, 0, at(*predicted, *measured), c.accent, c.panel));
    let name = words::quantity(run.exercise.about, cx);
    say(ui, Type::Small, c.t3, cx.format("classrun-plot-note", &[("name", name.into())]));
}

/// Prediction and measurement of everybody who is done.
fn points(run: &Run) -> Vec<(f64, f64)> {
    let done = run.seats.iter().filter(|seat| seat.stage == Stage::Done);
    done.filter_map(|seat| Some((seat.prediction?.to_f64(), seat.measured?.get(run.exercise.about).to_f64()))).collect()
}

/// One axis for both: what was measured and what is expected, and as much again to either side. None while there is nothing.
fn axis(run: &Run, points: &[(f64, f64)]) -> Option<Axis> {
    if points.is_empty() {
        return None;
    }
    let about = run.exercise.about;
    let expected = run.exercise.expect.get(&about).into_iter().flat_map(|range| [range.least, range.most]).flatten();
    let known = expected.chain(run.exercise.theory(about)).map(|a| a.to_f64()).chain(points.iter().map(|(_, measured)| *measured));
    let (least, most) = known.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), v| (least.min(v), most.max(v)));
    let span = (most - least).max(most.abs() * 0.1).max(0.01) * 0.75;
    Some(Axis { label: String::new(), scale: Scale::Linear, low: (least - span).max(0.0), high: most + span })
}
