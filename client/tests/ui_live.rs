//! Live streams in the window by label and role: what runs, watching one, its end, in two languages.

#![allow(clippy::unwrap_used)]

mod ui_support;

use std::time::Duration;

use egui::accesskit::Role as Seen;
use egui_kittest::kittest::Queryable;
use lectern::live::LiveStatus;
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::Start;
use lectern_proto::control::{LiveMedia, LiveSound, LiveTrack, LiveVideo, PersonId, Role, StreamId, StreamInfo, StreamKind, ViewerReport};
use lectern_proto::live::choice::Limit;
use ui_support::{Call, Fake, enter, link, open, settings};

const STREAM: StreamId = StreamId([7; 16]);

fn stream(name: &str, kind: StreamKind, has_pictures: bool) -> StreamInfo {
    let video = LiveVideo { rung: "720p".into(), width: 1280, height: 720, rate_milli: 30_000, bps: 2_500_000, avcc: Vec::new() };
    let sound = LiveTrack { track: 2, media: LiveMedia::Sound(LiveSound { channels: 2, samples: 960, bps: 64_000 }) };
    let pictures = has_pictures.then_some(LiveTrack { track: 1, media: LiveMedia::Video(video) });
    StreamInfo { id: STREAM, name: name.into(), kind, publisher: PersonId(1), tracks: pictures.into_iter().chain([sound]).collect(), target_us: 30_000 }
}

fn on_air(has_pictures: bool) -> Fake {
    // What has pictures opens by itself for students.
    on_air_for(if has_pictures { Role::Instructor } else { Role::Student }, has_pictures)
}

fn on_air_for(role: Role, has_pictures: bool) -> Fake {
    let fake = Fake::joined(role);
    let mut class = fake.lock();
    class.state.together = false;
    let (name, kind) = if has_pictures { ("board", StreamKind::Camera) } else { ("podcast", StreamKind::Podcast) };
    class.state.streams = vec![stream(name, kind, has_pictures)];
    class.live = LiveStatus { has_pictures, has_sound: true, rung: Some("720p".into()), lag: Duration::from_millis(31), is_udp: true, ..LiveStatus::default() };
    drop(class);
    fake
}

#[test]
fn what_runs_stands_above_the_catalogue_and_opens_with_a_click() {
    let fake = on_air(true);
    let mut harness = enter(&fake);
    harness.get_by_label("LIVE");
    harness.get_by_role_and_label(Seen::Button, "Watch board by Ms Novak, live").click();
    harness.run_steps(4);
    assert!(fake.take().contains(&Call::Watch(STREAM)));
    harness.get_by_label("31 ms behind");
    harness.get_by_label("720p · UDP");
    harness.key_press(egui::Key::M);
    harness.run_steps(4);
    assert_eq!(fake.take().last(), Some(&Call::LiveVolume(0.0)));
    harness.get_by_label("Unmute");
    harness.key_press(egui::Key::Escape);
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "Watch board by Ms Novak, live");
}

#[test]
fn in_one_room_it_is_silent_until_headphones_are_worn() {
    let fake = on_air_for(Role::Student, true);
    fake.lock().state.together = true;
    let mut harness = enter(&fake);
    harness.run_steps(4);
    assert_eq!(fake.take(), [Call::Watch(STREAM), Call::LiveVolume(0.0)]);
    harness.get_by_label("Muted: you are in one room. Headphones?");
    harness.get_by_role_and_label(Seen::Button, "I wear headphones").click();
    harness.run_steps(4);
    assert_eq!(fake.take(), [Call::LiveVolume(1.0)]);
    assert!(harness.query_by_label("Muted: you are in one room. Headphones?").is_none());
}

#[test]
fn the_end_is_told_and_leads_back() {
    let fake = on_air(false);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Watch podcast by Ms Novak, live").click();
    harness.run_steps(4);
    harness.get_by_label("You hear it live.");
    fake.lock().live.over = Some(Ok(()));
    fake.lock().state.streams.clear();
    harness.run_ok();
    harness.get_by_label("Not live any more");
    harness.get_all_by_role_and_label(Seen::Button, "Back to the videos").next().unwrap().click();
    harness.run_ok();
    assert!(harness.query_by_label("LIVE").is_none());
}

#[test]
fn it_speaks_german_too() {
    let fake = on_air(true);
    let start = Start { join: Some(link(false, None)), name: Some("Ana".into()), password: Some("secret".into()) };
    let mut harness = open(&fake, Settings { language: Some(Language::German), ..settings() }, start);
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "board von Ms Novak live ansehen");
}

fn viewer_report(lost: u32) -> ViewerReport {
    ViewerReport {
        stream: STREAM,
        track: 1,
        lag_us: 48_000,
        needed_us: 31_000,
        came: 92,
        lost,
        skipped: 0,
        repaired: 5,
        restored: 4,
        waiting: 2,
        busy_percent: 18,
        round_trip_us: 900,
        is_udp: true,
        limit: None,
    }
}

#[test]
fn a_viewer_and_the_instructor_see_how_it_goes_and_why() {
    let fake = on_air(true);
    let ana = fake.lock().state.people.iter().find(|p| p.role == Role::Student).unwrap().clone();
    let others = fake.lock().state.people.iter().find(|p| p.id != ana.id).unwrap().id;
    fake.lock().state.reports.insert(STREAM, vec![(ana.id, viewer_report(8)), (others, viewer_report(0))]);
    fake.lock().live.report = Some(viewer_report(0));
    for (language, some, lost, all, well) in [
        (Language::English, "2 watch live, 1 with trouble", "The line lost 8 % of the pictures.", "2 watch live, all is well", "All is well."),
        (
            Language::German,
            "2 sehen live zu, 1 mit Schwierigkeiten",
            "Die Leitung verlor 8 % der Bilder.",
            "2 sehen live zu, alles in Ordnung",
            "Alles in Ordnung.",
        ),
    ] {
        let start = Start { join: Some(link(false, None)), name: Some("Ana".into()), password: Some("secret".into()) };
        let mut harness = open(&fake, Settings { language: Some(language), ..settings() }, start);
        harness.run_steps(6);
        harness.get_by_label(some);
        harness.get_by_label(lost);
        harness.get_by_label(&format!("{} · board", ana.name));
        let before = fake.lock().state.reports.insert(STREAM, vec![(ana.id, viewer_report(0)), (others, viewer_report(0))]).unwrap();
        harness.run_steps(4);
        harness.get_by_label(all);
        fake.lock().state.reports.insert(STREAM, before);
        // Over one's own picture.
        let watch = if language == Language::English { "Watch board by Ms Novak, live" } else { "board von Ms Novak live ansehen" };
        harness.get_by_role_and_label(Seen::Button, watch).click();
        harness.run_steps(4);
        assert!(harness.query_by_label(well).is_none());
        harness.key_press(egui::Key::I);
        harness.run_steps(4);
        harness.get_by_label("48 ms / 30 ms");
        harness.get_by_label(well);
        fake.lock().live.report = Some(ViewerReport { limit: Some(Limit::Line), ..viewer_report(0) });
        harness.run_steps(4);
        assert!(harness.query_by_label(well).is_none());
        fake.lock().live.report = Some(viewer_report(0));
    }
}

#[test]
fn the_instructor_records_and_everybody_sees_it() {
    let fake = on_air(true);
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Watch board by Ms Novak, live").click();
    harness.run_steps(4);
    assert!(harness.query_by_label("REC").is_none());
    harness.get_by_role_and_label(Seen::Button, "Record").click();
    harness.run_steps(2);
    assert_eq!(fake.take().last(), Some(&Call::Record(STREAM, true)));
    fake.lock().state.floor.recorded = vec![STREAM];
    harness.run_steps(4);
    harness.get_by_label("REC");
    harness.get_by_role_and_label(Seen::Button, "Stop recording").click();
    harness.run_steps(2);
    assert_eq!(fake.take().last(), Some(&Call::Record(STREAM, false)));
    // A student sees it and has no button.
    let fake = on_air_for(Role::Student, true);
    fake.lock().state.floor.recorded = vec![STREAM];
    let mut harness = enter(&fake);
    harness.run_steps(4);
    harness.get_by_label("REC");
    assert!(harness.query_by_label("Stop recording").is_none());
}
