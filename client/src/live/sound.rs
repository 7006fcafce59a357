//! The sound thread of a live stream: packets in, the sink fed so that what is heard was captured a fixed time ago.
//!
//! The sink says what is heard now; the server's clock says what should be. Small errors are worked off by changing the pace by
//! at most 2 parts per thousand, large ones (the beginning, a device that slept) by a jump, which is counted.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use lectern_media::opus_decoder::OpusDecoder;
use lectern_media::speaker::{AudioSink, SilentSpeaker, Speaker};
use lectern_proto::control::LiveSound;
use lectern_proto::live::Unit;
use lectern_proto::live::resample::{Resampler, ratio};

use super::listener::Shared;
use super::wav::WavWriter;

const RATE_HZ: i64 = 48_000;
const CHANNELS: usize = 2;
/// How often the sink is looked at when nothing comes.
const TICK: Duration = Duration::from_millis(5);
/// An error beyond this is not worked off but jumped over.
const JUMP_US: i64 = 25_000;
/// Errors are judged by their mean over so many looks: single positions of a device jitter.
const SMOOTH: f64 = 0.05;
/// After a jump it is waited so long before the next: the device has to catch up.
const SETTLE: Duration = Duration::from_millis(300);
/// A device that ran dry gets so much more time, in microseconds.
const DRY_US: u32 = 10_000;
/// Most of that.
const EXTRA_MAX_US: u32 = 250_000;
/// Silence in front of the device while it starts.
const PRIME: Duration = Duration::from_millis(40);
/// Packets that wait for it: two seconds.
const EARLY_MAX: usize = 100;
/// So many packets in a row that come too late for a device are no accident.
const LATE_MAX: u32 = 10;
/// Lost packets that are bridged; a longer gap is silence, and one of ten seconds a new beginning.
const BRIDGED: u32 = 5;
const MISSING_MAX: u32 = 500;

/// What the thread is fed with.
pub(super) enum Fed {
    Unit(Unit),
    /// So many packets before the next will not come.
    Missing(u32),
}

/// How the sound is played.
#[derive(Debug, Clone, Default)]
pub(super) struct Output {
    /// To the device; else timed silently.
    pub(super) audible: bool,
    /// What is played is written there too.
    pub(super) record: Option<PathBuf>,
}

struct Player {
    shared: Arc<Shared>,
    form: LiveSound,
    decoder: OpusDecoder,
    sink: Box<dyn AudioSink>,
    resampler: Resampler,
    record: Option<WavWriter>,
    /// Capture time of the next frame that the sink gets, once sound has begun.
    next_us: Option<i64>,
    /// Mean error, positive when what is heard is behind, in microseconds.
    behind_us: f64,
    jumped_at: Instant,
    underruns: u64,
    /// Time on top of the stream's target that this device needs.
    extra_us: u32,
    /// Frames to be left out, for a jump forward.
    skip: usize,
    /// Packets that were lost before the one that comes next.
    missing: u32,
    /// Packets that came before the device was ready, the presentation time of the silence until then, and how many packets came too
    /// late for it.
    early: VecDeque<Unit>,
    primed_us: i64,
    late: u32,
    volume: f32,
}

/// Runs until nobody feeds it, or the listener stops.
pub(super) fn run(shared: Arc<Shared>, form: LiveSound, output: &Output, fed: &Receiver<Fed>) {
    let done = Player::open(Arc::clone(&shared), form, output).and_then(|mut player| player.play(fed));
    if let Err(why) = done {
        shared.end(Err(why));
    }
}

impl Player {
    fn open(shared: Arc<Shared>, form: LiveSound, output: &Output) -> Result<Self, String> {
        let decoder = OpusDecoder::new().map_err(|e| e.to_string())?;
        let sink: Box<dyn AudioSink> = if output.audible {
            match Speaker::open(|_| {}) {
                Ok(speaker) => Box::new(speaker),
                Err(why) => {
                    shared.lock().silent = Some(why.to_string());
                    Box::new(SilentSpeaker::new())
                }
            }
        } else {
            Box::new(SilentSpeaker::new())
        };
        let record = output.record.as_deref().map(WavWriter::create).transpose().map_err(|e| cannot_record(&e))?;
        Ok(Self {
            shared,
            form,
            decoder,
            sink,
            resampler: Resampler::default(),
            record,
            next_us: None,
            behind_us: 0.0,
            jumped_at: Instant::now(),
            underruns: 0,
            extra_us: 0,
            skip: 0,
            missing: 0,
            early: VecDeque::new(),
            primed_us: 0,
            late: 0,
            volume: 1.0,
        })
    }

    fn play(&mut self, fed: &Receiver<Fed>) -> Result<(), String> {
        self.sink.set_playing(true);
        loop {
            let (stop, volume) = {
                let state = self.shared.lock();
                (state.stop, state.volume)
            };
            if stop {
                break;
            }
            if (volume - self.volume).abs() > f32::EPSILON {
                self.volume = volume;
                self.sink.set_volume(volume);
            }
            match fed.recv_timeout(TICK) {
                Ok(Fed::Unit(unit)) => self.unit(unit)?,
                Ok(Fed::Missing(packets)) => self.missing(packets),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.next_us.is_some() { self.follow()? } else { self.prime()? }
        }
        self.record.take().map_or(Ok(()), WavWriter::finish).map_err(|e| cannot_record(&e))
    }

    fn unit(&mut self, unit: Unit) -> Result<(), String> {
        let now_us = self.shared.clock.server_us(Instant::now()).unwrap_or(unit.capture_us);
        let delay = Duration::from_micros(now_us.saturating_sub(unit.capture_us));
        self.shared.lock().lag.ready(delay, self.shared.target_us);
        if self.next_us.is_none() {
            self.early.push_back(unit);
            if self.early.len() > EARLY_MAX {
                self.early.pop_front();
            }
            return Ok(());
        }
        self.sound(&unit)
    }

    fn sound(&mut self, unit: &Unit) -> Result<(), String> {
        self.bridge(&unit.data)?;
        self.shared.lock().counts.played += 1;
        let samples = match self.decoder.decode(&unit.data, i64::try_from(unit.capture_us).unwrap_or(i64::MAX)) {
            Ok(block) => block.samples,
            // A damaged packet is bridged like a lost one.
            Err(_) => self.conceal(),
        };
        self.write(&samples)
    }

    /// Before the first packet: silence, until the device says when a frame that is written now will be heard. Then the packets
    /// begin of which the first can still be in time.
    fn prime(&mut self) -> Result<(), String> {
        while self.sink.buffered() < PRIME {
            let frames = RATE_HZ as usize / 100;
            let taken = self.sink.write(self.primed_us, &vec![0.0; frames * CHANNELS]);
            self.primed_us += frames_us(taken);
            if taken < frames {
                break;
            }
        }
        let now = Instant::now();
        let (Some(heard), Some(server_us)) = (self.sink.position(now).filter(|p| p.moving), self.shared.clock.server_us(now)) else { return Ok(()) };
        let ahead_us = self.primed_us - heard.pts_us;
        let server_us = i64::try_from(server_us).unwrap_or(i64::MAX);
        while let Some(first) = self.early.front() {
            let capture_us = i64::try_from(first.capture_us).unwrap_or(i64::MAX);
            let due_us = capture_us.saturating_add(self.lag_us()) - server_us;
            if due_us < ahead_us {
                // It would come too late: later ones may not.
                self.early.pop_front();
                self.late += 1;
                if self.late > LATE_MAX {
                    // Nor will any: this device takes longer than the stream's target.
                    self.late = 0;
                    self.extra_us = u32::try_from(ahead_us - due_us).unwrap_or(0).saturating_add(self.extra_us).min(EXTRA_MAX_US);
                }
                continue;
            }
            let frames = usize::try_from((due_us - ahead_us) * RATE_HZ / 1_000_000).unwrap_or(0);
            self.next_us = Some(capture_us - frames_us(frames));
            self.put(&vec![0.0; frames * CHANNELS], false)?;
            self.jumped_at = Instant::now();
            for unit in std::mem::take(&mut self.early) {
                self.sound(&unit)?;
            }
        }
        Ok(())
    }

    fn missing(&mut self, packets: u32) {
        if self.next_us.is_some() {
            self.shared.lock().counts.concealed += u64::from(packets);
            self.missing = self.missing.saturating_add(packets).min(MISSING_MAX);
        }
    }

    /// Fills the place of lost packets, now that the one after them has come: it repeats something of the last.
    fn bridge(&mut self, next: &[u8]) -> Result<(), String> {
        let frames = usize::from(self.form.samples);
        let missing = std::mem::take(&mut self.missing);
        for i in 1..=missing {
            let samples = if i == missing {
                self.decoder.decode_fec(next, frames, 0).map_or_else(|_| vec![0.0; frames * CHANNELS], |block| block.samples)
            } else if i <= BRIDGED {
                self.conceal()
            } else {
                vec![0.0; frames * CHANNELS]
            };
            self.write(&samples)?;
        }
        Ok(())
    }

    fn conceal(&mut self) -> Vec<f32> {
        let frames = usize::from(self.form.samples);
        self.decoder.conceal(frames, 0).map_or_else(|_| vec![0.0; frames * CHANNELS], |block| block.samples)
    }

    /// Writes sound at the pace that brings it where it should be.
    fn write(&mut self, samples: &[f32]) -> Result<(), String> {
        let cut = self.skip.min(samples.len() / CHANNELS);
        self.skip -= cut;
        self.next_us = self.next_us.map(|us| us + frames_us(cut));
        let ratio = ratio(self.behind_us);
        let paced = self.resampler.resample(&samples[cut * CHANNELS..], ratio);
        let source_us = frames_us((samples.len() / CHANNELS) - cut);
        let begun = self.next_us;
        self.put(&paced, true)?;
        // By the source, not by the device: the two differ by the correction.
        self.next_us = begun.map(|us| us + source_us);
        Ok(())
    }

    /// Hands frames to the sink, and waits where it is full.
    fn put(&mut self, mut samples: &[f32], is_recorded: bool) -> Result<(), String> {
        if is_recorded && let Some(record) = &mut self.record {
            record.write(samples).map_err(|e| cannot_record(&e))?;
        }
        let mut pts_us = self.next_us.unwrap_or(0);
        while !samples.is_empty() {
            let taken = self.sink.write(pts_us, samples);
            samples = &samples[taken * CHANNELS..];
            pts_us += frames_us(taken);
            if !samples.is_empty() {
                if self.shared.lock().stop {
                    return Ok(());
                }
                std::thread::sleep(TICK);
            }
        }
        self.next_us = Some(pts_us);
        Ok(())
    }

    /// Compares what is heard with what should be.
    fn follow(&mut self) -> Result<(), String> {
        let now = Instant::now();
        let underruns = self.sink.underruns();
        if underruns > std::mem::replace(&mut self.underruns, underruns) && self.jumped_at.elapsed() > SETTLE {
            self.extra_us = (self.extra_us + DRY_US).min(EXTRA_MAX_US);
            self.shared.lock().counts.underruns += 1;
        }
        let (Some(heard), Some(server_us)) = (self.sink.position(now).filter(|p| p.moving), self.shared.clock.server_us(now)) else { return Ok(()) };
        let should_us = i64::try_from(server_us).unwrap_or(i64::MAX) - self.lag_us();
        let behind = should_us - heard.pts_us;
        if self.jumped_at.elapsed() < SETTLE {
            // The beginning is measured, not averaged.
            self.behind_us = behind as f64;
        } else {
            self.behind_us += SMOOTH * (behind as f64 - self.behind_us);
            self.shared.lock().counts.skew.add(behind);
        }
        if self.behind_us.abs() > JUMP_US as f64 && self.jumped_at.elapsed() >= SETTLE {
            self.jump(self.behind_us as i64)?;
        }
        Ok(())
    }

    fn jump(&mut self, behind_us: i64) -> Result<(), String> {
        self.shared.lock().counts.jumps += 1;
        let frames = usize::try_from(behind_us.abs() * RATE_HZ / 1_000_000).unwrap_or(0);
        if behind_us > 0 {
            self.skip += frames;
        } else {
            // What is heard comes too early: it waits. The silence has no capture time of its own.
            let next = self.next_us;
            self.next_us = next.map(|us| us - frames_us(frames));
            self.put(&vec![0.0; frames * CHANNELS], true)?;
            self.next_us = next;
        }
        self.jumped_at = Instant::now();
        self.behind_us = 0.0;
        Ok(())
    }

    fn lag_us(&self) -> i64 {
        i64::from(self.shared.lock().lag.us(self.shared.target_us).saturating_add(self.extra_us))
    }
}

fn frames_us(frames: usize) -> i64 {
    i64::try_from(frames).unwrap_or(0) * 1_000_000 / RATE_HZ
}

fn cannot_record(error: &io::Error) -> String {
    format!("the recording cannot be written: {error}. Free some space or choose another folder.")
}
