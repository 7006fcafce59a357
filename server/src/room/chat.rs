//! Private chat in a room: whose keys are known, and who may write to whom. Pure; handing on is the task's.

use std::collections::{BTreeMap, BTreeSet};

use lectern_proto::chat::IdentityId;
use lectern_proto::chat::keys::Bundle;
use lectern_proto::chat::stamp::StampKey;
use lectern_proto::control::{Person, PersonId, PrivateChat, Refusal};
use lectern_proto::rights::Action;

/// What the room knows of private chat.
#[derive(Debug)]
pub(super) struct Chat {
    setting: PrivateChat,
    /// In bytes; 0: none.
    attachment_max: u64,
    keys: BTreeMap<PersonId, (IdentityId, Box<Bundle>)>,
    /// Whose identity the others have not been told yet.
    untold: BTreeSet<PersonId>,
    stamps: StampKey,
    /// Who wants nothing from whom: (who, whom).
    blocked: BTreeSet<(PersonId, PersonId)>,
}

impl Chat {
    pub(super) fn new(setting: PrivateChat, attachment_max: u64, stamps: StampKey) -> Self {
        Self { setting, attachment_max, keys: BTreeMap::new(), untold: BTreeSet::new(), stamps, blocked: BTreeSet::new() }
    }

    pub(super) fn stamps(&self) -> &StampKey {
        &self.stamps
    }

    /// One wants nothing from another any more, or again.
    pub(super) fn block(&mut self, by: PersonId, person: PersonId, blocked: bool) {
        if blocked {
            self.blocked.insert((by, person))
        } else {
            self.blocked.remove(&(by, person))
        };
    }

    pub(super) fn is_blocked(&self, by: PersonId, person: PersonId) -> bool {
        self.blocked.contains(&(by, person))
    }

    pub(super) fn attachment_max(&self) -> u64 {
        self.attachment_max
    }

    pub(super) fn setting(&self) -> PrivateChat {
        self.setting
    }

    /// Says whether that changed anything.
    pub(super) fn set(&mut self, setting: PrivateChat) -> bool {
        std::mem::replace(&mut self.setting, setting) != setting
    }

    /// Takes somebody's keys. Says whether the others are to be told.
    pub(super) fn take(&mut self, person: PersonId, identity: IdentityId, bundle: Box<Bundle>) -> bool {
        let is_new = self.keys.get(&person).is_none_or(|before| before.0 != identity || before.1 != bundle);
        self.keys.insert(person, (identity, bundle));
        is_new && self.untold.insert(person)
    }

    /// Nobody writes to somebody by the keys that were known until there are new ones.
    pub(super) fn leave_out(&mut self, person: PersonId) {
        self.keys.remove(&person);
        self.untold.remove(&person);
    }

    /// Somebody is gone for good.
    pub(super) fn forget(&mut self, person: PersonId) {
        self.keys.remove(&person);
        self.untold.remove(&person);
        self.blocked.retain(|(by, whom)| *by != person && *whom != person);
    }

    pub(super) fn identity(&self, person: PersonId) -> Option<IdentityId> {
        self.keys.get(&person).map(|(id, _)| *id)
    }

    pub(super) fn bundle(&self, person: PersonId) -> Option<&Bundle> {
        self.keys.get(&person).map(|(_, bundle)| &**bundle)
    }

    /// Everybody's identity.
    pub(super) fn identities(&self) -> Vec<(PersonId, IdentityId)> {
        self.keys.iter().map(|(person, (id, _))| (*person, *id)).collect()
    }

    /// Those that are new or changed since this was asked.
    pub(super) fn news(&mut self) -> Vec<(PersonId, IdentityId)> {
        let untold = std::mem::take(&mut self.untold);
        untold.into_iter().filter_map(|person| Some((person, self.identity(person)?))).collect()
    }

    pub(super) fn has_news(&self) -> bool {
        !self.untold.is_empty()
    }

    /// Whether one may write to the other: by the room's setting, and while it is quiet staff alone.
    pub(super) fn may_write(&self, from: &Person, to: &Person, quiet: bool) -> Result<(), Refusal> {
        match (self.setting.allows(from.role, to.role) && from.id != to.id, quiet && !from.role.may(Action::Moderate)) {
            (false, _) => Err(Refusal::NoPrivateChat),
            (true, true) => Err(Refusal::Quiet),
            (true, false) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lectern_proto::control::Role;

    #[test]
    fn the_table_of_rights() {
        let person = |id, role| Person { id: PersonId(id), name: "x".into(), role, connected: true };
        let (kim, ana, ben, lee) = (person(1, Role::Instructor), person(2, Role::Student), person(3, Role::Student), person(4, Role::Assistant));
        let (yes, no, quiet) = (Ok(()), Err(Refusal::NoPrivateChat), Err(Refusal::Quiet));
        let check = |setting, is_quiet, want: [Result<(), Refusal>; 5]| {
            let chat = Chat::new(setting, 0, StampKey([1; 32]));
            let pairs = [(&kim, &ana), (&ana, &kim), (&ana, &ben), (&ana, &ana), (&lee, &kim)];
            assert_eq!(pairs.map(|(from, to)| chat.may_write(from, to, is_quiet)), want, "{setting:?} {is_quiet}");
        };
        check(PrivateChat::All, false, [yes, yes, yes, no, yes]);
        check(PrivateChat::Instructor, false, [yes, yes, no, no, yes]);
        check(PrivateChat::Off, false, [no, no, no, no, yes]);
        check(PrivateChat::All, true, [yes, quiet, quiet, no, yes]);
    }
}
