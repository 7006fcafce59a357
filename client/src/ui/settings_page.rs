//! The settings, over whatever is shown: colours, language, size, motion, the name for the next class.
//!
//! Each choice is in force at once and remembered; there is nothing to confirm.

use std::path::{Path, PathBuf};

use egui::{Align, Frame, Id, Key, Layout, Margin, Modifiers, ScrollArea, Ui, vec2};

use super::appearance::SCALES;
use super::backend::Pick;
use super::command::{Command, Cx};
use super::icons::Icon;
use super::manage::{ManageCommand, Page};
use super::podcast::trims_ui;
use super::settings::Settings;
use super::strings::Language;
use super::tokens::{Type, colors, size, space};
use super::widgets::{Field, Look, Push, say, say_line};

/// Width of the card.
const WIDTH: f32 = 528.0;
/// Most characters of a name; the server counts bytes and says so.
const NAME_MAX: usize = 64;
/// Most characters of a path.
const PATH_MAX: usize = 1_024;

/// Ctrl+comma opens and closes the settings, Escape closes them.
pub(super) fn handle_settings_keys(ctx: &egui::Context, shown: bool, out: &mut Vec<Command>) {
    let asked = ctx.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::Comma));
    let left = shown && !egui::Popup::is_any_open(ctx) && ctx.input(|i| i.key_pressed(Key::Escape));
    if asked || left {
        out.push(Command::ToggleSettings);
    }
}

/// Draws the settings; `outputs` are the sound devices by their names, none while they are looked for; `videos` is where a class that is held here has its videos;
/// `account` is the account with which a class was entered.
pub(super) fn settings_ui(ui: &mut Ui, settings: &Settings, outputs: Option<&[String]>, videos: &Path, account: Option<&str>, cx: &mut Cx<'_>) {
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(space::L as i8));
    let window = ui.ctx().content_rect().size() - vec2(space::XXXL, space::XXXL);
    let response = egui::Modal::new(Id::unique("settings")).frame(frame).show(ui.ctx(), |ui| {
        let c = colors(ui);
        ui.set_width(WIDTH.min(window.x));
        // Else a dialog of egui is no taller than 400 points.
        ui.set_max_height(window.y);
        ui.horizontal(|ui| {
            say(ui, Type::Title, c.t1, cx.text("settings-title"));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.add(Push::icon(Icon::Close, &cx.text("common-close"))).clicked() {
                    cx.push(Command::ToggleSettings);
                }
            });
        });
        ScrollArea::vertical().auto_shrink([false, true]).max_height((window.y - 72.0).max(96.0)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::M;
            choices(ui, settings, cx);
            account.into_iter().for_each(|name| account_ui(ui, name, cx));
            name_ui(ui, settings, cx);
            videos_ui(ui, settings, videos, cx);
            output_ui(ui, settings, outputs, cx);
            trims_ui(ui, settings, cx);
        });
    });
    if response.backdrop_response.clicked() {
        cx.push(Command::ToggleSettings);
    }
}

fn choices(ui: &mut Ui, settings: &Settings, cx: &mut Cx<'_>) {
    let system = || cx.text("settings-system");
    let (dark, light) = (cx.text("settings-dark"), cx.text("settings-light"));
    let theme = [(system(), None), (dark, Some(true)), (light, Some(false))];
    // Each language in its own words, so that it is found by who cannot read the others.
    let language = [(system(), None), ("English".to_owned(), Some(Language::English)), ("Deutsch".to_owned(), Some(Language::German))];
    let motion = [(system(), None), (cx.text("settings-motion-less"), Some(true)), (cx.text("settings-motion-full"), Some(false))];
    if let Some(dark) = choice_ui(ui, &cx.text("settings-colours"), &theme, settings.dark) {
        cx.push(Command::SetTheme(dark));
    }
    if let Some(language) = choice_ui(ui, &cx.text("settings-language"), &language, settings.language) {
        cx.push(Command::SetLanguage(language));
    }
    let now = (settings.scale * 100.0).round() as u16;
    let scales = SCALES.map(|percent| (format!("{percent} %"), percent));
    if let Some(percent) = choice_ui(ui, &cx.text("settings-scale"), &scales, now) {
        cx.push(Command::SetScale(f32::from(percent) / 100.0));
    }
    if let Some(still) = choice_ui(ui, &cx.text("settings-motion"), &motion, settings.still) {
        cx.push(Command::SetStill(still));
    }
}

/// A row of choices under its name; what was clicked.
fn choice_ui<T: Copy + PartialEq>(ui: &mut Ui, name: &str, all: &[(String, T)], chosen: T) -> Option<T> {
    let c = colors(ui);
    let mut clicked = None;
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        say(ui, Type::Small, c.t2, name);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
            for (label, value) in all {
                let said = format!("{name}: {label}");
                if ui.add(Push::text(Look::Plain, label).selected(*value == chosen).named(&said)).clicked() {
                    clicked = Some(*value);
                }
            }
        });
    });
    clicked
}

/// The account with which the class was entered, and the way to its form.
fn account_ui(ui: &mut Ui, name: &str, cx: &mut Cx<'_>) {
    let c = colors(ui);
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        say(ui, Type::Small, c.t2, cx.text("settings-account"));
        ui.horizontal(|ui| {
            if ui.add(Push::text(Look::Plain, &cx.text("settings-account-open"))).clicked() {
                cx.push(Command::ToggleSettings);
                cx.push(Command::Manage(ManageCommand::Show(Page::Mine)));
            }
            say_line(ui, Type::Body, c.t1, name);
        });
    });
}

/// The device that plays. One that was chosen and is not connected stays chosen.
fn output_ui(ui: &mut Ui, settings: &Settings, outputs: Option<&[String]>, cx: &mut Cx<'_>) {
    let Some(outputs) = outputs else { return };
    let missing = settings.output.as_ref().filter(|chosen| !outputs.contains(chosen));
    let all: Vec<(String, Option<&str>)> =
        std::iter::once((cx.text("settings-system"), None)).chain(outputs.iter().chain(missing).map(|name| (name.clone(), Some(name.as_str())))).collect();
    if let Some(output) = choice_ui(ui, &cx.text("settings-output"), &all, settings.output.as_deref()) {
        cx.push(Command::SetOutput(output.map(str::to_owned)));
    }
    if let Some(missing) = missing {
        let words = cx.strings.format("silence-not-connected", &[("device", missing.as_str().into())]);
        say(ui, Type::Small, colors(ui).warn, words);
    }
}

fn name_ui(ui: &mut Ui, settings: &Settings, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let mut name = settings.name.clone();
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        let label = cx.text("settings-name");
        ui.scope(|ui| {
            ui.set_max_width(WIDTH - size::PRIMARY);
            if Field::new(Id::unique("settings-name"), &label).limit(NAME_MAX).show(ui, &mut name).changed() {
                cx.push(Command::SetName(name));
            }
        });
        say(ui, Type::Small, c.t3, cx.text("settings-name-hint"));
    });
}

/// The folder of videos of the next class that is held here.
fn videos_ui(ui: &mut Ui, settings: &Settings, videos: &Path, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let mut path = videos.display().to_string();
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        let label = cx.text("settings-videos");
        ui.scope(|ui| {
            ui.set_max_width(WIDTH - size::PRIMARY);
            if Field::new(Id::unique("settings-videos"), &label).limit(PATH_MAX).show(ui, &mut path).changed() {
                // A name without a place would depend on where the program was started.
                let folder = Some(PathBuf::from(path)).filter(|p| p.is_absolute());
                cx.push(Command::SetVideosFolder(folder));
            }
        });
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
            if ui.add(Push::text(Look::Plain, &cx.text("settings-videos-choose"))).clicked() {
                cx.push(Command::Pick(Pick::Folder));
            }
            let default = cx.text("settings-videos-default");
            if ui.add(Push::text(Look::Plain, &default).enabled(settings.videos_folder.is_some())).clicked() {
                cx.push(Command::SetVideosFolder(None));
            }
        });
        say(ui, Type::Small, c.t3, cx.text("settings-videos-hint"));
    });
}
