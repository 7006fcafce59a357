//! Rungs: the boxes and bit rates of the resolution ladder, and how a source picture fits into one.
//!
//! Pure arithmetic. The media worker encodes what [`RungSpec::fit`] says, the server validates `[resolutions]` with
//! [`RungSpec::parse`]; nothing here knows a codec.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Smallest and largest edge of a rung's box, in pixels. H.264 level 5.2 ends at 4096; 16 is one macroblock.
pub const BOX_EDGE: std::ops::RangeInclusive<u32> = 16..=4096;
/// Smallest and largest bit rate of a rung, in bits per second.
pub const BITRATE_BPS: std::ops::RangeInclusive<u32> = 20_000..=100_000_000;
/// Longest name of a rung, in bytes.
pub const RUNG_NAME_MAX: usize = 24;
/// The name of a rung that stands above the ladder: the source's own pictures.
pub const ORIGINAL: &str = "original";

/// One line of the ladder: a name, the box that pictures must fit into, and the target bit rate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RungSpec {
    /// `720p`, as written in `[resolutions]`.
    pub name: String,
    /// Width of the box in square pixels, even.
    pub box_width: u32,
    /// Height of the box in square pixels, even.
    pub box_height: u32,
    /// Target bit rate of the video track in bits per second.
    pub bitrate_bps: u32,
}

/// Why a rung's line was refused; the text says what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RungError {
    #[error("`{0}` is not a rung; write WIDTHxHEIGHT RATEk, for example 1280x720 2500k")]
    Form(String),
    #[error("the box {0}x{1} is outside 16 to 4096 pixels an edge")]
    Box(u32, u32),
    #[error("the box {0}x{1} has an odd edge; H.264 4:2:0 needs even ones")]
    Odd(u32, u32),
    #[error("the bit rate {0} is outside 20k to 100M bits per second")]
    Bitrate(String),
    #[error("`{0}` is not a rung's name; use 1 to 24 letters, digits, `-` or `_`, not `auto`, `thirds` or `original`")]
    Name(String),
}

/// The size of a picture in square pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PictureSize {
    pub width: u32,
    pub height: u32,
}

impl fmt::Display for PictureSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl RungSpec {
    /// Reads `name = WIDTHxHEIGHT RATE`, where RATE is bits per second with an optional `k` or `M`.
    ///
    /// # Errors
    /// [`RungError`] when the name, the form, the box or the rate is outside what is allowed.
    pub fn parse(name: &str, value: &str) -> Result<Self, RungError> {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > RUNG_NAME_MAX || !name.chars().all(good) || ["auto", "thirds", ORIGINAL].contains(&name) {
            return Err(RungError::Name(name.to_owned()));
        }
        let form = || RungError::Form(value.to_owned());
        let (size, rate) = value.trim().split_once(char::is_whitespace).ok_or_else(form)?;
        let (w, h) = size.split_once('x').ok_or_else(form)?;
        let (box_width, box_height) = (w.parse().map_err(|_| form())?, h.parse().map_err(|_| form())?);
        if !BOX_EDGE.contains(&box_width) || !BOX_EDGE.contains(&box_height) {
            return Err(RungError::Box(box_width, box_height));
        }
        if !box_width.is_multiple_of(2) || !box_height.is_multiple_of(2) {
            return Err(RungError::Odd(box_width, box_height));
        }
        let bitrate_bps = parse_bitrate(rate.trim()).ok_or_else(form)?;
        let bitrate_bps = u32::try_from(bitrate_bps).ok().filter(|b| BITRATE_BPS.contains(b)).ok_or_else(|| RungError::Bitrate(rate.trim().to_owned()))?;
        Ok(Self { name: name.to_owned(), box_width, box_height, bitrate_bps })
    }

    /// Whether the rung would enlarge a source of this size.
    #[must_use]
    pub fn is_above(&self, source: PictureSize) -> bool {
        source.width < self.box_width && source.height < self.box_height
    }

    /// The coded size: the source scaled down (never up) into the box, aspect kept, both edges even and at least 2.
    #[must_use]
    pub fn fit(&self, source: PictureSize) -> PictureSize {
        let (sw, sh) = (u64::from(source.width.max(1)), u64::from(source.height.max(1)));
        let (bw, bh) = (u64::from(self.box_width), u64::from(self.box_height));
        let (w, h) = if sw <= bw && sh <= bh {
            (sw, sh)
        } else if sw * bh >= sh * bw {
            (bw, (sh * bw + sw / 2) / sw)
        } else {
            ((sw * bh + sh / 2) / sh, bh)
        };
        // At most 4096 by construction.
        let even = |v: u64, limit: u64| u32::try_from(v.next_multiple_of(2).clamp(2, limit)).unwrap_or(2);
        PictureSize { width: even(w, bw), height: even(h, bh) }
    }
}

/// Bits per second from `40M`, `700k` or `20000`; none when it is something else.
#[must_use]
pub fn parse_bitrate(text: &str) -> Option<u64> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'k' | b'K' => (&text[..text.len() - 1], 1_000),
        b'm' | b'M' => (&text[..text.len() - 1], 1_000_000),
        _ => (text, 1),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// The rungs of `ladder` that a source of this size is prepared in, lowest first: all that do not enlarge it, and always
/// the lowest, so that every video can be watched. Rungs that would come out at the same size as a lower one are kept:
/// they differ in bit rate.
#[must_use]
pub fn rungs_for(ladder: &[RungSpec], source: PictureSize) -> Vec<RungSpec> {
    let mut sorted = ladder.to_vec();
    sorted.sort_by_key(|r| (u64::from(r.box_width) * u64::from(r.box_height), r.bitrate_bps));
    let mut kept: Vec<_> = sorted.iter().filter(|r| !r.is_above(source)).cloned().collect();
    if kept.is_empty() {
        kept.extend(sorted.first().cloned());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spec(w: u32, h: u32) -> RungSpec {
        RungSpec { name: "r".into(), box_width: w, box_height: h, bitrate_bps: 1_000_000 }
    }

    #[test]
    fn parses_the_documented_form() {
        let r = RungSpec::parse("720p", "1280x720 2500k").expect("documented form");
        assert_eq!((r.box_width, r.box_height, r.bitrate_bps), (1280, 720, 2_500_000));
        for (name, bad) in [
            ("720p", "1280by720"),
            ("720p", "1280x720"),
            ("a b", "1280x720 1k"),
            ("auto", "16x16 1M"),
            ("original", "16x16 1M"),
            ("x", "15x16 1M"),
            ("x", "17x17 1M"),
            ("x", "16x16 1k"),
            ("x", "16x16 900M"),
        ] {
            assert!(RungSpec::parse(name, bad).is_err(), "{name} = {bad}");
        }
    }

    #[test]
    fn fits_as_expected() {
        let check = |b: (u32, u32), s: (u32, u32), want: (u32, u32)| {
            let got = spec(b.0, b.1).fit(PictureSize { width: s.0, height: s.1 });
            assert_eq!((got.width, got.height), want, "{s:?} in {b:?}");
        };
        check((1280, 720), (2560, 1440), (1280, 720));
        check((1280, 720), (1440, 1080), (960, 720));
        check((1280, 720), (1080, 1920), (406, 720));
        check((256, 144), (99, 33), (100, 34));
        check((256, 144), (1, 1), (2, 2));
        check((256, 144), (4000, 2), (256, 2));
    }

    #[test]
    fn the_lowest_rung_always_exists() {
        let ladder = [spec(1280, 720), spec(256, 144)];
        let tiny = rungs_for(&ladder, PictureSize { width: 64, height: 48 });
        assert_eq!(tiny.iter().map(|r| r.box_width).collect::<Vec<_>>(), [256]);
        let full = rungs_for(&ladder, PictureSize { width: 1280, height: 720 });
        assert_eq!(full.len(), 2);
    }

    proptest! {
        #[test]
        fn fit_stays_inside_and_even(bw in 8u32..2048, bh in 8u32..2048, sw in 1u32..10_000, sh in 1u32..10_000) {
            let got = spec(bw * 2, bh * 2).fit(PictureSize { width: sw, height: sh });
            prop_assert!(got.width <= bw * 2 && got.height <= bh * 2);
            prop_assert!(got.width.is_multiple_of(2) && got.height.is_multiple_of(2) && got.width >= 2 && got.height >= 2);
        }
    }
}
