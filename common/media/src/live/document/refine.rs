//! Makes a quadrilateral exact: along each side the edge is looked for to a fraction of a pixel, and a line is laid through what was
//! found that a hand or writing does not pull away.

use super::lines::{Line, WEIGHTS, through_points};
use super::planes::Planes;
use super::quad::{Quad, Share};

/// How often.
const ROUNDS: usize = 2;
/// Places along a side, and what is left out at its ends: corners are round, and another side begins there.
const PLACES: usize = 72;
const ENDS: f32 = 0.05;
/// How far from a side is looked for its edge, in pixels, in the first round and after it; in steps of so much.
const REACH: [f32; ROUNDS] = [6.0, 4.0];
const STEP: f32 = 0.5;
/// Pixels to each side whose mean is compared.
const BAND: f32 = 3.0;
/// An edge has at least this step, in levels.
const LEAST: f32 = 3.0;
/// Of a side's places so many must show an edge, or it stays where it is.
const SHARE_MIN: f32 = 0.2;
/// Further from the line than this, in pixels, a place is left out; twice, from coarse to fine.
const OUTLIERS: [f32; 3] = [4.0, 2.0, 1.2];
/// As near to the border of the picture as this, in pixels, a side is its border.
const BORDER: f32 = 1.5;

/// The quadrilateral with exact sides, and which of them are the border of the picture.
pub(super) fn refine(quad: &Quad, planes: &Planes) -> (Quad, [bool; 4]) {
    let mut exact = *quad;
    for reach in REACH {
        let at = |c: Share| [c[0] * planes.width as f32 - 0.5, c[1] * planes.height as f32 - 0.5];
        let corners = exact.0.map(at);
        let lines: [Line; 4] = std::array::from_fn(|i| {
            let (a, b) = (corners[i], corners[(i + 1) % 4]);
            if is_border(a, b, planes) { Line::through(a, b) } else { side(a, b, planes, reach) }
        });
        let mut next = [[0.0; 2]; 4];
        for (i, corner) in next.iter_mut().enumerate() {
            let Some([x, y]) = lines[(i + 3) % 4].meet(&lines[i]) else { return (*quad, [false; 4]) };
            *corner = [(x + 0.5) / planes.width as f32, (y + 0.5) / planes.height as f32];
        }
        let next = Quad(next);
        if !next.is_good() {
            break;
        }
        exact = next;
    }
    let at = |i: usize| [exact.0[i % 4][0] * planes.width as f32 - 0.5, exact.0[i % 4][1] * planes.height as f32 - 0.5];
    (exact, std::array::from_fn(|i| is_border(at(i), at(i + 1), planes)))
}

fn is_border(a: [f32; 2], b: [f32; 2], planes: &Planes) -> bool {
    let near = |k: usize, size: usize| {
        let far = size as f32 - 1.0;
        [0.0, far].iter().any(|border| (a[k] - border).abs() < BORDER && (b[k] - border).abs() < BORDER)
    };
    near(0, planes.width) || near(1, planes.height)
}

/// The line of one side.
fn side(a: [f32; 2], b: [f32; 2], planes: &Planes, reach: f32) -> Line {
    let held = Line::through(a, b);
    let inside = |[x, y]: [f32; 2]| x >= 1.0 && y >= 1.0 && x <= planes.width as f32 - 2.0 && y <= planes.height as f32 - 2.0;
    let places: Vec<[f32; 2]> = (0..PLACES)
        .map(|i| ENDS + (1.0 - 2.0 * ENDS) * (i as f32 + 0.5) / PLACES as f32)
        .map(|s| [a[0] + (b[0] - a[0]) * s, a[1] + (b[1] - a[1]) * s])
        .filter(|p| inside(*p))
        .collect();
    let Some(channel) = channel(&held, &places, planes) else { return held };
    let mut found: Vec<([f32; 2], f32)> = places.iter().filter_map(|p| edge(&held, *p, planes, reach, channel)).collect();
    let needed = (SHARE_MIN * PLACES as f32) as usize;
    let mut line = median_line(&held, &found);
    for far in OUTLIERS {
        let near = |p: &[f32; 2]| (p[0] * line.cos + p[1] * line.sin - line.rho).abs() <= far;
        found.retain(|(p, _)| near(p));
        if found.len() < needed.max(6) || spread(&held, &found) < 0.3 * (b[0] - a[0]).hypot(b[1] - a[1]) {
            return held;
        }
        line = through_points(found.iter().copied()).unwrap_or(held);
    }
    line
}

/// The channel that the side is seen best in, and whether it rises (1) or falls (-1) along the normal.
fn channel(line: &Line, places: &[[f32; 2]], planes: &Planes) -> Option<(usize, f32)> {
    let step = |k: usize| {
        let mut all: Vec<f32> = places.iter().map(|p| mean(line, *p, planes, k, 5.0, 0.0) - mean(line, *p, planes, k, -5.0, 0.0)).collect();
        let middle = all.len() / 2;
        // Most of a side is neither hand nor shadow.
        if all.is_empty() { 0.0 } else { *all.select_nth_unstable_by(middle, f32::total_cmp).1 * WEIGHTS[k] }
    };
    let steps = [step(0), step(1), step(2)];
    let best = (0..3).max_by(|i, j| steps[*i].abs().total_cmp(&steps[*j].abs()))?;
    // Colour is coarser than brightness in what cameras give: only where it says much more.
    let best = if steps[0].abs() > 6.0 { 0 } else { best };
    (steps[best].abs() > 1.0).then(|| (best, steps[best].signum()))
}

/// The mean of a band beside a place, from `beside` on to `beside` ± [`BAND`], away from the line, shifted by `shift`.
fn mean(line: &Line, p: [f32; 2], planes: &Planes, channel: usize, beside: f32, shift: f32) -> f32 {
    let at = |d: f32| planes.at(channel, p[0] + line.cos * (shift + d), p[1] + line.sin * (shift + d));
    let sign = if beside < 0.0 { -1.0 } else { 1.0 };
    (at(beside) + at(beside + sign * BAND / 2.0) + at(beside + sign * BAND)) / 3.0
}

/// Where the edge is at one place of a side, and its weight.
fn edge(line: &Line, p: [f32; 2], planes: &Planes, reach: f32, (channel, sign): (usize, f32)) -> Option<([f32; 2], f32)> {
    let count = (2.0 * reach / STEP) as usize + 1;
    let at = |d: f32| planes.at(channel, p[0] + line.cos * d, p[1] + line.sin * d);
    // The step between half a pixel and two to each side: noise is averaged, the edge stays sharp.
    let steps: Vec<f32> = (0..count)
        .map(|i| i as f32 * STEP - reach)
        .map(|d| sign * (at(d + 0.5) + at(d + 1.0) + at(d + 2.0) - at(d - 0.5) - at(d - 1.0) - at(d - 2.0)) / 3.0)
        .collect();
    let best = (0..count).max_by(|i, j| steps[*i].total_cmp(&steps[*j]))?;
    if steps[best] < LEAST {
        return None;
    }
    // The edge lies in the middle of the plateau that a band makes of it: the centre of what is near the largest.
    let (mut weight, mut sum) = (0.0, 0.0);
    for (i, step) in steps.iter().enumerate().skip(best.saturating_sub(4)).take(9) {
        let over = (step - 0.6 * steps[best]).max(0.0);
        weight += over;
        sum += over * (i as f32 * STEP - reach);
    }
    let d = sum / weight.max(1e-6);
    Some(([p[0] + line.cos * d, p[1] + line.sin * d], steps[best].min(30.0)))
}

/// A first line that outliers do not pull: medians of the thirds at both ends.
fn median_line(held: &Line, found: &[([f32; 2], f32)]) -> Line {
    let third = found.len() / 3;
    if third < 2 {
        return *held;
    }
    let middle = |part: &[([f32; 2], f32)]| {
        let mut beside: Vec<f32> = part.iter().map(|(p, _)| p[0] * held.cos + p[1] * held.sin - held.rho).collect();
        let along = part.iter().map(|(p, _)| held.along(*p)).sum::<f32>() / part.len() as f32;
        let middle = beside.len() / 2;
        held.point(along, *beside.select_nth_unstable_by(middle, f32::total_cmp).1)
    };
    Line::through(middle(&found[..third]), middle(&found[found.len() - third..]))
}

/// How long the part of the line is that was seen.
fn spread(line: &Line, found: &[([f32; 2], f32)]) -> f32 {
    let along = found.iter().map(|(p, _)| line.along(*p));
    along.clone().fold(f32::MIN, f32::max) - along.fold(f32::MAX, f32::min)
}
