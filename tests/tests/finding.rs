//! Finding and believing servers on networks of their own, without a way out: real servers, real clients, real addresses.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result};
use lectern_proto::words::CheckWords;
use lectern_tests::netns::{Lan, unavailable};
use lectern_tests::stack::{PASSWORD, Stack, program, text};
use serde_json::Value;

const NAME: &str = "server.name=Physics hall";

/// A client on a machine, which remembers in `memory`.
fn client(machine: &str, memory: &Path, args: &[&str]) -> Command {
    let mut command = program(Some(machine), "lectern");
    command.args(args).env("XDG_DATA_HOME", memory).env("HOME", memory).stdin(Stdio::null());
    command
}

fn discover(machine: &str, memory: &Path) -> Result<Vec<Value>> {
    let output = client(machine, memory, &["discover", "--for", "4"]).output()?;
    anyhow::ensure!(output.status.success(), "{}", text(&output));
    String::from_utf8(output.stdout)?.lines().map(|l| serde_json::from_str(l).context("a line of JSON")).collect()
}

fn join(machine: &str, memory: &Path, target: &str, more: &[&str]) -> Result<Output> {
    let args = ["videos", "--name", "ana", "--password", PASSWORD, "--join", target];
    Ok(client(machine, memory, &args).args(more).output()?)
}

fn words(stack: &Stack) -> Result<String> {
    Ok(CheckWords::of(&stack.link()?.fingerprint)?.to_string())
}

fn print(stack: &Stack) -> String {
    stack.link().unwrap().fingerprint.to_string()
}

fn line<'a>(found: &'a [Value], fingerprint: &str) -> &'a Value {
    found.iter().find(|f| f["fingerprint"] == fingerprint).unwrap_or_else(|| panic!("{fingerprint} is not among {found:?}"))
}

/// Whether a login came, right or wrong.
fn was_asked_to_let_in(stack: &Stack) -> bool {
    let log = stack.log();
    log.contains("login refused") || log.contains("joined") || log.contains("entered")
}

#[test]
fn two_servers_of_one_name_are_found_told_apart_and_dropped() -> Result<()> {
    if let Some(why) = unavailable() {
        eprintln!("{why}");
        return Ok(());
    }
    let (lan, memory) = (Lan::new("a", 3)?, tempfile::tempdir()?);
    let mut one = Stack::start_in(lan.machine(1), &[NAME])?;
    let two = Stack::start_in(lan.machine(2), &[NAME])?;
    let found = discover(lan.machine(3), memory.path())?;
    assert_eq!(found.len(), 2, "{found:?}");
    for (stack, address) in [(&one, "10.77.0.1"), (&two, "10.77.0.2")] {
        let it = line(&found, &print(stack));
        assert_eq!((&it["name"], &it["room"], &it["port"], &it["trust"]), (&"Physics hall".into(), &"class".into(), &5511.into(), &"new".into()), "{it}");
        assert_eq!(it["words"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect::<Vec<_>>().join(" "), words(stack)?);
        assert!(it["hosts"].as_array().unwrap().contains(&address.into()), "{it}");
        assert_eq!(it["by"], serde_json::json!(["beacon", "mdns"]), "{it}");
        assert_eq!((&it["rooms"], &it["rooms_left_out"]), (&serde_json::json!(["class"]), &0.into()), "{it}");
        assert!(it["round_trip_ms"].as_f64().unwrap() < 1_000.0, "{it}");
    }
    // A network that filters multicast: the beacon is enough.
    lan.filter_multicast()?;
    let found = discover(lan.machine(3), memory.path())?;
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(line(&found, &print(&one))["by"], serde_json::json!(["beacon"]), "{found:?}");
    // One that broke off without a goodbye is not found again.
    one.kill();
    let found = discover(lan.machine(3), memory.path())?;
    assert_eq!(found.iter().map(|f| f["fingerprint"].as_str().unwrap()).collect::<Vec<_>>(), [print(&two)], "{found:?}");
    Ok(())
}

#[test]
fn a_server_is_found_by_its_link_local_address_where_there_is_only_ipv6() -> Result<()> {
    if let Some(why) = unavailable() {
        eprintln!("{why}");
        return Ok(());
    }
    let (lan, memory) = (Lan::new("6", 2)?, tempfile::tempdir()?);
    for n in 1..=2 {
        lan.ip(n, "addr flush dev eth0 scope global")?;
    }
    let server = Stack::start_in(lan.machine(1), &[NAME])?;
    let found = discover(lan.machine(2), memory.path())?;
    let it = line(&found, &print(&server));
    assert!(it["hosts"][0].as_str().unwrap().starts_with("fe80::"), "{it}");
    let joined = join(lan.machine(2), memory.path(), it["join"].as_str().unwrap(), &["--words", &words(&server)?])?;
    assert!(joined.status.success(), "{} {}", it["join"], text(&joined));
    Ok(())
}

#[test]
fn a_false_server_that_copies_name_and_room_gets_no_password() -> Result<()> {
    if let Some(why) = unavailable() {
        eprintln!("{why}");
        return Ok(());
    }
    let (lan, memory) = (Lan::new("f", 3)?, tempfile::tempdir()?);
    let (me, memory) = (lan.machine(3), memory.path());
    let mut right = Stack::start_in(lan.machine(1), &[NAME])?;
    let wrong = Stack::start_in(lan.machine(2), &[NAME, "rooms.password=another-one"])?;
    let board = words(&right)?;
    let found = discover(me, memory)?;
    let (card, false_card) = (line(&found, &print(&right)), line(&found, &print(&wrong)));
    assert_eq!((&card["name"], &card["room"]), (&false_card["name"], &false_card["room"]));
    let (card, false_card) = (card["join"].as_str().unwrap(), false_card["join"].as_str().unwrap());

    let check = |output: Output, code: i32, said: &str| {
        assert_eq!(output.status.code(), Some(code), "{}", text(&output));
        assert!(text(&output).contains(said), "{said}: {}", text(&output));
    };
    // Its card, with the words of the board; then without any.
    check(join(me, memory, false_card, &["--words", &board])?, 4, "No password was sent");
    check(join(me, memory, false_card, &[])?, 2, &words(&wrong)?);
    // The right link, if the false server's address stands in it too.
    let mut link = right.link()?;
    link.hosts = vec!["10.77.0.2".into()];
    check(join(me, memory, &link.to_string(), &[])?, 4, "another certificate");
    link.hosts.push("10.77.0.1".into());
    check(join(me, memory, &link.to_string(), &[])?, 0, "");
    // The right card with the board's words; from then on it is known.
    check(join(me, memory, card, &["--words", &board])?, 0, "");
    check(join(me, memory, card, &[])?, 0, "");
    let found = discover(me, memory)?;
    assert_eq!((&line(&found, &print(&right))["trust"], &line(&found, &print(&wrong))["trust"]), (&"known".into(), &"changed".into()), "{found:?}");
    check(join(me, memory, false_card, &[])?, 4, "another certificate");
    check(join(me, memory, false_card, &["--words", &words(&wrong)?])?, 4, "another certificate");
    // It takes over the address.
    right.terminate()?;
    lan.ip(1, "addr flush dev eth0")?;
    lan.ip(2, "addr add 10.77.0.1/24 brd + dev eth0")?;
    lan.ip(3, "neigh flush all")?;
    check(join(me, memory, "10.77.0.1/class", &[])?, 4, "another certificate");
    assert!(!was_asked_to_let_in(&wrong), "{}", wrong.log());
    // The check would see a login.
    check(join(me, &memory.join("other"), "10.77.0.1/class", &["--words", &words(&wrong)?])?, 3, "password");
    assert!(was_asked_to_let_in(&wrong), "{}", wrong.log());
    Ok(())
}

#[test]
fn a_failure_names_its_kind() -> Result<()> {
    if let Some(why) = unavailable() {
        eprintln!("{why}");
        return Ok(());
    }
    let (lan, memory) = (Lan::new("k", 3)?, tempfile::tempdir()?);
    let me = lan.machine(2);
    let server = Stack::start_in(lan.machine(1), &[])?;
    let check = |target: &str, said: &str| {
        let output = join(me, memory.path(), target, &[]).unwrap();
        assert_eq!(output.status.code(), Some(4), "{}", text(&output));
        assert!(text(&output).contains(said), "{target}: {said}: {}", text(&output));
    };
    check("10.77.0.1:5512/class", "nothing listens on that port");
    check("10.77.0.99/class", "does not answer");
    check("192.0.2.1/class", "a network that this machine cannot reach");
    check("nobody.invalid/class", "nobody on this network knows the name");
    // The way out answers, the neighbour does not: its access point keeps them apart.
    lan.ip(2, "route add default via 10.77.0.3")?;
    check("10.77.0.99/class", "probably an isolated network");
    // A neighbour that is there, but whose answers do not come through.
    lan.ip(1, "route add blackhole 10.77.0.2/32")?;
    check("10.77.0.1/class", "probably an isolated network");
    drop(server);
    Ok(())
}
