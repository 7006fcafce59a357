//! The settings by label, role and key: each choice is in force at once and remembered.

#![allow(clippy::unwrap_used)]

mod ui_support;

use egui::accesskit::Role as Seen;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable;
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::Start;
use lectern_proto::control::Role;
use ui_support::{Fake, enter, link, open};

type Harness = egui_kittest::Harness<'static, Option<lectern::ui::window::Window>>;

fn choose(harness: &mut Harness, label: &str) {
    harness.get_by_role_and_label(Seen::Button, label).click();
    harness.run_ok();
}

fn settings(harness: &Harness) -> Settings {
    harness.state().as_ref().unwrap().settings().clone()
}

#[test]
fn choices_are_in_force_at_once_and_remembered() {
    let mut harness = enter(&Fake::joined(Role::Student));
    choose(&mut harness, "Settings");
    choose(&mut harness, "Colours: Light");
    assert_eq!((harness.ctx.theme(), settings(&harness).dark), (Theme::Light, Some(false)));
    choose(&mut harness, "Colours: Dark");
    assert_eq!(harness.ctx.theme(), Theme::Dark);
    choose(&mut harness, "Motion: Nothing moves by itself");
    assert_eq!(settings(&harness).still, Some(true));
    assert!([Theme::Dark, Theme::Light].into_iter().all(|t| harness.ctx.style_of(t).animation_time == 0.0));
    choose(&mut harness, "Motion: Full");
    assert!(harness.ctx.style_of(Theme::Dark).animation_time > 0.0);
    choose(&mut harness, "Size of everything: 150 %");
    assert!((harness.ctx.zoom_factor() - 1.5).abs() < 1e-3 && (settings(&harness).scale - 1.5).abs() < 1e-3);
    choose(&mut harness, "Language: Deutsch");
    assert_eq!(settings(&harness).language, Some(Language::German));
    harness.get_by_label("Größe von allem");
    harness.key_press(Key::Escape);
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "Die Klasse verlassen");
    assert!(harness.query_by_label("Größe von allem").is_none());
}

#[test]
fn what_was_chosen_holds_at_the_next_start() {
    let chosen = Settings { scale: 1.25, still: Some(true), dark: Some(false), ..ui_support::settings() };
    let start = Start { join: Some(link(false, None)), name: Some("Ana".into()), password: Some("secret".into()) };
    let mut harness = open(&Fake::joined(Role::Student), chosen.clone(), start);
    harness.run_ok();
    assert!((harness.ctx.zoom_factor() - 1.25).abs() < 1e-3);
    assert_eq!(harness.ctx.theme(), Theme::Light);
    assert!(harness.ctx.style_of(Theme::Light).animation_time == 0.0);
    assert_eq!((settings(&harness).scale, settings(&harness).still), (1.25, Some(true)));
}

#[test]
fn a_damaged_scale_does_not_hide_the_window() {
    for scale in [f32::NAN, 0.0, -3.0, 1e9, f32::INFINITY] {
        let start = Start { join: Some(link(false, None)), name: Some("Ana".into()), password: Some("secret".into()) };
        let mut harness = open(&Fake::joined(Role::Student), Settings { scale, ..ui_support::settings() }, start);
        harness.run_ok();
        let used = harness.ctx.zoom_factor();
        assert!((0.5..=2.0).contains(&used), "{scale}: {used}");
    }
}

#[test]
fn the_name_is_for_the_next_class() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    harness.run_ok();
    let field = harness.get_by(|n| n.role() == Seen::TextInput && n.label().as_deref() == Some("Your name in the next class"));
    assert_eq!(field.value().as_deref(), Some("Ana"));
    field.focus();
    harness.run_ok();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.event(egui::Event::Text("Ben/Dana?".into()));
    harness.run_ok();
    assert_eq!(settings(&harness).name, "Ben/Dana?", "its keys are those of the field");
    assert_eq!(fake.lock().joins.len(), 1);
    assert_eq!(fake.take(), []);
}

#[test]
fn keys_of_the_stage_wait_behind_the_settings() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Routing basics, 42:10").click();
    harness.run_ok();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    harness.run_ok();
    fake.take();
    for key in [Key::K, Key::L, Key::Num3, Key::F] {
        harness.key_press(key);
    }
    harness.run_ok();
    assert_eq!(fake.take(), []);
    harness.check_accessibility();
}

#[test]
fn the_settings_fit_into_the_smallest_window_at_every_scale() {
    for percent in ["80 %", "200 %"] {
        let mut harness = enter(&Fake::joined(Role::Instructor));
        choose(&mut harness, "Settings");
        choose(&mut harness, &format!("Size of everything: {percent}"));
        harness.set_size(egui::vec2(480.0, 400.0));
        harness.run_ok();
        let close = harness.get_by_role_and_label(Seen::Button, "Close").rect();
        assert!(harness.ctx.content_rect().contains_rect(close), "{percent}: {close}");
    }
}

#[test]
fn the_device_that_plays_is_chosen_and_one_that_is_not_connected_is_told() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Routing basics, 42:10").click();
    harness.run_ok();
    assert_eq!(fake.lock().out.device, None);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    harness.run_ok();
    choose(&mut harness, "Sound from: Hall");
    assert_eq!((settings(&harness).output.as_deref(), fake.lock().out.device.as_deref()), (Some("Hall"), Some("Hall")), "what plays goes there at once");
    assert!(harness.query_by_label_contains("is not connected").is_none());
    fake.lock().podcasts.outputs.retain(|name| name != "Hall");
    // The sentence makes the card taller, and that it is in the middle again takes a pass.
    harness.run_steps(4);
    harness.get_by_label_contains("“Hall” is not connected");
    harness.get_by_role_and_label(Seen::Button, "Sound from: Hall");
    choose(&mut harness, "Sound from: As the system");
    assert_eq!((settings(&harness).output, fake.lock().out.device.clone()), (None, None));
}
