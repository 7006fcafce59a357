//! `lectern record`: the instructor records a live stream into the catalogue.

use std::time::Duration;

use clap::{Args, Subcommand};
use lectern_proto::control::StreamId;
use serde::Serialize;

use super::{Failure, join, print};
use crate::class::JoinRequest;
use crate::live::LiveError;

/// A stream that was just started is found within this; everybody is told of a change within it.
const WAIT: Duration = Duration::from_secs(5);

pub(super) const HELP: &str = "\
Examples:
  lectern record start camera --join LINK --name Nora
  lectern record stop camera --join LINK --name Nora
  lectern record list --join LINK --name Ana --password P

Nothing is written before `start`; everybody sees that it runs. It goes on when this program ends, until `stop` or the end of the
stream, and is then a video of the catalogue. What a student shows is recorded once that student agrees: in the window, or with
`lectern publish --recorded yes`, or by answering it there.";

#[derive(Debug, Clone, Args)]
pub(super) struct RecordArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Begins to record a stream; for instructors
    Start {
        /// Its name, such as camera or screen
        stream: String,
    },
    /// Ends that; for instructors
    Stop {
        /// Its name
        stream: String,
    },
    /// The streams that are recorded, as JSON
    List,
}

#[derive(Debug, Serialize)]
struct Recorded<'a> {
    recorded: Vec<&'a str>,
    /// Whose publishers are asked, and those who said no.
    asked: Vec<&'a str>,
    declined: Vec<&'a str>,
}

pub(super) async fn run(request: JoinRequest, args: RecordArgs) -> Result<(), Failure> {
    let (class, _) = join(request).await?;
    let order = match &args.what {
        What::Start { stream } => Some((stream, true)),
        What::Stop { stream } => Some((stream, false)),
        What::List => None,
    };
    if let Some((name, recorded)) = order {
        let runs = class.wait_for(|s| s.stream(name).is_some());
        if let Ok(Err(why)) = tokio::time::timeout(WAIT, runs).await {
            return Err(why.into());
        }
        let state = class.state();
        let running = || state.streams.iter().map(|s| s.name.clone()).collect();
        let stream = state.stream(name).ok_or_else(|| LiveError::NoSuchStream { name: name.clone(), running: running() })?.id;
        class.record(stream, recorded).await.map_err(Failure::Stream)?;
        let told = class.wait_for(|s| (s.floor.recorded.contains(&stream) || s.floor.recording_asked(stream).is_some()) == recorded);
        tokio::time::timeout(WAIT, told).await.map_err(|_| Failure::Other("the server did it, but did not tell it".to_owned()))??;
    }
    let state = class.state();
    let those = |which: &dyn Fn(StreamId) -> bool| state.streams.iter().filter(|s| which(s.id)).map(|s| s.name.as_str()).collect();
    print(&Recorded {
        recorded: those(&|id| state.floor.recorded.contains(&id)),
        asked: those(&|id| state.floor.recording_asked(id) == Some(false)),
        declined: those(&|id| state.floor.recording_asked(id) == Some(true)),
    })?;
    class.left().await;
    Ok(())
}
