//! `lectern listen`: a listener without a window.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use lectern_proto::control::StreamInfo;

use super::sound_out::SoundArgs;
use super::watch::{interrupted, seconds, transport};
use super::{Failure, join, print};
use crate::class::{Class, ClassState, JoinRequest};
use crate::live::{ListenOptions, LiveError, Transport};

/// How long a podcast that does not run yet is waited for.
const START_WAIT: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Args)]
pub(super) struct ListenArgs {
    /// The podcast, or another stream with sound, by its name; without it, the podcast that runs
    #[arg(long, value_name = "NAME")]
    podcast: Option<String>,
    /// Listen for this many seconds, at most to its end
    #[arg(long = "for", value_name = "S", value_parser = seconds)]
    length: Option<Duration>,
    /// Write what is heard into this file as WAV
    #[arg(long, value_name = "FILE.wav")]
    record: Option<PathBuf>,
    /// Time the sound without playing it
    #[arg(long)]
    silent: bool,
    /// Pause after this many seconds
    #[arg(long, value_name = "S", value_parser = seconds)]
    pause_at: Option<Duration>,
    /// Go on after this many seconds: with what a live source says then, with a file where it was
    #[arg(long, value_name = "S", value_parser = seconds, requires = "pause_at")]
    resume_at: Option<Duration>,
    /// With --resume-at: go on where the stream is then, also in a file
    #[arg(long, requires = "resume_at")]
    live_edge: bool,
    #[command(flatten)]
    out: SoundArgs,
    /// How it comes: `auto` takes UDP where it comes through, else TCP
    #[arg(long, value_name = "auto|tcp|udp", default_value = "auto", value_parser = transport)]
    transport: Transport,
}

/// The stream that is meant.
fn find<'a>(state: &'a ClassState, name: Option<&str>) -> Option<&'a StreamInfo> {
    match name {
        Some(name) => state.stream(name),
        None => state.streams.iter().find(|s| s.kind.is_podcast()),
    }
}

pub(super) async fn run(request: JoinRequest, args: ListenArgs) -> Result<(), Failure> {
    let out = args.out.chosen()?;
    let (class, _) = join(request).await?;
    let stream = wanted(&class, args.podcast.as_deref()).await?;
    let over = Arc::new(tokio::sync::Notify::new());
    let waker = Arc::clone(&over);
    let options = ListenOptions { audible: !args.silent, record: args.record, transport: args.transport, out, changed: Arc::new(move || waker.notify_one()) };
    let listener = class.listen(&stream, &options)?;
    let length = async {
        match args.length {
            Some(length) => tokio::time::sleep(length).await,
            None => std::future::pending().await,
        }
    };
    let pauses = async {
        let begun = tokio::time::Instant::now();
        let Some(pause_at) = args.pause_at else { return std::future::pending().await };
        tokio::time::sleep_until(begun + pause_at).await;
        listener.set_paused(true);
        let Some(resume_at) = args.resume_at else { return std::future::pending().await };
        tokio::time::sleep_until(begun + resume_at).await;
        if args.live_edge {
            listener.to_live_edge();
        } else {
            listener.set_paused(false);
        }
        std::future::pending().await
    };
    tokio::select! {
        () = over.notified() => {}
        () = pauses => {}
        () = length => {}
        () = interrupted() => {}
    }
    if let Some(Err(why)) = listener.over() {
        return Err(Failure::Other(why));
    }
    if let Some(why) = listener.silent() {
        eprintln!("lectern: {why}");
    }
    let report = listener.report();
    // The recording is written to its end.
    tokio::task::spawn_blocking(move || drop(listener)).await.map_err(|e| Failure::Other(e.to_string()))?;
    class.left().await;
    print(&report)
}

async fn wanted(class: &Class, name: Option<&str>) -> Result<StreamInfo, Failure> {
    if let Ok(Err(why)) = tokio::time::timeout(START_WAIT, class.wait_for(|s| find(s, name).is_some())).await {
        return Err(why.into());
    }
    let state = class.state();
    find(&state, name).cloned().ok_or_else(|| {
        let running = state.streams.iter().filter(|s| s.sound().is_some()).map(|s| s.name.clone()).collect();
        LiveError::NoSuchStream { name: name.unwrap_or("podcast").to_owned(), running }.into()
    })
}
