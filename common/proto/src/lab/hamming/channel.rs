//! What flips bits on the way: by hand, each with a probability, so many, or a run of them; decided by a seed.
//!
//! Bits are numbered from 0 over all blocks of the message, in the order in which they are sent. Flips are given one after the other and
//! ascending, so that a file of any length goes through without being held.

use std::collections::BTreeSet;
use std::iter::Peekable;

use super::message::{flip_in, word_at};
use super::{Code, Decoded, Outcome, Tally, Word};
use crate::lab::random::{Gaps, Random};

/// Bits that [`Noise::Count`] flips in one block or message, at most: they are held.
pub const COUNT_MAX: u64 = 1_000_000;

/// What a number of flips is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Per {
    Block,
    #[default]
    Message,
}

/// What happens to the bits.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Noise {
    #[default]
    Quiet,
    /// These bits; one that stands there twice is as it was.
    Hand(Vec<u64>),
    /// Each bit by itself with this probability: the binary symmetric channel.
    Rate(f64),
    /// So many different bits, anywhere with the same probability.
    Count { bits: u64, per: Per },
    /// So many bits in a row, beginning at `at` (of each block, or the message), or anywhere with the same probability.
    Burst { at: Option<u64>, bits: u64, per: Per },
}

/// Why bits cannot be flipped so.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoiseError {
    #[error("the error rate is a probability from 0 to 1, not {0}")]
    Rate(f64),
    #[error("bit {0} is not there: {1} bits are sent, numbered from 1")]
    Outside(u64, u64),
    #[error("{bits} bits cannot be flipped where {of} are sent")]
    Few { bits: u64, of: u64 },
    #[error("at most {COUNT_MAX} bits are flipped by number; use an error rate for more")]
    Count,
}

impl Noise {
    /// Whether this can happen to blocks of `n` bits, `total` in all. Nothing can be wrong with an empty message.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, n: u64, total: u64) -> Result<(), NoiseError> {
        let of = |per: &Per| if *per == Per::Block { n } else { total };
        match self {
            Self::Rate(p) if !(0.0..=1.0).contains(p) => Err(NoiseError::Rate(*p)),
            Self::Count { bits, .. } if *bits > COUNT_MAX => Err(NoiseError::Count),
            _ if total == 0 => Ok(()),
            Self::Hand(bits) => bits.iter().find(|bit| **bit >= total).map_or(Ok(()), |bit| Err(NoiseError::Outside(bit.saturating_add(1), total))),
            Self::Count { bits, per } | Self::Burst { at: None, bits, per } if *bits > of(per) => Err(NoiseError::Few { bits: *bits, of: of(per) }),
            Self::Burst { at: Some(at), bits, per } if at.saturating_add(*bits) > of(per) => {
                Err(NoiseError::Outside(at.saturating_add(*bits).max(at.saturating_add(1)), of(per)))
            }
            _ => Ok(()),
        }
    }

    /// The bits that it flips of `total` in blocks of `n`, ascending. The same seed flips the same bits.
    #[must_use]
    pub fn flips(&self, n: u64, total: u64, seed: u64) -> Flips {
        let mut random = Random::seeded(seed);
        let way = match self {
            Self::Quiet => Way::Listed(Vec::new().into_iter()),
            Self::Hand(bits) => Way::Listed(odd(bits).into_iter()),
            Self::Rate(p) => {
                let gaps = Gaps::new(*p);
                Way::Gaps { next: gaps.draw(&mut random), gaps }
            }
            Self::Count { per: Per::Message, .. } | Self::Burst { per: Per::Message, .. } => Way::Listed(self.part(total, &mut random).into_iter()),
            Self::Count { .. } | Self::Burst { .. } => Way::Blocks { noise: self.clone(), start: 0, n, flips: Vec::new().into_iter() },
        };
        Flips { way, random, total }
    }

    /// The flips of one block or message of so many bits.
    fn part(&self, of: u64, random: &mut Random) -> Vec<u64> {
        match self {
            Self::Count { bits, .. } => chosen((*bits).min(of).min(COUNT_MAX), of, random),
            Self::Burst { at, bits, .. } => {
                let bits = (*bits).min(of);
                let at = at.unwrap_or_else(|| random.below(of - bits + 1)).min(of);
                (at..at.saturating_add(bits).min(of)).collect()
            }
            Self::Quiet | Self::Hand(_) | Self::Rate(_) => Vec::new(),
        }
    }
}

/// Those that stand there an odd number of times, ascending.
fn odd(bits: &[u64]) -> Vec<u64> {
    let mut set = BTreeSet::new();
    for bit in bits {
        if !set.remove(bit) {
            set.insert(*bit);
        }
    }
    set.into_iter().collect()
}

/// `count` different ones of 0..`of`, ascending, every choice with the same probability (Floyd's algorithm: Bentley and Floyd,
/// "Programming Pearls: A Sample of Brilliance", CACM 30(9), 1987).
fn chosen(count: u64, of: u64, random: &mut Random) -> Vec<u64> {
    let mut set = BTreeSet::new();
    for last in of - count..of {
        let bit = random.below(last + 1);
        set.insert(if set.contains(&bit) { last } else { bit });
    }
    set.into_iter().collect()
}

/// Bits that are flipped, ascending.
#[derive(Debug, Clone)]
pub struct Flips {
    way: Way,
    random: Random,
    total: u64,
}

#[derive(Debug, Clone)]
enum Way {
    Listed(std::vec::IntoIter<u64>),
    Gaps { gaps: Gaps, next: u64 },
    Blocks { noise: Noise, start: u64, n: u64, flips: std::vec::IntoIter<u64> },
}

impl Iterator for Flips {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        match &mut self.way {
            Way::Listed(bits) => bits.next().filter(|bit| *bit < self.total),
            Way::Gaps { gaps, next } => {
                let bit = *next;
                *next = bit.saturating_add(1).saturating_add(gaps.draw(&mut self.random));
                (bit < self.total).then_some(bit)
            }
            Way::Blocks { noise, start, n, flips } => loop {
                if let Some(bit) = flips.next() {
                    return Some(*start - *n + bit);
                }
                if *start >= self.total || *n == 0 {
                    return None;
                }
                *flips = noise.part(*n, &mut self.random).into_iter();
                *start += *n;
            },
        }
    }
}

/// What a channel did to a message, and what the code made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    pub tally: Tally,
    pub flipped_bits: u64,
    /// Bits of the message; those that fill up the last block are not among them.
    pub data_bits: u64,
    /// Bits of the message that are delivered wrong.
    pub wrong_bits: u64,
    /// Those of them in blocks without a warning.
    pub unnoticed_bits: u64,
}

/// One block that went through with flips.
#[derive(Debug, Clone, Copy)]
pub struct Passed {
    pub sent: Word,
    pub received: Word,
    pub decoded: Decoded,
    pub outcome: Outcome,
    /// Data bits that are delivered wrong.
    pub wrong: Word,
}

/// Sends a block, with these flips of it.
#[must_use]
pub fn pass(code: &Code, data: &Word, flips: impl IntoIterator<Item = usize>) -> Passed {
    let sent = code.encode(data);
    let mut received = sent;
    flips.into_iter().for_each(|bit| received.flip(bit));
    let (decoded, outcome) = code.judge(&sent, &received);
    Passed { sent, received, decoded, outcome, wrong: decoded.data.xor(&code.data_of(&sent)) }
}

/// A message on its way. Blocks without flips are as they were and cost nothing.
#[derive(Debug)]
pub struct Channel<'a> {
    code: &'a Code,
    flips: Peekable<Flips>,
    /// Blocks that have passed.
    blocks: u64,
    report: Report,
}

impl<'a> Channel<'a> {
    #[must_use]
    pub fn new(code: &'a Code, flips: Flips) -> Self {
        Self { code, flips: flips.peekable(), blocks: 0, report: Report::default() }
    }

    /// Sends bytes and gives those that are delivered in their place; all pieces but the last are a multiple of k bytes. `each` is told
    /// every block that had flips, with its number from 0.
    pub fn send(&mut self, data: &mut [u8], mut each: impl FnMut(u64, &Passed)) {
        let (n, k) = (self.code.n() as u64, self.code.k());
        let bits = data.len() as u64 * 8;
        let (first, blocks) = (self.blocks, bits.div_ceil(k as u64));
        self.blocks += blocks;
        self.report.data_bits += bits;
        let mut touched = 0;
        let mut flips = Vec::new();
        while let Some(block) = self.flips.peek().map(|bit| bit / n).filter(|block| *block < self.blocks) {
            flips.clear();
            while let Some(bit) = self.flips.next_if(|bit| bit / n == block) {
                flips.push((bit % n) as usize);
            }
            touched += 1;
            let at = (block - first) * k as u64;
            let passed = pass(self.code, &word_at(data, at as usize, k), flips.iter().copied());
            each(block, &passed);
            let wrong = passed.wrong.ones().map(|i| at + i as u64).filter(|bit| *bit < bits).inspect(|bit| flip_in(data, *bit)).count() as u64;
            self.report.tally.add(passed.outcome, 1);
            self.report.flipped_bits += flips.len() as u64;
            self.report.wrong_bits += wrong;
            self.report.unnoticed_bits += if passed.outcome == Outcome::Detected { 0 } else { wrong };
        }
        self.report.tally.add(Outcome::NoError, blocks - touched);
    }

    /// What has happened so far.
    #[must_use]
    pub fn report(&self) -> Report {
        self.report
    }
}
