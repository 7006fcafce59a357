//! Room chat with the real programs: written, read, found again after the server was killed, and nothing twice.

use std::collections::BTreeMap;
use std::process::Output;
use std::time::Duration;

use lectern::class::TalkError;
use lectern_proto::control::TalkRefusal;
use lectern_tests::playback::join;
use lectern_tests::reader::Reader;
use lectern_tests::stack::{Stack, client_of, text, turn, wait_until};
use serde_json::Value;

fn room(stack: &Stack, name: &str, args: &[&str]) -> Output {
    client_of(&stack.join(), name, &[&["chat", "room"], args].concat()).output().expect("a program")
}

fn lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", text(output));
    String::from_utf8_lossy(&output.stdout).lines().map(|l| serde_json::from_str(l).expect("JSON")).collect()
}

#[test]
fn the_room_reads_it_and_finds_it_again() {
    let _turn = turn();
    let mut stack = Stack::start(&[]).expect("a server");
    let ben = Reader::start(&stack, "ben");
    let said = lines(&room(&stack, "ana", &["@ben: the switch is up \u{202E}again"]));
    assert_eq!((&said[0]["room"], &said[0]["id"]), (&"class".into(), &1.into()));
    let line = ben.next();
    assert_eq!(
        (&line["kind"], &line["from"], &line["names_you"], &line["mentions"][0]),
        (&"room".into(), &"ana".into(), &true.into(), &"@ben".into()),
        "{line}"
    );
    assert_eq!(line["text"], "@ben: the switch is up \u{FFFD}again");
    // Both kinds in one stream, told apart.
    let sent = client_of(&stack.join(), "ana", &["chat", "send", "--to", "ben", "only you"]).output().expect("a program");
    assert!(sent.status.success(), "{}", text(&sent));
    let line = ben.next();
    assert_eq!((&line["kind"], &line["text"]), (&"private".into(), &"only you".into()), "{line}");
    assert_eq!(lines(&room(&stack, "carl", &["thank you", "--reply", "1"]))[0]["id"], 2);
    lines(&room(&stack, "carl", &["👍", "--react", "1"]));
    // Killed, and there again.
    stack.kill();
    stack.run_on_same_ports().expect("again");
    let history = lines(&room(&stack, "dana", &["--history"]));
    assert_eq!(history.iter().map(|l| (l["id"].as_u64(), l["from"].as_str())).collect::<Vec<_>>(), [(Some(1), Some("ana")), (Some(2), Some("carl"))]);
    assert_eq!((&history[0]["reactions"][0]["reaction"], &history[1]["reply_to"]), (&"thumbs_up".into(), &1.into()));
    let found = lines(&room(&stack, "dana", &["--search", "SWITCH up"]));
    assert_eq!(found.iter().map(|l| l["id"].as_u64()).collect::<Vec<_>>(), [Some(1)]);
    // Who is there goes on reading.
    lines(&room(&stack, "ana", &["after the restart"]));
    assert!(wait_until(Duration::from_secs(20), || ben.next()["text"] == "after the restart"));
    // What may not be has its own code, and words.
    for (args, code, words) in [
        (&["--delete", "1"][..], 3, "only who wrote"),
        (&["--delete", "77"], 3, "not there any more"),
        (&["--slow", "5"], 3, "only who"),
        (&["--react", "1", "clown"], 2, "thumbs_up"),
        (&["x", "--history"], 2, "cannot be used"),
    ] {
        let refused = room(&stack, "eve", args);
        assert_eq!(refused.status.code(), Some(code), "{args:?}: {}", text(&refused));
        assert!(text(&refused).contains(words), "{args:?}: {}", text(&refused));
    }
    let long = room(&stack, "eve", &[&"x".repeat(4_097)]);
    assert_eq!(long.status.code(), Some(2), "{}", text(&long));
    let taken = client_of(&stack.instructor(), "Ms Kim", &["chat", "room", "--delete", "1"]).output().expect("a program");
    assert!(taken.status.success(), "{}", text(&taken));
    let history = lines(&room(&stack, "dana", &["--history", "--count", "3"]));
    assert_eq!((&history[0]["text"], &history[0]["taken_by"]), (&Value::Null, &"moderator".into()));
}

#[test]
fn what_was_acknowledged_is_there_once_whenever_the_server_is_killed() {
    let _turn = turn();
    let mut stack = Stack::start(&[]).expect("a server");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let writers: Vec<_> = (0..3).map(|n| runtime.block_on(join(&stack, &format!("writer {n}"))).expect("joined")).collect();
    for round in 0..3 {
        let before = history(&stack).len();
        let tasks: Vec<_> = writers
            .iter()
            .enumerate()
            .map(|(n, class)| {
                let class = class.clone();
                runtime.spawn(async move {
                    let mut said = BTreeMap::new();
                    for i in 0..6 {
                        let text = format!("round {round}, writer {n}, message {i}");
                        let id = loop {
                            match class.say(text.clone(), None).await {
                                Ok(id) => break id,
                                Err(TalkError::Refused(TalkRefusal::TooFast { wait_ms })) => tokio::time::sleep(Duration::from_millis(wait_ms.into())).await,
                                Err(other) => panic!("{other}"),
                            }
                        };
                        said.insert(id.0, text);
                    }
                    said
                })
            })
            .collect();
        // In the middle of it, at a place that differs from round to round.
        assert!(wait_until(Duration::from_secs(20), || history(&stack).len() > before + 2 * round));
        stack.kill();
        stack.run_on_same_ports().expect("again");
        let mut said = BTreeMap::new();
        for task in tasks {
            said.extend(runtime.block_on(task).expect("written"));
        }
        let there = history(&stack);
        let texts: Vec<_> = there.iter().filter_map(|l| l["text"].as_str()).filter(|t| t.starts_with(&format!("round {round}"))).collect();
        assert_eq!(texts.len(), 18, "each once: {texts:?}");
        for (id, text) in said {
            assert!(there.iter().any(|l| l["id"] == id && l["text"] == text.as_str()), "{id}: {text}");
        }
    }
}

fn history(stack: &Stack) -> Vec<Value> {
    lines(&room(stack, "reader", &["--history", "--count", "1000"]))
}
