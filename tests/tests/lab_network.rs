//! The repeat-request lab over real sockets: two real programs, a file, a line that loses on purpose, and a capture that tshark reads.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use lectern_tests::stack::{bin, root, text};
use serde_json::Value;

/// A receiver that says where it listens.
struct Receiver {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
}

impl Receiver {
    fn start(folder: &Path, out: &str, more: &[&str]) -> Self {
        let mut command = Command::new(bin("lectern"));
        command.args(["lab", "arq", "receive", "--listen", "127.0.0.1:0", "--json", "--out", out]).args(more).current_dir(folder);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("lectern runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        let told: Value = serde_json::from_str(&line).expect("JSON first");
        let address = told["listening"].as_str().expect("an address").to_owned();
        Self { child, stdout, address }
    }

    /// Its report, which comes as soon as the file is there.
    fn report(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"))
    }

    fn ends(mut self) -> (bool, String) {
        let status = self.child.wait().expect("it ends");
        let mut told = String::new();
        self.child.stderr.take().expect("a pipe").read_to_string(&mut told).expect("text");
        (status.success(), told)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send(folder: &Path, file: &str, to: &str, more: &[&str]) -> Command {
    let mut command = Command::new(bin("lectern"));
    command.args(["lab", "arq", "send", file, "--to", to, "--json"]).args(more).current_dir(folder);
    command
}

fn sent(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn folder_with(name: &str, bytes: usize) -> (tempfile::TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    let content: Vec<u8> = (0..bytes).map(|i| (i * i / 7 % 251) as u8).collect();
    std::fs::write(folder.path().join(name), &content).expect("writable");
    (folder, content)
}

#[test]
fn every_protocol_carries_a_file_over_a_bad_line() {
    for (protocol, window) in [("sw", "1"), ("gbn", "8"), ("sr", "32")] {
        let (folder, content) = folder_with("send.bin", 100_000);
        let mut receiver = Receiver::start(folder.path(), "receive.bin", &[]);
        let bad = ["--loss", "0.2", "--ack-loss", "0.1", "--corrupt", "0.02", "--duplicate", "0.02", "--seed", "5"];
        let output =
            send(folder.path(), "send.bin", &receiver.address, &[&["--protocol", protocol, "--window", window][..], &bad].concat()).output().expect("runs");
        let (sent, received) = (sent(&output), receiver.report());
        assert_eq!(std::fs::read(folder.path().join("receive.bin")).expect("there"), content, "{protocol}");
        assert_eq!((&sent["same"], &sent["sha256"], &sent["protocol"]), (&true.into(), &received["sha256"], &protocol.into()));
        // The line did what it was told, and what it lost was sent again.
        let lost = sent["outgoing"]["lost"].as_u64().expect("a number");
        assert!(lost > 0 && sent["incoming"]["packets"].as_u64() > Some(0), "{sent}");
        assert!(sent["retransmissions"].as_u64().expect("a number") > 0 && sent["damaged"].as_u64() > Some(0), "{sent}");
        assert!(sent["efficiency"].as_f64().expect("a number") < 0.9, "{sent}");
        let (is_well, told) = receiver.ends();
        assert!(is_well, "{told}");
        assert!(!folder.path().join("receive.bin.part").exists());
    }
}

#[test]
fn an_empty_file_arrives_and_several_pairs_run_at_once() {
    let (folder, content) = folder_with("send.bin", 500_000);
    std::fs::write(folder.path().join("empty"), b"").expect("writable");
    let mut pairs: Vec<_> = (0..4)
        .map(|at| {
            let out = format!("receive{at}");
            let receiver = Receiver::start(folder.path(), &out, &[]);
            let file = if at == 0 { "empty" } else { "send.bin" };
            let mut command = send(folder.path(), file, &receiver.address, &["--loss", "0.1", "--seed", &at.to_string()]);
            (out, receiver, command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs"))
        })
        .collect();
    for (at, (out, mut receiver, sender)) in pairs.drain(..).enumerate() {
        let sent = sent(&sender.wait_with_output().expect("it ends"));
        assert_eq!(sent["sha256"], receiver.report()["sha256"]);
        assert_eq!(std::fs::read(folder.path().join(out)).expect("there"), if at == 0 { Vec::new() } else { content.clone() });
    }
}

#[test]
fn what_cannot_work_is_said_and_what_was_there_stays() {
    let (folder, _) = folder_with("send.bin", 10_000);
    let try_it = |more: &[&str]| send(folder.path(), "send.bin", "127.0.0.1:9", more).output().expect("runs");
    for (more, code, told) in [
        (&["--loss", "1.5"][..], 2, "is not a probability"),
        (&["--protocol", "sr", "--bits", "3", "--window", "5"], 2, "at most 4"),
        (&["--protocol", "tcp"], 2, "is no protocol"),
        (&["--window", "0"], 2, "at least 1"),
    ] {
        let output = try_it(more);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output));
        assert!(text(&output).contains(told), "{}", text(&output));
    }
    let output = send(folder.path(), "missing.txt", "127.0.0.1:9", &[]).output().expect("runs");
    assert!(!output.status.success() && text(&output).contains("missing.txt"), "{}", text(&output));

    // Who stops both before anything came leaves what was there.
    std::fs::write(folder.path().join("receive.bin"), b"what was there").expect("writable");
    let mut receiver = Receiver::start(folder.path(), "receive.bin", &["--loss", "1", "--seed", "1"]);
    // Everything that comes is lost, so it never begins.
    let mut first = send(folder.path(), "send.bin", &receiver.address, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("runs");
    lectern_tests::stack::signal(first.id(), 2);
    assert!(!first.wait().expect("it ends").success());
    lectern_tests::stack::signal(receiver.child.id(), 2);
    assert!(!receiver.child.wait().expect("it ends").success());
    assert_eq!(std::fs::read(folder.path().join("receive.bin")).expect("there"), b"what was there");
    drop(receiver);
}

fn tshark(capture: &Path, filter: &str, field: &str) -> Vec<String> {
    let script: PathBuf = root().join("common/proto/dissector/lectern.lua");
    let mut command = Command::new("tshark");
    command.arg("-X").arg(format!("lua_script:{}", script.display())).arg("-r").arg(capture).args(["-Y", filter, "-T", "fields", "-e", field]);
    let output = command.output().expect("tshark is there; `make deps-test` installs it");
    assert!(output.status.success(), "{}", text(&output));
    assert!(!text(&output).contains("Lua"), "{}", text(&output));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn tshark_reads_in_the_capture_what_the_report_says() {
    let (folder, _) = folder_with("send.bin", 60_000);
    let receiver = Receiver::start(folder.path(), "receive.bin", &["--capture", "receiver.pcapng"]);
    let bad = ["--loss", "0.2", "--corrupt", "0.1", "--seed", "9", "--capture", "sender.pcapng"];
    let sent = sent(&send(folder.path(), "send.bin", &receiver.address, &bad).output().expect("runs"));
    let (is_well, told) = receiver.ends();
    assert!(is_well, "{told}");
    let (sender, receiver) = (folder.path().join("sender.pcapng"), folder.path().join("receiver.pcapng"));
    let count = |filter: &str| tshark(&sender, filter, "frame.number").len() as u64;
    // A flipped bit may hide what kind a packet is of: those are looked for by their checksum.
    let whole = count("lectern_arq.kind == 3 && lectern_arq.crc.good == 1");
    let packets = sent["packets"].as_u64().expect("a number");
    assert!(whole <= packets && whole + sent["outgoing"]["corrupted"].as_u64().expect("a number") >= packets, "{whole} of {packets}: {sent}");
    let damaged = count("lectern_arq.crc.good == 0");
    assert!(damaged > 0, "{sent}");
    assert_eq!(count("frame.comment contains \"lost on purpose\""), sent["outgoing"]["lost"].as_u64().expect("a number"));
    assert_eq!(count("frame.comment contains \"damaged on purpose: bit\""), sent["outgoing"]["corrupted"].as_u64().expect("a number"));
    assert_eq!(tshark(&sender, "lectern_arq.kind == 1 && lectern_arq.crc.good == 1", "lectern_arq.name").first().map(String::as_str), Some("send.bin"));
    assert_eq!(tshark(&receiver, "lectern_arq.kind == 6", "lectern_arq.same").last().map(String::as_str), Some("1"));
    // The headers that we built are right: tshark checks them when asked to.
    let mut check = Command::new("tshark");
    check.args(["-o", "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-r"]).arg(&sender);
    check.args(["-Y", "udp.checksum.status == 0 || ip.checksum.status == 0"]);
    let output = check.output().expect("tshark runs");
    assert!(output.status.success() && output.stdout.is_empty(), "{}", text(&output));
}
