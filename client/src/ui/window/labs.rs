//! The window's part of the labs: over the first screen, or in place of the catalogue of a class.

use egui::Ui;

use super::super::backend::LabFile;
use super::super::command::{Command, Cx};
use super::super::labs::page_ui;
use super::super::shell::{self, Place};
use super::Window;
use crate::class::ClassState;

impl Window {
    /// Whether the labs are on the screen: what plays, and what the class is shown, come first.
    pub(super) fn shows_labs(&self) -> bool {
        self.labs.is_shown && self.playing.is_none() && self.watching.is_none()
    }

    /// Draws them, beside the rail of a class where there is one.
    pub(super) fn labs_ui(&mut self, ui: &mut Ui, state: Option<&ClassState>, out: &mut Vec<Command>) {
        let changed = self.changed();
        let mut cx = Cx { strings: &self.strings, out };
        if let Some(state) = state {
            let may_show = state.may_publish() || self.studio.is_live();
            shell::rail_ui(ui, state.me.as_ref(), Place::Labs, may_show, self.studio.is_live(), self.chats.unread(state), &mut cx);
        }
        page_ui(ui, &mut self.labs, state.is_some(), &changed, &mut cx);
    }

    /// Takes a file that was chosen for a lab.
    pub(super) fn lab_picked(&mut self, file: LabFile, path: &std::path::Path) {
        self.labs.picked(file, path, &self.strings);
    }
}
