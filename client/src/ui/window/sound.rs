//! The window's part of where a person hears: the device that was chosen plays whatever is heard, as late as was set for it.

use egui::Ui;

use super::super::command::{Command, Cx};
use super::super::settings_page::settings_ui;
use super::Window;

impl Window {
    /// Tells what plays where it is heard, and remembers the devices that were.
    pub(super) fn follow_sound(&mut self) {
        let out = self.settings.sound_out();
        if let Some(Ok(playback)) = self.playing.as_ref().map(|p| p.playback.as_ref()) {
            playback.set_sound_out(&out);
            self.settings.note_device(playback.status().device);
        }
        let device = self.watching.as_ref().and_then(|watching| watching.sound_out(&out));
        self.settings.note_device(device);
    }

    /// Draws the settings over whatever is shown.
    pub(super) fn show_settings(&self, ui: &mut Ui, out: &mut Vec<Command>) {
        let outputs = self.backend.outputs(self.changed());
        let state = self.seat.as_ref().map(|member| member.seat.state());
        let account = state.as_ref().and_then(|state| state.account.as_ref()).map(|mine| mine.name.as_str());
        settings_ui(ui, &self.settings, outputs.as_deref(), self.videos_folder(), account, &mut Cx { strings: &self.strings, out });
    }
}
