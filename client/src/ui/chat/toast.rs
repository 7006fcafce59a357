//! What was written while nobody looked: for a few seconds in the corner of the window, never over a stage, and in the view of chat only
//! what that view does not show itself.

use std::time::{Duration, Instant};

use egui::{Align2, Area, Context, CornerRadius, Frame, Id, Margin, Order, Sense, Stroke, UiBuilder, WidgetInfo, vec2};

use super::super::command::Cx;
use super::super::tokens::{Type, colors, radius, size, space};
use super::super::widgets::{avatar_ui, focus_ring, say, say_line};
use super::{ChatCommand, Chats, push};

/// How long it stands there.
pub(super) const SHOWN: Duration = Duration::from_secs(6);
/// So many at once; others are counted at the rail.
const MOST: usize = 3;
const WIDTH: f32 = 320.0;

impl Chats {
    /// Leaves out what the view of chat tells itself: all where its list of conversations stands, else what is open.
    pub(crate) fn leave_out_shown(&mut self, narrow: bool) {
        if self.is_shown {
            let (open, has_list) = (self.open, !narrow || self.list_alone);
            self.toasts.retain(|toast| !has_list && open != Some(toast.from));
        }
    }
}

/// Draws them; one that is pressed opens its conversation.
pub(crate) fn toasts_ui(ctx: &Context, chats: &Chats, now: Instant, cx: &mut Cx<'_>) {
    let Some(next) = chats.toasts.iter().map(|toast| toast.until).min() else { return };
    ctx.request_repaint_after(next.saturating_duration_since(now));
    // In the view of chat the lower corner is where one writes.
    let (corner, away) = if chats.is_shown { (Align2::RIGHT_TOP, size::HEADER + space::M) } else { (Align2::RIGHT_BOTTOM, -size::STATUS - space::M) };
    let area = Area::new(Id::unique("chat-toasts")).order(Order::Foreground).anchor(corner, vec2(-space::L, away));
    area.show(ctx, |ui| {
        ui.set_width(WIDTH);
        for (i, toast) in chats.toasts.iter().rev().take(MOST).enumerate() {
            let c = colors(ui);
            let builder = UiBuilder::new().id_salt(("toast", i)).sense(Sense::click());
            let shown = ui.scope_builder(builder, |ui| {
                let frame = Frame::new().fill(c.raised).stroke(Stroke::new(1.0, c.accent_line)).corner_radius(CornerRadius::same(radius::CARD));
                frame.inner_margin(Margin::same(space::M as i8)).show(ui, |ui| {
                    ui.set_width(WIDTH - 2.0 * space::M);
                    ui.horizontal(|ui| {
                        avatar_ui(ui, &toast.name, 28.0, false);
                        ui.vertical(|ui| {
                            ui.spacing_mut().item_spacing.y = 0.0;
                            say(ui, Type::Control, c.t1, &toast.name);
                            say_line(ui, Type::Body, c.t2, toast.text.lines().next().unwrap_or_default());
                        });
                    });
                });
            });
            let response = shown.response.on_hover_cursor(egui::CursorIcon::PointingHand);
            focus_ring(ui, response.rect, radius::CARD, &response);
            let label = cx.strings.format("chat-toast", &[("name", toast.name.as_str().into()), ("text", toast.text.as_str().into())]);
            response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Button, true, &label));
            if response.clicked() {
                push(cx, ChatCommand::Open(toast.from));
            }
        }
    });
}
