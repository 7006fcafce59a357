//! Writes what is heard into a WAV file: 16-bit stereo at 48 kHz (Multimedia Programming Interface and Data Specifications 1.0, 1991).
//! The lengths in its head are kept up to date every second, so that it can be played even if this program is killed.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

const HEAD: u32 = 44;
const RATE_HZ: u32 = 48_000;
const CHANNELS: u16 = 2;
/// Bytes of a second.
const SECOND: u32 = RATE_HZ * CHANNELS as u32 * 2;

/// A file that grows.
#[derive(Debug)]
pub(super) struct WavWriter {
    file: BufWriter<File>,
    bytes: u32,
    /// As the head says.
    told: u32,
}

impl WavWriter {
    /// Creates or replaces a file.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(&head(0))?;
        Ok(Self { file, bytes: 0, told: 0 })
    }

    /// Adds interleaved stereo; what is above full scale is cut off. A file ends at 4 GiB, which is six hours.
    pub(super) fn write(&mut self, samples: &[f32]) -> io::Result<()> {
        let more = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX);
        let Some(bytes) = self.bytes.checked_add(more).filter(|b| b.checked_add(HEAD).is_some()) else { return Ok(()) };
        for sample in samples {
            let value = (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16;
            self.file.write_all(&value.to_le_bytes())?;
        }
        self.bytes = bytes;
        if self.bytes - self.told >= SECOND {
            self.tell()?;
        }
        Ok(())
    }

    /// Takes back so many frames of the end: they were written, and never heard.
    pub(super) fn cut(&mut self, frames: usize) -> io::Result<()> {
        let less = u32::try_from(frames * 4).unwrap_or(u32::MAX);
        self.bytes = self.bytes.saturating_sub(less);
        self.file.flush()?;
        self.file.get_ref().set_len(u64::from(HEAD) + u64::from(self.bytes))?;
        self.tell()
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.tell()
    }

    fn tell(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&head(self.bytes))?;
        self.file.seek(SeekFrom::End(0))?;
        self.told = self.bytes;
        self.file.flush()
    }
}

fn head(bytes: u32) -> Vec<u8> {
    let mut out = b"RIFF".to_vec();
    out.extend_from_slice(&(bytes + HEAD - 8).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16u32.to_le_bytes());
    // PCM.
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&CHANNELS.to_le_bytes());
    out.extend_from_slice(&RATE_HZ.to_le_bytes());
    out.extend_from_slice(&SECOND.to_le_bytes());
    out.extend_from_slice(&(CHANNELS * 2).to_le_bytes());
    out.extend_from_slice(&16u16.to_le_bytes());
    out.extend_from_slice(b"data");
    out.extend_from_slice(&bytes.to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_says_what_follows() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.wav");
        let mut wav = WavWriter::create(&path).expect("created");
        wav.write(&[0.0, 1.0, -2.0, 0.5]).expect("written");
        wav.write(&[0.25; 6]).expect("written");
        wav.cut(4).expect("cut");
        wav.write(&[0.125; 2]).expect("written");
        wav.finish().expect("finished");
        let bytes = std::fs::read(&path).expect("there");
        assert_eq!((bytes.len(), &bytes[40..44], &bytes[4..8]), (52, &8u32.to_le_bytes()[..], &44u32.to_le_bytes()[..]));
        assert_eq!(bytes[44..], [0, 0, 0xff, 0x7f, 0, 0x10, 0, 0x10], "what was cut off is not there, what came after it is");
    }
}
