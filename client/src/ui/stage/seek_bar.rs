//! The seek bar: what was played, what is held ahead, chapters and what is lost, and what is under the pointer.

use egui::accesskit::Role;
use egui::text::LayoutJob;
use egui::{Color32, CursorIcon, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::super::command::{Command, Cx};
use super::super::format;
use super::super::tokens::{Type, colors, radius};
use super::super::widgets::focus_ring;
use super::{StageState, StageView, marks};
use crate::player::{PlayerStatus, Preview};

/// Draws it across `rect`. A click or the end of a drag seeks; while it is dragged, the handle goes ahead.
pub(super) fn seek_bar_ui(ui: &mut Ui, rect: Rect, state: &mut StageState, view: &StageView<'_>, status: &PlayerStatus, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let response = ui.interact(rect, ui.scope_id().with("seek"), Sense::click_and_drag()).on_hover_cursor(CursorIcon::PointingHand);
    let track = Rect::from_center_size(rect.center(), vec2(rect.width(), 4.0));
    let duration = status.duration_us.max(1);
    let x_of = |us: u64| track.left() + track.width() * (us.min(duration) as f64 / duration as f64) as f32;
    let us_at = |x: f32| (f64::from(((x - track.left()) / track.width()).clamp(0.0, 1.0)) * duration as f64) as u64;

    let pointer = response.interact_pointer_pos();
    if let Some(at) = pointer.filter(|_| response.is_pointer_button_down_on()) {
        state.held_us = Some(us_at(at.x));
    }
    if response.clicked() || response.drag_stopped() {
        if let Some(position_us) = pointer.map(|at| us_at(at.x)).or(state.held_us) {
            cx.push(Command::Seek { position_us });
        }
        state.held_us = None;
    } else if !response.is_pointer_button_down_on() {
        state.held_us = None;
    }

    let shown = state.held_us.unwrap_or(status.position_us);
    let lit = response.hovered() || response.is_pointer_button_down_on() || response.has_focus();
    let thick = if lit { track.expand2(vec2(0.0, 1.0)) } else { track };
    let part = |from: f32, to: f32| Rect::from_x_y_ranges(from..=to.max(from), thick.y_range());
    ui.painter().rect_filled(thick, 2.0, c.active);
    ui.painter().rect_filled(part(x_of(status.buffered_us.start), x_of(status.buffered_us.end)), 2.0, c.t3);
    ui.painter().rect_filled(part(track.left(), x_of(shown)), 2.0, c.accent);
    marks::marks_ui(ui, thick, status, x_of);
    ui.painter().circle_filled(pos2(x_of(shown), track.center().y), if lit { 7.5 } else { 6.0 }, c.t1);
    focus_ring(ui, rect.shrink2(vec2(0.0, 6.0)), radius::CHIP, &response);

    let pointed = response.hover_pos().or(pointer.filter(|_| response.is_pointer_button_down_on()));
    state.pointed_us = pointed.map(|at| us_at(at.x));
    if let Some(at) = pointed {
        let x = at.x.clamp(track.left(), track.right());
        ui.painter().vline(x, track.y_range().expand(4.0), Stroke::new(2.0, c.t1));
        let (at_us, c) = (us_at(x), colors(ui));
        let words = [
            marks::chapter_at(&status.details, at_us, cx).map(|title| (title, Type::Small, c.t1)),
            Some((format::position(at_us, status.duration_us), Type::MonoSmall, c.t1)),
            marks::lost_at(&status.details, at_us).map(|_| (cx.text("stage-lost-pointed"), Type::Small, c.warn)),
        ];
        pointed_ui(ui, track, x, words.into_iter().flatten(), view);
    }
    let label = cx.text("stage-seek");
    let seconds = (shown / 1_000_000) as f64;
    response.widget_info(|| WidgetInfo { value: Some(seconds), ..WidgetInfo::labeled(Role::Slider, true, &label) });
    let mut text = format!("{} / {}", format::clock(shown), format::clock(status.duration_us));
    if let Some(chapter) = marks::chapter_at(&status.details, shown, cx) {
        text = format!("{text}, {chapter}");
    }
    let lost = marks::lost_words(&status.details, cx);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value((status.duration_us / 1_000_000) as f64);
        node.set_value(text);
        if let Some(lost) = lost {
            node.set_description(lost);
        }
    });
}

/// Size of the picture above the pointer, and the frame around it.
const PICTURE: Vec2 = vec2(176.0, 99.0);
const FRAME: f32 = 4.0;
/// Height of a line of words.
const LINE: f32 = 20.0;

/// The picture and, below it, the words of the place above the pointer.
fn pointed_ui(ui: &Ui, track: Rect, x: f32, words: impl Iterator<Item = (String, Type, Color32)>, view: &StageView<'_>) {
    let c = colors(ui);
    let line = |(text, role, color): (String, Type, Color32)| {
        let mut job = LayoutJob::simple_singleline(text, role.font(), color);
        (job.wrap.max_width, job.wrap.max_rows) = (PICTURE.x, 1);
        ui.painter().layout_job(job)
    };
    let lines: Vec<_> = words.map(line).collect();
    let height = LINE * lines.len() as f32;
    let has_picture = !matches!(view.preview, Preview::None);
    let widest = lines.iter().map(|l| l.size().x).fold(0.0, f32::max);
    let size = if has_picture { PICTURE + vec2(2.0 * FRAME, FRAME + height) } else { vec2(widest + 16.0, height + 4.0) };
    let left = (x - size.x / 2.0).clamp(track.left(), (track.right() - size.x).max(track.left()));
    let place = Rect::from_min_size(pos2(left, track.top() - 14.0 - size.y), size);
    let corner = f32::from(if has_picture { radius::CONTROL } else { radius::CHIP });
    ui.painter().rect(place, corner, c.raised, Stroke::new(1.0, c.line_strong), StrokeKind::Inside);
    let mut top = place.top() + 2.0;
    if has_picture {
        let picture = Rect::from_min_size(place.min + Vec2::splat(FRAME), PICTURE);
        ui.painter().rect_filled(picture, f32::from(radius::CHIP), c.well);
        if let Preview::Picture(shown) = view.preview {
            view.preview_screen.show(Some(shown.clone()));
            if let Some(fitted) = view.preview_screen.fitted(ui, picture) {
                view.preview_screen.paint(ui, fitted, picture);
            }
        }
        top = picture.bottom();
    }
    for galley in lines {
        let at = pos2(place.center().x - galley.size().x / 2.0, top + (LINE - galley.size().y) / 2.0);
        ui.painter().galley(at, galley, c.t1);
        top += LINE;
    }
}
