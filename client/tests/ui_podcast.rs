//! The Podcast screen by label, role and key, in two languages: hearing, pausing, one room, the delay of a device, sending.

#![allow(clippy::unwrap_used)]

mod ui_support;

use std::time::Duration;

use egui::Key;
use egui::accesskit::Role as Seen;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use lectern::live::Published;
use lectern::ui::backend::Pick;
use lectern::ui::podcast::air::{ListenStatus, PodcastSource};
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::{Start, Window};
use lectern_proto::control::{LiveMedia, LiveSound, LiveTrack, PersonId, Role, StreamId, StreamInfo, StreamKind};
use ui_support::{Call, Fake, enter, link, open, settings};

const TALK: StreamId = StreamId([7; 16]);
const FILE: StreamId = StreamId([8; 16]);

type Shown = Harness<'static, Option<Window>>;

fn channel(id: StreamId, name: &str, kind: StreamKind) -> StreamInfo {
    let sound = LiveTrack { track: 2, media: LiveMedia::Sound(LiveSound { channels: 2, samples: 960, bps: 64_000 }) };
    StreamInfo { id, name: name.into(), kind, publisher: PersonId(1), tracks: vec![sound], target_us: 100_000 }
}

/// A room with a microphone and a file.
fn room(role: Role) -> Fake {
    let fake = Fake::joined(role);
    let mut class = fake.lock();
    class.state.streams = vec![channel(FILE, "Guest talk", StreamKind::Recording), channel(TALK, "seminar", StreamKind::Podcast)];
    class.podcasts.status =
        ListenStatus { lag: Duration::from_millis(112), is_udp: true, device: Some("USB headphones".into()), skew_ms: Some(3.0), ..ListenStatus::default() };
    drop(class);
    fake
}

fn click(harness: &mut Shown, label: &str) {
    harness.get_by_role_and_label(Seen::Button, label).click();
    harness.run_steps(4);
}

fn podcasts(fake: &Fake) -> Shown {
    let mut harness = enter(fake);
    click(&mut harness, "Podcast");
    harness
}

#[test]
fn a_channel_is_heard_paused_and_caught_up() {
    let fake = room(Role::Student);
    fake.lock().state.together = false;
    fake.lock().podcasts.status.is_file = true;
    let mut harness = podcasts(&fake);
    harness.get_by_label("2 channels");
    harness.get_by_label("A file, started by Ms Novak");
    click(&mut harness, "Listen to Guest talk");
    assert_eq!(fake.take(), [Call::Listen(FILE), Call::LiveVolume(1.0)]);
    harness.get_by_label("You hear it live.");
    harness.get_by_label("112 ms after it was sent");
    harness.get_by_label("USB headphones");
    harness.get_by_label("+3 ms");
    click(&mut harness, "Pause");
    assert_eq!(fake.take(), [Call::PausePodcast(true)]);
    harness.get_by_label("You go on where you stopped.");
    harness.key_press(Key::K);
    harness.run_steps(4);
    assert_eq!(fake.take(), [Call::PausePodcast(false)]);
    fake.lock().podcasts.status.behind = Duration::from_secs(45);
    harness.run_steps(4);
    harness.get_by_label("0:45 behind the others");
    click(&mut harness, "To what is heard now");
    assert_eq!(fake.take(), [Call::ToEdge]);
    harness.get_by_label("You hear it live.");
    harness.key_press(Key::M);
    harness.run_steps(4);
    assert_eq!(fake.take(), [Call::LiveVolume(0.0)]);
    // It goes on while something else is looked at.
    click(&mut harness, "Watch");
    harness.get_by_role_and_label(Seen::Button, "Routing basics, 42:10");
    assert!(!fake.take().iter().any(|c| matches!(c, Call::PausePodcast(_))));
}

#[test]
fn in_one_room_a_student_is_silent_until_headphones_are_worn() {
    let fake = room(Role::Student);
    let mut harness = podcasts(&fake);
    click(&mut harness, "Listen to seminar");
    assert_eq!(fake.take(), [Call::Listen(TALK), Call::LiveVolume(0.0)]);
    assert!(harness.get_all_by_label("Muted: you are in one room. Headphones?").next().is_some());
    harness.get_all_by_role_and_label(Seen::Button, "I wear headphones").next().unwrap().click();
    harness.run_steps(4);
    assert_eq!(fake.take(), [Call::LiveVolume(1.0)]);
    assert!(harness.query_by_label("Muted: you are in one room. Headphones?").is_none());
    // Remembered for the class: the next channel is heard at once.
    click(&mut harness, "Listen to Guest talk");
    assert_eq!(fake.take(), [Call::Listen(FILE), Call::LiveVolume(1.0)]);
}

#[test]
fn the_key_of_the_sound_means_what_its_button_means() {
    let fake = room(Role::Student);
    let mut harness = podcasts(&fake);
    click(&mut harness, "Listen to seminar");
    fake.take();
    harness.key_press(Key::M);
    harness.run_steps(4);
    assert_eq!(fake.take(), [Call::LiveVolume(1.0)], "headphones");
    assert!(!harness.state().as_ref().unwrap().settings().muted);
    harness.key_press(Key::M);
    harness.run_steps(4);
    assert_eq!(fake.take(), [Call::LiveVolume(0.0)]);
    click(&mut harness, "Unmute");
    assert_eq!(fake.take(), [Call::LiveVolume(1.0)]);
}

#[test]
fn an_instructor_is_never_muted_and_says_whether_it_is_one_room() {
    let fake = room(Role::Instructor);
    let mut harness = podcasts(&fake);
    click(&mut harness, "Listen to seminar");
    assert_eq!(fake.take(), [Call::Listen(TALK), Call::LiveVolume(1.0)]);
    click(&mut harness, "Together in one room: Off");
    assert_eq!(fake.take(), [Call::Together(false)]);
    assert!(harness.query_by_label("Muted: you are in one room. Headphones?").is_none());
}

#[test]
fn the_delay_of_a_device_is_kept_under_its_name() {
    let fake = room(Role::Student);
    let mut harness = podcasts(&fake);
    click(&mut harness, "Listen to seminar");
    let slider = harness.get_by_role_and_label(Seen::Slider, "Delay of USB headphones in milliseconds");
    slider.focus();
    harness.run_steps(2);
    for _ in 0..3 {
        harness.key_press(Key::ArrowRight);
        harness.run_steps(2);
    }
    let kept = |harness: &Shown| harness.state().as_ref().unwrap().settings().trims_ms.get("USB headphones").copied();
    assert_eq!(kept(&harness), Some(3));
    harness.run_steps(2);
    assert_eq!(fake.lock().out.trims_ms.get("USB headphones"), Some(&3));
    harness.key_press(Key::ArrowLeft);
    harness.run_steps(2);
    assert_eq!(kept(&harness), Some(2));
    harness.get_by_label("+2 ms");
    // It stands in the settings too.
    harness.get_by_role_and_label(Seen::Button, "Settings").click();
    harness.run_steps(4);
    assert_eq!(harness.get_all_by_role_and_label(Seen::Slider, "Delay of USB headphones in milliseconds").count(), 2);
}

#[test]
fn the_instructor_sends_a_microphone_or_a_file_and_stops_it() {
    let fake = room(Role::Instructor);
    let mut harness = podcasts(&fake);
    click(&mut harness, "Microphone: USB microphone");
    click(&mut harness, "From the microphone");
    assert_eq!(fake.take(), [Call::SendPodcast(PodcastSource::Microphone(Some("USB microphone".into())))]);
    harness.get_by_label("The podcast starts…");
    fake.lock().podcasts.sent.stage = Published::Live(TALK);
    harness.run_steps(4);
    harness.get_by_label("The class hears your microphone");
    harness.get_by_role_and_label(Seen::Meter, "Level: -12 dB");
    click(&mut harness, "Stop the podcast");
    assert_eq!(fake.take(), [Call::PodcastSent(false)]);
    fake.lock().picked = Some(Some("/home/novak/talk.mp3".into()));
    click(&mut harness, "An audio file…");
    let sent = Call::SendPodcast(PodcastSource::File("/home/novak/talk.mp3".into()));
    assert_eq!(fake.take(), [Call::Pick(Pick::File), sent]);
    harness.get_by_label("The class hears talk.mp3");
}

#[test]
fn nobody_leaves_unasked_who_sends_a_podcast() {
    let fake = room(Role::Instructor);
    let mut harness = podcasts(&fake);
    click(&mut harness, "From the microphone");
    fake.lock().podcasts.sent.stage = Published::Live(TALK);
    harness.run_steps(2);
    fake.take();
    click(&mut harness, "Leave the class");
    harness.get_by_label("Your podcast is heard");
    click(&mut harness, "Stay on air");
    assert_eq!(fake.take(), []);
    click(&mut harness, "Leave the class");
    click(&mut harness, "End and leave");
    assert_eq!(fake.take(), [Call::PodcastSent(false), Call::Leave]);
    // One that has ended by itself keeps nobody.
    let mut harness = podcasts(&fake);
    click(&mut harness, "From the microphone");
    fake.lock().podcasts.sent.stage = Published::Ended;
    harness.run_steps(2);
    fake.take();
    click(&mut harness, "Leave the class");
    assert!(fake.take().contains(&Call::Leave));
}

#[test]
fn where_nothing_runs_it_says_so_and_a_student_sends_nothing() {
    let fake = Fake::joined(Role::Student);
    let harness = podcasts(&fake);
    harness.get_by_label("No podcast runs");
    assert!(harness.query_by_label("Send a podcast").is_none());
    harness.check_accessibility();
}

#[test]
fn it_speaks_german_and_fits_a_small_window() {
    let fake = room(Role::Student);
    let start = Start { join: Some(link(false, None)), name: Some("Ana".into()), password: Some("secret".into()) };
    let mut harness = open(&fake, Settings { language: Some(Language::German), ..settings() }, start);
    harness.run_ok();
    click(&mut harness, "Podcast");
    click(&mut harness, "seminar anhören");
    harness.get_by_label("Sie hören es live.");
    assert!(harness.get_all_by_label("Stumm: Sie sind in einem Raum. Kopfhörer?").next().is_some());
    harness.set_size(egui::vec2(480.0, 400.0));
    harness.run_steps(4);
    harness.get_by_role_and_label(Seen::Button, "Anhalten");
}
