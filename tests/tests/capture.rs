//! A capture of the video port holds no clear media, and no clear password on the control port.

use std::process::{Command, Stdio};
use std::time::Duration;

use lectern_tests::clip;
use lectern_tests::stack::{PASSWORD, Stack, signal, wait_until};

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle)
}

#[test]
fn the_ports_carry_no_clear_media_and_no_password() {
    // SAFETY: geteuid only reads.
    if unsafe { libc::geteuid() } != 0 {
        println!("skipped: a capture needs root; run this test as root, as continuous integration does");
        return;
    }
    let stack = Stack::start(&[]).expect("a server");
    clip::sample(&stack.videos().join("lesson.mp4"), 6, "640x360").expect("the sample");
    let video = stack.ready_video().expect("prepared");
    let pcap = stack.path("capture.pcap");
    let filter = format!("tcp port {} or tcp port {}", stack.port("video"), stack.port("control"));
    let mut capture = Command::new("tcpdump");
    capture.args(["-i", "lo", "-s", "0", "-U", "--immediate-mode", "-B", "65536", "-Z", "root", "-w"]).arg(&pcap).arg(filter);
    let mut capture = capture.stderr(Stdio::null()).spawn().expect("tcpdump is installed (make deps-test)");
    assert!(wait_until(Duration::from_secs(5), || std::fs::metadata(&pcap).is_ok_and(|m| m.len() >= 24)), "the capture begins");
    let report = stack.client_json(&["watch", "--video", &video, "--quality", "144p"]).expect("watch");
    assert_eq!(report["stalls"], 0);
    let bytes = report["bytes"].as_u64().expect("a number");
    assert!(wait_until(Duration::from_secs(10), || std::fs::metadata(&pcap).is_ok_and(|m| m.len() > bytes)), "everything is captured");
    signal(capture.id(), libc::SIGINT);
    capture.wait().expect("ends");
    let captured = std::fs::read(&pcap).expect("the capture");
    // Sixteen bytes from the middle of every chunk that was prepared.
    let mut looked = 0;
    for dir in std::fs::read_dir(stack.path("chunks")).expect("chunks").flatten() {
        let Ok(objects) = std::fs::read_dir(dir.path().join("objects")) else { continue };
        for object in objects.flatten() {
            let plain = std::fs::read(object.path()).expect("an object");
            if plain.len() > 64 {
                looked += 1;
                let middle = plain.len() / 2;
                assert!(!contains(&captured, &plain[middle..middle + 16]), "{:?} is in clear", object.path());
            }
        }
    }
    assert!(looked > 5);
    for word in [PASSWORD.as_bytes(), b"moof", b"mdat", b"avcC", b"\"tracks\"", b"JFIF"] {
        assert!(!contains(&captured, word), "{} is in clear", String::from_utf8_lossy(word));
    }
}
