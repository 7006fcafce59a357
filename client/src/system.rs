//! What the operating system said when it refused something: a fact that travels in this crate's errors until somebody puts it
//! into words. The command line says it as it is; the window has its own words for what is usual.

use std::io::{self, ErrorKind};

/// A refusal of the operating system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{said}")]
pub struct SystemError {
    pub kind: ErrorKind,
    /// In the system's own words.
    pub said: String,
}

impl From<io::Error> for SystemError {
    fn from(error: io::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&io::Error> for SystemError {
    fn from(error: &io::Error) -> Self {
        Self { kind: error.kind(), said: error.to_string() }
    }
}
