//! Two hundred readers, with and without one that reads 1 kB/s: pairs, taken in turn.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use lectern::class::Class;
use lectern_proto::manifest::ChunkHash;
use lectern_tests::playback::join;
use lectern_tests::stack::Stack;

use crate::serving::{chunks_of_720p, connect, ours};
use crate::table::{Table, Values};

const READERS: usize = 200;
const PAIRS: usize = 12;
/// Bytes that every reader takes in one round.
const EACH: u64 = 6 << 20;

pub fn measure(stack: &Stack, table: &mut Table) -> Result<()> {
    let chunks = chunks_of_720p(stack)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let classes: Vec<Class> = (0..READERS).map(|i| runtime.block_on(join(stack, &format!("one of many {i}")))).collect::<Result<_>>()?;
    let snail = runtime.block_on(join(stack, "snail"))?;
    ours(&classes, &chunks, EACH)?;
    let (mut with, mut without) = (Values::default(), Values::default());
    for pair in 0..PAIRS {
        let mut one = |slow: bool| -> Result<()> {
            let held = slow.then(|| Snail::start(&snail, &chunks)).transpose()?;
            let begun = Instant::now();
            ours(&classes, &chunks, EACH)?;
            if slow { &mut with } else { &mut without }.0.push(begun.elapsed().as_secs_f64());
            held.map_or(Ok(()), Snail::stop)
        };
        // In turn the one and the other first.
        one(pair % 2 == 0)?;
        one(pair % 2 == 1)?;
    }
    let slower = with.0.iter().zip(&without.0).filter(|(a, b)| a > b).count();
    let what = format!("{READERS} readers take {} MiB each beside one that reads 1 kB/s ({slower} of {PAIRS} pairs slower with it)", EACH >> 20);
    // Of twelve fair coins, three to nine fall on one side in 96 of 100 throws: in there it cannot be told apart.
    table.ratio(&what, "s", &with, ("the same without it", &without), 1.05);
    Ok(())
}

/// A reader that asks for everything and takes 1 kB each second.
struct Snail {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Result<()>>,
}

impl Snail {
    fn start(class: &Class, chunks: &[(ChunkHash, u64)]) -> Result<Self> {
        let (core, address) = class.media_core().context("the class is joined")?;
        let (mut core, mut stream) = connect(core, address)?;
        for (chunk, _) in chunks.iter().take(8) {
            core.fetch(*chunk, 0);
        }
        if let Some(bytes) = core.poll_transmit() {
            std::io::Write::write_all(&mut stream, &bytes)?;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let told = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 100];
            while !told.load(Ordering::Relaxed) {
                stream.read_exact(&mut buffer)?;
                std::thread::sleep(Duration::from_millis(100));
            }
            Ok(())
        });
        Ok(Self { stop, thread })
    }

    fn stop(self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the slow reader died"))?
    }
}
