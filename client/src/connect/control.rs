//! One control connection: the client core of `lectern_proto` over a TLS stream.

use std::time::{Duration, Instant};

use lectern_proto::control::client::{ClientCore, Output};
use lectern_proto::control::{ControlError, LoginRequest, Request};
use lectern_proto::limits::WRITE_WAIT;
use lectern_proto::seal::MediaSecret;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::dial::Dialled;

/// What a program says of itself in a hello.
const AGENT: &str = concat!("lectern ", env!("CARGO_PKG_VERSION"));

/// Why a control connection ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    #[error(transparent)]
    Protocol(#[from] ControlError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("the server closed the connection")]
    Closed,
    #[error("the server does not read")]
    Blocked,
}

/// A control connection. [`Control::next`] may be dropped and called again: nothing is lost.
#[derive(Debug)]
pub(crate) struct Control {
    stream: TlsStream<TcpStream>,
    core: ClientCore,
    started: Instant,
    buffer: Vec<u8>,
    unsent: Vec<u8>,
    pub(crate) address: SocketAddr,
    pub(crate) secret: MediaSecret,
}

impl Control {
    pub(crate) fn new(dialled: Dialled) -> Self {
        let core = ClientCore::new(Duration::ZERO, AGENT);
        Self {
            stream: dialled.stream,
            core,
            started: Instant::now(),
            buffer: vec![0; 16 * 1024],
            unsent: Vec::new(),
            address: dialled.address,
            secret: dialled.secret,
        }
    }

    pub(crate) fn login(&mut self, login: &LoginRequest) {
        self.core.login(login);
    }

    pub(crate) fn request(&mut self, request: &Request) {
        self.core.request(request);
    }

    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.core.round_trip()
    }

    /// Waits for the next thing that the server says; sends what is to be sent meanwhile.
    pub(crate) async fn next(&mut self) -> Result<Output, Lost> {
        loop {
            if let Some(output) = self.core.poll_output(self.started.elapsed())? {
                return Ok(output);
            }
            self.flush().await?;
            let due = self.started + self.core.poll_timeout();
            tokio::select! {
                read = self.stream.read(&mut self.buffer) => match read? {
                    0 => return Err(Lost::Closed),
                    n => self.core.receive(self.started.elapsed(), &self.buffer[..n]),
                },
                () = tokio::time::sleep_until(due.into()) => self.core.handle_timeout(self.started.elapsed())?,
            }
        }
    }

    /// Sends everything that waits. A write that is interrupted goes on where it was.
    pub(crate) async fn flush(&mut self) -> Result<(), Lost> {
        while let Some(bytes) = self.core.poll_transmit() {
            self.unsent.extend_from_slice(&bytes);
        }
        let send = async {
            while !self.unsent.is_empty() {
                let n = self.stream.write(&self.unsent).await?;
                if n == 0 {
                    return Err(Lost::Closed);
                }
                self.unsent.drain(..n);
            }
            Ok(self.stream.flush().await?)
        };
        tokio::time::timeout(WRITE_WAIT, send).await.map_err(|_| Lost::Blocked)?
    }

    /// Says goodbye to TLS, so that the server need not wait for a time-out.
    pub(crate) async fn close(mut self) {
        let _ = self.flush().await;
        let _ = tokio::time::timeout(Duration::from_millis(300), self.stream.shutdown()).await;
    }
}
