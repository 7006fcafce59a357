//! What differs between operating systems, behind small functions: limits, process groups, addresses, file modes.
//!
//! The one place of this crate with `cfg` and `unsafe`. Linux is the first target; elsewhere a function does what the
//! standard library offers, or nothing, and says so.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;

/// Sets the process up for many connections and a small memory: call before the first thread is started.
pub fn prepare_process() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // Two arenas instead of eight a core, and blocks of a sealed piece's size (64 KiB) go back to the system when
        // they are freed: the cache and the heap stay what they are configured to be.
        // SAFETY: mallopt takes numbers only and is called before other threads exist.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, 2);
            libc::mallopt(libc::M_MMAP_THRESHOLD, 64 * 1024);
            libc::mallopt(libc::M_TRIM_THRESHOLD, 256 * 1024);
        }
    }
    #[cfg(unix)]
    {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: both calls get a valid pointer to a local structure.
        unsafe {
            if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
                limit.rlim_cur = limit.rlim_max.min(65_536);
                libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
            }
        }
    }
}

/// A child that leads its own process group.
#[derive(Debug, Clone, Copy)]
pub struct ProcessGroup {
    #[cfg_attr(not(unix), expect(dead_code, reason = "groups are a Unix notion"))]
    leader: u32,
}

impl ProcessGroup {
    /// The group of a child that was started with `process_group(0)` and has not been waited for.
    #[must_use]
    pub fn of(leader: u32) -> Self {
        Self { leader }
    }

    /// Ends all of the group at once. Call it before the leader is waited for, or right after: later its number may be
    /// another's.
    pub fn kill(self) {
        #[cfg(unix)]
        if let Ok(group) = libc::pid_t::try_from(self.leader) {
            // SAFETY: killpg takes numbers only.
            unsafe {
                libc::killpg(group, libc::SIGKILL);
            }
        }
    }

    /// Lets everything else go first: preparing must not slow a class.
    pub fn lower_priority(self) {
        #[cfg(unix)]
        {
            // SAFETY: setpriority takes numbers only.
            unsafe {
                libc::setpriority(libc::PRIO_PGRP, self.leader as libc::id_t, 5);
            }
        }
    }

    /// Memory of the leader in bytes that is held in RAM; unknown where the system does not say it cheaply.
    #[must_use]
    pub fn resident_bytes(self) -> Option<u64> {
        #[cfg(target_os = "linux")]
        {
            let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.leader)).ok()?;
            let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
            // SAFETY: sysconf takes a number only.
            let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
            pages.checked_mul(u64::try_from(page).ok()?)
        }
        #[cfg(not(target_os = "linux"))]
        None
    }
}

/// Makes a child the leader of its own process group, so that it can be ended with everything it starts.
pub fn own_group(command: &mut tokio::process::Command) {
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Replaces `path` by a file of these bytes in one step, readable by its owner alone.
///
/// # Errors
/// Those of the file system; the file that was there before then stands unchanged.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let temporary = path.with_file_name(name);
    // What a killed process of the same number may have left.
    let _ = std::fs::remove_file(&temporary);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&temporary, path)).inspect_err(|_| {
        let _ = std::fs::remove_file(&temporary);
    })
}

/// Makes a directory readable by its owner alone.
///
/// # Errors
/// Those of the file system.
pub fn make_private(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return std::fs::set_permissions(dir, std::os::unix::fs::PermissionsExt::from_mode(0o700));
    #[cfg(not(unix))]
    Ok(())
}

/// Reads a part of a file without moving its position.
///
/// # Errors
/// Those of the file system; `UnexpectedEof` when the file is shorter.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset);
    #[cfg(not(unix))]
    {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = file;
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(buffer)
    }
}

/// A file's name as bytes, the same for the same file on every start.
#[must_use]
pub fn name_bytes(name: &std::ffi::OsStr) -> Vec<u8> {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStrExt::as_bytes(name).to_vec();
    #[cfg(not(unix))]
    name.to_string_lossy().into_owned().into_bytes()
}

/// Addresses of this machine that others may reach: no loopback, no link-local, IPv4 first.
#[must_use]
pub fn addresses() -> Vec<IpAddr> {
    let mut found = interface_addresses();
    found.retain(|a| match a {
        IpAddr::V4(a) => !a.is_loopback() && !a.is_link_local() && !a.is_unspecified(),
        IpAddr::V6(a) => !a.is_loopback() && !a.is_unicast_link_local() && !a.is_unspecified(),
    });
    found.sort();
    found.dedup();
    found
}

fn interface_addresses() -> Vec<IpAddr> {
    let up = |i: &if_addrs::Interface| i.oper_status != if_addrs::IfOperStatus::Down;
    if_addrs::get_if_addrs().unwrap_or_default().iter().filter(|i| up(i)).map(if_addrs::Interface::ip).collect()
}

/// Numbers of the interfaces that have an IPv6 address.
#[must_use]
pub fn ipv6_interfaces() -> Vec<u32> {
    let mut found: Vec<u32> = if_addrs::get_if_addrs().unwrap_or_default().iter().filter(|i| i.ip().is_ipv6()).filter_map(|i| i.index).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_files_are_private_and_replaced_whole() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("key");
        write_private(&path, b"one").expect("writable");
        write_private(&path, b"two").expect("writable");
        assert_eq!(std::fs::read(&path).expect("readable"), b"two");
        assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            assert_eq!(std::fs::metadata(&path).expect("there").mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn no_loopback_among_the_addresses() {
        assert!(addresses().iter().all(|a| !a.is_loopback()));
    }
}
