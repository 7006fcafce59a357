//! What a server keeps: its disk and its memory, to be searched for what it must not have.

use crate::stack::Stack;

/// Everything that the server's folder of data holds.
///
/// # Panics
/// If it cannot be read.
#[must_use]
pub fn on_disk(stack: &Stack) -> Vec<u8> {
    let mut all = Vec::new();
    let mut folders = vec![stack.path("data")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { all.extend(std::fs::read(path).unwrap_or_default()) }
        }
    }
    all
}

/// What the process has in its memory that can be written to.
///
/// # Panics
/// If it cannot be read.
#[must_use]
pub fn in_memory(pid: u32) -> Vec<u8> {
    use std::os::unix::fs::FileExt;
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("its maps");
    let memory = std::fs::File::open(format!("/proc/{pid}/mem")).expect("its memory");
    let mut all = Vec::new();
    for line in maps.lines().filter(|l| l.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw"))) {
        let (from, to) = line.split(' ').next().and_then(|range| range.split_once('-')).expect("a range");
        let address = |digits| u64::from_str_radix(digits, 16).expect("an address");
        let mut part = vec![0; (address(to) - address(from)) as usize];
        if memory.read_exact_at(&mut part, address(from)).is_ok() {
            all.extend(part);
        }
    }
    all
}

/// Whether this text stands somewhere in it.
#[must_use]
pub fn holds(all: &[u8], what: &str) -> bool {
    all.windows(what.len()).any(|w| w == what.as_bytes())
}
