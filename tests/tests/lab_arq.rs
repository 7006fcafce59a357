//! `lectern lab arq` as scripts use it: the real program, without any server.

use std::path::Path;
use std::process::{Command, Output};

use lectern_tests::stack::{bin, text};
use serde_json::Value;

fn run(args: &[&str]) -> Output {
    Command::new(bin("lectern")).args(["lab", "arq"]).args(args).output().expect("a program")
}

fn succeeds(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success() && output.stderr.is_empty(), "{args:?}: {}", text(&output));
    String::from_utf8(output.stdout).expect("words")
}

fn json(args: &[&str]) -> Value {
    let told = succeeds(&[args, &["--json"]].concat());
    serde_json::from_str(&told).unwrap_or_else(|e| panic!("{args:?}: {e}: {told}"))
}

fn refused(args: &[&str]) -> String {
    let output = run(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
    assert!(output.stdout.is_empty(), "{args:?}");
    String::from_utf8(output.stderr).expect("a sentence")
}

fn path(of: &Path) -> &str {
    of.to_str().expect("UTF-8")
}

#[test]
fn a_run_repeats_by_its_seed_and_arrives() {
    for protocol in ["sw", "gbn", "sr"] {
        let args = ["simulate", "--protocol", protocol, "--loss", "0.3", "--ack-loss", "0.2", "--damage", "0.1", "--seed", "3", "--length", "20000"];
        let told = json(&args);
        assert_eq!(told, json(&args));
        assert_eq!((&told["outcome"]["complete"], &told["outcome"]["bytes"]), (&true.into(), &20_000.into()));
        assert_ne!(told["outcome"], json(&[&args[..9], &["--seed", "4", "--length", "20000"]].concat())["outcome"]);
        let words = succeeds(&args);
        assert!(words.contains("all arrived") && words.contains("efficiency"), "{words}");
    }
}

#[test]
fn a_window_that_is_too_large_is_refused_or_shows_what_breaks() {
    let args = ["simulate", "--bits", "2", "--window", "3", "--loss", "0", "--ack-loss", "0", "--kill", "ack:0,ack:1,ack:2"];
    let why = refused(&args);
    assert!(why.contains("at most 2"), "{why}");
    let told = json(&[&args[..], &["--unsafe-window"]].concat());
    assert_eq!(told["outcome"]["first_wrong"], 4);
    assert!(succeeds(&[&args[..], &["--unsafe-window"]].concat()).contains("WRONG"));
}

#[test]
fn the_earlier_systems_setting_is_as_the_model_says() {
    let told = json(&["simulate", "--earlier", "--seeds", "1000"]);
    let (mean, theory) = (told["duration_s"]["mean"].as_f64().expect("a mean"), told["theory"]["duration_s"].as_f64().expect("the model has it"));
    assert!((mean / theory - 1.0).abs() < 0.05, "{told}");
    // Each loss doubles the adaptive time-out, which such a line does not deserve.
    assert!(told["adaptive_duration_s"]["mean"].as_f64().is_some_and(|adaptive| adaptive > 0.0), "{told}");
    assert_eq!((&told["unfinished"], &told["wrong"]), (&0.into(), &0.into()));
}

#[test]
fn a_run_is_written_and_loaded_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let [record, table, picture] = ["run.json", "run.csv", "run.svg"].map(|name| folder.path().join(name));
    let args = ["simulate", "--kill", "data:3", "--hold", "ack:2:40", "--save", path(&record), "--csv", path(&table), "--svg", path(&picture)];
    let told = json(&args);
    let again = json(&["simulate", "--load", path(&record)]);
    assert_eq!(told["outcome"], again["outcome"]);
    let rows = std::fs::read_to_string(&table).expect("a table");
    assert_eq!(rows.lines().count() as u64, 1 + told["outcome"]["sent"].as_u64().expect("a count") + told["outcome"]["acks"].as_u64().expect("a count"));
    assert!(std::fs::read_to_string(&picture).expect("a picture").starts_with("<svg"));
    let changed = std::fs::read_to_string(&record).expect("a record").replace("\"seed\": 15", "\"seed\": 16");
    std::fs::write(&record, changed).expect("written");
    let output = run(&["simulate", "--load", path(&record)]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("went differently"), "{}", text(&output));
}

#[test]
fn a_sweep_has_theory_beside_what_was_measured() {
    let told = json(&["sweep", "--losses", "0,0.1", "--ack-loss", "0", "--seeds", "3", "--packets", "400", "--window", "16"]);
    let points = told["points"].as_array().expect("points");
    assert_eq!(points.len(), 6);
    for point in points {
        let (mean, theory) = (point["measured"]["mean"].as_f64().expect("a mean"), point["theory"].as_f64().expect("a theory"));
        assert!((mean / theory - 1.0).abs() < 0.15, "{point}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("plot.svg");
    succeeds(&["plot", "--windows", "1,4", "--seeds", "2", "--packets", "100", "--out", path(&picture)]);
    assert_eq!(succeeds(&["plot", "--windows", "1,4", "--seeds", "2", "--packets", "100"]), std::fs::read_to_string(&picture).expect("a picture"));
}

#[test]
fn what_is_wrong_is_said_and_nothing_crashes() {
    for args in [
        &["simulate", "--loss", "1.5"][..],
        &["simulate", "--window", "0"],
        &["simulate", "--bits", "33"],
        &["simulate", "--protocol", "x"],
        &["simulate", "--size", "0"],
        &["simulate", "--timeout", "soon"],
        &["simulate", "--kill", "data"],
        &["simulate", "--rate", "fast"],
        &["simulate", "--seeds", "2", "--csv", "x.csv"],
        &["sweep", "--rate", "0"],
        &["sweep", "--losses", "0,2"],
    ] {
        let why = refused(args);
        assert!(!why.contains("panicked"), "{args:?}: {why}");
    }
    assert_eq!(json(&["simulate", "--length", "0"])["outcome"]["complete"], true);
    assert_eq!(run(&["simulate", "--load", "/nowhere/run.json"]).status.code(), Some(1));
}
