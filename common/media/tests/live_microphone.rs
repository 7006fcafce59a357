//! A microphone out of the real worker: a private sound server's null sink, heard at its other end.

#![cfg(target_os = "linux")]

#[path = "support/live.rs"]
mod live;
#[path = "support/sound_server.rs"]
mod sound_server;

use lectern_media::opus_decoder::OpusDecoder;
use lectern_proto::live::pipe::{Command, News, Said};
use live::Live;
use sound_server::Server;
use std::f64::consts::TAU;
use std::io::Write;
use std::process::{Child, Stdio};

const TONE_HZ: f64 = 700.0;

/// Plays a tone into the sink until it is dropped.
struct Tone(Child);

impl Tone {
    fn play(server: &Server) -> Self {
        let mut player = Server::command("pacat", server.dir.path());
        player.args(["--playback", "--format=s16le", "--rate=48000", "--channels=2", "--latency-msec=50"]);
        let mut child = player.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("pacat is installed; run `make deps-test`");
        let mut input = child.stdin.take().expect("piped");
        let second: Vec<u8> = (0..48_000)
            .flat_map(|i| {
                let value = (9000.0 * (TAU * TONE_HZ * f64::from(i) / 48_000.0).sin()) as i16;
                [value.to_le_bytes(); 2].concat()
            })
            .collect();
        std::thread::spawn(move || while input.write_all(&second).is_ok() {});
        Self(child)
    }
}

impl Drop for Tone {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(server: &Server, more: &[&str]) -> Live {
    let environment = Server::environment(server.dir.path());
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Live::start_with(["--microphone"].iter().chain(more), &environment)
}

/// Waits for a level above or below this.
fn level(live: &mut Live, wanted: impl Fn(f32) -> bool) -> f32 {
    live.news(|news| match news {
        News::Level { peak_db } => Some(*peak_db).filter(|db| wanted(*db)),
        _ => None,
    })
}

/// How much of the power of a piece is the tone's.
fn share_of_the_tone(piece: &[f64]) -> f64 {
    let (mut re, mut im, mut power) = (0.0, 0.0, 1e-12);
    for (i, s) in piece.iter().enumerate() {
        let angle = TAU * TONE_HZ * i as f64 / 48_000.0;
        (re, im, power) = (re + s * angle.cos(), im + s * angle.sin(), power + s * s);
    }
    2.0 * (re * re + im * im) / (piece.len() as f64 * power)
}

#[test]
fn what_is_heard_is_sent_and_a_lost_device_comes_back() {
    let mut server = Server::start();
    let mut live = start(&server, &[]);
    assert!(level(&mut live, |db| db < -60.0) < -60.0, "silence at first");
    let tone = Tone::play(&server);
    // 9,000 of 32,768 is -11 dB.
    let loud = level(&mut live, |db| db > -14.0);
    assert!(loud < -8.0, "{loud} dB");
    let mut decoder = OpusDecoder::new().expect("a decoder");
    let units: Vec<_> = (0..100).map(|_| live.unit(1)).collect();
    let sound: Vec<f32> = units.iter().flat_map(|u| decoder.decode(&u.data, 0).expect("decodes").samples).collect();
    let settled: Vec<f64> = sound[19_200..].chunks_exact(2).map(|f| f64::from(f[0])).collect();
    // In pieces of 20 ms, because a busy machine leaves gaps between player and sound server.
    let shares: Vec<f64> = settled.chunks_exact(960).map(share_of_the_tone).collect();
    let clean = shares.iter().filter(|s| **s > 0.9).count();
    assert!(clean * 10 >= shares.len() * 7, "the tone's share in what is heard: {shares:.2?}");
    // Counted frames, not the arrival of callbacks, say when each was heard.
    let steps: Vec<_> = units.windows(2).map(|w| w[1].capture_us.abs_diff(w[0].capture_us + 20_000)).collect();
    let even = steps.iter().filter(|s| **s < 3_000).count();
    assert!(even * 10 >= steps.len() * 9, "{steps:?}");
    drop(tone);
    server.stop();
    let why = live.news(|news| match news {
        News::Trouble { why, .. } => why.clone(),
        _ => None,
    });
    assert!(why.contains("icrophone"), "{why}");
    live.unit(1);
    server.start_again();
    live.news(|news| matches!(news, News::Trouble { why: None, .. }).then_some(()));
    assert_eq!(live.end().0, Some(0));
}

/// How loud each unit is, by its capture time.
fn loudness(units: &[live::Unit]) -> Vec<(u64, f64)> {
    let mut decoder = OpusDecoder::new().expect("a decoder");
    let power = |samples: &[f32]| (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64).sqrt();
    units.iter().map(|u| (u.capture_us, power(&decoder.decode(&u.data, 0).expect("decodes").samples))).collect()
}

#[test]
fn with_push_to_talk_only_what_is_said_while_the_key_is_held_is_sent_and_its_beginning_is_not_cut_off() {
    let server = Server::start();
    let _tone = Tone::play(&server);
    let mut live = start(&server, &["--push-to-talk"]);
    // The level of what goes out: silence, although the microphone hears a tone.
    let silent: Vec<_> = (0..100).map(|_| live.unit(1)).collect();
    assert!(loudness(&silent).iter().all(|(_, power)| *power < 1e-3), "silence before the key is held");
    let pressed_us = live.now_us();
    live.order(Command::Talk { on: true, at_us: pressed_us });
    let mut talk = Vec::new();
    while talk.last().is_none_or(|u: &live::Unit| u.capture_us < pressed_us + 600_000) {
        talk.push(live.unit(1));
    }
    let released_us = live.now_us();
    live.order(Command::Talk { on: false, at_us: released_us });
    let mut after = Vec::new();
    while after.last().is_none_or(|u: &live::Unit| u.capture_us < released_us + 1_000_000) {
        after.push(live.unit(1));
    }
    let heard = loudness(&silent.into_iter().chain(talk).chain(after).collect::<Vec<_>>());
    let within = |from_us: u64, to_us: u64| heard.iter().filter(move |(at, _)| *at >= from_us && *at + 20_000 <= to_us).map(|(_, power)| *power);
    let first: Vec<f64> = within(pressed_us + 10_000, pressed_us + 130_000).collect();
    let loud = first.iter().filter(|power| **power > 0.02).count();
    // A busy machine leaves gaps between player and sound server.
    assert!(first.len() >= 4 && loud + 1 >= first.len(), "the first 100 ms: {first:?}");
    assert!(within(0, pressed_us - 100_000).all(|power| power < 1e-3), "silence until then");
    let last: Vec<f64> = within(released_us + 400_000, released_us + 1_000_000).collect();
    assert!(last.len() > 10 && last.iter().all(|power| *power < 1e-3), "silence goes on after it: {last:?}");
    assert_eq!(live.end().0, Some(0));
}

#[test]
fn a_device_that_is_not_there_is_named_and_silence_goes_on() {
    let server = Server::start();
    let mut live = start(&server, &["Grand Piano"]);
    let why = live.news(|news| match news {
        News::Trouble { why, .. } => why.clone(),
        _ => None,
    });
    assert!(why.contains("Grand Piano"), "{why}");
    let units: Vec<_> = (0..20).map(|_| live.unit(1)).collect();
    assert!(units.windows(2).all(|w| w[1].capture_us >= w[0].capture_us + 20_000), "silence in real time");
}

#[test]
fn microphones_are_listed_by_what_people_call_them() {
    let server = Server::start();
    let mut command = Server::command(env!("CARGO_BIN_EXE_lectern-media"), server.dir.path());
    let done = command.args(["live", "--list"]).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().expect("runs");
    assert!(done.status.success());
    let list: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let microphones = list["microphones"].as_array().expect("a list");
    let monitor = microphones.iter().find(|m| m["default"] == true).expect("the system's choice");
    let name = monitor["name"].as_str().expect("a name");
    assert!(!name.is_empty() && !monitor["id"].as_str().expect("an id").is_empty());
    assert!(list["cameras"].is_array() && list["screens"].as_array().is_some_and(Vec::is_empty));
    assert!(list["screens_missing"]["code"] == "screen_none" && list["screens_missing"]["why"].as_str().is_some_and(|why| why.contains("DISPLAY")));
    // What is listed can be heard.
    let mut live = start(&server, &[name]);
    loop {
        match live.next().expect("goes on").1 {
            Said::Unit { .. } => break,
            Said::News(News::Trouble { why: Some(why), .. }) => panic!("{why}"),
            Said::News(_) => {}
        }
    }
}
