//! Opus packets of live sound into blocks of interleaved stereo at 48 kHz, and what to hear where a packet is missing.
//!
//! Give packets in order. For one that did not come there are two ways: [`OpusDecoder::decode_fec`] takes what the packet
//! after it repeats (RFC 6716, 2.1.7), [`OpusDecoder::conceal`] goes on with what was heard before (4.4). Both fade over into
//! the next packet by themselves. Any bytes may be given: what is no packet is an error.

use crate::audio_decoder::{CHANNELS, PcmBlock, SAMPLE_RATE_HZ};
use crate::video_decoder::DecodeError;
use opus::{Channels, Decoder};

/// Frames of the longest packet: 120 ms.
const PACKET_FRAMES_MAX: usize = SAMPLE_RATE_HZ as usize * 120 / 1000;
/// Losses are concealed in steps of 2.5 ms.
const STEP_FRAMES: usize = SAMPLE_RATE_HZ as usize / 400;
/// Frames concealed at once: 20 ms, the length of our packets.
const CONCEAL_FRAMES: usize = SAMPLE_RATE_HZ as usize / 50;

/// What is concealed is heard whole for 60 ms and faded away until 200 ms: libopus itself ends in a steady noise, as loud as
/// the quietest of what was heard, which for music is loud.
const WHOLE_FRAMES: usize = SAMPLE_RATE_HZ as usize * 60 / 1000;
const GONE_FRAMES: usize = SAMPLE_RATE_HZ as usize / 5;
/// What comes after that fades in within 5 ms.
const FADE_IN_FRAMES: usize = SAMPLE_RATE_HZ as usize / 200;

/// An Opus decoder for one track. `Send`; it belongs to one thread at a time.
#[derive(Debug)]
pub struct OpusDecoder {
    decoder: Decoder,
    /// Room for the longest packet.
    room: Vec<f32>,
    /// Frames that were concealed since the last that came.
    missing: usize,
}

fn damaged(e: opus::Error) -> DecodeError {
    DecodeError::Damaged(e.to_string())
}

impl OpusDecoder {
    /// A decoder that has heard nothing.
    ///
    /// # Errors
    /// [`DecodeError`] without memory for it.
    pub fn new() -> Result<Self, DecodeError> {
        let decoder = Decoder::new(SAMPLE_RATE_HZ, Channels::Stereo).map_err(|e| DecodeError::Configuration(e.to_string()))?;
        Ok(Self { decoder, room: vec![0.0; PACKET_FRAMES_MAX * CHANNELS], missing: 0 })
    }

    /// Decodes one packet; `pts_us` becomes the time of its block.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when it is none; later packets still decode.
    pub fn decode(&mut self, packet: &[u8], pts_us: i64) -> Result<PcmBlock, DecodeError> {
        check(packet)?;
        let frames = self.decoder.decode_float(packet, &mut self.room, false).map_err(damaged)?;
        Ok(self.came(frames, pts_us))
    }

    /// What the packet after a lost one repeats of it, for `frames` pairs of samples: as long as the lost packet was. Where it
    /// repeats nothing, this is [`Self::conceal`]. The packet itself is decoded afterwards.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when `next` is no packet.
    pub fn decode_fec(&mut self, next: &[u8], frames: usize, pts_us: i64) -> Result<PcmBlock, DecodeError> {
        check(next)?;
        let frames = whole(frames).min(PACKET_FRAMES_MAX);
        let got = self.decoder.decode_float(next, &mut self.room[..frames * CHANNELS], true).map_err(damaged)?;
        Ok(self.came(got, pts_us))
    }

    /// What may be heard instead of `frames` pairs of samples that are lost: what was heard before goes on, fading away within
    /// 200 ms. `frames` is rounded to 2.5 ms.
    ///
    /// # Errors
    /// [`DecodeError::Damaged`] when the decoder refuses, which it has no reason to.
    pub fn conceal(&mut self, frames: usize, pts_us: i64) -> Result<PcmBlock, DecodeError> {
        let mut left = whole(frames);
        let mut samples = Vec::with_capacity(left * CHANNELS);
        while left > 0 {
            let piece = left.min(CONCEAL_FRAMES);
            let got = self.decoder.decode_float(&[], &mut self.room[..piece * CHANNELS], false).map_err(damaged)?;
            for frame in self.room[..got * CHANNELS].chunks_exact(CHANNELS) {
                let gain = gain(self.missing);
                samples.extend(frame.iter().map(|s| s * gain));
                self.missing += 1;
            }
            left -= piece;
        }
        Ok(PcmBlock { pts_us: pts_us.max(0), samples })
    }

    /// Forgets everything; the next packet may be from anywhere.
    pub fn reset(&mut self) {
        // It fails for a decoder that is none, which this is not.
        let _ = self.decoder.reset_state();
        self.missing = 0;
    }

    /// What came, faded in where a long loss has faded away.
    fn came(&mut self, frames: usize, pts_us: i64) -> PcmBlock {
        let from = gain(std::mem::take(&mut self.missing));
        if from < 1.0 {
            for (i, frame) in self.room[..frames * CHANNELS].chunks_exact_mut(CHANNELS).take(FADE_IN_FRAMES).enumerate() {
                let gain = from + (1.0 - from) * i as f32 / FADE_IN_FRAMES as f32;
                frame.iter_mut().for_each(|s| *s *= gain);
            }
        }
        PcmBlock { pts_us: pts_us.max(0), samples: self.room[..frames * CHANNELS].to_vec() }
    }
}

/// How loud a frame is that is concealed after so many others.
fn gain(missing: usize) -> f32 {
    let into = missing.saturating_sub(WHOLE_FRAMES) as f32;
    (1.0 - into / (GONE_FRAMES - WHOLE_FRAMES) as f32).max(0.0)
}

/// An empty packet means a loss to libopus, not to us.
fn check(packet: &[u8]) -> Result<(), DecodeError> {
    if packet.is_empty() { Err(DecodeError::Damaged("a packet of sound is empty".to_owned())) } else { Ok(()) }
}

/// To whole steps of 2.5 ms, at least one; at most a second.
fn whole(frames: usize) -> usize {
    let frames = frames.clamp(STEP_FRAMES, SAMPLE_RATE_HZ as usize);
    (frames + STEP_FRAMES / 2) / STEP_FRAMES * STEP_FRAMES
}

#[cfg(test)]
mod tests {
    use super::*;
    use opus::{Application, Bitrate, Encoder};
    use std::f32::consts::TAU;

    const PACKET: usize = 960;

    fn encoder(application: Application, loss: i32) -> Encoder {
        let mut encoder = Encoder::new(SAMPLE_RATE_HZ, Channels::Stereo, application).expect("an encoder");
        encoder.set_bitrate(Bitrate::Bits(64_000)).expect("a rate");
        encoder.set_inband_fec(true).expect("a switch");
        encoder.set_packet_loss_perc(loss).expect("a share");
        encoder
    }

    fn packets(encoder: &mut Encoder, sound: &[f32]) -> Vec<Vec<u8>> {
        let stereo: Vec<f32> = sound.iter().flat_map(|s| [*s; 2]).collect();
        stereo.chunks_exact(PACKET * 2).map(|block| encoder.encode_vec_float(block, 1000).expect("encodes")).collect()
    }

    fn tone(hz: f32, packets: usize) -> Vec<f32> {
        (0..packets * PACKET).map(|i| 0.3 * (TAU * hz * i as f32 / SAMPLE_RATE_HZ as f32).sin()).collect()
    }

    fn left(block: &PcmBlock) -> Vec<f32> {
        block.samples.iter().step_by(2).copied().collect()
    }

    fn power(samples: &[f32]) -> f32 {
        samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32
    }

    /// How much of the power is at this frequency.
    fn share_at(hz: f32, samples: &[f32]) -> f32 {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, s) in samples.iter().enumerate() {
            let angle = TAU * hz * i as f32 / SAMPLE_RATE_HZ as f32;
            re += s * angle.cos();
            im += s * angle.sin();
        }
        let n = samples.len() as f32;
        2.0 * (re * re + im * im) / (n * n) / power(samples)
    }

    fn steepest(samples: &[f32]) -> f32 {
        samples.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_tone_survives() {
        for application in [Application::Audio, Application::Voip] {
            let mut decoder = OpusDecoder::new().expect("a decoder");
            let packets = packets(&mut encoder(application, 2), &tone(440.0, 50));
            let heard: Vec<f32> = packets
                .iter()
                .enumerate()
                .flat_map(|(i, packet)| {
                    let block = decoder.decode(packet, i as i64 * 20_000).expect("decodes");
                    assert_eq!((block.pts_us, block.frames()), (i as i64 * 20_000, PACKET));
                    left(&block)
                })
                .collect();
            let settled = &heard[10 * PACKET..];
            assert!((power(settled) / 0.045 - 1.0).abs() < 0.1, "{application:?}: power {}", power(settled));
            assert!(share_at(440.0, settled) > 0.98, "{application:?}: {}", share_at(440.0, settled));
        }
    }

    #[test]
    fn a_lost_packet_is_concealed_without_a_click() {
        let mut decoder = OpusDecoder::new().expect("a decoder");
        let packets = packets(&mut encoder(Application::Audio, 2), &tone(440.0, 40));
        let mut heard = Vec::new();
        for (i, packet) in packets.iter().enumerate() {
            let block = if i == 20 { decoder.conceal(PACKET, 0) } else { decoder.decode(packet, 0) };
            heard.extend(left(&block.expect("sound")));
        }
        let (before, around) = (&heard[10 * PACKET..20 * PACKET], &heard[20 * PACKET - 10..23 * PACKET]);
        assert!(steepest(around) < 1.5 * steepest(before), "a click: {} after {}", steepest(around), steepest(before));
        assert!(power(&heard[20 * PACKET..21 * PACKET]) > 0.3 * power(before), "a hole");
    }

    #[test]
    fn long_losses_fade_to_silence() {
        let mut decoder = OpusDecoder::new().expect("a decoder");
        for packet in packets(&mut encoder(Application::Audio, 2), &tone(440.0, 20)) {
            decoder.decode(&packet, 0).expect("decodes");
        }
        let block = decoder.conceal(SAMPLE_RATE_HZ as usize, 7).expect("sound");
        assert_eq!((block.frames(), block.pts_us), (SAMPLE_RATE_HZ as usize, 7));
        let heard = left(&block);
        assert!(power(&heard[..2 * PACKET]) > 0.01 && power(&heard[10 * PACKET..]) == 0.0);
        assert!(steepest(&heard) < 0.03, "a click: {}", steepest(&heard));
        // Odd lengths become whole steps, never nothing.
        assert_eq!([0, 1, 130, 200, usize::MAX].map(|f| decoder.conceal(f, 0).expect("sound").frames()), [120, 120, 120, 240, 48_000]);
    }

    #[test]
    fn a_packet_repeats_the_voice_of_the_one_before() {
        // Something like a vowel that begins in the packet that is lost: who only goes on with what was before hears nothing.
        let begins = 20 * PACKET;
        let voice = |i: usize| {
            let time = i as f32 / SAMPLE_RATE_HZ as f32;
            (1..20).map(|h| (TAU * 140.0 * h as f32 * time).sin() * (-((h as f32 - 5.0) / 3.0).powi(2)).exp()).sum::<f32>() * 0.15
        };
        let sound: Vec<f32> = (0..40 * PACKET).map(|i| if i < begins { 0.0 } else { voice(i) }).collect();
        let packets = packets(&mut encoder(Application::Voip, 20), &sound);
        let lost = 20;
        let hear = |fec: bool| {
            let mut decoder = OpusDecoder::new().expect("a decoder");
            for packet in &packets[..lost] {
                decoder.decode(packet, 0).expect("decodes");
            }
            let next = &packets[lost + 1];
            let block = if fec { decoder.decode_fec(next, PACKET, 9) } else { decoder.conceal(PACKET, 9) }.expect("sound");
            assert_eq!((block.frames(), block.pts_us), (PACKET, 9));
            decoder.decode(next, 0).expect("decodes");
            power(&left(&block))
        };
        let whole = power(&sound[lost * PACKET..(lost + 1) * PACKET]);
        assert!(hear(true) > 0.2 * whole && hear(false) < 0.02 * whole, "{} and {} of {whole}", hear(true), hear(false));
    }

    #[test]
    fn noise_never_panics() {
        let mut decoder = OpusDecoder::new().expect("a decoder");
        let mut state = 7u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        for round in 0..3_000 {
            let packet: Vec<u8> = (0..round % 300).map(|_| random()).collect();
            for block in [decoder.decode(&packet, i64::MIN), decoder.decode_fec(&packet, usize::from(random()) * 30, i64::MAX)].into_iter().flatten() {
                assert!(block.pts_us >= 0 && block.frames() <= PACKET_FRAMES_MAX && block.samples.iter().all(|s| s.is_finite()));
            }
            if round % 100 == 0 {
                decoder.reset();
            }
        }
    }
}
