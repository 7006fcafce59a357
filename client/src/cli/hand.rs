//! `lectern hand`: raises one's hand, for as long as the program runs or until somebody lowers it.

use std::time::Duration;

use clap::Args;
use lectern_proto::control::RoomRequest;
use serde::Serialize;

use super::{Failure, join, print};
use crate::class::JoinRequest;

pub(super) const HELP: &str = "\
Example:
  lectern hand --for 60 --join LINK --name Ana --password P

The hand is up until it is lowered by the instructor, or this ends; then it says how many hands stood before it when it went up.";

#[derive(Debug, Clone, Args)]
pub(super) struct HandArgs {
    /// Seconds after which it is lowered; without it until Ctrl-C
    #[arg(long = "for", value_name = "S")]
    for_s: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Hand {
    /// Hands that were up before.
    before: usize,
    /// Whether the instructor lowered it.
    lowered: bool,
}

pub(super) async fn run(request: JoinRequest, args: HandArgs) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    let me = state.me.as_ref().map(|m| m.id);
    class.use_tool(RoomRequest::Hand { raised: true }).await.map_err(Failure::Stream)?;
    let up = class.wait_for(|s| me.is_some_and(|me| s.tools.hands.contains(&me))).await?;
    let before = up.tools.hands.iter().position(|p| Some(*p) == me).unwrap_or(0);
    eprintln!("lectern: your hand is up; {before} before it");
    let end = async {
        match args.for_s.map(Duration::try_from_secs_f64) {
            Some(Ok(time)) => tokio::time::sleep(time).await,
            _ => _ = tokio::signal::ctrl_c().await,
        }
    };
    let lowered = tokio::select! {
        lowered = class.wait_for(|s| me.is_none_or(|me| !s.tools.hands.contains(&me))) => lowered.map(|_| true)?,
        () = end => false,
    };
    class.left().await;
    print(&Hand { before, lowered })
}
