//! Files come and go in front of a shelf; what it wants done is compared.

use super::*;
use lectern_proto::control::FailureKind;
use lectern_proto::limits::{CHUNKS_IN_USE, CHUNKS_KEPT_MAX, RESCAN_EVERY};
use lectern_proto::manifest::ChunkHash;

const A: ContentKey = [0xa; 32];
const B: ContentKey = [0xb; 32];
const MANIFEST: ChunkRef = ChunkRef { chunk: ChunkHash([1; 32]), bytes: 5 };

fn because(sentence: &str) -> FailureReason {
    FailureReason::new(FailureKind::Other, sentence)
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn found(name: &str, size: u64) -> Found {
    Found { name: name.into(), stamp: FileStamp { size, modified_ns: 0 }, is_old: true }
}

fn hash_as(shelf: &mut Shelf, now: Duration, content: ContentKey) {
    let Some(Next::Hash { name, stamp }) = shelf.next(now) else { panic!("nothing to hash") };
    shelf.hashed(now, &name, stamp, Some(Ok(content)));
}

fn ready(shelf: &mut Shelf, now: Duration, content: ContentKey) {
    assert_eq!(shelf.next(now), Some(Next::Load(content)));
    shelf.loaded(content, Loaded::Ready(Info::default(), MANIFEST));
}

/// With one file, which is being prepared.
fn preparing() -> Shelf {
    let mut shelf = Shelf::default();
    shelf.seen(s(0), vec![found("a.mp4", 1)]);
    hash_as(&mut shelf, s(0), A);
    assert_eq!(shelf.next(s(0)), Some(Next::Load(A)));
    shelf.loaded(A, Loaded::Nothing);
    assert!(matches!(shelf.next(s(0)), Some(Next::Prepare { .. })));
    shelf
}

fn states(shelf: &Shelf) -> Vec<(String, VideoState)> {
    let mut all: Vec<_> = shelf.files.iter().map(|(name, file)| shelf.entry(name, file)).map(|e| (e.id, e.title, e.state)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.into_iter().map(|(_, title, state)| (title, state)).collect()
}

#[test]
fn a_new_file_is_hashed_looked_up_and_prepared() {
    let mut shelf = Shelf::default();
    assert!(!shelf.is_known(), "nobody has looked");
    shelf.seen(s(0), vec![found("a.mp4", 1)]);
    hash_as(&mut shelf, s(0), A);
    assert_eq!(shelf.next(s(0)), Some(Next::Load(A)));
    assert_eq!(shelf.next(s(0)), None, "one at a time");
    assert!(!shelf.is_known());
    shelf.loaded(A, Loaded::Nothing);
    assert!(shelf.is_known(), "though it is not prepared");
    let stamp = found("a.mp4", 1).stamp;
    let turn = Some(Next::Prepare { content: A, file: "a.mp4".into(), stamp, begun: false, quick: false });
    assert_eq!(shelf.next(s(0)), turn, "nobody else waits");
    assert_eq!(states(&shelf), [("a".to_owned(), VideoState::Preparing { permille: 0, manifest: None })]);
    shelf.learn(A, |info, progress| (info.duration_us, progress.permille) = (7, 500));
    assert_eq!(states(&shelf), [("a".to_owned(), VideoState::Preparing { permille: 500, manifest: None })]);
    assert!(!shelf.is_idle());
    shelf.prepared(s(0), A, Outcome::Ready(Info::default(), MANIFEST));
    assert_eq!(states(&shelf), [("a".to_owned(), VideoState::Ready { manifest: MANIFEST })]);
    assert!(shelf.is_idle());
}

#[test]
fn a_file_that_is_copied_in_waits() {
    let mut shelf = Shelf::default();
    let growing = |size| vec![Found { is_old: false, ..found("a.mp4", size) }];
    shelf.seen(s(0), growing(1));
    assert_eq!(shelf.next(s(0)), None);
    shelf.seen(s(2), growing(2));
    assert_eq!(shelf.next(s(2)), None);
    shelf.seen(s(3), growing(2));
    assert!(matches!(shelf.next(s(3)), Some(Next::Hash { .. })));
    shelf.seen(s(4), growing(3));
    shelf.hashed(s(4), &"a.mp4".into(), FileStamp { size: 2, modified_ns: 0 }, Some(Ok(A)));
    assert_eq!(shelf.next(s(4)), None, "the hash of what it was does not count");
    assert_eq!(states(&shelf), [("a".to_owned(), VideoState::Waiting)]);
}

#[test]
fn a_file_that_cannot_be_read_is_tried_again_now_and_then() {
    let mut shelf = Shelf::default();
    let look = |shelf: &mut Shelf, at| {
        shelf.seen(at, vec![found("a.mp4", 1)]);
        shelf.next(at)
    };
    let Some(Next::Hash { name, stamp }) = look(&mut shelf, s(0)) else { panic!("nothing to hash") };
    shelf.hashed(s(0), &name, stamp, Some(Err(because("no right"))));
    assert_eq!(look(&mut shelf, s(1)), None);
    assert!(shelf.is_idle());
    let again = look(&mut shelf, RESCAN_EVERY);
    assert!(matches!(again, Some(Next::Hash { .. })));
    assert_eq!(states(&shelf), [("a".to_owned(), VideoState::Failed { reason: because("no right") })], "told until it is known better");
    shelf.hashed(RESCAN_EVERY, &name, stamp, Some(Ok(A)));
    assert_eq!(shelf.next(RESCAN_EVERY), Some(Next::Load(A)));
}

#[test]
fn a_rename_and_a_copy_cost_nothing() {
    let mut shelf = Shelf::default();
    shelf.seen(s(0), vec![found("a.mp4", 1)]);
    hash_as(&mut shelf, s(0), A);
    ready(&mut shelf, s(0), A);
    shelf.seen(s(10), vec![]);
    assert_eq!(shelf.next(s(11)), None, "still in its grace");
    shelf.seen(s(12), vec![found("b.mp4", 1), found("c.mp4", 1)]);
    hash_as(&mut shelf, s(20), A);
    hash_as(&mut shelf, s(20), A);
    assert_eq!(shelf.next(s(99)), None);
    assert_eq!(states(&shelf).len(), 2);
    assert!(states(&shelf).iter().all(|(_, s)| matches!(s, VideoState::Ready { .. })));
}

#[test]
fn what_no_file_has_is_deleted_after_its_grace() {
    let mut shelf = Shelf::default();
    shelf.found_prepared(s(0), vec![A, B]);
    assert_eq!(shelf.next(s(99)), None, "nothing before the first look");
    shelf.seen(s(0), vec![found("a.mp4", 1)]);
    hash_as(&mut shelf, s(0), A);
    ready(&mut shelf, s(0), A);
    assert_eq!(shelf.next_deadline(), Some(ORPHAN_GRACE));
    assert_eq!(shelf.next(ORPHAN_GRACE), Some(Next::Delete(B)));
    shelf.deleted(B);
    shelf.seen(s(50), vec![]);
    assert_eq!(shelf.next(s(51)), None);
    assert_eq!(shelf.next(s(50) + ORPHAN_GRACE), Some(Next::Delete(A)));
    shelf.deleted(A);
    assert_eq!((shelf.next(s(99)), shelf.next_deadline()), (None, None));
}

#[test]
fn what_is_played_is_kept_until_nobody_needs_it_but_not_for_ever() {
    let orphaned = || {
        let mut shelf = Shelf::default();
        shelf.seen(s(0), vec![found("a.mp4", 1)]);
        hash_as(&mut shelf, s(0), A);
        ready(&mut shelf, s(0), A);
        // Seen to be another, then seen to stay that.
        shelf.seen(s(100), vec![found("a.mp4", 2)]);
        shelf.seen(s(100), vec![found("a.mp4", 2)]);
        hash_as(&mut shelf, s(100), B);
        ready(&mut shelf, s(100), B);
        assert_eq!(shelf.orphans().collect::<Vec<_>>(), [A]);
        shelf
    };
    // Last fetched long ago: only the grace.
    let mut shelf = orphaned();
    shelf.used(A, s(5));
    assert_eq!(shelf.next_deadline(), Some(s(100) + ORPHAN_GRACE));
    // Somebody fetches on, then no more.
    for at in [100, 130, 170, 160] {
        shelf.used(A, s(at));
    }
    assert_eq!(shelf.next_deadline(), Some(s(170) + CHUNKS_IN_USE));
    assert_eq!(shelf.next(s(169) + CHUNKS_IN_USE), None);
    assert_eq!(shelf.next(s(170) + CHUNKS_IN_USE), Some(Next::Delete(A)));
    // A file has it again meanwhile.
    let mut shelf = orphaned();
    shelf.used(A, s(101));
    shelf.seen(s(150), vec![found("a.mp4", 1)]);
    shelf.seen(s(150), vec![found("a.mp4", 1)]);
    hash_as(&mut shelf, s(150), A);
    assert_eq!(states(&shelf), [("a".to_owned(), VideoState::Ready { manifest: MANIFEST })]);
    // Who never stops.
    let mut shelf = orphaned();
    shelf.used(A, s(100) + CHUNKS_KEPT_MAX);
    assert_eq!(shelf.next(s(99) + CHUNKS_KEPT_MAX), None);
    assert_eq!(shelf.next(s(100) + CHUNKS_KEPT_MAX), Some(Next::Delete(A)));
}

#[test]
fn a_file_that_goes_while_it_is_prepared_ends_that() {
    let mut shelf = preparing();
    shelf.seen(s(5), vec![]);
    assert!(!shelf.is_in_vain(s(5)) && shelf.is_in_vain(s(5) + ORPHAN_GRACE));
    assert_eq!(shelf.next(s(99)), None, "not deleted under the worker");
    shelf.prepared(s(99), A, Outcome::Stopped);
    assert!(matches!(shelf.next(s(99)), Some(Next::Load(_) | Next::Delete(_))));
}

#[test]
fn a_failure_is_told_and_tried_again_when_the_file_is_put_there_again() {
    let mut shelf = preparing();
    shelf.prepared(s(0), A, Outcome::Failed(Failure { reason: because("no video"), retry: Retry::Changed }));
    assert_eq!(states(&shelf), [("a".to_owned(), VideoState::Failed { reason: because("no video") })]);
    assert_eq!((shelf.next(s(9_999)), shelf.next_deadline()), (None, None));
    assert!(shelf.is_idle());
    let touched = Found { stamp: FileStamp { size: 1, modified_ns: 9 }, ..found("a.mp4", 1) };
    shelf.seen(s(10), vec![touched.clone()]);
    shelf.seen(s(12), vec![touched]);
    hash_as(&mut shelf, s(12), A);
    assert_eq!(shelf.next(s(12)), Some(Next::Load(A)));
}

#[test]
fn a_full_disk_is_tried_again_by_itself() {
    let mut shelf = preparing();
    shelf.prepared(s(5), A, Outcome::Failed(Failure { reason: because("full"), retry: Retry::Space }));
    assert_eq!(shelf.next_deadline(), Some(s(5) + NO_SPACE_RETRY));
    assert_eq!(shelf.next(s(5)), None);
    assert_eq!(shelf.next(s(5) + NO_SPACE_RETRY), Some(Next::Load(A)));
}

#[test]
fn copies_come_before_anybodys_encoding_and_what_is_awaited_before_all() {
    const C: ContentKey = [0xc; 32];
    let mut shelf = Shelf::default();
    shelf.seen(s(0), vec![found("a.mp4", 1), found("b.mp4", 2), found("c.mp4", 3)]);
    for content in [A, B, C] {
        hash_as(&mut shelf, s(0), content);
    }
    for content in [A, B, C] {
        while shelf.contents.get(&content).is_some_and(|c| c.stage == Stage::Unknown) {
            let Some(Next::Load(key)) = shelf.next_load(s(0)) else { panic!("nothing to look up") };
            shelf.loaded(key, Loaded::Nothing);
        }
    }
    let turn = |shelf: &mut Shelf| match shelf.next(s(0)) {
        Some(Next::Prepare { content, begun, quick, .. }) => (content, begun, quick),
        other => panic!("{other:?}"),
    };
    let first = turn(&mut shelf);
    assert_eq!((first, shelf.has_fresh()), ((A, false, true), true));
    shelf.learn(A, |_, progress| (progress.permille, progress.manifest) = (50, Some(MANIFEST)));
    shelf.prepared(s(0), A, Outcome::Begun);
    let a = |shelf: &Shelf| states(shelf).into_iter().find(|(title, _)| title == "a").expect("a").1;
    assert_eq!(a(&shelf), VideoState::Preparing { permille: 50, manifest: Some(MANIFEST) }, "it is watched while it waits");
    assert_eq!(turn(&mut shelf), (B, false, true));
    shelf.prepared(s(0), B, Outcome::Begun);
    let c = shelf.files.iter().map(|(_, f)| f).find(|f| f.state == FileState::Has(C)).expect("c").id.clone();
    let b = shelf.files.iter().map(|(_, f)| f).find(|f| f.state == FileState::Has(B)).expect("b").id.clone();
    assert_eq!(shelf.wanted(&b), Some((B, false)));
    assert_eq!(turn(&mut shelf), (B, true, false), "somebody waits for it");
    assert_eq!(shelf.wanted(&b), Some((B, true)));
    shelf.learn(B, |_, progress| progress.manifest = Some(MANIFEST));
    shelf.prepared(s(0), B, Outcome::Stopped);
    assert_eq!(shelf.wanted(&c), Some((C, false)));
    assert_eq!(turn(&mut shelf), (C, false, false), "no other is new");
    shelf.prepared(s(0), C, Outcome::Begun);
    assert!(!shelf.has_fresh() && !shelf.is_idle());
    assert_eq!(turn(&mut shelf), (C, true, false));
    for (ready, next) in [(C, B), (B, A)] {
        shelf.prepared(s(0), ready, Outcome::Ready(Info::default(), MANIFEST));
        assert_eq!(turn(&mut shelf), (next, true, false));
    }
    // What was stopped goes on where it was, and stays watchable.
    shelf.prepared(s(0), A, Outcome::Stopped);
    assert_eq!((turn(&mut shelf), a(&shelf)), ((A, true, false), VideoState::Preparing { permille: 50, manifest: Some(MANIFEST) }));
}

#[test]
fn a_catalogue_is_told_when_it_is_another_and_shares_what_stayed() {
    let mut shelf = Shelf::default();
    shelf.seen(s(0), vec![found("a.mp4", 1), found("b.mp4", 2)]);
    let first = shelf.catalogue(&Catalogue::default()).expect("two files");
    assert_eq!((first.len(), shelf.catalogue(&first)), (2, None));
    hash_as(&mut shelf, s(0), A);
    assert_eq!(shelf.catalogue(&first), None, "a file with a hash is shown as one without");
    assert_eq!(shelf.next_load(s(0)), Some(Next::Load(A)));
    shelf.loaded(A, Loaded::Ready(Info::default(), MANIFEST));
    let second = shelf.catalogue(&first).expect("one is ready");
    let (a, b) = (video_id(std::ffi::OsStr::new("a.mp4")), video_id(std::ffi::OsStr::new("b.mp4")));
    assert!(Arc::ptr_eq(&first[&b], &second[&b]) && second[&a].state == VideoState::Ready { manifest: MANIFEST });
    shelf.seen(s(1), vec![found("a.mp4", 1)]);
    let third = shelf.catalogue(&second).expect("one is gone");
    assert!(third.keys().eq([&a]));
    // A look that finds everything as it was says nothing.
    shelf.seen(s(2), vec![found("a.mp4", 1)]);
    assert_eq!(shelf.catalogue(&third), None);
}
