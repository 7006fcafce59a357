//! `lectern lab hamming`: text, digits or a file through a Hamming code and a channel that flips bits.
//!
//! The codes are `lectern_proto::lab::hamming`'s. Files go through in pieces, so that their length does not matter; blocks are shown one by
//! one only as far as somebody would read them.

mod decode;
mod message;
mod plot;
mod send;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use lectern_proto::lab::hamming::channel::{Noise, Per};
use lectern_proto::lab::hamming::{Code, Order, input};

use super::super::Failure;

pub(super) const HELP: &str = "\
Examples:
  lectern lab hamming encode --text Hi
  lectern lab hamming channel --text Hello --p 0.01 --seed 1 --json
  lectern lab hamming flip --hex 9 --code 8,4 --flip 5,6
  lectern lab hamming decode --text '0110001'
  lectern lab hamming encode --file notes.pdf --code 72,64 --order hsiao --out notes.lham
  lectern lab hamming channel --file notes.pdf --p 1e-5 --out received.pdf
  lectern lab hamming plot --code 7,4 --code 15,11 --out residual.svg

Bits of a byte are sent highest first. Places of bits are counted from 1, in the order in which they are sent.";

#[derive(Debug, Clone, Args)]
pub(super) struct HammingArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Subcommand)]
enum What {
    /// Shows the blocks of a message; with --out writes them, with their code and length, for `decode --file`
    Encode(EncodeArgs),
    /// Decodes blocks: digits 0 and 1 (--text), hexadecimal digits (--hex), or a file that `encode` or `flip` has written
    Decode(DecodeArgs),
    /// Encodes a message and flips bits of its blocks; with --out writes them for `decode --file`
    Flip(NoisyArgs),
    /// Encodes a message, flips bits, decodes, and tells what truly happened; with --out writes what is delivered
    Channel(NoisyArgs),
    /// Error rate before and after decoding: theory, and points counted with 95% intervals
    Plot(plot::PlotArgs),
}

/// Where the message comes from.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
struct From {
    /// Text, in UTF-8
    #[arg(long, allow_hyphen_values = true)]
    text: Option<String>,
    /// Hexadecimal digits; a single one is half a byte more: 9 is 90
    #[arg(long)]
    hex: Option<String>,
    /// A file of any length
    #[arg(long)]
    file: Option<PathBuf>,
}

/// Which code.
#[derive(Debug, Clone, Args)]
struct Which {
    /// Block length and data bits: 7,4 (default), 15,11, 31,26, ... 1023,1013, or shortened as 11,7; one more is the extra parity bit (8,4)
    #[arg(long, value_name = "N,K")]
    code: Option<String>,
    /// With the extra parity bit, which tells two errors from one
    #[arg(long)]
    secded: bool,
    /// Order of the bits: classic (Hamming 1950, Tanenbaum), systematic (data first), mackay (his 7,4), lin-costello (cyclic),
    /// hsiao (72,64 of memories)
    #[arg(long, default_value = "classic", value_parser = order)]
    order: Order,
}

impl Which {
    fn code(&self) -> Result<Code, Failure> {
        let usual = if self.order == Order::Hsiao { "72,64" } else { "7,4" };
        input::code(self.code.as_deref().unwrap_or(usual), self.secded, self.order).map_err(|e| usage(&e))
    }
}

/// How it is told.
#[derive(Debug, Clone, Args)]
struct How {
    /// One JSON object instead of tables
    #[arg(long)]
    json: bool,
    /// Show so many blocks one by one
    #[arg(long, value_name = "BLOCKS", default_value_t = 64, value_parser = clap::value_parser!(u64).range(..=100_000))]
    show: u64,
    /// Decides what is random; the same seed gives the same output
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Clone, Args)]
struct EncodeArgs {
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    how: How,
    /// Write the blocks to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
struct DecodeArgs {
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    how: How,
    /// Bytes of the message, where it is shorter than its blocks could hold; a file knows it itself
    #[arg(long, value_name = "BYTES")]
    length: Option<u64>,
    /// Write the message to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
struct NoisyArgs {
    #[command(flatten)]
    from: From,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    noise: NoiseArgs,
    #[command(flatten)]
    how: How,
    /// Write the outcome to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What happens to the bits; without any of it, nothing.
#[derive(Debug, Clone, Args)]
struct NoiseArgs {
    /// Flip these bits of the message, or of blocks as BLOCK:BIT
    #[arg(long, value_name = "I,J,...", conflicts_with_all = ["burst", "count", "p"])]
    flip: Option<String>,
    /// Flip so many bits in a row, anywhere or from FIRST on
    #[arg(long, value_name = "LENGTH|FIRST+LENGTH", conflicts_with_all = ["count", "p"])]
    burst: Option<String>,
    /// Flip so many bits, anywhere
    #[arg(long, value_name = "BITS", conflicts_with = "p")]
    count: Option<u64>,
    /// Flip each bit with this probability
    #[arg(long, value_name = "P")]
    p: Option<f64>,
    /// What --burst and --count are for
    #[arg(long, default_value = "message", value_parser = per)]
    per: Per,
}

impl NoiseArgs {
    /// Checked against blocks of `n` bits, `total` in all.
    fn noise(&self, n: u64, total: u64) -> Result<Noise, Failure> {
        let noise = if let Some(places) = &self.flip {
            Noise::Hand(input::places(places, n).map_err(|e| usage(&e))?)
        } else if let Some(burst) = &self.burst {
            let (at, bits) = input::burst(burst).map_err(|e| usage(&e))?;
            Noise::Burst { at, bits, per: self.per }
        } else if let Some(bits) = self.count {
            Noise::Count { bits, per: self.per }
        } else {
            self.p.map_or(Noise::Quiet, Noise::Rate)
        };
        noise.check(n, total).map_err(|e| usage(&e))?;
        Ok(noise)
    }
}

fn order(text: &str) -> Result<Order, String> {
    let all = || Order::ALL.map(Order::name).join(", ");
    Order::ALL.into_iter().find(|order| order.name() == text).ok_or_else(|| format!("the orders are {}", all()))
}

fn per(text: &str) -> Result<Per, String> {
    match text {
        "block" => Ok(Per::Block),
        "message" => Ok(Per::Message),
        _ => Err("it is block or message".to_owned()),
    }
}

fn usage(error: &impl std::fmt::Display) -> Failure {
    Failure::Usage(error.to_string())
}

pub(super) fn run(args: HammingArgs) -> Result<(), Failure> {
    match args.what {
        What::Encode(args) => send::encode(&args),
        What::Decode(args) => decode::run(&args),
        What::Flip(args) => send::flip(&args),
        What::Channel(args) => send::channel(&args),
        What::Plot(args) => plot::run(&args),
    }
}
