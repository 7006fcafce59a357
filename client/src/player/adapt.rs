//! `auto` in a player: what is known of the viewer goes in, the track of each segment comes out, and the words for why.
//!
//! The decision itself is `lectern_proto::quality::auto`; the two that fetch ([`super::load`], [`super::pace`]) ask here
//! before each segment and while one comes. Holds no lock, reads no clock.

use std::time::Duration;

use lectern_proto::manifest::Manifest;
use lectern_proto::quality::auto::{Area, Auto, Choice, Limit, Outlook, Progress};
use lectern_proto::quality::needs;

/// How often a fetch is looked at while nothing comes.
pub(super) const JUDGE_EVERY: Duration = Duration::from_millis(200);

/// The adaptation of one viewer to one video.
#[derive(Debug)]
pub(super) struct Adapt {
    pub(super) auto: Auto,
    /// Numbers of the video tracks, lowest rung first.
    tracks: Vec<usize>,
    /// The sound track that is fetched beside.
    pub(super) audio: Option<usize>,
    pub(super) area: Option<Area>,
    pub(super) share_bps: Option<u64>,
    /// What the last decision saw of the line.
    measured_bps: Option<u64>,
}

/// A fetch under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Under {
    pub(super) start_us: u64,
    pub(super) track: usize,
    pub(super) received: u64,
    pub(super) since: Duration,
}

impl Adapt {
    /// None for a video without pictures.
    pub(super) fn new(manifest: &Manifest, audio: Option<usize>) -> Option<Self> {
        let (tracks, sizes) = needs::rungs(manifest);
        (!tracks.is_empty()).then(|| Self { auto: Auto::new(sizes), tracks, audio, area: None, share_bps: None, measured_bps: None })
    }

    /// The track of the rung that was chosen last.
    pub(super) fn track(&self) -> usize {
        self.tracks.get(self.auto.current().rung).copied().unwrap_or_default()
    }

    /// A track's place in the video's ladder.
    pub(super) fn rung(&self, track: usize) -> Option<usize> {
        self.tracks.iter().position(|t| *t == track)
    }

    /// Whether nothing better than this track could be fetched.
    pub(super) fn is_highest(&self, track: usize) -> bool {
        self.tracks.last().is_none_or(|highest| *highest == track)
    }

    /// Decides on what is fetched from a time on.
    pub(super) fn choose(&mut self, manifest: &Manifest, from_us: u64, buffer: Duration, now: Duration) {
        self.measured_bps = self.auto.throughput.estimate_bps(now);
        let needs_bps = needs::needs_bps(manifest, &self.tracks, self.audio, from_us);
        self.auto.choose(&Outlook { now, buffer, needs_bps: &needs_bps, share_bps: self.share_bps, area: self.area });
    }

    /// Whether the segment that is held from a time should be fetched again in the chosen rung.
    pub(super) fn replaces(&self, manifest: &Manifest, held: usize, start_us: u64, due_in: Duration, buffer: Duration, now: Duration) -> bool {
        let bytes = needs::sizes(manifest, &[self.track()], start_us)[0];
        self.rung(held).is_some_and(|held| self.auto.replaces(held, bytes, due_in, buffer, now))
    }

    /// Whether a fetch is to be given up for a lower rung, which is then the chosen one.
    pub(super) fn gives_up(&mut self, manifest: &Manifest, under: &Under, due_in: Duration, now: Duration) -> bool {
        let (Some(rung), Some(track)) = (self.rung(under.track), manifest.tracks.get(under.track)) else { return false };
        let sizes = needs::sizes(manifest, &self.tracks, under.start_us);
        let progress = Progress {
            rung,
            bytes: sizes.get(rung).copied().unwrap_or(0),
            received: under.received,
            since_request: now.saturating_sub(under.since),
            due_in,
            length: needs::length(track, under.start_us),
        };
        let lower = self.auto.abandon(&progress, &sizes);
        if let Some(lower) = lower {
            self.auto.give_up(&progress, lower, now);
        }
        lower.is_some()
    }

    /// What keeps the rung from being higher, in words; none when nothing does.
    pub(super) fn reason(&self, manifest: &Manifest) -> Option<String> {
        let Choice { limit, .. } = self.auto.current();
        let rung = manifest.tracks.get(self.track()).and_then(|t| t.rung()).unwrap_or_default();
        match limit {
            Limit::Nothing | Limit::Starting => None,
            Limit::Line => Some(match self.measured_bps {
                Some(bps) => format!("the line carries no more than {rung}: {} were measured", rate(bps)),
                None => format!("the line carries no more than {rung}"),
            }),
            Limit::Share => Some(format!("this viewer's share of the room's bandwidth, {}, allows no more than {rung}", rate(self.share_bps.unwrap_or(0)))),
            Limit::Decoder => Some(format!("this machine decodes no more than {rung} in time")),
            Limit::Picture => Some(format!("more than {rung} would not be seen in this window")),
        }
    }
}

/// For people.
pub(crate) fn rate(bps: u64) -> String {
    if bps >= 1_000_000 { format!("{:.1} Mbit/s", bps as f64 / 1e6) } else { format!("{:.0} kbit/s", bps as f64 / 1e3) }
}
