//! Runs of the repeat-request lab between two people of a class, whom the server brings together: real programs on machines of their own,
//! straight where the network lets them and by way of the server where it does not, several at once, and with the server itself.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use lectern_tests::netns::{Lan, unavailable};
use lectern_tests::stack::{Stack, client_of, root, text};
use serde_json::Value;

/// `lectern` of somebody, on a machine or on this one.
fn lectern(stack: &Stack, machine: Option<&str>, name: &str, folder: &Path, args: &[&str]) -> Command {
    let own = client_of(&stack.join(), name, &[&["lab", "arq"], args].concat());
    let mut command = match machine {
        Some(machine) => {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", machine]).arg(own.get_program()).args(own.get_args());
            command
        }
        None => own,
    };
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// Somebody who takes what is offered.
struct Taker {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Taker {
    fn start(mut command: Command, name: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        let mut taker = Self { stdout: BufReader::new(child.stdout.take().expect("a pipe")), child };
        assert_eq!(taker.next()["waiting_as"], name);
        taker
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}, {:?}", self.child.try_wait()))
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        // It has ended by itself where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|i| (i * i / 11 % 253) as u8).collect()
}

fn report(output: &Output) -> Value {
    assert!(output.status.success(), "{}", text(output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// How many packets of a capture are such.
fn tshark(capture: &Path, filter: &str) -> usize {
    let script = root().join("common/proto/dissector/lectern.lua");
    let mut command = Command::new("tshark");
    command.arg("-X").arg(format!("lua_script:{}", script.display())).arg("-r").arg(capture).args(["-Y", filter, "-T", "fields", "-e", "frame.number"]);
    let output = command.output().expect("tshark is there; `make deps-test` installs it");
    assert!(output.status.success() && !text(&output).contains("Lua"), "{}", text(&output));
    String::from_utf8_lossy(&output.stdout).lines().count()
}

const BAD: [&str; 6] = ["--loss", "0.2", "--ack-loss", "0.1", "--seed", "5"];

#[test]
fn two_people_send_straight_or_by_way_of_the_server() {
    if let Some(why) = unavailable() {
        return eprintln!("{why}");
    }
    let lan = Lan::new("l", 3).expect("a network");
    let stack = Stack::start_in(lan.machine(1), &[]).expect("a server");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("send.txt"), content(200_000)).expect("writable");
    for (isolated, path) in [(false, "direct"), (true, "server")] {
        if isolated {
            [2, 3].into_iter().for_each(|machine| lan.isolate(machine).expect("a switch that isolates"));
        }
        let capture = format!("{path}.pcapng");
        let mut ben = Taker::start(lectern(&stack, Some(lan.machine(3)), "Ben", folder.path(), &["receive", "--json", "--capture", &capture]), "Ben");
        let send = [&["send", "--to", "Ben", "--json"][..], &BAD].concat();
        let sent = report(&lectern(&stack, Some(lan.machine(2)), "Ana", folder.path(), &send).output().expect("it runs"));
        let received = ben.next();
        assert_eq!(std::fs::read(folder.path().join("receive.txt")).expect("there"), content(200_000), "{path}");
        assert_eq!((&sent["path"], &received["path"], &sent["same"]), (&path.into(), &path.into(), &true.into()), "{sent} {received}");
        assert!(sent["outgoing"]["lost"].as_u64() > Some(0) && sent["retransmissions"].as_u64() > Some(0), "{sent}");
        let count = |report: &Value, name: &str| report[name].as_u64().expect("a number");
        assert_eq!(count(&received, "packets"), count(&sent, "packets") - count(&sent["outgoing"], "data_lost"), "{sent} {received}");
        assert!(ben.child.wait().expect("it ends").success());
        std::fs::remove_file(folder.path().join("receive.txt")).expect("there");
        // What the dissector reads of the capture is what the report counts, by whatever way the packets came.
        let capture = folder.path().join(capture);
        assert_eq!(tshark(&capture, "lectern_arq.kind == 3") as u64, received["packets"].as_u64().expect("a number"), "{received}");
        assert_eq!(tshark(&capture, "lectern_arq.kind == 3 && lectern_datagram.run") > 0, isolated);
        assert!(tshark(&capture, "lectern_arq.kind == 8 || lectern_arq.kind == 9") > 0, "probes");
    }
}

#[test]
fn several_pairs_run_at_once_and_who_has_no_partner_has_the_server() {
    let stack = Stack::start(&[]).expect("a server");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("send.txt"), content(100_000)).expect("writable");
    let mut takers: Vec<_> = (0..3)
        .map(|n| {
            let (name, out) = (format!("Ben {n}"), format!("receive{n}.txt"));
            Taker::start(lectern(&stack, None, &name, folder.path(), &["receive", "--json", "--out", &out, "--from", &format!("Ana {n}")]), &name)
        })
        .collect();
    let senders: Vec<_> = (0..3)
        .map(|n| {
            let seed = n.to_string();
            let to = format!("Ben {n}");
            let args = ["send", "--to", &to, "--json", "--loss", "0.1", "--seed", &seed];
            let mut command = lectern(&stack, None, &format!("Ana {n}"), folder.path(), &args);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs")
        })
        .collect();
    for (n, sender) in senders.into_iter().enumerate() {
        let sent = report(&sender.wait_with_output().expect("it ends"));
        let received = takers[n].next();
        assert_eq!((&sent["sha256"], &sent["same"], &sent["path"]), (&received["sha256"], &true.into(), &"direct".into()), "{sent}");
        assert_eq!(std::fs::read(folder.path().join(format!("receive{n}.txt"))).expect("there"), content(100_000));
    }
    for protocol in ["sw", "gbn", "sr"] {
        let more = ["--to-server", "--json", "--protocol", protocol, "--size", "1400"];
        let sent = report(&lectern(&stack, None, "Eva", folder.path(), &[&["send"], &more[..], &BAD].concat()).output().expect("it runs"));
        assert_eq!((&sent["same"], &sent["path"], &sent["protocol"]), (&true.into(), &"server".into(), &protocol.into()), "{sent}");
        assert!(sent["outgoing"]["lost"].as_u64() > Some(0), "{sent}");
    }
    // What the server sends follows from the seed alone, however bad the line is.
    let take = |out: &str, more: &[&str]| {
        let args = [&["receive", "--from-server", "70001", "--json", "--out", out][..], more].concat();
        report(&lectern(&stack, None, "Eva", folder.path(), &args).output().expect("it runs"))
    };
    let (good, bad) = (take("good", &["--seed", "5"]), take("bad", &BAD));
    assert_eq!((&good["sha256"], &good["path"], good["bytes"].as_u64()), (&bad["sha256"], &"server".into(), Some(70_001)), "{good} {bad}");
    assert!(bad["incoming"]["lost"].as_u64() > Some(0), "{bad}");
    assert_ne!(take("other", &["--seed", "6"])["sha256"], good["sha256"]);
    assert_eq!(std::fs::read(folder.path().join("good")).expect("there"), std::fs::read(folder.path().join("bad")).expect("there"));
}

#[test]
fn who_is_not_there_or_does_not_want_it_is_told() {
    let stack = Stack::start(&[]).expect("a server");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("send.txt"), content(50_000)).expect("writable");
    let send = |name: &str, more: &[&str]| lectern(&stack, None, name, folder.path(), &[&["send"], more].concat()).output().expect("it runs");
    let _ben = Taker::start(lectern(&stack, None, "Ben", folder.path(), &["receive", "--from", "Nora"]), "Ben");
    for (more, code, told) in [
        (&["--to", "Nobody"][..], 1, "nobody is in the room who is called"),
        (&["--to", "Ben"], 3, "does not want it"),
        (&["--to", "Ben", "--size", "1401"], 2, "at most 1400 bytes"),
        (&["--to-server", "--window", "5000"], 3, "there can be no such run"),
        (&["--to-server", "--timeout", "1", "--window", "0"], 2, "at least"),
    ] {
        let output = send("Ana", more);
        assert_eq!(output.status.code(), Some(code), "{more:?}: {}", text(&output));
        assert!(text(&output).contains(told), "{more:?}: {}", text(&output));
    }
    // A sender that goes away in the middle: what came is not left behind, and the taker is told.
    let mut taker = Taker::start(lectern(&stack, None, "Kim", folder.path(), &["receive", "--out", "half.txt"]), "Kim");
    let mut sender = lectern(&stack, None, "Ana", folder.path(), &["send", "--to", "Kim", "--protocol", "sw", "--loss", "0.99", "--timeout", "200"]);
    let mut sender = sender.stderr(Stdio::piped()).spawn().expect("it runs");
    let mut lines = BufReader::new(sender.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("Kim takes it")));
    std::thread::sleep(std::time::Duration::from_millis(300));
    sender.kill().expect("it ends");
    sender.wait().expect("it ends");
    let status = taker.child.wait().expect("it ends");
    let mut told = String::new();
    std::io::Read::read_to_string(&mut taker.child.stderr.take().expect("a pipe"), &mut told).expect("text");
    assert!(!status.success() && told.contains("has left the class"), "{told}");
    assert!(!folder.path().join("half.txt").exists() && !folder.path().join("half.txt.part").exists());
}
