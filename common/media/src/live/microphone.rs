//! A microphone as a source of sound: what the device hears, in blocks of 20 ms with the time at which each was heard;
//! silence while it is lost, and tried again each second.
//!
//! The device's callback only moves samples into a ring and notes when they were heard. Its clock runs beside ours: the time
//! of a block follows from counted frames, led gently by the notes.

use super::gate::Gate;
use super::leveller::Leveller;
use super::orders::Orders;
use super::outlet::{Outlet, SOUND, trouble};
use super::sounds::{Block, Sounds};
use crate::make::failure::Failure;
use crate::make::opus_encoder::{PACKET_FRAMES, PACKET_US};
use crate::make::pcm::{CHANNELS, RATE_HZ};
use crate::speaker::{SoundDevice, called, input_devices};
use cpal::traits::{DeviceTrait, StreamTrait};
use lectern_proto::live::pipe::{Trouble, TroubleCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Frames that a callback brings at most: 10 ms where that is its period. PulseAudio gives what there is at least twice in
/// this time, but throws away what does not fit into it, so there it must outlast a busy moment.
const CALLBACK_FRAMES: u32 = RATE_HZ / 100;
const PULSE_FRAMES: u32 = RATE_HZ * 8 / 100;
/// Frames that wait at most: half a second. Full: what comes is left out, and the clock notices.
const RING_FRAMES: usize = RATE_HZ as usize / 2;
const NOTES: usize = 256;
/// How long the sound system may take to open a stream, and how long a stream may give nothing.
const OPEN_TIMEOUT: Duration = Duration::from_secs(3);
const SILENT: Duration = Duration::from_secs(2);
/// Between two attempts.
const AGAIN: Duration = Duration::from_secs(1);
/// How often is looked for new samples.
const LOOK_US: u64 = 2_000;
/// A note moves the clock by this share of what it is off; further off than the second it was another clock.
const FOLLOW: f64 = 0.02;
const JUMP_US: f64 = 40_000.0;
/// Channels of a device of which the first two are heard.
const DEVICE_CHANNELS_MAX: u16 = 32;

/// The microphone.
pub(crate) struct Microphone {
    wanted: Option<String>,
    outlet: Outlet,
    open: Option<Recording>,
    tried: Option<Instant>,
    /// End of the block that was given last, in microseconds of server time.
    until_us: u64,
    leveller: Leveller,
    /// Where it is heard only while somebody says so.
    gate: Option<Gate>,
}

/// A device that is open.
struct Recording {
    /// Dropped first: afterwards the callback does not run.
    _stream: cpal::Stream,
    samples: rtrb::Consumer<f32>,
    notes: rtrb::Consumer<Note>,
    lost: Arc<AtomicBool>,
    channels: usize,
    heard: Instant,
    /// Frames that were taken, and when frame 0 was heard.
    taken: u64,
    zero_us: Option<f64>,
}

/// Frame `frame` was heard at this instant.
#[derive(Debug, Clone, Copy)]
struct Note {
    frame: u64,
    at: Instant,
}

impl Microphone {
    /// The device whose name or id this is, or a part of its name; without one the system's default.
    pub(crate) fn new(wanted: Option<String>, push_to_talk: bool, outlet: &Outlet) -> Self {
        let gate = push_to_talk.then(Gate::new);
        Self { wanted, outlet: outlet.clone(), open: None, tried: None, until_us: 0, leveller: Leveller::new(), gate }
    }

    /// Opens the device when it is not open and it is time to try.
    fn attend(&mut self) {
        if let Some(recording) = &self.open
            && (recording.lost.load(Ordering::Acquire) || recording.heard.elapsed() > SILENT)
        {
            self.open = None;
            let why = "The microphone was lost: it was unplugged, or the sound system ended. Connect it; it is tried again each second.";
            self.outlet.trouble(SOUND, Some(&trouble(TroubleCode::MicrophoneLost, "", why)));
        }
        if self.open.is_none() && self.tried.is_none_or(|tried| tried.elapsed() > AGAIN) {
            self.tried = Some(Instant::now());
            match Recording::start(self.wanted.as_deref()) {
                Ok(recording) => self.open = Some(recording),
                Err(why) => self.outlet.trouble(SOUND, Some(&why)),
            }
        }
    }

    /// A block of silence when it is time for one.
    fn silence(&mut self, orders: &Orders) -> Option<Block> {
        let now_us = orders.now_us();
        if self.until_us + 2 * PACKET_US > now_us {
            return None;
        }
        let capture_us = self.until_us.max(now_us.saturating_sub(2 * PACKET_US));
        self.until_us = capture_us + PACKET_US;
        Some(Block { samples: vec![0.0; PACKET_FRAMES * CHANNELS], capture_us })
    }
}

impl Sounds for Microphone {
    fn next(&mut self, orders: &Orders) -> Result<Option<Block>, Failure> {
        while let Some(mut block) = self.heard(orders) {
            self.leveller.run(&mut block.samples);
            block.capture_us = block.capture_us.saturating_sub(Leveller::delay_us());
            match &mut self.gate {
                None => return Ok(Some(block)),
                Some(gate) => {
                    if let Some(block) = gate.run(block, orders.talk()) {
                        return Ok(Some(block));
                    }
                }
            }
        }
        Ok(None)
    }
}

impl Microphone {
    /// The next block from the device, or of silence while there is none; none at the end.
    fn heard(&mut self, orders: &Orders) -> Option<Block> {
        while !orders.has_ended() {
            self.attend();
            if let Some(recording) = &mut self.open {
                recording.follow(orders);
                if let Some((samples, at_us)) = recording.take() {
                    // Blocks never overlap: their times are told to viewers as they are.
                    let capture_us = at_us.max(self.until_us.saturating_sub(PACKET_US / 2));
                    self.until_us = capture_us + PACKET_US;
                    self.outlet.trouble(SOUND, None);
                    return Some(Block { samples, capture_us });
                }
            } else if let Some(block) = self.silence(orders) {
                return Some(block);
            }
            if !orders.sleep_until(orders.now_us() + LOOK_US) {
                break;
            }
        }
        None
    }
}

impl Recording {
    fn start(wanted: Option<&str>) -> Result<Self, Trouble> {
        let SoundDevice { device, name, is_pulse, .. } = find(wanted)?;
        let unusable = |e: cpal::Error| {
            let why = format!(
                "The microphone {name} cannot be heard ({e}). Choose another one, or allow it in the system's settings; it is tried again each second."
            );
            trouble(TroubleCode::MicrophoneUnusable, &name, why)
        };
        let channels = device.default_input_config().map_err(unusable)?.channels().clamp(1, DEVICE_CHANNELS_MAX);
        let lost = Arc::new(AtomicBool::new(false));
        let (mut samples_in, samples) = rtrb::RingBuffer::new(RING_FRAMES * usize::from(channels));
        let (mut notes_in, notes) = rtrb::RingBuffer::new(NOTES);
        let mut frame = 0;
        let data = move |heard: &[f32], info: &cpal::InputCallbackInfo| {
            let times = info.timestamp();
            let delay = times.callback.saturating_duration_since(times.capture);
            let at = Instant::now().checked_sub(delay).unwrap_or_else(Instant::now);
            // Without room for a note the next one does.
            let _ = notes_in.push(Note { frame, at });
            if let Ok(mut chunk) = samples_in.write_chunk(heard.len()) {
                let (a, b) = chunk.as_mut_slices();
                let (first, second) = heard.split_at(a.len());
                a.copy_from_slice(first);
                b.copy_from_slice(second);
                chunk.commit_all();
                frame += heard.len() as u64 / u64::from(channels);
            }
        };
        let flag = Arc::clone(&lost);
        let error = move |e: cpal::Error| match e.kind() {
            cpal::ErrorKind::Xrun | cpal::ErrorKind::DeviceChanged | cpal::ErrorKind::RealtimeDenied => {}
            _ => flag.store(true, Ordering::Release),
        };
        let frames = if is_pulse { PULSE_FRAMES } else { CALLBACK_FRAMES };
        let config = cpal::StreamConfig { channels, sample_rate: RATE_HZ, buffer_size: cpal::BufferSize::Fixed(frames) };
        let stream = device.build_input_stream(config, data, error, Some(OPEN_TIMEOUT)).map_err(unusable)?;
        stream.play().map_err(unusable)?;
        Ok(Self { _stream: stream, samples, notes, lost, channels: usize::from(channels), heard: Instant::now(), taken: 0, zero_us: None })
    }

    /// Leads the clock by what was noted.
    fn follow(&mut self, orders: &Orders) {
        while let Ok(note) = self.notes.pop() {
            self.heard = Instant::now();
            let zero = orders.server_us(note.at) as f64 - micros(note.frame);
            self.zero_us = Some(match self.zero_us {
                Some(held) if (zero - held).abs() <= JUMP_US => held + (zero - held) * FOLLOW,
                _ => zero,
            });
        }
    }

    /// The next block and when it was heard.
    fn take(&mut self) -> Option<(Vec<f32>, u64)> {
        let zero = self.zero_us?;
        let chunk = self.samples.read_chunk(PACKET_FRAMES * self.channels).ok()?;
        let (a, b) = chunk.as_slices();
        let mut out = Vec::with_capacity(PACKET_FRAMES * CHANNELS);
        let mut all = a.iter().chain(b).copied();
        for _ in 0..PACKET_FRAMES {
            let left = all.next().unwrap_or(0.0);
            let right = if self.channels > 1 { all.next().unwrap_or(0.0) } else { left };
            out.extend([left, right]);
            all.by_ref().take(self.channels.saturating_sub(CHANNELS)).for_each(drop);
        }
        chunk.commit_all();
        let at = zero + micros(self.taken);
        self.taken += PACKET_FRAMES as u64;
        Some((out, at.max(0.0) as u64))
    }
}

fn micros(frames: u64) -> f64 {
    frames as f64 * 1e6 / f64::from(RATE_HZ)
}

/// The device that is wanted.
fn find(wanted: Option<&str>) -> Result<SoundDevice, Trouble> {
    let all = input_devices();
    let Some(wanted) = wanted.filter(|w| !w.is_empty()) else {
        let none = "No microphone was found. Connect one, or start the sound system; it is tried again each second.";
        return all.into_iter().find(|d| d.is_default).ok_or_else(|| trouble(TroubleCode::MicrophoneNone, "", none));
    };
    let why = || format!("There is no microphone named {wanted}. Connect it, or choose another one; it is tried again each second.");
    let missing = || trouble(TroubleCode::MicrophoneMissing, wanted, why());
    called(all, wanted).ok_or_else(missing)
}
