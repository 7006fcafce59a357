//! The codes: which columns, in which order.

use std::fmt;

use super::{Decoded, Verdict, Word};

/// Bits of a block, at most; that of the longest code with its extra bit.
pub const LENGTH_MAX: usize = 1024;
/// Checks of a code without the extra bit, at least 2: (3,1), and at most: (1023,1013).
pub const CHECKS_MAX: u32 = 10;
/// What stands in the table of places for a syndrome that no single error has.
const NOWHERE: u16 = u16::MAX;

/// The order of the bits of a block, named after the texts that use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// Hamming 1950, Tanenbaum: bits numbered from 1, checks at the powers of two, a syndrome is the number of the wrong bit. The extra bit
    /// comes last and has the number 0.
    #[default]
    Classic,
    /// The same checks over the same data, data first: G = [I | P].
    Systematic,
    /// MacKay 2003, figure 1.13: data first, and the three circles of his Venn diagram; (7,4) and (8,4) alone.
    MacKay,
    /// Lin and Costello 2004, section 5.2: checks first, then data, the remainders of a cyclic code's division.
    LinCostello,
    /// Hsiao 1970 ("A Class of Optimal Minimum Odd-weight-column SEC-DED Codes", IBM J. R&D 14(4)): data first, eight checks, each over
    /// 26 data bits; (72,64) alone, as memories use it.
    Hsiao,
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Classic, Self::Systematic, Self::MacKay, Self::LinCostello, Self::Hsiao];

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Systematic => "systematic",
            Self::MacKay => "mackay",
            Self::LinCostello => "lin-costello",
            Self::Hsiao => "hsiao",
        }
    }

    /// The text that uses it.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Self::Classic => "Hamming 1950; Tanenbaum and Wetherall 2011, 3.2.1",
            Self::Systematic => "data first, then the checks of Hamming 1950",
            Self::MacKay => "MacKay 2003, 1.2",
            Self::LinCostello => "Lin and Costello 2004, 5.2",
            Self::Hsiao => "Hsiao 1970",
        }
    }
}

/// What a bit of a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Data bit, numbered from 0.
    Data(usize),
    /// Check bit of this row of the parity-check matrix, numbered from 0.
    Check(usize),
    /// The extra bit, which makes the number of ones even.
    Overall,
}

impl fmt::Display for Role {
    /// `d1`, `p4` (a check by the number of its place in the classic order), `p0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(i) => write!(f, "d{}", i + 1),
            Self::Check(row) => write!(f, "p{}", 1u32 << row),
            Self::Overall => f.write_str("p0"),
        }
    }
}

/// Why there is no such code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("'{0}' is no code: write block length and data bits, as 7,4 or 15,11")]
    Form(String),
    #[error("a code has 1 to 1013 data bits, not {0}")]
    Data(usize),
    #[error("there is no Hamming code ({n},{k}): {k} data bits need {checks} checks, ({},{k}), or ({},{k}) with the extra parity bit", k + checks, k + checks + 1)]
    Length { n: usize, k: usize, checks: usize },
    #[error("the order {} is for ({codes}) alone", .order.name())]
    Order { order: Order, codes: &'static str },
}

/// A code. Two codes with the same bits in the same order are equal.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    order: Order,
    secded: bool,
    rows: usize,
    /// One for each bit that is sent: the rows that it is in, row 0 lowest. All different, none 0.
    columns: Vec<u16>,
    roles: Vec<Role>,
    /// The bit that sends data bit i.
    data: Vec<u16>,
    /// The bit that sends check i, in the order in which they are computed.
    checks: Vec<u16>,
    /// For each syndrome the bit whose column it is.
    places: Vec<u16>,
}

impl Code {
    /// The code of `k` data bits, with the fewest checks that Hamming's bound allows: 2^r >= k + r + 1.
    ///
    /// # Errors
    /// [`CodeError::Data`], and [`CodeError::Order`] where this order has no such code.
    pub fn new(k: usize, secded: bool, order: Order) -> Result<Self, CodeError> {
        let checks = checks_for(k).ok_or(CodeError::Data(k))?;
        match order {
            Order::MacKay if k != 4 => return Err(CodeError::Order { order, codes: "7,4" }),
            Order::Hsiao if k != 64 => return Err(CodeError::Order { order, codes: "72,64" }),
            _ => {}
        }
        let check = |row| (1u16 << row, Role::Check(row));
        let data_columns = match order {
            Order::MacKay => vec![0b101, 0b011, 0b111, 0b110],
            Order::LinCostello => remainders(checks, k),
            Order::Hsiao => hsiao_columns().to_vec(),
            Order::Classic | Order::Systematic => (1u16..).filter(|c| !c.is_power_of_two()).take(k).collect(),
        };
        let data = data_columns.iter().enumerate().map(|(i, column)| (*column, Role::Data(i)));
        let mut bits: Vec<(u16, Role)> = match order {
            Order::Classic => {
                let mut bits: Vec<_> = data.chain((0..checks).map(check)).collect();
                bits.sort_unstable_by_key(|(column, _)| *column);
                bits
            }
            Order::LinCostello => (0..checks).map(check).chain(data).collect(),
            Order::Systematic | Order::MacKay => data.chain((0..checks).map(check)).collect(),
            // Its columns have odd weight, so that its eight checks know two errors from one; there is no extra bit.
            Order::Hsiao => data.chain((0..=checks).map(check)).collect(),
        };
        if secded && order != Order::Hsiao {
            bits.iter_mut().for_each(|(column, _)| *column |= 1 << checks);
            bits.push((1 << checks, Role::Overall));
        }
        let secded = secded || order == Order::Hsiao;
        Ok(Self::of(order, secded, checks + usize::from(secded), &bits))
    }

    /// The code of block length `n` with `k` data bits; one bit more than [`Code::new`] needs is the extra parity bit.
    ///
    /// # Errors
    /// Those of [`Code::new`], and [`CodeError::Length`].
    pub fn of_length(n: usize, k: usize, secded: bool, order: Order) -> Result<Self, CodeError> {
        let checks = checks_for(k).ok_or(CodeError::Data(k))?;
        match n.checked_sub(k + checks) {
            Some(extra @ (0 | 1)) => Self::new(k, secded || extra == 1, order),
            _ => Err(CodeError::Length { n, k, checks }),
        }
    }

    fn of(order: Order, secded: bool, rows: usize, bits: &[(u16, Role)]) -> Self {
        let mut places = vec![NOWHERE; 1 << rows];
        for (at, (column, _)) in bits.iter().enumerate() {
            places[usize::from(*column)] = at as u16;
        }
        let at = |wanted: &dyn Fn(Role) -> Option<usize>| {
            let mut found: Vec<_> = bits.iter().enumerate().filter_map(|(at, (_, role))| wanted(*role).map(|i| (i, at as u16))).collect();
            found.sort_unstable();
            found.into_iter().map(|(_, at)| at).collect()
        };
        let data = at(&|role| if let Role::Data(i) = role { Some(i) } else { None });
        let checks = at(&|role| match role {
            Role::Check(row) => Some(row),
            Role::Overall => Some(rows - 1),
            Role::Data(_) => None,
        });
        let (columns, roles) = bits.iter().copied().unzip();
        Self { order, secded, rows, columns, roles, data, checks, places }
    }

    /// Bits of a block, the extra one with it.
    #[must_use]
    pub fn n(&self) -> usize {
        self.columns.len()
    }

    /// Data bits of a block.
    #[must_use]
    pub fn k(&self) -> usize {
        self.data.len()
    }

    /// Rows of the parity-check matrix: n - k. With the extra parity bit its row is the last.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether two errors of a block are always noticed.
    #[must_use]
    pub fn is_secded(&self) -> bool {
        self.secded
    }

    #[must_use]
    pub fn order(&self) -> Order {
        self.order
    }

    /// Whether it is a Hamming code of its full length, 2^r - 1 bits and perhaps the extra one.
    #[must_use]
    pub fn is_full(&self) -> bool {
        (self.n() + usize::from(!self.secded)).is_power_of_two()
    }

    /// What bit `at` of a block is.
    #[must_use]
    pub fn role(&self, at: usize) -> Option<Role> {
        self.roles.get(at).copied()
    }

    /// The number that the texts give bit `at`: from 1, and 0 for the extra bit.
    #[must_use]
    pub fn number(&self, at: usize) -> usize {
        if self.role(at) == Some(Role::Overall) { 0 } else { at + 1 }
    }

    /// Columns of the parity-check matrix, one for each bit, row 0 lowest.
    #[must_use]
    pub fn columns(&self) -> &[u16] {
        &self.columns
    }

    /// The bit that sends data bit `i`.
    #[must_use]
    pub fn data_at(&self, i: usize) -> Option<usize> {
        self.data.get(i).map(|at| usize::from(*at))
    }

    /// The bits that row `row` of the parity-check matrix adds up, ascending.
    pub fn covered(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        self.columns.iter().enumerate().filter(move |(_, column)| *column >> row & 1 == 1).map(|(at, _)| at)
    }

    /// Rows of the generator matrix: the block of each single data bit.
    pub fn generator(&self) -> impl Iterator<Item = Word> + '_ {
        (0..self.k()).map(|i| {
            let mut data = Word::default();
            data.flip(i);
            self.encode(&data)
        })
    }

    /// The block of data bits 0..k; others do not count.
    #[must_use]
    pub fn encode(&self, data: &Word) -> Word {
        let (mut block, mut sum) = (Word::default(), 0);
        let mut send = |at: u16, sum: &mut u16| {
            block.flip(usize::from(at));
            *sum ^= self.columns[usize::from(at)];
        };
        for at in data.ones().map_while(|i| self.data.get(i)) {
            send(*at, &mut sum);
        }
        // Each check makes its own row even; the extra bit is the last and counts the others.
        for (row, at) in self.checks.iter().enumerate() {
            if sum >> row & 1 == 1 {
                send(*at, &mut sum);
            }
        }
        block
    }

    /// The sum of the columns of the bits that are 1: 0 for a block of the code.
    #[must_use]
    pub fn syndrome(&self, block: &Word) -> u16 {
        block.ones().map_while(|at| self.columns.get(at)).fold(0, |sum, column| sum ^ column)
    }

    /// The bit whose error alone has this syndrome.
    #[must_use]
    pub fn place(&self, syndrome: u16) -> Option<usize> {
        self.places.get(usize::from(syndrome)).filter(|at| **at != NOWHERE).map(|at| usize::from(*at))
    }

    /// The data bits of a block, as they stand there.
    #[must_use]
    pub fn data_of(&self, block: &Word) -> Word {
        let mut data = Word::default();
        self.data.iter().enumerate().filter(|(_, at)| block.get(usize::from(**at))).for_each(|(i, _)| data.flip(i));
        data
    }

    /// What a receiver makes of a block, without knowing what was sent: the nearest block of the code where one is nearest, else the data
    /// as they came.
    #[must_use]
    pub fn decode(&self, received: &Word) -> Decoded {
        let syndrome = self.syndrome(received);
        let verdict = match (syndrome, self.place(syndrome)) {
            (0, _) => Verdict::Clean,
            (_, Some(at)) => Verdict::Corrected(at),
            (_, None) => Verdict::Uncorrectable,
        };
        let mut block = *received;
        if let Verdict::Corrected(at) = verdict {
            block.flip(at);
        }
        Decoded { syndrome, verdict, block, data: self.data_of(&block) }
    }
}

impl fmt::Display for Code {
    /// `(7,4)`, `(8,4) SECDED`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({},{}){}", self.n(), self.k(), if self.secded { " SECDED" } else { "" })
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} {}", self.order.name())
    }
}

/// The fewest checks for `k` data bits; none where the longest code has too few.
fn checks_for(k: usize) -> Option<usize> {
    (2..=CHECKS_MAX as usize).find(|r| (1 << r) - 1 - r >= k).filter(|_| k > 0)
}

/// x^(r+i) mod g(x) for i in 0..k, the power of x^0 lowest: the checks of a systematic cyclic code. The generators are the primitive
/// polynomials with the fewest terms (Lin and Costello, table 2.7), without their highest power.
fn remainders(r: usize, k: usize) -> Vec<u16> {
    const LOW: [u16; CHECKS_MAX as usize + 1] = [0, 0, 0b11, 0b11, 0b11, 0b101, 0b11, 0b1001, 0b1_1101, 0b1_0001, 0b1001];
    let step = |x: &u16| Some(((x << 1) & ((1 << r) - 1)) ^ if x >> (r - 1) & 1 == 1 { LOW[r] } else { 0 });
    std::iter::successors(Some(LOW[r]), step).take(k).collect()
}

/// 64 columns of eight rows with three or five ones, each row with 26: all 56 of three, ascending, and the eight turns of five in a row.
pub(super) const fn hsiao_columns() -> [u16; 64] {
    let mut columns = [0; 64];
    let (mut i, mut next) = (0, 0u16);
    while i < 56 {
        if next.count_ones() == 3 {
            columns[i] = next;
            i += 1;
        }
        next += 1;
    }
    while i < 64 {
        columns[i] = 0b1_1111u8.rotate_left(i as u32 - 56) as u16;
        i += 1;
    }
    columns
}
