//! Whether somebody speaks into a microphone, by how loud it is, ten times a second: for the roster, which shows who is heard.
//!
//! A knock is no voice, and a pause between two words no end; what is told changes a few times a second at most.

use std::time::Duration;

/// The loudest sample of a tenth of a second with which a voice begins, and with which it goes on, in dB below full scale. A voice is
/// brought to -16 LUFS before; the noise of the room between the words is raised along, by 24 dB at most.
pub const BEGINS_DB: f32 = -34.0;
pub const GOES_ON_DB: f32 = -40.0;
/// So many tenths in a row are no knock.
pub const TENTHS: u8 = 2;
/// What is quiet for so long is no pause between words.
pub const PAUSE_MAX: Duration = Duration::from_millis(500);
/// Least time from an end to the next beginning.
pub const REST_MIN: Duration = Duration::from_millis(300);

/// Somebody at a microphone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Voice {
    speaks: bool,
    /// Loud tenths in a row.
    loud: u8,
    /// When it was loud last.
    loud_at: Duration,
    /// When it ended last.
    ended_at: Option<Duration>,
}

impl Voice {
    /// Takes the loudest sample of a tenth of a second, in dB below full scale, at a time that rises; says whether somebody speaks.
    pub fn heard(&mut self, now: Duration, peak_db: f32) -> bool {
        if self.speaks {
            if peak_db >= GOES_ON_DB {
                self.loud_at = now;
            } else if now >= self.loud_at + PAUSE_MAX {
                *self = Self { ended_at: Some(now), ..Self::default() };
            }
            return self.speaks;
        }
        self.loud = if peak_db >= BEGINS_DB { self.loud.saturating_add(1) } else { 0 };
        let has_rested = self.ended_at.is_none_or(|at| now >= at + REST_MIN);
        if self.loud >= TENTHS && has_rested {
            (self.speaks, self.loud_at) = (true, now);
        }
        self.speaks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of tenths of a second, one after another; the levels are repeated so often.
    fn said(levels: &[(f32, usize)]) -> String {
        let mut voice = Voice::default();
        let tenths = levels.iter().flat_map(|(db, times)| std::iter::repeat_n(*db, *times));
        tenths.zip(0u64..).map(|(db, n)| if voice.heard(Duration::from_millis(100 * n), db) { '#' } else { '.' }).collect()
    }

    #[test]
    fn a_voice_begins_and_ends_and_a_knock_or_a_pause_is_neither() {
        assert_eq!(said(&[(-90.0, 3), (-20.0, 4), (-90.0, 8)]), "....#######....");
        assert_eq!(said(&[(-90.0, 2), (-3.0, 1), (-90.0, 4)]), ".......", "a knock");
        assert_eq!(said(&[(-20.0, 3), (-90.0, 4), (-20.0, 3)]), ".#########", "a pause");
        assert_eq!(said(&[(-38.0, 4), (-33.0, 2), (-38.0, 9)]), ".....##########", "what is too quiet to begin is loud enough to go on");
        assert_eq!(said(&[(f32::NAN, 3), (-20.0, 2), (f32::NAN, 6)]), "....#####..", "no level is no voice");
        // Loud at once after an end: it rests first.
        assert_eq!(said(&[(-20.0, 2), (-90.0, 5), (-20.0, 6)]), ".#####...####");
    }

    #[test]
    fn however_it_flickers_it_is_told_seldom() {
        // Half a second of quiet and two loud tenths, again and again: the most changes that there can be.
        let levels: Vec<_> = std::iter::repeat_n([(-20.0, 2), (-90.0, 6)], 100).flatten().collect();
        let said = said(&levels);
        let changes = said.as_bytes().windows(2).filter(|w| w[0] != w[1]).count();
        assert!(changes * 10 <= said.len() * 3, "{changes} in {} tenths", said.len());
        assert!(changes > 100, "and it is told: {changes}");
    }
}
