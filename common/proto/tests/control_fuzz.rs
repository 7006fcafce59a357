//! Every message of every phase of the control plane, as golden bytes changed with their structure in mind, at both ends and in every phase:
//! nothing panics, and what is taken for a message is one.
//!
//! Each target runs for a second, or for `LECTERN_FUZZ_S` of them with a seed that it prints. What is guided by coverage is `make fuzz`.

mod fuzzing;

use std::time::Duration;

use fuzzing::{mutate, target};
use lectern_proto::control::client::{ClientCore, Output};
use lectern_proto::control::server::{Input, ServerCore};
use lectern_proto::control::*;
use lectern_proto::framing::frame;
use lectern_proto::wire;
use rand::RngExt;
use rand::rngs::StdRng;

/// Bytes of every golden message whose name begins so, of all files.
fn golden(begin: &[&str]) -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).expect("the vectors").flatten() {
        let text = std::fs::read_to_string(file.path()).expect("a text");
        for entry in text.split("\n\n").filter(|e| begin.iter().any(|b| e.trim_start().starts_with(b))) {
            let Some((_, hex)) = entry.split_once('=') else { continue };
            let digits: String = hex.split_whitespace().collect();
            all.push(lectern_proto::hex::read(&digits).expect("hexadecimal"));
        }
    }
    assert!(all.len() > 5, "{begin:?}: {} golden messages", all.len());
    all
}

/// Frames of one to four messages, most of them changed; sometimes the frames themselves are.
fn conversation(rng: &mut StdRng, messages: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..rng.random_range(1..5) {
        let mut body = messages[rng.random_range(0..messages.len())].clone();
        if rng.random_range(0..4) > 0 {
            let other = &messages[rng.random_range(0..messages.len())];
            mutate(rng, &mut body, other);
        }
        bytes.extend(frame(&body));
    }
    if rng.random_range(0..4) == 0 {
        mutate(rng, &mut bytes, &messages[0]);
    }
    bytes
}

fn joined() -> Joined {
    let replies = golden(&["LoginReply.Joined", "HelloReply", "LoginReply"]);
    let joined = |bytes: &Vec<u8>| match wire::decode::<LoginReply>(bytes) {
        Ok(LoginReply::Joined(joined)) => Some(*joined),
        _ => None,
    };
    replies.iter().find_map(joined).expect("one who joins")
}

/// What was taken for a message has bytes of its own, which are taken for the same.
fn is_itself<T: serde::Serialize + serde::de::DeserializeOwned>(message: &T) {
    let bytes = wire::encode(message);
    assert_eq!(wire::decode::<T>(&bytes).map(|m| wire::encode(&m)), Ok(bytes));
}

#[test]
fn a_server_hears_anything_in_any_phase() {
    let mut messages = golden(&["HelloRequest", "Ask", "LoginRequest", "Request"]);
    let login = |proof| wire::encode(&LoginRequest { room: "class".into(), name: "Ana".into(), proof });
    messages.extend(golden(&["Proof"]).iter().map(|bytes| login(wire::decode(bytes).expect("a proof"))));
    let (joined, now) = (joined(), Duration::from_secs(1));
    let hello = ClientCore::new(now, "fuzz").poll_transmit().expect("a hello");
    let login = frame(&login(Proof::Password("x".into())));
    let mut taken = [0_u64; 2];
    target("server, every phase", |rng| {
        let mut core = ServerCore::new(now, "server", "fuzz", 1);
        // As far as the hello, the login, the class; or not.
        let phase = rng.random_range(0..4);
        if phase > 0 {
            core.receive(&hello);
            assert_eq!(core.poll_input(now), Ok(None));
        }
        if phase > 1 {
            core.receive(&login);
            assert!(matches!(core.poll_input(now), Ok(Some(Input::Login(_)))));
        }
        if phase > 2 {
            core.join(now, joined.clone());
        }
        core.receive(&conversation(rng, &messages));
        while let Ok(Some(input)) = core.poll_input(now) {
            match input {
                Input::Login(login) => {
                    assert!(phase < 3, "who has joined does not log in");
                    is_itself(&login);
                    taken[0] += 1;
                    core.refuse(now, LoginRefusal::Account(AccountRefusal::WrongAccountOrPassword));
                }
                Input::Request(request) => {
                    assert_eq!(phase, 3, "who has not joined asks for nothing");
                    is_itself(&request);
                    taken[1] += 1;
                }
                Input::HandOut(_) => assert_eq!(phase, 0),
            }
        }
    });
    assert!(taken.iter().all(|n| *n > 0), "some are whole: {taken:?}");
}

#[test]
fn a_client_hears_anything_in_any_phase() {
    let messages = golden(&["HelloReply", "LoginReply", "Event"]);
    let (joined, now) = (joined(), Duration::from_secs(1));
    let welcome = Welcome { version: VERSION, server_name: "server".into(), agent: "fuzz".into(), boot_id: 1 };
    let welcome = frame(&wire::encode(&HelloReply::Welcome(welcome)));
    let reply = frame(&wire::encode(&LoginReply::Joined(Box::new(joined))));
    let mut taken = 0_u64;
    target("client, every phase", |rng| {
        let mut core = ClientCore::new(now, "fuzz");
        let phase = rng.random_range(0..4);
        if phase > 0 {
            core.receive(now, &welcome);
            assert!(matches!(core.poll_output(now), Ok(Some(Output::Welcome(_)))));
        }
        if phase > 1 {
            core.login(&LoginRequest { room: "class".into(), name: "Ana".into(), proof: Proof::Password("x".into()) });
        }
        if phase > 2 {
            core.receive(now, &reply);
            assert!(matches!(core.poll_output(now), Ok(Some(Output::Login(LoginReply::Joined(_))))));
        }
        core.receive(now, &conversation(rng, &messages));
        while let Ok(Some(output)) = core.poll_output(now) {
            if let Output::Event(event) = output {
                is_itself(&event);
                taken += 1;
            }
        }
    });
    assert!(taken > 0, "some are whole");
}
