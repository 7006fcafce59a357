//! What a file brings to the stage beside its pictures: sound tracks, chapters, a cover, and what of it could not be read.

#![allow(clippy::unwrap_used)]

mod ui_support;

use std::sync::Arc;

use egui::accesskit::Role as Seen;
use egui::{Key, Shape};
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::player::{PlayState, SoundChoice, SoundTrack};
use lectern::ui::settings::Settings;
use lectern::ui::strings::Language;
use lectern::ui::window::Start;
use lectern_proto::control::Role;
use lectern_proto::manifest::{Chapter, Details, Span};
use lectern_proto::rung::{ORIGINAL, RungSpec};
use ui_support::{Call, Fake, enter, link, open, playing, settings};

type Harness = egui_kittest::Harness<'static, Option<lectern::ui::window::Window>>;

/// A class whose player shows a video of 100 s at 40 s.
fn class(details: Details) -> Fake {
    let fake = Fake::joined(Role::Student);
    {
        let mut shared = fake.lock();
        shared.status = playing(100);
        shared.status.position_us = 40_000_000;
        shared.status.details = Arc::new(details);
    }
    fake
}

fn on_stage(fake: &Fake) -> Harness {
    let mut harness = enter(fake);
    to_the_stage(fake, &mut harness);
    harness
}

fn to_the_stage(fake: &Fake, harness: &mut Harness) {
    harness.get_by_role_and_label(Seen::Button, "Routing basics, 42:10").click();
    harness.run_ok();
    harness.remove_cursor();
    harness.run_ok();
    fake.take();
}

fn chapters() -> Details {
    let chapter = |s: u64, title: &str| Chapter { start_us: s * 1_000_000, title: title.into() };
    Details { chapters: vec![chapter(0, "Tables"), chapter(30, ""), chapter(60, "Loops and why they end")], lost: Vec::new() }
}

fn lost(spans: &[(u64, u64)]) -> Details {
    let span = |(from_s, to_s): &(u64, u64)| Span { start_us: from_s * 1_000_000, duration_us: (to_s - from_s) * 1_000_000 };
    Details { chapters: Vec::new(), lost: spans.iter().map(span).collect() }
}

/// Whether this text is painted anywhere.
fn is_painted(harness: &Harness, text: &str) -> bool {
    fn is_in(shape: &Shape, text: &str) -> bool {
        match shape {
            Shape::Text(painted) => painted.galley.job.text == text,
            Shape::Vec(shapes) => shapes.iter().any(|s| is_in(s, text)),
            _ => false,
        }
    }
    harness.output().shapes.iter().any(|s| is_in(&s.shape, text))
}

/// Points at a share of the seek bar. A step is a quarter of a second: whoever runs on until nothing moves may find the controls hidden again.
fn point(harness: &mut Harness, share: f32) {
    let bar = harness.get_by_role_and_label(Seen::Slider, "Seek").rect();
    harness.hover_at(egui::pos2(bar.left() + bar.width() * share, bar.center().y));
    harness.run_steps(4);
}

fn choices(harness: &Harness) -> Vec<String> {
    harness.query_all_by_role(Seen::MenuItemRadio).filter_map(|n| n.accesskit_node().label()).collect()
}

#[test]
fn one_of_several_sound_tracks_is_chosen() {
    let fake = class(Details::default());
    let mut harness = on_stage(&fake);
    assert!(harness.query_by_role_and_label(Seen::Button, "Sound: Track 1").is_none(), "one track needs no menu");
    let tracks = [("ger", None), ("eng", Some("Commentary")), ("und", None)];
    fake.lock().status.sound_tracks =
        tracks.iter().map(|(language, title)| SoundTrack { language: (*language).into(), title: title.map(str::to_owned) }).collect();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "Sound: Track 1").click();
    harness.run_ok();
    assert_eq!(choices(&harness), ["Track 1", "Commentary", "Track 3"]);
    assert!(is_painted(&harness, "eng") && is_painted(&harness, "ger") && !is_painted(&harness, "und"));
    harness.get_by_role_and_label(Seen::MenuItemRadio, "Commentary").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::SoundTrack(SoundChoice::Number(1))]);
}

#[test]
fn the_menus_are_reached_and_used_by_keyboard() {
    let fake = class(chapters());
    fake.lock().status.sound_tracks = ["ger", "eng"].map(|l| SoundTrack { language: l.into(), title: None }).into();
    let mut harness = on_stage(&fake);
    for (button, choice, want) in
        [("Sound: Track 1", "Track 2", Call::SoundTrack(SoundChoice::Number(1))), ("Chapter: Chapter 2", "Loops and why they end", Call::Seek(60_000_000))]
    {
        harness.get_by_role_and_label(Seen::Button, button).focus();
        harness.run_ok();
        harness.key_press(Key::Enter);
        harness.run_ok();
        for _ in 0..30 {
            if harness.get_by_role_and_label(Seen::MenuItemRadio, choice).is_focused() {
                break;
            }
            harness.key_press(Key::Tab);
            harness.run_ok();
        }
        harness.key_press(Key::Enter);
        harness.run_ok();
        assert_eq!(fake.take(), [want], "{button}");
    }
}

#[test]
fn chapters_are_named_under_the_pointer_and_in_a_menu() {
    let fake = class(chapters());
    let mut harness = on_stage(&fake);
    let said = |harness: &Harness| harness.get_by_role_and_label(Seen::Slider, "Seek").accesskit_node().value();
    assert_eq!(said(&harness).as_deref(), Some("0:40 / 1:40, Chapter 2"));
    for (share, title) in [(0.1, "Tables"), (0.5, "Chapter 2"), (0.9, "Loops and why they end")] {
        assert!(!is_painted(&harness, title), "{title} stands there before anybody points at it");
        point(&mut harness, share);
        assert!(is_painted(&harness, title), "{title}");
    }
    harness.remove_cursor();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "Chapter: Chapter 2").click();
    harness.run_ok();
    assert_eq!(choices(&harness), ["Tables", "Chapter 2", "Loops and why they end"]);
    harness.get_by_role_and_label(Seen::MenuItemRadio, "Tables").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Seek(0)]);
    fake.lock().status.details = Arc::default();
    harness.run_ok();
    assert!(harness.query_by_role_and_label(Seen::Button, "Chapters").is_none(), "without chapters there is no menu");
}

#[test]
fn page_keys_go_from_chapter_to_chapter() {
    let fake = class(chapters());
    let mut harness = on_stage(&fake);
    for (key, want) in [(Key::PageDown, 60_000_000), (Key::PageUp, 30_000_000), (Key::PageUp, 0)] {
        harness.key_press(key);
        harness.run_ok();
        assert_eq!(fake.take(), [Call::Seek(want)], "{key:?}");
    }
}

#[test]
fn what_is_lost_is_said_where_it_is() {
    let fake = class(lost(&[(39, 44), (70, 71)]));
    let mut harness = on_stage(&fake);
    harness.get_by_label("This part of the file could not be read");
    harness.get_by_label("It is damaged. Playback goes on at 0:44.");
    let bar = harness.get_by_role_and_label(Seen::Slider, "Seek");
    let described = bar.accesskit_node().data().description().map(str::to_owned);
    assert_eq!(described.as_deref(), Some("6.0 s in 2 places could not be read, most of it around 0:41."));
    for (share, is_lost) in [(0.2, false), (0.42, true), (0.6, false), (0.705, true)] {
        point(&mut harness, share);
        assert_eq!(is_painted(&harness, "Could not be read"), is_lost, "at {share}");
    }
    fake.lock().status.position_us = 50_000_000;
    harness.run_ok();
    assert!(harness.query_by_label("This part of the file could not be read").is_none(), "what follows is whole");
}

#[test]
fn a_file_that_breaks_off_says_so_at_its_end() {
    let fake = class(lost(&[(100, 130)]));
    let mut harness = on_stage(&fake);
    assert!(harness.query_by_label("The file breaks off here").is_none());
    fake.lock().status.state = PlayState::Ended;
    fake.lock().status.position_us = 100_000_000;
    harness.run_ok();
    harness.get_by_label("The file breaks off here");
    harness.get_by_label("Another 30.0 s should follow, but could not be read.");
}

#[test]
fn all_this_is_said_in_german() {
    let mut details = chapters();
    details.lost = lost(&[(39, 100)]).lost;
    let fake = class(details);
    fake.lock().status.sound_tracks = ["ger", "eng"].map(|l| SoundTrack { language: l.into(), title: None }).into();
    let settings = Settings { language: Some(Language::German), ..settings() };
    let mut harness = open(&fake, settings, Start { join: Some(link(false, None)), name: Some("Ana".into()), password: Some("secret".into()) });
    harness.run_ok();
    to_the_stage(&fake, &mut harness);
    harness.get_by_role_and_label(Seen::Button, "Ton: Spur 1");
    harness.get_by_role_and_label(Seen::Button, "Kapitel: Kapitel 2");
    harness.get_by_label("Dieser Teil der Datei war nicht lesbar");
    harness.get_by_label("Er ist beschädigt, bis zum Ende des Videos.");
}

#[test]
fn sound_alone_shows_its_cover_or_a_note_and_its_title() {
    let fake = class(Details::default());
    {
        let mut shared = fake.lock();
        shared.make_up_more();
        shared.status.rungs.clear();
        shared.status.rung = None;
        let cover = shared.state.videos.last().unwrap().thumbnail;
        let video = shared.state.videos.iter_mut().find(|v| v.id.0 == "r").unwrap();
        (video.width, video.height) = (0, 0);
        video.thumbnail = None;
        let found = |harness: &Harness| {
            let textures = |s: &Shape| matches!(s, Shape::Rect(r) if r.brush.is_some());
            (harness.query_by_label("Sound only").is_some(), harness.output().shapes.iter().any(|s| textures(&s.shape)))
        };
        drop(shared);
        let mut harness = on_stage(&fake);
        assert_eq!(found(&harness), (true, false));
        assert_eq!(harness.query_all_by_label("Routing basics").count(), 2, "in the header and on the stage");
        fake.lock().state.videos.iter_mut().find(|v| v.id.0 == "r").unwrap().thumbnail = cover;
        // Decoded beside the window, which is woken when it is there.
        for _ in 0..500 {
            harness.step();
            if found(&harness) == (true, true) {
                return;
            }
            std::thread::yield_now();
        }
        panic!("the cover does not come");
    }
}

#[test]
fn hostile_details_do_not_break_the_stage() {
    let chapter = |start_us, title: String| Chapter { start_us, title };
    let details = Details {
        chapters: (0..500).map(|i| chapter(if i == 499 { u64::MAX } else { i }, "Ω".repeat(200))).collect(),
        lost: (0..100).map(|i| Span { start_us: i * (u64::MAX / 100), duration_us: u64::MAX }).collect(),
    };
    let fake = class(details);
    fake.lock().status.sound_tracks = (0..32).map(|_| SoundTrack { language: "x".repeat(900), title: Some("\u{202e}y".repeat(300)) }).collect();
    fake.lock().status.sound_track = Some(99);
    let mut harness = on_stage(&fake);
    for width in [480.0, 640.0, 1280.0] {
        harness.set_size(egui::vec2(width, 600.0));
        point(&mut harness, 0.99);
        for key in [Key::PageDown, Key::PageUp] {
            harness.key_press(key);
        }
        harness.run_ok();
        harness.check_accessibility();
    }
}

#[test]
fn the_original_says_its_size_and_rate_like_every_other_rung() {
    let fake = class(Details::default());
    {
        let mut shared = fake.lock();
        shared.status.rungs.push(ORIGINAL.into());
        shared.status.original = Some(RungSpec { name: ORIGINAL.into(), box_width: 1920, box_height: 1080, bitrate_bps: 4_123_000 });
    }
    let mut harness = on_stage(&fake);
    harness.get_by_role_and_label(Seen::Button, "Resolution: 720p").click();
    harness.run_ok();
    for text in ["1920 × 1080", "4.1 Mbit/s", "1280 × 720", "2.5 Mbit/s"] {
        assert!(is_painted(&harness, text), "the menu does not say {text}");
    }
    harness.get_by_role_and_label(Seen::MenuItemRadio, ORIGINAL).click();
    fake.lock().status.rung = Some(ORIGINAL.into());
    fake.lock().status.quality = ORIGINAL.into();
    harness.run_ok();
    assert!(matches!(&fake.take()[0], Call::Quality(lectern_proto::quality::Quality::Rung(name)) if name == ORIGINAL));
    harness.get_by_label("original · 1920 × 1080 · 4.1 Mbit/s");
}
