//! `lectern people`: the roster, this visitor included, and the door; for an instructor also its tools, and how those fare who watch a live
//! stream.

mod tools;

use clap::Args;
use lectern_proto::control::{PersonId, PrivateChat, Role, ViewerReport};
use lectern_proto::limits::LIVE_REPORT_EVERY;
use lectern_proto::live::health::Trouble;
use serde::Serialize;

use super::{Failure, join, print};
use crate::class::{ClassState, JoinRequest};
use tools::Tool;

pub(super) const HELP: &str = "\
Examples:
  lectern people --join LINK --name Ana --password open-sesame
  lectern people --admit Ben --join LINK --name Nora
  lectern people --waiting-room on --join LINK --name Nora
  lectern people --attendance tuesday.csv --join LINK --name Nora";

#[derive(Debug, Clone, Args)]
pub(super) struct PeopleArgs {
    /// For instructors: wait some seconds for what viewers of live streams report, and say it, worst first
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    tool: Tool,
}

#[derive(Debug, Serialize)]
struct People<'a> {
    /// Whether no student publishes at present.
    quiet: bool,
    /// Nobody new comes in.
    locked: bool,
    /// Whoever is new waits until admitted.
    waiting_room: bool,
    /// Every window shows the stage.
    attention: bool,
    private_chat: PrivateChat,
    /// Raised hands, the first first.
    hands: Vec<&'a str>,
    people: Vec<PersonLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    viewers: Option<Vec<ViewerLine<'a>>>,
    /// For staff: who waits to be admitted, longest first.
    waiting: Vec<&'a str>,
    /// For staff: who is kept out.
    banned: &'a [String],
}

#[derive(Debug, Serialize)]
struct PersonLine<'a> {
    id: u64,
    name: &'a str,
    role: Role,
    connected: bool,
    /// A student who has the stage.
    stage: bool,
    /// The place of the raised hand, from 1.
    hand: Option<usize>,
    muted: bool,
    /// Is heard at this moment, in a stream with a microphone.
    speaking: bool,
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
    restored: u32,
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
    let used = args.tool.use_in(&class, &state).await;
    if used.is_err() {
        // The seat is not left behind.
        class.left().await;
    }
    used?;
    // What everybody is told of it came before the answer.
    let state = class.state();
    class.left().await;
    let me = state.me.as_ref().map(|m| m.id);
    let people = state.people.iter().map(|p| {
        let publishes = state.streams.iter().filter(|s| s.publisher == p.id).map(|s| s.name.as_str()).collect();
        let (stage, you) = (state.floor.stage.contains(&p.id), Some(p.id) == me);
        let hand = state.tools.hands.iter().position(|h| *h == p.id).map(|at| at + 1);
        let (muted, speaking) = (state.tools.muted.contains(&p.id), state.tools.speaking.contains(&p.id));
        PersonLine { id: p.id.0, name: &p.name, role: p.role, connected: p.connected, stage, hand, muted, speaking, publishes, you }
    });
    let name = |id: &PersonId| state.people.iter().find(|p| p.id == *id).map(|p| p.name.as_str());
    let tools = &state.tools;
    print(&People {
        quiet: state.floor.quiet,
        locked: tools.door.locked,
        waiting_room: tools.door.waiting_room,
        attention: tools.attention,
        private_chat: state.private_chat,
        hands: tools.hands.iter().filter_map(name).collect(),
        people: people.collect(),
        viewers: args.live.then(|| viewers(&state)),
        waiting: tools.waiting.iter().map(|w| w.name.as_str()).collect(),
        banned: &tools.banned,
    })
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
            restored: report.restored,
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
