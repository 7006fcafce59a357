//! Why a video failed, at length, and what to do about it: a card over the catalogue.

use egui::{Align, Frame, Id, Layout, Margin, Ui};
use lectern_proto::control::{Role, VideoState};

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::reasons;
use super::super::tokens::{Type, colors, size, space};
use super::super::widgets::{Push, Tone, icon_ui, notice_ui, say};
use super::CatalogueState;
use crate::class::ClassState;

/// Draws it, while it was asked for and the video still stands there as failed.
pub(super) fn reason_ui(ui: &mut Ui, memory: &mut CatalogueState, state: &ClassState, cx: &Cx<'_>) {
    let Some(id) = &memory.reason else { return };
    let failed = state.videos.iter().find(|v| v.id == *id).and_then(|v| match &v.state {
        VideoState::Failed { reason } => Some((v.title.as_str(), reason)),
        _ => None,
    });
    let Some((title, reason)) = failed else {
        memory.reason = None;
        return;
    };
    let instructor = state.me.as_ref().is_some_and(|me| me.role == Role::Instructor);
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(space::L as i8));
    let mut close = ui.input(|i| i.key_pressed(egui::Key::Escape));
    let shown = egui::Modal::new(Id::unique("failed-reason")).frame(frame).show(ui.ctx(), |ui| {
        let c = colors(ui);
        ui.set_width((ui.ctx().content_rect().width() - 2.0 * space::XXL).min(440.0));
        ui.horizontal_top(|ui| {
            icon_ui(ui, Icon::BrokenFile, size::ICON + 2.0, c.bad);
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                close |= ui.add(Push::icon(Icon::Close, &cx.text("common-close"))).clicked();
                ui.with_layout(Layout::top_down(Align::Min), |ui| say(ui, Type::Title, c.t1, title));
            });
        });
        say(ui, Type::Body, c.t2, reasons::preparing(cx.strings, reason));
        if let Some(details) = reasons::preparing_details(cx.strings, reason).filter(|_| instructor) {
            say(ui, Type::Small, c.t3, details);
        }
        ui.add_space(space::XS);
        let key = if instructor { "failed-hint-instructor" } else { "failed-hint-student" };
        notice_ui(ui, Tone::Accent, Icon::Bulb, &cx.text(key));
    });
    if close || shown.backdrop_response.clicked() {
        memory.reason = None;
    }
}
