//! The bare limit of serving: a process that sends the same bytes from memory to every connection, and nothing else.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// The argument that makes this program the bare sender.
pub const COMMAND: &str = "bare-sender";
/// What the server, too, hands to the kernel at once.
const WRITE: usize = 256 * 1024;

/// Listens, prints its port, and answers each request for a number of bytes with that many.
pub fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    let blob: &'static [u8] = Box::leak((0..WRITE).map(|i| (i * 31) as u8).collect::<Vec<_>>().into_boxed_slice());
    for stream in listener.incoming() {
        let mut stream = stream?;
        stream.set_nodelay(true)?;
        std::thread::Builder::new().stack_size(64 * 1024).spawn(move || {
            let mut wanted = [0; 8];
            while stream.read_exact(&mut wanted).is_ok() {
                let mut left = u64::from_be_bytes(wanted);
                while left > 0 {
                    let part = usize::try_from(left).unwrap_or(WRITE).min(WRITE);
                    if stream.write_all(&blob[..part]).is_err() {
                        return;
                    }
                    left -= part as u64;
                }
            }
        })?;
    }
    Ok(())
}

/// The bare sender as a process of its own, so that its processor time is its own.
#[derive(Debug)]
pub struct Bare {
    child: Child,
    pub port: u16,
}

impl Bare {
    pub fn start() -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?).arg(COMMAND).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut line)?;
        Ok(Self { port: line.trim().parse()?, child })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
