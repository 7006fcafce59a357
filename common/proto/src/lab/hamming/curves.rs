//! What a code leaves of a channel's errors, as curves with measured points: the plot of the lab, its table and its picture.

use std::fmt::Write;

use super::measure::{Estimate, Measured, blocks_for, measure};
use super::{Code, theory};
use crate::lab::plot::{Axis, Mark, Plot, Scale, Series};

/// The rates of the axis, by default.
pub const RATES: (f64, f64) = (1e-3, 0.5);
/// Points of a theory's curve.
const FINE: usize = 61;
/// The lowest rate that the picture shows.
const FLOOR: f64 = 1e-12;

/// `count` rates from `low` to `high`, each the same times the one before. Both ends are above 0.
#[must_use]
pub fn rates(low: f64, high: f64, count: usize) -> Vec<f64> {
    let last = count.saturating_sub(1).max(1) as f64;
    (0..count).map(|i| if i as f64 == last { high } else { low * (high / low).powf(i as f64 / last) }).collect()
}

/// A code, or none, with what is computed and what was counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// None sends the data as they are.
    pub code: Option<Code>,
    /// Channel's rate and what is left of it: of codes that warn, the wrong bits without a warning.
    pub theory: Vec<(f64, f64)>,
    /// By rate.
    pub measured: Vec<Measured>,
}

impl Curve {
    /// The theory's curve between two rates, without points.
    #[must_use]
    pub fn new(code: Option<Code>, (low, high): (f64, f64)) -> Self {
        let theory = rates(low, high, FINE).into_iter().map(|p| (p, left(code.as_ref(), p))).collect();
        Self { code, theory, measured: Vec::new() }
    }

    /// Adds the point of one rate, from about `flips` flipped bits; nothing without a code.
    pub fn measure(&mut self, p: f64, flips: u64, seed: u64) {
        if let Some(code) = &self.code {
            self.measured.push(measure(code, p, blocks_for(code, p, flips), seed));
        }
    }

    /// As legends call it.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.code {
            None => "no code".to_owned(),
            Some(code) if code.is_secded() => format!("{code}, unnoticed"),
            Some(code) => code.to_string(),
        }
    }

    /// What the curve shows of a measurement.
    #[must_use]
    pub fn shown(&self, measured: &Measured) -> Estimate {
        if self.code.as_ref().is_some_and(Code::is_secded) { measured.unnoticed } else { measured.total }
    }

    /// The points as they are drawn.
    pub fn marks(&self) -> impl Iterator<Item = Mark> + '_ {
        self.measured.iter().map(|m| (m.p, self.shown(m))).map(|(x, e)| Mark { x, y: e.rate, low: e.low, high: e.high })
    }
}

/// The rate that the curve of a code shows.
#[must_use]
pub fn left(code: Option<&Code>, p: f64) -> f64 {
    code.map_or(p, |code| if code.is_secded() { theory::residual(code, p).unnoticed } else { theory::residual(code, p).total })
}

/// The picture: both axes logarithmic, down to the lowest computed rate.
#[must_use]
pub fn plot(curves: &[Curve]) -> Plot {
    let all = || curves.iter().flat_map(|c| &c.theory);
    let fold = |of: &dyn Fn(&(f64, f64)) -> f64, start: f64, pick: fn(f64, f64) -> f64| all().map(of).filter(|v| *v > 0.0).fold(start, pick);
    let (low, high) = (fold(&|p| p.0, f64::INFINITY, f64::min), fold(&|p| p.0, 0.0, f64::max));
    let (low, high) = if low < high { (low, high) } else { RATES };
    let floor = 10f64.powf(fold(&|p| p.1, 0.1, f64::min).max(FLOOR).log10().floor());
    let axis = |label: &str, low, high| Axis { label: label.to_owned(), scale: Scale::Log, low, high };
    let series = |c: &Curve| Series { name: c.name(), is_dashed: c.code.is_none(), curve: c.theory.clone(), marks: c.marks().collect() };
    Plot {
        title: "Residual bit error rate after decoding".to_owned(),
        notes: vec!["Lines: theory".to_owned(), "Points: measured,".to_owned(), "bars: 95% (Wilson)".to_owned()],
        x: axis("Channel bit error rate", low, high),
        y: axis("Residual bit error rate", floor, 1.0),
        series: curves.iter().map(series).collect(),
    }
}

/// A line for each measured point, with a head.
#[must_use]
pub fn to_csv(curves: &[Curve]) -> String {
    let mut out = "code,order,p,theory,measured,low,high,wrong_bits,bits,blocks\n".to_owned();
    for curve in curves {
        for measured in &curve.measured {
            let (e, order) = (curve.shown(measured), curve.code.as_ref().map_or("", |code| code.order().name()));
            let (p, theory, blocks) = (measured.p, left(curve.code.as_ref(), measured.p), measured.tally.blocks());
            let _ = writeln!(out, "\"{}\",{order},{p:e},{theory:e},{:e},{:e},{:e},{},{},{blocks}", curve.name(), e.rate, e.low, e.high, e.wrong, e.bits);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::hamming::Order;

    #[test]
    fn the_lesson_s_plot() {
        let code = |k, secded| Code::new(k, secded, Order::Classic).ok();
        let mut curves: Vec<_> = [None, code(4, false), code(4, true)].map(|code| Curve::new(code, RATES)).into();
        curves.iter_mut().for_each(|c| c.measure(0.05, 20_000, 1));
        assert_eq!(curves.iter().map(Curve::name).collect::<Vec<_>>(), ["no code", "(7,4)", "(8,4) SECDED, unnoticed"]);
        for curve in &curves {
            assert!(curve.theory.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1), "{curve:?}");
            assert!(curve.marks().all(|m| m.low <= m.y && m.y <= m.high && m.x == 0.05));
        }
        let below = |i: usize, p| left(curves[i].code.as_ref(), p) < left(curves[i - 1].code.as_ref(), p);
        assert!(below(1, 1e-3) && below(2, 1e-3) && !below(1, 0.45));
        let (svg, csv) = (plot(&curves).to_svg(), to_csv(&curves));
        assert!(svg.contains("(8,4) SECDED, unnoticed") && csv.lines().count() == 3, "{csv}");
        assert!(plot(&[]).to_svg().contains("svg"));
    }

    #[test]
    fn rates_reach_both_ends() {
        assert_eq!((rates(0.001, 0.5, 2), rates(0.1, 0.2, 1), rates(0.1, 0.2, 0)), (vec![0.001, 0.5], vec![0.1], vec![]));
    }
}
