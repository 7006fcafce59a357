//! Preparing a stored video: everything that is asked for and not there. Pictures and sound are made beside each other, so
//! that the first seconds can be watched at once.

use super::audio_track;
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
use lectern_proto::grid::Grid;
use lectern_proto::manifest::Track;
use lectern_proto::rung::RungSpec;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A sound track costs about this fraction of the pictures.
const SOUND_SHARE: u64 = 20;

/// What is to be prepared.
#[derive(Debug, Clone)]
pub struct Job {
    pub source: PathBuf,
    /// The folder of this content.
    pub out: PathBuf,
    pub rungs: Vec<RungSpec>,
    /// Whether the sound tracks are wanted.
    pub audio: bool,
    /// Where somebody waits.
    pub wish: Wish,
}

/// Prepares what the job asks for, as far as it is not there, and tells about it.
///
/// # Errors
/// [`Failure`] with a sentence for the catalogue. What was finished before stays and is not done again.
pub fn prepare(job: &Job, reporter: &Reporter) -> Result<(), Failure> {
    let store = Store::open(&job.out)?;
    reporter.keep_losses(Losses::beside(&store));
    let probe = Source::open(&job.source)?.description().clone();
    reporter.tell(&Event::Probed(&probe));
    store.publish("source.json", &probe)?;
    let missing = |key: &str| read_json::<Track>(&store.path(&format!("tracks/{key}.json"))).is_none();
    let sounds: Vec<_> = probe.audio.iter().filter(|a| job.audio && missing(&audio_track::key(a))).cloned().collect();
    let mut rungs: Vec<_> = job.rungs.iter().filter(|r| probe.size.is_some() && missing(&video_track::key(r))).cloned().collect();
    rungs.sort_by_key(|r| std::cmp::Reverse((u64::from(r.box_width) * u64::from(r.box_height), r.bitrate_bps)));
    rungs.dedup_by_key(|r| video_track::key(r));

    let has_thumbnail = read_json::<Thumbnail>(&store.path("thumbnail.json")).is_some_and(|t| store.object(t.chunk).exists());
    if !has_thumbnail && let Some(Thumbnail { chunk, width, height }) = thumbnail::make(&job.source, &store, reporter)? {
        reporter.tell(&Event::Thumbnail { chunk, width, height });
    }
    if sounds.is_empty() && rungs.is_empty() {
        return Ok(());
    }
    let work = Work::new(probe.duration_us, sounds.len(), !rungs.is_empty(), reporter);
    let tracks = sounds::open(&store, &sounds, reporter)?;
    let pictures = if rungs.is_empty() { None } else { Some(Pictures::open(job, &store, &rungs, Grid::Even, &work, reporter)?) };
    let made = std::thread::scope(|scope| {
        let heard = scope.spawn(|| work.part(|| sounds::run(job, &store, tracks, &work, reporter)));
        let seen = work.part(|| pictures.map_or(Ok(0), |p| p.run(reporter)));
        let heard = heard.join().unwrap_or_else(|_| Err(Failure::internal("prepare the sound", "its thread died")));
        // The failure that came first, not that it was given up for it.
        match (seen, heard) {
            (Ok(seen), Ok(heard)) => Ok(seen + heard),
            (Err(failure), Ok(_)) | (Ok(_), Err(failure)) => Err(failure),
            (Err(seen), Err(heard)) => Err(if seen.kind == FailureKind::GivenUp { heard } else { seen }),
        }
    })?;
    if made == 0 {
        return Err(Failure::new(FailureKind::Truncated, "Nothing in the file can be decoded: it is damaged or incomplete. Copy or export it again."));
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
}

impl Work {
    fn new(duration_us: u64, sounds: usize, pictures: bool, reporter: &Reporter) -> Self {
        let total_us = duration_us / SOUND_SHARE * sounds as u64 + if pictures { duration_us } else { 0 };
        let work = Self {
            reporter: reporter.clone(),
            duration_us,
            total_us,
            pictures_us: AtomicU64::new(0),
            sounds_us: AtomicU64::new(0),
            sound_us: AtomicU64::new(0),
            failed: AtomicBool::new(false),
        };
        work.tell();
        work
    }

    pub(crate) fn duration_us(&self) -> u64 {
        self.duration_us
    }

    /// So much of the pictures is there.
    pub(crate) fn pictures(&self, us: u64) {
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
