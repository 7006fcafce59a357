//! Access codes with the real programs: a guest comes in by one, as often as it says, and with a guest's rights.

use std::process::{Output, Stdio};
use std::time::Duration;

use lectern::class::{Class, JoinError, JoinRequest};
use lectern_proto::link::JoinLink;
use lectern_tests::stack::{Stack, client_of, text, turn, wait_until};
use serde_json::Value;

fn codes(stack: &Stack, args: &[&str]) -> Output {
    client_of(&stack.instructor(), "Ms Kim", &[&["codes"], args].concat()).output().expect("a program")
}

fn json(done: &Output) -> Value {
    assert!(done.status.success(), "{}", text(done));
    serde_json::from_slice(&done.stdout).expect("JSON")
}

/// A guest has no password.
fn guest(link: &str, name: &str, args: &[&str]) -> std::process::Command {
    let mut command = lectern_tests::stack::program(None, "lectern");
    command.args(args).args(["--name", name, "--join", link]).stdin(Stdio::null());
    command
}

#[test]
fn a_guest_comes_in_by_a_code_as_often_as_it_says() {
    let _turn = turn();
    let mut stack = Stack::start(&[]).expect("a server");
    let made = json(&codes(&stack, &["make", "--uses", "4", "--hours", "1"]));
    let (code, link) = (made["code"].as_str().expect("a code").to_owned(), made["link"].as_str().expect("a link").to_owned());
    assert!(link.contains(&format!("?code={code}#")) && !link.contains("key="), "{link}");
    let listed = json(&codes(&stack, &["list"]));
    assert_eq!((&listed["codes"][0]["number"], &listed["codes"][0]["uses"], &listed["codes"][0]["used"]), (&made["number"], &4.into(), &0.into()));
    assert!(!listed.to_string().contains(&code), "the code is shown once");
    // It is not in the database either.
    let symbols = code.replace('-', "");
    for entry in std::fs::read_dir(stack.path("data")).expect("a folder").flatten() {
        let content = std::fs::read(entry.path()).unwrap_or_default();
        assert!(!content.windows(symbols.len()).any(|w| w == symbols.as_bytes() || w == &code.as_bytes()[..symbols.len()]), "{:?}", entry.file_name());
    }
    // It outlives the server, and is spent by entering.
    stack.terminate().expect("ended");
    stack.run_on_same_ports().expect("a server again");
    let seen = json(&guest(&link, "Gil", &["people"]).output().expect("a program"));
    let gil = seen["people"].as_array().expect("people").iter().find(|p| p["you"] == true).expect("there").clone();
    assert_eq!((&gil["name"], &gil["role"]), (&"Gil".into(), &"guest".into()));
    for refused in [["people", "--lock", "on"].as_slice(), &["codes", "list"], &["poll", "open", "a", "b", "c"]] {
        let done = guest(&link, "Gil", refused).output().expect("a program");
        assert_eq!(done.status.code(), Some(3), "{refused:?}: {}", text(&done));
    }
    assert!(json(&codes(&stack, &["list"]))["codes"].as_array().is_some_and(Vec::is_empty), "four have entered");
    let used_up = guest(&link, "Hal", &["people"]).output().expect("a program");
    assert!(used_up.status.code() == Some(3) && text(&used_up).contains("used up"), "{}", text(&used_up));
}

#[test]
fn codes_are_revoked_and_bounded_and_not_guessed() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    for wrong in
        [["make", "--hours", "0.01"], ["make", "--hours", "721"], ["make", "--uses", "0"], ["make", "--uses", "1001"], ["make", "--video", "ffffffffffffffff"]]
    {
        assert_eq!(codes(&stack, &wrong).status.code(), Some(3), "{wrong:?}");
    }
    let made = json(&codes(&stack, &["make", "--uses", "9"]));
    let link = made["link"].as_str().expect("a link").to_owned();
    assert!(guest(&link, "Gil", &["people"]).output().expect("a program").status.success());
    let number = made["number"].to_string();
    assert!(codes(&stack, &["revoke", &number]).status.success());
    assert_eq!(codes(&stack, &["revoke", &number]).status.code(), Some(3));
    assert!(json(&codes(&stack, &["list"]))["codes"].as_array().is_some_and(Vec::is_empty));
    // Revoked, not there, mistyped: one answer. Without programs, because failures are forgiven one by one with time.
    let guess = |code: &str| JoinLink { code: Some(code.into()), ..link.parse().expect("a link") };
    let revoked: JoinLink = link.parse().expect("a link");
    let guesses = [revoked, guess("3467-9ACD-EFGH-JKMN"), guess("O0O0")];
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let answers: Vec<JoinError> = runtime.block_on(async {
        let mut answers = Vec::new();
        while answers.len() < 60 && !matches!(answers.last(), Some(JoinError::TooManyFailures(_))) {
            let request = JoinRequest { link: guesses[answers.len() % 3].clone(), name: "Eve".into(), password: None, account: None, store: None };
            let class = Class::join(&tokio::runtime::Handle::current(), request, std::sync::Arc::new(|| {}));
            answers.push(class.joined().await.expect_err("refused"));
        }
        answers
    });
    assert!(answers[..3].iter().all(|a| *a == JoinError::WrongCode), "{answers:?}");
    assert!(answers.len() < 60, "guessing ends: {answers:?}");
}

#[test]
fn when_a_guest_is_removed_the_code_ends_and_the_next_guest_waits() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let [first, second] = [(); 2].map(|()| json(&codes(&stack, &["make", "--uses", "9"]))["link"].as_str().expect("a link").to_owned());
    let mut stays = guest(&first, "Gil", &["hand"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a guest");
    let staff = |args: &[&str]| json(&client_of(&stack.instructor(), "Ms Kim", &[&["people"], args].concat()).output().expect("a program"));
    let soon = Duration::from_secs(60);
    assert!(wait_until(soon, || staff(&[])["hands"][0] == "Gil"), "{}", stack.log());
    staff(&["--remove", "Gil"]);
    assert!(wait_until(soon, || matches!(stays.try_wait(), Ok(Some(_)))));
    let again = guest(&first, "Gil", &["people"]).output().expect("a program");
    assert_eq!(again.status.code(), Some(3), "its code has ended: {}", text(&again));
    let mut waits = guest(&second, "Gil", &["hand"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a guest");
    assert!(wait_until(soon, || staff(&[])["waiting"][0] == "Gil"), "{}", stack.log());
    assert!(client_of(&stack.join(), "Ana", &["people"]).output().expect("a program").status.success(), "students do not wait");
    let _ = waits.kill();
    let _ = waits.wait();
}
