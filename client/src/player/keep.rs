//! Writes a stored video that is watched into a Matroska file: the samples that are given to the decoders, as they are.
//!
//! ```text
//! video thread ─┐
//! sound thread ─┴→ writer (a thread of its own) → file, finished when the player is told to end
//! ```
//! Where the rung changes, its parameter sets go into the pictures: one track, several sizes, which decoders follow.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use bytes::Bytes;
use lectern_proto::fmp4::{Init, Sample, TrackConfig};
use lectern_proto::live::Unit;
use lectern_proto::matroska::{Writer, in_band};
use tokio::sync::watch;

use crate::keep_file::{KeepError, KeepFile};

/// Samples that wait for the disk. Full: decoding waits, for nothing is to be missing.
const WAITING: usize = 256;
/// Media time that stands for 0, in microseconds: priming packets of sound are before it.
const ZERO_US: i64 = 10_000_000;

/// A sample that is decoded, and what its track is.
#[derive(Debug)]
pub(super) enum Kept {
    Picture(Arc<Init>, Sample),
    Sound(Arc<Init>, Sample),
}

/// Which of both the video has; told before the first sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Has {
    pub(super) pictures: bool,
    pub(super) sound: bool,
}

/// The way to the writer, and how it ended, once it has.
#[derive(Debug)]
pub(super) struct Keeping {
    pub(super) to: SyncSender<(Has, Kept)>,
    pub(super) done: watch::Receiver<Option<Result<(), KeepError>>>,
}

/// Begins to write; the file is finished when the sender is gone.
///
/// # Errors
/// [`KeepError::File`] when it cannot be made.
pub(super) fn start(path: &Path) -> Result<Keeping, KeepError> {
    let file = KeepFile::create(path)?;
    let (to, kept) = sync_channel(WAITING);
    let (told, done) = watch::channel(None);
    let run = move || drop(told.send_replace(Some(file.fill(|file| write(file, &kept)))));
    let spawned = std::thread::Builder::new().name("keep".into()).spawn(run);
    spawned.map_err(|why| KeepError::File { path: path.to_owned(), why: why.into() })?;
    Ok(Keeping { to, done })
}

/// Writes what comes until there is no more.
fn write(file: &mut File, inbox: &Receiver<(Has, Kept)>) -> io::Result<()> {
    let (mut early, mut forms) = (Vec::new(), (None, None));
    let mut begun: Option<Begun> = None;
    while let Ok((has, kept)) = inbox.recv() {
        if let Some(begun) = &mut begun {
            begun.push(file, &kept)?;
            continue;
        }
        match &kept {
            Kept::Picture(init, _) => forms.0.get_or_insert_with(|| Arc::clone(init)),
            Kept::Sound(init, _) => forms.1.get_or_insert_with(|| Arc::clone(init)),
        };
        early.push(kept);
        // The head names both: what comes first waits for the other.
        if (forms.0.is_some(), forms.1.is_some()) == (has.pictures, has.sound) {
            begun = Some(Begun::new(file, &forms, &mut early)?);
        }
    }
    if begun.is_none() && !early.is_empty() {
        begun = Some(Begun::new(file, &forms, &mut early)?);
    }
    begun.map_or(Ok(()), |mut begun| file.write_all(&begun.writer.close()))
}

struct Begun {
    writer: Writer,
    /// The form of the pictures that were written last.
    form: Option<Arc<Init>>,
}

type Forms = (Option<Arc<Init>>, Option<Arc<Init>>);

impl Begun {
    fn new(file: &mut File, forms: &Forms, early: &mut Vec<Kept>) -> io::Result<Self> {
        let video = forms.0.as_deref().and_then(|init| if let TrackConfig::Video(video) = &init.config { Some(video) } else { None });
        let audio = forms.1.as_deref().and_then(|init| if let TrackConfig::Audio(audio) = &init.config { Some(audio) } else { None });
        let (writer, head) = Writer::stored(video, audio);
        file.write_all(&head)?;
        let mut begun = Self { writer, form: forms.0.clone() };
        // Pictures first: the file begins with one.
        early.sort_by_key(|kept| matches!(kept, Kept::Sound(..)));
        for kept in early.drain(..) {
            begun.push(file, &kept)?;
        }
        Ok(begun)
    }

    fn push(&mut self, file: &mut File, kept: &Kept) -> io::Result<()> {
        let (is_picture, init, sample) = match kept {
            Kept::Picture(init, sample) => (true, init, sample),
            Kept::Sound(init, sample) => (false, init, sample),
        };
        let mut data = sample.data.clone();
        if is_picture && self.form.as_ref().is_none_or(|form| !Arc::ptr_eq(form, init)) {
            if let TrackConfig::Video(video) = &init.config {
                data = Bytes::from([&in_band(&video.avcc)[..], &data].concat());
            }
            self.form = Some(Arc::clone(init));
        }
        let capture_us = u64::try_from(init.pts_us(sample).saturating_add(ZERO_US)).unwrap_or(0);
        let unit = Unit { sequence: 0, capture_us, keyframe: sample.keyframe || !is_picture, data };
        file.write_all(&self.writer.push(is_picture, &unit))
    }
}
