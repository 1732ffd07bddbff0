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

/// Reads a whole number, however it is written: `15`, `15.0` and `1.5e1` are the same in JSON. A
/// number out of the range of `i64` becomes its limit, so that the check of a range rejects it.
pub(super) fn integer(value: &RawValue) -> Result<i64, Invalid> {
    let not_an_integer = || Invalid::new("must be a whole number");
    if let Ok(integer) = value.get().parse() {
        return Ok(integer);
    }
    let number: f64 = serde_json::from_str(value.get()).map_err(|_| not_an_integer())?;
    if number.fract() == 0.0 {
        Ok(number as i64)
    } else {
        Err(not_an_integer())
    }
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
        ] {
            assert_eq!(integer(&raw(written)), Ok(read), "{written}");
        }
        for written in ["1.5", "\"15\"", "1e999", "true", "null", "[15]"] {
            assert!(integer(&raw(written)).is_err(), "{written}");
        }
    }
}
