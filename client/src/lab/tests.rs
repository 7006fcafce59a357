//! Transfers whose one side fails while the other is well.

use std::path::Path;
use std::time::{Duration, Instant};

use lectern_proto::arq::packet::{Body, Packet};
use lectern_proto::arq::transfer::{Failure, Receiving, Stage};
use lectern_proto::arq::{Protocol, Settings};
use tokio_util::sync::CancellationToken;

use super::line::{Impairment, Line};
use super::send::{SendOptions, send};
use super::{LabError, receive};

const BYTES: u64 = 16 << 20;

fn line() -> Line {
    let address = "127.0.0.1:0".parse().expect("an address");
    Line::open(address, Impairment::default(), Impairment::default(), 1).expect("a socket")
}

async fn send_to(to: std::net::SocketAddr, path: &Path) -> Result<(), LabError> {
    let mut line = Line::towards(to, Impairment::default(), Impairment::default(), 1).expect("a socket");
    let options = SendOptions { to, settings: Settings::new(Protocol::SelectiveRepeat, 64), size: 1_200, transfer: 7, loss: 0.0, ack_loss: 0.0 };
    send(&mut line, path, options, CancellationToken::new()).await.map(drop)
}

/// A receiver that cuts the file short once it was offered, and goes on until it knows what came of it.
async fn receive_and_cut(mut line: Line, path: &Path) -> Stage {
    let (began, mut inbox, mut core) = (Instant::now(), Vec::new(), None::<Receiving>);
    loop {
        line.readable().await.expect("a socket");
        line.receive(&mut inbox);
        for (from, datagram) in inbox.drain(..) {
            let packet = Packet::read(&datagram).expect("undamaged");
            if let (None, Body::Start(start)) = (&core, &packet.body) {
                // It was opened, and a few blocks of it may have been read.
                std::fs::File::options().write(true).open(path).and_then(|file| file.set_len(BYTES / 2)).expect("writable");
                core = Some(Receiving::new(began.elapsed(), packet.transfer, start.clone()).expect("serves it"));
            }
            let Some(core) = &mut core else { continue };
            core.handle(began.elapsed(), &packet);
            while core.poll_deliver().is_some() {}
            while let Some(packet) = core.poll_transmit() {
                line.send(from, &packet);
            }
            line.flush();
            if core.stage().is_over() {
                return core.stage();
            }
        }
    }
}

#[tokio::test]
async fn a_receiver_is_told_when_the_file_becomes_shorter() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("send.bin");
    std::fs::File::create(&path).and_then(|file| file.set_len(BYTES)).expect("writable");
    let (line, began) = (line(), Instant::now());
    let (sent, stage) = tokio::join!(send_to(line.address(), &path), receive_and_cut(line, &path));
    assert!(matches!(sent, Err(LabError::Changed(_))), "{sent:?}");
    assert_eq!(stage, Stage::Failed(Failure::Unwanted));
    assert!(began.elapsed() < Duration::from_secs(20), "nobody waited for the other");
}

#[tokio::test]
async fn a_sender_is_told_when_the_file_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("send.bin");
    std::fs::write(&path, [7; 10_000]).expect("writable");
    let (mut line, out) = (line(), folder.path().join("missing").join("receive.bin"));
    let to = line.address();
    let (sent, received) = tokio::join!(send_to(to, &path), receive::receive(&mut line, &out, CancellationToken::new(), |_| ()));
    assert!(matches!(sent, Err(LabError::Failed(Failure::Unwanted))), "{sent:?}");
    assert!(matches!(received, Err(LabError::Write { .. })), "{received:?}");
}
