//! A run that the server has arranged, until its packets flow: probes to the other side, and the way by the server's media port, which is
//! opened beside so that it is there when no straight one is found.

use std::net::SocketAddr;

use lectern_proto::arq::Packet;
use lectern_proto::arq::meeting::{Meeting, Way};
use lectern_proto::control::{RunBegin, RunId};
use lectern_proto::datagram::client::{DatagramClientCore, Output};
use lectern_proto::datagram::{Ask, Tell};
use tokio::time::{Duration, Instant};

use super::LabError;
use super::line::Line;
use crate::fetch::MediaRoute;

/// An ask that was not answered is said again after this long.
const AGAIN: Duration = Duration::from_millis(200);

/// What two sides need to meet, at one of them.
pub(super) struct Arranged {
    run: RunId,
    began: Instant,
    meeting: Meeting,
    server: SocketAddr,
    core: DatagramClientCore,
    asked: Option<Duration>,
    is_relayed: bool,
}

impl Arranged {
    /// Begins to look for a way with this line.
    pub(super) fn new(line: &mut Line, route: &MediaRoute, run: RunId, begin: &RunBegin) -> Self {
        line.by_way_of(route.address, run.0);
        Self {
            run,
            began: Instant::now(),
            meeting: Meeting::new(Duration::ZERO, begin.transfer, begin.token, &begin.addresses),
            server: route.address,
            core: DatagramClientCore::new(Duration::ZERO, route.session, route.secret.clone()),
            asked: None,
            is_relayed: false,
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Sends what is due.
    pub(super) fn transmit(&mut self, line: &mut Line) {
        let now = self.now();
        if self.core.is_open() && !self.is_relayed && self.asked.is_none_or(|asked| now >= asked + AGAIN) {
            self.asked = Some(now);
            self.core.ask(&Ask::Lab { run: self.run.0 });
        }
        while let Some(datagram) = self.core.poll_transmit(now) {
            line.tell(self.server, &datagram);
        }
        while let Some((to, packet)) = self.meeting.poll_transmit(now) {
            if !line.send(to, &packet) {
                break;
            }
        }
        line.flush();
    }

    /// Takes what the server told.
    pub(super) fn hear(&mut self, line: &mut Line) {
        for datagram in line.take_told() {
            if let Some(Output::Tell(Tell::Lab { run, seen: Some(_) })) = self.core.receive(&datagram)
                && run == self.run.0
            {
                self.is_relayed = true;
                self.meeting.set_relay(self.server);
            }
        }
    }

    /// Whether a packet is one of the transfer, from who may send it; those of the meeting are taken here.
    pub(super) fn admits(&mut self, from: SocketAddr, packet: &Packet) -> bool {
        !self.meeting.handle(from, packet) && self.meeting.knows(from) && packet.transfer == self.meeting.transfer()
    }

    /// When [`Self::transmit`] has something to do although nothing came.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let again = (self.core.is_open() && !self.is_relayed).then(|| self.asked.map_or(Duration::ZERO, |asked| asked + AGAIN));
        let due = [self.meeting.poll_timeout(), self.core.poll_timeout(), again].into_iter().flatten().min()?;
        Some(self.began + due.max(self.now() + Duration::from_millis(1)))
    }

    /// Whether no way will be found any more.
    pub(super) fn is_over(&self) -> bool {
        self.meeting.is_over(self.now())
    }

    /// The name of the way that leads to an address.
    pub(super) fn path(&self, address: SocketAddr) -> &'static str {
        if address == self.server { "server" } else { "direct" }
    }

    /// Looks for a way until there is one.
    ///
    /// # Errors
    /// [`LabError::NoWay`].
    pub(super) async fn meet(&mut self, line: &mut Line) -> Result<Way, LabError> {
        let mut inbox = Vec::new();
        loop {
            self.transmit(line);
            if let Some(way) = self.meeting.way(self.now()) {
                return Ok(way);
            }
            if self.is_over() {
                return Err(LabError::NoWay);
            }
            let due = self.poll_timeout();
            tokio::select! {
                ready = line.readable() => if ready.is_ok() && line.receive(&mut inbox) {
                    self.hear(line);
                    for (from, datagram) in inbox.drain(..) {
                        if let Ok(packet) = Packet::read(&datagram) {
                            self.meeting.handle(from, &packet);
                        }
                    }
                },
                () = tokio::time::sleep_until(due.unwrap_or(self.began)), if due.is_some() => {}
            }
        }
    }
}
