//! The videos of the room as cards: what can be watched, what is being prepared, what failed and why.
//!
//! Cards have one height, so only the rows in sight are laid out.

use egui::{
    Align, Align2, Color32, CornerRadius, CursorIcon, Frame, Layout, Margin, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, pos2, vec2,
};
use lectern_proto::control::{CatalogueEntry, VideoState};

use super::backend::Seat;
use super::command::{Command, Cx};
use super::format;
use super::icons::Icon;
use super::thumbnails::Thumbnails;
use super::tokens::{Type, colors, motion, radius, size, space};
use super::widgets::{empty_ui, paint_spinner, progress_ui, rows_ui, say, say_line, spinner_ui};
use crate::class::ClassState;

/// Distance between cards, and below a card.
const GAP: f32 = 16.0;
/// Height of the words below a thumbnail.
const WORDS: f32 = 66.0;

/// Draws the catalogue into the space of `ui`. `waited` is for how many seconds the server has been asked.
pub(crate) fn catalogue_ui(ui: &mut Ui, state: &ClassState, seat: &dyn Seat, thumbnails: &mut Thumbnails, waited: f64, cx: &mut Cx<'_>) {
    thumbnails.collect(ui.ctx());
    if state.videos.is_empty() {
        if state.synchronised {
            empty_ui(ui, Icon::Film, &cx.text("catalogue-empty"), &cx.text("catalogue-empty-hint"), |_| {});
        } else if waited >= motion::WAIT_SHOWN {
            skeleton_ui(ui, state, cx);
        } else {
            ui.ctx().request_repaint_after_secs((motion::WAIT_SHOWN - waited) as f32);
        }
        return;
    }
    let frame = Frame::new().inner_margin(Margin { left: 20, right: 0, top: 0, bottom: 0 });
    frame.show(ui, |ui| {
        let (columns, width) = columns(ui.available_width() - 20.0);
        let height = width * 9.0 / 16.0 + WORDS;
        let rows = state.videos.len().div_ceil(columns);
        let area = ScrollArea::vertical().content_margin(Margin { left: 0, right: 20, top: 16, bottom: 16 });
        rows_ui(ui, area, height, GAP, rows, |ui, row, place| {
            for (column, video) in state.videos.iter().skip(row * columns).take(columns).enumerate() {
                let left = place.left() + column as f32 * (width + GAP);
                let rect = Rect::from_min_size(pos2(left, place.top()), vec2(width, height));
                let mut ui = ui.new_child(UiBuilder::new().id_salt(&video.id).max_rect(rect));
                card_ui(&mut ui, rect, video, seat, thumbnails, cx);
            }
        });
    });
}

/// How many cards fit side by side, and how wide each is then.
fn columns(width: f32) -> (usize, f32) {
    let n = ((width + GAP) / (size::CARD_MIN + GAP)).floor().max(1.0);
    (n as usize, ((width - GAP * (n - 1.0)) / n).floor().max(64.0))
}

fn card_ui(ui: &mut Ui, rect: Rect, video: &CatalogueEntry, seat: &dyn Seat, thumbnails: &mut Thumbnails, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let ready = matches!(video.state, VideoState::Ready { .. });
    let picture = Rect::from_min_size(rect.min, vec2(rect.width(), rect.width() * 9.0 / 16.0));
    let response = ui.interact(rect, ui.scope_id().with("open"), if ready { Sense::click() } else { Sense::hover() });
    let label = label(video, cx);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, ready, &label));
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    let marked = ready && (response.hovered() || response.has_focus());

    picture_ui(ui, picture, video, seat, thumbnails, cx);
    if marked {
        ui.painter().rect_filled(picture, f32::from(radius::CARD), Color32::from_black_alpha(90));
        ui.painter().circle_filled(picture.center(), 24.0, Color32::from_white_alpha(240));
        Icon::Play.paint(ui.painter(), Rect::from_center_size(picture.center() + vec2(1.0, 0.0), Vec2::splat(24.0)), Color32::BLACK);
        ui.painter().rect_stroke(picture, f32::from(radius::CARD), Stroke::new(2.0, c.accent), StrokeKind::Inside);
    }
    if video.duration_us > 0 {
        duration_ui(ui, picture, video.duration_us);
    }
    let words = Rect::from_min_max(pos2(rect.left(), picture.bottom() + space::S), rect.max);
    let mut below = ui.new_child(UiBuilder::new().max_rect(words).layout(Layout::top_down(Align::Min)));
    words_ui(&mut below, video, cx);
    if response.on_hover_cursor(if ready { CursorIcon::PointingHand } else { CursorIcon::Default }).clicked() {
        cx.push(Command::Open(video.id.clone()));
    }
}

/// What a screen reader says of a card.
fn label(video: &CatalogueEntry, cx: &Cx<'_>) -> String {
    let title = video.title.as_str();
    match &video.state {
        VideoState::Ready { .. } => cx.strings.format("card-ready", &[("title", title.into()), ("duration", format::clock(video.duration_us).into())]),
        VideoState::Waiting => cx.strings.format("card-waiting", &[("title", title.into())]),
        VideoState::Preparing { permille } => cx.strings.format("card-preparing", &[("title", title.into()), ("percent", (permille / 10).into())]),
        VideoState::Failed { reason } => cx.strings.format("card-failed", &[("title", title.into()), ("reason", reason.as_str().into())]),
    }
}

fn picture_ui(ui: &Ui, rect: Rect, video: &CatalogueEntry, seat: &dyn Seat, thumbnails: &mut Thumbnails, cx: &Cx<'_>) {
    let c = colors(ui);
    let corner = CornerRadius::same(radius::CARD);
    let texture = video.thumbnail.and_then(|chunk| thumbnails.texture(ui.ctx(), seat, chunk));
    let empty = texture.is_none();
    if let Some(texture) = texture {
        ui.painter().rect_filled(rect, corner, c.well);
        let size = texture.size_vec2();
        let scale = (rect.width() / size.x).min(rect.height() / size.y);
        let fitted = Rect::from_center_size(rect.center(), size * scale);
        let corner = if fitted.width() >= rect.width() - 1.0 && fitted.height() >= rect.height() - 1.0 { corner } else { CornerRadius::ZERO };
        egui::Image::new(&texture).corner_radius(corner).paint_at(ui, fitted);
    } else {
        ui.painter().rect(rect, corner, c.panel, Stroke::new(1.0, c.line), StrokeKind::Inside);
    }
    let (icon, color) = match &video.state {
        VideoState::Ready { .. } if video.width == 0 => (Icon::Note, c.t3),
        VideoState::Failed { .. } => (Icon::BrokenFile, c.bad),
        _ => (Icon::Film, c.t3),
    };
    if empty {
        icon.paint(ui.painter(), Rect::from_center_size(rect.center(), Vec2::splat(size::ICON_EMPTY)), color);
    }
    match &video.state {
        VideoState::Ready { .. } => {}
        VideoState::Waiting => mark_ui(ui, rect, Mark::Icon(Icon::Clock), Color32::WHITE, &cx.text("card-mark-waiting")),
        VideoState::Preparing { .. } => mark_ui(ui, rect, Mark::Spinner, Color32::WHITE, &cx.text("card-mark-preparing")),
        VideoState::Failed { .. } => mark_ui(ui, rect, Mark::Icon(Icon::Octagon), super::tokens::DARK.bad, &cx.text("card-mark-failed")),
    }
}

enum Mark {
    Icon(Icon),
    Spinner,
}

/// State in the corner of a picture, always light on dark.
fn mark_ui(ui: &Ui, picture: Rect, mark: Mark, color: Color32, text: &str) {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), Type::Caption.font(), color);
    let place = Rect::from_min_size(picture.min + vec2(6.0, 6.0), vec2(galley.size().x + 32.0, 20.0));
    ui.painter().rect_filled(place, f32::from(radius::CHIP), Color32::from_black_alpha(215));
    let icon = Rect::from_center_size(pos2(place.left() + 14.0, place.center().y), Vec2::splat(14.0));
    match mark {
        Mark::Icon(mark) => mark.paint(ui.painter(), icon, color),
        Mark::Spinner => paint_spinner(ui, icon, color),
    }
    ui.painter().galley(pos2(icon.right() + 4.0, place.center().y - galley.size().y / 2.0), galley, color);
}

fn duration_ui(ui: &Ui, picture: Rect, duration_us: u64) {
    let galley = ui.painter().layout_no_wrap(format::clock(duration_us), Type::MonoSmall.font(), Color32::WHITE);
    let place = Align2::RIGHT_BOTTOM.anchor_size(picture.max - vec2(6.0, 6.0), vec2(galley.size().x + 12.0, 20.0));
    ui.painter().rect_filled(place, f32::from(radius::CHIP), Color32::from_black_alpha(190));
    ui.painter().galley(place.center() - galley.size() / 2.0, galley, Color32::WHITE);
}

fn words_ui(ui: &mut Ui, video: &CatalogueEntry, cx: &Cx<'_>) {
    let c = colors(ui);
    ui.spacing_mut().item_spacing.y = space::XS;
    say_line(ui, Type::Control, c.t1, video.title.as_str());
    match &video.state {
        VideoState::Ready { .. } => {
            let what = if video.width == 0 { cx.text("card-sound-only") } else { video.rungs.join("  ") };
            say_line(ui, if video.width == 0 { Type::Small } else { Type::MonoSmall }, c.t2, what);
        }
        VideoState::Waiting => {
            say_line(ui, Type::Small, c.t2, cx.text("card-next"));
        }
        VideoState::Preparing { permille } => {
            let percent = permille / 10;
            ui.add_space(2.0);
            progress_ui(
                ui,
                ui.available_width(),
                f32::from(*permille) / 1000.0,
                &cx.strings.format("card-progress", &[("title", video.title.as_str().into())]),
            );
            ui.spacing_mut().interact_size.y = Type::Small.line();
            ui.horizontal(|ui| {
                say(ui, Type::Small, c.t2, cx.text("card-being-prepared"));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| say(ui, Type::MonoSmall, c.t2, format!("{percent} %")));
            });
        }
        VideoState::Failed { reason } => {
            let mut job = egui::text::LayoutJob::simple(reason.clone(), Type::Small.font(), c.t2, ui.available_width());
            job.wrap.max_rows = 2;
            ui.label(job).on_hover_text(reason);
        }
    }
}

/// Grey shapes where cards will be, while the server is asked.
fn skeleton_ui(ui: &mut Ui, state: &ClassState, cx: &Cx<'_>) {
    let c = colors(ui);
    Frame::new().inner_margin(Margin::symmetric(20, 16)).show(ui, |ui| {
        let (columns, width) = columns(ui.available_width());
        for _ in 0..2 {
            let (_, place) = ui.allocate_space(vec2(ui.available_width(), width * 9.0 / 16.0 + WORDS));
            for column in 0..columns {
                let left = place.left() + column as f32 * (width + GAP);
                let picture = Rect::from_min_size(pos2(left, place.top()), vec2(width, width * 9.0 / 16.0));
                ui.painter().rect_filled(picture, f32::from(radius::CARD), c.hover);
                let line = Rect::from_min_size(picture.left_bottom() + vec2(0.0, 14.0), vec2(width * 0.6, 10.0));
                ui.painter().rect_filled(line, 4.0, c.hover);
            }
        }
        ui.horizontal(|ui| {
            spinner_ui(ui, size::ICON, c.t2);
            say(ui, Type::Body, c.t2, cx.strings.format("catalogue-loading", &[("server", state.server_name.as_str().into())]));
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_cards_as_fit() {
        let check = |width: f32, want: usize| {
            let (n, each) = columns(width);
            assert_eq!(n, want, "{width}");
            assert!(each * n as f32 + GAP * (n as f32 - 1.0) <= width.max(64.0), "{width}");
        };
        check(1168.0, 4);
        check(880.0, 3);
        check(536.0, 2);
        check(200.0, 1);
        check(0.0, 1);
    }
}
