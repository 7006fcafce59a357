//! What a student sees: the exercise, the question with a field for the answer, the run, and what came of it.

use egui::{Id, Ui, vec2};
use lectern_proto::lab::class_run::{Kind, Partner, Seat, Stage};

use super::super::super::icons::Icon;
use super::super::super::tokens::{Type, colors, size, space};
use super::super::super::widgets::{Field, Look, Push, Tone, notice_ui, progress_ui, say, say_line, spinner_ui};
use super::{ClassRunAction, ClassRunView, GAP, Out, Run, card, page_ui, results, words};

/// Width of the column with the parameters, and of the text beside it.
const SIDE: f32 = 300.0;
const TEXT: f32 = 720.0;
/// Below this width the parameters stand below the text.
const TWO_COLUMNS: f32 = 760.0;
/// Width of the field for a number.
const FIELD: f32 = 240.0;

pub(super) fn student_ui(ui: &mut Ui, view: &mut ClassRunView, run: &Run, cx: &mut Out<'_>) {
    page_ui(ui, |ui| {
        let width = ui.available_width();
        if width >= TWO_COLUMNS {
            ui.horizontal_top(|ui| {
                let text = (width - SIDE - GAP).min(TEXT);
                ui.vertical(|ui| main_ui(ui, text, view, run, cx));
                card(ui, SIDE, |ui| parameters_ui(ui, run, cx));
            });
        } else {
            main_ui(ui, width, view, run, cx);
            card(ui, width, |ui| parameters_ui(ui, run, cx));
        }
    });
}

fn main_ui(ui: &mut Ui, width: f32, view: &mut ClassRunView, run: &Run, cx: &mut Out<'_>) {
    let c = colors(ui);
    ui.spacing_mut().item_spacing = vec2(GAP, GAP);
    card(ui, width, |ui| {
        say(ui, Type::Heading, c.t1, run.exercise.title.as_str());
        for paragraph in &run.exercise.text {
            say(ui, Type::Body, c.t2, paragraph.as_str());
        }
    });
    card(ui, width, |ui| {
        say(ui, Type::Title, c.t1, run.exercise.ask.as_str());
        match run.own() {
            None => _ = notice_ui(ui, Tone::Plain, Icon::Eye, &cx.text("classrun-no-seat")),
            Some(seat) => stage_ui(ui, view, run, seat, cx),
        }
    });
    if let Some((seat, measured)) = run.own().and_then(|seat| seat.measured.as_ref().map(|measured| (seat, measured))) {
        card(ui, width, |ui| results::results_ui(ui, run, seat, measured, cx));
    }
}

fn parameters_ui(ui: &mut Ui, run: &Run, cx: &Out<'_>) {
    let c = colors(ui);
    say_line(ui, Type::Title, c.t1, cx.text("classrun-parameters"));
    words::parameters_ui(ui, &run.exercise, cx);
    let Some(seat) = run.own() else { return };
    let to = match (run.exercise.kind, seat.partner, &run.partner) {
        (Kind::Simulation, ..) => cx.text("classrun-alone"),
        (_, Partner::Person(_), Some(name)) => cx.format("classrun-to", &[("name", lectern_proto::text::isolated(name).into_owned().into())]),
        (_, Partner::Person(_), None) => cx.text("classrun-to-partner"),
        (_, Partner::Server, _) => cx.text("classrun-to-server"),
    };
    ui.add_space(space::S);
    say(ui, Type::Body, c.t1, to);
    say(ui, Type::Small, c.t3, cx.format("classrun-your-seed", &[("seed", seat.seed.to_string().into())]));
}

/// What is to be done now, or what was.
fn stage_ui(ui: &mut Ui, view: &mut ClassRunView, run: &Run, seat: &Seat, cx: &mut Out<'_>) {
    let c = colors(ui);
    if let Some(prediction) = seat.prediction {
        let value = words::with_unit(run.exercise.about, prediction);
        say(ui, Type::Body, c.t1, cx.format("classrun-you-predicted", &[("value", value.into())]));
    }
    if run.is_over && !matches!(seat.stage, Stage::Done) {
        notice_ui(ui, Tone::Plain, Icon::Clock, &cx.text("classrun-over"));
        return;
    }
    match &seat.stage {
        Stage::Done => {}
        Stage::Running => running_ui(ui, run, cx),
        Stage::Failed(reason) => {
            let reason = lectern_proto::text::line(reason);
            notice_ui(ui, Tone::Bad, Icon::Octagon, &cx.format("classrun-failed", &[("why", reason.into_owned().into())]));
            run_button_ui(ui, run, "classrun-again", cx);
        }
        Stage::Reading | Stage::Predicted | Stage::Away if seat.prediction.is_some() => run_button_ui(ui, run, "classrun-run", cx),
        Stage::Reading | Stage::Predicted | Stage::Away => predict_ui(ui, view, run, cx),
    }
}

fn predict_ui(ui: &mut Ui, view: &mut ClassRunView, run: &Run, cx: &mut Out<'_>) {
    let unit = run.exercise.about.unit();
    let name = words::quantity(run.exercise.about, cx);
    let label = if unit.is_empty() { name } else { format!("{name}, {unit}") };
    let typed = words::typed(&view.prediction);
    let problem = (!view.prediction.trim().is_empty() && typed.is_err()).then(|| cx.text("classrun-bad-number"));
    ui.scope(|ui| {
        ui.set_max_width(FIELD);
        Field::new(Id::unique("classrun-prediction"), &label).limit(24).problem(problem.as_deref()).show(ui, &mut view.prediction);
    });
    let label = cx.text("classrun-predict");
    let button = Push::text(Look::Primary, &label).with_icon(Icon::Play).height(size::PRIMARY).enabled(typed.is_ok() && !run.is_waiting);
    if let (true, Ok(prediction)) = (ui.add(button).clicked(), typed) {
        cx.push(ClassRunAction::PredictAndRun { run: run.id, prediction });
    }
    say(ui, Type::Small, colors(ui).t3, cx.text("classrun-once"));
}

fn run_button_ui(ui: &mut Ui, run: &Run, key: &str, cx: &mut Out<'_>) {
    let label = cx.text(key);
    if ui.add(Push::text(Look::Primary, &label).with_icon(Icon::Play).height(size::PRIMARY).enabled(!run.is_waiting)).clicked() {
        cx.push(ClassRunAction::Run { run: run.id });
    }
}

fn running_ui(ui: &mut Ui, run: &Run, cx: &Out<'_>) {
    let c = colors(ui);
    let label = cx.text("classrun-running");
    ui.horizontal(|ui| {
        spinner_ui(ui, size::ICON, c.accent);
        say(ui, Type::Body, c.t1, label.as_str());
    });
    if let Some(share) = run.progress {
        progress_ui(ui, ui.available_width().min(FIELD * 1.5), share, &label);
    }
}
