//! Everything that decides a run: protocol, channel, seed, and what was done by hand. It is what a file holds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use crate::arq::packet::HEADER;
use crate::arq::timeout::micros;
use crate::arq::{Protocol, Settings, SettingsError};
use crate::limits::ARQ_PAYLOAD_MAX;

/// Longest time and most packets of a run: a setting that never ends, ends there.
const TIME_MAX: Duration = Duration::from_secs(1_000_000);
const PACKETS_MAX: u64 = 1 << 40;
/// Interventions in one run.
const INTERVENTIONS_MAX: usize = 10_000;

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub arq: Settings,
    /// Bytes of data in every packet but the last.
    pub payload: u16,
    /// Bytes to send.
    pub length: u64,
    /// From sender to receiver, and back.
    pub data: Channel,
    pub acks: Channel,
    pub seed: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interventions: Vec<Intervention>,
    /// The run ends here even if not all arrived.
    #[serde(rename = "until_us", with = "micros")]
    pub until: Duration,
}

/// Which way a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Data,
    Acks,
}

/// What is done by hand to one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intervention {
    pub direction: Direction,
    /// The packet: how many went this way before it, repeats counted.
    pub packet: u64,
    pub action: Action,
}

/// What is done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is lost.
    Kill,
    /// It arrives once and whole, whatever the channel would do.
    LetThrough,
    /// It arrives this much later, behind others that were sent after it.
    #[serde(rename = "delay_us", with = "micros")]
    Delay(Duration),
}

/// Why there cannot be such a run.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("A packet must have 1 to {ARQ_PAYLOAD_MAX} bytes of data.")]
    Payload,
    #[error("{0} packets are too many. Send less, or in larger packets.")]
    Packets(u64),
    #[error("{0} is not a probability. Take 0 to 1.")]
    Probability(f64),
    #[error("Delays must be at most an hour, and a run at most 1,000,000 seconds.")]
    Time,
    #[error("{0} interventions by hand are too many.")]
    Interventions(usize),
    #[error("This is not a run of the lab: {0}. Load a file that was exported as JSON.")]
    File(#[from] serde_json::Error),
    #[error("The file says that this run went differently: {0}. It is of another version, or was changed.")]
    Differs(String),
}

impl Scenario {
    /// The lab's first picture: selective repeat with a window of 4 over a link of 341 kbit/s and 18 ms each way, where a fifth of the data
    /// and a tenth of the acknowledgements are lost.
    #[must_use]
    pub fn example() -> Self {
        let line = Channel { delay: Duration::from_millis(18), rate_bps: 341_000, ..Channel::PERFECT };
        let arq = Settings { timeout: crate::arq::Timeout::Fixed(Duration::from_millis(60)), overtaken: None, ..Settings::new(Protocol::SelectiveRepeat, 4) };
        Self {
            arq,
            payload: 512,
            length: 12 * 512,
            data: Channel { loss: 0.2, ..line },
            acks: Channel { loss: 0.1, ..line },
            seed: 15,
            interventions: Vec::new(),
            until: Duration::from_secs(3_600),
        }
    }

    /// The only setting of an earlier teaching system: 773 bytes in packets of 128, a window of 5, a time-out of 0.2 s, four fifths of the
    /// data lost, a line without delay.
    #[must_use]
    pub fn earlier() -> Self {
        let arq = Settings { timeout: crate::arq::Timeout::Fixed(Duration::from_millis(200)), overtaken: None, ..Settings::new(Protocol::SelectiveRepeat, 5) };
        let (data, acks) = (Channel { loss: 0.8, ..Channel::PERFECT }, Channel::PERFECT);
        Self { arq, payload: 128, length: 773, data, acks, seed: 1, interventions: Vec::new(), until: Duration::from_secs(3_600) }
    }

    /// How many packets the data fills.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.length.div_ceil(u64::from(self.payload.max(1)))
    }

    /// Time that one full packet takes on the line; zero where the rate is not limited.
    #[must_use]
    pub fn packet_time(&self) -> Duration {
        self.data.time_of(HEADER + usize::from(self.payload))
    }

    /// From the beginning of a full packet to the end of its acknowledgement, where nothing is lost or waits.
    #[must_use]
    pub fn cycle(&self) -> Duration {
        self.packet_time() + self.data.delay + self.acks.time_of(HEADER) + self.acks.delay
    }

    /// Whether there can be such a run.
    ///
    /// # Errors
    /// What is wrong, in words for people.
    pub fn check(&self) -> Result<(), ScenarioError> {
        self.arq.check()?;
        if !(1..=ARQ_PAYLOAD_MAX).contains(&usize::from(self.payload)) {
            return Err(ScenarioError::Payload);
        }
        if self.packets() > PACKETS_MAX {
            return Err(ScenarioError::Packets(self.packets()));
        }
        if self.interventions.len() > INTERVENTIONS_MAX {
            return Err(ScenarioError::Interventions(self.interventions.len()));
        }
        let is_long = |intervention: &Intervention| matches!(intervention.action, Action::Delay(time) if time > Channel::DELAY_MAX);
        if self.until > TIME_MAX || self.interventions.iter().any(is_long) {
            return Err(ScenarioError::Time);
        }
        self.data.check()?;
        self.acks.check()
    }

    /// Does this to a packet, instead of what was done to it before; none undoes that.
    pub fn intervene(&mut self, direction: Direction, packet: u64, action: Option<Action>) {
        self.interventions.retain(|i| (i.direction, i.packet) != (direction, packet));
        self.interventions.extend(action.map(|action| Intervention { direction, packet, action }));
        self.interventions.sort_by_key(|i| (i.direction, i.packet));
    }
}
