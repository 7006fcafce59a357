//! Sixty people log in with their accounts at once: how late others' small messages come meanwhile.
//!
//! What a password becomes is computed before, as it is on the sixty people's own computers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};

use anyhow::{Result, anyhow, ensure};
use lectern_proto::account::LoginSecret;
use lectern_proto::control::{AccountProof, LoginReply, Proof, RegisterBy};
use lectern_proto::link::JoinLink;
use lectern_tests::stack::{PASSWORD, Stack};

use crate::raw::Raw;
use crate::table::{Table, Values};

const PEOPLE: usize = 60;
const ROUNDS: usize = 9;

pub fn measure(table: &mut Table) -> Result<()> {
    let stack = Stack::start(&[])?;
    let link = stack.link()?;
    for i in 0..PEOPLE {
        let by = RegisterBy::Password(PASSWORD.to_owned());
        let reply = Raw::connect(&link)?.log_in(&link, "x", Proof::Account(AccountProof::Register { account: name(i), secret: secret(i), by }))?;
        ensure!(matches!(reply, LoginReply::Joined(_)), "{reply:?}");
    }
    let mut member = Raw::connect(&link)?;
    ensure!(matches!(member.log_in(&link, "member", Proof::Password(PASSWORD.to_owned()))?, LoginReply::Joined(_)), "the member is let in");
    let (mut during, mut quiet, mut pings) = (Values::default(), Values::default(), 0);
    for _ in 0..ROUNDS {
        let before = p99(&mut member, &mut pings, &AtomicBool::new(false), 200)?;
        let over = Arc::<AtomicBool>::default();
        let all = everybody(&link, &over);
        during.0.push(p99(&mut member, &mut pings, &over, usize::MAX)?);
        all.join().map_err(|_| anyhow!("the log-ins died"))??;
        quiet.0.push(before);
    }
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

/// All at once, on their own threads; `over` when the last is in.
fn everybody(link: &JoinLink, over: &Arc<AtomicBool>) -> std::thread::JoinHandle<Result<()>> {
    let (link, over) = (link.clone(), Arc::clone(over));
    std::thread::spawn(move || {
        let together = Arc::new(Barrier::new(PEOPLE));
        let all: Vec<_> = (0..PEOPLE)
            .map(|i| {
                let (link, together) = (link.clone(), Arc::clone(&together));
                std::thread::spawn(move || -> Result<()> {
                    together.wait();
                    let mut raw = Raw::connect(&link)?;
                    let reply = raw.log_in(&link, "x", Proof::Account(AccountProof::Secret { account: name(i), secret: secret(i) }))?;
                    ensure!(matches!(reply, LoginReply::Joined(_)), "{reply:?}");
                    Ok(())
                })
            })
            .collect();
        let done: Vec<_> = all.into_iter().map(std::thread::JoinHandle::join).collect();
        over.store(true, Ordering::Relaxed);
        done.into_iter().try_for_each(|joined| joined.map_err(|_| anyhow!("a log-in died"))?)
    })
}

/// Sends one message after another, at most so many, until it is over; gives their 99th percentile in milliseconds.
fn p99(member: &mut Raw, pings: &mut u64, over: &AtomicBool, most: usize) -> Result<f64> {
    let mut took = Vec::new();
    while took.is_empty() || (took.len() < most && !over.load(Ordering::Relaxed)) {
        *pings += 1;
        took.push(member.ping(*pings)?.as_secs_f64() * 1e3);
        // Less than a client may ask in a second.
        std::thread::sleep(std::time::Duration::from_millis(25));
    }
    took.sort_by(f64::total_cmp);
    Ok(took[took.len() * 99 / 100])
}
