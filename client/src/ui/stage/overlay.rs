//! What lies over the picture when it does not simply play: waiting, trouble, the end.

use std::time::Duration;

use egui::{Align, CornerRadius, Frame, Layout, Margin, Rect, Stroke, Ui, UiBuilder, Vec2, pos2, vec2};

use super::super::command::{Command, Cx};
use super::super::format;
use super::super::icons::Icon;
use super::super::reasons;
use super::super::tokens::{Type, colors, motion, radius, size, space};
use super::super::widgets::{Look, Push, empty_ui, icon_ui, paint_spinner, say};
use super::{StageState, StageView, marks, silent};
use crate::class::Phase;
use crate::player::{PlayState, PlayerStatus};

/// A spinner, once the wait is long enough to be seen.
pub(super) fn waiting_ui(ui: &Ui, area: Rect, state: &mut StageState, status: &PlayerStatus) {
    if !matches!(status.state, PlayState::Loading | PlayState::Stalled) {
        state.waiting_since = None;
        return;
    }
    let now = ui.input(|i| i.time);
    let since = *state.waiting_since.get_or_insert(now);
    let left = since + motion::WAIT_SHOWN - now;
    if left > 0.0 {
        ui.ctx().request_repaint_after_secs(left as f32);
        return;
    }
    let c = colors(ui);
    ui.painter().circle_filled(area.center(), 30.0, egui::Color32::from_black_alpha(140));
    paint_spinner(ui, Rect::from_center_size(area.center(), Vec2::splat(40.0)), c.t1);
}

/// Trouble, along the upper edge, and a silent machine, along the lower one.
pub(super) fn banners_ui(ui: &mut Ui, area: Rect, view: &StageView<'_>, status: &PlayerStatus, alpha: f32, cx: &Cx<'_>) {
    let mut top = area.top() + space::M;
    if let Phase::Reconnecting { since, .. } = view.phase {
        ui.ctx().request_repaint_after(Duration::from_secs(1));
        let away = view.now.saturating_duration_since(*since).as_micros() as u64;
        let ahead = status.buffered_us.end.saturating_sub(status.position_us) / 1_000_000;
        let title = cx.strings.format("stage-reconnecting", &[("for", format::clock(away).into())]);
        let sentence = match ahead {
            0 => cx.text("stage-reconnecting-empty"),
            _ => cx.strings.format("stage-reconnecting-ahead", &[("seconds", ahead.into())]),
        };
        top = banner_ui(ui, area, top, Icon::Unplugged, &title, &sentence) + space::S;
    } else if status.state == PlayState::Stalled {
        top = banner_ui(ui, area, top, Icon::Warning, &cx.text("stage-stalled"), &cx.text("stage-stalled-hint")) + space::S;
    } else if let Some((title, hint)) = marks::trouble(status, cx) {
        top = banner_ui(ui, area, top, Icon::Warning, &title, &hint) + space::S;
    }
    if let Some(why) = silent(status)
        && alpha > 0.0
    {
        ui.scope(|ui| {
            ui.set_opacity(alpha);
            banner_ui(ui, area, top, Icon::Muted, &cx.text("stage-silent"), &reasons::silence(cx.strings, why));
        });
    }
}

/// A card with a title and a sentence; returns where it ends.
fn banner_ui(ui: &mut Ui, area: Rect, top: f32, icon: Icon, title: &str, sentence: &str) -> f32 {
    let c = colors(ui);
    let width = (area.width() - 2.0 * space::M).min(440.0);
    let place = Rect::from_min_size(pos2(area.left() + space::M, top), vec2(width, 120.0));
    let mut ui = ui.new_child(UiBuilder::new().id_salt(title).max_rect(place));
    let frame = Frame::new()
        .fill(c.panel)
        .stroke(Stroke::new(1.0, c.line_strong))
        .corner_radius(CornerRadius::same(radius::CONTROL))
        .inner_margin(Margin::symmetric(12, 8));
    let shown = frame.show(&mut ui, |ui| {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::M, 0.0);
            ui.vertical(|ui| {
                ui.add_space(6.0);
                icon_ui(ui, icon, 20.0, c.warn);
            });
            ui.vertical(|ui| {
                say(ui, Type::Control, c.t1, title);
                say(ui, Type::Small, c.t2, sentence);
            });
        });
    });
    shown.response.rect.bottom()
}

/// The end, and the way back to the beginning.
pub(super) fn ended_ui(ui: &mut Ui, area: Rect, cx: &mut Cx<'_>) {
    ui.painter().rect_filled(area, 0.0, egui::Color32::from_black_alpha(120));
    let texts = [cx.text("stage-replay"), cx.text("stage-back")];
    let (width, height) = (320.0_f32, size::PRIMARY);
    let place = Rect::from_center_size(area.center(), vec2(width.min(area.width()), height));
    let mut ui = ui.new_child(UiBuilder::new().id_salt("ended").max_rect(place).layout(Layout::left_to_right(Align::Center)));
    let half = (place.width() - space::S) / 2.0;
    if ui.add(Push::text(Look::Primary, &texts[0]).with_icon(Icon::Replay).height(height).width(half)).clicked() {
        cx.push(Command::Replay);
    }
    if ui.add(Push::text(Look::Plain, &texts[1]).height(height).width(half)).clicked() {
        cx.push(Command::CloseStage);
    }
}

/// Why it does not play, and what can be done.
pub(super) fn failed_ui(ui: &mut Ui, area: Rect, reason: &str, cx: &mut Cx<'_>) {
    let mut ui = ui.new_child(UiBuilder::new().id_salt("failed").max_rect(area.shrink(space::XL)));
    let (again, back) = (cx.text("stage-retry"), cx.text("stage-back"));
    let title = cx.text("stage-failed");
    empty_ui(&mut ui, Icon::BrokenFile, &title, reason, |ui| {
        ui.horizontal(|ui| {
            let half = ((ui.available_width() - space::S) / 2.0).min(180.0);
            ui.add_space(((ui.available_width() - 2.0 * half - space::S) / 2.0).max(0.0));
            if ui.add(Push::text(Look::Primary, &again).width(half)).clicked() {
                cx.push(Command::Retry);
            }
            if ui.add(Push::text(Look::Plain, &back).width(half)).clicked() {
                cx.push(Command::CloseStage);
            }
        });
    });
}
