//! Rows of measurements: ours, the other side, the ratio of their medians, and the goal.

use std::fmt::Write;

/// Measured values of one side.
#[derive(Debug, Clone, Default)]
pub struct Values(pub Vec<f64>);

impl Values {
    /// The middle value.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        match sorted.len() {
            0 => f64::NAN,
            n if n % 2 == 1 => sorted[n / 2],
            n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
        }
    }

    fn text(&self, unit: &str) -> String {
        let (min, max) = self.0.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
        format!("{} {unit} ({} to {}, n = {})", short(self.median()), short(min), short(max), self.0.len())
    }
}

fn short(v: f64) -> String {
    if !v.is_finite() {
        return "–".to_owned();
    }
    if v.abs() >= 100.0 {
        format!("{v:.0}")
    } else if v.abs() >= 10.0 {
        format!("{v:.1}")
    } else {
        format!("{v:.2}")
    }
}

#[derive(Debug)]
struct Row {
    what: String,
    ours: String,
    other: String,
    ratio: String,
    goal: String,
    verdict: &'static str,
}

/// The table of one run.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// A row whose goal is on our value, with what the bare limit takes beside it.
    pub fn value(&mut self, what: &str, unit: &str, ours: &Values, other: (&str, &Values), goal: f64) {
        let met = ours.median() <= goal;
        self.push(what, unit, ours, other, format!("≤ {} {unit}", short(goal)), met);
    }

    /// A row whose goal is on the ratio.
    pub fn ratio(&mut self, what: &str, unit: &str, ours: &Values, other: (&str, &Values), goal: f64) {
        let met = ours.median() / other.1.median() <= goal;
        self.push(what, unit, ours, other, format!("≤ {} times", short(goal)), met);
    }

    fn push(&mut self, what: &str, unit: &str, ours: &Values, (name, other): (&str, &Values), goal: String, met: bool) {
        let row = Row {
            what: what.to_owned(),
            ours: ours.text(unit),
            other: format!("{name}: {}", other.text(unit)),
            ratio: short(ours.median() / other.median()),
            goal,
            verdict: if met { "met" } else { "missed" },
        };
        eprintln!("  {}: {} | {} | ratio {} | goal {} {}", row.what, row.ours, row.other, row.ratio, row.goal, row.verdict);
        self.rows.push(row);
    }

    /// The whole document.
    pub fn to_markdown(&self, machine: &str) -> String {
        let mut out = String::from(
            "# Benchmarks\n\nWritten by `make bench`. Each row is measured beside its other side in the same run; values are medians (smallest to largest, number of runs).\n\n",
        );
        let _ = writeln!(out, "{machine}\n");
        out.push_str("| what | ours | the other side | ratio | goal | |\n|---|---|---|---|---|---|\n");
        for r in &self.rows {
            let _ = writeln!(out, "| {} | {} | {} | {} | {} | {} |", r.what, r.ours, r.other, r.ratio, r.goal, r.verdict);
        }
        out
    }
}
