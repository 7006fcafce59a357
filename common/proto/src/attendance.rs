//! Attendance as a table that spreadsheets read: CSV by RFC 4180, in UTF-8.
//!
//! People choose their names, and a spreadsheet takes a cell that begins like a formula for one: such a text gets an apostrophe in
//! front (OWASP, "CSV Injection").

use crate::control::{Role, Stay};

/// The table with its head; times in UTC (RFC 3339), a stay that lasts has no end.
#[must_use]
pub fn csv(stays: &[Stay]) -> String {
    let mut out = String::from("name,role,from,until,seconds\r\n");
    for stay in stays {
        let role = match stay.role {
            Role::Student => "student",
            Role::Instructor => "instructor",
            Role::Assistant => "assistant",
            Role::Guest => "guest",
        };
        let until = stay.until_s.map(moment).unwrap_or_default();
        let seconds = stay.until_s.map(|until| until.saturating_sub(stay.from_s).max(0).to_string()).unwrap_or_default();
        out.push_str(&format!("{},{role},{},{until},{seconds}\r\n", field(&stay.name), moment(stay.from_s)));
    }
    out
}

/// One cell: never a formula, quoted always.
pub(crate) fn field(text: &str) -> String {
    // What a spreadsheet leaves out at the front does not hide a formula behind it.
    let begins = text.trim_start().chars().next();
    let guard = if begins.is_some_and(|c| "=+-@|%\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(c)) || text.starts_with(['\t', '\r', '\n']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Seconds since 1970-01-01 as a moment in UTC (RFC 3339). Days to dates: Hinnant, "chrono-compatible low-level date algorithms",
/// `civil_from_days`.
fn moment(unix_s: i64) -> String {
    let (days, second) = (unix_s.div_euclid(86_400), unix_s.rem_euclid(86_400));
    let z = days + 719_468;
    let (era, day_of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) = (day_of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::PersonId;

    #[test]
    fn names_are_no_formulas() {
        for (name, want) in [
            ("Ana", "\"Ana\""),
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            (" =1", "\"' =1\""),
            ("\t=1", "\"'\t=1\""),
            ("\u{ff1d}1", "\"'\u{ff1d}1\""),
            ("a,b\"c", "\"a,b\"\"c\""),
            ("Jean-Luc", "\"Jean-Luc\""),
        ] {
            assert_eq!(field(name), want, "{name:?}");
        }
    }

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (unix_s, want) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_244_400, "2026-11-21T07:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(moment(unix_s), want);
        }
    }

    #[test]
    fn a_table_with_and_without_an_end() {
        let stay = |until_s| Stay { person: PersonId(1), name: "Ana".into(), role: Role::Student, from_s: 0, until_s };
        let want = "name,role,from,until,seconds\r\n\"Ana\",student,1970-01-01T00:00:00Z,1970-01-01T00:01:30Z,90\r\n\"Ana\",student,1970-01-01T00:00:00Z,,\r\n";
        assert_eq!(csv(&[stay(Some(90)), stay(None)]), want);
    }
}
