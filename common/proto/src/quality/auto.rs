//! `auto`: which rung the next segment is fetched in, and why not a higher one.
//!
//! ```text
//! bytes and times → throughput ┐
//! decode times ────────────────┤
//! share of the room's budget ──┼→ caps → hysteresis upward, at once downward → Choice
//! area of the picture ─────────┤
//! buffer, sizes to come ───────┘
//! ```
//! The shape is that of dash.js' DYNAMIC (Spiteri, Sitaraman, Sparacio: *From Theory to Practice*, MMSys 2018): the
//! throughput decides, with the more of it believed the more is buffered, as BBA (Huang et al., SIGCOMM 2014) and BOLA
//! (Spiteri, Urgaonkar, Sitaraman, INFOCOM 2016) let the buffer decide. Upward goes one rung at a time, and with a thin
//! margin only after a wait that grows with each failure: FESTIVE (Jiang, Sekar, Zhang, CoNEXT 2012) and PANDA (Li et
//! al., JSAC 2014), so that viewers who share a line do not chase one another. A segment that would come too late is
//! given up for a lower one, as in dash.js' AbandonRequestsRule. Pure: no clock, no socket, no chance.

use std::time::Duration;

use super::throughput::Throughput;
use crate::rung::PictureSize;

/// Share of the estimate that a rung may need to be taken, and to be kept, with a comfortable buffer; with an empty one
/// half of it. Between the two lies the hysteresis.
const TAKE: f64 = 0.8;
const KEEP: f64 = 0.95;
/// A buffer from which the whole of these counts.
const COMFORT: Duration = Duration::from_secs(6);
/// With twice that a rung is kept on a line that is a little too slow for it: the buffer carries the dense scenes.
const KEEP_FULL: f64 = 1.15;
/// An estimate so many times what the next rung needs is a wide margin: no wait after a first failure. After a second one
/// it is known to deceive: others share the line, and were silent while this viewer measured.
const WIDE: f64 = 1.6;
/// Waits before a rung is tried again that was given up, with a thin margin.
const RETRY_FIRST: Duration = Duration::from_secs(8);
const RETRY_LONGEST: Duration = Duration::from_secs(120);
/// Failures nearer to one another than this are one.
const SAME_FAILURE: Duration = Duration::from_secs(4);
/// A failure is forgiven after so many waits.
const FORGIVEN: u32 = 16;
/// Share of a picture's time that its decoding may take, predicted for a rung to be taken, measured to be kept.
const DECODE_TAKE: f64 = 0.6;
const DECODE_KEEP: f64 = 0.9;
/// A rung may be larger than the picture's area by this factor an edge, in a window and in full screen.
const AREA: f64 = 1.5;
const AREA_FULL: f64 = 2.0;
/// A fetch is judged after this long.
const JUDGED_AFTER: Duration = Duration::from_millis(400);
/// What is held in a lower rung is fetched again only if that takes at most this share of the time until it is shown.
const REPLACE: f64 = 0.4;

/// What kept the rung from being higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// It is the highest.
    Nothing,
    /// Nothing is known yet, or the next rung is about to be tried.
    Starting,
    /// The line between the server and this machine.
    Line,
    /// This viewer's share of the room's bandwidth.
    Share,
    /// This machine's decoding.
    Decoder,
    /// More would not be seen in the window.
    Picture,
}

/// A rung, by its place in the video's ladder, and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    pub rung: usize,
    pub limit: Limit,
}

/// Where the picture is shown, in physical pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    pub size: PictureSize,
    pub full_screen: bool,
}

/// What is known when a segment is to be fetched.
#[derive(Debug, Clone, Copy)]
pub struct Outlook<'a> {
    pub now: Duration,
    /// Media that is held ahead of what is shown.
    pub buffer: Duration,
    /// Bits a second that each rung needs for what comes next, sound included, lowest rung first.
    pub needs_bps: &'a [u64],
    /// This viewer's share of the room's bandwidth, if it has one.
    pub share_bps: Option<u64>,
    pub area: Option<Area>,
}

/// How far a fetch is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    pub rung: usize,
    pub bytes: u64,
    pub received: u64,
    pub since_request: Duration,
    /// Until the segment is to be shown.
    pub due_in: Duration,
    /// Media in it.
    pub length: Duration,
}

/// Decides for one viewer of one video.
#[derive(Debug, Clone)]
pub struct Auto {
    sizes: Vec<PictureSize>,
    /// Decoding's share of a picture's time by rung, measured.
    loads: Vec<Option<f64>>,
    /// What comes is told to it.
    pub throughput: Throughput,
    current: Choice,
    begun: bool,
    /// For each rung: when it was last given up for the line, and the wait before it is tried with a thin margin.
    given_up: Vec<Option<(Duration, Duration)>>,
}

impl Auto {
    /// For a video whose rungs have these sizes, lowest first; it begins in the middle.
    #[must_use]
    pub fn new(sizes: Vec<PictureSize>) -> Self {
        let n = sizes.len();
        let current = Choice { rung: n.saturating_sub(1) / 2, limit: Limit::Starting };
        Self { sizes, loads: vec![None; n], throughput: Throughput::default(), current, begun: false, given_up: vec![None; n] }
    }

    /// The last decision.
    #[must_use]
    pub fn current(&self) -> Choice {
        self.current
    }

    /// Decoding took `busy` for pictures that are shown for `shown`.
    pub fn decoded(&mut self, rung: usize, busy: Duration, shown: Duration) {
        let Some(load) = self.loads.get_mut(rung).filter(|_| !shown.is_zero()) else { return };
        let now = busy.as_secs_f64() / shown.as_secs_f64();
        *load = Some(load.map_or(now, |old| old * 0.7 + now * 0.3));
    }

    /// Decides on the next segment.
    pub fn choose(&mut self, outlook: &Outlook<'_>) -> Choice {
        let top = self.sizes.len().saturating_sub(1);
        let estimate = self.throughput.estimate_bps(outlook.now);
        let before = self.current.rung;
        let caps = [
            (Limit::Share, outlook.share_bps.map_or(top, |bps| self.share_cap(outlook, bps))),
            (Limit::Line, estimate.map_or(before, |bps| self.line_cap(outlook, bps))),
            (Limit::Decoder, self.decoder_cap()),
            (Limit::Picture, outlook.area.map_or(top, |a| self.area_cap(a))),
        ];
        // Of equal caps the first is told: a server that keeps a budget makes the line look like the share.
        let (limit, cap) = caps.into_iter().min_by_key(|(_, cap)| *cap).unwrap_or((Limit::Nothing, top));
        let limit = match limit {
            _ if cap == top => Limit::Nothing,
            Limit::Line if estimate.is_none() => Limit::Starting,
            limit => limit,
        };
        self.current = if cap < before {
            if limit == Limit::Line && self.begun {
                self.note_failure(cap + 1..=before, outlook.now);
            }
            Choice { rung: cap, limit }
        } else if cap > before && estimate.is_some() {
            let rung = before + 1;
            Choice { rung, limit: if rung == cap { limit } else { Limit::Starting } }
        } else {
            Choice { rung: before, limit }
        };
        self.begun = true;
        self.current
    }

    fn note_failure(&mut self, rungs: std::ops::RangeInclusive<usize>, now: Duration) {
        for given_up in self.given_up.get_mut(rungs).into_iter().flatten() {
            let wait = match given_up {
                // The same trouble, seen twice.
                Some((at, wait)) if now.saturating_sub(*at) < SAME_FAILURE => *wait,
                Some((at, wait)) if now.saturating_sub(*at) < FORGIVEN * *wait => (*wait * 2).min(RETRY_LONGEST),
                _ => RETRY_FIRST,
            };
            *given_up = Some((now, wait));
        }
    }

    /// The highest rung that the line carries.
    fn line_cap(&self, outlook: &Outlook<'_>, estimate_bps: u64) -> usize {
        let buffered = outlook.buffer.as_secs_f64() / COMFORT.as_secs_f64();
        let trust = 0.5 + 0.5 * buffered.min(1.0);
        let keep = KEEP + (KEEP_FULL - KEEP) * (buffered - 1.0).clamp(0.0, 1.0);
        let estimate = estimate_bps as f64;
        highest(self.sizes.len().saturating_sub(1), |rung| {
            let need = need(outlook, rung) as f64;
            if rung <= self.current.rung {
                return need <= estimate * keep * trust;
            }
            let is_wide = need * WIDE <= estimate;
            let waited = self.given_up[rung].is_none_or(|(at, wait)| outlook.now.saturating_sub(at) >= wait || (is_wide && wait == RETRY_FIRST));
            need <= estimate * TAKE * trust && waited
        })
    }

    /// The highest rung that the share covers; a rung is kept through scenes that are a little above it.
    fn share_cap(&self, outlook: &Outlook<'_>, share_bps: u64) -> usize {
        highest(self.sizes.len().saturating_sub(1), |rung| {
            let share = if rung <= self.current.rung && self.begun { share_bps as f64 * KEEP_FULL } else { share_bps as f64 };
            need(outlook, rung) as f64 <= share
        })
    }

    fn decoder_cap(&self) -> usize {
        highest(self.sizes.len().saturating_sub(1), |rung| match self.loads[rung] {
            Some(load) => load <= if rung <= self.current.rung { DECODE_KEEP } else { DECODE_TAKE },
            None => self.predicted_load(rung).is_none_or(|load| load <= DECODE_TAKE),
        })
    }

    /// By the pixels of the highest lower rung that was measured.
    fn predicted_load(&self, rung: usize) -> Option<f64> {
        let pixels = |r: usize| self.sizes.get(r).map_or(1.0, |s| (f64::from(s.width) * f64::from(s.height)).max(1.0));
        let (lower, load) = (0..rung).rev().find_map(|r| self.loads[r].map(|load| (r, load)))?;
        Some(load * pixels(rung) / pixels(lower))
    }

    fn area_cap(&self, area: Area) -> usize {
        let factor = if area.full_screen { AREA_FULL } else { AREA };
        let fits = |have: u32, shown: u32| f64::from(have) <= f64::from(shown) * factor;
        // A picture is fitted into the area: the edge that touches decides.
        highest(self.sizes.len().saturating_sub(1), |r| fits(self.sizes[r].width, area.size.width) || fits(self.sizes[r].height, area.size.height))
    }

    /// Whether a fetch should be given up, and for which lower rung: it would come too late, or take so long that the
    /// buffer goes down by more than the segment holds, and that one comes sooner.
    #[must_use]
    pub fn abandon(&self, progress: &Progress, sizes_bytes: &[u64]) -> Option<usize> {
        if progress.since_request < JUDGED_AFTER || progress.rung == 0 {
            return None;
        }
        let rate = progress.received as f64 / progress.since_request.as_secs_f64();
        let left = progress.bytes.saturating_sub(progress.received) as f64;
        let (due, length) = (progress.due_in.as_secs_f64(), progress.length.as_secs_f64());
        if left <= rate * due.min(2.0 * length) {
            return None;
        }
        // The highest that comes in its own time; else the lowest, if it is less than what is left.
        let bytes = |r: usize| sizes_bytes.get(r).copied().unwrap_or(u64::MAX) as f64;
        let fits = (0..progress.rung).rev().find(|r| bytes(*r) <= rate * due.min(length) * KEEP);
        fits.filter(|r| bytes(*r) < left).or_else(|| (bytes(0) < left).then_some(0))
    }

    /// Goes down at once, because a fetch in a higher rung was given up.
    pub fn give_up(&mut self, progress: &Progress, to: usize, now: Duration) {
        self.throughput.fall_to(progress.received as f64 * 8.0 / progress.since_request.as_secs_f64().max(0.001));
        if to < self.current.rung {
            self.note_failure(to + 1..=self.current.rung, now);
            self.current = Choice { rung: to, limit: Limit::Line };
        }
    }

    /// Whether a segment that is held in a lower rung should be fetched again in the chosen one, `bytes` long: there is
    /// buffer to spare, and it comes long before it is shown.
    #[must_use]
    pub fn replaces(&self, held: usize, bytes: u64, due_in: Duration, buffer: Duration, now: Duration) -> bool {
        let Some(estimate) = self.throughput.estimate_bps(now).filter(|_| buffer >= COMFORT) else { return false };
        held < self.current.rung && bytes as f64 * 8.0 <= estimate as f64 * due_in.as_secs_f64() * REPLACE
    }
}

fn need(outlook: &Outlook<'_>, rung: usize) -> u64 {
    outlook.needs_bps.get(rung).copied().unwrap_or(u64::MAX)
}

/// The highest place up to `top` from which on down everything fits; 0 in any case.
fn highest(top: usize, fits: impl Fn(usize) -> bool) -> usize {
    (1..=top).take_while(|r| fits(*r)).last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: [u64; 4] = [250_000, 800_000, 2_600_000, 8_100_000];

    fn auto() -> Auto {
        Auto::new([(256, 144), (640, 360), (1280, 720), (2560, 1440)].map(|(width, height)| PictureSize { width, height }).to_vec())
    }

    fn s(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    /// A line of so many bits a second was measured just before `now`.
    fn measured(auto: &mut Auto, now: Duration, bps: u64) {
        auto.throughput = Throughput::default();
        auto.throughput.begin(now.saturating_sub(s(1)));
        auto.throughput.received(now, bps / 8);
        auto.throughput.end(now);
    }

    fn at(now: u64) -> Outlook<'static> {
        Outlook { now: s(now), buffer: s(15), needs_bps: &NEEDS, share_bps: None, area: None }
    }

    #[test]
    fn begins_in_the_middle_and_rises_one_rung_at_a_time() {
        let mut auto = auto();
        assert_eq!(auto.choose(&at(0)), Choice { rung: 1, limit: Limit::Starting });
        measured(&mut auto, s(1), 100_000_000);
        assert_eq!(auto.choose(&at(1)).rung, 2);
        assert_eq!(auto.choose(&at(1)), Choice { rung: 3, limit: Limit::Nothing });
    }

    #[test]
    fn each_limit_is_told() {
        let check = |bps: u64, outlook: Outlook<'_>, load: f64, want: (usize, Limit)| {
            let mut auto = auto();
            auto.decoded(1, Duration::from_secs_f64(load), s(1));
            measured(&mut auto, s(1), bps);
            let mut choice = auto.choose(&outlook);
            for _ in 0..3 {
                choice = auto.choose(&outlook);
            }
            assert_eq!((choice.rung, choice.limit), want, "{bps} {outlook:?} {load}");
        };
        let window = |width, height, full_screen| Some(Area { size: PictureSize { width, height }, full_screen });
        check(100_000_000, at(1), 0.01, (3, Limit::Nothing));
        check(5_000_000, at(1), 0.01, (2, Limit::Line));
        check(100_000_000, Outlook { share_bps: Some(3_000_000), ..at(1) }, 0.01, (2, Limit::Share));
        check(100_000_000, at(1), 0.1, (2, Limit::Decoder));
        check(100_000_000, Outlook { area: window(900, 600, false), ..at(1) }, 0.01, (2, Limit::Picture));
        check(100_000_000, Outlook { area: window(1366, 768, false), ..at(1) }, 0.01, (2, Limit::Picture));
        check(100_000_000, Outlook { area: window(1366, 768, true), ..at(1) }, 0.01, (3, Limit::Nothing));
        check(100, at(1), 5.0, (0, Limit::Line));
    }

    #[test]
    fn an_empty_buffer_believes_half() {
        let mut auto = auto();
        measured(&mut auto, s(1), 4_000_000);
        let thin = Outlook { buffer: Duration::ZERO, ..at(1) };
        assert_eq!(auto.choose(&thin).rung, 1);
        assert_eq!(auto.choose(&at(1)).rung, 2);
    }

    #[test]
    fn what_failed_is_tried_later_unless_the_margin_is_wide() {
        let mut auto = auto();
        measured(&mut auto, s(1), 3_500_000);
        assert_eq!(auto.choose(&at(1)).rung, 2);
        measured(&mut auto, s(3), 1_000_000);
        assert_eq!(auto.choose(&at(3)).rung, 1, "at once");
        measured(&mut auto, s(5), 3_500_000);
        assert_eq!(auto.choose(&at(5)).rung, 1, "a thin margin waits");
        measured(&mut auto, s(6), 20_000_000);
        assert_eq!(auto.choose(&at(6)).rung, 2, "a wide one does not");
        measured(&mut auto, s(7), 1_000_000);
        auto.choose(&at(7));
        measured(&mut auto, s(17), 3_500_000);
        assert_eq!(auto.choose(&at(17)).rung, 1, "the second wait is longer");
        measured(&mut auto, s(25), 3_500_000);
        assert_eq!(auto.choose(&at(25)).rung, 2);
    }

    #[test]
    fn a_segment_that_would_come_too_late_is_given_up_for_one_that_does_not() {
        let sizes = [60_000, 200_000, 650_000, 2_000_000];
        let progress = |received, due_in| Progress { rung: 3, bytes: 2_000_000, received, since_request: s(1), due_in: s(due_in), length: s(2) };
        let auto = auto();
        assert_eq!(auto.abandon(&progress(1_000_000, 2), &sizes), None, "in time");
        assert_eq!(auto.abandon(&progress(400_000, 3), &sizes), Some(2));
        assert_eq!(auto.abandon(&progress(200_000, 14), &sizes), Some(1), "in time, but the buffer goes down");
        assert_eq!(auto.abandon(&progress(200_000, 0), &sizes), Some(0));
        assert_eq!(auto.abandon(&Progress { since_request: Duration::from_millis(100), ..progress(1_000, 0) }, &sizes), None, "too early to tell");
        let nearly = Progress { received: 1_950_000, ..progress(0, 0) };
        assert_eq!(auto.abandon(&nearly, &sizes), None, "nothing is sooner than the little that is left");
    }

    #[test]
    fn no_rung_and_one_rung_are_no_trouble() {
        for n in [0, 1] {
            let mut auto = Auto::new(vec![PictureSize { width: 2, height: 2 }; n]);
            assert_eq!(auto.choose(&at(0)).rung, 0);
            measured(&mut auto, s(1), 1_000_000);
            assert_eq!(auto.choose(&at(1)).rung, 0);
            auto.decoded(0, s(1), s(1));
            auto.give_up(&Progress { rung: 0, bytes: 1, received: 0, since_request: s(1), due_in: s(0), length: s(2) }, 0, s(2));
        }
    }
}
