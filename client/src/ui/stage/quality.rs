//! The menu of resolutions: every rung of the video, highest first, and `thirds`.

use egui::accesskit::Role;
use egui::{Align2, CursorIcon, Frame, Margin, Popup, PopupCloseBehavior, Rect, RectAlign, Sense, Stroke, Theme, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::super::command::{Command, Cx};
use super::super::format;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{Push, focus_ring, say};
use super::StageView;
use crate::player::PlayerStatus;

/// The name of the plan that goes through three rungs.
pub(in crate::ui) const THIRDS: &str = "thirds";
/// Width of the menu.
const WIDTH: f32 = 296.0;

/// The button and, when it was pressed, the menu above it.
pub(super) fn quality_ui(ui: &mut Ui, view: &StageView<'_>, status: &PlayerStatus, cx: &mut Cx<'_>) {
    let rung = status.rung.as_deref().unwrap_or(&status.quality);
    let shown = if status.quality == THIRDS { format!("{rung} {THIRDS}") } else { rung.to_owned() };
    let label = cx.strings.format("stage-quality-now", &[("rung", shown.as_str().into())]);
    let id = ui.scope_id().with("quality");
    let open = Popup::is_id_open(ui.ctx(), id);
    let button = ui.add(Push::text(super::super::widgets::Look::Bare, &shown).mono().selected(open));
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let dark = ui.ctx().style_of(Theme::Dark);
    let frame = Frame::menu(&dark).inner_margin(Margin::same(4));
    Popup::menu(&button).id(id).align(RectAlign::TOP_END).gap(space::S).width(WIDTH).close_behavior(PopupCloseBehavior::CloseOnClick).frame(frame).show(|ui| {
        ui.set_style(dark.clone());
        menu_ui(ui, view, status, cx);
    });
}

fn menu_ui(ui: &mut Ui, view: &StageView<'_>, status: &PlayerStatus, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.set_width(WIDTH);
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.horizontal(|ui| {
        ui.add_space(space::S);
        say(ui, Type::Control, c.t1, cx.text("stage-quality"));
    });
    for name in status.rungs.iter().rev() {
        let spec = view.ladder.iter().find(|r| r.name == *name);
        let size = spec.map(|r| format!("{} × {}", r.box_width, r.box_height)).unwrap_or_default();
        let rate = spec.map(|r| format::bitrate(r.bitrate_bps)).unwrap_or_default();
        if item_ui(ui, name, &size, &rate, status.quality == *name) {
            cx.push(Command::SetQuality(name.clone()));
        }
    }
    let (_, line) = ui.allocate_space(vec2(ui.available_width(), 9.0));
    ui.painter().hline(line.x_range().shrink(8.0), line.center().y, Stroke::new(1.0, c.line_strong));
    let turn = cx.strings.format("stage-thirds", &[("rungs", view.thirds.join(", ").into())]);
    if item_ui(ui, THIRDS, &turn, "", status.quality == THIRDS) {
        cx.push(Command::SetQuality(THIRDS.to_owned()));
    }
}

fn item_ui(ui: &mut Ui, name: &str, note: &str, right: &str, chosen: bool) -> bool {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::LIST_ROW), Sense::click());
    if chosen || response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, f32::from(radius::CHIP), if chosen { c.active } else { c.hover });
    }
    let middle = rect.center().y;
    if chosen {
        Icon::Check.paint(ui.painter(), Rect::from_center_size(pos2(rect.left() + 15.0, middle), Vec2::splat(16.0)), c.accent);
    }
    let text = |x: f32, align: Align2, text: &str, role: Type, color| ui.painter().text(pos2(x, middle), align, text, role.font(), color);
    let after = text(rect.left() + 30.0, Align2::LEFT_CENTER, name, Type::Mono, c.t1).right();
    text(after.max(rect.left() + 80.0) + space::S, Align2::LEFT_CENTER, note, Type::Small, c.t2);
    text(rect.right() - space::S, Align2::RIGHT_CENTER, right, Type::MonoSmall, c.t2);
    focus_ring(ui, rect.shrink(2.0), radius::CHIP, &response);
    response.widget_info(|| WidgetInfo::selected(Role::MenuItemRadio, true, chosen, name));
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}
