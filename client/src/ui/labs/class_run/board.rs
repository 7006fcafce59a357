//! What staff see while a class runs an exercise: how many are done, a row for each student, predictions against results, and what to do with it.

use egui::accesskit::Role;
use egui::{Align, Align2, Label, Layout, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2};
use lectern_proto::lab::class_run::{Kind, Partner, Quantity, Seat, Stage, Verified};

use super::super::super::icons::Icon;
use super::super::super::tokens::{Colors, Type, colors, size, space};
use super::super::super::widgets::{Look, Push, Tone, badge_ui, progress_ui, rows_ui, say, say_line};
use super::{ClassRunAction, ClassRunView, GAP, Out, Run, card, page_ui, plot, results, words};

/// Width of the plot's column, and of the page from which on it stands beside the table.
const SIDE: f32 = 320.0;
const TWO_COLUMNS: f32 = 1_000.0;
/// Heights of a row and of the table.
const ROW: f32 = 30.0;
const TABLE: (f32, f32) = (180.0, 640.0);
/// Widths of columns.
const NAME: f32 = 132.0;
const STATE: f32 = 96.0;
const NUMBER: f32 = 104.0;
const END: f32 = 32.0;

pub(super) fn board_ui(ui: &mut Ui, view: &mut ClassRunView, run: &Run, cx: &mut Out<'_>) {
    page_ui(ui, |ui| {
        let (width, height) = (ui.available_width(), ui.available_height());
        card(ui, width, |ui| head_ui(ui, view, run, cx));
        let table = (height - 190.0).clamp(TABLE.0, TABLE.1).min(ROW * run.seats.len().max(3) as f32 + 8.0);
        if width >= TWO_COLUMNS {
            ui.horizontal_top(|ui| {
                card(ui, width - SIDE - GAP, |ui| table_ui(ui, table, run, cx));
                card(ui, SIDE, |ui| plot::plot_ui(ui, run, cx));
            });
        } else {
            card(ui, width, |ui| table_ui(ui, table, run, cx));
            card(ui, width, |ui| plot::plot_ui(ui, run, cx));
        }
    });
}

/// The exercise, how far the class is, and the buttons.
fn head_ui(ui: &mut Ui, view: &mut ClassRunView, run: &Run, cx: &mut Out<'_>) {
    let c = colors(ui);
    say_line(ui, Type::Heading, c.t1, run.exercise.title.as_str());
    say(ui, Type::Body, c.t2, run.exercise.ask.as_str());
    let of = |is: fn(&Stage) -> bool| run.seats.iter().filter(|seat| is(&seat.stage)).count();
    let (done, all) = (of(|stage| *stage == Stage::Done), run.seats.len());
    let counted = cx.format("classrun-done", &[("n", done.into()), ("all", all.into())]);
    ui.horizontal_wrapped(|ui| {
        say(ui, Type::Body, c.t1, counted.as_str());
        progress_ui(ui, 160.0, if all == 0 { 0.0 } else { done as f32 / all as f32 }, &counted);
        let others = [
            ("classrun-count-predicted", of(|stage| matches!(stage, Stage::Predicted))),
            ("classrun-count-running", of(|stage| matches!(stage, Stage::Running))),
            ("classrun-count-failed", of(|stage| matches!(stage, Stage::Failed(_)))),
            ("classrun-count-away", of(|stage| matches!(stage, Stage::Away))),
        ];
        for (key, n) in others.into_iter().filter(|(_, n)| *n > 0) {
            say(ui, Type::Small, c.t3, cx.format(key, &[("n", n.into())]));
        }
        if run.is_over {
            badge_ui(ui, Tone::Plain, Some(Icon::Flag), &cx.text("classrun-over"));
        }
    });
    ui.horizontal_wrapped(|ui| {
        for (key, action) in [("classrun-csv", ClassRunAction::SaveCsv { run: run.id }), ("classrun-json", ClassRunAction::SaveJson { run: run.id })] {
            if ui.add(Push::text(Look::Plain, &cx.text(key)).with_icon(Icon::Export)).clicked() {
                cx.push(action);
            }
        }
        if run.is_over {
            if ui.add(Push::text(Look::Primary, &cx.text("classrun-new"))).clicked() {
                view.put_away = Some(run.id);
            }
        } else {
            end_ui(ui, view, run, cx);
        }
    });
}

/// Ending asks first: nobody can run any more afterwards.
fn end_ui(ui: &mut Ui, view: &mut ClassRunView, run: &Run, cx: &mut Out<'_>) {
    if view.ending != Some(run.id) {
        if ui.add(Push::text(Look::Danger, &cx.text("classrun-end")).with_icon(Icon::Stop).enabled(!run.is_waiting)).clicked() {
            view.ending = Some(run.id);
        }
        return;
    }
    say(ui, Type::Body, colors(ui).t1, cx.text("classrun-end-ask"));
    if ui.add(Push::text(Look::Danger, &cx.text("classrun-end-yes"))).clicked() {
        view.ending = None;
        cx.push(ClassRunAction::End { run: run.id });
    }
    if ui.add(Push::text(Look::Plain, &cx.text("classrun-end-no"))).clicked() {
        view.ending = None;
    }
}

/// The columns' widths: name, partner, state, prediction, a number each, agreement, a button.
fn widths(run: &Run, available: f32) -> Vec<f32> {
    let has_partner = run.exercise.kind == Kind::Network;
    let numbers = results::quantities(run).count();
    let fixed = STATE + NUMBER * (numbers + 1) as f32 + STATE + END;
    let names = (available - fixed).max(NAME * if has_partner { 2.0 } else { 1.0 });
    let (name, partner) = if has_partner { (names * 0.55, names * 0.45) } else { (names, 0.0) };
    [name, partner, STATE, NUMBER].into_iter().chain(std::iter::repeat_n(NUMBER, numbers)).chain([STATE, END]).collect()
}

fn table_ui(ui: &mut Ui, height: f32, run: &Run, cx: &mut Out<'_>) {
    let mut order: Vec<&Seat> = run.seats.iter().collect();
    order.sort_by_cached_key(|seat| (seat.name.to_lowercase(), seat.person));
    let widths = widths(run, ui.available_width() - space::M);
    let whole: f32 = widths.iter().sum();
    ScrollArea::horizontal().id_salt("classrun-columns").show(ui, |ui| {
        ui.set_width(whole.max(ui.available_width()));
        ui.spacing_mut().item_spacing.y = 0.0;
        head_row_ui(ui, &widths, run, cx);
        ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
            rows_ui(ui, ScrollArea::vertical().id_salt("classrun-rows").max_height(height), ROW, 0.0, order.len(), |ui, i, place| {
                if let Some(seat) = order.get(i) {
                    row_ui(ui, place, &widths, run, seat, cx);
                }
            });
        });
    });
}

fn head_row_ui(ui: &mut Ui, widths: &[f32], run: &Run, cx: &Out<'_>) {
    let c = colors(ui);
    let (place, _) = ui.allocate_exact_size(vec2(widths.iter().sum(), ROW), Sense::hover());
    let about = words::quantity(run.exercise.about, cx);
    let mut heads = vec![cx.text("classrun-name"), cx.text("classrun-partner"), cx.text("classrun-state"), cx.text("classrun-predicted")];
    heads.extend(results::quantities(run).map(|quantity| words::quantity(quantity, cx)));
    heads.push(cx.text("classrun-verified"));
    let mut row = Row { ui, place, widths, at: 0 };
    for (n, head) in heads.iter().enumerate() {
        let tip = if n == 3 { about.as_str() } else { head };
        row.cell(|ui| _ = ui.add(Label::new(RichText::new(head).font(Type::Caption.font()).color(c.t3)).truncate()).on_hover_text(tip));
    }
    ui.painter().hline(place.x_range(), place.bottom(), (1.0, c.line));
}

/// Cells of one row, from the left.
struct Row<'a> {
    ui: &'a mut Ui,
    place: Rect,
    widths: &'a [f32],
    at: usize,
}

impl Row<'_> {
    fn cell(&mut self, contents: impl FnOnce(&mut Ui)) {
        let left = self.place.left() + self.widths.iter().take(self.at).sum::<f32>();
        let width = self.widths.get(self.at).copied().unwrap_or_default();
        let rect = Rect::from_min_size(pos2(left, self.place.top()), vec2((width - space::S).max(0.0), self.place.height()));
        self.at += 1;
        if width > 0.0 {
            let builder = UiBuilder::new().id_salt(self.at).max_rect(rect).layout(Layout::left_to_right(Align::Center));
            let mut ui = self.ui.new_child(builder);
            ui.spacing_mut().item_spacing.x = space::XS;
            ui.set_clip_rect(rect.intersect(self.ui.clip_rect()));
            contents(&mut ui);
        }
    }

    fn text(&mut self, role: Type, ink: egui::Color32, text: impl Into<String>) {
        let text = text.into();
        self.cell(|ui| _ = say_line(ui, role, ink, text));
    }
}

fn row_ui(ui: &mut Ui, place: Rect, widths: &[f32], run: &Run, seat: &Seat, cx: &mut Out<'_>) {
    let c = colors(ui);
    let place = Rect::from_min_size(place.min, vec2(widths.iter().sum(), place.height()));
    let said = said(run, seat, cx);
    let response = ui.interact(place, ui.scope_id().with(seat.person), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &said));
    if response.hovered() {
        ui.painter().rect_filled(place, 0.0, c.hover);
    }
    let mut child = ui.new_child(UiBuilder::new().id_salt(("classrun-row", seat.person)).max_rect(place));
    let mut row = Row { ui: &mut child, place, widths, at: 0 };
    row.text(Type::Control, c.t1, seat.name.as_str());
    row.text(Type::Body, c.t2, partner(run, seat, cx));
    let (state, ink) = state(seat, c, cx);
    row.cell(|ui| {
        let label = say_line(ui, Type::Body, ink, state);
        if let Stage::Failed(why) = &seat.stage {
            label.on_hover_text(lectern_proto::text::line(why).into_owned());
        }
    });
    row.text(Type::Mono, c.t1, seat.prediction.map_or_else(|| "–".into(), |p| words::with_unit(run.exercise.about, p)));
    for quantity in results::quantities(run) {
        row.cell(|ui| number_ui(ui, run, seat, quantity));
    }
    if let Some((icon, ink, key)) = verified(seat.verified, c) {
        row.cell(|ui| {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::ICON_SMALL), Sense::hover());
            icon.paint(ui.painter(), rect, ink);
            say_line(ui, Type::Small, ink, cx.text(key));
        });
    } else {
        row.text(Type::Small, c.t3, "–");
    }
    if !run.is_over && matches!(seat.stage, Stage::Done | Stage::Failed(_)) {
        let label = cx.format("classrun-reset", &[("name", lectern_proto::text::isolated(&seat.name).into_owned().into())]);
        row.cell(|ui| {
            if ui.add(Push::icon(Icon::Replay, &label).small()).clicked() {
                cx.push(ClassRunAction::Reset { run: run.id, person: seat.person });
            }
        });
    }
    ui.painter().hline(place.x_range(), place.bottom(), (1.0, c.line));
}

fn number_ui(ui: &mut Ui, run: &Run, seat: &Seat, quantity: Quantity) {
    let c = colors(ui);
    let Some(measured) = &seat.measured else {
        say(ui, Type::Mono, c.t3, "–");
        return;
    };
    if let Some(inside) = results::inside(run, quantity, measured) {
        let (icon, ink) = results::mark(inside, c);
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::ICON_SMALL), Sense::hover());
        icon.paint(ui.painter(), rect, ink);
    }
    let text = words::with_unit(quantity, measured.get(quantity));
    let at = ui.available_rect_before_wrap().left_center();
    ui.painter().text(at, Align2::LEFT_CENTER, text, Type::Mono.font(), c.t1);
}

fn partner(run: &Run, seat: &Seat, cx: &Out<'_>) -> String {
    match seat.partner {
        Partner::Server => cx.text("classrun-server"),
        Partner::Person(person) => run.seats.iter().find(|other| other.person == person).map_or_else(|| "–".into(), |other| other.name.clone()),
    }
}

/// How far somebody is; where done, by which path.
fn state(seat: &Seat, c: &Colors, cx: &Out<'_>) -> (String, egui::Color32) {
    match &seat.stage {
        Stage::Reading => (cx.text("classrun-reading"), c.t3),
        Stage::Predicted => (cx.text("classrun-has-predicted"), c.t2),
        Stage::Running => (cx.text("classrun-runs"), c.accent),
        Stage::Done => (seat.path.map(|path| words::path(path, cx)).unwrap_or_default(), c.t1),
        Stage::Failed(_) => (cx.text("classrun-has-failed"), c.bad),
        Stage::Away => (cx.text("classrun-is-away"), c.t3),
    }
}

const fn verified(verified: Verified, c: &Colors) -> Option<(Icon, egui::Color32, &'static str)> {
    match verified {
        Verified::No => None,
        Verified::Agrees => Some((Icon::Check, c.good, "classrun-yes")),
        Verified::Differs => Some((Icon::Warning, c.warn, "classrun-not")),
    }
}

/// A row as a screen reader says it.
fn said(run: &Run, seat: &Seat, cx: &Out<'_>) -> String {
    let c = &super::super::super::tokens::DARK;
    let mut parts = vec![seat.name.clone(), partner(run, seat, cx), state(seat, c, cx).0];
    if let Some(prediction) = seat.prediction {
        parts.push(cx.format("classrun-said-predicted", &[("value", words::with_unit(run.exercise.about, prediction).into())]));
    }
    for (quantity, measured) in results::quantities(run).filter_map(|quantity| Some((quantity, seat.measured.as_ref()?))) {
        let value = words::with_unit(quantity, measured.get(quantity));
        parts.push(format!("{} {value}", words::quantity(quantity, cx)));
        if results::inside(run, quantity, measured) == Some(false) {
            parts.push(cx.text("classrun-said-outside"));
        }
    }
    parts.extend(verified(seat.verified, c).map(|(.., key)| cx.text(key)));
    parts.join(", ")
}
