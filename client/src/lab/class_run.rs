//! A student's part in a class run: the own run once there is a prediction, and the receiver's part in the partner's, which needs no asking.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lectern_proto::control::{ClassRunRequest, LabRequest, Refusal, RunId, RunOffer};
use lectern_proto::lab::class_run::{Amount, Exercise, Kind, Measured, Partner as With, Path as RunPath, Witness};
use tokio_util::sync::CancellationToken;

use super::LabError;
use super::class::{Partner, Spoiling, send_to, take};
use super::line::Impairment;
use super::report::SendReport;
use crate::class::{Class, ClassRunState, StreamError};

/// A partner's program takes the run by itself: one that has not by then does not.
const TAKE_WAIT: Duration = Duration::from_secs(5);

/// A file of this computer's that is gone when it is dropped.
pub(super) struct Passing(PathBuf);

impl Passing {
    pub(super) fn new() -> Self {
        Self(std::env::temp_dir().join(format!("lectern-exercise-{}-{:016x}", std::process::id(), rand::random::<u64>())))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
        let mut part = self.0.clone().into_os_string();
        part.push(".part");
        let _ = std::fs::remove_file(part);
    }
}

async fn ask(class: &Class, what: ClassRunRequest) -> Result<(), LabError> {
    Ok(class.lab(LabRequest::ClassRun(what)).await.map(drop)?)
}

/// Predicts, and runs; the server is told what came of it.
///
/// # Errors
/// [`LabError`]: also when no exercise is handed out, or this member has run it.
pub async fn predict_and_run(class: &Class, prediction: Amount, stop: CancellationToken) -> Result<Measured, LabError> {
    ask(class, ClassRunRequest::Predict { prediction }).await?;
    run(class, stop).await
}

/// Runs what was predicted before.
///
/// # Errors
/// As [`predict_and_run`].
pub async fn run(class: &Class, stop: CancellationToken) -> Result<Measured, LabError> {
    ask(class, ClassRunRequest::Begin).await?;
    let state = class.state();
    let own = state.labs.class_run.as_ref().and_then(|run| Some((run, run.seat.as_ref()?)));
    let Some((ClassRunState { exercise, .. }, seat)) = own else { return Err(LabError::Class(StreamError::Refused(Refusal::NoSuchRun))) };
    let done = match exercise.kind {
        Kind::Simulation => simulate(exercise.clone(), seat.seed).await,
        Kind::Network => over_the_network(class, exercise, (seat.seed, seat.partner), stop).await,
    };
    match done {
        Ok((measured, path)) => ask(class, ClassRunRequest::Finish { measured, path }).await.map(|()| measured),
        Err(error) => {
            let mut reason = error.to_string();
            reason.truncate(reason.floor_char_boundary(lectern_proto::limits::CLASS_RUN_REASON_MAX));
            // The first failure is the one to be told.
            let _ = ask(class, ClassRunRequest::Fail { reason }).await;
            Err(error)
        }
    }
}

async fn simulate(exercise: std::sync::Arc<Exercise>, seed: u64) -> Result<(Measured, RunPath), LabError> {
    let measured = tokio::task::spawn_blocking(move || exercise.simulate(seed)).await.map_err(|_| LabError::Stopped)?;
    Ok((measured, RunPath::Simulated))
}

async fn over_the_network(class: &Class, exercise: &Exercise, (seed, partner): (u64, With), stop: CancellationToken) -> Result<(Measured, RunPath), LabError> {
    let file = Passing::new();
    let write = |error| LabError::Write { path: file.path().to_owned(), error };
    std::fs::write(file.path(), exercise.payload(seed)).map_err(write)?;
    if let With::Person(person) = partner {
        match send_within(class, Partner::Person(person), (file.path(), exercise, seed), stop.clone()).await {
            Ok((report, measured)) => return Ok((measured, if report.path == "direct" { RunPath::Direct } else { RunPath::Relayed })),
            Err(error) if is_absence(&error) => ask(class, ClassRunRequest::PartnerGone).await?,
            Err(error) => return Err(error),
        }
    }
    let (_, measured) = send_within(class, Partner::Server, (file.path(), exercise, seed), stop).await?;
    Ok((measured, RunPath::Server))
}

/// Whether the partner was not there, so that nothing of the run has happened.
fn is_absence(error: &LabError) -> bool {
    matches!(error, LabError::NotTaken | LabError::Declined | LabError::Gone | LabError::NoWay | LabError::Class(StreamError::Refused(_)))
}

/// Sends to somebody, who has to take it soon.
async fn send_within(
    class: &Class,
    to: Partner,
    (file, exercise, seed): (&Path, &Exercise, u64),
    stop: CancellationToken,
) -> Result<(SendReport, Measured), LabError> {
    let own = stop.child_token();
    let (taken, is_taken) = tokio::sync::oneshot::channel();
    let watch = {
        let own = own.clone();
        async move {
            if tokio::time::timeout(TAKE_WAIT, is_taken).await.is_err() {
                own.cancel();
            }
        }
    };
    let spoiling = spoiling(exercise, seed);
    let sent = send_to(class, to, (file, offer(exercise)), &spoiling, own.clone(), move || {
        // Nobody waits for it any more.
        let _ = taken.send(());
    });
    let (sent, ()) = tokio::join!(sent, watch);
    let late = |error| if matches!(error, LabError::Stopped) && !stop.is_cancelled() { LabError::NotTaken } else { error };
    let report = sent.map_err(late)?;
    let measured = Measured {
        packets: report.packets,
        retransmissions: report.retransmissions,
        acks: report.acks,
        bytes: report.bytes,
        payload: report.size,
        time_us: (report.time_s * 1e6).round() as u64,
        lost: report.outgoing.data_lost,
    };
    Ok((report, measured))
}

fn millionths(amount: Amount) -> u32 {
    u32::try_from(amount.0.clamp(0, 1_000_000)).unwrap_or(0)
}

fn offer(exercise: &Exercise) -> RunOffer {
    let (loss_ppm, ack_loss_ppm) = (millionths(exercise.loss), millionths(exercise.ack_loss));
    RunOffer { name: "exercise".into(), bytes: exercise.bytes, settings: exercise.settings(), payload: exercise.packet, loss_ppm, ack_loss_ppm }
}

/// What the sender does to its line; the receiver does nothing to it.
fn spoiling(exercise: &Exercise, seed: u64) -> Spoiling {
    let one = |loss: Amount| Impairment { loss: loss.to_f64(), corrupt: exercise.corrupt.to_f64(), duplicate: exercise.duplicate.to_f64() };
    Spoiling { data: one(exercise.loss), acks: one(exercise.ack_loss), seed, capture: None }
}

/// Takes partners' runs as they come, each in a task of its own, and tells the server what was seen. Ends with the membership.
pub async fn serve(class: Class) {
    let mut taken = std::collections::BTreeSet::<RunId>::new();
    loop {
        let state = class.wait_for(|state| state.labs.offers.iter().any(|offered| offered.class_run && !taken.contains(&offered.run))).await;
        let Ok(state) = state else { return };
        for offered in state.labs.offers.iter().filter(|offered| offered.class_run) {
            if !taken.insert(offered.run) {
                continue;
            }
            let (class, run, of) = (class.clone(), offered.run, offered.from);
            tokio::spawn(async move {
                let file = Passing::new();
                let received = take(&class, run, file.path(), &Spoiling::default(), CancellationToken::new(), |_| {}).await;
                match received {
                    Ok(report) => {
                        let (packets, duplicates, damaged) = (report.packets, report.duplicates, report.damaged);
                        let witness = Witness { packets, duplicates, damaged, same: report.same };
                        let _ = ask(&class, ClassRunRequest::Witness { of, witness }).await;
                    }
                    // The one whose run it is tells why.
                    Err(error) => tracing::info!(%error, "a partner's run was not taken to its end"),
                }
            });
        }
        // Runs that are long over come no more.
        while taken.len() > 1_000 {
            taken.pop_first();
        }
    }
}
