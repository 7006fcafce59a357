//! Chunk serving: processor time per byte beside the bare sender, and 200 viewers of one video.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lectern::class::Class;
use lectern_proto::manifest::{ChunkHash, Manifest, TrackKind};
use lectern_proto::media::client::{MediaClientCore, Output};
use lectern_tests::playback::join;
use lectern_tests::stack::Stack;

use crate::bare::Bare;
use crate::machine::{cpu_seconds, memory_mib};
use crate::table::{Table, Values};

const ROUNDS: usize = 7;
const VIEWERS: usize = 20;
/// Bytes that every viewer takes in one round.
const EACH: u64 = 100 << 20;

pub fn measure(stack: &Stack, video: &str, table: &mut Table) -> Result<()> {
    let chunks = chunks_of_720p(stack)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let classes: Vec<Class> = (0..VIEWERS).map(|i| runtime.block_on(join(stack, &format!("reader {i}")))).collect::<Result<_>>()?;
    let mean = chunks.iter().map(|(_, bytes)| bytes).sum::<u64>() / chunks.len().max(1) as u64;
    let bare = Bare::start()?;
    // Once unmeasured: the server seals every chunk, both warm up.
    ours(&classes, &chunks, EACH / 4)?;
    others(bare.port, EACH / 4, mean)?;
    let (mut our_cpu, mut bare_cpu) = (Values::default(), Values::default());
    for _ in 0..ROUNDS {
        let before = cpu_seconds(stack.pid());
        let bytes = ours(&classes, &chunks, EACH)?;
        our_cpu.0.push((cpu_seconds(stack.pid()) - before) / (bytes as f64 / 1e9));
        let before = cpu_seconds(bare.pid());
        let bytes = others(bare.port, EACH, mean)?;
        bare_cpu.0.push((cpu_seconds(bare.pid()) - before) / (bytes as f64 / 1e9));
    }
    table.ratio(
        "chunk serving to 20 readers at full speed, processor time of the server",
        "s/GB",
        &our_cpu,
        ("a bare loop of sends from memory", &bare_cpu),
        2.0,
    );
    drop(classes);

    let mut fresh = Stack::start(&[])?;
    std::fs::copy(stack.videos().join("lesson.mp4"), fresh.videos().join("lesson.mp4"))?;
    ensure!(fresh.ready_video()? == video, "the same file has the same id");
    // Only a first start computes the check-words, which needs 64 MiB for a moment.
    fresh.terminate()?;
    fresh.run()?;
    ensure!(fresh.ready_video()? == video, "it is still there");
    let (_, before) = memory_mib(fresh.pid());
    let report = fresh.client_json(&["watch", "--video", video, "--quality", "720p", "--viewers", "200", "--no-decode", "--for", "30"])?;
    let (_, after) = memory_mib(fresh.pid());
    let stalls = Values(vec![report["stalls"]["max"].as_f64().context("stalls")?]);
    let one = fresh.client_json(&["watch", "--video", video, "--quality", "720p", "--no-decode", "--for", "30"])?;
    table.value(
        "200 viewers of one 720p video for 30 s: stalls of the worst viewer",
        "stalls",
        &stalls,
        ("one viewer alone", &Values(vec![one["stalls"].as_f64().context("stalls")?])),
        0.0,
    );
    // The goal: 40 MiB, the cache of 64 MiB and 128 KiB for each of 200 viewers.
    table.value(
        "peak resident memory of the server with these 200 viewers",
        "MiB",
        &Values(vec![after]),
        ("before they came", &Values(vec![before])),
        40.0 + 64.0 + 25.0,
    );
    Ok(())
}

/// Names and lengths of the lesson's 720p segments.
pub fn chunks_of_720p(stack: &Stack) -> Result<Vec<(ChunkHash, u64)>> {
    for dir in std::fs::read_dir(stack.path("chunks"))?.flatten() {
        let Ok(objects) = std::fs::read_dir(dir.path().join("objects")) else { continue };
        for object in objects.flatten() {
            if let Ok(manifest) = Manifest::parse(&std::fs::read(object.path())?) {
                let track = manifest.tracks.iter().find(|t| matches!(&t.kind, TrackKind::Video { rung, .. } if rung == "720p")).context("a 720p track")?;
                return Ok(track.segments.iter().filter_map(|s| Some((s.chunk?, u64::from(s.bytes)))).collect());
            }
        }
    }
    anyhow::bail!("no manifest among the objects")
}

/// Every reader takes at least this many bytes, all at once; gives the sum.
pub fn ours(classes: &[Class], chunks: &[(ChunkHash, u64)], each: u64) -> Result<u64> {
    let readers: Vec<_> = classes
        .iter()
        .map(|class| {
            let (core, address) = class.media_core().context("the class is joined")?;
            let chunks = chunks.to_vec();
            Ok(std::thread::spawn(move || read_chunks(core, address, &chunks, each)))
        })
        .collect::<Result<_>>()?;
    readers.into_iter().map(|r| r.join().map_err(|_| anyhow::anyhow!("a reader died"))?).sum()
}

/// A media connection whose hello was accepted.
pub fn connect(mut core: MediaClientCore, address: SocketAddr) -> Result<(MediaClientCore, TcpStream)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut buffer = [0; 4096];
    loop {
        let n = stream.read(&mut buffer)?;
        ensure!(n > 0, "closed before the hello was accepted");
        core.receive(&buffer[..n]);
        let output = core.poll_output()?;
        if let Some(bytes) = core.poll_transmit() {
            stream.write_all(&bytes)?;
        }
        if matches!(output, Some(Output::Accepted { .. })) {
            return Ok((core, stream));
        }
    }
}

/// Asks for one chunk after another, some ahead, and throws the bytes away unopened: only the server is measured.
fn read_chunks(core: MediaClientCore, address: SocketAddr, chunks: &[(ChunkHash, u64)], each: u64) -> Result<u64> {
    let (mut core, mut stream) = connect(core, address)?;
    let mut buffer = vec![0; 256 * 1024];
    let (mut asked, mut received, mut next) = (0u64, 0u64, 0usize);
    while received < each {
        while asked < received + (4 << 20) {
            let (chunk, bytes) = chunks[next % chunks.len()];
            core.fetch(chunk, 0);
            asked += bytes;
            next += 1;
        }
        if let Some(bytes) = core.poll_transmit() {
            stream.write_all(&bytes)?;
        }
        let n = stream.read(&mut buffer)?;
        ensure!(n > 0, "the server closed the connection");
        received += n as u64;
    }
    Ok(received)
}

fn others(port: u16, each: u64, chunk: u64) -> Result<u64> {
    let readers: Vec<_> = (0..VIEWERS)
        .map(|_| {
            std::thread::spawn(move || -> Result<u64> {
                let mut stream = TcpStream::connect(("127.0.0.1", port))?;
                let mut buffer = vec![0; 256 * 1024];
                let (mut asked, mut received) = (0u64, 0u64);
                while received < each {
                    while asked < received + (4 << 20) {
                        stream.write_all(&chunk.to_be_bytes())?;
                        asked += chunk;
                    }
                    let n = stream.read(&mut buffer)?;
                    ensure!(n > 0, "the bare sender closed the connection");
                    received += n as u64;
                }
                Ok(received)
            })
        })
        .collect();
    readers.into_iter().map(|r| r.join().map_err(|_| anyhow::anyhow!("a reader died"))?).sum()
}
