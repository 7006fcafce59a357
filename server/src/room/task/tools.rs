//! The room's task, as far as its tools go: hands, muting, attention, polls, attendance, and who may use which.

use lectern_proto::control::{ChatEvent, Event, PersonId, Refusal, Role, RoomAnswer, RoomEvent, RoomRequest};
use lectern_proto::limits::ATTENDANCE_MAX;
use lectern_proto::rights::Action;

use super::super::ConnectionId;
use super::super::attendance::Attendance;
use super::super::door::Door;
use super::RoomTask;
use crate::store::{AccountId, StoreError};

impl RoomTask {
    /// Takes a request of one connection. The answer goes the way of the events, so that it comes behind what is told of it.
    pub(super) async fn take_request(&mut self, (by, connection): (PersonId, ConnectionId), request: u32, what: RoomRequest) {
        if !self.is_current(by, connection) {
            return;
        }
        let by_many = matches!(what, RoomRequest::Hand { .. } | RoomRequest::Vote { .. });
        let result = self.use_tool(by, what).await;
        if result.is_ok() && !by_many {
            // Staff does little: what it does is told at once.
            self.tell_people();
        }
        let answer = Event::Room(RoomEvent::Answer { request, result });
        self.tell_some(answer, |person| person == by);
    }

    /// Does what somebody asks of the room, if that person may.
    async fn use_tool(&mut self, by: PersonId, what: RoomRequest) -> Result<RoomAnswer, Refusal> {
        let person = self.roster.person(by).ok_or(Refusal::NotAllowed)?;
        may_use(person.role, &what).then_some(()).ok_or(Refusal::NotAllowed)?;
        tracing::debug!(room = %self.name, by = by.0, ?what, "asked of the room");
        match what {
            RoomRequest::Hand { raised } => self.tools.hand(by, raised),
            RoomRequest::LowerHand { person } => self.tools.hand(self.somebody(person)?, false),
            RoomRequest::Mute { person, muted } => self.mute(person, muted)?,
            RoomRequest::Ban { person } => self.ban(by, person).await?,
            RoomRequest::Pardon { name } => {
                let names = self.door.door.pardon(&name);
                (!names.is_empty()).then_some(()).ok_or(Refusal::NoSuchPerson)?;
                kept(self.store.end_bans(&self.name, names).await);
                self.tell_staff(RoomEvent::Banned(self.door.door.banned()));
            }
            RoomRequest::Lock { locked } => {
                let changed = self.door.door.set_locked(locked);
                self.door_changed(changed).await;
            }
            RoomRequest::WaitingRoom { on } => {
                let changed = self.door.door.set_waiting_room(on);
                self.door_changed(changed).await;
            }
            RoomRequest::Admit { person } => self.admit(person)?,
            RoomRequest::TurnAway { person } => self.turn_away(person)?,
            RoomRequest::Attention { on } => {
                if self.tools.set_attention(on) {
                    self.tell(Event::Room(RoomEvent::Attention(on)));
                }
            }
            RoomRequest::OpenPoll { question, answers } => {
                let poll = self.tools.open(question, answers)?;
                self.tell(Event::Room(RoomEvent::Poll { poll, yours: None }));
            }
            RoomRequest::Vote { poll, answer } => self.tools.vote(by, poll, answer)?,
            RoomRequest::ClosePoll { poll } => {
                let closed = self.tools.close(poll)?;
                self.tell(Event::Room(closed));
            }
            RoomRequest::PrivateChat(setting) => {
                if self.chat.set(setting) {
                    self.tell(Event::Chat(ChatEvent::PrivateChat(setting)));
                }
            }
            RoomRequest::Attendance { from } => return Ok(self.attendance.page(from)),
            RoomRequest::MakeCode { for_s, uses, video } => return self.make_code(for_s, uses, video).await,
            RoomRequest::Codes => return self.codes().await.map(RoomAnswer::Codes),
            RoomRequest::RevokeCode { code } => self.revoke_code(code).await?,
            // Answered before they come to a room.
            RoomRequest::Rooms | RoomRequest::OpenRoom { .. } | RoomRequest::OpenRoomWith { .. } | RoomRequest::CloseRoom { .. } => {
                return Err(Refusal::NotAllowed);
            }
        }
        Ok(RoomAnswer::Done)
    }

    fn somebody(&self, person: PersonId) -> Result<PersonId, Refusal> {
        self.roster.person(person).map(|p| p.id).ok_or(Refusal::NoSuchPerson)
    }

    fn mute(&mut self, person: PersonId, muted: bool) -> Result<(), Refusal> {
        let person = self.roster.person(person).ok_or(Refusal::NoSuchPerson)?;
        // Staff is not kept from speaking by staff.
        (!is_staff(person.role)).then_some(()).ok_or(Refusal::NotAllowed)?;
        let id = person.id;
        if self.tools.mute(id, muted) {
            self.tell(Event::Room(RoomEvent::Muted(self.tools.muted())));
        }
        if muted {
            self.end_streams(self.streams.with_sound(id));
        }
        Ok(())
    }

    async fn ban(&mut self, by: PersonId, person: PersonId) -> Result<(), Refusal> {
        let banned = self.roster.person(person).ok_or(Refusal::NoSuchPerson)?;
        (!banned.role.may(Action::Administer)).then_some(()).ok_or(Refusal::NotAllowed)?;
        let name = banned.name.clone();
        if let Some(origin) = self.door.origins.get(&person) {
            let ban = self.door.door.ban(&name, *origin, AccountId::of(person).map(AccountId::person));
            kept(self.store.keep_ban(&self.name, ban).await);
        }
        self.remove(by, person).await?;
        self.tell_staff(RoomEvent::Banned(self.door.door.banned()));
        Ok(())
    }

    /// Keeps what was set of the door, and tells it.
    pub(super) async fn door_changed(&mut self, changed: bool) {
        if changed {
            kept(self.store.keep_door(&self.name, self.door.door.shown()).await);
            self.tell(Event::Room(RoomEvent::Door(self.door.door.shown())));
        }
    }

    /// What was kept before the start of this server.
    pub(super) async fn recall(&mut self) {
        match self.store.door(&self.name).await {
            Ok((shown, banned)) => self.door.door = Door::of(shown, banned),
            Err(error) => tracing::error!(%error, "who is kept out, and whether the room is locked, cannot be read: everybody may come in"),
        }
        match self.store.stays(&self.name, ATTENDANCE_MAX).await {
            Ok(stays) => self.attendance = Attendance::of(stays),
            Err(error) => tracing::error!(%error, "who was there before cannot be read"),
        }
    }

    /// Keeps times that have ended; a database that is locked or slow holds nobody up.
    pub(super) fn keep_attendance(&mut self) {
        let ended = self.attendance.take_ended();
        if ended.is_empty() {
            return;
        }
        let (store, room) = (self.store.clone(), self.name.clone());
        self.tasks.spawn(async move {
            if let Err(error) = store.keep_stays(&room, ended).await {
                tracing::error!(%error, "who was there cannot be kept; is the disk full?");
            }
        });
    }

    pub(super) fn tell_staff(&mut self, event: RoomEvent) {
        self.tell_teachers(Event::Room(event));
    }

    /// Whether something waits to be told with the roster.
    pub(super) fn has_tool_news(&self) -> bool {
        self.tools.has_news() || self.door.is_news || self.voices.has_news()
    }

    pub(super) fn tell_tools(&mut self) {
        if let Some(hands) = self.tools.hands_news() {
            self.tell(Event::Room(hands));
        }
        if let Some(voices) = self.voices.news() {
            self.tell(Event::Room(voices));
        }
        if let Some(counts) = self.tools.counts_news() {
            self.tell_staff(counts);
        }
        self.tell_waiting();
    }

    /// Somebody's seat has ended.
    pub(super) fn forget_tools(&mut self, person: PersonId) {
        self.attendance.end(self.clock.unix_seconds(), person);
        self.door.origins.remove(&person);
        self.door.codes.remove(&person);
        if self.tools.forget(person) {
            self.tell(Event::Room(RoomEvent::Muted(self.tools.muted())));
        }
    }

    /// What somebody is told of the tools who has just entered.
    pub(super) fn tool_events(&self, person: PersonId, role: Role) -> impl Iterator<Item = Event> {
        let is_staff = is_staff(role);
        let banned = Some(self.door.door.banned()).filter(|b| is_staff && !b.is_empty()).map(RoomEvent::Banned);
        let waiting = is_staff.then(|| self.door.waiting()).filter(|w| !w.is_empty()).map(RoomEvent::Waiting);
        let door = Some(self.door.door.shown()).filter(|door| *door != Default::default()).map(RoomEvent::Door);
        door.into_iter().chain(self.tools.greeting(person, is_staff)).chain(self.voices.greeting()).chain(banned).chain(waiting).map(Event::Room)
    }
}

/// Tells the operator; what was done holds until the server ends.
fn kept(done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::error!(%error, "what was set of the door cannot be kept over the end of the server; is the disk full?");
    }
}

/// Who holds a class together with its instructor.
pub(super) fn is_staff(role: Role) -> bool {
    role.may(Action::Moderate)
}

/// The table of rights, as far as the room's tools go.
fn may_use(role: Role, what: &RoomRequest) -> bool {
    match what {
        RoomRequest::Hand { .. } | RoomRequest::Vote { .. } => true,
        RoomRequest::WaitingRoom { .. }
        | RoomRequest::PrivateChat(_)
        | RoomRequest::Attendance { .. }
        | RoomRequest::MakeCode { .. }
        | RoomRequest::Codes
        | RoomRequest::RevokeCode { .. }
        | RoomRequest::Rooms
        | RoomRequest::OpenRoom { .. }
        | RoomRequest::OpenRoomWith { .. }
        | RoomRequest::CloseRoom { .. } => role.may(Action::Administer),
        RoomRequest::LowerHand { .. }
        | RoomRequest::Mute { .. }
        | RoomRequest::Ban { .. }
        | RoomRequest::Pardon { .. }
        | RoomRequest::Lock { .. }
        | RoomRequest::Admit { .. }
        | RoomRequest::TurnAway { .. }
        | RoomRequest::Attention { .. }
        | RoomRequest::OpenPoll { .. }
        | RoomRequest::ClosePoll { .. } => is_staff(role),
    }
}
