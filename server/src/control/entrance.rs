//! Who may come in, by which proof, into which seat.
//!
//! Between a session and the room: checks the proof, takes or finds the seat in the store, opens the media session and
//! asks the room for a place.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lectern_proto::control::{Joined, LoginRefusal, LoginRequest, MediaAccess, PersonId, Proof, Role, SeatToken};
use lectern_proto::limits::SEAT_LIFETIME;
use lectern_proto::link::InstructorKey;
use lectern_proto::rung::RungSpec;
use lectern_proto::seal::MediaSecret;
use subtle::ConstantTimeEq;

use super::PasswordGate;
use crate::announce::Ports;
use crate::clock::Clock;
use crate::media::{MediaSession, MediaSessions};
use crate::net::Origin;
use crate::room::{ConnectionId, Entry, Inbox, Presence, Room, is_name, queue};
use crate::store::{Store, StoreError};

/// What the entrance is made of.
pub(crate) struct EntranceParts {
    pub(crate) room: Room,
    pub(crate) gate: PasswordGate,
    pub(crate) instructor_key: InstructorKey,
    pub(crate) store: Store,
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
}

/// A proof that was right.
struct Proven {
    person: PersonId,
    name: String,
    role: Role,
    token: SeatToken,
    is_new: bool,
}

impl Entrance {
    pub(crate) fn new(parts: EntranceParts) -> Self {
        Self { parts, connections: AtomicU64::new(1), unkept: AtomicU64::new(0) }
    }

    /// Checks a login and lets the person in. `secret` is that of the control connection.
    ///
    /// # Errors
    /// The refusal to send.
    pub(crate) async fn enter(&self, origin: Origin, login: LoginRequest, secret: MediaSecret) -> Result<Entered, LoginRefusal> {
        let proven = self.prove(origin, login).await?;
        let parts = &self.parts;
        let connection = ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed));
        let (outbox, inbox) = queue();
        let media = parts.media.open(secret, Arc::clone(parts.room.media()), proven.person);
        let entry = Entry { person: proven.person, name: proven.name.clone(), role: proven.role, connection, outbox };
        let (admission, presence) = match parts.room.enter(entry).await {
            Ok(entered) => entered,
            Err(refusal) => {
                if proven.is_new {
                    told(parts.store.end_seat(proven.person).await);
                }
                return Err(refusal);
            }
        };
        told(parts.store.keep_seat(proven.person, &admission.name, expiry(parts.clock)).await);
        let joined = Joined {
            you: proven.person,
            name: admission.name,
            role: proven.role,
            room: parts.room.name().to_owned(),
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
        Ok(Entered { joined, presence, inbox, media })
    }

    async fn prove(&self, origin: Origin, login: LoginRequest) -> Result<Proven, LoginRefusal> {
        let parts = &self.parts;
        let role = match login.proof {
            Proof::Seat(token) => return self.seat(&login.room, token).await,
            _ if !is_name(&login.name) => return Err(LoginRefusal::BadName),
            Proof::Password(password) => {
                parts.gate.check(origin, password, login.room != parts.room.name()).await?;
                Role::Student
            }
            Proof::InstructorKey(key) => {
                parts.gate.may_try(origin)?;
                if !bool::from(parts.instructor_key.0.ct_eq(&key)) {
                    let _ = parts.gate.failed(origin);
                    return Err(LoginRefusal::WrongInstructorKey);
                }
                if login.room != parts.room.name() {
                    return Err(LoginRefusal::WrongRoomOrPassword);
                }
                Role::Instructor
            }
        };
        let token = SeatToken(rand::random());
        let name = login.name.trim().to_owned();
        // A lesson goes on with a full disk; only the way back to this seat is lost with its connection.
        let person = told(parts.store.new_seat(parts.room.name(), &name, role, &token, expiry(parts.clock)).await);
        let person = person.unwrap_or_else(|| PersonId(UNKEPT + self.unkept.fetch_add(1, Ordering::Relaxed)));
        Ok(Proven { person, name, role, token, is_new: true })
    }

    async fn seat(&self, room: &str, token: SeatToken) -> Result<Proven, LoginRefusal> {
        let busy = LoginRefusal::Busy { retry_after_ms: 1_000 };
        let seat = told(self.parts.store.seat(&token, self.parts.clock.unix_seconds()).await).ok_or(busy)?;
        let seat = seat.filter(|s| s.room == room && room == self.parts.room.name()).ok_or(LoginRefusal::SeatUnknown)?;
        Ok(Proven { person: seat.person, name: seat.name, role: seat.role, token, is_new: false })
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
    use crate::library::Catalogue;
    use crate::live::{Recorder, RungMaker};
    use crate::media::RoomMedia;
    use crate::room::RoomParts;
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    #[tokio::test]
    async fn a_database_that_fails_does_not_keep_a_class_out() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("a.db")).await.expect("opened");
        let (clock, (catalogue, told)) = (Clock::start(), tokio::sync::watch::channel(Catalogue::default()));
        let media = Arc::new(RoomMedia::new(1, Arc::default(), None));
        let (tasks, stop, name) = (TaskTracker::new(), CancellationToken::new(), "class".to_owned());
        let recorder = Recorder::new(dir.path().to_owned(), clock, tasks.clone(), stop.clone());
        let rungs = RungMaker::new("no-worker".into(), 1 << 30, clock, tasks.clone(), stop.clone());
        let (ladder, live_ladder) = (Vec::new(), Vec::new());
        let parts = RoomParts { name, together: true, people: 9, media, ladder, live_ladder, rungs, recorder, catalogue: told, store: store.clone(), clock };
        let room = Room::start(parts, &tasks, stop);
        let (gate, _thread) = PasswordGate::start("right", clock).expect("started");
        let entrance = Entrance::new(EntranceParts {
            room,
            gate,
            instructor_key: InstructorKey([7; 16]),
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
        let ana = entrance.enter(origin, login(Proof::Password("right".into())), MediaSecret([1; 32])).await.expect("in");
        let teacher = entrance.enter(origin, login(Proof::InstructorKey([7; 16])), MediaSecret([2; 32])).await.expect("in");
        assert_ne!(ana.joined.you, teacher.joined.you);
        assert_eq!(teacher.joined.name, "Ana (2)");
        let again = entrance.enter(origin, login(Proof::Seat(ana.joined.seat.clone())), MediaSecret([3; 32])).await;
        assert!(matches!(again, Err(LoginRefusal::Busy { .. })));
        drop(catalogue);
    }
}
