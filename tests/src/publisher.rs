//! A program of the instructor's that publishes, for tests and benches of what is live.

use std::io::BufRead;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::stack::{Stack, client_of};

/// Runs until it is dropped.
#[derive(Debug)]
pub struct Publisher(pub Child);

impl Publisher {
    /// Starts it and waits until it is live.
    pub fn start(stack: &Stack, args: &[&str]) -> Result<Self> {
        Self::run(client_of(&stack.instructor(), "Ms Kim", args)).with_context(|| format!("{args:?}"))
    }

    /// Starts a program that publishes and waits until it is live.
    pub fn run(mut command: Command) -> Result<Self> {
        let mut publisher = Self(command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?);
        let mut line = String::new();
        let output = publisher.0.stdout.take().context("its output")?;
        std::io::BufReader::new(output).read_line(&mut line)?;
        ensure!(line.contains("live"), "{line}");
        Ok(publisher)
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
