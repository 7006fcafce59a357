//! A class run in the window: what a student reads, predicts and gets, and what staff hand out and watch.
//!
//! Drawn from a [`Model`] that its caller makes of what the class knows; what the person wants goes out as [`ClassRunAction`]s. Nothing here
//! waits, reads files or knows a connection.

mod board;
mod editor;
mod plot;
mod results;
mod student;
mod words;

use egui::{Frame, Margin, ScrollArea, Stroke, Ui, vec2};
use fluent_bundle::FluentValue;
use lectern_proto::control::PersonId;
use lectern_proto::lab::class_run::{Amount, Exercise, Seat};

use super::super::icons::Icon;
use super::super::strings::Strings;
use super::super::tokens::{colors, radius, space};
use super::super::widgets::{Tone, empty_ui, notice_ui};
use editor::Editor;

/// Space between cards.
const GAP: f32 = space::L;

/// What the tab knows.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Whether this person hands out exercises.
    pub is_staff: bool,
    /// The class run that is on, or the last one that ended.
    pub run: Option<Run>,
    /// What was done, or why something was not, in words.
    pub told: Option<(Told, String)>,
}

/// What kind of news [`Model::told`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Done,
    Refused,
}

/// One class run.
#[derive(Debug, Clone)]
pub struct Run {
    pub id: u32,
    pub exercise: Exercise,
    /// For staff all; for a student at least the own.
    pub seats: Vec<Seat>,
    /// Whose window this is, where that person has a seat.
    pub me: Option<PersonId>,
    /// The name of the partner, where that is a person.
    pub partner: Option<String>,
    /// How much of the own run is done, 0 to 1, while it is on.
    pub progress: Option<f32>,
    pub is_over: bool,
    /// Something of it was asked of the server and is not answered.
    pub is_waiting: bool,
}

impl Run {
    fn own(&self) -> Option<&Seat> {
        self.seats.iter().find(|seat| Some(seat.person) == self.me)
    }
}

/// What a person wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClassRunAction {
    /// Hand this exercise to everybody; it was read without a fault.
    HandOut(String),
    /// Choose an exercise's file in the system's dialog; [`ClassRunView::open`] takes what is in it.
    OpenFile,
    /// Write the exercise in the editor to a file.
    SaveExercise(String),
    /// Predict, and begin the own run at once.
    PredictAndRun {
        run: u32,
        prediction: Amount,
    },
    /// Begin the own run: it was predicted before, or has failed.
    Run {
        run: u32,
    },
    /// Let somebody run again.
    Reset {
        run: u32,
        person: PersonId,
    },
    SaveCsv {
        run: u32,
    },
    SaveJson {
        run: u32,
    },
    /// The run ends for everybody.
    End {
        run: u32,
    },
}

/// What the tab remembers: what is typed, and what is asked about.
#[derive(Debug, Default)]
pub struct ClassRunView {
    editor: Editor,
    /// The prediction that is typed.
    prediction: String,
    /// The run that staff are asked about, whether it is to end.
    ending: Option<u32>,
    /// The run that was looked at long enough: the editor is shown again.
    put_away: Option<u32>,
    /// The run whose prediction is typed.
    of: Option<u32>,
}

impl ClassRunView {
    /// Puts an exercise's text into the editor, as it was read from a file.
    pub fn open(&mut self, text: String) {
        self.editor.set(text);
    }

    /// Draws the tab into all the space that there is; what is wanted is added to `out`.
    pub fn ui(&mut self, ui: &mut Ui, model: &Model, strings: &Strings, out: &mut Vec<ClassRunAction>) {
        let mut cx = Out { strings, actions: out };
        let id = model.run.as_ref().map(|run| run.id);
        if self.of != id {
            (self.of, self.ending) = (id, None);
            self.prediction.clear();
        }
        if let Some((told, words)) = &model.told {
            let (tone, icon) = if *told == Told::Done { (Tone::Good, Icon::Check) } else { (Tone::Bad, Icon::Octagon) };
            notice_ui(ui, tone, icon, words);
        }
        let shown = model.run.as_ref().filter(|run| !(run.is_over && self.put_away == Some(run.id)));
        match (shown, model.is_staff) {
            (Some(run), true) => board::board_ui(ui, self, run, &mut cx),
            (None, true) => self.editor.ui(ui, &mut cx),
            (Some(run), false) => student::student_ui(ui, self, run, &mut cx),
            (None, false) => empty_ui(ui, Icon::Flask, &cx.text("classrun-none"), &cx.text("classrun-none-about"), |_| {}),
        }
    }
}

/// What every part has at hand.
struct Out<'a> {
    strings: &'a Strings,
    actions: &'a mut Vec<ClassRunAction>,
}

impl Out<'_> {
    fn text(&self, key: &str) -> String {
        self.strings.text(key)
    }

    fn format(&self, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        self.strings.format(key, args)
    }

    fn push(&mut self, action: ClassRunAction) {
        self.actions.push(action);
    }
}

/// A framed part of the page, so wide and as high as it is.
fn card(ui: &mut Ui, width: f32, contents: impl FnOnce(&mut Ui)) {
    let c = colors(ui);
    let frame = Frame::new().fill(c.panel).stroke(Stroke::new(1.0, c.line)).corner_radius(radius::CARD).inner_margin(Margin::same(space::L as i8 - 2));
    frame.show(ui, |ui| {
        ui.set_width(width - 2.0 * (space::L - 1.0));
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        ui.vertical(contents);
    });
}

/// Scrolls what is taller than the page.
fn page_ui(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(GAP, GAP);
        contents(ui);
    });
}
