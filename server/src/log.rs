//! The log, on standard error.

use std::io::{self, IsTerminal, Write};

use anyhow::Context;

/// Starts it with a filter such as `info` or `lectern_server=debug`.
pub(crate) fn start(filter: &str) -> anyhow::Result<()> {
    let parsed = tracing_subscriber::EnvFilter::try_new(filter)
        .with_context(|| format!("--log: `{filter}` is not a filter; try info, debug or lectern_server=debug"))?;
    let ansi = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(parsed).with_writer(|| Patient(io::stderr())).with_ansi(ansi).init();
    Ok(())
}

/// A pipe whose reader is gone takes nothing more, and that is no trouble of a server that has to end in order.
struct Patient(io::Stderr);

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.0.write(bytes).unwrap_or(bytes.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
