//! A camera in a corner of what is shown: which one, where, and how large.

use egui::Ui;

use super::super::command::{Command, Cx};
use super::super::icons::Icon;
use super::super::widgets::{Choice as Line, Look, Push};
use super::{StudioCommand, StudioView, sound};
use crate::live::{Corner, Inset};

/// Its parts of the picture's width and height that can be chosen, in hundredths.
const SIZES: [u32; 3] = [15, 25, 35];

/// Draws the choice; nothing where there is no other camera, or nothing that it could lie in.
pub(super) fn inset_ui(ui: &mut Ui, view: &StudioView<'_>, cx: &mut Cx<'_>) {
    let Some(pictures) = &view.chosen.pictures else { return };
    let cameras = view.devices.and_then(Result::ok).map(|d| d.cameras.as_slice()).unwrap_or_default();
    // A camera is open once.
    let cameras: Vec<_> = cameras.iter().filter(|c| pictures.camera() != Some(c.id.as_str())).collect();
    let inset = view.chosen.inset.as_ref();
    if cameras.is_empty() && inset.is_none() {
        return;
    }
    let none = cx.text("inset-none");
    let name = inset.map_or(none.as_str(), |inset| cameras.iter().find(|c| c.id == inset.camera).map_or(inset.camera.as_str(), |c| &c.name));
    let label = cx.strings.format("inset-now", &[("name", name.into())]);
    let button = ui.add(Push::text(Look::Plain, &label).with_icon(Icon::Inset).width(ui.available_width()));
    let set = |inset: Option<Inset>| Command::Studio(StudioCommand::Inset(inset));
    sound::menu_ui(&button, &cx.text("inset-title"), |ui| {
        if (Line { name: &none, note: "", right: "", chosen: inset.is_none(), mono: false }).show(ui) && inset.is_some() {
            cx.push(set(None));
        }
        for camera in &cameras {
            let chosen = inset.is_some_and(|inset| inset.camera == camera.id);
            if (Line { name: &camera.name, note: "", right: "", chosen, mono: false }).show(ui) && !chosen {
                let (corner, percent) = inset.map_or((Corner::BottomRight, 25), |inset| (inset.corner, inset.percent));
                cx.push(set(Some(Inset { camera: camera.id.clone(), corner, percent })));
            }
        }
    });
    let Some(inset) = inset else { return };
    let corner = cx.text(corner_key(inset.corner));
    let label = cx.strings.format("inset-place-now", &[("corner", corner.into()), ("percent", inset.percent.into())]);
    let button = ui.add(Push::text(Look::Plain, &label).with_icon(Icon::Down).width(ui.available_width()));
    sound::menu_ui(&button, &cx.text("inset-place"), |ui| {
        for corner in Corner::ALL {
            let chosen = corner == inset.corner;
            if (Line { name: &cx.text(corner_key(corner)), note: "", right: "", chosen, mono: false }).show(ui) && !chosen {
                cx.push(set(Some(Inset { corner, ..inset.clone() })));
            }
        }
        for percent in SIZES {
            let chosen = percent == inset.percent;
            let name = cx.strings.format("inset-size", &[("percent", percent.into())]);
            if (Line { name: &name, note: "", right: "", chosen, mono: false }).show(ui) && !chosen {
                cx.push(set(Some(Inset { percent, ..inset.clone() })));
            }
        }
    });
}

fn corner_key(corner: Corner) -> &'static str {
    match corner {
        Corner::TopLeft => "inset-top-left",
        Corner::TopRight => "inset-top-right",
        Corner::BottomLeft => "inset-bottom-left",
        Corner::BottomRight => "inset-bottom-right",
    }
}
