//! One media connection: challenge and proof, then requests in their order, each answered with slices of shared pieces.
//!
//! A single task reads requests while it writes, so that a cancel is seen between two frames. Bytes of a piece go from the cache to
//! the socket without a copy. While there is only live to send, [`super::fanout`] sends it.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lectern_proto::control::StreamId;
use lectern_proto::limits::{FRAME_PIECES, LIVE_PIECE_MAX, MEDIA_HELLO_WAIT, MEDIA_IDLE, MEDIA_REQUESTS_WAITING, MEDIA_UNSENT_MAX, PIECE_RECORDS, SETTLE_WAIT};
use lectern_proto::manifest::ChunkHash;
use lectern_proto::media::server::{Input, MediaServerCore, records_header, refusal};
use lectern_proto::media::{End, HelloRefusal, MediaError, Reply, Request};
use lectern_proto::seal::record_offset;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::cache::Source;
use super::fanout::{Fanout, Outlet, Turn};
use super::frame::{Frame, Outgoing};
use super::sessions::{SeatConnection, Session};
use super::shared::Half;
use super::{LiveTake, Media, SealedCache};
use crate::clock::Clock;
use crate::live::{PublishError, Publishing};
use crate::net::{UnprovenGuard, keep_little_unsent, reset_on_close};

/// What one read asks for: a few requests.
const READ: usize = 1024;
/// What one read takes of a publisher: a piece.
const READ_PIECES: usize = LIVE_PIECE_MAX + READ;
/// How often it is looked whether a client reads, or asks for anything.
const WATCH_EVERY: Duration = Duration::from_secs(1);
/// Bytes of replies that wait for the frame before them; above it nothing is read, so that a client cannot make them
/// grow.
const REPLIES_ENOUGH: usize = 4 * 1024;

/// Serves one connection of the media port to its end.
pub(super) async fn serve(stream: TcpStream, media: Arc<Media>, fanout: Arc<Fanout>, guard: UnprovenGuard, stop: CancellationToken) {
    keep_little_unsent(&stream, MEDIA_UNSENT_MAX);
    let stream = Arc::new(stream);
    let [reader, writer] = [(); 2].map(|()| Half(Arc::clone(&stream)));
    if serve_halves(reader, writer, Outlet::shared(Arc::clone(&stream), fanout), media, guard, stop).await {
        // What is still in the kernel's buffer will not be read either: it goes at once, not when TCP gives up.
        reset_on_close(&stream);
    }
}

/// The same over TLS on the control port, for clients that do not reach the media port.
pub(super) async fn serve_tls(mut stream: TlsStream<TcpStream>, media: Arc<Media>, guard: UnprovenGuard, stop: CancellationToken) {
    keep_little_unsent(stream.get_ref().0, MEDIA_UNSENT_MAX);
    let (reader, writer) = tokio::io::split(&mut stream);
    if serve_halves(reader, writer, Outlet::alone(), media, guard, stop).await {
        reset_on_close(stream.get_ref().0);
    }
}

/// Says whether the connection ended because the client did not read.
async fn serve_halves<R, W>(mut reader: R, mut writer: W, live: Arc<Outlet>, media: Arc<Media>, guard: UnprovenGuard, stop: CancellationToken) -> bool
where
    R: AsyncRead + Unpin,
    W: Outgoing,
{
    let mut core = MediaServerCore::new(rand::random());
    let proven = tokio::select! {
        () = stop.cancelled() => return false,
        () = guard.evicted() => return false,
        proven = timeout(MEDIA_HELLO_WAIT, prove(&mut reader, &mut writer, &mut core, &media)) => proven,
    };
    drop(guard);
    // Strangers are not logged one by one: there may be many.
    let Ok(Ok(seat)) = proven else { return false };
    let ended = seat.session().ended.clone();
    let connection = Connection {
        core,
        reader,
        writer,
        seat: &seat,
        cache: &media.cache,
        clock: media.clock,
        waiting: VecDeque::new(),
        fetch: None,
        gathered: Vec::new(),
        sending: Sending::Nothing,
        replies: Vec::new(),
        live,
        publishing: None,
        idle: Instant::now() + MEDIA_IDLE,
    };
    let why = tokio::select! {
        () = stop.cancelled() => return false,
        () = ended.cancelled() => return false,
        why = connection.run() => why,
    };
    tracing::debug!(%why, "media connection ended");
    matches!(why, Ended::Stalled)
}

/// Why a connection is of no further use.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("closed by the client")]
    Closed,
    #[error("idle")]
    Idle,
    #[error("the client does not read")]
    Stalled,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Protocol(#[from] MediaError),
    #[error(transparent)]
    Publish(#[from] PublishError),
}

async fn prove<R, W>(reader: &mut R, writer: &mut W, core: &mut MediaServerCore, media: &Media) -> Result<SeatConnection, Ended>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    writer.write_all(&core.challenge()).await?;
    writer.flush().await?;
    let mut buffer = [0; READ];
    loop {
        let read = reader.read(&mut buffer).await?;
        if read == 0 {
            return Err(Ended::Closed);
        }
        core.receive(&buffer[..read]);
        let result = match core.poll_input() {
            Ok(None) => continue,
            Ok(Some(Input::Hello { session })) => admit(core, media, session),
            Ok(Some(Input::Request(_))) => Err(MediaError::Unknown),
            Err(error) => Err(error),
        };
        match result {
            Ok((seat, accepted)) => {
                writer.write_all(&accepted).await?;
                writer.flush().await?;
                return Ok(seat);
            }
            Err(error) => {
                if let MediaError::Refused(why) = error {
                    writer.write_all(&refusal(why)).await?;
                    writer.flush().await?;
                }
                return Err(error.into());
            }
        }
    }
}

fn admit(core: &mut MediaServerCore, media: &Media, session: u64) -> Result<(SeatConnection, Vec<u8>), MediaError> {
    let session = media.sessions.find(session);
    let accepted = core.prove(session.as_ref().map(|s| &s.secret), media.clock.server_time_us())?;
    let seat = session.and_then(SeatConnection::of).ok_or(MediaError::Refused(HelloRefusal::TooMany))?;
    Ok((seat, accepted))
}

async fn keyframe_wanted(publishing: &mut Option<Publishing>) {
    match publishing {
        Some(publishing) => publishing.keyframe_wanted().await,
        None => std::future::pending().await,
    }
}

/// A fetch that is being answered.
struct Fetch {
    request: u32,
    source: Source,
    next: u32,
}

/// What is on its way.
enum Sending<'a> {
    Nothing,
    Piece(Pin<Box<dyn Future<Output = Result<Bytes, Arc<io::Error>>> + Send + 'a>>),
    Frame(Frame),
}

struct Connection<'a, R, W> {
    core: MediaServerCore,
    reader: R,
    writer: W,
    seat: &'a SeatConnection,
    cache: &'a SealedCache,
    clock: Clock,
    waiting: VecDeque<(u32, ChunkHash, u32)>,
    fetch: Option<Fetch>,
    /// Pieces of the fetch for its next frame.
    gathered: Vec<Bytes>,
    sending: Sending<'a>,
    replies: Vec<u8>,
    live: Arc<Outlet>,
    publishing: Option<Publishing>,
    idle: Instant,
}

enum Happened {
    Read(io::Result<usize>),
    Piece(Result<Bytes, Arc<io::Error>>),
    Wrote(io::Result<()>),
    /// There is something of a live track to send.
    Live,
    /// A viewer of the stream that is published here needs a keyframe.
    KeyframeWanted,
    Tick,
}

impl<R: AsyncRead + Unpin, W: Outgoing> Connection<'_, R, W> {
    async fn run(mut self) -> Ended {
        let mut buffer = vec![0; READ];
        // One timer for all waits: setting one for each frame would cost more than the frame.
        let mut watch = interval(WATCH_EVERY);
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if let Err(ended) = self.take_requests() {
                return ended;
            }
            if matches!(self.sending, Sending::Nothing) {
                self.send_next().await;
            }
            if self.publishing.is_some() {
                buffer.resize(READ_PIECES, 0);
                // What came goes to its viewers before more is read.
                tokio::task::yield_now().await;
            }
            let happened = self.wait(&mut buffer, &mut watch).await;
            if let Err(ended) = self.handle(happened, &buffer) {
                return ended;
            }
        }
    }

    async fn wait(&mut self, buffer: &mut [u8], watch: &mut Interval) -> Happened {
        let Self { reader, writer, sending, replies, live, publishing, .. } = self;
        let is_free = matches!(sending, Sending::Nothing);
        let send = async {
            match sending {
                Sending::Nothing => std::future::pending().await,
                Sending::Piece(piece) => Happened::Piece(piece.await),
                Sending::Frame(frame) => Happened::Wrote(frame.write(writer).await),
            }
        };
        tokio::select! {
            sent = send => sent,
            () = live.called(), if is_free => Happened::Live,
            () = keyframe_wanted(publishing) => Happened::KeyframeWanted,
            read = reader.read(buffer), if replies.len() < REPLIES_ENOUGH => Happened::Read(read),
            _ = watch.tick() => Happened::Tick,
        }
    }

    fn handle(&mut self, happened: Happened, buffer: &[u8]) -> Result<(), Ended> {
        match happened {
            Happened::Read(read) => match read? {
                0 => return Err(Ended::Closed),
                n => self.core.receive(&buffer[..n]),
            },
            Happened::Wrote(done) => {
                done?;
                self.sending = Sending::Nothing;
            }
            Happened::Piece(piece) => {
                self.sending = Sending::Nothing;
                self.gather(piece);
            }
            Happened::Live => {}
            Happened::KeyframeWanted => self.reply(&Reply::KeyframeWanted),
            Happened::Tick => {
                while let Some((track, bps)) = self.live.over(self.clock.now()) {
                    self.reply(&Reply::NotWithinShare { track, bps });
                }
                match &self.sending {
                    Sending::Frame(frame) if Instant::now() >= frame.deadline => return Err(Ended::Stalled),
                    Sending::Nothing if Instant::now() >= self.idle && self.live.is_empty() => return Err(Ended::Idle),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn take_requests(&mut self) -> Result<(), Ended> {
        while let Some(input) = self.core.poll_input()? {
            let Input::Request(request) = input else { continue };
            self.idle = Instant::now() + MEDIA_IDLE;
            match request {
                Request::Fetch { request, .. } if self.waiting.len() >= MEDIA_REQUESTS_WAITING => self.reply_ended(request, End::Busy),
                Request::Fetch { request, chunk, first_record } => {
                    let Session { room, person, .. } = self.seat.session();
                    if let Some(budget) = &room.budget {
                        budget.asked(self.clock.now(), *person);
                    }
                    self.waiting.push_back((request, chunk, first_record));
                }
                Request::Cancel { request } => self.cancel(request),
                Request::Clock { sent_us } => self.reply(&Reply::Clock { sent_us, server_us: self.clock.server_time_us() }),
                Request::Subscribe { stream, track } => self.subscribe(stream, track),
                Request::Unsubscribe { track } => self.live.remove(track),
                Request::Publish { stream } => self.publish(stream),
                Request::Piece(piece) => {
                    let key = self.seat.session().room.keys.current();
                    let publishing = self.publishing.as_mut().ok_or(PublishError::NoTrack)?;
                    publishing.take(self.clock.now(), &key, piece)?;
                }
            }
        }
        Ok(())
    }

    fn cancel(&mut self, request: u32) {
        let before = self.waiting.len();
        self.waiting.retain(|(r, _, _)| *r != request);
        let was_current = self.fetch.take_if(|f| f.request == request).is_some();
        if was_current {
            self.gathered.clear();
            if matches!(self.sending, Sending::Piece(_)) {
                self.sending = Sending::Nothing;
            }
        }
        if was_current || self.waiting.len() < before {
            self.reply_ended(request, End::Cancelled);
        }
    }

    fn reply_ended(&mut self, request: u32, why: End) {
        self.reply(&Reply::Ended { request, why });
    }

    fn reply(&mut self, reply: &Reply) {
        let reply = self.core.reply(reply);
        self.replies.extend_from_slice(&reply);
    }

    fn subscribe(&mut self, stream: StreamId, number: u16) {
        match self.seat.session().room.hub.track(stream, number) {
            Some(track) => {
                let Session { room, person, .. } = self.seat.session();
                match LiveTake::of(room, self.clock.now(), *person, &track) {
                    Ok(take) => {
                        if self.live.is_empty() {
                            self.writer.goes_live();
                        }
                        self.live.add(track, self.clock.now(), take);
                    }
                    Err(bps) => self.reply(&Reply::NotWithinShare { track: number, bps }),
                }
            }
            None => self.reply(&Reply::StreamOver { track: number }),
        }
    }

    /// Only the one who opened a stream feeds it, and over one connection.
    fn publish(&mut self, stream: StreamId) {
        let Session { room, person, .. } = self.seat.session();
        let own = room.hub.find(stream).filter(|s| s.publisher == *person);
        // The one before it is let go first: it may be the same.
        self.publishing = None;
        self.publishing = own.and_then(Publishing::start);
        if self.publishing.is_some() {
            self.core.expect_pieces();
        }
        self.reply(&Reply::Publishing { stream, taken: self.publishing.is_some() });
    }

    /// Starts what comes next: replies first, else the next frame of the fetch.
    async fn send_next(&mut self) {
        if let Some(rest) = self.live.claim() {
            return self.send_live(rest);
        }
        loop {
            while self.fetch.is_none()
                && self.gathered.is_empty()
                && let Some((request, chunk, first)) = self.waiting.pop_front()
            {
                if self.may_still_come(&chunk) {
                    self.waiting.push_front((request, chunk, first));
                    break;
                }
                self.fetch = self.open(request, chunk, first);
            }
            if !self.replies.is_empty() {
                let replies = std::mem::take(&mut self.replies);
                self.sending = Sending::Frame(Frame::new(replies.into(), Default::default()));
                return;
            }
            // What is live goes before what is stored.
            if let Some(turn) = self.live.next(self.clock.now()) {
                return self.send_live(turn);
            }
            if let Some(track) = self.live.ended() {
                self.reply(&Reply::StreamOver { track });
                continue;
            }
            let Some(fetch) = &self.fetch else { return self.live.release(self.clock.now()).map_or((), |turn| self.send_live(turn)) };
            let is_over = fetch.next >= fetch.source.records();
            if is_over || self.gathered.len() == FRAME_PIECES {
                return self.send_frame();
            }
            match self.cache.cached(&fetch.source, fetch.next).await {
                Some(piece) => self.gather(Ok(piece)),
                // What is there goes first; the client need not wait for the disk.
                None if !self.gathered.is_empty() => return self.send_frame(),
                None => {
                    let (cache, source, record) = (self.cache, fetch.source.clone(), fetch.next);
                    self.sending = Sending::Piece(Box::pin(async move { cache.piece(&source, record).await }));
                    return;
                }
            }
        }
    }

    fn send_live(&mut self, Turn { bytes, at }: Turn) {
        let mut frame = Frame::new(bytes, Default::default());
        if at > self.clock.now() {
            frame.hold_until(self.clock.at(at));
        }
        self.sending = Sending::Frame(frame);
    }

    /// Sends what was gathered.
    fn send_frame(&mut self) {
        let Some(fetch) = &self.fetch else { return };
        let mut pieces: [Bytes; FRAME_PIECES] = Default::default();
        for (place, piece) in pieces.iter_mut().zip(self.gathered.drain(..)) {
            *place = piece;
        }
        // A frame is far below 4 GiB.
        let length = pieces.iter().map(Bytes::len).sum::<usize>() as u32;
        let header = records_header(fetch.source.key.epoch, fetch.request, length);
        let mut frame = Frame::new(Bytes::copy_from_slice(&header), pieces);
        let Session { room, person, .. } = self.seat.session();
        if let Some(budget) = &room.budget {
            let now = self.clock.now();
            let turn = budget.admit(now, *person, length as usize);
            if turn > now {
                frame.hold_until(self.clock.at(turn));
            }
        }
        self.sending = Sending::Frame(frame);
        if fetch.next >= fetch.source.records() {
            self.fetch = None;
        }
    }

    /// Whether a server that has just been started has not looked at everything that it has; a viewer who was here before
    /// asks at once for what it knows. Looked at again with the next tick.
    fn may_still_come(&self, chunk: &ChunkHash) -> bool {
        let index = &self.seat.session().room.index;
        !index.is_settled() && self.clock.now() < SETTLE_WAIT && index.find(chunk).is_none()
    }

    /// Finds a chunk. The epoch is that of now, to the fetch's end.
    fn open(&mut self, request: u32, chunk: ChunkHash, first: u32) -> Option<Fetch> {
        let room = &self.seat.session().room;
        let source = room.index.find(&chunk).map(|place| Source { room: room.room, key: room.keys.current(), chunk, place: Arc::new(place) });
        match source.filter(|s| first < s.records()) {
            Some(source) => Some(Fetch { request, source, next: first }),
            None => {
                self.reply_ended(request, End::NotFound);
                None
            }
        }
    }

    /// Takes the next piece of the fetch.
    fn gather(&mut self, piece: Result<Bytes, Arc<io::Error>>) {
        let Some(fetch) = &mut self.fetch else { return };
        let skip = record_offset(fetch.next % PIECE_RECORDS);
        let why = match piece {
            Ok(piece) if piece.len() > skip => {
                self.gathered.push(piece.slice(skip..));
                fetch.next = (fetch.next / PIECE_RECORDS + 1) * PIECE_RECORDS;
                return;
            }
            Ok(_) => End::NotFound,
            Err(error) => {
                tracing::warn!(chunk = %fetch.source.chunk, %error, "a chunk could not be read");
                End::Unreadable
            }
        };
        let request = fetch.request;
        self.fetch = None;
        self.gathered.clear();
        self.reply_ended(request, why);
    }
}
