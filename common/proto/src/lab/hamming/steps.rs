//! A block step by step, as a lesson shows it: what each check adds up, and what the sums say together.

use super::{Code, Role, Word};

/// One row of the parity-check matrix over a received block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `s4` for the check whose bit is `p4`; `p` for the extra bit, which adds up all.
    pub name: String,
    /// The bits that it adds up, ascending, with their values.
    pub bits: Vec<(usize, bool)>,
    /// Whether the ones are odd in number, which they are not in any block of the code.
    pub is_odd: bool,
}

/// All checks over a received block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    /// By row.
    pub checks: Vec<Check>,
    /// Row 0 lowest.
    pub syndrome: u16,
}

impl Code {
    /// The computation of the syndrome of a received block.
    #[must_use]
    pub fn steps(&self, received: &Word) -> Steps {
        let checks: Vec<_> = (0..self.rows())
            .map(|row| {
                let bits: Vec<_> = self.covered(row).map(|at| (at, received.get(at))).collect();
                let is_odd = bits.iter().filter(|(_, bit)| *bit).count() % 2 == 1;
                Check { name: self.check_name(row), bits, is_odd }
            })
            .collect();
        let syndrome = checks.iter().enumerate().fold(0, |sum, (row, check)| sum | u16::from(check.is_odd) << row);
        Steps { checks, syndrome }
    }

    /// `s1`, `s2`, `s4`, ... by the bit that makes the row even, and `p` for the extra parity bit.
    #[must_use]
    pub fn check_name(&self, row: usize) -> String {
        let is_overall = row + 1 == self.rows() && (0..self.n()).any(|at| self.role(at) == Some(Role::Overall));
        if is_overall { "p".to_owned() } else { format!("s{}", 1u32 << row) }
    }

    /// The syndrome as digits, the highest row first and the extra bit's left out: in the classic order the number of the wrong bit.
    #[must_use]
    pub fn syndrome_digits(&self, syndrome: u16) -> String {
        let rows = self.rows() - usize::from(self.check_name(self.rows() - 1) == "p");
        (0..rows).rev().map(|row| if syndrome >> row & 1 == 1 { '1' } else { '0' }).collect()
    }
}
