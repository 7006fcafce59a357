//! The program as scripts see it: exit codes, files, signals.

#![cfg(unix)]

mod support;

use std::io::Read;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use support::stage::Stage;

fn program(stage: &Stage, command: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_lectern-server"));
    program.env("LECTERN_MEDIA", stage.path("worker")).env_remove("RUST_LOG").arg(command);
    program.arg("--config").arg(stage.path("config.ini")).stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

fn write_config(stage: &Stage, more: &str) {
    let text = format!("[server]\nbind = 127.0.0.1\ncontrol_port = 0\nvideo_port = 0\naudio_port = 0\n{more}\n");
    std::fs::write(stage.path("config.ini"), text).expect("written");
}

fn output(mut command: Command) -> Output {
    command.output().expect("ran")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A running server; ended with the value.
struct Running(Child);

impl Running {
    fn start(stage: &Stage, more: &[&str]) -> (Self, serde_json::Value) {
        let announce = stage.path("ready.json");
        let mut command = program(stage, "run");
        command.arg("--announce").arg(&announce).args(more);
        let mut child = Self(command.spawn().expect("started"));
        let start = Instant::now();
        while !announce.exists() {
            if let Some(status) = child.0.try_wait().expect("a child") {
                panic!("ended with {status}: {}", child.rest());
            }
            assert!(start.elapsed() < Duration::from_secs(30), "not ready");
            std::thread::sleep(Duration::from_millis(10));
        }
        // It appears whole.
        let json = serde_json::from_slice(&std::fs::read(&announce).expect("there")).expect("JSON");
        (child, json)
    }

    fn signal(&self, signal: i32) {
        // SAFETY: a signal to our own child, which has not been waited for.
        unsafe { libc::kill(self.0.id().cast_signed(), signal) };
    }

    fn rest(&mut self) -> String {
        let mut text = String::new();
        let _ = self.0.stderr.take().expect("piped").read_to_string(&mut text);
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_announces_itself_and_ends_cleanly() {
    let stage = Stage::new();
    write_config(&stage, "[rooms]\nname = Klasse 7\n");
    let (mut running, json) = Running::start(&stage, &[]);
    let announce = stage.path("ready.json");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&announce).expect("there").permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(json["pid"], running.0.id());
    let join: lectern_proto::link::JoinLink = json["join"].as_str().expect("text").parse().expect("a link");
    assert_eq!(
        (join.room.as_str(), join.hosts.as_slice(), u64::from(join.port)),
        ("Klasse 7", &["127.0.0.1".to_owned()][..], json["ports"]["control"].as_u64().expect("a port"))
    );
    for port in ["control", "video", "audio"] {
        let port = u16::try_from(json["ports"][port].as_u64().expect("a port")).expect("a port");
        std::net::TcpStream::connect(("127.0.0.1", port)).expect("open");
    }
    let asked = Instant::now();
    running.signal(libc::SIGTERM);
    assert_eq!(running.0.wait().expect("ended").code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(!announce.exists());
    let said = running.rest();
    let password = std::fs::read_to_string(stage.path("data/identity/room-password")).expect("generated");
    assert!(said.contains(&format!("Room password (generated): {password}")) && said.contains(&join.to_string()), "{said}");
    // The log itself holds no secret.
    let key = json["instructor"].as_str().expect("text");
    assert!(said.lines().filter(|l| l.contains("INFO")).all(|l| !l.contains(&password) && !l.contains(key)), "{said}");
    let (mut again, second) = Running::start(&stage, &[]);
    assert_eq!(key.split_once('?').expect("a key").1, second["instructor"].as_str().expect("text").split_once('?').expect("a key").1);
    // The words come when they are there, and nothing waits for them.
    let words = lectern_proto::words::CheckWords::of(&join.fingerprint).expect("computed").to_string();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(again.0.stderr.take().expect("piped"))).map_while(Result::ok);
    assert!(lines.any(|line| line.contains("Check-words") && line.ends_with(&words)), "{words}");
}

#[test]
fn bad_configurations_end_with_code_2_and_the_line() {
    let stage = Stage::new();
    let path = stage.path("config.ini");
    let check = |more: &str, args: &[&str], want: &str| {
        write_config(&stage, more);
        for command in ["run", "check", "prepare"] {
            let mut program = program(&stage, command);
            program.args(args);
            let output = output(program);
            assert_eq!(output.status.code(), Some(2), "{command} {more} {args:?}: {}", stderr(&output));
            let want = want.replace("FILE", &path.display().to_string());
            assert!(stderr(&output).lines().any(|l| l.starts_with(&want)), "{command}: {} has no {want}", stderr(&output));
        }
    };
    check("[resolutions]\n720p = 1280by720", &[], "FILE:7: [resolutions] 720p: `1280by720`");
    check("[nonsense]\nx = 1", &[], "FILE:6: [nonsense]: there is no such section");
    check("", &["--set", "server.video_port=70000"], "--set: [server] video_port: `70000`");
    check("[paths]\nchunks = config.ini", &[], "FILE:7: [paths] chunks: the directory ");
    let mut missing = Command::new(env!("CARGO_BIN_EXE_lectern-server"));
    missing.args(["check", "--config", "/nonexistent/c.ini"]);
    let output = output(missing);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("/nonexistent/c.ini:1: the file cannot be read"), "{}", stderr(&output));
}

#[test]
fn a_port_that_is_taken_is_named_with_its_line() {
    let stage = Stage::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port();
    std::fs::write(stage.path("config.ini"), format!("[server]\nbind = 127.0.0.1\ncontrol_port = 0\naudio_port = 0\nvideo_port = {port}\n")).expect("written");
    let output = output(program(&stage, "run"));
    assert_eq!(output.status.code(), Some(2));
    let want = format!("{}:5: [server] video_port: port {port} is in use by another program; ", stage.path("config.ini").display());
    assert!(stderr(&output).lines().any(|l| l.starts_with(&want)), "{} has no {want}", stderr(&output));
}

#[test]
fn a_second_server_on_the_same_data_is_told() {
    let stage = Stage::new();
    write_config(&stage, "");
    let (_running, _) = Running::start(&stage, &[]);
    let output = output(program(&stage, "run"));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("another Lectern server uses the directory"), "{}", stderr(&output));
}

#[test]
fn check_prints_what_is_in_force_and_makes_nothing() {
    let stage = Stage::new();
    write_config(&stage, "[paths]\ndata = other\n[rooms]\npassword = geheim");
    let output = output(program(&stage, "check"));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let settings = json["settings"].as_array().expect("a list");
    let of = |key: &str| {
        settings
            .iter()
            .find(|s| s["key"] == key)
            .map(|s| (s["value"].as_str().expect("text").to_owned(), s["source"].as_str().expect("text").to_owned()))
            .expect(key)
    };
    assert_eq!(of("data"), ("other".into(), format!("{}:7", stage.path("config.ini").display())));
    assert_eq!(of("people"), ("300".into(), "default".into()));
    assert_eq!(of("720p").1, "default");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("geheim"));
    assert!(!stage.path("other").exists());
}

#[test]
fn prepare_ends_with_1_when_something_failed() {
    let stage = Stage::new();
    write_config(&stage, "");
    stage.add_video("good.mp4", b"one", &[("144p", 256, 144, 150_000)]);
    let good = output(program(&stage, "prepare"));
    assert_eq!(good.status.code(), Some(0), "{}", stderr(&good));
    assert!(stderr(&good).contains("good: ready\n1 of 1 videos are ready."), "{}", stderr(&good));
    stage.worker("echo '{\"event\":\"failed\",\"kind\":\"empty\",\"reason\":\"The file is empty.\"}'; exit 1");
    stage.put("bad.mp4", b"");
    let bad = output(program(&stage, "prepare"));
    assert_eq!(bad.status.code(), Some(1));
    assert!(stderr(&bad).contains("bad: failed: The file is empty."), "{}", stderr(&bad));
    let mut missing = program(&stage, "prepare");
    missing.arg("none.mp4");
    assert_eq!(output(missing).status.code(), Some(1));
}

#[test]
fn every_command_helps() {
    for command in [&[][..], &["run"], &["check"], &["prepare"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_lectern-server")).args(command).arg("--help").output().expect("ran");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains("lectern-server") && text.contains("xample"), "{command:?}: {text}");
        assert!(text.contains("--config") && text.contains("--set") && text.contains("--data-dir"), "{command:?}: {text}");
    }
}

/// Starts a command that announces itself on standard output, and gives the announcement.
fn announced(mut command: Command) -> (Running, serde_json::Value) {
    let mut child = Running(command.stdin(Stdio::piped()).spawn().expect("started"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.0.stdout.as_mut().expect("piped")), &mut line).expect("readable");
    let json = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}{}", child.rest()));
    (child, json)
}

#[test]
fn a_file_is_served_alone_until_the_input_ends_and_nothing_is_left() {
    let stage = Stage::new();
    let file = stage.path("-film = 1.mp4");
    std::fs::write(&file, b"a film").expect("writable");
    std::fs::write(stage.path("other.mp4"), b"not asked for").expect("writable");
    stage.worker("echo \"$3\" >>\"$(dirname \"$0\")/runs\"\necho '{\"event\":\"failed\",\"reason\":\"no\"}'\nexit 1");
    let below = stage.path("playing");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lectern-server"));
    command.env("LECTERN_MEDIA", stage.path("worker")).env_remove("RUST_LOG").current_dir(stage.dir.path());
    command.args(["serve-file", "--below"]).arg(&below).args(["--", "-film = 1.mp4"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (mut running, json) = announced(command);
    let link: lectern_proto::link::JoinLink = json["instructor"].as_str().expect("text").parse().expect("a link");
    assert_eq!(link.hosts, ["127.0.0.1"]);
    assert!(link.key.is_some() && json["password"].as_str().is_some_and(|p| p.len() >= 12), "{json}");
    std::net::TcpStream::connect(("127.0.0.1", link.port)).expect("open");
    assert_eq!(std::fs::read_dir(&below).expect("there").count(), 1);
    let start = Instant::now();
    while !stage.path("runs").exists() {
        assert!(start.elapsed() < Duration::from_secs(20), "the worker is started");
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(running.0.stdin.take());
    assert_eq!(running.0.wait().expect("ended").code(), Some(0));
    assert_eq!(std::fs::read_dir(&below).expect("there").count(), 0, "{}", running.rest());
    let runs = std::fs::read_to_string(stage.path("runs")).expect("there");
    assert!(runs.lines().all(|source| source.ends_with("/-film = 1.mp4")), "{runs}");
}

#[test]
fn a_server_that_another_program_started_ends_with_its_input() {
    let stage = Stage::new();
    write_config(&stage, "");
    let mut command = program(&stage, "run");
    command.args(["--announce", "-", "--until-input-ends"]);
    let (mut running, json) = announced(command);
    assert_eq!(json["pid"], running.0.id());
    drop(running.0.stdin.take());
    assert_eq!(running.0.wait().expect("ended").code(), Some(0));
    let said = running.rest();
    assert!(!said.contains(json["password"].as_str().expect("a password")), "{said}");
}
