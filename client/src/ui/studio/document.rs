//! The document camera in the Class view: whether its sheet is found, held or given by hand, and the four corners that are moved by mouse
//! and by keyboard over the whole picture.

use egui::accesskit::Role;
use egui::{Event, EventFilter, Id, Key, Modifiers, Pos2, Rect, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};
use lectern_proto::live::pipe::{DocumentOrder, SheetState};

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::tokens::{DARK, Type, colors, size, space};
use super::super::widgets::{Choice, Look, Push, icon_ui, say};
use super::{StudioCommand, StudioView, sound};
use crate::live::{Device, Pictures};

/// How far an arrow key moves a corner, as a share of the picture; with Shift it is ten times that.
const STEP: f32 = 0.004;
/// Of the mark of a corner, and of what can be taken hold of.
const MARK: f32 = 8.0;
const GRIP: f32 = 32.0;
/// The corners in the order of the protocol.
const CORNERS: [&str; 4] = ["document-top-left", "document-top-right", "document-bottom-right", "document-bottom-left"];

/// Corners of a sheet: top left, top right, bottom right, bottom left, as shares of the whole picture.
pub type Corners = [[f32; 2]; 4];

/// A wish about the document camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DocumentWish {
    Order(DocumentOrder),
    /// Show the whole picture, and the corners over it.
    Corners,
    /// One of them is there now.
    Move(usize, [f32; 2]),
    /// Straighten what lies inside of them.
    Straighten,
    /// As it was before.
    Cancel,
}

/// The camera that is offered as document camera: the one that is chosen, else one that is not the system's choice, which sees a face.
pub(super) fn camera<'a>(view: &StudioView<'a>) -> Option<&'a Device> {
    let cameras = &view.devices?.ok()?.cameras;
    let chosen = match &view.chosen.pictures {
        Some(Pictures::Document(id)) => cameras.iter().find(|c| c.id == *id),
        _ => None,
    };
    chosen.or_else(|| cameras.iter().rfind(|c| !c.default)).or(cameras.first())
}

/// Draws what it is told, beside the picture; nothing for other sources.
pub(super) fn controls_ui(ui: &mut Ui, view: &StudioView<'_>, cx: &mut Cx<'_>) {
    let (Some(Pictures::Document(device)), Some(sheet)) = (&view.chosen.pictures, view.sheet) else { return };
    let c = colors(ui);
    let order = |wish| Command::Studio(StudioCommand::Document(wish));
    super::air::separator(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        icon_ui(ui, Icon::Sheet, size::ICON, c.t2);
        say(ui, Type::Control, c.t1, cx.text("document-title"));
    });
    device_ui(ui, view, device, cx);
    if view.corners.is_some() {
        say(ui, Type::Small, c.t2, cx.text("document-corners-hint"));
        ui.horizontal(|ui| {
            let half = (ui.available_width() - space::S) / 2.0;
            if ui.add(Push::text(Look::Primary, &cx.text("document-straighten")).width(half)).clicked() {
                cx.push(order(DocumentWish::Straighten));
            }
            if ui.add(Push::text(Look::Plain, &cx.text("common-cancel")).width(half)).clicked() {
                cx.push(order(DocumentWish::Cancel));
            }
        });
        return;
    }
    let (text, ink) = match sheet.state {
        SheetState::Off => ("document-off-state", c.t2),
        SheetState::Missing => ("document-missing-state", c.warn),
        SheetState::Found => ("document-found-state", c.good),
        SheetState::Held => ("document-held-state", c.t2),
        SheetState::Given => ("document-given-state", c.t2),
    };
    say(ui, Type::Small, ink, cx.text(text));
    // What stands still cannot be looked at.
    let can = view.open().is_some_and(|p| p.pictures.is_some() && !p.frozen);
    let choices = [
        ("document-find", Icon::Search, matches!(sheet.state, SheetState::Missing | SheetState::Found), DocumentWish::Order(DocumentOrder::Find), can),
        ("document-hold", Icon::Pin, sheet.state == SheetState::Held, DocumentWish::Order(DocumentOrder::Hold), can && sheet.corners.is_some()),
        ("document-corners", Icon::Corners, sheet.state == SheetState::Given, DocumentWish::Corners, can),
        ("document-off", Icon::Camera, sheet.state == SheetState::Off, DocumentWish::Order(DocumentOrder::Off), can),
    ];
    let half = (ui.available_width() - space::S) / 2.0;
    for pair in choices.chunks(2) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            for (key, icon, selected, wish, enabled) in pair {
                if ui.add(Push::text(Look::Plain, &cx.text(key)).with_icon(*icon).selected(*selected).enabled(*enabled).width(half)).clicked() {
                    cx.push(order(*wish));
                }
            }
        });
    }
}

/// Which camera it is, where there is a choice.
fn device_ui(ui: &mut Ui, view: &StudioView<'_>, device: &str, cx: &mut Cx<'_>) {
    let cameras = view.devices.and_then(Result::ok).map(|d| d.cameras.as_slice()).unwrap_or_default();
    let name = cameras.iter().find(|c| c.id == device).map_or(device, |c| &c.name);
    if cameras.len() < 2 {
        return;
    }
    let label = cx.strings.format("document-camera-now", &[("name", name.into())]);
    let button = ui.add(Push::text(Look::Plain, name).with_icon(Icon::Camera).width(ui.available_width()).named(&label));
    sound::menu_ui(&button, &cx.text("live-camera"), |ui| {
        for camera in cameras {
            let chosen = camera.id == device;
            if (Choice { name: &camera.name, note: "", right: "", chosen, mono: false }).show(ui) && !chosen {
                cx.push(Command::Studio(StudioCommand::Pictures(Some(Pictures::Document(camera.id.clone())))));
            }
        }
    });
}

/// Draws the corners over the whole picture, which lies in `place`, and takes mouse and keys.
pub(super) fn corners_ui(ui: &Ui, view: &StudioView<'_>, place: Rect, cx: &mut Cx<'_>) {
    let Some(corners) = view.corners else { return };
    // Until the worker shows the whole picture, what is seen is something else.
    if view.sheet.is_none_or(|sheet| sheet.corners.is_some()) {
        return;
    }
    let at = |[x, y]: [f32; 2]| pos2(place.left() + x * place.width(), place.top() + y * place.height());
    outline(ui, corners.map(at));
    let mut is_held = false;
    for (i, corner) in corners.into_iter().enumerate() {
        let response = ui.interact(Rect::from_center_size(at(corner), Vec2::splat(GRIP)), Id::unique(("sheet-corner", i)), Sense::click_and_drag());
        mark(ui, at(corner), response.hovered() || response.dragged(), response.has_focus());
        let name = cx.text(CORNERS[i]);
        let label = cx.strings.format(
            "document-corner",
            &[("name", name.into()), ("x", format!("{:.0}", corner[0] * 100.0).into()), ("y", format!("{:.0}", corner[1] * 100.0).into())],
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
        // The keys are for the corners, unless they are meant for something else.
        if response.drag_started() || (i == 0 && ui.memory(|m| m.focused().is_none())) {
            response.request_focus();
        }
        let mut by = response.drag_delta() / place.size();
        if response.has_focus() {
            is_held = true;
            let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
            by += arrows(ui);
        }
        if by != Vec2::ZERO {
            let moved = [(corner[0] + by.x).clamp(0.0, 1.0), (corner[1] + by.y).clamp(0.0, 1.0)];
            cx.push(Command::Studio(StudioCommand::Document(DocumentWish::Move(i, moved))));
        }
        response.on_hover_cursor(egui::CursorIcon::Move);
    }
    if is_held && ui.input(|i| i.key_pressed(Key::Enter)) {
        cx.push(Command::Studio(StudioCommand::Document(DocumentWish::Straighten)));
    }
    if ui.input(|i| i.key_pressed(Key::Escape)) {
        cx.push(Command::Studio(StudioCommand::Document(DocumentWish::Cancel)));
    }
}

/// Where the arrow keys go that were pressed.
fn arrows(ui: &Ui) -> Vec2 {
    let step = |key, modifiers: Modifiers| {
        let step = if modifiers.shift { 10.0 * STEP } else { STEP };
        match key {
            Key::ArrowLeft => vec2(-step, 0.0),
            Key::ArrowRight => vec2(step, 0.0),
            Key::ArrowUp => vec2(0.0, -step),
            Key::ArrowDown => vec2(0.0, step),
            _ => Vec2::ZERO,
        }
    };
    let steps = |e: &Event| match e {
        Event::Key { key, pressed: true, modifiers, .. } => step(*key, *modifiers),
        _ => Vec2::ZERO,
    };
    ui.input(|i| i.events.iter().map(steps).fold(Vec2::ZERO, |a, b| a + b))
}

/// The sheet's edges, to be seen on light and on dark.
fn outline(ui: &Ui, points: [Pos2; 4]) {
    ui.painter().add(Shape::closed_line(points.to_vec(), Stroke::new(4.0, DARK.well)));
    ui.painter().add(Shape::closed_line(points.to_vec(), Stroke::new(2.0, DARK.accent)));
}

fn mark(ui: &Ui, at: Pos2, is_hot: bool, has_focus: bool) {
    let painter = ui.painter();
    painter.circle(at, MARK + 1.0, if is_hot || has_focus { DARK.accent } else { DARK.t1 }, Stroke::new(2.0, DARK.well));
    if has_focus {
        painter.circle_stroke(at, MARK + 5.0, Stroke::new(2.0, DARK.accent));
    }
}
