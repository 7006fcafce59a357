//! The straight edges of a reduced picture, and how much of an edge there is along each: what sides of a sheet are chosen from.
//!
//! Edges of any channel vote for the line that they lie on (Duda and Hart, 1972), each within the directions that its gradient allows
//! (O'Gorman and Clowes, 1976). What a line is worth is asked of strips on both sides of it, which grain and writing do not deceive.

use super::planes::Planes;

/// Lines with most votes, and how many of them are kept: those that have most edge along them.
const VOTED_MAX: usize = 130;
const LINES_MAX: usize = 34;
/// What the edge of something dark counts beside that of something light.
const DARK: f32 = 0.3;
/// An edge both of whose ends are so near to another line, in pixels, is that line's.
const DOUBLE: f32 = 3.0;
/// Of one direction (a sine apart at most) not more than so many: planks and stripes have many.
const PARALLEL_MAX: usize = 11;
const PARALLEL: f32 = 0.17;
/// An edge that goes on has at least this much of one everywhere.
const ALONG: f32 = 0.3;
/// Directions, one a degree.
const ANGLES: usize = 180;
/// An edge votes for directions so far from that of its gradient, in degrees.
const VOTE: i32 = 7;
/// Lines nearer to one another than this are one, in degrees and pixels.
const SAME: (i32, i32) = (4, 4);
/// Above this an edge does not count for more: strong ones do not drown weak ones.
const STRONG: f32 = 14.0;
/// What a line has in votes at least, as a part of the shorter edge of the picture.
const VOTES_MIN: f32 = 0.18;
/// Where the strips beside a line are looked at, in pixels from it.
const STRIP: [f32; 3] = [2.0, 4.0, 6.0];
/// A difference of the strips beyond the noise that counts fully, and how much of it must be a step at the line.
const CONTRAST: f32 = 9.0;
const STEP_SHARE: f32 = 0.3;
/// What colour counts beside brightness.
pub(super) const WEIGHTS: [f32; 3] = [1.0, 1.4, 1.4];

/// All points for which x cos + y sin is `rho`, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub(super) cos: f32,
    pub(super) sin: f32,
    pub(super) rho: f32,
}

impl Line {
    /// Through two points.
    pub(super) fn through(a: [f32; 2], b: [f32; 2]) -> Self {
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = dx.hypot(dy).max(1e-6);
        let (cos, sin) = (-dy / length, dx / length);
        Self { cos, sin, rho: a[0] * cos + a[1] * sin }
    }

    /// Where two lines meet; nothing when they are all but parallel.
    pub(super) fn meet(&self, other: &Self) -> Option<[f32; 2]> {
        let under = self.cos * other.sin - self.sin * other.cos;
        (under.abs() > 0.05).then(|| [(self.rho * other.sin - other.rho * self.sin) / under, (other.rho * self.cos - self.rho * other.cos) / under])
    }

    /// How far along the line a point is; 0 is the point nearest to the origin.
    pub(super) fn along(&self, p: [f32; 2]) -> f32 {
        p[1] * self.cos - p[0] * self.sin
    }

    /// The point so far along, and so far beside it, in the direction of the normal.
    pub(super) fn point(&self, along: f32, beside: f32) -> [f32; 2] {
        let rho = self.rho + beside;
        [rho * self.cos - along * self.sin, rho * self.sin + along * self.cos]
    }

    /// The sine of the angle between two lines.
    pub(super) fn crossing(&self, other: &Self) -> f32 {
        (self.cos * other.sin - self.sin * other.cos).abs()
    }
}

/// How much of an edge a line has, for any part of it: sums from its start, by channel, with the sign of the step.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    pub(super) line: Line,
    first: i32,
    /// Before each sample: what was there in brightness and both colours, how many samples lay inside of the picture, and how
    /// light the lighter sides of those were in all.
    sums: Vec<[f32; 5]>,
}

/// What a part of a line has.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Support {
    /// 0 to 1: how much of it is an edge.
    pub(super) edge: f32,
    /// The same with its sign, brightness alone: positive where it is brighter in the direction of the normal.
    pub(super) bright: f32,
    /// Samples that lie inside of the picture.
    pub(super) inside: f32,
}

impl Profile {
    /// Looks along a line of a picture without strokes.
    pub(super) fn of(line: Line, planes: &Planes, noise: f32) -> Self {
        let reach = (planes.width as f32).hypot(planes.height as f32) as i32 + 1;
        let (w, h) = ((planes.width - 1) as f32, (planes.height - 1) as f32);
        let mut sums = Vec::with_capacity(2 * reach as usize + 2);
        let mut sum = [0.0; 5];
        sums.push(sum);
        for along in -reach..reach {
            let [x, y] = line.point(along as f32 + 0.5, 0.0);
            if x > 1.0 && y > 1.0 && x < w - 1.0 && y < h - 1.0 {
                let steps = edge_at(&line, along as f32 + 0.5, planes, noise);
                for (sum, step) in sum.iter_mut().zip(steps) {
                    *sum += step;
                }
                sum[3] += 1.0;
                let [light, dark] = [STRIP[1], -STRIP[1]].map(|beside| line.point(along as f32 + 0.5, beside)).map(|[x, y]| planes.near(0, x, y));
                sum[4] += light.max(dark);
            }
            sums.push(sum);
        }
        Self { line, first: -reach, sums }
    }

    /// The longest edge along it: its length less what is missing, less if it borders on nothing light; and where it begins and ends.
    fn longest(&self) -> (f32, [[f32; 2]; 2]) {
        let (mut most, mut place) = (0.0f32, (0, 0));
        // Of one channel, to one side.
        for (channel, sign) in [(0, 1.0), (0, -1.0), (1, 1.0), (1, -1.0), (2, 1.0), (2, -1.0)] {
            let (mut run, mut from) = (0.0f32, 0);
            for (i, pair) in self.sums.windows(2).enumerate() {
                run += sign * (pair[1][channel] - pair[0][channel]) - ALONG * (pair[1][3] - pair[0][3]);
                if run <= 0.0 {
                    (run, from) = (0.0, i + 1);
                } else if run > most {
                    (most, place) = (run, (from, i + 1));
                }
            }
        }
        let at = |i: usize| self.line.point((self.first + i as i32) as f32, 0.0);
        let (from, until) = (self.sums[place.0], self.sums[place.1]);
        let light = (until[4] - from[4]) / (until[3] - from[3]).max(1.0);
        (most * (DARK + (1.0 - DARK) * (light / 255.0).powi(2)), [at(place.0), at(place.1)])
    }

    /// What lies between two places along the line.
    pub(super) fn support(&self, a: f32, b: f32) -> Support {
        let index = |along: f32| ((along.round() as i32).saturating_sub(self.first).max(0) as usize).min(self.sums.len() - 1);
        let (from, until) = (self.sums[index(a.min(b))], self.sums[index(a.max(b))]);
        let inside = until[3] - from[3];
        if inside < 1.0 {
            return Support::default();
        }
        let part = |k: usize| (until[k] - from[k]) / inside;
        // Grain has an edge here and there, now to this side, now to that; a sheet has it always to one.
        let edge = (0..3).map(|k| part(k).abs()).fold(0.0, f32::max);
        Support { edge, bright: part(0), inside }
    }
}

/// The edge that a line has at one place: by channel -1 to 1.
fn edge_at(line: &Line, along: f32, planes: &Planes, noise: f32) -> [f32; 3] {
    std::array::from_fn(|k| {
        let at = |beside: f32| {
            let [x, y] = line.point(along, beside);
            planes.near(k, x, y)
        };
        let beside = |sign: f32| STRIP.iter().map(|s| at(sign * s)).sum::<f32>() / STRIP.len() as f32;
        let difference = (beside(1.0) - beside(-1.0)) * WEIGHTS[k];
        let least = 1.5 + 1.5 * noise;
        let counts = ((difference.abs() - least) / CONTRAST).clamp(0.0, 1.0);
        if counts == 0.0 {
            return 0.0;
        }
        let step = (at(1.5) - at(-1.5)) * WEIGHTS[k] * difference.signum();
        counts * difference.signum() * (step / (STEP_SHARE * difference.abs())).clamp(0.0, 1.0)
    })
}

/// An edge pixel.
struct Edge {
    x: f32,
    y: f32,
    /// Direction of its gradient in degrees, 0 to 180.
    degrees: f32,
    weight: f32,
}

/// The lines of a picture with the longest edges along them, longest first.
pub(super) fn lines(planes: &Planes, noise: f32) -> Vec<Profile> {
    let mut found: Vec<_> = voted(planes, noise).into_iter().map(|line| Profile::of(line, planes, noise)).map(|p| (p.longest(), p)).collect();
    found.sort_by(|(a, _), (b, _)| b.0.total_cmp(&a.0));
    let mut kept: Vec<Profile> = Vec::with_capacity(LINES_MAX);
    for ((_, ends), profile) in found {
        let doubles = |k: &Profile| ends.iter().all(|[x, y]| (x * k.line.cos + y * k.line.sin - k.line.rho).abs() < DOUBLE);
        let parallel = kept.iter().filter(|k| k.line.crossing(&profile.line) < PARALLEL).count();
        if parallel < PARALLEL_MAX && !kept.iter().any(doubles) {
            kept.push(profile);
        }
        if kept.len() == LINES_MAX {
            break;
        }
    }
    kept
}

/// The lines with most votes, most first.
fn voted(planes: &Planes, noise: f32) -> Vec<Line> {
    let edges = edges(planes, noise);
    let reach = (planes.width as f32).hypot(planes.height as f32) as i32 + 1;
    let row = 2 * reach as usize + 1;
    let turns: Vec<(f32, f32)> = (0..ANGLES).map(|a| (a as f32).to_radians()).map(|a| (a.cos(), a.sin())).collect();
    let mut votes = vec![0.0f32; ANGLES * row];
    for edge in &edges {
        let middle = edge.degrees.round() as i32;
        for angle in middle - VOTE..=middle + VOTE {
            let angle = angle.rem_euclid(ANGLES as i32) as usize;
            let rho = edge.x * turns[angle].0 + edge.y * turns[angle].1;
            votes[angle * row + (rho.round() as i32 + reach).clamp(0, 2 * reach) as usize] += edge.weight;
        }
    }
    let sums: Vec<f32> = (0..votes.len()).map(|i| votes[i] + (votes.get(i.wrapping_sub(1)).unwrap_or(&0.0) + votes.get(i + 1).unwrap_or(&0.0)) / 2.0).collect();
    let least = VOTES_MIN * planes.width.min(planes.height) as f32;
    let mut order: Vec<usize> = (0..sums.len()).filter(|i| sums[*i] >= least).collect();
    order.sort_unstable_by(|a, b| sums[*b].total_cmp(&sums[*a]));
    let mut taken: Vec<(i32, i32)> = Vec::new();
    let mut found = Vec::new();
    for index in order {
        let (angle, rho) = ((index / row) as i32, (index % row) as i32 - reach);
        let same = |(other, its): &(i32, i32)| {
            let apart = (angle - other).abs();
            (apart <= SAME.0 && (rho - its).abs() <= SAME.1) || (ANGLES as i32 - apart <= SAME.0 && (rho + its).abs() <= SAME.1)
        };
        if taken.iter().any(same) {
            continue;
        }
        taken.push((angle, rho));
        let (cos, sin) = turns[angle as usize];
        found.push(fit(&edges, Line { cos, sin, rho: rho as f32 }));
        if found.len() == VOTED_MAX {
            break;
        }
    }
    found
}

/// The line through the edges that lie near a line (least squares of the distances, weighted).
fn fit(edges: &[Edge], line: Line) -> Line {
    let degrees = line.sin.atan2(line.cos).to_degrees().rem_euclid(180.0);
    let near = |e: &&Edge| {
        let apart = (e.degrees - degrees).abs();
        (e.x * line.cos + e.y * line.sin - line.rho).abs() < 2.5 && apart.min(180.0 - apart) < 12.0
    };
    let weighted = edges.iter().filter(near).map(|e| ([e.x, e.y], e.weight));
    through_points(weighted).unwrap_or(line)
}

/// The line nearest to weighted points; nothing for fewer than two.
pub(super) fn through_points(points: impl Iterator<Item = ([f32; 2], f32)> + Clone) -> Option<Line> {
    let (mut w, mut x, mut y) = (0.0, 0.0, 0.0);
    for (p, weight) in points.clone() {
        (w, x, y) = (w + weight, x + weight * p[0], y + weight * p[1]);
    }
    if w <= 0.0 {
        return None;
    }
    let (x, y) = (x / w, y / w);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (p, weight) in points {
        let (dx, dy) = (p[0] - x, p[1] - y);
        (xx, xy, yy) = (xx + weight * dx * dx, xy + weight * dx * dy, yy + weight * dy * dy);
    }
    if xx + yy <= 0.0 {
        return None;
    }
    // The direction of least spread is the normal.
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy) + std::f32::consts::FRAC_PI_2;
    let (cos, sin) = (angle.cos(), angle.sin());
    Some(Line { cos, sin, rho: x * cos + y * sin })
}

/// Pixels where the gradient of a channel is largest across itself.
fn edges(planes: &Planes, noise: f32) -> Vec<Edge> {
    let (w, h) = (planes.width, planes.height);
    let mut gradients = vec![[0.0f32; 3]; w * h];
    for y in 1..h - 1 {
        for x in 1..w - 1 {
            let at = y * w + x;
            let mut best = [0.0; 3];
            for (plane, weight) in planes.of.iter().zip(WEIGHTS) {
                let (gx, gy) = ((plane[at + 1] - plane[at - 1]) * weight, (plane[at + w] - plane[at - w]) * weight);
                let size = gx.hypot(gy);
                if size > best[2] {
                    best = [gx, gy, size];
                }
            }
            gradients[at] = best;
        }
    }
    let least = 2.0 + 1.0 * noise;
    let mut found = Vec::new();
    for y in 2..h - 2 {
        for x in 2..w - 2 {
            let [gx, gy, size] = gradients[y * w + x];
            if size < least {
                continue;
            }
            let (dx, dy) = ((gx / size).round() as isize, (gy / size).round() as isize);
            let step = dy * w as isize + dx;
            let beside = |sign: isize| gradients[(y * w + x).wrapping_add_signed(sign * step)][2];
            if size >= beside(1) && size > beside(-1) {
                found.push(Edge { x: x as f32, y: y as f32, degrees: gy.atan2(gx).to_degrees().rem_euclid(180.0), weight: (size / STRONG).min(1.0).sqrt() });
            }
        }
    }
    found
}
