//! `lectern people`: the roster, this visitor included; for an instructor also how those fare who watch a live stream.

use clap::Args;
use lectern_proto::control::{PersonId, Role, ViewerReport};
use lectern_proto::limits::LIVE_REPORT_EVERY;
use lectern_proto::live::health::Trouble;
use serde::Serialize;

use super::{Failure, join, print};
use crate::class::{ClassState, JoinRequest};

#[derive(Debug, Clone, Args)]
pub(super) struct PeopleArgs {
    /// For instructors: wait some seconds for what viewers of live streams report, and say it, worst first
    #[arg(long)]
    live: bool,
}

#[derive(Debug, Serialize)]
struct People<'a> {
    /// Whether no student publishes at present.
    quiet: bool,
    people: Vec<PersonLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    viewers: Option<Vec<ViewerLine<'a>>>,
}

#[derive(Debug, Serialize)]
struct PersonLine<'a> {
    id: u64,
    name: &'a str,
    role: Role,
    connected: bool,
    /// A student who has the stage.
    stage: bool,
    /// Names of what this person publishes.
    publishes: Vec<&'a str>,
    you: bool,
}

/// How somebody fares with a live stream, since the report before.
#[derive(Debug, Serialize)]
struct ViewerLine<'a> {
    stream: &'a str,
    id: u64,
    name: &'a str,
    rung: Option<&'a str>,
    lag_ms: f64,
    target_ms: f64,
    round_trip_ms: f64,
    came: u32,
    lost: u32,
    repaired: u32,
    skipped: u32,
    waiting: u8,
    busy_percent: u8,
    transport: &'static str,
    trouble: Option<String>,
}

pub(super) async fn run(request: JoinRequest, args: &PeopleArgs) -> Result<(), Failure> {
    let (class, mut state) = join(request).await?;
    if args.live {
        // Every viewer reports within this time.
        tokio::time::sleep(2 * LIVE_REPORT_EVERY).await;
        state = class.state();
    }
    class.left().await;
    let me = state.me.as_ref().map(|m| m.id);
    let people = state.people.iter().map(|p| {
        let publishes = state.streams.iter().filter(|s| s.publisher == p.id).map(|s| s.name.as_str()).collect();
        let (stage, you) = (state.floor.stage.contains(&p.id), Some(p.id) == me);
        PersonLine { id: p.id.0, name: &p.name, role: p.role, connected: p.connected, stage, publishes, you }
    });
    print(&People { quiet: state.floor.quiet, people: people.collect(), viewers: args.live.then(|| viewers(&state)) })
}

fn viewers(state: &ClassState) -> Vec<ViewerLine<'_>> {
    let line = |stream: usize, person: PersonId, report: &ViewerReport| {
        let info = &state.streams[stream];
        let milliseconds = |us: u32| f64::from(us) / 1_000.0;
        ViewerLine {
            stream: &info.name,
            id: person.0,
            name: state.people.iter().find(|p| p.id == person).map_or("", |p| p.name.as_str()),
            rung: info.videos().find(|(track, _)| *track == report.track).map(|(_, video)| video.rung.as_str()),
            lag_ms: milliseconds(report.lag_us),
            target_ms: milliseconds(info.target_us),
            round_trip_ms: milliseconds(report.round_trip_us),
            came: report.came,
            lost: report.lost,
            repaired: report.repaired,
            skipped: report.skipped,
            waiting: report.waiting,
            busy_percent: report.busy_percent,
            transport: if report.is_udp { "udp" } else { "tcp" },
            trouble: Trouble::of(report, info.target_us).map(|trouble| trouble.to_string()),
        }
    };
    let reports = |stream: usize| state.reports.get(&state.streams[stream].id).into_iter().flatten();
    (0..state.streams.len()).flat_map(|stream| reports(stream).map(move |(person, report)| line(stream, *person, report))).collect()
}
