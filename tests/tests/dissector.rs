//! The dissector on a real capture of a real class: tshark reads media in the clear parts, and control with the keys that a client wrote.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lectern_tests::stack::{Stack, client_of, root, signal, text, wait_until};

/// A capture on the loopback interface.
struct Capture {
    child: Child,
}

impl Capture {
    fn start(file: &Path, ports: &[u16]) -> Self {
        let filter = ports.iter().map(|port| format!("port {port}")).collect::<Vec<_>>().join(" or ");
        let mut command = Command::new("tcpdump");
        command.args(["-i", "lo", "-s", "0", "-U", "--immediate-mode", "-w"]).arg(file).arg(&filter);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("tcpdump is there; `make deps-test` installs it");
        // Its file has a header once it listens.
        assert!(wait_until(Duration::from_secs(10), || std::fs::metadata(file).is_ok_and(|m| m.len() >= 24)), "tcpdump does not capture; it needs to be root");
        Self { child }
    }

    fn finish(mut self) {
        signal(self.child.id(), 2);
        self.child.wait().expect("it ends");
    }
}

fn tshark(capture: &Path, ports: &[(&str, u16, &str)], keys: &Path, filter: &str, field: &str) -> Vec<String> {
    let mut command = Command::new("tshark");
    command.arg("-X").arg(format!("lua_script:{}", root().join("common/proto/dissector/lectern.lua").display()));
    command.arg("-o").arg(format!("tls.keylog_file:{}", keys.display()));
    for (table, port, protocol) in ports {
        command.args(["-d", &format!("{table}=={port},{protocol}")]);
    }
    command.arg("-r").arg(capture).args(["-Y", filter, "-T", "fields", "-e", field]);
    let output = command.output().expect("tshark is there; `make deps-test` installs it");
    assert!(output.status.success() && !text(&output).contains("Lua Error"), "{}", text(&output));
    String::from_utf8_lossy(&output.stdout).lines().flat_map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn a_capture_of_a_class_is_read() {
    let (stack, video) = Stack::with_lesson(3, "320x180").expect("a server");
    let (control, media) = (stack.port("control"), stack.port("video"));
    let (file, keys) = (stack.path("class.pcap"), stack.path("keys.txt"));
    let capture = Capture::start(&file, &[control, media]);
    let mut publisher =
        client_of(&stack.instructor(), "nora", &["publish", "--pattern", "--for", "60"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    let watched = stack.client(&["watch", "--video", &video, "--key-log", &keys.display().to_string()]).output().expect("runs");
    assert!(watched.status.success(), "{}", text(&watched));
    let live = || stack.client(&["watch", "--live", "pattern", "--for", "1"]).output().expect("runs").status.success();
    assert!(wait_until(Duration::from_secs(20), live), "the pattern is not seen");
    signal(publisher.id(), 2);
    publisher.wait().expect("it ends");
    capture.finish();

    let ports = [("tcp.port", control, "tls"), ("tls.port", control, "lectern"), ("tcp.port", media, "lectern_media"), ("udp.port", media, "lectern_datagram")];
    let read = |filter: &str, field: &str| tshark(&file, &ports, &keys, filter, field);
    let names = read("lectern.name", "lectern.name");
    for name in ["HelloRequest", "Welcome", "LoginRequest", "Joined", "Videos", "Synchronised"] {
        assert!(names.iter().any(|n| n == name), "no {name} in {names:?}");
    }
    assert!(!names.iter().any(|n| n == "unknown"), "{names:?}");
    let texts = read("lectern.phase == \"login\"", "lectern.text");
    assert!(texts.iter().any(|t| t == "ana"), "the name is in clear inside TLS: {texts:?}");
    // Without the keys nothing of it can be read.
    assert!(tshark(&file, &ports, &stack.path("no-keys"), "lectern.name", "lectern.name").is_empty());
    let kinds = read("lectern_media.kind", "lectern_media.kind");
    assert!(kinds.iter().any(|k| k == "1") && kinds.iter().any(|k| k == "2"), "{kinds:?}");
    assert!(!read("lectern_media.challenge", "lectern_media.challenge").is_empty());
    let datagrams = read("lectern_datagram.kind", "lectern_datagram.kind");
    for kind in ["1", "2", "3", "4", "5", "6"] {
        assert!(datagrams.iter().any(|k| k == kind), "no kind {kind} in {datagrams:?}");
    }
    assert!(read("lectern_record.keyframe == 1", "lectern_record.counter").iter().any(|c| !c.is_empty()));
    assert!(read("_ws.malformed || _ws.lua.error", "frame.number").is_empty());
}
