//! Somebody who is away, a friend who writes meanwhile, and a server between them that lies about what waits: in virtual time, by seeds.
//!
//! Whatever the server keeps back, doubles, mixes, changes or hands over again: what is shown was written, once, on however many computers.
//! When it stops lying and both are there, everything has come.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;
use std::time::Duration;

use lectern_proto::account::WrappingKey;
use lectern_proto::chat::keys::Bundle;
use lectern_proto::chat::messenger::{Messenger, News, Output, Presence, State};
use lectern_proto::chat::party::Party;
use lectern_proto::chat::ring::Ring;
use lectern_proto::chat::rsa_keys::PrivateKey;
use lectern_proto::chat::stamp::Stamp;
use lectern_proto::control::{Mail, PersonId, Refusal};
use lectern_proto::wire;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Identity, mailbox prekey and two prekeys for sessions of Ana and Ben.
static KEYS: LazyLock<[[PrivateKey; 4]; 2]> = LazyLock::new(|| {
    let mut rng = StdRng::seed_from_u64(41);
    std::array::from_fn(|_| std::array::from_fn(|_| PrivateKey::generate(&mut rng).expect("a key")))
});
const TODAY: i64 = 1_790_000_000;
const DAY: i64 = 24 * 3600;
const STAMP: Stamp = Stamp { at_ms: 1, mac: [1; 32] };

fn person(who: usize) -> PersonId {
    PersonId((1 << 40) + who as u64)
}

/// An account: what the server keeps of it, and the program that runs with it, if one does.
struct Account {
    who: usize,
    kept: Vec<Vec<u8>>,
    ring: Ring,
    mailbox: Bundle,
    program: Option<Messenger>,
    /// Which computer it is: each has another prekey for its session.
    computer: usize,
    revision: u64,
    taken: Vec<u64>,
}

impl Account {
    fn new(who: usize, rng: &mut StdRng) -> Self {
        let [identity, mailbox, ..] = &KEYS[who];
        let ring = Ring::new(identity.clone(), mailbox.clone(), TODAY);
        let keys = ring.keys(rng, KEYS[who][2].clone()).expect("keys");
        let kept = vec![ring.seal(rng, &key(who), 1).expect("sealed")];
        Self { who, kept, ring, mailbox: keys.mailbox_bundle().expect("one").clone(), program: None, computer: 0, revision: 0, taken: Vec::new() }
    }

    /// Begins on the next computer with the ring of this version.
    fn begin(&mut self, rng: &mut StdRng, version: usize) {
        self.ring = Ring::open(&key(self.who), version as u64, &self.kept[version - 1]).expect("opened");
        self.computer += 1;
        let keys = self.ring.keys(rng, KEYS[self.who][2 + self.computer % 2].clone()).expect("keys");
        let mut program = Messenger::new(Party::new(keys));
        program.today(TODAY);
        program.recall(self.ring.memory.clone());
        (self.program, self.revision) = (Some(program), 0);
    }

    /// Keeps what must not be forgotten; gives what the server may forget then.
    fn remember(&mut self, rng: &mut StdRng) -> Vec<u64> {
        let Some(program) = &self.program else { return Vec::new() };
        if program.revision() != self.revision {
            self.revision = program.revision();
            self.ring.memory = program.memory();
            self.kept.push(self.ring.seal(rng, &key(self.who), self.kept.len() as u64 + 1).expect("sealed"));
        }
        std::mem::take(&mut self.taken)
    }
}

fn key(who: usize) -> WrappingKey {
    WrappingKey([who as u8; 32])
}

struct World {
    now: Duration,
    rng: StdRng,
    accounts: [Account; 2],
    /// What waits for each.
    waiting: [Vec<Mail>; 2],
    tape: Vec<(usize, Mail)>,
    numbers: u64,
    evil: u32,
    written: Vec<(usize, String)>,
    shown: Vec<(usize, String)>,
    news: Vec<(usize, News)>,
}

impl World {
    fn new(seed: u64, evil: u32) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let accounts = [Account::new(0, &mut rng), Account::new(1, &mut rng)];
        let (waiting, tape, written, shown, news) = Default::default();
        let mut world = Self { now: Duration::from_secs(1), rng, accounts, waiting, tape, numbers: 0, evil, written, shown, news };
        world.enter(0);
        world
    }

    fn enter(&mut self, who: usize) {
        let newest = self.accounts[who].kept.len();
        self.enter_with(who, newest);
    }

    fn enter_with(&mut self, who: usize, version: usize) {
        self.accounts[who].begin(&mut self.rng, version);
        self.tell();
        let (now, rng) = (self.now, &mut self.rng);
        self.accounts[who].program.as_mut().expect("here").joined(now, rng, person(who));
        if let Some(other) = &mut self.accounts[1 - who].program {
            other.new_keys(now, rng, person(who));
        }
        self.hand_over(who);
        self.settle();
    }

    fn leave(&mut self, who: usize) {
        self.settle();
        self.accounts[who].program = None;
        self.tell();
        self.settle();
    }

    fn tell(&mut self) {
        let identity = |a: &Account| Some(a.ring.id());
        let presence = |a: &Account| (person(a.who), Presence { connected: a.program.is_some(), mailbox: true, identity: identity(a) });
        let all: BTreeMap<_, _> = self.accounts.iter().map(presence).collect();
        for account in &mut self.accounts {
            if let Some(program) = &mut account.program {
                program.people(self.now, &mut self.rng, all.clone());
            }
        }
    }

    fn write(&mut self, from: usize, text: &str) {
        self.written.push((from, text.into()));
        let program = self.accounts[from].program.as_mut().expect("here");
        program.write(self.now, &mut self.rng, person(1 - from), 0, text.into()).expect("written");
        self.settle();
    }

    /// What waits for somebody who is here, as the server likes.
    fn hand_over(&mut self, who: usize) {
        let mut mail = self.waiting[who].clone();
        if self.rng.random_range(0..1_000) < self.evil {
            match self.rng.random_range(0..6) {
                0 => mail.clear(),
                1 => mail = mail.iter().flat_map(|m| [m.clone(), m.clone()]).collect(),
                2 => mail.reverse(),
                // Everything that ever waited for this person, or for the other.
                3 => mail.extend(self.tape.iter().filter(|(to, _)| *to == who).map(|(_, m)| m.clone())),
                4 => mail.extend(self.tape.iter().filter(|(to, _)| *to != who).map(|(_, m)| Mail { from: person(1 - who), ..m.clone() })),
                _ => mail.iter_mut().for_each(|m| {
                    let mut bytes = wire::encode(&*m.parcel);
                    let at = self.rng.random_range(0..bytes.len());
                    bytes[at] ^= 1 << self.rng.random_range(0..8u8);
                    if let Ok(parcel) = wire::decode(&bytes) {
                        *m.parcel = parcel;
                    }
                }),
            }
        }
        for mail in mail {
            if let Some(program) = &mut self.accounts[who].program {
                program.mail(self.now, &mut self.rng, mail);
            }
        }
    }

    fn take(&mut self, who: usize, output: Output) {
        let (now, other) = (self.now, 1 - who);
        match output {
            Output::AskKeys { token, .. } => {
                let session = self.accounts[other].program.as_ref().map(|p| p.bundle().clone());
                let bundle = session.unwrap_or_else(|| self.accounts[other].mailbox.clone());
                self.program(who).keys(now, &mut StdRng::seed_from_u64(1), token, Ok(&bundle));
            }
            Output::Send { token, parcel, .. } => {
                let identity = self.accounts[who].ring.id();
                let keeps = self.rng.random_range(0..1_000) < self.evil;
                let result = match &mut self.accounts[other].program {
                    Some(program) if !keeps => {
                        program.received(now, &mut self.rng, person(who), identity, parcel, STAMP);
                        Ok(())
                    }
                    Some(_) => Ok(()),
                    None => Err(Refusal::Away),
                };
                let mut rng = StdRng::seed_from_u64(self.rng.random());
                self.program(who).answered(now, &mut rng, token, result);
            }
            Output::Leave { token, parcel, .. } => {
                self.numbers += 1;
                let bundle = Box::new(self.accounts[who].mailbox.clone());
                let mail = Mail { number: self.numbers, from: person(who), name: "a friend".into(), bundle, parcel, stamp: STAMP };
                self.tape.push((other, mail.clone()));
                self.waiting[other].push(mail);
                let mut rng = StdRng::seed_from_u64(self.rng.random());
                self.program(who).answered(now, &mut rng, token, Ok(()));
                self.hand_over(other);
            }
            Output::Taken { number } => self.accounts[who].taken.push(number),
            Output::Unread { .. } => {
                if let Some(program) = &mut self.accounts[other].program {
                    program.unread(now, &mut self.rng, person(who));
                }
            }
            Output::Check { .. } => panic!("nobody reports"),
            Output::News(news) => {
                if let News::Text { from, text, .. } = &news {
                    assert_eq!(*from, person(other));
                    self.shown.push((other, text.clone()));
                }
                self.news.push((who, news));
            }
        }
    }

    fn program(&mut self, who: usize) -> &mut Messenger {
        self.accounts[who].program.as_mut().expect("here")
    }

    fn settle(&mut self) {
        for round in 0.. {
            assert!(round < 100_000, "it does not come to rest");
            let next = (0..2).find_map(|who| Some((who, self.accounts[who].program.as_mut()?.poll()?)));
            if let Some((who, output)) = next {
                self.take(who, output);
                continue;
            }
            for who in 0..2 {
                let taken = self.accounts[who].remember(&mut self.rng);
                self.waiting[who].retain(|m| !taken.contains(&m.number));
            }
            return;
        }
    }

    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        self.settle();
        loop {
            let next = self.accounts.iter().filter_map(|a| a.program.as_ref()?.poll_timeout()).min();
            let Some(next) = next.filter(|at| *at <= end) else { break };
            self.now = self.now.max(next) + Duration::from_micros(1);
            for account in &mut self.accounts {
                if let Some(program) = &mut account.program {
                    program.handle_timeout(self.now, &mut self.rng);
                }
            }
            self.settle();
        }
        self.now = end;
    }

    fn check(&self, seed: u64) {
        let mut seen = HashSet::new();
        for shown in &self.shown {
            assert!(self.written.contains(shown), "seed {seed}: {shown:?} was never written");
            assert!(seen.insert(shown), "seed {seed}: {shown:?} twice");
        }
    }
}

#[test]
fn what_waits_comes_once_on_another_computer_too() {
    let mut world = World::new(1, 0);
    world.write(0, "one");
    world.write(0, "two");
    world.run(Duration::from_secs(60));
    assert!(world.shown.is_empty());
    assert_eq!(world.news.iter().filter(|(_, n)| matches!(n, News::Kept { .. })).count(), 2);
    let state = |world: &World| world.accounts[0].program.as_ref().expect("here").conversations()[&person(1)].items.back().map(|i| i.state);
    assert_eq!(state(&world), Some(State::Kept));
    world.enter(1);
    world.run(Duration::from_secs(1));
    assert_eq!(world.shown, [(0, "one".into()), (0, "two".into())]);
    assert_eq!(state(&world), Some(State::Delivered), "the sender learns it");
    assert!(world.waiting[1].is_empty() && world.news.iter().all(|(_, n)| !matches!(n, News::Unreadable { .. })));
    // Read marks, on both ways: to who is there, and to who is not.
    world.program(1).seen(Duration::from_secs(70), &mut StdRng::seed_from_u64(1), person(0));
    world.run(Duration::from_secs(1));
    assert_eq!(state(&world), Some(State::Read));
    world.leave(0);
    world.write(1, "three");
    world.leave(1);
    world.enter(0);
    world.run(Duration::from_secs(1));
    assert!(world.shown.contains(&(1, "three".into())));
    world.leave(0);
    world.enter(1);
    world.run(Duration::from_secs(1));
    // What the server kept and hands over again is known on the next computer.
    let all = world.shown.len();
    world.leave(1);
    world.waiting[1] = world.tape.iter().filter(|(to, _)| *to == 1).map(|(_, m)| m.clone()).collect();
    world.enter(1);
    assert_eq!((world.shown.len(), world.waiting[1].len()), (all, 0));
    world.check(1);
}

#[test]
fn a_server_that_lies_about_what_waits_shows_nothing_false_and_nothing_twice() {
    for seed in 0..40 {
        let mut world = World::new(seed, 400);
        for round in 0..14 {
            match world.rng.random_range(0..4) {
                0 if world.accounts[1].program.is_some() => world.leave(1),
                0 | 1 if world.accounts[1].program.is_none() => world.enter(1),
                2 if world.accounts[1].program.is_some() => world.write(1, &format!("{round} from Ben")),
                _ => world.write(0, &format!("{round} from Ana")),
            }
            let pause = Duration::from_millis(world.rng.random_range(0..4_000));
            world.run(pause);
            world.check(seed);
        }
        world.evil = 0;
        if world.accounts[1].program.is_none() {
            world.enter(1);
        }
        world.run(Duration::from_secs(600));
        world.check(seed);
        // What Ben's programs before this one had not delivered is theirs; Ana's never ended.
        for written in world.written.iter().filter(|(from, _)| *from == 0) {
            assert!(world.shown.contains(written), "seed {seed}: {written:?} has not come");
        }
    }
}

#[test]
fn an_older_ring_is_not_a_newer_one_and_a_program_that_trusts_it_forgets() {
    let mut world = World::new(5, 0);
    world.write(0, "one");
    world.enter(1);
    world.run(Duration::from_secs(1));
    let versions = world.accounts[1].kept.len();
    assert!(versions > 1, "what was opened is remembered");
    let older = world.accounts[1].kept[0].clone();
    assert!(Ring::open(&key(1), versions as u64, &older).is_err(), "it says which version it is");
    // Only who has seen the newer one knows: on a computer that has not, what was forgotten is shown again. `docs/SECURITY.md` says so.
    world.leave(1);
    world.waiting[1] = world.tape.iter().filter(|(to, _)| *to == 1).map(|(_, m)| m.clone()).collect();
    world.enter_with(1, 1);
    assert_eq!(world.shown, [(0, "one".to_owned()), (0, "one".to_owned())]);
}

#[test]
fn a_mailbox_key_whose_time_is_over_is_not_written_to() {
    let mut world = World::new(6, 0);
    world.program(0).today(TODAY + 91 * DAY);
    world.write(0, "one");
    world.run(Duration::from_secs(60));
    assert!(world.tape.is_empty());
    world.program(0).today(TODAY + 90 * DAY);
    world.run(Duration::from_secs(60));
    assert_eq!(world.tape.len(), 1);
}

#[test]
fn another_identity_in_a_mailbox_waits_until_it_was_looked_at() {
    let mut world = World::new(7, 0);
    world.enter(1);
    world.write(0, "before");
    world.run(Duration::from_secs(1));
    world.leave(1);
    world.write(0, "meanwhile");
    // The server signs with keys of its own.
    let mut rng = StdRng::seed_from_u64(9);
    let ring = Ring::new(KEYS[0][2].clone(), KEYS[0][3].clone(), TODAY);
    let bundle = ring.keys(&mut rng, KEYS[0][1].clone()).expect("keys").mailbox_bundle().expect("one").clone();
    for mail in &mut world.waiting[1] {
        *mail.bundle = bundle.clone();
    }
    world.enter(1);
    world.run(Duration::from_secs(1));
    assert!(world.news.contains(&(1, News::Changed { person: person(0) })));
    assert_eq!((world.shown.len(), world.waiting[1].len()), (1, 1), "neither shown nor taken");
}
