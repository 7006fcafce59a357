//! What the shelf's maps hold: a file and a content, and the groups that they stand in.

use std::time::Duration;

use lectern_proto::control::{FailureReason, VideoId};
use lectern_proto::limits::{CHUNKS_IN_USE, CHUNKS_KEPT_MAX, FILE_SETTLED, ORPHAN_GRACE, RESCAN_EVERY};

use super::grouped::Member;
use super::{Info, Stage};
use crate::library::scan::ContentKey;
use crate::store::FileStamp;

/// Where a file stands on its way into the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileState {
    /// May still be copied in.
    Arriving {
        unchanged_since: Duration,
    },
    /// Waits for its hash.
    Settled,
    Has(ContentKey),
    /// Is tried again now and then: rights change without a trace in the file's stamp.
    Unreadable {
        reason: FailureReason,
        since: Duration,
        again: bool,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct VideoFile {
    pub(super) id: VideoId,
    pub(super) stamp: FileStamp,
    pub(super) state: FileState,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Content {
    pub(super) stage: Stage,
    pub(super) info: Info,
    pub(super) orphan_since: Option<Duration>,
    /// When somebody fetched of it last, as far as that was told.
    pub(super) used_at: Option<Duration>,
}

impl Content {
    /// When it may be thrown away; none while a file has it.
    pub(super) fn kept_until(&self) -> Option<Duration> {
        let since = self.orphan_since?;
        let used = self.used_at.map_or(Duration::ZERO, |at| at + CHUNKS_IN_USE);
        Some((since + ORPHAN_GRACE).max(used.min(since + CHUNKS_KEPT_MAX)))
    }
}

impl FileState {
    pub(super) fn waits_for_hash(&self) -> bool {
        matches!(self, Self::Settled | Self::Unreadable { again: true, .. })
    }
}

impl VideoFile {
    /// The file was seen unchanged.
    pub(super) fn settle(&mut self, now: Duration, is_old: bool) {
        match &mut self.state {
            FileState::Arriving { unchanged_since } if is_old || now >= *unchanged_since + FILE_SETTLED => self.state = FileState::Settled,
            FileState::Unreadable { since, again, .. } => *again = now >= *since + RESCAN_EVERY,
            _ => {}
        }
    }
}

/// What is asked about files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FileGroup {
    /// Must be looked at again soon.
    Arriving,
    WaitsForHash,
    Has(ContentKey),
}

impl Member for VideoFile {
    type Group = FileGroup;

    fn groups(&self) -> impl Iterator<Item = FileGroup> {
        let arriving = matches!(self.state, FileState::Arriving { .. } | FileState::Settled);
        let has = if let FileState::Has(key) = self.state { Some(FileGroup::Has(key)) } else { None };
        [arriving.then_some(FileGroup::Arriving), self.state.waits_for_hash().then_some(FileGroup::WaitsForHash), has].into_iter().flatten()
    }
}

/// What is asked about contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ContentGroup {
    /// To be looked up.
    Unknown,
    /// Neither ready nor failed, and of a file.
    Open,
    /// Failed, and tried again by itself.
    Again,
    /// No file has it.
    Orphan,
}

impl Member for Content {
    type Group = ContentGroup;

    fn groups(&self) -> impl Iterator<Item = ContentGroup> {
        let orphan = self.orphan_since.is_some();
        let open = !orphan && matches!(self.stage, Stage::Unknown | Stage::Queued | Stage::Begun(_) | Stage::Preparing(_));
        let again = matches!(self.stage, Stage::Failed { again_at: Some(_), .. });
        [
            (self.stage == Stage::Unknown).then_some(ContentGroup::Unknown),
            open.then_some(ContentGroup::Open),
            again.then_some(ContentGroup::Again),
            orphan.then_some(ContentGroup::Orphan),
        ]
        .into_iter()
        .flatten()
    }
}
