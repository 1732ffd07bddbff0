//! The values of JSON requests, read from their text one at a time.

use crate::model::Invalid;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Up to this many keys, comparing each with each is faster than sorting them. (Tuning.)
const FEW_KEYS: usize = 32;

/// Returns the keys that are in the list more than once, each once.
pub(super) fn repeated<'a>(keys: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut keys: Vec<&str> = keys.collect();
    if keys.len() <= FEW_KEYS && all_different(&keys) {
        return Vec::new();
    }
    keys.sort_unstable();
    let pairs = keys.windows(2).filter(|pair| pair[0] == pair[1]);
    let mut repeated: Vec<String> = pairs.map(|pair| pair[0].to_owned()).collect();
    repeated.dedup();
    repeated
}

fn all_different(keys: &[&str]) -> bool {
    let mut rest = keys;
    while let [first, others @ ..] = rest {
        if others.contains(first) {
            return false;
        }
        rest = others;
    }
    true
}

pub(super) fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

pub(super) fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

/// Reads a string, borrowed where it holds no escapes.
pub(super) fn text(value: &RawValue) -> Result<Cow<'_, str>, Invalid> {
    /// `Cow` alone always copies.
    #[derive(serde::Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

    if !value.get().starts_with('"') {
        return Err(Invalid::new("must be a string"));
    }
    serde_json::from_str(value.get())
        .map(|Text(text)| text)
        .map_err(|_| Invalid::new("must not contain half of a surrogate pair"))
}

/// Reads `true` or `false`.
pub(super) fn boolean(value: &RawValue) -> Result<bool, Invalid> {
    match value.get() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Invalid::new("must be true or false")),
    }
}

/// Returns true for the empty string.
pub(super) fn is_empty_text(value: &RawValue) -> bool {
    value.get() == "\"\""
}

/// Reads a whole number, however it is written: `15`, `15.0` and `1.5e1` are the same in JSON. A
/// number out of the range of `i64` becomes its limit, so that the check of a range rejects it.
pub(super) fn integer(value: &RawValue) -> Result<i64, Invalid> {
    let number = value.get();
    if let Ok(integer) = number.parse() {
        return Ok(integer);
    }
    let is_number = number.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let integer = is_number.then(|| exact_integer(number)).flatten();
    integer.ok_or(Invalid::new("must be a whole number"))
}

/// Reads a JSON number digit by digit, because a float would round `15.0000000000000001` to 15;
/// `None` for a number with a fraction.
fn exact_integer(number: &str) -> Option<i64> {
    let (sign, number) = match number.strip_prefix('-') {
        Some(number) => (-1, number),
        None => (1, number),
    };
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    // The number is `significant` and so many zeros; fewer than none is a fraction. An exponent far
    // beyond the length of any number counts as one of a quarter of the range, which is as far.
    const FARTHEST: i64 = i64::MAX / 4;
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let farthest = if exponent.starts_with('-') {
        -FARTHEST
    } else {
        FARTHEST
    };
    let exponent = exponent
        .parse()
        .unwrap_or(farthest)
        .clamp(-FARTHEST, FARTHEST);
    let zeros = exponent + i64::try_from(trailing).ok()? - i64::try_from(fraction.len()).ok()?;
    if zeros < 0 {
        return None;
    }
    let limit = if sign < 0 { i64::MIN } else { i64::MAX };
    let most = i64::MAX.to_string().len();
    let zeros = usize::try_from(zeros).unwrap_or(most);
    if significant.len() > most || zeros > most - significant.len() {
        return Some(limit);
    }
    let magnitude: i128 = (significant.to_owned() + &"0".repeat(zeros)).parse().ok()?;
    Some(i64::try_from(sign * magnitude).unwrap_or(limit))
}

/// Rejects a number out of the range of a double: some readers reject the whole text for it.
pub(super) fn check_number(value: &RawValue) -> Result<(), Invalid> {
    match serde_json::from_str::<f64>(value.get()) {
        Ok(_) => Ok(()),
        Err(_) => Err(Invalid::new("must be a number that a double can hold")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect(text)
    }

    #[test]
    fn repeated_keys_are_found_among_many() {
        let many: Vec<String> = (0..5000).map(|n| n.to_string()).collect();
        let keys = || many.iter().map(String::as_str);
        assert_eq!(repeated(keys()), Vec::<String>::new());
        let twice = ["17", "4999", "17"];
        assert_eq!(repeated(keys().chain(twice)), ["17", "4999"]);
        assert_eq!(repeated(twice.into_iter()), ["17"]);
    }

    #[test]
    fn values_are_read_by_their_type() {
        assert_eq!(text(&raw(r#""a\u00e9""#)).as_deref(), Ok("aé"));
        assert!(text(&raw(r#""\ud800""#)).is_err());
        assert!(text(&raw("1")).is_err());
        assert_eq!(boolean(&raw("true")), Ok(true));
        assert!(boolean(&raw("1")).is_err());
        for (written, read) in [
            ("15", 15),
            ("15.0", 15),
            ("1.5e1", 15),
            ("-0.0", 0),
            ("-3", -3),
            ("99999999999999999999", i64::MAX),
            ("-1e300", i64::MIN),
            ("1440.000000000000000000", 1440),
            ("0.0144E+5", 1440),
            ("144000e-2", 1440),
            ("0e99999999999999999999", 0),
            ("0.000e-99999999999999999999", 0),
            ("9007199254740993.0", 9_007_199_254_740_993),
            ("9223372036854775807.0", i64::MAX),
            ("9223372036854775808.0", i64::MAX),
            ("-9223372036854775808e0", i64::MIN),
            ("-9223372036854775809.0", i64::MIN),
            ("1e999", i64::MAX),
            ("-1e999", i64::MIN),
            ("1.5e9223372036854775807", i64::MAX),
            ("10e9223372036854775807", i64::MAX),
            ("-1E+99999999999999999999", i64::MIN),
        ] {
            assert_eq!(integer(&raw(written)), Ok(read), "{written}");
        }
        for written in [
            "1.5",
            "\"15\"",
            "1.5e-9223372036854775808",
            "true",
            "null",
            "[15]",
            "1440.0000000000001",
            "1440.00000000000000000000001",
            "-0.00000000000000000000001",
            "9223372036854775807.5",
            "123e-3",
            "1e-99999999999999999999",
            "1e-400",
        ] {
            assert!(integer(&raw(written)).is_err(), "{written}");
        }
        let many = "9".repeat(400);
        assert_eq!(integer(&raw(&many)), Ok(i64::MAX));
        assert!(integer(&raw(&format!("{many}.5"))).is_err());
    }
}
