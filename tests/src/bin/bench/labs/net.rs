//! Repeat request over a real network: two programs and a file on loopback, beside a bare loop of sends with segmentation offload.

use std::io::{BufRead, BufReader, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lectern_tests::stack::{bin, text};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use serde_json::Value;

use crate::table::{Table, Values};

const RUNS: usize = 5;
const PAYLOAD: usize = 1_200;
/// Large enough that neither side often waits for the other; the bare loop has none.
const WINDOW: u32 = 512;
const BYTES: usize = 256 * 1024 * 1024;
/// Both of ours: header and payload, so that the other side sends datagrams of the same length.
const DATAGRAM: usize = PAYLOAD + 24;
const GOAL: f64 = 2.0;

pub fn measure(table: &mut Table) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let content: Vec<u8> = (0..BYTES).map(|i| ((i * 31) >> 3) as u8).collect();
    std::fs::write(folder.path().join("send.bin"), &content)?;
    let (mut through, mut compared, mut bare) = (Values::default(), Values::default(), Values::default());
    for _ in 0..RUNS {
        let (data, all) = transfer(folder.path())?;
        through.0.push(data);
        compared.0.push(all);
        bare.0.push(batches()?);
    }
    let other = "a bare loop of sends with segmentation offload, what arrives of it, without file, checksum or answer";
    let what =
        "Selective repeat over loopback, window 512, a file read, sent, received and handed to the disk: from the first data to the last acknowledgement";
    table.ratio(what, "s/GB", &through, (other, &bare), GOAL);
    let what = "Selective repeat over loopback, window 512, a file read, sent, received and written, its hashes on both sides reckoned and compared";
    table.ratio(what, "s/GB", &compared, (other, &bare), GOAL);
    Ok(())
}

/// Seconds for each GB of the file: until the last acknowledgement, and until the receiver had compared the hashes.
fn transfer(folder: &Path) -> Result<(f64, f64)> {
    let mut receive = Command::new(bin("lectern"));
    receive.args(["lab", "arq", "receive", "--listen", "127.0.0.1:0", "--json", "--out", "receive.bin"]).current_dir(folder);
    let mut receiver = receive.stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(receiver.stdout.take().context("a pipe")?).lines();
    let first: Value = serde_json::from_str(&lines.next().context("its address")??)?;
    let to = first["listening"].as_str().context("its address")?.to_owned();
    let mut send = Command::new(bin("lectern"));
    send.args(["lab", "arq", "send", "send.bin", "--to", &to, "--window", &WINDOW.to_string(), "--size", &PAYLOAD.to_string(), "--json"]).current_dir(folder);
    let output = send.output()?;
    ensure!(output.status.success(), "{}", text(&output));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    eprintln!("    {}", report);
    ensure!(report["same"] == true, "it did not arrive: {report}");
    ensure!(receiver.wait()?.success(), "the receiver failed");
    let took = |name: &str| Ok::<_, anyhow::Error>(report[name].as_f64().context("a time")? / (BYTES as f64 / 1e9));
    Ok((took("time_s")?, took("compared_s")?))
}

/// Seconds for each GB of payload that arrives when one thread sends as fast as it can and another reads.
fn batches() -> Result<f64> {
    let (from, to) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
    let destination: SocketAddr = to.local_addr()?;
    to.set_read_timeout(Some(Duration::from_millis(200)))?;
    let stop = Arc::new(AtomicBool::new(false));
    let sender = std::thread::spawn({
        let stop = Arc::clone(&stop);
        move || -> Result<()> {
            let state = UdpSocketState::new((&from).into())?;
            from.set_nonblocking(false)?;
            let contents = vec![7; DATAGRAM * state.max_gso_segments().min(64_000 / DATAGRAM)];
            while !stop.load(Ordering::Relaxed) {
                let transmit = Transmit { destination, ecn: None, contents: &contents, segment_size: Some(DATAGRAM), src_ip: None };
                state.try_send((&from).into(), &transmit)?;
            }
            Ok(())
        }
    });
    let state = UdpSocketState::new((&to).into())?;
    to.set_nonblocking(false)?;
    let mut buffers = vec![vec![0; 65_536]; BATCH_SIZE];
    let mut metas = [RecvMeta::default(); BATCH_SIZE];
    let (begun, mut datagrams) = (Instant::now(), 0_usize);
    while datagrams * PAYLOAD < BYTES {
        let mut slices: Vec<_> = buffers.iter_mut().map(|b| IoSliceMut::new(b)).collect();
        let received = state.recv((&to).into(), &mut slices, &mut metas)?;
        datagrams += metas[..received].iter().map(|meta| meta.len.div_ceil(meta.stride.max(1))).sum::<usize>();
    }
    let took = begun.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    sender.join().map_err(|_| anyhow::anyhow!("the sender failed"))??;
    Ok(took / ((datagrams * PAYLOAD) as f64 / 1e9))
}
