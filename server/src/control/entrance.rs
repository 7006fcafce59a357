//! Who may come in, by which proof, into which seat.
//!
//! Between a session and the room: checks the proof, takes or finds the seat in the store, opens the media session and
//! asks the room for a place.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lectern_proto::code::AccessCode;
use lectern_proto::control::{
    AccountProof, AccountRefusal, Joined, LoginRefusal, LoginRequest, MediaAccess, PersonId, Proof, RegisterBy, Role, SeatToken, YourAccount,
};
use lectern_proto::limits::SEAT_LIFETIME;
use lectern_proto::link::InstructorKey;
use lectern_proto::rung::RungSpec;
use lectern_proto::seal::MediaSecret;
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use crate::accounts::{Accounts, Known};
use crate::announce::Ports;
use crate::clock::Clock;
use crate::media::{MediaSession, MediaSessions};
use crate::net::Origin;
use crate::room::{ConnectionId, Entry, Inbox, Presence, Room, is_name, queue};
use crate::rooms::Rooms;
use crate::store::{AccountId, Store, StoreError, UsedCode};

/// What the entrance is made of.
pub(crate) struct EntranceParts {
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) instructor_key: InstructorKey,
    pub(crate) store: Store,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) media: Arc<MediaSessions>,
    pub(crate) ports: Ports,
    pub(crate) ladder: Vec<RungSpec>,
    pub(crate) live_ladder: Vec<RungSpec>,
    pub(crate) thirds: [String; 3],
    pub(crate) clock: Clock,
}

/// The door of the server's rooms.
pub(crate) struct Entrance {
    parts: EntranceParts,
    connections: AtomicU64,
    unkept: AtomicU64,
}

/// Numbers of people whose seats could not be stored; the database does not come that far.
const UNKEPT: u64 = 1 << 62;

/// Somebody who is in: what to send, and what ends with the connection.
#[derive(Debug)]
pub(crate) struct Entered {
    pub(crate) joined: Joined,
    pub(crate) presence: Presence,
    pub(crate) inbox: Inbox,
    /// Held for its end: media connections live as long as their control connection.
    pub(crate) media: MediaSession,
    /// Of who entered with an account; none for who came back to a seat.
    pub(crate) account: Option<YourAccount>,
}

/// A proof that was right.
struct Proven {
    room: Room,
    person: PersonId,
    name: String,
    role: Role,
    token: SeatToken,
    is_new: bool,
    code: Option<UsedCode>,
    account: Option<Known>,
}

impl Entrance {
    pub(crate) fn new(parts: EntranceParts) -> Self {
        Self { parts, connections: AtomicU64::new(1), unkept: AtomicU64::new(0) }
    }

    /// Checks a login and lets the person in. `secret` is that of the control connection; `waits` is told when the person waits to be
    /// admitted.
    ///
    /// # Errors
    /// The refusal to send.
    pub(crate) async fn enter(&self, origin: Origin, login: LoginRequest, secret: MediaSecret, waits: oneshot::Sender<()>) -> Result<Entered, LoginRefusal> {
        let proven = self.prove(origin, login).await?;
        let parts = &self.parts;
        let connection = ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed));
        let (outbox, inbox) = queue();
        let media = parts.media.open(secret, Arc::clone(proven.room.media()), proven.person);
        let Proven { person, role, is_new, ref code, .. } = proven;
        let entry = Entry { person, name: proven.name.clone(), role, origin, is_new, connection, outbox, code: code.clone(), waits: Some(waits) };
        let (admission, presence) = match proven.room.enter(entry).await {
            Ok(entered) => entered,
            Err(refusal) => {
                if proven.is_new && proven.account.is_none() {
                    told(parts.store.end_seat(proven.person).await);
                    if let Some(used) = &proven.code {
                        told(parts.store.give_back_code(used.code).await);
                    }
                }
                return Err(refusal);
            }
        };
        if !self.is_still(&proven).await {
            presence.leave().await;
            return Err(LoginRefusal::Account(AccountRefusal::SessionUnknown));
        }
        let account = match proven.account {
            Some(known) => Some(self.seated(proven.room.name(), known, &proven.token).await),
            None => {
                told(parts.store.keep_seat(proven.person, &admission.name, expiry(parts.clock)).await);
                None
            }
        };
        let joined = Joined {
            you: proven.person,
            name: admission.name,
            role: proven.role,
            room: proven.room.name().to_owned(),
            seat: proven.token,
            media: MediaAccess {
                session: media.id(),
                video_port: parts.ports.video,
                audio_port: parts.ports.audio,
                epoch: admission.epoch,
                room_key: admission.room_key,
            },
            ladder: parts.ladder.clone(),
            live_ladder: parts.live_ladder.clone(),
            thirds: parts.thirds.clone(),
            server_time_us: parts.clock.server_time_us(),
        };
        Ok(Entered { joined, presence, inbox, media, account })
    }

    async fn prove(&self, origin: Origin, login: LoginRequest) -> Result<Proven, LoginRefusal> {
        let parts = &self.parts;
        let mut code = None;
        let role = match login.proof {
            Proof::Seat(token) => return self.seat(&login.room, token).await,
            Proof::Account(proof) => return self.account(origin, &login.room, proof).await,
            _ if !is_name(&login.name) => return Err(LoginRefusal::BadName),
            Proof::Password(password) => {
                parts.rooms.gate().check(origin, &login.room, password).await?;
                Role::Student
            }
            Proof::InstructorKey(key) => self.by_key(origin, &key)?,
            Proof::Code(typed) => {
                code = Some(self.code(origin, &login.room, &typed).await?);
                Role::Guest
            }
        };
        // Only an instructor comes so far without there being one: every other proof is of a room.
        let room = parts.rooms.find(&login.room).ok_or(LoginRefusal::WrongRoomOrPassword)?;
        let token = SeatToken(rand::random());
        let name = login.name.trim().to_owned();
        // A lesson goes on with a full disk; only the way back to this seat is lost with its connection.
        let person = told(parts.store.new_seat(room.name(), &name, role, &token, expiry(parts.clock)).await);
        let person = person.unwrap_or_else(|| PersonId(UNKEPT + self.unkept.fetch_add(1, Ordering::Relaxed)));
        if let Some(used) = &code {
            told(parts.store.keep_guest(person, used.code).await);
        }
        Ok(Proven { room, person, name, role, token, is_new: true, code, account: None })
    }

    fn by_key(&self, origin: Origin, key: &[u8; 16]) -> Result<Role, LoginRefusal> {
        let gate = self.parts.rooms.gate();
        gate.may_try(origin)?;
        if !bool::from(self.parts.instructor_key.0.ct_eq(key)) {
            let _ = gate.failed(origin);
            return Err(LoginRefusal::WrongInstructorKey);
        }
        Ok(Role::Instructor)
    }

    async fn account(&self, origin: Origin, room: &str, proof: AccountProof) -> Result<Proven, LoginRefusal> {
        let (gate, accounts) = (self.parts.rooms.gate(), &self.parts.accounts);
        // A session is too long to be guessed, so nobody's guesses keep its owner out.
        if !matches!(proof, AccountProof::Session(_)) {
            gate.may_try(origin)?;
        }
        let known = match proof {
            AccountProof::Named { account } => {
                let salt = accounts.salt(&account).await.map_err(LoginRefusal::Account)?;
                return Err(LoginRefusal::Challenge(salt));
            }
            AccountProof::Secret { account, secret } => {
                let counted = |refusal: &LoginRefusal| {
                    if *refusal == LoginRefusal::Account(AccountRefusal::WrongAccountOrPassword) {
                        let _ = gate.failed(origin);
                    }
                };
                accounts.log_in(origin, &account, &secret).await.inspect_err(counted)?
            }
            AccountProof::Session(token) => accounts.resume(&token).await.map_err(LoginRefusal::Account)?,
            AccountProof::Register { account, secret, by } => {
                let role = match by {
                    RegisterBy::InstructorKey(key) => self.by_key(origin, &key)?,
                    RegisterBy::Password(password) => {
                        accounts.may_register(true).map_err(LoginRefusal::Account)?;
                        gate.check(origin, room, password).await?;
                        Role::Student
                    }
                    RegisterBy::Nothing => accounts.may_register(false).map(|()| Role::Student).map_err(LoginRefusal::Account)?,
                };
                // No account is left behind of somebody who mistyped the room.
                self.parts.rooms.find(room).ok_or(LoginRefusal::WrongRoomOrPassword)?;
                accounts.register(&account, &secret, role).await.map_err(LoginRefusal::Account)?
            }
        };
        self.known(room, known).await
    }

    /// The same person in every room, whatever the account was proven by.
    async fn known(&self, room: &str, known: Known) -> Result<Proven, LoginRefusal> {
        let parts = &self.parts;
        let room = parts.rooms.find(room).ok_or(LoginRefusal::WrongRoomOrPassword)?;
        let is_new = !told(parts.store.has_account_seat(known.id, room.name(), parts.clock.unix_seconds()).await).unwrap_or(false);
        let token = SeatToken(rand::random());
        Ok(Proven { room, person: known.id.person(), name: known.you.name.clone(), role: known.role, token, is_new, code: None, account: Some(known) })
    }

    /// Whether an account is what it was when it was proven: what an instructor changed while this entry was under way, or waited at the
    /// door, holds. A change that comes later finds the person in the room.
    async fn is_still(&self, proven: &Proven) -> bool {
        let Some(id) = AccountId::of(proven.person) else { return true };
        let Some(account) = told(self.parts.store.account_of(id).await) else { return true };
        let has_password = |secret_hash| proven.account.as_ref().is_none_or(|known| known.secret_hash == secret_hash);
        account.is_some_and(|account| account.role == proven.role && has_password(account.secret_hash))
    }

    /// Somebody with an account is in: the seat is kept, and a session begins where a password was given. Not before: who waits at the door
    /// holds no seat, and who is sent away loses no older session to a new one.
    async fn seated(&self, room: &str, known: Known, token: &SeatToken) -> YourAccount {
        let EntranceParts { store, accounts, clock, .. } = &self.parts;
        told(store.new_account_seat(known.id, room, token, expiry(*clock)).await);
        let session = if known.begins { accounts.begin(known.id).await.ok() } else { None };
        YourAccount { session, ..known.you }
    }

    async fn seat(&self, room: &str, token: SeatToken) -> Result<Proven, LoginRefusal> {
        let busy = LoginRefusal::Busy { retry_after_ms: 1_000 };
        let seat = told(self.parts.store.seat(&token, self.parts.clock.unix_seconds()).await).ok_or(busy)?;
        let seat = seat.filter(|s| s.room == room).ok_or(LoginRefusal::SeatUnknown)?;
        let room = self.parts.rooms.find(room).ok_or(LoginRefusal::SeatUnknown)?;
        let code = if seat.role == Role::Guest { told(self.parts.store.code_of(seat.person).await).flatten() } else { None };
        Ok(Proven { room, person: seat.person, name: seat.name, role: seat.role, token, is_new: false, code, account: None })
    }

    /// Spends a use of an access code. A wrong one counts like a wrong password, and all that are not good get one answer.
    async fn code(&self, origin: Origin, room: &str, typed: &str) -> Result<UsedCode, LoginRefusal> {
        let parts = &self.parts;
        parts.rooms.gate().may_try(origin)?;
        let used = match AccessCode::parse(typed) {
            Some(code) => told(parts.store.use_code(room, &code, parts.clock.unix_seconds()).await).ok_or(LoginRefusal::Busy { retry_after_ms: 1_000 })?,
            None => None,
        };
        used.ok_or_else(|| match parts.rooms.gate().failed(origin) {
            LoginRefusal::WrongRoomOrPassword => LoginRefusal::WrongCode,
            too_many => too_many,
        })
    }
}

/// Tells the operator when the database failed.
fn told<T>(result: Result<T, StoreError>) -> Option<T> {
    result.inspect_err(|error| tracing::error!(%error, "a seat could not be kept or found; is the disk full?")).ok()
}

fn expiry(clock: Clock) -> i64 {
    clock.unix_seconds().saturating_add(i64::try_from(SEAT_LIFETIME.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{AccountSettings, Register};
    use crate::control::PasswordGate;
    use crate::library::Catalogue;
    use crate::live::{Recorder, RungMaker};
    use crate::media::RoomMedia;
    use crate::room::RoomParts;
    use crate::store::StoreUrl;
    use lectern_proto::control::PrivateChat;
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    #[tokio::test]
    async fn a_database_that_fails_does_not_keep_a_class_out() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&StoreUrl::Sqlite(dir.path().join("a.db"))).await.expect("opened");
        let (clock, (catalogue, told)) = (Clock::start(), tokio::sync::watch::channel(Catalogue::default()));
        let media = Arc::new(RoomMedia::new(1, Arc::default(), None));
        let (tasks, stop, name) = (TaskTracker::new(), CancellationToken::new(), "class".to_owned());
        let recorder = Recorder::new(dir.path().to_owned(), clock, tasks.clone(), stop.clone());
        let rungs = RungMaker::new("no-worker".into(), 1 << 30, clock, tasks.clone(), stop.clone());
        let (ladder, live_ladder) = (Vec::new(), Vec::new());
        let parts = RoomParts {
            name,
            together: true,
            private_chat: PrivateChat::All,
            attachment_max: 1 << 20,
            room_chat: true,
            mail_days: 14,
            stamps: lectern_proto::chat::stamp::StampKey([1; 32]),
            people: 9,
            media,
            ladder,
            live_ladder,
            rungs,
            recorder,
            labs: Arc::default(),
            catalogue: told,
            store: store.clone(),
            clock,
        };
        let settings = AccountSettings { register: Register::Password, session_days: 30 };
        let (gate, _thread) = PasswordGate::start(clock).expect("started");
        let rooms = Rooms::start(parts, None, (gate, "right"), &tasks, stop).await.expect("started");
        let entrance = Entrance::new(EntranceParts {
            rooms: Arc::new(rooms),
            instructor_key: InstructorKey([7; 16]),
            accounts: Arc::new(Accounts::new(store.clone(), [8; 16], settings, clock)),
            store: store.clone(),
            media: Arc::default(),
            ports: Ports { control: 1, video: 2, audio: 3 },
            ladder: Vec::new(),
            live_ladder: Vec::new(),
            thirds: Default::default(),
            clock,
        });
        store.close().await;
        let origin = Origin::from(std::net::IpAddr::from([192, 0, 2, 1]));
        let login = |proof| LoginRequest { room: "class".into(), name: "Ana".into(), proof };
        let ana = entrance.enter(origin, login(Proof::Password("right".into())), MediaSecret([1; 32]), oneshot::channel().0).await.expect("in");
        let teacher = entrance.enter(origin, login(Proof::InstructorKey([7; 16])), MediaSecret([2; 32]), oneshot::channel().0).await.expect("in");
        assert_ne!(ana.joined.you, teacher.joined.you);
        assert_eq!(teacher.joined.name, "Ana (2)");
        let again = entrance.enter(origin, login(Proof::Seat(ana.joined.seat.clone())), MediaSecret([3; 32]), oneshot::channel().0).await;
        assert!(matches!(again, Err(LoginRefusal::Busy { .. })));
        drop(catalogue);
    }
}
