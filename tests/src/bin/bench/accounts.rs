//! Sixty people log in with their accounts at once: how late others' small messages come meanwhile.
//!
//! What a password becomes is computed before, as it is on the sixty people's own computers; what else they compute goes behind what is
//! measured, as it would not be on this machine either.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use lectern_proto::account::LoginSecret;
use lectern_proto::control::{AccountProof, LoginReply, Proof, RegisterBy};
use lectern_proto::link::JoinLink;
use lectern_tests::stack::{PASSWORD, Stack};
use tokio::sync::oneshot;

use crate::crowd::{Crowd, Load};
use crate::machine::{on_core, step_back};
use crate::raw::Raw;
use crate::table::{Table, Values};

const PEOPLE: usize = 60;
const ROUNDS: usize = 9;
/// A round is so many times sixty log-ins, which are soon over: a 99th percentile needs hundreds of messages.
const TIMES: usize = 6;
/// Others in the room, and how often each sends something: near what a client may.
const OTHERS: usize = 40;
const EVERY: Duration = Duration::from_millis(25);
/// How long it is measured without log-ins.
const QUIET: Duration = Duration::from_secs(1);

pub fn measure(table: &mut Table) -> Result<()> {
    on_core(1, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(measure_all(table))
    })
}

async fn measure_all(table: &mut Table) -> Result<()> {
    let stack = on_core(0, || Stack::start(&[]))?;
    let link = stack.link()?;
    for i in 0..PEOPLE {
        let by = RegisterBy::Password(PASSWORD.to_owned());
        let reply = Raw::connect(&link)?.log_in(&link, "x", Proof::Account(AccountProof::Register { account: name(i), secret: secret(i), by }))?;
        ensure!(matches!(reply, LoginReply::Joined(_)), "{reply:?}");
    }
    let mut others = Crowd::new();
    others.fill(&link, OTHERS, None).await?;
    others.set(Load::Ping(EVERY));
    let (mut during, mut quiet, mut heard) = (Values::default(), Values::default(), 0);
    for _ in 0..ROUNDS {
        tokio::time::sleep(QUIET).await;
        others.take()?;
        tokio::time::sleep(QUIET).await;
        quiet.0.push(others.take()?.p99_ms());
        for _ in 0..TIMES {
            everybody(&link).await?;
        }
        let mut tally = others.take()?;
        heard += tally.late_us.len();
        during.0.push(tally.p99_ms());
    }
    eprintln!("    {} messages of others in a round of log-ins", heard / ROUNDS);
    table.value(
        &format!("p99 of a message's way to the server and back while {PEOPLE} people log in with accounts"),
        "ms",
        &during,
        ("the same while nobody does", &quiet),
        20.0,
    );
    Ok(())
}

fn name(i: usize) -> String {
    format!("Person {i}")
}

fn secret(i: usize) -> LoginSecret {
    LoginSecret([u8::try_from(i).unwrap_or(0); 32])
}

/// All at once, on their own threads, until the last is in.
async fn everybody(link: &JoinLink) -> Result<()> {
    let together = Arc::new(Barrier::new(PEOPLE));
    let mut all = Vec::new();
    for i in 0..PEOPLE {
        let (link, together, (done, is_in)) = (link.clone(), Arc::clone(&together), oneshot::channel());
        std::thread::spawn(move || {
            step_back();
            together.wait();
            let log_in = || -> Result<()> {
                let mut raw = Raw::connect(&link)?;
                let reply = raw.log_in(&link, "x", Proof::Account(AccountProof::Secret { account: name(i), secret: secret(i) }))?;
                ensure!(matches!(reply, LoginReply::Joined(_)), "{reply:?}");
                Ok(())
            };
            let _ = done.send(log_in());
        });
        all.push(is_in);
    }
    for is_in in all {
        is_in.await.map_err(|_| anyhow!("a log-in died"))??;
    }
    Ok(())
}
