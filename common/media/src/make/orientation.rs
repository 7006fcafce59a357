//! How pictures must be turned and mirrored to stand upright, as the display matrix of the container says it.

use ffmpeg::codec::packet::side_data;
use ffmpeg_the_third as ffmpeg;

/// What makes pictures upright: mirrored left to right first, where the name says so, then turned clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    None,
    Quarter,
    Half,
    ThreeQuarters,
    Mirrored,
    MirroredQuarter,
    MirroredHalf,
    MirroredThreeQuarters,
}

impl Rotation {
    /// Of a display matrix: nine 32-bit numbers of the machine's order (ISO/IEC 14496-12, 8.5.2), of which the first five say
    /// where right and down go. To the nearest quarter; what is not a turn (a matrix of zeros) is none.
    pub(crate) fn of_matrix(bytes: &[u8]) -> Self {
        let number = |i: usize| bytes.get(4 * i..).and_then(|b| b.first_chunk()).map_or(0.0, |b| f64::from(i32::from_ne_bytes(*b)));
        let (right, down) = ((number(0), number(1)), (number(3), number(4)));
        let area = right.0 * down.1 - right.1 * down.0;
        if area == 0.0 {
            return Self::None;
        }
        // A mirror turns right around and leaves down where it is.
        let quarters = ((-down.0).atan2(down.1).to_degrees() / 90.0).round() as i32;
        match (quarters.rem_euclid(4), area < 0.0) {
            (1, false) => Self::Quarter,
            (2, false) => Self::Half,
            (3, false) => Self::ThreeQuarters,
            (_, false) => Self::None,
            (1, true) => Self::MirroredQuarter,
            (2, true) => Self::MirroredHalf,
            (3, true) => Self::MirroredThreeQuarters,
            (_, true) => Self::Mirrored,
        }
    }

    /// Of a stream; none where its container does not say.
    pub(crate) fn of_stream(stream: &ffmpeg::Stream<'_>) -> Self {
        let matrix = stream.side_data().find(|d| d.kind() == side_data::Type::DisplayMatrix);
        matrix.map_or(Self::None, |d| Self::of_matrix(d.data()))
    }

    /// Whether width and height change places.
    pub(crate) fn swaps(self) -> bool {
        self.quarters() % 2 == 1
    }

    /// Whether left and right change places before the turn.
    pub(crate) fn mirrors(self) -> bool {
        matches!(self, Self::Mirrored | Self::MirroredQuarter | Self::MirroredHalf | Self::MirroredThreeQuarters)
    }

    /// Quarters of a turn clockwise, 0 to 3.
    pub(crate) fn quarters(self) -> u8 {
        match self {
            Self::None | Self::Mirrored => 0,
            Self::Quarter | Self::MirroredQuarter => 1,
            Self::Half | Self::MirroredHalf => 2,
            Self::ThreeQuarters | Self::MirroredThreeQuarters => 3,
        }
    }

    /// Which source pixel is shown at `(x, y)` of the upright picture; `width` and `height` are the source's.
    pub(crate) fn source_of(self, x: usize, y: usize, width: usize, height: usize) -> (usize, usize) {
        let (right, bottom) = (width.saturating_sub(1), height.saturating_sub(1));
        let (sx, sy) = match self.quarters() {
            1 => (y, bottom.saturating_sub(x)),
            2 => (right.saturating_sub(x), bottom.saturating_sub(y)),
            3 => (right.saturating_sub(y), x),
            _ => (x, y),
        };
        (if self.mirrors() { right.saturating_sub(sx) } else { sx }, sy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(a: i32, b: i32, c: i32, d: i32) -> Vec<u8> {
        [a, b, 0, c, d, 0, 0, 0, 1 << 30].iter().flat_map(|n| n.to_ne_bytes()).collect()
    }

    #[test]
    fn a_matrix_sends_every_pixel_where_it_says() {
        const ONE: i32 = 1 << 16;
        let cases = [
            (Rotation::None, ONE, 0, 0, ONE),
            (Rotation::Quarter, 0, ONE, -ONE, 0),
            (Rotation::Half, -ONE, 0, 0, -ONE),
            (Rotation::ThreeQuarters, 0, -ONE, ONE, 0),
            (Rotation::Mirrored, -ONE, 0, 0, ONE),
            (Rotation::MirroredQuarter, 0, -ONE, -ONE, 0),
            (Rotation::MirroredHalf, ONE, 0, 0, -ONE),
            (Rotation::MirroredThreeQuarters, 0, ONE, ONE, 0),
        ];
        let (width, height) = (5i32, 3i32);
        for (want, a, b, c, d) in cases {
            let got = Rotation::of_matrix(&matrix(a, b, c, d));
            assert_eq!(got, want, "{a} {b} {c} {d}");
            // The definition: (x, y) goes to (ax + cy, bx + dy), moved to where the picture starts.
            let go = |x: i32, y: i32| ((a * x + c * y) / ONE, (b * x + d * y) / ONE);
            let far = go(width - 1, height - 1);
            let (left, top) = (far.0.min(0), far.1.min(0));
            for y in 0..height {
                for x in 0..width {
                    let (ux, uy) = go(x, y);
                    let (ux, uy) = ((ux - left) as usize, (uy - top) as usize);
                    assert_eq!(got.source_of(ux, uy, width as usize, height as usize), (x as usize, y as usize), "{want:?} {x} {y}");
                }
            }
            assert_eq!(got.swaps(), a == 0);
        }
    }

    #[test]
    fn nonsense_turns_nothing() {
        for bytes in [&[][..], &[1, 2, 3], &[0; 36], &matrix(1 << 16, 0, 1 << 16, 0)] {
            assert_eq!(Rotation::of_matrix(bytes), Rotation::None);
        }
    }
}
