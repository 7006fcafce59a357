//! The truth about live viewers: the card over one's own picture, and for instructors the list of those who have trouble, worst first.
//!
//! Everything shown is what viewers report to the server and what the server says of its target; the words for a cause come from
//! [`lectern_proto::live::health`].

use egui::{Grid, Rect, Ui, vec2};
use lectern_proto::control::{PersonId, StreamInfo, ViewerReport};
use lectern_proto::live::health::Trouble;
use lectern_proto::rights::Action;

use super::command::Cx;
use super::icons::Icon;
use super::stage::statistics_card_ui;
use super::strings::Strings;
use super::tokens::{Type, colors, space};
use super::widgets::{Tone, icon_ui, notice_ui, say, say_line};
use crate::class::ClassState;

/// Viewers that are listed; the others are counted.
const LISTED: usize = 6;
const WIDTH: f32 = 348.0;

/// What troubles somebody, in words.
pub(super) fn words(strings: &Strings, trouble: Trouble) -> String {
    match trouble {
        Trouble::Lost { percent } => strings.format("truth-lost", &[("percent", u64::from(percent).into())]),
        Trouble::SlowLine => strings.text("truth-slow-line"),
        Trouble::SlowMachine => strings.text("truth-slow-machine"),
        Trouble::SmallShare => strings.text("truth-small-share"),
        Trouble::Lags { by_ms } => strings.format("truth-lags", &[("ms", u64::from(by_ms).into())]),
    }
}

fn milliseconds(us: u32) -> String {
    format!("{:.0} ms", f64::from(us) / 1_000.0)
}

fn rung(stream: &StreamInfo, report: &ViewerReport) -> String {
    stream.videos().find(|(track, _)| *track == report.track).map_or_else(String::new, |(_, video)| video.rung.clone())
}

/// Over the upper left of the picture: how this viewer fares.
pub(super) fn own_ui(ui: &mut Ui, area: Rect, stream: Option<&StreamInfo>, report: Option<&ViewerReport>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let width = WIDTH.min(area.width() - 2.0 * space::M);
    statistics_card_ui(ui, area, vec2(width, area.height() - 2.0 * space::M), cx, |ui, cx| {
        let Some((stream, report)) = stream.zip(report) else {
            say(ui, Type::Small, c.t3, cx.text("truth-soon"));
            return;
        };
        Grid::new("truth-rows").num_columns(2).spacing(vec2(space::M, space::XS)).show(ui, |ui| {
            for (key, value) in rows(stream, report, cx) {
                say(ui, Type::Small, c.t3, cx.text(key));
                say(ui, Type::MonoSmall, c.t1, value);
                ui.end_row();
            }
        });
        match Trouble::of(report, stream.target_us) {
            Some(trouble) => notice_ui(ui, Tone::Warn, Icon::Warning, &words(cx.strings, trouble)),
            None => say(ui, Type::Small, c.good, cx.text("truth-well")),
        };
    });
}

fn rows(stream: &StreamInfo, report: &ViewerReport, cx: &Cx<'_>) -> [(&'static str, String); 8] {
    let of = report.came.saturating_add(report.lost).saturating_add(report.skipped);
    let way = cx.text(if report.is_udp { "live-udp" } else { "live-tcp" });
    [
        ("truth-lag", format!("{} / {}", milliseconds(report.lag_us), milliseconds(stream.target_us))),
        ("truth-round-trip", milliseconds(report.round_trip_us)),
        ("truth-missing", format!("{} + {} / {of}", report.lost, report.skipped)),
        ("truth-repaired", format!("{} / {}", report.repaired, report.restored)),
        ("truth-waiting", report.waiting.to_string()),
        ("truth-rung", rung(stream, report)),
        ("truth-busy", format!("{} %", report.busy_percent)),
        ("truth-way", way),
    ]
}

/// In the list of people, for instructors: who watches live and has trouble, worst first; that all is well where it is.
pub(super) fn viewers_ui(ui: &mut Ui, state: &ClassState, cx: &Cx<'_>) {
    if !state.may(Action::Moderate) {
        return;
    }
    let all: Vec<(&StreamInfo, PersonId, &ViewerReport)> = state
        .streams
        .iter()
        .flat_map(|stream| state.reports.get(&stream.id).into_iter().flatten().map(move |(person, report)| (stream, *person, report)))
        .collect();
    if all.is_empty() {
        return;
    }
    let c = colors(ui);
    let mut troubled: Vec<_> =
        all.iter().filter_map(|(stream, person, report)| Some((*stream, *person, *report, Trouble::of(report, stream.target_us)?))).collect();
    troubled.sort_by_key(|(.., trouble)| std::cmp::Reverse(trouble.weight()));
    let (icon, color) = if troubled.is_empty() { (Icon::Check, c.good) } else { (Icon::Warning, c.warn) };
    ui.horizontal(|ui| {
        icon_ui(ui, icon, 16.0, color);
        let counts = [("n", all.len().into()), ("troubled", troubled.len().into())];
        say_line(ui, Type::Small, c.t2, cx.strings.format(if troubled.is_empty() { "truth-all-well" } else { "truth-some" }, &counts));
    });
    for (stream, person, report, trouble) in troubled.iter().take(LISTED) {
        let name = state.people.iter().find(|p| p.id == *person).map_or("", |p| p.name.as_str());
        say_line(ui, Type::Control, c.t1, format!("{name} · {}", stream.name));
        say(ui, Type::Small, c.warn, words(cx.strings, *trouble));
        let numbers = [rung(stream, report), milliseconds(report.lag_us), format!("{} %", report.busy_percent)];
        say_line(ui, Type::MonoSmall, c.t3, numbers.join(" · "));
        ui.add_space(space::XS);
    }
    ui.add_space(space::S);
}
