#![no_main]
//! What a server hears on the control port: before the hello, at the login, while that is checked, in the class.

use std::sync::LazyLock;
use std::time::Duration;

use lectern_fuzz::{begin_with, golden, in_phases, is_itself};
use lectern_proto::control::client::ClientCore;
use lectern_proto::control::server::{Input, ServerCore};
use lectern_proto::control::{AccountRefusal, Joined, LoginRefusal, LoginReply, LoginRequest, Proof};
use lectern_proto::framing::frame;
use lectern_proto::wire;

const NOW: Duration = Duration::from_secs(1);

static JOINED: LazyLock<Joined> = LazyLock::new(|| {
    let replies = golden(&["LoginReply.Joined"]);
    let joined = |bytes: &Vec<u8>| match wire::decode::<LoginReply>(bytes) {
        Ok(LoginReply::Joined(joined)) => Some(*joined),
        _ => None,
    };
    replies.iter().find_map(joined).expect("one who joins")
});
static HELLO: LazyLock<Vec<u8>> = LazyLock::new(|| ClientCore::new(NOW, "fuzz").poll_transmit().expect("a hello"));
static LOGIN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let proof = Proof::Password("x".into());
    frame(&wire::encode(&LoginRequest { room: "class".into(), name: "Ana".into(), proof }))
});

fn seeds() -> Vec<Vec<u8>> {
    let mut messages = golden(&["HelloRequest", "request ", "LoginRequest", "Request"]);
    messages.extend(golden(&["Proof"]).iter().filter_map(|proof| {
        let proof = wire::decode(proof).ok()?;
        Some(wire::encode(&LoginRequest { room: "class".into(), name: "Ana".into(), proof }))
    }));
    in_phases(4, messages.iter().map(|body| frame(body)).collect())
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let Some((phase, said)) = data.split_first() else { return };
    let (phase, mut core) = (phase % 4, ServerCore::new(NOW, "server", "fuzz", 1));
    if phase > 0 {
        core.receive(&HELLO);
        assert_eq!(core.poll_input(NOW), Ok(None));
    }
    if phase > 1 {
        core.receive(&LOGIN);
        assert!(matches!(core.poll_input(NOW), Ok(Some(Input::Login(_)))));
    }
    if phase > 2 {
        core.join(NOW, JOINED.clone());
    }
    core.receive(said);
    while let Ok(Some(input)) = core.poll_input(NOW) {
        match input {
            Input::Login(login) => {
                assert!(phase < 2, "who is being checked, or has joined, does not log in");
                is_itself(&login);
                core.refuse(NOW, LoginRefusal::Account(AccountRefusal::WrongAccountOrPassword));
            }
            Input::Request(request) => {
                assert_eq!(phase, 3, "who has not joined asks for nothing");
                is_itself(&request);
            }
            Input::HandOut(_) => assert_eq!(phase, 0),
        }
    }
    while core.poll_transmit().is_some() {}
});
