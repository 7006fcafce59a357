//! Catalogue and people by label and role: every state of a video, opening one, removing a person.

#![allow(clippy::unwrap_used)]

mod ui_support;

use egui::accesskit::Role as Seen;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::class::{Ahead, AheadTally};
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::Start;
use lectern_proto::control::{AheadProgress, Damage, FailureKind, FailureReason, Lesson, PersonId, Role, VideoId, VideoState};
use lectern_proto::quality::Quality;
use ui_support::{Call, Fake, enter, ready, video};

#[test]
fn every_state_of_a_video_is_shown() {
    let harness = enter(&Fake::joined(Role::Student));
    let card = |label| harness.get_by_role_and_label(Seen::Button, label).accesskit_node().is_disabled();
    assert!(!card("Routing basics, 42:10"));
    assert!(!card("Recording 20 Nov, waiting"));
    assert!(!card("Why BGP is about money, preparing, 62 %"));
    assert!(card("lab-3 capture (copy).mkv, failed: The file ends after 4 MB; the copy was cut off."));
    let bar = harness.get_by_role_and_label(Seen::ProgressIndicator, "Preparing Why BGP is about money");
    assert_eq!(bar.accesskit_node().numeric_value(), Some(62.0));
    harness.get_by_label("4 videos · 2 h 17 min");
}

fn titles(harness: &egui_kittest::Harness<'static, Option<lectern::ui::window::Window>>) -> Vec<String> {
    let cards = harness.query_all_by_role(Seen::Button).filter(|n| n.rect().height() > 100.0);
    cards.filter_map(|n| n.accesskit_node().label()?.split(',').next().map(str::to_owned)).collect()
}

#[test]
fn a_slash_searches_and_escape_shows_everything_again() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    harness.event(egui::Event::Text("/".into()));
    harness.run_ok();
    harness.event(egui::Event::Text("bgp WHY".into()));
    harness.run_ok();
    assert_eq!(titles(&harness), ["Why BGP is about money"]);
    assert_eq!(harness.get_by_role(Seen::SearchInput).value().as_deref(), Some("bgp WHY"), "the slash only leads there");
    harness.key_press(egui::Key::Escape);
    harness.run_ok();
    assert_eq!(titles(&harness).len(), 4);
    harness.event(egui::Event::Text("/".into()));
    harness.run_ok();
    harness.event(egui::Event::Text("no such title".into()));
    harness.run_ok();
    harness.get_by_label("Nothing found");
    harness.get_by_role_and_label(Seen::Button, "Show all videos").click();
    harness.run_ok();
    assert_eq!(titles(&harness).len(), 4);
}

#[test]
fn enter_leads_from_the_search_to_the_first_card() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::F);
    harness.run_ok();
    harness.event(egui::Event::Text("routing".into()));
    harness.key_press(egui::Key::Enter);
    harness.run_ok();
    assert!(harness.get_by_role_and_label(Seen::Button, "Routing basics, 42:10").is_focused());
    harness.key_press(egui::Key::Enter);
    harness.run_ok();
    assert!(matches!(&fake.take()[0], Call::Open(id, _) if id.0 == "r"));
}

#[test]
fn an_instructor_prepares_the_class_and_sees_how_many_are_ready() {
    let fake = Fake::joined(Role::Instructor);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "More for Routing basics").click();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::MenuItemRadio, "360p").click();
    harness.run_ok();
    let lesson = Lesson { video: VideoId("r".into()), rung: "360p".into() };
    assert_eq!(fake.take(), [Call::FetchAhead(Some(lesson.clone()))], "and it is not opened");
    fake.lock().state.ahead = Ahead { lesson: Some(lesson), class: Some(AheadTally { ready: 52, of: 60, unable: 0 }), ..Ahead::default() };
    harness.run_ok();
    let bar = harness.get_by_role_and_label(Seen::ProgressIndicator, "52 of 60 ready");
    assert_eq!(bar.accesskit_node().numeric_value().map(f64::round), Some(87.0));
    harness.get_by_role_and_label(Seen::Button, "Stop").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::FetchAhead(None)]);
}

#[test]
fn a_student_sees_what_is_on_this_machine_and_has_no_such_menu() {
    let fake = Fake::joined(Role::Student);
    let lesson = Lesson { video: VideoId("r".into()), rung: "360p".into() };
    fake.lock().state.ahead = Ahead { lesson: Some(lesson), own: Some(AheadProgress::Fetched { permille: 420 }), ..Ahead::default() };
    let mut harness = enter(&fake);
    assert!(harness.query_by_label("More for Routing basics").is_none() && harness.query_by_label("Stop").is_none());
    harness.get_by_role_and_label(Seen::ProgressIndicator, "42 % is on this machine");
    fake.lock().state.ahead.own = Some(AheadProgress::Fetched { permille: 1_000 });
    harness.run_ok();
    harness.get_by_role_and_label(Seen::ProgressIndicator, "All of it is on this machine");
    harness.get_by_label("Routing basics, all of it");
}

#[test]
fn what_waits_is_asked_for_and_opens_when_its_first_part_is_there() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Recording 20 Nov, waiting").click();
    harness.run_steps(3);
    harness.get_by_role_and_label(Seen::Button, "Recording 20 Nov, opens as soon as its first part is prepared");
    let wanted = VideoId("w".into());
    assert_eq!(fake.take(), [Call::Want(wanted.clone())], "once, not with every pass");
    let ready = ready();
    for video in fake.lock().state.videos.iter_mut().filter(|v| v.id == wanted) {
        video.state = VideoState::Preparing { permille: 3, manifest: ready.manifest() };
    }
    harness.run_steps(3);
    assert!(matches!(&fake.take()[..], [Call::Open(id, _), ..] if *id == wanted));
}

#[test]
fn orders_and_states_are_chosen() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    assert_eq!(titles(&harness)[0], "lab-3 capture (copy).mkv");
    harness.get_by_role_and_label(Seen::Button, "Order: Title, A to Z").click();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::MenuItemRadio, "Longest first").click();
    harness.run_ok();
    assert_eq!(titles(&harness), ["Recording 20 Nov", "Routing basics", "Why BGP is about money", "lab-3 capture (copy).mkv"]);
    assert_eq!(harness.state().as_ref().unwrap().settings().order, lectern::ui::catalogue::Order::Longest, "it is remembered");
    harness.get_by_role_and_label(Seen::Button, "Preparing, 2").click();
    harness.run_ok();
    assert_eq!(titles(&harness), ["Recording 20 Nov", "Why BGP is about money"]);
    harness.get_by_role_and_label(Seen::Button, "All, 4").click();
    harness.run_ok();
    assert_eq!(titles(&harness).len(), 4);
}

#[test]
fn a_failure_is_told_at_length_with_what_to_do() {
    let fake = Fake::joined(Role::Instructor);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "lab-3 capture (copy).mkv: show why it failed").click();
    harness.run_ok();
    assert!(harness.query_all_by_label("The file ends after 4 MB; the copy was cut off.").count() == 2, "in the card and at length");
    harness.get_by_label_contains("copy it again");
    harness.key_press(egui::Key::Escape);
    harness.run_ok();
    assert!(harness.query_by_label_contains("copy it again").is_none());
}

#[test]
fn preparing_tells_how_long_it_will_take() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    let set = |permille| fake.lock().state.videos[2].state = lectern_proto::control::VideoState::Preparing { permille, manifest: None };
    set(700);
    // A step is a quarter of a second.
    harness.run_steps(12);
    harness.get_by_label("70 %");
    set(750);
    harness.run_steps(1);
    let told = harness.query_by(|n| n.value().is_some_and(|v| v.starts_with("75 % · 0:") && v.ends_with(" left")));
    assert!(told.is_some());
}

#[test]
fn the_list_of_keys_is_that_of_the_screen() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    harness.key_press(egui::Key::Questionmark);
    harness.run_ok();
    harness.get_by_label("Search the titles");
    assert!(harness.query_by_label("10 s back or forward").is_none());
    harness.key_press(egui::Key::Escape);
    harness.run_ok();
    assert!(harness.query_by_label("Search the titles").is_none());
}

/// The middle of the time that a pass takes, once everything is there.
fn pass_time(videos: usize) -> std::time::Duration {
    let fake = Fake::joined(Role::Student);
    fake.lock().state.videos = (0..videos).map(|i| video(&format!("{i:016x}"), &format!("Lesson {i}"), 60, ready())).collect();
    let mut harness = enter(&fake);
    let mut times: Vec<_> = (0..41)
        .map(|_| {
            let from = std::time::Instant::now();
            harness.step();
            from.elapsed()
        })
        .collect();
    times.sort();
    times[20]
}

#[test]
fn a_pass_over_ten_thousand_videos_costs_what_one_over_fifty_does() {
    let (few, many) = (pass_time(50), pass_time(10_000));
    println!("a pass: {few:?} with 50 videos, {many:?} with 10,000");
    assert!(many < few * 3, "{few:?} with 50 videos, {many:?} with 10,000");
}

#[test]
fn a_click_opens_a_video_in_a_rung_that_it_has() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Routing basics, 42:10").click();
    harness.run_ok();
    assert_eq!(fake.take()[0], Call::Open(VideoId("r".into()), Quality::Auto));
    harness.get_by_role_and_label(Seen::Button, "Pause");
    harness.get_by_role_and_label(Seen::Button, "Back to the videos").click();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "Routing basics, 42:10");
}

#[test]
fn what_could_not_be_read_is_said() {
    let fake = Fake::joined(Role::Student);
    for (places, words) in [(1, "2.4 s around 1:12 could not be read."), (3, "2.4 s in 3 places could not be read, most of it around 1:12.")] {
        if let Some(video) = fake.lock().state.videos.iter_mut().find(|v| v.id.0 == "r") {
            video.damage = Some(Damage { lost_us: 2_400_000, places, around_us: 72_000_000 });
        }
        let mut harness = enter(&fake);
        harness.run_ok();
        harness.get_by_role_and_label(Seen::Button, &format!("Routing basics, 42:10. {words}"));
        harness.get_by_label(words);
    }
}

#[test]
fn a_video_that_failed_does_not_open() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    let failed = "lab-3 capture (copy).mkv, failed: The file ends after 4 MB; the copy was cut off.";
    let at = harness.get_by_role_and_label(Seen::Button, failed).rect().center();
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

#[test]
fn a_german_window_says_in_german_why_a_video_failed_and_quotes_the_server_to_the_instructor_alone() {
    for (role, quoted) in [(Role::Instructor, 1), (Role::Student, 0)] {
        let fake = Fake::joined(role);
        let reason = FailureReason::new(FailureKind::Io, "The media worker could not open the file: oh no.");
        fake.lock().state.videos = vec![ui_support::video("f", "lab-3", 0, VideoState::Failed { reason })];
        let start = Start { join: Some(ui_support::link(false, None)), name: Some("Ana".into()), password: Some("secret".into()) };
        let mut harness = ui_support::open(&fake, Settings { language: Some(Language::German), ..ui_support::settings() }, start);
        harness.run_ok();
        let sentence = "Der Server kann für diese Datei nicht lesen oder schreiben, was er braucht. Prüfen Sie den Datenträger und die Rechte der Datei.";
        harness.get_by_label(sentence);
        harness.get_by_role_and_label(Seen::Button, "lab-3: zeigen, warum es misslang").click();
        harness.run_ok();
        assert_eq!(harness.query_all_by_label(sentence).count(), 2, "in the card and at length");
        assert_eq!(harness.query_all_by_label("Der Server meldet: The media worker could not open the file: oh no.").count(), quoted);
    }
}
