#![no_main]
//! What a client hears on the control port: at the hello, at the login, in the class.

use std::sync::LazyLock;
use std::time::Duration;

use lectern_fuzz::{begin_with, golden, in_phases, is_itself};
use lectern_proto::control::client::{ClientCore, Output};
use lectern_proto::control::{HelloReply, LoginReply, LoginRequest, Proof, VERSION, Welcome};
use lectern_proto::framing::frame;
use lectern_proto::wire;

const NOW: Duration = Duration::from_secs(1);

static WELCOME: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let welcome = Welcome { version: VERSION, server_name: "server".into(), agent: "fuzz".into(), boot_id: 1 };
    frame(&wire::encode(&HelloReply::Welcome(welcome)))
});
static JOINED: LazyLock<Vec<u8>> = LazyLock::new(|| frame(&golden(&["LoginReply.Joined"])[0]));

fn seeds() -> Vec<Vec<u8>> {
    in_phases(3, golden(&["HelloReply", "LoginReply", "Event"]).iter().map(|body| frame(body)).collect())
}

libfuzzer_sys::fuzz_target!(init: begin_with(seeds()), |data: &[u8]| {
    let Some((phase, said)) = data.split_first() else { return };
    let (phase, mut core) = (phase % 3, ClientCore::new(NOW, "fuzz"));
    if phase > 0 {
        core.receive(NOW, &WELCOME);
        assert!(matches!(core.poll_output(NOW), Ok(Some(Output::Welcome(_)))));
        core.login(&LoginRequest { room: "class".into(), name: "Ana".into(), proof: Proof::Password("x".into()) });
    }
    if phase > 1 {
        core.receive(NOW, &JOINED);
        assert!(matches!(core.poll_output(NOW), Ok(Some(Output::Login(LoginReply::Joined(_))))));
    }
    core.receive(NOW, said);
    while let Ok(Some(output)) = core.poll_output(NOW) {
        match output {
            Output::Welcome(_) => assert_eq!(phase, 0),
            Output::Login(reply) => is_itself(&reply),
            Output::Event(event) => is_itself(&event),
        }
    }
});
