//! The tab of class runs in a class: what the class knows becomes its model, and what is wanted goes to the server or into files.

use std::io;
use std::path::Path;

use egui::Ui;
use lectern_proto::control::{ClassRunRequest, LabRequest};
use lectern_proto::lab::class_run::{Partner, Record, Stage};
use lectern_proto::limits::EXERCISE_FILE_MAX;
use lectern_proto::rights::Action;

use super::super::backend::{LabFile, Pick};
use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::reasons;
use super::super::shell::divider_ui;
use super::super::tokens::{Type, colors, size};
use super::super::widgets::{icon_ui, say, say_line};
use super::InClass;
use super::class_run::{ClassRunAction, ClassRunView, Model, Run, Told};
use crate::class::ClassRunState;
use crate::lab::work::{Doing, LabWish};

/// What the tab holds.
#[derive(Debug, Default)]
pub(super) struct Exercises {
    view: ClassRunView,
    /// The class run that is on, or was last: its answers can be saved after its end.
    last: Option<(ClassRunState, Run)>,
    /// The exercise that is to be written into a file.
    text: String,
}

impl Exercises {
    /// Follows the class, whether the tab is shown or not.
    pub(super) fn follow(&mut self, class: InClass<'_>) {
        match &class.state.labs.class_run {
            Some(run) => self.last = Some((run.clone(), shown(run, class))),
            None => {
                if let Some((_, run)) = &mut self.last {
                    run.is_over = true;
                }
            }
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, class: InClass<'_>, cx: &mut Cx<'_>) {
        let failed = match &class.work.exercise {
            Doing::Failed(error) => Some(error),
            _ => class.work.refused.as_ref(),
        };
        let told = failed.map(|error| (Told::Refused, reasons::lab_error(cx.strings, error)));
        let model = Model { is_staff: class.state.may(Action::Moderate), run: self.last.as_ref().map(|(_, run)| run.clone()), told };
        let mut wanted = Vec::new();
        self.view.ui(ui, &model, cx.strings, &mut wanted);
        for action in wanted {
            self.act(action, cx);
        }
    }

    fn act(&mut self, action: ClassRunAction, cx: &mut Cx<'_>) {
        let ask = |what| Command::Lab(LabWish::Ask(LabRequest::ClassRun(what)));
        cx.push(match action {
            ClassRunAction::HandOut(exercise) => ask(ClassRunRequest::HandOut { exercise }),
            ClassRunAction::Reset { person, .. } => ask(ClassRunRequest::Reset { person }),
            ClassRunAction::End { .. } => ask(ClassRunRequest::End),
            ClassRunAction::PredictAndRun { prediction, .. } => Command::Lab(LabWish::Predict(prediction)),
            ClassRunAction::Run { .. } => Command::Lab(LabWish::RunExercise),
            ClassRunAction::OpenFile => Command::Pick(Pick::Lab(LabFile::Exercise)),
            ClassRunAction::SaveExercise(text) => {
                self.text = text;
                Command::Pick(Pick::Lab(LabFile::ExerciseText))
            }
            ClassRunAction::SaveCsv { .. } => Command::Pick(Pick::Lab(LabFile::AnswersTable)),
            ClassRunAction::SaveJson { .. } => Command::Pick(Pick::Lab(LabFile::AnswersRecord)),
        });
    }

    /// Reads an exercise into the editor.
    ///
    /// # Errors
    /// When it cannot be read, or is too long for an exercise.
    pub(super) fn open(&mut self, path: &Path) -> io::Result<()> {
        if std::fs::metadata(path)?.len() > EXERCISE_FILE_MAX as u64 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "too long for an exercise"));
        }
        self.view.open(std::fs::read_to_string(path)?);
        Ok(())
    }

    /// The exercise of the editor, the answers as a table, or as a record.
    ///
    /// # Errors
    /// When there is no class run, or the file cannot be written.
    pub(super) fn write(&self, file: LabFile, path: &Path) -> io::Result<()> {
        if file == LabFile::ExerciseText {
            return std::fs::write(path, &self.text);
        }
        let (run, _) = self.last.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let begun = u64::try_from(run.begun_s).unwrap_or(0);
        let record = Record::new(&run.exercise, run.seats.values(), concat!("lectern ", env!("CARGO_PKG_VERSION")), begun);
        let text = if file == LabFile::AnswersTable { record.to_csv() } else { record.to_json() };
        std::fs::write(path, text.map_err(io::Error::other)?)
    }

    /// The line at the foot of the window.
    pub(super) fn status_ui(&self, ui: &mut Ui, cx: &Cx<'_>) {
        let c = colors(ui);
        icon_ui(ui, Icon::Flask, size::ICON_SMALL, c.t3);
        say(ui, Type::Small, c.t1, cx.text("classrun-status"));
        if let Some((run, _)) = &self.last {
            divider_ui(ui);
            say_line(ui, Type::Small, c.t2, run.exercise.title.as_str());
        }
    }
}

fn shown(run: &ClassRunState, class: InClass<'_>) -> Run {
    let seats: Vec<_> = if run.seats.is_empty() { run.seat.as_deref().cloned().into_iter().collect() } else { run.seats.values().cloned().collect() };
    let partner = match run.seat.as_deref().map(|seat| seat.partner) {
        Some(Partner::Person(person)) => class.state.name_of(person).map(str::to_owned),
        _ => None,
    };
    let is_running = run.seat.as_deref().is_some_and(|seat| seat.stage == Stage::Running);
    Run {
        id: run.id,
        exercise: (*run.exercise).clone(),
        seats,
        me: class.state.me.as_ref().map(|me| me.id),
        partner,
        progress: None,
        is_over: false,
        is_waiting: class.work.exercise.is_under_way() && !is_running,
    }
}
