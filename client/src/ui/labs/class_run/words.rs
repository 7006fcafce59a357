//! An exercise in words: its parameters, its quantities, and numbers as people read and type them.

use std::time::Duration;

use egui::{Align, Layout, Ui};
use lectern_proto::arq::{Protocol, Timeout};
use lectern_proto::lab::class_run::{Amount, AmountError, Exercise, Kind, Path, Quantity, Range};

use super::super::super::tokens::{Type, colors};
use super::super::super::widgets::{say, say_line};
use super::Out;

/// What a quantity is called.
pub(super) fn quantity(quantity: Quantity, cx: &Out<'_>) -> String {
    cx.text(match quantity {
        Quantity::Packets => "classrun-packets",
        Quantity::Retransmissions => "classrun-retransmissions",
        Quantity::Acks => "classrun-acks",
        Quantity::Time => "classrun-time",
        Quantity::Goodput => "classrun-goodput",
        Quantity::Efficiency => "classrun-efficiency",
    })
}

/// How the packets of a run went.
pub(super) fn path(path: Path, cx: &Out<'_>) -> String {
    cx.text(match path {
        Path::Direct => "classrun-direct",
        Path::Relayed => "classrun-relayed",
        Path::Server => "classrun-server",
        Path::Simulated => "classrun-simulated",
    })
}

/// A number with at most three decimals.
pub(super) fn number(amount: Amount) -> String {
    let text = format!("{:.3}", amount.to_f64());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The same with its unit.
pub(super) fn with_unit(quantity: Quantity, amount: Amount) -> String {
    let number = number(amount);
    if quantity.unit().is_empty() { number } else { format!("{number} {}", quantity.unit()) }
}

/// What is expected, in words.
pub(super) fn range(range: Range, cx: &Out<'_>) -> String {
    match (range.least, range.most) {
        (Some(least), Some(most)) => cx.format("classrun-range", &[("least", number(least).into()), ("most", number(most).into())]),
        (Some(least), None) => cx.format("classrun-range-up", &[("least", number(least).into())]),
        (None, Some(most)) => cx.format("classrun-range-down", &[("most", number(most).into())]),
        (None, None) => String::new(),
    }
}

/// A number as somebody types it. A comma is a point, unless it may as well group thousands.
pub(super) fn typed(text: &str) -> Result<Amount, AmountError> {
    let text = text.trim();
    match text.split_once(',') {
        Some((whole, decimals)) if decimals.len() == 3 && !whole.trim_start_matches(['0', '-', '+']).is_empty() => Err(AmountError::Form),
        Some((whole, decimals)) => format!("{whole}.{decimals}").parse(),
        None => text.parse(),
    }
}

/// What is run, a line for each parameter that matters.
pub(super) fn parameters_ui(ui: &mut Ui, exercise: &Exercise, cx: &Out<'_>) {
    let c = colors(ui);
    ui.spacing_mut().interact_size.y = Type::Body.line();
    for (key, value) in parameters(exercise, cx) {
        ui.horizontal(|ui| {
            say(ui, Type::Body, c.t2, cx.text(key));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| say_line(ui, Type::Mono, c.t1, value));
        });
    }
}

fn parameters(exercise: &Exercise, cx: &Out<'_>) -> Vec<(&'static str, String)> {
    let protocol = match exercise.protocol {
        Protocol::StopAndWait => "arq-sw",
        Protocol::GoBackN => "arq-gbn",
        Protocol::SelectiveRepeat => "arq-sr",
    };
    let mut rows = vec![
        ("arq-protocol", cx.text(protocol)),
        ("arq-window", exercise.window.to_string()),
        ("arq-packets", exercise.packets().to_string()),
        ("arq-packet", format!("{} B", exercise.packet)),
    ];
    if exercise.space.bits() < 32 {
        rows.push(("arq-bits", exercise.space.bits().to_string()));
    }
    rows.push(("arq-loss", percent(exercise.loss)));
    rows.push(("arq-ack-loss", percent(exercise.ack_loss)));
    let rare = [("arq-damage", exercise.corrupt), ("arq-duplicate", exercise.duplicate)];
    rows.extend(rare.into_iter().filter(|(_, p)| *p > Amount::ZERO).map(|(key, p)| (key, percent(p))));
    if exercise.kind == Kind::Simulation {
        let rate = if exercise.rate_kbps == 0 { cx.text("arq-no-rate") } else { format!("{} kbit/s", exercise.rate_kbps) };
        rows.extend([("arq-delay", format!("{} ms", millis(exercise.delay))), ("arq-rate", rate)]);
    }
    rows.push(("arq-timeout", timeout(exercise.timeout, cx)));
    rows
}

fn timeout(timeout: Timeout, cx: &Out<'_>) -> String {
    match timeout {
        Timeout::Fixed(time) => cx.format("arq-timeout-fixed", &[("ms", millis(time).into())]),
        timeout if timeout == Timeout::RFC_6298 => "RFC 6298".to_owned(),
        Timeout::Adaptive { .. } => cx.text("classrun-adaptive"),
    }
}

/// A probability in percent.
fn percent(probability: Amount) -> String {
    format!("{} %", number(Amount(probability.0.saturating_mul(100))))
}

fn millis(time: Duration) -> String {
    number(Amount::ratio(time.as_micros(), 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_is_a_point_where_it_can_be_nothing_else() {
        let check = |text: &str, want: Option<i64>| assert_eq!(typed(text).ok(), want.map(Amount), "{text}");
        check(" 66 ", Some(66_000_000));
        check("0,7", Some(700_000));
        check("0,125", Some(125_000));
        check("12,5", Some(12_500_000));
        check("1,000", None);
        check("1,000,000", None);
        check("1.5,5", None);
        check("", None);
        check("many", None);
    }

    #[test]
    fn numbers_are_short() {
        for (millionths, want) in [(66_000_000, "66"), (666_667, "0.667"), (700_000, "0.7"), (1, "0"), (0, "0"), (98_304, "0.098")] {
            assert_eq!(number(Amount(millionths)), want);
        }
        assert_eq!(percent(Amount(50_000)), "5 %");
    }
}
