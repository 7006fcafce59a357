//! The sound thread: samples of the lane in, the sink fed; and, because the sink is the clock, the conductor.
//!
//! Sound is written without a gap from the target to the end of the video: where the track is silent, late or shorter
//! than the picture, silence is written, so that one clock carries the whole video. A video without sound plays on a
//! silent sink in the same way.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use lectern_media::audio_decoder::{AudioDecoder, CHANNELS, PcmBlock, SAMPLE_RATE_HZ};
use lectern_media::speaker::{SpeakerError, Watch};
use lectern_proto::fmp4::{Init, Sample, TrackConfig};

use super::conduct;
use super::keep::Kept;
use super::lane::Cursor;
use super::shared::{Shared, State, audio_start};
use super::sound_out::Opened;
use super::status::Sound;
use super::trouble::Silence;

/// How often the sink is fed and the state looked at while something moves, and at rest.
const TICK: Duration = Duration::from_millis(10);
const REST: Duration = Duration::from_millis(250);
/// A device that is lost within this time is not opened again.
const AGAIN: Duration = Duration::from_secs(5);
/// Silence is written in blocks of this many frames.
const SILENCE_FRAMES: usize = 1_024;

struct Feeder {
    shared: Arc<Shared>,
    generation: u64,
    cursor: Cursor,
    decoder: Option<AudioDecoder>,
    /// Where this generation's sound starts, and how many frames the sink has got since: counted in frames, because a
    /// sum of rounded times would drift into a click a second.
    origin_us: i64,
    frames: u64,
    /// Not yet taken by the sink.
    pending: Option<PcmBlock>,
    /// Decoded, and due after a silence.
    ahead: Option<PcmBlock>,
    /// The track has no more sound; from here on it is silence.
    exhausted: bool,
    finished: bool,
    volume: f32,
    is_audible: bool,
    opened_at: Instant,
    /// For the device that was chosen and is not connected.
    watch: Option<Watch>,
}

pub(super) fn run(shared: Arc<Shared>, audible: bool) {
    let mut feeder = Feeder {
        shared,
        generation: 0,
        cursor: Cursor::default(),
        decoder: None,
        origin_us: 0,
        frames: 0,
        pending: None,
        ahead: None,
        exhausted: false,
        finished: false,
        volume: -1.0,
        is_audible: false,
        opened_at: Instant::now(),
        watch: None,
    };
    if !feeder.open_sink(audible) {
        return;
    }
    loop {
        let shared = feeder.shared.clone();
        let state = shared.lock();
        if state.stop {
            break;
        }
        drop(state);
        feeder.feed();
        let mut state = shared.lock();
        let moved = conduct::tick(&mut state, &shared, feeder.generation, feeder.finished, Instant::now());
        if moved {
            (shared.changed)();
        }
        let wait = if conduct::is_at_rest(&state) { REST } else { TICK };
        drop(shared.woken.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0);
    }
    // The device is closed by the thread that opened it.
    feeder.shared.sink().take();
}

impl Feeder {
    /// Waits for the manifest and opens what it needs; false when the player stopped first.
    fn open_sink(&mut self, audible: bool) -> bool {
        let shared = self.shared.clone();
        let mut state = shared.lock();
        while state.media.is_none() && !state.stop {
            state = shared.woken.wait_timeout(state, REST).unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.stop {
            return false;
        }
        let has_sound = state.media.as_ref().is_some_and(|m| m.audio.is_some());
        drop(state);
        self.is_audible = has_sound && audible;
        match (has_sound, audible) {
            (false, _) => self.take(Opened::silent(None), Sound::None),
            (true, false) => self.take(Opened::silent(None), Sound::Silent(Silence::NotWanted)),
            (true, true) => self.open_device(None),
        }
        true
    }

    /// Opens the device that was chosen, or what plays in its place; `lost` is why the one before does not.
    fn open_device(&mut self, lost: Option<SpeakerError>) {
        let shared = Arc::downgrade(&self.shared);
        let on_lost = move |why: SpeakerError| {
            if let Some(shared) = shared.upgrade() {
                shared.lock().device_lost = Some(why);
                shared.woken.notify_all();
            }
        };
        let shared = Arc::downgrade(&self.shared);
        let on_there = move || {
            if let Some(shared) = shared.upgrade() {
                shared.lock().reopen = true;
                shared.woken.notify_all();
            }
        };
        let out = self.shared.lock().out.clone();
        // One that was lost as soon as it was open would be lost again.
        let opened = if lost.is_some() && self.opened_at.elapsed() < AGAIN { Opened::silent(None) } else { out.open(on_lost, on_there) };
        self.opened_at = Instant::now();
        let sound = match (&opened.device, opened.why.clone()) {
            (Some(_), None) => Sound::Device,
            (Some(_), Some(why)) => Sound::Instead(why),
            (None, why) => Sound::Silent(lost.or(why).map_or(Silence::NotWanted, Into::into)),
        };
        self.take(opened, sound);
    }

    fn take(&mut self, opened: Opened, sound: Sound) {
        *self.shared.sink() = Some(opened.sink);
        self.watch = opened.watch;
        let mut state = self.shared.lock();
        (state.sound, state.device) = (sound, opened.device);
        drop(state);
        self.volume = -1.0;
        (self.shared.changed)();
    }

    /// Gives the sink what it has room for.
    fn feed(&mut self) {
        let shared = self.shared.clone();
        {
            self.replace_device();
            let state = shared.lock();
            if state.generation != self.generation {
                self.start_generation(&state);
            }
            let volume = if state.muted { 0.0 } else { state.volume };
            if (volume - self.volume).abs() > f32::EPSILON {
                self.volume = volume;
                if let Some(sink) = shared.sink().as_mut() {
                    sink.set_volume(volume);
                }
            }
        }
        while self.pending.is_some() || self.next_block() {
            let Some(block) = self.pending.take() else { return };
            let taken = shared.sink().as_mut().map_or(0, |sink| sink.write(block.pts_us, &block.samples));
            self.frames += taken as u64;
            if taken < block.frames() {
                self.pending = Some(PcmBlock { pts_us: self.next_us(), samples: block.samples[taken * CHANNELS..].to_vec() });
                return;
            }
        }
        if self.exhausted && !self.finished {
            self.finished = true;
            if let Some(sink) = shared.sink().as_mut() {
                sink.finish();
            }
        }
    }

    /// A device that was unplugged, or is not the one that is wished for any more, is replaced from the same place on.
    fn replace_device(&mut self) {
        let mut state = self.shared.lock();
        let (lost, reopen) = (state.device_lost.take(), std::mem::take(&mut state.reopen));
        if !self.is_audible || !(lost.is_some() || reopen) {
            return;
        }
        let at = conduct::position_us(&state, &self.shared, Instant::now());
        drop(state);
        self.open_device(lost.filter(|_| !reopen));
        self.shared.lock().jump(u64::try_from(at).unwrap_or(0));
        self.shared.loaders.notify_waiters();
    }

    fn start_generation(&mut self, state: &State) {
        self.generation = state.generation;
        self.origin_us = i64::try_from(state.target_us).unwrap_or(i64::MAX);
        self.frames = 0;
        self.pending = None;
        self.ahead = None;
        self.decoder = None;
        self.finished = false;
        self.exhausted = false;
        if let Some(media) = &state.media {
            match media.audio {
                Some(track) => self.cursor = audio_start(&media.manifest, track, state.target_us),
                None => self.exhausted = true,
            }
        }
        if let Some(sink) = self.shared.sink().as_mut() {
            sink.set_playing(false);
            sink.flush();
        }
    }

    /// Puts the next block into `pending`: sound, or silence where there is none. False when there is nothing to write now.
    fn next_block(&mut self) -> bool {
        loop {
            let block = self.ahead.take().or_else(|| self.decoder.as_mut().and_then(AudioDecoder::next_block));
            if let Some(block) = block {
                self.pending = self.fit(block);
                if self.pending.is_some() {
                    return true;
                }
            } else if self.exhausted {
                return self.silence_to_the_end();
            } else {
                match self.next_sample() {
                    Some((sample, init)) => self.decode(&sample, &init),
                    None if self.exhausted => {}
                    None => return false,
                }
            }
        }
    }

    fn next_sample(&mut self) -> Option<(Sample, Arc<Init>)> {
        let shared = self.shared.clone();
        let mut state = shared.lock();
        let track = state.media.as_ref()?.audio?;
        if state.generation != self.generation {
            return None;
        }
        loop {
            if !state.starts_audio(self.cursor.segment_us) {
                self.exhausted = true;
                return None;
            }
            let held = state.audio.at(self.cursor.segment_us)?;
            if let Some(sample) = held.samples.get(self.cursor.sample) {
                let sample = sample.clone();
                let init = state.inits.get(&track)?.clone();
                self.cursor.sample += 1;
                // Packets well before the target need not be decoded at all.
                let end = init.pts_us(&sample) + 2 * init.duration_us(&sample);
                if end + init.duration_us(&sample) < self.next_us() {
                    continue;
                }
                return Some((sample, init));
            }
            if !held.complete {
                return None;
            }
            self.cursor = Cursor { segment_us: held.end_us, sample: 0 };
            if state.starts_audio(self.cursor.segment_us) {
                state.audio.reading_us = self.cursor.segment_us;
            }
            shared.loaders.notify_waiters();
        }
    }

    fn decode(&mut self, sample: &Sample, init: &Arc<Init>) {
        self.shared.keep(|| Kept::Sound(Arc::clone(init), sample.clone()));
        if self.decoder.is_none() {
            let TrackConfig::Audio(config) = &init.config else {
                self.exhausted = true;
                return;
            };
            match AudioDecoder::new(config) {
                Ok(decoder) => self.decoder = Some(decoder),
                Err(why) => {
                    // The picture plays on without its sound, and says so.
                    self.shared.lock().sound = Sound::Silent(why.into());
                    self.exhausted = true;
                    return;
                }
            }
        }
        if let Some(decoder) = self.decoder.as_mut() {
            // A damaged packet leaves a hole, which becomes silence of the same length.
            let _ = decoder.decode(sample, init.pts_us(sample));
        }
    }

    /// Presentation time of the next frame that the sink gets.
    fn next_us(&self) -> i64 {
        self.origin_us.saturating_add(frames_to_us(self.frames))
    }

    /// Cuts what lies before the next frame that the sink needs; before a block that starts later comes silence.
    fn fit(&mut self, mut block: PcmBlock) -> Option<PcmBlock> {
        let next_us = self.next_us();
        let early = us_to_frames(next_us - block.pts_us);
        let hole = us_to_frames(block.pts_us - next_us);
        if hole > 0 {
            self.ahead = Some(block);
            return Some(silence(next_us, hole));
        }
        if early > 0 {
            let cut = early.saturating_mul(CHANNELS).min(block.samples.len());
            block.samples.drain(..cut);
        }
        block.pts_us = next_us;
        (!block.samples.is_empty()).then_some(block)
    }

    fn silence_to_the_end(&mut self) -> bool {
        let end = i64::try_from(self.shared.lock().duration_us()).unwrap_or(i64::MAX);
        let left = us_to_frames(end - self.next_us());
        self.pending = (left > 0).then(|| silence(self.next_us(), left));
        left > 0
    }
}

/// A block of silence, of at most [`SILENCE_FRAMES`].
fn silence(pts_us: i64, frames: usize) -> PcmBlock {
    PcmBlock { pts_us, samples: vec![0.0; frames.min(SILENCE_FRAMES) * CHANNELS] }
}

/// The length of this many frames, rounded to the nearest microsecond.
fn frames_to_us(frames: u64) -> i64 {
    let rate = u128::from(SAMPLE_RATE_HZ);
    i64::try_from((u128::from(frames) * 1_000_000 + rate / 2) / rate).unwrap_or(i64::MAX)
}

/// Whole frames in a time; none in less than one frame or a negative time.
fn us_to_frames(us: i64) -> usize {
    usize::try_from(i128::from(us.max(0)) * i128::from(SAMPLE_RATE_HZ) / 1_000_000).unwrap_or(usize::MAX)
}
