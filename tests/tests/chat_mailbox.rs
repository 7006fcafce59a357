//! Private chat with somebody who is away, with the real programs: it comes later, on another computer too, once, whatever is killed meanwhile.

use std::collections::HashMap;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lectern::account::AccountEntry;
use lectern::chat::{Chat, ItemState, Keeping};
use lectern::class::{Class, ClassState, JoinRequest};
use lectern_proto::control::{Event, PersonId, RegisterBy, Request};
use lectern_proto::link::JoinLink;
use lectern_proto::wire;
use lectern_tests::computer::Computer;
use lectern_tests::middle::{Middle, Turned};
use lectern_tests::postgres::Postgres;
use lectern_tests::stack::{PASSWORD, Stack, bin, root, text, turn};
use lectern_tests::traces::{holds, in_memory, on_disk};
use serde_json::Value;

/// Something that is always due: nothing here takes as long on a loaded machine.
const SOON: Duration = Duration::from_secs(60);

/// Writes down what passes inside the TLS of its clients, in both directions, and changes nothing.
struct Tap(Arc<Mutex<Vec<u8>>>);

impl Turned for Tap {
    fn event(&mut self, to: PersonId, event: Event) -> Vec<(PersonId, Event)> {
        self.0.lock().expect("no panic").extend(wire::encode(&event));
        vec![(to, event)]
    }

    fn request(&mut self, _from: PersonId, request: Request) -> Option<Request> {
        self.0.lock().expect("no panic").extend(wire::encode(&request));
        Some(request)
    }
}

#[test]
fn a_friend_who_is_away_gets_it_later_on_another_computer_once_and_nobody_else_can_read_it() {
    let _turn = turn();
    let mut stack = Stack::start(&[]).expect("a server");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let tape = Arc::new(Mutex::new(Vec::new()));
    let (_tap, link) = runtime.block_on(Middle::before(&stack, Tap(Arc::clone(&tape)))).expect("in the middle");
    let tapped = link.to_string();
    let (ana, school, home) = (Computer::new(), Computer::new(), Computer::new());
    ana.enters(&tapped, "register", "Ana", "password of Ana");
    school.enters(&tapped, "register", "Ben", "password of Ben");
    assert_eq!(school.reads(&tapped, "Ben"), [], "nothing yet, but he can be written to now");
    let number = |link: &str| ana.json(link, &["chat", "verify", "Ben", "--account", "Ana"])[0]["safety_number"].clone();
    let before = number(&tapped);
    let secret = "the heron waits below the weir";
    let sent = ana.json(&tapped, &["chat", "send", "--to", "Ben", secret, "--account", "Ana"]);
    assert_eq!((&sent[0]["delivered"], &sent[0]["kept"]), (&false.into(), &true.into()), "{sent:?}");
    // Who has no account leaves nothing behind.
    let guest = ana.lectern(&tapped, &["chat", "send", "--to", "Ben", "hello", "--name", "guest", "--password", PASSWORD]);
    assert!(!guest.status.success() && text(&guest).contains("without an account"), "{}", text(&guest));
    let memory = in_memory(stack.pid());
    stack.kill();
    let disk = on_disk(&stack);
    stack.run_on_same_ports().expect("the server again");
    let join = stack.join();
    home.enters(&join, "login", "Ben", "password of Ben");
    assert_eq!(home.reads(&tapped, "Ben"), [("Ana".to_owned(), secret.to_owned())]);
    assert_eq!(home.reads(&join, "Ben"), [], "once");
    assert_eq!(school.reads(&join, "Ben"), [], "on every computer");
    assert_eq!(number(&join), before, "he is who he was");
    // The same after another password, which wraps the keys anew.
    home.json(&join, &["account", "password", "--new", "another password", "--account", "Ben", "--account-password", "password of Ben"]);
    school.enters(&join, "login", "Ben", "another password");
    ana.json(&join, &["chat", "send", "--to", "Ben", "second", "--account", "Ana"]);
    assert_eq!(school.reads(&join, "Ben"), [("Ana".to_owned(), "second".to_owned())]);
    assert_eq!(number(&join), before);
    let tape = tape.lock().expect("no panic");
    for (place, all) in [("tape", &*tape), ("disk", &disk), ("memory", &memory), ("disk", &on_disk(&stack)), ("memory", &in_memory(stack.pid()))] {
        assert!(holds(all, "Ben"), "the search of the {place} looks where it should");
        assert!(!holds(all, secret) && !holds(all, "password of Ben"), "the {place} holds what nobody else may read");
    }
    // What is kept of him is told and deleted.
    stack.terminate().expect("ended");
    let server = |what: &str| {
        let mut command = Command::new(bin("lectern-server"));
        command.arg(what).arg("Ben").arg("--config").arg(root().join("config.ini")).arg("--data-dir").arg(stack.path("data"));
        for sub in ["videos", "chunks", "data"] {
            command.arg("--set").arg(format!("paths.{sub}={}", stack.path(sub).display()));
        }
        command.output().expect("a program")
    };
    let told = server("export");
    let told: Value = serde_json::from_slice(&told.stdout).unwrap_or_else(|_| panic!("{}", text(&told)));
    assert_eq!(told["accounts"][0]["mailbox"], true, "{told}");
    // What was left for him was taken; that it came may wait for her yet.
    assert!(told["parcels"].as_array().is_some_and(|all| all.iter().all(|p| p["from"] == "Ben")), "{told}");
    assert!(told["accounts"][0]["keys_bytes"].as_i64().is_some_and(|bytes| bytes > 0), "{told}");
    let forgotten = server("forget");
    assert!(forgotten.status.success(), "{}", text(&forgotten));
    assert!(!server("export").status.success(), "nothing is left");
}

/// Somebody who writes or reads in this process.
struct Somebody {
    class: Class,
    chat: Chat,
}

impl Somebody {
    async fn enter(link: &JoinLink, account: AccountEntry) -> Self {
        let request = JoinRequest { link: link.clone(), name: String::new(), password: None, account: Some(account), store: None };
        let class = Class::join(&tokio::runtime::Handle::current(), request, Arc::new(|| {}));
        class.joined().await.expect("joined");
        let chat = Chat::start(&class, Arc::new(|| {})).expect("a chat");
        chat.wait_for(|s| s.keeping == Keeping::Account).await.expect("the account's keys");
        let me = class.state().me.as_ref().map(|me| me.id).expect("in");
        class.wait_for(|s| s.mailboxes.contains_key(&me)).await.expect("can be written to");
        Self { class, chat }
    }

    async fn find(&self, name: &str) -> PersonId {
        let find = |s: &ClassState| s.mailboxes.values().find(|o| o.name == name).map(|o| o.person);
        find(&self.class.wait_for(|s| find(s).is_some()).await.expect("in the class")).expect("there")
    }

    /// Texts of somebody, each with how often it is there.
    fn texts(&self, of: PersonId) -> HashMap<String, usize> {
        let state = self.chat.state();
        let mut texts = HashMap::new();
        for item in state.conversations.get(&of).into_iter().flat_map(|c| c.items.iter().filter(|i| !i.own)) {
            *texts.entry(item.text.to_string()).or_default() += 1;
        }
        texts
    }
}

fn register(name: &str) -> AccountEntry {
    AccountEntry::Register { account: name.into(), password: format!("password of {name}"), by: RegisterBy::Password(PASSWORD.into()) }
}

fn password(name: &str) -> AccountEntry {
    AccountEntry::Password { account: name.into(), password: format!("password of {name}") }
}

/// A server that is killed while messages are left, and while they are handed over: what was acknowledged comes, once.
fn killed_while_mail_is_left_and_taken(settings: &[&str]) {
    const ALL: usize = 40;
    let _turn = turn();
    let mut stack = Stack::start(settings).expect("a server");
    let link = stack.link().expect("a link");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let in_time = |what: &str, done: &mut (dyn Future<Output = ()> + Unpin)| {
        assert!(runtime.block_on(async { tokio::time::timeout(SOON, done).await }).is_ok(), "not in time: {what}");
    };
    // Ben was there once.
    let ben = runtime.block_on(Somebody::enter(&link, register("Ben")));
    runtime.block_on(ben.class.left());
    drop(ben);
    let ana = runtime.block_on(Somebody::enter(&link, register("Ana")));
    let to = runtime.block_on(ana.find("Ben"));
    for i in 0..ALL {
        assert!(ana.chat.post(to, format!("message {i}")));
    }
    let kept = |s: &lectern::chat::ChatState, least: usize| {
        s.conversations.get(&to).is_some_and(|c| c.items.iter().filter(|i| i.state == ItemState::Kept).count() >= least)
    };
    in_time("some are kept", &mut Box::pin(async { _ = ana.chat.wait_for(|s| kept(s, ALL / 4)).await }));
    stack.kill();
    stack.run_on_same_ports().expect("the server again");
    in_time("all are kept", &mut Box::pin(async { _ = ana.chat.wait_for(|s| kept(s, ALL)).await }));
    runtime.block_on(ana.class.left());
    let of = ana.class.state().me.as_ref().map(|me| me.id).expect("in");
    drop(ana);
    let ben = runtime.block_on(Somebody::enter(&link, password("Ben")));
    in_time("some came", &mut Box::pin(async { _ = ben.chat.wait_for(|s| s.conversations.get(&of).is_some_and(|c| c.items.len() >= 3)).await }));
    stack.kill();
    stack.run_on_same_ports().expect("the server again");
    in_time("all came", &mut Box::pin(async { _ = ben.chat.wait_for(|s| s.conversations.get(&of).is_some_and(|c| c.items.len() >= ALL)).await }));
    let texts = ben.texts(of);
    for i in 0..ALL {
        assert_eq!(texts.get(&format!("message {i}")), Some(&1), "message {i}: {texts:?}");
    }
    assert_eq!(texts.len(), ALL);
    assert_eq!(ben.chat.state().conversations[&of].unreadable, 0);
    // A message that is left now comes behind everything that may still wait: on another computer it is the only one.
    let ana = runtime.block_on(Somebody::enter(&link, password("Ana")));
    runtime.block_on(ben.class.left());
    drop(ben);
    in_time("he is away", &mut Box::pin(async { _ = ana.class.wait_for(|s| s.people.iter().all(|p| p.id != to)).await }));
    assert!(ana.chat.post(to, "the last".into()));
    in_time("it is kept", &mut Box::pin(async { _ = ana.chat.wait_for(|s| kept(s, 1)).await }));
    let ben = runtime.block_on(Somebody::enter(&link, password("Ben")));
    let has_last = |s: &lectern::chat::ChatState| s.conversations.get(&of).is_some_and(|c| c.items.iter().any(|i| &*i.text == "the last"));
    in_time("the last came", &mut Box::pin(async { _ = ben.chat.wait_for(has_last).await }));
    assert_eq!(ben.texts(of), HashMap::from([("the last".to_owned(), 1)]));
    // She learns that it came, and that it was looked at.
    let is =
        |wanted: ItemState| move |s: &lectern::chat::ChatState| s.conversations.get(&to).is_some_and(|c| c.items.back().is_some_and(|i| i.state == wanted));
    in_time("it is delivered", &mut Box::pin(async { _ = ana.chat.wait_for(is(ItemState::Delivered)).await }));
    ben.chat.seen(of);
    in_time("it is read", &mut Box::pin(async { _ = ana.chat.wait_for(is(ItemState::Read)).await }));
}

#[test]
fn killed_while_mail_is_left_and_taken_in_sqlite() {
    killed_while_mail_is_left_and_taken(&[]);
}

#[test]
fn killed_while_mail_is_left_and_taken_in_postgres() {
    killed_while_mail_is_left_and_taken(&[&format!("store.url={}", Postgres::shared().database())]);
}
