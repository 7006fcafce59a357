//! `lectern lab arq simulate`.

use std::path::PathBuf;

use clap::Args;
use lectern_proto::arq::Timeout;
use lectern_proto::lab::arq::statistics::Mean;
use lectern_proto::lab::arq::{Outcome, Scenario, Simulation, diagram, export};
use serde::Serialize;

use super::super::count;
use super::options::Options;
use crate::cli::{Failure, print};

/// A loaded file is a run of at most some seconds; a longer file is none of ours.
const FILE_MAX: u64 = 4 * 1024 * 1024;

#[derive(Debug, Clone, Args)]
pub(super) struct SimulateArgs {
    #[command(flatten)]
    options: Options,
    /// Runs of so many seeds, from --seed on: means with their 95 % confidence intervals
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    seeds: u32,
    /// Loads a run that was saved, with everything that decides it
    #[arg(long, value_name = "FILE", conflicts_with = "seeds")]
    load: Option<PathBuf>,
    /// Writes the run as JSON, to be loaded again
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Writes the packets as a table
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Writes the space-time diagram
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// What theory says, where it does.
#[derive(Debug, Serialize)]
struct Theory {
    efficiency: Option<f64>,
    duration_s: Option<f64>,
}

#[derive(Debug, Serialize)]
struct One<'a> {
    scenario: &'a Scenario,
    outcome: Outcome,
    theory: Theory,
}

#[derive(Debug, Serialize)]
struct Several<'a> {
    scenario: &'a Scenario,
    seeds: u32,
    /// Runs that did not end in their time; they are not in the means.
    unfinished: u32,
    wrong: u32,
    duration_s: Option<Mean>,
    efficiency: Option<Mean>,
    goodput_bps: Option<Mean>,
    sent: Option<Mean>,
    theory: Theory,
    /// The same with the adaptive time-out, where the time-out is fixed.
    adaptive_duration_s: Option<Mean>,
}

pub(super) fn run(args: &SimulateArgs) -> Result<(), Failure> {
    let scenario = match &args.load {
        Some(path) => load(path)?,
        None => args.options.scenario()?,
    };
    if args.seeds > 1 { several(args, &scenario) } else { one(args, &scenario) }
}

fn load(path: &std::path::Path) -> Result<Scenario, Failure> {
    let cannot = |e: std::io::Error| Failure::Other(format!("cannot read {}: {e}", path.display()));
    if std::fs::metadata(path).map_err(cannot)?.len() > FILE_MAX {
        return Err(Failure::Other(format!("{} is too large for a saved run.", path.display())));
    }
    let text = std::fs::read_to_string(path).map_err(cannot)?;
    export::from_json(&text).map_err(|e| Failure::Other(format!("{}: {e}", path.display())))
}

fn simulate(scenario: &Scenario, traced: bool) -> Result<Simulation, Failure> {
    Simulation::new(scenario, traced).map_err(|e| Failure::Usage(e.to_string()))
}

fn theory(scenario: &Scenario) -> Theory {
    Theory { efficiency: scenario.theory(), duration_s: scenario.expected_duration() }
}

fn one(args: &SimulateArgs, scenario: &Scenario) -> Result<(), Failure> {
    let mut simulation = simulate(scenario, args.csv.is_some() || args.svg.is_some())?;
    let outcome = simulation.finish();
    if let Some(path) = &args.csv {
        super::write(path, &export::csv(simulation.trace()))?;
    }
    if let (Some(path), Some(trace)) = (&args.svg, simulation.trace()) {
        super::write(path, &diagram::svg::svg(scenario, trace))?;
    }
    if let Some(path) = &args.save {
        super::write(path, &export::to_json(scenario).map_err(|e| Failure::Other(e.to_string()))?)?;
    }
    if args.json {
        return print(&One { scenario, outcome, theory: theory(scenario) });
    }
    show(scenario, &outcome);
    Ok(())
}

fn show(scenario: &Scenario, outcome: &Outcome) {
    let theory = theory(scenario);
    println!("{}, window {}, {}-bit numbers, seed {}", scenario.arq.protocol, scenario.arq.window, scenario.arq.space.bits(), scenario.seed);
    let whole = if outcome.complete { "all arrived" } else { "not all arrived" };
    row("delivered", format!("{} of {}, {}: {whole}", outcome.delivered, count(outcome.packets, "packet"), count(outcome.bytes, "byte")));
    if let Some(wrong) = outcome.first_wrong {
        row("WRONG", format!("packet {wrong} was given in place of another: the window is larger than the sequence numbers can serve"));
    }
    row(
        "time",
        format!("{}{}", seconds(outcome.duration.as_secs_f64()), theory.duration_s.map_or(String::new(), |t| format!(" (theory's mean: {})", seconds(t)))),
    );
    let (sent, timeouts) = (count(outcome.sent, "packet"), count(outcome.timeouts, "time-out"));
    row("sent", format!("{sent}, {} of them again, {} needlessly; {timeouts}", outcome.again, outcome.needless));
    row("lost", format!("{} data, {}", outcome.data_lost, count(outcome.acks_lost, "acknowledgement")));
    row("damaged", format!("{} data, {}", outcome.data_damaged, count(outcome.acks_damaged, "acknowledgement")));
    row("goodput", format!("{:.1} kbit/s", outcome.goodput_bps / 1e3));
    if let Some(efficiency) = outcome.efficiency {
        row("efficiency", format!("{efficiency:.3}{}", theory.efficiency.map_or(String::new(), |t| format!(" (theory for a long run: {t:.3})"))));
    }
}

fn several(args: &SimulateArgs, scenario: &Scenario) -> Result<(), Failure> {
    if args.csv.is_some() || args.svg.is_some() || args.save.is_some() {
        return Err(Failure::Usage("--csv, --svg and --save write one run. Leave out --seeds.".into()));
    }
    let (outcomes, unfinished) = runs(args.seeds, scenario)?;
    let mean = |of: &dyn Fn(&Outcome) -> Option<f64>| Mean::of(&outcomes.iter().filter_map(of).collect::<Vec<_>>());
    let duration = |o: &Outcome| Some(o.duration.as_secs_f64());
    let adaptive_duration_s = match scenario.arq.timeout {
        Timeout::Adaptive { .. } => None,
        Timeout::Fixed(_) => {
            let mut adaptive = scenario.clone();
            adaptive.arq.timeout = Timeout::ADAPTIVE;
            Mean::of(&runs(args.seeds, &adaptive)?.0.iter().filter_map(duration).collect::<Vec<_>>())
        }
    };
    let several = Several {
        scenario,
        seeds: args.seeds,
        unfinished,
        wrong: outcomes.iter().filter(|o| o.first_wrong.is_some()).count() as u32,
        duration_s: mean(&duration),
        efficiency: mean(&|o| o.efficiency),
        goodput_bps: mean(&|o| Some(o.goodput_bps)),
        sent: mean(&|o| Some(o.sent as f64)),
        theory: theory(scenario),
        adaptive_duration_s,
    };
    if args.json {
        return print(&several);
    }
    let (arq, seeds) = (scenario.arq, count(several.seeds, "seed"));
    println!("{}, window {}, {seeds} from {}; means with 95 % confidence", arq.protocol, arq.window, scenario.seed);
    let told = |name: &str, mean: Option<Mean>, theory: Option<f64>| {
        let Some(mean) = mean else { return };
        let half = mean.half.map_or(String::new(), |half| format!(" ± {half:.4}"));
        row(name, format!("{:.4}{half}{}", mean.mean, theory.map_or(String::new(), |t| format!(" (theory: {t:.4})"))));
    };
    told("time, s", several.duration_s, several.theory.duration_s);
    told("adaptive, s", several.adaptive_duration_s, None);
    told("efficiency", several.efficiency, several.theory.efficiency);
    told("goodput, bit/s", several.goodput_bps, None);
    told("packets sent", several.sent, None);
    row("unfinished", format!("{}", several.unfinished));
    row("wrong", format!("{}", several.wrong));
    Ok(())
}

fn runs(seeds: u32, scenario: &Scenario) -> Result<(Vec<Outcome>, u32), Failure> {
    let (mut outcomes, mut unfinished) = (Vec::new(), 0);
    for nth in 0..u64::from(seeds) {
        let outcome = simulate(&Scenario { seed: scenario.seed.wrapping_add(nth), ..scenario.clone() }, false)?.finish();
        if outcome.complete { outcomes.push(outcome) } else { unfinished += 1 }
    }
    Ok((outcomes, unfinished))
}

fn row(name: &str, value: String) {
    println!("  {name:<15}{value}");
}

fn seconds(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.3} s") }
}
