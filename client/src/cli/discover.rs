//! `lectern discover`: the servers of this network, one JSON line each.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::{Failure, print};
use crate::connect::known::{KnownServers, Trust};
use crate::discover::{Discovery, Found};

#[derive(Debug, Clone, Args)]
pub(super) struct DiscoverArgs {
    /// Look for this many seconds
    #[arg(long = "for", value_name = "S", default_value = "3", value_parser = super::watch::seconds)]
    length: Duration,
}

/// A line. `join` has no fingerprint on purpose: whoever uses it compares the words.
#[derive(Debug, Serialize)]
struct Line {
    name: String,
    /// The first of `rooms`.
    room: String,
    rooms: Vec<String>,
    /// Rooms that the server has and did not name.
    rooms_left_out: u8,
    hosts: Vec<String>,
    port: u16,
    join: String,
    fingerprint: String,
    words: Option<[&'static str; 3]>,
    /// `new`, `known`, or `changed`: a name that is known, with another certificate.
    trust: &'static str,
    by: Vec<&'static str>,
    round_trip_ms: Option<f64>,
}

pub(super) async fn run(args: DiscoverArgs) -> Result<(), Failure> {
    let known = KnownServers::load();
    let discovery = Discovery::start(&tokio::runtime::Handle::current(), known.hosts(), Arc::new(|| {}));
    tokio::select! {
        () = tokio::time::sleep(args.length) => {}
        () = super::watch::interrupted() => {}
    }
    let seen = discovery.seen();
    for found in &seen.found {
        print(&line(found, &known))?;
    }
    if seen.found.is_empty() {
        let networks: Vec<_> = seen.networks.iter().map(|n| n.address.to_string()).collect();
        eprintln!(
            "lectern: no server answered on {}. Ask for its address or the join link.",
            if networks.is_empty() { "any network".into() } else { networks.join(", ") }
        );
    }
    Ok(())
}

fn line(found: &Found, known: &KnownServers) -> Line {
    let trust = match known.trust(&found.name, &[], &found.fingerprint) {
        Trust::New => "new",
        Trust::Known { .. } => "known",
        Trust::Changed { .. } => "changed",
    };
    let by = [("beacon", found.by_beacon), ("mdns", found.by_mdns)].into_iter().filter_map(|(name, is)| is.then_some(name)).collect();
    Line {
        name: found.name.clone(),
        room: found.rooms.first().to_owned(),
        rooms: found.rooms.names().map(str::to_owned).collect(),
        rooms_left_out: found.rooms.left_out(),
        hosts: found.hosts.clone(),
        port: found.port,
        join: found.address().unpinned_link(),
        fingerprint: found.fingerprint.to_string(),
        words: found.words.map(|w| w.words()),
        trust,
        by,
        round_trip_ms: found.round_trip.map(|r| (r.as_secs_f64() * 10_000.0).round() / 10.0),
    }
}
