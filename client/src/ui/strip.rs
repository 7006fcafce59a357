//! The strip: a small window that stays above all others while its person shows something in another program. What is on air, for how
//! long, how loud; freeze, quiet, stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use egui::accesskit::Role;
use egui::{
    Align, Align2, Frame, Id, Layout, Margin, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, ViewportBuilder, ViewportCommand, ViewportId, WidgetInfo, WindowLevel,
    pos2, vec2,
};

use super::icons::Icon;
use super::strings::{Language, Strings};
use super::studio::{StudioCommand, meter_ui, timer};
use super::tokens::{Type, colors, radius, size, space};
use super::widgets::{Push, icon_ui, say, say_line};
use crate::live::{Pictures, Published, Publishing};

/// Its width and height in points.
const SIZE: Vec2 = vec2(650.0, 44.0);
/// Width of the pill that says whether it is on air, and of the name of what is shown.
const PILL: f32 = 150.0;
const NAME: f32 = 76.0;

/// What the strip shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StripView {
    pub(super) publishing: Option<Publishing>,
    pub(super) pictures: Option<Pictures>,
    /// People who are there beside this one.
    pub(super) others: usize,
    /// How many of them say that they see it; none where that is not known.
    pub(super) seen: Option<usize>,
    /// Whether it is quiet; none for whom that is not to decide.
    pub(super) quiet: Option<bool>,
    pub(super) language: Language,
}

/// The strip's window, while it is open.
#[derive(Default)]
pub(super) struct Strip {
    closed: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<StudioCommand>>>,
    strings: Option<Arc<Strings>>,
    shown: Option<StripView>,
}

impl Strip {
    /// Shows it, and gives what was asked for in it; none when the person has closed it.
    pub(super) fn show(&mut self, ctx: &egui::Context, view: StripView, now: Instant) -> Option<Vec<StudioCommand>> {
        if self.closed.load(Ordering::Relaxed) {
            return None;
        }
        let asked = std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner));
        let strings = self.strings.take().filter(|s| s.language() == view.language).unwrap_or_else(|| Arc::new(Strings::new(view.language)));
        self.strings = Some(Arc::clone(&strings));
        let builder = ViewportBuilder::default()
            .with_app_id("lectern")
            .with_title(strings.text("strip-title"))
            .with_inner_size(SIZE)
            .with_resizable(false)
            .with_decorations(false)
            .with_taskbar(false)
            .with_window_level(WindowLevel::AlwaysOnTop);
        let (main, id) = (ctx.viewport_id(), ViewportId::from_hash_of("strip"));
        if self.shown.as_ref() != Some(&view) {
            self.shown = Some(view.clone());
            ctx.request_repaint_of(id);
        }
        let (closed, out) = (Arc::clone(&self.closed), Arc::clone(&self.asked));
        ctx.show_viewport_deferred(id, builder, move |ui, _| {
            let mut commands = Vec::new();
            strip_ui(ui, &view, now.max(Instant::now()), &strings, &mut commands);
            let closes = ui.input(|i| i.viewport().close_requested());
            if closes {
                closed.store(true, Ordering::Relaxed);
            }
            if closes || !commands.is_empty() {
                out.lock().unwrap_or_else(PoisonError::into_inner).append(&mut commands);
                ui.ctx().request_repaint_of(main);
            }
        });
        Some(asked)
    }
}

fn strip_ui(ui: &mut Ui, view: &StripView, now: Instant, strings: &Strings, out: &mut Vec<StudioCommand>) {
    let c = colors(ui);
    let area = ui.available_rect_before_wrap();
    // Not every desktop lets a window have corners that are not there.
    ui.painter().rect(area, 0.0, c.panel, Stroke::new(1.0, c.line_strong), StrokeKind::Inside);
    let publishing = view.publishing.as_ref();
    let is_live = publishing.is_some_and(Publishing::is_live);
    let frozen = publishing.is_some_and(|p| p.frozen);
    Frame::new().inner_margin(Margin::symmetric(space::S as i8, 6)).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            handle_ui(ui, strings);
            pill_ui(ui, publishing, now, strings);
            let (icon, key) = match (&view.pictures, frozen) {
                (_, true) => (Icon::Snow, "live-frozen"),
                (Some(Pictures::Camera(_)), _) => (Icon::Camera, "live-camera"),
                (Some(Pictures::Document(_)), _) => (Icon::Sheet, "live-document"),
                (Some(Pictures::Screen(_)), _) => (Icon::Screen, "live-screen"),
                (Some(Pictures::Pattern), _) => (Icon::Chart, "live-pattern"),
                (Some(Pictures::File(_)), _) => (Icon::Film, "live-file"),
                (None, _) => (Icon::Microphone, "live-microphone"),
            };
            let ink = if frozen { c.accent } else { c.t1 };
            icon_ui(ui, icon, size::ICON, ink);
            ui.allocate_ui_with_layout(vec2(NAME, 32.0), Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_width(NAME);
                say_line(ui, Type::Control, ink, strings.text(key))
            });
            super::shell::divider_ui(ui);
            icon_ui(ui, if view.seen.is_some() { Icon::Eye } else { Icon::People }, size::ICON, c.t2);
            let (count, words) = match view.seen {
                Some(seen) => (format!("{seen}/{}", view.others), strings.format("studio-seen", &[("n", seen.into()), ("of", view.others.into())])),
                None => (view.others.to_string(), strings.format("studio-here", &[("n", view.others.into())])),
            };
            say(ui, Type::Mono, c.t1, format!("{count:>5}")).on_hover_text(words);
            super::shell::divider_ui(ui);
            let peak = publishing.and_then(|p| p.peak_db);
            icon_ui(ui, if peak.is_some() { Icon::Microphone } else { Icon::Muted }, size::ICON, c.t2);
            let label = strings.format("studio-level", &[("db", format!("{:.0}", peak.unwrap_or(-60.0).max(-60.0)).into())]);
            meter_ui(ui, Id::unique("strip-level"), 78.0, 14.0, peak, &label);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                if ui.add(Push::icon(Icon::Close, &strings.text("strip-close")).small()).clicked() {
                    out.push(StudioCommand::Strip);
                }
                let (icon, key) = if is_live { (Icon::Stop, "strip-stop") } else { (Icon::Play, "studio-go") };
                let can = publishing.is_some_and(|p| matches!(p.stage, Published::Live(_) | Published::Ready | Published::Opening));
                if ui.add(Push::icon(icon, &strings.text(key)).enabled(can).ink(if is_live { c.live } else { c.t1 })).clicked() {
                    out.push(StudioCommand::OnAir(!is_live));
                }
                if let Some(quiet) = view.quiet
                    && ui.add(Push::icon(Icon::Hand, &strings.text(if quiet { "studio-quiet-end" } else { "studio-quiet" })).selected(quiet)).clicked()
                {
                    out.push(StudioCommand::Quiet(!quiet));
                }
                let key = if frozen { "studio-unfreeze" } else { "studio-freeze" };
                let can = publishing.is_some_and(|p| p.pictures.is_some());
                if ui.add(Push::icon(Icon::Snow, &strings.text(key)).selected(frozen).enabled(can)).clicked() {
                    out.push(StudioCommand::Freeze(!frozen));
                }
            });
        });
    });
}

/// The dots by which it is moved.
fn handle_ui(ui: &mut Ui, strings: &Strings) {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(16.0, 32.0), Sense::click_and_drag());
    for (row, column) in (0..4).flat_map(|row| (0..2).map(move |column| (row, column))) {
        let at = rect.center() + vec2(column as f32 * 4.0 - 2.0, row as f32 * 4.0 - 6.0);
        ui.painter().circle_filled(at, 1.0, c.t3);
    }
    if response.drag_started() {
        ui.ctx().send_viewport_cmd(ViewportCommand::StartDrag);
    }
    let label = strings.text("strip-move");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    response.on_hover_cursor(egui::CursorIcon::Grab);
}

/// Red while anything is sent, frozen and quiet included.
fn pill_ui(ui: &mut Ui, publishing: Option<&Publishing>, now: Instant, strings: &Strings) {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(PILL, 32.0), Sense::hover());
    let live = publishing.filter(|p| p.is_live());
    let (fill, ink, key) = if live.is_some() { (c.live_fill, c.on_fill, "studio-badge") } else { (c.active, c.t2, "strip-off-air") };
    ui.painter().rect_filled(rect, f32::from(radius::CONTROL), fill);
    Icon::Broadcast.paint(ui.painter(), Rect::from_center_size(pos2(rect.left() + 18.0, rect.center().y), Vec2::splat(16.0)), ink);
    let text = strings.text(key);
    ui.painter().text(pos2(rect.left() + 34.0, rect.center().y), Align2::LEFT_CENTER, &text, Type::Control.font(), ink);
    if let Some(time) = live.and_then(|p| timer(ui, p, now)) {
        ui.painter().text(pos2(rect.right() - 10.0, rect.center().y), Align2::RIGHT_CENTER, time, Type::Mono.font(), ink);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}
