//! The names of messages in the dissector are those of `docs/PROTOCOL.md`.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The variants of the first table behind `heading`.
fn documented(document: &str, heading: &str) -> Vec<String> {
    let behind = document.split_once(heading).unwrap_or_else(|| panic!("no {heading} in the document")).1;
    let rows = behind.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.split('`').nth(1).expect("a name").to_owned()).collect()
}

/// The names of a table of the script.
fn scripted(script: &str, table: &str) -> Vec<String> {
    let behind = script.split_once(&format!("local {table} = {{")).unwrap_or_else(|| panic!("no {table} in the script")).1;
    let body = behind.split_once('}').expect("an end").0;
    body.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn names_are_those_of_the_document() {
    let (document, script) = (read("../../docs/PROTOCOL.md"), read("dissector/lectern.lua"));
    for (heading, table) in [
        ("`HelloReply`, server to client", "HELLO_REPLY"),
        ("`LoginReply`, server to client", "LOGIN_REPLY"),
        ("Client to server, `Request`", "REQUEST"),
        ("Server to client, `Event`", "EVENT"),
    ] {
        let (documented, scripted) = (documented(&document, heading), scripted(&script, table));
        assert!(!documented.is_empty());
        assert_eq!(documented, scripted, "{table}");
    }
}
