//! Files and folders that are asked for with the dialog of the system.

use std::path::PathBuf;

use lectern_proto::control::{PersonId, RunId};

/// What is asked for with the system's dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    /// A file to play.
    File,
    /// A video file to be shown to the class.
    Shown,
    /// The folder of videos of a class that is held here.
    Folder,
    /// Where the table of who was there is saved.
    Attendance,
    /// A file for somebody in private chat.
    Attached(PersonId),
    /// A file of a lab.
    Lab(LabFile),
}

/// What a lab reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabFile {
    /// A message to be coded.
    Message,
    /// The plot as SVG.
    PlotPicture,
    /// Its measured points as CSV.
    PlotPoints,
    /// All blocks as JSON.
    Blocks,
    /// A run of repeat request that was saved, to be loaded.
    Run,
    /// A file to be sent to somebody, and where what comes is kept.
    Sent,
    Kept(RunId),
    /// The capture of what was sent, and of what was taken, for Wireshark.
    SentCapture,
    TakenCapture,
    /// An exercise to be read, and to be written.
    Exercise,
    ExerciseText,
    /// The answers of a class run as CSV, and as JSON.
    AnswersTable,
    AnswersRecord,
    /// Its space-time diagram as SVG, its packets as CSV, and the run as JSON.
    RunPicture,
    RunTable,
    RunRecord,
}

impl LabFile {
    /// The name that the dialog offers, for what is written.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Message | Self::Run | Self::Sent | Self::Exercise => None,
            Self::Kept(_) => Some("receive.txt"),
            Self::SentCapture | Self::TakenCapture => Some("run.pcapng"),
            Self::ExerciseText => Some("exercise.txt"),
            Self::AnswersTable => Some("answers.csv"),
            Self::AnswersRecord => Some("answers.json"),
            Self::PlotPicture => Some("hamming.svg"),
            Self::PlotPoints => Some("hamming.csv"),
            Self::Blocks => Some("hamming.json"),
            Self::RunPicture => Some("run.svg"),
            Self::RunTable => Some("run.csv"),
            Self::RunRecord => Some("run.json"),
        }
    }
}

/// A dialog of the system that is open; dropped, its answer is not waited for.
pub trait Picking {
    /// None while it is open; then what was chosen, if anything.
    fn outcome(&self) -> Option<Option<PathBuf>>;
}
