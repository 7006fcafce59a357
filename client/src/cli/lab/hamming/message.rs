//! The message that goes in, and the file that comes out: in memory where it was typed, in pieces where it is a file.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use lectern_proto::lab::hamming::input;

use super::super::super::Failure;
use super::{From, usage};

/// Bytes that are read at once, about.
const PIECE: usize = 1 << 18;
/// What is no plain file, as a pipe, is read whole; its length must be known before bits are flipped.
const PIPE_MAX: u64 = 1 << 28;

/// Bytes of a known number.
#[derive(Debug)]
pub(super) enum Message {
    Bytes(Vec<u8>),
    File { file: File, path: PathBuf, length: u64 },
}

impl Message {
    pub(super) fn of(from: &From) -> Result<Self, Failure> {
        match (&from.text, &from.hex, &from.file) {
            (Some(text), _, _) => Ok(Self::Bytes(text.as_bytes().to_vec())),
            // A half byte is a data word of (7,4), which people type.
            (_, Some(hex), _) => input::hex(hex)
                .or_else(|e| if e == input::InputError::HalfByte { input::hex(&format!("{hex}0")) } else { Err(e) })
                .map(Self::Bytes)
                .map_err(|e| usage(&e)),
            (_, _, Some(path)) => Self::open(path),
            _ => Err(Failure::Usage("there is no message: give --text, --hex or --file".to_owned())),
        }
    }

    fn open(path: &Path) -> Result<Self, Failure> {
        let wrong = |e: io::Error| unreadable(path, &e);
        let mut file = File::open(path).map_err(wrong)?;
        let about = file.metadata().map_err(wrong)?;
        if about.is_dir() {
            return Err(Failure::Usage(format!("{} is a folder; name a file.", path.display())));
        }
        if about.is_file() {
            return Ok(Self::File { file, path: path.to_owned(), length: about.len() });
        }
        let mut bytes = Vec::new();
        Read::by_ref(&mut file).take(PIPE_MAX + 1).read_to_end(&mut bytes).map_err(wrong)?;
        if bytes.len() as u64 > PIPE_MAX {
            return Err(Failure::Usage(format!("{} is no plain file and has more than 256 MiB; write it to a file first.", path.display())));
        }
        Ok(Self::Bytes(bytes))
    }

    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }

    /// All of it, in pieces of a multiple of `unit` bytes but for the last.
    pub(super) fn pieces(self, unit: usize, mut each: impl FnMut(&mut [u8]) -> Result<(), Failure>) -> Result<(), Failure> {
        let size = (PIECE / unit).max(1) * unit;
        match self {
            Self::Bytes(mut bytes) => bytes.chunks_mut(size).try_for_each(each),
            Self::File { mut file, path, length } => {
                let (mut buffer, mut left) = (vec![0; size], length);
                while left > 0 {
                    let piece = usize::try_from(left).map_or(size, |left| left.min(size));
                    file.read_exact(&mut buffer[..piece]).map_err(|e| unreadable(&path, &e))?;
                    each(&mut buffer[..piece])?;
                    left -= piece as u64;
                }
                Ok(())
            }
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let why = if error.kind() == io::ErrorKind::UnexpectedEof { "it became shorter while it was read".to_owned() } else { error.to_string() };
    Failure::Usage(format!("{} cannot be read: {why}.", path.display()))
}

/// A file that is written where one was asked for, in pieces.
#[derive(Debug)]
pub(super) struct Out(Option<(BufWriter<File>, PathBuf)>);

impl Out {
    /// `from` is the file that is read, which must not be the one that is written.
    pub(super) fn create(path: Option<&Path>, from: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self(None)) };
        let same = from.is_some_and(|from| from.canonicalize().ok().zip(path.canonicalize().ok()).is_some_and(|(a, b)| a == b));
        if same {
            return Err(Failure::Usage(format!("{} is the file that is read; write to another.", path.display())));
        }
        let file = File::create(path).map_err(|e| unwritable(path, &e))?;
        Ok(Self(Some((BufWriter::with_capacity(PIECE, file), path.to_owned()))))
    }

    pub(super) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Some((file, path)) = &mut self.0 else { return Ok(()) };
        file.write_all(bytes).map_err(|e| unwritable(path, &e))
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        let Some((mut file, path)) = self.0 else { return Ok(()) };
        file.flush().map_err(|e| unwritable(&path, &e))
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::Other(format!("{} cannot be written: {error}. Choose a place that you may write to, with enough space.", path.display()))
}

/// A whole file at once, for what is small.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|e| unwritable(path, &e))
}

/// The first bytes of a file of blocks, and where its blocks begin.
pub(super) fn head<const N: usize>(message: &mut Message) -> Result<Option<[u8; N]>, Failure> {
    match message {
        Message::Bytes(bytes) => Ok(bytes.first_chunk::<N>().copied().inspect(|_| drop(bytes.drain(..N)))),
        Message::File { file, path, length } => {
            if *length < N as u64 {
                return Ok(None);
            }
            let mut head = [0; N];
            file.seek(SeekFrom::Start(0)).and_then(|_| file.read_exact(&mut head)).map_err(|e| unreadable(path, &e))?;
            *length -= N as u64;
            Ok(Some(head))
        }
    }
}
