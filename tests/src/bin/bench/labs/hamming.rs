//! Hamming codes over memory, on one core, beside the crate `secded`: its (72,64) and its narrowest code, (8,4), a block at a time, as it
//! offers them. GB of what goes in a second.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use lectern_proto::lab::hamming::bulk::{decode_72, decode_74, encode_72, encode_74};
use lectern_proto::lab::hamming::channel::Noise;
use lectern_proto::lab::hamming::message::flip_in;
use lectern_proto::lab::random::Random;
use secded::{SecDed64, SecDedCodec, secded7264};

use crate::table::{Table, Values};

/// Data of one run; larger than every cache of one core, a multiple of 8.
const BYTES: usize = 32 << 20;
const RUNS: usize = 7;
/// GB of input a second that are asked for.
const GOAL: f64 = 1.0;

pub fn measure(table: &mut Table) -> Result<()> {
    let mut data = vec![0; BYTES];
    Random::seeded(1).fill(&mut data);
    seven(table, &data)?;
    seventy_two(table, &data)
}

fn seven(table: &mut Table, data: &[u8]) -> Result<()> {
    let (mut blocks, mut back) = (vec![0; data.len() * 2], vec![0; data.len()]);
    // The crate has no (7,4); the shortest that it has, with its extra bit, in a u64 each.
    let peer = SecDed64::new(4);
    let shift = peer.code_size();
    let mut words = vec![[0u8; 8]; data.len() / 8];
    let fill = |words: &mut [[u8; 8]]| {
        for (word, i) in words.iter_mut().zip(0..) {
            let half = if i % 2 == 0 { data[i / 2] >> 4 } else { data[i / 2] & 15 };
            *word = (u64::from(half) << shift).to_be_bytes();
        }
    };
    let (mut ours, mut theirs) = (Values::default(), Values::default());
    for _ in 0..RUNS {
        ours.0.push(rate(data.len(), || {
            encode_74(black_box(data), black_box(&mut blocks));
        }));
        fill(&mut words);
        theirs.0.push(rate(words.len() / 2, || black_box(&mut words).iter_mut().for_each(|word| peer.encode(word))));
    }
    table.at_least("Hamming (7,4), bytes encoded to a byte a block", "GB/s", &ours, ("secded (8,4)", &theirs), GOAL);

    let flips: Vec<u64> = Noise::Rate(1e-3).flips(8, blocks.len() as u64 * 8, 1).collect();
    // The highest bit of each byte is not sent, and at most one of a block is flipped, which is mended.
    let mut last = u64::MAX;
    for flip in flips.into_iter().filter(|flip| flip % 8 != 0) {
        if flip / 8 != last {
            flip_in(&mut blocks, flip);
            last = flip / 8;
        }
    }
    let (mut ours, mut theirs, mut corrected) = (Values::default(), Values::default(), 0);
    for _ in 0..RUNS {
        ours.0.push(rate(blocks.len(), || corrected = decode_74(black_box(&blocks), black_box(&mut back))));
        fill(&mut words);
        words.iter_mut().for_each(|word| peer.encode(word));
        let mut failed = 0;
        theirs.0.push(rate(words.len(), || failed = black_box(&mut words).iter_mut().filter_map(|word| peer.decode(word).err()).count()));
        ensure!(failed == 0, "the crate decodes what it encoded");
    }
    ensure!(back == data && corrected > 0, "(7,4) gives the data back, {corrected} blocks corrected");
    table.at_least("Hamming (7,4), blocks decoded, one bit in 1,000 wrong", "GB/s", &ours, ("secded (8,4), none wrong", &theirs), GOAL);
    Ok(())
}

fn seventy_two(table: &mut Table, data: &[u8]) -> Result<()> {
    let (mut blocks, mut back) = (vec![0; data.len() / 8 * 9], vec![0; data.len()]);
    let (eights, _) = data.as_chunks::<8>();
    let mut checks = vec![0; eights.len()];
    let (mut ours, mut theirs) = (Values::default(), Values::default());
    for _ in 0..RUNS {
        ours.0.push(rate(data.len(), || {
            encode_72(black_box(data), black_box(&mut blocks));
        }));
        theirs
            .0
            .push(rate(data.len(), || black_box(&mut checks).iter_mut().zip(black_box(eights)).for_each(|(check, eight)| *check = secded7264::encode(*eight))));
    }
    table.at_least("Hsiao (72,64) SECDED, bytes encoded", "GB/s", &ours, ("secded (72,64)", &theirs), GOAL);

    // One of each 10,000 blocks with one wrong data bit, the same for both.
    let wrong: Vec<usize> = (0..eights.len()).step_by(10_000).collect();
    wrong.iter().for_each(|block| blocks[block * 9 + block % 8] ^= 1 << (block % 7));
    let mut theirs_in = eights.to_vec();
    wrong.iter().for_each(|block| theirs_in[*block][block % 8] ^= 1 << (block % 7));
    let (mut ours, mut theirs, mut corrected) = (Values::default(), Values::default(), 0);
    for _ in 0..RUNS {
        ours.0.push(rate(blocks.len(), || corrected = decode_72(black_box(&blocks), black_box(&mut back)).corrected));
        let (mut out, mut failed) = (theirs_in.clone(), 0);
        theirs.0.push(rate(blocks.len(), || {
            failed = black_box(&mut out).iter_mut().zip(black_box(&checks)).filter_map(|(eight, check)| secded7264::decode(eight, *check).err()).count();
        }));
        ensure!(failed == 0 && out == eights, "the crate corrects single errors");
    }
    ensure!(back == data && corrected == wrong.len() as u64, "(72,64) gives the data back, {corrected} blocks corrected");
    table.at_least("Hsiao (72,64) SECDED, blocks decoded, one in 10,000 wrong", "GB/s", &ours, ("secded (72,64)", &theirs), GOAL);
    Ok(())
}

/// GB a second.
fn rate(bytes: usize, run: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    run();
    bytes as f64 / begun.elapsed().as_secs_f64() / 1e9
}
