//! One TLS connection of a client, without tasks or locks of its own: many of them are read and written by one thread.

use std::io::{Read, Write};

use anyhow::{Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::rustls::ClientConnection;

/// A connection whose handshake is done.
pub struct Wire {
    tls: ClientConnection,
    tcp: TcpStream,
    coded: Vec<u8>,
    out: Vec<u8>,
}

impl Wire {
    /// Goes on with a connection; inside a runtime.
    pub fn new(tls: ClientConnection, tcp: std::net::TcpStream) -> Result<Self> {
        tcp.set_read_timeout(None)?;
        tcp.set_nonblocking(true)?;
        Ok(Self { tls, tcp: TcpStream::from_std(tcp)?, coded: vec![0; 16 * 1024], out: Vec::new() })
    }

    /// Adds what was opened already to `plain`.
    pub fn pending(&mut self, plain: &mut Vec<u8>) -> Result<()> {
        let there = self.tls.process_new_packets()?.plaintext_bytes_to_read();
        let from = plain.len();
        plain.resize(from + there, 0);
        Ok(self.tls.reader().read_exact(&mut plain[from..])?)
    }

    /// Adds what comes next to `plain`; may be dropped and called again.
    pub async fn receive(&mut self, plain: &mut Vec<u8>) -> Result<()> {
        let n = self.tcp.read(&mut self.coded).await?;
        ensure!(n > 0, "the server closed the connection");
        let mut from = 0;
        while from < n {
            from += self.tls.read_tls(&mut &self.coded[from..n])?;
            self.pending(plain)?;
        }
        Ok(())
    }

    /// Sends all of it as one record.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.tls.writer().write_all(bytes)?;
        self.out.clear();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.out)?;
        }
        Ok(self.tcp.write_all(&self.out).await?)
    }
}
