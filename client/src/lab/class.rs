//! Runs between two people of a class, or with the server: the server brings them together, the packets then go between them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use lectern_proto::control::{LabAnswer, LabRequest, PersonId, RunBegin, RunEnd, RunId, RunOffer};
use lectern_proto::limits::LAB_ADDRESSES_MAX;
use tokio_util::sync::CancellationToken;

use super::LabError;
use super::arranged::Arranged;
use super::capture::Capture;
use super::line::{Impairment, Line};
use super::report::{ReceiveReport, SendReport};
use super::send::{self, SendOptions};
use crate::class::{Class, ClassState, RunNews, StreamError};
use crate::discover::{NetworkKind, networks};
use crate::fetch::MediaRoute;

/// With whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partner {
    Person(PersonId),
    Server,
}

/// What is done to the packets of a run at one side of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spoiling {
    pub data: Impairment,
    pub acks: Impairment,
    pub seed: u64,
    pub capture: Option<PathBuf>,
}

/// A line at this side of a run, with its capture.
fn open(route: &MediaRoute, outgoing: Impairment, incoming: Impairment, spoiling: &Spoiling) -> Result<Line, LabError> {
    let any: IpAddr = if route.address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let address = SocketAddr::new(any, 0);
    let mut line = Line::open(address, outgoing, incoming, spoiling.seed).map_err(|error| LabError::Listen { address, error })?;
    if let Some(path) = &spoiling.capture {
        line.capture(Capture::create(path).map_err(|error| LabError::Write { path: path.clone(), error })?);
    }
    Ok(line)
}

/// Where a line may be reached: on every network of this machine, those that lead to other computers first.
fn addresses(line: &Line, route: &MediaRoute) -> Vec<SocketAddr> {
    let port = line.address().port();
    let is_loopback = route.address.ip().is_loopback();
    let all = networks().into_iter().filter(|n| n.address.is_ipv4() == route.address.is_ipv4() && (is_loopback || n.kind != NetworkKind::Loopback));
    let mut all: Vec<_> = all.map(|n| SocketAddr::new(n.address, port)).collect();
    // The server is on this machine, and others of the class may be.
    all.sort_by_key(|address| address.ip().is_loopback() != is_loopback);
    all.truncate(LAB_ADDRESSES_MAX);
    all
}

fn route(class: &Class) -> Result<MediaRoute, LabError> {
    class.route().borrow().clone().ok_or(LabError::Class(StreamError::NotConnected))
}

/// Waits until both sides are there.
async fn begun(class: &Class, run: RunId) -> Result<RunBegin, LabError> {
    let state = class.wait_for(|state| state.labs.runs.contains_key(&run)).await.map_err(|_| LabError::Class(StreamError::NotConnected))?;
    match state.labs.runs.get(&run) {
        Some(RunNews::Begins(begin)) => Ok(begin.clone()),
        Some(RunNews::Ended(why)) => Err(over(*why)),
        None => Err(LabError::Ended),
    }
}

fn over(why: RunEnd) -> LabError {
    match why {
        RunEnd::Declined => LabError::Declined,
        RunEnd::Ended => LabError::Ended,
        RunEnd::Gone => LabError::Gone,
        RunEnd::TooLate => LabError::NotTaken,
    }
}

/// Waits until the server tells that a run is over.
async fn ended(class: &Class, run: RunId) -> LabError {
    let is_over = |state: &ClassState| matches!(state.labs.runs.get(&run), Some(RunNews::Ended(_)));
    match class.wait_for(is_over).await.ok().and_then(|state| state.labs.runs.get(&run).cloned()) {
        Some(RunNews::Ended(why)) => over(why),
        _ => LabError::Class(StreamError::NotConnected),
    }
}

async fn or_stopped<T>(stop: &CancellationToken, what: impl Future<Output = Result<T, LabError>>) -> Result<T, LabError> {
    tokio::select! {
        done = what => done,
        () = stop.cancelled() => Err(LabError::Stopped),
    }
}

/// Ends a run at the server; it forgets it by itself where it cannot be told.
async fn end(class: &Class, run: RunId) {
    let _ = class.lab(LabRequest::End { run }).await;
}

/// Writes what is left of a capture.
async fn finish_capture(line: &mut Line, spoiling: &Spoiling) -> Result<(), LabError> {
    let Some(path) = &spoiling.capture else { return Ok(()) };
    line.finish_capture().await.map(drop).map_err(|error| LabError::Write { path: path.clone(), error })
}

/// Sends a file to somebody of the class, who is asked first, or to the server, which hashes it and keeps nothing. `told` is called once
/// the other has taken it. `stop` ends it early.
///
/// # Errors
/// [`LabError`]: also when the other does not want it, leaves, or is not found.
pub async fn send_to(
    class: &Class,
    to: Partner,
    (file, offer): (&Path, RunOffer),
    spoiling: &Spoiling,
    stop: CancellationToken,
    told: impl FnOnce(),
) -> Result<SendReport, LabError> {
    let route = route(class)?;
    let mut line = open(&route, spoiling.data, spoiling.acks, spoiling)?;
    let (settings, size) = (offer.settings, offer.payload);
    let what = match to {
        Partner::Person(to) => LabRequest::Offer { to, offer, addresses: addresses(&line, &route) },
        Partner::Server => LabRequest::WithServer { offer, sends: true, seed: 0 },
    };
    let LabAnswer::Run(run) = class.lab(what).await? else { return Err(LabError::Ended) };
    let sent = async {
        let begin = or_stopped(&stop, begun(class, run)).await?;
        told();
        let mut arranged = Arranged::new(&mut line, &route, run, &begin);
        let way = or_stopped(&stop, arranged.meet(&mut line)).await?;
        let (to, transfer) = (way.address(), begin.transfer);
        let options = SendOptions { to, settings, size, transfer, loss: spoiling.data.lost(), ack_loss: spoiling.acks.lost() };
        let mut report = send::send(&mut line, file, options, stop.clone()).await?;
        report.path = arranged.path(to);
        Ok(report)
    };
    let sent = tokio::select! {
        sent = sent => sent,
        why = ended(class, run) => Err(why),
    };
    end(class, run).await;
    finish_capture(&mut line, spoiling).await?;
    sent
}

/// Takes what somebody offered, and keeps it as `out`. `done` is called as soon as it is there and whole.
///
/// # Errors
/// [`LabError`]: also when the other ends it, leaves, or is not found.
pub async fn take(
    class: &Class,
    run: RunId,
    out: &Path,
    spoiling: &Spoiling,
    stop: CancellationToken,
    done: impl FnMut(&ReceiveReport),
) -> Result<ReceiveReport, LabError> {
    let route = route(class)?;
    let mut line = open(&route, spoiling.acks, spoiling.data, spoiling)?;
    class.lab(LabRequest::Take { run, addresses: addresses(&line, &route) }).await?;
    let taken = receive(class, run, &mut line, (&route, out), stop, done).await;
    end(class, run).await;
    finish_capture(&mut line, spoiling).await?;
    taken
}

/// Has the server send what follows from a seed, and keeps it as `out`.
///
/// # Errors
/// As [`take`].
pub async fn take_from_server(
    class: &Class,
    (offer, seed): (RunOffer, u64),
    out: &Path,
    spoiling: &Spoiling,
    stop: CancellationToken,
    done: impl FnMut(&ReceiveReport),
) -> Result<ReceiveReport, LabError> {
    let route = route(class)?;
    let mut line = open(&route, spoiling.acks, spoiling.data, spoiling)?;
    let LabAnswer::Run(run) = class.lab(LabRequest::WithServer { offer, sends: false, seed }).await? else { return Err(LabError::Ended) };
    let taken = receive(class, run, &mut line, (&route, out), stop, done).await;
    end(class, run).await;
    finish_capture(&mut line, spoiling).await?;
    taken
}

async fn receive(
    class: &Class,
    run: RunId,
    line: &mut Line,
    (route, out): (&MediaRoute, &Path),
    stop: CancellationToken,
    done: impl FnMut(&ReceiveReport),
) -> Result<ReceiveReport, LabError> {
    let begin = or_stopped(&stop, begun(class, run)).await?;
    let arranged = Arranged::new(line, route, run, &begin);
    let over = stop.child_token();
    let received = super::receive::receive_from(line, Some(arranged), out, over.clone(), done);
    tokio::pin!(received);
    let ended = tokio::select! {
        received = &mut received => return received,
        why = ended(class, run) => why,
    };
    // A sender that has heard that all is there ends the run: nobody is waited for any more. What is not whole is cleared away.
    over.cancel();
    received.await.map_err(|error| if matches!(error, LabError::Stopped) { ended } else { error })
}
