//! Codes, blocks and outcomes as JSON and as tables for people.

use std::fmt::Write;

use lectern_proto::hex;
use lectern_proto::lab::hamming::channel::{Passed, Report};
use lectern_proto::lab::hamming::message::Verdicts;
use lectern_proto::lab::hamming::{Code, Decoded, Outcome, Role, Steps, Verdict, Word};
use lectern_proto::text;
use serde::Serialize;

use super::super::count;

/// Longest code whose matrices and steps are printed as tables; JSON has them for all.
const TABLE_MAX: usize = 32;
/// Bytes that are printed as digits, or as text.
pub(super) const BYTES_MAX: usize = 65_536;

#[derive(Debug, Serialize)]
pub(super) struct CodeView {
    n: usize,
    k: usize,
    secded: bool,
    order: &'static str,
    source: &'static str,
    rate: f64,
    /// By bit: its number in the texts, and what it is.
    positions: Vec<usize>,
    roles: Vec<String>,
    /// Rows of digits.
    generator: Vec<String>,
    parity_check: Vec<String>,
    coverage: Vec<Coverage>,
}

#[derive(Debug, Serialize)]
struct Coverage {
    check: String,
    covers: Vec<usize>,
}

impl CodeView {
    pub(super) fn new(code: &Code) -> Self {
        let rows = 0..code.rows();
        let row = |row: usize| code.columns().iter().map(|column| if column >> row & 1 == 1 { '1' } else { '0' }).collect();
        let coverage = |row: usize| Coverage { check: code.check_name(row), covers: code.covered(row).map(|at| code.number(at)).collect() };
        Self {
            n: code.n(),
            k: code.k(),
            secded: code.is_secded(),
            order: code.order().name(),
            source: code.order().source(),
            rate: code.k() as f64 / code.n() as f64,
            positions: (0..code.n()).map(|at| code.number(at)).collect(),
            roles: roles(code),
            // Of the longest codes they would be a million digits.
            generator: code.generator().take(if code.n() <= 256 { code.k() } else { 0 }).map(|word| word.digits(code.n())).collect(),
            parity_check: rows.clone().map(row).collect(),
            coverage: rows.map(coverage).collect(),
        }
    }
}

fn roles(code: &Code) -> Vec<String> {
    (0..code.n()).filter_map(|at| code.role(at)).map(|role| role.to_string()).collect()
}

/// What the receiver computes and says of a block.
#[derive(Debug, Serialize)]
pub(super) struct ReceivedView {
    received: String,
    checks: Vec<CheckView>,
    /// The highest row first; in the classic order the number of the wrong bit.
    syndrome: String,
    verdict: &'static str,
    /// The number of the bit that was turned around.
    corrected: Option<usize>,
    /// After it.
    block: String,
    decoded: String,
}

#[derive(Debug, Serialize)]
struct CheckView {
    name: String,
    bits: Vec<(usize, u8)>,
    odd: bool,
}

impl ReceivedView {
    pub(super) fn new(code: &Code, received: &Word, decoded: &Decoded) -> Self {
        let checks = code.steps(received).checks.into_iter().map(|check| CheckView {
            name: check.name,
            bits: check.bits.into_iter().map(|(at, bit)| (code.number(at), u8::from(bit))).collect(),
            odd: check.is_odd,
        });
        let (verdict, corrected) = match decoded.verdict {
            Verdict::Clean => ("clean", None),
            Verdict::Corrected(at) => ("corrected", Some(code.number(at))),
            Verdict::Uncorrectable => ("uncorrectable", None),
        };
        Self {
            received: received.digits(code.n()),
            checks: checks.collect(),
            syndrome: code.syndrome_digits(decoded.syndrome),
            verdict,
            corrected,
            block: decoded.block.digits(code.n()),
            decoded: decoded.data.digits(code.k()),
        }
    }
}

/// A block that was sent.
#[derive(Debug, Serialize)]
pub(super) struct BlockView {
    /// From 1.
    pub(super) block: u64,
    data: String,
    sent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    flipped: Option<Vec<usize>>,
    #[serde(rename = "received", skip_serializing_if = "Option::is_none")]
    arrived: Option<String>,
    #[serde(flatten)]
    received: Option<ReceivedView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
}

impl BlockView {
    /// Only sent; `block` from 0, as everywhere below.
    pub(super) fn sent(code: &Code, block: u64, data: &Word) -> Self {
        let sent = code.encode(data).digits(code.n());
        Self { block: block + 1, data: data.digits(code.k()), sent, flipped: None, arrived: None, received: None, outcome: None }
    }

    /// Sent and flipped, and not yet decoded.
    pub(super) fn flipped(code: &Code, block: u64, passed: &Passed) -> Self {
        let of = Self::passed(code, block, passed);
        Self { arrived: Some(passed.received.digits(code.n())), received: None, outcome: None, ..of }
    }

    /// A line for people: data, what was sent, what came, with marks at what was flipped.
    pub(super) fn line(&self) -> String {
        let Self { block, data, sent, .. } = self;
        let marks = |came: &String| sent.chars().zip(came.chars()).map(|(a, b)| if a == b { b.to_string() } else { format!("!{b}") }).collect::<String>();
        let came = self.arrived.as_ref().map(|came| format!(" -> {}", marks(came)));
        format!("{block:>6}  {data} -> {sent}{}\n", came.unwrap_or_default())
    }

    pub(super) fn passed(code: &Code, block: u64, passed: &Passed) -> Self {
        Self {
            block: block + 1,
            data: code.data_of(&passed.sent).digits(code.k()),
            sent: passed.sent.digits(code.n()),
            flipped: Some(passed.sent.xor(&passed.received).ones().map(|at| code.number(at)).collect()),
            arrived: None,
            received: Some(ReceivedView::new(code, &passed.received, &passed.decoded)),
            outcome: Some(passed.outcome.name()),
        }
    }
}

/// What truly happened.
#[derive(Debug, Serialize)]
pub(super) struct ReportView {
    no_error: u64,
    corrected: u64,
    detected: u64,
    miscorrected: u64,
    undetected: u64,
    flipped_bits: u64,
    wrong_bits: u64,
    unnoticed_bits: u64,
    residual: f64,
}

impl ReportView {
    pub(super) fn new(report: &Report) -> Self {
        let of = |outcome| report.tally.of(outcome);
        Self {
            no_error: of(Outcome::NoError),
            corrected: of(Outcome::Corrected),
            detected: of(Outcome::Detected),
            miscorrected: of(Outcome::Miscorrected),
            undetected: of(Outcome::Undetected),
            flipped_bits: report.flipped_bits,
            wrong_bits: report.wrong_bits,
            unnoticed_bits: report.unnoticed_bits,
            residual: report.wrong_bits as f64 / report.data_bits.max(1) as f64,
        }
    }

    pub(super) fn table(&self, blocks: u64) -> String {
        let rows = [
            ("no error", self.no_error),
            ("corrected", self.corrected),
            ("detected, uncorrectable", self.detected),
            ("miscorrected", self.miscorrected),
            ("undetected", self.undetected),
        ];
        let mut out = format!("What happened, {}\n", count(blocks, "block"));
        for (name, count) in rows {
            let _ = writeln!(out, "  {name:<24}{count:>12}");
        }
        let (flipped, wrong, unnoticed) = (self.flipped_bits, self.wrong_bits, self.unnoticed_bits);
        let (flipped, wrong) = (count(flipped, "bit"), count(wrong, "data bit"));
        let _ = writeln!(out, "Flipped: {flipped}; delivered wrong: {wrong}, {unnoticed} of them without a warning.");
        out
    }
}

/// Bytes as JSON has them: digits, and text where it is text.
#[derive(Debug, Serialize)]
pub(super) struct BytesView {
    length: u64,
    /// None where they are too many to be read.
    hex: Option<String>,
    text: Option<String>,
}

impl BytesView {
    /// `bytes` are all, or the first.
    pub(super) fn new(bytes: &[u8], length: u64) -> Self {
        let all = (bytes.len() as u64 == length).then_some(bytes);
        Self { length, hex: all.map(hex::write), text: all.and_then(|all| std::str::from_utf8(all).ok()).map(str::to_owned) }
    }

    /// For people: text with marks where it is none.
    pub(super) fn line(bytes: &[u8]) -> String {
        text::block(&String::from_utf8_lossy(bytes)).into_owned()
    }
}

/// What a receiver says of all blocks.
#[derive(Debug, Serialize)]
pub(super) struct VerdictsView {
    clean: u64,
    corrected: u64,
    uncorrectable: u64,
}

impl VerdictsView {
    pub(super) fn new(seen: &Verdicts) -> Self {
        Self { clean: seen.clean, corrected: seen.corrected, uncorrectable: seen.uncorrectable }
    }
}

/// The code with its matrices and what each check covers.
pub(super) fn code_table(code: &Code) -> String {
    let mut out = format!("Hamming {code}, {} order ({})\n", code.order().name(), code.order().source());
    if code.n() > TABLE_MAX {
        return out;
    }
    let line = |out: &mut String, head: &str, cells: &mut dyn Iterator<Item = String>| {
        let cells: String = cells.map(|cell| format!("{cell:>4}")).collect();
        let _ = writeln!(out, "{head:<12}{cells}");
    };
    line(&mut out, "position", &mut (0..code.n()).map(|at| code.number(at).to_string()));
    line(&mut out, "", &mut roles(code).into_iter());
    for row in 0..code.rows() {
        let cells = code.columns().iter().map(|column| if column >> row & 1 == 1 { "1" } else { "." }.to_owned());
        line(&mut out, &format!("H  {}", code.check_name(row)), &mut { cells });
    }
    for (i, word) in code.generator().enumerate() {
        let digit = |at| if word.get(at) { "1" } else { "." }.to_owned();
        line(&mut out, &format!("G  {}", Role::Data(i)), &mut (0..code.n()).map(digit));
    }
    out
}

/// One received block, as a column reads as one bit; `sent` where it is known.
pub(super) fn block_table(code: &Code, sent: Option<&Word>, received: &Word, decoded: &Decoded) -> String {
    let n = code.n();
    let mut out = String::new();
    if n > TABLE_MAX {
        if let Some(sent) = sent {
            let _ = writeln!(out, "sent      {}", sent.digits(n));
        }
        let _ = writeln!(out, "received  {}\ndecoded   {}\nsyndrome  {}", received.digits(n), decoded.block.digits(n), code.syndrome_digits(decoded.syndrome));
        return out;
    }
    let row = |out: &mut String, head: &str, cell: &dyn Fn(usize) -> String, tail: &str| {
        let cells: String = (0..n).map(|at| format!("{:>4}", cell(at))).collect();
        let _ = writeln!(out, "{}", format!("{head:<12}{cells}   {tail}").trim_end());
    };
    let digit = |word: &Word, at: usize| if word.get(at) { "1" } else { "0" };
    row(&mut out, "position", &|at| code.number(at).to_string(), "");
    if let Some(sent) = sent {
        row(&mut out, "sent", &|at| digit(sent, at).to_owned(), "");
    }
    let is_flipped = |at: usize| sent.is_some_and(|sent| sent.get(at) != received.get(at));
    row(&mut out, "received", &|at| format!("{}{}", if is_flipped(at) { "!" } else { "" }, digit(received, at)), "");
    let Steps { checks, .. } = code.steps(received);
    for check in checks {
        let cell = |at: usize| check.bits.iter().find(|(bit, _)| *bit == at).map_or(".", |(_, bit)| if *bit { "1" } else { "0" }).to_owned();
        row(&mut out, &check.name, &cell, if check.is_odd { "odd  1" } else { "even 0" });
    }
    let turned = |at: usize| if decoded.verdict == Verdict::Corrected(at) { "*" } else { "" };
    row(&mut out, "decoded", &|at| format!("{}{}", turned(at), digit(&decoded.block, at)), "");
    out
}

/// The receiver's words.
pub(super) fn verdict_line(code: &Code, decoded: &Decoded) -> String {
    let syndrome = code.syndrome_digits(decoded.syndrome);
    match decoded.verdict {
        Verdict::Clean => format!("syndrome {syndrome}: no error is seen"),
        Verdict::Corrected(at) => format!("syndrome {syndrome}: bit {} is turned around", code.number(at)),
        Verdict::Uncorrectable => format!("syndrome {syndrome}: an error that cannot be corrected"),
    }
}
