//! A client of the control plane that does nothing but what it is told: the protocol's core on a blocking TLS connection.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use lectern_proto::control::client::{ClientCore, Output};
use lectern_proto::control::{LoginReply, LoginRequest, Proof};
use lectern_proto::link::JoinLink;
use lectern_tests::trusting;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConnection, StreamOwned};

/// One connection.
pub struct Raw {
    core: ClientCore,
    stream: StreamOwned<ClientConnection, TcpStream>,
    begun: Instant,
}

impl Raw {
    /// Connects and hears the welcome.
    pub fn connect(link: &JoinLink) -> Result<Self> {
        let host = link.hosts.first().context("a host")?;
        let stream = tls(host, link.port)?;
        let mut raw = Self { core: ClientCore::new(Duration::ZERO, "bench 1"), stream, begun: Instant::now() };
        ensure!(matches!(raw.next()?, Output::Welcome(_)), "no welcome");
        Ok(raw)
    }

    /// Asks to be let in; gives the answer.
    pub fn log_in(&mut self, link: &JoinLink, name: &str, proof: Proof) -> Result<LoginReply> {
        self.core.login(&LoginRequest { room: link.room.clone(), name: name.to_owned(), proof });
        match self.next()? {
            Output::Login(reply) => Ok(reply),
            other => bail!("{other:?}"),
        }
    }

    /// What it is made of, for somebody who goes on with it.
    pub fn into_parts(self) -> (ClientConnection, TcpStream, ClientCore) {
        (self.stream.conn, self.stream.sock, self.core)
    }

    fn next(&mut self) -> Result<Output> {
        let mut buffer = [0; 16 * 1024];
        loop {
            while let Some(bytes) = self.core.poll_transmit() {
                self.stream.write_all(&bytes)?;
            }
            self.stream.flush()?;
            if let Some(output) = self.core.poll_output(self.begun.elapsed())? {
                return Ok(output);
            }
            let n = self.stream.read(&mut buffer)?;
            ensure!(n > 0, "the server closed the connection");
            self.core.receive(self.begun.elapsed(), &buffer[..n]);
        }
    }
}

/// A TLS connection to a server of the bench's own, whose handshake has yet to be done.
pub fn tls(host: &str, port: u16) -> Result<StreamOwned<ClientConnection, TcpStream>> {
    let tcp = TcpStream::connect((host, port))?;
    tcp.set_nodelay(true)?;
    tcp.set_read_timeout(Some(Duration::from_secs(30)))?;
    let tls = ClientConnection::new(Arc::new(trusting::config()?), ServerName::try_from("lectern.invalid")?)?;
    Ok(StreamOwned::new(tls, tcp))
}
