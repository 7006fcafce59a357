//! What the instructor sends: from a microphone or a file, with its level while it runs.

use egui::accesskit::Role;
use egui::{Align, CornerRadius, Frame, Layout, Margin, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::reasons::source_trouble;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{Look, Push, Tone, notice_ui, say, say_line};
use super::air::SendStatus;
use super::{PodcastView, PodcastWish};
use crate::live::Published;

/// The lowest level of the meter, in dB below full scale, and where it is too loud.
const LEAST_DB: f32 = -60.0;
const LOUD_DB: f32 = -3.0;

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
                    notice_ui(ui, Tone::Bad, Icon::Octagon, why);
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
    let peak_db = sent.state.peak_db.unwrap_or(LEAST_DB);
    meter_ui(ui, peak_db, &cx.strings.format("podcast-level", &[("db", (peak_db.round() as i64).into())]));
}

/// A bar that is full where nothing louder fits.
fn meter_ui(ui: &mut Ui, peak_db: f32, label: &str) {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width().min(360.0), 8.0), Sense::hover());
    response.widget_info(|| WidgetInfo { value: Some(f64::from(peak_db)), ..WidgetInfo::labeled(Role::Meter, true, label) });
    let share = ((peak_db - LEAST_DB) / -LEAST_DB).clamp(0.0, 1.0);
    ui.painter().rect_filled(rect, 4.0, c.active);
    let filled = Rect::from_min_max(rect.min, pos2(rect.left() + rect.width() * share, rect.bottom()));
    ui.painter().rect_filled(filled, 4.0, if peak_db > LOUD_DB { c.warn } else { c.good });
    say(ui, Type::Small, c.t2, label);
}
