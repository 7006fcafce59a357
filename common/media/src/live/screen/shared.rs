//! Memory that this program and the X server both see: pixels come without a copy through the socket (MIT-SHM 1.2).

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A block of shared memory, mapped; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Shared {
    fd: OwnedFd,
    start: *mut libc::c_void,
    length: usize,
}

// SAFETY: the mapping belongs to this value alone; the server writes into it only while a request is under way.
unsafe impl Send for Shared {}

impl Shared {
    /// A block of so many bytes.
    ///
    /// # Errors
    /// The system's refusal.
    pub(super) fn new(length: usize) -> std::io::Result<Self> {
        let size = libc::off_t::try_from(length).map_err(|_| std::io::ErrorKind::InvalidInput)?;
        // SAFETY: the name is a C string; the descriptor is new and ours.
        let fd = unsafe {
            let fd = libc::memfd_create(c"lectern-screen".as_ptr(), libc::MFD_CLOEXEC);
            if fd < 0 {
                return Err(std::io::Error::last_os_error());
            }
            OwnedFd::from_raw_fd(fd)
        };
        // SAFETY: the descriptor is ours and is given its length before it is mapped; the result is checked.
        let start = unsafe {
            if libc::ftruncate(fd.as_raw_fd(), size) != 0 {
                return Err(std::io::Error::last_os_error());
            }
            libc::mmap(std::ptr::null_mut(), length, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED, fd.as_raw_fd(), 0)
        };
        if start == libc::MAP_FAILED {
            return Err(std::io::Error::last_os_error());
        }
        Ok(Self { fd, start, length })
    }

    /// A second descriptor of it, for the server.
    ///
    /// # Errors
    /// The system's refusal.
    pub(super) fn descriptor(&self) -> std::io::Result<OwnedFd> {
        self.fd.try_clone()
    }

    /// What the server has written, between two requests.
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is valid for its length as long as this value lives; no request is under way while it is read.
        unsafe { std::slice::from_raw_parts(self.start.cast(), self.length) }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours and is not used afterwards.
        unsafe {
            libc::munmap(self.start, self.length);
        }
    }
}
