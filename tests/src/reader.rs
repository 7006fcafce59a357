//! Somebody's program that prints what comes, a line of JSON each.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use serde_json::Value;

use crate::stack::{Stack, client_of, signal, wait_until};

const IN_TIME: Duration = Duration::from_secs(20);

/// Asked to end when it is dropped.
#[derive(Debug)]
pub struct Reader {
    pub child: Child,
    lines: Receiver<Value>,
}

impl Reader {
    /// Follows what is written to this name.
    ///
    /// # Panics
    /// If it is not in the room in time.
    #[must_use]
    pub fn start(stack: &Stack, name: &str) -> Self {
        Self::of(client_of(&stack.join(), name, &["chat", "read", "--follow"]), stack, name)
    }

    /// Any program that prints lines, when it is in the room by this name.
    ///
    /// # Panics
    /// If it is not there in time.
    #[must_use]
    pub fn of(mut program: Command, stack: &Stack, name: &str) -> Self {
        let mut child = program.stdout(Stdio::piped()).spawn().expect("a reader");
        let (out, lines) = std::sync::mpsc::channel();
        let pipe = BufReader::new(child.stdout.take().expect("a pipe"));
        std::thread::spawn(move || {
            for line in pipe.lines().map_while(Result::ok) {
                let _ = out.send(serde_json::from_str(&line).unwrap_or(Value::Null));
            }
        });
        let reader = Self { child, lines };
        let is_there = || stack.client_json(&["people"]).is_ok_and(|p| p["people"].as_array().is_some_and(|all| all.iter().any(|p| p["name"] == name)));
        assert!(wait_until(IN_TIME, is_there), "{name} is in: {}", stack.log());
        reader
    }

    /// What it prints next.
    ///
    /// # Panics
    /// If nothing comes in time.
    #[must_use]
    pub fn next(&self) -> Value {
        self.lines.recv_timeout(IN_TIME).expect("a line in time")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        signal(self.child.id(), libc::SIGINT);
        if !wait_until(IN_TIME, || !matches!(self.child.try_wait(), Ok(None))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
            assert!(std::thread::panicking(), "a reader that was asked to end did not");
        }
    }
}
