//! What people type: codes, bits, hexadecimal digits, places of flips and bursts.

use super::code::{Code, CodeError};
use super::{LENGTH_MAX, Order};

/// Why text is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    #[error("character {at} of the bits is '{found}'; bits are 0 and 1, with spaces where you like")]
    Bit { at: usize, found: char },
    #[error("character {at} of the hexadecimal digits is '{found}'; they are 0 to 9 and a to f, with spaces where you like")]
    Digit { at: usize, found: char },
    #[error("the last byte has one hexadecimal digit; two make a byte")]
    HalfByte,
    #[error("'{0}' is no place of a bit: write its number in the message, from 1, or block:number, as 2:5")]
    Place(String),
    #[error("'{0}' is no burst: write its length, or first+length, as 5+3")]
    Burst(String),
    #[error(transparent)]
    Code(#[from] CodeError),
}

/// Block length and data bits, as `7,4`, `(15, 11)` or `72/64`.
///
/// # Errors
/// [`CodeError::Form`].
pub fn lengths(text: &str) -> Result<(usize, usize), CodeError> {
    let inner = text.trim().trim_start_matches('(').trim_end_matches(')');
    let number = |part: &str| part.trim().parse::<usize>().ok().filter(|n| *n <= 2 * LENGTH_MAX);
    let pair = inner.split_once([',', '/']).and_then(|(n, k)| Some((number(n)?, number(k)?)));
    pair.ok_or_else(|| CodeError::Form(text.to_owned()))
}

/// A code by its lengths.
///
/// # Errors
/// Those of [`lengths`] and [`Code::of_length`].
pub fn code(text: &str, secded: bool, order: Order) -> Result<Code, CodeError> {
    let (n, k) = lengths(text)?;
    Code::of_length(n, k, secded, order)
}

/// Digits 0 and 1 as bytes, the first in the highest bit, and how many there are. White space and underscores do not count.
///
/// # Errors
/// [`InputError::Bit`].
pub fn bits(text: &str) -> Result<(Vec<u8>, u64), InputError> {
    let (mut bytes, mut count) = (Vec::new(), 0u64);
    for (at, c) in text.chars().enumerate().filter(|(_, c)| !is_between(*c)) {
        let bit = match c {
            '0' => 0,
            '1' => 1,
            found => return Err(InputError::Bit { at: at + 1, found }),
        };
        if count.is_multiple_of(8) {
            bytes.push(0);
        }
        if let Some(last) = bytes.last_mut() {
            *last |= bit << (7 - count % 8);
        }
        count += 1;
    }
    Ok((bytes, count))
}

/// Hexadecimal digits as bytes; white space, underscores and `0x` before them do not count.
///
/// # Errors
/// [`InputError::Digit`] and [`InputError::HalfByte`].
pub fn hex(text: &str) -> Result<Vec<u8>, InputError> {
    let before = text.len() - text.trim_start().len();
    let skipped = if text.trim_start().starts_with("0x") { text[..before].chars().count() + 2 } else { 0 };
    let mut digits = Vec::new();
    for (at, c) in text.chars().enumerate().skip(skipped).filter(|(_, c)| !is_between(*c)) {
        digits.push(c.to_digit(16).ok_or(InputError::Digit { at: at + 1, found: c })? as u8);
    }
    let (pairs, left) = digits.as_chunks::<2>();
    if left.is_empty() { Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect()) } else { Err(InputError::HalfByte) }
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || c == '_'
}

/// Places of bits, from 1, with commas between them: of the whole message as `17`, or in a block of `n` bits as `3:5`. Given from 0.
///
/// # Errors
/// [`InputError::Place`].
pub fn places(text: &str, n: u64) -> Result<Vec<u64>, InputError> {
    let place = |part: &str| {
        let number = |text: &str| text.trim().parse::<u64>().ok().and_then(|i| i.checked_sub(1));
        match part.split_once(':') {
            Some((block, bit)) => number(block)?.checked_mul(n)?.checked_add(number(bit).filter(|bit| *bit < n)?),
            None => number(part),
        }
    };
    let parts = text.split(',').filter(|part| !part.trim().is_empty());
    parts.map(|part| place(part).ok_or_else(|| InputError::Place(part.trim().to_owned()))).collect()
}

/// A burst's first bit, given from 0, where it is named, and its length: `3` or `5+3`.
///
/// # Errors
/// [`InputError::Burst`].
pub fn burst(text: &str) -> Result<(Option<u64>, u64), InputError> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let parsed = match text.split_once('+') {
        Some((first, length)) => number(first).and_then(|i| i.checked_sub(1)).zip(number(length)).map(|(first, length)| (Some(first), length)),
        None => number(text).map(|length| (None, length)),
    };
    parsed.ok_or_else(|| InputError::Burst(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_write_is_read() {
        assert_eq!((lengths("7,4"), lengths(" (15, 11) "), lengths("72/64")), (Ok((7, 4)), Ok((15, 11)), Ok((72, 64))));
        assert_eq!(bits("0110 011"), Ok((vec![0b0110_0110], 7)));
        assert_eq!(hex(" 0x48 69_0A"), Ok(vec![0x48, 0x69, 10]));
        assert_eq!((places("1, 7,2:1", 7), places("", 7)), (Ok(vec![0, 6, 7]), Ok(vec![])));
        assert_eq!((burst("3"), burst("5+3")), (Ok((None, 3)), Ok((Some(4), 3))));
        assert_eq!((bits(""), hex("")), (Ok((vec![], 0)), Ok(vec![])));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(bits("01 2"), Err(InputError::Bit { at: 4, found: '2' }));
        assert_eq!((hex("4ü"), hex("123")), (Err(InputError::Digit { at: 2, found: 'ü' }), Err(InputError::HalfByte)));
        for text in ["0", "x", "1:8", "0:1", "-1", "2:", "99999999999999999999", "18446744073709551615:7"] {
            assert_eq!(places(text, 7), Err(InputError::Place(text.to_owned())));
        }
        assert_eq!((burst("0+1").is_err(), burst("+").is_err(), burst("").is_err()), (true, true, true));
        for text in ["", "7", "7,", "seven,four", "7,4,1", "-7,4", "99999999999999999999,1"] {
            assert_eq!(lengths(text), Err(CodeError::Form(text.to_owned())));
        }
        let error = code("8,5", false, Order::Classic).expect_err("no such code").to_string();
        assert_eq!(error, "there is no Hamming code (8,5): 5 data bits need 4 checks, (9,5), or (10,5) with the extra parity bit");
    }

    proptest! {
        #[test]
        fn nothing_typed_ends_the_program(text: String, n in 0u64..2000) {
            let _ = (lengths(&text), bits(&text), hex(&text), places(&text, n), burst(&text), code(&text, true, Order::MacKay));
        }

        #[test]
        fn digits_are_read_back(bytes: Vec<u8>) {
            prop_assert_eq!(hex(&crate::hex::write(&bytes)), Ok(bytes.clone()));
            let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
            prop_assert_eq!(super::bits(&digits.join(" ")), Ok((bytes.clone(), bytes.len() as u64 * 8)));
        }
    }
}
