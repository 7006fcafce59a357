//! What is shown as the sheet, from what is found in one picture after another: nothing trembles, a hand does not move it, a sheet that
//! was really moved is followed. Time is an argument.

use super::find::Looked;
use super::quad::Quad;

/// As near as this the sheet lies where it lay, as a share of the diagonal; nearer still it has not moved at all.
const NEAR: f32 = 0.012;
const STILL: f32 = 0.003;
/// How much of a new place is believed, when nothing has moved, and when something may have.
const BELIEVE_STILL: f32 = 0.1;
const BELIEVE: f32 = 0.5;
/// Another place that is found again so near is the same; a sheet that is being moved moves this much between two looks at most.
const MOVING: f32 = 0.1;
/// So long another place must be found before it is believed: for the first, for one that follows, for one where the old place is still
/// good too.
const FIRST_US: u64 = 120_000;
const FOLLOW_US: u64 = 400_000;
const RIVAL_US: u64 = 900_000;
/// A rival of a place that is still good is better by this.
const RIVAL_BETTER: f32 = 0.1;
/// A sheet that was not seen for so long is gone.
const GONE_US: u64 = 4_000_000;
/// What is shown goes this part of its way with each picture.
const GLIDE: f32 = 0.3;
/// Nearer than this it is there.
const THERE: f32 = 0.0005;
/// The ratio of the sheet is another when it differs by this part.
const RATIO_OTHER: f32 = 0.05;

/// The sheet as it is followed.
#[derive(Debug, Default)]
pub(super) struct Steady {
    /// Where it is.
    place: Option<Quad>,
    /// Where it is shown, on its way to the place.
    shown: Option<Quad>,
    /// Width by height.
    ratio: f32,
    /// When it was seen last, in microseconds.
    seen_us: u64,
    /// Another place, since when, and where it was found last.
    rival: Option<(u64, Quad)>,
}

impl Steady {
    /// Where the sheet is.
    pub(super) fn place(&self) -> Option<Quad> {
        self.place
    }

    /// What is shown in the next picture, and its ratio of width to height.
    pub(super) fn next(&mut self) -> Option<(Quad, f32)> {
        let place = self.place?;
        let shown = self.shown.get_or_insert(place);
        *shown = if shown.distance(&place, 1.0) < THERE { place } else { shown.toward(&place, GLIDE) };
        Some((*shown, self.ratio))
    }

    /// Puts it somewhere, by order.
    pub(super) fn put(&mut self, place: Quad, aspect: f32) {
        self.place = Some(place);
        self.ratio = place.ratio(aspect);
        self.rival = None;
    }

    /// Forgets it.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Takes what a picture of this time shows.
    pub(super) fn saw(&mut self, now_us: u64, looked: &Looked, aspect: f32) {
        let Some(place) = self.place else {
            if let Some(found) = looked.found
                && self.persists(now_us, found.quad, FIRST_US, aspect)
            {
                self.put(found.quad, aspect);
                self.shown = None;
                self.seen_us = now_us;
            }
            return;
        };
        let found = looked.found.map(|f| (f.quad.like(&place, aspect), f.score));
        let near = |quad: &Quad| quad.distance(&place, aspect) <= NEAR;
        let followed = looked.followed.map(|f| (f.quad.like(&place, aspect), f.score)).filter(|(quad, _)| near(quad));
        if let Some((quad, score)) = followed.or(found.filter(|(quad, _)| near(quad))) {
            self.seen_us = now_us;
            let moved = quad.distance(&place, aspect);
            let place = place.toward(&quad, if moved < STILL { BELIEVE_STILL } else { BELIEVE });
            self.place = Some(place);
            let ratio = place.ratio(aspect);
            if (ratio / self.ratio - 1.0).abs() > RATIO_OTHER {
                self.ratio = ratio;
            }
            match found.filter(|(other, its)| !near(other) && *its > score + RIVAL_BETTER) {
                Some((other, _)) if self.persists(now_us, other, RIVAL_US, aspect) => self.put(other, aspect),
                Some(_) => {}
                None => self.rival = None,
            }
        } else if let Some((other, _)) = found {
            if self.persists(now_us, other, FOLLOW_US, aspect) {
                self.put(other, aspect);
                self.seen_us = now_us;
            }
        } else {
            self.rival = None;
            if now_us.saturating_sub(self.seen_us) > GONE_US {
                self.forget();
            }
        }
    }

    /// Whether another place was found for so long, each time near to where it was found before.
    fn persists(&mut self, now_us: u64, quad: Quad, needed_us: u64, aspect: f32) -> bool {
        let since = match self.rival {
            Some((since, last)) if quad.like(&last, aspect).distance(&last, aspect) < MOVING => since,
            _ => now_us,
        };
        self.rival = Some((since, quad));
        now_us.saturating_sub(since) >= needed_us
    }
}

#[cfg(test)]
mod tests {
    use super::super::find::Finding;
    use super::*;

    const ASPECT: f32 = 16.0 / 9.0;
    const EVERY_US: u64 = 150_000;
    const PAGE: Quad = Quad([[0.3, 0.1], [0.7, 0.1], [0.72, 0.9], [0.28, 0.9]]);

    fn moved(by: f32) -> Quad {
        Quad(PAGE.0.map(|[x, y]| [x + by, y]))
    }

    fn finding(quad: Quad) -> Option<Finding> {
        Some(Finding { quad, score: 0.8 })
    }

    /// What is seen at one place, also after what was followed before.
    fn at(quad: Quad) -> Looked {
        Looked { found: finding(quad), followed: None }
    }

    fn run(steady: &mut Steady, now_us: &mut u64, looks: u32, look: impl Fn(u32) -> Looked) -> Vec<Option<Quad>> {
        let mut shown = Vec::new();
        for i in 0..looks {
            *now_us += EVERY_US;
            steady.saw(*now_us, &look(i), ASPECT);
            for _ in 0..4 {
                shown.push(steady.next().map(|(quad, _)| quad));
            }
        }
        shown
    }

    #[test]
    fn noise_is_smoothed_and_a_hand_does_not_move_it() {
        let (mut steady, mut now) = (Steady::default(), 0);
        // A tremor of 0.1% of the width, which is 0.087% of the diagonal.
        let tremor = |i: u32| at(moved(if i.is_multiple_of(2) { 0.001 } else { -0.001 }));
        assert!(run(&mut steady, &mut now, 1, tremor).iter().all(Option::is_none), "one sight is none");
        run(&mut steady, &mut now, 10, tremor);
        let shown: Vec<Quad> = run(&mut steady, &mut now, 40, tremor).into_iter().flatten().collect();
        let most = shown.windows(2).map(|w| w[0].distance(&w[1], ASPECT)).fold(0.0, f32::max);
        assert!(shown.len() == 160 && most < 0.0002, "{most}");
        let before = steady.place().expect("held");
        // A hand: nothing is found, or each time something else, for two seconds.
        let hand = |i: u32| match i % 3 {
            0 => Looked::default(),
            1 => at(Quad([[0.5, 0.1], [0.7, 0.1], [0.72, 0.9], [0.5, 0.9]])),
            _ => at(Quad([[0.1, 0.1], [0.7, 0.1], [0.72, 0.5], [0.1, 0.5]])),
        };
        run(&mut steady, &mut now, 13, hand);
        assert!(steady.place().expect("held").distance(&before, ASPECT) < 0.0005);
        run(&mut steady, &mut now, 40, |_| Looked::default());
        assert_eq!(steady.place(), None, "a sheet that was taken away is gone");
    }

    #[test]
    fn a_real_move_is_followed_within_a_second() {
        for far in [0.02, 0.08, 0.25] {
            let (mut steady, mut now) = (Steady::default(), 0);
            run(&mut steady, &mut now, 10, |_| at(PAGE));
            run(&mut steady, &mut now, 6, |_| at(moved(far)));
            let shown = run(&mut steady, &mut now, 1, |_| at(moved(far))).pop().flatten().expect("shown");
            assert!(shown.distance(&moved(far), ASPECT) < 0.01, "{far}: {shown:?}");
        }
        // One that is pushed for two seconds is not lost.
        let (mut steady, mut now) = (Steady::default(), 0);
        run(&mut steady, &mut now, 10, |_| at(PAGE));
        run(&mut steady, &mut now, 14, |i| at(moved(0.02 * (i + 1) as f32)));
        run(&mut steady, &mut now, 3, |_| at(moved(0.28)));
        assert!(steady.place().expect("held").distance(&moved(0.28), ASPECT) < 0.01);
    }

    #[test]
    fn a_better_place_beside_one_that_is_still_good_needs_longer() {
        let (mut steady, mut now) = (Steady::default(), 0);
        let half = Quad([[0.3, 0.1], [0.7, 0.1], [0.71, 0.5], [0.29, 0.5]]);
        run(&mut steady, &mut now, 5, |_| at(half));
        let both = |_| Looked { found: finding(PAGE), followed: Some(Finding { quad: half, score: 0.5 }) };
        run(&mut steady, &mut now, 4, both);
        assert!(steady.place().expect("held").distance(&half, ASPECT) < 0.001);
        run(&mut steady, &mut now, 5, both);
        assert!(steady.place().expect("held").distance(&PAGE, ASPECT) < 0.001);
    }
}
