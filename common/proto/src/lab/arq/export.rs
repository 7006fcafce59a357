//! A run as files: a table of its packets, and a record that is loaded again and goes the same way.

use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::channel::Fate;
use super::scenario::{Action, Direction, Scenario, ScenarioError};
use super::simulation::{Outcome, Simulation};
use super::trace::{Passage, Trace};
use crate::arq::Taken;
use crate::arq::packet::checksum;

/// What the file says it is.
const FORMAT: &str = "lectern-arq-1";
/// Events of a run that is loaded and checked: some seconds of work. Longer ones are refused.
const EVENTS_MAX: u64 = 5_000_000;

/// A run in a file: what decides it, and what came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    format: String,
    scenario: Scenario,
    outcome: Outcome,
    /// CRC-32 of the table of its packets.
    table: u32,
}

/// The run as JSON. Times of a scenario that are no whole microseconds are cut to such.
///
/// # Errors
/// When there cannot be such a run.
pub fn to_json(scenario: &Scenario) -> Result<String, ScenarioError> {
    let scenario: Scenario = serde_json::from_value(serde_json::to_value(scenario)?)?;
    let mut run = Simulation::new(&scenario, true)?;
    let outcome = run.finish();
    let table = checksum(&[csv(run.trace()).as_bytes()]);
    let mut json = serde_json::to_string_pretty(&Record { format: FORMAT.into(), scenario, outcome, table })?;
    json.push('\n');
    Ok(json)
}

/// Reads such a file, and runs it to see that it goes the same way.
///
/// # Errors
/// When it is no such file, when it cannot be run, and when it goes another way.
pub fn from_json(json: &str) -> Result<Scenario, ScenarioError> {
    from_json_within(json, EVENTS_MAX)
}

/// The same of a run that has at most so many events.
///
/// # Errors
/// As [`from_json`], and when there are more.
pub fn from_json_within(json: &str, events_max: u64) -> Result<Scenario, ScenarioError> {
    let record: Record = serde_json::from_str(json)?;
    if record.format != FORMAT {
        return Err(ScenarioError::Differs(format!("its format is “{}”, this program knows “{FORMAT}”", record.format.chars().take(40).collect::<String>())));
    }
    if record.outcome.events > events_max {
        return Err(ScenarioError::Differs(format!("it has {} events, {events_max} at most are checked", record.outcome.events)));
    }
    let mut run = Simulation::new(&record.scenario, true)?;
    while run.events() <= record.outcome.events && run.step().is_some() {}
    let outcome = run.outcome();
    if outcome.events != record.outcome.events || outcome.duration.as_micros() != record.outcome.duration.as_micros() {
        let told = |o: &Outcome| format!("{} events in {} µs", o.events, o.duration.as_micros());
        return Err(ScenarioError::Differs(format!("{} instead of {}", told(&outcome), told(&record.outcome))));
    }
    if checksum(&[csv(run.trace()).as_bytes()]) != record.table {
        return Err(ScenarioError::Differs("its packets went another way".into()));
    }
    Ok(record.scenario)
}

/// The packets of a run as a table: comma-separated values with a heading, as RFC 4180 has them.
#[must_use]
pub fn csv(trace: Option<&Trace>) -> String {
    let mut table = String::from("direction,packet,number,on_the_wire,again,sent_us,left_us,arrives_us,fate,by_hand,receiver\r\n");
    for passage in trace.into_iter().flat_map(|trace| &trace.passages) {
        // Writing to a string cannot fail.
        let _ = write!(table, "{}\r\n", row(passage));
    }
    table
}

fn row(passage: &Passage) -> String {
    let us = |time: Duration| format!("{}.{:03}", time.as_micros(), time.as_nanos() % 1_000);
    let direction = match passage.direction {
        Direction::Data => "data",
        Direction::Acks => "ack",
    };
    let arrives = if matches!(passage.way.fate, Fate::Arrives | Fate::Damaged) { us(passage.way.arrives) } else { String::new() };
    let by_hand = match passage.by_hand {
        None => String::new(),
        Some(Action::Kill) => "kill".into(),
        Some(Action::LetThrough) => "let through".into(),
        Some(Action::Delay(time)) => format!("delay {} us", time.as_micros()),
    };
    let taken = match passage.taken {
        None => String::new(),
        Some(Taken::Delivered { count, .. }) => format!("delivers {count}"),
        Some(Taken::Kept(_)) => "keeps".into(),
        Some(Taken::Duplicate) => "has it".into(),
        Some(Taken::Discarded) => "discards".into(),
    };
    let Passage { packet, nth, sequence, again, way, .. } = passage;
    format!("{direction},{packet},{nth},{sequence},{again},{},{},{arrives},{},{by_hand},{taken}", us(way.begins), us(way.ends), fate(way.fate))
}

const fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Arrives => "arrives",
        Fate::Damaged => "damaged",
        Fate::Lost => "lost",
        Fate::Dropped => "queue full",
        Fate::Killed => "killed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_loaded_and_goes_the_same_way() {
        let mut scenario = Scenario::example();
        scenario.intervene(Direction::Data, 3, Some(Action::Kill));
        scenario.intervene(Direction::Acks, 2, Some(Action::Delay(Duration::from_millis(30))));
        let json = to_json(&scenario).expect("a run");
        assert_eq!(from_json(&json).expect("the same"), scenario);
        assert_eq!(to_json(&scenario).expect("a run"), json);
        scenario.arq.timeout = crate::arq::Timeout::Fixed(Duration::from_nanos(54_051_173));
        let whole = from_json(&to_json(&scenario).expect("a run")).expect("the same but for its nanoseconds");
        assert_eq!(whole.arq.timeout, crate::arq::Timeout::Fixed(Duration::from_micros(54_051)));
    }

    #[test]
    fn what_was_changed_is_noticed() {
        let json = to_json(&Scenario::example()).expect("a run");
        for (from, to) in
            [("\"seed\": 15", "\"seed\": 16"), ("\"loss\": 0.2", "\"loss\": 0.9"), ("lectern-arq-1", "lectern-arq-2"), ("\"window\": 4", "\"window\": 0")]
        {
            assert!(json.contains(from), "{from}");
            assert!(from_json(&json.replace(from, to)).is_err(), "{to}");
        }
        for bad in ["", "{}", "[]", "null", &json[..json.len() / 2]] {
            assert!(matches!(from_json(bad), Err(ScenarioError::File(_))), "{bad}");
        }
        let endless = json.replace("\"length\": 6144", "\"length\": 99999999999");
        assert!(matches!(from_json(&endless), Err(ScenarioError::Differs(_))), "as many events as the file says, and not more");
    }

    #[test]
    fn the_table_has_a_row_for_each_packet() {
        let mut run = Simulation::new(&Scenario::example(), true).expect("a run");
        let outcome = run.finish();
        let table = csv(run.trace());
        assert_eq!(table.lines().count() as u64, 1 + outcome.sent + outcome.acks);
        assert!(table.lines().all(|row| row.split(',').count() == 11), "{table}");
        assert_eq!(table.lines().filter(|row| row.starts_with("data") && row.contains(",lost,")).count() as u64, outcome.data_lost);
        assert_eq!(csv(None).lines().count(), 1);
    }
}
