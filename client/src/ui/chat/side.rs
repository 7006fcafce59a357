//! The panel on the right of other screens: people, or the room's chat.

use egui::accesskit::Role;
use egui::{CursorIcon, Rect, Sense, Ui, WidgetInfo, pos2, vec2};

use super::super::command::Cx;
use super::super::tokens::{Type, colors, radius, size};
use super::super::widgets::focus_ring;
use super::{ChatCommand, Chats, push};
use crate::class::ClassState;

/// What stands in the panel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Side {
    #[default]
    People,
    Room,
}

/// Draws the two tabs.
pub(crate) fn side_tabs_ui(ui: &mut Ui, chats: &Chats, state: &ClassState, cx: &mut Cx<'_>) {
    let unread = chats.unread_room(state);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::PRIMARY), Sense::hover());
    let half = rect.width() / 2.0;
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, egui::Stroke::new(1.0, colors(ui).line));
    for (i, (side, key)) in [(Side::People, "people-title"), (Side::Room, "chat-room")].into_iter().enumerate() {
        let place = Rect::from_min_size(pos2(rect.left() + half * i as f32, rect.top()), vec2(half, rect.height()));
        let count = if side == Side::Room { unread } else { 0 };
        if tab_ui(ui, place, &cx.text(key), count, chats.side == side) {
            push(cx, ChatCommand::Side(side));
        }
    }
}

fn tab_ui(ui: &mut Ui, rect: Rect, label: &str, unread: usize, is_here: bool) -> bool {
    let c = colors(ui);
    let response = ui.interact(rect, ui.scope_id().with(("side", label)), Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
    if response.hovered() && !is_here {
        ui.painter().rect_filled(rect.shrink(4.0), f32::from(radius::CHIP), c.hover);
    }
    let text = ui.painter().layout_no_wrap(label.to_owned(), Type::Control.font(), if is_here { c.t1 } else { c.t2 });
    let at = rect.center() - text.size() / 2.0;
    let end = at.x + text.size().x;
    ui.painter().galley(at, text, c.t1);
    if unread > 0 {
        badge(ui, pos2(end + 14.0, rect.center().y), unread);
    }
    if is_here {
        ui.painter().hline(rect.shrink2(vec2(12.0, 0.0)).x_range(), rect.bottom() - 1.0, egui::Stroke::new(2.0, c.accent));
    }
    focus_ring(ui, rect.shrink(4.0), radius::CHIP, &response);
    let said = if unread > 0 { format!("{label}, {unread}") } else { label.to_owned() };
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_here, &said));
    response.clicked()
}

/// A count on the colour of the accent.
pub(crate) fn badge(ui: &Ui, centre: egui::Pos2, count: usize) {
    let c = colors(ui);
    let text = if count > 99 { "99+".to_owned() } else { count.to_string() };
    let galley = ui.painter().layout_no_wrap(text, Type::Caption.font(), c.on_fill);
    let rect = Rect::from_center_size(centre, vec2((galley.size().x + 8.0).max(17.0), 17.0));
    ui.painter().rect_filled(rect, 8.5, c.accent_fill);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, c.on_fill);
}
