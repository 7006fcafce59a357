//! Runs of the labs as the media port sees them: whose packets are handed on to whom. Which runs there are is a room's to decide.
//!
//! What cannot be handed on at once is dropped, as any line does: repeat request is what the labs are about.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use lectern_proto::control::{PersonId, RunId};
use lectern_proto::datagram::{LAB_HEADER, lab_head};
use lectern_proto::limits::{LAB_RELAY_ALL_BYTES_PER_S, LAB_RELAY_BYTES_PER_S};
use tokio::sync::mpsc;

/// What a bucket holds at most, as time.
const BURST: Duration = Duration::from_millis(100);

/// A datagram that a socket is to send.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(super) to: SocketAddr,
    /// The address of this machine that the other reached.
    pub(super) local: Option<IpAddr>,
    pub(super) datagram: Bytes,
}

/// Where one side of a run is.
#[derive(Debug)]
enum End {
    /// It has not come to the media port.
    Nowhere,
    Here {
        address: SocketAddr,
        local: Option<IpAddr>,
        port: mpsc::Sender<Outgoing>,
    },
    /// The server takes part itself.
    Partner(mpsc::Sender<Bytes>),
}

#[derive(Debug)]
struct Run {
    people: [Option<PersonId>; 2],
    ends: [End; 2],
    allowance: Allowance,
}

/// Bytes that may pass.
#[derive(Debug)]
struct Allowance {
    per_s: u64,
    left: u64,
    at: Duration,
}

impl Allowance {
    fn new(per_s: u64) -> Self {
        Self { per_s, left: 0, at: Duration::ZERO }
    }

    fn take(&mut self, now: Duration, bytes: usize) -> bool {
        let of = |time: Duration| u64::try_from(u128::from(self.per_s) * time.as_micros() / 1_000_000).unwrap_or(u64::MAX);
        self.left = self.left.saturating_add(of(now.saturating_sub(self.at))).min(of(BURST));
        self.at = self.at.max(now);
        let left = self.left.checked_sub(bytes as u64);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

/// All runs of the server.
#[derive(Debug)]
pub(crate) struct LabRuns(Mutex<Runs>);

#[derive(Debug)]
struct Runs {
    runs: HashMap<RunId, Run>,
    allowance: Allowance,
}

impl Default for LabRuns {
    fn default() -> Self {
        Self(Mutex::new(Runs { runs: HashMap::new(), allowance: Allowance::new(LAB_RELAY_ALL_BYTES_PER_S) }))
    }
}

impl LabRuns {
    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run between two people.
    pub(crate) fn open(&self, run: RunId, people: [PersonId; 2]) {
        let ends = [End::Nowhere, End::Nowhere];
        self.lock().runs.insert(run, Run { people: people.map(Some), ends, allowance: Allowance::new(LAB_RELAY_BYTES_PER_S) });
    }

    /// A run between somebody and the server, which gets packets through `partner`.
    pub(crate) fn open_with_server(&self, run: RunId, person: PersonId, partner: mpsc::Sender<Bytes>) {
        let ends = [End::Nowhere, End::Partner(partner)];
        self.lock().runs.insert(run, Run { people: [Some(person), None], ends, allowance: Allowance::new(LAB_RELAY_BYTES_PER_S) });
    }

    pub(crate) fn close(&self, run: RunId) {
        self.lock().runs.remove(&run);
    }

    /// Where a person's side of a run was seen to come from, if it came.
    pub(crate) fn seen(&self, run: RunId, person: PersonId) -> Option<SocketAddr> {
        let runs = self.lock();
        let run = runs.runs.get(&run)?;
        let at = run.people.iter().position(|p| *p == Some(person))?;
        match &run.ends[at] {
            End::Here { address, .. } => Some(*address),
            End::Nowhere | End::Partner(_) => None,
        }
    }

    /// All addresses that sides of runs are at.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        let here = |end: &End| if let End::Here { address, .. } = end { Some(*address) } else { None };
        self.lock().runs.values().flat_map(|run| run.ends.iter().filter_map(here)).collect()
    }

    /// A person's side of a run is at this address, which was proven; says whether there is such a side.
    pub(super) fn bind(&self, run: RunId, person: PersonId, (address, local): (SocketAddr, Option<IpAddr>), port: &mpsc::Sender<Outgoing>) -> bool {
        let mut runs = self.lock();
        let Some(run) = runs.runs.get_mut(&run) else { return false };
        let Some(at) = run.people.iter().position(|p| *p == Some(person)) else { return false };
        run.ends[at] = End::Here { address, local, port: port.clone() };
        true
    }

    /// Hands a datagram of somebody at this address on to the other side.
    pub(super) fn hand_on(&self, now: Duration, run: RunId, from: SocketAddr, datagram: &[u8]) {
        let mut runs = self.lock();
        let Runs { runs, allowance } = &mut *runs;
        let Some(run) = runs.get_mut(&run) else { return };
        let Some(at) = run.ends.iter().position(|end| matches!(end, End::Here { address, .. } if *address == from)) else { return };
        if !run.allowance.take(now, datagram.len()) || !allowance.take(now, datagram.len()) {
            return;
        }
        // A full queue drops it.
        match &run.ends[1 - at] {
            End::Nowhere => {}
            End::Here { address, local, port } => {
                let _ = port.try_send(Outgoing { to: *address, local: *local, datagram: Bytes::copy_from_slice(datagram) });
            }
            End::Partner(partner) => drop(partner.try_send(Bytes::copy_from_slice(&datagram[LAB_HEADER..]))),
        }
    }

    /// Sends a packet of the server's to the other side of a run; false: there is no such run any more.
    pub(crate) fn send(&self, now: Duration, run: RunId, packet: &[u8]) -> bool {
        let mut runs = self.lock();
        let Runs { runs, allowance } = &mut *runs;
        let Some(Run { ends: [end, _], allowance: own, .. }) = runs.get_mut(&run) else { return false };
        if let End::Here { address, local, port } = end
            && own.take(now, packet.len())
            && allowance.take(now, packet.len())
        {
            let datagram = [&lab_head(run.0), packet].concat().into();
            let _ = port.try_send(Outgoing { to: *address, local: *local, datagram });
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: RunId = RunId(5);
    const ANA: PersonId = PersonId(1);
    const BEN: PersonId = PersonId(2);

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn packet(bytes: &[u8]) -> Vec<u8> {
        [&lab_head(RUN.0), bytes].concat()
    }

    #[test]
    fn packets_go_to_the_other_side_alone() {
        let (runs, (port, mut out)) = (LabRuns::default(), mpsc::channel(8));
        let now = Duration::from_secs(1);
        runs.open(RUN, [ANA, BEN]);
        assert!(runs.bind(RUN, ANA, (address(1), None), &port) && !runs.bind(RUN, PersonId(3), (address(9), None), &port));
        runs.hand_on(now, RUN, address(1), &packet(b"early"));
        assert!(runs.bind(RUN, BEN, (address(2), None), &port) && !runs.bind(RunId(6), BEN, (address(2), None), &port));
        for (from, bytes) in [(1, b"one"), (3, b"not"), (2, b"two")] {
            runs.hand_on(now, RUN, address(from), &packet(bytes));
        }
        let mut came = || out.try_recv().ok().map(|o| (o.to, o.datagram[LAB_HEADER..].to_vec()));
        assert_eq!(came(), Some((address(2), b"one".to_vec())));
        assert_eq!(came(), Some((address(1), b"two".to_vec())));
        assert_eq!((came(), runs.seen(RUN, BEN), runs.seen(RUN, PersonId(3))), (None, Some(address(2)), None));
        assert_eq!(runs.addresses(), [address(1), address(2)]);
        runs.close(RUN);
        runs.hand_on(now, RUN, address(1), &packet(b"late"));
        assert!(out.try_recv().is_err());
    }

    #[test]
    fn the_server_takes_part() {
        let (runs, (port, mut out), (partner, mut inbox)) = (LabRuns::default(), mpsc::channel(8), mpsc::channel(8));
        let now = Duration::from_secs(1);
        runs.open_with_server(RUN, ANA, partner);
        assert!(runs.send(now, RUN, b"nobody"), "the other has not come yet");
        assert!(runs.bind(RUN, ANA, (address(1), None), &port));
        runs.hand_on(now, RUN, address(1), &packet(b"one"));
        assert_eq!(inbox.try_recv().expect("a packet"), b"one"[..]);
        assert!(runs.send(now, RUN, b"two"));
        let out = out.try_recv().expect("a datagram");
        assert_eq!((out.to, &out.datagram[..]), (address(1), &packet(b"two")[..]));
        runs.close(RUN);
        assert!(!runs.send(now, RUN, b"three"));
    }

    #[test]
    fn a_run_has_so_many_bytes_a_second() {
        let (runs, (port, mut out)) = (LabRuns::default(), mpsc::channel(100_000));
        runs.open(RUN, [ANA, BEN]);
        assert!(runs.bind(RUN, ANA, (address(1), None), &port) && runs.bind(RUN, BEN, (address(2), None), &port));
        let bytes = packet(&[0; 988]);
        for ms in 0..2_000 {
            for _ in 0..10 {
                runs.hand_on(Duration::from_secs(9) + Duration::from_millis(ms), RUN, address(1), &bytes);
            }
        }
        let mut passed = 0;
        while out.try_recv().is_ok() {
            passed += bytes.len() as u64;
        }
        let most = LAB_RELAY_BYTES_PER_S * 2 + LAB_RELAY_BYTES_PER_S / 10;
        assert!(passed <= most && passed > most * 9 / 10, "{passed} of {most}");
    }
}
