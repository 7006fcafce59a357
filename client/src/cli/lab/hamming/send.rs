//! `encode`, `flip` and `channel`: what a sender and the line do.

use std::fmt::Write;

use lectern_proto::lab::hamming::channel::{Channel, Flips, Noise, pass};
use lectern_proto::lab::hamming::container::{Head, MESSAGE_MAX};
use lectern_proto::lab::hamming::message::{Codec, blocks_of, flip_in, word_at};
use lectern_proto::lab::hamming::{Code, Outcome};
use serde::Serialize;

use super::super::super::{Failure, print};
use super::super::count;
use super::message::{Message, Out};
use super::show::{BYTES_MAX, BlockView, BytesView, CodeView, ReportView, block_table, code_table, verdict_line};
use super::{EncodeArgs, How, NoisyArgs, usage};

/// What was sent, and how much of it.
#[derive(Debug, Serialize)]
struct Sent {
    code: CodeView,
    length: u64,
    bits: u64,
    blocks: u64,
    coded_bits: u64,
    seed: u64,
    /// Of the blocks as [`lectern_proto::lab::hamming::message`] lays them; null where they are too many to be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flipped_bits: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<ReportView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered: Option<BytesView>,
    /// The first ones, or those of them that had flips.
    shown: Vec<BlockView>,
}

impl Sent {
    fn new(code: &Code, length: u64, seed: u64) -> Self {
        let blocks = blocks_of(code, length);
        let coded_bits = blocks * code.n() as u64;
        let (code, bits) = (CodeView::new(code), length * 8);
        Self { code, length, bits, blocks, coded_bits, seed, hex: None, flipped_bits: None, outcome: None, delivered: None, shown: Vec::new() }
    }

    fn head(&self, code: &Code) -> String {
        let (bytes, bits, blocks) = (count(self.length, "byte"), count(self.bits, "bit"), count(self.blocks, "block"));
        format!("{}\n{bytes}, {bits}, {blocks}, {} sent\n", code_table(code), count(self.coded_bits, "bit"))
    }
}

/// The message, its code and what is known of both before any of it is read.
fn begin(message: &Message, code: &Code, how: &How) -> Result<Sent, Failure> {
    if message.length() > MESSAGE_MAX {
        return Err(Failure::Usage("the message is longer than 2^48 bytes.".to_owned()));
    }
    Ok(Sent::new(code, message.length(), how.seed))
}

pub(super) fn encode(args: &EncodeArgs) -> Result<(), Failure> {
    blocks(Message::of(&args.from)?, &args.which.code()?, None, &args.how, Out::create(args.out.as_deref(), args.from.file.as_deref())?)
}

pub(super) fn flip(args: &NoisyArgs) -> Result<(), Failure> {
    let (message, code) = (Message::of(&args.from)?, args.which.code()?);
    let noise = noise_for(args, &message, &code)?;
    blocks(message, &code, Some(&noise), &args.how, Out::create(args.out.as_deref(), args.from.file.as_deref())?)
}

fn noise_for(args: &NoisyArgs, message: &Message, code: &Code) -> Result<Noise, Failure> {
    let n = code.n() as u64;
    args.noise.noise(n, blocks_of(code, message.length().min(MESSAGE_MAX)) * n)
}

/// Encodes, flips where there is noise, and writes.
fn blocks(message: Message, code: &Code, noise: Option<&Noise>, how: &How, mut out: Out) -> Result<(), Failure> {
    let mut sent = begin(&message, code, how)?;
    let (n, k) = (code.n() as u64, code.k());
    let mut flips = noise.unwrap_or(&Noise::Quiet).flips(n, sent.coded_bits, how.seed).peekable();
    let codec = Codec::new(code.clone());
    let (mut begun, mut flipped, mut all, mut coded) = (0u64, 0u64, Some(Vec::new()), Vec::new());
    if out.is_some() {
        out.write(&Head { code: code.clone(), length: sent.length }.to_bytes())?;
    }
    let is_all_wanted = out.is_some() || noise.is_some();
    message.pieces(k, |data| {
        let blocks = (data.len() * 8).div_ceil(k) as u64;
        let show = how.show.saturating_sub(begun).min(blocks);
        for block in 0..show {
            let word = word_at(data, block as usize * k, k);
            let mut here: Vec<usize> = Vec::new();
            let first = (begun + block) * n;
            // What is shown is flipped below as well.
            here.extend(flips.clone().take_while(|bit| *bit < first + n).filter(|bit| *bit >= first).map(|bit| (bit - first) as usize));
            sent.shown.push(match noise {
                Some(_) => BlockView::flipped(code, begun + block, &pass(code, &word, here)),
                None => BlockView::sent(code, begun + block, &word),
            });
        }
        // Nobody reads what lies behind.
        if is_all_wanted || all.as_ref().is_some_and(|all| all.len() <= BYTES_MAX) {
            coded.clear();
            codec.encode(data, &mut coded);
            while let Some(bit) = flips.next_if(|bit| *bit < (begun + blocks) * n) {
                flip_in(&mut coded, bit - begun * n);
                flipped += 1;
            }
            out.write(&coded)?;
            match &mut all {
                Some(kept) if kept.len() + coded.len() <= BYTES_MAX => kept.extend_from_slice(&coded),
                _ => all = None,
            }
        }
        begun += blocks;
        Ok(())
    })?;
    out.finish()?;
    sent.hex = Some(all.as_deref().map(lectern_proto::hex::write));
    sent.flipped_bits = noise.map(|_| flipped);
    if how.json { print(&sent) } else { say(&tell_blocks(&sent, code)) }
}

fn tell_blocks(sent: &Sent, code: &Code) -> String {
    let mut out = sent.head(code);
    if let Some(flipped) = sent.flipped_bits {
        let _ = writeln!(out, "{} flipped (!), seed {}", count(flipped, "bit"), sent.seed);
    }
    out.push('\n');
    sent.shown.iter().for_each(|view| out.push_str(&view.line()));
    if sent.blocks > sent.shown.len() as u64 {
        let _ = writeln!(out, "... and {} more blocks", sent.blocks - sent.shown.len() as u64);
    }
    if let Some(Some(hex)) = &sent.hex
        && !hex.is_empty()
    {
        let _ = writeln!(out, "\nhex {hex}");
    }
    out
}

pub(super) fn channel(args: &NoisyArgs) -> Result<(), Failure> {
    let (message, code) = (Message::of(&args.from)?, args.which.code()?);
    let noise = noise_for(args, &message, &code)?;
    let mut out = Out::create(args.out.as_deref(), args.from.file.as_deref())?;
    let (mut sent, show) = (begin(&message, &code, &args.how)?, args.how.show);
    let flips: Flips = noise.flips(code.n() as u64, sent.coded_bits, args.how.seed);
    // A few blocks, which come in one piece, are all shown; of many those that had flips.
    let is_every = sent.blocks <= show && sent.length <= BYTES_MAX as u64;
    let (mut tables, mut first, mut delivered) = (String::new(), 0, Vec::new());
    let mut channel = Channel::new(&code, flips);
    message.pieces(code.k(), |data| {
        let quiet: Vec<_> = (0..if is_every { sent.blocks } else { 0 }).map(|block| word_at(data, block as usize * code.k(), code.k())).collect();
        let mut next = 0;
        channel.send(data, |block, passed| {
            (next..block.min(quiet.len() as u64))
                .filter_map(|i| quiet.get(i as usize).map(|word| (i, word)))
                .for_each(|(i, word)| sent.shown.push(BlockView::passed(&code, i, &pass(&code, word, []))));
            next = block + 1;
            if (sent.shown.len() as u64) < show {
                sent.shown.push(BlockView::passed(&code, block, passed));
                let _ = writeln!(tables, "Block {}: {}, {}", block + 1, verdict_line(&code, &passed.decoded), truth(passed.outcome));
                let _ = writeln!(tables, "{}", block_table(&code, Some(&passed.sent), &passed.received, &passed.decoded));
            }
        });
        (next..quiet.len() as u64).for_each(|i| sent.shown.push(BlockView::passed(&code, i, &pass(&code, &quiet[i as usize], []))));
        if first == 0 {
            delivered.extend_from_slice(&data[..data.len().min(BYTES_MAX)]);
        }
        first += data.len();
        out.write(data)
    })?;
    out.finish()?;
    let report = ReportView::new(&channel.report());
    let (head, table) = (sent.head(&code), report.table(sent.blocks));
    sent.delivered = Some(BytesView::new(&delivered, sent.length));
    sent.outcome = Some(report);
    if args.how.json {
        return print(&sent);
    }
    let text = if delivered.len() as u64 == sent.length && sent.length > 0 { format!("\ndelivered: {}\n", BytesView::line(&delivered)) } else { String::new() };
    say(&format!("{head}seed {}\n\n{tables}{table}{text}", sent.seed))
}

/// What somebody says who knows what was sent.
fn truth(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NoError => "nothing was wrong",
        Outcome::Corrected => "which mends it",
        Outcome::Detected => "which is true; the data stand as they came",
        Outcome::Miscorrected => "which is wrong: MISCORRECTED",
        Outcome::Undetected => "which is wrong: UNDETECTED",
    }
}

/// Text on stdout.
pub(super) fn say(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    std::io::stdout().write_all(text.as_bytes()).map_err(|e| usage(&format!("cannot write the result: {e}")))
}
