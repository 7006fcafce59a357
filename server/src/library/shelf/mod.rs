//! What the library knows and what is to be done next: a state machine without files, clocks or processes.
//!
//! Files have contents; contents are prepared once, however many files have them. The owner tells what was seen, hashed,
//! loaded and prepared, and asks for the next thing to do.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use lectern_proto::control::{CatalogueEntry, ChunkRef, Damage, VideoId, VideoState};
use lectern_proto::limits::{CHUNKS_IN_USE, CHUNKS_KEPT_MAX, FILE_SETTLED, NO_SPACE_RETRY, ORPHAN_GRACE, RESCAN_EVERY};

use super::Catalogue;
use super::name::{title, video_id};
use super::scan::{ContentKey, Found};
use crate::store::FileStamp;

/// Where a file stands on its way into the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FileState {
    /// May still be copied in.
    Arriving {
        unchanged_since: Duration,
    },
    /// Waits for its hash.
    Settled,
    Has(ContentKey),
    /// Is tried again now and then: rights change without a trace in the file's stamp.
    Unreadable {
        reason: String,
        since: Duration,
        again: bool,
    },
}

#[derive(Debug)]
struct VideoFile {
    id: VideoId,
    stamp: FileStamp,
    state: FileState,
}

/// What is known about a content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Info {
    pub(super) title: Option<String>,
    pub(super) duration_us: u64,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rungs: Vec<String>,
    pub(super) thumbnail: Option<ChunkRef>,
    pub(super) damage: Option<Damage>,
}

/// How far a content that is being prepared has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) permille: u16,
    /// Of what can be watched already.
    pub(super) manifest: Option<ChunkRef>,
}

/// Where a content stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is looked up whether it was prepared before.
    Unknown,
    Queued,
    /// What is had without encoding is there, and perhaps more; the rest waits for its turn.
    Begun(Progress),
    Preparing(Progress),
    Ready {
        manifest: ChunkRef,
    },
    Failed {
        reason: String,
        /// When it is tried again by itself.
        again_at: Option<Duration>,
    },
}

/// Why a content could not be prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: String,
    /// The disk was full: it is tried again now and then.
    pub(super) no_space: bool,
}

/// What came of a turn of preparing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// What is had without encoding is there.
    Begun,
    Ready(Info, ChunkRef),
    Failed(Failure),
    /// It was stopped, and goes on later where it was.
    Stopped,
    /// It is looked up anew what there is, if a file still has the content.
    Again,
}

#[derive(Debug)]
struct Content {
    stage: Stage,
    info: Info,
    orphan_since: Option<Duration>,
    /// When somebody fetched of it last, as far as that was told.
    used_at: Option<Duration>,
}

impl Content {
    /// When it may be thrown away; none while a file has it.
    fn kept_until(&self) -> Option<Duration> {
        let since = self.orphan_since?;
        let used = self.used_at.map_or(Duration::ZERO, |at| at + CHUNKS_IN_USE);
        Some((since + ORPHAN_GRACE).max(used.min(since + CHUNKS_KEPT_MAX)))
    }
}

/// Something for the owner to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    Hash {
        name: OsString,
        stamp: FileStamp,
    },
    Load(ContentKey),
    /// In two turns: first what is had without encoding.
    Prepare {
        content: ContentKey,
        file: OsString,
        stamp: FileStamp,
        begun: bool,
    },
    Delete(ContentKey),
}

/// The library's knowledge.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    files: BTreeMap<OsString, VideoFile>,
    contents: BTreeMap<ContentKey, Content>,
    /// Contents of which nothing is there, and those that were begun: what is had without encoding comes before anybody's
    /// encoding.
    fresh: VecDeque<ContentKey>,
    begun: VecDeque<ContentKey>,
    /// What somebody waits for comes before both.
    awaited: Option<ContentKey>,
    /// What is being done, so that nothing is done twice at once.
    hashing: Option<OsString>,
    loading: Option<ContentKey>,
    preparing: Option<ContentKey>,
    deleting: Option<ContentKey>,
    /// Directories that were there at the start, of contents that no file had yet.
    left_over: BTreeMap<ContentKey, Duration>,
    scanned: bool,
}

impl Shelf {
    /// Takes in what the directory holds now. Gives the names of files that are gone or are not what they were.
    pub(super) fn seen(&mut self, now: Duration, found: Vec<Found>) -> Vec<OsString> {
        self.scanned = true;
        let there: BTreeSet<_> = found.iter().map(|f| f.name.clone()).collect();
        let mut outdated: Vec<_> = self.files.keys().filter(|name| !there.contains(*name)).cloned().collect();
        self.files.retain(|name, _| there.contains(name));
        for Found { name, stamp, is_old } in found {
            match self.files.get_mut(&name) {
                Some(file) if file.stamp == stamp => file.settle(now, is_old),
                Some(file) => {
                    outdated.push(name);
                    (file.stamp, file.state) = (stamp, FileState::Arriving { unchanged_since: now });
                }
                None => {
                    let state = if is_old { FileState::Settled } else { FileState::Arriving { unchanged_since: now } };
                    self.files.insert(name.clone(), VideoFile { id: video_id(&name), stamp, state });
                }
            }
        }
        self.mark_orphans(now);
        outdated
    }

    /// Takes in the directories of prepared contents that are there at the start.
    pub(super) fn found_prepared(&mut self, now: Duration, contents: Vec<ContentKey>) {
        self.left_over = contents.into_iter().filter(|c| !self.contents.contains_key(c)).map(|c| (c, now)).collect();
    }

    /// The hash of a file that had this stamp; `None`: it changed meanwhile.
    pub(super) fn hashed(&mut self, now: Duration, name: &OsString, stamp: FileStamp, result: Option<Result<ContentKey, String>>) {
        if self.hashing.as_ref() == Some(name) {
            self.hashing = None;
        }
        let Some(file) = self.files.get_mut(name).filter(|f| f.stamp == stamp && f.state.waits_for_hash()) else { return };
        file.state = match result {
            Some(Ok(content)) => FileState::Has(content),
            Some(Err(reason)) => FileState::Unreadable { reason, since: now, again: false },
            None => FileState::Arriving { unchanged_since: now },
        };
        if let FileState::Has(key) = file.state {
            self.left_over.remove(&key);
            let content = self.contents.entry(key).or_insert(Content { stage: Stage::Unknown, info: Info::default(), orphan_since: None, used_at: None });
            content.orphan_since = None;
            // Whoever put the file there again wants another try.
            if matches!(content.stage, Stage::Failed { .. }) {
                content.stage = Stage::Unknown;
            }
        }
    }

    /// What was found in a content's directory: everything, or not (then it is prepared).
    pub(super) fn loaded(&mut self, key: ContentKey, result: Option<(Info, ChunkRef)>) {
        self.loading = None;
        let Some(content) = self.contents.get_mut(&key).filter(|c| c.stage == Stage::Unknown) else { return };
        match result {
            Some((info, manifest)) => (content.info, content.stage) = (info, Stage::Ready { manifest }),
            None => {
                content.stage = Stage::Queued;
                self.fresh.push_back(key);
            }
        }
    }

    /// Takes in what became known while a content is prepared.
    pub(super) fn learn(&mut self, key: ContentKey, change: impl FnOnce(&mut Info, &mut Progress)) {
        if let Some(Content { stage: Stage::Preparing(progress) | Stage::Begun(progress), info, .. }) = self.contents.get_mut(&key) {
            change(info, progress);
        }
    }

    /// What came of preparing.
    pub(super) fn prepared(&mut self, now: Duration, key: ContentKey, outcome: Outcome) {
        self.preparing = None;
        let Some(content) = self.contents.get_mut(&key) else { return };
        let Stage::Preparing(progress) = content.stage else { return };
        match outcome {
            Outcome::Ready(info, manifest) => (content.info, content.stage) = (info, Stage::Ready { manifest }),
            Outcome::Failed(Failure { reason, no_space }) => content.stage = Stage::Failed { reason, again_at: no_space.then_some(now + NO_SPACE_RETRY) },
            Outcome::Begun => {
                content.stage = Stage::Begun(progress);
                self.begun.push_back(key);
            }
            Outcome::Stopped if progress.manifest.is_some() => {
                content.stage = Stage::Begun(progress);
                self.begun.push_front(key);
            }
            Outcome::Stopped | Outcome::Again => content.stage = Stage::Unknown,
        }
    }

    /// A directory is gone.
    pub(super) fn deleted(&mut self, key: ContentKey) {
        if self.deleting == Some(key) {
            self.deleting = None;
        }
        self.left_over.remove(&key);
    }

    /// The next thing to do. Each kind is done one at a time.
    pub(super) fn next(&mut self, now: Duration) -> Option<Next> {
        self.next_hash().or_else(|| self.next_load(now)).or_else(|| self.next_prepare()).or_else(|| self.next_delete(now))
    }

    fn next_hash(&mut self) -> Option<Next> {
        let free = self.hashing.is_none();
        let (name, file) = self.files.iter().find(|(_, f)| free && f.state.waits_for_hash())?;
        self.hashing = Some(name.clone());
        Some(Next::Hash { name: name.clone(), stamp: file.stamp })
    }

    fn next_load(&mut self, now: Duration) -> Option<Next> {
        for content in self.contents.values_mut() {
            if matches!(content.stage, Stage::Failed { again_at: Some(at), .. } if now >= at) {
                content.stage = Stage::Unknown;
            }
        }
        let free = self.loading.is_none();
        let key = self.contents.iter().find(|(k, c)| free && c.stage == Stage::Unknown && self.deleting != Some(**k)).map(|(k, _)| *k)?;
        self.loading = Some(key);
        Some(Next::Load(key))
    }

    fn next_prepare(&mut self) -> Option<Next> {
        if self.preparing.is_some() {
            return None;
        }
        let can = |k: &&ContentKey| self.file_of(k).is_some();
        let awaited = self.fresh.iter().chain(&self.begun).find(|k| self.awaited == Some(**k)).filter(can);
        let content = *awaited.or_else(|| self.fresh.iter().find(can)).or_else(|| self.begun.iter().find(can))?;
        let file = self.file_of(&content)?.clone();
        let stamp = self.files.get(&file)?.stamp;
        let stage = &mut self.contents.get_mut(&content)?.stage;
        let begun = if let Stage::Begun(progress) = stage { Some(*progress) } else { None };
        *stage = Stage::Preparing(begun.unwrap_or_default());
        self.leave_queues(&content);
        self.preparing = Some(content);
        Some(Next::Prepare { content, file, stamp, begun: begun.is_some() })
    }

    fn leave_queues(&mut self, key: &ContentKey) {
        self.fresh.retain(|k| k != key);
        self.begun.retain(|k| k != key);
    }

    /// Whether a content waits of which nothing is there yet.
    pub(super) fn has_fresh(&self) -> bool {
        self.fresh.iter().any(|k| self.file_of(k).is_some())
    }

    fn next_delete(&mut self, now: Duration) -> Option<Next> {
        // A file that is arriving or being hashed may have any content: a renamed file goes before it comes.
        if self.deleting.is_some() || !self.scanned || self.is_arriving() {
            return None;
        }
        let over = |since: Duration| now >= since + ORPHAN_GRACE;
        let orphan = |c: &Content| c.kept_until().is_some_and(|until| now >= until);
        let busy = |k: &ContentKey| self.preparing == Some(*k) || self.loading == Some(*k);
        let key = self.contents.iter().find(|(k, c)| orphan(c) && !busy(k)).map(|(k, _)| *k);
        let key = key.or_else(|| self.left_over.iter().find(|(_, since)| over(**since)).map(|(k, _)| *k))?;
        self.contents.remove(&key);
        self.leave_queues(&key);
        self.deleting = Some(key);
        Some(Next::Delete(key))
    }

    /// When [`Self::next`] may have more to do though nothing was told.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        let may_delete = self.scanned && !self.is_arriving() && self.deleting.is_none();
        let left_over = self.left_over.values().map(|since| *since + ORPHAN_GRACE);
        let delete = self.contents.values().filter_map(Content::kept_until).chain(left_over).min().filter(|_| may_delete);
        let again = self.contents.values().filter_map(|c| if let Stage::Failed { again_at, .. } = c.stage { again_at } else { None });
        again.chain(delete).min()
    }

    /// Whether files must be looked at again soon.
    pub(super) fn is_arriving(&self) -> bool {
        self.files.values().any(|f| matches!(f.state, FileState::Arriving { .. } | FileState::Settled))
    }

    /// Whether what was prepared earlier has been found and loaded, as far as files lie there now.
    pub(super) fn is_known(&self) -> bool {
        let hashed = self.hashing.is_none() && !self.files.values().any(|f| f.state.waits_for_hash());
        self.scanned && hashed && self.loading.is_none() && !self.contents.values().any(|c| c.stage == Stage::Unknown)
    }

    /// The contents that no file has any more.
    pub(super) fn orphans(&self) -> impl Iterator<Item = ContentKey> + '_ {
        self.contents.iter().filter(|(_, c)| c.orphan_since.is_some()).map(|(key, _)| *key)
    }

    /// Somebody fetched of a content at this time.
    pub(super) fn used(&mut self, key: ContentKey, at: Duration) {
        if let Some(content) = self.contents.get_mut(&key) {
            content.used_at = content.used_at.max(Some(at));
        }
    }

    /// Whether everything that is there is ready or failed.
    pub(super) fn is_idle(&self) -> bool {
        let open = |c: &Content| c.orphan_since.is_none() && matches!(c.stage, Stage::Unknown | Stage::Queued | Stage::Begun(_) | Stage::Preparing(_));
        self.scanned && !self.is_arriving() && !self.contents.values().any(open)
    }

    /// Whether the content that is being prepared has no file any more, for longer than a rename takes.
    pub(super) fn is_in_vain(&self, now: Duration) -> bool {
        let since = self.preparing.and_then(|k| self.contents.get(&k)).and_then(|c| c.orphan_since);
        since.is_some_and(|since| now >= since + ORPHAN_GRACE) && !self.is_arriving()
    }

    /// Somebody waits for a video: it is prepared next. Gives the content, and whether it is being prepared now.
    pub(super) fn wanted(&mut self, video: &VideoId) -> Option<(ContentKey, bool)> {
        let key = self.files.values().find(|f| f.id == *video).and_then(|f| if let FileState::Has(key) = f.state { Some(key) } else { None })?;
        self.awaited = Some(key);
        match self.contents.get(&key)?.stage {
            Stage::Preparing(_) => Some((key, true)),
            Stage::Queued | Stage::Begun(_) => Some((key, false)),
            Stage::Unknown | Stage::Ready { .. } | Stage::Failed { .. } => None,
        }
    }

    /// Whether a file has the content.
    pub(super) fn file_of(&self, key: &ContentKey) -> Option<&OsString> {
        self.files.iter().find(|(_, f)| f.state == FileState::Has(*key)).map(|(name, _)| name)
    }

    fn mark_orphans(&mut self, now: Duration) {
        let used: BTreeSet<_> = self.files.values().filter_map(|f| if let FileState::Has(key) = f.state { Some(key) } else { None }).collect();
        for (key, content) in &mut self.contents {
            if used.contains(key) {
                content.orphan_since = None;
            } else {
                content.orphan_since.get_or_insert(now);
            }
        }
    }

    /// The catalogue of now; entries that did not change are those of `before`.
    pub(super) fn catalogue(&self, before: &Catalogue) -> Catalogue {
        let entry = |(name, file): (&OsString, &VideoFile)| {
            let entry = self.entry(name, file);
            let entry = before.get(&file.id).filter(|old| ***old == entry).cloned().unwrap_or_else(|| Arc::new(entry));
            (file.id.clone(), entry)
        };
        Arc::new(self.files.iter().map(entry).collect())
    }

    fn entry(&self, name: &OsString, file: &VideoFile) -> CatalogueEntry {
        let content = if let FileState::Has(key) = file.state { self.contents.get(&key) } else { None };
        let info = content.map(|c| c.info.clone()).unwrap_or_default();
        let state = match (&file.state, content.map(|c| &c.stage)) {
            (FileState::Unreadable { reason, .. }, _) => VideoState::Failed { reason: reason.clone() },
            (_, Some(Stage::Begun(p))) if p.manifest.is_none() => VideoState::Waiting,
            (_, Some(Stage::Preparing(p) | Stage::Begun(p))) => VideoState::Preparing { permille: p.permille, manifest: p.manifest },
            (_, Some(Stage::Ready { manifest })) => VideoState::Ready { manifest: *manifest },
            (_, Some(Stage::Failed { reason, .. })) => VideoState::Failed { reason: reason.clone() },
            (_, Some(Stage::Unknown | Stage::Queued) | None) => VideoState::Waiting,
        };
        CatalogueEntry {
            id: file.id.clone(),
            title: title(info.title.as_deref(), name),
            duration_us: info.duration_us,
            width: info.width,
            height: info.height,
            rungs: info.rungs,
            state,
            thumbnail: info.thumbnail,
            damage: info.damage,
        }
    }
}

impl FileState {
    fn waits_for_hash(&self) -> bool {
        matches!(self, Self::Settled | Self::Unreadable { again: true, .. })
    }
}

impl VideoFile {
    /// The file was seen unchanged.
    fn settle(&mut self, now: Duration, is_old: bool) {
        match &mut self.state {
            FileState::Arriving { unchanged_since } if is_old || now >= *unchanged_since + FILE_SETTLED => self.state = FileState::Settled,
            FileState::Unreadable { since, again, .. } => *again = now >= *since + RESCAN_EVERY,
            _ => {}
        }
    }
}
