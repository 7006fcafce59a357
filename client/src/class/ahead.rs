//! Fetching a lesson ahead: what the instructor asked every viewer for is fetched into the store, chunk by chunk.
//!
//! Its own media connection, one chunk at a time, so that playback beside it is served first come, first served.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;

use lectern_proto::control::{AheadProgress, ChunkRef, Lesson, VideoState};
use lectern_proto::limits::AHEAD_EVERY;
use lectern_proto::manifest::{Manifest, ManifestError, Track, TrackKind};
use lectern_proto::rung::RungSpec;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use super::{ClassState, Command};
use crate::fetch::{ChunkStore, FetchError, Fetcher};

/// Why a lesson is not here.
#[derive(Debug, thiserror::Error)]
enum AheadError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error("it cannot be kept: {0}")]
    Store(#[from] io::Error),
}

/// A lesson to be fetched: what the instructor wants, once it is prepared.
#[derive(Debug, Clone, PartialEq)]
struct Wish {
    lesson: Lesson,
    /// Counts how often it was asked for: each time it is answered anew.
    asked: u64,
    manifest: ChunkRef,
    ladder: Vec<RungSpec>,
}

impl Wish {
    fn of(state: &ClassState) -> Option<Self> {
        let lesson = state.ahead.lesson.clone()?;
        let entry = state.videos.iter().find(|v| v.id == lesson.video)?;
        let VideoState::Ready { manifest } = entry.state else { return None };
        Some(Self { lesson, asked: state.ahead.asked, manifest, ladder: state.ladder.clone() })
    }
}

/// Follows the instructor's wish until the membership ends.
pub(super) async fn run(mut state: watch::Receiver<Arc<ClassState>>, commands: mpsc::Sender<Command>, fetcher: Fetcher, store: Arc<ChunkStore>) {
    let mut done = None;
    loop {
        let Some(wish) = changed(&mut state, &done).await else { return };
        if let Some(wanted) = &wish {
            let mut meanwhile = state.clone();
            tokio::select! {
                changed = changed(&mut meanwhile, &wish) => if changed.is_none() { return },
                fetched = lesson(wanted, &commands, &fetcher, &store) => {
                    if let Err(why) = fetched {
                        tracing::warn!(%why, video = %wanted.lesson.video, "a lesson was not fetched ahead");
                        tell(&commands, wanted, AheadProgress::Unable).await;
                    }
                }
            }
        }
        done = wish;
    }
}

/// Waits until the wish is another one; none when the membership has ended.
async fn changed(state: &mut watch::Receiver<Arc<ClassState>>, before: &Option<Wish>) -> Option<Option<Wish>> {
    let now = state.wait_for(|s| Wish::of(s) != *before).await.ok()?;
    Some(Wish::of(&now))
}

async fn tell(commands: &mpsc::Sender<Command>, wish: &Wish, progress: AheadProgress) {
    // The membership has ended: nobody wants to know.
    let _ = commands.send(Command::FetchedAhead { lesson: wish.lesson.clone(), progress }).await;
}

async fn lesson(wish: &Wish, commands: &mpsc::Sender<Command>, fetcher: &Fetcher, store: &Arc<ChunkStore>) -> Result<(), AheadError> {
    let manifest = Manifest::parse(&fetcher.whole(wish.manifest).await?)?;
    let chunks = chunks(wish, &manifest);
    let all: u64 = chunks.iter().map(|c| u64::from(c.bytes)).sum();
    if all > store.most() {
        return Err(io::Error::new(io::ErrorKind::StorageFull, format!("it has {} MB, of at most {} MB", all / 1_000_000, store.most() / 1_000_000)).into());
    }
    let keep: Arc<HashSet<_>> = Arc::new(chunks.iter().map(|c| c.chunk).collect());
    let missing: Vec<_> = chunks.iter().filter(|c| !store.has(c.chunk)).collect();
    let mut here = all - missing.iter().map(|c| u64::from(c.bytes)).sum::<u64>();
    let mut told = None::<Instant>;
    for wanted in missing {
        if told.is_none_or(|at| at.elapsed() >= AHEAD_EVERY) {
            told = Some(Instant::now());
            let permille = u16::try_from(here * 1_000 / all.max(1)).unwrap_or(1_000).min(999);
            tell(commands, wish, AheadProgress::Fetched { permille }).await;
        }
        let bytes = fetcher.whole(*wanted).await?;
        store.put(wanted.chunk, bytes, keep.clone()).await?;
        here += u64::from(wanted.bytes);
    }
    // Not two messages at once.
    if let Some(at) = told {
        sleep(AHEAD_EVERY.saturating_sub(at.elapsed())).await;
    }
    tell(commands, wish, AheadProgress::Fetched { permille: 1_000 }).await;
    Ok(())
}

/// Everything that playing the lesson needs: in the order in which it is played.
fn chunks(wish: &Wish, manifest: &Manifest) -> Vec<ChunkRef> {
    let place = |name: &str| wish.ladder.iter().position(|r| r.name == name);
    let wanted = place(&wish.lesson.rung).unwrap_or(0);
    let rung = |t: &Track| match &t.kind {
        TrackKind::Video { rung, .. } => place(rung).unwrap_or(usize::MAX),
        TrackKind::Audio { .. } => usize::MAX,
    };
    let video = manifest.video_tracks().map(|(_, t)| t).min_by_key(|t| (rung(t).abs_diff(wanted), rung(t)));
    let tracks: Vec<_> = video.into_iter().chain(manifest.audio_tracks().next().map(|(_, t)| t)).collect();
    let mut segments: Vec<_> =
        tracks.iter().flat_map(|t| t.segments.iter().filter_map(|s| Some((t.start_us(s), ChunkRef { chunk: s.chunk?, bytes: s.bytes })))).collect();
    segments.sort_by_key(|(start_us, _)| *start_us);
    let inits = tracks.iter().map(|t| ChunkRef { chunk: t.init, bytes: t.init_bytes });
    [wish.manifest].into_iter().chain(inits).chain(segments.into_iter().map(|(_, c)| c)).collect()
}
