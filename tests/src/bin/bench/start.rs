//! From the start of the process to the announcement, and the memory of a server at rest.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::Result;
use lectern_tests::stack::{Stack, bin};

use crate::machine::memory_mib;
use crate::table::{Table, Values};

const RUNS: usize = 9;

pub fn measure(table: &mut Table) -> Result<()> {
    let (mut ready, mut bare, mut first) = (Values::default(), Values::default(), Values::default());
    let (mut memory, mut nothing) = (Values::default(), Values::default());
    for _ in 0..RUNS {
        let mut stack = Stack::prepare()?;
        let begun = Instant::now();
        stack.run()?;
        first.0.push(begun.elapsed().as_secs_f64() * 1e3);
        stack.terminate()?;
        let begun = Instant::now();
        stack.run()?;
        ready.0.push(begun.elapsed().as_secs_f64() * 1e3);
        memory.0.push(memory_mib(stack.pid()).0);
        nothing.0.push(memory_mib(std::process::id()).0);
        let begun = Instant::now();
        Command::new(bin("lectern-server")).arg("--version").stdout(Stdio::null()).status()?;
        bare.0.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    table.value("server ready after its start (files of an earlier start there)", "ms", &ready, ("the same program printing its version", &bare), 300.0);
    table.value("server ready after its very first start (certificate, store made)", "ms", &first, ("the same program printing its version", &bare), 300.0);
    table.value("server at rest, resident memory", "MiB", &memory, ("this bench program at that moment", &nothing), 40.0);
    Ok(())
}
