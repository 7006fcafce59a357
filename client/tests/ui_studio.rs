//! Showing something to the class, by label and role: the Class view, on air and off, trouble, quiet, the stage, strip and projector.

#![allow(clippy::unwrap_used)]

mod ui_support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::Key;
use egui::accesskit::Role as Seen;
use egui_kittest::kittest::Queryable;
use lectern::class::StreamError;
use lectern::live::{Devices, DevicesError, OffAir, Pictures, Published, Sound, Stopped};
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::Start;
use lectern_proto::control::{LiveMedia, LiveTrack, LiveVideo, PersonId, RecordingAsked, Refusal, Role, StreamId, StreamInfo, StreamKind};
use lectern_proto::live::pipe::{Trouble, TroubleCode};
use ui_support::studio::{Screen, instructor, press, studio};
use ui_support::{Call, Fake, enter, link, open, settings};

fn choices(fake: &Fake) -> Vec<(Option<Pictures>, Option<Sound>)> {
    fake.take().into_iter().filter_map(|c| if let Call::Publish(choice) = c { Some((choice.pictures, choice.sound)) } else { None }).collect()
}

#[test]
fn the_preferred_camera_is_seen_at_once_and_one_press_puts_it_on_air() {
    let fake = instructor();
    let mut harness = studio(&fake);
    assert_eq!(choices(&fake), [(Some(Pictures::Camera("0".into())), Some(Sound::Microphone(None)))]);
    harness.get_by_label("2 people are here");
    press(&mut harness, "Go on air: The class sees it at once");
    assert_eq!(fake.take(), [Call::Air(true)]);
    harness.get_by_label("2 people can see it");
    press(&mut harness, "Freeze");
    press(&mut harness, "Go on");
    press(&mut harness, "On air: Press to stop");
    assert_eq!(fake.take(), [Call::Freeze(true), Call::Freeze(false), Call::Air(false)]);
    harness.get_by_role_and_label(Seen::Button, "Go on air: The class sees it at once");
}

#[test]
fn another_source_takes_its_place_on_air() {
    let fake = instructor();
    let mut harness = studio(&fake);
    press(&mut harness, "Go on air: The class sees it at once");
    fake.take();
    press(&mut harness, "Show Screen HDMI-2");
    let region = Some(Pictures::Screen(Some([1920, 0, 1920, 1080])));
    let calls = fake.take();
    assert!(matches!(&calls[..], [Call::Publish(choice), Call::Air(true)] if choice.pictures == region), "{calls:?}");
    press(&mut harness, "Show Test pattern");
    press(&mut harness, "Sound: The system's microphone");
    harness.get_by_role_and_label(Seen::MenuItemRadio, "Test tone").click();
    harness.run_steps(4);
    assert_eq!(choices(&fake).last(), Some(&(Some(Pictures::Pattern), Some(Sound::Tone))));
    press(&mut harness, "Show Desk camera");
    assert_eq!(choices(&fake), [(Some(Pictures::Camera("2".into())), None)], "the tone is the pattern's");
}

#[test]
fn trouble_is_said_where_it_arises() {
    let fake = Fake::joined(Role::Instructor);
    fake.lock().devices = None;
    let mut harness = enter(&fake);
    press(&mut harness, "Class");
    harness.get_by_label("Looking for cameras, screens and microphones");
    let devices = Devices {
        screens_missing: Some(Trouble { code: TroubleCode::ScreenNone, name: String::new(), why: "There is no display.".into() }),
        ..Devices::default()
    };
    fake.lock().devices = Some(Ok(Arc::new(devices)));
    harness.run_steps(4);
    harness.get_by_label_contains("No camera was found.");
    harness.get_by_label_contains("The screen cannot be shown: There is no screen here.");
    harness.get_by_label("What will the class see?");
    press(&mut harness, "Show Test pattern");
    let gone = |code| Trouble { code, name: "0".into(), why: "The camera is on fire.".into() };
    fake.lock().publishing.trouble = Some("The camera is on fire.".into());
    fake.lock().publishing.troubles = vec![gone(TroubleCode::CameraBusy)];
    harness.run_steps(2);
    harness.get_by_label("Camera 0 is in use. Close the program that uses it; it is tried again each second.");
    fake.lock().publishing.troubles = vec![gone(TroubleCode::Other)];
    harness.run_steps(2);
    harness.get_by_label("The camera is on fire.");
    fake.lock().publishing.off_air = Some(OffAir::NoMediaPort);
    harness.run_steps(2);
    harness.get_by_label_contains("the server's media port does not answer");
    fake.lock().publishing.stage = Published::Failed(Stopped::Died("killed".into()));
    harness.run_steps(2);
    harness.get_by_label_contains("It cannot be shown: The media worker ended. It said last: killed");
    fake.lock().devices = Some(Err(DevicesError::Hangs));
    press(&mut harness, "Look again");
    harness.get_by_label_contains("It is not known which devices there are: the sound system or a camera hangs.");
}

#[test]
fn a_microphone_that_says_nothing_is_told_after_a_while() {
    let fake = instructor();
    let mut harness = studio(&fake);
    let silence = "Nothing is heard from this microphone. Switch it on, or choose another one.";
    let mut heard = |peak_db, silent: Option<u64>| {
        let mut class = fake.lock();
        class.publishing.peak_db = Some(peak_db);
        class.publishing.silent_since = silent.and_then(|s| Instant::now().checked_sub(Duration::from_secs(s)));
        drop(class);
        harness.run_steps(2);
        harness.query_by_label(silence).is_some()
    };
    assert!(!heard(-20.0, None) && !heard(-90.0, Some(1)));
    assert!(heard(-90.0, Some(10)));
    assert!(!heard(-20.0, None));
    harness.get_by_role_and_label(Seen::Meter, "Level -20 dB");
}

#[test]
fn nobody_leaves_unasked_who_is_on_air() {
    let fake = instructor();
    let mut harness = studio(&fake);
    press(&mut harness, "Go on air: The class sees it at once");
    fake.take();
    press(&mut harness, "Leave the class");
    harness.get_by_label("You are on air");
    press(&mut harness, "Stay on air");
    assert_eq!(fake.take(), []);
    press(&mut harness, "Leave the class");
    press(&mut harness, "End and leave");
    assert_eq!(fake.take(), [Call::Air(false), Call::Leave]);
}

#[test]
fn what_nobody_sees_is_closed_with_the_view_and_what_is_on_air_is_not() {
    let fake = instructor();
    let mut harness = studio(&fake);
    fake.take();
    press(&mut harness, "Watch");
    press(&mut harness, "Class");
    assert_eq!(choices(&fake).len(), 1, "it was closed, and is opened again");
    press(&mut harness, "Go on air: The class sees it at once");
    press(&mut harness, "Watch");
    harness.get_by_role_and_label(Seen::Button, "Class");
    press(&mut harness, "Class");
    assert!(choices(&fake).is_empty());
    harness.get_by_role_and_label(Seen::Button, "On air: Press to stop");
}

#[test]
fn quiet_is_one_key_and_everybody_reads_it() {
    let fake = instructor();
    let mut harness = enter(&fake);
    harness.key_press(Key::Q);
    harness.run_steps(2);
    assert_eq!(fake.take(), [Call::Quiet(true)]);
    fake.lock().state.floor.quiet = true;
    harness.run_steps(2);
    harness.get_by_label("It is quiet: students show nothing until you open the class again.");
    press(&mut harness, "Open the class");
    harness.key_press(Key::Q);
    harness.run_steps(2);
    assert_eq!(fake.take(), [Call::Quiet(false), Call::Quiet(false)]);
    let student = Fake::joined(Role::Student);
    student.lock().state.floor.quiet = true;
    let mut harness = enter(&student);
    harness.get_by_label("It is quiet: only the instructor shows something.");
    harness.key_press(Key::Q);
    harness.run_steps(2);
    assert_eq!(student.take(), []);
}

#[test]
fn quiet_is_taken_back_for_five_seconds_by_button_and_by_key() {
    let fake = instructor();
    let mut harness = enter(&fake);
    let is_quiet = |harness: &mut Screen, quiet| {
        fake.lock().state.floor.quiet = quiet;
        harness.run_steps(2);
    };
    harness.key_press(Key::Q);
    harness.run_steps(2);
    is_quiet(&mut harness, true);
    press(&mut harness, "Undo (5)");
    assert_eq!(fake.take(), [Call::Quiet(true), Call::Quiet(false)]);
    is_quiet(&mut harness, false);
    assert!(harness.query_by_label_contains("Undo").is_none());
    harness.key_press(Key::Q);
    harness.run_steps(2);
    is_quiet(&mut harness, true);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Z);
    harness.run_steps(2);
    assert_eq!(fake.take(), [Call::Quiet(true), Call::Quiet(false)]);
    // Somebody else's quiet is opened, not undone.
    is_quiet(&mut harness, false);
    is_quiet(&mut harness, true);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Z);
    harness.run_steps(2);
    assert_eq!(fake.take(), []);
}

#[test]
fn what_quiet_took_off_the_air_comes_back_with_undo() {
    let fake = Fake::joined(Role::Student);
    fake.lock().state.floor.stage = vec![PersonId(2)];
    let mut harness = enter(&fake);
    press(&mut harness, "Show something");
    press(&mut harness, "Show Test pattern");
    fake.lock().publishing.stage = Published::Ready;
    harness.run_steps(2);
    press(&mut harness, "Go on air: The class sees it at once");
    fake.take();
    let mut class = fake.lock();
    (class.state.floor.quiet, class.publishing.stage, class.publishing.off_air) = (true, Published::Ready, Some(OffAir::ByTheRoom));
    drop(class);
    harness.run_steps(2);
    fake.lock().state.floor.quiet = false;
    harness.run_steps(2);
    assert_eq!(fake.take(), [Call::Air(true)]);
}

#[test]
fn what_the_class_refuses_is_said_where_it_was_pressed() {
    let fake = instructor();
    fake.lock().state.streams = vec![stream(1, 2)];
    let mut harness = enter(&fake);
    let refuse = |harness: &mut Screen, why| {
        fake.lock().answer = Some(Err(why));
        harness.run_steps(2);
    };
    fake.lock().answer = None;
    press(&mut harness, "Give Ana the stage");
    refuse(&mut harness, StreamError::NotConnected);
    harness.get_by_label("Ana does not get the stage: the connection to the class is lost. Try again when it is back.");
    press(&mut harness, "Put this message away");
    assert!(harness.query_by_label_contains("does not get the stage").is_none());
    harness.key_press(Key::Q);
    harness.run_steps(2);
    harness.get_by_label("The class was not made quiet: the connection to the class is lost. Try again when it is back.");
    // Wished anew, what was said of it before is over.
    fake.lock().answer = Some(Ok(()));
    harness.key_press(Key::Q);
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("was not made quiet").is_none());
    press(&mut harness, "Watch s1 by Ana, live");
    press(&mut harness, "Record");
    refuse(&mut harness, StreamError::Refused(Refusal::Unwritable));
    assert!(harness.query_by_label_contains("is not recorded").is_none(), "it was answered before");
    press(&mut harness, "Record");
    harness.get_by_label_contains("“s1” is not recorded: the server cannot write where its videos are.");
    fake.lock().state.streams.clear();
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("is not recorded").is_none(), "it went with its stream");
}

#[test]
fn a_student_is_asked_before_anything_is_recorded_and_can_end_it() {
    let own = StreamId([1; 16]);
    let fake = Fake::joined(Role::Student);
    fake.lock().state.streams = vec![stream(1, 2), stream(2, 1)];
    let mut harness = enter(&fake);
    let floor = |harness: &mut Screen, recorded: &[StreamId], asked: &[(StreamId, bool)]| {
        let mut class = fake.lock();
        class.state.floor.recorded = recorded.to_vec();
        class.state.floor.recording_asked = asked.iter().map(|(stream, declined)| RecordingAsked { stream: *stream, declined: *declined }).collect();
        drop(class);
        harness.run_steps(2);
    };
    let runs = "Something that is shown is being recorded";
    floor(&mut harness, &[], &[(StreamId([2; 16]), false)]);
    assert!(harness.query_by_label_contains("be recorded?").is_none(), "that is somebody else's");
    floor(&mut harness, &[], &[(own, false)]);
    harness.get_by_label_contains("May “s1” be recorded?");
    assert!(harness.query_by_label(runs).is_none());
    press(&mut harness, "No");
    floor(&mut harness, &[], &[(own, true)]);
    harness.get_by_label("“s1” is not recorded, as you wished.");
    press(&mut harness, "Yes, record it");
    floor(&mut harness, &[own], &[]);
    harness.get_by_label("“s1” is being recorded. You can end that at any time.");
    harness.get_by_label(runs);
    press(&mut harness, "End the recording");
    let answers: Vec<Call> = fake.take().into_iter().filter(|c| matches!(c, Call::AllowRecording(..))).collect();
    assert_eq!(answers, [false, true, false].map(|allowed| Call::AllowRecording(own, allowed)));
}

#[test]
fn the_instructor_sees_what_becomes_of_a_wish_to_record() {
    let fake = instructor();
    fake.lock().state.streams = vec![stream(1, 2)];
    let mut harness = enter(&fake);
    press(&mut harness, "Watch s1 by Ana, live");
    press(&mut harness, "Record");
    let asked = |harness: &mut Screen, declined| {
        fake.lock().state.floor.recording_asked = vec![RecordingAsked { stream: StreamId([1; 16]), declined }];
        harness.run_steps(2);
    };
    asked(&mut harness, false);
    harness.get_by_label("Ana is asked whether it may be recorded.");
    press(&mut harness, "Do not record");
    asked(&mut harness, true);
    harness.get_by_label("Ana does not wish to be recorded.");
    press(&mut harness, "Record");
    let wishes: Vec<Call> = fake.take().into_iter().filter(|c| matches!(c, Call::Record(..))).collect();
    assert_eq!(wishes, [true, false, true].map(|recorded| Call::Record(StreamId([1; 16]), recorded)));
}

#[test]
fn the_stage_is_given_in_the_list_of_people() {
    let fake = instructor();
    let mut harness = enter(&fake);
    press(&mut harness, "Give Ana the stage");
    fake.lock().state.floor.stage = vec![PersonId(2)];
    harness.run_steps(2);
    harness.get_by_label("On stage");
    press(&mut harness, "Take the stage from Ana");
    assert_eq!(fake.take(), [Call::GiveStage(PersonId(2), true), Call::GiveStage(PersonId(2), false)]);
}

#[test]
fn a_student_shows_something_with_the_stage_alone() {
    let fake = Fake::joined(Role::Student);
    let mut harness = enter(&fake);
    assert!(harness.query_by_role_and_label(Seen::Button, "Class").is_none());
    assert!(harness.query_by_role_and_label(Seen::Button, "Give Ben the stage").is_none());
    fake.lock().state.floor.stage = vec![PersonId(2)];
    harness.run_steps(2);
    harness.get_by_label("You have the stage: what you put on air, the class sees.");
    press(&mut harness, "Show something");
    press(&mut harness, "Show Test pattern");
    assert_eq!(choices(&fake), [(Some(Pictures::Pattern), None)]);
    assert!(harness.query_by_role_and_label(Seen::Button, "Quiet").is_none(), "quiet is the instructor's");
    fake.lock().state.floor.stage.clear();
    harness.run_steps(4);
    assert!(harness.query_by_role_and_label(Seen::Button, "Class").is_none());
    assert!(harness.query_by_role_and_label(Seen::Button, "Show Test pattern").is_none());
}

#[test]
fn strip_and_projector_are_windows_of_their_own() {
    let fake = instructor();
    let mut harness = studio(&fake);
    press(&mut harness, "Strip");
    fake.take();
    harness.get_by_label("Off air");
    press(&mut harness, "Go on air");
    assert_eq!(fake.take(), [Call::Air(true)]);
    press(&mut harness, "Stop");
    assert_eq!(fake.take(), [Call::Air(false)]);
    press(&mut harness, "Close the strip");
    harness.run_steps(4);
    assert!(harness.query_by_label("Off air").is_none());
    // Nothing is on the stage yet, so the board stands there.
    harness.key_press(Key::F5);
    harness.run_steps(4);
    harness.get_by_label("Code with the join link");
}

fn stream(id: u8, publisher: u64) -> StreamInfo {
    let video = LiveVideo { rung: "720p".into(), width: 1280, height: 720, rate_milli: 30_000, bps: 2_500_000, avcc: Vec::new() };
    let tracks = vec![LiveTrack { track: 1, media: LiveMedia::Video(video) }];
    StreamInfo { id: StreamId([id; 16]), name: format!("s{id}"), kind: StreamKind::Camera, publisher: PersonId(publisher), tracks, target_us: 30_000 }
}

#[test]
fn what_the_instructor_shows_opens_by_itself_once() {
    let fake = Fake::joined(Role::Student);
    let watched = |fake: &Fake| fake.take().into_iter().filter(|c| matches!(c, Call::Watch(_))).collect::<Vec<_>>();
    let mut harness = enter(&fake);
    fake.lock().state.streams = vec![stream(1, 1)];
    harness.run_steps(4);
    assert_eq!(watched(&fake), [Call::Watch(StreamId([1; 16]))]);
    fake.lock().state.floor.frozen = vec![StreamId([1; 16])];
    // Shown anew in another form: it follows.
    fake.lock().state.streams = vec![stream(2, 1)];
    harness.run_steps(4);
    assert_eq!(watched(&fake), [Call::Watch(StreamId([2; 16]))]);
    // Closed, it stays so; of several one is chosen.
    harness.key_press(Key::Escape);
    harness.run_steps(4);
    assert_eq!(watched(&fake), []);
    fake.lock().state.streams = vec![stream(2, 1), stream(3, 1)];
    harness.run_steps(4);
    assert_eq!(watched(&fake), []);
    press(&mut harness, "Watch s3 by Ms Novak, live");
    assert_eq!(watched(&fake), [Call::Watch(StreamId([3; 16]))]);
    // What a student shows opens by a click alone, and an instructor's own nothing.
    let other = Fake::joined(Role::Student);
    other.lock().state.streams = vec![stream(1, 3)];
    enter(&other).run_steps(4);
    assert_eq!(watched(&other), []);
    let teacher = instructor();
    teacher.lock().state.streams = vec![stream(1, 1)];
    enter(&teacher).run_steps(4);
    assert_eq!(watched(&teacher), []);
}

#[test]
fn it_speaks_german_too() {
    let fake = instructor();
    let start = Start { join: Some(link(false, None)), name: Some("Ana".into()), password: Some("secret".into()) };
    let mut harness = open(&fake, Settings { language: Some(Language::German), ..settings() }, start);
    harness.run_ok();
    press(&mut harness, "Klasse");
    fake.lock().publishing.stage = Published::Ready;
    harness.run_steps(4);
    press(&mut harness, "Auf Sendung gehen: Die Klasse sieht es sofort");
    harness.get_by_role_and_label(Seen::Button, "Auf Sendung: Drücken zum Beenden");
    press(&mut harness, "Ruhe");
    assert_eq!(fake.take().last(), Some(&Call::Quiet(true)));
    harness.get_by_role_and_label(Seen::Button, "Ana die Bühne geben");
}
