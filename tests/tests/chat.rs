//! Private chat with the real programs: what one writes the other reads, and nobody between them.

use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use lectern::chat::{Chat, ChatNews};
use lectern::class::{Class, ClassState};
use lectern_proto::chat::verify::fingerprint_line;
use lectern_tests::playback::join;
use lectern_tests::reader::Reader;
use lectern_tests::stack::{Stack, client_of, text, turn, wait_until};
use lectern_tests::traces::{holds, in_memory, on_disk};
use serde_json::Value;

fn begin(class: &Class) -> Chat {
    Chat::start(class, Arc::new(|| {})).expect("a chat")
}

/// What happened next between the two.
async fn next(chat: &mut Chat) -> Option<ChatNews> {
    loop {
        match chat.next().await {
            Some(ChatNews::OwnKeys { right: true }) => {}
            news => return news,
        }
    }
}

fn chat(stack: &Stack, name: &str, args: &[&str]) -> std::process::Output {
    client_of(&stack.join(), name, &[&["chat"], args].concat()).output().expect("a program")
}

#[test]
fn what_one_writes_the_other_reads_and_the_server_does_not() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let ben = Reader::start(&stack, "ben");
    let secret = "the otter sings at the weir";
    let sent = chat(&stack, "ana", &["send", "--to", "ben", secret]);
    assert!(sent.status.success(), "{}", text(&sent));
    assert_eq!(serde_json::from_slice::<Value>(&sent.stdout).expect("JSON")["delivered"], true);
    let line = ben.next();
    assert_eq!((&line["from"], &line["text"], &line["missing"]), (&"ana".into(), &secret.into(), &0.into()), "{line}");
    // The same search finds what the server does have.
    let (disk, memory) = (on_disk(&stack), in_memory(stack.pid()));
    assert!(holds(&disk, "ben") && holds(&memory, "ben"), "the search looks where it should");
    assert!(!holds(&disk, secret) && !holds(&memory, secret), "the server holds the plaintext");
    // The longest text, and one that is longer.
    let longest = "ü".repeat(32 * 1024);
    assert!(chat(&stack, "ana", &["send", "--to", "ben", &longest]).status.success());
    assert_eq!(ben.next()["text"], longest);
    let too_long = chat(&stack, "ana", &["send", "--to", "ben", &format!("{longest}.")]);
    assert_eq!(too_long.status.code(), Some(2), "{}", text(&too_long));
    let nobody = chat(&stack, "ana", &["send", "--to", "carl", "hello"]);
    assert!(!nobody.status.success() && text(&nobody).contains("nobody is called `carl`"), "{}", text(&nobody));
}

#[test]
fn a_file_goes_to_who_fetches_it_and_the_server_does_not_see_it() {
    let _turn = turn();
    let stack = Stack::start(&["limits.attachment=2 MiB"]).expect("a server");
    let saved = stack.path("saved");
    let reading = ["chat", "read", "--follow", "--save", &saved.to_string_lossy()];
    let ben = Reader::of(client_of(&stack.join(), "ben", &reading), &stack, "ben");
    let (file, secret) = (stack.path("notes.txt"), "the heron waits below the weir ");
    let said = secret.repeat(1_500_000 / secret.len());
    std::fs::write(&file, &said).expect("a file");
    for name in ["notes.txt", "notes (2).txt"] {
        let sent = chat(&stack, "ana", &["send", "--to", "ben", "--file", &file.to_string_lossy()]);
        assert!(sent.status.success(), "{}", text(&sent));
        let sent: Value = serde_json::from_slice(&sent.stdout).expect("JSON");
        let line = ben.next();
        assert_eq!((&line["kind"], &line["from"], &line["file"]["bytes"]), (&"file".into(), &"ana".into(), &said.len().into()), "{line}");
        assert_eq!((&sent["file"]["sha256"], &sent["file"]["name"]), (&line["file"]["sha256"], &"notes.txt".into()), "{sent}");
        assert_eq!(line["file"]["saved"], saved.join(name).to_string_lossy().as_ref());
        assert_eq!(std::fs::read(saved.join(name)).expect("saved"), said.as_bytes());
    }
    let (disk, memory) = (on_disk(&stack), in_memory(stack.pid()));
    assert!(!holds(&disk, secret) && !holds(&memory, secret), "the server holds the plaintext");
    // What is too large or not there is said before anything goes.
    std::fs::write(&file, vec![0; (2 << 20) + 1]).expect("a file");
    let large = chat(&stack, "ana", &["send", "--to", "ben", "--file", &file.to_string_lossy()]);
    assert!(!large.status.success() && text(&large).contains("larger than this class allows, 2097152"), "{}", text(&large));
    let none = chat(&stack, "ana", &["send", "--to", "ben", "--file", "no-such-file"]);
    assert!(!none.status.success() && text(&none).contains("no-such-file"), "{}", text(&none));
}

#[test]
fn both_see_the_same_numbers() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (ana, ben) = (join(&stack, "ana").await.expect("joined"), join(&stack, "ben").await.expect("joined"));
        let (mut of_ana, mut of_ben) = (begin(&ana), begin(&ben));
        assert!(Chat::start(&ana, Arc::new(|| {})).is_none(), "one for a class");
        let (a, b) = (of_ana.identity().await.expect("keys"), of_ben.identity().await.expect("keys"));
        let both = |s: &ClassState| [a, b].iter().all(|id| s.identities.values().any(|there| there == id));
        let (at_ana, at_ben) = (ana.wait_for(both).await.expect("told"), ben.wait_for(both).await.expect("told"));
        assert_eq!(of_ana.safety_number(b).await, of_ben.safety_number(a).await);
        let line = |s: &ClassState| fingerprint_line(s.identities.values().copied());
        assert_eq!(line(&at_ana), line(&at_ben));
        // Written, arrived, read.
        let to_ben = at_ana.people.iter().find(|p| p.name == "ben").expect("there").id;
        let id = of_ana.write(to_ben, "hello".into()).await.expect("sent");
        let Some(ChatNews::Text { from, id: came, text, .. }) = next(&mut of_ben).await else { panic!("something else came") };
        assert_eq!((came, text.as_str()), (id, "hello"));
        of_ben.seen(from);
        assert_eq!(next(&mut of_ana).await, Some(ChatNews::Sent { to: to_ben, id }));
        assert_eq!(next(&mut of_ana).await, Some(ChatNews::Delivered { to: to_ben, ids: vec![id] }));
        assert_eq!(next(&mut of_ana).await, Some(ChatNews::Read { by: to_ben, ids: vec![id] }));
    });
}

#[test]
fn the_class_says_who_may_write_to_whom() {
    let _turn = turn();
    let stack = Stack::start(&["rooms.private_chat=instructor"]).expect("a server");
    let _ben = Reader::start(&stack, "ben");
    let among_students = chat(&stack, "ana", &["send", "--to", "ben", "hello"]);
    assert_eq!(among_students.status.code(), Some(3), "{}", text(&among_students));
    assert!(text(&among_students).contains("no private chat"), "{}", text(&among_students));
    let instructor = client_of(&stack.instructor(), "Ms Kim", &["chat", "send", "--to", "ben", "come to the board"]).output().expect("a program");
    assert!(instructor.status.success(), "{}", text(&instructor));
}

#[test]
fn what_somebody_wrote_is_reported_and_they_are_kept_out() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    let kim = Reader::of(client_of(&stack.instructor(), "Ms Kim", &["chat", "reports", "--follow"]), &stack, "Ms Kim");
    let mut ben = client_of(&stack.join(), "ben", &["chat", "read", "--follow", "--commands"]);
    ben.stdin(Stdio::piped());
    let mut ben = Reader::of(ben, &stack, "ben");
    for said in ["something private", "a threat"] {
        assert!(chat(&stack, "ana", &["send", "--to", "ben", "a friend"]).status.success());
        assert_eq!(ben.next()["text"], "a friend");
        assert!(chat(&stack, "eve", &["send", "--to", "ben", said]).status.success());
        assert_eq!(ben.next()["text"], said);
    }
    let mut orders = ben.child.stdin.take().expect("a pipe");
    writeln!(orders, "report eve").expect("written");
    let report = kim.next();
    assert_eq!((&report["wrote"], &report["by"], &report["text"], &report["proven"]), (&"eve".into(), &"ben".into(), &"a threat".into(), &true.into()));
    writeln!(orders, "block eve").expect("written");
}

#[test]
fn who_comes_again_is_written_to_under_new_keys() {
    let _turn = turn();
    let stack = Stack::start(&[]).expect("a server");
    for round in 0..2 {
        let ben = Reader::start(&stack, "ben");
        let said = format!("round {round}");
        let sent = chat(&stack, "ana", &["send", "--to", "ben", &said]);
        assert!(sent.status.success(), "{}", text(&sent));
        assert_eq!(ben.next()["text"], said);
        drop(ben);
        let is_gone = || stack.client_json(&["people"]).is_ok_and(|p| p["people"].as_array().is_some_and(|all| all.iter().all(|p| p["name"] != "ben")));
        assert!(wait_until(Duration::from_secs(10), is_gone), "{}", stack.log());
    }
}
