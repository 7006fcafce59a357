//! Kept conversations on a real disk: several programs, a crash, a file that was brought back.

use super::*;
use lectern_proto::chat::content::MessageId;
use lectern_proto::chat::history::{Kept, Stage};

const BEN: PersonId = PersonId(7);
const EVE: PersonId = PersonId(8);

fn disk(folder: &Path) -> Disk {
    let mut disk = Disk { path: folder.join("a.chat"), key: HistoryKey([3; 32]), history: History::default(), unwritten: Vec::new(), own: None };
    disk.history = disk.read().expect("readable").unwrap_or_default();
    disk
}

fn message(person: PersonId, n: u8, text: &str) -> Record {
    let (id, text) = (MessageId([n; 16]), text.to_owned());
    Record::Message(Box::new(Kept { person, id, own: false, sent_ms: i64::from(n), text, file: None, proof: None, stage: Stage::New }))
}

fn texts(disk: &Disk) -> Vec<String> {
    disk.history.conversations().values().flatten().map(|kept| kept.text.clone()).collect()
}

fn id(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("a.chat")).expect("there")[..HEAD_LEN].to_vec()
}

#[test]
fn a_file_grows_by_what_is_new_and_is_its_owners_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut one = disk(dir.path());
    one.add(vec![message(BEN, 1, "the heron waits")]).expect("kept");
    let (first, length) = (id(dir.path()), std::fs::metadata(&one.path).expect("there").len());
    one.add(vec![message(BEN, 2, "below the weir"), Record::Stage { person: BEN, id: MessageId([1; 16]), stage: Stage::Seen }]).expect("kept");
    assert_eq!(id(dir.path()), first, "added to, not written anew");
    assert!(std::fs::metadata(&one.path).expect("there").len() > length);
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&one.path).expect("there").permissions()) & 0o777, 0o600);
    let whole = std::fs::read(&one.path).expect("there");
    assert!(!whole.windows(5).any(|w| w == b"heron"), "sealed");
    // The next program begins a file of its own.
    let mut two = disk(dir.path());
    assert_eq!((texts(&two), &two.history), (vec!["the heron waits".to_owned(), "below the weir".into()], &one.history));
    two.add(vec![message(BEN, 3, "third")]).expect("kept");
    assert_ne!(id(dir.path()), first);
    // And what it wrote is not lost by the first, which is still there.
    one.add(vec![message(EVE, 4, "fourth")]).expect("kept");
    assert_eq!(texts(&one), ["the heron waits", "below the weir", "third", "fourth"]);
    assert_eq!(texts(&disk(dir.path())), texts(&one));
}

#[test]
fn what_a_crash_cut_off_is_left_out_and_what_was_brought_back_is_taken_over() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut one = disk(dir.path());
    one.add(vec![message(BEN, 1, "first")]).expect("kept");
    let before = std::fs::read(&one.path).expect("there");
    one.add(vec![message(BEN, 2, "second")]).expect("kept");
    let whole = std::fs::read(&one.path).expect("there");
    let first = id(dir.path());
    for cut in before.len() + 1..whole.len() {
        std::fs::write(&one.path, &whole[..cut]).expect("writable");
        assert_eq!(texts(&disk(dir.path())), ["first"], "{cut} bytes");
    }
    // No number is used again under the same key: not after a crash, and not after an older copy.
    for copy in [&whole[..whole.len() - 1], &before] {
        std::fs::write(&one.path, copy).expect("writable");
        let mut next = disk(dir.path());
        next.add(vec![message(BEN, 3, "third")]).expect("kept");
        assert_ne!(id(dir.path()), first);
        assert_eq!(texts(&disk(dir.path())), ["first", "third"]);
    }
    std::fs::write(&one.path, &before).expect("writable");
    one.add(vec![message(BEN, 4, "fourth")]).expect("kept");
    assert_ne!(id(dir.path()), first, "it was not as this program left it");
    assert_eq!(texts(&disk(dir.path())), ["first", "fourth"]);
}

#[test]
fn another_accounts_file_is_not_opened_and_what_is_let_go_is_gone() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut one = disk(dir.path());
    one.add(vec![Record::Name { person: BEN, name: "Ben".into() }, message(BEN, 1, "first"), message(EVE, 2, "second")]).expect("kept");
    let other = Disk { key: HistoryKey([4; 32]), ..disk(dir.path()) };
    assert!(other.read().expect("a file").expect("there").is_empty());
    // By another program, while the first goes on.
    let mut two = disk(dir.path());
    assert_eq!(two.forget(Some(BEN)).expect("gone"), 1);
    assert_eq!(texts(&disk(dir.path())), ["second"]);
    one.add(vec![message(EVE, 3, "third")]).expect("kept");
    assert_eq!(texts(&disk(dir.path())), ["second", "third"], "it does not come back");
    assert_eq!(one.forget(None).expect("gone"), 2);
    assert!(!one.path.exists());
    assert_eq!(two.forget(None).expect("nothing"), 0);
    one.add(vec![message(EVE, 4, "fourth")]).expect("kept");
    assert_eq!(texts(&disk(dir.path())), ["fourth"]);
}

#[test]
fn a_full_file_lets_the_oldest_go() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut one = disk(dir.path());
    let long = "x".repeat(60_000);
    let records = (0..300u32).map(|n| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        let (id, sent_ms) = (MessageId(id), i64::from(n));
        Record::Message(Box::new(Kept { person: BEN, id, own: true, sent_ms, text: long.clone(), file: None, proof: None, stage: Stage::Read }))
    });
    for part in records.collect::<Vec<_>>().chunks(50) {
        one.add(part.to_vec()).expect("kept");
        assert!(std::fs::metadata(&one.path).expect("there").len() <= HISTORY_FILE_MAX);
    }
    let kept = disk(dir.path());
    assert!((100..300).contains(&kept.history.len()), "{}", kept.history.len());
    let conversations = kept.history.conversations();
    assert_eq!(conversations[&BEN].last().map(|kept| kept.sent_ms), Some(299), "the newest stays");
}

#[test]
fn a_file_that_cannot_be_read_is_put_aside() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut one = disk(dir.path());
    std::fs::write(&one.path, b"no file of ours").expect("writable");
    one.add(vec![message(BEN, 1, "first")]).expect("kept");
    assert_eq!(texts(&disk(dir.path())), ["first"]);
    assert_eq!(std::fs::read(dir.path().join("a.unreadable")).expect("there"), b"no file of ours");
}
