//! Kept conversations: what is sealed is found again, whatever was changed is left out, and a messenger goes on where the one before it ended.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lectern_proto::chat::content::{FileInfo, MessageId};
use lectern_proto::chat::history::sealed::{self, Found, HEAD_LEN, HistoryKey, NotHistory, Sealer};
use lectern_proto::chat::history::{Follower, History, Kept, Record, Stage};
use lectern_proto::chat::messenger::{FileState, Item, Shown, State};
use lectern_proto::chat::ring::Ring;
use lectern_proto::chat::rsa_keys::PrivateKey;
use lectern_proto::control::{PersonId, Refusal};
use lectern_proto::limits::{CHAT_ITEMS_MAX, HISTORY_RECORD_MAX};
use lectern_proto::wire;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const BEN: PersonId = PersonId(7);
const EVE: PersonId = PersonId(8);
const KEY: HistoryKey = HistoryKey([3; 32]);

fn message(person: PersonId, n: u32, text: &str) -> Record {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    let (id, text) = (MessageId(id), text.to_owned());
    Record::Message(Box::new(Kept { person, id, own: n.is_multiple_of(2), sent_ms: i64::from(n), text, file: None, proof: None, stage: Stage::Seen }))
}

fn records() -> Vec<Record> {
    let name = Record::Name { person: BEN, name: "Ben".into() };
    let stage = Record::Stage { person: BEN, id: MessageId([0; 16]), stage: Stage::Refused(Refusal::MailboxFull) };
    let texts = (0..6).map(|n| message(if n == 4 { EVE } else { BEN }, n, &format!("the heron waits {n}")));
    [name].into_iter().chain(texts).chain([stage]).collect()
}

fn file(rng: &mut StdRng, records: &[Record]) -> Vec<u8> {
    let mut sealer = Sealer::begin(rng, &KEY);
    let mut file = sealer.head().to_vec();
    assert!(records.iter().all(|record| sealer.seal(record, &mut file)));
    file
}

/// Where each record begins, and the end.
fn places(file: &[u8]) -> Vec<usize> {
    let mut places = vec![HEAD_LEN];
    while let Some(length) = file.get(places[places.len() - 1]..).and_then(|rest| rest.first_chunk::<4>()) {
        places.push(places[places.len() - 1] + 4 + u32::from_be_bytes(*length) as usize);
    }
    places
}

#[test]
fn what_is_sealed_is_found_again_and_tells_nothing() {
    let mut rng = StdRng::seed_from_u64(1);
    let file = file(&mut rng, &records());
    assert_eq!(sealed::read(&KEY, &file), Ok(Found { records: records(), lost: 0, is_cut: false }));
    assert!(!file.windows(5).any(|w| w == b"heron" || w == b"Ben\0\0"));
    let lengths: Vec<_> = places(&file).windows(2).map(|w| w[1] - w[0]).collect();
    assert!(lengths.iter().all(|l| (l - 20).is_multiple_of(64)), "{lengths:?}");
    assert_eq!(lengths.iter().sum::<usize>() as u64, records().iter().map(sealed::length).sum::<u64>());
    // The same once more looks like nothing of it.
    let again = self::file(&mut rng, &records());
    let same = file.iter().zip(&again).skip(8).filter(|(a, b)| a == b).count();
    assert!(same < file.len() / 8, "{same} of {} bytes", file.len());
    // The longest message fits; nothing longer goes in.
    let mut sealer = Sealer::begin(&mut rng, &KEY);
    let mut out = Vec::new();
    assert!(sealer.seal(&message(BEN, 1, &"ü".repeat(32 * 1024)), &mut out));
    let before = out.len();
    assert!(!sealer.seal(&message(BEN, 1, &"x".repeat(HISTORY_RECORD_MAX)), &mut out) && out.len() == before);
}

#[test]
fn whatever_is_changed_is_left_out_and_counted() {
    let mut rng = StdRng::seed_from_u64(2);
    let (records, whole) = (records(), file(&mut rng, &records()));
    let places = places(&whole);
    // Every bit of the head makes it another file's, or none.
    for bit in 0..8 * HEAD_LEN {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let found = sealed::read(&KEY, &changed);
        let is_none = found == Err(NotHistory) || found.as_ref().is_ok_and(|f| f.records.is_empty() && f.lost == records.len() as u64);
        assert!(is_none, "bit {bit}: {found:?}");
    }
    // A bit of a record spoils that one; of its length, what follows too, as nobody knows where that begins.
    for at in 0..records.len() {
        for _ in 0..40 {
            let mut changed = whole.clone();
            let byte = rng.random_range(places[at]..places[at + 1]);
            changed[byte] ^= 1 << rng.random_range(0..8);
            let found = sealed::read(&KEY, &changed).expect("a file");
            let is_length = byte < places[at] + 4;
            let others: Vec<_> = records.iter().enumerate().filter(|(n, _)| *n < at || (*n > at && !is_length)).map(|(_, r)| r.clone()).collect();
            assert!(found.records.starts_with(&others[..at]) && (is_length || found.records == others), "record {at}, byte {byte}: {found:?}");
            assert!(found.lost > 0 || found.is_cut, "record {at}, byte {byte}");
        }
    }
    // Two that changed places are neither; one that stands twice is so once.
    let part = |n: usize| whole[places[n]..places[n + 1]].to_vec();
    let swapped = [&whole[..places[1]], &part(2), &part(1), &whole[places[3]..]].concat();
    let found = sealed::read(&KEY, &swapped).expect("a file");
    assert_eq!((found.lost, found.records.len()), (2, records.len() - 2));
    let doubled = [&whole[..places[2]], &part(1), &whole[places[2]..]].concat();
    let found = sealed::read(&KEY, &doubled).expect("a file");
    assert_eq!((&found.records[..], found.lost), (&records[..2], records.len() as u64 - 1));
    // One of another file does not come in.
    let other = file(&mut rng, &records);
    let mixed = [&whole[..places[1]], &other[places[1]..places[2]], &whole[places[2]..]].concat();
    let found = sealed::read(&KEY, &mixed).expect("a file");
    assert_eq!((found.lost, found.records.len()), (1, records.len() - 1));
    // Nor does another account.
    let found = sealed::read(&HistoryKey([4; 32]), &whole).expect("a file");
    assert_eq!((found.lost, found.records.len()), (records.len() as u64, 0));
}

#[test]
fn what_was_cut_off_at_the_end_is_left_out() {
    let whole = file(&mut StdRng::seed_from_u64(3), &records());
    let places = places(&whole);
    for length in 0..whole.len() {
        let found = sealed::read(&KEY, &whole[..length]);
        if length < HEAD_LEN {
            assert_eq!(found, Err(NotHistory));
            continue;
        }
        let entire = places.iter().filter(|at| **at <= length).count() - 1;
        let is_cut = !places.contains(&length);
        assert_eq!(found, Ok(Found { records: records()[..entire].to_vec(), lost: 0, is_cut }), "{length} bytes");
    }
}

#[test]
fn noise_is_no_history() {
    let mut rng = StdRng::seed_from_u64(4);
    let whole = file(&mut rng, &records());
    for _ in 0..5_000 {
        let mut noise: Vec<u8> = (0..rng.random_range(0..400)).map(|_| rng.random()).collect();
        let _ = sealed::read(&KEY, &noise);
        noise.splice(0..0, whole[..HEAD_LEN].iter().copied());
        assert!(sealed::read(&KEY, &noise).is_ok_and(|found| found.records.is_empty()));
    }
}

/// The key follows the account: to another computer, and over another password; to nobody else.
#[test]
fn the_key_is_the_identitys() {
    let mut rng = StdRng::seed_from_u64(5);
    static KEYS: LazyLock<[PrivateKey; 3]> = LazyLock::new(|| {
        let mut rng = StdRng::seed_from_u64(6);
        std::array::from_fn(|_| PrivateKey::generate(&mut rng).expect("a key"))
    });
    let mut ring = Ring::new(KEYS[0].clone(), KEYS[1].clone(), 0);
    let key = ring.history_key().expect("a key");
    let wrapping = lectern_proto::account::WrappingKey([9; 32]);
    let sealed = ring.seal(&mut rng, &wrapping, 1).expect("sealed");
    assert_eq!(Ring::open(&wrapping, 1, &sealed).expect("opened").history_key(), Ok(key.clone()));
    ring.renew(KEYS[2].clone(), 1);
    assert_eq!(ring.history_key(), Ok(key.clone()), "prekeys come and go");
    assert_ne!(Ring::new(KEYS[2].clone(), KEYS[1].clone(), 0).history_key(), Ok(key));
}

#[test]
fn records_make_one_history_however_often_they_are_told() {
    let history = History::of(records());
    assert_eq!((history.len(), history.names().get(&BEN).map(String::as_str)), (6, Some("Ben")));
    assert_eq!(History::of(records().into_iter().chain(records())), history);
    assert_eq!(History::of(history.records()), history, "as few as say the same");
    assert_eq!(history.records().count(), 7);
    let conversations = history.conversations();
    assert_eq!(conversations[&BEN].iter().map(|kept| kept.sent_ms).collect::<Vec<_>>(), [0, 1, 2, 3, 5]);
    assert_eq!(conversations[&BEN][0].stage, Stage::Refused(Refusal::MailboxFull));
    // What is said of nothing, or of somebody else's, changes nothing.
    let mut other = history.clone();
    other.put(Record::Stage { person: EVE, id: MessageId([0; 16]), stage: Stage::Read });
    other.put(Record::Stage { person: BEN, id: MessageId([9; 16]), stage: Stage::Read });
    assert_eq!(other, history);
    assert_eq!((other.forget(Some(BEN)), other.len(), other.names().len()), (5, 1, 0));
    assert_eq!((other.forget(None), other.is_empty()), (1, true));
    // The oldest go, and what is said of the others still finds them.
    let mut full = history.clone();
    let one = sealed::length(&message(BEN, 1, "the heron waits 1"));
    full.trim(2 * one);
    let Record::Message(last) = message(BEN, 5, "") else { unreachable!() };
    full.put(Record::Stage { person: BEN, id: last.id, stage: Stage::New });
    assert_eq!(full.conversations()[&BEN].iter().map(|kept| (kept.sent_ms, kept.stage)).collect::<Vec<_>>(), [(5, Stage::New)]);
    full.put(message(BEN, 9, "new"));
    assert_eq!((full.len(), full.conversations()[&BEN].len()), (3, 2));
    // As many are shown as a conversation shows.
    let many = History::of((0..2 * CHAT_ITEMS_MAX as u32).map(|n| message(BEN, n, "x")));
    let conversations = many.conversations();
    assert_eq!((conversations[&BEN].len(), conversations[&BEN][0].sent_ms), (CHAT_ITEMS_MAX, CHAT_ITEMS_MAX as i64));
}

fn item(n: u8, own: bool, state: State) -> Item {
    Item { id: MessageId([n; 16]), own, sent_ms: n.into(), text: format!("message {n}").into(), state, proof: None, file: None }
}

#[test]
fn a_follower_says_what_is_new_and_once() {
    let mut follower = Follower::default();
    let mut shown =
        Shown { items: [item(1, false, State::Received), item(2, true, State::Waiting)].into(), unread: vec![MessageId([1; 16])], ..Shown::default() };
    let mut history = History::default();
    let mut told = |follower: &mut Follower, name: Option<&str>, shown: &Shown| {
        let new = follower.look(BEN, name, shown);
        new.iter().for_each(|record| history.put(record.clone()));
        (new.len(), history.clone())
    };
    assert_eq!(told(&mut follower, Some("Ben"), &Shown::default()).0, 0, "nothing was said");
    assert!(!follower.knows(BEN));
    assert_eq!(told(&mut follower, Some("Ben"), &shown).0, 3);
    assert_eq!(told(&mut follower, Some("Ben"), &shown).0, 0);
    assert_eq!(told(&mut follower, None, &shown).0, 0, "a name that is not known now is not forgotten");
    shown.unread.clear();
    shown.items[1].state = State::Sent;
    assert_eq!(told(&mut follower, Some("Ben"), &shown).0, 1, "that it was seen; whether it was sent is not known to the next program");
    shown.items[1].state = State::Read;
    shown.items.pop_front();
    let (new, history) = told(&mut follower, Some("Benjamin"), &shown);
    assert_eq!((new, history.len()), (2, 2), "what is shown no more is kept");
    let stages: Vec<_> = history.conversations()[&BEN].iter().map(|kept| kept.stage).collect();
    assert_eq!((stages, history.names()), (vec![Stage::Seen, Stage::Read], &BTreeMap::from([(BEN, "Benjamin".to_owned())])));
    // The next program goes on from there.
    let mut next = Follower::after(&history);
    let restored = Shown { items: history.conversations()[&BEN].iter().map(|kept| kept.item()).collect(), ..Shown::default() };
    assert_eq!(next.look(BEN, Some("Benjamin"), &restored), []);
    next.forget(Some(BEN));
    assert!(!next.knows(BEN));
}

#[test]
fn a_file_is_named_and_its_bytes_are_not_kept() {
    let info = FileInfo { name: "notes.txt".into(), size: 5, digest: [1; 32] };
    let mut kept =
        Kept { person: BEN, id: MessageId([1; 16]), own: false, sent_ms: 1, text: String::new(), file: Some(info.clone()), proof: None, stage: Stage::Seen };
    let of = |kept: &Kept| kept.item().file.map(|file| (file.info.clone(), file.state.clone()));
    assert_eq!((of(&kept), &*kept.item().text), (Some((info.clone(), FileState::There)), "notes.txt"));
    kept.own = true;
    assert_eq!(of(&kept), Some((info, FileState::Unavailable)), "who offered it has ended");
}

/// A later version may add kinds of records: those are left out, and the others are there.
#[test]
fn records_have_the_form_of_messages() {
    for (n, record) in records().iter().enumerate() {
        let bytes = wire::encode(record);
        assert_eq!(wire::decode::<Record>(&bytes).as_ref(), Ok(record), "{n}");
    }
    assert_eq!(wire::encode(&Record::Name { person: BEN, name: "B".into() }), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, b'B']);
}
