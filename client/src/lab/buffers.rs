//! Buffers that are filled again once nobody holds a part of them any more: fresh memory has to be given by the system page by page, which
//! costs more than what is then done with it.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Buffers of one size.
#[derive(Debug)]
pub(super) struct Buffers {
    size: usize,
    /// How many are remembered at most; more than these are given back to the system.
    most: usize,
    /// Those that were lent, from the oldest.
    lent: VecDeque<Bytes>,
}

impl Buffers {
    pub(super) const fn new(size: usize, most: usize) -> Self {
        Self { size, most, lent: VecDeque::new() }
    }

    /// A buffer of the size, with anything in it.
    pub(super) fn take(&mut self) -> BytesMut {
        let oldest = self.lent.front().is_some_and(Bytes::is_unique).then(|| self.lent.pop_front()).flatten();
        oldest.and_then(|buffer| buffer.try_into_mut().ok()).unwrap_or_else(|| BytesMut::zeroed(self.size))
    }

    /// Lends a buffer, as it was taken, to whoever reads it.
    pub(super) fn lend(&mut self, buffer: BytesMut) -> Bytes {
        let buffer = buffer.freeze();
        self.lent.push_back(buffer.clone());
        if self.lent.len() > self.most {
            self.lent.pop_front();
        }
        buffer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_when_nobody_holds_it() {
        let mut buffers = Buffers::new(100, 2);
        let (first, second) = (buffers.take(), buffers.take());
        let (at, other) = (first.as_ptr(), second.as_ptr());
        let (first, second) = (buffers.lend(first), buffers.lend(second));
        assert_ne!(at, other);
        let part = first.slice(90..);
        drop(first);
        let third = buffers.take();
        assert!(third.as_ptr() != at && third.len() == 100, "a part of it is held");
        drop((part, second));
        assert_eq!((buffers.take().as_ptr(), buffers.take().as_ptr()), (at, other));
    }

    #[test]
    fn no_more_are_remembered_than_said() {
        let mut buffers = Buffers::new(8, 2);
        let lent: Vec<_> = (0..5).map(|_| buffers.take()).collect();
        let lent: Vec<_> = lent.into_iter().map(|buffer| buffers.lend(buffer)).collect();
        assert_eq!((buffers.lent.len(), lent.len()), (2, 5));
    }
}
