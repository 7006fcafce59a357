//! Telling viewers of a video that is being prepared: when a manifest of what is there is made next, and where the worker
//! goes next because somebody waits there. One content at a time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lectern_proto::control::ChunkRef;
use lectern_proto::limits::{PARTIAL_EVERY_MAX, PARTIAL_EVERY_MIN, WANTED_FOR, WISH_EVERY};
use lectern_proto::manifest::ChunkHash;
use tokio::sync::watch;

use super::events::Probe;
use super::partial::Partial;
use super::scan::ContentKey;

/// Manifests of earlier moments that stay, for who is just fetching one.
const OLDER_KEPT: usize = 2;

/// The content that is being prepared.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) content: ContentKey,
    /// Whether pictures are encoded in this turn, after what is had without.
    pub(super) encodes: bool,
    pub(super) partial: Arc<Mutex<Partial>>,
    pub(super) probe: Option<Arc<Probe>>,
    wish: watch::Sender<Option<u64>>,
    wished_at: Option<Duration>,
    begun: Duration,
    /// When the next manifest is made, if there is anything new for it.
    pub(super) due: Option<Duration>,
    told: Duration,
    composing: bool,
    older: VecDeque<ChunkHash>,
}

impl Progress {
    pub(super) fn new(content: ContentKey, encodes: bool, now: Duration) -> Self {
        Self {
            content,
            encodes,
            partial: Arc::default(),
            probe: None,
            wish: watch::Sender::new(None),
            wished_at: None,
            begun: now,
            due: None,
            told: Duration::ZERO,
            composing: false,
            older: VecDeque::new(),
        }
    }

    pub(super) fn wish(&self) -> watch::Receiver<Option<u64>> {
        self.wish.subscribe()
    }

    /// There is more. Manifests follow one another more slowly the longer it takes: all of them together are a few times the
    /// size of the last.
    pub(super) fn grown(&mut self, now: Duration) {
        let every = (now.saturating_sub(self.begun) / 10).clamp(PARTIAL_EVERY_MIN, PARTIAL_EVERY_MAX);
        // Who waits is told soon.
        let waits = self.is_wanted(now);
        self.due.get_or_insert(self.told + if waits { PARTIAL_EVERY_MIN } else { every });
    }

    /// What a manifest is made of, if one is due now.
    pub(super) fn begin(&mut self, now: Duration) -> Option<(Arc<Mutex<Partial>>, Arc<Probe>)> {
        let probe = self.probe.clone()?;
        if self.composing || self.due.is_none_or(|due| now < due) {
            return None;
        }
        (self.due, self.told, self.composing) = (None, now, true);
        Some((Arc::clone(&self.partial), probe))
    }

    /// What the last manifest of this turn is made of, if there is anything new for it.
    pub(super) fn last(self) -> Option<(Arc<Mutex<Partial>>, Arc<Probe>)> {
        let probe = self.probe.filter(|_| self.due.is_some())?;
        Some((self.partial, probe))
    }

    /// When [`Self::begin`] has something to do.
    pub(super) fn next_deadline(&self) -> Option<Duration> {
        self.due.filter(|_| !self.composing && self.probe.is_some())
    }

    /// A manifest was made, or could not be; gives one that is not needed any more.
    pub(super) fn composed(&mut self, manifest: Option<ChunkRef>) -> Option<ChunkHash> {
        self.composing = false;
        let chunk = manifest?.chunk;
        // One that says the same again is the newest, and stays.
        self.older.retain(|older| *older != chunk);
        self.older.push_back(chunk);
        if self.older.len() > OLDER_KEPT + 1 { self.older.pop_front() } else { None }
    }

    /// Somebody waits for what is shown at a time. Wishes of many viewers take turns.
    pub(super) fn wanted(&mut self, now: Duration, at_us: u64) {
        if self.wished_at.is_none_or(|at| now >= at + WISH_EVERY) {
            self.wished_at = Some(now);
            self.wish.send_replace(Some(at_us));
            self.due = self.due.map(|due| due.min(self.told + PARTIAL_EVERY_MIN));
        }
    }

    /// Whether somebody waited for it lately: it is not put back for another.
    pub(super) fn is_wanted(&self, now: Duration) -> bool {
        self.wished_at.is_some_and(|at| now < at + WANTED_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn manifests_come_soon_at_first_and_seldom_later() {
        let mut progress = Progress::new(ContentKey::default(), true, Duration::ZERO);
        progress.probe = Some(Arc::new(Probe { duration_us: 1, width: None, height: None, title: None, audio: Vec::new(), chapters: Vec::new() }));
        let mut made = Vec::new();
        for ms in 0..200_000 {
            progress.grown(at(ms));
            if progress.begin(at(ms)).is_some() {
                assert!(progress.begin(at(ms)).is_none(), "one at a time");
                made.push(ms);
                progress.composed(Some(ChunkRef { chunk: ChunkHash([u8::try_from(made.len() % 251).expect("small"); 32]), bytes: 1 }));
                assert!(progress.older.len() <= OLDER_KEPT + 1);
            }
        }
        let gaps: Vec<_> = made.windows(2).map(|w| u128::from(w[1] - w[0])).collect();
        assert!(gaps[0] == PARTIAL_EVERY_MIN.as_millis() && gaps.is_sorted() && gaps.last() == Some(&PARTIAL_EVERY_MAX.as_millis()), "{gaps:?}");
    }

    #[test]
    fn the_newest_manifest_is_never_thrown_away() {
        let mut progress = Progress::new(ContentKey::default(), true, Duration::ZERO);
        let mut composed = |n: u8| progress.composed(Some(ChunkRef { chunk: ChunkHash([n; 32]), bytes: 1 })).map(|c| c.0[0]);
        assert_eq!([1, 2, 1, 1, 3, 4, 4, 5].map(&mut composed), [None, None, None, None, None, Some(2), None, Some(1)]);
        assert_eq!(progress.composed(None), None);
    }

    #[test]
    fn wishes_take_turns() {
        let mut progress = Progress::new(ContentKey::default(), true, Duration::ZERO);
        let wish = progress.wish();
        assert!(!progress.is_wanted(at(0)));
        progress.wanted(at(10), 5);
        progress.wanted(at(20), 6);
        assert_eq!(*wish.borrow(), Some(5));
        let later = at(10) + WISH_EVERY;
        progress.wanted(later, 7);
        assert_eq!(*wish.borrow(), Some(7));
        assert!(progress.is_wanted(later + WANTED_FOR - at(1)) && !progress.is_wanted(later + WANTED_FOR));
    }
}
