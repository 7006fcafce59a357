//! The first screen's other two ways: a class that is held on this computer, and a file that is played from it.

#![allow(clippy::unwrap_used)]

mod ui_support;

use std::path::{Path, PathBuf};

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::here::{FileTrouble, HereError, HereState, Ready, Wish};
use lectern::ui::backend::Pick;
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::Start;
use lectern_proto::control::{ChunkRef, FailureKind, FailureReason, Role as Rank, VideoState};
use lectern_proto::link::JoinLink;
use lectern_proto::manifest::ChunkHash;
use ui_support::{Call, Fake, joined, link, open, settings};

type Harness = egui_kittest::Harness<'static, Option<lectern::ui::window::Window>>;

const VIDEOS: &str = "/home/ana/Videos/Lectern";

fn german() -> Settings {
    Settings { language: Some(Language::German), ..settings() }
}

fn press(harness: &mut Harness, label: &str) {
    harness.get_by_role_and_label(Role::Button, label).click();
    harness.run_ok();
}

fn ready() -> HereState {
    HereState::Ready(Ready { link: link(true, None), password: "abcd-efgh-jkmn".into(), control_taken: None })
}

/// A window whose class runs on this computer.
fn hosting(fake: &Fake, name: &str) -> Harness {
    let mut harness = open(fake, Settings { name: name.into(), ..settings() }, Start::default());
    press(&mut harness, "Start a class here");
    harness.get_by_label("Starting the class");
    harness.get_by_label_contains(VIDEOS);
    fake.lock().here = ready();
    harness.run_ok();
    fake.lock().state = joined(Rank::Instructor);
    harness.run_ok();
    harness
}

/// The sentences that were put where other programs can paste them.
fn copied(harness: &Harness) -> Vec<String> {
    let texts = harness.output().platform_output.commands.iter().filter_map(|c| match c {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

/// A file that was let go over the window; nobody reads it here.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("it is made up".into())
    }
}

fn drop_file(harness: &mut Harness, path: &str) {
    harness.input_mut().dropped_files = vec![std::sync::Arc::new(Dropped(path.into()))];
    harness.run_ok();
}

#[test]
fn both_ways_stand_on_the_first_screen_in_both_languages_and_are_reached_by_keyboard() {
    for (settings, labels) in [(settings(), ["Start a class here", "Open a local file"]), (german(), ["Hier eine Klasse beginnen", "Eine Datei öffnen"])] {
        let fake = Fake::new();
        let mut harness = open(&fake, settings, Start::default());
        for label in labels {
            let reached = (0..30).any(|_| {
                harness.key_press(egui::Key::Tab);
                harness.run_ok();
                harness.get_by_role_and_label(Role::Button, label).accesskit_node().is_focused()
            });
            assert!(reached, "{label}");
        }
        // The last of them has the focus.
        harness.key_press(egui::Key::Enter);
        harness.run_ok();
        assert_eq!(fake.take(), [Call::Pick(Pick::File)]);
    }
}

#[test]
fn a_class_is_started_joined_by_the_shortest_way_and_given_out_without_the_key() {
    let fake = Fake::new();
    let mut harness = hosting(&fake, "Ms Novak");
    assert_eq!(fake.take()[0], Call::Host(Wish::Class { videos: VIDEOS.into(), name: "Ms Novak".into() }));
    {
        let shared = fake.lock();
        let request = &shared.joins[0];
        assert_eq!((request.name.as_str(), request.link.hosts[0].as_str(), request.link.key.is_some()), ("Ms Novak", "127.0.0.1", true));
    }
    harness.get_by_label("Your class runs on this computer");
    harness.get_by_role_and_label(Role::Button, "Copy the password abcd-efgh-jkmn");
    press_step(&mut harness, "Copy the join link");
    let given: JoinLink = copied(&harness)[0].parse().unwrap();
    assert_eq!((given.key, given.hosts), (None, link(false, None).hosts));
    press(&mut harness, &format!("Open the videos folder {VIDEOS}"));
    assert!(fake.take().contains(&Call::ShowFolder(VIDEOS.into())));
    harness.get_by_label_contains("The file manager cannot be opened (the system says “no program for it”).");
    press(&mut harness, "Join board");
    harness.get_by_label("Code with the join link");
    let settings = harness.state().as_ref().unwrap().settings();
    assert_eq!(settings.last_link, None, "it is not there after the window was closed");
}

/// One pass, so that what it put out can be seen.
fn press_step(harness: &mut Harness, label: &str) {
    harness.get_by_role_and_label(Role::Button, label).click();
    for _ in 0..4 {
        harness.step();
        if !copied(harness).is_empty() {
            return;
        }
    }
}

#[test]
fn whoever_has_no_name_yet_is_the_instructor_and_a_long_name_is_cut() {
    let fake = Fake::new();
    let _harness = hosting(&fake, "");
    assert_eq!(fake.lock().joins[0].name, "Instructor");
    let fake = Fake::new();
    let _harness = hosting(&fake, &"ü".repeat(60));
    assert_eq!(fake.lock().joins[0].name, "ü".repeat(32));
}

#[test]
fn ending_a_class_with_others_in_it_asks_once() {
    let fake = Fake::new();
    let mut harness = hosting(&fake, "Ms Novak");
    fake.take();
    press(&mut harness, "Leave the class");
    harness.get_by_label("End the class?");
    harness.get_by_label("2 other people are in it, whose videos stop.");
    press(&mut harness, "Go on");
    assert!(harness.query_by_label("End the class?").is_none());
    assert_eq!(fake.take(), []);
    press(&mut harness, "Leave the class");
    press(&mut harness, "End the class");
    harness.get_by_label("Join a class");
    assert_eq!(fake.take(), [Call::Leave, Call::EndHost]);
}

#[test]
fn closing_the_window_asks_too_unless_nobody_else_is_there() {
    let close = |harness: &mut Harness| {
        let viewport = harness.ctx.viewport_id();
        harness.input_mut().viewports.entry(viewport).or_default().events.push(egui::ViewportEvent::Close);
        harness.step();
        let viewports = &harness.output().viewport_output;
        let commands = viewports[&viewport].commands.clone();
        harness.run_ok();
        commands.iter().any(|c| matches!(c, egui::ViewportCommand::CancelClose))
    };
    let fake = Fake::new();
    let mut harness = hosting(&fake, "Ms Novak");
    assert!(close(&mut harness), "it stays open");
    harness.get_by_label("End the class?");
    press(&mut harness, "Go on");
    fake.lock().state.people.truncate(1);
    harness.run_ok();
    assert!(!close(&mut harness), "nobody else is in it");
}

#[test]
fn a_class_of_others_is_left_without_a_question() {
    let mut harness = ui_support::enter(&Fake::joined(Rank::Instructor));
    press(&mut harness, "Leave the class");
    assert!(harness.query_by_label("End the class?").is_none());
}

#[test]
fn what_is_missing_is_said_on_the_first_screen_with_the_remedy() {
    let cases = [
        (HereError::NoServer, "Install the package lectern-server", "Installieren Sie das Paket lectern-server"),
        (HereError::NoWorker, "Install Lectern's server whole", "Installieren Sie den Server von Lectern ganz"),
        (HereError::Running, "in another window of Lectern", "in einem anderen Fenster von Lectern"),
        (
            HereError::File { path: "/home/ana/x.mp4".into(), why: FileTrouble::Missing },
            "/home/ana/x.mp4 cannot be played: there is no such file.",
            "/home/ana/x.mp4 lässt sich nicht abspielen: Diese Datei gibt es nicht.",
        ),
        (HereError::Failed("no space".into()), "The server ended. It said: no space", "Der Server hat geendet. Er sagte: no space"),
    ];
    for (error, english, in_german) in cases {
        for (settings, button, sentence) in [(settings(), "Start a class here", english), (german(), "Hier eine Klasse beginnen", in_german)] {
            let fake = Fake::new();
            let mut harness = open(&fake, settings, Start::default());
            press(&mut harness, button);
            fake.lock().here = HereState::Failed(error.clone());
            harness.run_ok();
            let said = harness.get_by_label_contains(sentence).rect();
            assert!(said.bottom() <= 800.0 && said.right() <= 1280.0, "{said:?}");
            fake.lock().here = HereState::Starting;
            press(&mut harness, button);
            assert!(harness.query_by_label_contains(sentence).is_none(), "another try");
        }
    }
}

#[test]
fn a_class_whose_server_ends_leads_back_and_says_so() {
    let fake = Fake::new();
    let mut harness = hosting(&fake, "Ms Novak");
    fake.lock().here = HereState::Failed(HereError::Failed("killed".into()));
    harness.run_ok();
    harness.get_by_label("Join a class");
    harness.get_by_label("The server ended. It said: killed");
}

#[test]
fn another_port_is_told() {
    let fake = Fake::new();
    let mut harness = hosting(&fake, "Ms Novak");
    assert!(harness.query_by_label_contains("Another program has port").is_none());
    let other = JoinLink { port: 40_123, ..link(true, None) };
    let fake = Fake::new();
    harness = open(&fake, settings(), Start::default());
    press(&mut harness, "Start a class here");
    fake.lock().here = HereState::Ready(Ready { link: other, password: "p".into(), control_taken: Some(5511) });
    fake.lock().state = joined(Rank::Instructor);
    harness.run_ok();
    harness.get_by_label_contains("Another program has port 5511, so this class uses port 40123.");
}

#[test]
fn a_dropped_file_plays_as_soon_as_there_is_something_to_see_with_no_class_around_it() {
    let fake = Fake::new();
    let mut harness = open(&fake, settings(), Start::default());
    drop_file(&mut harness, "/home/ana/film.mkv");
    assert_eq!(fake.take(), [Call::Host(Wish::File("/home/ana/film.mkv".into()))]);
    harness.get_by_label("Opening film.mkv");
    fake.lock().here = ready();
    harness.run_ok();
    let mut state = joined(Rank::Instructor);
    let preparing = |manifest| VideoState::Preparing { permille: 20, manifest };
    state.videos = vec![ui_support::video("only", "film", 60, preparing(None))];
    fake.lock().state = state.clone();
    harness.run_ok();
    harness.get_by_label("2 % are ready");
    assert_eq!(fake.take(), []);
    state.videos[0].state = preparing(Some(ChunkRef { chunk: ChunkHash([1; 32]), bytes: 9 }));
    fake.lock().state = state;
    harness.run_ok();
    assert!(matches!(&fake.take()[0], Call::Open(id, _) if id.0 == "only"));
    harness.get_by_role_and_label(Role::Slider, "Seek");
    harness.get_by_label("Played on this computer");
    for absent in ["Leave the class", "Show people", "Hide people", "Join board for the projector", "Watch"] {
        assert!(harness.query_by_role_and_label(Role::Button, absent).is_none(), "{absent}");
    }
    press(&mut harness, "Close the file");
    harness.get_by_label("Join a class");
    assert_eq!(fake.take(), [Call::Leave, Call::EndHost]);
    let settings = harness.state().as_ref().unwrap().settings();
    assert_eq!((settings.last_link.as_deref(), settings.name.as_str()), (None, ""));
}

#[test]
fn a_file_that_cannot_be_prepared_says_why_on_the_stage() {
    let fake = Fake::new();
    let mut harness = open(&fake, settings(), Start::default());
    drop_file(&mut harness, "/home/ana/notes.txt");
    fake.lock().here = ready();
    let mut state = joined(Rank::Instructor);
    let reason = FailureReason::new(FailureKind::NoMedia, "Nothing in it.");
    state.videos = vec![ui_support::video("only", "notes", 0, VideoState::Failed { reason: reason.clone() })];
    fake.lock().state = state;
    fake.lock().open_fails = Some(lectern::player::PlayError::Failed { title: "notes".into(), reason });
    harness.run_ok();
    harness.get_by_label("This video does not play");
    harness.get_by_label_contains("It could not be prepared: The file holds neither pictures nor sound that can be played.");
}

#[test]
fn a_file_is_not_taken_where_a_class_would_be_left_for_it() {
    let fake = Fake::joined(Rank::Student);
    let mut harness = ui_support::enter(&fake);
    drop_file(&mut harness, "/home/ana/film.mkv");
    assert!(fake.take().iter().all(|call| !matches!(call, Call::Host(_))));
}

#[test]
fn the_dialog_chooses_a_file_or_the_folder_of_videos() {
    let fake = Fake::new();
    let mut harness = open(&fake, settings(), Start::default());
    press(&mut harness, "Open a local file");
    fake.lock().picked = Some(None);
    harness.run_ok();
    harness.get_by_label("Join a class");
    assert_eq!(fake.take(), [Call::Pick(Pick::File)], "nothing was chosen");
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Comma);
    harness.run_ok();
    fake.lock().picked = Some(Some("/mnt/lessons".into()));
    press(&mut harness, "Choose a folder");
    assert_eq!(harness.state().as_ref().unwrap().settings().videos_folder, Some(PathBuf::from("/mnt/lessons")));
    harness.key_press(egui::Key::Escape);
    harness.run_ok();
    fake.take();
    press(&mut harness, "Start a class here");
    assert_eq!(fake.take(), [Call::Host(Wish::Class { videos: "/mnt/lessons".into(), name: String::new() })]);
    press(&mut harness, "Cancel");
    harness.get_by_label("Join a class");
}
