//! Publishing: a media worker captures and encodes, what it makes goes to the server over a media connection of its own.
//!
//! ```text
//! worker → run ┬ preview (what the publisher sees, on air or not)
//!              └ air → media connection → server        only while it is wanted
//! ```
//! A publisher begins on air and ends with that, or begins with the preview alone and goes on air and off it. Nothing waits for anything
//! behind it: when the line does not take a picture, it and those that need it are left out up to a keyframe, which the worker is
//! asked for at once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use lectern_proto::control::{LiveSound, LiveVideo, Offer, StreamId, StreamKind};
use lectern_proto::live::pipe::{Command, News, Said, Trouble, TroubleCode, VideoForm};
use tokio::sync::{mpsc, watch};

use super::air::{Air, Happened, OffAir};
use super::document::{Desk, DocumentCamera, Sheet};
use super::preview::{Preview, Tap};
use super::stopped::Stopped;
use super::worker::{FromWorker, Worker};
use super::worker_time::WorkerTime;
use crate::class::{Changed, Class};
use crate::fetch::MediaRoute;

/// The worker's argument for a microphone that is heard only while it is told that somebody talks.
pub(crate) const PUSH_TO_TALK: &str = "--push-to-talk";
/// The worker's argument for a microphone: what is heard of it is somebody who speaks.
const MICROPHONE: &str = "--microphone";
/// Orders that wait: more than a person gives.
const ORDERS: usize = 16;
/// Quieter than this, in dB below full scale, nobody speaks: the noise of a microphone that is open lies below, a voice above.
const SILENCE_DB: f32 = -60.0;

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

/// Where a publishing stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// The source is being opened.
    Starting,
    /// It gives something, and nobody sees it but its publisher.
    Ready,
    /// The server is being asked.
    Opening,
    Live(StreamId),
    /// The source has come to its end, or was stopped.
    Ended,
    /// Why it does not go on.
    Failed(Stopped),
}

/// A publishing as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct Publishing {
    pub stage: Published,
    /// The source gives nothing at present: why, in the worker's words.
    pub trouble: Option<String>,
    /// The same for whoever says it in another language than English.
    pub troubles: Vec<Trouble>,
    /// Why it is not on air although that was wanted.
    pub off_air: Option<OffAir>,
    /// Since when it is on air.
    pub since: Option<Instant>,
    /// Whether the pictures stand still on purpose.
    pub frozen: bool,
    /// Width and height of the pictures in pixels, and how many come in 1000 s.
    pub pictures: Option<(u32, u32, u32)>,
    /// The loudest sample of the last tenth of a second in dB below full scale; none without sound.
    pub peak_db: Option<f32>,
    /// Since when nothing was heard; none while something is, and without sound.
    pub silent_since: Option<Instant>,
}

impl Publishing {
    /// One that begins.
    #[must_use]
    pub fn starting() -> Self {
        let stage = Published::Starting;
        Self { stage, trouble: None, troubles: Vec::new(), off_air: None, since: None, frozen: false, pictures: None, peak_db: None, silent_since: None }
    }

    /// Whether others see or hear it.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.stage, Published::Live(_))
    }

    /// Takes what the microphone hears.
    fn heard(&mut self, peak_db: f32, now: Instant) {
        self.peak_db = Some(peak_db);
        self.silent_since = if peak_db > SILENCE_DB { None } else { self.silent_since.or(Some(now)) };
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Air(bool),
    Freeze(bool),
}

/// A handle on a stream that is published; it ends when the handle is dropped.
#[derive(Debug)]
pub struct Publisher {
    state: watch::Receiver<Publishing>,
    orders: Option<mpsc::Sender<Order>>,
    preview: Preview,
    document: DocumentCamera,
    talk: TalkKey,
}

impl Publisher {
    /// Begins on air, and ends when it is not on air any more.
    pub(crate) fn start(runtime: &tokio::runtime::Handle, class: Class, route: watch::Receiver<Option<MediaRoute>>, source: Source) -> Self {
        Self::run(runtime, class, route, source, None)
    }

    /// Begins with the preview alone. `changed` is called when there is another picture or another state.
    pub(crate) fn preview(
        runtime: &tokio::runtime::Handle,
        class: Class,
        route: watch::Receiver<Option<MediaRoute>>,
        source: Source,
        changed: Changed,
    ) -> Self {
        Self::run(runtime, class, route, source, Some(changed))
    }

    fn run(runtime: &tokio::runtime::Handle, class: Class, route: watch::Receiver<Option<MediaRoute>>, source: Source, changed: Option<Changed>) -> Self {
        let (out, state) = watch::channel(Publishing::starting());
        let (orders, inbox) = mpsc::channel(ORDERS);
        let preview = Preview::default();
        let tap = changed.clone().and_then(|changed| Tap::open(preview.clone(), changed));
        let stays = changed.is_some();
        let told = Told { out, changed };
        let ((document, desk), (talk, talks)) = (DocumentCamera::new(), watch::channel(false));
        let handle = runtime.clone();
        runtime.spawn(async move {
            let time = Arc::new(WorkerTime::new(stays));
            let air = Air::new(handle, class, route, Arc::clone(&time), stays);
            let done = match Worker::start(&source.program, &source.args, Arc::clone(&time)) {
                Ok((worker, said)) => Run { source, told: &told, worker, time, air, tap, desk, talks, stays, frozen: false }.run(said, inbox).await,
                Err(why) => Err(why),
            };
            told.change(|p| {
                (p.since, p.trouble, p.troubles) = (None, None, Vec::new());
                p.stage = done.map_or_else(Published::Failed, |()| Published::Ended);
            });
        });
        Self { state, orders: Some(orders), preview, document, talk: TalkKey(talk) }
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> Publishing {
        self.state.borrow().clone()
    }

    /// What it sees of itself; nothing comes unless it began with the preview.
    #[must_use]
    pub fn own_pictures(&self) -> &Preview {
        &self.preview
    }

    /// The document mode of its camera.
    #[must_use]
    pub fn document(&self) -> DocumentCamera {
        self.document.clone()
    }

    /// The key of a microphone that is heard only while it is held.
    #[must_use]
    pub fn talk_key(&self) -> TalkKey {
        self.talk.clone()
    }

    /// Changes with its state.
    pub(crate) fn news(&self) -> watch::Receiver<Publishing> {
        self.state.clone()
    }

    /// On air, or off it.
    pub fn set_on_air(&self, on_air: bool) {
        self.order(Order::Air(on_air));
    }

    /// The pictures stand still, or go on.
    pub fn set_frozen(&self, frozen: bool) {
        self.order(Order::Freeze(frozen));
    }

    fn order(&self, order: Order) {
        // Full only when nothing is carried out any more.
        let _ = self.orders.as_ref().map(|orders| orders.try_send(order));
    }

    /// Waits until it has ended, beside who uses it.
    #[must_use]
    pub fn ending(&self) -> Ending {
        Ending(self.state.clone())
    }

    /// Waits until it has ended; why, if not by itself.
    ///
    /// # Errors
    /// A sentence for people.
    pub async fn ended(&self) -> Result<(), String> {
        self.ending().ended().await
    }

    /// Waits until it is live.
    ///
    /// # Errors
    /// A sentence for people when it does not come to be.
    pub async fn live(&mut self) -> Result<(), String> {
        let is_known = |p: &Publishing| matches!(p.stage, Published::Live(_) | Published::Ended | Published::Failed(_));
        match self.state.wait_for(is_known).await.map(|p| p.stage.clone()) {
            Ok(Published::Failed(why)) => Err(why.to_string()),
            Ok(_) => Ok(()),
            Err(_) => Err("stopped".to_owned()),
        }
    }

    /// Ends it; [`Self::ended`] tells when it has.
    pub fn stop(&mut self) {
        self.orders = None;
    }
}

/// Waits for the end of a publishing.
#[derive(Debug)]
pub struct Ending(watch::Receiver<Publishing>);

impl Ending {
    /// Waits until it has ended; why, if not by itself.
    ///
    /// # Errors
    /// A sentence for people.
    pub async fn ended(&mut self) -> Result<(), String> {
        let is_over = |p: &Publishing| matches!(p.stage, Published::Ended | Published::Failed(_));
        match self.0.wait_for(is_over).await.map(|p| p.stage.clone()) {
            Ok(Published::Failed(why)) => Err(why.to_string()),
            _ => Ok(()),
        }
    }
}

/// Where it is told how it stands.
struct Told {
    out: watch::Sender<Publishing>,
    changed: Option<Changed>,
}

impl Told {
    fn change(&self, change: impl FnOnce(&mut Publishing)) {
        self.out.send_modify(change);
        self.changed.iter().for_each(|changed| changed());
    }
}

/// A publishing under way.
struct Run<'a> {
    source: Source,
    told: &'a Told,
    worker: Worker,
    time: Arc<WorkerTime>,
    air: Air,
    tap: Option<Tap>,
    desk: Desk,
    talks: watch::Receiver<bool>,
    /// It goes on when it is off air.
    stays: bool,
    frozen: bool,
}

impl Run<'_> {
    async fn run(mut self, mut said: mpsc::Receiver<FromWorker>, mut orders: mpsc::Receiver<Order>) -> Result<(), Stopped> {
        let done = loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(Order::Air(on_air)) => self.set_on_air(on_air).await,
                    Some(Order::Freeze(frozen)) => self.freeze(frozen),
                    None => break Ok(()),
                },
                Ok(()) = self.talks.changed() => {
                    self.tell_talk();
                }
                order = self.desk.ordered() => self.worker.command(Command::Document(order)),
                from = said.recv() => match from {
                    Some(FromWorker::Said(said)) => match self.said(said) {
                        Ok(true) => break Ok(()),
                        Ok(false) => {}
                        Err(why) => break Err(why),
                    },
                    Some(FromWorker::Ended(why)) => break Err(Stopped::Died(why)),
                    None => break Err(Stopped::Died(String::new())),
                },
                happened = self.air.next() => match self.happened(happened) {
                    Some(OffAir::ByTheRoom) if !self.stays => break Ok(()),
                    Some(why) if !self.stays => break Err(why.into()),
                    _ => {}
                },
            }
        };
        self.worker.end().await;
        self.air.close().await;
        done
    }

    /// The same once more, as it was told by another time or by none.
    fn tell_talk_again(&mut self) {
        if *self.talks.borrow() {
            self.tell_talk();
        }
    }

    /// Tells the worker whether somebody talks, from now on.
    fn tell_talk(&mut self) {
        let on = *self.talks.borrow_and_update();
        if let Some(at_us) = self.time.now_us() {
            self.worker.command(Command::Talk { on, at_us });
        }
    }

    async fn set_on_air(&mut self, on_air: bool) {
        if on_air {
            self.air.want();
        } else {
            self.air.close().await;
        }
        self.note(None);
    }

    fn freeze(&mut self, frozen: bool) {
        self.frozen = frozen;
        self.worker.command(Command::Freeze { frozen });
        self.air.say_frozen(frozen);
        self.told.change(|p| p.frozen = frozen);
    }

    /// Says whether the source has ended.
    fn said(&mut self, said: Said) -> Result<bool, Stopped> {
        match said {
            Said::Unit { track, keyframe, capture_us, data } => {
                if let Some(tap) = self.tap.as_mut().filter(|_| track == 0) {
                    tap.unit(keyframe, &data);
                }
                if self.air.unit(track, keyframe, capture_us, data) {
                    self.worker.command(Command::Keyframe);
                }
            }
            // Said again now, as it asks for it: what was said before waited while it loaded.
            Said::News(News::Ready) => {
                self.worker.tell_time();
                self.tell_talk_again();
            }
            Said::News(News::Form { video, sound }) => {
                let rung = self.source.rung.clone();
                let video = video.map(|VideoForm { width, height, rate_milli, bps, avcc }| LiveVideo { rung, width, height, rate_milli, bps, avcc });
                if let (Some(tap), Some(video)) = (&mut self.tap, &video) {
                    tap.form(&video.avcc, video.width, video.height);
                    self.worker.command(Command::Keyframe);
                }
                let pictures = video.as_ref().map(|v| (v.width, v.height, v.rate_milli));
                let sound = sound.map(|form| LiveSound { channels: form.channels, samples: form.samples, bps: form.bps });
                let name = self.source.name.clone().unwrap_or_else(|| self.source.kind.name().to_owned());
                self.air.offer(Offer { name, kind: self.source.kind, video, sound });
                self.told.change(|p| p.pictures = pictures);
                self.note(None);
            }
            Said::News(News::Trouble { why, all }) => self.told.change(|p| (p.trouble, p.troubles) = (why, all)),
            Said::News(News::Sheet { state, corners }) => {
                self.desk.tell(Sheet { state, corners });
                self.told.changed.iter().for_each(|changed| changed());
            }
            Said::News(News::Level { peak_db }) => {
                let is_told = |name: &str| self.source.args.iter().any(|arg| arg == name);
                // Who does not talk is silent on purpose.
                let waits = is_told(PUSH_TO_TALK) && !*self.talks.borrow();
                if is_told(MICROPHONE) {
                    self.air.heard(peak_db);
                }
                self.told.change(|p| {
                    p.heard(peak_db, Instant::now());
                    p.silent_since = p.silent_since.filter(|_| !waits);
                });
            }
            Said::News(News::Failed { why, trouble }) => {
                let other = || Trouble { code: TroubleCode::Other, name: String::new(), why };
                return Err(Stopped::Source(trouble.unwrap_or_else(other)));
            }
            Said::News(News::Ended) => return Ok(true),
        }
        Ok(false)
    }

    /// Says why it is not on air any more, if that is what happened.
    fn happened(&mut self, happened: Happened) -> Option<OffAir> {
        match happened {
            Happened::Clock => {
                self.worker.tell_time();
                self.tell_talk_again();
                None
            }
            Happened::KeyframeWanted => {
                self.worker.command(Command::Keyframe);
                None
            }
            Happened::Live => {
                if self.frozen {
                    self.air.say_frozen(true);
                }
                self.note(None);
                None
            }
            Happened::Off(why) => {
                self.note(Some(why.clone()));
                Some(why)
            }
        }
    }

    /// Tells where it stands now.
    fn note(&self, off_air: Option<OffAir>) {
        let (wanted, live, has_form) = (self.air.is_wanted(), self.air.live(), self.air.has_form());
        self.told.change(|p| {
            p.stage = match (live, wanted, has_form) {
                (Some(stream), ..) => Published::Live(stream),
                (None, _, false) => Published::Starting,
                (None, true, true) => Published::Opening,
                (None, false, true) => Published::Ready,
            };
            p.since = live.and(p.since.or_else(|| Some(Instant::now())));
            // What was told of the last time stays until it is on air, or was asked for again.
            p.off_air = off_air.or_else(|| p.off_air.take().filter(|_| live.is_none() && !wanted));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn silence_begins_with_the_first_quiet_tenth_and_ends_with_a_voice() {
        let begun = Instant::now();
        let mut publishing = Publishing::starting();
        for tenth in 0..10 {
            publishing.heard(-90.0, begun + Duration::from_millis(100 * tenth));
        }
        assert_eq!((publishing.silent_since, publishing.peak_db), (Some(begun), Some(-90.0)));
        publishing.heard(-20.0, begun + Duration::from_secs(2));
        assert_eq!(publishing.silent_since, None);
        publishing.heard(f32::NAN, begun + Duration::from_secs(3));
        assert_eq!(publishing.silent_since, Some(begun + Duration::from_secs(3)));
    }
}
