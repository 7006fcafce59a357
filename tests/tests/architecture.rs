//! The house rules, checked: who depends on whom, what each program links, which file names which library, how files look.
//!
//! Reads the sources and asks Cargo for its trees, offline. A rule that fails names the file or the crate that breaks it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Lines of a file; one idea seldom needs more.
const LINES_MAX: usize = 500;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn cargo(arguments: &[&str]) -> String {
    let done = Command::new(env!("CARGO")).args(arguments).args(["--offline", "--locked"]).current_dir(root()).output().expect("cargo runs");
    assert!(done.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8")
}

/// The crates that a package links, with the features that are on; `-` before them: without the default ones.
fn linked(package: &str, features: &str) -> BTreeSet<String> {
    let mut arguments = vec!["tree", "-p", package, "--features", features.trim_start_matches('-'), "-e", "normal", "--prefix", "none", "--format", "{p}"];
    arguments.extend(features.starts_with('-').then_some("--no-default-features"));
    let tree = cargo(&arguments);
    tree.lines().filter_map(|l| l.split_whitespace().next()).map(str::to_owned).collect()
}

/// Direct dependencies of each package of the workspace, without those of its tests.
fn direct() -> BTreeMap<String, BTreeSet<String>> {
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"])).expect("JSON");
    let text = |v: &Value| v.as_str().expect("a string").to_owned();
    let packages = metadata["packages"].as_array().expect("packages");
    let dependencies = |p: &Value| p["dependencies"].as_array().expect("a list").iter().filter(|d| d["kind"] != "dev").map(|d| text(&d["name"])).collect();
    packages.iter().map(|p| (text(&p["name"]), dependencies(p))).collect()
}

/// A source file, its path relative to the workspace.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// Lines of code that are part of the product, with their numbers: no comments, nothing behind `#[cfg(test)] mod` or its twin for Unix.
    fn product(&self) -> impl Iterator<Item = (usize, &str)> {
        let marks = ["#[cfg(test)]\nmod ", "#[cfg(all(test, unix))]\nmod "];
        let end = marks.iter().flat_map(|mark| self.text.match_indices(mark)).find(|(at, _)| self.text[*at..].lines().nth(1).is_some_and(|l| l.ends_with('{')));
        let text = if self.is_test() { "" } else { &self.text[..end.map_or(self.text.len(), |(at, _)| at)] };
        text.lines().enumerate().map(|(i, l)| (i + 1, l)).filter(|(_, l)| !l.trim_start().starts_with("//"))
    }

    /// Whether the code (not its comments) has this name as a word of its own.
    fn names(&self, name: &str) -> bool {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let code = |l: &&str| !l.trim_start().starts_with("//");
        self.text.lines().filter(code).any(|l| {
            let alone = |(at, _): (usize, &str)| !l[..at].ends_with(is_word) && !l[at + name.len()..].starts_with(is_word);
            l.match_indices(name).any(alone)
        })
    }
}

fn sources() -> Vec<Source> {
    let root = root();
    let mut folders: Vec<_> = ["common", "server", "client", "tests"].map(|f| root.join(f)).into();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("readable").map(|e| e.expect("readable").path()) {
            if entry.is_dir() && !entry.ends_with("target") {
                folders.push(entry);
            } else if entry.extension().is_some_and(|e| e == "rs") {
                let path = entry.strip_prefix(&root).expect("inside").to_str().expect("UTF-8").to_owned();
                found.push(Source { path, text: fs::read_to_string(&entry).expect("readable") });
            }
        }
    }
    assert!(found.len() > 50, "only {} files found", found.len());
    found
}

fn assert_none(rule: &str, broken: Vec<String>) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

#[test]
fn server_and_client_never_see_each_other_and_nothing_points_the_other_way() {
    let ours = ["lectern-proto", "lectern-media", "lectern-server", "lectern", "lectern-tests"];
    let allowed = BTreeMap::from([
        ("lectern-proto", vec![]),
        ("lectern-media", vec!["lectern-proto"]),
        ("lectern-server", vec!["lectern-proto"]),
        ("lectern", vec!["lectern-proto", "lectern-media"]),
    ]);
    let direct = direct();
    for (package, may) in allowed {
        let has: Vec<_> = direct[package].iter().map(String::as_str).filter(|d| ours.contains(d) && !may.contains(d)).collect();
        assert!(has.is_empty(), "{package} depends on {has:?}");
    }
}

#[test]
fn each_program_links_what_its_place_allows() {
    let check = |package: &str, features: &str, never: &[&str]| {
        let is = |c: &str, name: &str| c.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        let has: Vec<_> = linked(package, features).into_iter().filter(|c| never.iter().any(|n| is(c, n))).collect();
        assert!(has.is_empty(), "{package} links {has:?}");
    };
    check("lectern-server", "", &["ffmpeg", "opencv", "cpal", "rtrb", "egui", "eframe", "lectern-media"]);
    check("lectern", "", &["opencv", "sqlx", "rcgen", "lectern-server"]);
    check("lectern", "-portable", &["ffmpeg", "bindgen", "clang", "opencv", "openh264", "sqlx", "rcgen", "lectern-server"]);
    check("lectern-media", "make", &["tokio", "rustls", "sqlx", "egui"]);
    check("lectern-proto", "", &["tokio", "mio", "socket2", "rand", "rustls", "ring", "ffmpeg", "futures"]);
    assert!(linked("lectern", "").contains("ffmpeg-the-third"), "the check would see FFmpeg if it were there");
    assert!(linked("lectern-media", "make").contains("opencv"), "the check would see OpenCV if it were there");
}

#[test]
fn the_protocol_has_no_socket_clock_thread_file_or_randomness() {
    let never = ["Instant", "SystemTime", "TcpStream", "TcpListener", "UdpSocket", "thread", "fs", "process", "env", "tokio", "rand", "getrandom", "async"];
    let all = sources();
    let proto = all.iter().filter(|s| s.path.starts_with("common/proto/src/"));
    assert_none("the protocol's cores are pure", proto.flat_map(|s| never.iter().filter(|n| s.names(n)).map(|n| format!("{} names {n}", s.path))).collect());
}

#[test]
fn libraries_at_the_edges_are_named_in_one_place() {
    let edges = [
        ("bincode", "common/proto/src/wire.rs", "lectern-proto"),
        ("rsa", "common/proto/src/chat/rsa_keys.rs", "lectern-proto"),
        ("sqlx", "server/src/store/", "lectern-server"),
        ("ffmpeg_the_third", "common/media/", "lectern-media"),
        ("rusty_h264_decoder", "common/media/src/portable/", "lectern-media"),
        ("symphonia_core", "common/media/src/portable/", "lectern-media"),
        ("opencv", "common/media/", "lectern-media"),
        ("opus", "common/media/", "lectern-media"),
        ("x11rb", "common/media/", "lectern-media"),
        ("cpal", "common/media/", "lectern-media"),
        ("eframe", "client/src/ui/", "lectern"),
    ];
    let (all, direct) = (sources(), direct());
    let mut broken = Vec::new();
    for (library, place, owner) in edges {
        broken.extend(all.iter().filter(|s| !s.is_test() && !s.path.starts_with(place) && s.names(library)).map(|s| format!("{} names {library}", s.path)));
        let named = |d: &&String| d.replace('-', "_") == library;
        broken.extend(direct.iter().filter(|(p, d)| *p != owner && d.iter().any(|d| named(&d))).map(|(p, _)| format!("{p} depends on {library}")));
        assert!(direct[owner].iter().any(|d| named(&d)), "{owner} does not use {library} any more: change the rule");
    }
    assert_none("a library at an edge has one place", broken);
}

#[test]
fn every_file_says_what_it_is_and_is_one_idea() {
    let mut broken = Vec::new();
    for s in sources() {
        // An attribute of the whole file may stand before its words.
        if !s.text.lines().find(|l| !l.starts_with("#![")).is_some_and(|l| l.starts_with("//!")) {
            broken.push(format!("{} does not open with //!", s.path));
        }
        let lines = s.text.lines().count();
        if lines > LINES_MAX {
            broken.push(format!("{} has {lines} lines; split it below {LINES_MAX}", s.path));
        }
        let folders = ["utils", "util", "helpers", "manager", "misc"];
        if s.path.split('/').any(|part| folders.contains(&part.trim_end_matches(".rs"))) {
            broken.push(format!("{} is named after nothing", s.path));
        }
    }
    assert_none("files are small and introduce themselves", broken);
}

#[test]
fn what_others_send_cannot_end_the_program() {
    let never = [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!(", "dbg!("];
    let mut broken = Vec::new();
    for s in sources() {
        broken.extend(s.product().filter(|(_, l)| never.iter().any(|n| l.contains(n))).map(|(n, l)| format!("{}:{n}: {}", s.path, l.trim())));
    }
    assert_none("no panic outside tests", broken);
}

#[test]
fn every_dependency_has_its_reason() {
    let reasons = fs::read_to_string(root().join("docs/DEPENDENCIES.md")).expect("docs/DEPENDENCIES.md");
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"])).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let all: BTreeSet<_> = packages.iter().flat_map(|p| p["dependencies"].as_array().expect("a list")).filter_map(|d| d["name"].as_str()).collect();
    let missing = all.iter().filter(|d| !d.starts_with("lectern") && !reasons.contains(&format!("`{d}`"))).map(|d| (*d).to_owned());
    assert_none("docs/DEPENDENCIES.md says why each was taken", missing.collect());
}

#[test]
fn versions_are_pinned_for_all_in_one_place() {
    let mut broken = Vec::new();
    for manifest in ["common/proto", "common/media", "server", "client", "tests"] {
        let text = fs::read_to_string(root().join(manifest).join("Cargo.toml")).expect("readable");
        if !text.contains("[lints]\nworkspace = true") {
            broken.push(format!("{manifest}/Cargo.toml does not take the shared lints"));
        }
        let section = |l: &str| l.starts_with('[').then(|| l.ends_with("dependencies]"));
        let mut inside = false;
        for line in text.lines() {
            inside = section(line).unwrap_or(inside);
            if inside && line.contains('=') && !line.contains("workspace = true") {
                broken.push(format!("{manifest}/Cargo.toml: {line}"));
            }
        }
    }
    assert_none("Cargo.toml of the workspace names every version", broken);
}
