//! `lectern watch --live`: a viewer of a live stream without a window.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lectern_proto::control::Role;

use super::Failure;
use super::screen::{Screen, Watched};
use super::watch::{WatchArgs, interrupted};
use crate::class::{Changed, Class, ClassState};
use crate::live::{ListenOptions, LiveOptions, LiveView};
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
    if args.record.is_some() {
        may_record(&class.state(), stream)?;
    }
    let changed: Changed = Arc::new(move || waker.wake());
    let pictures = LiveOptions { rung, decode: !args.no_decode, transport: args.transport, record: args.record.clone(), changed: changed.clone() };
    let sound = ListenOptions { audible: args.sound, record: None, transport: args.transport, out: args.out.chosen()?, changed };
    let player = Arc::new(class.open_live(stream, &pictures, &sound)?);
    let until = args.length.map(|l| Instant::now() + l);
    let (watched, stop) = (Arc::clone(&player), screen.clone());
    let watching = tokio::task::spawn_blocking(move || screen.watch(watched.as_ref(), until));
    tokio::select! {
        done = watching => done.map_err(|e| Failure::Other(e.to_string()))?,
        () = interrupted() => stop.stop(),
    }
    let report = player.report().ok_or_else(|| Failure::Other(format!("the stream `{stream}` has no pictures")))?;
    if let Some(why) = player.status().silent {
        eprintln!("lectern: {why}");
    }
    let written = player.end().await;
    if let Some(Err(why)) = player.over() {
        return Err(Failure::Other(why.to_string()));
    }
    class.left().await;
    written.map_err(|why| Failure::Other(why.to_string()))?;
    Ok(report)
}

/// What somebody else than an instructor shows is not written either before its publisher has agreed to be recorded.
fn may_record(state: &ClassState, name: &str) -> Result<(), Failure> {
    let Some(stream) = state.stream(name) else { return Ok(()) };
    let by_instructor = state.people.iter().any(|p| p.id == stream.publisher && p.role == Role::Instructor);
    if by_instructor || state.floor.recorded.contains(&stream.id) || state.me.as_ref().is_some_and(|me| me.id == stream.publisher) {
        return Ok(());
    }
    let words = format!("`{name}` is not written: who shows it has not agreed to be recorded. Ask the instructor to record it; when it is, this works too");
    Err(Failure::Other(words))
}

impl Watched for LiveView {
    fn present(&self, now: Instant) -> Presented {
        Self::present(self, now)
    }

    fn is_over(&self) -> bool {
        self.over().is_some()
    }
}
