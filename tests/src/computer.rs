//! A computer of somebody's: a folder where programs keep what they keep, and the command line on it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::stack::{PASSWORD, bin, text};

/// Its folder goes with it.
#[derive(Debug)]
pub struct Computer(tempfile::TempDir);

impl Default for Computer {
    fn default() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }
}

impl Computer {
    /// A new one, on which nothing is kept yet.
    ///
    /// # Panics
    /// If there is no place for a folder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Where everything lies that programs keep.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A command of the client's, not started.
    #[must_use]
    pub fn command(&self, link: &str, args: &[&str]) -> Command {
        let mut command = Command::new(bin("lectern"));
        command.args(args).args(["--join", link]).env("HOME", self.path()).env("XDG_DATA_HOME", self.path()).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn lectern(&self, link: &str, args: &[&str]) -> Output {
        self.command(link, args).output().expect("a program")
    }

    /// The lines that a command printed.
    ///
    /// # Panics
    /// If it failed, or printed something else than JSON.
    pub fn json(&self, link: &str, args: &[&str]) -> Vec<Value> {
        let output = self.lectern(link, args);
        assert!(output.status.success(), "lectern {args:?}: {}", text(&output));
        String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Registers an account, or logs in to it.
    pub fn enters(&self, link: &str, what: &str, account: &str, password: &str) {
        self.json(link, &["account", what, "--account", account, "--account-password", password, "--password", PASSWORD]);
    }

    /// Private messages that come within some seconds, by whom.
    #[must_use]
    pub fn reads(&self, link: &str, account: &str) -> Vec<(String, String)> {
        let lines = self.json(link, &["chat", "read", "--account", account]);
        let of = |line: &Value, field: &str| line[field].as_str().unwrap_or("?").to_owned();
        lines.iter().filter(|l| l["kind"] == "private").map(|l| (of(l, "from"), of(l, "text"))).collect()
    }
}
