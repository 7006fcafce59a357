//! Preparing the class: on a card, the menu in which the instructor chooses what everybody fetches ahead; above the cards,
//! how far the class is.

use egui::{Align, CornerRadius, Frame, Layout, Margin, Popup, RectAlign, Stroke, Ui};
use lectern_proto::control::{AheadProgress, CatalogueEntry, Lesson, Role, VideoState};

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{Choice, Look, Push, icon_ui, progress_ui, say, say_line};
use super::MARGIN;
use crate::class::ClassState;

/// Width of the menu.
const WIDTH: f32 = 264.0;
/// Width of the bar, where there is space.
const BAR: f32 = 240.0;

fn is_instructor(state: &ClassState) -> bool {
    state.me.as_ref().is_some_and(|me| me.role == Role::Instructor)
}

/// Whether a card has the menu.
pub(super) fn is_offered(state: &ClassState, video: &CatalogueEntry) -> bool {
    is_instructor(state) && matches!(video.state, VideoState::Ready { .. }) && !state.ladder.is_empty()
}

/// The button with three dots, and when it was pressed the rungs, each with what it asks of every machine.
pub(super) fn menu_ui(ui: &mut Ui, video: &CatalogueEntry, state: &ClassState, cx: &mut Cx<'_>) {
    let label = cx.strings.format("ahead-menu", &[("title", video.title.as_str().into())]);
    let id = ui.scope_id().with("ahead");
    let button = ui.add(Push::icon(Icon::More, &label).small().selected(Popup::is_id_open(ui.ctx(), id)));
    let now = state.ahead.lesson.as_ref().filter(|l| l.video == video.id);
    Popup::menu(&button).id(id).align(RectAlign::BOTTOM_END).gap(space::XS).width(WIDTH).show(|ui| {
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.horizontal(|ui| {
            ui.add_space(space::S);
            say(ui, Type::Control, colors(ui).t1, cx.text("ahead-prepare"));
        });
        for rung in state.ladder.iter().rev().filter(|r| video.rungs.contains(&r.name)) {
            let megabytes = u64::from(rung.bitrate_bps) / 8 * (video.duration_us / 1_000) / 1_000_000_000;
            let note = cx.strings.format("ahead-each", &[("megabytes", megabytes.max(1).into())]);
            let chosen = now.is_some_and(|l| l.rung == rung.name);
            if (Choice { name: &rung.name, note: &note, right: "", chosen, mono: true }).show(ui) {
                cx.push(Command::FetchAhead(Some(Lesson { video: video.id.clone(), rung: rung.name.clone() })));
                // A click closes it by itself, a key does not.
                ui.close();
            }
        }
    });
}

/// Above the cards, while something is fetched ahead.
pub(super) fn banner_ui(ui: &mut Ui, state: &ClassState, cx: &mut Cx<'_>) {
    let Some(lesson) = &state.ahead.lesson else { return };
    let c = colors(ui);
    let title = state.videos.iter().find(|v| v.id == lesson.video).map_or("", |v| v.title.as_str());
    let (share, sentence) = if is_instructor(state) { class_words(state, cx) } else { own_words(state, cx) };
    let outer = Frame::new().inner_margin(Margin { left: MARGIN as i8, right: MARGIN as i8, top: 12, bottom: 0 });
    outer.show(ui, |ui| {
        let frame = Frame::new().fill(c.panel).stroke(Stroke::new(1.0, c.line)).corner_radius(CornerRadius::same(radius::CARD)).inner_margin(Margin::same(12));
        frame.show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if is_instructor(state) && ui.add(Push::text(Look::Plain, &cx.text("ahead-end"))).clicked() {
                        cx.push(Command::FetchAhead(None));
                    }
                    ui.add_space(space::S);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        icon_ui(ui, if share >= 1.0 { Icon::Check } else { Icon::People }, size::ICON, if share >= 1.0 { c.good } else { c.accent });
                        ui.vertical(|ui| {
                            ui.spacing_mut().item_spacing.y = space::XS;
                            say_line(
                                ui,
                                Type::Control,
                                c.t1,
                                cx.strings.format("ahead-title", &[("title", title.into()), ("rung", lesson.rung.as_str().into())]),
                            );
                            ui.horizontal(|ui| {
                                progress_ui(ui, BAR.min(ui.available_width() / 2.0), share, &sentence);
                                say_line(ui, Type::Small, c.t2, sentence);
                            });
                        });
                    });
                });
            });
        });
    });
}

/// `52 of 60 ready`.
fn class_words(state: &ClassState, cx: &Cx<'_>) -> (f32, String) {
    let tally = state.ahead.class.unwrap_or_default();
    let share = if tally.of == 0 { 0.0 } else { tally.ready as f32 / tally.of as f32 };
    let key = match tally {
        t if t.of == 0 => "ahead-nobody",
        t if t.unable > 0 => "ahead-ready-but",
        _ => "ahead-ready",
    };
    (share, cx.strings.format(key, &[("ready", tally.ready.into()), ("of", tally.of.into()), ("unable", tally.unable.into())]))
}

fn own_words(state: &ClassState, cx: &Cx<'_>) -> (f32, String) {
    match state.ahead.own {
        Some(AheadProgress::Fetched { permille }) if permille >= 1_000 => (1.0, cx.text("ahead-own-all")),
        Some(AheadProgress::Unable) => (0.0, cx.text("ahead-own-unable")),
        Some(AheadProgress::Fetched { permille }) => (f32::from(permille) / 1_000.0, cx.strings.format("ahead-own", &[("percent", (permille / 10).into())])),
        None => (0.0, cx.text("ahead-own-waits")),
    }
}

/// The status line's value: `Routing basics, all of it`.
pub(in crate::ui) fn status_text(state: &ClassState, cx: &Cx<'_>) -> Option<String> {
    let lesson = state.ahead.lesson.as_ref()?;
    let Some(AheadProgress::Fetched { permille }) = state.ahead.own else { return None };
    let title = state.videos.iter().find(|v| v.id == lesson.video)?.title.as_str();
    let key = if permille >= 1_000 { "status-ahead-all" } else { "status-ahead-part" };
    Some(cx.strings.format(key, &[("title", title.into()), ("percent", (permille / 10).into())]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::strings::{Language, Strings};

    #[test]
    fn the_bar_stands_where_the_class_is() {
        let mut state = ClassState::connecting("class");
        let strings = Strings::new(Language::English);
        let mut out = Vec::new();
        let cx = Cx { strings: &strings, out: &mut out };
        assert_eq!(class_words(&state, &cx), (0.0, "Nobody is here yet".to_owned()));
        state.ahead.class = Some(crate::class::AheadTally { ready: 30, of: 60, unable: 0 });
        assert_eq!(class_words(&state, &cx), (0.5, "30 of 60 ready".to_owned()));
        state.ahead.class = Some(crate::class::AheadTally { ready: 30, of: 60, unable: 1 });
        assert_eq!(class_words(&state, &cx).1, "30 of 60 ready, 1 without space for it");
    }
}
