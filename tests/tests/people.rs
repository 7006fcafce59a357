//! People, the door and the room's tools with the real programs.

use std::process::{Child, Output, Stdio};
use std::time::Duration;

use lectern::class::Phase;
use lectern_proto::control::{RoomAnswer, RoomRequest};
use lectern_tests::clip;
use lectern_tests::playback::join;
use lectern_tests::publisher::Publisher;
use lectern_tests::sound_server::Server;
use lectern_tests::stack::{Stack, client_of, program, root, text, turn, wait_until};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(60);

/// A program that stays in the class until it is told to go.
struct Stays(Child);

impl Stays {
    fn start(link: &str, name: &str, args: &[&str]) -> Self {
        Self(client_of(link, name, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program"))
    }

    /// What it printed at its end, which comes by itself.
    fn end(mut self) -> Output {
        assert!(wait_until(SOON, || matches!(self.0.try_wait(), Ok(Some(_)))), "it does not end");
        let child = std::mem::replace(&mut self.0, std::process::Command::new("true").spawn().expect("a program"));
        child.wait_with_output().expect("its output")
    }
}

impl Drop for Stays {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn staff(stack: &Stack, args: &[&str]) -> Value {
    let done = client_of(&stack.instructor(), "Ms Kim", &[&["people"], args].concat()).output().expect("a program");
    assert!(done.status.success(), "{args:?}: {} {}", text(&done), stack.log());
    serde_json::from_slice(&done.stdout).expect("JSON")
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|v| v.as_str().or_else(|| v["name"].as_str()).expect("a name")).collect()
}

#[test]
fn who_waits_is_admitted_turned_away_muted_banned_and_written_down() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    assert_eq!(staff(&stack, &["--waiting-room", "on"])["waiting_room"], true);
    let ana = Stays::start(&stack.join(), "Ana", &["hand"]);
    let ben = Stays::start(&stack.join(), "=Ben", &["hand"]);
    let mut wait = Value::Null;
    let both_wait = || {
        wait = staff(&stack, &[])["waiting"].clone();
        names(&wait).len() == 2
    };
    assert!(wait_until(SOON, both_wait), "{}", stack.log());
    let denied = client_of(&stack.join(), "Ana", &["people"]).stdout(Stdio::piped()).spawn().expect("a program");
    assert!(wait_until(SOON, || names(&staff(&stack, &[])["waiting"]).len() == 3));
    let turned_away = staff(&stack, &["--turn-away", "=Ben"]);
    assert_eq!(names(&turned_away["waiting"]), ["Ana", "Ana"], "{turned_away}");
    let ben = ben.end();
    assert_eq!(ben.status.code(), Some(3), "{}", text(&ben));
    assert!(text(&ben).contains("not let in"), "{}", text(&ben));
    let admitted = staff(&stack, &["--admit-all"]);
    let mut there = names(&admitted["people"]);
    there.sort_unstable();
    assert!(there.contains(&"Ana") && there.contains(&"Ana (2)"), "two of one name are told apart: {admitted}");
    drop(denied.wait_with_output());
    assert!(wait_until(SOON, || names(&staff(&stack, &[])["hands"]).first().is_some_and(|n| n.starts_with("Ana"))), "{}", stack.log());
    let up = names(&staff(&stack, &[])["hands"])[0].to_owned();
    // Lowered: her program ends and says so.
    assert_eq!(staff(&stack, &["--lower-hand", &up])["hands"].as_array().map(Vec::len), Some(0));
    let mut ana = ana;
    assert!(wait_until(SOON, || matches!(ana.0.try_wait(), Ok(Some(_)))));
    let said: Value = serde_json::from_slice(&ana.end().stdout).expect("JSON");
    assert_eq!((&said["lowered"], &said["before"]), (&true.into(), &0.into()));

    assert_eq!(staff(&stack, &["--waiting-room", "off"])["waiting_room"], false);
    let eve = Stays::start(&stack.join(), "=Eve", &["hand"]);
    assert!(wait_until(SOON, || names(&staff(&stack, &[])["hands"]) == ["=Eve"]));
    let muted = staff(&stack, &["--mute", "=Eve"]);
    let line = muted["people"].as_array().expect("people").iter().find(|p| p["name"] == "=Eve").expect("there").clone();
    assert_eq!((&line["muted"], &line["hand"], &line["role"]), (&true.into(), &1.into(), &"student".into()));
    let banned = staff(&stack, &["--ban", "=Eve"]);
    assert_eq!(names(&banned["banned"]), ["=Eve"], "{banned}");
    assert_eq!(eve.end().status.code(), Some(3));
    let again = client_of(&stack.join(), "=Eve", &["people"]).output().expect("a program");
    assert_eq!(again.status.code(), Some(3), "{}", text(&again));
    assert!(text(&again).contains("keeps you out"), "{}", text(&again));
    assert!(staff(&stack, &["--pardon", "=Eve"])["banned"].as_array().is_some_and(Vec::is_empty));

    let table = stack.path("attendance.csv");
    staff(&stack, &["--attendance", table.to_str().expect("UTF-8")]);
    let table = std::fs::read_to_string(table).expect("a table");
    assert!(table.starts_with("name,role,from,until,seconds\r\n") && table.contains("\r\n\"'=Eve\",student,2"), "no formula: {table}");
    // What is staff's is refused to others, with the code for that.
    for args in [["--lock", "on"], ["--mute", "Ms Kim"], ["--attendance", "/dev/null"], ["--pardon", "x"]] {
        let refused = client_of(&stack.join(), "Ana", &[&["people"], &args[..]].concat()).output().expect("a program");
        assert!(matches!(refused.status.code(), Some(1 | 3)), "{args:?}: {}", text(&refused));
        assert!(refused.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn an_operator_tells_and_deletes_what_is_kept_of_a_person() {
    let _turn = turn();
    let mut stack = Stack::start(&[]).expect("a server");
    for name in ["Ana", "Ben"] {
        assert!(client_of(&stack.join(), name, &["people"]).output().expect("a program").status.success());
    }
    let [data, chunks] = ["data", "chunks"].map(|sub| format!("paths.{sub}={}", stack.path(sub).display()));
    let server = |command: &str, name: &str| {
        let mut program = program(None, "lectern-server");
        program.args([command, "--set", &data, "--set", &chunks, "--config"]).arg(root().join("config.ini"));
        program.arg(name).output().expect("a program")
    };
    let running = server("forget", "Ana");
    assert!(!running.status.success() && text(&running).contains("End the server first"), "{}", text(&running));
    stack.terminate().expect("ended");
    let kept: Value = serde_json::from_slice(&server("export", "Ana").stdout).expect("JSON");
    assert_eq!((kept["attendance"][0]["name"].as_str(), kept["attendance"].as_array().map(Vec::len)), (Some("Ana"), Some(1)), "{kept}");
    let forgotten = server("forget", "Ana");
    assert!(forgotten.status.success(), "{}", text(&forgotten));
    assert!(!server("export", "Ana").status.success() && server("export", "Ben").status.success());
    stack.run().expect("a server again");
    let table = stack.path("attendance.csv");
    staff(&stack, &["--attendance", table.to_str().expect("UTF-8")]);
    let table = std::fs::read_to_string(table).expect("a table");
    assert!(table.contains("\"Ben\"") && !table.contains("\"Ana\""), "{table}");
}

#[test]
fn a_locked_room_a_poll_and_attention() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let poll = |link: &str, name: &str, args: &[&str]| client_of(link, name, &[&["poll"], args].concat()).output().expect("a program");
    let opened = poll(&stack.instructor(), "Ms Kim", &["open", "Clear?", "Yes", "No"]);
    assert!(opened.status.success(), "{}", text(&opened));
    let answers = [("Ana", "No"), ("Ben", "Yes"), ("Cem", "No")];
    let voters = answers.map(|(name, answer)| client_of(&stack.join(), name, &["poll", "answer", answer]).stdout(Stdio::piped()).spawn().expect("a program"));
    let counts = |shown: &Output| {
        let shown: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
        shown["answers"].as_array().expect("answers").iter().map(|a| a["count"].as_u64()).collect::<Vec<_>>()
    };
    let mut last = Vec::new();
    let all = || {
        last = counts(&poll(&stack.instructor(), "Ms Kim", &["show"]));
        last == [Some(1), Some(2)]
    };
    assert!(wait_until(SOON, all), "{}", stack.log());
    let student = poll(&stack.join(), "Dora", &["show"]);
    assert_eq!(counts(&student), [None, None], "no counts before the end: {}", text(&student));
    assert_eq!(poll(&stack.join(), "Dora", &["close"]).status.code(), Some(3));
    assert_eq!(poll(&stack.join(), "Dora", &["answer", "Perhaps"]).status.code(), Some(2));
    let closed = poll(&stack.instructor(), "Ms Kim", &["close"]);
    assert_eq!(counts(&closed), [Some(1), Some(2)], "{}", text(&closed));
    for voter in voters {
        let shown = voter.wait_with_output().expect("its output");
        assert_eq!(counts(&shown), [Some(1), Some(2)], "{}", text(&shown));
    }

    assert_eq!(staff(&stack, &["--lock", "on"])["locked"], true);
    let refused = client_of(&stack.join(), "Ana", &["people"]).output().expect("a program");
    assert_eq!(refused.status.code(), Some(3), "{}", text(&refused));
    assert!(text(&refused).contains("locked"), "{}", text(&refused));
    let state = staff(&stack, &["--attention", "on"]);
    assert_eq!((&state["attention"], &state["locked"]), (&true.into(), &true.into()));
    assert_eq!(staff(&stack, &["--private-chat", "instructor"])["private_chat"], "instructor");
}

#[test]
fn who_waits_sees_that_and_since_when() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    staff(&stack, &["--waiting-room", "on"]);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let class = lectern::class::Class::join(
            &tokio::runtime::Handle::current(),
            lectern::class::JoinRequest {
                link: stack.join().parse().expect("a link"),
                name: "Ana".into(),
                password: Some("open-sesame".into()),
                account: None,
                store: None,
            },
            std::sync::Arc::new(|| {}),
        );
        let waits = class.wait_for(|s| matches!(s.phase, Phase::Waiting { .. })).await.expect("told");
        assert!(waits.me.is_none() && waits.people.is_empty(), "who waits is told nothing of the room");
        let Phase::Waiting { since } = waits.phase else { panic!("{:?}", waits.phase) };
        assert!(since.elapsed() < SOON);
        tokio::task::block_in_place(|| staff(&stack, &["--admit", "Ana"]));
        let state = class.joined().await.expect("in");
        assert!(state.me.is_some());
        assert_eq!(class.use_tool(RoomRequest::Hand { raised: true }).await, Ok(RoomAnswer::Done));
        let other = tokio::task::block_in_place(|| staff(&stack, &["--waiting-room", "off"]));
        assert_eq!(other["waiting_room"], false);
        join(&stack, "Ben").await.expect("nobody waits any more");
    });
}

/// Plays a file into the sound device whose other end is the microphone.
fn play(sound: &Server, path: &std::path::Path) -> Publisher {
    Publisher(Server::command("paplay", sound.dir.path()).arg(path).spawn().expect("paplay is installed; run `make deps-test`"))
}

#[test]
fn who_speaks_is_marked_for_all_while_the_voice_is_heard_and_no_longer() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let sound = Server::start();
    let talk = stack.path("talk.wav");
    // A voice for four seconds of every eight, with the gaps between its syllables.
    let voice = "aevalsrc=0.3*sin(2*PI*220*t)*gt(sin(2*PI*4*t)\\,-0.3)*lt(mod(t\\,8)\\,4):s=48000:d=120";
    clip::ffmpeg(&["-f", "lavfi", "-i", voice], &talk).expect("a voice");
    let mut microphone = client_of(&stack.instructor(), "Ms Kim", &["publish", "--microphone"]);
    microphone.envs(Server::environment(sound.dir.path()));
    let publisher = Publisher::run(microphone).expect("on air");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let class = join(&stack, "Ana").await.expect("in");
        let kim = class.state().people.iter().find(|p| p.name == "Ms Kim").expect("there").id;
        let is_heard = |heard: bool| class.wait_for(move |s| s.tools.speaking == if heard { vec![kim] } else { Vec::new() });
        assert!(class.state().tools.speaking.is_empty(), "the microphone is on air and nobody speaks");
        let player = play(&sound, &talk);
        for round in 0..2 {
            for heard in [true, false] {
                let told = tokio::time::timeout(SOON, is_heard(heard)).await;
                assert!(told.is_ok_and(|told| told.is_ok()), "round {round}, heard: {heard}; {}", stack.log());
            }
        }
        // Whoever asks, asks at a moment of it.
        let marks = || {
            let told = staff(&stack, &[]);
            let people = told["people"].as_array().expect("people");
            people.iter().filter(|p| p["speaking"] == true).map(|p| p["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
        };
        let is_marked = || wait_until(SOON, || marks() == ["Ms Kim"]);
        assert!(tokio::task::block_in_place(is_marked), "{}", stack.log());
        // With the stream it is over in the middle of a word.
        assert!(tokio::time::timeout(SOON, is_heard(true)).await.is_ok_and(|told| told.is_ok()));
        drop(publisher);
        assert!(tokio::time::timeout(SOON, is_heard(false)).await.is_ok_and(|told| told.is_ok()));
        assert!(class.state().streams.is_empty(), "it ended with the stream");
        drop(player);
        assert!(tokio::task::block_in_place(marks).is_empty());
    });
}
