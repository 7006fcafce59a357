//! Times as people read them.

use std::time::Duration;

use lectern_proto::control::Damage;

use super::command::Cx;

/// `0:07`, `18:15`, `1:04:11`.
#[must_use]
pub fn clock(us: u64) -> String {
    let s = us / 1_000_000;
    let (h, m, s) = (s / 3600, s / 60 % 60, s % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// A position written as wide as the whole length, so that nothing jumps while it runs: `00:07` of `42:10`.
#[must_use]
pub fn position(us: u64, whole_us: u64) -> String {
    let (text, whole) = (clock(us), clock(whole_us));
    let missing = whole.len().saturating_sub(text.len());
    let pad: String = whole.chars().take(missing).map(|c| if c == ':' { ':' } else { '0' }).collect();
    pad + &text
}

/// Seconds with one decimal, rounded up: nothing that is lost is shown as none.
#[must_use]
pub fn seconds(us: u64) -> String {
    let tenths = us.div_ceil(100_000);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// What of a video could not be read, in words.
#[must_use]
pub(crate) fn damage(damage: &Damage, cx: &Cx<'_>) -> String {
    let lost = seconds(damage.lost_us);
    let around = clock(damage.around_us);
    cx.strings.format("card-damage", &[("lost", lost.into()), ("around", around.into()), ("places", damage.places.into())])
}

/// Whole milliseconds, with one decimal below ten.
#[must_use]
pub fn milliseconds(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1e3;
    if ms < 10.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}

/// Bits per second as `0.2 Mbit/s`.
#[must_use]
pub fn bitrate(bps: u32) -> String {
    let mbit = f64::from(bps) / 1e6;
    if mbit < 0.1 { format!("{mbit:.2} Mbit/s") } else { format!("{mbit:.1} Mbit/s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks() {
        let check = |s: u64, want: &str| assert_eq!(clock(s * 1_000_000), want);
        check(0, "0:00");
        check(59, "0:59");
        check(1_095, "18:15");
        check(3_851, "1:04:11");
        assert_eq!(clock(999_999), "0:00");
        assert!(!clock(u64::MAX).is_empty());
    }

    #[test]
    fn positions_are_as_wide_as_the_whole() {
        let check = |s: u64, whole: u64, want: &str| assert_eq!(position(s * 1_000_000, whole * 1_000_000), want);
        check(7, 2_530, "00:07");
        check(7, 3_851, "0:00:07");
        check(61, 70, "1:01");
        check(80, 70, "1:20");
    }

    #[test]
    fn small_quantities() {
        assert_eq!(milliseconds(Duration::from_micros(3_140)), "3.1 ms");
        assert_eq!(milliseconds(Duration::from_millis(12)), "12 ms");
        assert_eq!(bitrate(2_500_000), "2.5 Mbit/s");
        assert_eq!(bitrate(64_000), "0.06 Mbit/s");
    }
}
