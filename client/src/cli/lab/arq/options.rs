//! What protocol and line are like.

use std::time::Duration;

use clap::Args;
use lectern_proto::arq::{Protocol, Space, Timeout};
use lectern_proto::lab::arq::{Action, Channel, Direction, Scenario};

use crate::cli::Failure;

#[derive(Debug, Clone, Args)]
pub(super) struct Options {
    /// sw (stop-and-wait), gbn (go-back-N) or sr (selective repeat) [default: sr]
    #[arg(long)]
    protocol: Option<Protocol>,
    /// Packets that may be on their way [default: 4]
    #[arg(long, value_name = "N")]
    window: Option<u32>,
    /// Bytes of data in a packet [default: 512]
    #[arg(long, value_name = "BYTES")]
    size: Option<u16>,
    /// Bytes to send [default: 12 packets]
    #[arg(long, value_name = "BYTES")]
    length: Option<u64>,
    /// Bits of a sequence number, 1 to 32 [default: 32]
    #[arg(long, value_name = "K", value_parser = bits)]
    bits: Option<Space>,
    /// Lets the window be larger than the sequence numbers can serve, to show what breaks
    #[arg(long)]
    unsafe_window: bool,
    /// Milliseconds until a packet is sent again; `adaptive` learns it from round trips (RFC 6298 with the times of a local network),
    /// `rfc6298` does with the RFC's own times and Karn's rule [default: a little over one cycle of packet and answer]
    #[arg(long, value_name = "MS", value_parser = timeout)]
    timeout: Option<Timeout>,
    /// Takes a packet for lost once one that was sent N later was acknowledged, before its time-out; 0 waits for the time-out [default: 0]
    #[arg(long, value_name = "N")]
    overtaken: Option<u32>,
    /// Probability that a data packet is lost [default: 0.2]
    #[arg(long, value_name = "P", value_parser = probability)]
    loss: Option<f64>,
    /// Probability that an acknowledgement is lost [default: 0.1]
    #[arg(long, value_name = "P", value_parser = probability)]
    ack_loss: Option<f64>,
    /// Probability that bits of a data packet flip
    #[arg(long, value_name = "P", value_parser = probability)]
    damage: Option<f64>,
    /// Probability that bits of an acknowledgement flip
    #[arg(long, value_name = "P", value_parser = probability)]
    ack_damage: Option<f64>,
    /// Probability that a packet arrives twice, either way
    #[arg(long, value_name = "P", value_parser = probability)]
    duplicate: Option<f64>,
    /// Probability that a packet takes a detour and is overtaken, either way
    #[arg(long, value_name = "P", value_parser = probability)]
    reorder: Option<f64>,
    /// How much longer a detour takes, in milliseconds [default: the delay]
    #[arg(long, value_name = "MS", value_parser = milliseconds)]
    detour: Option<Duration>,
    /// One-way delay in milliseconds, either way [default: 18]
    #[arg(long, value_name = "MS", value_parser = milliseconds)]
    delay: Option<Duration>,
    /// Up to so much more, evenly, in milliseconds
    #[arg(long, value_name = "MS", value_parser = milliseconds)]
    jitter: Option<Duration>,
    /// Bits a second of the line, either way, as 341000, 341k or 100M; 0 is without limit [default: 341k]
    #[arg(long, value_name = "RATE", value_parser = rate)]
    rate: Option<u64>,
    /// Packets that wait before the line, either way; the next is lost. Without it the sender waits for the line
    #[arg(long, value_name = "N")]
    queue: Option<u32>,
    /// Decides everything that is left to chance [default: 15]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Packets that are lost by hand, counted from 0 each way: data:3,ack:0
    #[arg(long, value_name = "WAY:N,...", value_delimiter = ',', value_parser = packet)]
    kill: Vec<(Direction, u64)>,
    /// Packets that arrive whatever chance says
    #[arg(long, value_name = "WAY:N,...", value_delimiter = ',', value_parser = packet)]
    let_through: Vec<(Direction, u64)>,
    /// Packets that arrive later, with milliseconds: data:3:25
    #[arg(long, value_name = "WAY:N:MS,...", value_delimiter = ',', value_parser = delayed)]
    hold: Vec<(Direction, u64, Duration)>,
    /// Begins with the only setting of an earlier teaching system: 773 bytes in packets of 128, window 5, time-out 0.2 s, 80 % of data lost
    #[arg(long)]
    earlier: bool,
}

impl Options {
    /// The run that these options say.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn scenario(&self) -> Result<Scenario, Failure> {
        let mut run = if self.earlier { Scenario::earlier() } else { Scenario::example() };
        let arq = &mut run.arq;
        set(&mut arq.protocol, self.protocol);
        set(&mut arq.window, self.window.or((arq.protocol == Protocol::StopAndWait).then_some(1)));
        set(&mut arq.space, self.bits);
        arq.unsafe_window = self.unsafe_window;
        arq.overtaken = self.overtaken.filter(|n| *n > 0);
        let before = run.payload;
        set(&mut run.payload, self.size);
        run.length =
            self.length.unwrap_or(if self.size.is_some() && !self.earlier { run.length / u64::from(before) * u64::from(run.payload) } else { run.length });
        set(&mut run.data.loss, self.loss);
        set(&mut run.acks.loss, self.ack_loss);
        set(&mut run.data.damage, self.damage);
        set(&mut run.acks.damage, self.ack_damage);
        for line in [&mut run.data, &mut run.acks] {
            self.line(line);
        }
        set(&mut run.seed, self.seed);
        for (direction, packet) in &self.kill {
            run.intervene(*direction, *packet, Some(Action::Kill));
        }
        for (direction, packet) in &self.let_through {
            run.intervene(*direction, *packet, Some(Action::LetThrough));
        }
        for (direction, packet, time) in &self.hold {
            run.intervene(*direction, *packet, Some(Action::Delay(*time)));
        }
        if self.timeout.is_some() || !self.earlier {
            // A tenth over the cycle: no answer comes later, where nothing is late.
            let cycle = run.cycle() + run.data.jitter + run.acks.jitter;
            let fits = Duration::from_micros((cycle * 11 / 10).as_micros() as u64).max(Duration::from_millis(1));
            run.arq.timeout = self.timeout.unwrap_or(Timeout::Fixed(fits));
        }
        run.check().map_err(|e| Failure::Usage(e.to_string()))?;
        Ok(run)
    }

    /// The protocol, if it was said.
    pub(super) const fn protocol(&self) -> Option<Protocol> {
        self.protocol
    }

    /// The bytes to send, if they were said.
    pub(super) const fn length(&self) -> Option<u64> {
        self.length
    }

    fn line(&self, line: &mut Channel) {
        set(&mut line.duplicate, self.duplicate);
        set(&mut line.reorder, self.reorder);
        set(&mut line.delay, self.delay);
        set(&mut line.jitter, self.jitter);
        set(&mut line.rate_bps, self.rate);
        line.detour = self.detour.unwrap_or(line.delay);
        line.queue = self.queue.or(line.queue);
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

pub(super) fn probability(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|p| (0.0..=1.0).contains(p)).ok_or_else(|| format!("“{text}” is not a probability. Write a number from 0 to 1, such as 0.2."))
}

fn milliseconds(text: &str) -> Result<Duration, String> {
    let time = text.parse().ok().filter(|ms: &f64| *ms >= 0.0 && *ms <= 3_600_000.0);
    // Whole microseconds, as files have them.
    time.map(|ms| Duration::from_micros((ms * 1_000.0).round() as u64))
        .ok_or_else(|| format!("“{text}” is not a time in milliseconds. Write a number such as 18 or 0.5."))
}

fn timeout(text: &str) -> Result<Timeout, String> {
    match text {
        "adaptive" => Ok(Timeout::ADAPTIVE),
        "rfc6298" => Ok(Timeout::RFC_6298),
        _ => milliseconds(text).map(Timeout::Fixed).map_err(|_| format!("“{text}” is no time-out. Write milliseconds, adaptive or rfc6298.")),
    }
}

fn bits(text: &str) -> Result<Space, String> {
    text.parse().ok().and_then(Space::new).ok_or_else(|| format!("“{text}” is not a number of bits. Write 1 to 32."))
}

fn rate(text: &str) -> Result<u64, String> {
    let (number, factor) = match text.char_indices().last() {
        Some((at, 'k')) => (&text[..at], 1e3),
        Some((at, 'M')) => (&text[..at], 1e6),
        Some((at, 'G')) => (&text[..at], 1e9),
        _ => (text, 1.0),
    };
    let bits = number.parse().ok().map(|n: f64| n * factor).filter(|n| (0.0..=1e15).contains(n));
    bits.map(|n| n.round() as u64).ok_or_else(|| format!("“{text}” is not a rate. Write bits a second, such as 341000, 341k or 100M."))
}

fn packet(text: &str) -> Result<(Direction, u64), String> {
    let (way, packet) = text.split_once(':').ok_or_else(|| not_a_packet(text))?;
    let direction = match way {
        "data" => Direction::Data,
        "ack" => Direction::Acks,
        _ => return Err(not_a_packet(text)),
    };
    Ok((direction, packet.parse().map_err(|_| not_a_packet(text))?))
}

fn delayed(text: &str) -> Result<(Direction, u64, Duration), String> {
    let (which, time) = text.rsplit_once(':').ok_or_else(|| not_a_packet(text))?;
    let (direction, packet) = packet(which)?;
    Ok((direction, packet, milliseconds(time)?))
}

fn not_a_packet(text: &str) -> String {
    format!("“{text}” is no packet. Write data:3 for the fourth data packet that is sent, or ack:0 for the first acknowledgement.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_and_others_are_not() {
        assert_eq!((rate("341k"), rate("100M"), rate("0"), rate("1.5G")), (Ok(341_000), Ok(100_000_000), Ok(0), Ok(1_500_000_000)));
        assert_eq!((packet("data:3"), packet("ack:0")), (Ok((Direction::Data, 3)), Ok((Direction::Acks, 0))));
        assert_eq!(delayed("data:3:2.5"), Ok((Direction::Data, 3, Duration::from_micros(2_500))));
        assert_eq!((timeout("60"), timeout("rfc6298")), (Ok(Timeout::Fixed(Duration::from_millis(60))), Ok(Timeout::RFC_6298)));
        for bad in ["", "x", "-1", "1e99", "NaN", "data", "data:", "data:x:3", "é", "🚀k"] {
            assert!(rate(bad).is_err() && packet(bad).is_err() && delayed(bad).is_err() && timeout(bad).is_err() && bits(bad).is_err(), "{bad}");
        }
        assert!(probability("1.01").is_err() && probability("NaN").is_err() && probability("0.3").is_ok());
    }
}
