//! One media connection: challenge and proof, then requests in their order, each answered with slices of shared pieces.
//!
//! A single task reads requests while it writes, so that a cancel is seen between two frames. Bytes of a piece go from
//! the cache to the socket without a copy for this viewer.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use lectern_proto::limits::{MEDIA_HELLO_WAIT, MEDIA_IDLE, MEDIA_REQUESTS_WAITING, PIECE_RECORDS, WRITE_WAIT};
use lectern_proto::manifest::ChunkHash;
use lectern_proto::media::server::{Input, MediaServerCore, records_header, refusal};
use lectern_proto::media::{End, HEADER_LEN, HelloRefusal, MediaError, Reply, Request};
use lectern_proto::seal::record_offset;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::cache::Source;
use super::sessions::SeatConnection;
use super::{Media, SealedCache};
use crate::net::{UnprovenGuard, reset_on_close};

/// What one read asks for: a few requests.
const READ: usize = 1024;
/// Bytes of replies that wait for the frame before them; above it nothing is read, so that a client cannot make them
/// grow.
const REPLIES_ENOUGH: usize = 4 * 1024;

/// Serves one connection to its end.
pub(super) async fn serve(mut stream: TcpStream, media: Arc<Media>, guard: UnprovenGuard, stop: CancellationToken) {
    let mut core = MediaServerCore::new(rand::random());
    let proven = tokio::select! {
        () = stop.cancelled() => return,
        () = guard.evicted() => return,
        proven = timeout(MEDIA_HELLO_WAIT, prove(&mut stream, &mut core, &media)) => proven,
    };
    drop(guard);
    // Strangers are not logged one by one: there may be many.
    let Ok(Ok(seat)) = proven else { return };
    let ended = seat.session().ended.clone();
    let (reader, writer) = stream.split();
    let connection = Connection {
        core,
        reader,
        writer,
        seat: &seat,
        cache: &media.cache,
        waiting: VecDeque::new(),
        fetch: None,
        sending: Sending::Nothing,
        replies: Vec::new(),
    };
    let why = tokio::select! {
        () = stop.cancelled() => return,
        () = ended.cancelled() => return,
        why = connection.run() => why,
    };
    tracing::debug!(%why, "media connection ended");
    if matches!(why, Ended::Stalled) {
        // What is still in the kernel's buffer will not be read either: it goes at once, not when TCP gives up.
        reset_on_close(&stream);
    }
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
}

async fn prove(stream: &mut TcpStream, core: &mut MediaServerCore, media: &Media) -> Result<SeatConnection, Ended> {
    stream.write_all(&core.challenge()).await?;
    let mut buffer = [0; READ];
    loop {
        let read = stream.read(&mut buffer).await?;
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
                stream.write_all(&accepted).await?;
                return Ok(seat);
            }
            Err(error) => {
                if let MediaError::Refused(why) = error {
                    stream.write_all(&refusal(why)).await?;
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

/// A fetch that is being answered.
struct Fetch {
    request: u32,
    source: Source,
    next: u32,
}

/// The frame on its way.
enum Sending<'a> {
    Nothing,
    Piece(Pin<Box<dyn Future<Output = Result<Bytes, Arc<io::Error>>> + Send + 'a>>),
    Frame(Frame),
}

/// What of a frame is still to be written: a header or replies of our own, then a slice of a shared piece.
struct Frame {
    head: Bytes,
    body: Bytes,
    deadline: Instant,
}

struct Connection<'a> {
    core: MediaServerCore,
    reader: ReadHalf<'a>,
    writer: WriteHalf<'a>,
    seat: &'a SeatConnection,
    cache: &'a SealedCache,
    waiting: VecDeque<(u32, ChunkHash, u32)>,
    fetch: Option<Fetch>,
    sending: Sending<'a>,
    replies: Vec<u8>,
}

enum Happened {
    Read(io::Result<usize>),
    Piece(Result<Bytes, Arc<io::Error>>),
    Wrote(io::Result<bool>),
    Late,
    Idle,
}

impl<'a> Connection<'a> {
    async fn run(mut self) -> Ended {
        let mut buffer = [0; READ];
        let mut idle = Instant::now() + MEDIA_IDLE;
        loop {
            if let Err(error) = self.take_requests(&mut idle) {
                return error.into();
            }
            self.next_frame();
            let happened = self.wait(&mut buffer, idle).await;
            if let Err(ended) = self.handle(happened, &buffer) {
                return ended;
            }
        }
    }

    async fn wait(&mut self, buffer: &mut [u8], idle: Instant) -> Happened {
        let Self { reader, writer, sending, replies, .. } = self;
        let is_idle = matches!(sending, Sending::Nothing);
        let deadline = if let Sending::Frame(frame) = sending { frame.deadline } else { idle };
        let send = async {
            match sending {
                Sending::Nothing => std::future::pending().await,
                Sending::Piece(piece) => Happened::Piece(piece.await),
                Sending::Frame(frame) => Happened::Wrote(frame.write(writer).await),
            }
        };
        tokio::select! {
            sent = send => sent,
            read = reader.read(buffer), if replies.len() < REPLIES_ENOUGH => Happened::Read(read),
            () = sleep_until(deadline) => if is_idle { Happened::Idle } else { Happened::Late },
        }
    }

    fn handle(&mut self, happened: Happened, buffer: &[u8]) -> Result<(), Ended> {
        match happened {
            Happened::Read(read) => match read? {
                0 => return Err(Ended::Closed),
                n => self.core.receive(&buffer[..n]),
            },
            Happened::Wrote(done) => {
                if done? {
                    self.sending = Sending::Nothing;
                }
            }
            Happened::Piece(piece) => {
                self.sending = Sending::Nothing;
                self.frame_of(piece);
            }
            Happened::Late => return Err(Ended::Stalled),
            Happened::Idle => return Err(Ended::Idle),
        }
        Ok(())
    }

    fn take_requests(&mut self, idle: &mut Instant) -> Result<(), MediaError> {
        while let Some(input) = self.core.poll_input()? {
            let Input::Request(request) = input else { continue };
            *idle = Instant::now() + MEDIA_IDLE;
            match request {
                Request::Fetch { request, .. } if self.waiting.len() >= MEDIA_REQUESTS_WAITING => self.reply_ended(request, End::Busy),
                Request::Fetch { request, chunk, first_record } => self.waiting.push_back((request, chunk, first_record)),
                Request::Cancel { request } => self.cancel(request),
            }
        }
        Ok(())
    }

    fn cancel(&mut self, request: u32) {
        let before = self.waiting.len();
        self.waiting.retain(|(r, _, _)| *r != request);
        let was_current = self.fetch.take_if(|f| f.request == request).is_some();
        if was_current && matches!(self.sending, Sending::Piece(_)) {
            self.sending = Sending::Nothing;
        }
        if was_current || self.waiting.len() < before {
            self.reply_ended(request, End::Cancelled);
        }
    }

    fn reply_ended(&mut self, request: u32, why: End) {
        let reply = self.core.reply(&Reply::Ended { request, why });
        self.replies.extend_from_slice(&reply);
    }

    /// Starts what comes next, if nothing is on its way.
    fn next_frame(&mut self) {
        if !matches!(self.sending, Sending::Nothing) {
            return;
        }
        while self.fetch.is_none()
            && let Some((request, chunk, first)) = self.waiting.pop_front()
        {
            self.fetch = self.open(request, chunk, first);
        }
        if !self.replies.is_empty() {
            let head = Bytes::from(std::mem::take(&mut self.replies));
            self.sending = Sending::Frame(Frame { head, body: Bytes::new(), deadline: Instant::now() + WRITE_WAIT });
        } else if let Some(fetch) = &self.fetch {
            let (cache, source, record) = (self.cache, fetch.source.clone(), fetch.next);
            self.sending = Sending::Piece(Box::pin(async move { cache.piece(&source, record).await }));
        }
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

    fn frame_of(&mut self, piece: Result<Bytes, Arc<io::Error>>) {
        let Some(mut fetch) = self.fetch.take() else { return };
        let skip = record_offset(fetch.next % PIECE_RECORDS);
        match piece {
            Ok(piece) if piece.len() > skip => {
                let body = piece.slice(skip..);
                // A piece is far below 4 GiB.
                let header: [u8; HEADER_LEN] = records_header(fetch.source.key.epoch, fetch.request, body.len() as u32);
                self.sending = Sending::Frame(Frame { head: Bytes::copy_from_slice(&header), body, deadline: Instant::now() + WRITE_WAIT });
                fetch.next = (fetch.next / PIECE_RECORDS + 1) * PIECE_RECORDS;
                if fetch.next < fetch.source.records() {
                    self.fetch = Some(fetch);
                }
            }
            Ok(_) => self.reply_ended(fetch.request, End::NotFound),
            Err(error) => {
                tracing::warn!(chunk = %fetch.source.chunk, %error, "a chunk could not be read");
                self.reply_ended(fetch.request, End::Unreadable);
            }
        }
    }
}

impl Frame {
    /// Writes on; true when all is out. May be dropped and called again.
    async fn write(&mut self, writer: &mut WriteHalf<'_>) -> io::Result<bool> {
        while self.head.has_remaining() || self.body.has_remaining() {
            let mut written = writer.write_vectored(&[IoSlice::new(&self.head), IoSlice::new(&self.body)]).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            let of_head = written.min(self.head.len());
            self.head.advance(of_head);
            written -= of_head;
            self.body.advance(written);
        }
        Ok(true)
    }
}
