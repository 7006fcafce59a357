//! The loaders: they fetch the manifest, then keep each lane filled ahead of the position.
//!
//! One asynchronous task for the picture and one for the sound, over one media connection. Samples reach the lane as soon
//! as their bytes have come.

use std::sync::Arc;

use lectern_proto::control::ChunkRef;
use lectern_proto::fmp4::{Init, SegmentReader, parse_init};
use lectern_proto::manifest::Manifest;
use lectern_proto::quality::Plan;
use lectern_proto::rung::RungSpec;

use super::lane::{AHEAD_US, BEHIND_US, Choice, Lane};
use super::shared::{Media, Shared, State};
use crate::fetch::{FetchError, Fetcher};

/// Why loading ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Manifest(#[from] lectern_proto::manifest::ManifestError),
    #[error("a part of the video is damaged ({0}). Ask the instructor to let the server prepare it again.")]
    Segment(#[from] lectern_proto::fmp4::Fmp4Error),
    #[error("this part of the video is not prepared yet; try again when the catalogue shows it as ready")]
    NotPrepared,
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

    /// What would be fetched from a time, if it is prepared.
    fn choose(self, state: &State, at_us: u64) -> Option<Choice> {
        match self {
            Self::Video => state.choose_video(at_us),
            Self::Audio => state.choose_audio(at_us),
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
        state.aim();
    }
    shared.notify();
    (shared.changed)();
    tokio::try_join!(fill(shared, fetcher, Kind::Audio), fill(shared, fetcher, Kind::Video), renew(shared, fetcher, chunk, ladder))?;
    Ok(())
}

/// Fetches the manifest anew as often as there is a newer one: of a video that is still being prepared.
async fn renew(shared: &Shared, fetcher: &Fetcher, mut known: ChunkRef, ladder: &[RungSpec]) -> Result<(), LoadError> {
    loop {
        let woken = shared.loaders.notified();
        tokio::pin!(woken);
        woken.as_mut().enable();
        let newer = {
            let state = shared.lock();
            if state.stop {
                return Ok(());
            }
            state.newest.filter(|n| *n != known)
        };
        let Some(newer) = newer else {
            woken.await;
            continue;
        };
        let manifest = match manifest(fetcher, newer).await {
            Ok(manifest) => manifest,
            // There is an even newer one.
            Err(LoadError::Fetch(FetchError::NotFound | FetchError::Unreadable)) if shared.lock().newest != Some(newer) => continue,
            Err(error) => return Err(error),
        };
        known = newer;
        shared.lock().renew(manifest, ladder);
        shared.notify();
        (shared.changed)();
    }
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
            next_segment(&mut state, kind)
        };
        match next {
            Some((start_us, choice)) => segment(shared, fetcher, kind, start_us, choice).await?,
            None => {
                let awaited = shared.lock().awaited_us();
                shared.awaited.send_if_modified(|told| std::mem::replace(told, awaited) != awaited);
                woken.await;
            }
        }
    }
}

fn next_segment(state: &mut State, kind: Kind) -> Option<(u64, Choice)> {
    let reading_us = kind.lane_ref(state).reading_us;
    let keep = reading_us.saturating_sub(BEHIND_US)..reading_us.saturating_add(2 * AHEAD_US);
    kind.lane(state).evict(keep);
    let next = kind.lane_ref(state).next_wanted(reading_us.saturating_add(AHEAD_US), |at| kind.choose(state, at))?;
    while kind.lane_ref(state).is_full() {
        if !kind.lane(state).evict_oldest() {
            if next.0 == reading_us { break } else { return None }
        }
    }
    Some(next)
}

/// The initialisation segment of a track, fetched once.
pub(super) async fn init(shared: &Shared, fetcher: &Fetcher, track: usize) -> Result<Option<Arc<Init>>, LoadError> {
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
async fn segment(shared: &Shared, fetcher: &Fetcher, kind: Kind, start_us: u64, choice: Choice) -> Result<(), LoadError> {
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
    let mut begun = false;
    while let Some(record) = fetch.record().await? {
        reader.push(&record)?;
        let mut state = shared.lock();
        if state.stop || !is_wanted(&state, kind, start_us, track) {
            if begun {
                kind.lane(&mut state).remove(start_us);
            }
            return Ok(());
        }
        // A segment of another rung stays until its successor has begun to come.
        if !std::mem::replace(&mut begun, true) {
            kind.lane(&mut state).begin(start_us..choice.end_us, track);
        }
        while let Some(sample) = reader.next_sample()? {
            kind.lane(&mut state).push(start_us, track, sample);
        }
        drop(state);
        shared.woken.notify_all();
    }
    kind.lane(&mut shared.lock()).complete(start_us, track);
    shared.woken.notify_all();
    Ok(())
}

fn is_wanted(state: &State, kind: Kind, start_us: u64, track: usize) -> bool {
    let lane = kind.lane_ref(state);
    let reach = start_us <= lane.reading_us.saturating_add(2 * AHEAD_US);
    let being_read = start_us == lane.reading_us && lane.at(start_us).is_some_and(|h| h.track == track);
    start_us >= lane.reading_us && reach && (being_read || kind.choose(state, start_us).is_some_and(|c| c.track == track))
}
