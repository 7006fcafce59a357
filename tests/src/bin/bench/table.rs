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

/// One row as it is written; what it is about and the other side's name tell it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    what: String,
    other: String,
    line: String,
}

impl Row {
    fn new(cells: &[&str]) -> Option<Self> {
        let name = |cell: &str| cell.split(": ").next().unwrap_or_default().to_owned();
        // A count in brackets is of that run.
        let what = cells.first()?.split(" (").next()?.to_owned();
        Some(Self { what, other: name(cells.get(2)?), line: format!("| {} |", cells.join(" | ")) })
    }

    fn read(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        Self::new(&cells).filter(|_| cells.len() == COLUMNS.len() && cells != COLUMNS)
    }

    fn is_of(&self, other: &Self) -> bool {
        (&self.what, &self.other) == (&other.what, &other.other)
    }
}

const COLUMNS: [&str; 7] = ["what", "ours", "the other side", "ratio", "goal", "verdict", "measured"];

/// The table of one run.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// A row whose goal is on our value, with what the bare limit takes beside it.
    pub fn value(&mut self, what: &str, unit: &str, ours: &Values, other: (&str, &Values), goal: f64) {
        let met = ours.median() <= goal;
        self.push(what, unit, ours, other, &format!("≤ {} {unit}", short(goal)), met);
    }

    /// A row whose goal is that our value is not below it.
    pub fn at_least(&mut self, what: &str, unit: &str, ours: &Values, other: (&str, &Values), goal: f64) {
        let met = ours.median() >= goal;
        self.push(what, unit, ours, other, &format!("≥ {} {unit}", short(goal)), met);
    }

    /// A row whose goal is on the ratio.
    pub fn ratio(&mut self, what: &str, unit: &str, ours: &Values, other: (&str, &Values), goal: f64) {
        let met = ours.median() / other.1.median() <= goal;
        self.push(what, unit, ours, other, &format!("≤ {} times", short(goal)), met);
    }

    fn push(&mut self, what: &str, unit: &str, ours: &Values, (name, other): (&str, &Values), goal: &str, met: bool) {
        let (ours_text, other_text) = (ours.text(unit), format!("{name}: {}", other.text(unit)));
        let (ratio, verdict) = (short(ours.median() / other.median()), if met { "met" } else { "missed" });
        eprintln!("  {what}: {ours_text} | {other_text} | ratio {ratio} | goal {goal} {verdict}");
        self.rows.extend(Row::new(&[what, &ours_text, &other_text, &ratio, goal, verdict, &crate::machine::now()]));
    }

    /// The whole document.
    pub fn to_markdown(&self, machine: &str) -> String {
        let mut out = String::from(
            "# Benchmarks\n\nWritten by `make bench`. Each row is measured beside its other side in the same run; values are medians (smallest to largest, number of runs). Times are UTC. A row that was measured on another machine names it.\n\n",
        );
        let _ = writeln!(out, "{machine}\n\n| {} |\n|{}", COLUMNS.join(" | "), "---|".repeat(COLUMNS.len()));
        for row in &self.rows {
            let _ = writeln!(out, "{}", row.line);
        }
        out
    }

    /// An earlier document with these rows in the place of older ones, new ones at the end. Rows of another machine than the document's
    /// name theirs. None when it is no such document.
    pub fn written_over(&self, machine: &str, earlier: &str) -> Option<String> {
        let head = earlier.lines().find(|line| line.starts_with(MACHINE))?;
        let note = (head != machine).then(|| format!(", {}", model(machine)));
        let mut rows: Vec<Row> = earlier.lines().filter_map(Row::read).collect();
        for row in &self.rows {
            let row = Row { line: row.line.strip_suffix(" |").map(|cells| format!("{cells}{} |", note.as_deref().unwrap_or_default()))?, ..row.clone() };
            match rows.iter_mut().find(|r| r.is_of(&row)) {
                Some(older) => *older = row,
                None => rows.push(row),
            }
        }
        Some(Self { rows }.to_markdown(head))
    }
}

/// What the line about the machine begins with.
const MACHINE: &str = "Machine: ";

/// Processor and cores of such a line.
fn model(machine: &str) -> String {
    machine.trim_start_matches(MACHINE).split(", ").take(2).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(&str, &str, f64)]) -> Table {
        let mut table = Table::default();
        for (what, other, value) in rows {
            table.ratio(what, "s", &Values(vec![*value]), (other, &Values(vec![1.0])), 2.0);
        }
        table
    }

    #[test]
    fn parts_are_written_in_place() {
        let whole = table(&[("a", "x", 1.0), ("a", "y", 2.0), ("b (3 of 12)", "x", 3.0)]).to_markdown("Machine: one");
        let part = table(&[("a", "y", 4.0), ("b (5 of 12)", "x", 5.0), ("c", "x", 6.0)]);
        let both = part.written_over("Machine: one", &whole).expect("of the same machine");
        let ours: Vec<_> = both.lines().filter_map(Row::read).map(|r| (r.what, r.line.split(" | ").nth(1).expect("ours")[..4].to_owned())).collect();
        let want = [("a", "1.00"), ("a", "4.00"), ("b", "5.00"), ("c", "6.00")].map(|(what, ours)| (what.to_owned(), ours.to_owned()));
        assert_eq!(ours, want);
        assert!(Table::default().written_over("Machine: one", &both).is_some_and(|same| same == both), "what is read is written as it was");
        let other = part.written_over("Machine: two, 2 cores, 1 kB", &whole).expect("a document");
        let noted: Vec<_> = other.lines().filter_map(Row::read).filter(|r| r.line.ends_with(", two, 2 cores |")).map(|r| r.what).collect();
        assert_eq!((noted, other.contains("Machine: one\n")), (["a", "b", "c"].map(str::to_owned).to_vec(), true));
        assert!(part.written_over("Machine: two", "something else").is_none());
    }
}
