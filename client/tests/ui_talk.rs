//! The talk key, by label and role: in one room a student's microphone is heard only while it is held.

#![allow(clippy::unwrap_used)]

mod ui_support;

use egui::Key;
use egui::accesskit::Role as Seen;
use egui_kittest::kittest::Queryable;
use lectern_proto::control::Role;
use ui_support::studio::{Screen, instructor, press, studio};
use ui_support::{Call, Fake};

/// A student on the stage, on air with the camera and the microphone.
fn on_stage(together: bool) -> (Fake, Screen) {
    let fake = instructor();
    let mut class = fake.lock();
    class.state = ui_support::joined(Role::Student);
    class.state.together = together;
    let me = class.state.me.as_ref().unwrap().id;
    class.state.floor.stage.push(me);
    drop(class);
    let mut harness = studio(&fake);
    press(&mut harness, "Go on air: The class sees it at once");
    (fake, harness)
}

fn talks(fake: &Fake) -> Vec<Call> {
    fake.take().into_iter().filter(|c| matches!(c, Call::Talk(_))).collect()
}

#[test]
fn in_one_room_a_students_microphone_is_heard_while_the_key_or_the_button_is_held() {
    let (fake, mut harness) = on_stage(true);
    assert!(fake.take().iter().any(|c| matches!(c, Call::Publish(choice) if choice.push_to_talk)));
    harness.get_by_label("The class does not hear you. Hold to talk");
    harness.key_down(Key::T);
    harness.run_steps(4);
    assert_eq!(talks(&fake), [Call::Talk(true)]);
    harness.get_by_label("The class hears you");
    harness.key_up(Key::T);
    harness.run_steps(4);
    assert_eq!(talks(&fake), [Call::Talk(false)]);
    // The button, as long as it is pressed.
    let at = harness.get_by_role_and_label(Seen::Button, "Talk").rect().center();
    let button = |pressed| egui::Event::PointerButton { pos: at, button: egui::PointerButton::Primary, pressed, modifiers: egui::Modifiers::NONE };
    harness.event(egui::Event::PointerMoved(at));
    harness.event(button(true));
    harness.run_steps(4);
    assert_eq!(talks(&fake), [Call::Talk(true)]);
    harness.event(button(false));
    harness.run_steps(4);
    assert_eq!(talks(&fake), [Call::Talk(false)]);
    // Held while the window loses the focus: nobody knows when it is let go.
    harness.key_down(Key::T);
    harness.run_steps(4);
    assert_eq!(talks(&fake), [Call::Talk(true)]);
    harness.event(egui::Event::WindowFocused(false));
    harness.input_mut().focused = false;
    harness.run_steps(4);
    assert_eq!(talks(&fake), [Call::Talk(false)]);
    harness.get_by_label("The class does not hear you. Hold to talk");
    harness.check_accessibility();
}

#[test]
fn elsewhere_a_microphone_on_stage_is_heard_without_a_key() {
    let (fake, mut harness) = on_stage(false);
    assert_eq!(talks(&fake), [Call::Talk(true)]);
    assert!(harness.query_by_role_and_label(Seen::Button, "Talk").is_none());
    // The instructor says that it is one room after all.
    fake.lock().state.together = true;
    harness.run_steps(4);
    assert_eq!(talks(&fake), [Call::Talk(false)]);
    harness.get_by_role_and_label(Seen::Button, "Talk");
    // An instructor is never muted.
    let fake = instructor();
    let mut harness = studio(&fake);
    press(&mut harness, "Go on air: The class sees it at once");
    assert_eq!(talks(&fake), [Call::Talk(true)]);
    assert!(harness.query_by_role_and_label(Seen::Button, "Talk").is_none());
}
