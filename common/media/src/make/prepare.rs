//! Preparing a stored video: everything that is asked for and not there. Pictures and sound are made beside each other, so
//! that the first seconds can be watched at once.

use super::audio_track;
use super::copy;
use super::events::{Event, Reporter};
use super::failure::{Failure, FailureKind};
use super::losses::Losses;
use super::pictures::Pictures;
use super::sounds;
use super::source::Source;
use super::store::{Store, read_json};
use super::thumbnail::{self, Thumbnail};
use super::video_track;
use super::wish::Wish;
use lectern_proto::manifest::Track;
use lectern_proto::rung::{RungSpec, rungs_for};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// A sound track costs about this fraction of the pictures.
const SOUND_SHARE: u64 = 20;

/// What is to be prepared.
#[derive(Debug, Clone)]
pub struct Job {
    pub source: PathBuf,
    /// The folder of this content.
    pub out: PathBuf,
    /// The ladder; of it is prepared what does not enlarge the source.
    pub rungs: Vec<RungSpec>,
    /// Whether the sound tracks are wanted.
    pub audio: bool,
    /// Only what is had without encoding pictures: if they can be copied, they, the sound and the thumbnail, and all that is
    /// to be encoded is begun; else what the source is.
    pub quick: bool,
    /// Where somebody waits.
    pub wish: Wish,
}

/// Prepares what the job asks for, as far as it is not there, and tells about it.
///
/// # Errors
/// [`Failure`] with a sentence for the catalogue. What was finished before stays and is not done again.
pub fn prepare(job: &Job, reporter: &Reporter) -> Result<(), Failure> {
    // The source first: of a file that cannot be read nothing is left behind.
    let source = Source::open(&job.source)?;
    let store = Store::open(&job.out)?;
    reporter.keep_losses(Losses::beside(&store));
    let probe = source.description().clone();
    reporter.tell(&Event::Probed(&probe));
    store.publish("source.json", &probe)?;
    let grid = if job.rungs.is_empty() { None } else { copy::copy(job, source, &store, reporter)? };
    if job.quick && grid.is_none() {
        return Ok(());
    }
    let missing = |key: &str| read_json::<Track>(&store.path(&format!("tracks/{key}.json"))).is_none();
    let sounds: Vec<_> = probe.audio.iter().filter(|a| job.audio && missing(&audio_track::key(a))).cloned().collect();
    let mut rungs = probe.size.map(|size| rungs_for(&job.rungs, size)).unwrap_or_default();
    rungs.retain(|r| missing(&video_track::key(r)));
    rungs.reverse();
    rungs.dedup_by_key(|r| video_track::key(r));
    let has_thumbnail = read_json::<Thumbnail>(&store.path("thumbnail.json")).is_some_and(|t| store.object(t.chunk).exists());

    let all = if job.audio { probe.audio.len() } else { 0 };
    let work = Work::new(probe.duration_us, (all - sounds.len(), all), !rungs.is_empty(), reporter);
    let tracks = sounds::open(&store, &sounds, reporter)?;
    let is_copied = grid.is_some();
    let pictures = if rungs.is_empty() { None } else { Some(Pictures::open(job, &store, &rungs, grid.unwrap_or_default(), &work, reporter)?) };
    // The rungs that are encoded later have been begun, and so are known.
    let pictures = pictures.filter(|_| !job.quick);
    let made = std::thread::scope(|scope| {
        let heard = scope.spawn(|| work.part(|| sounds::run(job, &store, tracks, &work, reporter)));
        let drawn = scope.spawn(|| work.part(|| if !has_thumbnail { draw(job, &store, &work, reporter) } else { Ok(()) }));
        let seen = work.part(|| pictures.map_or(Ok(0), |p| p.run(reporter, is_copied)));
        work.begun();
        let heard = heard.join().unwrap_or_else(|_| Err(Failure::internal("prepare the sound", "its thread died")));
        let drawn = drawn.join().unwrap_or_else(|_| Err(Failure::internal("draw the thumbnail", "its thread died")));
        // The failure that came first, not that it was given up for it.
        let mut made = 0;
        let mut failures = Vec::new();
        for part in [seen, heard, drawn.map(|()| 0)] {
            part.map_or_else(|failure| failures.push(failure), |count| made += count);
        }
        failures.sort_by_key(|failure| failure.kind == FailureKind::GivenUp);
        failures.into_iter().next().map_or(Ok(made), Err)
    })?;
    let asked = !sounds.is_empty() || (!rungs.is_empty() && !job.quick);
    if made == 0 && asked && !is_copied {
        return Err(Failure::new(FailureKind::Damaged, "Nothing in the file can be decoded: it is damaged or incomplete. Copy or export it again."));
    }
    Ok(())
}

/// Draws the thumbnail, once the first pictures are prepared: nobody waits for it.
fn draw(job: &Job, store: &Store, work: &Work, reporter: &Reporter) -> Result<(), Failure> {
    if !job.quick {
        work.wait_for_begin();
    }
    if let Some(Thumbnail { chunk, bytes, width, height }) = thumbnail::make(&job.source, store, reporter)? {
        reporter.tell(&Event::Thumbnail { chunk, bytes, width, height });
    }
    Ok(())
}

/// How far everything has come; shared by the threads that do it.
#[derive(Debug)]
pub(crate) struct Work {
    reporter: Reporter,
    duration_us: u64,
    total_us: u64,
    pictures_us: AtomicU64,
    /// Of the sound tracks that are finished, and of the one that is under way.
    sounds_us: AtomicU64,
    sound_us: AtomicU64,
    failed: AtomicBool,
    /// Whether the first pictures are there, or none will be.
    begun: Mutex<bool>,
    begins: Condvar,
}

impl Work {
    /// So many of all sound tracks are there.
    fn new(duration_us: u64, (done, sounds): (usize, usize), pictures: bool, reporter: &Reporter) -> Self {
        let total_us = duration_us / SOUND_SHARE * sounds as u64 + if pictures { duration_us } else { 0 };
        let work = Self {
            reporter: reporter.clone(),
            duration_us,
            total_us,
            pictures_us: AtomicU64::new(0),
            sounds_us: AtomicU64::new(duration_us * done as u64),
            sound_us: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            begun: Mutex::new(false),
            begins: Condvar::new(),
        };
        work.tell();
        work
    }

    pub(crate) fn duration_us(&self) -> u64 {
        self.duration_us
    }

    /// So much of the pictures is there.
    pub(crate) fn pictures(&self, us: u64) {
        if us > 0 {
            self.begun();
        }
        self.pictures_us.store(us.min(self.duration_us), Ordering::Relaxed);
        self.tell();
    }

    /// So much of the present sound track is there.
    pub(crate) fn sound(&self, us: u64) {
        self.sound_us.store(us.min(self.duration_us), Ordering::Relaxed);
        self.tell();
    }

    pub(crate) fn next_sound(&self) {
        self.sound_us.store(0, Ordering::Relaxed);
        self.sounds_us.fetch_add(self.duration_us, Ordering::Relaxed);
        self.tell();
    }

    fn begun(&self) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut begun, true) {
            self.begins.notify_all();
        }
    }

    fn wait_for_begin(&self) {
        let begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.begins.wait_while(begun, |begun| !*begun).unwrap_or_else(PoisonError::into_inner));
    }

    /// # Errors
    /// Another part has failed: this one is given up.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.failed.load(Ordering::Relaxed) { Err(Failure::new(FailureKind::GivenUp, "Another part of the video could not be prepared.")) } else { Ok(()) }
    }

    fn part<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        work().inspect_err(|_| self.failed.store(true, Ordering::Relaxed))
    }

    fn tell(&self) {
        let sounds = self.sounds_us.load(Ordering::Relaxed) + self.sound_us.load(Ordering::Relaxed);
        self.reporter.progress(self.pictures_us.load(Ordering::Relaxed) + sounds / SOUND_SHARE, self.total_us);
    }
}
