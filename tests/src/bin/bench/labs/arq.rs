//! Repeat request in virtual time: how much of a fast line that loses is used, how long the earlier system's only setting takes, and how fast
//! the simulation is.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lectern_proto::arq::{Protocol, Settings, Timeout};
use lectern_proto::lab::arq::{Channel, Outcome, Scenario, Simulation};

use crate::table::{Table, Values};

const RATE: u64 = 100_000_000;
const DELAY: Duration = Duration::from_millis(20);
const PAYLOAD: u16 = 1_200;
/// Loss, and a window that fits: as many round trips long as hardly any packet needs to be repeated.
const LINES: [(f64, u32); 5] = [(0.0, 512), (0.05, 2_048), (0.1, 2_560), (0.2, 5_120), (0.3, 8_192)];
/// Length of the file in windows.
const WINDOWS: u64 = 1_000;
const SEEDS: u64 = 1_000;
const EVENTS_GOAL: f64 = 1e6;

pub fn measure(table: &mut Table) -> Result<()> {
    let mut speed = Values::default();
    for (loss, window) in LINES {
        line(table, &mut speed, loss, window)?;
    }
    let names = "Repeat request: events of the simulation, all of the runs above";
    table.at_least(names, "/s", &speed, ("–", &Values::default()), EVENTS_GOAL);
    earlier(table)
}

fn run(scenario: &Scenario) -> Result<(Outcome, f64)> {
    let mut simulation = Simulation::new(scenario, false)?;
    let begun = Instant::now();
    let outcome = simulation.finish();
    let took = begun.elapsed().as_secs_f64();
    ensure!(outcome.complete && outcome.first_wrong.is_none(), "it arrives whole: {outcome:?}");
    Ok((outcome, outcome.events as f64 / took))
}

/// Both ends of selective repeat over 100 Mbit/s and 20 ms each way.
fn line(table: &mut Table, speed: &mut Values, loss: f64, window: u32) -> Result<()> {
    let line = Channel { delay: DELAY, rate_bps: RATE, ..Channel::PERFECT };
    let of = |arq, windows: u64| Scenario {
        arq,
        payload: PAYLOAD,
        length: u64::from(window) * windows * u64::from(PAYLOAD),
        data: Channel { loss, ..line },
        acks: line,
        seed: 1,
        interventions: Vec::new(),
        until: Duration::from_secs(100_000),
    };
    let (outcome, events) = run(&of(Settings::new(Protocol::SelectiveRepeat, window), WINDOWS))?;
    speed.0.push(events);
    // Go-back-N with the same window, a shorter file.
    let (other, _) = run(&of(Settings::new(Protocol::GoBackN, window), 20))?;
    let share = |outcome: Outcome| Values(vec![outcome.goodput_bps / RATE as f64 / (1.0 - loss) * 100.0]);
    let what =
        format!("Selective repeat, 100 Mbit/s, 20 ms each way, {:.0} % lost, window {window}: goodput, of what the loss leaves of the rate", loss * 100.0);
    table.at_least(&what, "%", &share(outcome), ("go-back-N", &share(other)), 97.0);
    Ok(())
}

/// 773 bytes in packets of 128, window 5, time-out 0.2 s, 80 % of the data lost.
fn earlier(table: &mut Table) -> Result<()> {
    let base = Scenario::earlier();
    let mean = |timeout: Timeout| -> Result<f64> {
        let mut sum = 0.0;
        for seed in 0..SEEDS {
            let mut scenario = Scenario { seed, ..base.clone() };
            scenario.arq.timeout = timeout;
            sum += run(&scenario)?.0.duration.as_secs_f64();
        }
        Ok(sum / SEEDS as f64)
    };
    let model = base.expected_duration().context("the model has this setting")?;
    let (fixed, adaptive) = (mean(base.arq.timeout)?, mean(Timeout::ADAPTIVE)?);
    let (fixed, model) = (Values(vec![fixed]), Values(vec![model]));
    table.ratio("The earlier system's setting, 0.2 s time-out: mean time of 1,000 seeds", "s", &fixed, ("exact model", &model), 1.05);
    let share = Values(vec![model.median() / fixed.median()]);
    table.at_least("The same, model over measured", "", &share, ("adaptive time-out, s", &Values(vec![adaptive])), 0.95);
    Ok(())
}
