//! Who may show something: to whom the stage is given, and whether it is quiet. Pure; what follows from a change is the task's.

use std::collections::BTreeSet;

use lectern_proto::control::{Person, PersonId, Refusal};
use lectern_proto::rights::Action;

/// The floor of a room.
#[derive(Debug, Default)]
pub(super) struct Floor {
    /// Students who have the stage. They keep it while it is quiet and while their connection is lost.
    stage: BTreeSet<PersonId>,
    quiet: bool,
}

impl Floor {
    /// Whether somebody may publish now.
    pub(super) fn may_publish(&self, by: &Person) -> Result<(), Refusal> {
        match by.role {
            role if role.may(Action::Publish) => Ok(()),
            _ if !self.stage.contains(&by.id) => Err(Refusal::NotAllowed),
            _ if self.quiet => Err(Refusal::Quiet),
            _ => Ok(()),
        }
    }

    /// Gives a student the stage or takes it back. Says whether that changed anything; who may publish anyway needs none.
    pub(super) fn give(&mut self, person: &Person, given: bool) -> bool {
        if given && !person.role.may(Action::Publish) { self.stage.insert(person.id) } else { self.stage.remove(&person.id) }
    }

    /// Somebody is gone for good; says whether the stage was theirs.
    pub(super) fn forget(&mut self, person: PersonId) -> bool {
        self.stage.remove(&person)
    }

    /// Says whether that changed anything.
    pub(super) fn set_quiet(&mut self, quiet: bool) -> bool {
        std::mem::replace(&mut self.quiet, quiet) != quiet
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Everybody who has the stage.
    pub(super) fn stage(&self) -> Vec<PersonId> {
        self.stage.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::control::Role;

    #[test]
    fn the_table_of_rights() {
        let person = |id, role| Person { id: PersonId(id), name: "x".into(), role, connected: true };
        let (kim, ana, ben) = (person(1, Role::Instructor), person(2, Role::Student), person(3, Role::Student));
        let mut floor = Floor::default();
        let check = |floor: &Floor, want: [Result<(), Refusal>; 3]| assert_eq!([&kim, &ana, &ben].map(|p| floor.may_publish(p)), want);
        let no = Err(Refusal::NotAllowed);
        check(&floor, [Ok(()), no, no]);
        assert!(floor.give(&ana, true) && !floor.give(&ana, true) && !floor.give(&kim, true));
        check(&floor, [Ok(()), Ok(()), no]);
        assert!(floor.set_quiet(true) && !floor.set_quiet(true) && floor.is_quiet());
        check(&floor, [Ok(()), Err(Refusal::Quiet), no]);
        floor.set_quiet(false);
        check(&floor, [Ok(()), Ok(()), no]);
        assert_eq!(floor.stage(), [PersonId(2)], "kept through the quiet time");
        assert!(floor.give(&ana, false) && !floor.forget(PersonId(2)));
        check(&floor, [Ok(()), no, no]);
    }
}
