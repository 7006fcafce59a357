//! The space-time diagram of a run: time goes down, the sender is on the left, the receiver on the right, every packet a slanting line or,
//! where it takes its time on the line, a slanting band.
//!
//! Here it is figures without colours and pixels, so that the window and the exported picture ([`svg`]) draw the same.

pub mod svg;

use std::time::Duration;

use super::channel::Fate;
use super::scenario::Direction;
use super::trace::{Passage, Trace};
use crate::arq::Taken;

/// Across, 0 is the sender and 1 the receiver; what lies outside is beside them. Down it is seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct At {
    pub x: f64,
    pub t: f64,
}

/// What a figure is of, which says its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ink {
    Data,
    Again,
    Ack,
    Lost,
    TimeOut,
}

/// Which packet a figure belongs to: direction, and how many went before it.
pub type Which = (Direction, u64);

/// One figure.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// A packet with a length: corners in order.
    Band { corners: [At; 4], ink: Ink, which: Which },
    /// A packet without, or an acknowledgement; with a head where it arrives.
    Arrow { from: At, to: At, ink: Ink, head: bool, which: Which },
    /// Where a packet was lost.
    Cross { at: At, which: Which },
    /// A sender's wait from a transmission to its time-out, drawn `lane` steps left of the sender.
    Wait { from: f64, to: f64, lane: usize, nth: u64 },
    /// The number on a packet.
    Number { at: At, ink: Ink, number: u32, which: Which },
    /// What the receiver does.
    Note { t: f64, note: Note },
}

/// Words beside the receiver, in any language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    Deliver { from: u64, count: u64 },
    Keep(u64),
    Discard(u64),
    Duplicate(u64),
    Damaged(u64),
}

/// How far a lost packet comes.
const LOST_AT: f64 = 0.56;

impl At {
    fn new(x: f64, t: Duration) -> Self {
        Self { x, t: t.as_secs_f64() }
    }

    fn towards(self, other: Self, share: f64) -> Self {
        Self { x: self.x + (other.x - self.x) * share, t: self.t + (other.t - self.t) * share }
    }
}

/// The figures of all that is seen from one moment to another, those behind others first.
#[must_use]
pub fn figures(trace: &Trace, from: Duration, to: Duration) -> Vec<Figure> {
    let mut figures = Vec::new();
    let in_view = |p: &&Passage| p.way.begins <= to && p.way.arrives.max(p.way.ends) >= from;
    for passage in trace.passages.iter().filter(in_view) {
        match passage.direction {
            Direction::Data => data(passage, &mut figures),
            Direction::Acks => ack(passage, &mut figures),
        }
    }
    waits(trace, from, to, &mut figures);
    // What is thin lies over what is wide.
    figures.sort_by_key(|figure| !matches!(figure, Figure::Band { .. }));
    figures
}

fn which(passage: &Passage) -> Which {
    (passage.direction, passage.packet)
}

fn is_lost(fate: Fate) -> bool {
    matches!(fate, Fate::Lost | Fate::Killed | Fate::Dropped)
}

fn data(passage: &Passage, figures: &mut Vec<Figure>) {
    let (way, which) = (passage.way, which(passage));
    let ink = match way.fate {
        Fate::Arrives if passage.again => Ink::Again,
        Fate::Arrives => Ink::Data,
        _ => Ink::Lost,
    };
    let reach = if is_lost(way.fate) { LOST_AT } else { 1.0 };
    let long = way.ends - way.begins;
    // Its beginning is there as much earlier than its end as it was here.
    let (first, last) = (At::new(0.0, way.begins), At::new(0.0, way.ends));
    let first_to = first.towards(At::new(1.0, way.arrives.saturating_sub(long)), reach);
    let last_to = last.towards(At::new(1.0, way.arrives), reach);
    if long.is_zero() {
        figures.push(Figure::Arrow { from: last, to: last_to, ink, head: reach == 1.0, which });
    } else {
        figures.push(Figure::Band { corners: [first, first_to, last_to, last], ink, which });
    }
    let middle = |share: f64| first.towards(first_to, share).towards(last.towards(last_to, share), 0.5);
    figures.push(Figure::Number { at: middle(if is_lost(way.fate) { 0.18 } else { 0.1 }), ink, number: passage.sequence.0, which });
    if is_lost(way.fate) {
        figures.push(Figure::Cross { at: At { x: LOST_AT + 0.04, ..first_to.towards(last_to, 0.5) }, which });
        return;
    }
    let t = way.arrives.as_secs_f64();
    let note = match passage.taken {
        _ if way.fate == Fate::Damaged => Some(Note::Damaged(passage.nth)),
        Some(Taken::Delivered { from, count }) => Some(Note::Deliver { from, count }),
        Some(Taken::Kept(nth)) => Some(Note::Keep(nth)),
        Some(Taken::Duplicate) => Some(Note::Duplicate(passage.nth)),
        Some(Taken::Discarded) => Some(Note::Discard(passage.nth)),
        None => None,
    };
    figures.extend(note.map(|note| Figure::Note { t, note }));
}

fn ack(passage: &Passage, figures: &mut Vec<Figure>) {
    let (way, which) = (passage.way, which(passage));
    let (from, to) = (At::new(1.0, way.begins), At::new(0.0, way.arrives));
    if is_lost(way.fate) {
        let to = from.towards(to, LOST_AT - 0.06);
        figures.push(Figure::Arrow { from, to, ink: Ink::Lost, head: false, which });
        figures.push(Figure::Cross { at: to, which });
    } else {
        let ink = if way.fate == Fate::Damaged { Ink::Lost } else { Ink::Ack };
        figures.push(Figure::Arrow { from, to, ink, head: true, which });
    }
}

/// Waits that overlap lie beside each other.
fn waits(trace: &Trace, from: Duration, to: Duration, figures: &mut Vec<Figure>) {
    let mut busy: Vec<f64> = Vec::new();
    let mut expiries: Vec<_> = trace.expiries.iter().filter(|e| e.sent <= to && e.at >= from).collect();
    expiries.sort_by_key(|e| e.sent);
    for expiry in expiries {
        let (begins, ends) = (expiry.sent.as_secs_f64(), expiry.at.as_secs_f64());
        let lane = busy.iter().position(|until| *until <= begins).unwrap_or(busy.len());
        match busy.get_mut(lane) {
            Some(until) => *until = ends,
            None => busy.push(ends),
        }
        figures.push(Figure::Wait { from: begins, to: ends, lane, nth: expiry.nth });
    }
}

/// A round step for a scale of time: 1, 2 or 5 times a power of ten, at most `most` of them.
#[must_use]
pub fn step(span: f64, most: u32) -> f64 {
    let least = (span / f64::from(most.max(1))).max(1e-9);
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::super::{Action, Scenario, Simulation};
    use super::*;

    fn trace(scenario: &Scenario) -> Trace {
        let mut run = Simulation::new(scenario, true).expect("a run");
        run.finish();
        run.trace().expect("traced").clone()
    }

    #[test]
    fn every_packet_has_its_figure_and_every_loss_its_cross() {
        let mut scenario = Scenario::example();
        scenario.intervene(Direction::Data, 2, Some(Action::Kill));
        let trace = trace(&scenario);
        let figures = figures(&trace, Duration::ZERO, Duration::MAX);
        let bands = figures.iter().filter(|f| matches!(f, Figure::Band { .. })).count();
        let arrows = figures.iter().filter(|f| matches!(f, Figure::Arrow { .. })).count();
        assert_eq!(bands + arrows, trace.passages.len());
        assert!(figures[..bands].iter().all(|f| matches!(f, Figure::Band { .. })), "they are behind all others");
        let crosses = figures.iter().filter(|f| matches!(f, Figure::Cross { .. })).count();
        assert_eq!(crosses, trace.passages.iter().filter(|p| is_lost(p.way.fate)).count());
        assert_eq!(figures.iter().filter(|f| matches!(f, Figure::Wait { .. })).count(), trace.expiries.len());
        let delivered: u64 = figures.iter().map(|f| if let Figure::Note { note: Note::Deliver { count, .. }, .. } = f { *count } else { 0 }).sum();
        assert_eq!(delivered, 12);
    }

    #[test]
    fn what_is_out_of_sight_is_not_drawn() {
        let trace = trace(&Scenario::example());
        let all = figures(&trace, Duration::ZERO, Duration::MAX).len();
        let part = figures(&trace, Duration::from_millis(50), Duration::from_millis(60)).len();
        assert!(0 < part && part < all / 2, "{part} of {all}");
    }

    #[test]
    fn steps_are_round() {
        for (span, most, want) in [(0.3, 6, 0.05), (300.0, 6, 50.0), (1.0, 10, 0.1), (0.0, 5, 1e-9), (7.0, 3, 5.0)] {
            assert!((step(span, most) - want).abs() < 1e-9 * want.max(1.0), "{span}: {}", step(span, most));
        }
    }
}
