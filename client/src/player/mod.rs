//! The player: a stored video fetched, decoded and presented in time, without drawing.
//!
//! ```text
//! fetch → load (two tasks) → lane → video thread → pictures ─ present() → screen
//!                                 → sound thread → sink ─────────────────→ ear
//!                                          └ conduct: starts, stalls, ends; the sink is the clock
//! ```
//! The timeline is this viewer's own. Live streams, the room's timeline, speed and subtitles come onto this same core.
//! Nothing here draws; whoever has a screen asks [`Player::present`] what is due.

mod adapt;
mod conduct;
mod keep;
mod lane;
mod load;
mod original;
mod pace;
mod preview;
mod report;
mod shared;
mod skew;
mod sound;
mod sound_out;
mod sound_tracks;
mod status;
mod trouble;
mod video;

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use lectern_media::picture::Picture;
use lectern_proto::control::{ChunkRef, FailureReason};
use lectern_proto::quality::auto::Area;
use lectern_proto::quality::{Plan, Quality, QualityError};
use lectern_proto::rung::{ORIGINAL, RungSpec};
use tokio::sync::watch;

pub(crate) use adapt::rate;
pub use pace::Pacer;
pub use preview::Preview;
pub use report::{FrameCounts, Percentiles, Report, RungShown, Units};
pub(crate) use report::{milliseconds, seconds};
pub use skew::Distribution;
pub(crate) use sound_out::Opened;
pub use sound_out::SoundOut;
pub use sound_tracks::{SoundChoice, SoundTrack};
pub use status::{PlayState, PlayerStats, PlayerStatus, Sound};
pub use trouble::{PlayTrouble, Silence};

use crate::class::Changed;
use crate::fetch::Fetcher;
use crate::keep_file::KeepError;
use preview::Previews;
use shared::{SWITCHES_MAX, Shared, State};

/// How a video is opened.
#[derive(Clone)]
pub struct PlayerOptions {
    pub quality: Quality,
    /// Where playback starts, in microseconds of media.
    pub start_us: u64,
    /// Whether sound goes to the device; without, it is decoded and timed all the same.
    pub sound: bool,
    /// On which device, and how much later each is heard.
    pub out: SoundOut,
    pub paused: bool,
    /// Decoder threads; 0 chooses by the machine.
    pub decoder_threads: usize,
    /// The file that what is watched is written into as well, as Matroska: from the keyframe at the start on, without jumps.
    pub record: Option<PathBuf>,
    /// Called when the status changed or a picture came that was waited for.
    pub changed: Changed,
}

impl std::fmt::Debug for PlayerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlayerOptions").field("quality", &self.quality).field("start_us", &self.start_us).finish_non_exhaustive()
    }
}

/// Why a video cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlayError {
    #[error("there is no video `{0}` in the catalogue; `lectern videos` lists them")]
    NoSuchVideo(String),
    #[error("`{0}` is still being prepared; try again when the catalogue shows it as ready")]
    NotReady(String),
    #[error("`{title}` cannot be played: {reason}")]
    Failed { title: String, reason: FailureReason },
    #[error(transparent)]
    Quality(#[from] QualityError),
    #[error(transparent)]
    NotKept(#[from] KeepError),
}

/// What is due on the screen.
#[derive(Debug, Default)]
pub struct Presented {
    /// A new picture; none: the one that is shown stays.
    pub picture: Option<Arc<Picture>>,
    /// When the next one is due, if that is known.
    pub next_at: Option<Instant>,
}

/// A handle on a player; playback ends when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Player(Arc<Handle>);

/// A handle that does not keep playback alive.
#[derive(Debug, Clone)]
pub struct WeakPlayer(Weak<Handle>);

impl WeakPlayer {
    /// The player, unless it has ended.
    #[must_use]
    pub fn upgrade(&self) -> Option<Player> {
        self.0.upgrade().map(Player)
    }
}

#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
    fetcher: Fetcher,
    /// How writing what is watched ended, once it has.
    recorded: Option<watch::Receiver<Option<Result<(), KeepError>>>>,
    previews: Previews,
    ladder: Vec<RungSpec>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.notify();
    }
}

impl Player {
    /// `beside` is a second connection, for what must not hold up playback.
    pub(crate) fn open(
        runtime: &tokio::runtime::Handle,
        fetcher: Fetcher,
        beside: Fetcher,
        manifest: ChunkRef,
        ladder: &[RungSpec],
        options: PlayerOptions,
    ) -> Result<Self, PlayError> {
        check_quality(ladder, &options.quality)?;
        let keeping = options.record.as_deref().map(keep::start).transpose()?;
        let (kept, done) = keeping.map(|k| (k.to, k.done)).unzip();
        let shared = Arc::new(Shared::new(State::new(options.quality, options.start_us, !options.paused, options.out), options.changed, kept));
        runtime.spawn(load::run(shared.clone(), fetcher.clone(), manifest, ladder.to_vec()));
        let previews = Previews::default();
        runtime.spawn(preview::run(shared.clone(), previews.clone(), beside));
        let threads = if options.decoder_threads == 0 { std::thread::available_parallelism().map_or(1, |n| n.get().min(4)) } else { options.decoder_threads };
        // Threads end by `stop` within one of their short waits; nobody needs to wait for them.
        let (video, sound) = (shared.clone(), shared.clone());
        let spawned = std::thread::Builder::new().name("video".into()).spawn(move || video::run(video, threads));
        let spawned = spawned.and_then(|_| std::thread::Builder::new().name("sound".into()).spawn(move || sound::run(sound, options.sound)));
        if let Err(why) = spawned {
            shared.fail(PlayTrouble::Thread(why.into()));
        }
        Ok(Self(Arc::new(Handle { recorded: done, shared, fetcher, previews, ladder: ladder.to_vec() })))
    }

    /// Waits until what was watched is written, if it was to be; nothing more is.
    ///
    /// # Errors
    /// [`KeepError`] when that is not so.
    pub async fn recorded(&self) -> Result<(), KeepError> {
        self.0.shared.kept();
        let Some(mut done) = self.0.recorded.clone() else { return Ok(()) };
        done.wait_for(Option::is_some).await.ok().and_then(|done| done.clone()).unwrap_or(Ok(()))
    }

    /// Plays; after the end, from the start.
    pub fn play(&self) {
        let mut state = self.0.shared.lock();
        if state.play == PlayState::Ended {
            state.jump(0);
        }
        state.want_playing = true;
        drop(state);
        self.0.shared.notify();
    }

    pub fn pause(&self) {
        self.0.shared.lock().want_playing = false;
        self.0.shared.notify();
    }

    /// There is a newer manifest of this video: more of it is prepared.
    pub fn renew(&self, manifest: ChunkRef) {
        self.0.shared.lock().newest = Some(manifest);
        self.0.shared.notify();
    }

    /// A handle that does not keep playback alive.
    #[must_use]
    pub fn downgrade(&self) -> WeakPlayer {
        WeakPlayer(Arc::downgrade(&self.0))
    }

    /// The media time, in microseconds, that the player waits for because it is not prepared yet.
    #[must_use]
    pub fn awaited(&self) -> watch::Receiver<Option<u64>> {
        self.0.shared.awaited.subscribe()
    }

    /// Jumps; the next picture presented is the one that is shown at exactly this time.
    pub fn seek(&self, position_us: u64) {
        let mut state = self.0.shared.lock();
        if state.media.is_some() {
            state.jump(position_us);
        } else {
            state.target_us = position_us;
        }
        drop(state);
        self.0.shared.notify();
    }

    /// From where it is, after the time that a jump takes; a track that the video does not have changes nothing.
    pub fn set_sound_track(&self, choice: SoundChoice) {
        let shared = &self.0.shared;
        let mut state = shared.lock();
        let position = conduct::position_us(&state, shared, Instant::now());
        state.choose_sound(choice, u64::try_from(position).unwrap_or(0));
        drop(state);
        shared.notify();
    }

    /// From the next segment on that is not yet being decoded; an unknown rung changes nothing.
    pub fn set_quality(&self, quality: Quality) {
        if check_quality(&self.0.ladder, &quality).is_err() {
            return;
        }
        let mut state = self.0.shared.lock();
        if let Some(plan) = state.media.as_ref().and_then(|m| Plan::new(&m.manifest, &self.0.ladder, &quality).ok()) {
            state.plan = Some(plan);
        }
        state.quality = quality;
        state.set_adaptation();
        drop(state);
        self.0.shared.notify();
    }

    /// Where the picture is shown: `auto` fetches little more than can be seen there. Cheap enough for every repaint.
    pub fn set_area(&self, area: Area) {
        let mut state = self.0.shared.lock();
        if state.area != Some(area) {
            state.area = Some(area);
            state.set_adaptation();
        }
    }

    /// 0 to 1.
    pub fn set_volume(&self, volume: f32) {
        self.0.shared.lock().volume = volume.clamp(0.0, 1.0);
        self.0.shared.notify();
    }

    /// On which device it is heard from now on, and how much later each is.
    pub fn set_sound_out(&self, out: &SoundOut) {
        let mut state = self.0.shared.lock();
        if state.out != *out {
            state.reopen |= state.out.device != out.device;
            state.out = out.clone();
            drop(state);
            self.0.shared.notify();
        }
    }

    pub fn set_muted(&self, muted: bool) {
        self.0.shared.lock().muted = muted;
        self.0.shared.notify();
    }

    /// The picture that is due at `now`, each given once, and when the next is due.
    #[must_use]
    pub fn present(&self, now: Instant) -> Presented {
        let shared = &self.0.shared;
        let mut state = shared.lock();
        let position = conduct::position_us(&state, shared, now);
        let moving = state.play == PlayState::Playing;
        let mut presented = Presented::default();
        if !state.first_shown || moving {
            let first = !state.first_shown;
            let mut chosen = None;
            while state.pictures.front().is_some_and(|w| (first && chosen.is_none()) || w.picture.pts_us <= position) {
                if chosen.is_some() {
                    state.stats.dropped += 1;
                }
                chosen = state.pictures.pop_front();
            }
            if let Some(waiting) = chosen {
                note_shown(&mut state, &waiting, position, first, moving, now);
                presented.picture = Some(Arc::new(waiting.picture));
                shared.woken.notify_all();
            }
        }
        if moving {
            presented.next_at = state.pictures.front().map(|w| now + Duration::from_micros(u64::try_from(w.picture.pts_us - position).unwrap_or(0)));
        }
        presented
    }

    /// The picture of another place, nearest to a position, which is asked for when it is not here: `changed` tells when
    /// it has come. Asking for another place, or for none, forgets the wish before.
    #[must_use]
    pub fn preview(&self, position_us: Option<u64>) -> Preview {
        self.0.previews.at(&self.0.shared, position_us)
    }

    /// What the player does.
    #[must_use]
    pub fn state(&self) -> PlayState {
        self.0.shared.lock().play.clone()
    }

    /// What the player shows about itself.
    #[must_use]
    pub fn status(&self) -> PlayerStatus {
        let shared = &self.0.shared;
        let state = shared.lock();
        let position = u64::try_from(conduct::position_us(&state, shared, Instant::now())).unwrap_or(0);
        let mut stats = state.stats;
        stats.bytes = self.0.fetcher.received();
        if let Some(since) = state.stalled_at {
            stats.stall_time += since.elapsed();
        }
        PlayerStatus {
            state: state.play.clone(),
            position_us: position,
            duration_us: state.duration_us(),
            buffered_us: buffered(&state),
            rung: state.shown_track.and_then(|t| state.media.as_ref()?.manifest.tracks.get(t)?.rung().map(str::to_owned)),
            rungs: state.media.iter().flat_map(|m| m.manifest.video_tracks()).filter_map(|(_, t)| t.rung().map(str::to_owned)).collect(),
            original: state.media.as_ref().and_then(|m| m.original.clone()),
            quality: match &state.quality {
                Quality::Rung(name) => name.clone(),
                Quality::Thirds(_) => "thirds".to_owned(),
                Quality::Auto => "auto".to_owned(),
            },
            volume: state.volume,
            muted: state.muted,
            sound: state.sound.clone(),
            device: state.device.clone(),
            sound_tracks: state.media.as_ref().map(|m| Arc::clone(&m.sound_tracks)).unwrap_or_default(),
            sound_track: state.sound_track(),
            details: state.media.as_ref().map(|m| Arc::clone(&m.details)).unwrap_or_default(),
            stats,
        }
    }

    /// What happened since the player was opened, as `lectern watch` reports it.
    #[must_use]
    pub fn report(&self) -> Report {
        let shared = &self.0.shared;
        let mut state = shared.lock();
        let position = conduct::position_us(&state, shared, Instant::now());
        state.pass(position);
        state.end_stall(Instant::now());
        let mut report = report::of_player(&state);
        report.bytes = self.0.fetcher.received();
        report
    }
}

fn check_quality(ladder: &[RungSpec], quality: &Quality) -> Result<(), QualityError> {
    let names: &[String] = match quality {
        Quality::Rung(name) => std::slice::from_ref(name),
        Quality::Thirds(names) => names,
        Quality::Auto => &[],
    };
    match names.iter().find(|n| *n != ORIGINAL && !ladder.iter().any(|r| r.name == **n)) {
        None => Ok(()),
        Some(name) => Err(QualityError::UnknownRung { name: name.clone(), known: ladder.iter().map(|r| r.name.as_str()).collect::<Vec<_>>().join(", ") }),
    }
}

fn note_shown(state: &mut State, waiting: &shared::Waiting, position: i64, first: bool, moving: bool, now: Instant) {
    let picture = &waiting.picture;
    state.first_shown = true;
    state.shown_until_us = picture.pts_us + picture.duration_us;
    state.stats.presented += 1;
    state.stats.first_frame.get_or_insert(now.saturating_duration_since(state.opened_at));
    if moving && !first {
        let skew = position - picture.pts_us;
        state.stats.av_skew_us = Some(skew);
        state.skew.add(skew);
        state.stats.late += u64::from(position > picture.pts_us + picture.duration_us);
    }
    state.pass(position.max(picture.pts_us));
    if state.shown_track != Some(waiting.track) {
        state.shown_track = Some(waiting.track);
        if state.switches.len() < SWITCHES_MAX {
            state.switches.push((now.saturating_duration_since(state.opened_at), waiting.track));
        }
    }
}

/// Media time around the position that is held whole in every lane.
fn buffered(state: &State) -> std::ops::Range<u64> {
    let Some(media) = &state.media else { return 0..0 };
    let range = |lane: &lane::Lane| lane.held_from(lane.reading_us)..lane.held_until(lane.reading_us);
    let video = media.has_video.then(|| range(&state.video));
    let audio = media.audio.map(|_| range(&state.audio));
    match (video, audio) {
        (Some(v), Some(a)) => {
            let end = v.end.min(a.end);
            v.start.max(a.start).min(end)..end
        }
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => 0..0,
    }
}
