//! `lectern lab arq sweep` and `plot`.

use std::path::PathBuf;

use clap::Args;
use lectern_proto::arq::Protocol;
use lectern_proto::lab::arq::plot;
use lectern_proto::lab::arq::sweep::{Axis, Point, Sweep};
use serde::Serialize;

use super::options::{Options, probability};
use crate::cli::{Failure, print};

#[derive(Debug, Clone, Args)]
pub(super) struct SweepArgs {
    #[command(flatten)]
    measured: Measured,
    /// Writes the points as a table
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct PlotArgs {
    #[command(flatten)]
    measured: Measured,
    /// Writes the picture here instead of to stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The points as one JSON object; the picture only with --out
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Args)]
struct Measured {
    #[command(flatten)]
    options: Options,
    /// Protocols, as sw,gbn,sr
    #[arg(long, value_name = "P,...", value_delimiter = ',', default_value = "sw,gbn,sr", conflicts_with = "protocol")]
    protocols: Vec<Protocol>,
    /// Probabilities of loss of data, as 0,0.1,0.2 [default: 0,0.02,0.05,0.1,0.2,0.3,0.4,0.5]
    #[arg(long, value_name = "P,...", value_delimiter = ',', value_parser = probability, conflicts_with_all = ["windows", "loss"])]
    losses: Vec<f64>,
    /// Windows instead of losses, as 1,2,4,8
    #[arg(long, value_name = "N,...", value_delimiter = ',', conflicts_with = "window")]
    windows: Vec<u32>,
    /// Runs of every point
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    seeds: u32,
    /// Packets of every run, unless --length says bytes
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    packets: u32,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    scenario: &'a lectern_proto::lab::arq::Scenario,
    seeds: u32,
    points: &'a [Point],
}

impl Measured {
    fn measure(&self) -> Result<(Sweep, Vec<Point>), Failure> {
        let mut base = self.options.scenario()?;
        if self.options.length().is_none() {
            base.length = u64::from(base.payload) * u64::from(self.packets);
        }
        if base.data.rate_bps == 0 {
            return Err(Failure::Usage("Efficiency is a share of the line's rate, and this line has none. Set --rate.".into()));
        }
        let protocols = self.options.protocol().map_or_else(|| self.protocols.clone(), |protocol| vec![protocol]);
        let losses = if self.losses.is_empty() { vec![0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5] } else { self.losses.clone() };
        let axis = if self.windows.is_empty() { Axis::Loss(losses) } else { Axis::Window(self.windows.clone()) };
        let sweep = Sweep { base, protocols, axis, seeds: self.seeds };
        let mut points = Vec::new();
        for scenario in sweep.scenarios() {
            points.extend(sweep.measure(&scenario).map_err(|e| Failure::Usage(e.to_string()))?);
        }
        Ok((sweep, points))
    }
}

pub(super) fn run(args: &SweepArgs) -> Result<(), Failure> {
    let (sweep, points) = args.measured.measure()?;
    if let Some(path) = &args.csv {
        super::write(path, &table(&points))?;
    }
    if args.json {
        return print(&Report { scenario: &sweep.base, seeds: sweep.seeds, points: &points });
    }
    println!("{:<18}{:>7}{:>7}{:>10}{:>10}{:>20}", "protocol", "window", "loss", "theory", "chain", "measured");
    for Point { protocol, window, loss, theory, chain, measured, unfinished } in points {
        let [theory, chain] = [theory, chain].map(|share| share.map_or("-".into(), |share| format!("{share:.4}")));
        let half = measured.half.map_or(String::new(), |half| format!(" ± {half:.4}"));
        let note = if unfinished > 0 { format!("  ({unfinished} unfinished)") } else { String::new() };
        println!("{:<18}{window:>7}{loss:>7}{theory:>10}{chain:>10}{:>20}{note}", protocol.to_string(), format!("{:.4}{half}", measured.mean));
    }
    Ok(())
}

pub(super) fn plot(args: &PlotArgs) -> Result<(), Failure> {
    let (sweep, points) = args.measured.measure()?;
    match &args.out {
        Some(path) => super::write(path, &plot::plot(&sweep, &points).to_svg())?,
        None if !args.json => print!("{}", plot::plot(&sweep, &points).to_svg()),
        None => {}
    }
    if args.json { print(&Report { scenario: &sweep.base, seeds: sweep.seeds, points: &points }) } else { Ok(()) }
}

fn table(points: &[Point]) -> String {
    let mut table = String::from("protocol,window,loss,theory,chain,mean,half_of_95_percent,seeds,unfinished\r\n");
    let number = |n: Option<f64>| n.map_or(String::new(), |n| n.to_string());
    for Point { protocol, window, loss, theory, chain, measured, unfinished } in points {
        let row = [
            protocol.short().to_owned(),
            window.to_string(),
            loss.to_string(),
            number(*theory),
            number(*chain),
            measured.mean.to_string(),
            number(measured.half),
            measured.count.to_string(),
            unfinished.to_string(),
        ];
        table.push_str(&row.join(","));
        table.push_str("\r\n");
    }
    table
}
