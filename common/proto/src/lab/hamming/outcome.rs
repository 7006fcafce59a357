//! What a receiver says of a block, and what truly happened to it.

use super::{Code, Word};

/// What a receiver can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The syndrome is 0.
    Clean,
    /// The syndrome is that of this single bit, which was turned around.
    Corrected(usize),
    /// No single error has this syndrome: the data are delivered as they came, with a warning.
    Uncorrectable,
}

/// A block as the receiver has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded {
    /// Row 0 lowest.
    pub syndrome: u16,
    pub verdict: Verdict,
    /// After the correction.
    pub block: Word,
    /// Its data bits.
    pub data: Word,
}

/// What truly happened to a block, which only somebody who knows what was sent can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It came as it was sent.
    NoError,
    /// What was wrong was mended.
    Corrected,
    /// The receiver knows that it is wrong and cannot mend it.
    Detected,
    /// The receiver believes that it mended it, and it is wrong.
    Miscorrected,
    /// The errors made another block of the code: the receiver sees nothing.
    Undetected,
}

impl Outcome {
    /// From best to worst.
    pub const ALL: [Self; 5] = [Self::NoError, Self::Corrected, Self::Detected, Self::Miscorrected, Self::Undetected];

    /// The name in JSON and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoError => "no_error",
            Self::Corrected => "corrected",
            Self::Detected => "detected",
            Self::Miscorrected => "miscorrected",
            Self::Undetected => "undetected",
        }
    }
}

/// What happened to a block that was sent, came as `received` and was decoded.
#[must_use]
pub fn outcome(sent: &Word, received: &Word, decoded: &Decoded) -> Outcome {
    match decoded.verdict {
        Verdict::Clean if sent == received => Outcome::NoError,
        Verdict::Clean => Outcome::Undetected,
        Verdict::Corrected(_) if decoded.block == *sent => Outcome::Corrected,
        Verdict::Corrected(_) => Outcome::Miscorrected,
        Verdict::Uncorrectable => Outcome::Detected,
    }
}

impl Code {
    /// Decodes a block whose sent form is known.
    #[must_use]
    pub fn judge(&self, sent: &Word, received: &Word) -> (Decoded, Outcome) {
        let decoded = self.decode(received);
        (decoded, outcome(sent, received, &decoded))
    }
}

/// Blocks by outcome, in the order of [`Outcome::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally([u64; 5]);

impl Tally {
    pub fn add(&mut self, outcome: Outcome, blocks: u64) {
        self.0[outcome as usize] += blocks;
    }

    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// Blocks in all.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.0.iter().sum()
    }
}
