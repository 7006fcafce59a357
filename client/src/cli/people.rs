//! `lectern people`: the roster, this visitor included.

use lectern_proto::control::Role;
use serde::Serialize;

use super::{Failure, join, print};
use crate::class::JoinRequest;

#[derive(Debug, Serialize)]
struct People<'a> {
    /// Whether no student publishes at present.
    quiet: bool,
    people: Vec<PersonLine<'a>>,
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

pub(super) async fn run(request: JoinRequest) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    class.left().await;
    let me = state.me.as_ref().map(|m| m.id);
    let people = state.people.iter().map(|p| {
        let publishes = state.streams.iter().filter(|s| s.publisher == p.id).map(|s| s.name.as_str()).collect();
        let (stage, you) = (state.floor.stage.contains(&p.id), Some(p.id) == me);
        PersonLine { id: p.id.0, name: &p.name, role: p.role, connected: p.connected, stage, publishes, you }
    });
    print(&People { quiet: state.floor.quiet, people: people.collect() })
}
