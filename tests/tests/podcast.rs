//! Podcasts, with the real programs: each listener pauses and goes on alone.

use std::path::Path;
use std::time::Duration;

use lectern_tests::instep::{InStep, Side};
use lectern_tests::publisher::Publisher;
use lectern_tests::relay::{Condition, Relay};
use lectern_tests::sound_server::Server;
use lectern_tests::stack::{Stack, turn};
use lectern_tests::{clip, instep};
use serde_json::Value;

fn number(report: &Value, path: &str) -> f64 {
    report.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path} in {report}"))
}

/// A tone that says where in the file it is: it rises by so many Hz a second.
const RISE_HZ: f64 = 20.0;

fn rising_tone(path: &Path) {
    let source = format!("aevalsrc=0.3*sin(2*PI*(400*t+{}*t*t)):s=48000:d=60", RISE_HZ / 2.0);
    clip::ffmpeg(&["-f", "lavfi", "-i", &source], path).expect("a tone");
}

/// What was heard, as pitches of stretches of a fifth of a second.
fn pitches(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).expect("a recording");
    let samples: Vec<f64> = bytes[44..].chunks_exact(4).map(|f| f64::from(i16::from_le_bytes([f[0], f[1]]))).collect();
    let pitch = |stretch: &[f64]| {
        // Between the first and the last crossing, each found between two samples.
        let rising = |(i, w): (usize, &[f64])| (w[0] < 0.0 && w[1] >= 0.0).then(|| i as f64 + w[0] / (w[0] - w[1]));
        let crossings: Vec<f64> = stretch.windows(2).enumerate().filter_map(rising).collect();
        let (Some(first), Some(last)) = (crossings.first(), crossings.last()) else { return 0.0 };
        (crossings.len() - 1) as f64 * 48_000.0 / (last - first)
    };
    samples.chunks_exact(9_600).map(pitch).collect()
}

/// Listens with a pause from 2.5 s to 5.5 s, and for 4 s after it.
fn paused(stack: &Stack, name: &str, out: &Path, more: &[&str]) -> Value {
    let args = ["listen", "--silent", "--podcast", name, "--for", "9.5", "--pause-at", "2.5", "--resume-at", "5.5", "--record"];
    let out = out.to_string_lossy();
    stack.client_json(&[&args[..], &[&out], more].concat()).expect("a listener")
}

#[test]
fn a_paused_file_goes_on_where_the_listener_was_and_a_live_source_where_it_is() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let tone = stack.path("tone.wav");
    rising_tone(&tone);
    let _file = Publisher::start(&stack, &["podcast", "start", "--file", &tone.to_string_lossy()]).expect("a podcast");
    let _live = Publisher::start(&stack, &["publish", "--pattern", "--sound", "--quality", "360p"]).expect("a live source");
    let paths = ["stay.wav", "edge.wav", "live.wav"].map(|name| stack.path(name));
    let [stay, edge, live] = std::thread::scope(|scope| {
        let jobs = [("podcast", &[][..]), ("podcast", &["--live-edge"][..]), ("pattern", &[][..])];
        let run = |((name, more), path)| {
            let stack = &stack;
            scope.spawn(move || paused(stack, name, path, more))
        };
        [0, 1, 2].map(|i| run((jobs[i], &paths[i]))).map(|job| job.join().expect("a listener"))
    });

    // The pause of a file cost nothing of it, and the listener is later from then on by as much as it took.
    let pause = number(&stay, "/pauses/0/resumed_s") - number(&stay, "/pauses/0/at_s");
    let gap = number(&stay, "/pauses/0/heard_from_s") - number(&stay, "/pauses/0/heard_to_s");
    assert!(gap.abs() < 0.001, "{stay}");
    let behind = number(&stay, "/behind_ms") / 1_000.0;
    assert!(behind > pause - 0.3 && behind < pause + 2.0, "{stay}");
    assert!(number(&stay, "/pauses/0/bytes") > 10_000.0, "a file goes on coming: {stay}");
    let heard = pitches(&paths[0]);
    let steps: Vec<f64> = heard[3..].windows(2).map(|w| (w[1] - w[0]) / RISE_HZ).collect();
    // The stretch with the seam has no pitch of its own.
    let even = steps.iter().filter(|s| (**s - 0.2).abs() < 0.06).count();
    let lost = steps.iter().sum::<f64>() - 0.2 * steps.len() as f64;
    assert!(steps.len() > 15 && even + 2 >= steps.len() && lost.abs() < 0.06, "seconds of the file between stretches of 0.2 s: {steps:?}");

    // The live edge is one word away.
    let pause = number(&edge, "/pauses/0/resumed_s") - number(&edge, "/pauses/0/at_s");
    assert_eq!(number(&edge, "/behind_ms"), 0.0, "{edge}");
    let gap = number(&edge, "/pauses/0/heard_from_s") - number(&edge, "/pauses/0/heard_to_s");
    assert!((gap - pause).abs() < 1.5, "{edge}");
    let heard = pitches(&paths[1]);
    let largest = heard[3..].windows(2).map(|w| (w[1] - w[0]) / RISE_HZ).fold(0.0, f64::max);
    assert!(largest > 0.2 + 0.5 * pause / 2.0, "it did not leave out what it missed: {largest} s");

    // Of a live source nothing is downloaded meanwhile.
    let pause = number(&live, "/pauses/0/resumed_s") - number(&live, "/pauses/0/at_s");
    let gap = number(&live, "/pauses/0/heard_from_s") - number(&live, "/pauses/0/heard_to_s");
    assert!((gap - pause).abs() < 1.5 && number(&live, "/behind_ms") == 0.0, "{live}");
    let while_paused = number(&live, "/pauses/0/bytes") / pause;
    let otherwise = number(&live, "/bytes") / (9.5 - pause);
    assert!(while_paused < 0.1 * otherwise, "{while_paused} bytes a second in the pause, {otherwise} otherwise: {live}");
}

#[test]
fn who_paused_a_file_hears_it_to_its_end() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let tone = stack.path("short.wav");
    clip::ffmpeg(&["-f", "lavfi", "-i", "sine=frequency=500:duration=7"], &tone).expect("a tone");
    let _file = Publisher::start(&stack, &["podcast", "start", "--file", &tone.to_string_lossy()]).expect("a podcast");
    let out = stack.path("out.wav");
    let args = ["listen", "--silent", "--pause-at", "1.5", "--resume-at", "5", "--record", &out.to_string_lossy()];
    let report = stack.client_json(&args).expect("a listener");
    // What was heard before the pause, and all that came since: the file ended while the listener was behind.
    let before = number(&report, "/pauses/0/heard_to_s");
    let played = number(&report, "/packets/played") * 0.02;
    assert!(before > 0.3 && played > before + 2.0, "{report}");
    assert!(number(&report, "/behind_ms") > 2_000.0, "{report}");
}

/// Two listeners, each with a line of its own kind. On a busy machine a moment of one may be late: `make bench` measures those too.
#[test]
fn two_listeners_in_one_room_hear_the_same_word_at_once() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let talk = stack.path("talk.wav");
    instep::noise(&talk, Duration::from_secs(120)).expect("noise");
    let _file = Publisher::start(&stack, &["podcast", "start", "--file", &talk.to_string_lossy()]).expect("a podcast");
    let jitter = Condition { jitter: Duration::from_millis(20), ..Condition::default() };
    let (_relay, link) = Relay::before(&stack, 32, jitter).expect("a relay");
    let sound = Server::start();
    let measured =
        instep::measure(&stack, &sound, [Side::default(), Side { link: Some(&link), ..Side::default() }], Duration::from_secs(12)).expect("two listeners");
    println!("apart, p95: {:.2} ms", InStep::p95(&measured.apart_ms));
    assert!(median(&measured).abs() < 10.0, "{measured:?}");
    assert!(measured.floor_ms.iter().all(|d| *d == 0.0), "{measured:?}");
    // The delay of a device moves what is heard by as much, either way.
    let sides = [100, -50].map(|trim_ms| Side { trim_ms, ..Side::default() });
    let measured = instep::measure(&stack, &Server::start(), sides, Duration::from_secs(10)).expect("two listeners");
    assert!((median(&measured) + 150.0).abs() < 25.0, "{measured:?}");
}

fn median(measured: &InStep) -> f64 {
    let mut apart = measured.apart_ms.clone();
    apart.sort_by(f64::total_cmp);
    apart[apart.len() / 2]
}

#[test]
fn the_delay_of_a_device_is_also_for_who_watches() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let film = stack.path("film.mp4");
    let inputs = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=15", "-f", "lavfi", "-i", "anoisesrc=color=pink:seed=5:amplitude=0.6:sample_rate=48000"];
    let coding = ["-af", "lowpass=f=2000", "-t", "90", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"];
    clip::ffmpeg(&[&inputs[..], &coding].concat(), &film).expect("a film");
    let _film = Publisher::start(&stack, &["publish", "--file", &film.to_string_lossy(), "--quality", "360p"]).expect("a publisher");
    let with: &[&str] = &["watch", "--live", "file", "--sound"];
    let sides = [100, -50].map(|trim_ms| Side { trim_ms, with, ..Side::default() });
    let measured = instep::measure(&stack, &Server::start(), sides, Duration::from_secs(10)).expect("two viewers");
    assert!((median(&measured) + 150.0).abs() < 25.0, "{measured:?}");
}
