//! Three people who write to each other over a server that lies: in virtual time, by seeds.
//!
//! Whatever the server does: what is shown was written, by whom it says, to whom it says, once. When it stops lying, everything that was
//! written has come, and nothing is missing any more.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use lectern_proto::chat::content::MessageId;
use lectern_proto::chat::keys::{Bundle, Keys};
use lectern_proto::chat::messenger::{FileState, Messenger, News, Output, Presence, State, WriteError};
use lectern_proto::chat::party::Party;
use lectern_proto::chat::rsa_keys::PrivateKey;
use lectern_proto::chat::stamp::{StampKey, Stamped};
use lectern_proto::chat::{IdentityId, Parcel};
use lectern_proto::control::{PersonId, Refusal};
use lectern_proto::limits::{CHAT_PIECE, CHAT_RENEW_EVERY, CHAT_UNREAD_EVERY};
use lectern_proto::wire;

/// Ana, Ben and Eve, and the keys that a server would put in the middle.
static DER: LazyLock<[[Vec<u8>; 2]; 4]> = LazyLock::new(|| {
    let mut rng = StdRng::seed_from_u64(11);
    std::array::from_fn(|_| std::array::from_fn(|_| PrivateKey::generate(&mut rng).expect("a key").to_pkcs8().expect("its bytes").to_vec()))
});

fn keys(who: usize) -> Keys {
    let key = |i: usize| PrivateKey::from_pkcs8(&DER[who][i]).expect("a key");
    Keys::new(&mut StdRng::seed_from_u64(1), key(0), key(1)).expect("keys")
}

fn person(who: usize) -> PersonId {
    PersonId(who as u64 + 1)
}

fn index(person: PersonId) -> usize {
    person.0 as usize - 1
}

#[derive(Clone)]
struct Sent {
    from: usize,
    to: usize,
    parcel: Box<Parcel>,
}

enum Mail {
    Parcel(Sent),
    Unread { by: usize, from: usize },
}

/// A room of three, and the server between them.
struct Room {
    now: Duration,
    rng: StdRng,
    people: Vec<Messenger>,
    bundles: Vec<Bundle>,
    told: Vec<Option<IdentityId>>,
    mail: VecDeque<Mail>,
    /// Everything that ever passed.
    tape: Vec<Sent>,
    stamps: StampKey,
    /// How many in a thousand parcels are done something to.
    evil: u32,
    written: Vec<(usize, usize, String)>,
    shown: Vec<(usize, usize, String)>,
    news: Vec<(usize, News)>,
    unread: Vec<Duration>,
}

impl Room {
    fn new(seed: u64, evil: u32) -> Self {
        let people: Vec<_> = (0..3).map(|i| Messenger::new(Party::new(keys(i)))).collect();
        let bundles = people.iter().map(|p| p.bundle().clone()).collect();
        let told = people.iter().map(|p| Some(p.id())).collect();
        let (rng, stamps) = (StdRng::seed_from_u64(seed), StampKey([5; 32]));
        let (mail, tape, written, shown, news, unread) = Default::default();
        let mut room = Self { now: Duration::from_secs(1), rng, people, bundles, told, mail, tape, stamps, evil, written, shown, news, unread };
        room.tell();
        for i in 0..3 {
            room.people[i].joined(room.now, &mut room.rng, person(i));
        }
        room
    }

    fn tell(&mut self) {
        let all: BTreeMap<_, _> = (0..3).map(|i| (person(i), Presence { connected: true, mailbox: false, identity: self.told[i] })).collect();
        for one in &mut self.people {
            one.people(self.now, &mut self.rng, all.clone());
        }
    }

    fn write(&mut self, from: usize, to: usize, text: &str) -> Result<(), WriteError> {
        self.people[from].write(self.now, &mut self.rng, person(to), 0, text.into())?;
        self.written.push((from, to, text.into()));
        Ok(())
    }

    fn take(&mut self, who: usize, output: Output) {
        match output {
            Output::AskKeys { token, person } => {
                let bundle = self.bundles[index(person)].clone();
                self.people[who].keys(self.now, &mut self.rng, token, Ok(&bundle));
            }
            Output::Send { token, to, parcel } => {
                let sent = Sent { from: who, to: index(to), parcel };
                self.tape.push(sent.clone());
                // A server that keeps something says all the same that it took it.
                let full = self.rng.random_range(0..1_000) < self.evil / 4;
                let answer = if full { Err(Refusal::Full) } else { Ok(()) };
                if !full {
                    self.pass(sent);
                }
                self.people[who].answered(self.now, &mut self.rng, token, answer);
            }
            Output::Leave { .. } | Output::Taken { .. } => panic!("nobody has a mailbox here: {output:?}"),
            Output::Unread { from } => {
                self.unread.push(self.now);
                self.mail.push_back(Mail::Unread { by: who, from: index(from) });
            }
            Output::Check { token, stamped, mac } => {
                let own = self.stamps.is_stamp(&stamped, &mac);
                self.people[who].checked(token, Some(own));
            }
            Output::News(news) => {
                if let News::Text { from, text, .. } = &news {
                    self.shown.push((index(*from), who, text.clone()));
                }
                self.news.push((who, news));
            }
        }
    }

    /// What the server does with a parcel.
    fn pass(&mut self, mut sent: Sent) {
        if self.rng.random_range(0..1_000) >= self.evil {
            return self.mail.push_back(Mail::Parcel(sent));
        }
        match self.rng.random_range(0..9) {
            // Kept.
            0 => {}
            1 => (0..2).for_each(|_| self.mail.push_back(Mail::Parcel(sent.clone()))),
            // To somebody else, in somebody else's name, back to its sender.
            2 => self.mail.push_back(Mail::Parcel(Sent { to: self.rng.random_range(0..3), ..sent })),
            3 => self.mail.push_back(Mail::Parcel(Sent { from: self.rng.random_range(0..3), ..sent })),
            4 => self.mail.push_back(Mail::Parcel(Sent { from: sent.to, to: sent.from, ..sent })),
            // Before what waits.
            5 => self.mail.push_front(Mail::Parcel(sent)),
            6 => {
                let mut bytes = wire::encode(&*sent.parcel);
                let at = self.rng.random_range(0..bytes.len());
                bytes[at] ^= 1 << self.rng.random_range(0..8u8);
                if let Ok(parcel) = wire::decode(&bytes) {
                    sent.parcel = Box::new(parcel);
                    self.mail.push_back(Mail::Parcel(sent));
                }
            }
            7 => {
                let short = self.rng.random_range(0..sent.parcel.message.sealed.len());
                sent.parcel.message.sealed.truncate(short);
                self.mail.push_back(Mail::Parcel(sent));
            }
            // Something old, with another's envelope.
            _ => {
                let (old, other) = (self.any(), self.any());
                let parcel = Parcel { envelope: other.parcel.envelope.clone(), message: old.parcel.message.clone() };
                self.mail.push_back(Mail::Parcel(Sent { parcel: Box::new(parcel), ..old.clone() }));
                self.mail.push_back(Mail::Parcel(old));
                self.mail.push_back(Mail::Unread { by: sent.to, from: sent.from });
            }
        }
    }

    fn any(&mut self) -> Sent {
        self.tape[self.rng.random_range(0..self.tape.len())].clone()
    }

    fn deliver(&mut self, mail: Mail) {
        match mail {
            Mail::Parcel(Sent { from, to, parcel }) => {
                let (sender, recipient) = (self.told[from].expect("told"), self.told[to].expect("told"));
                let commitment = parcel.message.commitment;
                let stamped = Stamped { from: person(from), sender, to: person(to), recipient, commitment, at_ms: 7 };
                let stamp = self.stamps.stamp(&stamped);
                self.people[to].received(self.now, &mut self.rng, person(from), sender, parcel, stamp);
            }
            Mail::Unread { by, from } => self.people[from].unread(self.now, &mut self.rng, person(by)),
        }
    }

    /// Until nothing is left to be done at this time.
    fn settle(&mut self) {
        for round in 0.. {
            assert!(round < 100_000, "it does not come to rest");
            let busy = (0..3).find_map(|who| self.people[who].poll().map(|output| (who, output)));
            match (busy, self.mail.pop_front()) {
                (Some((who, output)), mail) => {
                    if let Some(mail) = mail {
                        self.mail.push_front(mail);
                    }
                    self.take(who, output);
                }
                (None, Some(mail)) => self.deliver(mail),
                (None, None) => return,
            }
        }
    }

    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        self.settle();
        while let Some(next) = self.people.iter().filter_map(Messenger::poll_timeout).min().filter(|at| *at <= end) {
            self.now = self.now.max(next) + Duration::from_micros(1);
            for one in &mut self.people {
                one.handle_timeout(self.now, &mut self.rng);
            }
            self.settle();
        }
        self.now = end;
    }

    /// What is shown was written, once.
    fn check(&self, seed: u64) {
        let mut seen = HashSet::new();
        for shown in &self.shown {
            assert!(self.written.contains(shown), "seed {seed}: {shown:?} was never written");
            assert!(seen.insert(shown), "seed {seed}: {shown:?} twice");
        }
    }
}

#[test]
fn a_server_that_lies_shows_nothing_false_and_when_it_stops_all_has_come() {
    for seed in 0..60 {
        let mut room = Room::new(seed, 350);
        for round in 0..12 {
            let (from, to) = [(0, 1), (1, 0), (0, 2), (2, 1)][room.rng.random_range(0..4)];
            room.write(from, to, &format!("{round} from {from} to {to}")).expect("written");
            if room.rng.random_range(0..3) == 0 {
                let of = person(room.rng.random_range(0..3));
                let who = room.rng.random_range(0..3);
                room.people[who].seen(room.now, &mut room.rng, of);
            }
            let pause = Duration::from_millis(room.rng.random_range(0..3_000));
            room.run(pause);
        }
        room.check(seed);
        room.evil = 0;
        room.run(Duration::from_secs(600));
        room.check(seed);
        for written in &room.written {
            assert!(room.shown.contains(written), "seed {seed}: {written:?} has not come");
        }
        for (who, one) in room.people.iter().enumerate() {
            for (with, conversation) in one.conversations() {
                assert_eq!(conversation.missing, 0, "seed {seed}: {who} misses something of {with:?}");
                let stuck = conversation.items.iter().find(|i| i.own && !matches!(i.state, State::Delivered | State::Read));
                assert_eq!(stuck, None, "seed {seed}: {who} does not know that it arrived at {with:?}");
            }
        }
        // However much cannot be read, it is told every so often at most: to each of two others by each of three.
        let most = |every: Duration, time: Duration| 6 * (time.as_millis() / every.as_millis() + 2) as usize;
        assert!(room.unread.len() <= most(CHAT_UNREAD_EVERY, room.now), "{}", room.unread.len());
        let keys: HashSet<_> = room.tape.iter().map(|s| s.parcel.message.key).collect();
        assert!(keys.len() <= most(CHAT_RENEW_EVERY, room.now), "{} keys", keys.len());
    }
}

#[test]
fn what_is_kept_back_is_said_and_comes() {
    let mut room = Room::new(1, 0);
    room.write(0, 1, "zero").expect("written");
    room.run(Duration::from_secs(1));
    // One is kept, the next is not.
    room.write(0, 1, "one").expect("written");
    let output = room.people[0].poll().expect("it goes");
    let Output::Send { token, .. } = output else { panic!("{output:?}") };
    room.people[0].answered(room.now, &mut room.rng, token, Ok(()));
    room.write(0, 1, "two").expect("written");
    room.run(Duration::ZERO);
    let missing: Vec<_> =
        room.news.iter().filter_map(|(_, n)| if let News::Text { text, missing, .. } = n { Some((text.as_str(), *missing)) } else { None }).collect();
    assert_eq!(missing, [("zero", 0), ("two", 1), ("one", 0)]);
    assert_eq!(room.people[1].conversations()[&person(0)].missing, 0);
}

#[test]
fn another_identity_stops_everything_until_it_was_looked_at() {
    let mut room = Room::new(2, 0);
    room.write(0, 1, "before").expect("written");
    room.run(Duration::from_secs(1));
    // The server puts a key of its own in Ben's place.
    let middle = keys(3);
    (room.bundles[1], room.told[1]) = (middle.bundle().clone(), Some(middle.id()));
    room.tell();
    room.run(Duration::from_secs(1));
    assert!(room.news.contains(&(0, News::Changed { person: person(1) })));
    assert!(room.news.contains(&(1, News::OwnKeys { right: true })));
    let tape = room.tape.len();
    assert_eq!(room.write(0, 1, "secret"), Err(WriteError::Changed));
    room.run(Duration::from_secs(60));
    assert_eq!(room.tape.len(), tape, "nothing went");
    assert!(room.news.contains(&(1, News::OwnKeys { right: false })), "Ben is told that others are told another key");
    // The same in the bundle alone, when a new key is asked for.
    room.told[1] = Some(room.people[1].id());
    room.tell();
    room.run(Duration::from_secs(1));
    assert_eq!(room.people[0].conversations()[&person(1)].changed, None, "the first one again");
    room.write(0, 1, "again").expect("written");
    room.people[0].unread(room.now, &mut room.rng, person(1));
    room.run(Duration::from_secs(1));
    assert_eq!(room.people[0].conversations()[&person(1)].changed, Some(middle.id()));
    room.check(2);
    // Accepted, it is this person's.
    room.told[1] = Some(middle.id());
    room.mail.clear();
    room.people[1] = Messenger::new(Party::new(keys(3)));
    room.people[1].joined(room.now, &mut room.rng, person(1));
    room.tell();
    room.people[0].accept(room.now, &mut room.rng, person(1));
    room.write(0, 1, "to the new one").expect("written");
    room.run(Duration::from_secs(60));
    assert!(room.shown.contains(&(0, 1, "to the new one".into())));
}

#[test]
fn false_bundles_and_one_identity_for_two_are_refused() {
    let mut room = Room::new(3, 0);
    let right = room.bundles[1].clone();
    room.bundles[1].signature[9] ^= 1;
    room.write(0, 1, "hello").expect("written");
    room.run(Duration::from_secs(20));
    let refused = |room: &Room| room.news.iter().filter(|(who, n)| *who == 0 && matches!(n, News::FalseKeys { .. })).count();
    assert_eq!(refused(&room), 1);
    assert!(room.tape.is_empty());
    room.bundles[1] = right.clone();
    room.write(0, 1, "hello").expect("written");
    room.run(Duration::from_secs(1));
    assert_eq!(room.shown.len(), 1);
    // Eve is Ben, says the server.
    room.bundles[2] = right;
    room.told[2] = room.told[1];
    room.write(0, 2, "hello").expect("written");
    room.run(Duration::from_secs(1));
    assert_eq!(refused(&room), 2);
}

#[test]
fn who_is_blocked_is_not_heard() {
    let mut room = Room::new(4, 0);
    room.write(2, 0, "one").expect("written");
    room.run(Duration::from_secs(1));
    room.people[0].block(person(2), true);
    room.write(2, 0, "two").expect("written");
    room.run(Duration::from_secs(1));
    assert_eq!(room.shown, [(2, 0, "one".to_owned())]);
    assert_eq!(room.write(0, 2, "no"), Err(WriteError::Blocked));
    room.people[0].block(person(2), false);
    room.run(Duration::from_secs(600));
    assert_eq!(room.shown.len(), 2, "it comes when it is unblocked");
}

#[test]
fn a_report_shows_one_message_and_its_proof_cannot_be_made_up() {
    let mut room = Room::new(5, 0);
    for text in ["a threat", "something private"] {
        room.write(2, 0, text).expect("written");
    }
    room.run(Duration::from_secs(1));
    let id = room.people[0].conversations()[&person(2)].items[0].id;
    room.people[0].report(room.now, &mut room.rng, person(2), &[id], person(1)).expect("reported");
    room.run(Duration::from_secs(1));
    let [report] = room.people[1].reports() else { panic!("{:?}", room.people[1].reports()) };
    assert_eq!((report.by, report.wrote, report.text.as_str(), report.proven), (person(0), person(2), "a threat", Some(true)));
    // Under another server's stamps it proves nothing.
    room.stamps = StampKey([6; 32]);
    room.people[0].report(room.now, &mut room.rng, person(2), &[id], person(1)).expect("reported");
    room.run(Duration::from_secs(1));
    assert_eq!(room.people[1].reports()[1].proven, Some(false));
    let own = room.people[2].conversations()[&person(0)].items[0].id;
    assert_eq!(room.people[2].report(room.now, &mut room.rng, person(0), &[own], person(1)), Err(WriteError::NoSuchMessage), "one's own");
}

#[test]
fn a_machine_that_loses_its_connection_sends_again() {
    let mut room = Room::new(6, 0);
    room.write(0, 1, "one").expect("written");
    room.run(Duration::from_secs(1));
    room.people[0].lost();
    room.write(0, 1, "two").expect("written");
    room.run(Duration::from_secs(1));
    assert_eq!(room.shown.len(), 1);
    room.people[0].joined(room.now, &mut room.rng, person(0));
    room.run(Duration::from_secs(1));
    assert_eq!(room.shown.len(), 2);
    // Typing is told, and goes by.
    room.people[0].typing(room.now, &mut room.rng, person(1));
    room.run(Duration::ZERO);
    assert!(room.people[1].conversations()[&person(0)].typing_until.is_some_and(|until| until > room.now));
}

fn files_shown(room: &Room, who: usize, of: usize) -> Vec<(MessageId, FileState)> {
    let items = room.people[who].conversations().get(&person(of)).into_iter().flat_map(|c| &c.items);
    items.filter_map(|i| Some((i.id, i.file.as_ref()?.state.clone()))).collect()
}

#[test]
fn a_file_comes_whole_to_who_fetches_it_however_the_server_lies() {
    for seed in 0..12 {
        let mut room = Room::new(seed, 250);
        let size = [0, 1, CHAT_PIECE, 7 * CHAT_PIECE + 17][seed as usize % 4];
        let bytes: Arc<[u8]> = (0..size).map(|_| room.rng.random::<u8>()).collect();
        let (now, to) = (room.now, person(1));
        let id = room.people[0].attach(now, &mut room.rng, to, 0, ("../notes.txt", Arc::clone(&bytes))).expect("offered");
        room.run(Duration::from_secs(30));
        let fetch = |room: &mut Room| {
            let now = room.now;
            if files_shown(room, 1, 0).iter().any(|(file, _)| *file == id) {
                room.people[1].fetch(now, &mut room.rng, person(0), id).expect("asked for");
            }
        };
        fetch(&mut room);
        room.run(Duration::from_secs(60));
        // Whoever did not get it may ask again.
        room.evil = 0;
        room.run(Duration::from_secs(600));
        fetch(&mut room);
        room.run(Duration::from_secs(600));
        assert_eq!(files_shown(&room, 1, 0), [(id, FileState::Here(Arc::clone(&bytes)))], "seed {seed}");
        assert_eq!(files_shown(&room, 0, 1), [(id, FileState::Theirs)], "seed {seed}");
        assert_eq!(files_shown(&room, 2, 0), [], "seed {seed}");
        let name = &room.people[1].conversations()[&person(0)].items[0].text;
        assert_eq!(&**name, ".._notes.txt");
    }
}

#[test]
fn a_file_that_is_too_large_or_gone_is_said_to_be() {
    let mut room = Room::new(7, 0);
    let now = room.now;
    room.people[0].allow_attachments(10);
    let refused = room.people[0].attach(now, &mut room.rng, person(1), 0, ("x", [0; 11][..].into()));
    assert_eq!(refused, Err(WriteError::TooLarge { size: 11, max: 10 }));
    let id = room.people[0].attach(now, &mut room.rng, person(1), 0, ("x", [1; 10][..].into())).expect("offered");
    room.run(Duration::from_secs(1));
    // Nobody is sent what was not asked for, and who has no room for it does not ask.
    assert_eq!(files_shown(&room, 1, 0), [(id, FileState::There)]);
    let now = room.now;
    room.people[1].allow_attachments(9);
    assert_eq!(room.people[1].fetch(now, &mut room.rng, person(0), id), Err(WriteError::TooLarge { size: 10, max: 9 }));
    room.people[1].allow_attachments(10);
    assert_eq!(room.people[2].fetch(now, &mut room.rng, person(0), id), Err(WriteError::NoSuchMessage));
    // Who blocks somebody takes back what was offered.
    room.people[0].block(person(1), true);
    room.people[0].block(person(1), false);
    room.people[1].fetch(now, &mut room.rng, person(0), id).expect("asked for");
    room.run(Duration::from_secs(1));
    assert_eq!(files_shown(&room, 1, 0), [(id, FileState::Unavailable)]);
}
