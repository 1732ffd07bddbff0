//! A JSON object read one level at a time: its members keep their order and their exact text.
//!
//! This serves rules that a map of parsed values cannot: a key given twice is seen, a value that
//! nobody knows is given back as it came, and nothing is copied that the caller does not take.

use super::error::Invalid;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Up to this many members, comparing each with each beats sorting.
const FEW_MEMBERS: usize = 32;

/// The members of a JSON object, in order; keys may repeat.
#[derive(Debug)]
pub(crate) struct Object<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Object<'a> {
    /// Reads one level of `text`, which must be a JSON object.
    pub(crate) fn parse(text: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// The value of a key: the last one, where it repeats.
    pub(crate) fn get(&self, key: &str) -> Option<&'a RawValue> {
        let mut members = self.members.iter().rev();
        members.find_map(|(name, value)| (name == key).then_some(*value))
    }

    /// The members in order.
    pub(crate) fn into_members(self) -> Vec<(Cow<'a, str>, &'a RawValue)> {
        self.members
    }

    /// The keys that stand in the object more than once, each once.
    pub(crate) fn repeated_keys(&self) -> Vec<String> {
        let keys = self.members.iter().map(|(key, _)| key.as_ref());
        repeated(keys.collect())
    }
}

/// The texts that stand in the list more than once, each once.
pub(crate) fn repeated(mut texts: Vec<&str>) -> Vec<String> {
    if texts.len() <= FEW_MEMBERS && all_different(&texts) {
        return Vec::new();
    }
    texts.sort_unstable();
    let mut repeated: Vec<String> = texts
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| pair[0].to_owned())
        .collect();
    repeated.dedup();
    repeated
}

fn all_different(texts: &[&str]) -> bool {
    let mut rest = texts;
    while let [first, others @ ..] = rest {
        if others.contains(first) {
            return false;
        }
        rest = others;
    }
    true
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(FEW_MEMBERS);
                while let Some(Text(key)) = map.next_key()? {
                    members.push((key, map.next_value()?));
                }
                Ok(Object { members })
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// A string that is borrowed where it holds no escapes (`Cow` alone always copies).
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Whether the value is `null`.
pub(crate) fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

/// Whether the value is an object.
pub(crate) fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

/// Reads a string.
pub(crate) fn text(value: &RawValue) -> Result<Cow<'_, str>, Invalid> {
    if !value.get().starts_with('"') {
        return Err(Invalid::new("must be a string"));
    }
    serde_json::from_str(value.get())
        .map(|Text(text)| text)
        .map_err(|_| Invalid::new("must not contain half of a surrogate pair"))
}

/// Reads `true` or `false`.
pub(crate) fn boolean(value: &RawValue) -> Result<bool, Invalid> {
    match value.get() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Invalid::new("must be true or false")),
    }
}

/// Reads a whole number, however it is written: `15`, `15.0` and `1.5e1` are the same in JSON.
/// One beyond what fits becomes the largest or smallest that does, for a range to refuse.
pub(crate) fn integer(value: &RawValue) -> Result<i64, Invalid> {
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

/// Refuses a number beyond what readers hold (a double): some of them refuse the whole text for it.
pub(crate) fn check_number(value: &RawValue) -> Result<(), Invalid> {
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
    fn members_keep_their_order_and_text() {
        let object = Object::parse(r#"{"b": 1.50, "a\u0041": [ 1,2 ], "b": {}}"#).expect("JSON");
        assert_eq!(object.repeated_keys(), ["b"]);
        assert_eq!(object.get("b").map(RawValue::get), Some("{}"));
        let members: Vec<_> = object
            .into_members()
            .into_iter()
            .map(|(key, value)| (key.into_owned(), value.get()))
            .collect();
        assert_eq!(
            members[..2],
            [("b".to_owned(), "1.50"), ("aA".to_owned(), "[ 1,2 ]")]
        );
    }

    #[test]
    fn repeated_keys_are_found_among_many() {
        let many: Vec<String> = (0..5000).map(|n| n.to_string()).collect();
        let mut keys: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(repeated(keys.clone()), Vec::<String>::new());
        keys.extend(["17", "4999", "17"]);
        assert_eq!(repeated(keys), ["17", "4999"]);
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
