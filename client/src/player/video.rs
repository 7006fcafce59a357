//! The video decoder's thread: samples of the lane in, pictures that wait for their time out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lectern_media::video_decoder::{DecodeError, VideoDecoder};
use lectern_proto::fmp4::{Init, Sample, TrackConfig};

use super::keep::Kept;
use super::lane::Cursor;
use super::shared::{PICTURES, Shared, State, Waiting};

/// A sleep that nothing interrupts ends after this long, as a safeguard; every change wakes the thread.
const NAP: Duration = Duration::from_millis(500);

/// What is to be done next.
enum Work {
    Decode {
        sample: Sample,
        track: usize,
        init: Arc<Init>,
    },
    /// The track has come to its end.
    Drain,
    Stop,
}

struct Decoder {
    shared: Arc<Shared>,
    threads: usize,
    generation: u64,
    cursor: Cursor,
    decoder: Option<(usize, VideoDecoder)>,
    /// No picture before this one is shown in this generation.
    target_us: i64,
    /// The next sample must be a keyframe: the one before could not be decoded.
    broken: bool,
    /// Time that decoding took of the present track, and for how long those pictures are shown.
    cost: (Duration, Duration),
}

/// Pictures are weighed in stretches of this length.
const WEIGHED: Duration = Duration::from_secs(1);

pub(super) fn run(shared: Arc<Shared>, threads: usize) {
    let mut decoder =
        Decoder { shared, threads, generation: 0, cursor: Cursor::default(), decoder: None, target_us: 0, broken: false, cost: Default::default() };
    loop {
        let result = match decoder.next_work() {
            Work::Stop => return,
            Work::Drain => decoder.drain(),
            Work::Decode { sample, track, init } => decoder.decode(&sample, track, &init),
        };
        if let Err(why) = result {
            decoder.shared.fail(why.into());
            return;
        }
    }
}

impl Decoder {
    fn next_work(&mut self) -> Work {
        let shared = self.shared.clone();
        let mut state = shared.lock();
        loop {
            if state.stop {
                return Work::Stop;
            }
            if state.generation != self.generation && state.media.is_some() {
                self.start_generation(&state);
            }
            if state.generation == self.generation
                && state.pictures.len() < PICTURES
                && !state.video_ended
                && let Some(work) = self.pick(&mut state)
            {
                if std::mem::take(&mut state.video_starved) {
                    shared.woken.notify_all();
                }
                return work;
            }
            state = shared.woken.wait_timeout(state, NAP).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }

    fn start_generation(&mut self, state: &State) {
        self.generation = state.generation;
        self.cursor = Cursor { segment_us: state.video.reading_us, sample: 0 };
        self.target_us = i64::try_from(state.target_us).unwrap_or(i64::MAX);
        self.decoder = None;
        self.broken = false;
    }

    /// The next sample, if it has come; moves on to the next segment where one ends.
    fn pick(&mut self, state: &mut State) -> Option<Work> {
        loop {
            if !state.starts_video(self.cursor.segment_us) {
                return Some(Work::Drain);
            }
            let Some(held) = state.video.at(self.cursor.segment_us) else {
                state.video_starved = state.pictures.is_empty();
                return None;
            };
            if let Some(sample) = held.samples.get(self.cursor.sample) {
                let (sample, track) = (sample.clone(), held.track);
                let init = state.inits.get(&track)?.clone();
                self.cursor.sample += 1;
                let pts = init.pts_us(&sample);
                // What ends before the target is decoded only because others depend on it.
                if pts + init.duration_us(&sample) > self.target_us {
                    state.due.insert(pts);
                }
                return Some(Work::Decode { sample, track, init });
            }
            if !held.complete {
                state.video_starved = state.pictures.is_empty();
                return None;
            }
            self.cursor = Cursor { segment_us: held.end_us, sample: 0 };
            if state.starts_video(self.cursor.segment_us) {
                state.video.reading_us = self.cursor.segment_us;
            }
            self.shared.loaders.notify_waiters();
        }
    }

    fn decode(&mut self, sample: &Sample, track: usize, init: &Arc<Init>) -> Result<(), DecodeError> {
        if self.decoder.as_ref().is_none_or(|(t, _)| *t != track) {
            if let Some((before, mut old)) = self.decoder.take() {
                // Another rung begins: what is left of the one before comes out first.
                count_damage(&self.shared, old.drain())?;
                self.hand_over(before, &mut old)?;
            }
            let TrackConfig::Video(config) = &init.config else { return Err(DecodeError::Format) };
            let mut fresh = VideoDecoder::new(config, self.threads)?;
            fresh.skip_until(self.target_us);
            self.decoder = Some((track, fresh));
            self.cost = Default::default();
        }
        self.shared.keep(|| Kept::Picture(Arc::clone(init), sample.clone()));
        let begun = Instant::now();
        let Some((_, mut decoder)) = self.decoder.take() else { return Ok(()) };
        if !self.broken || sample.keyframe {
            self.broken = !count_damage(&self.shared, decoder.decode(sample, init.pts_us(sample), init.duration_us(sample)))?;
        }
        self.hand_over(track, &mut decoder)?;
        self.decoder = Some((track, decoder));
        self.weigh(track, begun.elapsed(), init.duration_us(sample));
        Ok(())
    }

    /// Tells `auto` what decoding costs.
    fn weigh(&mut self, track: usize, took: Duration, shown_us: i64) {
        self.cost.0 += took;
        self.cost.1 += Duration::from_micros(u64::try_from(shown_us).unwrap_or(0));
        if self.cost.1 >= WEIGHED {
            let (busy, shown) = std::mem::take(&mut self.cost);
            if let Some(adapt) = &mut self.shared.lock().adapt
                && let Some(rung) = adapt.rung(track)
            {
                adapt.auto.decoded(rung, busy, shown);
            }
        }
    }

    fn drain(&mut self) -> Result<(), DecodeError> {
        if let Some((track, mut decoder)) = self.decoder.take() {
            count_damage(&self.shared, decoder.drain())?;
            self.hand_over(track, &mut decoder)?;
        }
        let mut state = self.shared.lock();
        if state.generation == self.generation {
            state.video_ended = true;
        }
        drop(state);
        self.shared.woken.notify_all();
        Ok(())
    }

    /// Puts what the decoder has ready where it waits to be shown.
    fn hand_over(&self, track: usize, decoder: &mut VideoDecoder) -> Result<(), DecodeError> {
        let mut woke = false;
        while let Some(picture) = decoder.next_picture()? {
            let mut state = self.shared.lock();
            if state.generation != self.generation {
                return Ok(());
            }
            state.stats.corrupt += u64::from(picture.corrupt);
            woke |= state.pictures.is_empty();
            state.pictures.push_back(Waiting { picture, track });
        }
        if woke {
            self.shared.woken.notify_all();
            (self.shared.changed)();
        }
        Ok(())
    }
}

/// Counts a sample that could not be decoded, and says whether it could; other errors end playback.
fn count_damage(shared: &Shared, result: Result<(), DecodeError>) -> Result<bool, DecodeError> {
    match result {
        Ok(()) => Ok(true),
        Err(DecodeError::Damaged(_)) => {
            shared.lock().stats.corrupt += 1;
            Ok(false)
        }
        Err(other) => Err(other),
    }
}
