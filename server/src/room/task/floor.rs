//! The room's task, as far as the floor goes: who gives the stage and takes it, quiet, sitting together, pictures that stand still, recording,
//! and what everybody is told of it.

use lectern_proto::control::{Event, Offer, PersonId, Refusal, StreamId, StreamKind};
use lectern_proto::rights::Action;

use super::RoomTask;

impl RoomTask {
    pub(super) fn publish(&mut self, by: PersonId, offer: Offer) -> Result<StreamId, Refusal> {
        let id = StreamId(rand::random());
        let by = self.roster.person(by).filter(|p| p.connected).ok_or(Refusal::NotAllowed)?;
        self.floor.may_publish(by)?;
        (offer.sound.is_none() || !self.tools.is_muted(by.id)).then_some(()).ok_or(Refusal::Muted)?;
        let is_podcast = matches!(offer.kind, StreamKind::Podcast | StreamKind::Recording);
        (!is_podcast || by.role.may(Action::StartPodcast)).then_some(()).ok_or(Refusal::NotAllowed)?;
        let (info, older) = self.streams.publish(self.clock.now(), id, by, offer, &self.media, &self.mailbox)?;
        tracing::info!(room = %self.name, person = by.id.0, stream = %id, name = ?info.name, "live");
        if let Some(older) = older {
            self.voices.end(older);
            self.tell(Event::StreamEnded(older));
        }
        self.tell(Event::Streams(vec![info]));
        Ok(id)
    }

    pub(super) fn give_stage(&mut self, by: PersonId, person: PersonId, given: bool) -> Result<(), Refusal> {
        self.allow(by, Action::Moderate)?;
        let person = self.roster.person(person).ok_or(Refusal::NoSuchPerson)?;
        let (id, role) = (person.id, person.role);
        if self.floor.give(person, given) {
            tracing::info!(room = %self.name, by = by.0, person = id.0, given, "the stage");
            self.tell(Event::Stage(self.floor.stage()));
        }
        if !given && !role.may(Action::Publish) {
            self.end_streams(self.streams.of(id));
        }
        Ok(())
    }

    pub(super) fn set_quiet(&mut self, by: PersonId, quiet: bool) -> Result<(), Refusal> {
        self.allow(by, Action::Moderate)?;
        if self.floor.set_quiet(quiet) {
            tracing::info!(room = %self.name, by = by.0, quiet, "quiet");
            self.tell(Event::Quiet(quiet));
        }
        if quiet {
            let students = self.roster.people().filter(|p| !p.role.may(Action::Publish)).flat_map(|p| self.streams.of(p.id)).collect::<Vec<_>>();
            self.end_streams(students);
        }
        Ok(())
    }

    pub(super) fn set_together(&mut self, by: PersonId, on: bool) -> Result<(), Refusal> {
        self.allow(by, Action::Administer)?;
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

    /// What is said of a stream that is not this person's, or has no sound, counts for nothing.
    pub(super) fn speaking(&mut self, by: PersonId, stream: StreamId, speaking: bool) {
        if self.streams.is_heard(by, stream) {
            self.voices.set(by, stream, speaking);
        }
    }

    /// What somebody else than an instructor shows is recorded once he or she has allowed it.
    pub(super) fn record(&mut self, by: PersonId, stream: StreamId, recorded: bool) -> Result<(), Refusal> {
        self.allow(by, Action::Administer)?;
        let publisher = self.streams.publisher(stream).ok_or(Refusal::NoSuchStream)?;
        let needs_consent = self.allow(publisher, Action::Administer).is_err();
        let result = self.streams.record(stream, recorded, needs_consent, &self.mailbox);
        tracing::info!(room = %self.name, by = by.0, %stream, recorded, needs_consent, ?result, "recording");
        self.tell_recording();
        result
    }

    pub(super) fn allow_recording(&mut self, by: PersonId, stream: StreamId, allowed: bool) -> Result<(), Refusal> {
        let result = self.streams.allow_recording(by, stream, allowed, &self.mailbox);
        tracing::info!(room = %self.name, by = by.0, %stream, allowed, ?result, "whether it may be recorded");
        self.tell_recording();
        result
    }

    /// Tells what is recorded and what waits for consent.
    fn tell_recording(&mut self) {
        self.tell(Event::Recorded(self.streams.recorded()));
        self.tell(Event::RecordingAsked(self.streams.asked()));
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
        let asked = self.streams.asked();
        let asked = (!asked.is_empty()).then_some(Event::RecordingAsked(asked));
        [frozen, stage, quiet, recorded, asked].into_iter().flatten().collect()
    }

    /// Whether somebody who is there may do this without being given it first.
    pub(super) fn allow(&self, by: PersonId, action: Action) -> Result<(), Refusal> {
        self.roster.person(by).filter(|p| p.role.may(action)).map(drop).ok_or(Refusal::NotAllowed)
    }
}
