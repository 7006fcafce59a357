//! Preparing a stored video: everything that is asked for and not there.

use super::audio_track::{self, AudioTrack};
use super::events::{Event, Reporter};
use super::failure::{Failure, FailureKind};
use super::frames::{Frame, Frames};
use super::pcm::{CHANNELS, Pcm, RATE_HZ};
use super::scale::{self, Scaler};
use super::source::{AudioProbe, Probe, Source};
use super::store::{Store, read_json};
use super::thumbnail::{self, Thumbnail};
use super::video_track::{self, VideoTrack};
use ffmpeg_the_third as ffmpeg;
use lectern_proto::fmp4::VIDEO_TIMESCALE;
use lectern_proto::manifest::Track;
use lectern_proto::rung::{PictureSize, RungSpec};
use std::path::PathBuf;

/// A sound track costs about this fraction of the pictures.
const SOUND_SHARE: u64 = 20;
/// The real rate of a track may exceed its target this many times before it is taken for a fault.
const RATE_MARGIN: u64 = 4;
/// Bytes a second that a sound track may have.
const SOUND_BYTES: u64 = 64_000;

/// What is to be prepared.
#[derive(Debug, Clone)]
pub struct Job {
    pub source: PathBuf,
    /// The folder of this content.
    pub out: PathBuf,
    pub rungs: Vec<RungSpec>,
    /// Whether the sound tracks are wanted.
    pub audio: bool,
}

/// Prepares what the job asks for, as far as it is not there, and tells about it.
///
/// # Errors
/// [`Failure`] with a sentence for the catalogue. What was finished before stays and is not done again.
pub fn prepare(job: &Job, reporter: &Reporter) -> Result<(), Failure> {
    let mut store = Store::open(&job.out)?;
    let probe = Source::open(&job.source)?.description().clone();
    reporter.tell(&Event::Probed(&probe));
    store.publish("source.json", &probe)?;
    let missing = |key: &str| read_json::<Track>(&store.path(&format!("tracks/{key}.json"))).is_none();
    let sounds: Vec<_> = probe.audio.iter().filter(|a| job.audio && missing(&audio_track::key(a))).cloned().collect();
    let mut rungs: Vec<_> = job.rungs.iter().filter(|r| probe.size.is_some() && missing(&video_track::key(r))).cloned().collect();
    rungs.sort_by_key(|r| std::cmp::Reverse((u64::from(r.box_width) * u64::from(r.box_height), r.bitrate_bps)));
    rungs.dedup_by_key(|r| video_track::key(r));

    let has_thumbnail = read_json::<Thumbnail>(&store.path("thumbnail.json")).is_some_and(|t| store.object(t.chunk).exists());
    if probe.size.is_some()
        && !has_thumbnail
        && let Some(Thumbnail { chunk, width, height }) = thumbnail::make(&job.source, &mut store, reporter)?
    {
        reporter.tell(&Event::Thumbnail { chunk, width, height });
    }
    let mut work = Work::new(&probe, sounds.len(), !rungs.is_empty(), reporter);
    let mut made = 0;
    for sound in &sounds {
        made += prepare_sound(job, &mut store, sound, &work)?;
        work.advance(work.duration_us / SOUND_SHARE);
    }
    if !rungs.is_empty() {
        made += prepare_pictures(job, &mut store, &rungs, &work)?;
    }
    if made == 0 && (!sounds.is_empty() || !rungs.is_empty()) {
        return Err(Failure::new(FailureKind::Truncated, "Nothing in the file can be decoded: it is damaged or incomplete. Copy or export it again."));
    }
    Ok(())
}

/// How far everything has come.
struct Work<'a> {
    reporter: &'a Reporter,
    duration_us: u64,
    total_us: u64,
    done_us: u64,
}

impl<'a> Work<'a> {
    fn new(probe: &Probe, sounds: usize, pictures: bool, reporter: &'a Reporter) -> Self {
        let duration_us = probe.duration_us;
        let total_us = duration_us / SOUND_SHARE * sounds as u64 + if pictures { duration_us } else { 0 };
        let work = Self { reporter, duration_us, total_us, done_us: 0 };
        reporter.progress(0, work.total_us);
        work
    }

    /// This far into the current part.
    fn at(&self, us: u64) {
        self.reporter.progress(self.done_us + us.min(self.duration_us), self.total_us);
    }

    fn advance(&mut self, us: u64) {
        self.done_us += us;
        self.reporter.progress(self.done_us, self.total_us);
    }
}

fn tell_track(work: &Work<'_>, key: Option<String>) -> usize {
    let Some(key) = key else { return 0 };
    work.reporter.tell(&Event::Track { file: &format!("{key}.json") });
    1
}

fn prepare_sound(job: &Job, store: &mut Store, audio: &AudioProbe, work: &Work<'_>) -> Result<usize, Failure> {
    let mut pcm = Pcm::open(&job.source, audio.index, work.reporter)?;
    let mut track = AudioTrack::new(store, audio)?;
    let mut frames = 0;
    while let Some(samples) = pcm.next()? {
        frames += (samples.len() / CHANNELS) as u64;
        store.allow((samples.len() / CHANNELS) as u64 * SOUND_BYTES / u64::from(RATE_HZ) + 1);
        track.push(store, &samples)?;
        work.at(frames * 1_000_000 / u64::from(RATE_HZ) / SOUND_SHARE);
    }
    Ok(tell_track(work, track.finish(store)?))
}

fn prepare_pictures(job: &Job, store: &mut Store, rungs: &[RungSpec], work: &Work<'_>) -> Result<usize, Failure> {
    let mut frames = Frames::open(&job.source, work.reporter)?;
    let stream = frames.stream;
    let tracks = rungs.iter().map(|r| VideoTrack::new(store, r, stream.size, stream.frame_rate));
    let mut ladder = Ladder::new(tracks.collect::<Result<_, _>>()?, stream.size, stream.rotation);
    let resume_at = ladder.tracks.iter().map(VideoTrack::resume_at).min().unwrap_or(0);
    let mut next = first_frame(job, &mut frames, resume_at, work)?;
    let bytes_per_second = rungs.iter().map(|r| u64::from(r.bitrate_bps)).sum::<u64>() / 8 * RATE_MARGIN;
    let mut before = resume_at;
    while let Some(frame) = next {
        let advance = u64::try_from(frame.pts - before).unwrap_or(0);
        before = before.max(frame.pts);
        store.allow(advance.saturating_mul(bytes_per_second) / u64::from(VIDEO_TIMESCALE) + 1);
        work.at(u64::try_from(frame.pts).unwrap_or(0) * 1_000_000 / u64::from(VIDEO_TIMESCALE));
        if frame.pts >= resume_at {
            ladder.push(store, frame)?;
        }
        next = frames.next()?;
    }
    let mut made = 0;
    for track in ladder.tracks {
        made += tell_track(work, track.finish(store, frames.nominal())?);
    }
    Ok(made)
}

/// The first picture to look at: not later than `resume_at`.
fn first_frame(job: &Job, frames: &mut Frames, resume_at: i64, work: &Work<'_>) -> Result<Option<Frame>, Failure> {
    if resume_at > 0 && frames.seek(resume_at) {
        if let Some(frame) = frames.next()?.filter(|f| f.pts <= resume_at) {
            return Ok(Some(frame));
        }
        *frames = Frames::open(&job.source, work.reporter)?;
    }
    frames.next()
}

/// The rungs, largest first; each is scaled from the one above.
struct Ladder {
    tracks: Vec<VideoTrack>,
    scalers: Vec<Scaler>,
    rotation: super::source::Rotation,
    source: PictureSize,
}

impl Ladder {
    fn new(tracks: Vec<VideoTrack>, source: PictureSize, rotation: super::source::Rotation) -> Self {
        let scalers = tracks.iter().enumerate().map(|(i, t)| Scaler::new(if i == 0 { unturned(t.size, rotation) } else { t.size }, i == 0)).collect();
        Self { tracks, scalers, rotation, source }
    }

    fn push(&mut self, store: &mut Store, frame: Frame) -> Result<(), Failure> {
        let Frame { picture, pts } = frame;
        let mut above: Option<ffmpeg::frame::Video> = None;
        let mut source = Some(picture);
        for (track, scaler) in self.tracks.iter_mut().zip(&mut self.scalers) {
            let mut scaled = match (above.take(), source.take()) {
                (Some(above), _) if (above.width(), above.height()) == (track.size.width, track.size.height) => above,
                (Some(above), _) => scaler.run(&above)?,
                (None, Some(picture)) => top(picture, scaler, self.source, track.size, self.rotation)?,
                (None, None) => return Err(Failure::internal("scale a picture", "it is gone")),
            };
            track.push(store, &mut scaled, pts)?;
            above = Some(scaled);
        }
        Ok(())
    }
}

/// The source's picture at the size of the largest rung.
fn top(
    picture: ffmpeg::frame::Video,
    scaler: &mut Scaler,
    source: PictureSize,
    size: PictureSize,
    rotation: super::source::Rotation,
) -> Result<ffmpeg::frame::Video, Failure> {
    let same = source == size && scale::is_target(&picture, unturned(size, rotation));
    let mut picture = if same { picture } else { scaler.run(&picture)? };
    scale::declare(&mut picture);
    Ok(scale::rotate(picture, rotation))
}

fn unturned(size: PictureSize, rotation: super::source::Rotation) -> PictureSize {
    if rotation.swaps() { PictureSize { width: size.height, height: size.width } } else { size }
}
