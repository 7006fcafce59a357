//! What is told below the link's field: where a link leads, or where one is to be had.

use egui::{CornerRadius, Frame, Margin, Stroke, Ui, vec2};
use lectern_proto::link::JoinLink;

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, space};
use super::super::widgets::{Tone, badge_ui, say, say_line};

/// What the link says, for people to check.
pub(super) fn target_ui(ui: &mut Ui, link: &JoinLink, cx: &Cx<'_>) {
    let c = colors(ui);
    card(c.panel, c.line).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        say(ui, Type::Control, c.t1, cx.text("join-target"));
        egui::Grid::new("join-target").num_columns(2).min_row_height(Type::Mono.line()).spacing(vec2(space::XL, space::S)).show(ui, |ui| {
            let mut row = |key: &str, value: String| {
                say(ui, Type::Small, c.t3, cx.text(key));
                say_line(ui, Type::Mono, c.t1, value);
                ui.end_row();
            };
            row("join-target-server", link.hosts.join(", "));
            row("join-target-port", link.port.to_string());
            row("join-target-room", link.room.clone());
            row("join-target-fingerprint", link.fingerprint.to_string());
        });
        ui.horizontal_wrapped(|ui| {
            badge_ui(ui, Tone::Good, Some(Icon::Shield), &cx.text("join-pinned"));
            if link.key.is_some() {
                badge_ui(ui, Tone::Accent, Some(Icon::Key), &cx.text("join-as-instructor"));
            }
            if link.video.is_some() {
                badge_ui(ui, Tone::Plain, Some(Icon::Film), &cx.text("join-opens-video"));
            }
        });
    });
}

/// Where a link is to be had.
pub(super) fn help_ui(ui: &mut Ui, cx: &Cx<'_>) {
    let c = colors(ui);
    card(c.panel, c.line).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        say(ui, Type::Control, c.t1, cx.text("join-help"));
        say(ui, Type::Body, c.t2, cx.text("join-help-student"));
        say(ui, Type::Body, c.t2, cx.text("join-help-instructor"));
    });
}

fn card(fill: egui::Color32, line: egui::Color32) -> Frame {
    Frame::new().fill(fill).stroke(Stroke::new(1.0, line)).corner_radius(CornerRadius::same(radius::CARD)).inner_margin(Margin::same(space::L as i8))
}
