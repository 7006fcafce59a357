//! The room's task, as far as class runs go: the exercise goes to everybody, answers come back, staff sees them as they come.

use lectern_proto::control::{ClassRunRequest, Event, Handed, LabEvent, PersonId, Refusal, Role};
use lectern_proto::lab::class_run::{ClassRun, Exercise, Kind, Partner, Replay, Seat, Stage, Witness};
use lectern_proto::limits::CATALOGUE_PAGE;
use lectern_proto::rights::Action;
use std::sync::Arc;

use super::super::Message;
use super::RoomTask;
use super::lab::LabMessage;
use super::tools::is_staff;

impl RoomTask {
    pub(super) fn ask_class_run(&mut self, by: PersonId, what: ClassRunRequest) -> Result<(), Refusal> {
        let right = match &what {
            ClassRunRequest::HandOut { .. } | ClassRunRequest::Reset { .. } | ClassRunRequest::End => Action::Moderate,
            _ => Action::TakePart,
        };
        self.allow(by, right)?;
        if let ClassRunRequest::HandOut { exercise } = what {
            return self.hand_out(exercise);
        }
        let (run, _) = self.labs.class_run.as_mut().ok_or(Refusal::NoSuchRun)?;
        match what {
            ClassRunRequest::Predict { prediction } => run.predict(by, prediction).map_err(|_| Refusal::NoSuchRun)?,
            ClassRunRequest::Begin => run.begin(by).map_err(|_| Refusal::NoSuchRun)?,
            ClassRunRequest::Finish { measured, path } => run.finish(by, measured, path),
            ClassRunRequest::Fail { reason } => run.fail(by, lectern_proto::text::line(&reason).into_owned()),
            ClassRunRequest::PartnerGone => run.partner_gone(by),
            ClassRunRequest::Witness { of, witness } => run.witness(Partner::Person(by), of, witness),
            ClassRunRequest::Reset { person } => run.reset(person),
            ClassRunRequest::End => {
                self.labs.class_run = None;
                self.tell(Event::Lab(LabEvent::ClassRun(None)));
                return Ok(());
            }
            ClassRunRequest::HandOut { .. } => return Err(Refusal::BadRun),
        }
        self.run_again();
        // Who asked sees what came of it before the answer.
        self.tell_board();
        Ok(())
    }

    fn hand_out(&mut self, text: String) -> Result<(), Refusal> {
        let exercise = Exercise::parse(&text).map_err(|_| Refusal::BadRun)?;
        let students: Vec<_> = self.roster.people().filter(|p| !is_staff(p.role) && p.connected).map(|p| (p.id, p.name.clone())).collect();
        let id = self.labs.class_runs.wrapping_add(1);
        self.labs.class_runs = id;
        tracing::info!(room = %self.name, id, title = ?exercise.title, students = students.len(), "an exercise is handed out");
        let handed = Handed { id, exercise: text, begun_s: self.clock.unix_seconds() };
        self.labs.class_run = Some((ClassRun::new(id, exercise, students, rand::random()), handed.clone()));
        self.tell(Event::Lab(LabEvent::ClassRun(Some(Box::new(handed)))));
        self.tell_board();
        Ok(())
    }

    /// Tells each student his or her own place where it is new, and staff all that are.
    pub(super) fn tell_board(&mut self) {
        let Some((run, _)) = &mut self.labs.class_run else { return };
        let changed = run.take_changed();
        for page in changed.chunks(CATALOGUE_PAGE) {
            self.tell_staff_of_labs(page.to_vec());
        }
        for seat in changed {
            self.put_or_close(seat.person, Arc::new(Event::Lab(LabEvent::Seat(Box::new(seat)))));
        }
    }

    fn tell_staff_of_labs(&mut self, seats: Vec<Seat>) {
        self.tell_teachers(Event::Lab(LabEvent::Seats(seats)));
    }

    /// What somebody is told of the class run who has just entered. A student's own place comes with the next news.
    pub(super) fn class_run_events(&self, role: Role) -> Vec<Event> {
        let Some((run, handed)) = &self.labs.class_run else { return Vec::new() };
        let mut events = vec![Event::Lab(LabEvent::ClassRun(Some(Box::new(handed.clone()))))];
        if is_staff(role) {
            let seats: Vec<_> = run.seats().cloned().collect();
            events.extend(seats.chunks(CATALOGUE_PAGE).map(|page| Event::Lab(LabEvent::Seats(page.to_vec()))));
        }
        events
    }

    /// Somebody has come in, or is back.
    pub(super) fn enter_class_run(&mut self, person: PersonId) {
        let Some(student) = self.roster.person(person).filter(|p| !is_staff(p.role)) else { return };
        if let Some((run, _)) = &mut self.labs.class_run {
            // Also where nobody noticed that the connection before was gone.
            run.leave(person);
            run.enter(person, student.name.clone());
            self.tell_board();
        }
    }

    pub(super) fn leave_class_run(&mut self, person: PersonId) {
        if let Some((run, _)) = &mut self.labs.class_run {
            run.leave(person);
            self.tell_board();
        }
    }

    /// Whether packets from one to the other are a run of the exercise, which needs no asking.
    pub(super) fn is_class_run(&self, from: PersonId, to: PersonId) -> bool {
        let is_running = |run: &ClassRun| run.seat(from).is_some_and(|seat| seat.stage == Stage::Running);
        self.labs.class_run.as_ref().is_some_and(|(run, _)| run.exercise().kind == Kind::Network && run.is_pair(from, to) && is_running(run))
    }

    /// The server was somebody's partner, and saw this.
    pub(super) fn witness(&mut self, of: PersonId, witness: Option<Witness>) {
        if let (Some(witness), Some((run, _))) = (witness, &mut self.labs.class_run) {
            run.witness(Partner::Server, of, witness);
            self.tell_board();
        }
    }

    /// Runs simulations again that students say have ended so, beside the room, and one after another: the lesson needs the processors.
    fn run_again(&mut self) {
        let Some((run, handed)) = self.labs.class_run.as_ref().filter(|_| !self.labs.is_replaying) else { return };
        let Some((person, seed)) = run.unverified().first().copied() else { return };
        let (id, exercise, mailbox) = (handed.id, run.exercise().clone(), self.mailbox.clone());
        self.labs.is_replaying = true;
        self.tasks.spawn(async move {
            let replay = tokio::task::spawn_blocking(move || exercise.replay(seed)).await.unwrap_or_default();
            if let Some(mailbox) = mailbox.upgrade() {
                let _ = mailbox.send(Message::Lab(LabMessage::Replayed { id, person, replay })).await;
            }
        });
    }

    pub(super) fn replayed(&mut self, id: u32, person: PersonId, replay: &Replay) {
        self.labs.is_replaying = false;
        if let Some((run, handed)) = &mut self.labs.class_run
            && handed.id == id
        {
            run.verify(person, replay);
            self.tell_board();
        }
        self.run_again();
    }
}
