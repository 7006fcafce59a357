//! The rooms of the server: the first, which the configuration names, and those that instructors open.
//!
//! Each is a task of its own (`room`); here stands only which there are. What is opened is in the database before anybody enters.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lectern_proto::control::{Door, PersonId, Refusal, Role, RoomAnswer, RoomInfo, RoomRequest};
use lectern_proto::limits::{PASSWORD_MAX, ROOM_NAME_MAX, ROOMS_MAX};
use lectern_proto::rights::Action;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::control::PasswordGate;
use crate::media::RoomMedia;
use crate::room::{Room, RoomParts};
use crate::store::{PasswordHash, StoreError};

/// Which rooms there are.
pub(crate) struct Rooms {
    /// What each is made of, with the name and the media of the first.
    parts: RoomParts,
    bandwidth_bps: Option<u64>,
    gate: PasswordGate,
    /// None while one is being opened or closed.
    open: Mutex<BTreeMap<String, Option<Room>>>,
    numbers: AtomicU32,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Rooms {
    /// Opens the first room, and those that are kept; the password of the first is `password`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn start(
        parts: RoomParts,
        bandwidth_bps: Option<u64>,
        (gate, password): (PasswordGate, &str),
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, StoreError> {
        let numbers = AtomicU32::new(parts.media.room + 1);
        let kept = parts.store.rooms().await?;
        gate.know(&parts.name, password);
        let first = Room::start(parts.clone(), tasks, stop.clone());
        let open = Mutex::new(BTreeMap::from([(parts.name.clone(), Some(first))]));
        let rooms = Self { parts, bandwidth_bps, gate, open, numbers, tasks: tasks.clone(), stop };
        for (name, hash) in kept {
            if name == rooms.parts.name {
                tracing::warn!(name, "a room of this name was opened before the configuration named the first so: that of the configuration is used");
                continue;
            }
            rooms.gate.recall(&name, hash);
            rooms.add(&name);
        }
        Ok(rooms)
    }

    /// Checks passwords, and counts failures of every kind.
    pub(crate) fn gate(&self) -> &PasswordGate {
        &self.gate
    }

    /// A room by its name.
    pub(crate) fn find(&self, name: &str) -> Option<Room> {
        self.lock().get(name).cloned().flatten()
    }

    /// Names of the rooms beside the first.
    pub(crate) fn opened(&self) -> Vec<String> {
        self.lock().keys().filter(|name| **name != self.parts.name).cloned().collect()
    }

    /// Does what an instructor asks about rooms; none where it is about one room and that room's to do.
    pub(crate) async fn answer(&self, by: (&str, Role), what: &RoomRequest) -> Option<Result<RoomAnswer, Refusal>> {
        let (name, role) = by;
        let done = match what {
            RoomRequest::Rooms | RoomRequest::OpenRoom { .. } | RoomRequest::OpenRoomWith { .. } | RoomRequest::CloseRoom { .. }
                if !role.may(Action::Administer) =>
            {
                Err(Refusal::NotAllowed)
            }
            RoomRequest::Rooms => Ok(RoomAnswer::Rooms(self.all().await)),
            RoomRequest::OpenRoom { name: room, password } => self.open(room, password, false).await,
            RoomRequest::OpenRoomWith { name: room, password, waiting_room } => self.open(room, password, *waiting_room).await,
            RoomRequest::CloseRoom { name: room } => self.close(name, room).await,
            _ => return None,
        };
        Some(done)
    }

    /// Ends somebody's seats in all rooms.
    pub(crate) async fn put_out(&self, by: &str, person: PersonId) {
        let rooms: Vec<_> = self.lock().values().flatten().cloned().collect();
        for room in rooms {
            room.put_out(by, person).await;
        }
    }

    async fn all(&self) -> Vec<RoomInfo> {
        let rooms: Vec<_> = self.lock().values().flatten().cloned().collect();
        let mut all = Vec::new();
        for room in rooms {
            all.push(RoomInfo { name: room.name().to_owned(), people: room.people().await });
        }
        all
    }

    async fn open(&self, name: &str, password: &str, waiting_room: bool) -> Result<RoomAnswer, Refusal> {
        let is_name = !name.is_empty() && name.len() <= ROOM_NAME_MAX && name.trim() == name && !name.chars().any(char::is_control);
        let is_password = (1..=PASSWORD_MAX).contains(&password.len());
        (is_name && is_password).then_some(()).ok_or(Refusal::BadRoom)?;
        self.reserve(name)?;
        let kept = match self.gate.make(name, password).await {
            Some(hash) => self.keep(name, hash, waiting_room).await.map_err(failed),
            None => Err(Refusal::Full),
        };
        if let Err(refusal) = kept {
            self.gate.forget(name);
            self.lock().remove(name);
            return Err(refusal);
        }
        self.add(name);
        tracing::info!(room = name, waiting_room, "opened");
        Ok(RoomAnswer::Done)
    }

    /// Keeps a room, and how its door is: the room reads that before it lets anybody in.
    async fn keep(&self, name: &str, hash: PasswordHash, waiting_room: bool) -> Result<(), StoreError> {
        let store = &self.parts.store;
        store.new_room(name, hash, self.parts.clock.unix_seconds()).await?;
        if waiting_room && let Err(error) = store.keep_door(name, Door { waiting_room, ..Door::default() }).await {
            // A room without its door is none: where this fails too, it is there after the next start, and its password is known to nobody else.
            store.end_room(name).await?;
            return Err(error);
        }
        Ok(())
    }

    async fn close(&self, by: &str, name: &str) -> Result<RoomAnswer, Refusal> {
        (name != self.parts.name).then_some(()).ok_or(Refusal::NoSuchRoom)?;
        let room = self.lock().get_mut(name).and_then(Option::take).ok_or(Refusal::NoSuchRoom)?;
        self.gate.forget(name);
        room.close(by).await;
        tracing::info!(room = name, by, "closed");
        let ended = self.parts.store.end_room(name).await;
        self.lock().remove(name);
        ended.map(|()| RoomAnswer::Done).map_err(failed)
    }

    fn reserve(&self, name: &str) -> Result<(), Refusal> {
        let mut open = self.lock();
        (!open.contains_key(name)).then_some(()).ok_or(Refusal::BadRoom)?;
        (open.len() < ROOMS_MAX).then_some(()).ok_or(Refusal::TooMany)?;
        open.insert(name.to_owned(), None);
        Ok(())
    }

    fn add(&self, name: &str) {
        let own = RoomMedia::new(self.numbers.fetch_add(1, Ordering::Relaxed), Arc::clone(&self.parts.media.index), self.bandwidth_bps);
        let media = Arc::new(RoomMedia { parity_most: self.parts.media.parity_most, ..own });
        let room = Room::start(RoomParts { name: name.to_owned(), media, ..self.parts.clone() }, &self.tasks, self.stop.clone());
        self.lock().insert(name.to_owned(), Some(room));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Option<Room>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the operator; the person who asked may try again.
fn failed(error: StoreError) -> Refusal {
    tracing::error!(%error, "a room could not be kept or ended in the database; is the disk full?");
    Refusal::Full
}
