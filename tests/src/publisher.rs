//! A program of the instructor's that publishes, for tests and benches of what is live.

use std::io::BufRead;
use std::process::{Child, Stdio};

use anyhow::{Context, Result, ensure};

use crate::stack::{Stack, client_of};

/// Runs until it is dropped.
#[derive(Debug)]
pub struct Publisher(pub Child);

impl Publisher {
    /// Starts it and waits until it is live.
    pub fn start(stack: &Stack, args: &[&str]) -> Result<Self> {
        let child = client_of(&stack.instructor(), "Ms Kim", args).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
        let mut publisher = Self(child);
        let mut line = String::new();
        let output = publisher.0.stdout.take().context("its output")?;
        std::io::BufReader::new(output).read_line(&mut line)?;
        ensure!(line.contains("live"), "{args:?}: {line}");
        Ok(publisher)
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
