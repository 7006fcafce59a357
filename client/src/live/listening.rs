//! What the threads and tasks of one listener share: wishes, what is heard, counts; and the report that follows from them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lectern_media::speaker::SpeakerError;
use serde::Serialize;
use tokio::sync::watch;

use super::clock::ServerClock;
use super::connection::{LinkStats, LiveConnection};
use super::in_step::InStep;
use crate::class::Changed;
use crate::player::{Distribution, Percentiles, SoundOut};

/// Loudest samples that are remembered for the picture of what was heard: half a minute.
const LEVELS: usize = 140;
const LEVEL_US: u64 = 200_000;
/// The clock is taken as it is known after this time.
const CLOCK_WAIT: Duration = Duration::from_millis(1_500);
/// What was known of the time before a pause is right still if the first answer after it says the same within this.
const SAME_CLOCK_US: u64 = 20_000;
/// Pauses that a report names; later ones are counted in none.
const PAUSES: usize = 100;

/// What one listener heard, as `lectern listen` reports it.
#[derive(Debug, Clone, Serialize)]
pub struct ListenReport {
    pub packets: Packets,
    /// How often the device asked for sound that was not there.
    pub underruns: u64,
    /// Corrections that were too large to be worked off unheard.
    pub jumps: u64,
    /// Distance of what is heard from where the server's clock says.
    pub room_skew_ms: Option<Percentiles>,
    /// How long after its capture it is heard.
    pub lag_ms: f64,
    /// How much of that is because this listener paused a file and went on where he or she stopped.
    pub behind_ms: f64,
    pub pauses: Vec<Pause>,
    pub bytes: u64,
    pub transport: &'static str,
    /// The device that played; none: it was timed silently.
    pub device: Option<String>,
    /// What limited the listener, in words.
    pub reason: Option<String>,
}

/// Packets by their fate.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Packets {
    pub played: u64,
    /// Lost, and bridged.
    pub concealed: u64,
    /// Held during a pause that was too long, and left out.
    pub left_out: u64,
}

/// One pause, in seconds since the listener was opened; where it was is in seconds since the first that was heard.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pause {
    pub at_s: f64,
    pub resumed_s: Option<f64>,
    pub heard_to_s: Option<f64>,
    pub heard_from_s: Option<f64>,
    /// What came over the line meanwhile.
    pub bytes: u64,
}

/// The loudest sample of each stretch of what went to the device, 0 to 1, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Levels {
    peaks: VecDeque<f32>,
    /// Begin of the stretch that is under way.
    begun_us: u64,
}

impl Levels {
    pub(super) fn push(&mut self, peak: f32, capture_us: u64) {
        if self.peaks.is_empty() || capture_us.abs_diff(self.begun_us) >= LEVEL_US {
            self.begun_us = capture_us;
            self.peaks.push_back(0.0);
            if self.peaks.len() > LEVELS {
                self.peaks.pop_front();
            }
        }
        if let Some(last) = self.peaks.back_mut() {
            *last = last.max(if peak.is_finite() { peak.min(1.0) } else { 0.0 });
        }
    }

    /// Oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = f32> + '_ {
        self.peaks.iter().copied()
    }

    /// Seconds that one stretch stands for.
    #[must_use]
    pub fn step() -> Duration {
        Duration::from_micros(LEVEL_US)
    }
}

/// Counts since the listener was opened.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) played: u64,
    pub(super) concealed: u64,
    pub(super) jumps: u64,
    pub(super) underruns: u64,
    pub(super) skew: Distribution,
}

/// What the listener wants of the sound thread.
pub(super) struct Wish {
    pub(super) stop: bool,
    pub(super) is_paused: bool,
    /// From where the stream is now; asked once.
    pub(super) to_edge: bool,
    /// The device is to be opened anew; asked once.
    pub(super) reopen: bool,
    pub(super) volume: f32,
}

/// What is known of a connection.
#[derive(Debug)]
struct Link {
    clock: Arc<ServerClock>,
    /// The one that a connection before this came to know well.
    known: Option<Arc<ServerClock>>,
    stats: watch::Receiver<LinkStats>,
    opened: Instant,
}

impl Link {
    fn server_us(&self, at: Instant) -> Option<i64> {
        let says = |clock: &ServerClock| clock.server_us(at).and_then(|us| i64::try_from(us).ok());
        let now = says(&self.clock)?;
        if self.clock.is_settled() || self.opened.elapsed() > CLOCK_WAIT {
            return Some(now);
        }
        // A server that was started anew counts from another moment.
        self.known.as_deref().and_then(says).filter(|known| known.abs_diff(now) <= SAME_CLOCK_US)
    }
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) counts: Counts,
    pub(super) left_out: u64,
    /// 0 to 1; 0 while muted.
    pub(super) volume: f32,
    pub(super) is_paused: bool,
    pub(super) to_edge: bool,
    pub(super) out: SoundOut,
    /// Another device was chosen, or the one that played is gone.
    pub(super) reopen: bool,
    /// That of the device, in microseconds.
    pub(super) trim_us: i64,
    pub(super) device: Option<String>,
    pub(super) behind_us: i64,
    pub(super) levels: Levels,
    pauses: Vec<Pause>,
    opened: Option<Instant>,
    /// Capture time of the first that was heard.
    first_us: Option<i64>,
    /// The connection of now, and bytes of those before.
    link: Option<Link>,
    bytes_before: u64,
    /// Why another device plays than was chosen, or none.
    pub(super) silent: Option<SpeakerError>,
    /// Why the device went away, until another plays.
    pub(super) lost: Option<SpeakerError>,
    /// The source has ended: by itself, or why.
    pub(super) source: Option<Result<(), String>>,
    /// All is over, the last was heard.
    pub(super) over: Option<Result<(), String>>,
    pub(super) stop: bool,
}

impl State {
    pub(super) fn wish(&mut self) -> Wish {
        Wish {
            stop: self.stop,
            is_paused: self.is_paused,
            to_edge: std::mem::take(&mut self.to_edge),
            reopen: std::mem::take(&mut self.reopen),
            volume: self.volume,
        }
    }

    fn connected(&mut self, clock: Arc<ServerClock>, stats: watch::Receiver<LinkStats>) {
        let known = self.link.take().and_then(|before| if before.clock.is_settled() { Some(before.clock) } else { before.known });
        self.link = Some(Link { clock, known, stats, opened: Instant::now() });
    }

    fn bytes(&self) -> u64 {
        self.bytes_before + self.link.as_ref().map_or(0, |link| link.stats.borrow().bytes)
    }

    fn is_udp(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.stats.borrow().is_udp)
    }

    fn since_opened(&self) -> f64 {
        self.opened.map_or(0.0, |at| at.elapsed().as_secs_f64())
    }

    fn place(&self, capture_us: i64) -> Option<f64> {
        Some((capture_us - self.first_us?) as f64 / 1e6)
    }

    /// The device was given back; so far was heard, in capture time.
    pub(super) fn rested(&mut self, heard_us: Option<i64>) {
        if self.pauses.len() < PAUSES {
            let heard_to_s = heard_us.and_then(|us| self.place(us));
            self.pauses.push(Pause { at_s: self.since_opened(), resumed_s: None, heard_to_s, heard_from_s: None, bytes: self.bytes() });
        }
    }

    /// It was asked for again; what came until now was for the pause.
    fn resumed(&mut self) {
        let (now_s, bytes) = (self.since_opened(), self.bytes());
        if let Some(pause) = self.pauses.last_mut().filter(|p| p.resumed_s.is_none()) {
            pause.resumed_s = Some(now_s);
            pause.bytes = bytes.saturating_sub(pause.bytes);
        }
    }

    /// Sound begins to be heard, in capture time.
    pub(super) fn begun(&mut self, capture_us: i64) {
        self.first_us.get_or_insert(capture_us);
        let place = self.place(capture_us);
        if let Some(pause) = self.pauses.last_mut().filter(|p| p.heard_from_s.is_none()) {
            pause.heard_from_s = place;
        }
    }
}

pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) in_step: Arc<InStep>,
    /// Each listener of a file has a place of his or her own in it.
    pub(super) is_file: bool,
    changed: Changed,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(in_step: Arc<InStep>, is_file: bool, out: SoundOut, changed: Changed) -> Self {
        let state = State { volume: 1.0, out, opened: Some(Instant::now()), ..State::default() };
        Self { state: Mutex::new(state), in_step, is_file, changed }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Server time in microseconds; none before it is known well: what begins by a first guess has to be corrected where it is heard.
    pub(super) fn server_us(&self, at: Instant) -> Option<i64> {
        self.lock().link.as_ref()?.server_us(at)
    }

    /// It comes over this connection from now on.
    pub(super) fn connected(&self, connection: &LiveConnection) {
        self.lock().connected(Arc::clone(&connection.clock), connection.stats.clone());
    }

    /// The connection was left; what it knew of the time stays.
    pub(super) fn disconnected(&self) {
        let mut state = self.lock();
        let is_udp = state.is_udp();
        state.bytes_before = state.bytes();
        if let Some(link) = &mut state.link {
            link.stats = watch::channel(LinkStats { is_udp, ..LinkStats::default() }).1;
        }
    }

    pub(super) fn set_paused(&self, is_paused: bool) {
        let mut state = self.lock();
        if state.is_paused && !is_paused {
            state.resumed();
        }
        state.is_paused = is_paused;
    }

    /// How the source ended, once all of it was heard.
    pub(super) fn source_ended(&self) -> Result<(), String> {
        self.lock().source.clone().unwrap_or_else(|| Err("the connection to the class has ended.".to_owned()))
    }

    /// The listener ends.
    pub(super) fn end(&self, how: Result<(), String>) {
        self.lock().over.get_or_insert(how);
        (self.changed)();
    }

    /// How long after its capture it is heard, in microseconds.
    pub(super) fn lag_us(&self) -> i64 {
        let state = self.lock();
        i64::from(self.in_step.lag_us()) + state.behind_us + state.trim_us
    }

    pub(super) fn is_udp(&self) -> bool {
        self.lock().is_udp()
    }

    pub(super) fn report(&self) -> ListenReport {
        let lag_us = self.lag_us();
        let state = self.lock();
        let counts = &state.counts;
        let concealed = counts.concealed;
        let reason = match &state.over {
            Some(Err(why)) => Some(why.clone()),
            _ if state.left_out > 0 && !state.pauses.is_empty() => {
                Some(format!("the pause was longer than what is held for it: {} packets were left out, so it went on later in the file", state.left_out))
            }
            _ if concealed * 100 > counts.played => Some(format!("the line did not carry everything in time: {concealed} packets were bridged")),
            _ => state.silent.as_ref().map(ToString::to_string),
        };
        ListenReport {
            packets: Packets { played: counts.played, concealed, left_out: state.left_out },
            underruns: counts.underruns,
            jumps: counts.jumps,
            room_skew_ms: Percentiles::with_p99(&counts.skew),
            lag_ms: lag_us as f64 / 1_000.0,
            behind_ms: state.behind_us as f64 / 1_000.0,
            pauses: state.pauses.clone(),
            bytes: state.bytes(),
            transport: if state.is_udp() { "udp" } else { "tcp" },
            device: state.device.clone(),
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that was told so often that the server is at `server_us` when this machine is at its begin.
    fn told(server_us: u64, times: u64) -> Arc<ServerClock> {
        let clock = ServerClock::default();
        for _ in 0..times {
            let sent_us = clock.stamp_us();
            clock.answered(sent_us, server_us + sent_us);
        }
        Arc::new(clock)
    }

    fn after_a_pause(before: &Arc<ServerClock>, since: &Arc<ServerClock>) -> Option<i64> {
        let mut state = State::default();
        for clock in [before, since] {
            state.connected(Arc::clone(clock), watch::channel(LinkStats::default()).1);
        }
        state.link.and_then(|link| link.server_us(Instant::now()))
    }

    #[test]
    fn what_was_known_of_the_time_before_a_pause_holds_if_the_server_is_the_same() {
        let settled = told(10_000_000, 200);
        assert!(settled.is_settled());
        let here = settled.server_us(Instant::now()).expect("time");
        let other = told(90_000_000, 1);
        assert!(!other.is_settled());
        assert_eq!(after_a_pause(&settled, &other), None, "another start of the server");
        assert_eq!(after_a_pause(&settled, &told(here, 0)), None, "nothing was answered yet");
        assert!(after_a_pause(&settled, &told(here, 1)).is_some(), "one answer that says the same");
        assert_eq!(after_a_pause(&told(here, 1), &told(here, 1)), None, "neither is known well");
    }
}
