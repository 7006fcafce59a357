//! The sources as cards: cameras, screens, the test pattern, a file. The one that is chosen shows what it gives; on air its frame is red.

use egui::accesskit::Role;
use egui::{CornerRadius, CursorIcon, Rect, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::reasons;
use super::super::tokens::{DARK, Type, colors, radius, size, space};
use super::super::widgets::{Look, Push, Tone, focus_ring, icon_ui, notice_ui, say, say_line, spinner_ui};
use super::{StudioCommand, StudioView};
use crate::live::Pictures;

/// Of a card.
const WIDTH: f32 = 148.0;
pub(super) const HEIGHT: f32 = 116.0;
/// Of the line below its picture.
const LINE: f32 = 32.0;

/// A source that can be chosen.
struct Card<'a> {
    icon: Icon,
    name: String,
    note: String,
    pictures: Option<&'a Pictures>,
    is_chosen: bool,
}

/// Draws them, and what is wrong with the devices.
pub(super) fn cards_ui(ui: &mut Ui, view: &StudioView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        say(ui, Type::Title, c.t1, cx.text("studio-sources"));
        if view.devices.is_none() {
            spinner_ui(ui, 16.0, c.t3);
            say(ui, Type::Small, c.t3, cx.text("studio-looking"));
        } else if ui.add(Push::text(Look::Bare, &cx.text("studio-look-again")).with_icon(Icon::Replay).small()).clicked() {
            cx.push(Command::Studio(StudioCommand::LookAgain));
        }
    });
    match view.devices {
        Some(Err(why)) => drop(notice_ui(
            ui,
            Tone::Warn,
            Icon::Warning,
            &cx.strings.format("studio-devices-failed", &[("why", reasons::devices_error(cx.strings, why).into())]),
        )),
        Some(Ok(devices)) => {
            if devices.cameras.is_empty() {
                notice_ui(ui, Tone::Plain, Icon::Camera, &cx.text("studio-no-camera"));
            }
            if let Some(why) = devices.screens_missing.as_ref().filter(|_| devices.screens.is_empty()) {
                notice_ui(ui, Tone::Plain, Icon::Screen, &cx.strings.format("studio-no-screen", &[("why", reasons::source_trouble(cx.strings, why).into())]));
            }
        }
        None => {}
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::M, space::M);
        let mut sources: Vec<(Icon, String, String, Pictures)> = Vec::new();
        if let Some(Ok(devices)) = view.devices {
            let camera = cx.text("live-camera");
            sources.extend(devices.cameras.iter().map(|d| (Icon::Camera, d.name.clone(), camera.clone(), Pictures::Camera(d.id.clone()))));
            let screen = |m: &crate::live::Monitor| Pictures::Screen(Some([m.x.into(), m.y.into(), m.width.into(), m.height.into()]));
            let size = |m: &crate::live::Monitor| format!("{}×{}", m.width, m.height);
            // A system that has one has no name for it.
            let own = |m: &crate::live::Monitor| if m.name.eq_ignore_ascii_case("screen") { String::new() } else { m.name.clone() };
            let name = |m: &crate::live::Monitor| cx.strings.format("studio-screen", &[("name", own(m).into())]).trim_end().to_owned();
            sources.extend(devices.screens.iter().map(|m| (Icon::Screen, name(m), size(m), screen(m))));
        }
        if let Some(camera) = super::document::camera(view) {
            sources.push((Icon::Sheet, cx.text("live-document"), camera.name.clone(), Pictures::Document(camera.id.clone())));
        }
        sources.push((Icon::Chart, cx.text("live-pattern"), String::new(), Pictures::Pattern));
        if let Some(Pictures::File(path)) = &view.chosen.pictures {
            sources.push((Icon::Film, super::super::own::file_name(path), String::new(), Pictures::File(path.clone())));
        }
        for (icon, name, note, pictures) in sources {
            let is_chosen = view.chosen.pictures.as_ref() == Some(&pictures);
            if card_ui(ui, view, &Card { icon, name, note, pictures: Some(&pictures), is_chosen }, cx) && !is_chosen {
                cx.push(Command::Studio(StudioCommand::Pictures(Some(pictures))));
            }
        }
        let file = Card { icon: Icon::Film, name: cx.text("studio-file"), note: String::new(), pictures: None, is_chosen: false };
        if card_ui(ui, view, &file, cx) {
            cx.push(Command::Studio(StudioCommand::PickFile));
        }
        if view.chosen.pictures.is_some() && view.chosen.sound.is_some() {
            let alone = Card { icon: Icon::Microphone, name: cx.text("studio-sound-alone"), note: String::new(), pictures: None, is_chosen: false };
            if card_ui(ui, view, &alone, cx) {
                cx.push(Command::Studio(StudioCommand::Pictures(None)));
            }
        }
    });
}

/// Draws one; whether it was pressed.
fn card_ui(ui: &mut Ui, view: &StudioView<'_>, card: &Card<'_>, cx: &Cx<'_>) -> bool {
    let c = colors(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(WIDTH, HEIGHT), Sense::click());
    let corner = CornerRadius::same(radius::CARD);
    let is_live = card.is_chosen && view.is_live();
    let fill = if response.hovered() && !card.is_chosen { c.hover } else { c.panel };
    ui.painter().rect_filled(rect, corner, fill);
    let picture = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - LINE));
    ui.painter().rect_filled(picture, CornerRadius { sw: 0, se: 0, ..corner }, DARK.well);
    let shown = card.is_chosen && card.pictures.is_some() && view.open().is_some();
    match view.screen.fitted(ui, picture.shrink(2.0)).filter(|_| shown) {
        Some(place) => view.screen.paint(ui, place, picture),
        None => card.icon.paint(ui.painter(), Rect::from_center_size(picture.center(), vec2(28.0, 28.0)), DARK.t3),
    }
    let (line, thick) = match (is_live, card.is_chosen) {
        (true, _) => (c.live_fill, 2.0),
        (false, true) => (c.accent, 2.0),
        (false, false) => (c.line, 1.0),
    };
    ui.painter().rect_stroke(rect, corner, Stroke::new(thick, line), StrokeKind::Inside);
    let row = Rect::from_min_max(pos2(rect.left(), picture.bottom()), rect.max).shrink2(vec2(space::S, 0.0));
    let mut inner = ui.new_child(UiBuilder::new().id_salt(&card.name).max_rect(row).layout(egui::Layout::left_to_right(egui::Align::Center)));
    inner.spacing_mut().item_spacing.x = 6.0;
    icon_ui(&mut inner, card.icon, size::ICON_SMALL, if is_live { c.live } else { c.t2 });
    say_line(&mut inner, Type::Control, c.t1, &card.name);
    focus_ring(ui, rect, radius::CARD, &response);
    let label = cx.strings.format("studio-choose-source", &[("name", card.name.as_str().into())]);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, card.is_chosen, &label));
    let tip = if card.note.is_empty() { card.name.clone() } else { format!("{} · {}", card.name, card.note) };
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(tip).clicked()
}
