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
use lectern_proto::control::{LiveMedia, LiveSound, LiveTrack, LiveVideo, PersonId, Role, StreamId, StreamInfo, StreamKind};
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
    let fake = Fake::joined(if has_pictures { Role::Instructor } else { Role::Student });
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
    let fake = on_air(true);
    fake.lock().state.together = true;
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Watch board by Ms Novak, live").click();
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
