//! Finding servers on the networks of this machine, without knowing anything and without the internet.
//!
//! ```text
//! probe (beacon) ─┐
//! browse (mDNS)  ─┴→ sightings (merged, pure) → Seen, a snapshot → join screen or `lectern discover`
//! ```
//! Nothing that is found is believed: `connect` pins what people have confirmed. Dropping a [`Discovery`] ends it.

mod browse;
mod networks;
pub(crate) mod probe;
mod sightings;

use std::sync::Arc;
use std::time::{Duration, Instant};

use lectern_proto::address::ServerAddress;
use lectern_proto::beacon::Rooms;
use lectern_proto::limits::BEACON_EVERY;
use lectern_proto::link::{Fingerprint, JoinLink};
use lectern_proto::words::CheckWords;
use tokio::sync::watch;

pub use networks::{Network, NetworkKind, networks};

use crate::class::Changed;
use browse::Browser;
use probe::{Prober, beacon_of};
use sightings::Sightings;

/// The first rounds come faster: somebody waits.
const FIRST_ROUNDS: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(750)];
/// Every so many rounds, services of multicast DNS are asked whether they are still there.
const CONFIRM_EVERY: u32 = 3;
/// After words were computed the machine rests for so many times as long: others choose how many servers there seem to be.
const WORDS_PAUSE: u32 = 3;

/// A server that says it is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub fingerprint: Fingerprint,
    pub name: String,
    pub rooms: Rooms,
    /// The control port.
    pub port: u16,
    /// Its addresses, as links name them.
    pub hosts: Vec<String>,
    /// The shortest of its last answers.
    pub round_trip: Option<Duration>,
    pub by_beacon: bool,
    pub by_mdns: bool,
    /// None until they are computed.
    pub words: Option<CheckWords>,
}

impl Found {
    /// The link to its first room, pinned to the fingerprint that it claims. It may be used once people have compared the words.
    #[must_use]
    pub fn link(&self) -> JoinLink {
        self.address().pinned(self.rooms.first(), self.fingerprint)
    }

    /// Where it says to be.
    #[must_use]
    pub fn address(&self) -> ServerAddress {
        ServerAddress { hosts: self.hosts.clone(), port: self.port, room: Some(self.rooms.first().to_owned()) }
    }
}

/// What is known of the networks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// In the order in which they were first heard of.
    pub found: Vec<Found>,
    /// Without loopback.
    pub networks: Vec<Network>,
}

/// A search that goes on.
#[derive(Debug)]
pub struct Discovery(watch::Receiver<Arc<Seen>>);

impl Discovery {
    /// Begins to look; `changed` tells when there is news. `known`: hosts to ask one by one, which may hear no broadcast.
    #[must_use]
    pub fn start(runtime: &tokio::runtime::Handle, known: Vec<String>, changed: Changed) -> Self {
        let (out, seen) = watch::channel(Arc::default());
        runtime.spawn(run(known, out, changed));
        Self(seen)
    }

    /// What is known now.
    #[must_use]
    pub fn seen(&self) -> Arc<Seen> {
        self.0.borrow().clone()
    }
}

async fn run(known: Vec<String>, out: watch::Sender<Arc<Seen>>, changed: Changed) {
    let mut prober = Prober::open().await.inspect_err(|error| tracing::warn!(%error, "no datagrams: servers are looked for by multicast DNS alone")).ok();
    let mut browser = Browser::start().inspect_err(|error| tracing::warn!(%error, "no multicast DNS: servers are looked for by the beacon alone")).ok();
    let (began, mut seen, mut round) = (Instant::now(), Sightings::default(), 0_u32);
    let mut words = None;
    let mut rest_until = tokio::time::Instant::now();
    let mut next_round = tokio::time::Instant::now();
    let mut networks = Vec::new();
    loop {
        tokio::select! {
            () = out.closed() => return,
            () = tokio::time::sleep_until(next_round) => {
                networks = self::networks::networks();
                if let Some(prober) = &mut prober {
                    prober.ask(&networks, known.iter().map(String::as_str).chain(seen.hosts()).filter_map(beacon_of)).await;
                }
                if round % CONFIRM_EVERY == CONFIRM_EVERY - 1
                    && let Some(browser) = &browser
                {
                    seen.services().for_each(|s| browser.confirm(s));
                }
                next_round += FIRST_ROUNDS.get(round as usize).copied().unwrap_or(BEACON_EVERY);
                round = round.wrapping_add(1);
            }
            answer = answer(prober.as_ref()) => seen.answered(began.elapsed(), answer.about, answer.from, answer.round_trip),
            event = event(browser.as_ref()) => match event {
                Some(event) => if !browse::take(&mut seen, &event) { continue },
                None => browser = None,
            },
            computed = computed(&mut words) => {
                words = None;
                if let Some(Computed { words, took }) = computed {
                    rest_until = tokio::time::Instant::now() + took * WORDS_PAUSE;
                    if let Some((fingerprint, three)) = words {
                        seen.know_words(fingerprint, three);
                    }
                }
            }
            () = tokio::time::sleep_until(rest_until), if words.is_none() && seen.without_words().is_some() => {}
        }
        seen.forget(began.elapsed());
        if words.is_none() && rest_until <= tokio::time::Instant::now() {
            words = seen.without_words().map(|f| tokio::task::spawn_blocking(move || words_of(f)));
        }
        let near = networks.iter().filter(|n| n.kind != NetworkKind::Loopback).cloned().collect();
        let now = Arc::new(Seen { found: seen.found(), networks: near });
        if out.send_if_modified(|before| {
            *before != now && {
                *before = now;
                true
            }
        }) {
            changed();
        }
    }
}

/// Words, or none where the machine could not compute them, and the time that it took.
struct Computed {
    words: Option<(Fingerprint, CheckWords)>,
    took: Duration,
}

type Computing = tokio::task::JoinHandle<Computed>;

fn words_of(fingerprint: Fingerprint) -> Computed {
    let begun = Instant::now();
    let words = CheckWords::of(&fingerprint).inspect_err(|error| tracing::warn!(%error, "a server is shown without its words")).ok();
    Computed { words: words.map(|w| (fingerprint, w)), took: begun.elapsed() }
}

async fn computed(words: &mut Option<Computing>) -> Option<Computed> {
    match words {
        Some(words) => words.await.ok(),
        None => std::future::pending().await,
    }
}

async fn answer(prober: Option<&Prober>) -> probe::Answer {
    match prober {
        Some(prober) => prober.answer().await,
        None => std::future::pending().await,
    }
}

async fn event(browser: Option<&Browser>) -> Option<mdns_sd::ServiceEvent> {
    match browser {
        Some(browser) => browser.next().await,
        None => std::future::pending().await,
    }
}
