//! A quadrilateral in a picture: where a sheet lies. Pure geometry: it knows no pixels and no time.

use lectern_proto::live::pipe::are_corners;

/// A place in a picture, as shares of its width and height; outside of 0 to 1 it lies outside of the picture.
pub(crate) type Share = [f32; 2];

/// Ratios of width to height that sheets and boards have: what is measured this near to one of them is it.
const RATIOS: [f32; 6] = [std::f32::consts::SQRT_2, 11.0 / 8.5, 4.0 / 3.0, 3.0 / 2.0, 16.0 / 9.0, 1.0];
const RATIO_NEAR: f32 = 0.025;
/// Focal lengths that a camera may have, in longer edges of its picture; what is measured outside of them is noise.
const FOCAL: (f32, f32) = (0.5, 3.0);
/// Ratios beyond these are no sheet.
const RATIO_MAX: f32 = 6.0;

/// Four corners in the order top left, top right, bottom right, bottom left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quad(pub(crate) [Share; 4]);

impl Quad {
    /// The whole picture.
    #[cfg(test)]
    pub(crate) const WHOLE: Self = Self([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]);

    /// Corners that come in any order, put in order; `aspect` is the picture's width by its height.
    pub(crate) fn of(mut corners: [Share; 4], aspect: f32) -> Self {
        let middle = centre(&corners);
        let angle = |c: &Share| (c[1] - middle[1]).atan2((c[0] - middle[0]) * aspect);
        corners.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
        // Clockwise as the picture is seen; the first is the one that is furthest up and left.
        let first = (0..4).min_by(|a, b| (corners[*a][0] * aspect + corners[*a][1]).total_cmp(&(corners[*b][0] * aspect + corners[*b][1])));
        corners.rotate_left(first.unwrap_or(0));
        Self(corners)
    }

    /// The same corners, beginning with the one that makes them nearest to those of `other`: a sheet that turns keeps its corners.
    pub(crate) fn like(self, other: &Self, aspect: f32) -> Self {
        let turned = |by: usize| {
            let mut corners = self.0;
            corners.rotate_left(by);
            Self(corners)
        };
        let far = |quad: &Self| quad.distances(other, aspect).iter().sum::<f32>();
        (0..4).map(turned).min_by(|a, b| far(a).total_cmp(&far(b))).unwrap_or(self)
    }

    /// How far each corner is from that of `other`, as a share of the picture's diagonal.
    pub(crate) fn distances(&self, other: &Self, aspect: f32) -> [f32; 4] {
        let diagonal = aspect.hypot(1.0);
        std::array::from_fn(|i| ((self.0[i][0] - other.0[i][0]) * aspect).hypot(self.0[i][1] - other.0[i][1]) / diagonal)
    }

    /// How far the corner is that moved most.
    pub(crate) fn distance(&self, other: &Self, aspect: f32) -> f32 {
        self.distances(other, aspect).into_iter().fold(0.0, f32::max)
    }

    /// This one on its way to `other`: 0 is this, 1 is the other.
    pub(crate) fn toward(&self, other: &Self, share: f32) -> Self {
        Self(std::array::from_fn(|i| std::array::from_fn(|k| self.0[i][k] + (other.0[i][k] - self.0[i][k]) * share)))
    }

    /// Whether it can be straightened: finite, convex, in order, not a sliver.
    pub(crate) fn is_good(&self) -> bool {
        are_corners(self.0)
    }

    /// Width by height of the rectangle that is seen as this, in a picture of this aspect whose middle the camera looks through
    /// (Zhang and He, "Whiteboard scanning and image enhancement", 2007, section 3).
    pub(crate) fn ratio(&self, aspect: f32) -> f32 {
        let long = aspect.max(1.0);
        let at = |i: usize| [f64::from((self.0[i][0] - 0.5) * aspect / long), f64::from((self.0[i][1] - 0.5) / long), 1.0];
        // Top left, top right, bottom left, bottom right.
        let (m1, m2, m3, m4) = (at(0), at(1), at(3), at(2));
        let k2 = dot(cross(m1, m4), m3) / dot(cross(m2, m4), m3);
        let k3 = dot(cross(m1, m4), m2) / dot(cross(m3, m4), m2);
        let n2: [f64; 3] = std::array::from_fn(|i| k2 * m2[i] - m1[i]);
        let n3: [f64; 3] = std::array::from_fn(|i| k3 * m3[i] - m1[i]);
        let focal = (-(n2[0] * n3[0] + n2[1] * n3[1]) / (n2[2] * n3[2])).sqrt();
        // Seen from nearly straight above, the picture does not say.
        let flat = n2[2].abs() < 0.02 || n3[2].abs() < 0.02;
        let focal = if flat || !focal.is_finite() { 1.2 } else { focal.clamp(FOCAL.0.into(), FOCAL.1.into()) };
        let length = |n: [f64; 3]| ((n[0] * n[0] + n[1] * n[1]) / (focal * focal) + n[2] * n[2]).sqrt();
        let ratio = (length(n2) / length(n3)) as f32;
        let ratio = if ratio.is_finite() { ratio.clamp(1.0 / RATIO_MAX, RATIO_MAX) } else { 1.0 };
        let known = RATIOS.iter().flat_map(|r| [*r, 1.0 / r]).find(|r| (ratio / r - 1.0).abs() < RATIO_NEAR);
        known.unwrap_or(ratio)
    }

    /// What takes a place on the straight sheet (0 to 1 each way) to the picture, as rows of a projective matrix
    /// (Heckbert, "Fundamentals of texture mapping", 1989, section 2.2.3).
    pub(crate) fn projection(&self) -> [[f64; 3]; 3] {
        let [p0, p1, p2, p3] = self.0.map(|c| c.map(f64::from));
        let s = [p0[0] - p1[0] + p2[0] - p3[0], p0[1] - p1[1] + p2[1] - p3[1]];
        let (d1, d2) = ([p1[0] - p2[0], p1[1] - p2[1]], [p3[0] - p2[0], p3[1] - p2[1]]);
        let under = d1[0] * d2[1] - d2[0] * d1[1];
        let (g, h) = ((s[0] * d2[1] - d2[0] * s[1]) / under, (d1[0] * s[1] - s[0] * d1[1]) / under);
        let row = |k: usize| [p1[k] - p0[k] + g * p1[k], p3[k] - p0[k] + h * p3[k], p0[k]];
        [row(0), row(1), [g, h, 1.0]]
    }
}

pub(crate) fn centre(corners: &[Share; 4]) -> Share {
    std::array::from_fn(|k| corners.iter().map(|c| c[k]).sum::<f32>() / 4.0)
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

    const ASPECT: f32 = 16.0 / 9.0;

    #[test]
    fn corners_are_put_in_order_and_keep_it_while_they_turn() {
        let quad = Quad([[0.2, 0.1], [0.8, 0.2], [0.7, 0.9], [0.1, 0.8]]);
        let [a, b, c, d] = quad.0;
        for mixed in [[a, b, c, d], [c, a, d, b], [d, c, b, a], [b, d, a, c]] {
            assert_eq!(Quad::of(mixed, ASPECT), quad);
        }
        assert_eq!(Quad([c, d, a, b]).like(&quad, ASPECT), quad);
        assert!(quad.is_good() && Quad::WHOLE.is_good());
        for bad in [[a, c, b, d], [a, a, c, d], [d, c, b, a], [[f32::NAN, 0.0], b, c, d], [[9.0, 0.0], b, c, d]] {
            assert!(!Quad(bad).is_good(), "{bad:?}");
        }
    }

    #[test]
    fn a_projection_takes_the_unit_square_to_the_corners() {
        let quad = Quad([[0.2, 0.1], [0.8, 0.2], [0.7, 0.9], [0.1, 0.8]]);
        let m = quad.projection();
        for (i, (u, v)) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].into_iter().enumerate() {
            let [x, y, w] = m.map(|row| row[0] * u + row[1] * v + row[2]);
            assert!((x / w - f64::from(quad.0[i][0])).abs() < 1e-6 && (y / w - f64::from(quad.0[i][1])).abs() < 1e-6);
        }
    }

    #[test]
    fn the_ratio_is_that_of_the_sheet_however_it_is_seen() {
        // A sheet in space, turned and tilted, through a camera of focal length 1.1 (in widths of its picture).
        let seen = |ratio: f64, tilt: f64, turn: f64| {
            let corners = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(x, y)| {
                let (x, y) = (x * ratio.sqrt(), y / ratio.sqrt());
                let (x, y) = (x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos());
                let (y, z) = (y * tilt.cos(), 3.0 + y * tilt.sin());
                [(0.5 + 1.1 * x / z) as f32, (0.5 + 1.1 * y / z * f64::from(ASPECT)) as f32]
            });
            Quad(corners).ratio(ASPECT)
        };
        for (ratio, want) in [(1.42, SQRT_2), (0.7, FRAC_1_SQRT_2), (2.2, 2.2), (1.3, 11.0 / 8.5)] {
            for (tilt, turn) in [(0.0, 0.0), (0.5, 0.3), (0.7, -0.2), (-0.5, 0.4)] {
                let got = seen(ratio, tilt, turn);
                assert!((got / want - 1.0).abs() < 0.03, "{ratio} at {tilt}, {turn}: {got}");
            }
        }
        assert!(Quad([[0.0; 2]; 4]).ratio(ASPECT).is_finite());
    }
}
