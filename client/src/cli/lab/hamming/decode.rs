//! `decode`: what a receiver does, who knows no more than the bits that came.

use std::fmt::Write;

use lectern_proto::lab::hamming::container::{ContainerError, HEAD, Head, MESSAGE_MAX};
use lectern_proto::lab::hamming::message::{Codec, Verdicts, coded_bytes, word_at};
use lectern_proto::lab::hamming::{Code, Verdict, input};
use serde::Serialize;

use super::super::super::{Failure, print};
use super::super::count;
use super::message::{Message, Out, head};
use super::send::say;
use super::show::{BYTES_MAX, BytesView, CodeView, ReceivedView, VerdictsView, block_table, code_table, verdict_line};
use super::{DecodeArgs, usage};

#[derive(Debug, Serialize)]
struct Received {
    code: CodeView,
    blocks: u64,
    verdicts: VerdictsView,
    /// All data bits of the blocks, where they are few: also those that fill up the last byte.
    data_bits: Option<String>,
    delivered: BytesView,
    /// The first ones.
    shown: Vec<ReceivedView>,
}

/// Blocks that came.
struct Came {
    message: Message,
    code: Code,
    blocks: u64,
    /// Bytes of the message.
    length: u64,
}

impl Came {
    fn of(args: &DecodeArgs) -> Result<Self, Failure> {
        if args.from.file.is_some() {
            return Self::file(args);
        }
        let code = args.which.code()?;
        let (n, k) = (code.n() as u64, code.k() as u64);
        let (message, blocks) = match &args.from.text {
            Some(digits) => {
                let (bytes, bits) = input::bits(digits).map_err(|e| usage(&e))?;
                if !bits.is_multiple_of(n) {
                    return Err(Failure::Usage(format!("The number of bits, {bits}, makes no whole blocks of {n}; a block of {code} has {n} bits.")));
                }
                (Message::Bytes(bytes), bits / n)
            }
            None => {
                let message = Message::of(&args.from)?;
                let blocks = message.length() * 8 / n;
                (message, blocks)
            }
        };
        let holds = blocks * k / 8;
        let length = args.length.unwrap_or(holds);
        if length > holds {
            return Err(Failure::Usage(format!("What came of {code} is {}, with room for {}, not {length}.", count(blocks, "block"), count(holds, "byte"))));
        }
        Ok(Self { message, code, blocks, length })
    }

    /// The file names its code.
    fn file(args: &DecodeArgs) -> Result<Self, Failure> {
        let mut message = Message::of(&args.from)?;
        let wrong = |e: &ContainerError| {
            let path = args.from.file.as_deref().unwrap_or(std::path::Path::new("")).display();
            Failure::Usage(format!("{path} cannot be decoded: {e}. Blocks from elsewhere are given with --hex or --text."))
        };
        let head = head::<HEAD>(&mut message)?.ok_or_else(|| wrong(&ContainerError::Foreign))?;
        let head = Head::read(&head).map_err(|e| wrong(&e))?;
        let (has, needed) = (message.length(), head.coded_bytes());
        if has < needed {
            return Err(wrong(&ContainerError::Short { has, needed }));
        }
        let length = args.length.unwrap_or(head.length).min(head.length);
        Ok(Self { message, blocks: head.blocks(), code: head.code, length })
    }
}

pub(super) fn run(args: &DecodeArgs) -> Result<(), Failure> {
    let Came { message, code, blocks, length } = Came::of(args)?;
    let mut out = Out::create(args.out.as_deref(), args.from.file.as_deref())?;
    let (n, k) = (code.n(), code.k());
    let codec = Codec::new(code.clone());
    let (mut done, mut left, mut seen, mut first) = (0u64, length.min(MESSAGE_MAX), Verdicts::default(), Vec::new());
    let (mut shown, mut tables, mut digits) = (Vec::new(), String::new(), String::new());
    let is_short = blocks * k as u64 <= 4096;
    let (mut data, needed) = (Vec::new(), coded_bytes(&code, blocks));
    let mut read = 0u64;
    message.pieces(n, |piece| {
        // What lies behind the last block is nobody's.
        let piece = &piece[..usize::try_from(needed.saturating_sub(read)).map_or(piece.len(), |rest| rest.min(piece.len()))];
        read += piece.len() as u64;
        let here = ((piece.len() * 8 / n) as u64).min(blocks - done);
        for block in 0..here.min(args.how.show.saturating_sub(done)) {
            let received = word_at(piece, block as usize * n, n);
            let decoded = code.decode(&received);
            shown.push(ReceivedView::new(&code, &received, &decoded));
            if decoded.verdict != Verdict::Clean {
                let _ = writeln!(tables, "Block {}: {}\n{}", done + block + 1, verdict_line(&code, &decoded), block_table(&code, None, &received, &decoded));
            }
        }
        if is_short {
            (0..here as usize).for_each(|block| digits.push_str(&code.decode(&word_at(piece, block * n, n)).data.digits(k)));
        }
        data.clear();
        let bytes = usize::try_from(left).unwrap_or(usize::MAX).min((here as usize * k).div_ceil(8));
        codec.decode(piece, bytes, &mut data, &mut seen);
        // Blocks that hold less than a byte more are looked at as well.
        for block in (bytes * 8).div_ceil(k)..here as usize {
            seen.add(code.decode(&word_at(piece, block * n, n)).verdict);
        }
        left -= bytes as u64;
        done += here;
        if first.len() < BYTES_MAX {
            first.extend_from_slice(&data[..data.len().min(BYTES_MAX)]);
        }
        out.write(&data)
    })?;
    out.finish()?;
    first.truncate(BYTES_MAX);
    if args.how.json {
        let (code, verdicts, delivered) = (CodeView::new(&code), VerdictsView::new(&seen), BytesView::new(&first, length));
        return print(&Received { code, blocks, verdicts, data_bits: is_short.then_some(digits), delivered, shown });
    }
    let mut text = format!("{}\n{tables}", code_table(&code));
    let _ = writeln!(text, "{}: {} clean, {} corrected, {} uncorrectable", count(blocks, "block"), seen.clean, seen.corrected, seen.uncorrectable);
    if is_short {
        let _ = writeln!(text, "data bits: {digits}");
    }
    if first.len() as u64 == length && length > 0 {
        let _ = writeln!(text, "hex {}\ntext: {}", lectern_proto::hex::write(&first), BytesView::line(&first));
    }
    text.push_str("A receiver cannot know more: what was miscorrected looks like what was corrected.\n");
    say(&text)
}
