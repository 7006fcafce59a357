//! Who is in the room: names that are unique, seats that are kept for a while. Pure: time is an argument.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use lectern_proto::control::{Person, PersonId, Role};
use lectern_proto::limits::{NAME_MAX, SEAT_GRACE};
use lectern_proto::rights::Action;

#[derive(Debug)]
struct Member {
    person: Person,
    lost_at: Option<Duration>,
}

/// The people of a room.
#[derive(Debug, Default)]
pub(super) struct Roster {
    members: BTreeMap<PersonId, Member>,
    /// Whose connection was lost, by when. The room looks here after every message, so it does not look through everybody.
    lost: BTreeSet<(Duration, PersonId)>,
}

/// Whether a name may be shown: 1 to [`NAME_MAX`] bytes, no control characters, not only spaces.
pub(crate) fn is_name(name: &str) -> bool {
    !name.trim().is_empty() && name.len() <= NAME_MAX && !name.contains(char::is_control)
}

impl Roster {
    /// Lets a person in, or back in; gives the name that the room shows.
    pub(super) fn enter(&mut self, id: PersonId, name: &str, role: Role) -> &Person {
        let name = match self.members.get(&id) {
            Some(member) => member.person.name.clone(),
            None => self.unique(name),
        };
        self.found(id);
        let member = Member { person: Person { id, name, role, connected: true }, lost_at: None };
        &self.members.entry(id).insert_entry(member).into_mut().person
    }

    fn unique(&self, name: &str) -> String {
        let name = name.trim();
        let names: HashSet<_> = self.members.values().map(|m| m.person.name.to_lowercase()).collect();
        let taken = |candidate: &str| names.contains(&candidate.to_lowercase());
        if !taken(name) {
            return name.to_owned();
        }
        // There are fewer people than numbers, so one is free.
        (2u32..).map(|n| numbered(name, n)).find(|candidate| !taken(candidate)).unwrap_or_default()
    }

    /// The person's connection was lost; gives the person when that is new.
    pub(super) fn lose(&mut self, now: Duration, id: PersonId) -> Option<&Person> {
        let member = self.members.get_mut(&id).filter(|m| m.person.connected)?;
        member.person.connected = false;
        member.lost_at = Some(now);
        self.lost.insert((now, id));
        Some(&member.person)
    }

    fn found(&mut self, id: PersonId) {
        if let Some(at) = self.members.get(&id).and_then(|m| m.lost_at) {
            self.lost.remove(&(at, id));
        }
    }

    /// The person's seat ends.
    pub(super) fn leave(&mut self, id: PersonId) -> bool {
        self.found(id);
        self.members.remove(&id).is_some()
    }

    /// Ends the seats whose grace is over.
    pub(super) fn expire(&mut self, now: Duration) -> Vec<PersonId> {
        let mut gone = Vec::new();
        while let Some((_, id)) = self.lost.first().copied().filter(|(at, _)| now >= *at + SEAT_GRACE) {
            self.leave(id);
            gone.push(id);
        }
        gone
    }

    /// When [`Self::expire`] has something to do.
    pub(super) fn next_expiry(&self) -> Option<Duration> {
        self.lost.first().map(|(at, _)| *at + SEAT_GRACE)
    }

    pub(super) fn person(&self, id: PersonId) -> Option<&Person> {
        self.members.get(&id).map(|m| &m.person)
    }

    pub(super) fn people(&self) -> impl Iterator<Item = &Person> {
        self.members.values().map(|m| &m.person)
    }

    /// People who count against the room's limit.
    pub(super) fn students(&self) -> usize {
        self.people().filter(|p| !p.role.may(Action::Moderate)).count()
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }
}

/// "Ana (2)", cut so that it stays a name.
fn numbered(name: &str, n: u32) -> String {
    let tail = format!(" ({n})");
    let mut end = name.len().min(NAME_MAX - tail.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{tail}", name[..end].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn names_are_unique_and_stay_names() {
        let mut roster = Roster::default();
        let mut enter = |id, name: &str| roster.enter(PersonId(id), name, Role::Student).name.clone();
        assert_eq!(enter(1, "Ana"), "Ana");
        assert_eq!(enter(2, " ana "), "ana (2)");
        assert_eq!(enter(3, "Ana"), "Ana (3)");
        assert_eq!(enter(2, "Ana"), "ana (2)", "a person who comes back keeps the name");
        let long = "ü".repeat(NAME_MAX / 2);
        assert_eq!(enter(4, &long), long);
        let second = enter(5, &long);
        assert!(is_name(&second) && second.ends_with(" (2)"), "{second}");
    }

    #[test]
    fn which_names_may_be_shown() {
        for (name, good) in [("Ana", true), ("Ана 👩‍🏫", true), ("", false), ("  ", false), ("a\nb", false), ("a\u{9b}b", false)] {
            assert_eq!(is_name(name), good, "{name:?}");
        }
        assert!(!is_name(&"x".repeat(NAME_MAX + 1)));
    }

    #[test]
    fn a_lost_seat_is_kept_for_its_grace() {
        let mut roster = Roster::default();
        roster.enter(PersonId(1), "Ana", Role::Student);
        assert!(roster.lose(s(10), PersonId(1)).is_some_and(|p| !p.connected));
        assert!(roster.lose(s(11), PersonId(1)).is_none());
        assert_eq!(roster.next_expiry(), Some(s(10) + SEAT_GRACE));
        assert!(roster.expire(s(10)).is_empty());
        roster.enter(PersonId(1), "Ana", Role::Student);
        assert!(roster.expire(s(1_000)).is_empty(), "came back");
        roster.lose(s(1_000), PersonId(1));
        assert_eq!(roster.expire(s(1_000) + SEAT_GRACE), [PersonId(1)]);
        assert_eq!((roster.len(), roster.next_expiry()), (0, None));
        // Who has left is not waited for, and of several the first is next.
        for (id, at) in [(2, 7), (3, 5), (4, 6)] {
            roster.enter(PersonId(id), "Ana", Role::Student);
            roster.lose(s(at), PersonId(id));
        }
        assert!(roster.leave(PersonId(3)));
        assert_eq!(roster.next_expiry(), Some(s(6) + SEAT_GRACE));
        assert_eq!(roster.expire(s(1_000)), [PersonId(4), PersonId(2)]);
        assert_eq!((roster.len(), roster.next_expiry()), (0, None));
    }
}
