//! The sequence parameter set of H.264 (ITU-T H.264, 7.3.2.1.1 and annex E): what must be known besides the decoder, by a
//! player that reorders pictures itself and by a worker that copies pictures which it has not made.

use lectern_proto::rung::PictureSize;

/// Macroblocks of a picture at most: level 5.2 (table A-1, MaxFS).
const MACROBLOCKS_MAX: u64 = 36_864;
/// Pictures that may be held back for reordering at most (A.3.1).
pub(crate) const REORDER_MAX: usize = 16;

/// A colour that is not declared (tables E-3 to E-5).
pub(crate) const UNDECLARED: u8 = 2;

/// What is read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(all(feature = "make", feature = "portable")), allow(dead_code, reason = "each half needs its part"))]
pub(crate) struct Sps {
    /// `profile_idc`.
    pub(crate) profile: u8,
    /// Without what is cropped.
    pub(crate) size: PictureSize,
    /// Pictures that may be decoded before one that is shown earlier; none when it does not say and there may be some.
    pub(crate) reorder: Option<usize>,
    pub(crate) full_range: bool,
    /// Codes of tables E-3, E-4 and E-5.
    pub(crate) primaries: u8,
    pub(crate) transfer: u8,
    pub(crate) matrix: u8,
}

impl Sps {
    /// Reads the NAL unit; nothing when it is not one of progressive 8-bit 4:2:0 pictures within level 5.2.
    pub(crate) fn parse(nal: &[u8]) -> Option<Self> {
        let rbsp = without_emulation(nal.split_first().filter(|(head, _)| **head & 0x1F == 7)?.1);
        let mut bits = Bits { bytes: &rbsp, at: 0 };
        let profile = u8::try_from(bits.take(8)?).ok()?;
        let constraints = bits.take(8)?;
        let _level = bits.take(8)?;
        let _id = bits.ue()?;
        if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128 | 138 | 139 | 134 | 135) {
            let (chroma_format, luma_depth, chroma_depth) = (bits.ue()?, bits.ue()?, bits.ue()?);
            let lossless = bits.flag()?;
            if (chroma_format, luma_depth, chroma_depth, lossless) != (1, 0, 0, false) {
                return None;
            }
            if bits.flag()? {
                skip_scaling_lists(&mut bits)?;
            }
        }
        let _log2_frame_num = bits.ue()?;
        let order_type = bits.ue()?;
        match order_type {
            0 => drop(bits.ue()?),
            1 => {
                bits.take(1)?;
                bits.skip_ue(2)?;
                let cycle = bits.ue()?;
                if cycle > 255 {
                    return None;
                }
                bits.skip_ue(cycle)?;
            }
            2 => {}
            _ => return None,
        }
        let references = bits.ue()?;
        let _gaps = bits.take(1)?;
        let (width, height) = (u64::from(bits.ue()?) + 1, u64::from(bits.ue()?) + 1);
        let frames_only = bits.flag()?;
        if width * height > MACROBLOCKS_MAX || !frames_only {
            return None;
        }
        let _direct_8x8 = bits.take(1)?;
        // In units of two samples: left, right, top, bottom.
        let mut crop = [0u64; 4];
        if bits.flag()? {
            for edge in &mut crop {
                *edge = 2 * u64::from(bits.ue()?);
            }
        }
        let edge = |macroblocks: u64, crop: u64| (16 * macroblocks).checked_sub(crop).filter(|e| *e > 0).and_then(|e| u32::try_from(e).ok());
        let size = PictureSize { width: edge(width, crop[0] + crop[1])?, height: edge(height, crop[2] + crop[3])? };
        // Without further word pictures are shown in the order of decoding where nothing can be referred to backwards.
        let in_order = order_type == 2 || profile == 66 || (references == 0 && constraints & 0x10 != 0);
        let reorder = in_order.then_some(0);
        let unsaid = Self { profile, size, reorder, full_range: false, primaries: UNDECLARED, transfer: UNDECLARED, matrix: UNDECLARED };
        if bits.flag()? { unsaid.with_usability(&mut bits) } else { Some(unsaid) }
    }

    /// Annex E.1.1.
    fn with_usability(mut self, bits: &mut Bits<'_>) -> Option<Self> {
        const EXTENDED_ASPECT: u32 = 255;
        if bits.flag()? && bits.take(8)? == EXTENDED_ASPECT {
            bits.take(32)?;
        }
        if bits.flag()? {
            bits.take(1)?;
        }
        if bits.flag()? {
            bits.take(3)?;
            self.full_range = bits.flag()?;
            if bits.flag()? {
                for code in [&mut self.primaries, &mut self.transfer, &mut self.matrix] {
                    *code = u8::try_from(bits.take(8)?).ok()?;
                }
            }
        }
        if bits.flag()? {
            bits.skip_ue(2)?;
        }
        if bits.flag()? {
            bits.take(32)?;
            bits.take(32)?;
            bits.take(1)?;
        }
        let mut delays = false;
        for _ in 0..2 {
            if bits.flag()? {
                skip_buffering(bits)?;
                delays = true;
            }
        }
        bits.take(u32::from(delays))?;
        bits.take(1)?;
        if bits.flag()? {
            bits.take(1)?;
            bits.skip_ue(4)?;
            self.reorder = Some(usize::try_from(bits.ue()?).ok()?.min(REORDER_MAX));
        }
        Some(self)
    }
}

/// Section 7.3.2.1.1.1; 4:2:0 has 8 lists.
fn skip_scaling_lists(bits: &mut Bits<'_>) -> Option<()> {
    for list in 0..8 {
        if !bits.flag()? {
            continue;
        }
        let (mut last, mut next) = (8i64, 8i64);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + bits.se()?).rem_euclid(256);
            }
            last = if next == 0 { last } else { next };
        }
    }
    Some(())
}

/// Section E.1.2.
fn skip_buffering(bits: &mut Bits<'_>) -> Option<()> {
    let count = bits.ue()?;
    if count > 31 {
        return None;
    }
    bits.take(8)?;
    for _ in 0..=count {
        bits.skip_ue(2)?;
        bits.take(1)?;
    }
    bits.take(20)?;
    Some(())
}

/// Takes out the byte 3 behind two zeros (7.4.1.1).
fn without_emulation(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut zeros = 0;
    for byte in bytes {
        if *byte == 3 && zeros >= 2 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

/// Bits from the most significant on.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u32::from(bit))
    }

    /// Up to 32 bits.
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | self.bit()?;
        }
        Some(value)
    }

    fn flag(&mut self) -> Option<bool> {
        self.bit().map(|b| b == 1)
    }

    /// Exponential Golomb code (9.1), below 2^32 - 1.
    fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.take(zeros)?)
    }

    /// Passes over so many of them.
    fn skip_ue(&mut self, count: u32) -> Option<()> {
        (0..count).try_for_each(|_| self.ue().map(drop))
    }

    /// The signed form (9.1.1).
    fn se(&mut self) -> Option<i64> {
        let code = i64::from(self.ue()?);
        Some(if code % 2 == 0 { -code / 2 } else { code / 2 + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by x264 for 320x180 with two B-frames, High profile, BT.709 limited.
    const X264: &[u8] = &[
        0x67, 0x64, 0x00, 0x0D, 0xAC, 0xD9, 0x41, 0x41, 0x9F, 0x9F, 0x01, 0x6A, 0x02, 0x02, 0x02, 0x80, 0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x1E, 0x07,
        0x8A, 0x14, 0xCB,
    ];

    #[test]
    fn what_the_worker_writes_is_read() {
        let size = PictureSize { width: 320, height: 180 };
        let want = Sps { profile: 100, size, reorder: Some(2), full_range: false, primaries: 1, transfer: 1, matrix: 1 };
        assert_eq!(Sps::parse(X264), Some(want));
    }

    #[test]
    fn cut_or_noisy_sets_are_refused_or_read_without_a_panic() {
        for end in 0..X264.len() - 4 {
            assert_eq!(Sps::parse(&X264[..end]), None, "cut at {end}");
        }
        for (at, bit) in (0..X264.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
            let mut changed = X264.to_vec();
            changed[at] ^= 1 << bit;
            assert!(Sps::parse(&changed).is_none_or(|s| s.reorder.is_none_or(|r| r <= REORDER_MAX)));
        }
        assert_eq!(Sps::parse(&[0x67; 200]), None);
        assert_eq!(Sps::parse(&[0x68, 0, 0]), None);
    }

    #[test]
    fn emulation_bytes_are_taken_out() {
        assert_eq!(without_emulation(&[0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3]), [0, 0, 1, 0, 0, 0, 0, 3]);
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // 1 010 011 00100 00101: table 9-2.
        let mut bits = Bits { bytes: &[0b1010_0110, 0b0100_0010, 0b1000_0000], at: 0 };
        assert_eq!(std::array::from_fn(|_| bits.ue()), [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        let mut bits = Bits { bytes: &[0b1010_0110, 0b0100_0010, 0b1000_0000], at: 0 };
        assert_eq!(std::array::from_fn(|_| bits.se()), [Some(0), Some(1), Some(-1), Some(2), Some(-2)]);
        assert_eq!(Bits { bytes: &[0; 9], at: 0 }.ue(), None);
    }
}
