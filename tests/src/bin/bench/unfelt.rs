//! Whether others feel a viewer that takes 1 kB/s of a live stream: how late each picture comes to each of them, with it and without it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use lectern::class::Class;
use lectern_proto::control::StreamId;
use lectern_proto::live::record::RecordHeader;
use lectern_proto::media::Request;
use lectern_proto::media::client::{MediaClientCore, Output};
use lectern_tests::playback::join;
use lectern_tests::stack::Stack;

use crate::serving::connect;
use crate::source::{self, RATE, RECORDS};
use crate::table::{Table, Values};

const OTHERS: usize = 30;
const PAIRS: usize = 12;
const EACH: Duration = Duration::from_secs(3);

/// When a picture came to one of the others, and its number.
type Arrivals = Arc<Mutex<Vec<(Instant, u32)>>>;

pub fn measure(table: &mut Table) -> Result<()> {
    let stack = Stack::start(&[])?;
    let runtime = tokio::runtime::Runtime::new()?;
    let _publisher = source::publish(&stack, &runtime)?;
    let others: Vec<Class> = (0..OTHERS).map(|i| runtime.block_on(join(&stack, &format!("one of many {i}")))).collect::<Result<_>>()?;
    let snail = runtime.block_on(join(&stack, "snail"))?;
    let arrivals = Arrivals::default();
    for class in &others {
        let (core, mut stream) = subscribed(class)?;
        let arrivals = Arc::clone(&arrivals);
        std::thread::spawn(move || read(core, &mut stream, &arrivals));
    }
    std::thread::sleep(Duration::from_secs(2));
    let (mut with, mut without, mut base) = (Vec::new(), Vec::new(), None::<Instant>);
    for pair in 0..PAIRS {
        for slow in [pair % 2 == 0, pair % 2 == 1] {
            let held = slow.then(|| Snail::start(&snail)).transpose()?;
            // Its buffers fill first.
            std::thread::sleep(Duration::from_secs(1));
            arrivals.lock().unwrap_or_else(PoisonError::into_inner).clear();
            std::thread::sleep(EACH);
            let came = std::mem::take(&mut *arrivals.lock().unwrap_or_else(PoisonError::into_inner));
            ensure!(came.len() as f64 > 0.9 * OTHERS as f64 * EACH.as_secs_f64() * f64::from(RATE), "pictures are missing: {}", came.len());
            // The source's clock: as if the quickest of all pictures had taken no time.
            let zeros = came.iter().filter_map(|(at, n)| at.checked_sub(due(*n)));
            base = zeros.chain(base).min();
            if slow { &mut with } else { &mut without }.push(came);
            held.map_or(Ok(()), Snail::stop)?;
        }
    }
    let base = base.context("pictures")?;
    let [with, without] = [with, without].map(|runs| Values(runs.iter().map(|came| p99(came, base)).collect()));
    let slower = with.0.iter().zip(&without.0).filter(|(a, b)| a > b).count();
    let what = format!("p99 of how late pictures come to {OTHERS} viewers beside one that reads 1 kB/s ({slower} of {PAIRS} pairs later with it)");
    // Of twelve fair coins, three to nine fall on one side in 96 of 100 throws: in there it cannot be told apart.
    table.ratio(&what, "ms", &with, ("the same without it", &without), 1.1);
    Ok(())
}

/// When the source sends a picture, since its first.
fn due(n: u32) -> Duration {
    n * Duration::from_secs(1) / RATE
}

fn p99(came: &[(Instant, u32)], base: Instant) -> f64 {
    let mut late: Vec<f64> = came.iter().map(|(at, n)| at.duration_since(base + due(*n)).as_secs_f64() * 1e3).collect();
    late.sort_by(f64::total_cmp);
    late.get(late.len() * 99 / 100).copied().unwrap_or(f64::NAN)
}

/// A media connection that takes the stream.
fn subscribed(class: &Class) -> Result<(MediaClientCore, TcpStream)> {
    let (stream, track) = running(class).context("the stream runs")?;
    let (core, address): (_, SocketAddr) = class.media_core().context("the class is joined")?;
    let (mut core, mut socket) = connect(core, address)?;
    core.ask(&Request::Subscribe { stream, track });
    socket.write_all(&core.poll_transmit().context("a request")?)?;
    Ok((core, socket))
}

fn running(class: &Class) -> Option<(StreamId, u16)> {
    let streams = class.state().streams.clone();
    let stream = streams.iter().find(|s| s.name == source::NAME)?;
    Some((stream.id, stream.videos().next_back()?.0))
}

/// Notes when each picture came, until the connection ends.
fn read(mut core: MediaClientCore, stream: &mut TcpStream, arrivals: &Arrivals) -> Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = stream.read(&mut buffer)?;
        ensure!(n > 0, "closed");
        let now = Instant::now();
        core.receive(&buffer[..n]);
        while let Some(output) = core.poll_output()? {
            if let Output::Live { records, .. } = output
                && let Some(header) = RecordHeader::read(&records[..records.len().min(lectern_proto::live::RECORD_MAX)])
            {
                arrivals.lock().unwrap_or_else(PoisonError::into_inner).push((now, header.counter / RECORDS as u32));
            }
        }
    }
}

/// A viewer that takes 1 kB each second.
struct Snail {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Result<()>>,
}

impl Snail {
    fn start(class: &Class) -> Result<Self> {
        let (_, mut stream) = subscribed(class)?;
        let stop = Arc::<AtomicBool>::default();
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                stream.read_exact(&mut [0; 100])?;
                std::thread::sleep(Duration::from_millis(100));
            }
            Ok(())
        });
        Ok(Self { stop, thread })
    }

    fn stop(self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the slow viewer died"))?
    }
}
