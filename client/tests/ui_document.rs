//! The document camera and a camera in the corner, by label, mouse and key.

#![allow(clippy::unwrap_used)]

mod ui_support;

use std::sync::Arc;

use egui::accesskit::Role as Seen;
use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::live::{Choice, Corner, Device, Devices, Inset, Pictures, Published, Sheet};
use lectern::ui::window::Window;
use lectern_proto::control::Role;
use lectern_proto::live::pipe::{DocumentOrder, SheetState};
use ui_support::{Call, Fake, enter};

type Screen = Harness<'static, Option<Window>>;

fn press(harness: &mut Screen, label: &str) {
    harness.get_by_role_and_label(Seen::Button, label).click();
    harness.run_steps(4);
}

fn choose(harness: &mut Screen, label: &str) {
    harness.get_by_role_and_label(Seen::MenuItemRadio, label).click();
    harness.run_steps(4);
}

fn device(id: &str, name: &str, default: bool) -> Device {
    Device { id: id.into(), name: name.into(), default }
}

fn choices(fake: &Fake) -> Vec<Choice> {
    fake.take().into_iter().filter_map(|c| if let Call::Publish(choice) = c { Some(choice) } else { None }).collect()
}

/// The Class view of an instructor with two cameras.
fn studio(fake: &Fake) -> Screen {
    let cameras = vec![device("0", "Laptop", true), device("2", "Desk camera", false)];
    fake.lock().devices = Some(Ok(Arc::new(Devices { cameras, ..Devices::default() })));
    let mut harness = enter(fake);
    press(&mut harness, "Class");
    fake.lock().publishing.stage = Published::Ready;
    fake.lock().publishing.pictures = Some((1280, 720, 30_000));
    harness.run_steps(2);
    fake.take();
    harness
}

fn sheet(fake: &Fake, harness: &mut Screen, state: SheetState, corners: Option<[[f32; 2]; 4]>) {
    fake.lock().sheet = Sheet { state, corners };
    harness.run_steps(2);
}

const SHEET: [[f32; 2]; 4] = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]];

#[test]
fn the_document_camera_has_a_card_and_its_orders() {
    let fake = Fake::joined(Role::Instructor);
    let mut harness = studio(&fake);
    assert!(harness.query_by_role_and_label(Seen::Button, "Automatic").is_none(), "another camera is chosen");
    press(&mut harness, "Show Document");
    assert_eq!(choices(&fake)[0].pictures, Some(Pictures::Document("2".into())), "not the one that sees a face");
    sheet(&fake, &mut harness, SheetState::Missing, None);
    harness.get_by_label_contains("No sheet or board is found.");
    press(&mut harness, "Hold");
    assert_eq!(fake.take(), [], "there is nothing to hold");
    sheet(&fake, &mut harness, SheetState::Found, Some(SHEET));
    press(&mut harness, "Hold");
    press(&mut harness, "Off");
    press(&mut harness, "Automatic");
    assert_eq!(fake.take(), [DocumentOrder::Hold, DocumentOrder::Off, DocumentOrder::Find].map(Call::Document));
    press(&mut harness, "Document camera: Desk camera");
    choose(&mut harness, "Laptop");
    assert_eq!(choices(&fake)[0].pictures, Some(Pictures::Document("0".into())));
}

#[test]
fn corners_are_dragged_with_the_mouse_and_moved_with_the_keys() {
    let fake = Fake::joined(Role::Instructor);
    let mut harness = studio(&fake);
    press(&mut harness, "Show Document");
    fake.take();
    sheet(&fake, &mut harness, SheetState::Found, Some(SHEET));
    press(&mut harness, "Corners");
    assert_eq!(fake.take(), [Call::Document(DocumentOrder::Off)], "the whole picture is shown");
    assert!(harness.query_by_label_contains("Corner top left").is_none(), "not before it is");
    sheet(&fake, &mut harness, SheetState::Off, None);
    let at = harness.get_by_label("Corner top left: 20 % across, 20 % down").rect().center();
    let other = harness.get_by_label("Corner top right: 80 % across, 20 % down").rect().center();
    // A tenth of the picture's width to the right.
    let tenth = vec2((other.x - at.x) / 6.0, 0.0);
    harness.drag_at(at);
    harness.run_steps(2);
    harness.hover_at(at + tenth);
    harness.run_steps(2);
    harness.drop_at(at + tenth);
    harness.run_steps(2);
    harness.get_by_label("Corner top left: 30 % across, 20 % down");
    // It has the focus now; with Shift ten steps of 0.4 %.
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowDown);
    harness.run_steps(2);
    harness.key_press(Key::ArrowLeft);
    harness.run_steps(2);
    harness.get_by_label("Corner top left: 30 % across, 24 % down");
    assert!(harness.get_by_label("Corner top left: 30 % across, 24 % down").accesskit_node().is_focused());
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    let calls = fake.take();
    let [Call::Document(DocumentOrder::Corners { corners })] = calls[..] else { panic!("{calls:?}") };
    let near = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).abs() < 0.004 && (a[1] - b[1]).abs() < 0.004;
    assert!(near(corners[0], [0.296, 0.24]) && corners[1..] == SHEET[1..], "{corners:?}");
    assert!(harness.query_by_label_contains("Corner top left").is_none());
}

#[test]
fn what_was_there_before_comes_back_when_corners_are_cancelled() {
    let fake = Fake::joined(Role::Instructor);
    let mut harness = studio(&fake);
    press(&mut harness, "Show Document");
    fake.take();
    for (state, back) in [(SheetState::Held, DocumentOrder::Corners { corners: SHEET }), (SheetState::Found, DocumentOrder::Find)] {
        sheet(&fake, &mut harness, state, Some(SHEET));
        press(&mut harness, "Corners");
        sheet(&fake, &mut harness, SheetState::Off, None);
        if state == SheetState::Held {
            press(&mut harness, "Cancel");
        } else {
            harness.key_press(Key::Escape);
            harness.run_steps(2);
        }
        assert_eq!(fake.take(), [DocumentOrder::Off, back].map(Call::Document));
    }
}

#[test]
fn another_camera_lies_in_a_corner() {
    let fake = Fake::joined(Role::Instructor);
    let mut harness = studio(&fake);
    press(&mut harness, "Show Test pattern");
    press(&mut harness, "In the corner: none");
    choose(&mut harness, "Laptop");
    press(&mut harness, "Bottom right, 25 %");
    choose(&mut harness, "Top left");
    press(&mut harness, "Top left, 25 %");
    choose(&mut harness, "35 % of width and height");
    let inset = |corner, percent| Some(Inset { camera: "0".into(), corner, percent });
    let want = [None, inset(Corner::BottomRight, 25), inset(Corner::TopLeft, 25), inset(Corner::TopLeft, 35)];
    assert_eq!(choices(&fake).into_iter().map(|c| c.inset).collect::<Vec<_>>(), want);
    // A camera is open once.
    press(&mut harness, "Show Laptop");
    assert_eq!(choices(&fake)[0].inset, None);
    press(&mut harness, "In the corner: none");
    assert!(harness.query_by_role_and_label(Seen::MenuItemRadio, "Laptop").is_none());
}
