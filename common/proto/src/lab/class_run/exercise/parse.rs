//! From an exercise's text to the exercise: what each value may be, what it is where it is not written, and what goes together.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::super::amount::{Amount, AmountError, Range};
use super::super::quantity::Quantity;
use super::error::{ExerciseError, Fault};
use super::lines::{FAULTS_MAX, Lines, cut, shortened};
use super::{Exercise, Kind};
use crate::arq::{Protocol, SettingsError, Space, Timeout};
use crate::limits::{
    ARQ_HELD_MAX, ARQ_PAYLOAD_MAX, ARQ_WINDOW_MAX, EXERCISE_ASK_MAX, EXERCISE_BYTES_MAX, EXERCISE_FILE_MAX, EXERCISE_PACKETS_MAX, EXERCISE_PARAGRAPHS_MAX,
    EXERCISE_TEXT_MAX, EXERCISE_TITLE_MAX, LAB_PARTNER_WINDOW, LAB_PAYLOAD_MAX,
};

/// Bytes of data in a packet where the file does not say.
const PACKET: u16 = 512;
/// Later packets that have to be acknowledged, where the file does not say.
const OVERTAKEN: u32 = 3;
const OVERTAKEN_MAX: u64 = 1_000;
/// Seeds have up to 15 digits, which spreadsheets keep.
pub(super) const SEED_MAX: u64 = 999_999_999_999_999;
/// An [`Amount`] of milliseconds counts nanoseconds; so many are a microsecond.
const MICROS: i64 = 1_000;
const TIMEOUT_MS: RangeInclusive<i64> = 1..=60_000;
const DELAY_MS: RangeInclusive<i64> = 0..=10_000;
const RATE_KBPS: RangeInclusive<u64> = 0..=100_000_000;

/// What is wrong with a value, and what is allowed.
type Wrong = (String, String);

impl Exercise {
    /// Reads an exercise.
    ///
    /// # Errors
    /// All that is wrong with it, line by line.
    pub fn parse(text: &str) -> Result<Self, ExerciseError> {
        if text.len() > EXERCISE_FILE_MAX {
            let what = format!("the text has {} bytes", text.len());
            let allowed = format!("at most {EXERCISE_FILE_MAX} are allowed");
            return Err(ExerciseError::new(vec![Fault { line: 1, section: None, key: None, what, allowed }]));
        }
        let mut reader = Reader { lines: cut(text) };
        let exercise = reader.exercise();
        match exercise {
            Some(exercise) if reader.lines.faults.is_empty() => Ok(exercise),
            _ => {
                reader.lines.faults.truncate(FAULTS_MAX);
                Err(ExerciseError::new(reader.lines.faults))
            }
        }
    }
}

struct Reader {
    lines: Lines,
}

impl Reader {
    /// The exercise; none where something is missing that has no default. What is wrong stands in the lines' faults.
    fn exercise(&mut self) -> Option<Exercise> {
        let title = self.required("exercise", "title", "one line of text", |value| sentence(value, EXERCISE_TITLE_MAX));
        let text = self.paragraphs();
        let kind = self.optional("exercise", "kind", |value| value.parse().map_err(|()| no(value, "a kind", "write network or simulation")));
        let kind = kind.unwrap_or(Kind::Network);
        let protocol = self.required("run", "protocol", "sw, gbn or sr", |value| Protocol::from_str(value).map_err(|_| protocols(value)));
        let window = match protocol {
            Some(Protocol::StopAndWait) => Some(self.optional("run", "window", |value| number(value, 1..=ARQ_WINDOW_MAX.into())).unwrap_or(1)),
            _ => self.required("run", "window", "how many packets may be on their way", |value| number(value, 1..=ARQ_WINDOW_MAX.into())),
        };
        let space = self.optional("run", "sequence_bits", |value| number(value, 1..=32).map(|bits: u8| Space::new(bits).unwrap_or(Space::WIDEST)));
        let unsafe_window = self.optional("run", "unsafe_window", yes_or_no).unwrap_or(false);
        let packet = self.optional("run", "packet", |value| number(value, 1..=ARQ_PAYLOAD_MAX as u64)).unwrap_or(PACKET);
        let bytes = self.required("run", "bytes", "how many bytes are sent", |value| number(value, 1..=EXERCISE_BYTES_MAX));
        let [loss, ack_loss, corrupt, duplicate] =
            ["loss", "ack_loss", "corrupt", "duplicate"].map(|key| self.optional("run", key, probability).unwrap_or(Amount::ZERO));
        let timeout = self.optional("run", "timeout_ms", timeout).unwrap_or(Timeout::ADAPTIVE);
        let overtaken = self.optional("run", "overtaken", |value| number(value, 0..=OVERTAKEN_MAX)).unwrap_or(OVERTAKEN);
        let delay = self.simulated(kind, "delay_ms", |value| millis(value, DELAY_MS)).unwrap_or(Duration::ZERO);
        let rate_kbps = self.simulated(kind, "rate_kbps", |value| number(value, RATE_KBPS)).unwrap_or(0);
        let seed = self.optional("run", "seed", |value| number(value, 0..=SEED_MAX)).unwrap_or(1);
        let ask = self.required("question", "ask", "one line of text", |value| sentence(value, EXERCISE_ASK_MAX));
        let about = self.required("question", "about", "a quantity, for example packets", quantity);
        let expect = self.expected();
        let exercise = Exercise {
            title: title?,
            text,
            kind,
            protocol: protocol?,
            window: window?,
            space: space.unwrap_or(Space::WIDEST),
            unsafe_window,
            packet,
            bytes: bytes?,
            loss,
            ack_loss,
            corrupt,
            duplicate,
            timeout,
            overtaken: Some(overtaken).filter(|n| *n > 0),
            delay,
            rate_kbps,
            seed,
            ask: ask?,
            about: about?,
            expect,
        };
        if self.lines.faults.is_empty() {
            self.check(&exercise);
        }
        Some(exercise)
    }

    /// What fits alone, but not together.
    fn check(&mut self, exercise: &Exercise) {
        let Exercise { window, packet, protocol, space, .. } = exercise;
        match exercise.settings().check() {
            Err(SettingsError::WindowTooLarge { most, .. }) => {
                let way_out = if exercise.unsafe_window { "" } else { "; unsafe_window = yes shows what a larger one breaks" };
                let what = format!("a window of {window} is too large for {protocol} with {}-bit sequence numbers", space.bits());
                self.fault("run", "window", (what, format!("at most {most} is allowed{way_out}")));
            }
            Err(why) => self.fault("run", "protocol", (why.to_string(), "change the settings".into())),
            Ok(()) if exercise.kind == Kind::Simulation && u64::from(*window) * u64::from(*packet) > ARQ_HELD_MAX => {
                let what = format!("a window of {window} packets of {packet} bytes is more than a receiver holds");
                self.fault("run", "window", (what, format!("at most {} bytes are allowed", ARQ_HELD_MAX)));
            }
            Ok(()) => {}
        }
        // The server hands packets on, or takes part.
        if exercise.kind == Kind::Network && *packet > LAB_PAYLOAD_MAX {
            let what = format!("packets of {packet} bytes are too large for a class run over the network");
            self.fault("run", "packet", (what, format!("at most {LAB_PAYLOAD_MAX} bytes are allowed")));
        }
        if exercise.kind == Kind::Network && *window > LAB_PARTNER_WINDOW {
            let what = format!("a window of {window} packets is too large for a class run over the network");
            self.fault("run", "window", (what, format!("at most {LAB_PARTNER_WINDOW} are allowed")));
        }
        if exercise.packets() > EXERCISE_PACKETS_MAX {
            let what = format!("{} packets of {packet} bytes would be sent", exercise.packets());
            self.fault("run", "bytes", (what, format!("at most {EXERCISE_PACKETS_MAX} packets are allowed; send less, or in larger packets")));
        }
    }

    fn paragraphs(&mut self) -> Vec<String> {
        let written: Vec<_> = self.lines.entries.iter().filter(|e| (e.section, e.key) == ("exercise", "text")).map(|e| (e.line, e.value.clone())).collect();
        let (mut text, mut left) = (Vec::new(), EXERCISE_TEXT_MAX);
        for (nth, (line, value)) in written.into_iter().enumerate() {
            let wrong = if nth == EXERCISE_PARAGRAPHS_MAX {
                ("there are too many paragraphs".to_owned(), format!("at most {EXERCISE_PARAGRAPHS_MAX} are allowed"))
            } else {
                match sentence(&value, left) {
                    Ok(paragraph) => {
                        left -= paragraph.len();
                        text.push(paragraph);
                        continue;
                    }
                    Err(_) => ("the text is too long".into(), format!("at most {EXERCISE_TEXT_MAX} bytes are allowed in all paragraphs together")),
                }
            };
            self.fault_in(line, "exercise", "text", wrong);
            break;
        }
        text
    }

    fn expected(&mut self) -> BTreeMap<Quantity, Range> {
        let read = |q: Quantity| (q, self.optional("expect", q.name(), |value| value.parse().map_err(|why: String| said(value, &why))));
        Quantity::ALL.map(read).into_iter().filter_map(|(quantity, range)| Some((quantity, range?))).collect()
    }

    /// A value of a simulation, refused in an exercise on a real network.
    fn simulated<T>(&mut self, kind: Kind, key: &'static str, read: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        self.optional("run", key, |value| match kind {
            Kind::Simulation => read(value),
            Kind::Network => Err(("a real network has its own".into(), "remove the line, or write kind = simulation".into())),
        })
    }

    /// A value, where one is written and is right.
    fn optional<T>(&mut self, section: &'static str, key: &'static str, read: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        let entry = self.lines.entries.iter().find(|e| (e.section, e.key) == (section, key))?;
        match read(&entry.value) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.fault_in(entry.line, section, key, wrong);
                None
            }
        }
    }

    /// A value that has no default.
    fn required<T>(&mut self, section: &'static str, key: &'static str, what: &str, read: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        let is_told = |fault: &Fault| fault.section.as_deref() == Some(section) && fault.key.as_deref() == Some(key);
        let is_written = self.lines.entries.iter().any(|e| (e.section, e.key) == (section, key));
        if !is_written && !self.lines.faults.iter().any(is_told) {
            self.fault(section, key, ("the key is missing".into(), format!("write {what}")));
        }
        self.optional(section, key, read)
    }

    /// A fault in the line of this key, else of its section, else at the end.
    fn fault(&mut self, section: &'static str, key: &'static str, wrong: Wrong) {
        let entry = self.lines.entries.iter().find(|e| (e.section, e.key) == (section, key)).map(|e| e.line);
        let line = entry.or_else(|| self.lines.sections.get(section).copied()).unwrap_or(self.lines.last);
        self.fault_in(line, section, key, wrong);
    }

    fn fault_in(&mut self, line: u32, section: &str, key: &str, (what, allowed): Wrong) {
        self.lines.faults.push(Fault { line, section: Some(section.into()), key: Some(key.into()), what, allowed });
    }
}

fn no(value: &str, what: &str, allowed: &str) -> Wrong {
    (format!("`{}` is not {what}", shortened(value)), allowed.into())
}

/// What a reader of values says (what is wrong; what is allowed), with the value before it.
fn said(value: &str, why: &str) -> Wrong {
    let (what, allowed) = why.split_once("; ").unwrap_or((why, "write another"));
    (format!("`{}`: {what}", shortened(value)), allowed.into())
}

fn protocols(value: &str) -> Wrong {
    no(value, "a protocol", "write sw (stop-and-wait), gbn (go-back-N) or sr (selective repeat)")
}

fn quantity(value: &str) -> Result<Quantity, Wrong> {
    value.parse().map_err(|why: String| said(value, &why))
}

fn yes_or_no(value: &str) -> Result<bool, Wrong> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(no(value, "an answer", "write yes or no")),
    }
}

/// A line of text in the form in which it is shown.
fn sentence(value: &str, most: usize) -> Result<String, Wrong> {
    let shown = crate::text::line(value).trim().to_owned();
    match shown.len() {
        0 => Err(("nothing of the text can be shown".into(), "write some words".into())),
        length if length > most => Err((format!("the text has {length} bytes"), format!("at most {most} are allowed"))),
        _ => Ok(shown),
    }
}

fn number<T: TryFrom<u64>>(value: &str, allowed: RangeInclusive<u64>) -> Result<T, Wrong> {
    let wrong = || no(value, "such a number", &format!("a whole number from {} to {} is allowed", allowed.start(), allowed.end()));
    let digits = Some(value).filter(|v| v.bytes().all(|b| b.is_ascii_digit()));
    let read = digits.and_then(|digits| digits.parse().ok()).filter(|n| allowed.contains(n));
    read.and_then(|n| T::try_from(n).ok()).ok_or_else(wrong)
}

fn amount(value: &str) -> Result<Amount, Wrong> {
    value.parse().map_err(|why: AmountError| said(value, &why.to_string()))
}

fn probability(value: &str) -> Result<Amount, Wrong> {
    let read = amount(value)?;
    if (Amount::ZERO..=Amount::ONE).contains(&read) { Ok(read) } else { Err(no(value, "a probability", "a number from 0 to 1 is allowed, for example 0.1")) }
}

fn millis(value: &str, allowed: RangeInclusive<i64>) -> Result<Duration, Wrong> {
    let (least, most) = (allowed.start(), allowed.end());
    let nanos = amount(value)?.0;
    let least_to_most = least * 1_000 * MICROS..=most * 1_000 * MICROS;
    match u64::try_from(nanos / MICROS) {
        Ok(micros) if nanos % MICROS == 0 && least_to_most.contains(&nanos) => Ok(Duration::from_micros(micros)),
        _ => Err(no(value, "such a time", &format!("milliseconds from {least} to {most} are allowed, with at most three decimals"))),
    }
}

fn timeout(value: &str) -> Result<Timeout, Wrong> {
    match value {
        "adaptive" => Ok(Timeout::ADAPTIVE),
        "rfc6298" => Ok(Timeout::RFC_6298),
        _ => millis(value, TIMEOUT_MS).map(Timeout::Fixed).map_err(|(what, allowed)| (what, format!("{allowed}, or adaptive, or rfc6298"))),
    }
}
