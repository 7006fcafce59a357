//! What a run is measured by.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::amount::Amount;

/// A quantity that a student predicts and an exercise expects something of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Data packets that were sent, repeats counted.
    Packets,
    /// Those of them that had been sent before.
    Retransmissions,
    /// Acknowledgements that came to the sender undamaged.
    Acks,
    /// From the first data packet to the last acknowledgement.
    #[serde(rename = "time_s")]
    Time,
    /// Data that arrived, for each second of that time.
    #[serde(rename = "goodput_mbps")]
    Goodput,
    /// Bytes that arrived for each byte of data that was sent.
    Efficiency,
}

impl Quantity {
    pub const ALL: [Self; 6] = [Self::Packets, Self::Retransmissions, Self::Acks, Self::Time, Self::Goodput, Self::Efficiency];

    /// As it stands in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Packets => "packets",
            Self::Retransmissions => "retransmissions",
            Self::Acks => "acks",
            Self::Time => "time_s",
            Self::Goodput => "goodput_mbps",
            Self::Efficiency => "efficiency",
        }
    }

    /// What stands behind the number; nothing for counts and shares.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Time => "s",
            Self::Goodput => "Mbit/s",
            Self::Packets | Self::Retransmissions | Self::Acks | Self::Efficiency => "",
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Quantity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = || Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|q| q.name() == text).ok_or_else(|| format!("there is no such quantity; there are {}", all()))
    }
}

/// What the sender of a run counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Data packets that were sent, repeats counted, and those of them that had been sent before.
    pub packets: u64,
    pub retransmissions: u64,
    /// Acknowledgements that came undamaged.
    pub acks: u64,
    /// Bytes that arrived.
    pub bytes: u64,
    /// Bytes of data in a full packet.
    pub payload: u16,
    /// From the first data packet to the last acknowledgement.
    pub time_us: u64,
    /// Data packets that were lost on purpose.
    pub lost: u64,
}

impl Measured {
    /// One of the quantities. Where nothing was sent the efficiency is 1, and where no time went by the goodput is 0.
    #[must_use]
    pub fn get(&self, quantity: Quantity) -> Amount {
        match quantity {
            Quantity::Packets => Amount::whole(self.packets),
            Quantity::Retransmissions => Amount::whole(self.retransmissions),
            Quantity::Acks => Amount::whole(self.acks),
            Quantity::Time => Amount::ratio(self.time_us.into(), 1_000_000),
            // Bits for each microsecond.
            Quantity::Goodput if self.time_us == 0 => Amount::ZERO,
            Quantity::Goodput => Amount::ratio(u128::from(self.bytes) * 8, self.time_us.into()),
            Quantity::Efficiency => match u128::from(self.packets) * u128::from(self.payload) {
                0 => Amount::ONE,
                sent => Amount::ratio(self.bytes.into(), sent),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_in_files_and_records_are_the_same() {
        for quantity in Quantity::ALL {
            assert_eq!(quantity.name().parse(), Ok(quantity));
            assert_eq!(serde_json::to_string(&quantity).expect("JSON"), format!("\"{quantity}\""));
        }
        assert!("Packets".parse::<Quantity>().is_err_and(|why| why.contains("packets, retransmissions, acks, time_s, goodput_mbps, efficiency")));
    }

    #[test]
    fn quantities_follow_from_the_counts() {
        let run = Measured { packets: 80, retransmissions: 20, acks: 70, bytes: 30_720, payload: 512, time_us: 2_500_000, lost: 12 };
        let got = Quantity::ALL.map(|q| run.get(q).to_string());
        assert_eq!(got, ["80", "20", "70", "2.5", "0.098304", "0.75"]);
        let none = Measured::default();
        assert_eq!((none.get(Quantity::Efficiency), none.get(Quantity::Goodput)), (Amount::ONE, Amount::ZERO));
    }

    proptest! {
        #[test]
        fn whatever_is_claimed_has_a_value(packets: u64, bytes: u64, payload: u16, time_us: u64) {
            let claimed = Measured { packets, bytes, payload, time_us, ..Measured::default() };
            prop_assert!(Quantity::ALL.iter().all(|q| claimed.get(*q) >= Amount::ZERO));
        }
    }
}
