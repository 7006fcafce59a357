//! One reader of a file for two decoders: whoever needs a packet reads on, and lays aside what is the other's.

use crate::make::events::Reporter;
use crate::make::failure::{Failure, FailureKind};
use crate::make::packets::{Packets, Supply, presented};
use crate::make::source::Source;
use ffmpeg::Rational;
use ffmpeg::codec::packet::Packet;
use ffmpeg_the_third as ffmpeg;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// What may lie aside for one decoder, in bytes: pictures and sound of files that can be streamed lie closer together.
const ASIDE_MAX: usize = 256 << 20;

/// The packets of one stream of a file that another decoder reads too.
pub(super) struct Share {
    all: Arc<Mutex<All>>,
    which: usize,
    base: Rational,
    zero_us: i64,
}

struct All {
    packets: Packets,
    streams: [Option<usize>; 2],
    aside: [VecDeque<Packet>; 2],
    bytes: [usize; 2],
}

/// The packets of the pictures, and those of the sound.
pub(super) fn split(source: Source, pictures: usize, sound: Option<usize>, reporter: &Reporter) -> Result<(Share, Option<Share>), Failure> {
    let base = |index: usize| source.input.stream(index).map(|s| s.time_base()).ok_or_else(|| Failure::internal("find a stream", index));
    let (zero_us, bases) = (source.zero_us, (base(pictures)?, sound.map(base).transpose()?));
    let mut packets = Packets::new(source, pictures, reporter)?;
    sound.into_iter().for_each(|stream| packets.also(stream));
    let all = Arc::new(Mutex::new(All { packets, streams: [Some(pictures), sound], aside: Default::default(), bytes: [0; 2] }));
    let heard = bases.1.map(|base| Share { all: Arc::clone(&all), which: 1, base, zero_us });
    Ok((Share { all, which: 0, base: bases.0, zero_us }, heard))
}

impl Share {
    fn all<T>(&self, work: impl FnOnce(&mut All) -> T) -> T {
        work(&mut self.all.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl All {
    fn next(&mut self, which: usize) -> Result<Option<Packet>, Failure> {
        if let Some(packet) = self.aside[which].pop_front() {
            self.bytes[which] -= packet.size();
            return Ok(Some(packet));
        }
        while let Some(packet) = self.packets.next()? {
            if Some(packet.stream()) == self.streams[which] {
                return Ok(Some(packet));
            }
            let other = 1 - which;
            self.bytes[other] += packet.size();
            self.aside[other].push_back(packet);
            if self.bytes[other] > ASIDE_MAX {
                let why = "In this file pictures and sound that belong together lie far apart, so it cannot be sent live. Convert it to MP4 and send that.";
                return Err(Failure::new(FailureKind::Unsupported, why));
            }
        }
        Ok(None)
    }
}

impl Supply for Share {
    fn next(&mut self) -> Result<Option<Packet>, Failure> {
        self.all(|all| all.next(self.which))
    }

    fn is_suspicious(&mut self) -> bool {
        self.all(|all| all.packets.is_suspicious())
    }

    /// The other decoder would be taken along.
    fn seek(&mut self, _: i64) -> bool {
        false
    }

    fn time(&self, time: i64, rate: u32) -> i64 {
        presented(time, self.base, self.zero_us, rate)
    }

    fn is_indexed(&self) -> bool {
        false
    }

    fn zero_us(&self) -> i64 {
        self.zero_us
    }
}
