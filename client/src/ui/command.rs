//! What a view may ask for. Views draw and push commands; [`super::window::Window`] carries them out after the pass.

use std::path::PathBuf;

use lectern_proto::address::ServerAddress;
use lectern_proto::control::{Lesson, PersonId, RoomRequest, StreamId, VideoId};

use super::backend::Pick;
use super::catalogue::Order;
use super::chat::ChatCommand;
use super::join::chosen::Chosen;
use super::manage::ManageCommand;
use super::podcast::PodcastWish;
use super::stage::ZoomKey;
use super::strings::{Language, Strings};
use super::studio::StudioCommand;
use super::wishes::Wish;
use crate::lab::work::LabWish;

/// A wish of the person at the window.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Join with what the form holds.
    Join,
    /// Take a server without a link into the form.
    Choose(Box<Chosen>),
    /// Ask at a typed address who is there.
    Meet(ServerAddress),
    /// Stop joining.
    CancelJoin,
    Leave,
    /// Show a video on the stage.
    Open(VideoId),
    /// Show a live stream on the stage.
    Watch(StreamId),
    /// A refusal was read.
    PutAway(Wish),
    /// Of chat.
    Chat(ChatCommand),
    /// Of who shows something to the class.
    Studio(StudioCommand),
    /// Back to the catalogue.
    CloseStage,
    /// Open the same video again after it failed.
    Retry,
    TogglePlay,
    /// From the beginning, after the end.
    Replay,
    /// To a media position.
    Seek {
        position_us: u64,
    },
    /// By so much from where it is.
    SeekBy {
        by_us: i64,
    },
    /// 0 to 1.
    SetVolume(f32),
    VolumeBy(f32),
    ToggleMute,
    /// A rung's name, `auto` or `thirds`.
    SetQuality(String),
    /// The nth sound track, from 0.
    SetSoundTrack(usize),
    ToggleFullscreen,
    ToggleStatistics,
    /// Enlarge the picture, or move it.
    Zoom(ZoomKey),
    LeaveFullscreen,
    TogglePeople,
    /// The join board for the projector.
    ToggleBoard,
    ToggleKeys,
    /// Ask whether to remove this person.
    AskRemove(PersonId),
    CancelRemove,
    Remove(PersonId),
    /// Use one of the room's tools.
    Tool(RoomRequest),
    /// Show the form of a new poll, or hide it.
    NewPoll(bool),
    /// A closed poll was read.
    PutPollAway(u32),
    /// The access codes are listed, or not any more.
    Codes(bool),
    /// The card of a new access code was read.
    PutCodeAway(u64),
    /// Of the forms of rooms and accounts.
    Manage(ManageCommand),
    SetOrder(Order),
    /// Everybody fetches this before it is watched; none: nobody any more.
    FetchAhead(Option<Lesson>),
    ToggleSettings,
    /// Dark or light; none: as the system has it.
    SetTheme(Option<bool>),
    /// None: as the system has it.
    SetLanguage(Option<Language>),
    /// Enlargement of everything.
    SetScale(f32),
    /// Whether nothing moves by itself; none: as the system has it.
    SetStill(Option<bool>),
    /// For the next class.
    SetName(String),
    /// The device that plays, by its name; none: the system's choice.
    SetOutput(Option<String>),
    ToggleTheme,
    ToggleLanguage,
    /// Play a file of this computer.
    PlayFile(PathBuf),
    /// Choose a file or folder in the system's dialog.
    Pick(Pick),
    /// Hold a class on this computer.
    StartClass,
    /// End what was started here: the file, or the class.
    EndOwn,
    /// Do not end the class after all.
    KeepOwn,
    /// Show the videos of the class that is held here.
    ShowFolder,
    /// Where they lie; none: where they lie by themselves.
    SetVideosFolder(Option<PathBuf>),
    /// Show the labs, or what was there before.
    ShowLabs(bool),
    /// Of the labs, with others of the class.
    Lab(LabWish),
    /// About podcasts.
    Podcast(PodcastWish),
    /// Put a text where other programs can paste it.
    Copy(String),
}

/// What every view has at hand.
#[derive(Debug)]
pub struct Cx<'a> {
    pub strings: &'a Strings,
    pub out: &'a mut Vec<Command>,
}

impl Cx<'_> {
    /// A sentence or word by its key.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.strings.text(key)
    }

    pub fn push(&mut self, command: Command) {
        self.out.push(command);
    }
}
