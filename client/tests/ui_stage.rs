//! The stage by keys, label and role: every key's command, the seek bar, the menu of resolutions, every trouble in words.

#![allow(clippy::unwrap_used)]

mod ui_support;

use std::time::Instant;

use egui::Key;
use egui::accesskit::Role as Seen;
use egui_kittest::kittest::{NodeT, Queryable};
use lectern::class::Phase;
use lectern::connect::trouble::{LostWhy, Trouble};
use lectern::player::{PlayError, PlayState, PlayTrouble, Silence, Sound};
use lectern_media::speaker::SpeakerError;
use lectern_proto::control::Role;
use lectern_proto::fmp4::Fmp4Error;
use lectern_proto::quality::Quality;
use ui_support::{Call, Fake, enter, playing};

type Harness = egui_kittest::Harness<'static, Option<lectern::ui::window::Window>>;

/// A video of 100 s at 40 s on the stage.
fn on_stage(fake: &Fake) -> Harness {
    {
        let mut shared = fake.lock();
        shared.status = playing(100);
        shared.status.position_us = 40_000_000;
    }
    let mut harness = enter(fake);
    harness.get_by_role_and_label(Seen::Button, "Routing basics, 42:10").click();
    harness.run_ok();
    harness.remove_cursor();
    harness.run_ok();
    fake.take();
    harness
}

#[test]
fn every_key_does_what_the_list_says() {
    let check = |key: Key, want: &[Call]| {
        let fake = Fake::joined(Role::Student);
        let mut harness = on_stage(&fake);
        harness.key_press(key);
        harness.run_ok();
        assert_eq!(fake.take(), want, "{key:?}");
    };
    check(Key::Space, &[Call::Pause]);
    check(Key::K, &[Call::Pause]);
    check(Key::J, &[Call::Seek(30_000_000)]);
    check(Key::L, &[Call::Seek(50_000_000)]);
    check(Key::ArrowLeft, &[Call::Seek(35_000_000)]);
    check(Key::ArrowRight, &[Call::Seek(45_000_000)]);
    check(Key::Home, &[Call::Seek(0)]);
    check(Key::End, &[Call::Seek(100_000_000)]);
    check(Key::Num0, &[Call::Seek(0)]);
    check(Key::Num7, &[Call::Seek(70_000_000)]);
    check(Key::ArrowDown, &[Call::Volume(0.95), Call::Muted(false)]);
    check(Key::ArrowUp, &[Call::Volume(1.0), Call::Muted(false)]);
    check(Key::M, &[Call::Muted(true)]);
    check(Key::Z, &[]);
}

#[test]
fn with_ctrl_a_key_is_not_one_of_the_stage() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    for key in [Key::Num0, Key::K, Key::L, Key::ArrowLeft] {
        // All in one pass, as a slow machine gathers them: Ctrl is up again at its end.
        for pressed in [true, false] {
            harness.event(egui::Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: egui::Modifiers::COMMAND });
        }
        harness.event(egui::Event::PointerGone);
        harness.run_ok();
        assert_eq!(fake.take(), [], "{key:?}");
    }
}

#[test]
fn keys_add_up_and_stay_inside_the_video() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    for _ in 0..3 {
        harness.key_press(Key::L);
    }
    harness.run_ok();
    assert_eq!(fake.take(), [50, 60, 70].map(|s| Call::Seek(s * 1_000_000)));
    for _ in 0..9 {
        harness.key_press(Key::J);
    }
    harness.run_ok();
    assert_eq!(fake.take().last(), Some(&Call::Seek(0)));
}

#[test]
fn full_screen_hides_all_but_the_stage() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    harness.get_by_role_and_label(Seen::Button, "Back to the videos");
    harness.key_press(Key::F);
    harness.run_ok();
    assert!(harness.query_by_label("Back to the videos").is_none());
    assert!(harness.query_by_label("Chen").is_none());
    harness.get_by_role_and_label(Seen::Slider, "Seek");
    harness.key_press(Key::Escape);
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "Back to the videos");
}

#[test]
fn a_click_on_the_bar_seeks_there() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    let bar = harness.get_by_role_and_label(Seen::Slider, "Seek").rect();
    harness.hover_at(bar.center());
    harness.drag_at(bar.center());
    harness.drop_at(bar.center());
    harness.run_ok();
    let calls = fake.take();
    assert!(matches!(calls[..], [Call::Seek(us)] if us.abs_diff(50_000_000) < 200_000), "{calls:?}");
}

#[test]
fn dragging_the_bar_seeks_where_it_is_let_go() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    let bar = harness.get_by_role_and_label(Seen::Slider, "Seek").rect();
    let at = |share: f32| egui::pos2(bar.left() + bar.width() * share, bar.center().y);
    harness.hover_at(at(0.2));
    harness.drag_at(at(0.2));
    harness.hover_at(at(0.5));
    harness.hover_at(at(0.8));
    harness.run_ok();
    assert_eq!(fake.take(), [], "not before it is let go");
    harness.drop_at(at(0.8));
    harness.run_ok();
    let calls = fake.take();
    assert!(matches!(calls[..], [Call::Seek(us)] if us.abs_diff(80_000_000) < 200_000), "{calls:?}");
}

#[test]
fn pointing_at_the_bar_asks_for_the_picture_there_and_leaving_forgets_it() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    let bar = harness.get_by_role_and_label(Seen::Slider, "Seek").rect();
    harness.hover_at(egui::pos2(bar.left() + bar.width() * 0.25, bar.center().y));
    harness.run_ok();
    let pointed = fake.lock().pointed_us;
    assert!(pointed.is_some_and(|us| us.abs_diff(25_000_000) < 200_000), "{pointed:?}");
    harness.remove_cursor();
    harness.run_ok();
    assert_eq!(fake.lock().pointed_us, None);
    assert_eq!(fake.take(), [], "nothing is played there");
}

#[test]
fn statistics_show_what_the_player_tells() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    harness.key_press(Key::I);
    harness.run_steps(3);
    {
        let mut shared = fake.lock();
        shared.status.stats.bytes += 2_000_000;
        shared.status.stats.dropped = 3;
        shared.status.stats.av_skew_us = Some(-7_400);
    }
    // A step is a quarter of a second: the next look is taken.
    harness.run_steps(3);
    let plots: Vec<_> = harness.query_all_by_role(Seen::Image).filter_map(|n| n.accesskit_node().label()).collect();
    assert_eq!(plots.len(), 6, "{plots:?}");
    assert!(plots.contains(&"Picture behind sound: -7.4 ms".to_owned()), "{plots:?}");
    assert!(plots.contains(&"Resolution: 720p".to_owned()), "{plots:?}");
    assert!(plots.contains(&"Round trip: 3.0 ms".to_owned()), "{plots:?}");
    assert!(plots.iter().any(|p| p.starts_with("Received: ") && !p.contains('–')), "{plots:?}");
    harness.check_accessibility();
    for (width, height) in [(480.0, 400.0), (640.0, 400.0), (1920.0, 1080.0)] {
        harness.set_size(egui::vec2(width, height));
        harness.run_steps(3);
    }
    harness.key_press(Key::I);
    harness.run_steps(2);
    assert_eq!(harness.query_all_by_role(Seen::Image).count(), 0);
}

#[test]
fn a_click_on_the_picture_pauses() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    let at = harness.get_by_role_and_label(Seen::Video, "Video").rect().center();
    harness.hover_at(at);
    harness.drag_at(at);
    harness.drop_at(at);
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Pause]);
}

#[test]
fn the_menu_has_every_rung_and_thirds() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    harness.get_by_role_and_label(Seen::Button, "Resolution: 720p").click();
    harness.run_ok();
    let names: Vec<_> = harness.query_all_by_role(Seen::MenuItemRadio).filter_map(|n| n.accesskit_node().label()).collect();
    assert_eq!(names, ["Auto", "720p", "360p", "144p", "thirds"]);
    harness.get_by_role_and_label(Seen::MenuItemRadio, "360p").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Quality(Quality::Rung("360p".into()))]);
    assert!(harness.query_by_role_and_label(Seen::MenuItemRadio, "144p").is_none(), "a choice closes it");

    harness.get_by_role_and_label(Seen::Button, "Resolution: 720p").click();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::MenuItemRadio, "thirds").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Quality(Quality::Thirds(["144p", "720p", "1440p"].map(str::to_owned)))]);

    harness.get_by_role_and_label(Seen::Button, "Resolution: 720p thirds").click();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::MenuItemRadio, "Auto").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Quality(Quality::Auto)]);
    harness.get_by_role_and_label(Seen::Button, "Resolution: Auto (720p)").click();
    harness.run_ok();
    harness.get_by_role_and_label(Seen::MenuItemRadio, "Auto (720p)");
}

#[test]
fn volume_and_mute_by_mouse() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    harness.get_by_role_and_label(Seen::Button, "Mute").click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Muted(true)]);
    harness.get_by_role_and_label(Seen::Button, "Unmute");
    let slider = harness.get_by_role_and_label(Seen::Slider, "Volume").rect();
    harness.hover_at(slider.center());
    harness.drag_at(slider.center());
    harness.drop_at(slider.center());
    harness.run_ok();
    let calls = fake.take();
    assert!(matches!(calls.first(), Some(Call::Volume(v)) if (v - 0.5).abs() < 0.02), "{calls:?}");
    assert_eq!(calls.get(1), Some(&Call::Muted(false)), "who moves the volume wants to hear");
}

#[test]
fn the_list_of_keys_opens_and_closes() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    harness.key_press(Key::Questionmark);
    harness.run_ok();
    harness.get_by_label("10 s back or forward");
    harness.key_press(Key::Escape);
    harness.run_ok();
    assert!(harness.query_by_label("10 s back or forward").is_none());
}

#[test]
fn the_end_offers_to_begin_again() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    fake.lock().status.state = PlayState::Ended;
    harness.run_ok();
    let again = harness.get_all_by_role_and_label(Seen::Button, "Play again").last().unwrap();
    again.click();
    harness.run_ok();
    assert_eq!(fake.take(), [Call::Seek(0), Call::Play]);
}

#[test]
fn trouble_is_said_in_words() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    fake.lock().status.sound = Sound::Silent(Silence::Speaker(SpeakerError::NoDevice));
    harness.run_ok();
    harness.get_by_label_contains("No sound device was found, so the video plays silently.");
    harness.get_by_label("Silent");

    fake.lock().state.phase = Phase::Reconnecting { since: Instant::now(), why: Trouble::Lost(LostWhy::Closed) };
    harness.run_ok();
    harness.get_by_label("Connection lost 0:00 ago");
    harness.get_by_label("Reconnecting for 0:00");

    fake.lock().state.phase = Phase::Joined;
    fake.lock().status.state = PlayState::Stalled;
    harness.run_ok();
    harness.get_by_label("The line is too slow");

    fake.lock().status.state = PlayState::Failed(PlayTrouble::Segment(Fmp4Error::Truncated));
    harness.run_ok();
    harness.get_by_label("A part of the video is damaged. Ask the instructor to let the server prepare it again.");
    harness.get_by_role_and_label(Seen::Button, "Try again").click();
    harness.run_ok();
    assert!(matches!(fake.take()[0], Call::Open(..)));
}

#[test]
fn a_video_that_cannot_be_opened_says_why() {
    let fake = Fake::joined(Role::Student);
    fake.lock().open_fails = Some(PlayError::NotReady("Routing basics".into()));
    let mut harness = enter(&fake);
    harness.get_by_role_and_label(Seen::Button, "Routing basics, 42:10").click();
    harness.run_ok();
    harness.get_by_label("The video is still being prepared. Try again when the catalogue shows it as ready.");
    harness.key_press(Key::Space);
    harness.run_ok();
    harness.get_by_role_and_label(Seen::Button, "Try again");
}

#[test]
fn a_window_in_which_nothing_moves_sleeps() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    fake.lock().status.state = PlayState::Paused;
    harness.run_ok();
    harness.run_ok();
    let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert!(delay.as_secs() > 3_600, "repaints after {delay:?}");
}

#[test]
fn hostile_numbers_do_not_break_the_stage() {
    let fake = Fake::joined(Role::Student);
    let mut harness = on_stage(&fake);
    for (position, duration) in [(0, 0), (u64::MAX, 1), (u64::MAX, u64::MAX), (5, 3)] {
        {
            let mut shared = fake.lock();
            shared.status.position_us = position;
            shared.status.duration_us = duration;
            shared.status.buffered_us = std::ops::Range { start: u64::MAX, end: 0 };
            shared.status.volume = f32::NAN;
            shared.status.rungs = vec![String::new(); 50];
        }
        harness.run_ok();
        for key in [Key::L, Key::J, Key::End, Key::Num9, Key::ArrowUp] {
            harness.key_press(key);
        }
        harness.run_ok();
    }
}

#[test]
fn every_control_of_the_stage_has_a_name() {
    let fake = Fake::joined(Role::Instructor);
    let mut harness = on_stage(&fake);
    for width in [480.0, 800.0, 1280.0] {
        harness.set_size(egui::vec2(width, 600.0));
        harness.run_ok();
        harness.check_accessibility();
    }
}
