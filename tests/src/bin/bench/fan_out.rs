//! What a live stream costs the server for each viewer, beside bare loops of sends of the same sizes and beside nginx with its RTMP
//! module.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lectern_proto::live::RECORD_MAX;
use lectern_tests::stack::{Stack, wait_until};
use quinn_udp::{Transmit, UdpSocketState};
use serde_json::Value;

use crate::machine::cpu_seconds;
use crate::rtmp;
use crate::source::{self, AS_DATAGRAMS, Beside, NAME, OVER_TCP, RATE, paced};
use crate::table::{Table, Values};

/// The arguments that make this program a bare loop of sends, over TCP or as batches of datagrams.
pub const LOOP: &str = "bare-loop";
pub const BATCHES: &str = "bare-batches";
const RUNS: usize = 3;
/// How long is measured.
const MEASURED: Duration = Duration::from_secs(5);
const READER_STACK: usize = 128 * 1024;

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
    let data = content(OVER_TCP);
    paced(|_| streams.iter_mut().try_for_each(|stream| Ok(stream.write_all(&data)?)))
}

/// The same over UDP: one send for each viewer, which the system cuts into datagrams.
pub fn bare_batches() -> Result<()> {
    let viewers: usize = std::env::args().nth(2).context("how many viewers")?.parse()?;
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    println!("{}", socket.local_addr()?.port());
    let mut addresses = Vec::new();
    while addresses.len() < viewers {
        addresses.push(socket.recv_from(&mut [0; 8])?.1);
    }
    let state = UdpSocketState::new((&socket).into())?;
    let data = content(AS_DATAGRAMS);
    paced(|_| {
        for &destination in &addresses {
            let transmit = Transmit { destination, ecn: None, contents: &data, segment_size: Some(RECORD_MAX), src_ip: None };
            state.try_send((&socket).into(), &transmit)?;
        }
        Ok(())
    })
}

/// A viewer may miss this part of all pictures: readers, server and the bench share the machine.
const MISSED_MOST: f64 = 0.05;

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 31) as u8).collect()
}

pub fn measure(table: &mut Table) -> Result<()> {
    for viewers in [50, 200, 500] {
        let [mut tcp, mut bare_tcp, mut nginx, mut udp, mut bare_udp] = [const { Values(Vec::new()) }; 5];
        for _ in 0..RUNS {
            tcp.0.push(ours(viewers, "tcp", OVER_TCP)?);
            bare_tcp.0.push(bare(LOOP, viewers)?);
            udp.0.push(ours(viewers, "udp", AS_DATAGRAMS)?);
            bare_udp.0.push(bare(BATCHES, viewers)?);
            nginx.0.push(beside_nginx(viewers)?);
        }
        let what = |way: &str| format!("live 720p30 at 2.5 Mbit/s to {viewers} viewers over {way}, processor time of the server");
        table.ratio(&what("TCP"), "s/GB", &tcp, ("a bare loop of sends of the same sizes", &bare_tcp), 1.5);
        table.ratio(&what("TCP"), "s/GB", &tcp, ("nginx with its RTMP module, the same rate", &nginx), 1.0 / 3.0);
        table.ratio(&what("UDP"), "s/GB", &udp, ("a bare loop of sends with segmentation offload", &bare_udp), 1.5);
    }
    Ok(())
}

/// Processor time of the server for each GB that it sends to so many viewers.
fn ours(viewers: usize, transport: &str, unit: usize) -> Result<f64> {
    let stack = Stack::start(&["limits.people=600"])?;
    let runtime = tokio::runtime::Runtime::new()?;
    let _publisher = source::publish(&stack, &runtime)?;
    let count = viewers.to_string();
    // Each viewer counts from when it came; the last must not go before all was measured.
    let length = (MEASURED + Duration::from_secs(6 + viewers as u64 / 20)).as_secs().to_string();
    let args = ["watch", "--live", NAME, "--viewers", &count, "--no-decode", "--for", &length, "--transport", transport];
    let watching = stack.client(&args).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
    ensure!(wait_until(Duration::from_secs(120), || stack.log().matches(" entered").count() > viewers), "they do not come");
    std::thread::sleep(Duration::from_secs(2));
    let (before, begun) = (cpu_seconds(stack.pid()), Instant::now());
    std::thread::sleep(MEASURED);
    let (cpu, time) = (cpu_seconds(stack.pid()) - before, begun.elapsed());
    ensure!(!stack.log().contains(" left"), "somebody left before it was measured");
    let report: Value = serde_json::from_slice(&watching.wait_with_output()?.stdout)?;
    let number = |path: &str| report.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN);
    // As if everybody had missed what the worst one missed: our side can only look worse by it.
    let missed = number("/units/skipped/max") / number("/frames/expected/min");
    ensure!(missed < MISSED_MOST, "too little came, so nothing is measured: {report}");
    Ok(cpu / (time.as_secs_f64() * f64::from(RATE) * unit as f64 * viewers as f64 * (1.0 - missed) / 1e9))
}

/// The same of a bare loop.
fn bare(which: &str, viewers: usize) -> Result<f64> {
    let (bare, port) = Beside::start(&[which, &viewers.to_string()])?;
    let received = Arc::<AtomicU64>::default();
    let server = SocketAddr::from(([127, 0, 0, 1], port));
    for _ in 0..viewers {
        if which == LOOP {
            let mut stream = TcpStream::connect(server)?;
            count(&received, move |buffer| stream.read(buffer).unwrap_or(0))?;
        } else {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.connect(server)?;
            socket.send(b"here")?;
            count(&received, move |buffer| socket.recv(buffer).unwrap_or(0))?;
        }
    }
    per_gb(bare.0.id(), &received)
}

/// The same of nginx.
fn beside_nginx(viewers: usize) -> Result<f64> {
    let nginx = rtmp::Nginx::start()?;
    let received = Arc::<AtomicU64>::default();
    for _ in 0..viewers {
        let mut stream = nginx.play()?;
        count(&received, move |buffer| stream.read(buffer).unwrap_or(0))?;
    }
    ensure!(wait_until(Duration::from_secs(20), || received.load(Ordering::Relaxed) > (viewers as u64) << 18), "nginx sends nothing: {}", nginx.log());
    per_gb(nginx.pid(), &received)
}

/// A reader in a thread of its own, until what it reads from ends.
fn count(received: &Arc<AtomicU64>, mut read: impl FnMut(&mut [u8]) -> usize + Send + 'static) -> Result<()> {
    let received = Arc::clone(received);
    std::thread::Builder::new().stack_size(READER_STACK).spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let n @ 1.. = read(&mut buffer) {
            received.fetch_add(n as u64, Ordering::Relaxed);
        }
    })?;
    Ok(())
}

/// Processor time of a process for each GB that comes.
fn per_gb(pid: u32, received: &AtomicU64) -> Result<f64> {
    std::thread::sleep(Duration::from_secs(1));
    let (before, bytes) = (cpu_seconds(pid), received.load(Ordering::Relaxed));
    std::thread::sleep(MEASURED);
    let (cpu, bytes) = (cpu_seconds(pid) - before, received.load(Ordering::Relaxed) - bytes);
    ensure!(bytes > 0, "nothing came");
    Ok(cpu / (bytes as f64 / 1e9))
}
