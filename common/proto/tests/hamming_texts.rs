//! Hamming codes as the standard texts work them out, all small errors of all small codes, and what files of blocks are.

use lectern_proto::lab::hamming::channel::{Channel, Noise, NoiseError, Per};
use lectern_proto::lab::hamming::{Code, CodeError, LENGTH_MAX, Order, Outcome, Verdict, Word, outcome};
use proptest::prelude::*;

fn word(digits: &str) -> Word {
    let mut word = Word::default();
    digits.char_indices().filter(|(_, c)| *c == '1').for_each(|(i, _)| word.flip(i));
    word
}

fn check(code: &Code, table: &[(&str, &str)]) {
    for (data, block) in table {
        assert_eq!(code.encode(&word(data)).digits(code.n()), *block, "{data} in {code:?}");
        assert_eq!(code.decode(&word(block)).data.digits(code.k()), *data, "{block} in {code:?}");
    }
}

fn new(k: usize, secded: bool, order: Order) -> Code {
    Code::new(k, secded, order).expect("a code")
}

#[test]
fn hamming_1950() {
    // Table IV, "Code for decimal digits": the numbers 0 to 15 in seven positions, checks in 1, 2 and 4.
    let blocks = [
        "0000000", "1101001", "0101010", "1000011", "1001100", "0100101", "1100110", "0001111", "1110000", "0011001", "1011010", "0110011", "0111100",
        "1010101", "0010110", "1111111",
    ];
    let code = new(4, false, Order::Classic);
    let table: Vec<_> = blocks.iter().enumerate().map(|(i, block)| (format!("{i:04b}"), *block)).collect();
    check(&code, &table.iter().map(|(data, block)| (data.as_str(), *block)).collect::<Vec<_>>());
    // His example: 12 with an error in position 5; the checking number is 101.
    let received = word("0111000");
    let decoded = code.decode(&received);
    assert_eq!((decoded.verdict, code.syndrome_digits(decoded.syndrome).as_str()), (Verdict::Corrected(4), "101"));
    assert_eq!(decoded.block, word("0111100"));
    let steps = code.steps(&received);
    let named: Vec<_> = steps.checks.iter().map(|c| (c.name.as_str(), c.bits.iter().map(|(at, _)| at + 1).collect::<Vec<_>>(), c.is_odd)).collect();
    let expected = [("s1", vec![1, 3, 5, 7], true), ("s2", vec![2, 3, 6, 7], false), ("s4", vec![4, 5, 6, 7], true)];
    assert_eq!((named, steps.syndrome), (expected.into(), decoded.syndrome));
}

#[test]
fn tanenbaum() {
    // Computer Networks, 5th edition, figure 3-6: 'A' in (11,7), an error in bit 5.
    let code = new(7, false, Order::Classic);
    check(&code, &[("1000001", "00100001001")]);
    let decoded = code.decode(&word("00101001001"));
    assert_eq!((decoded.verdict, decoded.data), (Verdict::Corrected(4), word("1000001")));
    // 4th edition, figure 3-7: "Hamming code" in ASCII.
    check(
        &code,
        &[
            ("1001000", "00110010000"),
            ("1100001", "10111001001"),
            ("1101101", "11101010101"),
            ("1101001", "01101011001"),
            ("1101110", "01101010110"),
            ("1100111", "01111001111"),
            ("0100000", "10011000000"),
            ("1100011", "11111000011"),
            ("1101111", "10101011111"),
            ("1100100", "11111001100"),
            ("1100101", "00111000101"),
        ],
    );
}

#[test]
fn mackay() {
    // Table 1.14, all sixteen by their generators, and algorithm 1.16's table of syndromes.
    let code = new(4, false, Order::MacKay);
    check(
        &code,
        &[("0001", "0001011"), ("0010", "0010111"), ("0011", "0011100"), ("0100", "0100110"), ("1000", "1000101"), ("1011", "1011001"), ("1111", "1111111")],
    );
    // z1 z2 z3 and the bit that is unflipped.
    for (z, bit) in [("001", 7), ("010", 6), ("011", 4), ("100", 5), ("101", 1), ("110", 2), ("111", 3)] {
        let syndrome = z.chars().rev().fold(0, |sum, c| sum << 1 | u16::from(c == '1'));
        assert_eq!(code.place(syndrome), Some(bit - 1), "{z}");
    }
}

#[test]
fn lin_and_costello() {
    // Table 3.1: a linear block code with k = 4 and n = 7; table 5.1 is the same code as the cyclic one of 1 + X + X^3.
    let code = new(4, false, Order::LinCostello);
    let table = [
        ("0000", "0000000"),
        ("1000", "1101000"),
        ("0100", "0110100"),
        ("1100", "1011100"),
        ("0010", "1110010"),
        ("1010", "0011010"),
        ("0110", "1000110"),
        ("1110", "0101110"),
        ("0001", "1010001"),
        ("1001", "0111001"),
        ("0101", "1100101"),
        ("1101", "0001101"),
        ("0011", "0100011"),
        ("1011", "1001011"),
        ("0111", "0010111"),
        ("1111", "1111111"),
    ];
    check(&code, &table);
    // Cyclic: a block turned by one place is a block.
    for k in [4, 11, 26, 57, 120, 247, 502, 1013] {
        let code = new(k, false, Order::LinCostello);
        for block in code.generator() {
            let mut turned = Word::default();
            block.ones().for_each(|at| turned.flip((at + 1) % code.n()));
            assert_eq!(code.syndrome(&turned), 0, "{code}");
        }
    }
}

#[test]
fn the_encyclopedia_s_example() {
    // en.wikipedia.org/wiki/Hamming(7,4): 1011 is sent as 0110011.
    check(&new(4, false, Order::Classic), &[("1011", "0110011")]);
    // en.wikipedia.org/wiki/Hamming_code: G of [7,4] and of [8,4] with the extra bit, data first.
    let rows = |code: &Code| code.generator().map(|row| row.digits(code.n())).collect::<Vec<_>>();
    assert_eq!(rows(&new(4, false, Order::Systematic)), ["1000110", "0100101", "0010011", "0001111"]);
    assert_eq!(rows(&new(4, true, Order::Systematic)), ["10001101", "01001011", "00100111", "00011110"]);
}

fn small_codes() -> impl Iterator<Item = Code> {
    let lengths = [1, 2, 3, 4, 5, 7, 8, 11, 16, 26, 32, 57, 64, 120];
    let all = lengths.into_iter().flat_map(|k| [false, true].map(|secded| (k, secded)));
    all.flat_map(|(k, secded)| Order::ALL.into_iter().filter_map(move |order| Code::new(k, secded, order).ok()))
}

#[test]
fn all_single_and_double_errors_of_the_small_codes() {
    let mut seen = 0;
    for code in small_codes() {
        let n = code.n();
        let mut data = Word::default();
        (0..code.k()).step_by(3).for_each(|i| data.flip(i));
        let sent = code.encode(&data);
        assert_eq!(outcome(&sent, &sent, &code.decode(&sent)), Outcome::NoError);
        for a in 0..n {
            let mut one = sent;
            one.flip(a);
            let (decoded, what) = code.judge(&sent, &one);
            assert_eq!((what, decoded.verdict, decoded.data), (Outcome::Corrected, Verdict::Corrected(a), data), "{code:?}, bit {a}");
            for b in 0..a {
                let mut two = one;
                two.flip(b);
                let (_, what) = code.judge(&sent, &two);
                let expected = match code.place(code.syndrome(&two)) {
                    _ if code.is_secded() => Outcome::Detected,
                    Some(_) => Outcome::Miscorrected,
                    None => Outcome::Detected,
                };
                assert_eq!(what, expected, "{code:?}, bits {a} and {b}");
                // A code of full length has no room to notice.
                assert!(what == Outcome::Miscorrected || code.is_secded() || !code.is_full(), "{code:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 90_000, "{seen}");
}

#[test]
fn matrices_belong_together() {
    for code in small_codes() {
        // G H^T = 0, and the rows of G are independent, for their data bits are.
        for (i, row) in code.generator().enumerate() {
            assert_eq!((code.syndrome(&row), code.data_of(&row).ones().collect::<Vec<_>>()), (0, vec![i]), "{code:?}");
        }
        let columns = code.columns();
        assert!(columns.iter().all(|c| *c > 0) && columns.iter().collect::<std::collections::BTreeSet<_>>().len() == code.n(), "{code:?}");
        let covered: usize = (0..code.rows()).map(|row| code.covered(row).count()).sum();
        assert_eq!(covered, columns.iter().map(|c| c.count_ones() as usize).sum::<usize>());
        assert!(!code.is_secded() || columns.iter().all(|c| c.count_ones() % 2 == 1) || code.order() != Order::Hsiao);
    }
}

#[test]
fn codes_that_do_not_exist_are_refused() {
    assert_eq!(Code::new(0, false, Order::Classic), Err(CodeError::Data(0)));
    assert!(Code::new(1014, false, Order::Classic).is_err() && Code::new(1013, true, Order::Classic).is_ok_and(|c| c.n() == LENGTH_MAX));
    assert!(Code::new(11, false, Order::MacKay).is_err() && Code::new(4, true, Order::Hsiao).is_err());
    assert_eq!(Code::of_length(8, 4, false, Order::Classic), Code::new(4, true, Order::Classic));
    assert_eq!(Code::of_length(3, 4, false, Order::Classic), Err(CodeError::Length { n: 3, k: 4, checks: 3 }));
    assert_eq!(new(4, true, Order::Classic).to_string(), "(8,4) SECDED");
}

#[test]
fn noise_that_cannot_be_is_refused() {
    let check = |noise: Noise, error| assert_eq!(noise.check(7, 70), Err(error));
    check(Noise::Rate(1.5), NoiseError::Rate(1.5));
    check(Noise::Hand(vec![3, 70]), NoiseError::Outside(71, 70));
    check(Noise::Count { bits: 8, per: Per::Block }, NoiseError::Few { bits: 8, of: 7 });
    check(Noise::Burst { at: None, bits: 71, per: Per::Message }, NoiseError::Few { bits: 71, of: 70 });
    check(Noise::Burst { at: Some(69), bits: 2, per: Per::Message }, NoiseError::Outside(71, 70));
    check(Noise::Count { bits: 1 << 40, per: Per::Message }, NoiseError::Count);
    assert!(Noise::Rate(f64::NAN).check(7, 0).is_err() && Noise::Hand(vec![9]).check(7, 0).is_ok());
}

fn noises() -> impl Strategy<Value = Noise> {
    let per = prop_oneof![Just(Per::Block), Just(Per::Message)];
    prop_oneof![
        Just(Noise::Quiet),
        proptest::collection::vec(0u64..4000, 0..8).prop_map(Noise::Hand),
        prop_oneof![0.0..1.0f64, Just(0.0), Just(1.0), Just(1e-4)].prop_map(Noise::Rate),
        (0u64..12, per.clone()).prop_map(|(bits, per)| Noise::Count { bits, per }),
        (proptest::option::of(0u64..20), 0u64..12, per).prop_map(|(at, bits, per)| Noise::Burst { at, bits, per }),
    ]
}

proptest! {
    #[test]
    fn flips_are_ascending_inside_and_repeat(noise in noises(), n in 1u64..40, blocks in 0u64..60, seed: u64) {
        let total = n * blocks;
        let flips: Vec<_> = noise.flips(n, total, seed).collect();
        prop_assert!(flips.is_sorted_by(|a, b| a < b) && flips.iter().all(|bit| *bit < total), "{flips:?}");
        prop_assert_eq!(&flips, &noise.flips(n, total, seed).collect::<Vec<_>>());
        if noise.check(n, total).is_ok() && total > 0 {
            let expected = match noise {
                Noise::Quiet => Some(0),
                Noise::Rate(0.0) => Some(0),
                Noise::Rate(1.0) => Some(total),
                Noise::Count { bits, per } | Noise::Burst { bits, per, .. } => Some(if per == Per::Block { bits * blocks } else { bits }),
                Noise::Hand(_) | Noise::Rate(_) => None,
            };
            prop_assert!(expected.is_none_or(|count| count == flips.len() as u64), "{} flips", flips.len());
        }
    }

    #[test]
    fn a_channel_tells_the_truth(bytes in proptest::collection::vec(any::<u8>(), 0..200), k in 1usize..70, secded: bool, noise in noises(), seed: u64) {
        let code = new(k, secded, Order::Classic);
        let blocks = (bytes.len() as u64 * 8).div_ceil(k as u64);
        let total = blocks * code.n() as u64;
        let flips = noise.flips(code.n() as u64, total, seed);
        let (mut delivered, mut told) = (bytes.clone(), 0);
        let mut channel = Channel::new(&code, flips.clone());
        // In pieces, as a file comes.
        for piece in delivered.chunks_mut(k * 3) {
            channel.send(piece, |_, passed| told += u64::from(passed.outcome != Outcome::NoError));
        }
        let report = channel.report();
        prop_assert_eq!(report.tally.blocks(), blocks);
        prop_assert_eq!(report.flipped_bits, flips.count() as u64);
        prop_assert_eq!(blocks - report.tally.of(Outcome::NoError), told);
        let differ: u32 = delivered.iter().zip(&bytes).map(|(a, b)| (a ^ b).count_ones()).sum();
        prop_assert_eq!((report.wrong_bits, report.data_bits), (u64::from(differ), bytes.len() as u64 * 8));
        prop_assert!(report.unnoticed_bits <= report.wrong_bits);
    }
}
