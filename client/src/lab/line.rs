//! A UDP socket that is a bad line on purpose: what it loses, damages and doubles follows from a seed, and is counted and captured.

use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::{Bytes, BytesMut};
use lectern_proto::arq::packet::{Body, Packet};
use lectern_proto::datagram::{LAB, LAB_HEADER, lab_head};
use lectern_proto::lab::random::Random;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use serde::Serialize;
use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::buffers::Buffers;
use super::capture::Capture;

/// Bytes in one call to the system at most: what it takes as one piece to cut into datagrams.
const CALL_MAX: usize = 64_000;
/// Room for what one call gives: datagrams that the system has joined.
const RECEIVE: usize = 65_536;
/// What is at least so long is handed on where it lies, else copied, so that a short one does not keep a buffer.
const KEPT: usize = RECEIVE / 4;
/// Buffers that are used again, at most.
const BUFFERS: usize = 256;
/// What the socket should hold until we come to read it; the system may give less.
const BUFFER: usize = 4 * 1024 * 1024;

/// What happens to the packets of one direction, each a probability from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Impairment {
    /// Lost on the way.
    pub loss: f64,
    /// One of its bits flipped.
    pub corrupt: f64,
    /// Sent twice.
    pub duplicate: f64,
}

impl Impairment {
    /// The probability that a packet does not come whole.
    #[must_use]
    pub fn lost(&self) -> f64 {
        1.0 - (1.0 - self.loss) * (1.0 - self.corrupt)
    }
}

/// What happened to the packets of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Impaired {
    /// Packets that came to the bad place, and what became of them there.
    pub packets: u64,
    pub lost: u64,
    /// Of those that were lost, packets of data.
    pub data_lost: u64,
    pub corrupted: u64,
    pub duplicated: u64,
    /// Not on purpose: what a full socket did not take.
    pub not_taken: u64,
}

/// One direction.
#[derive(Debug)]
struct Direction {
    impairment: Impairment,
    random: Random,
    impaired: Impaired,
}

/// What becomes of one packet.
enum Fate {
    Lost,
    /// So many times, with this bit flipped.
    Goes(usize, Option<u64>),
}

impl Direction {
    fn new(impairment: Impairment, random: Random) -> Self {
        Self { impairment, random, impaired: Impaired::default() }
    }

    /// Three draws for each packet, whatever comes of them: so one probability does not change what another one does.
    fn fate(&mut self, bytes: usize) -> Fate {
        self.impaired.packets += 1;
        let Impairment { loss, corrupt, duplicate } = self.impairment;
        let (lost, corrupted, doubled) = (self.random.bernoulli(loss), self.random.bernoulli(corrupt), self.random.bernoulli(duplicate));
        if lost {
            self.impaired.lost += 1;
            return Fate::Lost;
        }
        self.impaired.corrupted += u64::from(corrupted);
        self.impaired.duplicated += u64::from(doubled);
        Fate::Goes(1 + usize::from(doubled), corrupted.then(|| self.random.below(bytes as u64 * 8)))
    }
}

/// What waits to be sent in one call.
#[derive(Debug, Default)]
struct Batch {
    bytes: Vec<u8>,
    segment: usize,
    count: usize,
    to: Option<SocketAddr>,
    /// The last datagram was shorter: it has to be the last one.
    is_closed: bool,
}

impl Batch {
    fn takes(&self, to: SocketAddr, length: usize, most: usize) -> bool {
        self.count == 0 || (self.to == Some(to) && !self.is_closed && length <= self.segment && self.count < most && self.bytes.len() + length <= CALL_MAX)
    }
}

/// The line.
#[derive(Debug)]
pub struct Line {
    socket: UdpSocket,
    state: UdpSocketState,
    /// Our address, as the other side sees it where we know it.
    local: SocketAddr,
    batch: Batch,
    buffers: Buffers,
    /// Where the next call puts what came.
    places: Vec<BytesMut>,
    outgoing: Direction,
    incoming: Direction,
    capture: Option<Capture>,
    /// The server that may hand packets on, and what stands in front of them there.
    server: Option<(SocketAddr, [u8; LAB_HEADER])>,
    /// What the server itself sent.
    told: Vec<Bytes>,
    /// Of the last call to send that failed for another reason than a full socket.
    error: Option<io::Error>,
}

impl Line {
    /// Opens a socket. `outgoing` happens to what is sent, `incoming` to what comes; both follow from `seed`.
    ///
    /// # Errors
    /// When there is no such address, or another program has it.
    pub fn open(address: SocketAddr, outgoing: Impairment, incoming: Impairment, seed: u64) -> io::Result<Self> {
        let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::DGRAM, Some(socket2::Protocol::UDP))?;
        // Less is only slower.
        let _ = socket.set_recv_buffer_size(BUFFER);
        let _ = socket.set_send_buffer_size(BUFFER);
        socket.bind(&address.into())?;
        let socket = std::net::UdpSocket::from(socket);
        let state = UdpSocketState::new((&socket).into())?;
        let local = socket.local_addr()?;
        let socket = UdpSocket::from_std(socket)?;
        let mut random = Random::seeded(seed);
        let (outgoing, incoming) = (Direction::new(outgoing, random.split()), Direction::new(incoming, random.split()));
        let mut buffers = Buffers::new(RECEIVE, BUFFERS);
        let places = (0..BATCH_SIZE).map(|_| buffers.take()).collect();
        let (batch, server, told) = (Batch::default(), None, Vec::new());
        Ok(Self { socket, state, local, batch, buffers, places, outgoing, incoming, capture: None, server, told, error: None })
    }

    /// Opens a socket of any port for packets to `to`.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn towards(to: SocketAddr, outgoing: Impairment, incoming: Impairment, seed: u64) -> io::Result<Self> {
        let any = if to.is_ipv4() { SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)) } else { SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)) };
        let mut line = Self::open(any, outgoing, incoming, seed)?;
        // Which address of ours leads there: nothing is sent by this.
        let way = std::net::UdpSocket::bind(any).and_then(|probe| probe.connect(to).and_then(|()| probe.local_addr()));
        if let Ok(way) = way {
            line.local.set_ip(way.ip());
        }
        Ok(line)
    }

    /// Has everything from now on captured.
    pub fn capture(&mut self, capture: Capture) {
        self.capture = Some(capture);
    }

    /// Packets to and from this address go by way of a server, as those of this run.
    pub(super) fn by_way_of(&mut self, server: SocketAddr, run: u64) {
        self.server = Some((server, lab_head(run)));
    }

    /// What the server sent that was no packet handed on.
    pub(super) fn take_told(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.told)
    }

    /// Sends a datagram of ours to the server, as it is. What a full socket does not take is said again.
    pub(super) fn tell(&mut self, to: SocketAddr, datagram: &[u8]) {
        let transmit = Transmit { destination: to, ecn: None, contents: datagram, segment_size: None, src_ip: None };
        let _ = self.socket.try_io(Interest::WRITABLE, || self.state.try_send((&self.socket).into(), &transmit));
    }

    /// Ends the capture, if there is one: see [`Capture::finish`].
    ///
    /// # Errors
    /// When the disk took not all of it.
    pub async fn finish_capture(&mut self) -> io::Result<u64> {
        match self.capture.take() {
            Some(capture) => capture.finish().await,
            None => Ok(0),
        }
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.local
    }

    /// What was done on purpose to packets that went and that came.
    #[must_use]
    pub fn impaired(&self) -> (Impaired, Impaired) {
        (self.outgoing.impaired, self.incoming.impaired)
    }

    /// Why the last packet that could not be sent was not; taken by this.
    pub fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// Has a packet sent, now or with the next ones. False: the socket is full; call [`Self::flush`] until it is not, before more is sent.
    pub fn send(&mut self, to: SocketAddr, packet: &Packet) -> bool {
        let head = self.server.filter(|(server, _)| *server == to).map(|(_, head)| head);
        let head = head.as_ref().map_or(&[][..], |head| head);
        let length = head.len() + packet.size();
        // Nobody spoils how the two sides meet.
        let is_probe = matches!(packet.body, Body::Probe(_) | Body::ProbeAnswer(_));
        let fate = if is_probe { Fate::Goes(1, None) } else { self.outgoing.fate(packet.size()) };
        let (times, flipped) = match fate {
            Fate::Lost => {
                self.outgoing.impaired.data_lost += u64::from(matches!(packet.body, Body::Data(_)));
                if let Some(capture) = &mut self.capture {
                    capture.note(self.local, to, &[head, &packet.to_vec()].concat(), Some("lost on purpose: never sent"));
                }
                return true;
            }
            Fate::Goes(times, flipped) => (times, flipped),
        };
        let mut is_free = true;
        for _ in 0..times {
            if !self.batch.takes(to, length, self.state.max_gso_segments()) {
                is_free = self.flush();
            }
            if !self.batch.takes(to, length, self.state.max_gso_segments()) {
                // A full socket loses what is sent to it, as any line does.
                self.outgoing.impaired.not_taken += 1;
                continue;
            }
            let start = self.batch.bytes.len();
            self.batch.bytes.extend_from_slice(head);
            packet.write(&mut self.batch.bytes);
            if let Some(bit) = flipped {
                self.batch.bytes[start + head.len() + (bit / 8) as usize] ^= 0x80 >> (bit % 8);
            }
            let batch = &mut self.batch;
            if batch.count == 0 {
                (batch.to, batch.segment) = (Some(to), length);
            }
            (batch.count, batch.is_closed) = (batch.count + 1, length < batch.segment);
            if let Some(capture) = &mut self.capture {
                let comment = flipped.map(|bit| format!("damaged on purpose: bit {bit}"));
                capture.note(self.local, to, &batch.bytes[start..], comment.as_deref());
            }
        }
        is_free
    }

    /// Sends what waits. False: the socket is full; wait for [`Self::writable`].
    pub fn flush(&mut self) -> bool {
        let Some(to) = self.batch.to.filter(|_| self.batch.count > 0) else { return true };
        let segment_size = (self.batch.count > 1).then_some(self.batch.segment);
        let transmit = Transmit { destination: to, ecn: None, contents: &self.batch.bytes, segment_size, src_ip: None };
        match self.socket.try_io(Interest::WRITABLE, || self.state.try_send((&self.socket).into(), &transmit)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Err(error) => self.error = Some(error),
            Ok(()) => {}
        }
        self.batch.bytes.clear();
        (self.batch.count, self.batch.is_closed) = (0, false);
        true
    }

    /// Waits until something may have come.
    ///
    /// # Errors
    /// When the socket is gone.
    pub async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// Waits until the socket takes more.
    ///
    /// # Errors
    /// When the socket is gone.
    pub async fn writable(&self) -> io::Result<()> {
        self.socket.writable().await
    }

    /// Takes what came: up to a few hundred datagrams, appended to `into`. False: there was nothing.
    pub fn receive(&mut self, into: &mut Vec<(SocketAddr, Bytes)>) -> bool {
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        let mut slices: Vec<_> = self.places.iter_mut().map(|place| IoSliceMut::new(place)).collect();
        let received = self.socket.try_io(Interest::READABLE, || self.state.recv((&self.socket).into(), &mut slices, &mut metas));
        // Errors are the end of what there is, and those of earlier datagrams, to which nobody listened.
        let Ok(received) = received else { return false };
        for (at, meta) in metas.iter().enumerate().take(received) {
            let mut local = self.local;
            if let Some(ip) = meta.dst_ip {
                local.set_ip(ip);
                if self.local.ip().is_unspecified() {
                    self.local = local;
                }
            }
            let length = meta.len.min(RECEIVE);
            let mut all = if length < KEPT {
                Bytes::copy_from_slice(&self.places[at][..length])
            } else {
                let place = std::mem::replace(&mut self.places[at], self.buffers.take());
                self.buffers.lend(place).slice(..length)
            };
            while !all.is_empty() {
                let datagram = all.split_to(meta.stride.clamp(1, all.len()));
                self.came(meta.addr, local, datagram, into);
            }
        }
        true
    }

    fn came(&mut self, from: SocketAddr, local: SocketAddr, mut datagram: Bytes, into: &mut Vec<(SocketAddr, Bytes)>) {
        let mut head = 0;
        if let Some((server, own)) = &self.server
            && *server == from
        {
            if datagram.first() != Some(&LAB) {
                return self.told.push(datagram);
            }
            if !datagram.starts_with(own) {
                return;
            }
            head = LAB_HEADER;
        }
        let is_probe = Packet::is_probe(&datagram[head..]);
        let fate = if is_probe { Fate::Goes(1, None) } else { self.incoming.fate(datagram.len() - head) };
        if let Some(capture) = &mut self.capture {
            let comment = match &fate {
                Fate::Lost => Some("lost on purpose: came, and was not looked at".to_owned()),
                Fate::Goes(_, bit) => bit.map(|bit| format!("damaged on purpose behind this: bit {bit}")),
            };
            capture.note(from, local, &datagram, comment.as_deref());
        }
        let Fate::Goes(times, flipped) = fate else { return };
        let mut datagram = datagram.split_off(head);
        if let Some(bit) = flipped {
            let mut bytes = datagram.to_vec();
            bytes[(bit / 8) as usize] ^= 0x80 >> (bit % 8);
            datagram = bytes.into();
        }
        into.extend(std::iter::repeat_n((from, datagram), times));
    }
}
