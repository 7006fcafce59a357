//! The loaders: they fetch the manifest, then keep each lane filled ahead of the position.
//!
//! One asynchronous task for the picture and one for the sound, over one media connection. Samples reach the lane as soon
//! as their bytes have come.

use std::sync::Arc;
use std::time::Duration;

use lectern_proto::control::ChunkRef;
use lectern_proto::fmp4::{Init, SegmentReader, parse_init};
use lectern_proto::manifest::{Manifest, Track};
use lectern_proto::quality::Plan;
use lectern_proto::rung::RungSpec;

use super::adapt::{JUDGE_EVERY, Under};
use super::lane::{AHEAD_US, BEHIND_US, Lane};
use super::shared::{Media, Shared, State};
use crate::fetch::{Fetch, FetchError, Fetcher};

/// Why loading ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Manifest(#[from] lectern_proto::manifest::ManifestError),
    #[error("a part of the video is damaged ({0}). Ask the instructor to let the server prepare it again.")]
    Segment(#[from] lectern_proto::fmp4::Fmp4Error),
    #[error(transparent)]
    Quality(#[from] lectern_proto::quality::QualityError),
}

/// Which lane a loader fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Video,
    Audio,
}

impl Kind {
    fn lane(self, state: &mut State) -> &mut Lane {
        match self {
            Self::Video => &mut state.video,
            Self::Audio => &mut state.audio,
        }
    }

    fn lane_ref(self, state: &State) -> &Lane {
        match self {
            Self::Video => &state.video,
            Self::Audio => &state.audio,
        }
    }

    fn track(self, state: &State, place: usize) -> Option<usize> {
        match self {
            Self::Video => state.video_track(place),
            Self::Audio => state.media.as_ref()?.audio,
        }
    }
}

/// Fetches the manifest and works out what is played.
pub(super) async fn manifest(fetcher: &Fetcher, chunk: ChunkRef) -> Result<Manifest, LoadError> {
    Ok(Manifest::parse(&fetcher.whole(chunk).await?)?)
}

/// Loads a video until the player stops.
pub(super) async fn run(shared: Arc<Shared>, fetcher: Fetcher, chunk: ChunkRef, ladder: Vec<RungSpec>) {
    if let Err(why) = load(&shared, &fetcher, chunk, &ladder).await {
        shared.fail(why.to_string());
    }
}

async fn load(shared: &Shared, fetcher: &Fetcher, chunk: ChunkRef, ladder: &[RungSpec]) -> Result<(), LoadError> {
    let manifest = manifest(fetcher, chunk).await?;
    let has_video = manifest.video_tracks().next().is_some();
    let audio = manifest.audio_tracks().next().map(|(i, _)| i);
    {
        let mut state = shared.lock();
        state.plan = if has_video { Some(Plan::new(&manifest, ladder, &state.quality)?) } else { None };
        state.target_us = state.target_us.min(manifest.duration_us.saturating_sub(1));
        state.media = Some(Arc::new(Media { manifest, audio, has_video }));
        state.set_adaptation();
        state.aim();
    }
    shared.notify();
    (shared.changed)();
    tokio::try_join!(fill(shared, fetcher, Kind::Audio), fill(shared, fetcher, Kind::Video))?;
    Ok(())
}

/// Fetches one segment after another for one lane.
async fn fill(shared: &Shared, fetcher: &Fetcher, kind: Kind) -> Result<(), LoadError> {
    loop {
        let woken = shared.loaders.notified();
        tokio::pin!(woken);
        // Registered before the state is looked at, so that no change is missed.
        woken.as_mut().enable();
        let next = {
            let mut state = shared.lock();
            if state.stop {
                return Ok(());
            }
            if let Some(adapt) = &mut state.adapt {
                adapt.share_bps = fetcher.share_bps();
            }
            next_place(&mut state, kind)
        };
        match next {
            Some((place, track)) => segment(shared, fetcher, kind, place, track).await?,
            None => woken.await,
        }
    }
}

fn next_place(state: &mut State, kind: Kind) -> Option<(usize, usize)> {
    let media = state.media.clone()?;
    let track = &media.manifest.tracks[kind.track(state, 0)?];
    let reading = kind.lane_ref(state).reading;
    let at_us = track.segments.get(reading).map(|s| track.ticks_to_us(s.start))?;
    let keep = places(track, at_us.saturating_sub(BEHIND_US), at_us + 2 * AHEAD_US);
    kind.lane(state).evict(keep);
    let lane = kind.lane_ref(state);
    let in_reach = |place: usize| track.segments.get(place).is_some_and(|s| track.ticks_to_us(s.start) <= at_us + AHEAD_US);
    let places = track.segments.len();
    let (place, chosen) = if kind == Kind::Video && state.adapt.is_some() {
        adapted(state, &media, places, in_reach)?
    } else {
        let wanted = |place: usize| kind.track(state, place).unwrap_or(usize::MAX);
        let place = lane.next_wanted(places, wanted, in_reach)?;
        (place, wanted(place))
    };
    while kind.lane_ref(state).is_full() {
        if !kind.lane(state).evict_oldest() {
            if place == reading { break } else { return None }
        }
    }
    Some((place, chosen))
}

/// The next place with `auto`, and its track: the first gap, or before it what is worth being fetched again.
fn adapted(state: &mut State, media: &Media, places: usize, in_reach: impl Fn(usize) -> bool) -> Option<(usize, usize)> {
    let (now, buffer) = (state.now(), state.video_buffer());
    let shown_us = state.shown_us();
    let State { adapt, video, .. } = state;
    let adapt = adapt.as_mut()?;
    let guide = media.manifest.video_tracks().next()?.1;
    let due_in = |place: usize| Duration::from_micros(guide.segments.get(place).map_or(0, |s| guide.ticks_to_us(s.start)).saturating_sub(shown_us));
    let held = |place: usize| video.at(place).filter(|h| h.complete).map(|h| h.track);
    let gap = video.next_wanted(places, |place| held(place).unwrap_or_default(), &in_reach);
    let lower = |adapt: &super::adapt::Adapt| {
        (video.reading + 1..gap.unwrap_or(places)).take_while(|p| in_reach(*p)).any(|p| held(p).and_then(|t| adapt.rung(t)) < Some(adapt.auto.current().rung))
    };
    if gap.is_none() && !lower(adapt) {
        return None;
    }
    adapt.choose(&media.manifest, gap.unwrap_or(video.reading + 1), buffer, now);
    let again = |p: &usize| held(*p).is_some_and(|track| adapt.replaces(&media.manifest, track, *p, due_in(*p), buffer, now));
    let place = (video.reading + 1..gap.unwrap_or(places)).take_while(|p| in_reach(*p)).find(again).or(gap)?;
    Some((place, adapt.track()))
}

fn places(track: &Track, from_us: u64, to_us: u64) -> std::ops::Range<usize> {
    track.segment_at(from_us)..track.segment_at(to_us) + 1
}

async fn init(shared: &Shared, fetcher: &Fetcher, track: usize) -> Result<Option<Arc<Init>>, LoadError> {
    let wanted = {
        let state = shared.lock();
        if let Some(init) = state.inits.get(&track) {
            return Ok(Some(init.clone()));
        }
        state.media.as_ref().and_then(|m| m.manifest.tracks.get(track)).map(|t| ChunkRef { chunk: t.init, bytes: t.init_bytes })
    };
    let Some(wanted) = wanted else { return Ok(None) };
    let init = Arc::new(parse_init(&fetcher.whole(wanted).await?)?);
    shared.lock().inits.insert(track, init.clone());
    Ok(Some(init))
}

/// Fetches one segment into its lane; gives up when a jump or a change of quality made it useless.
async fn segment(shared: &Shared, fetcher: &Fetcher, kind: Kind, place: usize, track: usize) -> Result<(), LoadError> {
    let chunk = {
        let state = shared.lock();
        state.media.as_ref().and_then(|m| m.manifest.tracks.get(track)?.segments.get(place)).map(|s| s.chunk)
    };
    let Some(chunk) = chunk else { return Ok(()) };
    // First, and waited for: behind a large segment that nobody reads yet it would never come.
    let Some(init) = init(shared, fetcher, track).await? else { return Ok(()) };
    let mut fetch = fetcher.fetch(chunk).await?;
    let mut reader = SegmentReader::new((*init).clone());
    let since = {
        let mut state = shared.lock();
        let now = state.now();
        if let Some(adapt) = &mut state.adapt {
            adapt.auto.throughput.begin(now);
        }
        now
    };
    let mut under = Under { place, track, received: 0, since };
    let done = take_segment(shared, kind, &mut fetch, &mut reader, &mut under).await;
    let mut state = shared.lock();
    let now = state.now();
    if let Some(adapt) = &mut state.adapt {
        adapt.auto.throughput.end(now);
    }
    drop(state);
    shared.woken.notify_all();
    done
}

/// Takes what comes of a segment into its lane, to its end or until it is of no use.
async fn take_segment(shared: &Shared, kind: Kind, fetch: &mut Fetch, reader: &mut SegmentReader, under: &mut Under) -> Result<(), LoadError> {
    let Under { place, track, .. } = *under;
    let mut begun = false;
    loop {
        // A line that has stopped is looked at too.
        let record = tokio::time::timeout(JUDGE_EVERY, fetch.record()).await;
        let mut state = shared.lock();
        match record {
            Ok(Ok(Some(record))) => {
                reader.push(&record)?;
                under.received += record.len() as u64;
                let now = state.now();
                if let Some(adapt) = &mut state.adapt {
                    adapt.auto.throughput.received(now, record.len() as u64);
                }
            }
            Ok(Ok(None)) => break,
            Ok(Err(why)) => return Err(why.into()),
            Err(_) => {}
        }
        if state.stop || !is_wanted(&state, kind, place, track) || (kind == Kind::Video && is_given_up(&mut state, begun, under)) {
            if begun {
                kind.lane(&mut state).remove(place);
            }
            return Ok(());
        }
        while let Some(sample) = reader.next_sample()? {
            // A segment of another rung stays until its successor has begun to come.
            if !std::mem::replace(&mut begun, true) {
                kind.lane(&mut state).begin(place, track);
            }
            kind.lane(&mut state).push(place, track, sample);
        }
        drop(state);
        shared.woken.notify_all();
    }
    kind.lane(&mut shared.lock()).complete(place, track);
    Ok(())
}

/// Whether `auto` gives a fetch up. What is being decoded is not taken away.
fn is_given_up(state: &mut State, begun: bool, under: &Under) -> bool {
    if begun && under.place == state.video.reading {
        return false;
    }
    let (now, shown_us) = (state.now(), state.shown_us());
    let Some(media) = state.media.clone() else { return false };
    let start_us = media.manifest.tracks.get(under.track).and_then(|t| t.segments.get(under.place).map(|s| t.ticks_to_us(s.start))).unwrap_or(0);
    let due_in = Duration::from_micros(start_us.saturating_sub(shown_us));
    state.adapt.as_mut().is_some_and(|adapt| adapt.gives_up(&media.manifest, under, due_in, now))
}

fn is_wanted(state: &State, kind: Kind, place: usize, track: usize) -> bool {
    let lane = kind.lane_ref(state);
    let Some(media) = &state.media else { return false };
    let reach = media.manifest.tracks.get(track).is_some_and(|t| {
        let at = |p: usize| t.segments.get(p).map_or(u64::MAX, |s| t.ticks_to_us(s.start));
        at(place) <= at(lane.reading).saturating_add(2 * AHEAD_US)
    });
    let being_read = place == lane.reading && lane.at(place).is_some_and(|h| h.track == track);
    // `auto` gives up what comes too late; what it began otherwise, it ends.
    let adapted = kind == Kind::Video && state.adapt.as_ref().is_some_and(|a| a.rung(track).is_some());
    place >= lane.reading && reach && (being_read || adapted || kind.track(state, place) == Some(track))
}
