//! The file that `lectern lab hamming encode --out` writes: a head that names the code and the length, then the blocks.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `LHAM` |
//! | 1 | version, 1 |
//! | 1 | order: 0 classic, 1 systematic, 2 MacKay, 3 Lin and Costello, 4 Hsiao |
//! | 1 | 1 with the extra parity bit, else 0 |
//! | 1 | 0 |
//! | 2 | n, lowest byte first, as all numbers here |
//! | 2 | k |
//! | 8 | length of the message in bytes |
//! | ... | the blocks, as [`super::message`] lays them |

use super::{Code, CodeError, Order, message};

/// Bytes of the head.
pub const HEAD: usize = 20;
/// Longest message; its blocks are counted in 64 bits whatever the code.
pub const MESSAGE_MAX: u64 = 1 << 48;
const MAGIC: [u8; 4] = *b"LHAM";
const VERSION: u8 = 1;

/// Why bytes are no such file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContainerError {
    #[error("it does not begin as a file that `lectern lab hamming encode --out` has written")]
    Foreign,
    #[error("its version is {0}; this program reads version {VERSION}")]
    Version(u8),
    #[error("its head is damaged: {0}")]
    Code(#[from] CodeError),
    #[error("its head is damaged")]
    Head,
    #[error("it ends too soon: {has} bytes of blocks where {needed} belong")]
    Short { has: u64, needed: u64 },
}

/// What the head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub code: Code,
    /// Of the message, in bytes; at most [`MESSAGE_MAX`].
    pub length: u64,
}

impl Head {
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEAD] {
        let mut out = [0; HEAD];
        let order = Order::ALL.iter().position(|o| *o == self.code.order()).unwrap_or_default();
        out[..4].copy_from_slice(&MAGIC);
        out[4..7].copy_from_slice(&[VERSION, order as u8, u8::from(self.code.is_secded())]);
        out[8..10].copy_from_slice(&(self.code.n() as u16).to_le_bytes());
        out[10..12].copy_from_slice(&(self.code.k() as u16).to_le_bytes());
        out[12..].copy_from_slice(&self.length.to_le_bytes());
        out
    }

    /// # Errors
    /// What is wrong with these bytes.
    pub fn read(bytes: &[u8; HEAD]) -> Result<Self, ContainerError> {
        let [m0, m1, m2, m3, version, order, secded, zero, n0, n1, k0, k1, length @ ..] = *bytes;
        if [m0, m1, m2, m3] != MAGIC {
            return Err(ContainerError::Foreign);
        }
        if version != VERSION {
            return Err(ContainerError::Version(version));
        }
        let (n, k, length) = (u16::from_le_bytes([n0, n1]), u16::from_le_bytes([k0, k1]), u64::from_le_bytes(length));
        let order = *Order::ALL.get(usize::from(order)).ok_or(ContainerError::Head)?;
        if secded > 1 || zero != 0 || length > MESSAGE_MAX {
            return Err(ContainerError::Head);
        }
        let code = Code::new(usize::from(k), secded == 1, order)?;
        if code.n() != usize::from(n) || code.is_secded() != (secded == 1) {
            return Err(ContainerError::Head);
        }
        Ok(Self { code, length })
    }

    /// Blocks that follow.
    #[must_use]
    pub fn blocks(&self) -> u64 {
        message::blocks_of(&self.code, self.length)
    }

    /// Bytes that they fill.
    #[must_use]
    pub fn coded_bytes(&self) -> u64 {
        message::coded_bytes(&self.code, self.blocks())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_read() {
        for (k, secded, order) in [(4, false, Order::Classic), (4, true, Order::MacKay), (64, true, Order::Hsiao), (1013, true, Order::LinCostello)] {
            let head = Head { code: Code::new(k, secded, order).expect("a code"), length: 773 };
            assert_eq!(Head::read(&head.to_bytes()), Ok(head));
        }
        let mut bytes = Head { code: Code::new(4, false, Order::Classic).expect("a code"), length: 1 }.to_bytes();
        bytes[8] = 8;
        assert_eq!(Head::read(&bytes), Err(ContainerError::Head));
        bytes[4] = 9;
        assert_eq!(Head::read(&bytes), Err(ContainerError::Version(9)));
        assert_eq!(Head::read(&[b'x'; HEAD]), Err(ContainerError::Foreign));
    }

    proptest! {
        #[test]
        fn no_other_bytes_are_taken(bytes: [u8; HEAD - 4]) {
            let mut head = [0; HEAD];
            head[..4].copy_from_slice(&MAGIC);
            head[4..].copy_from_slice(&bytes);
            head[4] = VERSION;
            if let Ok(read) = Head::read(&head) {
                prop_assert_eq!(read.to_bytes(), head);
            }
        }
    }
}
