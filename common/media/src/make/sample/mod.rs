//! The sample lesson: what plays when a teacher has no video yet, and what tests and benches are made of.
//!
//! Every frame carries a machine-readable stamp of its number ([`lectern_proto::stamp`]), every full second a flash and a
//! beep that start with the same frame. The same arguments give the same pictures and sounds.

mod file;
mod scene;
mod sound;

use super::failure::{Failure, FailureKind};
use lectern_proto::rung::PictureSize;
use std::path::{Path, PathBuf};

/// What the sample lesson looks like.
#[derive(Debug, Clone)]
pub struct SampleLesson {
    pub seconds: u32,
    pub size: PictureSize,
    /// Frames per second.
    pub fps: u32,
}

impl Default for SampleLesson {
    fn default() -> Self {
        Self { seconds: 12, size: PictureSize { width: 1280, height: 720 }, fps: 30 }
    }
}

/// Draws the lesson and writes it as MP4 with H.264 and AAC, under another name first.
///
/// # Errors
/// [`Failure`] when the arguments make no video or the file cannot be written.
pub fn write(lesson: &SampleLesson, out: &Path) -> Result<(), Failure> {
    let PictureSize { width, height } = lesson.size;
    let good = (1..=3600).contains(&lesson.seconds) && (1..=120).contains(&lesson.fps);
    if !good || width % 2 != 0 || height % 2 != 0 || !(128..=4096).contains(&width) || !(72..=4096).contains(&height) {
        return Err(Failure::new(
            FailureKind::Internal,
            "The sample lesson needs 1 to 3600 seconds, 1 to 120 frames a second, and even edges from 128x72 to 4096x4096.",
        ));
    }
    let temporary = temporary_name(out)?;
    let written = file::write(lesson, &temporary).and_then(|()| {
        let sync = std::fs::File::open(&temporary).and_then(|f| f.sync_all());
        sync.and_then(|()| std::fs::rename(&temporary, out)).map_err(|e| Failure::io("write the sample lesson", &e))
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// A hidden name beside the file, so that whoever watches the folder does not take it up.
fn temporary_name(out: &Path) -> Result<PathBuf, Failure> {
    let name = out.file_name().ok_or_else(|| Failure::internal("write the sample lesson", "the path names no file"))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".tmp");
    Ok(out.with_file_name(hidden))
}
