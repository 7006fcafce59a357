//! What keeps a worker in bounds: memory, and its parent's life.

use super::events::EXIT_ORPHANED;
use super::failure::Failure;
use super::wish::Wish;
use std::io::{BufRead, Read};

/// Longest line of the parent.
const LINE_MAX: u64 = 4_096;

/// Ends this process with its parent, listens to what the parent wishes, and limits memory to so many bytes if any are given.
///
/// # Errors
/// [`Failure`] when the system refuses.
pub fn apply(memory: Option<u64>, wish: &Wish) -> Result<(), Failure> {
    limit(memory)?;
    let wish = wish.clone();
    let follow = move || {
        read_parent(|line| wish.read_line(line));
        std::process::exit(EXIT_ORPHANED);
    };
    watch_parent(follow)
}

/// Limits memory to so many bytes if any are given.
pub(crate) fn limit(memory: Option<u64>) -> Result<(), Failure> {
    memory.map_or(Ok(()), limit_memory).map_err(|e| Failure::internal("limit its memory", e))
}

/// Runs what reads the parent's lines on a thread of its own.
pub(crate) fn watch_parent(follow: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let spawned = std::thread::Builder::new().name("parent".to_owned()).spawn(follow);
    spawned.map(drop).map_err(|e| Failure::internal("watch its standard input", e))
}

/// Limits the address space of this process. An allocation beyond it fails: FFmpeg says so, Rust ends the process.
///
/// # Errors
/// The system's refusal; the limit may only be lowered.
#[cfg(unix)]
fn limit_memory(bytes: u64) -> std::io::Result<()> {
    let bytes = libc::rlim_t::try_from(bytes).unwrap_or(libc::RLIM_INFINITY);
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: setrlimit reads the structure that it is given and nothing else.
    match unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}

/// Limits the address space where the system can; elsewhere the parent watches.
///
/// # Errors
/// None on this system.
#[cfg(not(unix))]
fn limit_memory(_bytes: u64) -> std::io::Result<()> {
    Ok(())
}

/// Reads the parent's lines from standard input until it ends: then the parent has closed it or is gone. What is longer
/// than a line may be comes in pieces.
pub(crate) fn read_parent(mut each: impl FnMut(&[u8])) {
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut input).take(LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) => each(&line),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
