//! The window's part of the labs: over the first screen, or in place of the catalogue of a class.

use egui::Ui;

use super::super::backend::LabFile;
use super::super::command::{Command, Cx};
use super::super::labs::{InClass, page_ui};
use super::super::shell::{self, Place};
use super::Window;
use crate::class::ClassState;
use crate::lab::work::LabWish;

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
        let work = self.seat.as_ref().map(|member| member.seat.lab_work());
        let class = state.zip(work.as_ref()).map(|(state, work)| InClass { state, work });
        page_ui(ui, &mut self.labs, class, &changed, &mut cx);
    }

    /// Has something of the labs done with others of the class.
    pub(super) fn lab_wish(&mut self, wish: LabWish) {
        if let Some(member) = &self.seat {
            member.seat.lab(wish);
        }
    }

    /// Takes a file that was chosen for a lab.
    pub(super) fn lab_picked(&mut self, file: LabFile, path: &std::path::Path) {
        match file {
            LabFile::Kept(run) => return self.lab_wish(LabWish::Take { run, out: path.to_owned() }),
            LabFile::SentCapture | LabFile::TakenCapture => {
                return self.lab_wish(LabWish::SaveCapture { of_taken: file == LabFile::TakenCapture, to: path.to_owned() });
            }
            _ => {}
        }
        self.labs.picked(file, path, &self.strings);
    }
}
