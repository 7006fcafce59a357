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
use crate::clock::{Clock, unix_seconds};
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
    pub(crate) thirds: [String; 3],
    pub(crate) clock: Clock,
}

/// The door of the server's rooms.
pub(crate) struct Entrance {
    parts: EntranceParts,
    connections: AtomicU64,
}

/// Somebody who is in: what to send, and what ends with the connection.
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
        Self { parts, connections: AtomicU64::new(1) }
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
        let media = parts.media.open(secret, Arc::clone(parts.room.media()));
        let entry = Entry { person: proven.person, name: proven.name.clone(), role: proven.role, connection, outbox };
        let (admission, presence) = match parts.room.enter(entry).await {
            Ok(entered) => entered,
            Err(refusal) => {
                if proven.is_new {
                    self.stored(parts.store.end_seat(proven.person).await)?;
                }
                return Err(refusal);
            }
        };
        self.stored(parts.store.keep_seat(proven.person, &admission.name, expiry()).await)?;
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
        let person = self.stored(parts.store.new_seat(parts.room.name(), &name, role, &token, expiry()).await)?;
        Ok(Proven { person, name, role, token, is_new: true })
    }

    async fn seat(&self, room: &str, token: SeatToken) -> Result<Proven, LoginRefusal> {
        let seat = self.stored(self.parts.store.seat(&token, unix_seconds()).await)?;
        let seat = seat.filter(|s| s.room == room && room == self.parts.room.name()).ok_or(LoginRefusal::SeatUnknown)?;
        Ok(Proven { person: seat.person, name: seat.name, role: seat.role, token, is_new: false })
    }

    /// A database that fails is told to the operator; the client may try again.
    fn stored<T>(&self, result: Result<T, StoreError>) -> Result<T, LoginRefusal> {
        result.map_err(|error| {
            tracing::error!(%error, "a login failed");
            LoginRefusal::Busy { retry_after_ms: 1_000 }
        })
    }
}

fn expiry() -> i64 {
    unix_seconds().saturating_add(i64::try_from(SEAT_LIFETIME.as_secs()).unwrap_or(i64::MAX))
}
