//! The Hamming lab by label, role and key: bits are turned, what happened is told, files are read and written.

#![allow(clippy::unwrap_used)]

mod ui_support;

use egui::Key;
use egui::accesskit::Role as Seen;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::ui::backend::{LabFile, Pick};
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::{Start, Window};
use lectern_proto::control::Role;
use serde_json::Value;
use ui_support::{Call, Fake, enter, open, settings};

type Seat = Harness<'static, Option<Window>>;

fn click(harness: &mut Seat, label: &str) {
    harness.get_by_role_and_label(Seen::Button, label).click();
    harness.run_ok();
}

fn shows(harness: &Seat, label: &str) -> bool {
    harness.query_by_label(label).is_some()
}

/// The labs from the first screen, without any class.
fn labs(fake: &Fake) -> Seat {
    let mut harness = open(fake, settings(), Start::default());
    harness.run_ok();
    click(&mut harness, "Labs: Hamming codes and repeat request, without a class");
    harness
}

#[test]
fn the_lab_needs_no_class_and_leads_back() {
    let fake = Fake::new();
    let mut harness = labs(&fake);
    assert!(shows(&harness, "Block 1 of 12") && shows(&harness, "No error: 12") && shows(&harness, "Decoded: Hi Ana"));
    assert!(shows(&harness, "H: s1 10101010, s2 01100110, s4 00011110, p 11111111"));
    assert!(fake.lock().joins.is_empty());
    click(&mut harness, "Back to the first screen");
    assert!(shows(&harness, "Join link"));
}

#[test]
fn in_a_class_the_rail_leads_there_and_away() {
    let mut harness = enter(&Fake::joined(Role::Student));
    click(&mut harness, "Labs");
    assert!(shows(&harness, "Block 1 of 12") && !shows(&harness, "Back to the first screen"));
    click(&mut harness, "Podcast");
    assert!(!shows(&harness, "Block 1 of 12"));
    click(&mut harness, "Labs");
    click(&mut harness, "Watch");
    assert!(!shows(&harness, "Block 1 of 12") && shows(&harness, "Routing basics, 42:10"));
}

#[test]
fn one_error_is_corrected_and_two_are_told_as_they_are() {
    let mut harness = labs(&Fake::new());
    // Block 4 is the lower half of "i", 1001, as in the mock-up.
    click(&mut harness, "Block 4, 1001: No error");
    click(&mut harness, "Bit 5, d2: 0");
    assert!(shows(&harness, "Syndrome 101: the receiver turns bit 5 around. That mends it: exactly this bit was wrong."));
    assert!(shows(&harness, "Odd in s1, s4, even in the others: only d2 fits.") && shows(&harness, "Corrected: 1"));
    click(&mut harness, "d3 in the circles: 0");
    assert!(shows(&harness, "Detected, uncorrectable: 1") && shows(&harness, "Corrected: 0"));
    // Without the extra bit the same two errors are miscorrected; flips of other blocks are gone with the code.
    click(&mut harness, "Extra parity bit (SECDED)");
    assert!(shows(&harness, "No error: 12"));
    click(&mut harness, "Bit 5, d2: 0");
    click(&mut harness, "Bit 6, d3: 0");
    assert!(shows(&harness, "Miscorrected: 1") && shows(&harness, "Block 4, 1001: Miscorrected"));
    click(&mut harness, "Undo all flips");
    for bit in ["Bit 1, p1: 0", "Bit 2, p2: 0", "Bit 3, d1: 1"] {
        click(&mut harness, bit);
    }
    assert!(shows(&harness, "Undetected: 1"));
}

#[test]
fn bits_are_turned_by_keys() {
    let mut harness = labs(&Fake::new());
    harness.get_by_role_and_label(Seen::Button, "Bit 1, p1: 1").focus();
    harness.run_ok();
    harness.key_press(Key::ArrowRight);
    harness.run_ok();
    harness.key_press(Key::Space);
    harness.run_ok();
    assert!(shows(&harness, "Bit 2, p2: 1, flipped") && shows(&harness, "Corrected: 1"));
    harness.key_press(Key::ArrowLeft);
    harness.run_ok();
    harness.key_press(Key::Space);
    harness.run_ok();
    assert!(shows(&harness, "Bit 1, p1: 0, flipped") && shows(&harness, "Detected, uncorrectable: 1"));
}

#[test]
fn a_seed_repeats_what_the_channel_does() {
    let outcomes = |harness: &Seat| {
        let label = |n: &egui_kittest::Node<'_>| n.accesskit_node().label().filter(|l| l.starts_with("Block ") && l.contains(": "));
        harness.get_all_by_role(Seen::Button).filter_map(|n| label(&n)).collect::<Vec<_>>()
    };
    let run = || {
        let mut harness = labs(&Fake::new());
        click(&mut harness, "Channel: Burst");
        click(&mut harness, "Flip at random");
        let first = outcomes(&harness);
        assert_eq!(first.len(), 12);
        assert!(first.iter().any(|label| !label.ends_with("No error")), "{first:?}");
        (0..8).for_each(|_| click(&mut harness, "Next seed"));
        (first, outcomes(&harness))
    };
    let (a, b) = run();
    assert_ne!(a, b);
    assert_eq!((a, b), run());
}

#[test]
fn every_code_and_order_is_drawn() {
    let mut harness = labs(&Fake::new());
    for name in ["(3,1)", "(15,11)", "(31,26)", "(63,57)", "(127,120)", "(7,4)"] {
        let chosen = harness.get_all_by_role(Seen::Button).filter_map(|n| n.accesskit_node().label()).find(|l| l.starts_with("Code: ")).unwrap();
        click(&mut harness, &chosen);
        harness.get_by_label(&format!("Hamming {name}")).click();
        harness.run_ok();
        for order in ["Order of bits: Systematic", "Order of bits: Classic"] {
            click(&mut harness, order);
            let first = if order.ends_with("Classic") { "Bit 1, p1" } else { "Bit 1, d1" };
            let bits = harness.get_all_by_role(Seen::Button).filter_map(|n| n.accesskit_node().label()).filter(|l| l.starts_with(first)).count();
            assert_eq!(bits, 1, "{name}, {order}");
        }
    }
}

#[test]
fn what_is_typed_may_be_anything() {
    let mut harness = labs(&Fake::new());
    for (text, blocks) in [("", 0), ("Übung 数字 🚀", 36)] {
        let field = harness.get_by(|n| n.role() == Seen::TextInput && n.label().as_deref() == Some("Text of the message"));
        field.focus();
        harness.run_ok();
        harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
        harness.key_press(Key::Backspace);
        harness.run_ok();
        if !text.is_empty() {
            harness.get_by(|n| n.role() == Seen::TextInput && n.label().as_deref() == Some("Text of the message")).type_text(text);
            harness.run_ok();
        }
        assert!(shows(&harness, &format!("What happened, {blocks} blocks")), "{text}");
    }
    click(&mut harness, "Message: Hex");
    assert!(shows(&harness, "Block 1 of 4"));
    harness.get_by(|n| n.role() == Seen::TextInput && n.label().as_deref() == Some("Hexadecimal digits")).focus();
    harness.run_ok();
    harness.get_by(|n| n.role() == Seen::TextInput && n.label().as_deref() == Some("Hexadecimal digits")).type_text("x");
    harness.run_ok();
    assert!(shows(&harness, "Two digits, 0 to 9 and a to f, make a byte."));
}

#[test]
fn files_are_read_and_written_where_the_dialog_says() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::new();
    let mut harness = labs(&fake);
    let from = folder.path().join("from.bin");
    std::fs::write(&from, [0xff, 0x00, 0x9a]).unwrap();
    click(&mut harness, "Message: File");
    fake.lock().picked = Some(Some(from));
    click(&mut harness, "Choose a file");
    assert_eq!(fake.take(), [Call::Pick(Pick::Lab(LabFile::Message))]);
    harness.run_ok();
    assert!(shows(&harness, "from.bin") && shows(&harness, "Block 1 of 6"));
    let mut export = |choice: &str, file: LabFile, name: &str| {
        let path = folder.path().join(name);
        fake.lock().picked = Some(Some(path.clone()));
        click(&mut harness, "Export");
        harness.get_by_label(choice).click();
        harness.run_ok();
        assert_eq!(fake.take(), [Call::Pick(Pick::Lab(file))]);
        harness.run_ok();
        assert!(shows(&harness, &format!("Written to {}.", path.display())));
        std::fs::read_to_string(path).unwrap()
    };
    let blocks: Value = serde_json::from_str(&export("All blocks (JSON)", LabFile::Blocks, "blocks.json")).unwrap();
    assert_eq!((blocks["blocks"][0]["data"].as_str(), blocks["blocks"].as_array().map(Vec::len)), (Some("1111"), Some(6)));
    assert!(export("The plot as a picture (SVG)", LabFile::PlotPicture, "plot.svg").contains("(8,4) SECDED, unnoticed"));
    assert!(export("Its measured points (CSV)", LabFile::PlotPoints, "plot.csv").starts_with("code,"));
    fake.lock().picked = Some(Some(folder.path().join("no-such-folder").join("x.svg")));
    click(&mut harness, "Export");
    harness.get_by_label("The plot as a picture (SVG)").click();
    harness.run_ok();
    harness.run_ok();
    assert!(harness.query_all_by_label_contains("was not read or written").next().is_some());
}

#[test]
fn in_german_and_in_a_small_window() {
    let german = Settings { language: Some(Language::German), ..settings() };
    let mut harness = open(&Fake::new(), german, Start::default());
    harness.run_ok();
    click(&mut harness, "Labore: Hamming-Codes und Wiederholung, ohne Klasse");
    for size in [[1280.0, 800.0], [700.0, 500.0], [480.0, 400.0]] {
        harness.set_size(size.into());
        harness.run_ok();
        assert!(shows(&harness, "Kein Fehler: 12") && shows(&harness, "Prüfmatrix"), "{size:?}");
    }
}
