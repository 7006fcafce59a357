//! Several rooms with the real programs: each with its own password, people and codes, there until it is closed.

use std::process::{Output, Stdio};
use std::time::Duration;

use lectern_tests::stack::{PASSWORD, Stack, client_of, program, text, turn, wait_until};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(60);

fn staff(link: &str, args: &[&str]) -> Output {
    client_of(link, "Ms Kim", args).output().expect("a program")
}

fn json(done: &Output) -> Value {
    assert!(done.status.success(), "{}", text(done));
    serde_json::from_slice(&done.stdout).expect("JSON")
}

fn with(password: &str, link: &str, name: &str, args: &[&str]) -> std::process::Command {
    let mut command = program(None, "lectern");
    command.args(args).args(["--name", name, "--password", password, "--join", link]).stdin(Stdio::null());
    command
}

fn people(seen: &Value) -> Vec<&str> {
    seen["people"].as_array().expect("people").iter().filter_map(|p| p["name"].as_str()).collect()
}

#[test]
fn a_room_is_opened_outlives_the_server_and_is_closed() {
    let _turn = turn();
    let mut stack = Stack::start(&[]).expect("a server");
    let opened = json(&staff(&stack.instructor(), &["rooms", "open", "Lab 2", "--with-password", "sesame"]));
    let lab = opened["join"].as_str().expect("a link").to_owned();
    let lab_key = opened["instructor"].as_str().expect("a link").to_owned();
    assert!(!lab.contains("key=") && lab_key.contains("key="), "{opened}");
    for wrong in
        [["rooms", "open", "Lab 2", "--with-password", "x"], ["rooms", "open", "class", "--with-password", "x"], ["rooms", "open", "x", "--with-password", ""]]
    {
        let done = staff(&stack.instructor(), &wrong);
        assert!(done.status.code() == Some(3) && text(&done).contains("a room needs a name"), "{wrong:?}: {}", text(&done));
    }
    for not_staff in [["rooms", "list"].as_slice(), &["rooms", "close", "Lab 2"], &["rooms", "open", "x", "--with-password", "y"]] {
        assert_eq!(client_of(&stack.join(), "Ana", not_staff).output().expect("a program").status.code(), Some(3), "{not_staff:?}");
    }
    stack.terminate().expect("ended");
    stack.run_on_same_ports().expect("a server again");

    // Each password opens its own room.
    for (link, password, code) in [(&lab, "sesame", Some(0)), (&lab, PASSWORD, Some(3)), (&stack.join(), "sesame", Some(3))] {
        let done = with(password, link, "Ben", &["people"]).output().expect("a program");
        assert_eq!(done.status.code(), code, "{link} {password}: {}", text(&done));
    }
    let mut ana = with("sesame", &lab, "Ana", &["hand"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program");
    assert!(wait_until(SOON, || json(&staff(&lab_key, &["people"]))["hands"][0] == "Ana"), "{}", stack.log());
    // Neither sees who is in the other.
    assert_eq!(people(&json(&staff(&stack.instructor(), &["people"]))), ["Ms Kim"]);
    let listed = json(&staff(&stack.instructor(), &["rooms", "list"]));
    let rooms: Vec<_> = listed["rooms"].as_array().expect("rooms").iter().map(|r| (r["room"].as_str(), r["join"].as_str())).collect();
    assert_eq!(rooms, [(Some("Lab 2"), Some(lab.as_str())), (Some("class"), Some(stack.join().as_str()))], "{listed}");
    assert!(listed["rooms"][0]["people"].as_u64() >= Some(1), "{listed}");
    // A code of one is none of the other.
    let made = json(&staff(&stack.instructor(), &["codes", "make"]));
    let code = made["code"].as_str().expect("a code");
    let elsewhere = lab.replacen('#', &format!("?code={code}#"), 1);
    let mut guest = program(None, "lectern");
    let guest = guest.args(["people", "--name", "Gil", "--join", &elsewhere]).stdin(Stdio::null()).output().expect("a program");
    assert_eq!(guest.status.code(), Some(3), "{}", text(&guest));

    assert_eq!(staff(&stack.instructor(), &["rooms", "close", "class"]).status.code(), Some(3), "the first stays");
    assert!(staff(&stack.instructor(), &["rooms", "close", "Lab 2"]).status.success());
    assert!(wait_until(SOON, || matches!(ana.try_wait(), Ok(Some(_)))));
    let ended = ana.wait_with_output().expect("its output");
    assert!(ended.status.code() == Some(3) && text(&ended).contains("closed the room"), "{}", text(&ended));
    assert_eq!(with("sesame", &lab, "Ana", &["people"]).output().expect("a program").status.code(), Some(3));
    assert_eq!(staff(&stack.instructor(), &["rooms", "close", "Lab 2"]).status.code(), Some(3));
    stack.terminate().expect("ended");
    stack.run_on_same_ports().expect("a server again");
    assert_eq!(json(&staff(&stack.instructor(), &["rooms", "list"]))["rooms"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_room_is_opened_with_a_waiting_room_from_the_first_moment() {
    let _turn = turn();
    let mut stack = Stack::start(&[]).expect("a server");
    let opened = json(&staff(&stack.instructor(), &["rooms", "open", "Exam", "--with-password", "sesame", "--waiting-room"]));
    let (link, key) = (opened["join"].as_str().expect("a link").to_owned(), opened["instructor"].as_str().expect("a link").to_owned());
    assert_eq!(json(&staff(&stack.instructor(), &["people"]))["waiting_room"], false, "the first room is as it was");
    // Whoever is there before anybody of the staff waits, also after a restart.
    for round in 0..2 {
        let ana = with("sesame", &link, "Ana", &["people"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a program");
        let waits = || json(&staff(&key, &["people"]))["waiting"][0] == "Ana";
        assert!(wait_until(SOON, waits), "round {round}: {}", stack.log());
        let let_in = json(&staff(&key, &["people", "--admit-all"]));
        assert_eq!(let_in["waiting_room"], true, "{let_in}");
        assert!(ana.wait_with_output().expect("its output").status.success());
        stack.terminate().expect("ended");
        stack.run_on_same_ports().expect("a server again");
    }
}
