//! Hamming codes: encoding, a channel that flips bits, decoding, and what truly happened.
//!
//! A [`Code`] is a list of columns, one for each bit that is sent: the column of its parity-check matrix. All codes here are told apart by
//! their columns alone, and encoding, decoding and theory are the same for all: Hamming's own and those of texts, shortened ones, and
//! those with an extra parity bit (SECDED). [`channel`] flips bits, [`message`] makes blocks of bytes, [`theory`] computes what
//! [`measure`] counts, and [`bulk`] does two of the codes at memory speed.
//!
//! Sources: R. W. Hamming, "Error Detecting and Error Correcting Codes", Bell System Technical Journal 29(2), 1950; D. J. C. MacKay,
//! "Information Theory, Inference, and Learning Algorithms", 2003, chapter 1; S. Lin and D. J. Costello, "Error Control Coding", 2nd edition,
//! 2004, chapters 3 to 5; A. S. Tanenbaum and D. J. Wetherall, "Computer Networks", 5th edition, 2011, section 3.2.1.

pub mod bulk;
pub mod channel;
mod code;
pub mod container;
pub mod curves;
pub mod input;
pub mod measure;
pub mod message;
mod outcome;
mod steps;
pub mod theory;
mod word;

pub use code::{CHECKS_MAX, Code, CodeError, LENGTH_MAX, Order, Role};
pub use outcome::{Decoded, Outcome, Tally, Verdict, outcome};
pub use steps::{Check, Steps};
pub use word::Word;
