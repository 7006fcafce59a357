//! The lesson that every viewer is to fetch before it is watched, and how far each is. Pure: who is there is an argument.

use std::collections::BTreeMap;

use lectern_proto::control::{AheadProgress, Event, Lesson, Person, PersonId};
use lectern_proto::rights::Action;

/// Thousandths that are all of it.
const ALL: u16 = 1_000;

/// What a room fetches ahead.
#[derive(Debug)]
pub(super) struct Ahead {
    pub(super) lesson: Lesson,
    progress: BTreeMap<PersonId, AheadProgress>,
    told: Option<Event>,
}

impl Ahead {
    pub(super) fn new(lesson: Lesson) -> Self {
        Self { lesson, progress: BTreeMap::new(), told: None }
    }

    /// Takes what a viewer says of itself; what it says of another lesson is late and not meant any more.
    pub(super) fn note(&mut self, person: PersonId, lesson: &Lesson, progress: AheadProgress) {
        if *lesson == self.lesson {
            self.progress.insert(person, progress);
        }
    }

    /// What instructors are to be told, if it is news to those who were told last.
    pub(super) fn news<'a>(&mut self, people: impl Iterator<Item = &'a Person>) -> Option<Event> {
        let tally = self.tally(people);
        (self.told.as_ref() != Some(&tally)).then(|| {
            self.told = Some(tally.clone());
            tally
        })
    }

    /// The count of now. Students count who are connected; what somebody had who is away is still there on coming back.
    pub(super) fn tally<'a>(&self, people: impl Iterator<Item = &'a Person>) -> Event {
        let (mut ready, mut of, mut unable) = (0, 0, 0);
        for person in people.filter(|p| p.connected && !p.role.may(Action::Publish)) {
            of += 1;
            match self.progress.get(&person.id) {
                Some(AheadProgress::Fetched { permille }) if *permille >= ALL => ready += 1,
                Some(AheadProgress::Unable) => unable += 1,
                Some(AheadProgress::Fetched { .. }) | None => {}
            }
        }
        Event::FetchedAhead { ready, of, unable }
    }

    /// A seat ended.
    pub(super) fn forget(&mut self, person: PersonId) {
        self.progress.remove(&person);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::control::{Role, VideoId};

    fn lesson(rung: &str) -> Lesson {
        Lesson { video: VideoId("1".into()), rung: rung.into() }
    }

    fn person(id: u64, role: Role, connected: bool) -> Person {
        Person { id: PersonId(id), name: id.to_string(), role, connected }
    }

    #[test]
    fn students_who_are_there_count() {
        let mut ahead = Ahead::new(lesson("360p"));
        let mut people = [person(1, Role::Instructor, true), person(2, Role::Student, true), person(3, Role::Student, true), person(4, Role::Student, false)];
        let tally = |ready, of, unable| Event::FetchedAhead { ready, of, unable };
        assert_eq!(ahead.news(people.iter()), Some(tally(0, 2, 0)));
        assert_eq!(ahead.news(people.iter()), None);
        ahead.note(PersonId(1), &lesson("360p"), AheadProgress::Fetched { permille: 1_000 });
        ahead.note(PersonId(2), &lesson("720p"), AheadProgress::Fetched { permille: 1_000 });
        ahead.note(PersonId(3), &lesson("360p"), AheadProgress::Fetched { permille: 999 });
        ahead.note(PersonId(4), &lesson("360p"), AheadProgress::Fetched { permille: 1_000 });
        assert_eq!(ahead.news(people.iter()), None, "an instructor, another lesson, not all of it, somebody who is away");
        people[3].connected = true;
        ahead.note(PersonId(2), &lesson("360p"), AheadProgress::Unable);
        assert_eq!(ahead.news(people.iter()), Some(tally(1, 3, 1)));
        ahead.forget(PersonId(4));
        assert_eq!(ahead.tally(people.iter()), tally(0, 3, 1));
    }
}
