//! `lectern watch --live`: a viewer of a live stream without a window.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Failure;
use super::screen::{Screen, Watched};
use super::watch::{WatchArgs, interrupted};
use crate::class::Class;
use crate::live::{LiveOptions, LivePlayer};
use crate::player::{Presented, Report};

/// How long a stream that does not run yet is waited for: who starts both at once finds it.
const START_WAIT: Duration = Duration::from_secs(3);

pub(super) async fn viewer(class: &Class, stream: &str, args: &WatchArgs) -> Result<Report, Failure> {
    let runs = class.wait_for(|s| s.streams.iter().any(|r| r.name == stream || r.id.to_string() == stream));
    if let Ok(Err(why)) = tokio::time::timeout(START_WAIT, runs).await {
        return Err(why.into());
    }
    let screen = Arc::new(Screen::default());
    let waker = screen.clone();
    let rung = (args.quality != "auto").then(|| args.quality.clone());
    let options = LiveOptions { rung, decode: !args.no_decode, transport: args.transport, changed: Arc::new(move || waker.wake()) };
    let player = class.open_live(stream, &options)?;
    let until = args.length.map(|l| Instant::now() + l);
    let (watched, stop) = (player.clone(), screen.clone());
    let watching = tokio::task::spawn_blocking(move || screen.watch(&watched, until));
    tokio::select! {
        done = watching => done.map_err(|e| Failure::Other(e.to_string()))?,
        () = interrupted() => stop.stop(),
    }
    let report = player.report();
    if let Some(Err(why)) = player.over() {
        return Err(Failure::Other(why));
    }
    class.left().await;
    Ok(report)
}

impl Watched for LivePlayer {
    fn present(&self, now: Instant) -> Presented {
        Self::present(self, now)
    }

    fn is_over(&self) -> bool {
        self.over().is_some()
    }
}
