//! Packets of sound onto a sink, so that what is heard was captured a fixed time ago: decoded, bridged where some were lost, at a pace
//! that follows the server's clock. Where the packets come from, and when there are none, is not its business.
//!
//! The sink says what is heard now; the server's clock says what should be. Small errors are worked off by changing the pace by
//! at most 2 parts per thousand, large ones (the beginning, a device that slept) by a jump, which is counted. The capture times of
//! the packets lead, not their number: a microphone's clock runs as it likes.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lectern_media::opus_decoder::OpusDecoder;
use lectern_media::speaker::{AudioSink, SilentSpeaker, SpeakerError, Watch};
use lectern_proto::control::LiveSound;
use lectern_proto::live::resample::{Resampler, ratio};

use super::held::{Held, Packet};
use super::listening::Shared;
use super::wav::WavWriter;
use crate::player::Opened;

const RATE_HZ: i64 = 48_000;
const CHANNELS: usize = 2;
/// Between two looks at a sink that is full.
const FULL: Duration = Duration::from_millis(5);
/// An error beyond this is not worked off but jumped over.
const JUMP_US: i64 = 25_000;
/// At the beginning the clock is still being learnt: then less than that is jumped over too, since working it off takes longer.
const FIRST_JUMP_US: i64 = 4_000;
const FIRST: Duration = Duration::from_secs(12);
/// Errors are judged by their mean over so many looks: single positions of a device jitter.
const SMOOTH: f64 = 0.05;
/// After a jump it is waited so long before the next: the device has to catch up.
const SETTLE: Duration = Duration::from_millis(300);
/// A device that is lost within this time is not opened again.
const AGAIN: Duration = Duration::from_secs(5);
/// A device that ran dry gets so much more time, in microseconds.
const DRY_US: u32 = 10_000;
/// Most of that.
const EXTRA_MAX_US: u32 = 250_000;
/// Silence in front of the device while it starts.
const PRIME: Duration = Duration::from_millis(40);
/// The sink holds no more than this: what waits longer waits coded.
const AHEAD: Duration = Duration::from_millis(250);
/// So many packets in a row that come too late for a device are no accident.
const LATE_MAX: u32 = 10;
/// Lost packets that are bridged; a longer gap is silence, and one of ten seconds a new beginning.
const BRIDGED: u32 = 5;
const MISSING_MAX: u32 = 500;
/// Capture times that do not follow one another by more than this are a gap, not a clock that drifts.
const GAP_US: i64 = 60_000;
/// Longest silence that fills one.
const GAP_MAX_US: i64 = 10_000_000;

/// Where one listener stands on the way to the device.
pub(super) struct Presenter {
    shared: Arc<Shared>,
    form: LiveSound,
    is_audible: bool,
    decoder: OpusDecoder,
    sink: Box<dyn AudioSink>,
    /// For the device that was chosen and is not connected.
    watch: Option<Watch>,
    resampler: Resampler,
    record: Option<WavWriter>,
    /// Capture time of the next frame that the sink gets, once sound has begun.
    next_us: Option<i64>,
    /// Mean error, positive when what is heard is behind where it should be, in microseconds.
    error_us: f64,
    jumped_at: Instant,
    begun_at: Instant,
    opened_at: Instant,
    underruns: u64,
    /// Time on top of the stream's target that this device needs.
    extra_us: u32,
    /// How far this listener has stayed behind the others, because he or she paused a file.
    shift_us: i64,
    /// Where it begins again, in capture time; none: as soon as it can.
    from_us: Option<i64>,
    /// Frames to be left out, for a jump forward.
    skip: usize,
    /// Presentation time of the silence before sound begins, and how many packets came too late for the device meanwhile.
    primed_us: i64,
    late: u32,
    volume: f32,
    trim_us: i64,
}

impl Presenter {
    /// Resting: [`Self::wake`] opens the device.
    pub(super) fn new(shared: Arc<Shared>, form: LiveSound, is_audible: bool, record: Option<&Path>) -> Result<Self, String> {
        let record = record.map(WavWriter::create).transpose().map_err(|e| cannot_record(&e))?;
        Ok(Self {
            shared,
            form,
            is_audible,
            decoder: OpusDecoder::new().map_err(|e| e.to_string())?,
            sink: Box::new(SilentSpeaker::new()),
            watch: None,
            resampler: Resampler::default(),
            record,
            next_us: None,
            error_us: 0.0,
            jumped_at: Instant::now(),
            begun_at: Instant::now(),
            opened_at: Instant::now(),
            underruns: 0,
            extra_us: 0,
            shift_us: 0,
            from_us: None,
            skip: 0,
            primed_us: 0,
            late: 0,
            volume: 1.0,
            trim_us: 0,
        })
    }

    /// Opens the device; what comes next is heard where the stream is, or from a capture time on.
    pub(super) fn wake(&mut self, from_us: Option<i64>) -> Result<(), String> {
        self.decoder = OpusDecoder::new().map_err(|e| e.to_string())?;
        self.sink = self.open();
        self.sink.set_volume(self.volume);
        self.sink.set_playing(true);
        (self.underruns, self.extra_us, self.primed_us) = (0, 0, 0);
        self.begin(from_us);
        Ok(())
    }

    fn open(&mut self) -> Box<dyn AudioSink> {
        // It may take a while: nobody who looks at the state waits for it.
        let mut state = self.shared.lock();
        let (out, lost) = (state.out.clone(), state.lost.take());
        drop(state);
        let shared = Arc::downgrade(&self.shared);
        let on_lost = move |why: SpeakerError| {
            if let Some(shared) = shared.upgrade() {
                let mut state = shared.lock();
                (state.lost, state.reopen) = (Some(why), true);
            }
        };
        let shared = Arc::downgrade(&self.shared);
        let on_there = move || {
            if let Some(shared) = shared.upgrade() {
                shared.lock().reopen = true;
            }
        };
        // One that was lost as soon as it was open would be lost again.
        let is_tried = lost.is_none() || self.opened_at.elapsed() > AGAIN;
        let opened = if self.is_audible && is_tried { out.open(on_lost, on_there) } else { Opened::silent(None) };
        self.opened_at = Instant::now();
        let mut state = self.shared.lock();
        state.trim_us = state.out.trim_us(opened.device.as_deref());
        state.silent = opened.why.or(lost.filter(|_| opened.device.is_none()));
        state.device = opened.device;
        self.watch = opened.watch;
        opened.sink
    }

    /// Sound begins anew with what comes next.
    fn begin(&mut self, from_us: Option<i64>) {
        (self.next_us, self.from_us, self.shift_us, self.skip, self.late) = (None, from_us, 0, 0, 0);
        self.resampler.reset();
        self.note_behind();
    }

    /// Gives the device back; says up to where was heard, in capture time.
    pub(super) fn rest(&mut self) -> Result<Option<i64>, String> {
        let heard_us = self.heard_us();
        self.take_back(heard_us)?;
        (self.sink, self.watch) = (Box::new(SilentSpeaker::new()), None);
        self.next_us = None;
        Ok(heard_us)
    }

    /// What the device was given and will not play is not recorded either.
    fn take_back(&mut self, heard_us: Option<i64>) -> Result<(), String> {
        let (Some(heard_us), Some(next_us), Some(record)) = (heard_us, self.next_us, &mut self.record) else { return Ok(()) };
        record.cut(frames_of(next_us - heard_us)).map_err(|e| cannot_record(&e))
    }

    /// Whether sound has begun since the device was opened.
    pub(super) fn has_begun(&self) -> bool {
        self.next_us.is_some()
    }

    /// Capture time of what is heard now, once sound has begun.
    pub(super) fn heard_us(&mut self) -> Option<i64> {
        self.next_us?;
        self.sink.position(Instant::now()).map(|p| p.pts_us)
    }

    /// From where the stream is now, whatever was to come before.
    pub(super) fn catch_up(&mut self, held: &mut Held) -> Result<(), String> {
        let heard_us = self.heard_us();
        self.take_back(heard_us)?;
        self.sink.flush();
        self.primed_us = 0;
        self.begin(None);
        if let Some(now_us) = self.shared.server_us(Instant::now()) {
            held.forget_before(now_us - self.lag_us());
        }
        Ok(())
    }

    /// Volume from 0 to 1, and how much later than the others this device is to be heard, in microseconds.
    pub(super) fn set(&mut self, volume: f32, trim_us: i64) -> Result<(), String> {
        if (volume - self.volume).abs() > f32::EPSILON {
            self.volume = volume;
            self.sink.set_volume(volume);
        }
        let later_us = trim_us - std::mem::replace(&mut self.trim_us, trim_us);
        // At once: who moves a slider listens for what it does.
        if later_us != 0 && self.next_us.is_some() { self.shift(-later_us) } else { Ok(()) }
    }

    /// Whether all that was played has been heard.
    pub(super) fn is_dry(&mut self) -> bool {
        self.next_us.is_none() || self.sink.position(Instant::now()).is_none_or(|p| !p.moving)
    }

    /// Gives the sink what is due, and compares what is heard with what should be.
    pub(super) fn look(&mut self, held: &mut Held) -> Result<(), String> {
        if self.next_us.is_none() {
            return self.prime(held);
        }
        while self.sink.buffered() < AHEAD
            && let Some(packet) = held.take()
        {
            self.play(&packet)?;
        }
        self.follow()
    }

    /// Before the first packet: silence, until the device says when a frame that is written now will be heard. Then the packets
    /// begin of which the first can still be in time.
    fn prime(&mut self, held: &mut Held) -> Result<(), String> {
        while self.sink.buffered() < PRIME {
            let frames = RATE_HZ as usize / 100;
            let taken = self.sink.write(self.primed_us, &vec![0.0; frames * CHANNELS]);
            self.primed_us += frames_us(taken);
            if taken < frames {
                break;
            }
        }
        let now = Instant::now();
        let (Some(heard), Some(server_us)) = (self.sink.position(now).filter(|p| p.moving), self.shared.server_us(now)) else { return Ok(()) };
        let ahead_us = self.primed_us - heard.pts_us;
        while let Some(first_us) = held.front().map(capture_us) {
            if let Some(from_us) = self.from_us.take() {
                // Where the listener was: the distance to the others follows from it.
                let from_us = from_us.max(first_us);
                self.skip = frames_of(from_us - first_us);
                self.shift_us = (server_us + ahead_us - from_us - self.lag_us()).max(0);
                self.begin_at(first_us, from_us);
                return Ok(());
            }
            let due_us = first_us + self.lag_us() - server_us;
            if due_us >= ahead_us {
                let frames = frames_of(due_us - ahead_us);
                self.next_us = Some(first_us - frames_us(frames));
                self.put(&vec![0.0; frames * CHANNELS], false)?;
                self.begin_at(first_us, first_us);
                return Ok(());
            }
            // It would come too late: later ones may not.
            held.drop_front();
            self.late += 1;
            if self.late > LATE_MAX {
                // Nor will any: this device takes longer than the stream's target.
                self.late = 0;
                self.extra_us = u32::try_from(ahead_us - due_us).unwrap_or(0).saturating_add(self.extra_us).min(EXTRA_MAX_US);
            }
        }
        Ok(())
    }

    fn begin_at(&mut self, first_us: i64, heard_from_us: i64) {
        self.next_us = Some(first_us);
        (self.jumped_at, self.begun_at) = (Instant::now(), Instant::now());
        self.shared.lock().begun(heard_from_us);
        self.note_behind();
    }

    fn note_behind(&self) {
        self.shared.lock().behind_us = self.shift_us;
    }

    fn play(&mut self, packet: &Packet) -> Result<(), String> {
        self.bridge(packet)?;
        self.fill_gap(capture_us(packet))?;
        self.shared.lock().counts.played += 1;
        let samples = match self.decoder.decode(&packet.unit.data, capture_us(packet)) {
            Ok(block) => block.samples,
            // A damaged packet is bridged like a lost one.
            Err(_) => self.conceal(),
        };
        let peak = samples.iter().fold(0f32, |peak, s| peak.max(s.abs()));
        self.shared.lock().levels.push(peak, packet.unit.capture_us);
        self.write(&samples)
    }

    /// Fills the place of lost packets, now that the one after them has come: it repeats something of the last.
    fn bridge(&mut self, packet: &Packet) -> Result<(), String> {
        let frames = usize::from(self.form.samples);
        let missing = packet.missing.min(MISSING_MAX);
        self.shared.lock().counts.concealed += u64::from(packet.missing);
        for i in 1..=missing {
            let samples = if i == missing {
                self.decoder.decode_fec(&packet.unit.data, frames, 0).map_or_else(|_| vec![0.0; frames * CHANNELS], |block| block.samples)
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

    /// The next packet is heard as what was captured then: silence stands where the source or the line gave nothing.
    fn fill_gap(&mut self, capture_us: i64) -> Result<(), String> {
        let gap_us = self.next_us.map_or(0, |next| capture_us - next);
        if (GAP_US..GAP_MAX_US).contains(&gap_us) {
            self.write(&vec![0.0; frames_of(gap_us) * CHANNELS])?;
        }
        self.next_us = Some(capture_us);
        Ok(())
    }

    /// Writes sound at the pace that brings it where it should be.
    fn write(&mut self, samples: &[f32]) -> Result<(), String> {
        let cut = self.skip.min(samples.len() / CHANNELS);
        self.skip -= cut;
        self.next_us = self.next_us.map(|us| us + frames_us(cut));
        let paced = self.resampler.resample(&samples[cut * CHANNELS..], ratio(self.error_us));
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
                std::thread::sleep(FULL);
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
        let (Some(heard), Some(server_us)) = (self.sink.position(now).filter(|p| p.moving), self.shared.server_us(now)) else { return Ok(()) };
        let error = server_us - self.lag_us() - heard.pts_us;
        // What a trim makes up for is between the device and the ear.
        self.shared.in_step.hears(now, server_us - heard.pts_us - self.trim_us);
        if self.jumped_at.elapsed() < SETTLE {
            // The beginning is measured, not averaged.
            self.error_us = error as f64;
            return Ok(());
        }
        self.error_us += SMOOTH * (error as f64 - self.error_us);
        self.shared.lock().counts.skew.add(error);
        let most_us = if self.begun_at.elapsed() < FIRST { FIRST_JUMP_US } else { JUMP_US };
        if self.error_us.abs() > most_us as f64 {
            self.shared.lock().counts.jumps += 1;
            return self.shift(self.error_us as i64);
        }
        Ok(())
    }

    /// What is heard comes sooner by leaving some out, or later behind silence.
    fn shift(&mut self, sooner_us: i64) -> Result<(), String> {
        if sooner_us > 0 {
            self.skip += frames_of(sooner_us);
        } else {
            let frames = frames_of(-sooner_us);
            // The silence has no capture time of its own.
            let next = self.next_us;
            self.next_us = next.map(|us| us - frames_us(frames));
            self.put(&vec![0.0; frames * CHANNELS], true)?;
            self.next_us = next;
        }
        self.jumped_at = Instant::now();
        self.error_us = 0.0;
        Ok(())
    }

    fn lag_us(&self) -> i64 {
        i64::from(self.shared.in_step.lag_us().saturating_add(self.extra_us)) + self.trim_us + self.shift_us
    }

    /// Writes the recording to its end.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        self.record.take().map_or(Ok(()), WavWriter::finish).map_err(|e| cannot_record(&e))
    }
}

fn capture_us(packet: &Packet) -> i64 {
    i64::try_from(packet.unit.capture_us).unwrap_or(i64::MAX / 4)
}

fn frames_us(frames: usize) -> i64 {
    i64::try_from(frames).unwrap_or(0) * 1_000_000 / RATE_HZ
}

/// Frames of a time that is not negative.
fn frames_of(us: i64) -> usize {
    usize::try_from(us.clamp(0, GAP_MAX_US * 2) * RATE_HZ / 1_000_000).unwrap_or(0)
}

fn cannot_record(error: &io::Error) -> String {
    format!("the recording cannot be written: {error}. Free some space or choose another folder.")
}
