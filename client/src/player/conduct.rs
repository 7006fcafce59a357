//! When playback starts, stalls, goes on and ends: the rules, applied at every tick of the sound thread.
//!
//! The sink is the clock; these rules only let it run or hold it. Nothing here decodes or waits.

use std::time::{Duration, Instant};

use super::shared::{Shared, State};
use super::status::PlayState;

/// Sound that must be there before the clock starts, and before it goes on after a stall.
const START_BUFFER: Duration = Duration::from_millis(60);
const RESUME_BUFFER: Duration = Duration::from_millis(250);
/// A picture may be this late before the clock is held for it.
const PATIENCE_US: i64 = 150_000;
/// A position this near to the end is the end: less than a frame of 60 Hz video.
const END_US: i64 = 10_000;

/// The media position at `now`, in microseconds: what is heard, where its device is as late as it was set to be.
pub(super) fn position_us(state: &State, shared: &Shared, now: Instant) -> i64 {
    let heard = shared.sink().as_mut().and_then(|sink| sink.position(now));
    let target = i64::try_from(state.target_us).unwrap_or(i64::MAX);
    // What is still in the device belongs to an earlier generation until the first new frame is under way.
    let trim_us = state.out.trim_us(state.device.as_deref());
    heard.map_or(target, |p| p.pts_us.saturating_add(trim_us).max(target)).min(i64::try_from(state.duration_us()).unwrap_or(i64::MAX))
}

/// Whether nothing will change by itself.
pub(super) fn is_at_rest(state: &State) -> bool {
    matches!(state.play, PlayState::Paused | PlayState::Ended | PlayState::Failed(_))
}

/// Applies the rules once; says whether the state changed. `generation` is the one that the sink holds, `finished` that
/// it has got everything.
pub(super) fn tick(state: &mut State, shared: &Shared, generation: u64, finished: bool, now: Instant) -> bool {
    if generation != state.generation || state.media.is_none() || matches!(state.play, PlayState::Failed(_)) {
        return false;
    }
    let before = state.play.clone();
    match state.play {
        PlayState::Loading if is_filled(state, shared, START_BUFFER, finished) => {
            state.play = if state.want_playing { PlayState::Playing } else { PlayState::Paused };
        }
        PlayState::Stalled if !state.want_playing => {
            state.end_stall(now);
            state.play = PlayState::Paused;
        }
        PlayState::Stalled if is_filled(state, shared, RESUME_BUFFER, finished) => {
            state.end_stall(now);
            state.play = PlayState::Playing;
        }
        PlayState::Playing if !state.want_playing => state.play = PlayState::Paused,
        PlayState::Playing => playing(state, shared, finished, now),
        PlayState::Paused if state.want_playing => state.play = PlayState::Playing,
        _ => {}
    }
    if state.play != before {
        let run = state.play == PlayState::Playing;
        if let Some(sink) = shared.sink().as_mut() {
            sink.set_playing(run);
        }
        // Whoever presents pictures sleeps until the next is due, which just changed.
        shared.notify();
    }
    state.play != before
}

/// Whether the clock may run: there is a picture to show and sound to go with it.
fn is_filled(state: &State, shared: &Shared, sound: Duration, finished: bool) -> bool {
    let picture =
        state.media.as_ref().is_none_or(|m| !m.has_video) || !state.pictures.is_empty() || state.video_ended || (state.first_shown && !state.video_starved);
    picture && (finished || shared.sink().as_mut().is_some_and(|s| s.buffered() >= sound))
}

fn playing(state: &mut State, shared: &Shared, finished: bool, now: Instant) {
    let position = position_us(state, shared, now);
    state.pass(position);
    let (moving, dry) = shared.sink().as_mut().map_or((false, true), |s| (s.position(now).is_some_and(|p| p.moving), s.buffered().is_zero()));
    let end = i64::try_from(state.duration_us()).unwrap_or(i64::MAX);
    let all_heard = finished && dry && (!moving || position + END_US >= end);
    if all_heard && state.pictures.is_empty() {
        state.pass(i64::MAX);
        state.play = PlayState::Ended;
        state.want_playing = false;
    } else if (!finished && dry && !moving)
        || (state.video_starved && state.pictures.is_empty() && !state.video_ended && position > state.shown_until_us + PATIENCE_US)
    {
        state.begin_stall(now);
    }
}
