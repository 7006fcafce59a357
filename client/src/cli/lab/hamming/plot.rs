//! `plot`: error rates before and after decoding, as a table, JSON, CSV or a picture.

use std::path::{Path, PathBuf};

use clap::Args;
use lectern_proto::lab::hamming::curves::{Curve, RATES, left, plot, rates, to_csv};
use lectern_proto::lab::hamming::measure::Measured;
use lectern_proto::lab::hamming::{Code, Order, Outcome, input, theory};
use serde::Serialize;

use super::super::super::{Failure, print};
use super::send::say;
use super::{How, message, usage};

/// Rates that are measured, at most.
const POINTS_MAX: usize = 200;
/// Flips of a point, at most: some ten seconds of the longest code.
const FLIPS_MAX: u64 = 100_000_000;

#[derive(Debug, Clone, Args)]
pub(super) struct PlotArgs {
    /// Block length and data bits; may be given several times. Without: 15,11, 7,4 and 8,4, the last with the extra parity bit
    #[arg(long, value_name = "N,K")]
    code: Vec<String>,
    /// All of them with the extra parity bit
    #[arg(long)]
    secded: bool,
    /// Order of the bits; it changes nothing but names
    #[arg(long, default_value = "classic", value_parser = super::order)]
    order: Order,
    /// Channel's error rates to measure at; without: seven from 0.001 to 0.5
    #[arg(long, value_name = "P,...", value_delimiter = ',')]
    p: Vec<f64>,
    /// Flipped bits that each point is measured with, about
    #[arg(long, value_name = "BITS", default_value_t = 200_000)]
    flips: u64,
    /// Write to this file: FILE.svg a picture, FILE.csv the measured points, FILE.json all
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    // What is sent does not matter: the codes are linear, and an error is the same whatever it hits.
    #[arg(long, hide = true)]
    text: Option<String>,
    #[arg(long, hide = true)]
    hex: Option<String>,
    #[arg(long, hide = true)]
    file: Option<PathBuf>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Serialize)]
struct PlotView {
    seed: u64,
    confidence: f64,
    curves: Vec<CurveView>,
}

#[derive(Debug, Serialize)]
struct CurveView {
    name: String,
    n: Option<usize>,
    k: Option<usize>,
    secded: bool,
    /// `unnoticed`: wrong bits in blocks without a warning; `all`: of codes without one.
    shows: &'static str,
    theory: Vec<TheoryView>,
    measured: Vec<PointView>,
}

#[derive(Debug, Serialize)]
struct TheoryView {
    p: f64,
    rate: f64,
}

#[derive(Debug, Serialize)]
struct PointView {
    p: f64,
    theory: f64,
    rate: f64,
    low: f64,
    high: f64,
    wrong_bits: u64,
    bits: u64,
    blocks: u64,
    /// Those of blocks with a warning as well.
    rate_all: f64,
    theory_all: f64,
    no_error: u64,
    corrected: u64,
    detected: u64,
    miscorrected: u64,
    undetected: u64,
}

impl PointView {
    fn new(curve: &Curve, code: &Code, m: &Measured) -> Self {
        let (e, of) = (curve.shown(m), |outcome| m.tally.of(outcome));
        Self {
            p: m.p,
            theory: left(Some(code), m.p),
            rate: e.rate,
            low: e.low,
            high: e.high,
            wrong_bits: e.wrong,
            bits: e.bits,
            blocks: m.tally.blocks(),
            rate_all: m.total.rate,
            theory_all: theory::residual(code, m.p).total,
            no_error: of(Outcome::NoError),
            corrected: of(Outcome::Corrected),
            detected: of(Outcome::Detected),
            miscorrected: of(Outcome::Miscorrected),
            undetected: of(Outcome::Undetected),
        }
    }
}

impl PlotView {
    fn new(curves: &[Curve], seed: u64) -> Self {
        let view = |c: &Curve| CurveView {
            name: c.name(),
            n: c.code.as_ref().map(Code::n),
            k: c.code.as_ref().map(Code::k),
            secded: c.code.as_ref().is_some_and(Code::is_secded),
            shows: if c.code.as_ref().is_some_and(Code::is_secded) { "unnoticed" } else { "all" },
            theory: c.theory.iter().map(|(p, rate)| TheoryView { p: *p, rate: *rate }).collect(),
            measured: c.code.iter().flat_map(|code| c.measured.iter().map(|m| PointView::new(c, code, m))).collect(),
        };
        Self { seed, confidence: 0.95, curves: curves.iter().map(view).collect() }
    }
}

pub(super) fn run(args: &PlotArgs) -> Result<(), Failure> {
    let write = args.out.as_deref().map(Format::of).transpose()?;
    let given: Vec<&str> = if args.code.is_empty() { vec!["15,11", "7,4", "8,4"] } else { args.code.iter().map(String::as_str).collect() };
    let codes = given.into_iter().map(|code| input::code(code, args.secded, args.order).map_err(|e| usage(&e))).collect::<Result<Vec<_>, _>>()?;
    if let Some(p) = args.p.iter().find(|p| !(**p > 0.0 && **p <= 1.0)) {
        return Err(Failure::Usage(format!("an error rate of the plot is above 0 and at most 1, not {p}; its axis is logarithmic.")));
    }
    if args.p.len() > POINTS_MAX || args.flips > FLIPS_MAX {
        return Err(Failure::Usage(format!("a plot has at most {POINTS_MAX} rates, each measured with at most {FLIPS_MAX} flipped bits.")));
    }
    let points = if args.p.is_empty() { rates(RATES.0, RATES.1, 7) } else { args.p.clone() };
    let ends = points.iter().fold(RATES, |(low, high), p| (low.min(*p), high.max(*p)));
    let mut curves = vec![Curve::new(None, ends)];
    for (i, code) in codes.into_iter().enumerate() {
        let mut curve = Curve::new(Some(code), ends);
        // Points of their own: two codes do not share their luck.
        points
            .iter()
            .enumerate()
            .for_each(|(j, p)| curve.measure(*p, args.flips, args.how.seed.wrapping_mul(1_000_003).wrapping_add((i * POINTS_MAX + j) as u64)));
        curves.push(curve);
    }
    let view = PlotView::new(&curves, args.how.seed);
    if let Some((format, path)) = write.zip(args.out.as_deref()) {
        let text = match format {
            Format::Svg => plot(&curves).to_svg(),
            Format::Csv => to_csv(&curves),
            Format::Json => serde_json::to_string(&view).map_err(|e| Failure::Other(e.to_string()))?,
        };
        message::write(path, &text)?;
    }
    if args.how.json { print(&view) } else { say(&table(&curves)) }
}

#[derive(Debug, Clone, Copy)]
enum Format {
    Svg,
    Csv,
    Json,
}

impl Format {
    fn of(path: &Path) -> Result<Self, Failure> {
        match path.extension().and_then(|e| e.to_str()) {
            Some("svg") => Ok(Self::Svg),
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            _ => Err(Failure::Usage(format!("{}: a plot is written as .svg, .csv or .json.", path.display()))),
        }
    }
}

fn table(curves: &[Curve]) -> String {
    let mut out = format!("{:<28}{:>10}{:>14}{:>14}   95% interval\n", "residual bit error rate", "p", "theory", "measured");
    for curve in curves {
        for m in &curve.measured {
            let e = curve.shown(m);
            let cells = format!("{:<28}{:>10.3e}{:>14.4e}{:>14.4e}", curve.name(), m.p, left(curve.code.as_ref(), m.p), e.rate);
            out.push_str(&format!("{cells}   {:.3e} to {:.3e}\n", e.low, e.high));
        }
    }
    out.push_str("Without a code what is left is p itself. Unnoticed: wrong bits in blocks that are delivered without a warning.\n");
    out
}
