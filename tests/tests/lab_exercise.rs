//! A class run with real programs: an exercise is handed out, everybody predicts and runs with a partner or the server, and the answers are
//! collected so that they can be run again. And a simulation that everybody watches.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use lectern_tests::stack::{Stack, client_of, text, wait_until};
use serde_json::Value;

/// None has the name of the one who looks who is there.
const STUDENTS: [&str; 5] = ["Mia", "Ben", "Eva", "Kim", "Lea"];

/// A student's program, and what it printed.
struct Student {
    name: &'static str,
    child: Child,
}

impl Student {
    fn start(stack: &Stack, name: &'static str, prediction: &str) -> Self {
        let mut command = client_of(&stack.join(), name, &["lab", "class", "take", "--predict", prediction]);
        Self { name, child: command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs") }
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        BufReader::new(self.child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{}: {e}: {line:?}, {:?}", self.name, self.child.try_wait()))
    }
}

impl Drop for Student {
    fn drop(&mut self) {
        // It has ended by itself where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn instructor(stack: &Stack, args: &[&str]) -> Command {
    let mut command = client_of(&stack.instructor(), "Nora", &[&["lab"], args].concat());
    command.stdin(Stdio::null());
    command
}

fn ran(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn in_room(stack: &Stack, count: usize) -> bool {
    wait_until(Duration::from_secs(20), || {
        stack.client_json(&["people"]).is_ok_and(|p| {
            p["people"].as_array().is_some_and(|all| all.iter().filter(|p| STUDENTS.contains(&p["name"].as_str().unwrap_or(""))).count() == count)
        })
    })
}

fn exercise(folder: &Path, name: &str) -> String {
    let output = Command::new(lectern_tests::stack::bin("lectern")).args(["lab", "class", "example", name]).output().expect("it runs");
    let file = folder.join(name);
    std::fs::write(&file, ran(&output)).expect("writable");
    file.display().to_string()
}

/// Hands an exercise to five students; gives what each printed, the board, the table and the record.
fn class_run(stack: &Stack, name: &str) -> (Vec<Value>, Value, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = exercise(folder.path(), name);
    let mut students: Vec<_> = STUDENTS.iter().map(|name| Student::start(stack, name, "70")).collect();
    assert!(in_room(stack, STUDENTS.len()));
    let out: Value = serde_json::from_str(&ran(&instructor(stack, &["class", "hand-out", &file]).output().expect("it runs"))).expect("JSON");
    assert_eq!(out["students"], STUDENTS.len(), "everybody but the instructor, and the one who looked is gone: {out}");
    let board = ran(&instructor(stack, &["class", "board", "--follow"]).output().expect("it runs"));
    let board: Value = serde_json::from_str(board.lines().last().expect("a line")).expect("JSON");
    let printed = students.iter_mut().map(Student::line).collect();
    let (csv, json) = (folder.path().join("answers.csv"), folder.path().join("answers.json"));
    // What a partner saw may come a moment after the own end of it.
    let is_whole = || {
        ran(&instructor(stack, &["class", "save", &json.display().to_string()]).output().expect("it runs"));
        let record: Value = serde_json::from_str(&std::fs::read_to_string(&json).expect("there")).expect("JSON");
        record["seats"].as_array().is_some_and(|seats| seats.iter().all(|seat| seat["verified"] == "agrees"))
    };
    assert!(wait_until(Duration::from_secs(20), is_whole), "{}", std::fs::read_to_string(&json).expect("there"));
    ran(&instructor(stack, &["class", "save", &csv.display().to_string()]).output().expect("it runs"));
    let check = |file: &Path| Command::new(lectern_tests::stack::bin("lectern")).args(["lab", "class", "check"]).arg(file).output().expect("it runs");
    assert!(ran(&check(&json)).contains("5 students: everything reproduces"));
    let record = std::fs::read_to_string(&json).expect("there");
    // A record that was changed is found out.
    let changed = folder.path().join("changed.json");
    std::fs::write(&changed, record.replacen("\"seed\": ", "\"seed\": 1", 1)).expect("writable");
    assert!(!check(&changed).status.success());
    ran(&instructor(stack, &["class", "end"]).output().expect("it runs"));
    for student in &mut students {
        assert!(wait_until(Duration::from_secs(10), || student.child.try_wait().is_ok_and(|ended| ended.is_some())), "{} ends with it", student.name);
    }
    (printed, board, std::fs::read_to_string(&csv).expect("there"), record)
}

#[test]
fn everybody_runs_over_the_network_with_a_partner_and_the_odd_one_with_the_server() {
    let stack = Stack::start(&[]).expect("a server");
    let (printed, board, table, _) = class_run(&stack, "selective-repeat.txt");
    let seats = board["seats"].as_array().expect("seats");
    assert_eq!((seats.len(), &board["done"]), (5, &5.into()), "{board}");
    let paths: Vec<_> = seats.iter().map(|seat| seat["path"].as_str().expect("a path")).collect();
    assert_eq!((paths.iter().filter(|p| **p == "direct").count(), paths.iter().filter(|p| **p == "server").count()), (4, 1), "{paths:?}");
    let mut seeds: Vec<_> = seats.iter().map(|seat| seat["seed"].as_u64().expect("a seed")).collect();
    seeds.dedup();
    assert_eq!(seeds.len(), 5, "everybody has one of his or her own");
    for seat in &printed {
        assert_eq!((&seat["stage"], &seat["prediction"].is_null()), (&"done".into(), &false), "{seat}");
        assert!(seat["measured"]["packets"].as_u64() > Some(60) && seat["measured"]["retransmissions"].as_u64() > Some(0), "{seat}");
        assert!(!seat["judged"].as_array().expect("judged").is_empty(), "{seat}");
    }
    assert_eq!(table.lines().count(), 6);
    assert!(STUDENTS.iter().all(|name| table.contains(name)), "{table}");
}

#[test]
fn a_simulated_exercise_is_run_again_by_the_server() {
    let stack = Stack::start(&[]).expect("a server");
    let (printed, board, _, record) = class_run(&stack, "go-back-n.txt");
    assert!(board["seats"].as_array().expect("seats").iter().all(|seat| seat["path"] == "simulated"), "{board}");
    assert_eq!(printed.len(), 5);
    assert!(record.contains("lectern-class-run-1"));
    // Who claims something is handed out that is not, or what is no exercise, is told.
    let output = stack.client(&["lab", "class", "board"]).output().expect("it runs");
    assert!(!output.status.success() && text(&output).contains("no exercise is handed out"), "{}", text(&output));
    let folder = tempfile::tempdir().expect("a folder");
    let bad = folder.path().join("bad.txt");
    std::fs::write(&bad, "[exercise]\ntitle = x\n[run]\nprotocol = tcp\n").expect("writable");
    let output = instructor(&stack, &["class", "hand-out", &bad.display().to_string()]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("exercise:4: [run] protocol"), "{}", text(&output));
    let student = exercise(folder.path(), "go-back-n.txt");
    let output = stack.client(&["lab", "class", "hand-out", &student]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
}

#[test]
fn everybody_watches_one_simulation() {
    let stack = Stack::start(&[]).expect("a server");
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run.json").display().to_string();
    let args = ["lab", "arq", "simulate", "--protocol", "gbn", "--loss", "0.2", "--save", &run];
    ran(&Command::new(lectern_tests::stack::bin("lectern")).args(args).output().expect("it runs"));
    // The show lasts as long as somebody may steer it: the instructor's program may go.
    ran(&instructor(&stack, &["show", "start", &run]).output().expect("it runs"));
    let status = || -> Value { stack.client_json(&["lab", "show", "status"]).expect("a status") };
    assert_eq!((status()["at_ms"].as_f64(), status()["rate"].as_f64()), (Some(0.0), Some(0.0)));
    assert_eq!(status()["run"]["format"], "lectern-arq-1");
    ran(&instructor(&stack, &["show", "steer", "--at", "40", "--rate", "0.01"]).output().expect("it runs"));
    let (first, second) = (status()["at_ms"].as_f64().expect("a time"), status()["at_ms"].as_f64().expect("a time"));
    assert!((40.0..60.0).contains(&first) && second > first, "{first} {second}");
    // A run that goes another way than it says is not shown.
    let text_of = std::fs::read_to_string(&run).expect("there");
    std::fs::write(&run, text_of.replacen("\"seed\": ", "\"seed\": 7", 1)).expect("writable");
    let output = instructor(&stack, &["show", "start", &run]).output().expect("it runs");
    assert!(!output.status.success() && text(&output).contains("went differently"), "{}", text(&output));
    ran(&instructor(&stack, &["show", "end"]).output().expect("it runs"));
    let output = stack.client(&["lab", "show", "status"]).output().expect("it runs");
    assert!(!output.status.success() && text(&output).contains("nothing is shown"), "{}", text(&output));
}
