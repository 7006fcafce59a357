//! The bits of one block.

use super::LENGTH_MAX;

const PARTS: usize = LENGTH_MAX / 64;

/// Up to [`LENGTH_MAX`] bits, numbered from 0 in the order in which they are sent. Bits outside of it are 0, and stay so.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Word([u64; PARTS]);

impl Word {
    /// The bits of a number, the lowest first.
    #[must_use]
    pub fn from_low(bits: u64) -> Self {
        let mut word = Self::default();
        word.0[0] = bits;
        word
    }

    /// The first 64 bits as a number, bit 0 lowest.
    #[must_use]
    pub fn low(&self) -> u64 {
        self.0[0]
    }

    /// Bit `at`.
    #[must_use]
    pub fn get(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|part| part >> (at % 64) & 1 == 1)
    }

    /// Makes bit `at` what is said.
    pub fn set(&mut self, at: usize, bit: bool) {
        if self.get(at) != bit {
            self.flip(at);
        }
    }

    /// Turns bit `at` around.
    pub fn flip(&mut self, at: usize) {
        if let Some(part) = self.0.get_mut(at / 64) {
            *part ^= 1 << (at % 64);
        }
    }

    /// Bits from `at` on, a multiple of 32, out of a number's low 32 bits, the lowest first. Only where all were 0.
    pub(super) fn lay(&mut self, at: usize, bits: u32) {
        if let Some(part) = self.0.get_mut(at / 64) {
            *part |= u64::from(bits) << (at % 64);
        }
    }

    /// 32 bits from `at` on, a multiple of 32, the first lowest.
    pub(super) fn part(&self, at: usize) -> u32 {
        self.0.get(at / 64).map_or(0, |part| (part >> (at % 64)) as u32)
    }

    /// The bits that are 1, ascending.
    pub fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().filter(|(_, part)| **part != 0).flat_map(|(i, part)| {
            let next = |left: &u64| Some(left & left.wrapping_sub(1)).filter(|left| *left != 0);
            std::iter::successors(Some(*part), next).map(move |left| i * 64 + left.trailing_zeros() as usize)
        })
    }

    /// How many bits are 1: the weight.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.0.iter().map(|part| part.count_ones() as usize).sum()
    }

    /// Where two words differ.
    #[must_use]
    pub fn xor(&self, other: &Self) -> Self {
        let mut sum = *self;
        sum.0.iter_mut().zip(other.0).for_each(|(a, b)| *a ^= b);
        sum
    }

    /// The first `count` bits as digits.
    #[must_use]
    pub fn digits(&self, count: usize) -> String {
        (0..count).map(|i| if self.get(i) { '1' } else { '0' }).collect()
    }
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.ones()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_are_where_they_were_put(ones in proptest::collection::btree_set(0..LENGTH_MAX, 0..40), others in proptest::collection::btree_set(0..LENGTH_MAX, 0..40)) {
            let make = |set: &std::collections::BTreeSet<usize>| {
                let mut word = Word::default();
                set.iter().for_each(|i| word.set(*i, true));
                word
            };
            let (a, b) = (make(&ones), make(&others));
            prop_assert_eq!(a.ones().collect::<Vec<_>>(), ones.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(a.weight(), ones.len());
            prop_assert_eq!(a.xor(&b), make(&ones.symmetric_difference(&others).copied().collect()));
            prop_assert_eq!(a.digits(LENGTH_MAX).matches('1').count(), ones.len());
        }
    }

    #[test]
    fn nothing_stands_outside() {
        let mut word = Word::from_low(5);
        word.set(LENGTH_MAX, true);
        assert_eq!((word, word.get(LENGTH_MAX), word.digits(4)), (Word::from_low(5), false, "1010".to_owned()));
    }
}
