//! The hash of a file while it is read or written: beside the data where it comes slowly, else once all of it is through, so that hashing
//! never delays data.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

/// Data that comes faster than so many bytes a second is hashed afterwards. Below it hashing is a small part of one core; above it the
/// cores have enough to do.
const BESIDE: f64 = 200e6;
/// The pace is that of the last period of this length.
const PERIOD: Duration = Duration::from_millis(20);
/// Bytes that are read back at a time.
const BACK: usize = 256 * 1024;

/// A file's SHA-256, up to some place behind that to which the file was read or written.
#[derive(Debug)]
pub(super) struct Hash {
    /// Reads the same file; nobody else uses this handle.
    file: File,
    beside: f64,
    hasher: Sha256,
    passed: u64,
    hashed: u64,
    /// When the period began, and at which place.
    period: (Instant, u64),
    /// Time of the period that went into hashing: data that waits for us is not slow.
    spent: Duration,
    is_slow: bool,
}

impl Hash {
    /// Nothing passed yet. `file` is a handle of its own for reading what passes.
    pub(super) fn new(file: File) -> Self {
        Self { file, beside: BESIDE, hasher: Sha256::new(), passed: 0, hashed: 0, period: (Instant::now(), 0), spent: Duration::ZERO, is_slow: false }
    }

    /// The next bytes of the file passed, which from now on may be read back. They are hashed when there is time for that.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = bytes.len() as u64;
        self.passed += length;
        let now = Instant::now();
        let (began, at) = self.period;
        let took = now.saturating_duration_since(began);
        if self.passed == length {
            // What was before the first data is not its pace.
            self.period = (now, length);
        } else if took >= PERIOD {
            let pace = (self.passed - at) as f64 / took.saturating_sub(self.spent).as_secs_f64();
            self.is_slow = pace < self.beside;
            (self.period, self.spent) = ((now, self.passed), Duration::ZERO);
        }
        if !self.is_slow {
            return Ok(());
        }
        let done = if self.hashed + length == self.passed {
            self.hasher.update(bytes);
            self.hashed = self.passed;
            Ok(())
        } else {
            // What had to wait is made good by and by.
            self.read_back(self.passed.min(self.hashed + 4 * length), || true)
        };
        self.spent += now.elapsed();
        done
    }

    /// The hash of all that passed; ends early with an error once it `is_wanted` no more.
    pub(super) fn finish(mut self, is_wanted: impl Fn() -> bool) -> io::Result<[u8; 32]> {
        self.read_back(self.passed, is_wanted)?;
        Ok(self.hasher.finalize().into())
    }

    fn read_back(&mut self, until: u64, is_wanted: impl Fn() -> bool) -> io::Result<()> {
        if self.hashed == until {
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(self.hashed))?;
        let mut bytes = vec![0; usize::try_from(until - self.hashed).unwrap_or(usize::MAX).min(BACK)];
        while self.hashed < until {
            if !is_wanted() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let length = usize::try_from(until - self.hashed).unwrap_or(usize::MAX).min(bytes.len());
            self.file.read_exact(&mut bytes[..length])?;
            self.hasher.update(&bytes[..length]);
            self.hashed += length as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the data is slow when the nth piece comes.
    type Pace = fn(usize) -> bool;

    #[test]
    fn the_hash_is_that_of_the_file_whatever_the_pace() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let content: Vec<u8> = (0..1_000_000_u32).map(|n| (n / 3 * 7) as u8).collect();
        std::fs::write(&path, &content).expect("writable");
        let want: [u8; 32] = Sha256::digest(&content).into();
        let length = content.len() as u64;
        // Never slow, always, and slow for nine pieces of eighteen; with the least that is hashed before the end, and the most.
        let paces: [(Pace, u64, u64); 3] = [(|_| false, 0, 0), (|_| true, length, length), (|nth| nth % 18 >= 9, 1, length)];
        for (is_slow, least, most) in paces {
            let mut hash = Hash::new(File::open(&path).expect("there"));
            for (nth, piece) in content.chunks(7_777).enumerate() {
                hash.beside = if is_slow(nth) { f64::INFINITY } else { 0.0 };
                // As if a period were over.
                hash.period.0 -= PERIOD;
                hash.pass(piece).expect("it can be read back");
            }
            assert!((least..=most).contains(&hash.hashed) && hash.passed == length, "{hash:?}");
            assert_eq!(hash.finish(|| true).expect("it can be read back"), want);
        }
    }

    #[test]
    fn a_file_that_became_shorter_or_is_not_wanted_has_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, [1; 1_000]).expect("writable");
        let passed = || {
            let mut hash = Hash::new(File::open(&path).expect("there"));
            hash.pass(&[1; 1_000]).expect("there is nothing to do yet");
            hash
        };
        let kind = |hash: io::Result<_>| hash.map_err(|error| error.kind());
        assert_eq!(kind(passed().finish(|| false)), Err(io::ErrorKind::Interrupted));
        let hash = passed();
        std::fs::write(&path, [1; 999]).expect("writable");
        assert_eq!(kind(hash.finish(|| true)), Err(io::ErrorKind::UnexpectedEof));
    }
}
