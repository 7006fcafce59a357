//! What the instructor sends: from a microphone or a file, with its level while it runs.

use egui::{Align, CornerRadius, Frame, Id, Layout, Margin, Stroke, Ui, vec2};

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::reasons::{source_trouble, stopped};
use super::super::studio::meter_ui;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{Look, Push, Tone, notice_ui, say, say_line};
use super::air::SendStatus;
use super::{PodcastView, PodcastWish};
use crate::live::Published;

/// The lowest level that is told, in dB below full scale.
const LEAST_DB: f32 = -60.0;
/// Greatest width of the meter.
const METER: f32 = 360.0;

pub(super) fn send_ui(ui: &mut Ui, view: &PodcastView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let frame = Frame::new().fill(c.panel).stroke(Stroke::new(1.0, c.line)).corner_radius(CornerRadius::same(radius::CARD));
    frame.inner_margin(Margin::same(20)).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = space::S;
        match &view.sent {
            Some(sent) if !matches!(sent.state.stage, Published::Ended | Published::Failed(_)) => running_ui(ui, sent, cx),
            sent => {
                if let Some(Published::Failed(why)) = sent.as_ref().map(|s| &s.state.stage) {
                    notice_ui(ui, Tone::Bad, Icon::Octagon, &stopped(cx.strings, why));
                }
                choice_ui(ui, view, cx);
            }
        }
        if let Some(problem) = view.problem {
            notice_ui(ui, Tone::Bad, Icon::Octagon, problem);
        }
    });
}

fn choice_ui(ui: &mut Ui, view: &PodcastView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    say(ui, Type::Title, c.t1, cx.text("podcast-send"));
    ui.horizontal_wrapped(|ui| {
        if ui.add(Push::text(Look::Primary, &cx.text("podcast-send-microphone")).with_icon(Icon::Loud).height(size::PRIMARY)).clicked() {
            cx.push(Command::Podcast(PodcastWish::SendMicrophone));
        }
        if ui.add(Push::text(Look::Plain, &cx.text("podcast-send-file")).with_icon(Icon::Note).height(size::PRIMARY)).clicked() {
            cx.push(Command::Podcast(PodcastWish::SendFile));
        }
    });
    let Some(microphones) = view.microphones.as_ref().filter(|m| !m.is_empty()) else { return };
    say(ui, Type::Small, c.t2, cx.text("podcast-microphones"));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
        let choices = std::iter::once(None).chain(microphones.iter().map(|m| Some(m.as_str())));
        for choice in choices {
            let word = choice.map_or_else(|| cx.text("settings-system"), str::to_owned);
            let said = format!("{}: {word}", cx.text("podcast-microphones"));
            if ui.add(Push::text(Look::Plain, &word).selected(choice == view.microphone).named(&said)).clicked() {
                cx.push(Command::Podcast(PodcastWish::Microphone(choice.map(str::to_owned))));
            }
        }
    });
}

fn running_ui(ui: &mut Ui, sent: &SendStatus, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(Push::text(Look::Danger, &cx.text("podcast-send-stop")).height(size::PRIMARY)).clicked() {
                cx.push(Command::Podcast(PodcastWish::StopSending));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let words = match (&sent.state.stage, &sent.file) {
                    (Published::Starting, _) => cx.text("podcast-send-starting"),
                    (_, Some(file)) => cx.strings.format("podcast-sends-file", &[("name", file.clone().into())]),
                    (_, None) => cx.text("podcast-sends-microphone"),
                };
                say_line(ui, Type::Title, c.t1, words);
            });
        });
    });
    for trouble in &sent.state.troubles {
        notice_ui(ui, Tone::Warn, Icon::Warning, &source_trouble(cx.strings, trouble));
    }
    if let Some(why) = sent.state.trouble.as_ref().filter(|_| sent.state.troubles.is_empty()) {
        notice_ui(ui, Tone::Warn, Icon::Warning, why);
    }
    let peak_db = sent.state.peak_db.unwrap_or(LEAST_DB).max(LEAST_DB);
    let label = cx.strings.format("podcast-level", &[("db", (peak_db.round() as i64).into())]);
    meter_ui(ui, Id::unique("podcast-level"), ui.available_width().min(METER), 12.0, sent.state.peak_db, &label);
    say(ui, Type::Small, c.t2, label);
}
