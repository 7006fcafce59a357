//! Passwords of the rooms: Argon2id (RFC 9106) on one thread of its own, behind a bounded queue and a limit on failures.
//!
//! A right password is remembered for the life of the process by a keyed hash, so that a class that joins at once waits
//! for one computation, not for two hundred; the same password asked for at the same time is computed once. A wrong one
//! always costs its Argon2 run, and one of the few failures that its origin has.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use argon2::Argon2;
use hmac::{Hmac, KeyInit, Mac};
use lectern_proto::control::LoginRefusal;
use lectern_proto::limits::{HASH_QUEUE, HASH_QUEUE_PER_ADDRESS, LOGIN_ADDRESSES_MAX, LOGIN_FAILURE_FORGIVEN, LOGIN_FAILURES_BURST, PASSWORD_MAX};
use lectern_proto::rate::TokenBucket;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::net::Origin;
use crate::store::PasswordHash;

type Keyed = [u8; 32];

enum Job {
    /// Whether it is this room's. It is wrong, at the same cost, where there is no such room.
    Check { room: String, keyed: Keyed, password: Zeroizing<String> },
    /// A room's password from now on.
    Know { room: String, password: Zeroizing<String>, known: Option<oneshot::Sender<PasswordHash>> },
}

/// A room's password.
#[derive(Default)]
struct Known {
    /// None until it is computed.
    hash: Option<PasswordHash>,
    /// Keyed hash of the right password, once somebody sent it.
    right: Option<Keyed>,
}

#[derive(Default)]
struct State {
    rooms: HashMap<String, Known>,
    /// Who waits for the computation of which password.
    asked: HashMap<Keyed, Vec<(Origin, oneshot::Sender<bool>)>>,
    /// Computations that an origin started and that are not done.
    started: HashMap<Origin, usize>,
    failures: HashMap<Origin, TokenBucket>,
}

/// Checks the passwords of all rooms.
pub(crate) struct PasswordGate {
    key: [u8; 32],
    jobs: SyncSender<Job>,
    state: Arc<Mutex<State>>,
    clock: Clock,
}

impl std::fmt::Debug for PasswordGate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordGate(..)")
    }
}

impl PasswordGate {
    /// Starts the hashing thread. It ends when the gate is dropped; wait for it then.
    ///
    /// # Errors
    /// When the system has no thread for it.
    pub(crate) fn start(clock: Clock) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, queue) = sync_channel(HASH_QUEUE);
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let thread = std::thread::Builder::new().name("passwords".into()).spawn(move || hash_all(&queue, &shared))?;
        Ok((Self { key: rand::random(), jobs, state, clock }, thread))
    }

    /// A room's password from now on. Who asks for it meanwhile waits for the computation.
    pub(crate) fn know(&self, room: &str, password: &str) {
        self.learn(room, password, None);
    }

    /// The same, and waits for what is to be kept of it; none when there are too many computations, or the server stops.
    pub(crate) async fn make(&self, room: &str, password: &str) -> Option<PasswordHash> {
        let (known, hash) = oneshot::channel();
        self.learn(room, password, Some(known));
        hash.await.ok()
    }

    fn learn(&self, room: &str, password: &str, known: Option<oneshot::Sender<PasswordHash>>) {
        self.lock().rooms.insert(room.to_owned(), Known::default());
        let _ = self.jobs.try_send(Job::Know { room: room.to_owned(), password: Zeroizing::new(password.to_owned()), known });
    }

    /// A room's password that was kept.
    pub(crate) fn recall(&self, room: &str, hash: PasswordHash) {
        self.lock().rooms.insert(room.to_owned(), Known { hash: Some(hash), right: None });
    }

    /// There is no such room any more.
    pub(crate) fn forget(&self, room: &str) {
        self.lock().rooms.remove(room);
    }

    /// Whether `password` is the room's, for somebody at `origin`. To find out that there is no such room costs the same.
    ///
    /// # Errors
    /// The refusal to send.
    pub(crate) async fn check(&self, origin: Origin, room: &str, password: String) -> Result<(), LoginRefusal> {
        let password = Zeroizing::new(password);
        match self.ask(origin, room, &password)? {
            Asked::Right => Ok(()),
            Asked::Later(answer) => match answer.await {
                Ok(true) => Ok(()),
                Ok(_) => Err(self.failed(origin)),
                // The thread ended: the server stops.
                Err(_) => Err(busy()),
            },
        }
    }

    /// Counts a failure of another kind of proof.
    pub(crate) fn failed(&self, origin: Origin) -> LoginRefusal {
        let now = self.clock.now();
        let mut state = self.lock();
        let bucket = state.bucket(origin, now);
        if bucket.take(now) { LoginRefusal::WrongRoomOrPassword } else { too_many(bucket.wait(now)) }
    }

    /// Whether an origin has failures left.
    ///
    /// # Errors
    /// The refusal to send when it has none.
    pub(crate) fn may_try(&self, origin: Origin) -> Result<(), LoginRefusal> {
        let now = self.clock.now();
        match self.lock().failures.get_mut(&origin).map(|b| b.wait(now)) {
            Some(wait) if !wait.is_zero() => Err(too_many(wait)),
            _ => Ok(()),
        }
    }

    fn ask(&self, origin: Origin, room: &str, password: &Zeroizing<String>) -> Result<Asked, LoginRefusal> {
        // First of all: otherwise the remembered password could be searched for without limit.
        self.may_try(origin)?;
        if password.len() > PASSWORD_MAX {
            return Err(self.failed(origin));
        }
        let keyed = self.keyed(room, password);
        let mut state = self.lock();
        if state.rooms.get(room).and_then(|known| known.right).is_some_and(|right| right.ct_eq(&keyed).into()) {
            return Ok(Asked::Right);
        }
        let (sender, answer) = oneshot::channel();
        if let Some(waiting) = state.asked.get_mut(&keyed) {
            waiting.push((origin, sender));
            return Ok(Asked::Later(answer));
        }
        let started = state.started.get(&origin).copied().unwrap_or(0);
        if started >= HASH_QUEUE_PER_ADDRESS || self.jobs.try_send(Job::Check { room: room.to_owned(), keyed, password: password.clone() }).is_err() {
            return Err(busy());
        }
        state.started.insert(origin, started + 1);
        state.asked.insert(keyed, vec![(origin, sender)]);
        Ok(Asked::Later(answer))
    }

    fn keyed(&self, room: &str, password: &str) -> Keyed {
        // Any key length is good for HMAC.
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.key) else { return [0; 32] };
        mac.update(&room.len().to_be_bytes());
        mac.update(room.as_bytes());
        mac.update(password.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Asked {
    Right,
    Later(oneshot::Receiver<bool>),
}

fn busy() -> LoginRefusal {
    LoginRefusal::Busy { retry_after_ms: 500 }
}

fn too_many(wait: Duration) -> LoginRefusal {
    LoginRefusal::TooManyFailures { retry_after_ms: u32::try_from(wait.as_millis()).unwrap_or(u32::MAX).max(1) }
}

impl State {
    /// A computation is done: who waits for it.
    fn answer(&mut self, keyed: &Keyed) -> Vec<oneshot::Sender<bool>> {
        let waiting = self.asked.remove(keyed).unwrap_or_default();
        if let Some(origin) = waiting.first().map(|(origin, _)| *origin) {
            let left = self.started.remove(&origin).unwrap_or(1) - 1;
            if left > 0 {
                self.started.insert(origin, left);
            }
        }
        waiting.into_iter().map(|(_, answer)| answer).collect()
    }

    fn bucket(&mut self, origin: Origin, now: Duration) -> &mut TokenBucket {
        if self.failures.len() >= LOGIN_ADDRESSES_MAX && !self.failures.contains_key(&origin) {
            self.failures.retain(|_, bucket| !bucket.is_full(now));
            let least_guilty = self.failures.iter_mut().map(|(o, b)| (b.wait(now), *o)).min().map(|(_, o)| o);
            if let Some(other) = least_guilty.filter(|_| self.failures.len() >= LOGIN_ADDRESSES_MAX) {
                self.failures.remove(&other);
            }
        }
        self.failures.entry(origin).or_insert_with(|| TokenBucket::with_interval(LOGIN_FAILURE_FORGIVEN, LOGIN_FAILURES_BURST))
    }
}

/// The thread: job after job until the gate is gone.
fn hash_all(queue: &Receiver<Job>, state: &Mutex<State>) {
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    while let Ok(job) = queue.recv() {
        match job {
            Job::Know { room, password, known } => {
                let salt = rand::random();
                let Some(hash) = hash(&password, &salt).map(|hash| PasswordHash { salt, hash }) else { continue };
                if let Some(room) = lock().rooms.get_mut(&room) {
                    room.hash = Some(hash);
                }
                let _ = known.map(|known| known.send(hash));
            }
            Job::Check { room, keyed, password } => {
                let own = lock().rooms.get(&room).and_then(|known| known.hash);
                let theirs = hash(&password, &own.map_or_else(rand::random, |own| own.salt));
                let right = own.zip(theirs).is_some_and(|(own, theirs)| own.hash.ct_eq(&theirs).into());
                let mut state = lock();
                // A room that was closed meanwhile and opened again has another.
                if let Some(known) = state.rooms.get_mut(&room).filter(|known| right && known.hash == own) {
                    known.right = Some(keyed);
                }
                let waiting = state.answer(&keyed);
                drop(state);
                for answer in waiting {
                    let _ = answer.send(right);
                }
            }
        }
    }
}

/// Argon2id with the crate's defaults: 19 MiB, two passes (OWASP's first choice).
fn hash(password: &str, salt: &[u8; 16]) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    let done = Argon2::default().hash_password_into(password.as_bytes(), salt, &mut out);
    done.inspect_err(|error| tracing::error!(%error, "a password could not be hashed")).ok().map(|()| out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn origin(n: u8) -> Origin {
        Origin::from(IpAddr::from([192, 0, 2, n]))
    }

    fn started() -> (PasswordGate, JoinHandle<()>) {
        let (gate, thread) = PasswordGate::start(Clock::start()).expect("started");
        gate.know("class", "right");
        (gate, thread)
    }

    #[tokio::test]
    async fn each_room_has_its_own_password() {
        let (gate, thread) = started();
        let hash = gate.make("lab", "left").await.expect("computed");
        let check = async |room: &str, password: &str| gate.check(origin(1), room, password.to_owned()).await.is_ok();
        for (room, password, right) in [("class", "right", true), ("lab", "left", true), ("class", "left", false), ("lab", "right", false)] {
            assert_eq!(check(room, password).await, right, "{room} {password}");
            assert_eq!(check(room, password).await, right, "{room} {password}, remembered");
        }
        gate.forget("lab");
        assert!(!check("lab", "left").await, "closed");
        gate.recall("attic", hash);
        assert!(check("attic", "left").await, "as it was kept");
        gate.know("attic", "other");
        assert!(!check("attic", "left").await && check("attic", "other").await, "what was remembered went with it");
        drop(gate);
        thread.join().expect("ended");
    }

    #[tokio::test]
    async fn failures_are_limited_by_origin_and_others_are_not_locked_out() {
        let (gate, thread) = started();
        let try_it = |n, password: &str| gate.check(origin(n), "class", password.to_owned());
        for i in 0..LOGIN_FAILURES_BURST {
            assert_eq!(try_it(1, &format!("wrong {i}")).await, Err(LoginRefusal::WrongRoomOrPassword), "{i}");
        }
        assert!(matches!(try_it(1, "right").await, Err(LoginRefusal::TooManyFailures { retry_after_ms: 1.. })));
        assert_eq!(try_it(2, "right").await, Ok(()));
        assert!(matches!(try_it(1, "right").await, Err(LoginRefusal::TooManyFailures { .. })), "remembered, but not for a guesser");
        assert_eq!(gate.check(origin(3), "other", "right".into()).await, Err(LoginRefusal::WrongRoomOrPassword), "another room");
        assert_eq!(gate.check(origin(3), "other", "right".into()).await, Err(LoginRefusal::WrongRoomOrPassword), "still another room");
        assert_eq!(try_it(4, "right").await, Ok(()));
        drop(gate);
        thread.join().expect("ended");
    }

    #[tokio::test]
    async fn a_class_that_joins_at_once_waits_for_one_computation() {
        let (gate, thread) = started();
        let gate = Arc::new(gate);
        let class: Vec<_> = (0..200)
            .map(|_| {
                let gate = Arc::clone(&gate);
                tokio::spawn(async move { gate.check(origin(1), "class", "right".into()).await })
            })
            .collect();
        for student in class {
            assert_eq!(student.await.expect("ran"), Ok(()));
        }
        drop(gate);
        thread.join().expect("ended");
    }

    #[tokio::test]
    async fn the_queue_is_shared_by_origins() {
        let (gate, thread) = started();
        let mut asked = Vec::new();
        for i in 0..HASH_QUEUE_PER_ADDRESS {
            asked.push(gate.ask(origin(1), "class", &Zeroizing::new(format!("wrong {i}"))));
        }
        assert!(asked.iter().all(Result::is_ok));
        assert!(matches!(gate.ask(origin(1), "class", &Zeroizing::new("one more".into())), Err(LoginRefusal::Busy { .. })));
        assert!(gate.ask(origin(2), "class", &Zeroizing::new("other".into())).is_ok());
        drop(gate);
        thread.join().expect("ended");
    }

    #[test]
    fn origins_that_are_remembered_are_bounded() {
        let mut state = State::default();
        let now = Duration::from_secs(1);
        for i in 0..u32::try_from(LOGIN_ADDRESSES_MAX).expect("small") + 10 {
            state.bucket(Origin::from(IpAddr::from(i.to_be_bytes())), now).take(now);
        }
        assert!(state.failures.len() <= LOGIN_ADDRESSES_MAX);
    }
}
