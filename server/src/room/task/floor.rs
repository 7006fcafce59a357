//! The room's task, as far as the floor goes: who gives the stage and takes it, quiet, sitting together, pictures that stand still, recording,
//! and what everybody is told of it.

use lectern_proto::control::{Event, Offer, PersonId, Refusal, Role, StreamId};

use super::RoomTask;

impl RoomTask {
    pub(super) fn publish(&mut self, by: PersonId, offer: Offer) -> Result<StreamId, Refusal> {
        let id = StreamId(rand::random());
        let by = self.roster.person(by).filter(|p| p.connected).ok_or(Refusal::NotAllowed)?;
        self.floor.may_publish(by)?;
        let (info, older) = self.streams.publish(self.clock.now(), id, by, offer, &self.media, &self.mailbox)?;
        tracing::info!(room = %self.name, person = by.id.0, stream = %id, name = ?info.name, "live");
        if let Some(older) = older {
            self.tell(Event::StreamEnded(older));
        }
        self.tell(Event::Streams(vec![info]));
        Ok(id)
    }

    pub(super) fn give_stage(&mut self, by: PersonId, person: PersonId, given: bool) -> Result<(), Refusal> {
        self.instructor(by)?;
        let person = self.roster.person(person).ok_or(Refusal::NoSuchPerson)?;
        let (id, role) = (person.id, person.role);
        if self.floor.give(person, given) {
            tracing::info!(room = %self.name, by = by.0, person = id.0, given, "the stage");
            self.tell(Event::Stage(self.floor.stage()));
        }
        if !given && role == Role::Student {
            self.end_streams(self.streams.of(id));
        }
        Ok(())
    }

    pub(super) fn set_quiet(&mut self, by: PersonId, quiet: bool) -> Result<(), Refusal> {
        self.instructor(by)?;
        if self.floor.set_quiet(quiet) {
            tracing::info!(room = %self.name, by = by.0, quiet, "quiet");
            self.tell(Event::Quiet(quiet));
        }
        if quiet {
            let students = self.roster.people().filter(|p| p.role == Role::Student).flat_map(|p| self.streams.of(p.id)).collect::<Vec<_>>();
            self.end_streams(students);
        }
        Ok(())
    }

    pub(super) fn set_together(&mut self, by: PersonId, on: bool) -> Result<(), Refusal> {
        self.instructor(by)?;
        if std::mem::replace(&mut self.together, on) != on {
            self.tell(Event::Together { on });
        }
        Ok(())
    }

    pub(super) fn freeze(&mut self, by: PersonId, stream: StreamId, frozen: bool) -> Result<(), Refusal> {
        if self.streams.freeze(by, stream, frozen)? {
            self.tell(Event::Frozen(self.streams.frozen()));
        }
        Ok(())
    }

    /// Only what instructors show is recorded.
    pub(super) fn record(&mut self, by: PersonId, stream: StreamId, recorded: bool) -> Result<(), Refusal> {
        self.instructor(by)?;
        let publisher = self.streams.publisher(stream).ok_or(Refusal::NoSuchStream)?;
        self.instructor(publisher)?;
        if self.streams.record(stream, recorded, &self.mailbox)? {
            tracing::info!(room = %self.name, by = by.0, %stream, recorded, "recording");
            self.tell(Event::Recorded(self.streams.recorded()));
        }
        Ok(())
    }

    pub(super) fn recording_ended(&mut self, stream: StreamId) {
        if self.streams.recording_ended(stream) {
            self.tell(Event::Recorded(self.streams.recorded()));
        }
    }

    /// Somebody's seat has ended, and with it the stage.
    pub(super) fn leave_stage(&mut self, person: PersonId) {
        if self.floor.forget(person) {
            self.tell(Event::Stage(self.floor.stage()));
        }
    }

    /// What somebody is told of the floor who has just entered.
    pub(super) fn floor_events(&self) -> Vec<Event> {
        let (frozen, stage) = (self.streams.frozen(), self.floor.stage());
        let frozen = (!frozen.is_empty()).then_some(Event::Frozen(frozen));
        let stage = (!stage.is_empty()).then_some(Event::Stage(stage));
        let quiet = self.floor.is_quiet().then_some(Event::Quiet(true));
        let recorded = self.streams.recorded();
        let recorded = (!recorded.is_empty()).then_some(Event::Recorded(recorded));
        [frozen, stage, quiet, recorded].into_iter().flatten().collect()
    }

    fn instructor(&self, by: PersonId) -> Result<(), Refusal> {
        self.roster.person(by).filter(|p| p.role == Role::Instructor).map(drop).ok_or(Refusal::NotAllowed)
    }
}
