//! A network that lets only the control port through: pictures and sound come over it, and the client says so.

#![allow(clippy::unwrap_used)]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use anyhow::Result;
use lectern_tests::stack::{Stack, text, turn};
use serde_json::Value;

/// Carries every connection to `to`; the threads end with their connections.
fn forward(to: SocketAddr) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let carry = |mut from: TcpStream, mut to: TcpStream| {
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Write);
        });
    };
    thread::spawn(move || {
        while let Ok((near, _)) = listener.accept() {
            let Ok(far) = TcpStream::connect(to) else { continue };
            carry(near.try_clone().unwrap(), far.try_clone().unwrap());
            carry(far, near);
        }
    });
    Ok(port)
}

#[test]
fn media_comes_over_the_control_port_where_its_own_is_closed() -> Result<()> {
    let _turn = turn();
    let (mut stack, video) = Stack::with_lesson(6, "320x180")?;
    // At an address where nothing but the forwarder listens.
    stack.run_with("server.bind=127.0.0.2")?;
    stack.ready_video()?;
    let mut link = stack.link()?;
    link.port = forward(SocketAddr::new("127.0.0.2".parse()?, link.port))?;
    link.hosts = vec!["127.0.0.1".into()];
    let output = stack.client_at(&link, &["watch", "--video", &video, "--quality", "144p", "--for", "3"]).output()?;
    assert!(output.status.success(), "{}", text(&output));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    assert!(report["frames"]["presented"].as_u64().unwrap() > 30, "{report}");
    assert_eq!((&report["transport"], &report["frames"]["corrupt"]), (&"tcp".into(), &0.into()), "{report}");
    let port = stack.port("video").to_string();
    assert!(text(&output).contains(&format!("port {port} of the server refuses connections")), "{}", text(&output));
    // Where the port is open, nothing is said.
    let output = stack.client(&["watch", "--video", &video, "--quality", "144p", "--for", "1", "--no-decode"]).output()?;
    assert!(output.status.success() && !text(&output).contains("control port"), "{}", text(&output));
    Ok(())
}
