//! Bytes as blocks, and blocks as bytes.
//!
//! The bits of a message are those of its bytes, the highest of each byte first. Each block takes the next k of them; the last one is filled
//! with zeros. The n bits of each block follow each other without gaps, in the order in which the code sends them, the first in the
//! highest bit of the first byte; the last byte is filled with zeros. So k bytes are n bytes in eight blocks, and a file can be done in
//! pieces of a multiple of k bytes. The zeros at the end are not told from data: the length of the message is kept beside it
//! ([`super::container`]) or given.

use super::{Code, LENGTH_MAX, Order, Verdict, Word, bulk};

/// Blocks by what their receiver says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdicts {
    pub clean: u64,
    pub corrected: u64,
    /// Their data are delivered as they came.
    pub uncorrectable: u64,
}

impl Verdicts {
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Clean => self.clean += 1,
            Verdict::Corrected(_) => self.corrected += 1,
            Verdict::Uncorrectable => self.uncorrectable += 1,
        }
    }

    /// In all.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        self.clean + self.corrected + self.uncorrectable
    }
}

/// Blocks that a message of so many bytes has.
#[must_use]
pub fn blocks_of(code: &Code, bytes: u64) -> u64 {
    bytes.saturating_mul(8).div_ceil(code.k() as u64)
}

/// Bytes that so many blocks fill.
#[must_use]
pub fn coded_bytes(code: &Code, blocks: u64) -> u64 {
    blocks.saturating_mul(code.n() as u64).div_ceil(8)
}

/// A code with tables where it is short, and with those of [`bulk`] where it is Hsiao's, so that files are done in moments.
#[derive(Debug, Clone)]
pub struct Codec {
    code: Code,
    tables: Option<Tables>,
}

#[derive(Debug, Clone)]
struct Tables {
    /// By data bits, the first highest.
    blocks: Vec<u16>,
    /// By received bits, likewise.
    data: Vec<(u16, Verdict)>,
}

/// Longest block that has tables; 2^16 entries of 2^16 blocks.
const TABLE_BITS: usize = 16;

impl Codec {
    #[must_use]
    pub fn new(code: Code) -> Self {
        let tables = (code.n() <= TABLE_BITS).then(|| Tables::new(&code));
        Self { code, tables }
    }

    #[must_use]
    pub fn code(&self) -> &Code {
        &self.code
    }

    /// Appends the blocks of `data`. Called again with what follows, it gives the same as called once where all pieces but the last are a
    /// multiple of k bytes.
    pub fn encode(&self, data: &[u8], out: &mut Vec<u8>) {
        let (n, k) = (self.code.n(), self.code.k());
        if self.code.order() == Order::Hsiao {
            let (whole, rest) = data.split_at(data.len() / 8 * 8);
            let start = out.len();
            out.resize(start + whole.len() / 8 * 9, 0);
            bulk::encode_72(whole, &mut out[start..]);
            if !rest.is_empty() {
                out.extend_from_slice(&bytes_of(&self.code.encode(&word_at(rest, 0, k)), n));
            }
            return;
        }
        let blocks = (data.len() * 8).div_ceil(k);
        out.reserve((blocks * n).div_ceil(8));
        let mut writer = Writer { out, hold: 0, held: 0 };
        for block in 0..blocks {
            match &self.tables {
                Some(tables) => writer.push(u32::from(tables.blocks[bits_at(data, block * k, k) as usize]), n),
                None => writer.push_word(&self.code.encode(&word_at(data, block * k, k)), n),
            }
        }
        writer.finish();
    }

    /// Appends the `length` bytes whose blocks these are and counts what their receiver says; pieces as for [`Codec::encode`]. What is
    /// missing at the end counts as zeros.
    pub fn decode(&self, coded: &[u8], length: usize, out: &mut Vec<u8>, seen: &mut Verdicts) {
        let (n, k) = (self.code.n(), self.code.k());
        let blocks = (length * 8).div_ceil(k);
        let (start, mut writer) = (out.len(), Writer { out, hold: 0, held: 0 });
        writer.out.reserve((blocks * k).div_ceil(8));
        for block in 0..blocks {
            match &self.tables {
                Some(tables) => {
                    let (data, verdict) = tables.data[bits_at(coded, block * n, n) as usize];
                    seen.add(verdict);
                    writer.push(u32::from(data), k);
                }
                None => {
                    let decoded = self.code.decode(&word_at(coded, block * n, n));
                    seen.add(decoded.verdict);
                    writer.push_word(&decoded.data, k);
                }
            }
        }
        writer.finish();
        out.truncate(start + length);
    }
}

impl Tables {
    fn new(code: &Code) -> Self {
        let (n, k) = (code.n(), code.k());
        let word = |bits: usize, count: usize| Word::from_low(u64::from((bits as u32).reverse_bits() >> (32 - count)));
        let bits = |word: &Word, count: usize| (word.part(0).reverse_bits() >> (32 - count)) as u16;
        let blocks = (0..1 << k).map(|data| bits(&code.encode(&word(data, k)), n)).collect();
        let data = (0..1 << n).map(|block| code.decode(&word(block, n))).map(|decoded| (bits(&decoded.data, k), decoded.verdict)).collect();
        Self { blocks, data }
    }
}

/// `count` bits from bit `at` on, at most 32, the first highest; zeros behind the end.
fn bits_at(bytes: &[u8], at: usize, count: usize) -> u32 {
    let first = at / 8;
    let window = match bytes.get(first..first + 8) {
        Some(eight) => eight.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        None => (first..first + 8).fold(0, |sum, i| sum << 8 | u64::from(bytes.get(i).copied().unwrap_or(0))),
    };
    // 32 bits that begin inside the first byte end before the sixth.
    (window << (at % 8) >> 32) as u32 >> (32 - count)
}

/// `count` bits from bit `at` on, at most [`LENGTH_MAX`]; zeros behind the end.
#[must_use]
pub fn word_at(bytes: &[u8], at: usize, count: usize) -> Word {
    let mut word = Word::default();
    for done in (0..count.min(LENGTH_MAX)).step_by(32) {
        let part = (count - done).min(32);
        word.lay(done, (bits_at(bytes, at + done, part) << (32 - part)).reverse_bits());
    }
    word
}

/// The first `count` bits of a word in bytes, the first highest.
#[must_use]
pub fn bytes_of(word: &Word, count: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer { out: &mut out, hold: 0, held: 0 };
    writer.push_word(word, count);
    writer.finish();
    out
}

/// Turns bit `at` around; nothing behind the end.
pub fn flip_in(bytes: &mut [u8], at: u64) {
    if let Some(byte) = usize::try_from(at / 8).ok().and_then(|i| bytes.get_mut(i)) {
        *byte ^= 0x80 >> (at % 8);
    }
}

/// Appends bits, the first in the highest bit.
struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Bits not yet written, the last lowest.
    hold: u64,
    /// Fewer than 32 between calls.
    held: usize,
}

impl Writer<'_> {
    /// The low `count` bits, at most 32.
    fn push(&mut self, bits: u32, count: usize) {
        self.hold = self.hold << count | u64::from(bits);
        self.held += count;
        if self.held >= 32 {
            self.held -= 32;
            self.out.extend_from_slice(&((self.hold >> self.held) as u32).to_be_bytes());
        }
    }

    fn push_word(&mut self, word: &Word, count: usize) {
        for done in (0..count).step_by(32) {
            let part = (count - done).min(32);
            self.push(word.part(done).reverse_bits() >> (32 - part), part);
        }
    }

    fn finish(self) {
        let bytes = ((self.hold << (32 - self.held)) as u32).to_be_bytes();
        self.out.extend_from_slice(&bytes[..self.held.div_ceil(8)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bits_lie_as_it_is_written() {
        // "Hi" is 0100 1000 0110 1001; Hamming's blocks of 4, 8, 6 and 9, one behind the other.
        let codec = Codec::new(Code::new(4, false, Order::Classic).expect("a code"));
        let mut out = Vec::new();
        codec.encode(b"Hi", &mut out);
        let bits: String = out.iter().map(|byte| format!("{byte:08b}")).collect();
        assert_eq!(bits, ["1001100", "1110000", "1100110", "0011001", "0000"].concat());
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes: Vec<u8>, k in 1usize..140, secded: bool) {
            let codec = Codec::new(Code::new(k, secded, Order::Classic).expect("a code"));
            let (mut coded, mut out, mut seen) = (Vec::new(), Vec::new(), Verdicts::default());
            codec.encode(&bytes, &mut coded);
            let blocks = blocks_of(codec.code(), bytes.len() as u64);
            prop_assert_eq!(coded.len() as u64, coded_bytes(codec.code(), blocks));
            codec.decode(&coded, bytes.len(), &mut out, &mut seen);
            prop_assert_eq!(&out, &bytes);
            prop_assert_eq!(seen, Verdicts { clean: blocks, ..Verdicts::default() });
        }

        #[test]
        fn pieces_are_the_whole(bytes in proptest::collection::vec(any::<u8>(), 0..400), k in 1usize..60, pieces in 1usize..4) {
            let codec = Codec::new(Code::new(k, true, Order::Systematic).expect("a code"));
            let (mut whole, mut parts) = (Vec::new(), Vec::new());
            codec.encode(&bytes, &mut whole);
            bytes.chunks(k * pieces).for_each(|piece| codec.encode(piece, &mut parts));
            prop_assert_eq!(&whole, &parts);
            let (mut out, mut seen, mut left) = (Vec::new(), Verdicts::default(), bytes.len());
            for piece in whole.chunks(codec.code().n() * pieces) {
                codec.decode(piece, left.min(k * pieces), &mut out, &mut seen);
                left -= left.min(k * pieces);
            }
            prop_assert_eq!(out, bytes);
        }

        #[test]
        fn bits_are_read_where_they_are(bytes: Vec<u8>, at in 0usize..90, count in 1usize..=200) {
            let expected: String = (at..at + count).map(|i| bytes.get(i / 8).map_or('0', |b| if b >> (7 - i % 8) & 1 == 1 { '1' } else { '0' })).collect();
            let word = word_at(&bytes, at, count);
            prop_assert_eq!(word.digits(count), expected);
            prop_assert_eq!(word_at(&bytes_of(&word, count), 0, count), word);
        }
    }
}
