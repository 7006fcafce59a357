//! Podcasts of a real class, behind the traits of [`super::air`].

use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lectern_proto::control::{StreamId, StreamKind};
use tokio::sync::watch;

use super::air::{Listening, PodcastSource, Sending};
use crate::class::{Changed, Class};
use crate::here::programs;
use crate::live::{ListenOptions, LiveError, Source, Transport, devices_now};
use crate::player::SoundOut;

/// Devices are looked for again when the last look is older: one may have been connected.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Hears a channel.
pub(in super::super) fn listen(class: &Class, stream: StreamId, out: SoundOut, changed: Changed) -> Result<Box<dyn Listening>, LiveError> {
    let state = class.state();
    let running = || state.streams.iter().filter(|s| s.sound().is_some()).map(|s| s.name.clone()).collect();
    let info = state.streams.iter().find(|s| s.id == stream).ok_or_else(|| LiveError::NoSuchStream { name: stream.to_string(), running: running() })?;
    let options = ListenOptions { audible: true, record: None, transport: Transport::Auto, out, changed };
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

/// Names of devices of this computer, looked for beside the window.
#[derive(Debug, Default)]
pub(in super::super) struct Names {
    looked: RefCell<Option<Look>>,
}

/// One look, and what it finds.
#[derive(Debug)]
struct Look {
    at: Instant,
    names: watch::Receiver<Option<Arc<[String]>>>,
}

impl Names {
    /// What was found last, or none before the first look; `look` is done again when that was long ago.
    pub(in super::super) fn get<F>(&self, runtime: &tokio::runtime::Handle, changed: Changed, look: impl FnOnce() -> F) -> Option<Arc<[String]>>
    where
        F: Future<Output = Option<Vec<String>>> + Send + 'static,
    {
        let mut looked = self.looked.borrow_mut();
        let before = looked.as_ref().and_then(|look| look.names.borrow().clone());
        if looked.as_ref().is_none_or(|look| look.at.elapsed() > LOOK_AGAIN) {
            let (told, names) = watch::channel(before.clone());
            *looked = Some(Look { at: Instant::now(), names });
            let look = look();
            runtime.spawn(async move {
                // Without an answer there is no choice, and the system's is taken.
                if let Some(names) = look.await {
                    told.send_replace(Some(names.into()));
                    changed();
                }
            });
        }
        before
    }
}

/// What the media worker says of this computer's microphones.
pub(in super::super) async fn microphones() -> Option<Vec<String>> {
    let devices = devices_now(&programs::worker().ok()?).await.ok()?;
    Some(devices.microphones.into_iter().map(|m| m.name).collect())
}

/// The sound devices that can be heard.
pub(in super::super) async fn outputs() -> Option<Vec<String>> {
    tokio::task::spawn_blocking(|| lectern_media::speaker::outputs().into_iter().map(|o| o.name).collect()).await.ok()
}
