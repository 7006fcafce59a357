//! What came of one run: each quantity as measured, as expected, as predicted and as the textbooks have it, and what the receiver saw.

use egui::{Grid, Id, Ui, vec2};
use lectern_proto::lab::class_run::{Measured, Partner, Quantity, Seat, Verified};

use super::super::super::icons::Icon;
use super::super::super::tokens::{Colors, Type, colors, size, space};
use super::super::super::widgets::{Tone, icon_ui, notice_ui, say, say_line};
use super::{Out, Run, words};

/// The quantities that a run is about: the one that was asked for, then those of which something is expected.
pub(super) fn quantities(run: &Run) -> impl Iterator<Item = Quantity> {
    let about = run.exercise.about;
    std::iter::once(about).chain(run.exercise.expect.keys().copied().filter(move |quantity| *quantity != about))
}

/// Whether a measured quantity is inside what is expected, where something is.
pub(super) fn inside(run: &Run, quantity: Quantity, measured: &Measured) -> Option<bool> {
    run.exercise.expect.get(&quantity).map(|range| range.contains(measured.get(quantity)))
}

/// The mark of that.
pub(super) fn mark(inside: bool, c: &Colors) -> (Icon, egui::Color32) {
    if inside { (Icon::Check, c.good) } else { (Icon::Warning, c.warn) }
}

/// Draws the table and the sentence below it.
pub(super) fn results_ui(ui: &mut Ui, run: &Run, seat: &Seat, measured: &Measured, cx: &Out<'_>) {
    let c = colors(ui);
    say_line(ui, Type::Title, c.t1, cx.text("classrun-result"));
    ui.spacing_mut().interact_size.y = Type::Body.line();
    let heads = ["classrun-measured", "classrun-expected", "classrun-predicted", "classrun-theory"];
    Grid::new(Id::unique(("classrun-results", run.id))).num_columns(5).spacing(vec2(space::XL, space::S)).show(ui, |ui| {
        say(ui, Type::Small, c.t3, "");
        heads.iter().for_each(|key| _ = say(ui, Type::Small, c.t3, cx.text(key)));
        ui.end_row();
        for quantity in quantities(run) {
            row_ui(ui, run, seat, measured, quantity, cx);
            ui.end_row();
        }
    });
    let (tone, icon, key) = match seat.verified {
        Verified::Agrees => (Tone::Good, Icon::Check, "classrun-agrees"),
        Verified::Differs => (Tone::Warn, Icon::Warning, "classrun-differs"),
        Verified::No => (Tone::Plain, Icon::Clock, "classrun-unverified"),
    };
    notice_ui(ui, tone, icon, &format!("{} {}", witnessed(run, seat, cx), cx.text(key)));
}

fn row_ui(ui: &mut Ui, run: &Run, seat: &Seat, measured: &Measured, quantity: Quantity, cx: &Out<'_>) {
    let c = colors(ui);
    let name = words::quantity(quantity, cx);
    let value = words::with_unit(quantity, measured.get(quantity));
    say(ui, Type::Body, c.t2, name.as_str());
    let said = format!("{name}: {value}");
    let response = say(ui, Type::Mono, c.t1, value);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, &said));
    match (run.exercise.expect.get(&quantity), inside(run, quantity, measured)) {
        (Some(range), Some(inside)) => {
            ui.horizontal(|ui| {
                let (icon, ink) = mark(inside, c);
                icon_ui(ui, icon, size::ICON_SMALL, ink);
                let text = say(ui, Type::Body, c.t1, words::range(*range, cx));
                let said = cx.format(if inside { "classrun-inside" } else { "classrun-outside" }, &[("name", name.as_str().into())]);
                text.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Label, true, &said));
            });
        }
        _ => _ = say(ui, Type::Body, c.t3, "–"),
    }
    let predicted = seat.prediction.filter(|_| quantity == run.exercise.about).map(|p| words::with_unit(quantity, p));
    say(ui, Type::Mono, c.t1, predicted.unwrap_or_else(|| "–".into()));
    let theory = run.exercise.theory(quantity).map(|t| words::with_unit(quantity, t));
    say(ui, Type::Mono, c.t2, theory.unwrap_or_else(|| "–".into()));
}

/// What the receiver saw, as a sentence.
fn witnessed(run: &Run, seat: &Seat, cx: &Out<'_>) -> String {
    let who = match (seat.partner, &run.partner) {
        (Partner::Person(_), Some(name)) => lectern_proto::text::isolated(name).into_owned(),
        (Partner::Person(_), None) => cx.text("classrun-your-partner"),
        (Partner::Server, _) => cx.text("classrun-the-receiver"),
    };
    let Some(witness) = &seat.witness else { return cx.format("classrun-no-witness", &[("who", who.into())]) };
    let counts = [("who", who.into()), ("n", witness.packets.into()), ("twice", witness.duplicates.into()), ("damaged", witness.damaged.into())];
    let seen = cx.format("classrun-witness", &counts);
    format!("{seen} {}", cx.text(if witness.same { "classrun-same" } else { "classrun-not-same" }))
}
