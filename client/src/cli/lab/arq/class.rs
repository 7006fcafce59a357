//! `lectern lab arq send --to NAME` and `receive` in a class: the server brings the two together.

use std::path::Path;

use lectern_proto::arq::Settings;
use lectern_proto::arq::packet::Start;
use lectern_proto::control::{LabRequest, PersonId, RunId, RunOffer};
use lectern_proto::limits::LAB_PAYLOAD_MAX;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::Failure;
use crate::class::{Class, ClassState, JoinRequest};
use crate::cli::{join, print};
use crate::lab::LabError;
use crate::lab::class::{Partner, Spoiling, send_to, take, take_from_server};
use crate::lab::report::{ReceiveReport, SendReport};

/// Whom a file goes to, as it was typed.
#[derive(Debug, Clone)]
pub(super) enum To {
    Name(String),
    Server,
}

/// Whom a file comes from.
#[derive(Debug, Clone)]
pub(super) enum From {
    /// Whoever offers one first.
    Anybody,
    Name(String),
    /// So many bytes that follow from the seed, sent thus.
    Server {
        bytes: u64,
        settings: Settings,
        size: u16,
    },
}

#[derive(Debug, Serialize)]
struct Waiting<'a> {
    /// The name under which others find this program.
    waiting_as: &'a str,
    room: &'a str,
}

fn find(state: &ClassState, name: &str) -> Result<PersonId, Failure> {
    let found = state.people.iter().find(|p| p.name == name).map(|p| p.id);
    found.ok_or_else(|| Failure::Other(format!("nobody is in the room who is called “{name}”; `lectern people` says who is")))
}

fn millionths(p: f64) -> u32 {
    (p * 1e6).round() as u32
}

/// What is told of a run before it begins.
fn offer(file: &Path, bytes: u64, settings: Settings, size: u16, spoiling: &Spoiling) -> Result<RunOffer, Failure> {
    if size > LAB_PAYLOAD_MAX {
        return Err(Failure::Usage(format!(
            "--size: the server can hand on packets of at most {LAB_PAYLOAD_MAX} bytes of data; take --size {LAB_PAYLOAD_MAX}"
        )));
    }
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let name = if Start::is_name(&name) { name } else { "file".to_owned() };
    let (loss_ppm, ack_loss_ppm) = (millionths(spoiling.data.loss), millionths(spoiling.acks.loss));
    Ok(RunOffer { name, bytes, settings, payload: size, loss_ppm, ack_loss_ppm })
}

pub(super) async fn send(
    request: JoinRequest,
    to: To,
    (file, settings, size): (&Path, Settings, u16),
    spoiling: &Spoiling,
    stop: CancellationToken,
) -> Result<SendReport, Failure> {
    let bytes = std::fs::metadata(file).map_err(|error| LabError::Read { path: file.to_owned(), error })?.len();
    let offer = offer(file, bytes, settings, size, spoiling)?;
    let (class, state) = join(request).await?;
    let sent = async {
        let (to, name) = match to {
            To::Name(name) => (Partner::Person(find(&state, &name)?), name),
            To::Server => (Partner::Server, "the server".to_owned()),
        };
        eprintln!("lectern: {name} is asked to take it");
        Ok(send_to(&class, to, (file, offer), spoiling, stop, || eprintln!("lectern: {name} takes it")).await?)
    };
    let sent = sent.await;
    class.left().await;
    sent
}

pub(super) async fn receive(
    request: JoinRequest,
    from: From,
    out: &Path,
    spoiling: &Spoiling,
    stop: CancellationToken,
    done: impl FnMut(&ReceiveReport),
) -> Result<(), Failure> {
    let (class, state) = join(request).await?;
    let received = async {
        if let From::Server { bytes, settings, size } = from {
            let offer = offer(out, bytes, settings, size, spoiling)?;
            return Ok(take_from_server(&class, (offer, spoiling.seed), out, spoiling, stop, done).await.map(drop)?);
        }
        let name = state.me.as_ref().map_or("", |me| me.name.as_str());
        print(&Waiting { waiting_as: name, room: &state.room })?;
        let wanted = |name: &str| match &from {
            From::Name(wanted) => name == wanted,
            From::Anybody | From::Server { .. } => true,
        };
        let run = tokio::select! {
            offered = offered(&class, wanted) => offered?,
            () = stop.cancelled() => return Err(LabError::Stopped.into()),
        };
        Ok(take(&class, run, out, spoiling, stop, done).await.map(drop)?)
    };
    let received = received.await;
    class.left().await;
    received
}

/// Waits for an offer from who is wanted; the others are declined.
async fn offered(class: &Class, wanted: impl Fn(&str) -> bool) -> Result<RunId, Failure> {
    loop {
        // Names come a moment later than offers may.
        let state = class.wait_for(|state| state.labs.offers.iter().any(|offered| state.name_of(offered.from).is_some())).await?;
        for offered in &state.labs.offers {
            let Some(from) = state.name_of(offered.from) else { continue };
            if wanted(from) {
                eprintln!("lectern: {from} sends {}, {} bytes by {}", offered.offer.name, offered.offer.bytes, offered.offer.settings.protocol);
                return Ok(offered.run);
            }
            // Who it is from is told that it is not wanted.
            let _ = class.lab(LabRequest::End { run: offered.run }).await;
        }
    }
}
