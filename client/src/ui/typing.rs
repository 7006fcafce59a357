//! Keeps fast typing in order: what is typed after Tab reaches the field that Tab leads to.
//!
//! egui moves the focus at the end of a pass, and every widget of a pass sees all its events. When a slow machine gathers
//! Tab and the next letters into one pass, the letters would go to the field that was left. So events after Tab wait for
//! the next pass.

use egui::{Event, Key};

/// Events that wait.
#[derive(Debug, Default)]
pub(super) struct Typing {
    held: Vec<Event>,
}

impl Typing {
    /// Cuts the events of a pass after the first Tab. Tells whether some wait for another pass, which must then come.
    pub(super) fn one_focus_a_pass(&mut self, events: &mut Vec<Event>) -> bool {
        if !self.held.is_empty() {
            events.splice(0..0, self.held.drain(..));
        }
        let is_tab = |e: &Event| matches!(e, Event::Key { key: Key::Tab, pressed: true, .. });
        if let Some(tab) = events.iter().position(is_tab) {
            self.held = events.split_off(tab + 1);
        }
        !self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::Modifiers;

    fn tab(pressed: bool) -> Event {
        Event::Key { key: Key::Tab, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE }
    }

    fn letter(text: &str) -> Event {
        Event::Text(text.to_owned())
    }

    #[test]
    fn each_tab_ends_a_pass_and_nothing_is_lost() {
        let mut typing = Typing::default();
        let mut pass = vec![letter("a"), tab(true), tab(false), letter("b"), tab(true), letter("c")];
        assert!(typing.one_focus_a_pass(&mut pass));
        assert_eq!(pass, [letter("a"), tab(true)]);
        let mut pass = vec![letter("d")];
        assert!(typing.one_focus_a_pass(&mut pass));
        assert_eq!(pass, [tab(false), letter("b"), tab(true)]);
        let mut pass = Vec::new();
        assert!(!typing.one_focus_a_pass(&mut pass));
        assert_eq!(pass, [letter("c"), letter("d")]);
        let mut pass = vec![tab(true)];
        assert!(!typing.one_focus_a_pass(&mut pass));
        assert_eq!(pass, [tab(true)]);
    }
}
