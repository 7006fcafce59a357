//! What the library knows and what is to be done next: a state machine without files, clocks or processes.
//!
//! Files have contents; contents are prepared once, however many files have them. The owner tells what was seen, hashed,
//! loaded and prepared, and asks for the next thing to do. A library of ten thousand files asks no longer than one of ten:
//! what is looked for stands in groups ([`grouped`]).

mod grouped;
mod members;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use lectern_proto::control::{CatalogueEntry, ChunkRef, Damage, FailureReason, VideoId, VideoState};
use lectern_proto::limits::{NO_SPACE_RETRY, ORPHAN_GRACE};

use self::grouped::Grouped;
use self::members::{Content, ContentGroup, FileGroup, FileState, VideoFile};
use super::Catalogue;
use super::name::{title, video_id};
use super::scan::{ContentKey, Found};
use crate::store::FileStamp;

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
        reason: FailureReason,
        /// When it is tried again by itself.
        again_at: Option<Duration>,
    },
}

/// Why a content could not be prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: FailureReason,
    pub(super) retry: Retry,
}

/// When what failed is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    /// When the file, or what failed on it, is another.
    Changed,
    /// At the next start: it may be no fault of the file.
    Restart,
    /// Now and then: the disk was full.
    Space,
}

/// What there is of a content already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Loaded {
    Ready(Info, ChunkRef),
    /// It failed before, for this reason, and would again.
    Failed(FailureReason),
    /// It is to be prepared.
    Nothing,
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

/// Something for the owner to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    Hash {
        name: OsString,
        stamp: FileStamp,
    },
    Load(ContentKey),
    /// Where others wait, in two turns: first what is had without encoding.
    Prepare {
        content: ContentKey,
        file: OsString,
        stamp: FileStamp,
        /// The first turn was before.
        begun: bool,
        /// Only what is had without encoding.
        quick: bool,
    },
    Delete(ContentKey),
}

/// The library's knowledge.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    files: Grouped<OsString, VideoFile>,
    contents: Grouped<ContentKey, Content>,
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
        let mut outdated: Vec<_> = self.files.iter().map(|(name, _)| name).filter(|name| !there.contains(*name)).cloned().collect();
        for name in &outdated {
            self.files.remove(name);
        }
        for Found { name, stamp, is_old } in found {
            let known = self.files.update(&name, |file| {
                let same = file.stamp == stamp;
                if same {
                    file.settle(now, is_old);
                } else {
                    (file.stamp, file.state) = (stamp, FileState::Arriving { unchanged_since: now });
                }
                same
            });
            match known {
                Some(true) => {}
                Some(false) => outdated.push(name),
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
        self.left_over = contents.into_iter().filter(|c| self.contents.get(c).is_none()).map(|c| (c, now)).collect();
    }

    /// The hash of a file that had this stamp; `None`: it changed meanwhile.
    pub(super) fn hashed(&mut self, now: Duration, name: &OsString, stamp: FileStamp, result: Option<Result<ContentKey, FailureReason>>) {
        if self.hashing.as_ref() == Some(name) {
            self.hashing = None;
        }
        if !self.files.get(name).is_some_and(|f| f.stamp == stamp && f.state.waits_for_hash()) {
            return;
        }
        let state = match result {
            Some(Ok(content)) => FileState::Has(content),
            Some(Err(reason)) => FileState::Unreadable { reason, since: now, again: false },
            None => FileState::Arriving { unchanged_since: now },
        };
        if let FileState::Has(key) = state {
            self.left_over.remove(&key);
            let known = self.contents.update(&key, |content| {
                content.orphan_since = None;
                // Whoever put the file there again wants another try.
                if matches!(content.stage, Stage::Failed { .. }) {
                    content.stage = Stage::Unknown;
                }
            });
            if known.is_none() {
                self.contents.insert(key, Content { stage: Stage::Unknown, info: Info::default(), orphan_since: None, used_at: None });
            }
        }
        self.files.update(name, |file| file.state = state);
    }

    /// What there is of a content.
    pub(super) fn loaded(&mut self, key: ContentKey, result: Loaded) {
        self.loading = None;
        let waits = self.contents.update(&key, |content| {
            if content.stage != Stage::Unknown {
                return false;
            }
            match result {
                Loaded::Ready(info, manifest) => (content.info, content.stage) = (info, Stage::Ready { manifest }),
                Loaded::Failed(reason) => content.stage = Stage::Failed { reason, again_at: None },
                Loaded::Nothing => content.stage = Stage::Queued,
            }
            content.stage == Stage::Queued
        });
        if waits == Some(true) {
            self.fresh.push_back(key);
        }
    }

    /// Takes in what became known while a content is prepared.
    pub(super) fn learn(&mut self, key: ContentKey, change: impl FnOnce(&mut Info, &mut Progress)) {
        self.contents.update(&key, |content| {
            if let Content { stage: Stage::Preparing(progress) | Stage::Begun(progress), info, .. } = content {
                change(info, progress);
            }
        });
    }

    /// What came of preparing.
    pub(super) fn prepared(&mut self, now: Duration, key: ContentKey, outcome: Outcome) {
        self.preparing = None;
        let Some(Stage::Preparing(progress)) = self.contents.get(&key).map(|c| c.stage.clone()) else { return };
        let (mut learnt, mut stage) = (None, Stage::Unknown);
        match outcome {
            Outcome::Ready(info, manifest) => (learnt, stage) = (Some(info), Stage::Ready { manifest }),
            Outcome::Failed(Failure { reason, retry }) => stage = Stage::Failed { reason, again_at: (retry == Retry::Space).then_some(now + NO_SPACE_RETRY) },
            Outcome::Begun => {
                stage = Stage::Begun(progress);
                self.begun.push_back(key);
            }
            Outcome::Stopped if progress.manifest.is_some() => {
                stage = Stage::Begun(progress);
                self.begun.push_front(key);
            }
            Outcome::Stopped | Outcome::Again => {}
        }
        self.contents.update(&key, |content| {
            content.stage = stage;
            content.info = learnt.unwrap_or_else(|| std::mem::take(&mut content.info));
        });
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
        if self.hashing.is_some() {
            return None;
        }
        let name = self.files.group(FileGroup::WaitsForHash).next()?.clone();
        let stamp = self.files.get(&name)?.stamp;
        self.hashing = Some(name.clone());
        Some(Next::Hash { name, stamp })
    }

    fn next_load(&mut self, now: Duration) -> Option<Next> {
        let failed: Vec<_> = self.contents.group(ContentGroup::Again).copied().collect();
        for key in failed {
            self.contents.update(&key, |content| {
                if matches!(content.stage, Stage::Failed { again_at: Some(at), .. } if now >= at) {
                    content.stage = Stage::Unknown;
                }
            });
        }
        if self.loading.is_some() {
            return None;
        }
        let key = *self.contents.group(ContentGroup::Unknown).find(|k| self.deleting != Some(**k))?;
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
        let begun = self.contents.update(&content, |content| {
            let begun = if let Stage::Begun(progress) = content.stage { Some(progress) } else { None };
            content.stage = Stage::Preparing(begun.unwrap_or_default());
            begun
        })?;
        self.leave_queues(&content);
        self.preparing = Some(content);
        let quick = begun.is_none() && (self.has_fresh() || !self.is_known());
        Some(Next::Prepare { content, file, stamp, begun: begun.is_some(), quick })
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
        let orphan = |k: &ContentKey| self.contents.get(k).and_then(Content::kept_until).is_some_and(|until| now >= until);
        let busy = |k: &ContentKey| self.preparing == Some(*k) || self.loading == Some(*k);
        let key = self.contents.group(ContentGroup::Orphan).find(|k| orphan(k) && !busy(k)).copied();
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
        let of = |group| self.contents.group(group).filter_map(|k| self.contents.get(k));
        let delete = of(ContentGroup::Orphan).filter_map(Content::kept_until).chain(left_over).min().filter(|_| may_delete);
        let again = of(ContentGroup::Again).filter_map(|c| if let Stage::Failed { again_at, .. } = c.stage { again_at } else { None });
        again.chain(delete).min()
    }

    /// Whether files must be looked at again soon.
    pub(super) fn is_arriving(&self) -> bool {
        !self.files.is_empty(FileGroup::Arriving)
    }

    /// Whether what was prepared earlier has been found and loaded, as far as files lie there now.
    pub(super) fn is_known(&self) -> bool {
        let hashed = self.hashing.is_none() && self.files.is_empty(FileGroup::WaitsForHash);
        self.scanned && hashed && self.loading.is_none() && self.contents.is_empty(ContentGroup::Unknown)
    }

    /// The contents that no file has any more.
    pub(super) fn orphans(&self) -> impl Iterator<Item = ContentKey> + '_ {
        self.contents.group(ContentGroup::Orphan).copied()
    }

    /// Somebody fetched of a content at this time.
    pub(super) fn used(&mut self, key: ContentKey, at: Duration) {
        self.contents.update(&key, |content| content.used_at = content.used_at.max(Some(at)));
    }

    /// Whether everything that is there is ready or failed.
    pub(super) fn is_idle(&self) -> bool {
        self.scanned && !self.is_arriving() && self.contents.is_empty(ContentGroup::Open)
    }

    /// Whether the content that is being prepared has no file any more, for longer than a rename takes.
    pub(super) fn is_in_vain(&self, now: Duration) -> bool {
        let since = self.preparing.and_then(|k| self.contents.get(&k)).and_then(|c| c.orphan_since);
        since.is_some_and(|since| now >= since + ORPHAN_GRACE) && !self.is_arriving()
    }

    /// Somebody waits for a video: it is prepared next. Gives the content, and whether it is being prepared now.
    pub(super) fn wanted(&mut self, video: &VideoId) -> Option<(ContentKey, bool)> {
        let key = self.files.iter().map(|(_, f)| f).find(|f| f.id == *video).and_then(|f| if let FileState::Has(key) = f.state { Some(key) } else { None })?;
        self.awaited = Some(key);
        match self.contents.get(&key)?.stage {
            Stage::Preparing(_) => Some((key, true)),
            Stage::Queued | Stage::Begun(_) => Some((key, false)),
            Stage::Unknown | Stage::Ready { .. } | Stage::Failed { .. } => None,
        }
    }

    /// Whether a file has the content.
    pub(super) fn file_of(&self, key: &ContentKey) -> Option<&OsString> {
        self.files.group(FileGroup::Has(*key)).next()
    }

    fn mark_orphans(&mut self, now: Duration) {
        let keys: Vec<_> = self.contents.iter().map(|(key, content)| (*key, content.orphan_since)).collect();
        for (key, before) in keys {
            let since = if self.files.is_empty(FileGroup::Has(key)) { before.or(Some(now)) } else { None };
            if since != before {
                self.contents.update(&key, |content| content.orphan_since = since);
            }
        }
    }

    /// The catalogue of now, if it is another than the one of the last call, `before`; entries that did not change are shared
    /// with that.
    pub(super) fn catalogue(&mut self, before: &Catalogue) -> Option<Catalogue> {
        let mut names = self.files.take_changed();
        for key in self.contents.take_changed() {
            names.extend(self.files.group(FileGroup::Has(key)).cloned());
        }
        let mut now = None;
        for name in names {
            let file = self.files.get(&name);
            let id = file.map_or_else(|| video_id(&name), |f| f.id.clone());
            let entry = file.map(|f| self.entry(&name, f));
            if before.get(&id).map(|e| &**e) == entry.as_ref() {
                continue;
            }
            let now = now.get_or_insert_with(|| (**before).clone());
            match entry {
                Some(entry) => now.insert(id, Arc::new(entry)),
                None => now.remove(&id),
            };
        }
        now.map(Arc::new)
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
