//! The lab of repeat request by label and role: without a class, with keyboard and mouse, from the protocol to the saved file.

#![allow(clippy::unwrap_used)]

mod ui_support;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::ui::backend::{LabFile, Pick};
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::Start;
use ui_support::{Call, Fake, open, settings};

type Harness = egui_kittest::Harness<'static, Option<lectern::ui::window::Window>>;

fn press(harness: &mut Harness, label: &str) {
    harness.get_by_role_and_label(Role::Button, label).click();
    settle(harness);
}

/// The plot is measured on a thread of its own and asks for another pass when it is done.
fn settle(harness: &mut Harness) {
    harness.run_steps(4);
}

fn lab(fake: &Fake, settings: Settings) -> Harness {
    let mut harness = open(fake, settings, Start::default());
    press(&mut harness, "Labs: Hamming codes and repeat request, without a class");
    press(&mut harness, "Repeat request");
    harness
}

/// The number behind a counter's name.
fn counter(harness: &Harness, name: &str) -> String {
    let start = format!("{name}: ");
    let node = harness.get_by(|n| n.role() == Role::Label && n.value().is_some_and(|value| value.starts_with(&start)));
    node.accesskit_node().value().unwrap()[start.len()..].to_owned()
}

/// What became of the chosen packet stands above the diagram; the diagram's own label says it, too.
fn told(harness: &Harness, what: &str) {
    harness.get_by(|n| n.role() == Role::Label && n.value().is_some_and(|value| value.contains(what)));
}

#[test]
fn a_run_is_there_at_once_and_another_protocol_is_another_run() {
    let fake = Fake::new();
    let mut harness = lab(&fake, settings());
    assert_eq!(counter(&harness, "Delivered"), "12 of 12");
    harness.get_by_label_contains("All 12 packets arrive, in");
    let sent = counter(&harness, "Sent");
    press(&mut harness, "Go-back-N");
    assert_ne!(counter(&harness, "Sent"), sent);
    assert_eq!(counter(&harness, "Delivered"), "12 of 12");
    press(&mut harness, "Stop-and-wait");
    assert!(harness.query_by_role_and_label(Role::Slider, "Window, packets").is_none(), "it has no window to choose");
}

#[test]
fn steps_go_back_and_forth() {
    let fake = Fake::new();
    let mut harness = lab(&fake, settings());
    press(&mut harness, "To the beginning");
    assert_eq!((counter(&harness, "Sent"), counter(&harness, "Delivered")), ("0".into(), "0 of 12".into()));
    let back = harness.get_by_role_and_label(Role::Button, "A step back");
    assert!(back.accesskit_node().is_disabled());
    for _ in 0..3 {
        press(&mut harness, "A step on");
    }
    let after = counter(&harness, "Sent");
    assert_ne!(after, "0");
    press(&mut harness, "A step on");
    press(&mut harness, "A step back");
    assert_eq!(counter(&harness, "Sent"), after);
    press(&mut harness, "Play");
    harness.get_by_role_and_label(Role::Button, "Pause");
    press(&mut harness, "Pause");
}

#[test]
fn a_packet_is_chosen_by_keyboard_lost_and_left_to_chance_again() {
    let fake = Fake::new();
    let mut harness = lab(&fake, settings());
    let before = counter(&harness, "Data lost");
    let diagram = |harness: &mut Harness| {
        harness.get_by(|n| n.role() == Role::Button && n.label().is_some_and(|label| label.starts_with("Space-time diagram"))).focus();
        settle(harness);
    };
    diagram(&mut harness);
    harness.key_press(Key::ArrowDown);
    settle(&mut harness);
    harness.get_by_label("Data 0");
    press(&mut harness, "Lose it");
    let lost = counter(&harness, "Data lost");
    assert_ne!(lost, before);
    told(&harness, "lost by you");
    press(&mut harness, "As chance has it");
    assert_eq!(counter(&harness, "Data lost"), before);
    press(&mut harness, "Delay it");
    told(&harness, "delayed by you");
    diagram(&mut harness);
    harness.key_press_modifiers(Modifiers::NONE, Key::Delete);
    settle(&mut harness);
    told(&harness, "lost by you");
    press(&mut harness, "Let it through");
    told(&harness, "let through by you");
}

#[test]
fn a_window_that_is_too_large_is_named_and_may_be_had() {
    let fake = Fake::new();
    let mut harness = lab(&fake, settings());
    harness.get_by_role_and_label(Role::Slider, "Bits of a sequence number").focus();
    settle(&mut harness);
    // From 32 bits to 1.
    for _ in 0..5 {
        harness.key_press(Key::ArrowLeft);
        settle(&mut harness);
    }
    harness.get_by_label_contains("is too large for selective repeat with 1-bit");
    press(&mut harness, "Let the window be too large");
    // Even so there cannot be more packets on their way than numbers.
    harness.get_by_label_contains("at most 2");
    harness.get_by_role_and_label(Role::Slider, "Window, packets").focus();
    settle(&mut harness);
    for _ in 0..2 {
        harness.key_press(Key::ArrowLeft);
        settle(&mut harness);
    }
    assert!(harness.query_by_label_contains("is too large for").is_none());
}

#[test]
fn a_run_is_saved_and_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.json");
    let fake = Fake::new();
    let mut harness = lab(&fake, settings());
    press(&mut harness, "Go-back-N");
    let sent = counter(&harness, "Sent");
    press(&mut harness, "Export");
    harness.get_by_label("The run, to be loaded again (JSON)").click();
    settle(&mut harness);
    assert!(fake.lock().calls.contains(&Call::Pick(Pick::Lab(LabFile::RunRecord))));
    fake.lock().picked = Some(Some(path.clone()));
    settle(&mut harness);
    harness.get_by_label_contains("Written to");
    assert!(std::fs::read_to_string(&path).unwrap().contains("lectern-arq-1"));

    let other = Fake::new();
    let mut harness = lab(&other, settings());
    assert_ne!(counter(&harness, "Sent"), sent);
    // It may stand below what is in sight.
    harness.get_by_label("Load a run").click_accesskit();
    settle(&mut harness);
    assert!(other.lock().calls.contains(&Call::Pick(Pick::Lab(LabFile::Run))));
    other.lock().picked = Some(Some(path));
    settle(&mut harness);
    assert_eq!(counter(&harness, "Sent"), sent);
}

#[test]
fn it_speaks_german() {
    let fake = Fake::new();
    let german = Settings { language: Some(Language::German), ..settings() };
    let mut harness = open(&fake, german, Start::default());
    press(&mut harness, "Labore: Hamming-Codes und Wiederholung, ohne Klasse");
    press(&mut harness, "Wiederholung");
    harness.get_by_label_contains("Alle 12 Pakete kommen an");
    assert_eq!(counter(&harness, "Übergeben"), "12 von 12");
}
