//! Who was there from when to when. Pure: time is an argument, in seconds since 1970-01-01.

use std::collections::{BTreeMap, HashMap};

use lectern_proto::control::{Person, PersonId, RoomAnswer, Stay};
use lectern_proto::limits::{ATTENDANCE_MAX, ATTENDANCE_PAGE};

/// The times of all people of a room, in the order of their beginning.
#[derive(Debug, Default)]
pub(super) struct Attendance {
    stays: BTreeMap<u32, Stay>,
    next: u32,
    /// Those that last.
    open: HashMap<PersonId, u32>,
    /// Those that ended and are not kept in the database yet.
    ended: Vec<Stay>,
}

impl Attendance {
    /// Goes on behind what was kept before.
    pub(super) fn of(stays: Vec<Stay>) -> Self {
        let stays: BTreeMap<_, _> = (0..).zip(stays).collect();
        Self { next: stays.last_key_value().map_or(0, |(n, _)| n + 1), stays, ..Self::default() }
    }

    /// Somebody is connected.
    pub(super) fn begin(&mut self, now_s: i64, person: &Person) {
        if self.open.contains_key(&person.id) {
            return;
        }
        if self.stays.len() >= ATTENDANCE_MAX
            && let Some(oldest) = self.stays.iter().find(|(_, stay)| stay.until_s.is_some()).map(|(n, _)| *n)
        {
            self.stays.remove(&oldest);
        }
        self.stays.insert(self.next, Stay { person: person.id, name: person.name.clone(), role: person.role, from_s: now_s, until_s: None });
        self.open.insert(person.id, self.next);
        self.next += 1;
    }

    /// Somebody is not connected any more.
    pub(super) fn end(&mut self, now_s: i64, person: PersonId) {
        if let Some(stay) = self.open.remove(&person).and_then(|n| self.stays.get_mut(&n)) {
            stay.until_s = Some(now_s);
            self.ended.push(stay.clone());
        }
    }

    /// Nobody is connected any more.
    pub(super) fn end_all(&mut self, now_s: i64) {
        for person in self.open.keys().copied().collect::<Vec<_>>() {
            self.end(now_s, person);
        }
    }

    /// Those that ended since this was asked.
    pub(super) fn take_ended(&mut self) -> Vec<Stay> {
        std::mem::take(&mut self.ended)
    }

    /// Times from the nth on, as many as go into one message.
    pub(super) fn page(&self, from: u32) -> RoomAnswer {
        let mut rest = self.stays.values().skip(usize::try_from(from).unwrap_or(usize::MAX));
        let stays = rest.by_ref().take(ATTENDANCE_PAGE).cloned().collect();
        RoomAnswer::Attendance { stays, more: rest.next().is_some() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::control::Role;

    fn person(id: u64) -> Person {
        Person { id: PersonId(id), name: format!("p{id}"), role: Role::Student, connected: true }
    }

    fn all(attendance: &Attendance) -> Vec<(u64, i64, Option<i64>)> {
        let (mut all, mut from) = (Vec::new(), 0);
        loop {
            let RoomAnswer::Attendance { stays, more } = attendance.page(from) else { panic!("attendance") };
            assert!(stays.len() <= ATTENDANCE_PAGE && (stays.len() == ATTENDANCE_PAGE || !more));
            from += u32::try_from(stays.len()).expect("few");
            all.extend(stays.iter().map(|s| (s.person.0, s.from_s, s.until_s)));
            if !more {
                return all;
            }
        }
    }

    #[test]
    fn each_connection_is_a_stay() {
        let mut attendance = Attendance::default();
        attendance.begin(10, &person(1));
        attendance.begin(12, &person(1));
        attendance.begin(20, &person(2));
        attendance.end(30, PersonId(1));
        attendance.end(31, PersonId(1));
        attendance.begin(40, &person(1));
        assert_eq!(all(&attendance), [(1, 10, Some(30)), (2, 20, None), (1, 40, None)]);
        attendance.end_all(50);
        let ended = attendance.take_ended();
        assert_eq!((ended.len(), attendance.take_ended().len()), (3, 0));
        let mut again = Attendance::of(ended);
        again.begin(60, &person(3));
        assert_eq!(all(&again).last(), Some(&(3, 60, None)));
    }

    #[test]
    fn it_is_bounded_and_comes_in_pages() {
        let mut attendance = Attendance::default();
        attendance.begin(0, &person(0));
        for n in 1..=i64::try_from(ATTENDANCE_MAX).expect("small") {
            attendance.begin(n, &person(1));
            attendance.end(n, PersonId(1));
        }
        let all = all(&attendance);
        assert_eq!((all.len(), all[0], all[1]), (ATTENDANCE_MAX, (0, 0, None), (1, 2, Some(2))), "who is still there is not forgotten");
    }
}
