//! `lectern rooms`: the rooms of the server, for the instructor: lists, opens and closes them.

use clap::{Args, Subcommand};
use lectern_proto::control::{RoomAnswer, RoomRequest};
use lectern_proto::link::JoinLink;
use serde::Serialize;

use super::{Failure, join, print};
use crate::class::{JoinRequest, StreamError, opening};

pub(super) const HELP: &str = "\
Examples:
  lectern rooms list --join INSTRUCTORLINK --name Nora
  lectern rooms open \"Lab 2\" --with-password sesame --join INSTRUCTORLINK --name Nora
  lectern rooms close \"Lab 2\" --join INSTRUCTORLINK --name Nora

Each room has its own people, codes, chat, streams and media keys; the videos are those of the server. The instructor's key opens all of them.";

#[derive(Debug, Clone, Args)]
pub(super) struct RoomsArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Prints the rooms with how many are in them and their links, as JSON
    #[command(after_help = "Example:\n  lectern rooms list --join INSTRUCTORLINK --name Nora")]
    List,
    /// Opens another room and prints its links, as JSON; it is there until it is closed, after the next start too
    #[command(
        after_help = "Examples:\n  lectern rooms open \"Lab 2\" --with-password sesame --join INSTRUCTORLINK --name Nora\n  lectern rooms open \"Lab 2\" --with-password sesame --waiting-room --join INSTRUCTORLINK --name Nora"
    )]
    Open {
        /// 1 to 64 bytes
        room: String,
        /// What students enter it with, 1 to 256 bytes
        #[arg(long, value_name = "P")]
        with_password: String,
        /// Whoever is new waits until somebody of the staff lets them in
        #[arg(long)]
        waiting_room: bool,
    },
    /// Ends a room that was opened, with its seats, codes and chat
    #[command(after_help = "Example:\n  lectern rooms close \"Lab 2\" --join INSTRUCTORLINK --name Nora")]
    Close {
        /// As `list` prints it
        room: String,
    },
}

#[derive(Debug, Serialize)]
struct Rooms {
    rooms: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    room: String,
    people: u32,
    #[serde(flatten)]
    links: Links,
}

#[derive(Debug, Serialize)]
struct Opened {
    room: String,
    #[serde(flatten)]
    links: Links,
}

#[derive(Debug, Serialize)]
struct Links {
    join: String,
    /// None where the link of who asks has no key.
    instructor: Option<String>,
}

impl Links {
    fn of(room: &str, link: &JoinLink) -> Self {
        let join = link.of_room(room);
        let instructor = link.key.is_some().then(|| JoinLink { key: link.key.clone(), ..join.clone() }.to_string());
        Self { join: join.to_string(), instructor }
    }
}

pub(super) async fn run(request: JoinRequest, args: RoomsArgs) -> Result<(), Failure> {
    let link = request.link.clone();
    let (class, _) = join(request).await?;
    let (opened, what) = match args.what {
        What::List => (None, RoomRequest::Rooms),
        What::Open { room, with_password, waiting_room } => (Some(room.clone()), opening(room, with_password, waiting_room)),
        What::Close { room } => (None, RoomRequest::CloseRoom { name: room }),
    };
    let answer = class.use_tool(what).await.map_err(Failure::Stream);
    class.left().await;
    match (answer?, opened) {
        (RoomAnswer::Rooms(rooms), _) => {
            let line = |room: lectern_proto::control::RoomInfo| Line { links: Links::of(&room.name, &link), room: room.name, people: room.people };
            print(&Rooms { rooms: rooms.into_iter().map(line).collect() })
        }
        (RoomAnswer::Done, Some(room)) => print(&Opened { links: Links::of(&room, &link), room }),
        (RoomAnswer::Done, None) => Ok(()),
        _ => Err(Failure::Stream(StreamError::NotConnected)),
    }
}
