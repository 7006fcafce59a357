//! Efficiency against loss or window as a plot: points with their confidence intervals over the curves of theory. For selective repeat with
//! a small window there is also, dashed, what the Markov chain says at the points.

use super::sweep::{Axis, Point, Sweep};
use crate::arq::Protocol;
use crate::lab::plot::{self, Mark, Plot, Scale, Series};

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

/// What the Markov chain says of selective repeat at the points, as far as it says anything.
#[must_use]
pub fn chain(sweep: &Sweep, points: &[Point]) -> Vec<(f64, f64)> {
    points.iter().filter_map(|point| Some((place(&sweep.axis, point), point.chain?))).collect()
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

/// The plot: axes, curves, points. The chain's curve, if there is one, is the last series.
#[must_use]
pub fn plot(sweep: &Sweep, points: &[Point]) -> Plot {
    let axis = |label: &str, high: f64| plot::Axis { label: label.into(), scale: Scale::Linear, low: 0.0, high };
    let mark = |point: &Point| {
        let (y, half) = (point.measured.mean, point.measured.half.unwrap_or_default());
        Mark { x: place(&sweep.axis, point), y, low: y - half, high: y + half }
    };
    let series = |protocol: &Protocol| Series {
        name: protocol.to_string(),
        is_dashed: false,
        curve: curve(sweep, *protocol),
        marks: points.iter().filter(|point| point.protocol == *protocol).map(mark).collect(),
    };
    let (label, fixed) = match sweep.axis {
        Axis::Loss(_) => ("Loss of data packets", format!("window {}", sweep.base.arq.window)),
        Axis::Window(_) => ("Window in packets", format!("loss of data {}", sweep.base.data.loss)),
    };
    let cycle = sweep.base.cycle().as_secs_f64() / sweep.base.packet_time().as_secs_f64().max(f64::MIN_POSITIVE);
    let notes = vec![
        format!("{fixed}, a = {:.2}", (cycle - 1.0) / 2.0),
        format!("loss of ACKs {}", sweep.base.acks.loss),
        "lines: theory".into(),
        format!("points: mean of {} seeds", sweep.seeds.max(1)),
        "bars: 95 % confidence".into(),
    ];
    let mut series: Vec<Series> = sweep.protocols.iter().map(series).collect();
    let chain = chain(sweep, points);
    if !chain.is_empty() {
        series.push(Series { name: format!("{}, by chain", Protocol::SelectiveRepeat), is_dashed: true, curve: chain, marks: Vec::new() });
    }
    Plot { title: "Efficiency of repeat request".into(), notes, x: axis(label, end(&sweep.axis)), y: axis("Efficiency", 1.0), series }
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
            let plot = plot(&sweep, &points);
            assert_eq!(plot.series.iter().map(|s| s.marks.len()).collect::<Vec<_>>(), [3, 3, 3, 0]);
            assert_eq!(plot.series[3].curve.len(), if matches!(sweep.axis, Axis::Loss(_)) { 3 } else { 2 });
            assert!(!plot.to_svg().contains("NaN"));
            assert!(Protocol::ALL.iter().all(|protocol| (50..=101).contains(&curve(&sweep, *protocol).len())));
        }
    }
}
