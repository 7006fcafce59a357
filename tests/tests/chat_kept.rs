//! Conversations that a computer keeps for an account, with the real programs: they are there again, for whom they are, until they are let go.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use lectern_tests::computer::Computer;
use lectern_tests::stack::{PASSWORD, Stack, signal, text, turn, wait_until};
use lectern_tests::traces::holds;
use serde_json::Value;

/// Something that is always due: nothing here takes as long on a loaded machine.
const SOON: Duration = Duration::from_secs(60);

/// Files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

/// Files in which conversations are kept.
fn kept_in(computer: &Computer) -> Vec<PathBuf> {
    files(computer.path()).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "chat")).collect()
}

/// Everything on a computer's disk.
fn disk(computer: &Computer) -> Vec<u8> {
    files(computer.path()).iter().flat_map(|path| std::fs::read(path).expect("readable")).collect()
}

/// What is kept, as it is printed: whom it is with, whether it is own, what it says and how far it is.
fn history(computer: &Computer, link: &str, account: &str) -> Vec<(String, bool, String, String)> {
    let lines = computer.json(link, &["chat", "read", "--history", "--account", account]);
    let of = |line: &Value, field: &str| line[field].as_str().unwrap_or("?").to_owned();
    let kept = lines.iter().filter(|l| l["kind"] == "kept");
    kept.map(|l| (of(l, "with"), l["own"].as_bool().expect("whose"), of(l, "text"), of(l, "state"))).collect()
}

/// Lets somebody read until another may write to them while they are away; on a loaded machine keys take their time.
fn opens_mailbox(computer: &Computer, account: &str, seen: (&Computer, &str), link: &str) {
    let follow = ["chat", "read", "--follow", "--account", account];
    let mut reading = computer.command(link, &follow).stdout(Stdio::null()).spawn().expect("a program");
    let is_known = || seen.0.lectern(link, &["chat", "verify", account, "--account", seen.1]).status.success();
    let known = wait_until(SOON, is_known);
    signal(reading.id(), libc::SIGINT);
    assert!(reading.wait().expect("its end").success() && known, "{account} cannot be written to");
}

/// What comes for somebody, when it does.
fn comes(computer: &Computer, link: &str, account: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let has_come = || {
        all = computer.reads(link, account);
        !all.is_empty()
    };
    assert!(wait_until(SOON, has_come), "nothing comes for {account}");
    all
}

fn one(with: &str, own: bool, text: &str, state: &str) -> (String, bool, String, String) {
    (with.to_owned(), own, text.to_owned(), state.to_owned())
}

#[test]
fn what_was_shown_is_there_again_for_who_can_log_in_and_for_nobody_else() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let join = stack.join();
    let (school, home) = (Computer::new(), Computer::new());
    home.enters(&join, "register", "Ana", "password of Ana");
    for (account, password) in [("Ben", "password of Ben"), ("Eve", "password of Eve")] {
        school.enters(&join, "register", account, password);
    }
    opens_mailbox(&school, "Ben", (&home, "Ana"), &join);
    let (first, second) = ("the heron waits below the weir", "the otter sings at noon");
    home.json(&join, &["chat", "send", "--to", "Ben", first, "--account", "Ana"]);
    assert_eq!(comes(&school, &join, "Ben"), [("Ana".to_owned(), first.to_owned())]);
    // His program ended; the next one shows it again, and what he answers.
    assert_eq!(history(&school, &join, "Ben"), [one("Ana", false, first, "received")]);
    school.json(&join, &["chat", "send", "--to", "Ana", second, "--account", "Ben"]);
    let both = [one("Ana", false, first, "received"), one("Ana", true, second, "kept")];
    assert_eq!(history(&school, &join, "Ben"), both);
    assert_eq!(comes(&home, &join, "Ana"), [("Ben".to_owned(), second.to_owned())]);
    // What became of it while he was away reaches what is kept.
    let read = [both[0].clone(), one("Ana", true, second, "read")];
    assert!((0..10).any(|_| history(&school, &join, "Ben") == read), "{:?}", history(&school, &join, "Ben"));
    assert_eq!(history(&home, &join, "Ana"), [one("Ben", true, first, "read"), one("Ben", false, second, "received")]);
    // Nobody else finds it: not in the files, not with another account of the same computer, not on another computer.
    let (disk_of_ben, kept) = (disk(&school), kept_in(&school));
    assert!(holds(&disk_of_ben, "Ben"), "the search looks where it should");
    assert!(!holds(&disk_of_ben, first) && !holds(&disk_of_ben, second), "the disk holds the plaintext");
    assert_eq!(kept.len(), 1, "Eve has said nothing: {kept:?}");
    assert_eq!(history(&school, &join, "Eve"), []);
    let other = Computer::new();
    other.enters(&join, "login", "Ben", "password of Ben");
    assert_eq!(history(&other, &join, "Ben"), [], "each computer keeps its own");
    // With the file, and the log-in, it is read there too; with the file alone it is not.
    let place = kept_in(&other).pop().unwrap_or_else(|| other.path().join(kept[0].strip_prefix(school.path()).expect("below it")));
    std::fs::create_dir_all(place.parent().expect("a folder")).expect("writable");
    std::fs::copy(&kept[0], &place).expect("copied");
    assert_eq!(history(&other, &join, "Ben"), read);
    let eves = Computer::new();
    eves.enters(&join, "login", "Eve", "password of Eve");
    eves.json(&join, &["chat", "send", "--to", "Ana", "hello", "--account", "Eve"]);
    let own = kept_in(&eves).pop().expect("she keeps something now");
    std::fs::copy(&kept[0], &own).expect("copied");
    assert_eq!(history(&eves, &join, "Eve"), [], "another account's file, under her name");
}

#[test]
fn what_is_let_go_is_gone_and_who_has_no_account_leaves_nothing() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let join = stack.join();
    let (ana, ben, guest) = (Computer::new(), Computer::new(), Computer::new());
    for (computer, account) in [(&ana, "Ana"), (&ben, "Ben"), (&ben, "Cem")] {
        computer.enters(&join, "register", account, &format!("password of {account}"));
    }
    for account in ["Ben", "Cem"] {
        opens_mailbox(&ben, account, (&ana, "Ana"), &join);
    }
    for (to, said) in [("Ben", "to Ben"), ("Cem", "to Cem")] {
        ana.json(&join, &["chat", "send", "--to", to, said, "--account", "Ana"]);
    }
    let all = [one("Ben", true, "to Ben", "kept"), one("Cem", true, "to Cem", "kept")];
    let sorted = |mut kept: Vec<_>| {
        kept.sort();
        kept
    };
    assert_eq!(sorted(history(&ana, &join, "Ana")), all);
    let nobody = ana.lectern(&join, &["chat", "forget", "Dora", "--account", "Ana"]);
    assert!(!nobody.status.success() && text(&nobody).contains("those with `"), "{}", text(&nobody));
    assert_eq!(ana.json(&join, &["chat", "forget", "Ben", "--account", "Ana"])[0]["forgotten"], 1);
    assert_eq!(history(&ana, &join, "Ana"), all[1..]);
    assert_eq!(ana.json(&join, &["chat", "forget", "--account", "Ana"])[0]["forgotten"], 1);
    assert!(kept_in(&ana).is_empty() && history(&ana, &join, "Ana").is_empty());
    // The other side keeps its own.
    assert_eq!(comes(&ben, &join, "Ben"), [("Ana".to_owned(), "to Ben".to_owned())]);
    assert_eq!(history(&ben, &join, "Ben"), [one("Ana", false, "to Ben", "received")]);

    // A lesson's identity keeps nothing, and nothing is kept of it.
    let follow = ["chat", "read", "--follow", "--name", "guest", "--password", PASSWORD];
    let mut reading = guest.command(&join, &follow).stdout(Stdio::piped()).spawn().expect("a program");
    let said = "only for this lesson";
    ben.json(&join, &["chat", "send", "--to", "guest", said, "--account", "Ben"]);
    signal(reading.id(), libc::SIGINT);
    assert!(reading.wait().expect("its end").success());
    assert!(files(guest.path()).iter().all(|path| !path.to_string_lossy().contains("history")), "{:?}", files(guest.path()));
    assert_eq!(history(&ben, &join, "Ben"), [one("Ana", false, "to Ben", "received")]);
    let refused = guest.lectern(&join, &["chat", "forget", "--name", "guest", "--password", PASSWORD]);
    assert!(!refused.status.success() && text(&refused).contains("without an account"), "{}", text(&refused));
}
