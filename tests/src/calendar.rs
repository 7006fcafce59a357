//! A calendar that is set while programs run: the library of Debian's `faketime` under each of them.
//!
//! Only the wall clock is another; monotonic time and the times of files stay what they are, as when somebody sets the clock.

use std::path::PathBuf;

use anyhow::{Context, Result};

/// The wall clock of the programs that run under it.
#[derive(Debug)]
pub struct Calendar {
    library: PathBuf,
    dir: tempfile::TempDir,
}

impl Calendar {
    /// One that is right.
    pub fn new() -> Result<Self> {
        let folders = std::fs::read_dir("/usr/lib")?.flatten().map(|e| e.path().join("faketime/libfaketimeMT.so.1"));
        let library = folders.into_iter().find(|l| l.exists()).context("there is no libfaketime; `make deps-test` installs it")?;
        let calendar = Self { library, dir: tempfile::tempdir()? };
        calendar.set(0)?;
        Ok(calendar)
    }

    /// What a program needs to run under it.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let file = self.file().display().to_string();
        let library = self.library.display().to_string();
        let set = [
            ("LD_PRELOAD", library.as_str()),
            ("FAKETIME_TIMESTAMP_FILE", &file),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
        ];
        set.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    /// Sets the wall clock of every program under it, at once, to so many seconds from the right time.
    pub fn set(&self, from_now_s: i64) -> Result<()> {
        let fresh = self.dir.path().join("new");
        std::fs::write(&fresh, format!("{from_now_s:+}"))?;
        Ok(std::fs::rename(fresh, self.file())?)
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("from-now")
    }
}
