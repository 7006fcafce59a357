//! `lectern codes`: access codes of the room, for the instructor: makes, lists and revokes them.

use clap::{Args, Subcommand};
use lectern_proto::control::{CodeInfo, RoomAnswer, RoomRequest, VideoId};
use lectern_proto::link::JoinLink;
use serde::Serialize;

use super::{Failure, join, print};
use crate::class::{JoinRequest, StreamError};

pub(super) const HELP: &str = "\
Examples:
  lectern codes make --hours 2 --uses 30 --join INSTRUCTORLINK --name Nora
  lectern codes list --join INSTRUCTORLINK --name Nora
  lectern codes revoke 7 --join INSTRUCTORLINK --name Nora
  lectern people --join 'lectern://192.168.1.4:5511/class?code=3467-9ACD-EFGH-JKMN#...' --name Guest

Who enters with a code alone is a guest: watches, listens, raises a hand, answers polls and writes in the room chat.";

#[derive(Debug, Clone, Args)]
pub(super) struct CodesArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Makes a code and prints it, with the link that holds it, as JSON; it is shown this once
    #[command(after_help = "Example:\n  lectern codes make --hours 2 --uses 30 --join INSTRUCTORLINK --name Nora")]
    Make {
        /// Hours until it expires, 0.02 (a minute) to 720 (30 days)
        #[arg(long, value_name = "H", default_value_t = 24.0)]
        hours: f64,
        /// How many people may enter with it, 1 to 1000
        #[arg(long, value_name = "N", default_value_t = 1)]
        uses: u32,
        /// The one video that its guests see
        #[arg(long, value_name = "ID")]
        video: Option<String>,
    },
    /// Prints the codes with which somebody could still enter, as JSON, by their numbers
    #[command(after_help = "Example:\n  lectern codes list --join INSTRUCTORLINK --name Nora")]
    List,
    /// Nobody enters with the code of this number any more; who is in stays
    #[command(after_help = "Example:\n  lectern codes revoke 7 --join INSTRUCTORLINK --name Nora")]
    Revoke {
        /// As `list` prints it
        number: u64,
    },
}

#[derive(Debug, Serialize)]
struct Made<'a> {
    code: &'a str,
    link: String,
    #[serde(flatten)]
    line: Line<'a>,
}

#[derive(Debug, Serialize)]
struct Codes<'a> {
    codes: Vec<Line<'a>>,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    number: u64,
    uses: u32,
    used: u32,
    video: Option<&'a str>,
    /// Seconds since 1970-01-01.
    expires_s: i64,
}

impl<'a> From<&'a CodeInfo> for Line<'a> {
    fn from(info: &'a CodeInfo) -> Self {
        Self { number: info.code, uses: info.uses, used: info.used, video: info.video.as_ref().map(|v| v.0.as_str()), expires_s: info.expires_s }
    }
}

pub(super) async fn run(request: JoinRequest, args: CodesArgs) -> Result<(), Failure> {
    let link = request.link.clone();
    let (class, _) = join(request).await?;
    let what = match args.what {
        What::Make { hours, uses, video } => RoomRequest::MakeCode { for_s: (hours * 3_600.0).round().max(0.0) as u32, uses, video: video.map(VideoId) },
        What::List => RoomRequest::Codes,
        What::Revoke { number } => RoomRequest::RevokeCode { code: number },
    };
    let answer = class.use_tool(what).await.map_err(Failure::Stream);
    class.left().await;
    match answer? {
        RoomAnswer::Code { code, info } => {
            let video = info.video.as_ref().map(|v| v.0.clone());
            let link = JoinLink { key: None, code: Some(code.clone()), video, ..link };
            print(&Made { code: &code, link: link.to_string(), line: (&info).into() })
        }
        RoomAnswer::Codes(codes) => print(&Codes { codes: codes.iter().map(Line::from).collect() }),
        RoomAnswer::Done => Ok(()),
        RoomAnswer::Attendance { .. } | RoomAnswer::Rooms(_) => Err(Failure::Stream(StreamError::NotConnected)),
    }
}
