//! Publishing: a media worker captures and encodes, what it makes goes to the server over a media connection of its own.
//!
//! Nothing waits for anything behind it: when the line does not take a picture, it and those that need it are left out up to a
//! keyframe, which the worker is asked for at once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lectern_proto::control::{LiveSound, LiveVideo, Offer, StreamId, StreamKind};
use lectern_proto::live::pipe::{Command, News, Said, Trouble};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{oneshot, watch};

use super::connection::{Ask, Heard, LiveConnection, Port, Transport};
use super::document::{Desk, DocumentCamera, Sheet};
use super::worker::{FromWorker, Worker};
use crate::class::{Class, StreamError};
use crate::fetch::MediaRoute;

/// How long server and worker have until the first unit can go.
const START_WAIT: Duration = Duration::from_secs(15);

/// What silence is told as, in dB below full scale.
const SILENT_DB: f32 = -144.0;

/// What is published and how.
#[derive(Debug, Clone)]
pub struct Source {
    /// The stream's name; without it, its kind.
    pub name: Option<String>,
    pub kind: StreamKind,
    /// The media worker's program.
    pub program: PathBuf,
    /// The arguments of its `live` command.
    pub args: Vec<String>,
    /// The rung that its pictures are of.
    pub rung: String,
}

/// The key of a microphone that is heard only while it is held (push to talk).
#[derive(Debug, Clone)]
pub struct TalkKey(watch::Sender<bool>);

impl TalkKey {
    /// Holds it down or lets it go, from now on.
    pub fn hold(&self, is_held: bool) {
        self.0.send_if_modified(|held| std::mem::replace(held, is_held) != is_held);
    }
}

/// How a publishing stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    Starting,
    Live(StreamId),
    /// The source gives nothing at present: why.
    Trouble(StreamId, String),
    /// The source has come to its end, or was stopped.
    Ended,
    /// Why it does not go on.
    Failed(String),
}

/// A handle on a stream that is published; it ends when the handle is dropped.
#[derive(Debug)]
pub struct Publisher {
    state: watch::Receiver<Published>,
    peak_db: watch::Receiver<f32>,
    talk: watch::Sender<bool>,
    stop: Option<oneshot::Sender<()>>,
    document: DocumentCamera,
    troubles: watch::Receiver<Vec<Trouble>>,
}

/// The other ends of what a publisher gives.
struct Ends {
    desk: Desk,
    troubles: watch::Sender<Vec<Trouble>>,
    level: watch::Sender<f32>,
    talks: watch::Receiver<bool>,
    stopped: oneshot::Receiver<()>,
}

impl Publisher {
    pub(crate) fn start(runtime: &tokio::runtime::Handle, class: Class, route: watch::Receiver<Option<MediaRoute>>, source: Source) -> Self {
        let (out, state) = watch::channel(Published::Starting);
        let (stop, stopped) = oneshot::channel();
        let (document, desk) = DocumentCamera::new();
        let (told, troubles) = watch::channel(Vec::new());
        let (level, peak_db) = watch::channel(SILENT_DB);
        let (talk, talks) = watch::channel(false);
        let ends = Ends { desk, troubles: told, level, talks, stopped };
        let handle = runtime.clone();
        runtime.spawn(async move {
            let done = run(&handle, &class, route, source, &out, ends).await;
            out.send_replace(match done {
                Ok(()) => Published::Ended,
                Err(why) => Published::Failed(why),
            });
        });
        Self { state, peak_db, talk, stop: Some(stop), document, troubles }
    }

    /// The document mode of its camera.
    #[must_use]
    pub fn document(&self) -> DocumentCamera {
        self.document.clone()
    }

    /// What is wrong with its sources at present, for whoever says it in another language than English; also before it is live.
    #[must_use]
    pub fn troubles(&self) -> Vec<Trouble> {
        self.troubles.borrow().clone()
    }

    /// The key of a microphone that is heard only while it is held.
    #[must_use]
    pub fn talk_key(&self) -> TalkKey {
        TalkKey(self.talk.clone())
    }

    /// The loudest sample of the last tenth of a second, in dB below full scale.
    #[must_use]
    pub fn peak_db(&self) -> f32 {
        *self.peak_db.borrow()
    }

    /// Changes with its state.
    pub(crate) fn news(&self) -> watch::Receiver<Published> {
        self.state.clone()
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> Published {
        self.state.borrow().clone()
    }

    /// Waits until it has ended; why, if not by itself.
    ///
    /// # Errors
    /// A sentence for people.
    pub async fn ended(&mut self) -> Result<(), String> {
        let is_over = |state: &Published| matches!(state, Published::Ended | Published::Failed(_));
        match self.state.wait_for(is_over).await.map(|s| s.clone()) {
            Ok(Published::Failed(why)) => Err(why),
            _ => Ok(()),
        }
    }

    /// Waits until it is live.
    ///
    /// # Errors
    /// A sentence for people when it does not come to be.
    pub async fn live(&mut self) -> Result<(), String> {
        match self.state.wait_for(|s| *s != Published::Starting).await.map(|s| s.clone()) {
            Ok(Published::Failed(why)) => Err(why),
            Ok(_) => Ok(()),
            Err(_) => Err("stopped".to_owned()),
        }
    }

    /// Ends it; [`Self::ended`] tells when it has.
    pub fn stop(&mut self) {
        self.stop = None;
    }
}

async fn run(
    runtime: &tokio::runtime::Handle,
    class: &Class,
    route: watch::Receiver<Option<MediaRoute>>,
    source: Source,
    out: &watch::Sender<Published>,
    ends: Ends,
) -> Result<(), String> {
    let Ends { mut desk, troubles, level, mut talks, mut stopped } = ends;
    let (mut connection, mut heard) = LiveConnection::open(runtime, route, Transport::Tcp, Port::Video);
    let known = tokio::time::timeout(START_WAIT, connection.clock_known()).await;
    if known != Ok(true) {
        return Err("the server's media port does not answer, so nothing can be published; check its firewall.".to_owned());
    }
    let (worker, mut said) = Worker::start(&source.program, &source.args, Arc::clone(&connection.clock))?;
    let mut feed = Feed { connection, stream: None, is_taken: false, is_broken: [true; 2] };
    let mut over = std::pin::pin!(ended_by_the_room(class, out.subscribe()));
    let done = loop {
        tokio::select! {
            _ = &mut stopped => break Ok(()),
            Ok(()) = talks.changed() => {
                if let Some(at_us) = feed.connection.clock.server_us(Instant::now()) {
                    worker.command(Command::Talk { on: *talks.borrow_and_update(), at_us });
                }
            }
            () = &mut over => {
                // There is nothing to end any more.
                feed.stream = None;
                break Ok(());
            }
            order = desk.ordered() => worker.command(Command::Document(order)),
            from = said.recv() => match from {
                Some(FromWorker::Said(Said::Unit { track, keyframe, capture_us, data })) => {
                    if feed.unit(track, keyframe, capture_us, data) {
                        worker.command(Command::Keyframe);
                    }
                }
                // Said again now, as it asks for it: what was said before waited while it loaded.
                Some(FromWorker::Said(Said::News(News::Ready))) => worker.tell_time(),
                Some(FromWorker::Said(Said::News(News::Sheet { state, corners }))) => desk.tell(Sheet { state, corners }),
                Some(FromWorker::Said(Said::News(News::Trouble { why, all }))) => {
                    troubles.send_replace(all);
                    feed.trouble(why, out);
                }
                Some(FromWorker::Said(Said::News(News::Level { peak_db }))) => _ = level.send_replace(peak_db),
                Some(FromWorker::Said(Said::News(news))) => match feed.news(class, &source, news, out).await {
                    Ok(false) => {}
                    Ok(true) => break Ok(()),
                    Err(why) => break Err(why),
                },
                Some(FromWorker::Ended(why)) => break Err(format!("the media worker ended: {why}")),
                None => break Err("the media worker ended".to_owned()),
            },
            heard = heard.recv() => match heard {
                Some(Heard::Publishing { taken }) => {
                    if !taken {
                        break Err("the server does not take this stream any more; publish it anew.".to_owned());
                    }
                    feed.is_taken = true;
                    worker.command(Command::Keyframe);
                }
                Some(Heard::KeyframeWanted) => worker.command(Command::Keyframe),
                Some(Heard::Lost(why)) => {
                    tracing::info!(%why, "the connection that publishes was lost");
                    break Err("the connection to the server was lost, and with it the stream; publish it anew when it is back.".to_owned());
                }
                Some(Heard::Unit { .. } | Heard::Missing { .. } | Heard::Over { .. }) => {}
                None => break Err("the connection to the class has ended.".to_owned()),
            },
        }
    };
    worker.end().await;
    if let Some(stream) = feed.stream {
        // A class that is gone has ended it by itself.
        let _ = class.end_stream(stream).await;
    }
    done
}

/// Waits until the stream that is published runs, and then until it does not: an instructor ended it, or the class.
async fn ended_by_the_room(class: &Class, mut published: watch::Receiver<Published>) {
    let live = published.wait_for(|p| matches!(p, Published::Live(_))).await.map(|p| p.clone());
    let Ok(Published::Live(stream)) = live else { return std::future::pending().await };
    let runs = class.wait_for(|s| s.streams.iter().any(|r| r.id == stream)).await;
    if runs.is_ok() {
        // A class that is gone has ended it too.
        let _ = class.wait_for(|s| !s.streams.iter().any(|r| r.id == stream)).await;
    }
}

struct Feed {
    connection: LiveConnection,
    stream: Option<StreamId>,
    /// The server takes its units.
    is_taken: bool,
    /// By track: something was left out, so only a keyframe can go.
    is_broken: [bool; 2],
}

impl Feed {
    /// Sends a unit on; says whether a keyframe is needed because one could not go.
    fn unit(&mut self, track: u8, keyframe: bool, capture_us: u64, data: bytes::Bytes) -> bool {
        let Some(is_broken) = self.is_broken.get_mut(usize::from(track)).filter(|_| self.is_taken) else { return false };
        if *is_broken && !keyframe {
            return false;
        }
        match self.connection.asks.try_send(Ask::Unit { track, keyframe, capture_us, data }) {
            Ok(()) => *is_broken = false,
            Err(TrySendError::Full(_) | TrySendError::Closed(_)) => *is_broken = true,
        }
        *is_broken
    }

    /// The source gives nothing, and why; or it does again.
    fn trouble(&self, why: Option<String>, out: &watch::Sender<Published>) {
        if let Some(stream) = self.stream {
            out.send_replace(why.map_or(Published::Live(stream), |why| Published::Trouble(stream, why)));
        }
    }

    /// Says whether the source has ended.
    async fn news(&mut self, class: &Class, source: &Source, news: News, out: &watch::Sender<Published>) -> Result<bool, String> {
        match news {
            News::Form { video, sound } => {
                let video = match video {
                    Some(form) => Some(LiveVideo {
                        rung: source.rung.clone(),
                        width: form.width,
                        height: form.height,
                        rate_milli: form.rate_milli,
                        bps: form.bps,
                        avcc: from_hex(&form.avcc).ok_or("the media worker described its pictures in a way that is not known")?,
                    }),
                    None => None,
                };
                let sound = sound.map(|form| LiveSound { channels: form.channels, samples: form.samples, bps: form.bps });
                let name = source.name.clone().unwrap_or_else(|| source.kind.name().to_owned());
                let stream = class.publish(Offer { name, kind: source.kind, video, sound }).await.map_err(|e: StreamError| e.to_string())?;
                self.stream = Some(stream);
                self.is_taken = false;
                self.is_broken = [true; 2];
                let _ = self.connection.asks.send(Ask::Publish { stream }).await;
                out.send_replace(Published::Live(stream));
            }
            News::Trouble { .. } | News::Ready | News::Level { .. } | News::Sheet { .. } => {}
            News::Failed { why } => return Err(why),
            News::Ended => return Ok(true),
        }
        Ok(false)
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pair = |i: usize| u8::from_str_radix(text.get(i..i + 2)?, 16).ok();
    text.len().is_multiple_of(2).then(|| (0..text.len()).step_by(2).map(pair).collect()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_are_read() {
        assert_eq!(from_hex("0164ff"), Some(vec![1, 0x64, 0xff]));
        assert_eq!((from_hex("0"), from_hex("zz"), from_hex("")), (None, None, Some(Vec::new())));
    }
}
