//! The room's task, as far as the networking labs go: brings two together, takes part where somebody has no partner, shows a run to all.

use std::net::SocketAddr;
use std::sync::Arc;

use lectern_proto::control::{Event, LabAnswer, LabEvent, LabRequest, PersonId, Refusal, Role, RunBegin, RunEnd, RunId, RunOffer, Show};
use lectern_proto::lab::arq::export;
use lectern_proto::lab::class_run::{Replay, Witness};
use lectern_proto::limits::{LAB_RELAY_QUEUE, LAB_SHOW_EVENTS};
use lectern_proto::rights::Action;
use lectern_proto::timeline::Timeline;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::super::lab::addresses;
use super::super::{ConnectionId, Message};
use super::RoomTask;
use crate::lab::{Part, take_part};

/// What concerns the labs.
#[derive(Debug)]
pub(in super::super) enum LabMessage {
    Ask {
        by: PersonId,
        connection: ConnectionId,
        request: u32,
        what: LabRequest,
    },
    /// The server's part in somebody's run is over, and what it saw if it was the receiver of all of it.
    PartDone {
        run: RunId,
        with: PersonId,
        witness: Option<Witness>,
    },
    /// What a student's simulation gives when it is run again.
    Replayed {
        id: u32,
        person: PersonId,
        replay: Replay,
    },
    /// A run was found to go the way it says, or not.
    Checked {
        by: PersonId,
        connection: ConnectionId,
        request: u32,
        run: Option<String>,
    },
}

impl RoomTask {
    pub(super) fn lab(&mut self, message: LabMessage) {
        match message {
            LabMessage::Ask { by, connection, request, what } => {
                if !self.is_current(by, connection) {
                    return;
                }
                if let LabRequest::Show { run } = what {
                    return self.check_show((by, connection), request, run);
                }
                let result = self.ask_lab(by, what);
                self.answer_lab(by, request, result);
            }
            LabMessage::PartDone { run, with, witness } => {
                self.labs.partner_done(run);
                self.witness(with, witness);
            }
            LabMessage::Replayed { id, person, replay } => self.replayed(id, person, &replay),
            LabMessage::Checked { by, connection, request, run } => {
                if !self.is_current(by, connection) {
                    return;
                }
                let result = run.map(|run| self.show(by, run)).ok_or(Refusal::BadRun);
                self.answer_lab(by, request, result.map(|()| LabAnswer::Done));
            }
        }
    }

    fn answer_lab(&mut self, by: PersonId, request: u32, result: Result<LabAnswer, Refusal>) {
        self.put_or_close(by, Arc::new(Event::Lab(LabEvent::Answer { request, result })));
    }

    fn ask_lab(&mut self, by: PersonId, what: LabRequest) -> Result<LabAnswer, Refusal> {
        let right = match &what {
            LabRequest::Offer { .. } | LabRequest::Take { .. } | LabRequest::End { .. } | LabRequest::WithServer { .. } => Action::TakePart,
            LabRequest::Show { .. } | LabRequest::Steer { .. } | LabRequest::EndShow => Action::Moderate,
            // Looked at one by one.
            LabRequest::ClassRun(_) => Action::TakePart,
        };
        self.allow(by, right)?;
        what.is_bounded().then_some(()).ok_or(Refusal::BadRun)?;
        let now = self.clock.now();
        match what {
            LabRequest::Offer { to, offer, addresses } => self.offer_run(by, to, offer, &addresses).map(LabAnswer::Run),
            LabRequest::Take { run, addresses } => self.take_run(run, by, &addresses).map(|()| LabAnswer::Done),
            LabRequest::End { run } => {
                let (other, had_begun) = self.labs.end(run, by)?;
                self.lab_runs.close(run);
                self.run_ended(run, other, if had_begun { RunEnd::Ended } else { RunEnd::Declined });
                Ok(LabAnswer::Done)
            }
            LabRequest::WithServer { offer, sends, seed } => self.run_with_server(by, offer, sends, seed).map(LabAnswer::Run),
            LabRequest::ClassRun(what) => self.ask_class_run(by, what).map(|()| LabAnswer::Done),
            // Looked at beside the room.
            LabRequest::Show { .. } => Err(Refusal::BadRun),
            LabRequest::Steer { position_us, rate_permille } => {
                let now_us = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
                let timeline = self.labs.steer(now_us, position_us, rate_permille)?;
                self.tell(Event::Lab(LabEvent::Steered(timeline)));
                Ok(LabAnswer::Done)
            }
            LabRequest::EndShow => {
                self.labs.show.take().ok_or(Refusal::NoSuchRun)?;
                self.tell(Event::Lab(LabEvent::Show(None)));
                Ok(LabAnswer::Done)
            }
        }
    }

    fn offer_run(&mut self, by: PersonId, to: PersonId, offer: RunOffer, said: &[SocketAddr]) -> Result<RunId, Refusal> {
        offer.is_good().then_some(()).ok_or(Refusal::BadRun)?;
        self.roster.person(to).ok_or(Refusal::NoSuchPerson)?;
        self.connections.contains_key(&to).then_some(()).ok_or(Refusal::Away)?;
        let run = RunId(rand::random());
        self.labs.offer(self.clock.now(), run, by, to, said.to_vec())?;
        self.lab_runs.open(run, [by, to]);
        tracing::debug!(room = %self.name, from = by.0, to = to.0, "a run of the labs is offered");
        let class_run = self.is_class_run(by, to);
        self.put_or_close(to, Arc::new(Event::Lab(LabEvent::Offered { run, from: by, offer, class_run })));
        Ok(run)
    }

    fn take_run(&mut self, run: RunId, by: PersonId, said: &[SocketAddr]) -> Result<(), Refusal> {
        let (from, offered) = self.labs.take(self.clock.now(), run, by)?;
        let (transfer, token) = (rand::random(), rand::random());
        let of = |person: PersonId, said: &[SocketAddr]| {
            let origin = self.door.origins.get(&person).map(|origin| origin.address());
            addresses(said, origin, self.lab_runs.seen(run, person))
        };
        let (to_sender, to_receiver) = (of(by, said), of(from, &offered));
        for (person, addresses) in [(from, to_sender), (by, to_receiver)] {
            let begin = RunBegin { transfer, token, addresses };
            self.put_or_close(person, Arc::new(Event::Lab(LabEvent::Begins { run, begin })));
        }
        Ok(())
    }

    fn run_with_server(&mut self, by: PersonId, offer: RunOffer, sends: bool, seed: u64) -> Result<RunId, Refusal> {
        offer.is_for_server().then_some(()).ok_or(Refusal::BadRun)?;
        let (run, transfer, stop) = (RunId(rand::random()), rand::random(), CancellationToken::new());
        self.labs.with_server(self.clock.now(), run, by, stop.clone())?;
        let (partner, packets) = mpsc::channel(LAB_RELAY_QUEUE);
        self.lab_runs.open_with_server(run, by, partner);
        let part = Part { run, transfer, offer, takes: sends, seed };
        let (runs, clock, mailbox) = (Arc::clone(&self.lab_runs), self.clock, self.mailbox.clone());
        self.tasks.spawn(async move {
            let witness = take_part(part, packets, runs, clock, stop).await;
            if let Some(mailbox) = mailbox.upgrade() {
                // A room that has ended needs nothing.
                let _ = mailbox.send(Message::Lab(LabMessage::PartDone { run, with: by, witness })).await;
            }
        });
        let begin = RunBegin { transfer, token: rand::random(), addresses: Vec::new() };
        self.put_or_close(by, Arc::new(Event::Lab(LabEvent::Begins { run, begin })));
        Ok(run)
    }

    fn run_ended(&mut self, run: RunId, other: Option<PersonId>, why: RunEnd) {
        if let Some(other) = other {
            self.put_or_close(other, Arc::new(Event::Lab(LabEvent::Ended { run, why })));
        }
    }

    /// Somebody is not connected any more.
    pub(super) fn leave_labs(&mut self, person: PersonId) {
        self.leave_class_run(person);
        for (run, other) in self.labs.leave(person) {
            self.lab_runs.close(run);
            self.run_ended(run, other, RunEnd::Gone);
        }
    }

    pub(super) fn expire_runs(&mut self) {
        for (run, people) in self.labs.expire(self.clock.now()) {
            self.lab_runs.close(run);
            for person in people {
                self.run_ended(run, Some(person), RunEnd::TooLate);
            }
        }
    }

    /// Runs it beside the room, to see that it is one and goes the way it says.
    fn check_show(&mut self, (by, connection): (PersonId, ConnectionId), request: u32, run: String) {
        let may = self.allow(by, Action::Moderate).and_then(|()| LabRequest::Show { run: run.clone() }.is_bounded().then_some(()).ok_or(Refusal::BadRun));
        if let Err(refusal) = may {
            return self.answer_lab(by, request, Err(refusal));
        }
        let mailbox = self.mailbox.clone();
        self.tasks.spawn(async move {
            let checked = tokio::task::spawn_blocking(move || export::from_json_within(&run, LAB_SHOW_EVENTS).is_ok().then_some(run)).await;
            if let Some(mailbox) = mailbox.upgrade() {
                let run = checked.ok().flatten();
                let _ = mailbox.send(Message::Lab(LabMessage::Checked { by, connection, request, run })).await;
            }
        });
    }

    fn show(&mut self, by: PersonId, run: String) {
        tracing::info!(room = %self.name, by = by.0, "a simulation is shown");
        let timeline = Timeline { at_us: self.clock.server_time_us(), ..Timeline::paused_at(0) };
        let show = Box::new(Show { by, run, timeline });
        self.labs.show = Some(show.clone());
        self.tell(Event::Lab(LabEvent::Show(Some(show))));
    }

    /// What somebody is told of the labs who has just entered.
    pub(super) fn lab_events(&self, role: Role) -> impl Iterator<Item = Event> {
        let show = self.labs.show.clone().map(|show| Event::Lab(LabEvent::Show(Some(show))));
        show.into_iter().chain(self.class_run_events(role))
    }
}
