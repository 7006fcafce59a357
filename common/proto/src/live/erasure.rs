//! A systematic erasure code: some bytes strings of one length, and rows of parity; any as many of all of them as there were strings give
//! the strings back.
//!
//! Bytes are elements of GF(2⁸) modulo x⁸ + x⁴ + x³ + x² + 1 (0x11D). Row *i* of the parity of columns *j* has the coefficients of a
//! Cauchy matrix, 1 / (xᵢ + yⱼ) with xᵢ = *i* and yⱼ = 128 + *j*, every square part of which can be inverted (Blömer, Kalfane, Karp,
//! Karpinski, Luby, Zuckerman: *An XOR-Based Erasure-Resilient Coding Scheme*, ICSI TR-95-048, 1995). Each column is multiplied by
//! x₀ + yⱼ, which changes nothing of that and makes row 0 the exclusive or of the strings. A coefficient depends on its row and column alone:
//! who needs less parity takes the first rows of who needs more.

/// Columns and rows at most: the two halves of the field.
pub const COLUMNS_MAX: usize = 128;
pub const ROWS_MAX: usize = 128;

/// x⁸ + x⁴ + x³ + x² + 1, of which x is a generator.
const POLYNOMIAL: u16 = 0x11D;

struct Tables {
    /// Powers of the generator, twice, so that a sum of two logarithms needs no modulo.
    exp: [u8; 510],
    log: [u8; 256],
}

static TABLES: Tables = tables();

const fn tables() -> Tables {
    let (mut exp, mut log) = ([0; 510], [0; 256]);
    let (mut x, mut i) = (1u16, 0);
    while i < 255 {
        // Below 256 by the reduction.
        exp[i] = x as u8;
        exp[i + 255] = x as u8;
        log[x as usize] = i as u8;
        x <<= 1;
        if x & 0x100 != 0 {
            x ^= POLYNOMIAL;
        }
        i += 1;
    }
    Tables { exp, log }
}

fn mul(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    TABLES.exp[usize::from(TABLES.log[usize::from(a)]) + usize::from(TABLES.log[usize::from(b)])]
}

/// The inverse of what is not 0.
fn inverse(a: u8) -> u8 {
    TABLES.exp[255 - usize::from(TABLES.log[usize::from(a)])]
}

/// Of row `row`, below [`ROWS_MAX`], in column `column`, below [`COLUMNS_MAX`].
fn coefficient(row: usize, column: usize) -> u8 {
    // Both below 128 by the bounds of their callers.
    let (x, y) = (row as u8, 128 + column as u8);
    mul(y, inverse(x ^ y))
}

/// Adds `factor` times `of` to `to`, as far as `of` goes.
fn add_times(to: &mut [u8], of: &[u8], factor: u8) {
    match factor {
        0 => {}
        1 => to.iter_mut().zip(of).for_each(|(to, of)| *to ^= of),
        _ => {
            let products: [u8; 256] = std::array::from_fn(|b| mul(factor, b as u8));
            to.iter_mut().zip(of).for_each(|(to, of)| *to ^= products[usize::from(*of)]);
        }
    }
}

/// Adds a string to a row of parity. Shorter strings count as filled up with zeros; `parity` is as long as the longest.
pub fn add(parity: &mut [u8], row: usize, column: usize, string: &[u8]) {
    debug_assert!(row < ROWS_MAX && column < COLUMNS_MAX && string.len() <= parity.len());
    add_times(parity, string, coefficient(row, column));
}

/// The missing strings, in the order of `missing`, whose columns those are. `present` are all others with their columns, `rows` as many
/// different rows of parity, with their numbers, as are missing; all rows are of one length. None when that does not fit together.
#[must_use]
pub fn restore<'a>(present: impl Iterator<Item = (usize, &'a [u8])>, missing: &[usize], rows: &[(usize, &[u8])]) -> Option<Vec<Vec<u8>>> {
    let length = rows.first()?.1.len();
    let fits = rows.len() == missing.len() && rows.iter().all(|(row, bytes)| *row < ROWS_MAX && bytes.len() == length);
    if !fits || missing.iter().any(|column| *column >= COLUMNS_MAX) {
        return None;
    }
    // What remains of each row without what is present is the missing strings times a square of the matrix.
    let mut right: Vec<Vec<u8>> = rows.iter().map(|(_, bytes)| bytes.to_vec()).collect();
    for (column, string) in present {
        if column >= COLUMNS_MAX || string.len() > length {
            return None;
        }
        right.iter_mut().zip(rows).for_each(|(right, (row, _))| add(right, *row, column, string));
    }
    let mut left: Vec<Vec<u8>> = rows.iter().map(|(row, _)| missing.iter().map(|column| coefficient(*row, *column)).collect()).collect();
    // Gauss and Jordan. Every square of the matrix can be inverted; rows or columns that are named twice are the only way to fail.
    for at in 0..missing.len() {
        let pivot = (at..missing.len()).find(|row| left[*row][at] != 0)?;
        left.swap(at, pivot);
        right.swap(at, pivot);
        let scale = inverse(left[at][at]);
        left[at].iter_mut().chain(&mut right[at]).for_each(|b| *b = mul(*b, scale));
        let (of_left, of_right) = (left[at].clone(), right[at].clone());
        for row in (0..missing.len()).filter(|row| *row != at) {
            let factor = left[row][at];
            add_times(&mut left[row], &of_left, factor);
            add_times(&mut right[row], &of_right, factor);
        }
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_field_is_one() {
        for a in 1..=255 {
            assert_eq!((mul(a, inverse(a)), mul(a, 1), mul(a, 0)), (1, a, 0));
        }
        // 2 · 0x80 is the polynomial without its highest power; a worked product of the field of 0x11D.
        assert_eq!((mul(2, 0x80), mul(0x53, 0xCA)), (0x1D, 0x8F));
        assert!((0..COLUMNS_MAX).all(|column| coefficient(0, column) == 1), "row 0 is the exclusive or");
    }

    fn parity(strings: &[Vec<u8>], rows: usize) -> Vec<Vec<u8>> {
        let longest = strings.iter().map(Vec::len).max().unwrap_or(0);
        let row = |row| {
            let mut out = vec![0; longest];
            strings.iter().enumerate().for_each(|(column, string)| add(&mut out, row, column, string));
            out
        };
        (0..rows).map(row).collect()
    }

    proptest! {
        /// Any k of n give all back.
        #[test]
        fn any_as_many_as_there_were_give_all_back(
            strings in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 1..24),
            rows in 1usize..12,
            order in prop::collection::vec(any::<prop::sample::Index>(), 36),
        ) {
            let parity = parity(&strings, rows);
            let mut left: Vec<usize> = (0..strings.len() + rows).collect();
            let kept: Vec<usize> = order.iter().take(strings.len()).map(|index| left.swap_remove(index.index(left.len()))).collect();
            let missing: Vec<usize> = (0..strings.len()).filter(|column| !kept.contains(column)).collect();
            let present = kept.iter().filter(|n| **n < strings.len()).map(|column| (*column, &strings[*column][..]));
            let came: Vec<_> = kept.iter().filter(|n| **n >= strings.len()).map(|n| (n - strings.len(), &parity[n - strings.len()][..])).collect();
            prop_assert_eq!(came.len(), missing.len());
            let got = if missing.is_empty() { Vec::new() } else { restore(present, &missing, &came).expect("it can be solved") };
            for (column, got) in missing.iter().zip(got) {
                let (head, zeros) = got.split_at(strings[*column].len());
                prop_assert!(head == &strings[*column][..] && zeros.iter().all(|b| *b == 0));
            }
        }

        #[test]
        fn what_does_not_fit_together_gives_nothing(columns in prop::collection::vec(0usize..200, 0..5), rows in prop::collection::vec((0usize..200, 0usize..9), 0..5)) {
            let bytes = [7; 9];
            let rows: Vec<_> = rows.iter().map(|(row, length)| (*row, &bytes[..*length])).collect();
            // Whatever it is, it does not panic.
            let _ = restore([(3, &bytes[..4])].into_iter(), &columns, &rows);
        }
    }

    #[test]
    fn a_row_that_is_named_twice_solves_nothing() {
        let strings = [vec![1, 2], vec![3, 4], vec![5, 6]];
        let rows = parity(&strings, 2);
        let twice = [(1, &rows[1][..]), (1, &rows[1][..])];
        assert_eq!(restore([(0, &strings[0][..])].into_iter(), &[1, 2], &twice), None);
    }
}
