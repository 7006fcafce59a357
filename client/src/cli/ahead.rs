//! `lectern ahead`: the instructor lets every viewer fetch a lesson before it is watched, and sees how far they are.

use std::time::Duration;

use clap::Args;
use lectern_proto::control::{Lesson, VideoId};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::watch::{interrupted, seconds};
use super::{Failure, join, print};
use crate::class::{AheadTally, Class, JoinRequest};
use crate::player::PlayError;

/// The server answers within this whether it is done.
const ANSWER: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Args)]
pub(super) struct AheadArgs {
    /// The video's id, as `lectern videos` names it
    #[arg(long, value_name = "ID", required_unless_present = "end")]
    video: Option<String>,
    /// The rung in which it is fetched; without it, the middle one of the server's ladder
    #[arg(long, value_name = "RUNG")]
    rung: Option<String>,
    /// Report for this many seconds, at most until everybody has it; the class goes on fetching either way
    #[arg(long = "for", value_name = "S", value_parser = seconds)]
    length: Option<Duration>,
    /// Nobody fetches anything ahead any more
    #[arg(long, conflicts_with_all = ["video", "rung", "length"])]
    end: bool,
}

#[derive(Debug, Serialize)]
struct Line {
    ready: u32,
    of: u32,
    unable: u32,
}

pub(super) async fn run(request: JoinRequest, args: AheadArgs) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    let lesson = match args.video {
        None => None,
        Some(id) => {
            let video = VideoId(id);
            state.videos.iter().find(|v| v.id == video).ok_or_else(|| PlayError::NoSuchVideo(video.0.clone()))?;
            let middle = || state.ladder.get(state.ladder.len().saturating_sub(1) / 2).map(|r| r.name.clone());
            let rung = args.rung.or_else(middle).unwrap_or_default();
            if !state.ladder.iter().any(|r| r.name == rung) {
                let names: Vec<_> = state.ladder.iter().map(|r| r.name.as_str()).collect();
                return Err(Failure::Usage(format!("there is no rung `{rung}`; the server has {}", names.join(", "))));
            }
            Some(Lesson { video, rung })
        }
    };
    class.fetch_ahead(lesson.clone());
    let told = tokio::time::timeout(ANSWER, class.wait_for(|s| s.ahead.lesson == lesson)).await;
    told.map_err(|_| Failure::Other("the server did not do it: only the instructor may, with the instructor's link".to_owned()))??;
    if lesson.is_some() {
        tokio::select! {
            done = follow(&class, args.length) => done?,
            () = interrupted() => {}
        }
    }
    class.left().await;
    Ok(())
}

async fn follow(class: &Class, length: Option<Duration>) -> Result<(), Failure> {
    let until = length.map(|l| Instant::now() + l);
    let mut told = None::<AheadTally>;
    loop {
        let news = class.wait_for(|s| s.ahead.class.is_some() && s.ahead.class != told);
        let state = match until {
            Some(until) => match timeout_at(until, news).await {
                Ok(state) => state?,
                Err(_) => return Ok(()),
            },
            None => news.await?,
        };
        told = state.ahead.class;
        let Some(AheadTally { ready, of, unable }) = told else { continue };
        print(&Line { ready, of, unable })?;
        if of > 0 && ready + unable >= of {
            return Ok(());
        }
    }
}
