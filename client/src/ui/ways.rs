//! The first screen's other two ways in: a class that is held on this computer, and a file that is played from it.

use egui::{Align, Align2, Layout, Sense, Stroke, StrokeKind, Ui, UiBuilder, vec2};

use super::backend::Pick;
use super::command::{Command, Cx};
use super::icons::Icon;
use super::reasons;
use super::tokens::{Type, colors, radius, size, space};
use super::widgets::{Look, Push, Tone, focus_ring, icon_ui, notice_ui, say_line};
use crate::here::HereError;

/// Height of a card.
pub(super) const CARD: f32 = 64.0;

/// Draws both cards, and above them why the last try failed.
pub(super) fn ways_ui(ui: &mut Ui, problem: Option<&HereError>, cx: &mut Cx<'_>) {
    if let Some(problem) = problem {
        notice_ui(ui, Tone::Warn, Icon::Warning, &reasons::here_error(cx.strings, problem));
        ui.add_space(space::S);
    }
    let (class, file) = ((Icon::Server, "ways-class", "ways-class-hint"), (Icon::Film, "ways-file", "ways-file-hint"));
    let together = ui.available_width() >= 2.0 * 240.0;
    let width = if together { (ui.available_width() - space::M) / 2.0 } else { ui.available_width() };
    let layout = if together { Layout::left_to_right(Align::Min) } else { Layout::top_down(Align::Min) };
    ui.with_layout(layout, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::M, space::S);
        if card_ui(ui, width, class, cx) {
            cx.push(Command::StartClass);
        }
        if card_ui(ui, width, file, cx) {
            cx.push(Command::Pick(Pick::File));
        }
    });
    ui.add_space(space::S);
    if ui.add(Push::text(Look::Bare, &cx.text("ways-labs")).with_icon(Icon::Flask)).clicked() {
        cx.push(Command::ShowLabs(true));
    }
}

fn card_ui(ui: &mut Ui, width: f32, (icon, title, hint): (Icon, &str, &str), cx: &Cx<'_>) -> bool {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, CARD), Sense::click());
    let fill = if response.hovered() { c.hover } else { c.panel };
    ui.painter().rect(rect, f32::from(radius::CARD), fill, Stroke::new(1.0, c.line), StrokeKind::Inside);
    focus_ring(ui, rect, radius::CARD, &response);
    // A child of its own: what is drawn in it does not move the next card.
    let inner = UiBuilder::new().max_rect(rect.shrink2(vec2(space::L, space::M))).layout(Layout::left_to_right(Align::Center));
    let mut inner = ui.new_child(inner);
    inner.spacing_mut().item_spacing.x = space::M;
    icon_ui(&mut inner, icon, 22.0, c.accent);
    inner.with_layout(Layout::right_to_left(Align::Center), |ui| {
        icon_ui(ui, Icon::Arrow, size::ICON, c.t3);
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            say_line(ui, Type::Control, c.t1, cx.text(title));
            say_line(ui, Type::Small, c.t2, cx.text(hint));
        });
    });
    let label = cx.text(title);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, &label));
    response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked()
}

/// A file is held over the window: it says what letting go does.
pub(super) fn drop_ui(ui: &Ui, cx: &Cx<'_>) {
    let c = colors(ui);
    let area = ui.ctx().content_rect();
    let painter = ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop")));
    painter.rect_filled(area, 0.0, c.window.gamma_multiply(0.85));
    painter.rect_stroke(area.shrink(space::L), f32::from(radius::CARD), Stroke::new(2.0, c.accent), StrokeKind::Inside);
    painter.text(area.center(), Align2::CENTER_CENTER, cx.text("ways-drop"), Type::Heading.font(), c.t1);
}
