//! Who may do what: the one table that the server enforces and the window shows.

use crate::control::Role;

/// What somebody may want to do in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Watch, listen, raise a hand, answer polls, room chat.
    TakePart,
    PrivateChat,
    /// Publish, take over, remote control.
    Publish,
    /// Hand in files.
    HandIn,
    StartPodcast,
    /// Admit, mute, remove, lock, quiet; give the stage.
    Moderate,
    /// Accounts, codes, room settings, lessons fetched ahead, recording, export and erasure of a person's data.
    Administer,
}

/// Whether a role may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    Yes,
    No,
    /// As the room's `private_chat` says.
    BySetting,
    /// When it was given to this person, or to all.
    WhenGranted,
    /// In the own folder alone.
    OwnFolder,
}

impl Action {
    pub const ALL: [Self; 7] = [Self::TakePart, Self::PrivateChat, Self::Publish, Self::HandIn, Self::StartPodcast, Self::Moderate, Self::Administer];
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Guest, Self::Student, Self::Assistant, Self::Instructor];

    /// The table.
    #[must_use]
    pub fn right(self, action: Action) -> Right {
        use Right::{BySetting, No, OwnFolder, WhenGranted, Yes};
        let [guest, student, assistant, instructor] = match action {
            Action::TakePart => [Yes, Yes, Yes, Yes],
            Action::PrivateChat => [No, BySetting, Yes, Yes],
            Action::Publish => [WhenGranted, WhenGranted, Yes, Yes],
            Action::HandIn => [No, OwnFolder, Yes, Yes],
            Action::StartPodcast | Action::Moderate => [No, No, Yes, Yes],
            Action::Administer => [No, No, No, Yes],
        };
        match self {
            Self::Guest => guest,
            Self::Student => student,
            Self::Assistant => assistant,
            Self::Instructor => instructor,
        }
    }

    /// Whether this role may do it without being given it first.
    #[must_use]
    pub fn may(self, action: Action) -> bool {
        self.right(action) == Right::Yes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let rows = [
            (Action::TakePart, "yes | yes | yes | yes"),
            (Action::PrivateChat, "no | by setting | yes | yes"),
            (Action::Publish, "when granted | when granted | yes | yes"),
            (Action::HandIn, "no | own folder | yes | yes"),
            (Action::StartPodcast, "no | no | yes | yes"),
            (Action::Moderate, "no | no | yes | yes"),
            (Action::Administer, "no | no | no | yes"),
        ];
        assert_eq!(rows.map(|(action, _)| action), Action::ALL);
        let word = |right| match right {
            Right::Yes => "yes",
            Right::No => "no",
            Right::BySetting => "by setting",
            Right::WhenGranted => "when granted",
            Right::OwnFolder => "own folder",
        };
        for (action, row) in rows {
            assert_eq!(Role::ALL.map(|role| word(role.right(action))).join(" | "), row, "{action:?}");
        }
    }
}
