//! A file in a bubble: its name, how large it is, how far it is, and what can be done with it.

use std::path::PathBuf;

use egui::Ui;

use super::super::command::Cx;
use super::super::icons::Icon;
use super::super::reasons::file_size;
use super::super::tokens::{Type, colors, size, space};
use super::super::widgets::{Look, Push, icon_ui, progress_ui, say, say_line};
use super::bubble::Act;
use crate::chat::{Attachment, FileState};

/// Width of the bar of what is on its way.
const BAR: f32 = 180.0;

/// A file as it is drawn.
#[derive(Debug, Clone)]
pub(super) struct FileRow {
    name: String,
    /// Its size, and how far it is.
    pub(super) about: String,
    /// 0 to 1, while it is on its way.
    share: Option<f32>,
    /// It did not come.
    trouble: bool,
    pub(super) act: Option<(&'static str, Act)>,
}

impl FileRow {
    pub(super) fn of(file: &Attachment, own: bool, saved: Option<&PathBuf>, cx: &Cx<'_>) -> Self {
        let total = file.info.size;
        let share = |bytes: u64| Some(if total == 0 { 1.0 } else { bytes as f32 / total as f32 });
        let (key, share, act) = match &file.state {
            FileState::Offered { arrived: 0 } => (Some("private-file-offered"), None, None),
            FileState::Offered { arrived } => (Some("private-file-going"), share(*arrived), None),
            FileState::Theirs => (Some("private-file-theirs"), None, None),
            FileState::There => (None, None, Some(("private-file-get", Act::Download))),
            FileState::Coming { bytes } => (Some("private-file-coming"), share(*bytes), None),
            FileState::Here(_) if saved.is_some() => (None, None, Some(("private-file-show", Act::ShowFile))),
            FileState::Here(_) => (None, None, Some(("private-file-get", Act::Download))),
            FileState::Damaged => (Some("private-file-damaged"), None, Some(("private-file-again", Act::Download))),
            FileState::Unavailable if own => (Some("private-file-let-go"), None, None),
            FileState::Unavailable => (Some("private-file-gone"), None, None),
        };
        let mut about = vec![file_size(cx.strings, total)];
        about.extend(key.map(|key| cx.text(key)));
        about.extend(saved.map(|path| cx.strings.format("private-file-saved", &[("path", path.display().to_string().into())])));
        let trouble = !own && matches!(file.state, FileState::Damaged | FileState::Unavailable);
        Self { name: file.info.name.clone(), about: about.join(" · "), share, trouble, act: act.filter(|_| !own) }
    }
}

pub(super) fn file_ui(ui: &mut Ui, file: &FileRow) {
    let c = colors(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        icon_ui(ui, Icon::Sheet, size::ICON, if file.trouble { c.warn } else { c.t2 });
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            say_line(ui, Type::Body, c.t1, &file.name);
            say(ui, Type::Small, if file.trouble { c.warn } else { c.t2 }, &file.about);
            if let Some(share) = file.share {
                progress_ui(ui, BAR, share, &file.name);
            }
        });
    });
}

/// The button of what can be done with it.
pub(super) fn file_act_ui(ui: &mut Ui, file: &FileRow, cx: &Cx<'_>) -> Option<Act> {
    let (key, act) = file.act?;
    let words = cx.text(key);
    let named = format!("{words}: {}", file.name);
    ui.add(Push::text(Look::Plain, &words).small().named(&named)).clicked().then_some(act)
}
