//! What goes wrong in a classroom: bad files, killed servers and workers, wrong passwords, strangers on the ports.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::unix::ffi::OsStrExt;
use std::process::Command;
use std::time::{Duration, Instant};

use lectern::player::{Pacer, PlayState};
use lectern_proto::control::VideoState;
use lectern_tests::clip;
use lectern_tests::playback::{join, open, options, rung, watch};
use lectern_tests::stack::{PASSWORD, Stack, signal, text, turn, wait_until};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

/// Processes whose parent is this one.
fn children(pid: u32) -> Vec<u32> {
    let output = Command::new("ps").args(["-o", "pid=", "--ppid", &pid.to_string()]).output().expect("ps");
    String::from_utf8_lossy(&output.stdout).split_whitespace().filter_map(|p| p.parse().ok()).collect()
}

#[test]
fn every_kind_of_file_is_prepared_or_stands_there_with_its_reason() {
    let stack = Stack::start(&[]).expect("a server");
    let v = stack.videos();
    clip::test_clip(&v.join("-leading dash.mp4"), 2, "320x240").expect("clip");
    clip::test_clip(&v.join("new\nline 'quoted' \"twice\" %20 数字.mp4"), 2, "320x240").expect("clip");
    clip::ffmpeg(&["-f", "lavfi", "-i", "testsrc2=size=322x182:rate=25:duration=2"], &v.join("video only odd.mp4")).expect("clip");
    clip::ffmpeg(&["-f", "lavfi", "-i", "sine=frequency=500:duration=2"], &v.join("audio only.m4a")).expect("clip");
    let vp9 = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=2", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"];
    clip::ffmpeg(&vp9, &v.join("vp9.webm")).expect("clip");
    let whole = std::fs::read(v.join("-leading dash.mp4")).expect("read");
    std::fs::write(v.join("truncated.mp4"), &whole[..whole.len() / 2]).expect("write");
    std::fs::write(v.join("empty.mp4"), b"").expect("write");
    std::fs::write(v.join("noise.mp4"), (0..50_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<_>>()).expect("write");
    std::fs::write(v.join("text.mkv"), b"#EXTM3U\n/etc/passwd\n").expect("write");
    let raw = std::ffi::OsStr::from_bytes(b"not utf-8 \xff\xfe.mp4");
    std::fs::write(v.join(raw), &whole).expect("write");
    let settled = |all: &[serde_json::Value]| all.len() == 10 && all.iter().all(|v| v["state"] != "preparing");
    let all = stack.catalogue(Duration::from_secs(120), settled).expect("all settled");
    let of = |title: &str| all.iter().find(|v| v["title"].as_str().is_some_and(|t| t.contains(title))).unwrap_or_else(|| panic!("no {title} in {all:?}"));
    for good in ["-leading dash", "quoted", "video only odd", "audio only", "vp9", "not utf-8"] {
        let entry = of(good);
        assert_eq!(entry["state"], "ready", "{entry}");
        assert!(entry["duration_s"].as_f64().is_some_and(|d| (1.9..2.3).contains(&d)), "{entry}");
        assert!(!entry["title"].as_str().unwrap_or_default().contains('\n'));
    }
    for bad in ["truncated", "empty", "noise", "text"] {
        let entry = of(bad);
        assert_eq!(entry["state"], "failed", "{entry}");
        assert!(entry["reason"].as_str().is_some_and(|r| r.len() > 15 && !r.contains("/tmp")), "{entry}");
    }
    assert!(!of("video only odd")["rungs"].as_array().expect("rungs").is_empty(), "at least one rung always exists");
    for id in ["audio only", "video only odd"].map(|t| of(t)["id"].as_str().expect("id").to_owned()) {
        let report = stack.client_json(&["watch", "--video", &id]).expect("plays");
        assert_eq!(report["stalls"], 0, "{report}");
    }
    let id = of("truncated")["id"].as_str().expect("id").to_owned();
    let refused = stack.client(&["watch", "--video", &id]).output().expect("run");
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("cannot be played"), "{}", text(&refused));
}

#[test]
fn a_file_that_is_still_being_copied_waits_and_a_removed_one_goes() {
    let stack = Stack::start(&[]).expect("a server");
    let source = stack.path("source.mp4");
    clip::test_clip(&source, 3, "320x240").expect("clip");
    let bytes = std::fs::read(&source).expect("read");
    let path = stack.videos().join("slow.mp4");
    let mut slow = std::fs::File::create(&path).expect("create");
    for part in bytes.chunks(bytes.len() / 6 + 1) {
        slow.write_all(part).expect("write");
        slow.sync_all().expect("sync");
        std::thread::sleep(Duration::from_millis(300));
        let now = stack.client_json(&["videos"]).expect("videos");
        assert!(now["videos"].as_array().is_some_and(|v| v.iter().all(|v| v["state"] != "failed")), "{now}");
    }
    drop(slow);
    stack.ready_video().expect("prepared after the copy");
    let full = |stack: &Stack| std::fs::read_dir(stack.path("chunks")).expect("chunks").flatten().filter(|e| e.path().is_dir()).count();
    assert_eq!(full(&stack), 1);
    std::fs::remove_file(&path).expect("remove");
    stack.catalogue(Duration::from_secs(10), <[_]>::is_empty).expect("gone from the catalogue");
    assert!(wait_until(Duration::from_secs(5), || full(&stack) == 0), "its chunks are gone");
}

#[test]
fn a_server_killed_while_preparing_goes_on_where_it_was() {
    let mut stack = Stack::start(&[]).expect("a server");
    clip::sample(&stack.path("whole.mp4"), 30, "1280x720").expect("the sample");
    std::fs::rename(stack.path("whole.mp4"), stack.videos().join("long.mp4")).expect("rename");
    let objects = |stack: &Stack| {
        let dirs = std::fs::read_dir(stack.path("chunks")).expect("chunks");
        dirs.flatten()
            .filter_map(|d| std::fs::read_dir(d.path().join("objects")).ok())
            .flat_map(|d| d.flatten().map(|e| e.path()).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    assert!(wait_until(Duration::from_secs(60), || objects(&stack).len() >= 12), "preparation began: {}", stack.log());
    let worker = children(stack.pid());
    stack.kill();
    let before = objects(&stack);
    for pid in worker {
        assert!(
            wait_until(Duration::from_secs(5), || !std::path::Path::new(&format!("/proc/{pid}")).exists() || is_zombie(pid)),
            "the worker ends with its server"
        );
    }
    let stamps: Vec<_> = before.iter().map(|p| std::fs::metadata(p).and_then(|m| m.modified()).ok()).collect();
    stack.run().expect("starts again");
    let video = stack.ready_video().expect("prepared");
    let kept = before.iter().zip(stamps).filter(|(p, at)| std::fs::metadata(p).and_then(|m| m.modified()).ok() == *at).count();
    assert!(kept * 10 >= before.len() * 8, "{kept} of {} objects were kept", before.len());
    let runtime = runtime();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let _guard = runtime.enter();
    let player = open(&class, &video, options(rung("144p"), 0)).expect("open");
    let seen = watch(&player, Duration::from_secs(60), |_| false).expect("to the end");
    assert!(seen.len() > 800, "{}", seen.len());
    for s in seen {
        assert_eq!(s.stamp.map(i64::from), Some((s.pts_us * 30 + 500_000) / 1_000_000), "{s:?}");
    }
}

fn is_zombie(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|s| s.rsplit(')').next().is_some_and(|r| r.trim_start().starts_with('Z')))
}

#[test]
fn a_killed_worker_is_started_again() {
    let stack = Stack::start(&[]).expect("a server");
    clip::sample(&stack.path("whole.mp4"), 20, "1280x720").expect("the sample");
    std::fs::rename(stack.path("whole.mp4"), stack.videos().join("long.mp4")).expect("rename");
    assert!(wait_until(Duration::from_secs(60), || !children(stack.pid()).is_empty()), "a worker");
    let begun = wait_until(Duration::from_secs(60), || stack.client_json(&["videos"]).is_ok_and(|v| v["videos"][0]["progress"].as_f64() > Some(0.2)));
    assert!(begun);
    for pid in children(stack.pid()) {
        signal(pid, libc::SIGKILL);
    }
    stack.ready_video().expect("prepared all the same");
}

#[test]
fn the_server_gone_during_playback_is_only_a_pause() {
    let _turn = turn();
    let (mut stack, video) = Stack::with_lesson(40, "640x360").expect("a server with the lesson");
    let runtime = runtime();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let _guard = runtime.enter();
    let me = class.state().me.clone();
    let player = open(&class, &video, options(rung("360p"), 0)).expect("open");
    watch(&player, Duration::from_secs(20), |s| s.pts_us > 1_000_000).expect("plays");
    stack.kill();
    // Beyond what is buffered, so that it must be fetched from the server that comes back.
    player.seek(30_000_000);
    assert!(wait_until(Duration::from_secs(5), || matches!(class.state().phase, lectern::class::Phase::Reconnecting { .. })));
    stack.run_on_same_ports().expect("comes back");
    let seen = watch(&player, Duration::from_secs(30), |s| s.pts_us > 31_000_000).expect("goes on");
    assert_eq!(seen[0].stamp, Some(900));
    assert_eq!(class.state().me, me, "the same seat");
    assert!(matches!(player.state(), PlayState::Playing));
}

/// A viewer that only counts must count what never comes, or "no stall" would mean nothing.
#[test]
fn a_chunk_that_never_comes_is_a_stall() {
    let (mut stack, video) = Stack::with_lesson(40, "640x360").expect("a server with the lesson");
    let runtime = runtime();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let state = class.state();
    let entry = state.videos.iter().find(|v| v.id.0 == video).expect("in the catalogue");
    let VideoState::Ready { manifest } = entry.state else { panic!("not ready: {entry:?}") };
    let pacer = |length| {
        let (fetcher, ladder) = (class.fetcher(), state.ladder.clone());
        async move { Pacer::open(fetcher, manifest, &ladder, &rung("360p"), 0).await.map(|p| p.run(Some(length))) }
    };
    let whole = runtime.block_on(async { pacer(Duration::from_millis(1_500)).await.expect("opened").await });
    assert_eq!((whole.stalls, whole.reason), (0, None));
    let opened = runtime.block_on(pacer(Duration::from_millis(1_500))).expect("opened");
    stack.kill();
    let cut = runtime.block_on(opened);
    assert!(cut.stalls == 1 && cut.stall_ms > 500 && cut.reason.is_some(), "{cut:?}");
}

#[test]
fn strangers_are_refused_in_words() {
    let stack = Stack::start(&[]).expect("a server");
    let run = |link: &str, password: &str| {
        let output =
            Command::new(lectern_tests::stack::bin("lectern")).args(["videos", "--name", "eve", "--password", password, "--join", link]).output().expect("run");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, words) = run(&stack.join(), "wrong");
    assert_eq!(code, Some(3), "{words}");
    assert!(words.contains("password is wrong"), "{words}");
    let mut link = stack.link().expect("a link");
    link.fingerprint.0[0] ^= 1;
    let (code, words) = run(&link.to_string(), PASSWORD);
    assert_eq!(code, Some(4), "{words}");
    assert!(words.contains("another certificate") && words.contains("No password was sent"), "{words}");
    let mut link = stack.link().expect("a link");
    link.port = 1;
    let (code, words) = run(&link.to_string(), PASSWORD);
    assert_eq!(code, Some(4), "{words}");
    let (code, words) = run("lectern://127.0.0.1:1/class#cut-off", PASSWORD);
    assert!(code == Some(2) && words.contains("cut off"), "{words}");
    // Many wrong passwords from one address: refused with a time, and right ones elsewhere are not affected by it.
    let refusals: Vec<_> = (0..14).map(|_| run(&stack.join(), "wrong").1).collect();
    assert!(refusals.last().is_some_and(|w| w.contains("try again in")), "{refusals:?}");
}

/// Sends bytes to a port and waits for the server to close.
fn poke(port: u16, bytes: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("connect");
    stream.set_read_timeout(Some(Duration::from_secs(8))).expect("timeout");
    let _ = stream.write_all(bytes);
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
}

#[test]
fn noise_floods_and_half_open_connections_do_not_reach_the_class() {
    let _turn = turn();
    let (stack, video) = Stack::with_lesson(12, "1280x720").expect("a server with the lesson");
    let runtime = runtime();
    let class = runtime.block_on(join(&stack, "ana")).expect("joined");
    let _guard = runtime.enter();
    let player = open(&class, &video, options(rung("360p"), 0)).expect("open");
    let ports = ["control", "video", "audio"].map(|p| stack.port(p));
    let attack = std::thread::spawn(move || {
        let half_open: Vec<_> = ports.iter().flat_map(|p| (0..100).map(|_| TcpStream::connect(("127.0.0.1", *p)))).collect();
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        for i in 0..20_000u32 {
            // Refused where nothing listens: that is what the flood may cost.
            let _ = socket.send_to(&i.to_be_bytes(), ("127.0.0.1", ports[i as usize % 3]));
        }
        for port in ports {
            poke(port, &[0xff; 64]);
            poke(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
            poke(port, &[0x16, 3, 1, 0xff, 0xff, 1, 0, 0xff, 0xff]);
            let noise: Vec<u8> = (0..100_000u32).map(|i| (i.wrapping_mul(747_796_405) >> 21) as u8).collect();
            poke(port, &noise);
        }
        half_open.len()
    });
    let seen = watch(&player, Duration::from_secs(40), |_| false).expect("the lesson goes on");
    assert!(seen.len() > 300, "{}", seen.len());
    assert_eq!(attack.join().expect("the attack"), 300);
    let report = player.report();
    assert_eq!(report.stalls, 0, "{report:?}");
    let begun = Instant::now();
    runtime.block_on(join(&stack, "late")).expect("another can still join");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_server_ends_cleanly_with_its_children() {
    let mut stack = Stack::start(&[]).expect("a server");
    clip::sample(&stack.path("whole.mp4"), 30, "1280x720").expect("the sample");
    std::fs::rename(stack.path("whole.mp4"), stack.videos().join("long.mp4")).expect("rename");
    assert!(wait_until(Duration::from_secs(60), || !children(stack.pid()).is_empty()), "a worker");
    let worker = children(stack.pid());
    let (code, took) = stack.terminate().expect("ends");
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(worker.iter().all(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists() || is_zombie(*pid)));
    assert!(!stack.path("ready.json").exists(), "the announcement is gone");
}
