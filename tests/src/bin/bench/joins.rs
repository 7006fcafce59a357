//! What it costs when somebody joins a room of 10, 100 and 1,000: each other client, in messages and bytes, and the server.
//!
//! Counted is all that each of the others is told from the login until it knows the newcomer's keys. A join is one message about the
//! person, and one about the keys with what changed: the same for everybody, however many they are.

use anyhow::{Result, anyhow};
use lectern_proto::chat::keys::Keys;
use lectern_tests::stack::Stack;

use crate::crowd::Crowd;
use crate::machine::{cpu_seconds, on_core};
use crate::table::{Table, Values};

/// The room holds 1,000, newcomers included.
const ROOMS: [usize; 3] = [10, 100, 990];
const NEWCOMERS: usize = 9;

/// Of each newcomer to one room.
#[derive(Default)]
struct Costs {
    messages: Values,
    bytes: Values,
    /// Of the server, for each other client, in microseconds.
    cpu_us: Values,
}

pub fn measure(table: &mut Table) -> Result<()> {
    on_core(1, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let keys = Keys::generate(&mut rand::rng()).map_err(|e| anyhow!(e))?;
        let [small, middle, large] = ROOMS.map(|people| runtime.block_on(into_a_room(people, &keys)));
        let (small, middle, large) = (small?, middle?, large?);
        let of = |people: usize| format!("the same in a room of {people}");
        table.ratio("a join to a room of 990: messages to each other client", "", &large.messages, (&of(10), &small.messages), 1.0);
        table.ratio("a join to a room of 990: bytes to each other client", "B", &large.bytes, (&of(10), &small.bytes), 1.05);
        let what = "a join to a room of 990: the server's processor time for each other client";
        table.ratio(what, "µs", &large.cpu_us, (&of(100), &middle.cpu_us), 1.0);
        table.ratio("a join to a room of 100: messages to each other client", "", &middle.messages, (&of(10), &small.messages), 1.0);
        table.ratio("a join to a room of 100: bytes to each other client", "B", &middle.bytes, (&of(10), &small.bytes), 1.05);
        Ok(())
    })
}

async fn into_a_room(people: usize, keys: &Keys) -> Result<Costs> {
    let stack = on_core(0, || Stack::start(&["limits.people=1000"]))?;
    let (mut crowd, mut costs) = (Crowd::new(), Costs::default());
    crowd.fill(&stack.link()?, people, Some(keys.bundle())).await?;
    crowd.until("everybody's keys", |t| t.met == (people * people) as u64).await?;
    // Each comes alone, and stays.
    let mut newcomers = Crowd::new();
    for _ in 0..NEWCOMERS {
        crowd.take()?;
        let before = cpu_seconds(stack.pid());
        newcomers.fill(&stack.link()?, 1, Some(keys.bundle())).await?;
        crowd.until("the newcomer's keys", |t| t.met == people as u64).await?;
        let (cpu, tally, each) = (cpu_seconds(stack.pid()) - before, crowd.take()?, people as f64);
        costs.messages.0.push(tally.events as f64 / each);
        costs.bytes.0.push(tally.bytes as f64 / each);
        costs.cpu_us.0.push(cpu * 1e6 / each);
    }
    Ok(costs)
}
