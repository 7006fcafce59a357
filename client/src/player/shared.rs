//! What the threads of one player share: the state of playback, the two lanes and the pictures that wait.
//!
//! One lock, held for bookkeeping only: never while fetching, decoding or drawing. One condition variable tells decoder
//! threads that something changed, one notifier tells the loaders.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lectern_media::picture::Picture;
use lectern_media::speaker::{AudioSink, SpeakerError};
use lectern_proto::control::ChunkRef;
use lectern_proto::fmp4::Init;
use lectern_proto::manifest::{Details, Manifest, Track};
use lectern_proto::quality::auto::Area;
use lectern_proto::quality::{Plan, Quality};
use lectern_proto::rung::RungSpec;
use tokio::sync::{Notify, watch};

use super::adapt::Adapt;
use super::keep::{Has, Kept};
use super::lane::{Choice, Cursor, Lane};
use super::original;
use super::skew::Distribution;
use super::sound_out::SoundOut;
use super::sound_tracks::{self, SoundChoice, SoundTrack};
use super::status::{PlayState, PlayerStats, Sound};
use super::trouble::PlayTrouble;
use crate::class::Changed;

/// What is not prepared and will be needed within this time is asked for, in microseconds of media.
const AWAITED_AHEAD_US: u64 = 6_000_000;
/// Decoded pictures that wait to be shown; one of 1440p is 5.5 MB.
pub(super) const PICTURES: usize = 6;

/// A decoded picture and the track it came from.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) picture: Picture,
    pub(super) track: usize,
}

/// What is known of the video once its manifest has come.
#[derive(Debug, Clone)]
pub(super) struct Media {
    /// Without its details, which are beside it.
    pub(super) manifest: Manifest,
    /// Chapters, and what of the file could not be read.
    pub(super) details: Arc<Details>,
    pub(super) sound_tracks: Arc<[SoundTrack]>,
    /// The sound track that is played.
    pub(super) audio: Option<usize>,
    pub(super) has_video: bool,
    /// The source's own pictures, where they are one of the rungs.
    pub(super) original: Option<RungSpec>,
}

impl Media {
    /// What is played of a video with this wish for its sound.
    pub(super) fn new(mut manifest: Manifest, wish: Option<&SoundChoice>) -> Self {
        let details = Arc::new(std::mem::take(&mut manifest.details));
        let audio = sound_tracks::choose(&manifest, wish);
        let has_video = manifest.video_tracks().next().is_some();
        Self { details, sound_tracks: sound_tracks::of(&manifest).into(), audio, has_video, original: original::of(&manifest), manifest }
    }
}

/// Everything behind the lock.
#[derive(Debug)]
pub(super) struct State {
    pub(super) media: Option<Arc<Media>>,
    /// The newest manifest that the catalogue names, if it was told.
    pub(super) newest: Option<ChunkRef>,
    /// The catalogue names another content by now: what is not prepared of this one will not come.
    pub(super) replaced: bool,
    /// What the viewer wishes, and what that is for this video, once it is known.
    pub(super) quality: Quality,
    /// Which sound track the viewer wishes, if any.
    pub(super) sound_choice: Option<SoundChoice>,
    pub(super) plan: Option<Plan>,
    /// With `auto`, once the video is known.
    pub(super) adapt: Option<Adapt>,
    /// Where the picture is shown, once a screen has said so.
    pub(super) area: Option<Area>,
    pub(super) inits: HashMap<usize, Arc<Init>>,
    pub(super) video: Lane,
    pub(super) audio: Lane,
    /// Grows with every jump; what was decoded for an earlier one is dropped.
    pub(super) generation: u64,
    /// Where the present generation started, in microseconds of media.
    pub(super) target_us: u64,
    pub(super) want_playing: bool,
    pub(super) play: PlayState,
    pub(super) pictures: VecDeque<Waiting>,
    /// A picture of this generation has been handed out.
    pub(super) first_shown: bool,
    /// The video decoder has nothing to decode although there is more to come.
    pub(super) video_starved: bool,
    /// The last picture of the track has been decoded.
    pub(super) video_ended: bool,
    /// Presentation end of the picture that is on the screen.
    pub(super) shown_until_us: i64,
    pub(super) sound: Sound,
    pub(super) out: SoundOut,
    /// Another device was chosen.
    pub(super) reopen: bool,
    /// The device that plays.
    pub(super) device: Option<String>,
    /// Why the sound device went away, until another or silence has taken over.
    pub(super) device_lost: Option<SpeakerError>,
    pub(super) volume: f32,
    pub(super) muted: bool,
    pub(super) stats: PlayerStats,
    pub(super) opened_at: Instant,
    pub(super) stalled_at: Option<Instant>,
    /// Presentation times given to the decoder and not yet passed, to know what should have been shown.
    pub(super) due: BTreeSet<i64>,
    pub(super) expected: u64,
    pub(super) skew: Distribution,
    pub(super) shown_track: Option<usize>,
    /// When which track was first on the screen.
    pub(super) switches: Vec<(Duration, usize)>,
    pub(super) stop: bool,
}

/// Switches remembered for the report; a viewer who changes more often has seen enough.
pub(super) const SWITCHES_MAX: usize = 1_000;

pub(super) struct Shared {
    state: Mutex<State>,
    sink: Mutex<Option<Box<dyn AudioSink>>>,
    pub(super) woken: Condvar,
    pub(super) loaders: Notify,
    /// The media time that is waited for because it is not prepared yet.
    pub(super) awaited: watch::Sender<Option<u64>>,
    pub(super) changed: Changed,
    /// Where what is decoded is written to as well.
    keeping: Mutex<Option<SyncSender<(Has, Kept)>>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(state: State, changed: Changed, keeping: Option<SyncSender<(Has, Kept)>>) -> Self {
        Self {
            keeping: Mutex::new(keeping),
            state: Mutex::new(state),
            sink: Mutex::new(None),
            woken: Condvar::new(),
            loaders: Notify::new(),
            awaited: watch::Sender::new(None),
            changed,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sink; taken after [`Shared::lock`] where both are held.
    pub(super) fn sink(&self) -> MutexGuard<'_, Option<Box<dyn AudioSink>>> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a sample where it is to be kept. Not while the state is locked: it may wait for the disk.
    pub(super) fn keep(&self, kept: impl FnOnce() -> Kept) {
        let to = self.keeping.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(to) = to {
            let has = self.lock().media.as_ref().map_or(Has { pictures: true, sound: true }, |m| Has { pictures: m.has_video, sound: m.audio.is_some() });
            // The writer has told why it ended.
            let _ = to.send((has, kept()));
        }
    }

    /// Nothing more is written.
    pub(super) fn kept(&self) {
        self.keeping.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Tells everybody that the state changed.
    pub(super) fn notify(&self) {
        self.woken.notify_all();
        self.loaders.notify_waiters();
    }

    /// Gives up for good.
    pub(super) fn fail(&self, why: PlayTrouble) {
        self.lock().play = PlayState::Failed(why);
        self.notify();
        (self.changed)();
    }
}

impl State {
    pub(super) fn new(quality: Quality, start_us: u64, want_playing: bool, out: SoundOut) -> Self {
        Self {
            media: None,
            newest: None,
            replaced: false,
            quality,
            sound_choice: None,
            plan: None,
            adapt: None,
            area: None,
            inits: HashMap::new(),
            video: Lane::default(),
            audio: Lane::default(),
            generation: 1,
            target_us: start_us,
            want_playing,
            play: PlayState::Loading,
            pictures: VecDeque::new(),
            first_shown: false,
            video_starved: false,
            video_ended: false,
            shown_until_us: 0,
            sound: Sound::None,
            out,
            reopen: false,
            device: None,
            device_lost: None,
            volume: 1.0,
            muted: false,
            stats: PlayerStats::default(),
            opened_at: Instant::now(),
            stalled_at: None,
            due: BTreeSet::new(),
            expected: 0,
            skew: Distribution::default(),
            shown_track: None,
            switches: Vec::new(),
            stop: false,
        }
    }

    /// Which of the video's sound tracks is heard, from 0.
    pub(super) fn sound_track(&self) -> Option<usize> {
        let media = self.media.as_ref()?;
        media.manifest.audio_tracks().position(|(i, _)| Some(i) == media.audio)
    }

    /// Takes a wish for a sound track; when it means another one than is heard, goes on with it at `position_us`.
    pub(super) fn choose_sound(&mut self, choice: SoundChoice, position_us: u64) {
        self.sound_choice = Some(choice);
        let Some(media) = &self.media else { return };
        let audio = sound_tracks::choose(&media.manifest, self.sound_choice.as_ref());
        if audio != media.audio {
            self.media = Some(Arc::new(Media { audio, ..(**media).clone() }));
            self.audio = Lane::default();
            if let Some(adapt) = &mut self.adapt {
                adapt.audio = audio;
            }
            self.jump(position_us);
        }
    }

    pub(super) fn duration_us(&self) -> u64 {
        self.media.as_ref().map_or(0, |m| m.manifest.duration_us)
    }

    /// What would be fetched of the pictures from a time: the rung that the plan wants, or, where that is not prepared or has
    /// no segment from there, the nearest that has. None: the end, or nothing is prepared.
    pub(super) fn choose_video(&self, at_us: u64) -> Option<Choice> {
        let wanted = match &self.adapt {
            Some(adapt) => adapt.track(),
            None => self.plan.as_ref()?.track_at(at_us),
        };
        self.choices(at_us).min_by_key(|c| (c.track.abs_diff(wanted), c.track))
    }

    /// Every segment of the pictures that starts at a time, by track.
    pub(super) fn choices(&self, at_us: u64) -> impl DoubleEndedIterator<Item = Choice> {
        let tracks = self.media.iter().flat_map(|m| m.manifest.tracks.iter().enumerate());
        tracks.filter(|(_, t)| t.rung().is_some()).filter_map(move |(i, t)| choice(t, i, at_us))
    }

    /// What would be fetched of the sound from a time.
    pub(super) fn choose_audio(&self, at_us: u64) -> Option<Choice> {
        let media = self.media.as_ref()?;
        choice(media.manifest.tracks.get(media.audio?)?, media.audio?, at_us)
    }

    /// What playback will soon need and what is not prepared: the middle of the segment, in microseconds of media.
    pub(super) fn awaited_us(&self) -> Option<u64> {
        self.missing_within(AWAITED_AHEAD_US)
    }

    /// Whether playback stands before something that will not come any more.
    pub(super) fn is_cut_off(&self) -> bool {
        self.replaced && matches!(self.play, PlayState::Loading | PlayState::Stalled) && self.missing_within(0).is_some()
    }

    fn missing_within(&self, ahead_us: u64) -> Option<u64> {
        let media = self.media.as_ref()?;
        let missing = |lane: &Lane, tracks: &[&Track]| {
            let at = lane.held_until(lane.reading_us);
            let segments = || tracks.iter().filter_map(|t| Some((*t, t.segment_from(at)?)));
            let is_near = at <= lane.reading_us.saturating_add(ahead_us);
            let (track, segment) = segments().next().filter(|_| is_near && segments().all(|(_, s)| s.chunk.is_none()))?;
            Some(at + (track.segment_end_us(segment) - at) / 2)
        };
        let pictures: Vec<_> = media.manifest.video_tracks().map(|(_, t)| t).collect();
        let sound: Vec<_> = media.audio.and_then(|a| media.manifest.tracks.get(a)).into_iter().collect();
        [missing(&self.video, &pictures), missing(&self.audio, &sound)].into_iter().flatten().min()
    }

    /// Takes in a newer manifest of the same video; says whether it is of the same tracks. Of another content it takes in
    /// nothing: what plays is played on as far as it goes.
    pub(super) fn renew(&mut self, manifest: Manifest, ladder: &[RungSpec]) -> bool {
        let Some(media) = self.media.clone() else { return false };
        self.replaced = !manifest.continues(&media.manifest);
        if self.replaced {
            return false;
        }
        let tracks = |m: &Manifest| m.tracks.iter().map(|t| (t.init, t.init_bytes)).collect::<Vec<_>>();
        let same = tracks(&manifest) == tracks(&media.manifest);
        let renewed = Media::new(manifest, self.sound_choice.as_ref());
        let (audio, has_video) = (renewed.audio, renewed.has_video);
        if has_video && let Ok(plan) = Plan::new(&renewed.manifest, ladder, &self.quality) {
            self.plan = Some(plan);
        }
        self.media = Some(Arc::new(renewed));
        let lost = |lane: &Lane, is_there: bool| lane.at(lane.reading_us).is_none() && !is_there;
        let pictures = has_video && lost(&self.video, self.starts_video(self.video.reading_us));
        let sound = audio.is_some() && lost(&self.audio, self.starts_audio(self.audio.reading_us));
        if !same {
            self.inits.clear();
            (self.video, self.audio) = (Lane::default(), Lane::default());
            self.adapt = None;
            self.set_adaptation();
        }
        // What was waited for turned out to start at a slightly other time than was expected.
        if !same || ((pictures || sound) && !self.first_shown) {
            let at = if self.first_shown { u64::try_from(self.shown_until_us).unwrap_or(0) } else { self.target_us };
            self.jump(at);
        }
        same
    }

    /// Whether pictures go on from a time, prepared or not.
    pub(super) fn starts_video(&self, at_us: u64) -> bool {
        self.media.as_ref().is_some_and(|m| m.manifest.video_tracks().any(|(_, t)| t.segment_from(at_us).is_some()))
    }

    /// Whether the sound goes on from a time, prepared or not.
    pub(super) fn starts_audio(&self, at_us: u64) -> bool {
        self.media.as_ref().is_some_and(|m| m.audio.and_then(|a| m.manifest.tracks.get(a)).is_some_and(|t| t.segment_from(at_us).is_some()))
    }

    /// Takes up or leaves `auto`, by the wish.
    pub(super) fn set_adaptation(&mut self) {
        let wanted = self.quality == Quality::Auto;
        if !wanted {
            self.adapt = None;
        } else if self.adapt.is_none() {
            self.adapt = self.media.as_ref().and_then(|m| Adapt::new(&m.manifest, m.audio));
        }
        if let Some(adapt) = &mut self.adapt {
            adapt.area = self.area;
        }
    }

    /// Media time up to which pictures have been shown, or from which they will be.
    pub(super) fn shown_us(&self) -> u64 {
        if self.first_shown { u64::try_from(self.shown_until_us).unwrap_or(0) } else { self.target_us }
    }

    /// Media of the picture that is held whole ahead of what is shown.
    pub(super) fn video_buffer(&self) -> Duration {
        Duration::from_micros(self.video.held_until(self.video.reading_us).saturating_sub(self.shown_us()))
    }

    /// Time since the player was opened: what `auto` counts in.
    pub(super) fn now(&self) -> Duration {
        self.opened_at.elapsed()
    }

    /// Starts a new generation at a position.
    pub(super) fn jump(&mut self, position_us: u64) {
        let position_us = position_us.min(self.duration_us().saturating_sub(1));
        self.generation += 1;
        self.target_us = position_us;
        self.pictures.clear();
        self.first_shown = false;
        self.video_starved = false;
        self.video_ended = false;
        self.due.clear();
        self.end_stall(Instant::now());
        self.play = PlayState::Loading;
        self.aim();
    }

    /// Points the lanes at the target.
    pub(super) fn aim(&mut self) {
        let Some(media) = self.media.clone() else { return };
        // Of the tracks that hold the target in a prepared segment the one that the plan wants, or the nearest.
        let wanted = self.plan.as_ref().map_or(0, |p| p.track_at(self.target_us));
        let holds = |t: &Track| t.segments.get(t.segment_at(self.target_us)).is_some_and(|s| s.chunk.is_some());
        if let Some((_, track)) = media.manifest.video_tracks().min_by_key(|(i, t)| (!holds(t), i.abs_diff(wanted), *i)) {
            self.video.reading_us = start_of(track, self.target_us);
        }
        if let Some(audio) = media.audio {
            self.audio.reading_us = audio_start(&media.manifest, audio, self.target_us).segment_us;
        }
    }

    pub(super) fn begin_stall(&mut self, now: Instant) {
        if self.play != PlayState::Stalled {
            self.play = PlayState::Stalled;
            self.stats.stalls += 1;
            self.stalled_at = Some(now);
        }
    }

    pub(super) fn end_stall(&mut self, now: Instant) {
        if let Some(since) = self.stalled_at.take() {
            self.stats.stall_time += now.saturating_duration_since(since);
        }
    }

    /// Counts what should have been shown up to a position.
    pub(super) fn pass(&mut self, position_us: i64) {
        while self.due.first().is_some_and(|pts| *pts <= position_us) {
            self.due.pop_first();
            self.expected += 1;
        }
    }
}

/// Sound that is decoded before the target, because each AAC block overlaps the one before.
const PREROLL_US: u64 = 50_000;

/// Where decoding of sound starts so that it is whole at `target_us`.
pub(super) fn audio_start(manifest: &Manifest, track: usize, target_us: u64) -> Cursor {
    let segment_us = manifest.tracks.get(track).map_or(0, |t| start_of(t, target_us.saturating_sub(PREROLL_US)));
    Cursor { segment_us, sample: 0 }
}

/// Start of the segment that holds a time.
fn start_of(track: &Track, at_us: u64) -> u64 {
    track.segments.get(track.segment_at(at_us)).map_or(0, |s| track.start_us(s))
}

fn choice(track: &Track, index: usize, at_us: u64) -> Option<Choice> {
    let segment = track.segment_from(at_us).filter(|s| s.chunk.is_some())?;
    Some(Choice { track: index, end_us: track.segment_end_us(segment) })
}
