//! A small plot of one number over the last minute: a name, the value now, labelled axes, a line.
//!
//! It draws points that its caller has; the axis is chosen here so that it does not jump with every point.

use egui::accesskit::Role;
use egui::{Align2, Color32, CornerRadius, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::super::tokens::{Type, colors, radius, space};

/// Height of a plot with its frame.
pub(crate) const PLOT_HEIGHT: f32 = 116.0;
/// Between the marks of an axis, at most.
const STEPS: [f64; 5] = [1.0, 2.0, 2.5, 4.0, 5.0];

/// The upright axis.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Axis<'a> {
    /// From zero up, to at least this.
    Up { least: f64 },
    /// Zero in the middle, at least so far to either side.
    Both { least: f64 },
    /// One line for each name, from below.
    Names(&'a [String]),
}

/// What a plot shows.
#[derive(Debug)]
#[must_use = "call show"]
pub(crate) struct Plot<'a> {
    pub(crate) name: &'a str,
    pub(crate) unit: &'a str,
    /// The newest value in words, `–` where there is none.
    pub(crate) value: &'a str,
    /// Seconds ago and value, oldest first; a gap where there is no value.
    pub(crate) points: &'a [(f64, Option<f64>)],
    pub(crate) axis: Axis<'a>,
    /// How far back, in seconds, and the words at both ends.
    pub(crate) span: f64,
    pub(crate) ends: [&'a str; 2],
    /// Whether values hold until the next instead of leading there.
    pub(crate) steps: bool,
}

impl Plot<'_> {
    /// Draws it `width` wide.
    pub(crate) fn show(self, ui: &mut Ui, width: f32) {
        let c = colors(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(width, PLOT_HEIGHT), Sense::hover());
        let said = if self.unit.is_empty() { format!("{}: {}", self.name, self.value) } else { format!("{}: {} {}", self.name, self.value, self.unit) };
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &said));
        if !ui.is_rect_visible(rect) {
            return;
        }
        let painter = ui.painter();
        painter.rect(rect, CornerRadius::same(radius::CONTROL), c.window, Stroke::new(1.0, c.line), StrokeKind::Inside);
        let text = |at: Pos2, align: Align2, text: &str, role: Type, color: Color32| painter.text(at, align, text, role.font(), color);
        let top = rect.top() + 14.0;
        text(pos2(rect.left() + space::S, top), Align2::LEFT_CENTER, self.name, Type::Caption, c.t1);
        let unit = text(pos2(rect.right() - space::S, top), Align2::RIGHT_CENTER, self.unit, Type::Caption, c.t3);
        let gap = if self.unit.is_empty() { 0.0 } else { space::XS };
        text(pos2(unit.left() - gap, top), Align2::RIGHT_CENTER, self.value, Type::MonoSmall, c.t1);

        let field = Rect::from_min_max(rect.min + vec2(48.0, 28.0), rect.max - vec2(10.0, 20.0));
        let (low, high) = self.bounds();
        let y = |v: f64| field.bottom() - field.height() * ((v - low) / (high - low)).clamp(0.0, 1.0) as f32;
        let label = |at: Pos2, align: Align2, words: &str| painter.text(at, align, words, Type::Plot.font(), c.t3);
        for (value, name) in self.marks(low, high) {
            painter.hline(field.x_range(), y(value), Stroke::new(1.0, c.line));
            label(pos2(field.left() - 6.0, y(value)), Align2::RIGHT_CENTER, &name);
        }
        let below = rect.bottom() - 10.0;
        label(pos2(field.left(), below), Align2::LEFT_CENTER, self.ends[0]);
        label(pos2(field.right(), below), Align2::RIGHT_CENTER, self.ends[1]);

        let x = |ago: f64| field.right() - field.width() * (ago / self.span) as f32;
        let inside = painter.with_clip_rect(field.expand(3.0).intersect(ui.clip_rect()));
        for run in self.points.split(|(_, v)| v.is_none()) {
            let mut line: Vec<Pos2> = Vec::with_capacity(2 * run.len());
            for (ago, value) in run.iter().filter_map(|(ago, v)| v.map(|v| (*ago, v))).filter(|(ago, _)| *ago <= self.span) {
                let at = pos2(x(ago), y(value));
                if let Some(before) = line.last().filter(|_| self.steps) {
                    line.push(pos2(at.x, before.y));
                }
                line.push(at);
            }
            if let [only] = line[..] {
                inside.circle_filled(only, 1.5, c.accent);
            }
            inside.add(Shape::line(line, Stroke::new(1.5, c.accent)));
        }
        if let Some((ago, Some(value))) = self.points.last() {
            inside.circle_filled(pos2(x(*ago), y(*value)), 2.5, c.accent);
        }
    }

    fn bounds(&self) -> (f64, f64) {
        let largest =
            self.points.iter().filter(|(ago, _)| *ago <= self.span).filter_map(|(_, v)| v.map(f64::abs)).filter(|v| v.is_finite()).fold(0.0, f64::max);
        match self.axis {
            Axis::Up { least } => (0.0, round_up(largest.max(least))),
            Axis::Both { least } => {
                let end = round_up(largest.max(least));
                (-end, end)
            }
            Axis::Names(names) => (-0.5, (names.len() as f64 - 0.5).max(0.5)),
        }
    }

    fn marks(&self, low: f64, high: f64) -> Vec<(f64, String)> {
        match self.axis {
            Axis::Names(names) => {
                // As many as can be read.
                let every = names.len().div_ceil(6).max(1);
                names.iter().enumerate().step_by(every).map(|(i, name)| (i as f64, name.clone())).collect()
            }
            _ => [low, f64::midpoint(low, high), high].map(|v| (v, number(v, high))).into(),
        }
    }
}

/// The next number that reads well: 1, 2, 2.5, 4 or 5 times a power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    STEPS.iter().chain(&[10.0]).map(|s| s * power).find(|v| *v >= value).unwrap_or(value)
}

/// With as many decimals as the middle of the axis needs.
fn number(value: f64, end: f64) -> String {
    let is_whole = |decimals: &usize| {
        let scaled = end / 2.0 * 10_f64.powi(*decimals as i32);
        (scaled - scaled.round()).abs() < 1e-6
    };
    let decimals = (0..3).find(is_whole).unwrap_or(3);
    // No minus before a zero.
    let value = if value == 0.0 { 0.0 } else { value };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_numbers_that_read_well() {
        let check = |value: f64, want: f64| assert!((round_up(value) - want).abs() < 1e-9, "{value}: {}", round_up(value));
        check(1.0, 1.0);
        check(1.01, 2.0);
        check(2.2, 2.5);
        check(7.3, 10.0);
        check(43.0, 50.0);
        check(0.03, 0.04);
    }

    #[test]
    fn marks_have_the_decimals_they_need() {
        let check = |end: f64, want: [&str; 2]| assert_eq!([number(end / 2.0, end), number(end, end)], want);
        check(1.0, ["0.5", "1.0"]);
        check(2.0, ["1", "2"]);
        check(5.0, ["2.5", "5.0"]);
        check(20.0, ["10", "20"]);
        check(25.0, ["12.5", "25.0"]);
        check(0.5, ["0.25", "0.50"]);
        assert_eq!(number(-0.0, 20.0), "0");
    }
}
