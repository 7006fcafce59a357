//! An exercise as text: every key with its value, in one order. Reading it gives the same exercise.

use std::fmt::Display;

use super::{Exercise, Kind};
use crate::arq::Timeout;

impl Exercise {
    /// The text of an exercise. What [`Exercise::parse`] gave is given again.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = Text::default();
        text.section("exercise");
        text.key("title", &self.title);
        self.text.iter().for_each(|paragraph| text.key("text", paragraph));
        text.key("kind", self.kind);
        text.section("run");
        text.key("protocol", self.protocol.short());
        text.key("window", self.window);
        text.key("sequence_bits", self.space.bits());
        if self.unsafe_window {
            text.key("unsafe_window", "yes");
        }
        text.key("packet", self.packet);
        text.key("bytes", self.bytes);
        for (key, probability) in [("loss", self.loss), ("ack_loss", self.ack_loss), ("corrupt", self.corrupt), ("duplicate", self.duplicate)] {
            text.key(key, probability);
        }
        match self.timeout {
            Timeout::Fixed(time) => text.key("timeout_ms", millis(time)),
            timeout if timeout == Timeout::RFC_6298 => text.key("timeout_ms", "rfc6298"),
            Timeout::Adaptive { .. } => text.key("timeout_ms", "adaptive"),
        }
        text.key("overtaken", self.overtaken.unwrap_or(0));
        if self.kind == Kind::Simulation {
            text.key("delay_ms", millis(self.delay));
            text.key("rate_kbps", self.rate_kbps);
        }
        text.key("seed", self.seed);
        text.section("question");
        text.key("ask", &self.ask);
        text.key("about", self.about);
        if !self.expect.is_empty() {
            text.section("expect");
        }
        self.expect.iter().for_each(|(quantity, range)| text.key(quantity.name(), range));
        text.0
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn section(&mut self, name: &str) {
        let gap = if self.0.is_empty() { "" } else { "\n" };
        self.0.push_str(&format!("{gap}[{name}]\n"));
    }

    fn key(&mut self, key: &str, value: impl Display) {
        self.0.push_str(&format!("{key} = {value}\n"));
    }
}

/// Whole microseconds as milliseconds.
fn millis(time: std::time::Duration) -> super::Amount {
    super::Amount::ratio(time.as_micros(), 1_000)
}
