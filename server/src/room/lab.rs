//! The labs of a room: who runs what with whom, what is shown to everybody, which exercise is handed out. Pure; telling is the task's, and packets the media port's.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use lectern_proto::arq::meeting::is_somewhere;
use lectern_proto::control::{Handed, PersonId, Refusal, RunId, Show};
use lectern_proto::lab::class_run::ClassRun;
use lectern_proto::limits::{LAB_ADDRESSES_MAX, LAB_OFFER_WAIT, LAB_PARTNERS_MAX, LAB_RUN_MAX, LAB_RUNS_MAX, LAB_RUNS_PER_PERSON};
use lectern_proto::timeline::{RATE_NORMAL, Timeline};
use tokio_util::sync::CancellationToken;

/// Speeds of what is shown, in thousandths: a thousandth to ten times that of life.
pub(super) const RATES: std::ops::RangeInclusive<u32> = RATE_NORMAL / 1_000..=10 * RATE_NORMAL;

/// One run.
#[derive(Debug)]
struct Run {
    from: PersonId,
    /// None: the server.
    to: Option<PersonId>,
    addresses: Vec<SocketAddr>,
    since: Duration,
    is_taken: bool,
    /// Ends the server's part in it.
    partner: Option<CancellationToken>,
}

impl Run {
    fn is_of(&self, person: PersonId) -> bool {
        self.from == person || self.to == Some(person)
    }

    fn expires(&self) -> Duration {
        self.since + if self.is_taken { LAB_RUN_MAX } else { LAB_OFFER_WAIT }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if let Some(partner) = &self.partner {
            partner.cancel();
        }
    }
}

/// The labs of one room.
#[derive(Debug, Default)]
pub(super) struct Lab {
    runs: BTreeMap<RunId, Run>,
    pub(super) show: Option<Box<Show>>,
    /// The exercise that is handed out, and how many were before.
    pub(super) class_run: Option<(ClassRun, Handed)>,
    pub(super) class_runs: u32,
    /// A simulation is being run again.
    pub(super) is_replaying: bool,
}

impl Lab {
    fn has_room(&self, person: PersonId) -> Result<(), Refusal> {
        let own = self.runs.values().filter(|run| run.is_of(person)).count();
        (own < LAB_RUNS_PER_PERSON && self.runs.len() < LAB_RUNS_MAX).then_some(()).ok_or(Refusal::TooMany)
    }

    /// Somebody offers somebody a run; where the one who offers may be reached.
    pub(super) fn offer(&mut self, now: Duration, run: RunId, from: PersonId, to: PersonId, addresses: Vec<SocketAddr>) -> Result<(), Refusal> {
        (from != to).then_some(()).ok_or(Refusal::BadRun)?;
        self.has_room(from)?;
        self.has_room(to).map_err(|_| Refusal::Full)?;
        self.runs.insert(run, Run { from, to: Some(to), addresses, since: now, is_taken: false, partner: None });
        Ok(())
    }

    /// A run of somebody with the server, whose part `partner` ends.
    pub(super) fn with_server(&mut self, now: Duration, run: RunId, from: PersonId, partner: CancellationToken) -> Result<(), Refusal> {
        self.has_room(from)?;
        let partners = self.runs.values().filter(|run| run.partner.is_some()).count();
        (partners < LAB_PARTNERS_MAX).then_some(()).ok_or(Refusal::TooMany)?;
        self.runs.insert(run, Run { from, to: None, addresses: Vec::new(), since: now, is_taken: true, partner: Some(partner) });
        Ok(())
    }

    /// The one whom it was offered takes it; gives who offered it, and where that one may be reached.
    pub(super) fn take(&mut self, now: Duration, run: RunId, by: PersonId) -> Result<(PersonId, Vec<SocketAddr>), Refusal> {
        let run = self.runs.get_mut(&run).filter(|run| run.to == Some(by) && !run.is_taken).ok_or(Refusal::NoSuchRun)?;
        (run.is_taken, run.since) = (true, now);
        Ok((run.from, std::mem::take(&mut run.addresses)))
    }

    /// One of its two ends a run. Gives the other, and whether it had begun.
    pub(super) fn end(&mut self, run: RunId, by: PersonId) -> Result<(Option<PersonId>, bool), Refusal> {
        let ended = self.runs.remove(&run).ok_or(Refusal::NoSuchRun)?;
        if !ended.is_of(by) {
            self.runs.insert(run, ended);
            return Err(Refusal::NoSuchRun);
        }
        let other = if ended.from == by { ended.to } else { Some(ended.from) };
        Ok((other, ended.is_taken))
    }

    /// The server's part in a run is over.
    pub(super) fn partner_done(&mut self, run: RunId) {
        self.runs.remove(&run);
    }

    /// Somebody is not connected any more: the runs that end, each with the other.
    pub(super) fn leave(&mut self, person: PersonId) -> Vec<(RunId, Option<PersonId>)> {
        let own: Vec<_> = self.runs.iter().filter(|(_, run)| run.is_of(person)).map(|(id, _)| *id).collect();
        own.into_iter().filter_map(|run| Some((run, self.end(run, person).ok()?.0))).collect()
    }

    /// Runs that were not taken in time, or take too long; each with its people.
    pub(super) fn expire(&mut self, now: Duration) -> Vec<(RunId, Vec<PersonId>)> {
        let late: Vec<_> = self.runs.iter().filter(|(_, run)| now >= run.expires()).map(|(id, _)| *id).collect();
        late.into_iter().filter_map(|id| self.runs.remove(&id).map(|run| (id, [Some(run.from), run.to].into_iter().flatten().collect()))).collect()
    }

    /// The room ends, and all runs with it.
    pub(super) fn end_all(&mut self) -> Vec<RunId> {
        std::mem::take(&mut self.runs).into_keys().collect()
    }

    pub(super) fn next_expiry(&self) -> Option<Duration> {
        self.runs.values().map(Run::expires).min()
    }

    /// What is shown goes on from there; gives how, if something is shown.
    pub(super) fn steer(&mut self, now_us: u64, position_us: u64, rate_permille: u32) -> Result<Timeline, Refusal> {
        (rate_permille == 0 || RATES.contains(&rate_permille)).then_some(()).ok_or(Refusal::BadRun)?;
        let show = self.show.as_mut().ok_or(Refusal::NoSuchRun)?;
        let revision = show.timeline.revision + 1;
        show.timeline = Timeline { position_us, at_us: now_us, rate_permille, revision };
        Ok(show.timeline)
    }
}

/// Where somebody may be reached: what he or she says, without what leads nowhere or to the other's own machine, and the address that the
/// server sees, with the same ports.
pub(super) fn addresses(said: &[SocketAddr], seen_from: Option<IpAddr>, seen: Option<SocketAddr>) -> Vec<SocketAddr> {
    let is_here = seen_from.is_some_and(|ip| ip.is_loopback());
    let mut all: Vec<SocketAddr> = Vec::new();
    let mut add = |address: SocketAddr| {
        if is_somewhere(&address) && (is_here || !address.ip().is_loopback()) && !all.contains(&address) && all.len() < LAB_ADDRESSES_MAX {
            all.push(address);
        }
    };
    let v4 = seen_from.filter(IpAddr::is_ipv4);
    seen.into_iter().for_each(&mut add);
    for address in said {
        add(*address);
        v4.into_iter().filter(|_| address.is_ipv4()).for_each(|ip| add(SocketAddr::new(ip, address.port())));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: PersonId = PersonId(1);
    const BEN: PersonId = PersonId(2);
    const EVE: PersonId = PersonId(3);

    fn at(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_offer_is_taken_by_whom_it_was_made_to_and_once() {
        let mut lab = Lab::default();
        let there = vec![address("10.0.0.1:4000")];
        lab.offer(at(0), RunId(1), ANA, BEN, there.clone()).expect("an offer");
        assert_eq!((lab.take(at(1), RunId(1), EVE), lab.take(at(1), RunId(1), ANA)), (Err(Refusal::NoSuchRun), Err(Refusal::NoSuchRun)));
        assert_eq!(lab.take(at(1), RunId(1), BEN), Ok((ANA, there)));
        assert_eq!(lab.take(at(1), RunId(1), BEN), Err(Refusal::NoSuchRun));
        assert_eq!(lab.end(RunId(1), EVE), Err(Refusal::NoSuchRun));
        assert_eq!(lab.end(RunId(1), BEN), Ok((Some(ANA), true)));
        assert_eq!(lab.end(RunId(1), ANA), Err(Refusal::NoSuchRun));
        assert_eq!(lab.offer(at(0), RunId(2), ANA, ANA, vec![]), Err(Refusal::BadRun));
    }

    #[test]
    fn nobody_has_more_runs_than_a_few() {
        let mut lab = Lab::default();
        for run in 0..LAB_RUNS_PER_PERSON as u64 {
            lab.offer(at(0), RunId(run), ANA, BEN, vec![]).expect("room");
        }
        assert_eq!(lab.offer(at(0), RunId(99), ANA, EVE, vec![]), Err(Refusal::TooMany));
        assert_eq!(lab.offer(at(0), RunId(99), EVE, BEN, vec![]), Err(Refusal::Full), "that is the other's");
        assert_eq!(lab.leave(BEN).len(), LAB_RUNS_PER_PERSON);
        assert!(lab.runs.is_empty());
        lab.offer(at(0), RunId(1), ANA, BEN, vec![]).expect("room");
        assert_eq!((lab.end_all(), lab.next_expiry()), (vec![RunId(1)], None));
    }

    #[test]
    fn what_nobody_takes_or_ends_is_over_in_time() {
        let mut lab = Lab::default();
        lab.offer(at(0), RunId(1), ANA, BEN, vec![]).expect("room");
        let (partner, kept) = (CancellationToken::new(), CancellationToken::new());
        lab.with_server(at(0), RunId(2), EVE, partner.clone()).expect("room");
        assert_eq!(lab.next_expiry(), Some(LAB_OFFER_WAIT));
        assert_eq!(lab.expire(LAB_OFFER_WAIT), [(RunId(1), vec![ANA, BEN])]);
        assert_eq!(lab.next_expiry(), Some(LAB_RUN_MAX));
        assert!(!partner.is_cancelled());
        assert_eq!((lab.leave(EVE), partner.is_cancelled(), kept.is_cancelled()), (vec![(RunId(2), None)], true, false));
    }

    #[test]
    fn addresses_lead_to_the_one_who_says_them() {
        let said = ["10.0.0.1:4000", "127.0.0.1:4000", "224.0.0.1:4000", "[fe80::1]:4000", "10.0.0.1:4000"].map(address);
        let from: IpAddr = "192.168.1.7".parse().expect("an address");
        let seen = address("192.168.1.7:9999");
        let want = ["192.168.1.7:9999", "10.0.0.1:4000", "192.168.1.7:4000", "[fe80::1]:4000"].map(address);
        assert_eq!(addresses(&said, Some(from), Some(seen)), want);
        let here: IpAddr = "127.0.0.1".parse().expect("an address");
        assert!(addresses(&said, Some(here), None).contains(&address("127.0.0.1:4000")));
        let many: Vec<_> = (1..100).map(|port| SocketAddr::new(from, port)).collect();
        assert_eq!(addresses(&many, Some(from), None).len(), LAB_ADDRESSES_MAX);
    }

    #[test]
    fn what_is_shown_is_steered() {
        let mut lab = Lab::default();
        assert_eq!(lab.steer(5, 0, 1_000), Err(Refusal::NoSuchRun));
        lab.show = Some(Box::new(Show { by: ANA, run: String::new(), timeline: Timeline::paused_at(0) }));
        assert_eq!(lab.steer(5, 70, 500), Ok(Timeline { position_us: 70, at_us: 5, rate_permille: 500, revision: 1 }));
        assert_eq!((lab.steer(5, 70, 10_001), lab.steer(9, 80, 0).map(|t| t.position(1_000))), (Err(Refusal::BadRun), Ok(80)));
    }
}
