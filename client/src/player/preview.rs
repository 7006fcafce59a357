//! Pictures of other places of the video, for whoever points at the seek bar: one keyframe of the lowest rung each.
//!
//! One task asks for one segment at a time over a connection of its own and stops after the first sample; a thread beside
//! the runtime decodes it. It waits while playback waits, so it never takes what playback needs. What has come is kept
//! within a bound. Nothing here draws.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lectern_media::picture::Picture;
use lectern_media::video_decoder::VideoDecoder;
use lectern_proto::fmp4::{Init, Sample, SegmentReader, TrackConfig};
use lectern_proto::manifest::{ChunkHash, Track};

use super::load;
use super::shared::{Shared, State};
use super::status::PlayState;
use crate::fetch::Fetcher;

/// Bytes of planes that are kept: some 300 pictures of 144p, three of 1440p.
const BYTES_MAX: usize = 16 << 20;
/// Places that are remembered, those without a picture included.
const PLACES_MAX: usize = 512;

/// The picture of a place, as far as it is known.
#[derive(Debug, Clone, Default)]
pub enum Preview {
    /// There is none: nothing was asked for, the video has no pictures, or this one cannot be had.
    #[default]
    None,
    /// It has been asked for.
    Coming,
    Picture(Arc<Picture>),
}

/// What is wanted and what has come.
#[derive(Debug, Default)]
pub(super) struct Memory {
    wanted: Option<usize>,
    /// By their last use, the latest at the end; without a picture: it cannot be had.
    kept: VecDeque<(usize, Option<Arc<Picture>>)>,
}

/// What the player, the task and its caller share.
#[derive(Debug, Clone, Default)]
pub(super) struct Previews(Arc<Mutex<Memory>>);

impl Previews {
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The picture nearest to a position; asks for it when it is not here. No position: nothing is wanted any more.
    pub(super) fn at(&self, shared: &Shared, position_us: Option<u64>) -> Preview {
        let place = position_us.and_then(|us| place_at(&shared.lock(), us));
        let mut memory = self.lock();
        let Some(place) = place else {
            memory.wanted = None;
            return Preview::None;
        };
        match memory.find(place) {
            Some(Some(picture)) => Preview::Picture(picture),
            Some(None) => Preview::None,
            None => {
                let news = memory.wanted.replace(place) != Some(place);
                drop(memory);
                if news {
                    shared.loaders.notify_waiters();
                }
                Preview::Coming
            }
        }
    }
}

impl Memory {
    fn find(&mut self, place: usize) -> Option<Option<Arc<Picture>>> {
        let at = self.kept.iter().position(|(p, _)| *p == place)?;
        let entry = self.kept.remove(at)?;
        let picture = entry.1.clone();
        self.kept.push_back(entry);
        Some(picture)
    }

    fn keep(&mut self, place: usize, picture: Option<Arc<Picture>>) {
        self.kept.retain(|(p, _)| *p != place);
        self.kept.push_back((place, picture));
        let mut bytes: usize = self.kept.iter().filter_map(|(_, p)| p.as_deref()).map(bytes_of).sum();
        // The newest stays, however large it is.
        while self.kept.len() > 1 && (bytes > BYTES_MAX || self.kept.len() > PLACES_MAX) {
            let gone = self.kept.pop_front().and_then(|(_, p)| p);
            bytes -= gone.as_deref().map_or(0, bytes_of);
        }
    }
}

fn bytes_of(picture: &Picture) -> usize {
    picture.planes().iter().map(|p| p.stride * p.height).sum()
}

fn lowest(state: &State) -> Option<(usize, &Track)> {
    state.media.as_ref()?.manifest.video_tracks().next()
}

/// The segment whose beginning, where its keyframe is, lies nearest.
fn place_at(state: &State, position_us: u64) -> Option<usize> {
    let (_, track) = lowest(state)?;
    let before = track.segment_at(position_us);
    let start = |place: usize| track.segments.get(place).map(|s| track.ticks_to_us(s.start));
    let nearer_after = start(before + 1).is_some_and(|after| after.abs_diff(position_us) < start(before).unwrap_or(0).abs_diff(position_us));
    Some(if nearer_after { before + 1 } else { before })
}

/// What the task does next.
enum Next {
    Stop,
    Wait,
    Fetch { place: usize, track: usize, chunk: ChunkHash },
}

fn next(shared: &Shared, previews: &Previews) -> Next {
    let state = shared.lock();
    if state.stop || matches!(state.play, PlayState::Failed(_)) {
        return Next::Stop;
    }
    // Playback comes first.
    if matches!(state.play, PlayState::Loading | PlayState::Stalled) {
        return Next::Wait;
    }
    let mut memory = previews.lock();
    let Some(place) = memory.wanted.take_if(|_| true) else { return Next::Wait };
    match lowest(&state).and_then(|(track, t)| Some((track, t.segments.get(place)?.chunk?))) {
        Some((track, chunk)) => Next::Fetch { place, track, chunk },
        None => Next::Wait,
    }
}

/// Fetches what is wanted until the player stops.
pub(super) async fn run(shared: Arc<Shared>, previews: Previews, fetcher: Fetcher) {
    loop {
        let woken = shared.loaders.notified();
        tokio::pin!(woken);
        // Registered before the wish is looked at, so that none is missed.
        woken.as_mut().enable();
        match next(&shared, &previews) {
            Next::Stop => return,
            Next::Wait => woken.await,
            Next::Fetch { place, track, chunk } => {
                let picture = picture(&shared, &fetcher, track, chunk).await;
                previews.lock().keep(place, picture.map(Arc::new));
                (shared.changed)();
            }
        }
    }
}

async fn picture(shared: &Shared, fetcher: &Fetcher, track: usize, chunk: ChunkHash) -> Option<Picture> {
    let init = load::init(shared, fetcher, track).await.ok()??;
    let sample = first_sample(fetcher, &init, chunk).await?;
    tokio::task::spawn_blocking(move || decode(&init, &sample)).await.ok()?
}

/// The keyframe that a segment begins with. The rest of the segment is not waited for.
async fn first_sample(fetcher: &Fetcher, init: &Init, chunk: ChunkHash) -> Option<Sample> {
    let mut fetch = fetcher.fetch(chunk).await.ok()?;
    let mut reader = SegmentReader::new(init.clone());
    while let Some(record) = fetch.record().await.ok()? {
        reader.push(&record).ok()?;
        if let Some(sample) = reader.next_sample().ok()? {
            return Some(sample).filter(|s| s.keyframe);
        }
    }
    None
}

fn decode(init: &Init, sample: &Sample) -> Option<Picture> {
    let TrackConfig::Video(config) = &init.config else { return None };
    let mut decoder = VideoDecoder::new(config, 1).ok()?;
    decoder.decode(sample, init.pts_us(sample), init.duration_us(sample)).ok()?;
    decoder.drain().ok()?;
    decoder.next_picture().ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_kept_within_a_bound_and_the_last_used_longest() {
        let mut memory = Memory::default();
        for place in 0..PLACES_MAX {
            memory.keep(place, None);
        }
        assert!(memory.find(0).is_some(), "used again");
        memory.keep(PLACES_MAX, None);
        memory.keep(PLACES_MAX, None);
        assert_eq!(memory.kept.len(), PLACES_MAX);
        assert!(memory.find(1).is_none() && memory.find(0).is_some() && memory.find(PLACES_MAX).is_some());
    }
}
