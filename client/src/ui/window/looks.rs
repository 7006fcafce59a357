//! How the window stands: narrow or wide, full screen or not, in which language.

use egui::ViewportCommand;

use super::super::strings::{Language, Strings};
use super::super::tokens::size;
use super::Window;

impl Window {
    pub(super) fn leave_fullscreen(&mut self) {
        if std::mem::take(&mut self.fullscreen) {
            self.ctx.send_viewport_cmd(ViewportCommand::Fullscreen(false));
        }
    }

    pub(super) fn narrow(&self) -> bool {
        self.ctx.content_rect().width() < size::NARROW_WINDOW
    }

    pub(super) fn speak(&mut self, language: Option<Language>) {
        self.settings.language = language;
        self.strings = Strings::new(language.unwrap_or_else(Language::of_system));
    }
}
