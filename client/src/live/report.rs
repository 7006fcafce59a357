//! The report of `lectern watch --live`.

use lectern_proto::control::{LiveMedia, StreamInfo};
use lectern_proto::live::choice::Limit;

use super::connection::LinkStats;
use super::state::State;
use crate::player::{FrameCounts, Percentiles, Report, RungShown, Units, milliseconds, rate, seconds};

/// `expected`: the pictures whose time has come.
pub(super) fn of_live(state: &State, expected: u64, stats: &LinkStats, stream: &StreamInfo, decode: bool) -> Report {
    let counts = &state.counts;
    let rung = |track: u16| {
        let track = stream.tracks.iter().find(|t| t.track == track)?;
        match &track.media {
            LiveMedia::Video(video) => Some(video.rung.clone()),
            LiveMedia::Sound(_) => None,
        }
    };
    let units = stats.tracks.values().fold(Units::default(), |sum, track| Units {
        lost: sum.lost + track.lost,
        repaired: sum.repaired + track.repaired,
        restored: sum.restored + track.restored,
        skipped: sum.skipped + track.skipped,
    });
    let if_decoded = |count: u64| decode.then_some(count);
    Report {
        frames: FrameCounts {
            expected: Some(expected),
            presented: if_decoded(counts.presented),
            late: if_decoded(counts.late),
            dropped: if_decoded(counts.dropped),
            corrupt: if_decoded(counts.corrupt),
        },
        width: counts.size.map(|s| s.0),
        height: counts.size.map(|s| s.1),
        rungs: counts.switches.iter().filter_map(|(at, track)| Some(RungShown { at_s: seconds(*at), name: rung(*track)? })).collect(),
        first_frame_ms: counts.first_frame.map(milliseconds),
        stalls: counts.stalls,
        stall_ms: u64::try_from(counts.stall_time.as_millis()).unwrap_or(u64::MAX),
        bytes: stats.bytes,
        units,
        latency_ms: Percentiles::with_p99(&counts.latency),
        av_skew_ms: Percentiles::of(&counts.av_skew),
        room_skew_ms: None,
        transport: if stats.is_udp { "udp" } else { "tcp" },
        reason: reason(state, expected, &units),
    }
}

/// What limited the viewer, worst first.
fn reason(state: &State, expected: u64, units: &Units) -> Option<String> {
    let counts = &state.counts;
    if let Some(Err(why)) = &state.over {
        return Some(why.to_string());
    }
    match state.lowered {
        Some(Limit::Line) => return Some("the line does not carry the highest resolution of this stream; a lower one was shown".to_owned()),
        Some(Limit::Machine) => return Some("this machine cannot decode the highest resolution of this stream; a lower one was shown".to_owned()),
        Some(Limit::Share) => {
            let share = state.share_bps.map_or_else(String::new, |bps| format!(", {},", rate(bps)));
            return Some(format!(
                "this viewer's share of the room's bandwidth{share} does not allow the highest resolution of this stream; a lower one was shown"
            ));
        }
        None => {}
    }
    if units.lost > 0 || units.skipped > 0 {
        return Some(format!("the line did not carry everything in time: {} pictures were lost and {} left out", units.lost, units.skipped));
    }
    let missed = counts.dropped + counts.late;
    if missed * 100 > counts.presented {
        return Some(format!("this machine cannot decode or show this resolution in time: {missed} of {expected} pictures were late or left out"));
    }
    (counts.stalls > 0).then(|| format!("the source or the line paused {} times, {:.1} s in all", counts.stalls, counts.stall_time.as_secs_f64()))
}
