//! Podcasts of a real class, behind the traits of [`super::air`].

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lectern_proto::control::{StreamId, StreamKind};
use serde::Deserialize;
use tokio::sync::watch;

use super::air::{Listening, PodcastSource, Sending};
use crate::class::{Changed, Class};
use crate::here::programs;
use crate::live::{ListenOptions, LiveError, Source, Transport, Trims};

/// Microphones are looked for again when the last look is older: one may have been connected.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Hears a channel.
pub(in super::super) fn listen(class: &Class, stream: StreamId, trims: Trims, changed: Changed) -> Result<Box<dyn Listening>, LiveError> {
    let state = class.state();
    let running = || state.streams.iter().filter(|s| s.sound().is_some()).map(|s| s.name.clone()).collect();
    let info = state.streams.iter().find(|s| s.id == stream).ok_or_else(|| LiveError::NoSuchStream { name: stream.to_string(), running: running() })?;
    let options = ListenOptions { audible: true, record: None, transport: Transport::Auto, trims, changed };
    Ok(Box::new(class.listen(info, &options)?))
}

/// Sends a podcast.
pub(in super::super) fn send(runtime: &tokio::runtime::Handle, class: &Class, source: &PodcastSource, changed: Changed) -> Result<Box<dyn Sending>, String> {
    let program = programs::worker().map_err(|e| e.to_string())?;
    let kind = if matches!(source, PodcastSource::File(_)) { StreamKind::Recording } else { StreamKind::Podcast };
    let publisher = class.start_publishing(Source { name: None, kind, program, args: source.args(), rung: String::new() });
    let mut news = publisher.news();
    runtime.spawn(async move {
        while news.changed().await.is_ok() {
            changed();
        }
    });
    Ok(Box::new(publisher))
}

/// What the media worker says of this computer's microphones.
#[derive(Debug, Default)]
pub(in super::super) struct Microphones {
    looked: RefCell<Option<Look>>,
}

/// One look, and what it finds.
#[derive(Debug)]
struct Look {
    at: Instant,
    names: watch::Receiver<Option<Arc<[String]>>>,
}

#[derive(Deserialize)]
struct Listed {
    microphones: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Microphones {
    /// Their names, or none before they were looked for.
    pub(in super::super) fn names(&self, runtime: &tokio::runtime::Handle, changed: Changed) -> Option<Arc<[String]>> {
        let mut looked = self.looked.borrow_mut();
        let before = looked.as_ref().and_then(|look| look.names.borrow().clone());
        if looked.as_ref().is_none_or(|look| look.at.elapsed() > LOOK_AGAIN) {
            let (told, names) = watch::channel(before.clone());
            *looked = Some(Look { at: Instant::now(), names });
            runtime.spawn(async move {
                // Without an answer there is no choice, and the system's microphone is taken.
                if let Some(names) = look().await {
                    told.send_replace(Some(names.into()));
                    changed();
                }
            });
        }
        before
    }
}

async fn look() -> Option<Vec<String>> {
    let program = programs::worker().ok()?;
    let mut command = tokio::process::Command::new(program);
    let output = command.args(["live", "--list"]).stdin(std::process::Stdio::null()).kill_on_drop(true).output().await.ok()?;
    let listed: Listed = serde_json::from_slice(&output.stdout).ok()?;
    Some(listed.microphones.into_iter().map(|m| m.name).collect())
}
