//! The card of one video: its picture, its title, and what can be done with it.

use egui::{Align, Align2, Color32, CornerRadius, CursorIcon, Layout, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, Vec2, pos2, vec2};
use lectern_proto::control::{CatalogueEntry, Damage, VideoState};

use super::super::backend::Seat;
use super::super::command::Cx;
use super::super::format;
use super::super::icons::Icon;
use super::super::reasons;
use super::super::thumbnails::Thumbnails;
use super::super::tokens::{DARK, Type, colors, radius, size, space};
use super::super::widgets::{focus_ring, icon_ui, paint_spinner, progress_ui, say, say_line};
use super::ahead;
use super::pace::rounded_us;
use crate::class::ClassState;

/// What a card asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Nothing,
    Open,
    /// Why it failed, at length.
    Reason,
}

/// What a card shows beside its video.
#[derive(Debug, Clone, Copy)]
pub(super) struct CardView {
    /// Seconds until it is prepared, where that is known.
    pub(super) left: Option<f64>,
    /// Whether the keyboard is to stand on it from now on.
    pub(super) take_focus: bool,
    /// Whether it was asked for before it could be watched.
    pub(super) awaited: bool,
}

/// What a card is drawn from besides its video.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) state: &'a ClassState,
    pub(super) seat: &'a dyn Seat,
}

/// Draws the card of one video into `rect`.
pub(super) fn card_ui(
    ui: &mut Ui,
    rect: Rect,
    video: &CatalogueEntry,
    view: CardView,
    around: Around<'_>,
    thumbnails: &mut Thumbnails,
    cx: &mut Cx<'_>,
) -> Asked {
    let c = colors(ui);
    // What cannot be watched yet is asked for: it is prepared next and opens by itself.
    let ready = !matches!(video.state, VideoState::Failed { .. });
    let picture = Rect::from_min_size(rect.min, vec2(rect.width(), rect.width() * 9.0 / 16.0));
    let response = ui.interact(rect, ui.scope_id().with("open"), if ready { Sense::click() } else { Sense::hover() });
    let label = label(video, view.awaited, cx);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, ready, &label));
    if view.take_focus {
        response.request_focus();
    }
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    let marked = ready && (response.hovered() || response.has_focus());

    picture_ui(ui, picture, video, around.seat, thumbnails, cx);
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
    let asked = words_ui(&mut below, video, view, around.state, cx);
    if response.on_hover_cursor(if ready { CursorIcon::PointingHand } else { CursorIcon::Default }).clicked() {
        return Asked::Open;
    }
    asked
}

/// What a screen reader says of a card.
fn label(video: &CatalogueEntry, awaited: bool, cx: &Cx<'_>) -> String {
    let title = video.title.as_str();
    if awaited {
        return cx.strings.format("card-awaited", &[("title", title.into())]);
    }
    match &video.state {
        VideoState::Ready { .. } => {
            let ready = cx.strings.format("card-ready", &[("title", title.into()), ("duration", format::clock(video.duration_us).into())]);
            video.damage.map_or(ready.clone(), |d| format!("{ready}. {}", format::damage(&d, cx)))
        }
        VideoState::Waiting => cx.strings.format("card-waiting", &[("title", title.into())]),
        VideoState::Preparing { permille, .. } => cx.strings.format("card-preparing", &[("title", title.into()), ("percent", (permille / 10).into())]),
        VideoState::Failed { reason } => {
            cx.strings.format("card-failed", &[("title", title.into()), ("reason", reasons::preparing(cx.strings, reason).into())])
        }
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
        VideoState::Failed { .. } => mark_ui(ui, rect, Mark::Icon(Icon::Octagon), DARK.bad, &cx.text("card-mark-failed")),
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

fn words_ui(ui: &mut Ui, video: &CatalogueEntry, view: CardView, state: &ClassState, cx: &mut Cx<'_>) -> Asked {
    let c = colors(ui);
    ui.spacing_mut().item_spacing.y = space::XS;
    ui.spacing_mut().interact_size.y = Type::Small.line();
    if ahead::is_offered(state, video) {
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ahead::menu_ui(ui, video, state, cx);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Control, c.t1, video.title.as_str()));
            });
        });
    } else {
        say_line(ui, Type::Control, c.t1, video.title.as_str());
    }
    match &video.state {
        VideoState::Ready { .. } => {
            if let Some(damage) = &video.damage {
                damage_ui(ui, damage, cx);
            } else {
                let what = if video.width == 0 { cx.text("card-sound-only") } else { video.rungs.join("  ") };
                say_line(ui, if video.width == 0 { Type::Small } else { Type::MonoSmall }, c.t2, what);
            }
        }
        VideoState::Waiting | VideoState::Preparing { .. } if view.awaited => {
            say_line(ui, Type::Small, c.t2, cx.text("card-opens"));
        }
        VideoState::Waiting => {
            say_line(ui, Type::Small, c.t2, cx.text("card-next"));
        }
        VideoState::Preparing { permille, .. } => preparing_ui(ui, video, *permille, view.left, cx),
        VideoState::Failed { reason } => {
            say_line(ui, Type::Small, c.t2, reasons::preparing(cx.strings, reason));
            let label = cx.strings.format("card-details", &[("title", video.title.as_str().into())]);
            if link_ui(ui, &cx.text("card-show-details"), &label).clicked() {
                return Asked::Reason;
            }
        }
    }
    Asked::Nothing
}

/// What could not be read, in two lines at most.
fn damage_ui(ui: &mut Ui, lost: &Damage, cx: &Cx<'_>) {
    let c = colors(ui);
    let words = format::damage(lost, cx);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        icon_ui(ui, Icon::Warning, size::ICON_SMALL, c.warn);
        let mut job = egui::text::LayoutJob::simple(words.clone(), Type::Small.font(), c.warn, ui.available_width());
        job.wrap.max_rows = 2;
        ui.label(job).on_hover_text(&words);
    });
}

/// How far preparing is, and how long it will take.
fn preparing_ui(ui: &mut Ui, video: &CatalogueEntry, permille: u16, left: Option<f64>, cx: &Cx<'_>) {
    let c = colors(ui);
    ui.add_space(2.0);
    let share = f32::from(permille.min(1000)) / 1000.0;
    progress_ui(ui, ui.available_width(), share, &cx.strings.format("card-progress", &[("title", video.title.as_str().into())]));
    let percent = permille.min(1000) / 10;
    let number = match left {
        Some(left) => {
            // It runs down by itself.
            ui.ctx().request_repaint_after_secs(1.0);
            cx.strings.format("card-left", &[("percent", percent.into()), ("left", format::clock(rounded_us(left)).into())])
        }
        None => format!("{percent} %"),
    };
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            say(ui, Type::MonoSmall, c.t2, number);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| say_line(ui, Type::Small, c.t2, cx.text("card-being-prepared")));
        });
    });
}

/// A word that is clicked, in the flow of small text.
fn link_ui(ui: &mut Ui, text: &str, label: &str) -> egui::Response {
    let c = colors(ui);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), Type::Small.font(), c.accent);
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::click());
    if response.hovered() {
        ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(1.0, c.accent));
    }
    ui.painter().galley(rect.min, galley, c.accent);
    focus_ring(ui, rect, radius::CHIP, &response);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, label));
    response.on_hover_cursor(CursorIcon::PointingHand)
}
