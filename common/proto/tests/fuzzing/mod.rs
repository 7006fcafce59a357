//! What the fuzz targets share: how long one runs, and how bytes are changed.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Runs `one` with a generator until the time is over.
pub fn target(name: &str, mut one: impl FnMut(&mut StdRng)) {
    let set = std::env::var("LECTERN_FUZZ_S").ok();
    let seconds = set.as_deref().and_then(|s| s.parse().ok()).unwrap_or(1);
    // A short run is the same each time; a long one goes where nobody was.
    let seed = if set.is_some() { rand::random() } else { 1 };
    println!("{name}: seed {seed}, {seconds} s");
    let (mut rng, end) = (StdRng::seed_from_u64(seed), Instant::now() + Duration::from_secs(seconds));
    let mut runs = 0;
    while Instant::now() < end {
        one(&mut rng);
        runs += 1;
    }
    println!("{name}: {runs} runs");
    assert!(runs > 0);
}

/// Changes bytes as somebody would who knows where numbers and lengths stand.
pub fn mutate(rng: &mut StdRng, bytes: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..rng.random_range(1..4) {
        if bytes.is_empty() {
            return bytes.extend(other);
        }
        let at = rng.random_range(0..bytes.len());
        match rng.random_range(0..8) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8u8),
            1 => bytes[at] = rng.random(),
            2 => bytes.truncate(at),
            3 => bytes.extend(std::iter::repeat_n(0, rng.random_range(1..40))),
            // A length or number: nothing, all, one more.
            4 => {
                let edge = [[0; 8], [255; 8], 1u64.to_be_bytes(), (1u64 << 32).to_be_bytes(), 65_537u64.to_be_bytes()][rng.random_range(0..5)];
                let end = (at + 8).min(bytes.len());
                bytes[at..end].copy_from_slice(&edge[..end - at]);
            }
            5 => drop(bytes.drain(at..(at + rng.random_range(1..20)).min(bytes.len()))),
            6 => {
                let part = bytes[at..(at + rng.random_range(1..40)).min(bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            // The end of another message.
            _ => {
                bytes.truncate(at);
                bytes.extend(&other[rng.random_range(0..other.len())..]);
            }
        }
    }
}
