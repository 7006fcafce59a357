//! `lectern lab hamming` as scripts use it: the real program, without any server.

use std::path::Path;
use std::process::{Command, Output};

use lectern_tests::stack::{bin, text};
use serde_json::Value;

fn run(args: &[&str]) -> Output {
    Command::new(bin("lectern")).args(["lab", "hamming"]).args(args).output().expect("a program")
}

fn json(args: &[&str]) -> Value {
    let output = run(&[args, &["--json"]].concat());
    assert!(output.status.success(), "{args:?}: {}", text(&output));
    assert!(output.stderr.is_empty(), "{args:?}: {}", text(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}: {}", text(&output)))
}

fn refused(args: &[&str]) -> String {
    let output = run(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
    assert!(output.stdout.is_empty(), "{args:?}");
    String::from_utf8(output.stderr).expect("a sentence")
}

fn strings(value: &Value, of: &str) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|v| v[of].as_str().expect("a string").to_owned()).collect()
}

#[test]
fn texts_are_encoded_and_come_back() {
    let coded = json(&["encode", "--text", "Hi"]);
    assert_eq!(strings(&coded["shown"], "sent"), ["1001100", "1110000", "1100110", "0011001"]);
    assert_eq!((&coded["blocks"], &coded["coded_bits"], &coded["hex"]), (&4.into(), &28.into(), &"99c33190".into()));
    assert_eq!(coded["code"]["parity_check"], serde_json::json!(["1010101", "0110011", "0001111"]));
    assert_eq!(coded["code"]["coverage"][0], serde_json::json!({"check": "s1", "covers": [1, 3, 5, 7]}));
    let long = "lang ".repeat(60);
    for said in ["", "a", "Hello", "Übung 数字 🚀", &long] {
        for code in [&["--code", "7,4"][..], &["--code", "31,26", "--secded"], &["--order", "hsiao"], &["--code", "11,7", "--order", "lin-costello"]] {
            let coded = json(&[&["encode", "--text", said], code].concat());
            let (hex, length) = (coded["hex"].as_str().expect("short"), coded["length"].as_u64().expect("a number").to_string());
            let back = json(&[&["decode", "--hex", hex, "--length", &length], code].concat());
            assert_eq!(back["delivered"]["text"].as_str(), Some(said), "{code:?}");
            assert_eq!(back["verdicts"]["clean"], back["blocks"], "{code:?}");
        }
    }
    let empty = json(&["channel", "--text", "", "--p", "0.5"]);
    assert_eq!((&empty["blocks"], &empty["delivered"]["hex"], &empty["outcome"]["no_error"]), (&0.into(), &"".into(), &0.into()));
}

#[test]
fn what_happened_is_told_truthfully() {
    // 9 is 1001; Tanenbaum's and Hamming's numbering: bit 5 is d2.
    let shown = |args: &[&str]| {
        let told = json(&[&["channel", "--hex", "9"], args].concat());
        let block = told["shown"][0].clone();
        (block["outcome"].as_str().expect("an outcome").to_owned(), block["syndrome"].as_str().expect("digits").to_owned(), block["corrected"].as_u64())
    };
    let is = |outcome: &str, syndrome: &str, corrected| (outcome.to_owned(), syndrome.to_owned(), corrected);
    assert_eq!(shown(&[]), is("no_error", "000", None));
    assert_eq!(shown(&["--flip", "5"]), is("corrected", "101", Some(5)));
    assert_eq!(shown(&["--flip", "1:5,1:6"]), is("miscorrected", "011", Some(3)));
    assert_eq!(shown(&["--flip", "5,6", "--secded"]), is("detected", "011", None));
    assert_eq!(shown(&["--flip", "1,2,3"]), is("undetected", "000", None));
    assert_eq!(shown(&["--flip", "8", "--secded"]), is("corrected", "000", Some(0)));
    // The receiver, who does not know, says what it can.
    let came = json(&["decode", "--text", "0011 010"]);
    assert_eq!((&came["shown"][0]["verdict"], &came["data_bits"]), (&"corrected".into(), &"1010".into()));
    assert!(came["shown"][0].get("outcome").is_none());
}

#[test]
fn a_seed_repeats_and_another_differs() {
    for noise in [&["--p", "0.05"][..], &["--burst", "5"], &["--count", "2", "--per", "block"], &["--burst", "3", "--per", "block"]] {
        let told = |seed: &str| run(&[&["channel", "--text", "The same seed gives the same bytes", "--seed", seed, "--json"], noise].concat()).stdout;
        assert_eq!(told("1"), told("1"), "{noise:?}");
        assert_ne!(told("1"), told("2"), "{noise:?}");
    }
}

#[test]
fn files_of_any_length_go_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (from, coded, noisy, back) = (path("from"), path("coded"), path("noisy"), path("back"));
    for length in [0usize, 1, 7, 8, 300_001, 1_000_000] {
        let bytes: Vec<u8> = (0..length).map(|i| ((i * i) >> 3) as u8).collect();
        std::fs::write(&from, &bytes).expect("written");
        for code in [&["--code", "7,4"][..], &["--code", "8,4"], &["--order", "hsiao"], &["--code", "127,120"]] {
            json(&[&["encode", "--file", &from, "--out", &coded], code].concat());
            // The file knows its code.
            let told = json(&["decode", "--file", &coded, "--out", &back]);
            assert_eq!(std::fs::read(&back).expect("written"), bytes, "{code:?}, {length}");
            assert_eq!(told["verdicts"]["clean"], told["blocks"], "{code:?}, {length}");

            // Each block may have one wrong bit.
            let flipped = json(&[&["flip", "--file", &from, "--out", &noisy, "--count", "1", "--per", "block"], code].concat());
            assert_eq!(flipped["flipped_bits"], flipped["blocks"]);
            let told = json(&["decode", "--file", &noisy, "--out", &back]);
            assert_eq!(std::fs::read(&back).expect("written"), bytes, "{code:?}, {length}");
            assert_eq!(told["verdicts"]["corrected"], told["blocks"]);

            // What is delivered over a channel is what the report says of it.
            let told = json(&[&["channel", "--file", &from, "--out", &back, "--p", "0.01"], code].concat());
            let delivered = std::fs::read(&back).expect("written");
            let wrong: u32 = delivered.iter().zip(&bytes).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert_eq!((delivered.len(), told["outcome"]["wrong_bits"].as_u64()), (length, Some(wrong.into())));
        }
    }
    // A pipe has no length of its own.
    let piped = Command::new("sh").arg("-c").arg(format!("printf Hi | '{}' lab hamming encode --file /dev/stdin --json", bin("lectern").display())).output();
    let piped: Value = serde_json::from_slice(&piped.expect("a shell").stdout).expect("JSON");
    assert_eq!(piped["hex"], "99c33190");
}

#[test]
fn plots_are_the_theory_with_points_on_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = |name: &str| folder.path().join(name);
    let args = |path: &Path| ["plot", "--p", "0.01,0.1", "--flips", "50000", "--out", path.to_str().expect("UTF-8")].map(str::to_owned).to_vec();
    let told = |path: &Path| json(&args(path).iter().map(String::as_str).collect::<Vec<_>>());
    let plot = told(&out("plot.svg"));
    let curves = plot["curves"].as_array().expect("curves");
    assert_eq!(strings(&plot["curves"], "name"), ["no code", "(15,11)", "(7,4)", "(8,4) SECDED, unnoticed"]);
    for curve in &curves[1..] {
        for point in curve["measured"].as_array().expect("points") {
            let of = |name: &str| point[name].as_f64().expect("a number");
            assert!(of("low") * 0.8 <= of("theory") && of("theory") <= of("high") * 1.25 && of("high") < 1.0, "{curve}");
        }
    }
    assert!(std::fs::read_to_string(out("plot.svg")).expect("written").starts_with("<svg"));
    assert_eq!(told(&out("plot.csv")), plot);
    assert_eq!(std::fs::read_to_string(out("plot.csv")).expect("written").lines().count(), 7);
    told(&out("plot.json"));
    let written: Value = serde_json::from_slice(&std::fs::read(out("plot.json")).expect("written")).expect("JSON");
    assert_eq!(written, plot);
}

#[test]
fn people_read_tables() {
    let told = run(&["channel", "--text", "Hi Ana", "--secded", "--flip", "4:5,7:3,7:6"]);
    let told = String::from_utf8(told.stdout).expect("UTF-8");
    for part in ["Hamming (8,4) SECDED, classic order", "position", "s4", "odd  1", "MISCORRECTED", "detected, uncorrectable", "delivered: Hi "] {
        assert!(told.contains(part) != (part == "MISCORRECTED"), "{part}: {told}");
    }
    for args in [
        &["encode", "--text", "a"][..],
        &["flip", "--text", "a", "--flip", "3"],
        &["decode", "--text", "0110011"],
        &["encode", "--hex", "00", "--code", "1023,1013"],
    ] {
        let output = run(args);
        assert!(output.status.success() && output.stdout.len() > 60, "{args:?}: {}", text(&output));
    }
}

#[test]
fn what_cannot_be_is_refused_in_a_sentence() {
    assert!(refused(&["encode", "--text", "a", "--code", "8,5"]).contains("there is no Hamming code (8,5)"));
    assert!(refused(&["encode", "--text", "a", "--code", "seven"]).contains("write block length and data bits"));
    assert!(refused(&["encode", "--text", "a", "--order", "reverse"]).contains("classic, systematic"));
    assert!(refused(&["encode", "--hex", "xyz"]).contains("character 1"));
    assert!(refused(&["decode", "--text", "011"]).contains("no whole blocks of 7"));
    assert!(refused(&["decode", "--text", "01200000"]).contains("'2'"));
    assert!(refused(&["channel", "--text", "a", "--p", "1.5"]).contains("from 0 to 1"));
    assert!(refused(&["flip", "--text", "a", "--flip", "15"]).contains("14 bits are sent"));
    assert!(refused(&["flip", "--text", "a", "--flip", "1:9"]).contains("1:9"));
    assert!(refused(&["channel", "--text", "a", "--burst", "x"]).contains("no burst"));
    assert!(refused(&["encode", "--file", "/no/such/file"]).contains("/no/such/file"));
    assert!(refused(&["encode", "--file", "/"]).contains("folder"));
    assert!(refused(&["plot", "--p", "0"]).contains("logarithmic"));
    assert!(refused(&["plot", "--out", "plot.png"]).contains(".svg"));
    assert!(!refused(&["encode"]).is_empty() && !refused(&["channel", "--text", "a", "--p", "0.1", "--flip", "3"]).is_empty());

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("foreign");
    let path = path.to_str().expect("UTF-8");
    std::fs::write(path, [7; 40]).expect("written");
    assert!(refused(&["decode", "--file", path]).contains("does not begin"));
    std::fs::write(path, b"LHAM\x01\x00\x00\x00\x07\x00\x04\x00\xff\x00\x00\x00\x00\x00\x00\x00").expect("written");
    assert!(refused(&["decode", "--file", path]).contains("ends too soon"));
    assert!(refused(&["encode", "--file", path, "--out", path]).contains("the file that is read"));
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_end_nothing() {
    use std::os::unix::ffi::OsStrExt;
    let bad = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    for option in ["--text", "--hex", "--code", "--flip", "--file"] {
        let mut program = Command::new(bin("lectern"));
        let output = program.args(["lab", "hamming", "flip", option]).arg(bad).output().expect("a program");
        assert_eq!(output.status.code(), Some(2), "{option}: {}", text(&output));
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{option}: {}", text(&output));
    }
}
