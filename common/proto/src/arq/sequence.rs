//! Sequence numbers of k bits, and how large a window they allow.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::timeout::Timeout;
use crate::limits::ARQ_WINDOW_MAX;

/// Which of the three classic protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// One packet at a time.
    #[serde(rename = "sw")]
    StopAndWait,
    /// The receiver takes packets in order only; after a loss the sender begins again at the lost one.
    #[serde(rename = "gbn")]
    GoBackN,
    /// The receiver keeps what comes out of order; the sender repeats only what is missing.
    #[serde(rename = "sr")]
    SelectiveRepeat,
}

impl Protocol {
    /// All, from the simplest.
    pub const ALL: [Self; 3] = [Self::StopAndWait, Self::GoBackN, Self::SelectiveRepeat];

    /// The short name of the command line and of files: `sw`, `gbn` or `sr`.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Self::StopAndWait => "sw",
            Self::GoBackN => "gbn",
            Self::SelectiveRepeat => "sr",
        }
    }

    /// Whether the receiver keeps packets that overtook others.
    #[must_use]
    pub const fn keeps(self) -> bool {
        matches!(self, Self::SelectiveRepeat)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StopAndWait => "stop-and-wait",
            Self::GoBackN => "go-back-N",
            Self::SelectiveRepeat => "selective repeat",
        })
    }
}

impl FromStr for Protocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|p| p.short() == text || p.to_string() == text);
        known.ok_or_else(|| format!("“{text}” is no protocol. Write sw (stop-and-wait), gbn (go-back-N) or sr (selective repeat)."))
    }
}

/// A sequence number as it stands on the wire: the low k bits of a packet's count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sequence(pub u32);

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The space of sequence numbers of k bits, 1 to 32. All arithmetic that wraps is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Space(u8);

impl Space {
    /// 32 bits: wide enough for a network that reorders, where a number must not come back while an old packet may still be on its way.
    pub const WIDEST: Self = Self(32);

    /// Numbers of so many bits; none unless 1 to 32.
    #[must_use]
    pub const fn new(bits: u8) -> Option<Self> {
        if bits >= 1 && bits <= 32 { Some(Self(bits)) } else { None }
    }

    /// How many bits a number has.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// How many numbers there are: 2^k.
    #[must_use]
    pub const fn count(self) -> u64 {
        1 << self.0
    }

    /// The number of the `nth` packet, counted from 0.
    #[must_use]
    pub const fn number(self, nth: u64) -> Sequence {
        Sequence((nth & (self.count() - 1)) as u32)
    }

    /// Whether this space has such a number.
    #[must_use]
    pub const fn has(self, number: Sequence) -> bool {
        (number.0 as u64) < self.count()
    }

    /// How many numbers `number` is ahead of that of the `from`th packet, 0 to 2^k - 1.
    #[must_use]
    pub const fn ahead(self, from: u64, number: Sequence) -> u64 {
        (number.0 as u64).wrapping_sub(from) & (self.count() - 1)
    }

    /// The largest window that is safe: 1 for stop-and-wait, 2^k - 1 for go-back-N, 2^(k-1) for selective repeat (Tanenbaum & Wetherall,
    /// *Computer Networks*, 3.4; Kurose & Ross, *Computer Networking*, 3.4.4). Sender's and receiver's window together must not be larger
    /// than the space, or an old packet that is repeated passes for a new one.
    #[must_use]
    pub const fn window_max(self, protocol: Protocol) -> u64 {
        match protocol {
            Protocol::StopAndWait => 1,
            Protocol::GoBackN => self.count() - 1,
            Protocol::SelectiveRepeat => self.count() / 2,
        }
    }
}

impl TryFrom<u8> for Space {
    type Error = SettingsError;

    fn try_from(bits: u8) -> Result<Self, SettingsError> {
        Self::new(bits).ok_or(SettingsError::Bits(bits))
    }
}

impl From<Space> for u8 {
    fn from(space: Space) -> Self {
        space.bits()
    }
}

/// What a sender and a receiver agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub protocol: Protocol,
    /// Bits of a sequence number.
    #[serde(rename = "sequence_bits")]
    pub space: Space,
    /// Packets that may be on their way.
    pub window: u32,
    /// When what was not acknowledged is sent again.
    pub timeout: Timeout,
    /// A packet is taken for lost, before its time-out, once one that was sent so many transmissions later was acknowledged; none waits for
    /// the time-out as the textbooks' protocols do. RFC 9002, 6.1.1, says 3.
    pub overtaken: Option<u32>,
    /// Lets the window be larger than is safe, to show what breaks.
    #[serde(default)]
    pub unsafe_window: bool,
}

impl Settings {
    /// These settings with numbers of 32 bits, a repeat after three later packets were acknowledged, and the adaptive time-out.
    #[must_use]
    pub const fn new(protocol: Protocol, window: u32) -> Self {
        Self { protocol, space: Space::WIDEST, window, timeout: Timeout::ADAPTIVE, overtaken: Some(3), unsafe_window: false }
    }

    /// Packets that the receiver takes ahead of the next one.
    #[must_use]
    pub const fn receive_window(&self) -> u64 {
        if self.protocol.keeps() { self.window as u64 } else { 1 }
    }

    /// Whether sender and receiver can understand each other's numbers.
    ///
    /// # Errors
    /// What is wrong, in words for people.
    pub fn check(&self) -> Result<(), SettingsError> {
        let safe = self.space.window_max(self.protocol).min(u64::from(ARQ_WINDOW_MAX));
        // More than the space has would be two packets of one number on their way.
        let most = if self.unsafe_window { self.space.count().min(u64::from(ARQ_WINDOW_MAX)) } else { safe };
        if self.window == 0 {
            return Err(SettingsError::NoWindow);
        }
        if u64::from(self.window) > most {
            return Err(SettingsError::WindowTooLarge { window: self.window, most, protocol: self.protocol, bits: self.space.bits() });
        }
        if self.overtaken == Some(0) {
            return Err(SettingsError::Overtaken);
        }
        self.timeout.check()
    }

    /// Whether the window is one that sequence numbers of so many bits cannot serve.
    #[must_use]
    pub const fn is_unsafe(&self) -> bool {
        self.window as u64 > self.space.window_max(self.protocol)
    }
}

/// Why settings are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("Sequence numbers cannot have {0} bits. Take 1 to 32.")]
    Bits(u8),
    #[error("A window of 0 packets sends nothing. Take at least 1.")]
    NoWindow,
    #[error("A window of {window} is too large for {protocol} with {bits}-bit sequence numbers: at most {most}. Take a smaller window or more bits.")]
    WindowTooLarge { window: u32, most: u64, protocol: Protocol, bits: u8 },
    #[error("A packet cannot count as lost after 0 later ones. Take at least 1, or none to wait for the time-out.")]
    Overtaken,
    #[error("A time-out must be between 1 µs and 1 hour, and the least, first and most in this order.")]
    Timeout,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn windows_are_as_large_as_the_books_say() {
        // Tanenbaum & Wetherall, 3.4: with 3 bits go-back-N may have 7 packets outstanding, selective repeat 4.
        let space = Space::new(3).expect("3 bits");
        assert_eq!(Protocol::ALL.map(|p| space.window_max(p)), [1, 7, 4]);
        assert_eq!(Protocol::ALL.map(|p| Space::new(1).expect("1 bit").window_max(p)), [1, 1, 1]);
        assert_eq!(Space::WIDEST.window_max(Protocol::SelectiveRepeat), 1 << 31);
        assert_eq!((Space::new(0), Space::new(33)), (None, None));
    }

    #[test]
    fn a_window_that_is_too_large_is_refused_unless_it_is_meant() {
        let settings = Settings { space: Space::new(2).expect("2 bits"), ..Settings::new(Protocol::SelectiveRepeat, 3) };
        let told = SettingsError::WindowTooLarge { window: 3, most: 2, protocol: Protocol::SelectiveRepeat, bits: 2 };
        assert_eq!(settings.check(), Err(told));
        assert_eq!(Settings { unsafe_window: true, ..settings }.check(), Ok(()));
        assert!(Settings { unsafe_window: true, window: 5, ..settings }.check().is_err(), "more than there are numbers");
        assert_eq!(Settings { window: 0, ..settings }.check(), Err(SettingsError::NoWindow));
        assert_eq!(Settings { window: 2, ..settings }.check(), Ok(()));
    }

    proptest! {
        #[test]
        fn a_number_is_found_again_from_any_place_within_the_space(bits in 1_u8..=32, from in 0_u64..1 << 40, ahead in any::<u64>()) {
            let space = Space::new(bits).expect("1 to 32");
            let ahead = ahead % space.count();
            let number = space.number(from + ahead);
            prop_assert!(space.has(number));
            prop_assert_eq!(space.ahead(from, number), ahead);
        }
    }
}
