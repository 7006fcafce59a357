//! Many clients of one server on one thread: each reads all that comes, writes when it is told to, and what they hear is counted
//! together.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use lectern_proto::chat::keys::Bundle;
use lectern_proto::chat::message::Message;
use lectern_proto::chat::{KeyId, Parcel};
use lectern_proto::control::client::{ClientCore, Output};
use lectern_proto::control::{ChatEvent, ChatRequest, Event, LoginReply, PersonId, Proof, Request, TalkEvent, TalkNonce, TalkRequest};
use lectern_proto::framing::{FrameReader, frame};
use lectern_proto::limits::{PING_EVERY, SERVER_MESSAGE_MAX};
use lectern_proto::link::JoinLink;
use lectern_proto::wire;
use lectern_tests::stack::PASSWORD;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::sleep_until;

use crate::raw::Raw;
use crate::wire::Wire;

/// Threads that log a crowd in.
const DOORS: usize = 4;
/// Longest wait for what must come.
const WAIT: Duration = Duration::from_secs(60);
/// What is sealed of a short message: its bucket and the tag.
const SEALED: usize = 256 + 16;

/// What everybody of a crowd writes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// Nothing but signs of life.
    Rest,
    /// A message to one's partner every so often, whatever comes back.
    Every(Duration),
    /// The next message when the last was answered, and no sooner than so long after it.
    Answered(Duration),
    /// A ping every so often.
    Ping(Duration),
    /// One message to the whole room, and then nothing.
    Say,
}

/// What a crowd heard since it was asked last.
#[derive(Debug, Default)]
pub struct Tally {
    /// Messages from partners, and pongs.
    pub arrived: u64,
    /// How long each was on its way, in microseconds.
    pub late_us: Vec<u32>,
    pub refused: u64,
    /// Everything else that the room told, and its bytes with the frames.
    pub events: u64,
    pub bytes: u64,
    /// Messages of room chat.
    pub told: u64,
    /// Identities that one had not heard of before.
    pub met: u64,
    problem: Option<String>,
}

impl Tally {
    /// The 99th percentile of how long messages were on their way, in milliseconds.
    pub fn p99_ms(&mut self) -> f64 {
        self.late_us.sort_unstable();
        self.late_us.get(self.late_us.len() * 99 / 100).map_or(f64::NAN, |us| f64::from(*us) / 1e3)
    }
}

#[derive(Debug)]
struct Shared {
    begun: Instant,
    tally: Mutex<Tally>,
    news: Notify,
    people: Mutex<Vec<PersonId>>,
}

impl Shared {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn people(&self) -> MutexGuard<'_, Vec<PersonId>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_us(&self) -> u64 {
        self.begun.elapsed().as_micros() as u64
    }
}

/// All clients; they end with it.
#[derive(Debug)]
pub struct Crowd {
    shared: Arc<Shared>,
    load: watch::Sender<Load>,
    members: tokio::task::JoinSet<()>,
}

/// Which language a connection speaks.
enum Speech {
    Lectern(Box<ClientCore>),
    /// That of the bare relay: frames with the partner's number, then these bytes in all.
    Bare(FrameReader, usize),
}

impl Crowd {
    pub fn new() -> Self {
        let shared = Shared { begun: Instant::now(), tally: Mutex::default(), news: Notify::new(), people: Mutex::default() };
        Self { shared: Arc::new(shared), load: watch::Sender::new(Load::Rest), members: tokio::task::JoinSet::new() }
    }

    /// Logs in so many more, by the room's password, and lets each show these keys.
    pub async fn fill(&mut self, link: &JoinLink, count: usize, keys: Option<&Bundle>) -> Result<()> {
        let (entered, mut all) = mpsc::channel::<Result<(Raw, PersonId)>>(DOORS);
        let first = self.members.len();
        for door in 0..DOORS {
            let (link, entered) = (link.clone(), entered.clone());
            let numbers = (first + door..first + count).step_by(DOORS);
            std::thread::spawn(move || {
                for number in numbers {
                    if entered.blocking_send(enter(&link, &format!("Person {number:04}"))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(entered);
        while let Some(one) = all.recv().await {
            let (raw, person) = one?;
            let (tls, tcp, mut core) = raw.into_parts();
            if let Some(bundle) = keys {
                core.request(&Request::Chat(ChatRequest::Keys { request: 0, bundle: Box::new(bundle.clone()) }));
            }
            self.add(Wire::new(tls, tcp)?, Speech::Lectern(Box::new(core)), person);
        }
        ensure!(self.members.len() == first + count, "{} of {count} have come", self.members.len() - first);
        Ok(())
    }

    /// A connection to the bare relay, whose messages have so many bytes; they are numbered in their order.
    pub fn add_bare(&mut self, wire: Wire, bytes: usize) {
        let number = PersonId(self.members.len() as u64);
        self.add(wire, Speech::Bare(FrameReader::default(), bytes), number);
    }

    fn add(&mut self, wire: Wire, speech: Speech, person: PersonId) {
        self.shared.people().push(person);
        let (shared, number) = (Arc::clone(&self.shared), self.members.len());
        let member = Member { wire, speech, number, load: self.load.subscribe(), waits: false, sent: 0, met: HashSet::new(), shared: Arc::clone(&shared) };
        self.members.spawn(async move {
            if let Err(why) = member.run().await {
                shared.tally().problem.get_or_insert(format!("client {number}: {why:#}"));
                shared.news.notify_waiters();
            }
        });
    }

    /// Sets what everybody writes from now on.
    pub fn set(&self, load: Load) {
        self.load.send_replace(load);
    }

    /// What was heard since this was asked last.
    pub fn take(&self) -> Result<Tally> {
        let tally = std::mem::take(&mut *self.shared.tally());
        match tally.problem {
            Some(problem) => bail!(problem),
            None => Ok(tally),
        }
    }

    /// Waits until this is so.
    pub async fn until(&self, what: &str, so: impl Fn(&Tally) -> bool) -> Result<()> {
        let all = async {
            loop {
                let news = self.shared.news.notified();
                let (is_so, problem) = {
                    let tally = self.shared.tally();
                    (so(&tally), tally.problem.clone())
                };
                match problem {
                    Some(problem) => bail!(problem),
                    None if is_so => return Ok(()),
                    None => news.await,
                }
            }
        };
        tokio::time::timeout(WAIT, all).await.with_context(|| format!("waited in vain: {what}"))?
    }
}

fn enter(link: &JoinLink, name: &str) -> Result<(Raw, PersonId)> {
    let mut raw = Raw::connect(link)?;
    match raw.log_in(link, name, Proof::Password(PASSWORD.to_owned()))? {
        LoginReply::Joined(joined) => Ok((raw, joined.you)),
        other => bail!("{name} is not let in: {other:?}"),
    }
}

/// A message to somebody as the server sees it: it opens nothing. When it was sent stands where the commitment would.
pub fn parcel(sent_us: u64) -> Parcel {
    let mut commitment = [0; 32];
    commitment[..8].copy_from_slice(&sent_us.to_be_bytes());
    Parcel { envelope: None, message: Message { key: KeyId([7; 16]), counter: sent_us, commitment, sealed: vec![7; SEALED] } }
}

struct Member {
    wire: Wire,
    speech: Speech,
    number: usize,
    load: watch::Receiver<Load>,
    /// For the answer to what it has written.
    waits: bool,
    sent: u64,
    met: HashSet<PersonId>,
    shared: Arc<Shared>,
}

impl Member {
    async fn run(mut self) -> Result<()> {
        let mut plain = Vec::new();
        self.wire.pending(&mut plain)?;
        self.hear(&plain)?;
        self.transmit().await?;
        let (mut load, mut next) = (Load::Rest, tokio::time::Instant::now() + PING_EVERY);
        loop {
            plain.clear();
            let every = match load {
                Load::Rest | Load::Say => PING_EVERY,
                Load::Every(every) | Load::Answered(every) | Load::Ping(every) => every,
            };
            let may = !(self.waits && matches!(load, Load::Answered(_)));
            tokio::select! {
                biased;
                changed = self.load.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    load = *self.load.borrow_and_update();
                    self.waits = false;
                    // They do not all write at the same moment, but where that is what is asked.
                    next = tokio::time::Instant::now();
                    if let Load::Every(every) | Load::Answered(every) | Load::Ping(every) = load {
                        next += every.mul_f64(rand::random());
                    }
                }
                came = self.wire.receive(&mut plain) => {
                    came?;
                    self.hear(&plain)?;
                }
                () = sleep_until(next), if may => {
                    self.say(load).await?;
                    next = match load {
                        Load::Every(_) => next + every,
                        _ => tokio::time::Instant::now() + every,
                    };
                    if load == Load::Say {
                        load = Load::Rest;
                    }
                }
            }
        }
    }

    fn partner(&self) -> Result<PersonId> {
        self.shared.people().get(self.number ^ 1).copied().context("a partner")
    }

    async fn say(&mut self, load: Load) -> Result<()> {
        let now_us = self.shared.now_us();
        self.sent += 1;
        self.waits = true;
        let (request, to) = (self.sent as u32, self.partner());
        match &mut self.speech {
            Speech::Lectern(core) => core.request(&match load {
                Load::Rest => Request::Ping { id: 0 },
                Load::Ping(_) => Request::Ping { id: now_us },
                Load::Every(_) | Load::Answered(_) => Request::Chat(ChatRequest::Send { request, to: to?, parcel: Box::new(parcel(now_us)) }),
                Load::Say => {
                    let nonce = TalkNonce(rand::random());
                    Request::Talk(TalkRequest::Say { request, nonce, text: format!("number {request} of {}", self.number), reply_to: None })
                }
            }),
            Speech::Bare(_, bytes) => {
                if load == Load::Rest {
                    return Ok(());
                }
                let mut body = vec![7; *bytes];
                body[..8].copy_from_slice(&to?.0.to_be_bytes());
                body[8..16].copy_from_slice(&now_us.to_be_bytes());
                return self.wire.send(&frame(&body)).await;
            }
        }
        self.transmit().await
    }

    async fn transmit(&mut self) -> Result<()> {
        if let Speech::Lectern(core) = &mut self.speech {
            while let Some(bytes) = core.poll_transmit() {
                self.wire.send(&bytes).await?;
            }
        }
        Ok(())
    }

    fn hear(&mut self, plain: &[u8]) -> Result<()> {
        let now_us = self.shared.now_us();
        let mut tally = self.shared.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let arrive = |tally: &mut Tally, sent_us: u64| {
            tally.arrived += 1;
            tally.late_us.push(u32::try_from(now_us.saturating_sub(sent_us)).unwrap_or(u32::MAX));
        };
        match &mut self.speech {
            Speech::Lectern(core) => {
                core.receive(Duration::ZERO, plain);
                while let Some(output) = core.poll_output(Duration::ZERO)? {
                    let Output::Event(event) = output else { bail!("{output:?}") };
                    match event {
                        Event::Answer { result, .. } => {
                            self.waits = false;
                            tally.refused += u64::from(result.is_err());
                        }
                        Event::Chat(ChatEvent::Received { parcel, .. }) => arrive(&mut tally, parcel.message.counter),
                        Event::Pong { id: 0, .. } => {}
                        Event::Pong { id, .. } => arrive(&mut tally, id),
                        Event::Closing(why) => bail!("the server closes: {why:?}"),
                        event => {
                            tally.events += 1;
                            tally.bytes += (4 + wire::encode(&event).len()) as u64;
                            match event {
                                Event::Talk(TalkEvent::Message(_)) => tally.told += 1,
                                Event::Talk(TalkEvent::Done { result: Err(why), .. }) => bail!("room chat is refused: {why:?}"),
                                Event::Chat(ChatEvent::Identities(all)) => {
                                    tally.met += all.iter().filter(|(person, _)| self.met.insert(*person)).count() as u64;
                                }
                                _ => {}
                            }
                        }
                    }
                }
            }
            Speech::Bare(frames, bytes) => {
                frames.push(plain);
                while let Some(body) = frames.next_frame(SERVER_MESSAGE_MAX)? {
                    if body.len() < *bytes {
                        self.waits = false;
                    } else if let Some(sent) = body.get(8..16).and_then(|b| b.try_into().ok()) {
                        arrive(&mut tally, u64::from_be_bytes(sent));
                    }
                }
            }
        }
        drop(tally);
        self.shared.news.notify_waiters();
        Ok(())
    }
}
