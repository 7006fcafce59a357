//! The loaders: they fetch the manifest, then keep each lane filled ahead of the position.
//!
//! One asynchronous task for the picture and one for the sound, over one media connection. Samples reach the lane as soon
//! as their bytes have come.

use std::sync::Arc;
use std::time::Duration;

use lectern_proto::control::ChunkRef;
use lectern_proto::fmp4::{Init, SegmentReader, parse_init};
use lectern_proto::manifest::Manifest;
use lectern_proto::quality::Plan;
use lectern_proto::rung::RungSpec;

use super::adapt::{JUDGE_EVERY, Under};
use super::lane::{AHEAD_US, BEHIND_US, Choice, Lane};
use super::shared::{Media, Shared, State};
use super::trouble::PlayTrouble;
use crate::fetch::{Fetch, Fetcher};

/// The catalogue's news of a newer manifest comes within this after the older one is gone.
const SUPERSEDED_WAIT: Duration = Duration::from_secs(5);

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

    /// What would be fetched from a time, if it is prepared.
    fn choose(self, state: &State, at_us: u64) -> Option<Choice> {
        match self {
            Self::Video => state.choose_video(at_us),
            Self::Audio => state.choose_audio(at_us),
        }
    }
}

/// Fetches the manifest and works out what is played.
pub(super) async fn manifest(fetcher: &Fetcher, chunk: ChunkRef) -> Result<Manifest, PlayTrouble> {
    Ok(Manifest::parse(&fetcher.whole(chunk).await?)?)
}

/// Loads a video until the player stops.
pub(super) async fn run(shared: Arc<Shared>, fetcher: Fetcher, chunk: ChunkRef, ladder: Vec<RungSpec>) {
    if let Err(why) = load(&shared, &fetcher, chunk, &ladder).await {
        shared.fail(why);
    }
}

async fn load(shared: &Shared, fetcher: &Fetcher, chunk: ChunkRef, ladder: &[RungSpec]) -> Result<(), PlayTrouble> {
    let (chunk, manifest) = first(shared, fetcher, chunk).await?;
    {
        let mut state = shared.lock();
        let media = Media::new(manifest, state.sound_choice.as_ref());
        state.plan = if media.has_video { Some(Plan::new(&media.manifest, ladder, &state.quality)?) } else { None };
        state.target_us = state.target_us.min(media.manifest.duration_us.saturating_sub(1));
        state.media = Some(Arc::new(media));
        state.set_adaptation();
        state.aim();
    }
    shared.notify();
    (shared.changed)();
    tokio::try_join!(fill(shared, fetcher, Kind::Audio), fill(shared, fetcher, Kind::Video), renew(shared, fetcher, chunk, ladder))?;
    Ok(())
}

/// Fetches the first manifest. While a video is being prepared it may be replaced before it has come.
async fn first(shared: &Shared, fetcher: &Fetcher, mut chunk: ChunkRef) -> Result<(ChunkRef, Manifest), PlayTrouble> {
    loop {
        let gone = match manifest(fetcher, chunk).await {
            Ok(manifest) => return Ok((chunk, manifest)),
            Err(gone) if gone.is_superseded() && shared.lock().newest.is_some() => gone,
            Err(error) => return Err(error),
        };
        chunk = tokio::time::timeout(SUPERSEDED_WAIT, newer(shared, chunk)).await.ok().flatten().ok_or(gone)?;
    }
}

/// Waits until the catalogue names a newer manifest than this; none when the player stops.
async fn newer(shared: &Shared, known: ChunkRef) -> Option<ChunkRef> {
    loop {
        let woken = shared.loaders.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        {
            let state = shared.lock();
            if state.stop {
                return None;
            }
            if let Some(newer) = state.newest.filter(|n| *n != known) {
                return Some(newer);
            }
        }
        woken.await;
    }
}

/// Fetches the manifest anew as often as there is a newer one: of a video that is still being prepared.
async fn renew(shared: &Shared, fetcher: &Fetcher, mut known: ChunkRef, ladder: &[RungSpec]) -> Result<(), PlayTrouble> {
    while let Some(chunk) = newer(shared, known).await {
        known = chunk;
        match manifest(fetcher, chunk).await {
            Ok(manifest) => shared.lock().renew(manifest, ladder),
            // It was replaced while it was fetched: the one after it is on its way here.
            Err(gone) if gone.is_superseded() => continue,
            Err(error) => return Err(error),
        };
        shared.notify();
        (shared.changed)();
    }
    Ok(())
}

/// Fetches one segment after another for one lane.
async fn fill(shared: &Shared, fetcher: &Fetcher, kind: Kind) -> Result<(), PlayTrouble> {
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
            next_segment(&mut state, kind, fetcher)
        };
        match next {
            Some((start_us, choice)) => segment(shared, fetcher, kind, start_us, choice).await?,
            None => {
                let (awaited, cut_off) = {
                    let state = shared.lock();
                    (state.awaited_us(), state.is_cut_off())
                };
                if cut_off {
                    return Err(PlayTrouble::Replaced);
                }
                shared.awaited.send_if_modified(|told| std::mem::replace(told, awaited) != awaited);
                woken.await;
            }
        }
    }
}

fn next_segment(state: &mut State, kind: Kind, fetcher: &Fetcher) -> Option<(u64, Choice)> {
    let reading_us = kind.lane_ref(state).reading_us;
    let keep = reading_us.saturating_sub(BEHIND_US)..reading_us.saturating_add(2 * AHEAD_US);
    kind.lane(state).evict(keep);
    let until_us = reading_us.saturating_add(AHEAD_US);
    let next = if kind == Kind::Video && state.adapt.is_some() {
        adapted(state, until_us, fetcher)?
    } else {
        kind.lane_ref(state).next_wanted(until_us, |at| kind.choose(state, at))?
    };
    while kind.lane_ref(state).is_full() {
        if !kind.lane(state).evict_oldest() {
            if next.0 == reading_us { break } else { return None }
        }
    }
    Some(next)
}

/// The next segment with `auto`: the first gap, or before it what is worth being fetched again.
fn adapted(state: &mut State, until_us: u64, fetcher: &Fetcher) -> Option<(u64, Choice)> {
    let (now, buffer, shown_us) = (state.now(), state.video_buffer(), state.shown_us());
    let media = state.media.clone()?;
    let local = |track: usize, at: u64| media.manifest.tracks.get(track)?.segment_from(at)?.chunk.filter(|c| fetcher.is_local(*c));
    // What was fetched ahead is shown as it is: that the line be left alone is what it is for.
    let ahead: Vec<_> = state.video.ahead().into_iter().filter(|(at, track)| local(*track, *at).is_none()).collect();
    let end_us = state.video.held_until(state.video.reading_us);
    let gap = Some(end_us).filter(|at| *at <= until_us && state.choose_video(*at).is_some());
    let adapt = state.adapt.as_mut()?;
    if gap.is_none() && ahead.iter().all(|(_, track)| adapt.is_highest(*track)) {
        return None;
    }
    adapt.choose(&media.manifest, end_us.min(until_us), buffer, now);
    let due_in = |start_us: u64| Duration::from_micros(start_us.saturating_sub(shown_us));
    let again = ahead.iter().find(|(at, track)| adapt.replaces(&media.manifest, *track, *at, due_in(*at), buffer, now)).map(|(at, _)| *at);
    let at = again.or(gap)?;
    let choice = state.choices(at).rev().find(|c| local(c.track, at).is_some()).or_else(|| state.choose_video(at));
    Some((at, choice?))
}

/// The initialisation segment of a track, fetched once.
pub(super) async fn init(shared: &Shared, fetcher: &Fetcher, track: usize) -> Result<Option<Arc<Init>>, PlayTrouble> {
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
async fn segment(shared: &Shared, fetcher: &Fetcher, kind: Kind, start_us: u64, choice: Choice) -> Result<(), PlayTrouble> {
    let track = choice.track;
    let chunk = {
        let state = shared.lock();
        state.media.as_ref().and_then(|m| m.manifest.tracks.get(track)?.segment_from(start_us)?.chunk)
    };
    let Some(chunk) = chunk else { return Ok(()) };
    // First, and waited for: behind a large segment that nobody reads yet it would never come.
    let Some(init) = init(shared, fetcher, track).await? else { return Ok(()) };
    let mut fetch = fetcher.fetch(chunk).await?;
    let mut reader = SegmentReader::new((*init).clone());
    let since = {
        let mut state = shared.lock();
        let now = state.now();
        if let Some(adapt) = state.adapt.as_mut().filter(|_| !fetch.is_local()) {
            adapt.auto.throughput.begin(now);
        }
        now
    };
    let mut under = Under { start_us, track, received: 0, since };
    let done = take_segment(shared, kind, &mut fetch, &mut reader, &mut under, choice.end_us).await;
    let mut state = shared.lock();
    let now = state.now();
    if let Some(adapt) = state.adapt.as_mut().filter(|_| !fetch.is_local()) {
        adapt.auto.throughput.end(now);
    }
    drop(state);
    shared.woken.notify_all();
    done
}

/// Takes what comes of a segment into its lane, to its end or until it is of no use.
async fn take_segment(shared: &Shared, kind: Kind, fetch: &mut Fetch, reader: &mut SegmentReader, under: &mut Under, end_us: u64) -> Result<(), PlayTrouble> {
    let Under { start_us, track, .. } = *under;
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
                if let Some(adapt) = state.adapt.as_mut().filter(|_| !fetch.is_local()) {
                    adapt.auto.throughput.received(now, record.len() as u64);
                }
            }
            Ok(Ok(None)) => break,
            Ok(Err(why)) => return Err(why.into()),
            Err(_) => {}
        }
        if state.stop || !is_wanted(&state, kind, start_us, track) || (kind == Kind::Video && is_given_up(&mut state, begun, under)) {
            if begun {
                kind.lane(&mut state).remove(start_us);
            }
            return Ok(());
        }
        while let Some(sample) = reader.next_sample()? {
            // A segment of another rung stays until its successor has begun to come.
            if !std::mem::replace(&mut begun, true) {
                kind.lane(&mut state).begin(start_us..end_us, track);
            }
            kind.lane(&mut state).push(start_us, track, sample);
        }
        drop(state);
        shared.woken.notify_all();
    }
    kind.lane(&mut shared.lock()).complete(start_us, track);
    Ok(())
}

/// Whether `auto` gives a fetch up. What is being decoded is not taken away.
fn is_given_up(state: &mut State, begun: bool, under: &Under) -> bool {
    if begun && under.start_us == state.video.reading_us {
        return false;
    }
    let (now, shown_us) = (state.now(), state.shown_us());
    let Some(media) = state.media.clone() else { return false };
    let due_in = Duration::from_micros(under.start_us.saturating_sub(shown_us));
    state.adapt.as_mut().is_some_and(|adapt| adapt.gives_up(&media.manifest, under, due_in, now))
}

fn is_wanted(state: &State, kind: Kind, start_us: u64, track: usize) -> bool {
    let lane = kind.lane_ref(state);
    let reach = start_us <= lane.reading_us.saturating_add(2 * AHEAD_US);
    let being_read = start_us == lane.reading_us && lane.at(start_us).is_some_and(|h| h.track == track);
    // `auto` gives up what comes too late; what it began otherwise, it ends.
    let adapted = kind == Kind::Video && state.adapt.as_ref().is_some_and(|a| a.rung(track).is_some());
    start_us >= lane.reading_us && reach && (being_read || adapted || kind.choose(state, start_us).is_some_and(|c| c.track == track))
}
