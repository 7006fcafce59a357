//! The report of `lectern watch`: the fields that scripts rely on.

use serde::Serialize;
use std::time::Duration;

use super::shared::State;
use super::skew::Distribution;
use super::status::PlayState;

/// What one viewer saw. Fields that would need decoding are null without it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub frames: FrameCounts,
    /// Size of the last picture.
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub rungs: Vec<RungShown>,
    pub first_frame_ms: Option<f64>,
    pub stalls: u64,
    pub stall_ms: u64,
    pub bytes: u64,
    pub units: Units,
    /// Glass to glass; null where the source does not stamp its pictures.
    pub latency_ms: Option<Percentiles>,
    pub av_skew_ms: Option<Percentiles>,
    /// Distance from the room's timeline; null outside it.
    pub room_skew_ms: Option<Percentiles>,
    pub transport: &'static str,
    /// What limited the viewer, in words.
    pub reason: Option<String>,
}

/// Frames by their fate.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct FrameCounts {
    pub expected: Option<u64>,
    pub presented: Option<u64>,
    pub late: Option<u64>,
    pub dropped: Option<u64>,
    pub corrupt: Option<u64>,
}

/// A rung that came on the screen, in seconds since the request.
#[derive(Debug, Clone, Serialize)]
pub struct RungShown {
    pub at_s: f64,
    pub name: String,
}

/// Units of a live stream; over TCP nothing is lost.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Units {
    pub lost: u64,
    /// Records that came when they were asked for again or were restored by parity; those that were restored.
    pub repaired: u64,
    pub restored: u64,
    pub skipped: u64,
}

/// Percentiles in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Percentiles {
    pub p50: f64,
    pub p95: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
}

impl Percentiles {
    pub(crate) fn of(d: &Distribution) -> Option<Self> {
        Some(Self { p50: d.absolute_ms(0.50)?, p95: d.absolute_ms(0.95)?, p99: None })
    }

    pub(crate) fn with_p99(d: &Distribution) -> Option<Self> {
        Some(Self { p99: Some(d.absolute_ms(0.99)?), ..Self::of(d)? })
    }
}

pub(super) fn of_player(state: &State) -> Report {
    let track = state.shown_track.and_then(|t| state.media.as_ref()?.manifest.tracks.get(t));
    let size = track.and_then(|t| match &t.kind {
        lectern_proto::manifest::TrackKind::Video { size, .. } => Some(*size),
        lectern_proto::manifest::TrackKind::Audio { .. } => None,
    });
    let name = |track: usize| state.media.as_ref().and_then(|m| m.manifest.tracks.get(track)?.rung()).unwrap_or_default().to_owned();
    Report {
        frames: FrameCounts {
            expected: Some(state.expected),
            presented: Some(state.stats.presented),
            late: Some(state.stats.late),
            dropped: Some(state.stats.dropped),
            corrupt: Some(state.stats.corrupt),
        },
        width: size.map(|s| s.width),
        height: size.map(|s| s.height),
        rungs: state.switches.iter().map(|(at, track)| RungShown { at_s: seconds(*at), name: name(*track) }).collect(),
        first_frame_ms: state.stats.first_frame.map(milliseconds),
        stalls: state.stats.stalls,
        stall_ms: u64::try_from(state.stats.stall_time.as_millis()).unwrap_or(u64::MAX),
        bytes: 0,
        units: Units::default(),
        latency_ms: None,
        av_skew_ms: Percentiles::of(&state.skew),
        room_skew_ms: None,
        transport: "tcp",
        reason: reason(state),
    }
}

/// What limited the viewer, worst first.
fn reason(state: &State) -> Option<String> {
    let stats = &state.stats;
    if let PlayState::Failed(why) = &state.play {
        return Some(why.to_string());
    }
    if stats.stalls > 0 {
        return Some(format!("the line or the server did not deliver in time: {} stalls, {:.1} s in all", stats.stalls, stats.stall_time.as_secs_f64()));
    }
    if stats.corrupt > 0 {
        return Some(format!("{} frames could not be decoded cleanly", stats.corrupt));
    }
    let missed = stats.dropped + stats.late;
    if missed * 100 > stats.presented {
        return Some(format!("this machine cannot decode or show this resolution in time: {missed} of {} frames were late or left out", state.expected));
    }
    state.adapt.as_ref()?.reason(&state.media.as_ref()?.manifest)
}

pub(crate) fn seconds(d: Duration) -> f64 {
    (d.as_secs_f64() * 1_000.0).round() / 1_000.0
}

pub(crate) fn milliseconds(d: Duration) -> f64 {
    (d.as_secs_f64() * 10_000.0).round() / 10.0
}
