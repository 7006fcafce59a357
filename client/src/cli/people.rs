//! `lectern people`: the roster, this visitor included.

use lectern_proto::control::Role;
use serde::Serialize;

use super::{Failure, join, print};
use crate::class::JoinRequest;

#[derive(Debug, Serialize)]
struct People<'a> {
    people: Vec<PersonLine<'a>>,
}

#[derive(Debug, Serialize)]
struct PersonLine<'a> {
    id: u64,
    name: &'a str,
    role: Role,
    connected: bool,
    you: bool,
}

pub(super) async fn run(request: JoinRequest) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    class.left().await;
    let me = state.me.as_ref().map(|m| m.id);
    let people = state.people.iter().map(|p| PersonLine { id: p.id.0, name: &p.name, role: p.role, connected: p.connected, you: Some(p.id) == me });
    print(&People { people: people.collect() })
}
