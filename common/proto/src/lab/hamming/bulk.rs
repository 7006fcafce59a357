//! Two codes at the speed of memory: (7,4) in the classic order with a byte for each block, and Hsiao's (72,64) with nine bytes for eight.
//!
//! Both are tables over bytes and nothing else; tests hold them against [`Code`](super::Code).

use super::code::hsiao_columns;
use super::message::Verdicts;

/// The two blocks of a byte, the high half first.
static BLOCKS_74: [[u8; 2]; 256] = {
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = [block_74(byte as u8 >> 4), block_74(byte as u8 & 15)];
        byte += 1;
    }
    table
};

/// The data of a received block in the half of a byte where it belongs, and 256 when a bit of it was turned around: for the high half and
/// the low one. The highest bit of the block's byte does not count.
static DATA_74: [[u16; 256]; 2] = {
    let mut tables = [[0; 256]; 2];
    let mut received = 0;
    while received < 256 {
        let mut data = 0;
        while data < 16 {
            let distance = ((received as u8 & 127) ^ block_74(data)).count_ones();
            // The balls around the 16 blocks fill the space: exactly one is this near.
            if distance <= 1 {
                tables[0][received] = (data as u16) << 4 | (distance as u16) << 8;
                tables[1][received] = data as u16 | (distance as u16) << 8;
            }
            data += 1;
        }
        received += 1;
    }
    tables
};

/// p1 p2 d1 p4 d2 d3 d4, the last bit lowest.
const fn block_74(data: u8) -> u8 {
    let (d1, d2, d3, d4) = (data >> 3 & 1, data >> 2 & 1, data >> 1 & 1, data & 1);
    (d1 ^ d2 ^ d4) << 6 | (d1 ^ d3 ^ d4) << 5 | d1 << 4 | (d2 ^ d3 ^ d4) << 3 | data & 7
}

/// Writes two bytes for each of `data`: the blocks of its high and its low half, each in the lower seven bits, the bit that is sent first
/// highest. Ends with the shorter of both; returns the bytes of data that were done.
pub fn encode_74(data: &[u8], out: &mut [u8]) -> usize {
    for (pair, byte) in out.chunks_exact_mut(2).zip(data) {
        pair.copy_from_slice(&BLOCKS_74[usize::from(*byte)]);
    }
    data.len().min(out.len() / 2)
}

/// Writes a byte of data for each two blocks as [`encode_74`] makes them; the highest bit of each does not count. Ends with the shorter of
/// both; returns how many blocks were not as they should be, each of which was corrected.
pub fn decode_74(blocks: &[u8], out: &mut [u8]) -> u64 {
    let [high, low] = &DATA_74;
    let (pairs, _) = blocks.as_chunks::<2>();
    let mut corrected = 0;
    for ([first, second], byte) in pairs.iter().zip(out) {
        let both = high[usize::from(*first)] + low[usize::from(*second)];
        *byte = both as u8;
        corrected += u64::from(both >> 8);
    }
    corrected
}

/// What each byte of the data adds to the check byte; row 0 of the matrix is its highest bit, as it is sent first.
static CHECKS_72: [[u8; 256]; 8] = {
    let columns = hsiao_columns();
    let mut tables = [[0; 256]; 8];
    let mut place = 0;
    while place < 8 {
        let mut value = 0;
        while value < 256 {
            let mut bit = 0;
            while bit < 8 {
                if value >> (7 - bit) & 1 == 1 {
                    tables[place][value] ^= (columns[place * 8 + bit] as u8).reverse_bits();
                }
                bit += 1;
            }
            value += 1;
        }
        place += 1;
    }
    tables
};

/// For each syndrome the bit of the block that has it, 0 to 71, or 255. Syndrome 0 has none.
static PLACES_72: [u8; 256] = {
    let columns = hsiao_columns();
    let mut places = [255; 256];
    let mut bit = 0;
    while bit < 64 {
        places[(columns[bit] as u8).reverse_bits() as usize] = bit as u8;
        bit += 1;
    }
    while bit < 72 {
        places[0x80 >> (bit - 64)] = bit as u8;
        bit += 1;
    }
    places
};

fn checks_72(data: [u8; 8]) -> u8 {
    data.iter().zip(&CHECKS_72).fold(0, |sum, (byte, table)| sum ^ table[usize::from(*byte)])
}

/// Writes nine bytes for each eight of `data`: these and their check byte, the form of [`super::message`]. Ends with the last whole block
/// that both have room for; returns the blocks done.
pub fn encode_72(data: &[u8], out: &mut [u8]) -> usize {
    let (eights, _) = data.as_chunks::<8>();
    let (nines, _) = out.as_chunks_mut::<9>();
    for (nine, eight) in nines.iter_mut().zip(eights) {
        nine[..8].copy_from_slice(eight);
        nine[8] = checks_72(*eight);
    }
    eights.len().min(nines.len())
}

/// Writes eight bytes of data for each nine as [`encode_72`] makes them. Ends with the last whole block that both have room for; returns
/// what their receiver says of them.
pub fn decode_72(blocks: &[u8], out: &mut [u8]) -> Verdicts {
    let (nines, _) = blocks.as_chunks::<9>();
    let (eights, _) = out.as_chunks_mut::<8>();
    let mut seen = Verdicts::default();
    for (eight, nine) in eights.iter_mut().zip(nines) {
        let [a, b, c, d, e, f, g, h, checks] = *nine;
        *eight = [a, b, c, d, e, f, g, h];
        let syndrome = checks_72(*eight) ^ checks;
        if syndrome != 0 {
            mend_72(eight, syndrome, &mut seen);
        }
    }
    seen.clean = eights.len().min(nines.len()) as u64 - seen.corrected - seen.uncorrectable;
    seen
}

#[cold]
fn mend_72(data: &mut [u8; 8], syndrome: u8, seen: &mut Verdicts) {
    match PLACES_72[usize::from(syndrome)] {
        255 => seen.uncorrectable += 1,
        bit => {
            seen.corrected += 1;
            if let Some(byte) = data.get_mut(usize::from(bit / 8)) {
                *byte ^= 0x80 >> (bit % 8);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::{Codec, bytes_of, flip_in, word_at};
    use super::super::{Code, Order, Verdict};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_byte_of_74_is_what_the_code_makes() {
        let code = Code::new(4, false, Order::Classic).expect("a code");
        for byte in 0..=255u8 {
            let mut out = [0; 2];
            assert_eq!(encode_74(&[byte], &mut out), 1);
            let simple = [0, 4].map(|at| bytes_of(&code.encode(&word_at(&[byte], at, 4)), 7)[0] >> 1);
            assert_eq!(out, simple);
            // As a received block.
            let decoded = code.decode(&word_at(&[byte << 1], 0, 7));
            let mut data = [0];
            let corrected = decode_74(&[byte, out[0]], &mut data);
            assert_eq!(data[0] >> 4, bytes_of(&decoded.data, 4)[0] >> 4, "{byte:07b}");
            assert_eq!(corrected, u64::from(decoded.verdict != Verdict::Clean), "{byte:07b}");
        }
    }

    #[test]
    fn the_columns_are_hsiao_s() {
        let columns = hsiao_columns();
        assert!(columns.iter().all(|c| matches!(c.count_ones(), 3 | 5)));
        for row in 0..8 {
            assert_eq!(columns.iter().filter(|c| **c >> row & 1 == 1).count(), 26, "row {row}");
        }
        assert_eq!(columns.iter().collect::<std::collections::BTreeSet<_>>().len(), 64);
    }

    proptest! {
        #[test]
        fn whole_messages_are_the_same(data in proptest::collection::vec(any::<[u8; 8]>(), 0..40), flips in proptest::collection::vec(any::<prop::sample::Index>(), 0..6)) {
            let data = data.concat();
            let codec = Codec::new(Code::new(64, true, Order::Hsiao).expect("a code"));
            let mut fast = vec![0; data.len() / 8 * 9];
            let code = codec.code();
            let simple: Vec<_> = data.chunks(8).flat_map(|eight| bytes_of(&code.encode(&word_at(eight, 0, 64)), 72)).collect();
            prop_assert_eq!(encode_72(&data, &mut fast), data.len() / 8);
            prop_assert_eq!(&simple, &fast);
            if !fast.is_empty() {
                flips.iter().for_each(|at| flip_in(&mut fast, at.index(data.len() * 9) as u64));
            }
            let (mut expected, mut verdicts, mut out) = (Vec::new(), Verdicts::default(), vec![0; data.len()]);
            codec.decode(&fast, data.len(), &mut expected, &mut verdicts);
            prop_assert_eq!(decode_72(&fast, &mut out), verdicts);
            prop_assert_eq!(out, expected);
        }

        #[test]
        fn nothing_is_done_that_has_no_room(data: Vec<u8>, room in 0usize..40) {
            let (mut out, mut blocks) = (vec![0; room], vec![0; room]);
            prop_assert_eq!(encode_74(&data, &mut out), data.len().min(room / 2));
            prop_assert_eq!(encode_72(&data, &mut blocks), (data.len() / 8).min(room / 9));
            prop_assert_eq!(decode_72(&data, &mut out).blocks(), (data.len() as u64 / 9).min(room as u64 / 8));
            decode_74(&data, &mut out);
        }
    }
}
