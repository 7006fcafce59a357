//! Catalogue and people by label and role: every state of a video, opening one, removing a person.

#![allow(clippy::unwrap_used)]

mod ui_support;

use egui::accesskit::Role as Seen;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern_proto::control::{PersonId, Role, VideoId};
use lectern_proto::quality::Quality;
use ui_support::{Call, Fake, enter, ready, video};

#[test]
fn every_state_of_a_video_is_shown() {
    let harness = enter(&Fake::joined(Role::Student));
    let card = |label| harness.get_by_role_and_label(Seen::Button, label).accesskit_node().is_disabled();
    assert!(!card("Routing basics, 42:10"));
    assert!(card("Recording 20 Nov, waiting"));
    assert!(card("Why BGP is about money, preparing, 62 %"));
    assert!(card("lab-3 capture (copy).mkv, failed: The file ends after 4 MB; the copy was cut off."));
    let bar = harness.get_by_role_and_label(Seen::ProgressIndicator, "Preparing Why BGP is about money");
    assert_eq!(bar.accesskit_node().numeric_value(), Some(62.0));
    harness.get_by_label("4 videos · 2 h 17 min");
}

#[test]
fn a_click_opens_a_video_in_a_rung_that_it_has() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Routing basics, 42:10").click();
    harness.run_ok();
    assert_eq!(fake.take()[0], Call::Open(VideoId("r".into()), Quality::Rung("720p".into())));
    harness.get_by_role_and_label(Seen::Button, "Pause");
    harness.get_by_role_and_label(Seen::Button, "Back to the videos").click();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "Routing basics, 42:10");
}

#[test]
fn a_video_that_is_not_ready_does_not_open() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    let at = harness.get_by_role_and_label(Seen::Button, "Recording 20 Nov, waiting").rect().center();
    harness.drag_at(at);
    harness.drop_at(at);
    harness.run_ok();
    assert_eq!(fake.take(), []);
}

#[test]
fn no_video_yet_and_not_known_yet_are_two_things() {
    let fake = Fake::joined(Role::Student);
    fake.lock().state.videos.clear();
    let mut harness = enter(&fake);
    harness.get_by_label("No videos yet");
    fake.lock().state.synchronised = false;
    harness.run_steps(20);
    assert!(harness.query_by_label("No videos yet").is_none());
    harness.get_by_label("Asking Lab 2.14 for its videos");
}

#[test]
fn only_what_is_in_sight_is_laid_out() {
    let fake = Fake::joined(Role::Student);
    fake.lock().state.videos = (0..2_000).map(|i| video(&format!("{i:016x}"), &format!("Lesson {i}"), 60, ready())).collect();
    let harness = enter(&fake);
    let cards = harness.query_all_by(|n| n.role() == Seen::Button && n.label().is_some_and(|l| l.starts_with("Lesson "))).count();
    assert!((1..60).contains(&cards), "{cards} cards");
}

#[test]
fn the_keyboard_reaches_and_opens_every_card() {
    let fake = Fake::joined(Role::Student);
    fake.lock().state.videos = (0..40).map(|i| video(&format!("{i:016x}"), &format!("Lesson {i}"), 60, ready())).collect();
    let mut harness = enter(&fake);
    for i in 0..100 {
        harness.key_press(egui::Key::Tab);
        harness.run_ok();
        if harness.query_by(|n| n.is_focused() && n.label().as_deref() == Some("Lesson 39, 1:00")).is_some() {
            break;
        }
        assert!(i < 60, "the last card is not reached");
    }
    harness.key_press(egui::Key::Enter);
    harness.run_ok();
    assert!(matches!(&fake.take()[0], Call::Open(id, _) if id.0 == format!("{:016x}", 39)));
}

#[test]
fn everybody_is_listed_with_who_is_who() {
    let harness = enter(&Fake::joined(Role::Student));
    for name in ["Ms Novak", "Ana", "Ben", "Chen"] {
        assert!(harness.query_by_label(name).is_some(), "{name}");
    }
    harness.get_by_label("Instructor");
    harness.get_by_label("You");
    harness.get_by_label("Reconnecting");
    assert!(harness.query_by_label("Remove Ben").is_none(), "students remove nobody");
}

#[test]
fn an_instructor_removes_after_a_question() {
    let fake = Fake::joined(Role::Instructor);
    let mut harness = enter(&fake);
    assert!(harness.query_by_label("Remove Ms Novak").is_none(), "nobody removes themselves");
    harness.get_by_label("Remove Ben").click();
    harness.run_ok();
    assert_eq!(fake.take(), []);
    harness.get_by_label("Remove Ben?");
    harness.get_by_role_and_label(Seen::Button, "Cancel").click();
    harness.run_ok();
    harness.get_by_label("Remove Ben").click();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "Remove").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Remove(PersonId(3))]);
}

#[test]
fn the_panel_folds() {
    let mut harness = enter(&Fake::joined(Role::Student));
    harness.get_by_role_and_label(Seen::Button, "Hide people").click();
    harness.run_ok();
    assert!(harness.query_by_label("Chen").is_none());
    harness.get_by_role_and_label(Seen::Button, "Show people").click();
    harness.run_ok();
    harness.get_by_label("Chen");
}

#[test]
fn leaving_leads_back_to_joining() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Leave the class").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Leave]);
    harness.get_by_label("Join a class");
}

#[test]
fn hostile_names_are_only_text() {
    let fake = Fake::joined(Role::Instructor);
    {
        let mut shared = fake.lock();
        shared.state.people[2].name = "\u{202e}x".repeat(20);
        shared.state.people[3].name = "𝕳".repeat(16);
        shared.state.videos[0].title = "\n\t-—".repeat(400);
        shared.state.videos[0].duration_us = u64::MAX;
        shared.state.videos[1].rungs = vec![String::new(); 40];
        shared.state.server_name = "s".repeat(4_000);
    }
    let mut harness = enter(&fake);
    harness.set_size(egui::vec2(480.0, 400.0));
    harness.run_ok();
}

#[test]
fn every_control_has_a_name_in_every_width() {
    let fake = Fake::joined(Role::Instructor);
    let mut harness = enter(&fake);
    for width in [480.0, 800.0, 1280.0, 1920.0] {
        harness.set_size(egui::vec2(width, 800.0));
        harness.run_ok();
        harness.check_accessibility();
    }
}
