//! What staff does with people and the door: options of `lectern people`, each one wish to the room.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lectern_proto::attendance;
use lectern_proto::control::{PersonId, PrivateChat, RoomRequest};

use super::super::Failure;
use crate::class::{Class, ClassState};

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

/// Who may write to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum WhoWrites {
    Off,
    Instructor,
    All,
}

/// At most one of these.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
pub(super) struct Tool {
    /// The person with this name has to leave
    #[arg(long, value_name = "NAME")]
    remove: Option<String>,
    /// The person with this name has to leave and is kept out
    #[arg(long, value_name = "NAME")]
    ban: Option<String>,
    /// The person with this name is kept out no longer
    #[arg(long, value_name = "NAME")]
    pardon: Option<String>,
    /// What this student publishes with sound ends, and nothing with sound is published any more
    #[arg(long, value_name = "NAME")]
    mute: Option<String>,
    /// This student may publish sound again
    #[arg(long, value_name = "NAME")]
    unmute: Option<String>,
    /// Lowers the hand of this person
    #[arg(long, value_name = "NAME")]
    lower_hand: Option<String>,
    /// Lets the person with this name in, who waits at the door
    #[arg(long, value_name = "NAME")]
    admit: Option<String>,
    /// Lets everybody in who waits
    #[arg(long)]
    admit_all: bool,
    /// The person with this name, who waits, is not let in
    #[arg(long, value_name = "NAME")]
    turn_away: Option<String>,
    /// Nobody new comes in, or they may again
    #[arg(long, value_name = "SWITCH")]
    lock: Option<Switch>,
    /// Whoever is new waits until admitted, or nobody does
    #[arg(long, value_name = "SWITCH")]
    waiting_room: Option<Switch>,
    /// Every window shows the stage, or may show something else again
    #[arg(long, value_name = "SWITCH")]
    attention: Option<Switch>,
    /// Who may write to whom, one to one
    #[arg(long, value_name = "WHO")]
    private_chat: Option<WhoWrites>,
    /// Writes who was there from when to when into a file, as a table (CSV)
    #[arg(long, value_name = "FILE")]
    attendance: Option<PathBuf>,
}

impl Tool {
    /// Does what was asked for.
    pub(super) async fn use_in(&self, class: &Class, state: &ClassState) -> Result<(), Failure> {
        if let Some(file) = &self.attendance {
            let stays = class.attendance().await.map_err(Failure::Stream)?;
            let written = std::fs::write(file, attendance::csv(&stays));
            return written.map_err(|e| Failure::Other(format!("{} cannot be written ({e}); choose another file", file.display())));
        }
        if let Some(name) = &self.remove {
            let person = somebody(state, name)?;
            class.remove_person(person).await.map_err(Failure::Stream)?;
            class.wait_for(|s| s.people.iter().all(|p| p.id != person)).await?;
            return Ok(());
        }
        let Some(what) = self.wish(state)? else { return Ok(()) };
        class.use_tool(what).await.map(drop).map_err(Failure::Stream)
    }

    fn wish(&self, state: &ClassState) -> Result<Option<RoomRequest>, Failure> {
        let on = |switch: Switch| switch == Switch::On;
        let of_somebody = [
            self.ban.as_ref().map(|name| (name, Of::Ban)),
            self.mute.as_ref().map(|name| (name, Of::Mute(true))),
            self.unmute.as_ref().map(|name| (name, Of::Mute(false))),
            self.lower_hand.as_ref().map(|name| (name, Of::LowerHand)),
        ];
        if let Some((name, of)) = of_somebody.into_iter().flatten().next() {
            let person = somebody(state, name)?;
            return Ok(Some(match of {
                Of::Ban => RoomRequest::Ban { person },
                Of::Mute(muted) => RoomRequest::Mute { person, muted },
                Of::LowerHand => RoomRequest::LowerHand { person },
            }));
        }
        let at_the_door = self.admit.as_ref().map(|name| (name, true)).or(self.turn_away.as_ref().map(|name| (name, false)));
        if let Some((name, admitted)) = at_the_door {
            let person = waiting(state, name)?;
            return Ok(Some(if admitted { RoomRequest::Admit { person: Some(person) } } else { RoomRequest::TurnAway { person } }));
        }
        let private_chat = self.private_chat.map(|who| match who {
            WhoWrites::Off => PrivateChat::Off,
            WhoWrites::Instructor => PrivateChat::Instructor,
            WhoWrites::All => PrivateChat::All,
        });
        Ok([
            self.pardon.clone().map(|name| RoomRequest::Pardon { name }),
            self.admit_all.then_some(RoomRequest::Admit { person: None }),
            self.lock.map(|switch| RoomRequest::Lock { locked: on(switch) }),
            self.waiting_room.map(|switch| RoomRequest::WaitingRoom { on: on(switch) }),
            self.attention.map(|switch| RoomRequest::Attention { on: on(switch) }),
            private_chat.map(RoomRequest::PrivateChat),
        ]
        .into_iter()
        .flatten()
        .next())
    }
}

/// What is done to somebody in the room.
enum Of {
    Ban,
    Mute(bool),
    LowerHand,
}

fn somebody(state: &ClassState, name: &str) -> Result<PersonId, Failure> {
    let found = state.people.iter().find(|p| p.name == name).map(|p| p.id);
    found.ok_or_else(|| none("in the room", name, state.people.iter().map(|p| p.name.as_str())))
}

fn waiting(state: &ClassState, name: &str) -> Result<PersonId, Failure> {
    let found = state.tools.waiting.iter().find(|w| w.name == name).map(|w| w.person);
    found.ok_or_else(|| none("at the door", name, state.tools.waiting.iter().map(|w| w.name.as_str())))
}

fn none<'a>(place: &str, name: &str, there: impl Iterator<Item = &'a str>) -> Failure {
    let there = there.collect::<Vec<_>>().join(", ");
    let there = if there.is_empty() { "nobody is there".to_owned() } else { format!("there are {there}") };
    Failure::Other(format!("nobody {place} is called `{name}`; {there}"))
}
