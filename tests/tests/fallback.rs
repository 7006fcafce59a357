//! A network that lets only the control port through: pictures and sound come over it, and the client says so.

#![allow(clippy::unwrap_used)]

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use lectern_tests::stack::{Stack, text, turn};
use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// Where the server is in these tests; its viewers reach only the address that everything else uses.
const FAR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

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

/// A port that answers nothing, as behind a filter: a listener whose queue is full, so that the system drops what comes.
fn silent(at: SocketAddr) -> Result<(Socket, Vec<Socket>)> {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    listener.bind(&at.into())?;
    listener.listen(0)?;
    let fill = |_| -> Result<Socket> {
        let stream = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        stream.set_nonblocking(true)?;
        // It is under way, or waits for ever.
        let _ = stream.connect(&at.into());
        Ok(stream)
    };
    let held = (0..4).map(fill).collect::<Result<_>>()?;
    assert!(TcpStream::connect_timeout(&at, Duration::from_millis(300)).is_err(), "{at} does not answer");
    Ok((listener, held))
}

/// A viewer that reaches the server's control port only; gives its output.
fn watch_around(stack: &Stack, video: &str) -> Result<String> {
    let mut link = stack.link()?;
    link.port = forward(SocketAddr::new(FAR.into(), link.port))?;
    link.hosts = vec![Ipv4Addr::LOCALHOST.to_string()];
    let output = stack.client_at(&link, &["watch", "--video", video, "--quality", "144p", "--for", "3"]).output()?;
    assert!(output.status.success(), "{}", text(&output));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    assert!(report["frames"]["presented"].as_u64().unwrap() > 30, "{report}");
    assert_eq!((&report["transport"], &report["frames"]["corrupt"]), (&"tcp".into(), &0.into()), "{report}");
    Ok(text(&output))
}

#[test]
fn media_comes_over_the_control_port_where_its_own_is_closed() -> Result<()> {
    let _turn = turn();
    let (mut stack, video) = Stack::with_lesson(6, "320x180")?;
    // At an address where nothing but the forwarder listens.
    stack.run_with(&format!("server.bind={FAR}"))?;
    stack.ready_video()?;
    let port = stack.port("video");
    let said = watch_around(&stack, &video)?;
    assert!(said.contains(&format!("port {port} of the server refuses connections")), "{said}");
    // Where nothing answers at all, the way around is not waited for long, and the words are others.
    let _filter = silent(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))?;
    let said = watch_around(&stack, &video)?;
    assert!(said.contains(&format!("port {port} of the server does not answer")), "{said}");
    // Where the port is open, nothing is said.
    let output = stack.client(&["watch", "--video", &video, "--quality", "144p", "--for", "1", "--no-decode"]).output()?;
    assert!(output.status.success() && !text(&output).contains("control port"), "{}", text(&output));
    Ok(())
}
