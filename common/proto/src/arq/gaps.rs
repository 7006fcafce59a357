//! The window of a selective-repeat receiver: what came out of order is held, what is missing in between are holes.
//!
//! ```text
//!            next                                end
//!   ... given | hole | held | held | hole | held | not seen yet ...
//! ```
//!
//! A file's transfer ([`super::Receiver`]) waits for a hole as long as it takes; live media ([`crate::live::receive`]) asks for it and
//! gives it up when it would come too late. Both are this window with another mark on its holes.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::ops::Range;

/// Packets of type `T` from `next` to `end`; whatever is missing between has a mark of type `M`, unless it was never expected.
#[derive(Debug)]
pub struct Gaps<T, M> {
    next: u64,
    /// What is held, from `next` on.
    held: VecDeque<Option<T>>,
    count: usize,
    holes: BTreeMap<u64, M>,
}

impl<T, M: Copy> Gaps<T, M> {
    /// Nothing held; `next` is awaited.
    #[must_use]
    pub const fn new(next: u64) -> Self {
        Self { next, held: VecDeque::new(), count: 0, holes: BTreeMap::new() }
    }

    /// What is awaited: all before it was given or given up.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// One past the last that is held or known to be missing.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.next + self.held.len() as u64
    }

    /// How many are held.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.count
    }

    /// Whether nothing is held.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn at(&self, nth: u64) -> Option<usize> {
        usize::try_from(nth.checked_sub(self.next)?).ok()
    }

    /// What is held in this place.
    #[must_use]
    pub fn get(&self, nth: u64) -> Option<&T> {
        self.held.get(self.at(nth)?)?.as_ref()
    }

    /// Where the first one lies that is held.
    #[must_use]
    pub fn first_held(&self) -> Option<u64> {
        (self.count > 0).then(|| self.held.iter().position(Option::is_some)).flatten().map(|at| self.next + at as u64)
    }

    /// Moves the end to `end`; what lies between is missing and gets this mark, or is not expected at all. Time is linear in the number of
    /// places, so that the caller bounds how far it goes.
    pub fn extend(&mut self, end: u64, mark: Option<M>) {
        while self.end() < end {
            if let Some(mark) = mark {
                self.holes.insert(self.end(), mark);
            }
            self.held.push_back(None);
        }
    }

    /// Holds what came in this place, which is made the last one when it lies behind the end (see [`Self::extend`] for what then lies
    /// between). Gives the mark of the hole that it fills; nothing happens before `next`. What was held there goes.
    pub fn hold(&mut self, nth: u64, item: T) -> Option<M> {
        let at = self.at(nth)?;
        if at == self.held.len() {
            self.held.push_back(Some(item));
            self.count += 1;
            return None;
        }
        self.extend(nth + 1, None);
        if self.held[at].replace(item).is_none() {
            self.count += 1;
        }
        self.holes.remove(&nth)
    }

    /// Takes what is next, when it is held.
    pub fn pop(&mut self) -> Option<T> {
        let item = self.held.front_mut()?.take()?;
        self.held.pop_front();
        (self.next, self.count) = (self.next + 1, self.count - 1);
        Some(item)
    }

    /// Goes on at `next`: what lies before it is given up, or is given now: what of it was held, in order.
    pub fn skip_to(&mut self, next: u64) -> std::vec::IntoIter<T> {
        let places = self.at(next).unwrap_or_default();
        if self.holes.first_key_value().is_some_and(|(&hole, _)| hole < next) {
            self.holes = self.holes.split_off(&next);
        }
        self.next = self.next.max(next);
        let gone: Vec<T> = self.held.drain(..places.min(self.held.len())).flatten().collect();
        self.count -= gone.len();
        gone.into_iter()
    }

    /// The mark of a hole.
    #[must_use]
    pub fn hole(&self, nth: u64) -> Option<&M> {
        self.holes.get(&nth)
    }

    /// Takes the mark of a hole away: it is not expected any more.
    pub fn forget(&mut self, nth: u64) -> Option<M> {
        self.holes.remove(&nth)
    }

    /// All holes, in order.
    pub fn holes(&self) -> impl Iterator<Item = (u64, &M)> {
        self.holes.iter().map(|(&nth, mark)| (nth, mark))
    }

    /// The holes of some places, in order.
    pub fn holes_in(&self, places: Range<u64>) -> impl Iterator<Item = (u64, &M)> {
        self.holes.range(places).map(|(&nth, mark)| (nth, mark))
    }

    /// All holes, in order, their marks to be changed.
    pub fn holes_mut(&mut self) -> impl Iterator<Item = (u64, &mut M)> {
        self.holes.iter_mut().map(|(&nth, mark)| (nth, mark))
    }

    /// The places around `nth` between its neighbouring holes, where all are expected. O(log n).
    #[must_use]
    pub fn run_around(&self, nth: u64) -> Range<u64> {
        let first = self.holes.range(..nth).next_back().map_or(self.next, |(&hole, _)| hole + 1);
        first..self.holes.range(nth..).next().map_or_else(|| self.end(), |(&hole, _)| hole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_came_out_of_order_is_held_until_its_turn() {
        let mut gaps = Gaps::new(10);
        gaps.extend(12, Some("missing"));
        assert_eq!(gaps.hold(12, 'c'), None);
        assert_eq!((gaps.pop(), gaps.end(), gaps.held(), gaps.first_held()), (None, 13, 1, Some(12)));
        assert_eq!(gaps.holes().map(|(nth, _)| nth).collect::<Vec<_>>(), [10, 11]);
        assert_eq!(gaps.hold(10, 'a'), Some("missing"));
        assert_eq!((gaps.pop(), gaps.pop(), gaps.next()), (Some('a'), None, 11));
        assert_eq!(gaps.run_around(12), 12..13);
        assert_eq!(gaps.hold(11, 'b'), Some("missing"));
        assert_eq!((gaps.pop(), gaps.pop(), gaps.pop(), gaps.next()), (Some('b'), Some('c'), None, 13));
        assert_eq!(gaps.hold(12, 'x'), None, "it was given");
        assert!(gaps.is_empty());
    }

    proptest! {
        /// Beside a plain map and set.
        #[test]
        fn it_is_a_map_of_what_came_and_a_set_of_what_is_missing(steps in prop::collection::vec((0_u8..4, 0_u64..40), 0..200)) {
            let (mut gaps, mut held, mut holes, mut next, mut end) = (Gaps::new(0), BTreeMap::new(), BTreeMap::new(), 0_u64, 0_u64);
            for (step, (kind, place)) in steps.into_iter().enumerate() {
                match kind {
                    0 | 1 => {
                        let nth = next + place;
                        gaps.extend(nth, Some(step));
                        holes.extend((end..nth).map(|hole| (hole, step)));
                        end = end.max(nth + 1);
                        prop_assert_eq!(gaps.hold(nth, step), holes.remove(&nth));
                        held.insert(nth, step);
                    }
                    2 => {
                        let want = held.remove(&next);
                        next += u64::from(want.is_some());
                        prop_assert_eq!(gaps.pop(), want);
                    }
                    _ => {
                        next += place / 4;
                        end = end.max(next);
                        let rest = held.split_off(&next);
                        let gone: Vec<_> = std::mem::replace(&mut held, rest).into_values().collect();
                        holes = holes.split_off(&next);
                        prop_assert_eq!(gaps.skip_to(next).collect::<Vec<_>>(), gone);
                    }
                }
                prop_assert_eq!((gaps.next(), gaps.end(), gaps.held()), (next, end, held.len()));
                prop_assert_eq!(gaps.first_held(), held.keys().next().copied());
                prop_assert_eq!(gaps.holes().map(|(nth, mark)| (nth, *mark)).collect::<BTreeMap<_, _>>(), holes.clone());
                for nth in next..end {
                    prop_assert_eq!(gaps.get(nth), held.get(&nth));
                    if held.contains_key(&nth) {
                        let run = gaps.run_around(nth);
                        prop_assert!(run.contains(&nth) && run.clone().all(|n| held.contains_key(&n)));
                        prop_assert!(!held.contains_key(&run.end) && (run.start == next || !held.contains_key(&(run.start - 1))));
                    }
                }
            }
        }
    }
}
