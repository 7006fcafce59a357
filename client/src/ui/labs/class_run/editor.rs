//! Where staff write an exercise: the text, what is wrong in which line, what it comes to, and the button that hands it out.

use egui::accesskit::Role;
use egui::{Frame, Id, Margin, Popup, RectAlign, ScrollArea, Stroke, TextEdit, Ui, vec2};
use lectern_proto::lab::class_run::{Exercise, ExerciseError, Fault};
use lectern_proto::limits::EXERCISE_FILE_MAX;

use super::super::super::icons::Icon;
use super::super::super::tokens::{Type, colors, radius, size, space};
use super::super::super::widgets::{Choice, Look, Push, Tone, notice_ui, say, say_line};
use super::{ClassRunAction, GAP, Out, card, page_ui, words};

/// Width of the column on the right.
const SIDE: f32 = 360.0;
/// Below this width cards stand below each other.
const TWO_COLUMNS: f32 = 760.0;
/// Faults that are shown at once.
const SHOWN: usize = 6;
const MENU: f32 = 280.0;
/// Least height of the text.
const LEAST: f32 = 280.0;

/// The text and what it is.
#[derive(Debug)]
pub(super) struct Editor {
    text: String,
    read: Result<Exercise, ExerciseError>,
}

impl Default for Editor {
    fn default() -> Self {
        let text = Exercise::EXAMPLES[1].1.to_owned();
        Self { read: Exercise::parse(&text), text }
    }
}

impl Editor {
    pub(super) fn set(&mut self, text: String) {
        self.read = Exercise::parse(&text);
        self.text = text;
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Out<'_>) {
        page_ui(ui, |ui| {
            let (width, height) = (ui.available_width(), (ui.available_height() - 120.0).max(LEAST));
            if width >= TWO_COLUMNS {
                ui.horizontal_top(|ui| {
                    card(ui, width - SIDE - GAP, |ui| self.text_ui(ui, height, cx));
                    ui.vertical(|ui| self.side_ui(ui, SIDE, cx));
                });
            } else {
                card(ui, width, |ui| self.text_ui(ui, LEAST, cx));
                self.side_ui(ui, width, cx);
            }
        });
    }

    fn text_ui(&mut self, ui: &mut Ui, height: f32, cx: &mut Out<'_>) {
        let c = colors(ui);
        say_line(ui, Type::Title, c.t1, cx.text("classrun-exercise"));
        ui.horizontal_wrapped(|ui| {
            self.examples_ui(ui, cx);
            if ui.add(Push::text(Look::Plain, &cx.text("classrun-open")).with_icon(Icon::Sheet)).clicked() {
                cx.push(ClassRunAction::OpenFile);
            }
            if ui.add(Push::text(Look::Plain, &cx.text("classrun-save")).with_icon(Icon::Export)).clicked() {
                cx.push(ClassRunAction::SaveExercise(self.text.clone()));
            }
        });
        let frame = Frame::new().fill(c.field).stroke(Stroke::new(1.0, c.control)).corner_radius(radius::CONTROL).inner_margin(Margin::same(space::S as i8));
        let label = cx.text("classrun-text");
        frame.show(ui, |ui| {
            ScrollArea::vertical().id_salt("classrun-text").max_height(height).auto_shrink(false).show(ui, |ui| {
                let edit = TextEdit::multiline(&mut self.text)
                    .id(Id::unique("classrun-text"))
                    .frame(Frame::NONE)
                    .font(Type::Mono.font())
                    .text_color(c.t1)
                    .char_limit(EXERCISE_FILE_MAX)
                    .desired_rows(12)
                    .desired_width(f32::INFINITY);
                let response = ui.add(edit);
                ui.ctx().accesskit_node_builder(response.id, |node| {
                    node.set_role(Role::MultilineTextInput);
                    node.set_label(label.as_str());
                });
                if response.changed() {
                    self.read = Exercise::parse(&self.text);
                }
            });
        });
    }

    fn examples_ui(&mut self, ui: &mut Ui, cx: &Out<'_>) {
        let id = Id::unique("classrun-examples");
        let button = ui.add(Push::text(Look::Plain, &cx.text("classrun-examples")).with_icon(Icon::Down).selected(Popup::is_id_open(ui.ctx(), id)));
        let mut chosen = None;
        Popup::menu(&button).id(id).align(RectAlign::BOTTOM_START).gap(space::XS).width(MENU).show(|ui| {
            ui.set_width(MENU);
            ui.spacing_mut().item_spacing.y = 0.0;
            for (_, text) in Exercise::EXAMPLES {
                let title = Exercise::parse(text).map(|exercise| exercise.title).unwrap_or_default();
                if (Choice { name: &title, note: "", right: "", chosen: self.text == text, mono: false }).show(ui) {
                    ui.close();
                    chosen = Some(text);
                }
            }
        });
        if let Some(text) = chosen {
            self.set(text.to_owned());
        }
    }

    fn side_ui(&self, ui: &mut Ui, width: f32, cx: &mut Out<'_>) {
        ui.spacing_mut().item_spacing = vec2(GAP, GAP);
        card(ui, width, |ui| match &self.read {
            Ok(exercise) => ready_ui(ui, exercise, cx),
            Err(why) => faults_ui(ui, why.faults(), cx),
        });
        let width = width.min(ui.available_width());
        let label = cx.text("classrun-hand-out");
        let button = Push::text(Look::Primary, &label).with_icon(Icon::People).height(size::PRIMARY).width(width).enabled(self.read.is_ok());
        if ui.add(button).clicked() {
            cx.push(ClassRunAction::HandOut(self.text.clone()));
        }
    }
}

/// What the students will see.
fn ready_ui(ui: &mut Ui, exercise: &Exercise, cx: &Out<'_>) {
    let c = colors(ui);
    say(ui, Type::Title, c.t1, exercise.title.as_str());
    say(ui, Type::Body, c.t2, exercise.ask.as_str());
    words::parameters_ui(ui, exercise, cx);
    for (quantity, range) in &exercise.expect {
        let words = [("name", words::quantity(*quantity, cx).into()), ("range", words::range(*range, cx).into())];
        say(ui, Type::Small, c.t3, cx.format("classrun-expects", &words));
    }
}

fn faults_ui(ui: &mut Ui, faults: &[Fault], cx: &Out<'_>) {
    let c = colors(ui);
    notice_ui(ui, Tone::Bad, Icon::Octagon, &cx.format("classrun-faults", &[("n", faults.len().into())]));
    for fault in faults.iter().take(SHOWN) {
        say_line(ui, Type::Caption, c.bad, place(fault, cx));
        say(ui, Type::Body, c.t1, format!("{}; {}", fault.what, fault.allowed));
    }
    if faults.len() > SHOWN {
        say(ui, Type::Small, c.t3, cx.format("classrun-more-faults", &[("n", (faults.len() - SHOWN).into())]));
    }
}

/// Line, section and key.
fn place(fault: &Fault, cx: &Out<'_>) -> String {
    let line = cx.format("classrun-line", &[("n", fault.line.into())]);
    let section = fault.section.as_ref().map(|section| format!("[{section}]"));
    [Some(line), section, fault.key.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
