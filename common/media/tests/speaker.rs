//! Real sound: a tone through a private sound server's null sink, recorded at its other end.
//!
//! The server is reached by environment variables, which a test must not change under other threads; so this program
//! starts itself again as the player, and is the recorder.

#![cfg(target_os = "linux")]

#[path = "support/sound_server.rs"]
mod sound_server;

use lectern_media::speaker::{AudioSink, CHANNELS, SAMPLE_RATE_HZ, Speaker};
use sound_server::Server;
use std::f64::consts::TAU;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Set for the child that plays.
const PLAYER: &str = "LECTERN_TEST_PLAYER";
/// What is played: a tone that is silent in the first tenth of every half second.
const TONE_HZ: f64 = 800.0;
const LENGTH_SECONDS: usize = 4;
/// How far the claimed position may be from what is heard. The recorder itself hears some milliseconds late.
const AGREE_SECONDS: f64 = 0.040;

/// Wall time in seconds, comparable between processes.
fn wall() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

fn tone(frame: usize) -> f32 {
    let rate = SAMPLE_RATE_HZ as usize;
    if frame % (rate / 2) < rate / 10 { 0.0 } else { (0.5 * (TAU * TONE_HZ * frame as f64 / rate as f64).sin()) as f32 }
}

/// The child: plays, and prints what it believes is heard and when.
fn play() {
    let mut speaker = Speaker::open(None, |e| panic!("{e}")).expect("a speaker");
    assert!(speaker.is_audible());
    let total = LENGTH_SECONDS * SAMPLE_RATE_HZ as usize;
    let mut written = 0;
    let start = Instant::now();
    let mut paused = false;
    speaker.set_playing(true);
    let mut last = None;
    while last.is_none() {
        assert!(start.elapsed() < Duration::from_secs(20), "it never ends");
        while written < total {
            let frames = speaker.writable_frames().min(1024).min(total - written);
            if frames == 0 {
                break;
            }
            let block: Vec<f32> = (written..written + frames).flat_map(|f| [tone(f); CHANNELS]).collect();
            written += speaker.write(written as i64 * 1_000_000 / i64::from(SAMPLE_RATE_HZ), &block);
            if written == total {
                speaker.finish();
            }
        }
        if let Some(p) = speaker.position(Instant::now()) {
            println!("heard {} {} {}", wall(), p.pts_us as f64 / 1e6, u8::from(p.moving));
            last = Some(p).filter(|p| !p.moving && p.pts_us >= LENGTH_SECONDS as i64 * 1_000_000 - 100);
            // A pause in the middle, of half a second.
            if !paused && p.pts_us > 2_200_000 {
                paused = true;
                speaker.set_playing(false);
                std::thread::sleep(Duration::from_millis(500));
                let p = speaker.position(Instant::now()).expect("still there");
                assert!(!p.moving);
                speaker.set_playing(true);
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(speaker.underruns(), 0);
    flushed(&mut speaker);
}

/// After a flush nothing old is claimed to be heard.
fn flushed(speaker: &mut Speaker) {
    speaker.write(50_000_000, &vec![0.0; 48_000]);
    speaker.flush();
    assert_eq!(speaker.position(Instant::now()), None);
    let start = Instant::now();
    let mut written = 0;
    let first = loop {
        // There is room again when the device has noticed the flush.
        if written == 0 {
            written = speaker.write(90_000_000, &vec![0.0; 48_000]);
        }
        if let Some(p) = speaker.position(Instant::now()).filter(|p| p.moving) {
            break p;
        }
        assert!(start.elapsed() < Duration::from_secs(2), "nothing is heard after a flush");
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!((90_000_000..90_300_000).contains(&first.pts_us), "{first:?}");
}

#[test]
fn a_tone_is_heard_when_the_speaker_says() {
    if std::env::var_os(PLAYER).is_some() {
        return play();
    }
    let server = Server::start();
    let recorder = Server::command("parec", server.dir.path())
        .args(["--device=ear.monitor", "--format=float32le", "--rate=48000", "--channels=1", "--raw", "--latency-msec=5"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("parec is installed; run `make deps-test`");
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let recording = std::thread::spawn(move || record(recorder, &stopped));
    let mut player = Server::command(&std::env::current_exe().expect("this program").to_string_lossy(), server.dir.path())
        .args(["--exact", "a_tone_is_heard_when_the_speaker_says", "--nocapture"])
        .env(PLAYER, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts itself");
    let claims = claims(player.stdout.take().expect("a pipe"));
    assert!(player.wait().expect("waits").success());
    drop(stop);
    let heard = recording.join().expect("records");

    // The tone starts anew at every half second and 0.1, and once more after the pause, which falls into the fifth.
    let mut onsets = onsets(&heard);
    assert_eq!(onsets.len(), 2 * LENGTH_SECONDS + 1, "{onsets:?}");
    onsets.remove(5);
    let mut errors = Vec::new();
    for (i, heard_at) in onsets.iter().enumerate() {
        let media = i as f64 * 0.5 + 0.1;
        let claimed = claims.windows(2).find(|w| w[0].1 <= media && media < w[1].1).map(|w| w[0].0 + (media - w[0].1)).expect("claimed");
        errors.push(claimed - heard_at);
    }
    println!("claimed - heard, in ms: {:.1?}", errors.iter().map(|e| e * 1e3).collect::<Vec<_>>());
    assert!(errors.iter().all(|e| e.abs() < AGREE_SECONDS), "{errors:?}");
    assert!(claims.windows(2).all(|w| w[0].1 <= w[1].1), "time goes back");
    let frequency = frequency(&heard, onsets[1] + 0.05);
    assert!((frequency - TONE_HZ).abs() < 11.0, "{frequency} Hz");
}

fn claims(output: impl Read) -> Vec<(f64, f64)> {
    let mut claims = Vec::new();
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let mut words = line.split_whitespace().skip_while(|w| *w != "heard").skip(1).filter_map(|w| w.parse().ok());
        if let (Some(at), Some(pts)) = (words.next(), words.next()) {
            claims.push((at, pts));
        }
    }
    claims
}

/// Samples with the wall time at which each came out of the recorder.
fn record(mut recorder: Child, stopped: &Receiver<()>) -> Vec<(f64, f32)> {
    let mut output = recorder.stdout.take().expect("a pipe");
    let (mut heard, mut bytes, mut rest) = (Vec::new(), [0; 4096], Vec::new());
    while stopped.try_recv() == Err(TryRecvError::Empty) {
        let n = output.read(&mut bytes).expect("reads");
        let now = wall();
        rest.extend_from_slice(&bytes[..n]);
        let whole = rest.len() / 4;
        for (i, b) in rest.chunks_exact(4).enumerate() {
            heard.push((now - (whole - i) as f64 / f64::from(SAMPLE_RATE_HZ), f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
        }
        rest.drain(..whole * 4);
    }
    let _ = recorder.kill();
    let _ = recorder.wait();
    heard
}

/// When the tone starts after at least 60 ms of silence.
fn onsets(heard: &[(f64, f32)]) -> Vec<f64> {
    let (mut found, mut quiet) = (Vec::new(), 0);
    for (at, sample) in heard {
        if sample.abs() > 0.1 {
            if quiet > SAMPLE_RATE_HZ * 6 / 100 {
                found.push(*at);
            }
            quiet = 0;
        } else {
            quiet += 1;
        }
    }
    found
}

fn frequency(heard: &[(f64, f32)], from: f64) -> f64 {
    let window: Vec<f32> = heard.iter().skip_while(|(at, _)| *at < from).map(|(_, s)| *s).take(SAMPLE_RATE_HZ as usize / 5).collect();
    let crossings = window.windows(2).filter(|w| w[0] <= 0.0 && w[1] > 0.0).count();
    crossings as f64 * 5.0
}
