//! Accounts with the real programs: registering, another computer, a server that is killed.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lectern::account::AccountEntry;
use lectern::class::{Class, JoinRequest};
use lectern_proto::control::RegisterBy;
use lectern_tests::postgres::Postgres;
use lectern_tests::stack::{PASSWORD, Stack, bin, text};
use serde_json::Value;

/// A computer of somebody's: a folder where programs keep what they keep.
struct Computer(tempfile::TempDir);

impl Computer {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn lectern(&self, link: &str, args: &[&str]) -> Output {
        let mut command = Command::new(bin("lectern"));
        command.args(args).args(["--join", link]).env("HOME", self.0.path()).env("XDG_DATA_HOME", self.0.path()).stdin(Stdio::null());
        command.output().expect("a program")
    }

    fn json(&self, link: &str, args: &[&str]) -> Value {
        let output = self.lectern(link, args);
        assert!(output.status.success(), "lectern {args:?}: {}", text(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    fn refused(&self, link: &str, args: &[&str]) -> (Option<i32>, String) {
        let output = self.lectern(link, args);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Everything below a folder, as one heap of bytes.
fn heap(folder: &Path) -> Vec<u8> {
    let (mut all, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { all.extend(std::fs::read(path).unwrap_or_default()) }
        }
    }
    all
}

#[test]
fn an_account_from_the_first_day_to_another_computer() {
    const SECRET: &str = "correct horse battery";
    let stack = Stack::start(&[]).expect("a server");
    let (join, school, home) = (stack.join(), Computer::new(), Computer::new());
    let (short, code) = (school.refused(&join, &["account", "register", "--account", "Ana", "--account-password", "short", "--password", PASSWORD]), Some(2));
    assert!(short.0 == code && short.1.contains("8 characters"), "{short:?}");
    let ana = school.json(&join, &["account", "register", "--account", "Ana", "--account-password", SECRET, "--password", PASSWORD]);
    assert_eq!((&ana["account"], &ana["role"]), (&"Ana".into(), &"student".into()));
    let kim = school.json(&stack.instructor(), &["account", "register", "--account", "Kim", "--account-password", SECRET]);
    assert_eq!(kim["role"], "instructor");
    let taken = school.refused(&join, &["account", "register", "--account", "ANA", "--account-password", SECRET, "--password", PASSWORD]);
    assert!(taken.0 == Some(3) && taken.1.contains("looks like it"), "{taken:?}");

    let me = |computer: &Computer, args: &[&str]| {
        let people = computer.json(&join, &[&["people"], args].concat());
        people["people"].as_array().and_then(|all| all.iter().find(|p| p["name"] == "Ana")).cloned().expect("Ana is there")
    };
    let first = me(&school, &["--account", "Ana"]);
    let elsewhere = home.refused(&join, &["people", "--account", "Ana"]);
    assert!(elsewhere.0 == Some(2) && elsewhere.1.contains("not logged in"), "{elsewhere:?}");
    let wrong = home.refused(&join, &["account", "login", "--account", "Ana", "--account-password", "something else"]);
    assert!(wrong.0 == Some(3) && wrong.1.contains("account or its password is wrong"), "{wrong:?}");
    let nobody = home.refused(&join, &["account", "login", "--account", "Nobody", "--account-password", "something else"]);
    assert_eq!(nobody, wrong, "one answer for both");
    home.json(&join, &["account", "login", "--account", "ana", "--account-password", SECRET]);
    assert_eq!(me(&home, &["--account", "Ana"])["id"], first["id"], "the same person");

    school.json(&join, &["account", "role", "ana", "assistant", "--account", "Kim"]);
    assert_eq!(me(&home, &["--account", "Ana"])["role"], "assistant");
    let list = school.json(&join, &["account", "list", "--account", "Kim"]);
    assert_eq!(list["accounts"].as_array().map(Vec::len), Some(2), "{list}");
    assert_eq!(home.refused(&join, &["account", "list", "--account", "Ana"]).0, Some(3));
    home.json(&join, &["account", "password", "--new", "another password", "--account", "Ana", "--account-password", SECRET]);
    let ended = school.refused(&join, &["people", "--account", "Ana"]);
    assert!(ended.0 == Some(3) && ended.1.contains("not logged in here any more"), "{ended:?}");
    school.json(&join, &["account", "login", "--account", "Ana", "--account-password", "another password"]);
    school.json(&join, &["account", "logout", "--account", "Ana"]);
    assert_eq!(school.refused(&join, &["people", "--account", "Ana"]).0, Some(2));

    let kept = [heap(&stack.path("data")), heap(school.0.path()), heap(home.0.path()), stack.log().into_bytes()].concat();
    for secret in [SECRET, "another password"] {
        assert!(!kept.windows(secret.len()).any(|w| w == secret.as_bytes()), "a password is nowhere on a disk");
    }
}

/// A server that is killed at any moment: every account whose making was told is there afterwards, and none twice.
fn killed_while_accounts_are_made(settings: &[&str]) {
    const AT_ONCE: usize = 8;
    let mut stack = Stack::start(settings).expect("a server");
    let link = stack.link().expect("a link");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let told = Arc::new(AtomicUsize::new(0));
    let entry = |i: usize| {
        let (account, password) = (format!("Person {i}"), format!("password {i}"));
        AccountEntry::Register { account, password, by: RegisterBy::Password(PASSWORD.into()) }
    };
    let join = |account: AccountEntry| {
        let request = JoinRequest { link: link.clone(), name: String::new(), password: None, account: Some(account), store: None };
        Class::join(runtime.handle(), request, Arc::new(|| {}))
    };
    let all: Vec<_> = (0..AT_ONCE)
        .map(|i| {
            let (class, told) = (join(entry(i)), Arc::clone(&told));
            runtime.spawn(async move {
                let made = class.wait_for(|s| s.account.is_some()).await.is_ok();
                told.fetch_add(usize::from(made), Ordering::Relaxed);
                made
            })
        })
        .collect();
    assert!(lectern_tests::stack::wait_until(std::time::Duration::from_secs(60), || told.load(Ordering::Relaxed) >= AT_ONCE / 3));
    stack.kill();
    let made: Vec<bool> = all.into_iter().map(|task| runtime.block_on(task).expect("ran")).collect();
    stack.run_on_same_ports().expect("the server again");
    for (i, made) in made.into_iter().enumerate() {
        let AccountEntry::Register { account, password, .. } = entry(i) else { continue };
        let class = join(AccountEntry::Password { account, password });
        let entered = runtime.block_on(class.wait_for(|s| s.account.is_some()));
        assert!(entered.is_ok() || !made, "person {i} was told that the account is made: {entered:?}");
        runtime.block_on(class.left());
    }
}

#[test]
fn killed_while_accounts_are_made_in_sqlite() {
    killed_while_accounts_are_made(&[]);
}

#[test]
fn killed_while_accounts_are_made_in_postgres() {
    killed_while_accounts_are_made(&[&format!("store.url={}", Postgres::shared().database())]);
}
