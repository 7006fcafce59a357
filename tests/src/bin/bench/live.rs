//! Live: what a stream costs the server for each viewer, beside a bare loop of sends, and how old a picture is when it is shown.

use std::io::{BufRead, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lectern::class::{Class, JoinRequest};
use lectern::live::{Publisher, Source};
use lectern_proto::control::StreamKind;
use lectern_proto::live::pipe::{self, News, VideoForm};
use lectern_tests::stack::{Stack, client_of};
use serde_json::Value;

use crate::machine::cpu_seconds;
use crate::table::{Table, Values};

/// The argument that makes this program the source of a stream, and the one that makes it the bare loop of sends.
pub const SOURCE: &str = "live-source";
pub const LOOP: &str = "bare-loop";
/// 720p30 at 2.5 Mbit/s: pictures of one size, so that both sides send the same.
const RATE: u32 = 30;
const UNIT: usize = 2_500_000 / 8 / RATE as usize;
/// What a unit is on the wire: its records with headers and tags, and the head of the frame.
const ON_THE_WIRE: usize = UNIT + 12 + (UNIT + 12).div_ceil(1_172) * 28 + 16;
/// How long is measured.
const MEASURED: Duration = Duration::from_secs(6);

/// Sends pictures without content, each at its time, as a media worker does.
pub fn source() -> Result<()> {
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
    let form = VideoForm { width: 1280, height: 720, rate_milli: RATE * 1_000, bps: 2_500_000, avcc: vec![1, 0x42, 0, 0x1f] };
    out.write_all(&pipe::news(&News::Form { video: Some(form), sound: None }))?;
    let data: Vec<u8> = (0..UNIT).map(|i| (i * 31) as u8).collect();
    let begun = Instant::now();
    for n in 0u32.. {
        std::thread::sleep((begun + n * Duration::from_secs(1) / RATE).saturating_duration_since(Instant::now()));
        let capture_us = SERVER_US.load(Ordering::Relaxed) + started.elapsed().as_micros() as u64;
        out.write_all(&pipe::unit_head(0, n.is_multiple_of(RATE), capture_us, UNIT as u32))?;
        out.write_all(&data)?;
        out.flush()?;
    }
    Ok(())
}

/// Writes as many bytes as a unit has to every connection, thirty times a second: one loop, one thread.
pub fn bare_loop() -> Result<()> {
    let viewers: usize = std::env::args().nth(2).context("how many viewers")?.parse()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    let mut streams = Vec::new();
    for _ in 0..viewers {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let data: Vec<u8> = (0..ON_THE_WIRE).map(|i| (i * 31) as u8).collect();
    let begun = Instant::now();
    for n in 0u32.. {
        std::thread::sleep((begun + n * Duration::from_secs(1) / RATE).saturating_duration_since(Instant::now()));
        for stream in &mut streams {
            stream.write_all(&data)?;
        }
    }
    Ok(())
}

pub fn measure(table: &mut Table) -> Result<()> {
    for viewers in [50, 200] {
        let (mut ours, mut bare) = (Values::default(), Values::default());
        for _ in 0..3 {
            ours.0.push(fan_out(viewers, "tcp")?);
            bare.0.push(bare_fan_out(viewers)?);
        }
        let what = format!("live 720p30 at 2.5 Mbit/s to {viewers} viewers over TCP, processor time of the server");
        table.ratio(&what, "s/GB", &ours, ("a bare loop of sends of the same sizes", &bare), 1.5);
        let mut datagrams = Values::default();
        for _ in 0..3 {
            datagrams.0.push(fan_out(viewers, "udp")?);
        }
        let what = format!("the same to {viewers} viewers over UDP");
        table.ratio(&what, "s/GB", &datagrams, ("the bare loop over TCP", &bare), 1.5);
    }
    for transport in ["tcp", "udp"] {
        glass_to_glass(transport, table)?;
    }
    Ok(())
}

/// Processor time of the server for each GB that it sends to so many viewers.
fn fan_out(viewers: usize, transport: &str) -> Result<f64> {
    let stack = Stack::start(&[])?;
    let runtime = tokio::runtime::Runtime::new()?;
    let _publisher = publish(&stack, &runtime)?;
    let count = viewers.to_string();
    let length = (MEASURED + Duration::from_secs(6)).as_secs().to_string();
    let args = ["watch", "--live", "bench", "--viewers", &count, "--no-decode", "--for", &length, "--transport", transport];
    let watching = stack.client(&args).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
    ensure!(lectern_tests::stack::wait_until(Duration::from_secs(60), || stack.log().matches(" entered").count() > viewers), "they do not come");
    std::thread::sleep(Duration::from_secs(2));
    let (before, begun) = (cpu_seconds(stack.pid()), Instant::now());
    std::thread::sleep(MEASURED);
    let (cpu, time) = (cpu_seconds(stack.pid()) - before, begun.elapsed());
    let report: Value = serde_json::from_slice(&watching.wait_with_output()?.stdout)?;
    let missed = report.pointer("/units/skipped/max").and_then(Value::as_f64).unwrap_or(f64::NAN);
    ensure!(missed == 0.0, "not everything came, so nothing is measured: {report}");
    Ok(cpu / (time.as_secs_f64() * f64::from(RATE) * ON_THE_WIRE as f64 * viewers as f64 / 1e9))
}

fn publish(stack: &Stack, runtime: &tokio::runtime::Runtime) -> Result<(Class, Publisher)> {
    let request = JoinRequest { link: stack.instructor().parse()?, name: "source".to_owned(), password: None, store: None };
    let class = Class::join(runtime.handle(), request, std::sync::Arc::new(|| {}));
    runtime.block_on(class.joined())?;
    let program = std::env::current_exe()?;
    let source = Source { name: Some("bench".to_owned()), kind: StreamKind::File, program, args: vec![SOURCE.to_owned()], rung: "720p".to_owned() };
    let mut publisher = class.start_publishing(source);
    runtime.block_on(publisher.live()).map_err(anyhow::Error::msg)?;
    Ok((class, publisher))
}

struct Loop(Child);

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The same of the bare loop.
fn bare_fan_out(viewers: usize) -> Result<f64> {
    let mut child = Command::new(std::env::current_exe()?).args([LOOP, &viewers.to_string()]).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut line)?;
    let bare = Loop(child);
    let port: u16 = line.trim().parse()?;
    let readers: Vec<TcpStream> = (0..viewers).map(|_| TcpStream::connect(("127.0.0.1", port))).collect::<Result<_, _>>()?;
    let received = std::sync::Arc::new(AtomicU64::new(0));
    for mut reader in readers {
        let received = std::sync::Arc::clone(&received);
        std::thread::Builder::new().stack_size(256 * 1024).spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                received.fetch_add(n as u64, Ordering::Relaxed);
            }
        })?;
    }
    std::thread::sleep(Duration::from_secs(1));
    let (before, bytes) = (cpu_seconds(bare.0.id()), received.load(Ordering::Relaxed));
    std::thread::sleep(MEASURED);
    Ok((cpu_seconds(bare.0.id()) - before) / ((received.load(Ordering::Relaxed) - bytes) as f64 / 1e9))
}

/// How old the test pattern is on the screen, by the time that it carries, beside 49 viewers that do not decode.
fn glass_to_glass(transport: &str, table: &mut Table) -> Result<()> {
    let stack = Stack::start(&[])?;
    let mut pattern = client_of(&stack.instructor(), "source", &["publish", "--pattern"]).stdout(Stdio::null()).spawn()?;
    let many = stack.client(&["watch", "--live", "pattern", "--viewers", "49", "--no-decode", "--for", "30"]).stdout(Stdio::null()).spawn();
    std::thread::sleep(Duration::from_secs(6));
    let report = stack.client_json(&["watch", "--live", "pattern", "--quality", "720p", "--transport", transport, "--for", "15"]);
    let _ = (pattern.kill(), pattern.wait());
    many?.wait()?;
    let report = report?;
    for (share, goal) in [("p50", 50.0), ("p99", 80.0)] {
        let value = report["latency_ms"][share].as_f64().with_context(|| format!("{report}"))?;
        let what = format!("glass to glass of 720p30 over {transport} beside 49 other viewers, {share} of 15 s");
        table.value(&what, "ms", &Values(vec![value]), ("the stream's target", &Values(vec![30.0])), goal);
    }
    Ok(())
}
