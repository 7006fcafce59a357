//! The room's task, as far as fetching a lesson ahead goes.

use lectern_proto::control::{Event, Lesson, PersonId, Refusal};
use lectern_proto::rights::Action;

use super::super::ahead::Ahead;
use super::RoomTask;

impl RoomTask {
    pub(super) fn fetch_ahead(&mut self, by: PersonId, lesson: Option<Lesson>) -> Result<(), Refusal> {
        self.allow(by, Action::Administer)?;
        if let Some(lesson) = &lesson {
            let is_there = self.told.contains_key(&lesson.video) && self.ladder.iter().any(|r| r.name == lesson.rung);
            is_there.then_some(()).ok_or(Refusal::NoSuchVideo)?;
        }
        tracing::info!(room = %self.name, by = by.0, ?lesson, "to be fetched ahead");
        self.ahead = lesson.clone().map(Ahead::new);
        self.tell(Event::FetchAhead(lesson));
        self.ahead_at = self.clock.now();
        Ok(())
    }

    /// Tells instructors how many have the lesson.
    pub(super) fn tell_ahead(&mut self) {
        let Some(news) = self.ahead.as_mut().and_then(|ahead| ahead.news(self.roster.people())) else { return };
        self.tell_teachers(news);
    }
}
