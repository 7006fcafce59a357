//! Private chat: what a message costs the two programs, once their keys are there.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use lectern_proto::chat::content::{Body, Content, MessageId};
use lectern_proto::chat::keys::Keys;
use lectern_proto::chat::party::Party;
use lectern_proto::control::StreamId;
use lectern_proto::seal::{LiveCipher, RoomKey};

use crate::table::{Table, Values};

const ROUNDS: usize = 9;
const MESSAGES: u64 = 5_000;
const BYTES: usize = 200;
/// Microseconds for both together.
const GOAL: f64 = 20.0;

pub fn measure(table: &mut Table) -> Result<()> {
    let mut rng = rand::rng();
    let keys = || Keys::generate(&mut rand::rng()).map_err(|e| anyhow!(e));
    let (mut ana, mut ben) = (Party::new(keys()?), Party::new(keys()?));
    let (a, b) = (ana.keys().id(), ben.keys().id());
    ana.meet(ben.keys().bundle().check().map_err(|e| anyhow!(e))?);
    ben.meet(ana.keys().bundle().check().map_err(|e| anyhow!(e))?);
    let content = Content::Text { id: MessageId([1; 16]), sent_ms: 1, text: "x".repeat(BYTES) };
    let mut body = Body { series: 1, number: 0, content };
    // The first sets up the key; with the answer the envelope goes no more.
    let first = ana.send(&mut rng, b, &body)?;
    ben.receive(&mut rng, a, &first)?;
    ana.arrived(b, first.message.key);
    let cipher = LiveCipher::new(&RoomKey([1; 32]), 1, &StreamId([1; 16]), 0);
    let (mut ours, mut bare) = (Values::default(), Values::default());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for _ in 0..MESSAGES {
            body.number += 1;
            let parcel = ana.send(&mut rng, b, &body)?;
            black_box(ben.receive(&mut rng, a, &parcel).context("not read")?);
        }
        ours.0.push(begun.elapsed().as_secs_f64() * 1e6 / MESSAGES as f64);
        let begun = Instant::now();
        for number in 0..MESSAGES {
            let mut data = vec![7; BYTES];
            let tag = cipher.seal(number, &[], &mut data);
            data.extend_from_slice(&tag);
            black_box(cipher.open(number, &[], &data).map_err(|e| anyhow!("{e}"))?);
        }
        bare.0.push(begun.elapsed().as_secs_f64() * 1e6 / MESSAGES as f64);
    }
    let what = format!("one-to-one chat: a message of {BYTES} bytes sealed and opened, after set-up");
    table.value(&what, "µs", &ours, ("AES-256-GCM of the same bytes alone, both ways", &bare), GOAL);
    Ok(())
}
