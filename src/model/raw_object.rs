use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The number of members for which space is reserved. (Tuning.)
const EXPECTED_MEMBERS: usize = 32;

/// One level of a JSON object, borrowed from its text: the members keep their order and the exact
/// text of their values, and keys may repeat.
///
/// Options need this where a map of parsed values would not do: the values of unknown options are
/// returned as they came.
#[derive(Debug)]
pub(crate) struct RawObject<'a> {
    members: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> RawObject<'a> {
    /// Reads one level of `text`.
    ///
    /// # Errors
    /// A text that is not a JSON object.
    pub(crate) fn parse(text: &'a str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// Returns the members in order.
    pub(crate) fn members(&self) -> &[(Cow<'a, str>, &'a RawValue)] {
        &self.members
    }

    /// Returns the members in order.
    pub(crate) fn into_members(self) -> Vec<(Cow<'a, str>, &'a RawValue)> {
        self.members
    }
}

impl<'de> Deserialize<'de> for RawObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = RawObject<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(EXPECTED_MEMBERS);
                while let Some(Key(key)) = map.next_key()? {
                    members.push((key, map.next_value()?));
                }
                Ok(RawObject { members })
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// A key that is borrowed where it holds no escapes (`Cow` alone always copies).
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_text() {
        let object = RawObject::parse(r#"{"b": 1.50, "a\u0041": [ 1,2 ], "b": {}}"#).expect("JSON");
        let members: Vec<_> = object
            .members()
            .iter()
            .map(|(key, value)| (key.as_ref(), value.get()))
            .collect();
        assert_eq!(members, [("b", "1.50"), ("aA", "[ 1,2 ]"), ("b", "{}")]);
    }
}
