//! A source of live pictures without content, thirty a second and all of one size, so that every side of a row sends the same.

use std::io::{BufRead, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use lectern::class::{Class, JoinRequest};
use lectern::live::{Publisher, Source};
use lectern_proto::control::StreamKind;
use lectern_proto::live::RECORD_MAX;
use lectern_proto::live::pipe::{self, News, VideoForm};
use lectern_proto::media::HEADER_LEN;
use lectern_tests::stack::Stack;

/// The argument that makes this program the source of a stream.
pub const COMMAND: &str = "live-source";
/// The name of the stream.
pub const NAME: &str = "bench";
/// 720p30 at 2.5 Mbit/s.
pub const RATE: u32 = 30;
pub const BPS: u32 = 2_500_000;
const UNIT: usize = BPS as usize / 8 / RATE as usize;
/// Header and tag of a record, and the head of a unit in its first one.
const RECORD_EXTRA: usize = 28;
const UNIT_HEAD: usize = 12;
/// Records of a unit.
pub const RECORDS: usize = (UNIT + UNIT_HEAD).div_ceil(RECORD_MAX - RECORD_EXTRA);
/// What a unit is as datagrams, and over TCP.
pub const AS_DATAGRAMS: usize = UNIT + UNIT_HEAD + RECORDS * RECORD_EXTRA;
pub const OVER_TCP: usize = AS_DATAGRAMS + HEADER_LEN;

/// Sends pictures, each at its time, as a media worker does.
pub fn run() -> Result<()> {
    static SERVER_US: AtomicU64 = AtomicU64::new(0);
    let started = Instant::now();
    let mut out = std::io::stdout().lock();
    out.write_all(&pipe::news(&News::Ready))?;
    out.flush()?;
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if let Ok(pipe::Command::Clock { server_us }) = serde_json::from_str(&line) {
                SERVER_US.store(server_us.saturating_sub(started.elapsed().as_micros() as u64).max(1), Ordering::Relaxed);
            }
        }
        // Who reads it is gone.
        std::process::exit(0);
    });
    while SERVER_US.load(Ordering::Relaxed) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let form = VideoForm { width: 1280, height: 720, rate_milli: RATE * 1_000, bps: BPS, avcc: vec![1, 0x42, 0, 0x1f] };
    out.write_all(&pipe::news(&News::Form { video: Some(form), sound: None }))?;
    let data: Vec<u8> = (0..UNIT).map(|i| (i * 31) as u8).collect();
    paced(|n| {
        let capture_us = SERVER_US.load(Ordering::Relaxed) + started.elapsed().as_micros() as u64;
        out.write_all(&pipe::unit_head(0, n.is_multiple_of(RATE), capture_us, UNIT as u32))?;
        out.write_all(&data)?;
        Ok(out.flush()?)
    })
}

/// Does something thirty times a second.
pub fn paced(mut each: impl FnMut(u32) -> Result<()>) -> Result<()> {
    let begun = Instant::now();
    for n in 0u32.. {
        std::thread::sleep((begun + n * Duration::from_secs(1) / RATE).saturating_duration_since(Instant::now()));
        each(n)?;
    }
    Ok(())
}

/// Lets the instructor publish it.
pub fn publish(stack: &Stack, runtime: &tokio::runtime::Runtime) -> Result<(Class, Publisher)> {
    let request = JoinRequest { link: stack.instructor().parse()?, name: "source".to_owned(), password: None, account: None, store: None };
    let class = Class::join(runtime.handle(), request, std::sync::Arc::new(|| {}));
    runtime.block_on(class.joined())?;
    let program = std::env::current_exe()?;
    let source = Source { name: Some(NAME.to_owned()), kind: StreamKind::File, program, args: vec![COMMAND.to_owned()], rung: "720p".to_owned() };
    let mut publisher = class.start_publishing(source);
    runtime.block_on(publisher.live()).map_err(anyhow::Error::msg)?;
    Ok((class, publisher))
}

/// Another process that is ended with the value.
#[derive(Debug)]
pub struct Beside(pub Child);

impl Beside {
    /// This program with other arguments, and the port that it prints.
    pub fn start(args: &[&str]) -> Result<(Self, u16)> {
        let mut beside = Self(Command::new(std::env::current_exe()?).args(args).stdout(Stdio::piped()).spawn()?);
        let mut line = String::new();
        std::io::BufReader::new(beside.0.stdout.take().context("a pipe")?).read_line(&mut line)?;
        Ok((beside, line.trim().parse()?))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
