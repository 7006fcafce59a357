//! Files as people have them, through a real server to a real viewer: several sound tracks and chapters, damage in the middle,
//! and a file that is replaced while somebody plays it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lectern::class::Class;
use lectern::player::{PlayState, PlayTrouble, Player, SoundChoice};
use lectern_tests::clip;
use lectern_tests::playback::{Seen, first, join, open, options, rung, watch};
use lectern_tests::stack::{Stack, text, turn, wait_until};
use tokio::runtime::Runtime;

fn runtime() -> Runtime {
    Runtime::new().expect("a runtime")
}

/// The stamp is the frame's number, and the frame's number is its time.
fn assert_right(seen: &[Seen]) {
    for s in seen {
        assert_eq!(s.stamp.map(i64::from), Some((s.pts_us * 30 + 500_000) / 1_000_000), "{s:?}");
    }
}

/// Puts a file of the lesson into `videos/` that ffmpeg makes with these arguments after the input.
fn put(stack: &Stack, lesson: &Path, how: &[&str], name: &str) {
    let made = stack.path(name);
    let input = lesson.display().to_string();
    clip::ffmpeg(&[&["-i", &input], how].concat(), &made).expect("made");
    std::fs::rename(made, stack.videos().join(name)).expect("renamed");
}

fn viewer(runtime: &Runtime, stack: &Stack, video: &str, rung_name: &str) -> (Class, Player) {
    let class = runtime.block_on(join(stack, "ana")).expect("joined");
    let player = open(&class, video, options(rung(rung_name), 0)).expect("opened");
    (class, player)
}

#[test]
fn sound_tracks_and_chapters_reach_the_viewer() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let lesson = stack.path("lesson.mp4");
    clip::sample(&lesson, 6, "320x180").expect("the sample");
    let chapters = stack.path("chapters.txt");
    std::fs::write(
        &chapters,
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=4000\ntitle=Start\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=4000\nEND=6000\ntitle=End\n",
    )
    .expect("written");
    let chapters = chapters.display().to_string();
    let tone = "sine=frequency=300:sample_rate=48000:duration=6";
    let how =
        ["-i", &chapters, "-f", "lavfi", "-i", tone, "-map", "0:v", "-map", "0:a", "-map", "2:a", "-map_metadata", "1", "-map_chapters", "1", "-c:v", "copy"];
    let names = ["-c:a", "aac", "-metadata:s:a:0", "language=ger", "-metadata:s:a:1", "language=eng", "-metadata:s:a:1", "title=Commentary"];
    put(&stack, &lesson, &[&how[..], &names].concat(), "two.mkv");
    let video = stack.ready_video().expect("prepared");

    let runtime = runtime();
    let _guard = runtime.enter();
    let (_class, player) = viewer(&runtime, &stack, &video, "144p");
    first(&player).expect("plays");
    let status = player.status();
    let tracks: Vec<_> = status.sound_tracks.iter().map(|t| (t.language.as_str(), t.title.as_deref())).collect();
    assert_eq!((tracks, status.sound_track), (vec![("ger", None), ("eng", Some("Commentary"))], Some(0)));
    let chapters: Vec<_> = status.details.chapters.iter().map(|c| (c.start_us, c.title.as_str())).collect();
    // The pictures of this file begin a packet of sound after its clock does.
    assert!(matches!(chapters[..], [(0, "Start"), (3_900_000..=4_000_000, "End")]), "{chapters:?}");
    watch(&player, Duration::from_secs(20), |s| s.pts_us > 1_000_000).expect("plays");
    let before = player.status().position_us;
    player.set_sound_track(SoundChoice::Language("eng".into()));
    assert_eq!(player.status().sound_track, Some(1));
    let seen = watch(&player, Duration::from_secs(30), |_| false).expect("to the end");
    assert_right(&seen);
    let from = seen.first().map_or(0, |s| s.pts_us);
    assert!(from.unsigned_abs().abs_diff(before) < 500_000, "goes on at {from} where it was, at {before}");
    assert!(seen.last().is_some_and(|s| s.pts_us > 5_900_000), "{:?}", seen.last());
    assert_eq!(player.status().sound_track, Some(1));

    let watch = |choice: &str| stack.client(&["watch", "--video", &video, "--quality", "144p", "--for", "1", "--sound-track", choice]).output().expect("runs");
    let heard = watch("eng");
    assert!(heard.status.success(), "{}", text(&heard));
    let wrong = watch("english");
    assert!(wrong.status.code() == Some(2) && text(&wrong).contains("a language of three letters"), "{}", text(&wrong));
}

#[test]
fn a_damaged_file_is_played_around_what_is_lost_and_says_what() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let lesson = stack.path("lesson.mp4");
    clip::sample(&lesson, 8, "320x180").expect("the sample");
    let whole = stack.path("whole.mkv");
    clip::ffmpeg(&["-i", &lesson.display().to_string(), "-c:v", "libx264", "-preset", "veryfast", "-g", "30", "-crf", "20", "-c:a", "copy"], &whole)
        .expect("made");
    let mut bytes = std::fs::read(&whole).expect("read");
    let middle = bytes.len() * 45 / 100..bytes.len() * 58 / 100;
    bytes[middle].iter_mut().enumerate().for_each(|(i, b)| *b = (i.wrapping_mul(747_796_405) >> 11) as u8);
    std::fs::write(stack.path("damaged.mkv"), &bytes).expect("written");
    std::fs::rename(stack.path("damaged.mkv"), stack.videos().join("damaged.mkv")).expect("renamed");
    let video = stack.ready_video().expect("prepared");
    let told = stack.client_json(&["videos"]).expect("videos")["videos"][0]["damage"].clone();
    let (lost, around) = (told["lost_s"].as_f64().unwrap_or(0.0), told["around_s"].as_f64().unwrap_or(0.0));
    assert!((0.2..3.5).contains(&lost) && (2.5..6.5).contains(&around), "{told}");

    let runtime = runtime();
    let _guard = runtime.enter();
    let (_class, player) = viewer(&runtime, &stack, &video, "144p");
    let seen = watch(&player, Duration::from_secs(40), |_| false).expect("to the end");
    let late: Vec<_> = seen.iter().filter(|s| s.pts_us > 6_700_000).copied().collect();
    assert!(late.len() >= 30, "{} pictures after the damage", late.len());
    for s in late {
        let number = s.stamp.map(i64::from).unwrap_or_else(|| panic!("no stamp: {s:?}"));
        assert!((s.pts_us - number * 1_000_000 / 30).abs() < 40_000, "{s:?}");
    }
    let spans = player.status().details.lost.clone();
    let sum: u64 = spans.iter().map(|s| s.duration_us).sum();
    assert!((sum as f64 / 1e6 - lost).abs() < 0.001, "{spans:?}, the catalogue says {lost} s");
}

/// Replaces the one file in `videos/` by another lesson, as a copy in one go does.
fn replace(stack: &Stack, seconds: u32, size: &str) {
    let old = std::fs::read_dir(stack.videos()).expect("videos").flatten().next().expect("a file").path();
    clip::sample(&stack.path("new.mp4"), seconds, size).expect("the sample");
    std::fs::rename(stack.path("new.mp4"), old).expect("renamed");
}

#[test]
fn a_file_that_is_replaced_while_it_plays_is_played_to_its_end() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(30, "640x360").expect("a server with the lesson");
    let runtime = runtime();
    let _guard = runtime.enter();
    let (class, player) = viewer(&runtime, &stack, &video, "144p");
    watch(&player, Duration::from_secs(20), |s| s.pts_us > 1_000_000).expect("plays");
    replace(&stack, 3, "320x180");
    // Longer than what is held ahead, and than a rename is waited for.
    let seen = watch(&player, Duration::from_secs(90), |_| false).expect("the old file goes on to its end");
    assert_right(&seen);
    assert!(seen.last().is_some_and(|s| s.pts_us > 29_900_000), "{:?}", seen.last());
    // Who opens it now sees the new one.
    let is_new = |s: &lectern::class::ClassState| s.videos.iter().any(|v| v.duration_us < 5_000_000 && v.state.manifest().is_some());
    runtime.block_on(class.wait_for(is_new)).expect("still joined");
    let player = open(&class, &video, options(rung("144p"), 0)).expect("opened");
    let seen = watch(&player, Duration::from_secs(30), |_| false).expect("the new file");
    assert!(seen.last().is_some_and(|s| s.pts_us < 3_100_000), "{:?}", seen.last());
}

#[test]
fn a_file_that_is_replaced_while_it_is_prepared_plays_as_far_as_it_goes_and_says_why_it_ends() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    clip::sample(&stack.path("long.mp4"), 90, "1280x720").expect("the sample");
    // Ready before: nothing is to be drawn while the old one is being prepared.
    clip::sample(&stack.path("new.mp4"), 3, "320x180").expect("the sample");
    let file = stack.videos().join("long.mp4");
    std::fs::rename(stack.path("long.mp4"), &file).expect("renamed");
    let runtime = runtime();
    let _guard = runtime.enter();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let begun = |s: &lectern::class::ClassState| s.videos.iter().any(|v| v.state.manifest().is_some());
    let state = runtime.block_on(class.wait_for(begun)).expect("something can be watched");
    let player = open(&class, &state.videos[0].id.0, options(rung("144p"), 0)).expect("opened");
    let shown = first(&player).expect("plays");
    assert_eq!(shown.stamp, Some(0));
    // What is certainly not prepared yet.
    std::fs::rename(stack.path("new.mp4"), &file).expect("renamed");
    player.seek(85_000_000);
    let ended = wait_until(Duration::from_secs(90), || matches!(player.state(), PlayState::Failed(_)));
    assert!(ended, "{:?}", player.status());
    let PlayState::Failed(why) = player.state() else { return };
    assert_eq!(why, PlayTrouble::Replaced);
    let player = open(&class, &state.videos[0].id.0, options(rung("144p"), 0)).expect("opened");
    let seen = watch(&player, Duration::from_secs(60), |_| false).expect("the new file");
    assert_right(&seen);
    assert!(seen.last().is_some_and(|s| s.pts_us < 3_100_000), "{:?}", seen.last());
}

/// No worker outlives what it worked on.
#[test]
fn nothing_is_left_of_a_worker_that_broke_a_file() {
    let stack = Stack::start(&[]).expect("a server");
    let lesson = stack.path("lesson.mp4");
    clip::sample(&lesson, 4, "320x180").expect("the sample");
    let bytes = std::fs::read(&lesson).expect("read");
    for share in [10, 50, 90] {
        let name = format!("cut-{share}.mp4");
        std::fs::write(stack.path(&name), &bytes[..bytes.len() * share / 100]).expect("written");
        std::fs::rename(stack.path(&name), stack.videos().join(&name)).expect("renamed");
    }
    let done = |v: &[serde_json::Value]| v.len() == 3 && v.iter().all(|v| v["state"] == "failed" || v["state"] == "ready");
    let videos = stack.catalogue(Duration::from_secs(120), done).expect("all are judged");
    for video in videos.iter().filter(|v| v["state"] == "failed") {
        assert!(video["reason"].as_str().is_some_and(|r| r.ends_with('.') && r.len() > 20), "{video}");
    }
    let workers = || {
        let output = Command::new("ps").args(["-o", "pid=", "--ppid", &stack.pid().to_string()]).output().expect("ps");
        String::from_utf8_lossy(&output.stdout).split_whitespace().count()
    };
    assert!(wait_until(Duration::from_secs(10), || workers() == 0), "{} workers are left", workers());
}
