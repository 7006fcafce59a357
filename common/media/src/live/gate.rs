//! Push to talk: sound passes while somebody holds the key, silence goes out otherwise, so that sixty microphones of one room do not
//! howl. What is sent goes on either way.
//!
//! A key is pressed when the word begins, not before it, and the order takes its way: so sound waits a moment here, and what was heard
//! shortly before the key passes too. The edges are faded, a step would click.

use super::sounds::Block;
use crate::make::pcm::{CHANNELS, RATE_HZ};
use std::collections::VecDeque;

/// Blocks that wait: the order may come later than the sound by so much, and by what the device takes.
const HELD: usize = 3;
/// What was heard so long before the key was pressed passes too, and so long after it was let go.
const BEFORE_US: u64 = 40_000;
const AFTER_US: u64 = 160_000;
/// From silence to all of it, in samples: 5 ms.
const FADE: f32 = 1.0 / (RATE_HZ as f32 * 0.005);

/// The gate of one microphone.
#[derive(Debug)]
pub(crate) struct Gate {
    waiting: VecDeque<Block>,
    /// What has passed of the sound just now, 0 to 1.
    gain: f32,
}

/// Since when and until when the key was held last, in microseconds of server time; the end is 0 while it is held, and both are while it
/// never was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Talk {
    pub(crate) from_us: u64,
    pub(crate) to_us: u64,
}

impl Talk {
    /// Whether what was heard then passes.
    fn holds(self, at_us: u64) -> bool {
        let begun = self.from_us > 0 && at_us + BEFORE_US >= self.from_us;
        begun && (self.to_us == 0 || at_us < self.to_us + AFTER_US)
    }
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { waiting: VecDeque::new(), gain: 0.0 }
    }

    /// Takes a block, gives the one of a moment ago with what may be heard of it; none at the beginning.
    pub(crate) fn run(&mut self, block: Block, talk: Talk) -> Option<Block> {
        self.waiting.push_back(block);
        if self.waiting.len() <= HELD {
            return None;
        }
        let mut block = self.waiting.pop_front()?;
        for (i, frame) in (0u64..).zip(block.samples.chunks_exact_mut(CHANNELS)) {
            let step = if talk.holds(block.capture_us + i * 1_000_000 / u64::from(RATE_HZ)) { FADE } else { -FADE };
            self.gain = (self.gain + step).clamp(0.0, 1.0);
            frame.iter_mut().for_each(|sample| *sample *= self.gain);
        }
        Some(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::make::opus_encoder::{PACKET_FRAMES, PACKET_US};

    const START_US: u64 = 5_000_000;

    /// What passes of a sound that is always 1, block by block: how loud it is at each of its milliseconds. The key is seen by the gate
    /// `late` blocks after its time.
    fn passed(blocks: u64, talks: &[(u64, Talk)]) -> Vec<f32> {
        let mut gate = Gate::new();
        let mut out = Vec::new();
        for i in 0..blocks {
            let talk = talks.iter().rev().find(|(from, _)| i >= *from).map(|(_, talk)| *talk).unwrap_or_default();
            let block = Block { samples: vec![1.0; PACKET_FRAMES * CHANNELS], capture_us: START_US + i * PACKET_US };
            out.extend(gate.run(block, talk).into_iter().flat_map(|b| b.samples.into_iter().step_by(CHANNELS * RATE_HZ as usize / 1_000)));
        }
        out
    }

    #[test]
    fn without_the_key_there_is_silence_and_it_is_sent() {
        let out = passed(20, &[]);
        assert_eq!(out.len(), (20 - HELD) * 20);
        assert!(out.iter().all(|s| *s == 0.0));
    }

    #[test]
    fn nothing_of_the_first_word_is_cut_off() {
        // Pressed at 200 ms; the order comes when the block of 240 ms has come from the device.
        let pressed = Talk { from_us: START_US + 200_000, to_us: 0 };
        let out = passed(40, &[(12, pressed)]);
        assert!(out[..159].iter().all(|s| *s == 0.0), "silence before it");
        assert!(out[190..300].iter().all(|s| *s == 1.0), "all of the first 100 ms, and what came just before: {:?}", &out[150..300]);
    }

    #[test]
    fn the_last_word_ends_and_silence_follows() {
        let pressed = Talk { from_us: START_US, to_us: 0 };
        let released = Talk { to_us: START_US + 200_000, ..pressed };
        let out = passed(40, &[(0, pressed), (10, released)]);
        assert!(out[10..359].iter().all(|s| *s == 1.0), "the word to its end");
        assert!(out[370..].iter().all(|s| *s == 0.0), "then silence");
        let steps = out.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(steps < 0.25, "no click: {steps} in a millisecond");
    }
}
