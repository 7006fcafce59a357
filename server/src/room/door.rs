//! Who comes in how: whether a room is locked, whether who is new waits, and who is kept out. Pure; whom to ask is the task's.

use std::collections::VecDeque;

use lectern_proto::control::{self, LoginRefusal, PersonId, Role};
use lectern_proto::limits::BANS_MAX;
use lectern_proto::rights::Action;

use crate::net::Origin;
use crate::store::Ban;

/// The door of a room. Somebody who is kept out is known by the account, and by the name and where it came from, which is all there is
/// without one.
#[derive(Debug, Default)]
pub(super) struct Door {
    shown: control::Door,
    banned: VecDeque<Ban>,
}

/// What becomes of somebody at the door.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    In,
    Waits,
    No(LoginRefusal),
}

impl Door {
    /// As it was kept.
    pub(super) fn of(shown: control::Door, banned: Vec<Ban>) -> Self {
        Self { shown, banned: banned.into() }
    }

    /// Whether somebody comes in whose proof was right. Staff always does. Who held a seat is not new; but whoever comes from where
    /// somebody was banned waits, because that may be the same person under another name.
    pub(super) fn verdict(&self, name: &str, role: Role, origin: Origin, is_new: bool) -> Verdict {
        if role.may(Action::Moderate) {
            return Verdict::In;
        }
        if self.banned.iter().any(|ban| ban.origin == origin && same(&ban.name, name)) {
            return Verdict::No(LoginRefusal::Banned);
        }
        if !is_new {
            return Verdict::In;
        }
        if self.shown.locked {
            return Verdict::No(LoginRefusal::Locked);
        }
        let is_suspect = self.banned.iter().any(|ban| ban.origin == origin);
        if self.shown.waiting_room || is_suspect || (self.shown.guests_wait && role == Role::Guest) { Verdict::Waits } else { Verdict::In }
    }

    pub(super) fn shown(&self) -> control::Door {
        self.shown
    }

    /// Says whether that changed anything.
    pub(super) fn set_locked(&mut self, locked: bool) -> bool {
        std::mem::replace(&mut self.shown.locked, locked) != locked
    }

    /// Says whether that changed anything.
    pub(super) fn set_waiting_room(&mut self, on: bool) -> bool {
        let guests_waited = !on && std::mem::replace(&mut self.shown.guests_wait, false);
        std::mem::replace(&mut self.shown.waiting_room, on) != on || guests_waited
    }

    /// A guest was removed: nothing tells the next from the same one, so they wait. Says whether that changed anything.
    pub(super) fn let_guests_wait(&mut self) -> bool {
        !std::mem::replace(&mut self.shown.guests_wait, true)
    }

    /// Whether the account of this person is kept out, from wherever it comes.
    pub(super) fn keeps_out(&self, person: PersonId) -> bool {
        self.banned.iter().any(|ban| ban.account == Some(person))
    }

    /// Keeps somebody out; `account` names who has one. Gives what is to be kept of it.
    pub(super) fn ban(&mut self, name: &str, origin: Origin, account: Option<PersonId>) -> Ban {
        if self.banned.len() >= BANS_MAX {
            self.banned.pop_front();
        }
        let ban = Ban { name: plain(name).to_owned(), origin, account };
        self.banned.push_back(ban.clone());
        ban
    }

    /// Gives the names of those who were kept out under this one, as they are kept; none where there was no such person.
    pub(super) fn pardon(&mut self, name: &str) -> Vec<String> {
        let names = self.banned.iter().filter(|ban| same(&ban.name, name)).map(|ban| ban.name.clone()).collect();
        self.banned.retain(|ban| !same(&ban.name, name));
        names
    }

    /// Names of all who are kept out.
    pub(super) fn banned(&self) -> Vec<String> {
        self.banned.iter().map(|ban| ban.name.clone()).collect()
    }
}

fn same(a: &str, b: &str) -> bool {
    plain(a).to_lowercase() == plain(b).to_lowercase()
}

/// A name without the number that tells two of one name apart.
fn plain(name: &str) -> &str {
    let name = name.trim();
    let number =
        name.strip_suffix(')').and_then(|n| n.rsplit_once(" (")).filter(|(_, digits)| digits.chars().all(|c| c.is_ascii_digit()) && !digits.is_empty());
    number.map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    #[test]
    fn who_comes_in_how() {
        let [here, there] = [1, 2].map(|n| Origin::from(IpAddr::from([192, 0, 2, n])));
        let mut door = Door::default();
        let check = |door: &Door, name, role, origin, is_new, want| assert_eq!(door.verdict(name, role, origin, is_new), want, "{name} {role:?} {is_new}");
        check(&door, "Ana", Role::Student, here, true, Verdict::In);
        assert!(door.set_waiting_room(true) && !door.set_waiting_room(true));
        check(&door, "Ana", Role::Student, here, true, Verdict::Waits);
        check(&door, "Ana", Role::Student, here, false, Verdict::In);
        check(&door, "Kim", Role::Instructor, here, true, Verdict::In);
        assert!(door.set_locked(true));
        check(&door, "Ana", Role::Student, here, true, Verdict::No(LoginRefusal::Locked));
        check(&door, "Ana", Role::Student, here, false, Verdict::In);
        check(&door, "Kim", Role::Instructor, here, true, Verdict::In);
        assert!(door.set_locked(false) && door.set_waiting_room(false));
        door.ban("Ana (2)", here, Some(PersonId(9)));
        assert!(door.keeps_out(PersonId(9)) && !door.keeps_out(PersonId(8)));
        assert_eq!(door.banned(), ["Ana"]);
        for (name, origin, want) in [
            ("ana", here, Verdict::No(LoginRefusal::Banned)),
            (" Ana (17) ", here, Verdict::No(LoginRefusal::Banned)),
            ("Eve", here, Verdict::Waits),
            ("Ana", there, Verdict::In),
        ] {
            check(&door, name, Role::Student, origin, true, want);
        }
        check(&door, "Ana", Role::Student, here, false, Verdict::No(LoginRefusal::Banned));
        assert_eq!((door.pardon("ANA"), door.pardon("Ana"), door.keeps_out(PersonId(9))), (vec!["Ana".to_owned()], Vec::new(), false));
        check(&door, "Ana", Role::Student, here, true, Verdict::In);
        assert!(door.let_guests_wait() && !door.let_guests_wait());
        check(&door, "Gil", Role::Guest, there, true, Verdict::Waits);
        check(&door, "Gil", Role::Guest, there, false, Verdict::In);
        check(&door, "Ana", Role::Student, there, true, Verdict::In);
        assert!(door.set_waiting_room(false), "until the waiting room is switched off");
        check(&door, "Gil", Role::Guest, there, true, Verdict::In);
    }

    #[test]
    fn who_is_kept_out_is_bounded() {
        let origin = Origin::from(IpAddr::from([192, 0, 2, 1]));
        let mut door = Door::default();
        for n in 0..=BANS_MAX {
            door.ban(&format!("n{n}"), origin, None);
        }
        assert_eq!((door.banned().len(), door.banned().first().map(String::as_str)), (BANS_MAX, Some("n1")));
    }
}
