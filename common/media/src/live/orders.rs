//! What the parent orders, line by line on standard input, for every thread of the worker: the time, keyframes, the rate,
//! the end.

use super::clock::ServerClock;
use super::gate::Talk;
use crate::make::failure::Failure;
use crate::make::limits;
use lectern_proto::live::pipe::{Command, DocumentOrder, are_corners};
use lectern_proto::rung::BITRATE_BPS;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Longest sleep: the end is noticed so soon.
const NAP: Duration = Duration::from_millis(50);
/// What still runs so long after the end, in a driver that does not return, is left behind.
const LINGER: Duration = Duration::from_millis(700);
/// Server times above this are a mistake; it is 146,000 years.
const TIME_MAX_US: u64 = 1 << 62;
/// Complaints about lines that are not understood.
const COMPLAINTS_MAX: u32 = 20;

/// Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Orders(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    start: Instant,
    clock: Mutex<Option<ServerClock>>,
    /// Something came: the first time, or the end.
    came: Condvar,
    keyframe: AtomicBool,
    bps: AtomicU32,
    document: Mutex<Option<DocumentOrder>>,
    ended: AtomicBool,
    talk: Mutex<Talk>,
    frozen: AtomicBool,
}

impl Orders {
    /// Orders with this bit rate until another is said.
    pub(crate) fn new(bps: u32) -> Self {
        let inner = Inner {
            start: Instant::now(),
            clock: Mutex::default(),
            came: Condvar::new(),
            keyframe: AtomicBool::new(false),
            bps: AtomicU32::new(bps),
            document: Mutex::default(),
            ended: AtomicBool::new(false),
            talk: Mutex::default(),
            frozen: AtomicBool::new(false),
        };
        Self(Arc::new(inner))
    }

    /// Reads standard input on a thread of its own. Its end is the end of the work.
    pub(crate) fn listen(&self) -> Result<(), Failure> {
        let orders = self.clone();
        limits::watch_parent(move || {
            let mut complaints = 0;
            limits::read_parent(|line| {
                if let Err(why) = orders.take(line)
                    && complaints < COMPLAINTS_MAX
                {
                    complaints += 1;
                    eprintln!("lectern-media: a line on standard input was ignored: {why}");
                }
            });
            orders.end_process();
        })
    }

    /// Ends the work, and a moment later this process.
    pub(super) fn end_process(&self) -> ! {
        self.end();
        std::thread::sleep(LINGER);
        std::process::exit(0);
    }

    fn take(&self, line: &[u8]) -> Result<(), String> {
        self.obey(serde_json::from_slice(line).map_err(|e| e.to_string())?)
    }

    /// Does what the parent orders; says why not.
    pub(super) fn obey(&self, command: Command) -> Result<(), String> {
        match command {
            Command::Clock { server_us } if server_us > TIME_MAX_US => return Err(format!("{server_us} is no time")),
            Command::Clock { server_us } => {
                let own_us = self.own_us(Instant::now());
                let mut clock = self.0.clock.lock().unwrap_or_else(PoisonError::into_inner);
                match clock.as_mut() {
                    Some(clock) => clock.told(own_us, server_us),
                    None => *clock = Some(ServerClock::new(own_us, server_us)),
                }
                self.0.came.notify_all();
            }
            Command::Talk { at_us, .. } if at_us > TIME_MAX_US => return Err(format!("{at_us} is no time")),
            Command::Talk { on, at_us } => {
                let mut talk = self.0.talk.lock().unwrap_or_else(PoisonError::into_inner);
                // The key may be pressed again before the end of the last word has passed.
                *talk = if on { Talk { from_us: at_us, to_us: 0 } } else { Talk { to_us: at_us.max(1), ..*talk } };
            }
            Command::Keyframe => self.0.keyframe.store(true, Ordering::Release),
            Command::Rate { bps } if !BITRATE_BPS.contains(&bps) => return Err(format!("{bps} is no bit rate")),
            Command::Rate { bps } => self.0.bps.store(bps, Ordering::Release),
            Command::Document(DocumentOrder::Corners { corners }) if !are_corners(corners) => {
                return Err(format!("{corners:?} are no corners of a sheet: top left, top right, bottom right, bottom left"));
            }
            Command::Document(order) => *self.0.document.lock().unwrap_or_else(PoisonError::into_inner) = Some(order),
            Command::Freeze { frozen } => self.0.frozen.store(frozen, Ordering::Release),
        }
        Ok(())
    }

    /// Everything ends soon.
    pub(crate) fn end(&self) {
        self.0.ended.store(true, Ordering::Release);
        self.0.came.notify_all();
    }

    /// Whether everything is to end.
    pub(crate) fn has_ended(&self) -> bool {
        self.0.ended.load(Ordering::Acquire)
    }

    /// Waits until it is known what time it is. False: the end came first.
    pub(crate) fn wait_for_clock(&self) -> bool {
        let mut clock = self.0.clock.lock().unwrap_or_else(PoisonError::into_inner);
        while clock.is_none() && !self.has_ended() {
            clock = self.0.came.wait_timeout(clock, NAP).unwrap_or_else(PoisonError::into_inner).0;
        }
        !self.has_ended()
    }

    /// Server time in microseconds; 0 before it is known.
    pub(crate) fn now_us(&self) -> u64 {
        self.server_us(Instant::now())
    }

    /// What server time it was at an instant of the recent past.
    pub(crate) fn server_us(&self, instant: Instant) -> u64 {
        let own_us = self.own_us(instant);
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(0, |clock| clock.at(own_us))
    }

    /// Sleeps until it is this time on the server. False: the end came first.
    pub(crate) fn sleep_until(&self, server_us: u64) -> bool {
        while !self.has_ended() {
            let own_us = self.own_us(Instant::now());
            let clock = self.0.clock.lock().unwrap_or_else(PoisonError::into_inner);
            let left = clock.as_ref().map_or(u64::MAX, |clock| clock.until(own_us, server_us));
            drop(clock);
            if left == 0 {
                return true;
            }
            std::thread::sleep(Duration::from_micros(left).min(NAP));
        }
        false
    }

    /// Whether a keyframe was ordered since this was asked last.
    pub(crate) fn take_keyframe(&self) -> bool {
        self.0.keyframe.swap(false, Ordering::AcqRel)
    }

    /// What the document camera was told last since this was asked last.
    pub(crate) fn take_document(&self) -> Option<DocumentOrder> {
        self.0.document.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Whether a keyframe is ordered; it stays so.
    pub(crate) fn wants_keyframe(&self) -> bool {
        self.0.keyframe.load(Ordering::Acquire)
    }

    /// When somebody talks into the microphone.
    pub(crate) fn talk(&self) -> Talk {
        *self.0.talk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bit rate of the pictures.
    pub(crate) fn bps(&self) -> u32 {
        self.0.bps.load(Ordering::Acquire)
    }

    /// Whether the pictures are to stand still.
    pub(crate) fn is_frozen(&self) -> bool {
        self.0.frozen.load(Ordering::Acquire)
    }

    fn own_us(&self, instant: Instant) -> u64 {
        u64::try_from(instant.saturating_duration_since(self.0.start).as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_refused_with_a_reason_and_changes_nothing() {
        let orders = Orders::new(1_000_000);
        let time = format!("{{\"command\":\"clock\",\"server_us\":{}}}", u64::MAX);
        let noise: [&[u8]; 7] = [b"", b"\xff\xfe", b"{}", b"{\"command\":\"rate\",\"bps\":3}", b"{\"command\":\"rate\",\"bps\":-1}", b"[[[[", time.as_bytes()];
        for line in noise {
            assert!(orders.take(line).is_err(), "{line:?}");
        }
        assert_eq!((orders.bps(), orders.take_keyframe(), orders.now_us()), (1_000_000, false, 0));
        orders.take(b"{\"command\":\"rate\",\"bps\":500000}\n").expect("a rate");
        orders.take(b"{\"command\":\"keyframe\"}").expect("a keyframe");
        orders.take(b"{\"command\":\"clock\",\"server_us\":5000000}").expect("a time");
        assert_eq!((orders.bps(), orders.take_keyframe(), orders.take_keyframe()), (500_000, true, false));
        assert!(orders.wait_for_clock() && orders.now_us() >= 5_000_000);
    }
}
