//! The media port over UDP: one task serves all viewers of a socket. Records go out in batches that the system cuts into datagrams
//! (segmentation offload); what a viewer misses is sent again from what its track keeps.
//!
//! Nobody is waited for: when the socket is full everybody waits for the same moment, and a viewer that is not there any more costs
//! nothing after [`lectern_proto::limits::DATAGRAM_SILENCE_MAX`].

use std::collections::{HashMap, VecDeque};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use lectern_proto::control::RunId;
use lectern_proto::datagram::server::{DatagramServerCore, Reaction};
use lectern_proto::datagram::{Ask, Tell};
use lectern_proto::limits::{DATAGRAM_MAX, LAB_RELAY_QUEUE, REPAIR_BURST, REPAIR_PERCENT};
use lectern_proto::live::RECORD_MAX;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::lab::Outgoing;
use super::sessions::{SeatConnection, Session};
use super::{LiveTake, Media};
use crate::clock::sleep_until;
use crate::live::Subscriptions;

/// How often it is looked who is gone.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Records in one call and in one go to one viewer: 16 are some 19 kB, what small buffers on the way hold. More of one unit follow after
/// [`PACE`]: a keyframe goes out at up to 150 Mbit/s, not at the speed of this machine's card.
const BATCH_RECORDS: usize = 16;
const PACE: Duration = Duration::from_millis(1);

/// One viewer.
struct Viewer {
    seat: SeatConnection,
    /// The address of this machine that it reached.
    local: Option<IpAddr>,
    live: Subscriptions,
    repair: Repair,
    /// The rest of a unit that the socket did not take, or whose time has not come, and the length of its datagrams.
    rest: Bytes,
    segment: usize,
    /// Parity that goes behind it, a block each, with the length of its rows.
    parity: VecDeque<(Bytes, usize)>,
    pace: Pace,
}

impl Viewer {
    /// Takes what goes next, if there is something.
    fn take_next(&mut self, now: Duration) -> bool {
        if let Some(rows) = self.parity.pop_front() {
            (self.rest, self.segment) = rows;
        } else {
            let Some((unit, percent)) = self.live.next(now) else { return false };
            (self.rest, self.segment) = (unit.records(), RECORD_MAX);
            self.parity.extend(unit.parity.iter().map(|block| block.rows(percent)).filter(|(rows, _)| !rows.is_empty()));
        }
        self.pace.next_at = self.pace.next_at.max(self.live.admit(now, self.rest.len()));
        true
    }
}

/// Spreads large units over time.
#[derive(Debug, Clone, Copy, Default)]
struct Pace {
    /// Nothing is sent before.
    next_at: Duration,
}

impl Pace {
    /// How many of so many records may go now; none: ask again at `next_at`.
    fn take(&mut self, now: Duration, waiting: usize, batch: usize) -> Option<usize> {
        if now < self.next_at {
            return None;
        }
        if waiting > batch {
            self.next_at = now + PACE;
        }
        Some(waiting.min(batch))
    }
}

/// What came of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// The socket takes no more.
    Full,
    /// All that may go now has gone; more may then, if there is more.
    Until(Option<Duration>),
}

/// What of lost records a viewer gets again.
#[derive(Debug, Clone, Copy)]
struct Repair {
    /// Hundredths of records.
    credit: u32,
}

impl Default for Repair {
    fn default() -> Self {
        Self { credit: REPAIR_BURST * 100 }
    }
}

impl Repair {
    fn sent(&mut self, records: usize) {
        let earned = u32::try_from(records).unwrap_or(u32::MAX).saturating_mul(REPAIR_PERCENT);
        self.credit = self.credit.saturating_add(earned).min(REPAIR_BURST * 100);
    }

    fn take(&mut self) -> bool {
        let left = self.credit.checked_sub(100);
        self.credit = left.unwrap_or(self.credit);
        left.is_some()
    }
}

struct Port {
    socket: UdpSocket,
    state: UdpSocketState,
    media: Arc<Media>,
    core: DatagramServerCore,
    viewers: HashMap<SocketAddr, Viewer>,
    news: Arc<Notify>,
    /// Packets of the labs for viewers of this socket, and where others leave them.
    labs: mpsc::Receiver<Outgoing>,
    labs_in: mpsc::Sender<Outgoing>,
    /// Records in one call at most.
    batch: usize,
}

/// Serves a socket until `stop`.
pub(crate) async fn serve(socket: std::net::UdpSocket, media: Arc<Media>, stop: CancellationToken) {
    let opened = UdpSocketState::new((&socket).into()).and_then(|state| Ok((UdpSocket::from_std(socket)?, state)));
    let (socket, state) = match opened {
        Ok(opened) => opened,
        Err(error) => return tracing::error!(%error, "live streams cannot be served over UDP; they go over TCP"),
    };
    let batch = state.max_gso_segments().clamp(1, BATCH_RECORDS);
    let (labs_in, labs) = mpsc::channel(LAB_RELAY_QUEUE);
    let core = DatagramServerCore::new(rand::random());
    let port = Port { socket, state, media, core, viewers: HashMap::new(), news: Arc::default(), labs, labs_in, batch };
    tokio::select! {
        () = stop.cancelled() => {}
        () = port.run() => {}
    }
}

impl Port {
    async fn run(mut self) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut buffers = vec![vec![0; DATAGRAM_MAX * self.state.gro_segments()]; BATCH_SIZE];
        loop {
            let sent = self.send_all();
            let is_full = sent == Sent::Full;
            let next = match sent {
                Sent::Until(Some(next)) => Some(self.media.clock.at(next)),
                Sent::Until(None) | Sent::Full => None,
            };
            let news = Arc::clone(&self.news);
            tokio::select! {
                () = news.notified(), if !is_full => {}
                () = sleep_until(next), if next.is_some() => {}
                ready = self.socket.writable(), if is_full => if ready.is_err() { return },
                ready = self.socket.readable() => {
                    if ready.is_err() {
                        return;
                    }
                    self.receive(&mut buffers);
                }
                Some(packet) = self.labs.recv(), if !is_full => self.hand_on(packet),
                _ = look.tick() => self.look(),
            }
        }
    }

    /// Sends what every viewer has not had, as far as it may go now.
    fn send_all(&mut self) -> Sent {
        let Self { socket, state, media, core, viewers, batch, .. } = self;
        let now = media.clock.now();
        let (mut over, mut next_at) = (Vec::new(), None);
        for (&address, viewer) in viewers.iter_mut().filter(|(_, v)| !v.seat.session().ended.is_cancelled()) {
            loop {
                if viewer.rest.is_empty() && !viewer.take_next(now) {
                    break;
                }
                let segment = viewer.segment;
                let Some(records) = viewer.pace.take(now, viewer.rest.len().div_ceil(segment), *batch) else {
                    next_at = Some(next_at.map_or(viewer.pace.next_at, |at: Duration| at.min(viewer.pace.next_at)));
                    break;
                };
                let length = viewer.rest.len().min(records * segment);
                let segment_size = (length > segment).then_some(segment);
                let transmit = Transmit { destination: address, ecn: None, contents: &viewer.rest[..length], segment_size, src_ip: viewer.local };
                if is_full(send(socket, state, &transmit)) {
                    viewer.pace = Pace::default();
                    return Sent::Full;
                }
                viewer.rest.advance(length);
                viewer.repair.sent(length.div_ceil(segment));
            }
            if viewer.rest.is_empty() {
                over.extend(std::iter::from_fn(|| viewer.live.ended()).map(|track| (address, viewer.local, track)));
            }
        }
        for (address, local, track) in over {
            if let Some(told) = core.tell(address, &Tell::StreamOver { track }) {
                let _ = send(socket, state, &answer(address, local, &told));
            }
        }
        Sent::Until(next_at)
    }

    /// Sends packets of the labs. A socket that is full loses them.
    fn hand_on(&mut self, first: Outgoing) {
        let mut next = Some(first);
        while let Some(Outgoing { to, local, datagram }) = next {
            let _ = send(&self.socket, &self.state, &answer(to, local, &datagram));
            next = self.labs.try_recv().ok();
        }
    }

    fn receive(&mut self, buffers: &mut [Vec<u8>]) {
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        loop {
            let mut slices: Vec<_> = buffers.iter_mut().map(|b| IoSliceMut::new(b)).collect();
            let received = self.socket.try_io(Interest::READABLE, || self.state.recv((&self.socket).into(), &mut slices, &mut metas));
            // Errors are those of earlier datagrams, to whom nobody listened, and the end of what there is.
            let Ok(received) = received else { return };
            for (meta, buffer) in metas.iter().zip(buffers.iter()).take(received) {
                for datagram in buffer[..meta.len.min(buffer.len())].chunks(meta.stride.max(1)) {
                    self.datagram(meta.addr, meta.dst_ip, datagram);
                }
            }
        }
    }

    fn datagram(&mut self, from: SocketAddr, local: Option<IpAddr>, datagram: &[u8]) {
        let (now, sessions) = (self.media.clock.now(), &self.media.sessions);
        let told = match self.core.receive(now, from, datagram, |session| sessions.find(session).map(|s| s.secret.clone())) {
            Reaction::None => return,
            Reaction::Answer(answer) => Some(answer),
            Reaction::Opened { session, answer } => {
                let Some(seat) = sessions.find(session).and_then(SeatConnection::of) else { return self.core.forget(from) };
                let live = Subscriptions::sharing(Arc::clone(&self.news));
                let (rest, parity) = (Bytes::new(), VecDeque::new());
                let viewer = Viewer { seat, local, live, repair: Repair::default(), rest, segment: RECORD_MAX, parity, pace: Pace::default() };
                self.viewers.insert(from, viewer);
                Some(answer)
            }
            Reaction::Ask(ask) => self.ask(now, from, ask),
            Reaction::Lab { run, .. } => return self.media.labs.hand_on(now, RunId(run), from, datagram),
        };
        if let Some(told) = told {
            let _ = send(&self.socket, &self.state, &answer(from, local, &told));
        }
    }

    fn ask(&mut self, now: Duration, from: SocketAddr, ask: Ask) -> Option<Vec<u8>> {
        let viewer = self.viewers.get_mut(&from)?;
        let tell = match ask {
            Ask::Subscribe { stream, track } => {
                if viewer.live.track(track).is_some() {
                    return None;
                }
                let Session { room, person, .. } = viewer.seat.session();
                match room.hub.track(stream, track).map(|track| (LiveTake::of(room, now, *person, &track), track)) {
                    Some((Ok(take), track)) => {
                        viewer.live.add(track, now, take);
                        return None;
                    }
                    Some((Err(bps), _)) => Tell::NotWithinShare { track, bps },
                    None => Tell::StreamOver { track },
                }
            }
            Ask::Unsubscribe { track } => {
                viewer.live.remove(track);
                return None;
            }
            Ask::Keyframe { track } => {
                viewer.live.want_keyframe(track, now);
                return None;
            }
            Ask::Parity { track, percent } => {
                let most = viewer.seat.session().room.parity_most;
                viewer.live.set_parity(track, percent.min(most), now);
                return None;
            }
            Ask::Missing { track, runs } => {
                repair(&self.socket, &self.state, now, from, viewer, track, &runs);
                return None;
            }
            Ask::Lab { run } => {
                let Session { person, .. } = viewer.seat.session();
                let is_there = self.media.labs.bind(RunId(run), *person, (from, viewer.local), &self.labs_in);
                Tell::Lab { run, seen: is_there.then_some(from) }
            }
            Ask::Clock { sent_us } => Tell::Clock { sent_us, server_us: self.media.clock.server_time_us() },
            Ask::Bye => {
                self.viewers.remove(&from);
                return None;
            }
        };
        self.core.tell(from, &tell)
    }

    /// Lets go who is gone.
    fn look(&mut self) {
        // A transfer may be silent for as long as its time-out is.
        for address in self.media.labs.addresses() {
            self.core.keep(self.media.clock.now(), address);
        }
        for address in self.core.expire(self.media.clock.now()) {
            self.viewers.remove(&address);
        }
        let now = self.media.clock.now();
        for (&address, viewer) in &mut self.viewers {
            while let Some((track, bps)) = viewer.live.over(now) {
                viewer.live.remove(track);
                if let Some(told) = self.core.tell(address, &Tell::NotWithinShare { track, bps }) {
                    let _ = send(&self.socket, &self.state, &answer(address, viewer.local, &told));
                }
            }
        }
        let core = &mut self.core;
        self.viewers.retain(|address, viewer| {
            let is_here = !viewer.seat.session().ended.is_cancelled();
            if !is_here {
                core.forget(*address);
            }
            is_here
        });
    }
}

/// Sends lost records again, as far as that is allowed.
fn repair(socket: &UdpSocket, state: &UdpSocketState, now: Duration, to: SocketAddr, viewer: &mut Viewer, track: u16, runs: &[(u32, u32)]) {
    let Some(track) = viewer.live.track(track).cloned() else { return };
    for &(first, last) in runs {
        for counter in first..=last {
            // What is not kept ends its run: nobody makes us count to 2³².
            let Some(record) = track.record(counter).filter(|_| viewer.repair.take()) else { break };
            // It is late already: counted, and not held back.
            viewer.live.admit(now, record.len());
            if is_full(send(socket, state, &answer(to, viewer.local, &record))) {
                return;
            }
        }
    }
}

fn answer(to: SocketAddr, local: Option<IpAddr>, contents: &[u8]) -> Transmit<'_> {
    Transmit { destination: to, ecn: None, contents, segment_size: None, src_ip: local }
}

fn send(socket: &UdpSocket, state: &UdpSocketState, transmit: &Transmit<'_>) -> io::Result<()> {
    socket.try_io(Interest::WRITABLE, || state.try_send(socket.into(), transmit))
}

/// Other errors are those of one address: what cannot be sent there is lost, as on the way.
fn is_full(sent: io::Result<()>) -> bool {
    sent.is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_unit_is_spread_and_a_small_one_goes_at_once() {
        let ms = Duration::from_millis;
        let mut pace = Pace::default();
        assert_eq!((pace.take(ms(5), 9, 16), pace.take(ms(5), 16, 16)), (Some(9), Some(16)), "small ones one after another");
        assert_eq!((pace.take(ms(5), 40, 16), pace.take(ms(5), 24, 16), pace.next_at), (Some(16), None, ms(6)));
        assert_eq!((pace.take(ms(6), 24, 16), pace.take(ms(7), 8, 16), pace.take(ms(7), 5, 16)), (Some(16), Some(8), Some(5)));
    }

    #[test]
    fn a_viewer_gets_a_part_of_what_it_was_sent_again_and_a_burst() {
        let mut repair = Repair::default();
        let burst = std::iter::repeat_with(|| repair.take()).take_while(|taken| *taken).count();
        assert_eq!(burst, REPAIR_BURST as usize);
        repair.sent(100);
        let again = std::iter::repeat_with(|| repair.take()).take_while(|taken| *taken).count();
        assert_eq!(again, REPAIR_PERCENT as usize);
    }
}
