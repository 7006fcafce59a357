//! Private messages through the server on one core: how many a second, what one costs, how long it is on its way. Beside it, in the
//! same run and on the same core, the bare relay with frames of the same length.
//!
//! Everybody writes to a partner, with a TLS connection of their own; the server is alone on its core where there are two. The message
//! itself is not sealed and opened here: that is the programs' part, and measured under `chat`.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use lectern_proto::chat::keys::Keys;
use lectern_proto::chat::stamp::Stamp;
use lectern_proto::control::{ChatEvent, Event, PersonId};
use lectern_proto::wire;
use lectern_tests::stack::Stack;

use crate::bare_relay;
use crate::crowd::{Crowd, Load, parcel};
use crate::machine::{cpu_seconds, on_core};
use crate::raw;
use crate::source::Beside;
use crate::table::{Table, Values};
use crate::wire::Wire;

/// So many that the server's limit for each of them (50 requests a second) is no limit for all.
const PEOPLE: usize = 900;
const ROUNDS: usize = 5;
const MEASURED: Duration = Duration::from_secs(4);
/// Messages a second on one core.
const GOAL: f64 = 20_000.0;
/// A client that is answered at once writes this often.
const SOONEST: Duration = Duration::from_millis(22);

/// What one stretch of time showed.
struct Stretch {
    per_s: f64,
    /// Of the relaying process for one message, in microseconds.
    cpu_us: f64,
    p99_ms: f64,
}

pub fn measure(table: &mut Table) -> Result<()> {
    on_core(1, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(measure_all(table))
    })
}

async fn measure_all(table: &mut Table) -> Result<()> {
    let stack = on_core(0, || Stack::start(&["limits.people=1000"]))?;
    let keys = Keys::generate(&mut rand::rng()).map_err(|e| anyhow!(e))?;
    let (event, answer) = lengths(&keys);
    let certificate = stack.path("data").join("identity/certificate.pem");
    let arguments = [bare_relay::COMMAND, &certificate.to_string_lossy(), &answer.to_string()];
    let (bare, port) = on_core(0, || Beside::start(&arguments))?;
    let (mut ours, mut others) = (Crowd::new(), Crowd::new());
    ours.fill(&stack.link()?, PEOPLE, Some(keys.bundle())).await?;
    // What the room tells of so many people is read before anything is measured.
    ours.until("everybody's keys", |t| t.met == (PEOPLE * PEOPLE) as u64).await?;
    for _ in 0..PEOPLE {
        let mut stream = raw::tls("127.0.0.1", port)?;
        stream.conn.complete_io(&mut stream.sock)?;
        others.add_bare(Wire::new(stream.conn, stream.sock)?, event);
    }
    let [mut rate, mut bare_rate, mut cost, mut bare_cost, mut p99, mut bare_p99] = [const { Values(Vec::new()) }; 6];
    for _ in 0..ROUNDS {
        for (crowd, pid, rate, cost, p99) in
            [(&ours, stack.pid(), &mut rate, &mut cost, &mut p99), (&others, bare.0.id(), &mut bare_rate, &mut bare_cost, &mut bare_p99)]
        {
            let full = stretch(crowd, pid, Load::Answered(SOONEST)).await?;
            rate.0.push(full.per_s);
            cost.0.push(full.cpu_us);
            let half = stretch(crowd, pid, Load::Every(Duration::from_secs_f64(PEOPLE as f64 / (GOAL / 2.0)))).await?;
            ensure!((half.per_s / (GOAL / 2.0) - 1.0).abs() < 0.1, "{} messages a second came, not half of the goal", half.per_s);
            p99.0.push(half.p99_ms);
        }
    }
    let other = "a bare relay of frames of the same length over TLS";
    table.at_least(&format!("private messages a second through the server on one core, {PEOPLE} people"), "a second", &rate, (other, &bare_rate), GOAL);
    table.value("processor time of the server for one of them", "µs", &cost, (other, &bare_cost), 1e6 / GOAL);
    table.value("p99 of such a message's way at half the goal, 10,000 a second", "ms", &p99, (other, &bare_p99), 10.0);
    Ok(())
}

/// Lengths of what the receiver gets and of what the sender is answered.
fn lengths(keys: &Keys) -> (usize, usize) {
    let stamp = Stamp { at_ms: 1, mac: [1; 32] };
    let received = ChatEvent::Received { from: PersonId(1), identity: keys.id(), parcel: Box::new(parcel(1)), stamp };
    (wire::encode(&Event::Chat(received)).len(), wire::encode(&Event::Answer { request: 1, result: Ok(()) }).len())
}

/// Lets a crowd write for a while, and counts when it has become steady.
async fn stretch(crowd: &Crowd, pid: u32, load: Load) -> Result<Stretch> {
    crowd.set(load);
    tokio::time::sleep(Duration::from_secs(1)).await;
    crowd.take()?;
    let (cpu, own, begun) = (cpu_seconds(pid), cpu_seconds(std::process::id()), Instant::now());
    tokio::time::sleep(MEASURED).await;
    let (cpu, own, time) = (cpu_seconds(pid) - cpu, cpu_seconds(std::process::id()) - own, begun.elapsed().as_secs_f64());
    let mut tally = crowd.take()?;
    crowd.set(Load::Rest);
    // What is on its way comes to its end before the other side's turn.
    tokio::time::sleep(Duration::from_millis(500)).await;
    crowd.take()?;
    ensure!(tally.refused == 0, "{} messages were refused", tally.refused);
    ensure!(tally.arrived > 0, "nothing came");
    let stretch = Stretch { per_s: tally.arrived as f64 / time, cpu_us: cpu * 1e6 / tally.arrived as f64, p99_ms: tally.p99_ms() };
    eprintln!(
        "    {load:?}: {:.0} a second, {:.1} µs and {:.0} % of a core each; the clients {:.0} %; p99 {:.2} ms",
        stretch.per_s,
        stretch.cpu_us,
        100.0 * cpu / time,
        100.0 * own / time,
        stretch.p99_ms
    );
    Ok(stretch)
}
