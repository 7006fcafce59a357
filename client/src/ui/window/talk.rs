//! The window's part of push to talk: whose microphone waits for a key, and whether that is held.

use super::super::talk::{is_key_held, talk_ui};
use super::Window;
use crate::class::ClassState;

impl Window {
    /// Whether the class hears this person's microphone only while a key is held: students', while everybody sits in one room.
    fn waits_for_key(state: &ClassState) -> bool {
        state.together && state.needs_stage()
    }

    /// Lets the microphone be heard or not; draws the button that is held while it is on air.
    pub(super) fn follow_talk(&mut self, state: &ClassState) {
        let waits = Self::waits_for_key(state);
        let is_shown = waits && self.studio.is_microphone_live();
        let was_pressed = is_shown && self.talks;
        let is_pressed = is_shown && talk_ui(&self.ctx, was_pressed, &self.strings);
        self.talks = is_shown && (is_pressed || is_key_held(&self.ctx));
        if self.talks != was_pressed {
            // What is shown follows at once.
            self.ctx.request_repaint();
        }
        self.studio.talk(!waits || self.talks);
    }
}
