//! What a member knows of the networking labs of the room, and how it asks for runs: the packets themselves are [`crate::lab`]'s.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use lectern_proto::control::{Handed, LabAnswer, LabEvent, LabRequest, PersonId, Request, RunBegin, RunEnd, RunId, RunOffer, Show};
use lectern_proto::lab::class_run::{Exercise, Seat};
use tokio::sync::{oneshot, watch};

use super::membership::{Asked, Membership};
use super::{Class, Command, StreamError};
use crate::fetch::MediaRoute;

/// Runs that are remembered after they are over.
const REMEMBERED: usize = 32;

/// The labs of the room as this member sees them.
#[derive(Debug, Clone, Default)]
pub struct Labs {
    /// What others would like to send to this member, oldest first.
    pub offers: Vec<Offered>,
    /// Runs of this member that were told of, by what was told last.
    pub runs: BTreeMap<RunId, RunNews>,
    /// What the instructor shows to everybody.
    pub show: Option<Arc<Show>>,
    /// The exercise that is handed out.
    pub class_run: Option<ClassRunState>,
    /// Server time at a moment of this computer, in microseconds: good to about a round trip.
    pub server_time: Option<(Instant, u64)>,
}

/// An offer that waits for this member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub run: RunId,
    pub from: PersonId,
    pub offer: RunOffer,
    /// It is a partner's run of the exercise: taken without asking.
    pub class_run: bool,
}

/// A class run as this member sees it.
#[derive(Debug, Clone)]
pub struct ClassRunState {
    /// Counts the class runs of the room.
    pub id: u32,
    /// As it was handed out.
    pub text: Arc<str>,
    pub exercise: Arc<Exercise>,
    /// When it was handed out, in seconds since 1970-01-01.
    pub begun_s: i64,
    /// One's own place, for who takes part.
    pub seat: Option<Box<Seat>>,
    /// For staff: everybody's.
    pub seats: BTreeMap<PersonId, Seat>,
}

/// What the server told of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunNews {
    Begins(RunBegin),
    Ended(RunEnd),
}

impl ClassRunState {
    /// None where the server handed out what is none; it looks at it before, too.
    fn of(handed: Handed) -> Option<Self> {
        let exercise = Arc::new(Exercise::parse(&handed.exercise).ok()?);
        let (text, seat, seats) = (handed.exercise.into(), None, BTreeMap::new());
        Some(Self { id: handed.id, text, exercise, begun_s: handed.begun_s, seat, seats })
    }
}

impl Labs {
    /// The server's time now, in microseconds; none before it said one.
    #[must_use]
    pub fn now_us(&self) -> Option<u64> {
        let (at, us) = self.server_time?;
        Some(us.saturating_add(u64::try_from(at.elapsed().as_micros()).unwrap_or(u64::MAX)))
    }
}

/// A request, and who waits for its answer.
#[derive(Debug)]
pub(super) struct LabCommand {
    what: LabRequest,
    reply: oneshot::Sender<Result<LabAnswer, StreamError>>,
}

impl Class {
    /// Asks something about the networking labs; the server says who may.
    ///
    /// # Errors
    /// [`StreamError`] when the server refuses it or cannot be asked.
    pub async fn lab(&self, what: LabRequest) -> Result<LabAnswer, StreamError> {
        self.ask(|reply| Command::Lab(LabCommand { what, reply })).await
    }

    /// How the media port is reached, by which packets of the labs go that find no straight way.
    pub(crate) fn route(&self) -> watch::Receiver<Option<MediaRoute>> {
        self.0.route.clone()
    }
}

impl Membership {
    pub(super) fn lab_request(&mut self, command: LabCommand) -> Request {
        // What was answered is no offer any more.
        if let LabRequest::Take { run, .. } | LabRequest::End { run } = &command.what {
            self.state.labs.offers.retain(|offered| offered.run != *run);
        }
        Request::Lab { request: self.ask(Asked::Lab(command.reply)), what: command.what }
    }

    pub(super) fn lab_event(&mut self, event: LabEvent) {
        let labs = &mut self.state.labs;
        match event {
            LabEvent::Answer { request, result } => {
                if let Some(Asked::Lab(reply)) = self.asked.remove(&request) {
                    let _ = reply.send(result.map_err(StreamError::Refused));
                }
            }
            LabEvent::Offered { run, from, offer, class_run } => {
                labs.offers.push(Offered { run, from, offer, class_run });
                // The server lets nobody have more than a few.
                let many = labs.offers.len().saturating_sub(REMEMBERED);
                labs.offers.drain(..many);
            }
            LabEvent::Begins { run, begin } => {
                remember(labs, run, RunNews::Begins(begin));
            }
            LabEvent::Ended { run, why } => {
                labs.offers.retain(|offered| offered.run != run);
                remember(labs, run, RunNews::Ended(why));
            }
            LabEvent::Show(show) => labs.show = show.map(|show| Arc::new(*show)),
            LabEvent::ClassRun(handed) => labs.class_run = handed.and_then(|handed| ClassRunState::of(*handed)),
            LabEvent::Seat(seat) => {
                if let Some(class_run) = &mut labs.class_run {
                    class_run.seat = Some(seat);
                }
            }
            LabEvent::Seats(seats) => {
                if let Some(class_run) = &mut labs.class_run {
                    class_run.seats.extend(seats.into_iter().map(|seat| (seat.person, seat)));
                }
            }
            LabEvent::Steered(timeline) => {
                if let Some(show) = &mut labs.show {
                    Arc::make_mut(show).timeline = timeline;
                }
            }
        }
    }

    /// The server said its time; `earlier` is how long ago.
    pub(super) fn server_time(&mut self, server_time_us: u64, earlier: std::time::Duration) {
        let at = Instant::now().checked_sub(earlier).unwrap_or_else(Instant::now);
        self.state.labs.server_time = Some((at, server_time_us));
    }

    /// Another connection: of what was before the server tells again what is still so.
    pub(super) fn forget_labs(&mut self) {
        let labs = &mut self.state.labs;
        labs.offers.clear();
        labs.show = None;
        labs.class_run = None;
        for news in labs.runs.values_mut() {
            *news = RunNews::Ended(RunEnd::Gone);
        }
    }
}

fn remember(labs: &mut Labs, run: RunId, news: RunNews) {
    labs.runs.insert(run, news);
    while labs.runs.len() > REMEMBERED {
        let over = labs.runs.iter().find(|(id, news)| **id != run && matches!(news, RunNews::Ended(_))).map(|(id, _)| *id);
        let Some(over) = over.or_else(|| labs.runs.keys().copied().find(|id| *id != run)) else { return };
        labs.runs.remove(&over);
    }
}
