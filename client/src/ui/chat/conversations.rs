//! The list of conversations: the room first, then people; search above them, who reads what below.

use egui::accesskit::Role;
use egui::{Align, CursorIcon, Frame, Layout, Margin, Panel, Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, vec2};

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::tokens::{Type, colors, radius, space};
use super::super::widgets::{focus_ring, icon_ui, say_line};
use super::side::badge;
use super::stream::time_of;
use super::{ChatCommand, Chats, Whom, private, push, search};
use crate::class::ClassState;

/// Height of a row.
const ROW: f32 = 52.0;

/// A row of the list.
pub(super) struct Row<'a> {
    pub(super) whom: Whom,
    pub(super) name: &'a str,
    /// The newest of it, or what is wrong.
    pub(super) line: String,
    pub(super) at_ms: Option<i64>,
    pub(super) unread: usize,
    /// The safety number was compared.
    pub(super) verified: bool,
    pub(super) badge: Badge,
}

/// What stands at the end of the second line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Badge {
    None,
    /// The line is in the accent's colour.
    Loud,
    /// Something waits.
    Clock,
    Warn,
}

/// Draws the list into a panel.
pub(super) fn list_ui(ui: &mut Ui, chats: &mut Chats, state: &ClassState, cx: &mut Cx<'_>) {
    let frame = Frame::new().inner_margin(Margin::symmetric(6, space::M as i8));
    frame.show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        search::search_ui(ui, chats, cx);
        ui.add_space(space::XS);
        if chats.found.is_some() {
            return search::found_ui(ui, chats, state, cx);
        }
        let foot = Frame::new().inner_margin(Margin { left: 6, right: 6, top: space::M as i8, bottom: 0 });
        Panel::bottom("chat-foot").resizable(false).frame(foot).show(ui, |ui| private::foot_ui(ui, chats, state, cx));
        ScrollArea::vertical().id_salt("conversations").auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let room = cx.text("chat-room");
            let newest = state.talk.messages().next_back();
            let line = match newest {
                Some(m) if m.taken.is_some() => cx.text("chat-taken"),
                Some(m) => format!("{}: {}", lectern_proto::text::isolated(&m.name), m.text.lines().next().unwrap_or_default()),
                None => cx.text("chat-room-empty"),
            };
            let row = Row {
                whom: Whom::Room,
                name: &room,
                line,
                at_ms: newest.map(|m| m.at_ms),
                unread: chats.unread_room(state),
                verified: false,
                badge: if chats.is_named(state) { Badge::Loud } else { Badge::None },
            };
            if row_ui(ui, &row, chats.open == Some(Whom::Room), row.badge == Badge::Loud, cx) {
                push(cx, ChatCommand::Open(Whom::Room));
            }
            private::rows_ui(ui, chats, state, cx);
        });
    });
}

/// One row; true when it was pressed.
pub(super) fn row_ui(ui: &mut Ui, row: &Row<'_>, is_open: bool, is_loud: bool, cx: &Cx<'_>) -> bool {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    if is_open || response.hovered() {
        ui.painter().rect_filled(rect, f32::from(radius::CONTROL), if is_open { c.active } else { c.hover });
    }
    let mut inner =
        ui.new_child(UiBuilder::new().id_salt(("row", row.whom)).max_rect(rect.shrink2(vec2(space::S, 6.0))).layout(Layout::left_to_right(Align::Center)));
    let (picture, _) = inner.allocate_exact_size(vec2(32.0, 32.0), Sense::hover());
    match row.whom {
        Whom::Room => {
            inner.painter().circle_filled(picture.center(), 16.0, c.accent_tint);
            Icon::People.paint(inner.painter(), Rect::from_center_size(picture.center(), egui::Vec2::splat(18.0)), c.accent);
        }
        Whom::Person(_) => super::super::widgets::paint_avatar(&inner, picture, row.name, false),
    }
    inner.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.spacing_mut().interact_size.y = Type::Small.line();
        ui.add_space(2.0);
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(at) = row.at_ms {
                    say_line(ui, Type::MonoSmall, if is_open { c.t2 } else { c.t3 }, time_of(at));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.spacing_mut().item_spacing.x = 6.0;
                    ui.scope(|ui| {
                        ui.set_max_width(ui.available_width() - if row.verified { 22.0 } else { 0.0 });
                        say_line(ui, Type::Control, c.t1, row.name);
                    });
                    if row.verified {
                        icon_ui(ui, Icon::SealFilled, 16.0, c.accent).on_hover_text(cx.text("private-verified"));
                    }
                });
            });
        });
        ui.horizontal(|ui| {
            let room = if row.unread > 0 || matches!(row.badge, Badge::Clock | Badge::Warn) { 30.0 } else { 0.0 };
            let ink = match row.badge {
                _ if is_loud => c.accent,
                Badge::Warn => c.warn,
                _ => c.t2,
            };
            ui.scope(|ui| {
                ui.set_max_width(ui.available_width() - room);
                say_line(ui, Type::Small, ink, row.line.as_str());
            });
        });
    });
    let end = rect.right_bottom() - vec2(20.0, 16.0);
    match row.badge {
        Badge::Warn => Icon::Warning.paint(ui.painter(), Rect::from_center_size(end, egui::Vec2::splat(16.0)), c.warn),
        _ if row.unread > 0 => badge(ui, end, row.unread),
        Badge::Clock => Icon::Clock.paint(ui.painter(), Rect::from_center_size(end, egui::Vec2::splat(16.0)), c.t3),
        Badge::None | Badge::Loud => {}
    }
    focus_ring(ui, rect.shrink(2.0), radius::CONTROL, &response);
    let mut said = row.name.to_owned();
    if row.unread > 0 {
        said = format!("{said}, {}", row.unread);
    }
    if matches!(row.badge, Badge::Warn | Badge::Clock) {
        said = format!("{said}, {}", row.line);
    }
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, is_open, &said));
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}
