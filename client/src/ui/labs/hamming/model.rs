//! What the lab holds and computes, without drawing: a message, a code, flipped bits, and what becomes of each block.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use lectern_proto::lab::hamming::channel::{Channel, Noise, Passed, Per, Report, pass};
use lectern_proto::lab::hamming::curves::{Curve, RATES, plot, rates, to_csv};
use lectern_proto::lab::hamming::message::word_at;
use lectern_proto::lab::hamming::{Code, Order, input};
use serde_json::json;

use super::super::super::strings::Strings;
use crate::class::Changed;

/// Bytes of a message that are taken: some thousand blocks, each of which has a tile.
pub(super) const BYTES_MAX: usize = 1024;
/// Bits that are flipped for each point of the plot.
const FLIPS: u64 = 100_000;
/// Data bits of the codes to choose from: (3,1) to (127,120).
pub(super) const DATA_BITS: [usize; 6] = [1, 4, 11, 26, 57, 120];

/// Where the message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Input {
    #[default]
    Text,
    Hex,
    File,
}

/// Who flips bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Way {
    #[default]
    Hand,
    Random,
    Burst,
}

/// All of the lab.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(super) input: Input,
    pub(super) text: String,
    pub(super) hex: String,
    /// Name and first bytes.
    pub(super) file: Option<(String, Vec<u8>)>,
    pub(super) k: usize,
    pub(super) secded: bool,
    pub(super) order: Order,
    pub(super) way: Way,
    /// The error rate as its power of ten.
    pub(super) power: f32,
    pub(super) burst: f32,
    pub(super) seed: String,
    /// Bits of the whole message, from 0.
    pub(super) flips: BTreeSet<u64>,
    /// The block that is looked at, from 0.
    pub(super) block: usize,
    /// The row of the matrix that is pointed at.
    pub(super) row: Option<usize>,
    made: Made,
    plotting: Plotting,
}

/// What the settings make of the message.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) code: Code,
    pub(super) bytes: Vec<u8>,
    pub(super) blocks: Vec<Passed>,
    pub(super) report: Report,
    pub(super) delivered: Vec<u8>,
    flips: BTreeSet<u64>,
}

impl Made {
    fn new(code: Code, bytes: Vec<u8>, flips: BTreeSet<u64>) -> Self {
        let (n, k) = (code.n() as u64, code.k());
        let count = (bytes.len() * 8).div_ceil(k) as u64;
        let here = |block: u64| flips.range(block * n..(block + 1) * n).map(move |bit| (bit - block * n) as usize);
        let blocks = (0..count).map(|block| pass(&code, &word_at(&bytes, block as usize * k, k), here(block))).collect();
        let mut delivered = bytes.clone();
        let all: Vec<u64> = flips.iter().copied().collect();
        let mut channel = Channel::new(&code, Noise::Hand(all).flips(n, count * n, 0));
        channel.send(&mut delivered, |_, _| ());
        let report = channel.report();
        Self { code, bytes, blocks, report, delivered, flips }
    }
}

/// The plot's curves, and those that are being measured elsewhere.
#[derive(Debug, Default)]
struct Plotting {
    curves: Vec<Curve>,
    coming: Option<Receiver<Vec<Curve>>>,
    /// Of what is shown or coming.
    of: Option<(Option<Code>, u64)>,
}

impl Default for Lab {
    fn default() -> Self {
        let code = code_of(4, true, Order::Classic);
        Self {
            input: Input::Text,
            text: "Hi Ana".to_owned(),
            hex: "48 69".to_owned(),
            file: None,
            k: 4,
            secded: true,
            order: Order::Classic,
            way: Way::Hand,
            power: -1.7,
            burst: 3.0,
            seed: "42".to_owned(),
            flips: BTreeSet::new(),
            block: 0,
            row: None,
            made: Made::new(code, Vec::new(), BTreeSet::new()),
            plotting: Plotting::default(),
        }
    }
}

/// A code of the list; there is always one.
fn code_of(k: usize, secded: bool, order: Order) -> Code {
    // Every k of the list has both orders.
    Code::new(k, secded, order).unwrap_or_else(|_| code_of(4, secded, Order::Classic))
}

impl Lab {
    pub(super) fn made(&self) -> &Made {
        &self.made
    }

    pub(super) fn curves(&self) -> &[Curve] {
        &self.plotting.curves
    }

    /// Whether points are being measured.
    pub(super) fn is_measuring(&self) -> bool {
        self.plotting.coming.is_some()
    }

    /// The block that is looked at.
    pub(super) fn here(&self) -> Option<&Passed> {
        self.made.blocks.get(self.block)
    }

    /// What was typed or chosen, or what is wrong with it.
    pub(super) fn message(&self) -> Result<Vec<u8>, input::InputError> {
        let mut bytes = match self.input {
            Input::Text => self.text.as_bytes().to_vec(),
            Input::Hex => input::hex(&self.hex)?,
            Input::File => self.file.as_ref().map(|(_, bytes)| bytes.clone()).unwrap_or_default(),
        };
        bytes.truncate(BYTES_MAX);
        Ok(bytes)
    }

    pub(super) fn rate(&self) -> f64 {
        10f64.powf(f64::from(self.power))
    }

    fn seed(&self) -> u64 {
        self.seed.trim().parse().unwrap_or_default()
    }

    /// Brings what is shown up to what is set; the points of the plot are measured on a thread of their own.
    pub(crate) fn follow(&mut self, changed: &Changed) {
        let code = code_of(self.k, self.secded, self.order);
        let bytes = self.message().unwrap_or_else(|_| self.made.bytes.clone());
        let total = ((bytes.len() * 8).div_ceil(code.k()) * code.n()) as u64;
        if code != self.made.code || bytes != self.made.bytes || self.flips != self.made.flips {
            if code != self.made.code {
                // They are places in other blocks.
                self.flips.clear();
            }
            self.flips.retain(|bit| *bit < total);
            self.made = Made::new(code.clone(), bytes, self.flips.clone());
        }
        self.block = self.block.min(self.made.blocks.len().saturating_sub(1));
        self.follow_plot(code, changed);
    }

    fn follow_plot(&mut self, code: Code, changed: &Changed) {
        let plotting = &mut self.plotting;
        match plotting.coming.as_ref().map(Receiver::try_recv) {
            Some(Ok(curves)) => (plotting.curves, plotting.coming) = (curves, None),
            Some(Err(TryRecvError::Disconnected)) => plotting.coming = None,
            Some(Err(TryRecvError::Empty)) | None => {}
        }
        let usual = [(11, false), (4, false), (4, true)].map(|(k, secded)| code_of(k, secded, Order::Classic));
        // The order changes nothing of the rates.
        let own = Some(code).filter(|code| !usual.iter().any(|u| (u.n(), u.k()) == (code.n(), code.k())));
        let of = Some((own.clone(), self.seed.trim().parse().unwrap_or_default()));
        // One after the other: what has changed meanwhile is measured when the last one is there.
        if plotting.of == of || plotting.coming.is_some() {
            return;
        }
        plotting.of.clone_from(&of);
        let seed: u64 = of.map_or(0, |(_, seed)| seed);
        let codes = std::iter::once(None).chain(usual.into_iter().map(Some)).chain(own.map(Some));
        let mut curves: Vec<Curve> = codes.map(|code| Curve::new(code, RATES)).collect();
        plotting.curves.clone_from(&curves);
        let (told, coming) = channel();
        let changed = changed.clone();
        let run = move || {
            for (i, curve) in curves.iter_mut().enumerate() {
                let points = rates(RATES.0, RATES.1, 7).into_iter().enumerate();
                points.for_each(|(j, p)| curve.measure(p, FLIPS, seed.wrapping_mul(1_000_003).wrapping_add((i * 200 + j) as u64)));
            }
            // Nobody waits for an older plot.
            let _ = told.send(curves);
            changed();
        };
        // Without a thread the curves stand without points.
        plotting.coming = std::thread::Builder::new().name("lab".to_owned()).spawn(run).is_ok().then_some(coming);
    }

    /// Turns a bit of the block that is looked at.
    pub(super) fn flip(&mut self, at: usize) {
        let bit = (self.block * self.made.code.n() + at) as u64;
        if !self.flips.remove(&bit) {
            self.flips.insert(bit);
        }
    }

    /// Lets the channel flip bits of all blocks, in place of what was flipped.
    pub(super) fn let_channel(&mut self) {
        let (n, total) = (self.made.code.n() as u64, (self.made.blocks.len() * self.made.code.n()) as u64);
        let noise = match self.way {
            Way::Hand => Noise::Quiet,
            Way::Random => Noise::Rate(self.rate()),
            Way::Burst => Noise::Burst { at: None, bits: (self.burst as u64).min(total), per: Per::Message },
        };
        self.flips = noise.flips(n, total, self.seed()).collect();
    }

    /// The seed after this one.
    pub(super) fn next_seed(&mut self) {
        self.seed = self.seed().wrapping_add(1).to_string();
    }

    /// Takes the first bytes of a file.
    pub(crate) fn read(&mut self, path: &Path) -> io::Result<()> {
        let mut bytes = Vec::new();
        File::open(path)?.take(BYTES_MAX as u64).read_to_end(&mut bytes)?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        (self.input, self.file) = (Input::File, Some((name, bytes)));
        Ok(())
    }

    /// The plot as a picture, in the window's language.
    pub(crate) fn picture(&self, strings: &Strings) -> String {
        let mut plot = plot(self.curves());
        plot.title = strings.text("labs-residual");
        (plot.x.label, plot.y.label) = (strings.text("labs-channel-rate"), strings.text("labs-residual"));
        plot.notes = vec![strings.text("labs-plot-note")];
        plot.to_svg()
    }

    pub(crate) fn points(&self) -> String {
        to_csv(self.curves())
    }

    /// The message block by block.
    pub(crate) fn to_json(&self) -> String {
        let (n, k) = (self.made.code.n(), self.made.code.k());
        let blocks = self.made.blocks.iter().map(|b| {
            let data = self.made.code.data_of(&b.sent).digits(k);
            json!({"data": data, "sent": b.sent.digits(n), "received": b.received.digits(n), "decoded": b.decoded.data.digits(k), "outcome": b.outcome.name()})
        });
        let blocks = blocks.collect::<Vec<_>>();
        let code = json!({"n": n, "k": k, "secded": self.made.code.is_secded(), "order": self.order.name()});
        json!({"code": code, "seed": self.seed(), "flips": self.flips.iter().map(|bit| bit + 1).collect::<Vec<_>>(), "blocks": blocks}).to_string()
    }
}
