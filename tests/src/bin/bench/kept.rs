//! Room chat, which is on disk before anybody is told: as many messages as a room takes at once, until each of a hundred people has all
//! of them, beside as many commits one after another.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::Result;
use lectern_proto::limits::TALK_ROOM_BURST;
use lectern_tests::stack::Stack;

use crate::crowd::{Crowd, Load};
use crate::machine::on_core;
use crate::table::{Table, Values};

const PEOPLE: usize = TALK_ROOM_BURST as usize;
const ROUNDS: usize = 7;
/// After this the room takes as many again.
const REST: Duration = Duration::from_secs(4);
/// About what a row of such a message is.
const ROW: [u8; 200] = [7; 200];

pub fn measure(table: &mut Table) -> Result<()> {
    on_core(1, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(measure_all(table))
    })
}

async fn measure_all(table: &mut Table) -> Result<()> {
    let stack = on_core(0, || Stack::start(&[]))?;
    let (mut crowd, mut ours, mut alone) = (Crowd::new(), Values::default(), Values::default());
    crowd.fill(&stack.link()?, PEOPLE, None).await?;
    let mut file = std::fs::File::create(stack.path("commits"))?;
    for _ in 0..ROUNDS {
        tokio::time::sleep(REST).await;
        crowd.take()?;
        let begun = Instant::now();
        crowd.set(Load::Say);
        crowd.until("everybody has every message", |t| t.told == (PEOPLE * PEOPLE) as u64).await?;
        ours.0.push(begun.elapsed().as_secs_f64() * 1e3);
        crowd.set(Load::Rest);
        let begun = Instant::now();
        for _ in 0..PEOPLE {
            file.write_all(&ROW)?;
            file.sync_data()?;
        }
        alone.0.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let what = format!("{PEOPLE} messages of room chat written at once: kept, and with each of {PEOPLE} people");
    table.value(&what, "ms", &ours, ("as many writes of 200 bytes to the same disk, each waited for", &alone), 1e3);
    Ok(())
}
