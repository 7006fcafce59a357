//! Efficiency against loss or window as a picture: points with their confidence intervals over the curves of theory.

use std::fmt::Write as _;

use super::sweep::{Axis, Point, Sweep};
use crate::arq::Protocol;

/// Pixels.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 610.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 360.0;
/// Places of a curve.
const PLACES: u32 = 100;

/// What theory says of one protocol along the axis: place, efficiency. Empty where it says nothing.
#[must_use]
pub fn curve(sweep: &Sweep, protocol: Protocol) -> Vec<(f64, f64)> {
    let of = |x: f64, window: u32, loss: f64| sweep.base.with(protocol, window, loss).theory().map(|share| (x, share));
    let end = end(&sweep.axis);
    match &sweep.axis {
        Axis::Loss(_) => (0..=PLACES).map(|n| end * f64::from(n) / f64::from(PLACES)).filter_map(|loss| of(loss, sweep.base.arq.window, loss)).collect(),
        // Windows are whole: no more places than there are.
        Axis::Window(_) => {
            let every = (end as u32 / PLACES).max(1);
            (1..=end as u32).step_by(every as usize).filter_map(|window| of(f64::from(window), window, sweep.base.data.loss)).collect()
        }
    }
}

/// Where a point lies on the axis.
#[must_use]
pub fn place(axis: &Axis, point: &Point) -> f64 {
    match axis {
        Axis::Loss(_) => point.loss,
        Axis::Window(_) => f64::from(point.window),
    }
}

/// Where the axis ends.
#[must_use]
pub fn end(axis: &Axis) -> f64 {
    let most = match axis {
        Axis::Loss(losses) => losses.iter().copied().fold(0.0, f64::max),
        Axis::Window(windows) => windows.iter().copied().max().map_or(0.0, f64::from),
    };
    if most > 0.0 { most } else { 1.0 }
}

const fn colour(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::StopAndWait => "#7a4fd0",
        Protocol::GoBackN => "#b36b00",
        Protocol::SelectiveRepeat => "#1f5fbf",
    }
}

/// The plot as SVG 1.1.
#[must_use]
pub fn svg(sweep: &Sweep, points: &[Point]) -> String {
    let end = end(&sweep.axis);
    let x = |value: f64| LEFT + (RIGHT - LEFT) * value / end;
    let y = |share: f64| BOTTOM - (BOTTOM - TOP) * share.clamp(0.0, 1.1);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    frame(&mut out, &sweep.axis, end, &x, &y);
    for (nth, protocol) in sweep.protocols.iter().enumerate() {
        let ink = colour(*protocol);
        let line: Vec<String> = curve(sweep, *protocol).into_iter().map(|(place, share)| format!("{:.1},{:.1}", x(place), y(share))).collect();
        let _ = writeln!(out, "<polyline points=\"{}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"1.5\"/>", line.join(" "));
        let at = LEFT + 180.0 * nth as f64;
        let _ = writeln!(out, "<text x=\"{:.1}\" y=\"24\" fill=\"{ink}\">● {protocol}</text>", at);
    }
    for point in points {
        let (px, py, ink) = (x(place(&sweep.axis, point)), y(point.measured.mean), colour(point.protocol));
        if let Some(half) = point.measured.half {
            let (low, high) = (y(point.measured.mean - half), y(point.measured.mean + half));
            let _ = writeln!(out, "<line x1=\"{px:.1}\" y1=\"{low:.1}\" x2=\"{px:.1}\" y2=\"{high:.1}\" stroke=\"{ink}\"/>");
        }
        let _ = writeln!(out, "<circle cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"3.5\" fill=\"#ffffff\" stroke=\"{ink}\" stroke-width=\"1.5\"/>");
    }
    let _ = writeln!(
        out,
        "<text x=\"{LEFT}\" y=\"{:.0}\" fill=\"#555555\">Lines: theory. Points: mean of {} seeds, bars 95 %.</text>\n</svg>",
        HEIGHT - 10.0,
        sweep.seeds.max(1)
    );
    out
}

fn frame(out: &mut String, axis: &Axis, end: f64, x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64) {
    for nth in 0..=4 {
        let share = f64::from(nth) / 4.0;
        let at = y(share);
        let _ = writeln!(out, "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{RIGHT}\" y2=\"{at:.1}\" stroke=\"#dddddd\"/>");
        let _ = writeln!(out, "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555555\">{share}</text>", LEFT - 8.0, at + 4.0);
    }
    let every = super::diagram::step(end, 6);
    let mut nth = 0_u32;
    while f64::from(nth) * every <= end * (1.0 + 1e-9) {
        let value = (f64::from(nth) * every * 1e6).round() / 1e6;
        let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\" fill=\"#555555\">{value}</text>", x(value), BOTTOM + 18.0);
        nth += 1;
    }
    let name = match axis {
        Axis::Loss(_) => "Loss of data packets",
        Axis::Window(_) => "Window in packets",
    };
    let (middle, below) = ((LEFT + RIGHT) / 2.0, BOTTOM + 36.0);
    let _ = writeln!(out, "<text x=\"{middle:.0}\" y=\"{below:.0}\" text-anchor=\"middle\" fill=\"#111111\">{name}</text>");
}

#[cfg(test)]
mod tests {
    use super::super::Scenario;
    use super::*;

    #[test]
    fn curves_and_points_are_drawn() {
        let mut base = Scenario::example();
        (base.acks.loss, base.length) = (0.0, 512 * 50);
        for axis in [Axis::Loss(vec![0.0, 0.2, 0.5]), Axis::Window(vec![1, 4, 1_000])] {
            let sweep = Sweep { base: base.clone(), protocols: Protocol::ALL.to_vec(), axis, seeds: 3 };
            let points: Vec<Point> = sweep.scenarios().filter_map(|s| sweep.measure(&s).expect("a run")).collect();
            assert_eq!(points.len(), 9);
            let picture = svg(&sweep, &points);
            assert_eq!((picture.matches("<circle").count(), picture.matches("<polyline").count()), (9, 3));
            assert!(!picture.contains("NaN") && picture.ends_with("</svg>\n"));
            assert!(Protocol::ALL.iter().all(|protocol| (50..=101).contains(&curve(&sweep, *protocol).len())));
        }
    }
}
