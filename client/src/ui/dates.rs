//! Days as people say them: `6 Nov`, `6. Nov.`, with the year where it is not this one.
//!
//! Days are those of this computer's clock on the wall; where its time zone is not known, those of UTC.

use time::{Date, OffsetDateTime, UtcOffset};

use super::strings::Strings;

/// The day of a moment in seconds since 1970-01-01; none for moments that no calendar has.
#[must_use]
pub(crate) fn day(strings: &Strings, seconds: u64) -> Option<String> {
    Some(written(strings, local(seconds)?, here(OffsetDateTime::now_utc()).date()))
}

fn local(seconds: u64) -> Option<Date> {
    let moment = OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()?;
    Some(here(moment).date())
}

fn here(moment: OffsetDateTime) -> OffsetDateTime {
    let offset = UtcOffset::local_offset_at(moment).unwrap_or(UtcOffset::UTC);
    // Only the first and last hours of the calendar have no place in another zone.
    moment.checked_to_offset(offset).unwrap_or(moment)
}

fn written(strings: &Strings, day: Date, today: Date) -> String {
    let month = strings.format("date-month", &[("month", u8::from(day.month()).into())]);
    let mut parts = vec![("day", day.day().into()), ("month", month.into())];
    if day.year() == today.year() {
        return strings.format("date-day", &parts);
    }
    parts.push(("year", day.year().to_string().into()));
    strings.format("date-day-year", &parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::strings::Language;
    use time::Month;

    #[test]
    fn days_in_both_languages() {
        let (english, german) = (Strings::new(Language::English), Strings::new(Language::German));
        let date = |year, month, day| Date::from_calendar_date(year, month, day).expect("a day");
        let today = date(2026, Month::November, 20);
        let check = |day: Date, want: [&str; 2]| assert_eq!([written(&english, day, today), written(&german, day, today)], want);
        check(date(2026, Month::November, 6), ["6 Nov", "6. Nov."]);
        check(date(2025, Month::March, 31), ["31 Mar 2025", "31. März 2025"]);
        check(date(2027, Month::January, 1), ["1 Jan 2027", "1. Jan. 2027"]);
        let months = |strings: &Strings| (1..=12_u8).map(|m| strings.format("date-month", &[("month", m.into())])).collect::<std::collections::BTreeSet<_>>();
        assert_eq!((months(&english).len(), months(&german).len()), (12, 12), "no month has another's name");
    }

    #[test]
    fn no_moment_of_a_file_is_too_much() {
        let strings = Strings::new(Language::English);
        assert!(day(&strings, 0).is_some());
        for far in [u64::MAX, i64::MAX as u64, 253_402_300_800] {
            assert_eq!(day(&strings, far), None, "{far}");
        }
        assert!(day(&strings, 253_402_300_799).is_some(), "the last second of the year 9999");
    }
}
