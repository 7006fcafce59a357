//! What was started on this computer, as the window shows it: that it is starting, the strip of a class, the question at its end.
//!
//! It reads what it is given and pushes commands; [`super::window`] starts and ends.

use std::path::Path;

use egui::{Align, Frame, Id, Key, Layout, Margin, Panel, Ui, vec2};

use super::command::{Command, Cx};
use super::icons::Icon;
use super::tokens::{Type, colors, motion, size, space};
use super::widgets::{Look, Push, Tone, empty_ui, icon_ui, notice_ui, say, say_line, spinner_ui};
use crate::here::{Ready, Wish};

/// Width of the question.
const QUESTION: f32 = 400.0;

/// What is waited for.
#[derive(Debug)]
pub(super) struct OpeningView<'a> {
    pub(super) wish: &'a Wish,
    /// How far the file is prepared, in thousandths.
    pub(super) permille: Option<u16>,
    /// In seconds.
    pub(super) waited: f64,
}

/// The name that people know a file by.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Draws the page that stands until the class or the file is there.
pub(super) fn opening_ui(ui: &mut Ui, view: &OpeningView<'_>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let (icon, title, hint) = match view.wish {
        Wish::File(path) => {
            let hint = match view.permille {
                Some(permille) => cx.strings.format("own-opening-done", &[("percent", (permille / 10).into())]),
                None => cx.text("own-opening-hint"),
            };
            (Icon::Film, cx.strings.format("own-opening", &[("file", file_name(path).into())]), hint)
        }
        Wish::Class { videos, .. } => {
            let hint = cx.strings.format("own-starting-class-hint", &[("folder", videos.display().to_string().into())]);
            (Icon::Server, cx.text("own-starting-class"), hint)
        }
    };
    let area = ui.available_rect_before_wrap();
    ui.painter().rect_filled(area, 0.0, c.window);
    empty_ui(ui, icon, &title, &hint, |ui| {
        ui.vertical_centered(|ui| {
            if view.waited >= motion::WAIT_SHOWN {
                spinner_ui(ui, size::ICON, c.accent);
            } else {
                ui.ctx().request_repaint_after_secs((motion::WAIT_SHOWN - view.waited) as f32);
            }
            ui.add_space(space::S);
            if ui.add(Push::text(Look::Plain, &cx.text("common-cancel"))).clicked() {
                cx.push(Command::EndOwn);
            }
        });
    });
}

/// The strip of a class that is held here: what its instructor gives out, the folder, the board.
pub(super) fn strip_ui(ui: &mut Ui, ready: &Ready, videos: &Path, told: Option<&str>, cx: &mut Cx<'_>) {
    let c = colors(ui);
    let frame = Frame::new().fill(c.panel).inner_margin(Margin::symmetric(space::L as i8, space::S as i8));
    Panel::top("own-class").frame(frame).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::S, space::S);
            icon_ui(ui, Icon::Server, size::ICON, c.good);
            say(ui, Type::Body, c.t1, cx.text("own-class"));
            ui.add_space(space::S);
            say(ui, Type::Small, c.t3, cx.text("own-password"));
            let copy = cx.strings.format("own-copy-password", &[("password", ready.password.as_str().into())]);
            if ui.add(Push::text(Look::Plain, &ready.password).mono().named(&copy)).clicked() {
                cx.push(Command::Copy(ready.password.clone()));
            }
            if ui.add(Push::text(Look::Plain, &cx.text("own-copy-link")).with_icon(Icon::Link)).clicked() {
                // What is given out is without the key.
                let plain = lectern_proto::link::JoinLink { key: None, ..ready.link.clone() };
                cx.push(Command::Copy(plain.to_string()));
            }
            let named = cx.strings.format("own-folder-named", &[("path", videos.display().to_string().into())]);
            if ui.add(Push::text(Look::Plain, &cx.text("own-folder")).with_icon(Icon::Film).named(&named)).on_hover_text(videos.display().to_string()).clicked()
            {
                cx.push(Command::ShowFolder);
            }
            if ui.add(Push::text(Look::Plain, &cx.text("own-board")).with_icon(Icon::Watch)).clicked() {
                cx.push(Command::ToggleBoard);
            }
        });
        // The other ports stand in no address that anybody types.
        if let Some(taken) = ready.control_taken {
            let ports = [("taken", taken.to_string().into()), ("port", ready.link.port.to_string().into())];
            notice_ui(ui, Tone::Plain, Icon::Warning, &cx.strings.format("own-port", &ports));
        }
        if let Some(told) = told {
            notice_ui(ui, Tone::Warn, Icon::Warning, told);
        }
    });
}

/// Asks once whether a class ends that others are in.
pub(super) fn question_ui(ui: &Ui, others: usize, cx: &mut Cx<'_>) {
    let frame = Frame::window(ui.style()).inner_margin(Margin::same(space::XL as i8));
    let response = egui::Modal::new(Id::unique("own-end")).frame(frame).show(ui.ctx(), |ui| {
        let c = colors(ui);
        ui.set_width(QUESTION.min(ui.ctx().content_rect().width() - space::XXXL));
        ui.spacing_mut().item_spacing.y = space::M;
        say_line(ui, Type::Title, c.t1, cx.text("own-end"));
        say(ui, Type::Body, c.t2, cx.strings.format("own-end-others", &[("n", others.into())]));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            if ui.add(Push::text(Look::Primary, &cx.text("own-end-no"))).clicked() {
                cx.push(Command::KeepOwn);
            }
            if ui.add(Push::text(Look::Plain, &cx.text("own-end-yes"))).clicked() {
                cx.push(Command::EndOwn);
            }
        });
    });
    if response.backdrop_response.clicked() || ui.input(|i| i.key_pressed(Key::Escape)) {
        cx.push(Command::KeepOwn);
    }
}
