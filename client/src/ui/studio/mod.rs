//! The Class view: what can be shown to the class, what is chosen as its publisher sees it, and the button that puts it on air.
//!
//! ```text
//! devices and publishing → view → StudioCommand → the window, which opens, publishes and ends
//! ```
//! It opens no device and speaks to nobody.

mod air;
mod cards;
mod document;
mod inset;
mod meter;
mod question;
mod sound;

use std::sync::Arc;
use std::time::Instant;

use egui::accesskit::Role;
use egui::{Align2, CornerRadius, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use lectern_proto::control::{PersonId, StreamId};
use lectern_proto::rung::PictureSize;

use super::command::Cx;
use super::icons::Icon;
use super::tokens::{DARK, Type, colors, radius, size, space};
use super::video::{VideoScreen, letterbox};
use super::widgets::{empty_ui, icon_ui, paint_spinner, say, say_line};
use super::wishes::Wishes;
use crate::class::ClassState;
use crate::live::{Devices, DevicesError, Inset, Pictures, Published, Publishing, Sheet, Sound};

pub(super) use air::{badge_ui, timer};
pub use document::{Corners, DocumentWish};
pub(super) use meter::meter_ui;
pub(super) use question::question_ui;

/// Width of the column of controls.
const CONTROLS: f32 = 284.0;
/// Below this width the controls lie below the picture.
const WIDE: f32 = 620.0;
/// Height of the line below the picture.
const LINE: f32 = 32.0;

/// A wish of the person who shows something.
#[derive(Debug, Clone, PartialEq)]
pub enum StudioCommand {
    /// The Class view, or away from it.
    Show,
    Hide,
    LookAgain,
    /// What the pictures are of; none: sound alone.
    Pictures(Option<Pictures>),
    /// Choose a video file in the system's dialog.
    PickFile,
    Sound(Option<Sound>),
    /// A camera in the corner of the pictures, or none.
    Inset(Option<Inset>),
    Document(DocumentWish),
    /// The rung that the pictures are coded in.
    Rung(String),
    OnAir(bool),
    Freeze(bool),
    Quiet(bool),
    /// A student gets the stage, or has it no more.
    GiveStage(PersonId, bool),
    /// A stream is recorded, or no more.
    Record(StreamId, bool),
    /// One's own stream may be recorded, or not.
    AllowRecording(StreamId, bool),
    /// The projector's window with the stage, or away with it.
    Projector,
    /// The small window that stays above all others.
    Strip,
    /// Do not leave while on air after all.
    Stay,
    /// End what is on air, and leave.
    EndAndLeave,
}

/// What was chosen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chosen {
    pub pictures: Option<Pictures>,
    /// A camera in their corner.
    pub inset: Option<Inset>,
    pub sound: Option<Sound>,
    /// None: the highest of the ladder that is no larger than 1280x720.
    pub rung: Option<String>,
}

impl Chosen {
    /// Whether there is anything to publish.
    #[must_use]
    pub fn is_something(&self) -> bool {
        self.pictures.is_some() || self.sound.is_some()
    }
}

/// What the view shows.
pub(super) struct StudioView<'a> {
    pub(super) class: &'a ClassState,
    /// None while they are looked for.
    pub(super) devices: Option<Result<&'a Devices, &'a DevicesError>>,
    pub(super) chosen: &'a Chosen,
    /// The name of the rung that is coded.
    pub(super) rung: &'a str,
    /// None: nothing is open. Else how it stands, or why it cannot be opened.
    pub(super) publishing: Option<Result<&'a Publishing, &'a str>>,
    /// What its publisher sees.
    pub(super) screen: &'a Arc<VideoScreen>,
    pub(super) has_strip: bool,
    pub(super) wishes: &'a Wishes,
    /// Where the document camera sees the sheet; none while nothing is open.
    pub(super) sheet: Option<Sheet>,
    /// Its corners while they are moved.
    pub(super) corners: Option<Corners>,
    pub(super) now: Instant,
}

impl StudioView<'_> {
    /// How the source that is open stands.
    fn open(&self) -> Option<&Publishing> {
        self.publishing.and_then(Result::ok).filter(|p| !matches!(p.stage, Published::Ended | Published::Failed(_)))
    }

    fn is_live(&self) -> bool {
        self.open().is_some_and(Publishing::is_live)
    }
}

/// Draws the view into the space of `ui`.
pub(super) fn studio_ui(ui: &mut Ui, view: &StudioView<'_>, cx: &mut Cx<'_>) {
    let area = ui.available_rect_before_wrap().shrink(space::L);
    let mut ui = ui.new_child(UiBuilder::new().id_salt("studio").max_rect(area));
    ScrollArea::vertical().auto_shrink(false).show(&mut ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(space::L, space::L);
        let width = ui.available_width();
        if width < WIDE {
            picture_ui(ui, view, width, cx);
            air::controls_ui(ui, view, width, cx);
            cards::cards_ui(ui, view, cx);
            return;
        }
        ui.horizontal_top(|ui| {
            let left = width - CONTROLS - space::L;
            ui.vertical(|ui| {
                ui.set_width(left);
                // As large as leaves the sources in sight.
                let height = (area.height() - LINE - cards::HEIGHT - space::XXXL).max(180.0);
                picture_ui(ui, view, left.min(height * 16.0 / 9.0).max(240.0).min(left), cx);
                cards::cards_ui(ui, view, cx);
            });
            ui.vertical(|ui| {
                ui.set_width(CONTROLS);
                air::controls_ui(ui, view, CONTROLS, cx);
            });
        });
    });
}

/// The picture as its publisher sees it, and the line below it. The frame is red on air.
fn picture_ui(ui: &mut Ui, view: &StudioView<'_>, width: f32, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let height = (width * 9.0 / 16.0).round();
    let (rect, response) = ui.allocate_exact_size(vec2(width, height + LINE), Sense::hover());
    let corner = CornerRadius::same(radius::CARD);
    ui.painter().rect_filled(rect, corner, c.panel);
    let picture = Rect::from_min_size(rect.min, vec2(width, height));
    let upper = CornerRadius { sw: 0, se: 0, ..corner };
    ui.painter().rect_filled(picture, upper, DARK.well);
    let label = cx.text("studio-picture");
    response.widget_info(|| WidgetInfo::labeled(Role::Video, true, &label));
    inside_ui(ui, view, picture, cx);
    if view.is_live() {
        let at = picture.min + vec2(space::M, space::M);
        badge_ui(ui, at, &cx.text("studio-badge"));
    }
    if view.open().is_some_and(|p| p.frozen) {
        frozen_badge(ui, picture, &cx.text("live-frozen"));
    }
    let (line, thick) = if view.is_live() { (c.live_fill, 2.0) } else { (c.line, 1.0) };
    ui.painter().rect_stroke(rect, corner, Stroke::new(thick, line), StrokeKind::Inside);
    let row = Rect::from_min_max(pos2(rect.left(), picture.bottom()), rect.max).shrink2(vec2(space::M, 0.0));
    line_ui(ui, view, row, cx);
}

/// What lies where the picture will be.
fn inside_ui(ui: &mut Ui, view: &StudioView<'_>, picture: Rect, cx: &mut Cx<'_>) {
    let mut ui = ui.new_child(UiBuilder::new().id_salt("inside").max_rect(picture));
    super::tokens::on_stage(&mut ui);
    let has_pictures = view.chosen.pictures.is_some();
    match view.open() {
        Some(_) if has_pictures => match view.screen.fitted(&ui, picture) {
            Some(place) => view.screen.paint(&ui, place, picture),
            None => paint_spinner(&ui, Rect::from_center_size(picture.center(), vec2(32.0, 32.0)), DARK.t2),
        },
        Some(_) => empty_ui(&mut ui, Icon::Microphone, &cx.text("studio-sound-alone"), &cx.text("studio-sound-alone-hint"), |_| {}),
        None => empty_ui(&mut ui, Icon::Broadcast, &cx.text("studio-choose"), &cx.text("studio-choose-hint"), |_| {}),
    }
    if let Some((width, height, _)) = view.open().and_then(|p| p.pictures) {
        document::corners_ui(&ui, view, letterbox(picture, PictureSize { width, height }, ui.pixels_per_point()), cx);
    }
}

/// A snowflake and a word in the lower left corner of a picture that stands still.
pub(super) fn frozen_badge(ui: &Ui, picture: Rect, text: &str) {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), Type::Control.font(), DARK.accent);
    let place = Rect::from_min_size(pos2(picture.left() + space::M, picture.bottom() - space::M - 28.0), vec2(galley.size().x + 44.0, 28.0));
    ui.painter().rect_filled(place, f32::from(radius::CHIP), DARK.window);
    Icon::Snow.paint(ui.painter(), Rect::from_center_size(pos2(place.left() + 18.0, place.center().y), vec2(16.0, 16.0)), DARK.accent);
    ui.painter().galley(Align2::LEFT_CENTER.anchor_size(pos2(place.left() + 32.0, place.center().y), galley.size()).min, galley, DARK.accent);
}

/// How many viewers say that they see it; for whom that is told.
pub(super) fn seen_by(class: &ClassState, publishing: Option<&Publishing>) -> Option<usize> {
    let Some(Published::Live(stream)) = publishing.map(|p| &p.stage) else { return None };
    let me = class.me.as_ref().map(|me| me.id);
    class.reports.get(stream).map(|viewers| viewers.iter().filter(|(person, _)| Some(*person) != me).count())
}

/// Who is there to see it, and its size.
fn line_ui(ui: &mut Ui, view: &StudioView<'_>, row: Rect, cx: &Cx<'_>) {
    let c = colors(ui);
    let mut ui = ui.new_child(UiBuilder::new().id_salt("line").max_rect(row).layout(egui::Layout::left_to_right(egui::Align::Center)));
    ui.spacing_mut().item_spacing.x = space::S;
    let me = view.class.me.as_ref().map(|me| me.id);
    let others = view.class.people.iter().filter(|p| p.connected && Some(p.id) != me).count();
    icon_ui(&mut ui, if view.is_live() { Icon::Eye } else { Icon::People }, size::ICON, c.t2);
    let words = match seen_by(view.class, view.open()) {
        Some(seen) if others > 0 => cx.strings.format("studio-seen", &[("n", seen.into()), ("of", others.into())]),
        _ if view.is_live() => cx.strings.format("studio-here-live", &[("n", others.into())]),
        _ => cx.strings.format("studio-here", &[("n", others.into())]),
    };
    say_line(&mut ui, Type::Body, c.t1, words);
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        if let Some((width, height, rate)) = view.open().and_then(|p| p.pictures) {
            say(ui, Type::MonoSmall, c.t3, format!("{width}×{height} {}/s", rate / 1000));
        }
    });
}
