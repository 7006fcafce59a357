//! One control connection: TLS, the sans-IO core, and the session's end of the room's queue.
//!
//! A single task reads, writes and waits at the same time. What it holds for a client is bounded: it takes from the
//! room's queue only what was written out before, and it reads requests only while answers can be written.

mod chat;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use lectern_proto::control::server::{Input, ServerCore};
use lectern_proto::control::{AccountEvent, CloseReason, ControlError, Event, LoginRefusal, PersonId, Request, Role, RoomEvent};
use lectern_proto::handout::Ask;
use lectern_proto::limits::{CLOSING_WAIT, HELLO_WAIT, WRITE_WAIT};
use lectern_proto::media::MEDIA_ALPN;
use lectern_proto::seal::{EXPORTER_LABEL, MediaSecret};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::{Instant, timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::entrance::Entered;
use super::{AGENT, Control};
use crate::accounts::Asking;
use crate::media;
use crate::net::{Origin, UnprovenGuard, reset_on_close};
use crate::room::{Inbox, Presence};

/// Bytes that wait for the socket before nothing more is read or taken from the room's queue.
const OUT_ENOUGH: usize = 64 * 1024;
/// Bytes of events that are written together: a record of TLS.
const AT_ONCE: usize = 16 * 1024;
/// What one read asks for.
const READ: usize = 4 * 1024;

type Checking = Pin<Box<dyn Future<Output = Result<Entered, LoginRefusal>> + Send>>;

/// Serves one connection to its end; `permit` is its place on the control port.
pub(super) async fn serve(stream: TcpStream, origin: Origin, control: Arc<Control>, counted: (UnprovenGuard, OwnedSemaphorePermit), stop: CancellationToken) {
    let (guard, permit) = counted;
    let accepted_at = control.clock.now();
    let handshake = timeout(HELLO_WAIT, control.tls.accept(stream));
    let stream = tokio::select! {
        () = stop.cancelled() => return,
        () = guard.evicted() => return,
        done = handshake => match done {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(%origin, %error, "no TLS"),
            Err(_) => return tracing::debug!(%origin, "no TLS in time"),
        },
    };
    if stream.get_ref().1.alpn_protocol() == Some(MEDIA_ALPN) {
        // From here on it counts as what it is.
        drop((guard, permit));
        return media::serve_tls(stream, origin, Arc::clone(&control.media), stop).await;
    }
    let Ok(secret) = stream.get_ref().1.export_keying_material([0; 32], EXPORTER_LABEL, None) else { return };
    let core = ServerCore::new(accepted_at, &control.server_name, AGENT, control.boot_id);
    let (reader, writer) = tokio::io::split(stream);
    let session = Session {
        control,
        origin,
        secret: MediaSecret(secret),
        core,
        reader,
        writer: Writer { half: writer, out: BytesMut::new(), unflushed: false, deadline: None },
        guard: Some(guard),
        checking: None,
        waits: None,
        member: None,
        stop,
    };
    session.run().await;
    drop(permit);
}

struct Session {
    control: Arc<Control>,
    origin: Origin,
    secret: MediaSecret,
    core: ServerCore,
    reader: ReadHalf<TlsStream<TcpStream>>,
    writer: Writer,
    /// Held until the login: so long the connection counts as unproven.
    guard: Option<UnprovenGuard>,
    checking: Option<Checking>,
    /// Told when the person who is being checked waits to be admitted.
    waits: Option<oneshot::Receiver<()>>,
    member: Option<Member>,
    stop: CancellationToken,
}

/// What a joined session has.
struct Member {
    presence: Presence,
    inbox: Inbox,
    _media: crate::media::MediaSession,
    name: String,
    you: PersonId,
    role: Role,
}

/// How a session ends.
enum Ending {
    /// Nobody is there any more.
    Gone(&'static str),
    /// The client said goodbye.
    Left,
    /// The room or the server ends it; the client is told.
    Closed(CloseReason),
    /// What came was not right; the client is told if it is joined.
    Wrong(ControlError),
    /// It came for the viewer.
    HandOut(Ask),
}

/// What happened next.
enum Happened {
    Read(io::Result<usize>),
    Wrote(io::Result<()>),
    WriteLate,
    Checked(Box<Result<Entered, LoginRefusal>>),
    Waits(bool),
    Event(Option<Arc<Event>>),
    Close(CloseReason),
    Timer,
    Evicted,
}

impl Session {
    async fn run(mut self) {
        let mut buffer = BytesMut::with_capacity(READ);
        let ending = loop {
            if let Err(ending) = self.take_inputs().await {
                break ending;
            }
            self.transmit();
            let happened = self.wait(&mut buffer).await;
            if let Err(ending) = self.handle(happened, &mut buffer) {
                break ending;
            }
        };
        match ending {
            Ending::HandOut(ask) => self.hand_out(ask).await,
            ending => self.end(ending).await,
        }
    }

    async fn hand_out(self, ask: Ask) {
        if let Some(guard) = &self.guard {
            guard.settle(true);
        }
        let mut stream = self.reader.unsplit(self.writer.half);
        tokio::select! {
            () = self.stop.cancelled() => {}
            done = self.control.handout.serve(&mut stream, ask) => match done {
                Ok(()) => {}
                Err(error) => {
                    tracing::debug!(origin = %self.origin, %error, "handing out ended");
                    reset_on_close(stream.get_ref().0);
                }
            },
        }
    }

    async fn wait(&mut self, buffer: &mut BytesMut) -> Happened {
        let clock = self.control.clock;
        let Self { core, reader, writer, guard, checking, waits, member, stop, .. } = self;
        let (close, events) = member.as_mut().map(|m| (&mut m.inbox.close, &mut m.inbox.events)).unzip();
        let timer = core.poll_timeout().map(|at| tokio::time::sleep_until(clock.at(at)));
        let late = writer.deadline.map(tokio::time::sleep_until);
        let (writing, enough) = (writer.has_work(), writer.out.len() >= OUT_ENOUGH);
        tokio::select! {
            // In this order: a reason that came is told even if events wait before it.
            biased;
            () = stop.cancelled() => Happened::Close(CloseReason::ServerStopping),
            reason = or_never(close) => Happened::Close(reason.unwrap_or(CloseReason::ServerStopping)),
            wrote = writer.step(), if writing => Happened::Wrote(wrote),
            read = reader.read_buf(buffer), if !enough => Happened::Read(read),
            event = or_never(events.map(|e| e.recv())), if !writing => Happened::Event(event),
            told = or_never(waits.as_mut()) => Happened::Waits(told.is_ok()),
            checked = or_never(checking.as_mut()) => Happened::Checked(Box::new(checked)),
            () = or_never(late) => Happened::WriteLate,
            () = or_never(timer) => Happened::Timer,
            () = or_never(guard.as_ref().map(UnprovenGuard::evicted)) => Happened::Evicted,
        }
    }

    fn handle(&mut self, happened: Happened, buffer: &mut BytesMut) -> Result<(), Ending> {
        let now = self.control.clock.now();
        match happened {
            Happened::Read(Ok(0)) => return Err(Ending::Gone("closed by the client")),
            Happened::Read(Ok(_)) => {
                self.core.receive(buffer);
                buffer.clear();
            }
            Happened::Read(Err(_)) | Happened::Wrote(Err(_)) => return Err(Ending::Gone("connection broken")),
            Happened::Wrote(Ok(())) => {}
            Happened::WriteLate => return Err(Ending::Closed(CloseReason::Overrun)),
            Happened::Checked(checked) => self.checked(now, *checked),
            Happened::Waits(waits) => {
                self.waits = None;
                if waits {
                    self.core.wait(now);
                }
            }
            Happened::Event(Some(event)) => self.tell(&event),
            Happened::Event(None) => {
                // The room gives its reason before it drops its end.
                let reason = self.member.as_mut().and_then(|m| m.inbox.close.try_recv().ok());
                return Err(Ending::Closed(reason.unwrap_or(CloseReason::ServerStopping)));
            }
            Happened::Close(reason) => return Err(Ending::Closed(reason)),
            Happened::Timer => self.core.handle_timeout(now).map_err(Ending::Wrong)?,
            Happened::Evicted => return Err(Ending::Gone("made room for a newer connection")),
        }
        Ok(())
    }

    async fn take_inputs(&mut self) -> Result<(), Ending> {
        while let Some(input) = self.core.poll_input(self.control.clock.now()).map_err(Ending::Wrong)? {
            match input {
                Input::Login(login) => {
                    if let Some(guard) = &self.guard {
                        guard.settle(true);
                    }
                    let (control, origin, secret) = (Arc::clone(&self.control), self.origin, self.secret.clone());
                    let (waits, told) = oneshot::channel();
                    self.waits = Some(told);
                    self.checking = Some(Box::pin(async move { control.entrance.enter(origin, login, secret, waits).await }));
                }
                Input::Request(request) => self.request(request).await?,
                Input::HandOut(ask) => return Err(Ending::HandOut(ask)),
            }
        }
        Ok(())
    }

    async fn request(&mut self, request: Request) -> Result<(), Ending> {
        let Some(member) = &self.member else { return Ok(()) };
        match request {
            Request::Ping { id } => self.core.send(&Event::Pong { id, server_time_us: self.control.clock.server_time_us() }),
            Request::Leave => return Err(Ending::Left),
            Request::Want { video, at_us } => self.control.wants.tell(video, at_us),
            Request::FetchedAhead { lesson, progress } => member.presence.fetched_ahead(lesson, progress),
            Request::Report(report) => member.presence.report(report),
            Request::Speaking { stream, speaking } => member.presence.speaking(stream, speaking).await,
            Request::FetchAhead { request, lesson } => {
                let result = member.presence.fetch_ahead(lesson).await;
                self.core.send(&Event::Answer { request, result });
            }
            Request::Publish { request, offer } => {
                let result = member.presence.publish(offer).await;
                self.core.send(&Event::Published { request, result });
            }
            Request::SetTogether { request, on } => {
                let result = member.presence.set_together(on).await;
                self.core.send(&Event::Answer { request, result });
            }
            Request::EndStream { request, stream } => {
                let result = member.presence.end_stream(stream).await;
                self.core.send(&Event::Answer { request, result });
            }
            Request::GiveStage { request, person, given } => {
                let result = member.presence.give_stage(person, given).await;
                self.core.send(&Event::Answer { request, result });
            }
            Request::Quiet { request, quiet } => {
                let result = member.presence.quiet(quiet).await;
                self.core.send(&Event::Answer { request, result });
            }
            Request::Record { request, stream, recorded } => {
                let result = member.presence.record(stream, recorded).await;
                self.core.send(&Event::Answer { request, result });
            }
            Request::AllowRecording { request, stream, allowed } => {
                let result = member.presence.allow_recording(stream, allowed).await;
                self.core.send(&Event::Answer { request, result });
            }
            Request::Freeze { request, stream, frozen } => {
                let result = member.presence.freeze(stream, frozen).await;
                self.core.send(&Event::Answer { request, result });
            }
            Request::Chat(chat) => self.chat(chat).await,
            Request::Room { request, what } => match self.control.rooms.answer((&member.name, member.role), &what).await {
                Some(result) => self.core.send(&Event::Room(RoomEvent::Answer { request, result })),
                None => member.presence.use_tool(request, what).await,
            },
            Request::Lab { request, what } => member.presence.lab(request, what).await,
            Request::Talk(talk) => member.presence.talk(talk).await,
            Request::Account { request, what } => {
                let asking = Asking { person: member.you, role: member.role, origin: self.origin };
                let result = match self.control.accounts.answer(asking, what).await {
                    Ok((answer, put_out)) => {
                        if let Some(person) = put_out {
                            self.control.rooms.put_out(&member.name, person).await;
                        }
                        Ok(answer)
                    }
                    Err(refusal) => Err(refusal),
                };
                self.core.send(&Event::Account(AccountEvent::Answer { request, result }));
            }
            Request::Remove { request, person } => {
                let result = member.presence.remove(person).await;
                self.core.send(&Event::Answer { request, result });
            }
        }
        Ok(())
    }

    fn checked(&mut self, now: Duration, checked: Result<Entered, LoginRefusal>) {
        (self.checking, self.waits) = (None, None);
        match checked {
            Ok(entered) => {
                self.guard = None;
                let (name, you, role) = (entered.joined.name.clone(), entered.joined.you, entered.joined.role);
                self.core.join(now, entered.joined);
                if let Some(account) = entered.account {
                    self.core.send(&Event::Account(AccountEvent::You(account)));
                }
                self.member = Some(Member { presence: entered.presence, inbox: entered.inbox, _media: entered.media, name, you, role });
            }
            Err(refusal) => {
                // A name is only the first half of an entry.
                if !matches!(refusal, LoginRefusal::Challenge(_)) {
                    tracing::info!(origin = %self.origin, ?refusal, "login refused");
                }
                if let Some(guard) = &self.guard {
                    guard.settle(false);
                }
                self.core.refuse(now, refusal);
            }
        }
    }

    /// Tells an event, and what waits behind it as far as one write takes it.
    fn tell(&mut self, event: &Event) {
        self.core.send(event);
        self.transmit();
        while self.writer.out.len() < AT_ONCE {
            let Some(Ok(next)) = self.member.as_mut().map(|member| member.inbox.events.try_recv()) else { return };
            self.core.send(&next);
            self.transmit();
        }
    }

    fn transmit(&mut self) {
        while let Some(bytes) = self.core.poll_transmit() {
            self.writer.push(&bytes);
        }
    }

    /// Says why, as far as the client takes it, and closes.
    async fn end(mut self, ending: Ending) {
        let reason = match ending {
            Ending::Gone(why) => return tracing::debug!(origin = %self.origin, why, "control connection ended"),
            Ending::Left => {
                if let Some(member) = self.member.take() {
                    member.presence.leave().await;
                }
                None
            }
            Ending::Closed(reason) => Some(reason),
            Ending::HandOut(_) => None,
            Ending::Wrong(error) => {
                tracing::info!(origin = %self.origin, %error, "control connection ended");
                Some(match error {
                    ControlError::Flood => CloseReason::Overrun,
                    error => CloseReason::ProtocolError(error.to_string()),
                })
            }
        };
        if let Some(reason) = reason.filter(|_| self.core.is_joined()) {
            self.core.send(&Event::Closing(reason));
        }
        self.transmit();
        let done = timeout(CLOSING_WAIT, self.writer.finish()).await;
        if !matches!(done, Ok(Ok(()))) {
            reset_on_close(self.reader.unsplit(self.writer.half).get_ref().0);
        }
    }
}

/// Waits for a future that may not be there.
async fn or_never<F: Future>(future: Option<F>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

/// Bytes for the client, and by when they must be out.
struct Writer {
    half: WriteHalf<TlsStream<TcpStream>>,
    out: BytesMut,
    unflushed: bool,
    deadline: Option<Instant>,
}

impl Writer {
    fn push(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
        self.deadline.get_or_insert_with(|| Instant::now() + WRITE_WAIT);
    }

    fn has_work(&self) -> bool {
        !self.out.is_empty() || self.unflushed
    }

    /// Writes on, and out what was the last of it; may be dropped and called again.
    async fn step(&mut self) -> io::Result<()> {
        if !self.out.is_empty() {
            let written = self.half.write(&self.out).await?;
            self.out.advance(written);
            self.unflushed = true;
        }
        if self.out.is_empty() {
            self.half.flush().await?;
            self.unflushed = false;
            self.deadline = None;
            // What a burst needed is not kept.
            if self.out.capacity() > READ {
                self.out = BytesMut::new();
            }
        }
        Ok(())
    }

    async fn finish(&mut self) -> io::Result<()> {
        while self.has_work() {
            self.step().await?;
        }
        self.half.shutdown().await
    }
}
