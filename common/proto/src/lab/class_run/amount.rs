//! Numbers that people predict and ranges that they should lie in: decimals with six places, compared and sent exactly.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Millionths in one.
const ONE: i64 = 1_000_000;
/// Decimal places.
const PLACES: usize = 6;
/// The largest number that is read, in millionths: a million millions.
const MOST: i64 = 1_000_000_000_000 * ONE;

/// A decimal number in millionths. In JSON it is a text, as `"0.7"`, so that no program in between rounds it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(pub i64);

/// A text that is no [`Amount`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("it is not a number; write digits, and a point before decimals, for example 0.25")]
    Form,
    #[error("it has more than six decimals; write fewer")]
    Places,
    #[error("it is too large; at most 1000000000000 is allowed")]
    Large,
}

impl Amount {
    pub const ZERO: Self = Self(0);
    pub const ONE: Self = Self(ONE);

    /// A whole number; what is too large is the largest.
    #[must_use]
    pub fn whole(n: u64) -> Self {
        Self::ratio(n.into(), 1)
    }

    /// `above / below`, rounded to the nearest millionth; what is too large is the largest, and so is anything over 0.
    #[must_use]
    pub fn ratio(above: u128, below: u128) -> Self {
        let millionths = above.saturating_mul(ONE as u128).saturating_add(below / 2).checked_div(below);
        Self(millionths.and_then(|m| i64::try_from(m).ok()).unwrap_or(i64::MAX))
    }

    /// The nearest millionth; what is no number is 0.
    #[must_use]
    pub fn nearest(number: f64) -> Self {
        // A conversion saturates.
        Self((number * ONE as f64).round() as i64)
    }

    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0.unsigned_abs() / ONE as u64, self.0.unsigned_abs() % ONE as u64);
        let sign = if self.0 < 0 { "-" } else { "" };
        let decimals = format!("{rest:06}");
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            decimals => write!(f, "{sign}{whole}.{decimals}"),
        }
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        if ![whole, decimals].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())) {
            return Err(AmountError::Form);
        }
        if decimals.len() > PLACES {
            return Err(AmountError::Places);
        }
        let millionths = format!("{whole}{decimals:0<PLACES$}").parse().ok().filter(|m: &i64| *m <= MOST).ok_or(AmountError::Large)?;
        Ok(Self(sign * millionths))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { to.serialize_i64(self.0) }
    }
}

impl<'a> Deserialize<'a> for Amount {
    fn deserialize<D: Deserializer<'a>>(from: D) -> Result<Self, D::Error> {
        if !from.is_human_readable() {
            return i64::deserialize(from).map(Self);
        }
        let text = String::deserialize(from)?;
        text.parse().or_else(|why| extreme(&text).ok_or(why)).map_err(serde::de::Error::custom)
    }
}

/// A number beyond those that people may write, as a saturated one is written.
fn extreme(text: &str) -> Option<Amount> {
    [i64::MIN, i64::MAX].map(Amount).into_iter().find(|amount| amount.to_string() == text)
}

/// What is expected: at least, at most, or both; the ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Range {
    pub least: Option<Amount>,
    pub most: Option<Amount>,
}

impl Range {
    #[must_use]
    pub fn contains(&self, amount: Amount) -> bool {
        self.least.is_none_or(|least| least <= amount) && self.most.is_none_or(|most| amount <= most)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |amount: Option<Amount>| amount.map(|a| a.to_string()).unwrap_or_default();
        write!(f, "{}..{}", end(self.least), end(self.most))
    }
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((least, most)) = text.split_once("..") else {
            return Err("it is not a range; write 60..80, 60.. or ..80".into());
        };
        let end = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|why: AmountError| format!("one of its ends: {why}")),
        };
        match (end(least)?, end(most)?) {
            (None, None) => Err("it has no end; write 60..80, 60.. or ..80".into()),
            (Some(least), Some(most)) if least > most => Err(format!("it begins above its end; write {most}..{least}")),
            (least, most) => Ok(Self { least, most }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_read_and_written() {
        for (text, millionths, written) in [
            ("0", 0, "0"),
            ("60", 60_000_000, "60"),
            ("0.25", 250_000, "0.25"),
            ("+1.50", 1_500_000, "1.5"),
            ("-0.000001", -1, "-0.000001"),
            ("007.", 0, ""),
            (".5", 0, ""),
            ("1,5", 0, ""),
            ("1e3", 0, ""),
            ("", 0, ""),
            ("--1", 0, ""),
            ("0.1234567", 0, ""),
            ("1000000000000", MOST, "1000000000000"),
            ("1000000000000.000001", 0, ""),
            ("99999999999999999999999999", 0, ""),
            ("٣", 0, ""),
        ] {
            let read = text.parse::<Amount>();
            match written {
                "" => assert!(read.is_err(), "{text}: {read:?}"),
                written => assert_eq!((read, Amount(millionths).to_string().as_str()), (Ok(Amount(millionths)), written), "{text}"),
            }
        }
        assert_eq!(Amount(i64::MIN).to_string(), "-9223372036854.775808");
    }

    #[test]
    fn ratios_are_rounded_and_bounded() {
        assert_eq!(Amount::ratio(2, 3), Amount(666_667));
        assert_eq!((Amount::ratio(u128::MAX, 1), Amount::ratio(1, 0), Amount::whole(u64::MAX)), (Amount(i64::MAX), Amount(i64::MAX), Amount(i64::MAX)));
        assert_eq!((Amount::nearest(f64::NAN), Amount::nearest(0.1 + 0.2)), (Amount::ZERO, Amount(300_000)));
    }

    #[test]
    fn ranges_have_one_end_at_least() {
        for text in ["60..80", "0.7..1", "60..", "..80", "-3..-1"] {
            assert_eq!(text.parse::<Range>().map(|r| r.to_string()), Ok(text.to_owned()));
        }
        for (text, told) in [("60", "not a range"), ("..", "no end"), ("80..60", "60..80"), ("1...2", "one of its ends"), ("a..b", "one of its ends")] {
            assert!(text.parse::<Range>().is_err_and(|why| why.contains(told)), "{text}");
        }
        let range: Range = "60..80".parse().expect("a range");
        assert_eq!([59_999_999, 60_000_000, 80_000_000, 80_000_001].map(|m| range.contains(Amount(m))), [false, true, true, false]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(millionths in -MOST..=MOST) {
            prop_assert_eq!(Amount(millionths).to_string().parse(), Ok(Amount(millionths)));
        }

        #[test]
        fn every_amount_goes_into_a_file_and_over_the_wire(millionths in prop_oneof![-MOST..=MOST, Just(i64::MIN), Just(i64::MAX)]) {
            let amount = Amount(millionths);
            prop_assert_eq!(serde_json::from_str::<Amount>(&serde_json::to_string(&amount).expect("JSON")).expect("the same"), amount);
            prop_assert_eq!(crate::wire::decode::<Amount>(&crate::wire::encode(&amount)), Ok(amount));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = (text.parse::<Amount>(), text.parse::<Range>());
        }
    }
}
