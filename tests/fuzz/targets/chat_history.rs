#![no_main]
//! What a computer keeps of conversations: a file as it lies on the disk, changed; and records that somebody sealed who has the key.

use std::sync::LazyLock;

use lectern_fuzz::{begin_with, is_itself, piece, pieces};
use lectern_proto::chat::content::{FileInfo, MessageId};
use lectern_proto::chat::history::sealed::{self, HistoryKey, Sealer};
use lectern_proto::chat::history::{Follower, History, Kept, Record, Stage};
use lectern_proto::chat::messenger::Shown;
use lectern_proto::control::PersonId;
use lectern_proto::wire;
use rand::SeedableRng;
use rand::rngs::StdRng;

const KEY: HistoryKey = HistoryKey([7; 32]);
const BEN: PersonId = PersonId(2);

fn records() -> Vec<Record> {
    let kept = |n: u8, file: Option<FileInfo>, stage| {
        let text = if file.is_some() { String::new() } else { "hello".to_owned() };
        Record::Message(Box::new(Kept { person: BEN, id: MessageId([n; 16]), own: n % 2 == 0, sent_ms: 1, text, file, proof: None, stage }))
    };
    let file = FileInfo { name: "notes.txt".into(), size: 5, digest: [1; 32] };
    vec![
        Record::Name { person: BEN, name: "Ben".into() },
        kept(1, None, Stage::New),
        kept(2, None, Stage::Kept),
        kept(3, Some(file), Stage::Seen),
        Record::Stage { person: BEN, id: MessageId([2; 16]), stage: Stage::Read },
    ]
}

/// The file of these records, the same in each run.
static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut sealer = Sealer::begin(&mut StdRng::seed_from_u64(1), &KEY);
    let mut file = sealer.head().to_vec();
    records().iter().for_each(|record| assert!(sealer.seal(record, &mut file)));
    file
});

fn seeds() -> Vec<Vec<u8>> {
    let told: Vec<u8> = records().iter().flat_map(|record| piece(&wire::encode(record))).collect();
    vec![[&[0][..], &FILE].concat(), [&[1][..], &told].concat()]
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let Some((kind, data)) = data.split_first() else { return };
    if kind % 2 == 0 {
        // Nothing is made up: whatever is found was sealed, in this order.
        let Ok(found) = sealed::read(&KEY, data) else { return };
        let sealed = records();
        let mut all = sealed.iter();
        assert!(found.records.iter().all(|record| all.any(|there| there == record)), "{found:?}");
        return;
    }
    let records: Vec<Record> = pieces(data).filter_map(|piece| wire::decode(piece).ok()).collect();
    records.iter().for_each(is_itself);
    let mut sealer = Sealer::begin(&mut StdRng::seed_from_u64(2), &KEY);
    let mut file = sealer.head().to_vec();
    let fit: Vec<_> = records.into_iter().filter(|record| sealer.seal(record, &mut file)).collect();
    let found = sealed::read(&KEY, &file).expect("a file");
    assert!(found.records == fit && found.lost == 0 && !found.is_cut);
    let mut history = History::of(fit);
    assert_eq!(History::of(history.records()), history, "as few as say the same");
    // What a program shows of it is nothing new to it.
    let mut follower = Follower::after(&history);
    for (person, kept) in history.conversations() {
        let unread = kept.iter().filter(|kept| kept.stage == Stage::New).map(|kept| kept.id).collect();
        let shown = Shown { items: kept.iter().map(|kept| kept.item()).collect(), unread, ..Shown::default() };
        let new = follower.look(person, None, &shown);
        // What is said to be looked at, or not, of an own one is said of the other's alone.
        assert!(new.iter().all(|record| matches!(record, Record::Stage { .. })), "{new:?}");
    }
    history.trim(200);
    let people: Vec<_> = history.conversations().into_keys().collect();
    let all = history.len();
    assert_eq!(people.iter().map(|person| history.forget(Some(*person))).sum::<usize>(), all);
    assert!(history.is_empty());
});
