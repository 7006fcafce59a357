//! What keeps a worker in bounds: memory, and its parent's life.

use super::events::EXIT_ORPHANED;
use super::failure::Failure;
use std::io::Read;

/// Ends this process with its parent, and limits its memory to so many bytes if any are given.
///
/// # Errors
/// [`Failure`] when the system refuses.
pub fn apply(memory: Option<u64>) -> Result<(), Failure> {
    if let Some(bytes) = memory {
        limit_memory(bytes).map_err(|e| Failure::internal("limit its memory", e))?;
    }
    end_with_parent().map_err(|e| Failure::internal("watch its standard input", e))
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

/// Ends this process when standard input ends: the parent has closed it or is gone.
///
/// # Errors
/// The system's refusal of a thread.
fn end_with_parent() -> std::io::Result<()> {
    let watch = || {
        let mut byte = [0; 64];
        let mut input = std::io::stdin().lock();
        loop {
            match input.read(&mut byte) {
                Ok(0) => break,
                Ok(_) => {}
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        std::process::exit(EXIT_ORPHANED);
    };
    std::thread::Builder::new().name("parent".to_owned()).spawn(watch).map(drop)
}
