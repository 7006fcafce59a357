//! Finds the sheet or the board in one picture: four lines that have most edge along them and none beyond their corners, around
//! something light.
//!
//! Contours and thresholds break where a shadow or a hand crosses an edge; a line is still there on both sides of it, and a corner that
//! is covered, or outside of the picture, is where two lines meet. Candidates are made from all pairs of near-parallel lines of the
//! picture without its writing and from where the sheet was last, judged by one measure, and the best is made exact ([`refine`]).

use super::lines::{self, Line, Profile, Support};
use super::planes::Planes;
use super::quad::{Quad, Share};
use super::refine::refine;

/// What is a sheet has at least this score (0 to 1); a sheet that is followed is still there with this.
pub(crate) const FOUND_MIN: f32 = 0.45;
pub(crate) const KEPT_MIN: f32 = 0.32;
/// Sine of the angle that opposite sides may have, and that neighbours have at least.
const OPPOSITE_MAX: f32 = 0.66;
const NEIGHBOUR_MIN: f32 = 0.6;
/// Opposite sides are so far apart at least, and corners so far outside of the picture at most, as parts of its shorter edge.
const APART_MIN: f32 = 0.2;
const OUTSIDE_MAX: f32 = 0.35;
/// Of the picture's area, a sheet has at least this.
const AREA_MIN: f32 = 0.05;
/// Of a side so much must be seen inside of the picture, and of that so much must be an edge.
const SEEN_MIN: f32 = 0.2;
const EDGE_MIN: f32 = 0.22;
/// What the border of the picture counts as, where a sheet reaches beyond it.
const BORDER_EDGE: f32 = 0.55;
/// Where is looked for an edge that goes on beyond a corner, in pixels from it.
const BEYOND: (f32, f32) = (5.0, 21.0);
/// Candidates that are looked at closely.
const CLOSE: usize = 6;
/// Inside, so much of a sheet is at least so light, measured by its lightest parts.
const PAPER: (f32, f32) = (0.72, 0.3);
/// Its lightest parts are at least this light (0 to 255).
const LIGHT_MIN: f32 = 70.0;

/// A sheet and how sure that is, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Finding {
    pub(crate) quad: Quad,
    pub(crate) score: f32,
}

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Looked {
    /// The best there is.
    pub(crate) found: Option<Finding>,
    /// The sheet that was followed, where it is now: near to where it was.
    pub(crate) followed: Option<Finding>,
}

/// A line that a side may be.
struct Candidate {
    profile: Profile,
    is_border: bool,
}

/// Looks for a sheet in a reduced picture (some 640 pixels wide), and after the one that was there before.
pub(crate) fn look(fine: &Planes, before: Option<&Quad>) -> Looked {
    let whole = fine.half();
    if !whole.is_usable() {
        return Looked::default();
    }
    let noise = whole.noise();
    let clean = whole.without_strokes();
    let mut candidates: Vec<Candidate> = lines::lines(&clean, noise).into_iter().map(|profile| Candidate { profile, is_border: false }).collect();
    candidates.extend(borders(&clean).map(|line| Candidate { profile: Profile::of(line, &clean, noise), is_border: true }));
    let judge = Judge { planes: &clean, candidates: &candidates };
    let exact = |quad: &Quad| {
        let (quad, borders) = refine(quad, fine);
        let sides = quad_lines(&quad, &clean).into_iter().zip(borders);
        let own: Vec<Candidate> = sides.map(|(line, is_border)| Candidate { profile: Profile::of(line, &clean, noise), is_border }).collect();
        let score = Judge { planes: &clean, candidates: &own }.score([0, 1, 2, 3])?.0;
        Some(Finding { quad, score })
    };
    let better = |a: &Finding, b: &Finding| a.score.total_cmp(&b.score);
    let found = judge.best().iter().filter_map(exact).filter(|f| f.score >= FOUND_MIN).max_by(better);
    let followed = before.and_then(exact).filter(|f| f.score >= KEPT_MIN);
    Looked { found, followed }
}

fn borders(planes: &Planes) -> impl Iterator<Item = Line> {
    let (w, h) = ((planes.width - 1) as f32, (planes.height - 1) as f32);
    let line = |cos: f32, sin: f32, rho: f32| Line { cos, sin, rho };
    [line(1.0, 0.0, 0.0), line(0.0, 1.0, 0.0), line(1.0, 0.0, w), line(0.0, 1.0, h)].into_iter()
}

/// The lines of the sides: top, right, bottom, left.
fn quad_lines(quad: &Quad, planes: &Planes) -> [Line; 4] {
    let at = |c: Share| [c[0] * planes.width as f32 - 0.5, c[1] * planes.height as f32 - 0.5];
    std::array::from_fn(|i| Line::through(at(quad.0[i]), at(quad.0[(i + 1) % 4])))
}

struct Judge<'a> {
    planes: &'a Planes,
    candidates: &'a [Candidate],
}

impl Judge<'_> {
    /// The best few, as quadrilaterals.
    fn best(&self) -> Vec<Quad> {
        let short = self.planes.width.min(self.planes.height) as f32;
        let middle = [self.planes.width as f32 / 2.0, self.planes.height as f32 / 2.0];
        let line = |i: usize| &self.candidates[i].profile.line;
        let mut opposite = Vec::new();
        for a in 0..self.candidates.len() {
            for b in a + 1..self.candidates.len() {
                // Both through the picture's middle, parallel to the first.
                let apart = |l: &Line| l.rho - middle[0] * l.cos - middle[1] * l.sin;
                let same = (line(a).cos * line(b).cos + line(a).sin * line(b).sin).signum();
                let wide = (apart(line(a)) - same * apart(line(b))).abs() >= APART_MIN * short;
                let borders = self.candidates[a].is_border && self.candidates[b].is_border;
                if wide && !borders && line(a).crossing(line(b)) <= OPPOSITE_MAX {
                    opposite.push((a, b));
                }
            }
        }
        let mut best: Vec<(f32, [Share; 4])> = Vec::new();
        for (i, (a, c)) in opposite.iter().enumerate() {
            for (b, d) in &opposite[i + 1..] {
                if line(*a).crossing(line(*b)) < NEIGHBOUR_MIN || line(*c).crossing(line(*d)) < NEIGHBOUR_MIN {
                    continue;
                }
                let Some((score, corners)) = self.score([*a, *b, *c, *d]) else { continue };
                if best.len() < CLOSE || best.last().is_some_and(|(least, _)| score > *least) {
                    let at = best.partition_point(|(other, _)| *other >= score);
                    best.insert(at, (score, corners));
                    best.truncate(CLOSE);
                }
            }
        }
        let aspect = self.planes.width as f32 / self.planes.height as f32;
        best.into_iter().map(|(_, corners)| Quad::of(corners, aspect)).filter(Quad::is_good).collect()
    }

    /// How good a sheet four lines make that follow one another, and its corners as shares of the picture.
    fn score(&self, sides: [usize; 4]) -> Option<(f32, [Share; 4])> {
        let (w, h) = (self.planes.width as f32, self.planes.height as f32);
        let out = OUTSIDE_MAX * w.min(h);
        let profile = |i: usize| &self.candidates[sides[i]].profile;
        let mut corners = [[0.0; 2]; 4];
        for (i, corner) in corners.iter_mut().enumerate() {
            // Between the side before and this one.
            let p = profile((i + 3) % 4).line.meet(&profile(i).line)?;
            if p[0] < -out || p[1] < -out || p[0] > w + out || p[1] > h + out {
                return None;
            }
            *corner = p;
        }
        let centre = super::quad::centre(&corners);
        let area = (0..4).map(|i| corners[i][0] * corners[(i + 1) % 4][1] - corners[(i + 1) % 4][0] * corners[i][1]).sum::<f32>().abs() / 2.0 / (w * h);
        if area < AREA_MIN {
            return None;
        }
        let (mut edge, mut bright, mut inside, mut whole, mut least, mut beyond) = (0.0, 0.0, 0.0, 0.0, 1.0f32, 0.0);
        for i in 0..4 {
            let (profile, is_border) = (profile(i), self.candidates[sides[i]].is_border);
            let line = &profile.line;
            let (a, b) = (line.along(corners[i]), line.along(corners[(i + 1) % 4]));
            let length = (a - b).abs();
            let mut has = profile.support(a, b);
            if is_border {
                has = Support { edge: BORDER_EDGE, bright: 0.0, inside: length };
            }
            if length < APART_MIN * w.min(h) || has.inside < SEEN_MIN * length || has.edge < EDGE_MIN {
                return None;
            }
            // Which way the middle of the sheet lies.
            let inward = (centre[0] * line.cos + centre[1] * line.sin - line.rho).signum();
            edge += has.edge * has.inside;
            bright += has.bright * inward * has.inside;
            inside += has.inside;
            whole += length;
            least = least.min(has.edge);
            let way = (b - a).signum();
            if !is_border {
                let ends = [(a, -way), (b, way)].map(|(end, way)| profile.support(end + way * BEYOND.0, end + way * BEYOND.1));
                beyond += ends.iter().map(|s| s.edge * (s.inside / (BEYOND.1 - BEYOND.0)).min(1.0)).sum::<f32>() / 8.0;
            }
        }
        let (edge, bright) = (edge / inside, bright / inside);
        let sure = edge * (0.55 + 0.45 * (least / 0.5).min(1.0));
        let side = 0.78 + 0.22 * (bright / edge.max(0.05)).clamp(-0.5, 1.0);
        let score = sure * side * (1.0 - 0.8 * beyond) * (0.82 + 0.18 * area.sqrt()) * (0.7 + 0.3 * inside / whole);
        if score < KEPT_MIN || !self.is_paper(&corners) {
            return None;
        }
        Some((score, corners.map(|[x, y]| [(x + 0.5) / w, (y + 0.5) / h])))
    }

    /// Whether what lies inside is mostly as light as its lightest parts: paper, whatever is written on it, or a board.
    fn is_paper(&self, corners: &[[f32; 2]; 4]) -> bool {
        const STEPS: usize = 9;
        let share = |i: usize| (i as f32 + 0.5) / STEPS as f32;
        let mut seen = Vec::with_capacity(STEPS * STEPS);
        for (i, j) in (0..STEPS * STEPS).map(|n| (n / STEPS, n % STEPS)) {
            let between = |a: [f32; 2], b: [f32; 2], s: f32| -> [f32; 2] { std::array::from_fn(|k| a[k] + (b[k] - a[k]) * s) };
            let [x, y] = between(between(corners[0], corners[1], share(i)), between(corners[3], corners[2], share(i)), share(j));
            if x >= 0.0 && y >= 0.0 && x < self.planes.width as f32 && y < self.planes.height as f32 {
                seen.push(self.planes.of[0][y as usize * self.planes.width + x as usize]);
            }
        }
        let at = seen.len() * 9 / 10;
        if seen.is_empty() {
            return false;
        }
        let light = *seen.select_nth_unstable_by(at, f32::total_cmp).1;
        let paper = seen.iter().filter(|v| **v >= PAPER.1 * light).count();
        light >= LIGHT_MIN && paper as f32 >= PAPER.0 * seen.len() as f32
    }
}
