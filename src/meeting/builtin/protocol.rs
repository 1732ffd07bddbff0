//! What a page sends.

use super::sdp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

/// The longest id of a stream, in bytes.
const MAX_STREAM_BYTES: usize = 100;

/// The reactions.
const REACTIONS: [&str; 6] = ["👍", "👏", "❤️", "😂", "😮", "🎉"];

/// A person in a meeting or before it: `p1`, `p2` and so on in the order of joining.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PersonId(pub(super) u32);

impl Display for PersonId {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "p{}", self.0)
    }
}

impl Serialize for PersonId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PersonId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let number = text
            .strip_prefix('p')
            .and_then(|digits| digits.parse().ok());
        // Each person has one id: neither `p01` nor `p+1` is another form of it.
        let id = number.map(Self).filter(|id| id.to_string() == text);
        id.ok_or(D::Error::custom("no id of a person"))
    }
}

/// A message of a page.
#[derive(Debug)]
pub(crate) enum ClientMessage {
    /// Something for the page of another person.
    Signal(Signal),
    /// Everything else.
    Command(Command),
}

/// Something for the page of another person, relayed as it came.
#[derive(Debug)]
pub(crate) struct Signal {
    pub(super) to: PersonId,
    pub(super) data: Box<RawValue>,
    /// Whether it offers to send picture or sound.
    pub(super) sends_media: bool,
}

/// What a page wants from the server.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Command {
    Ping,
    Media(Media),
    Hand {
        raised: bool,
    },
    Reaction {
        reaction: Reaction,
    },
    Chat {
        #[serde(default)]
        to: Option<PersonId>,
        text: String,
    },
    Leave,
    Attendance {
        check: u32,
    },
    Admit {
        id: PersonId,
    },
    TurnAway {
        id: PersonId,
    },
    Mute {
        #[serde(default)]
        id: Option<PersonId>,
    },
    Remove {
        id: PersonId,
    },
    End,
    Extend {
        minutes: u64,
    },
    ClearChat,
}

/// What a person sends, and in which streams.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Media {
    pub(super) audio: bool,
    pub(super) video: bool,
    pub(super) screen: bool,
    #[serde(default, deserialize_with = "stream")]
    pub(super) camera_stream: Option<String>,
    #[serde(default, deserialize_with = "stream")]
    pub(super) screen_stream: Option<String>,
}

/// One of the reactions.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub(crate) struct Reaction(&'static str);

impl<'de> Deserialize<'de> for Reaction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let known = REACTIONS.into_iter().find(|reaction| *reaction == text);
        known.map(Self).ok_or(D::Error::custom("no reaction"))
    }
}

fn stream<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let id: Option<String> = Option::deserialize(deserializer)?;
    if id.as_ref().is_some_and(|id| id.len() > MAX_STREAM_BYTES) {
        return Err(D::Error::custom("no id of a stream"));
    }
    Ok(id)
}

impl ClientMessage {
    /// Reads a message; `None` for one of an unknown type or of a wrong shape.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Head<'a> {
            #[serde(rename = "type", borrow)]
            kind: Cow<'a, str>,
        }
        // Raw JSON cannot be read where the type is looked at first.
        #[derive(Deserialize)]
        struct RawSignal {
            to: PersonId,
            data: Box<RawValue>,
        }

        // The values of an array would be read as those of fields, in their order.
        if !text.trim_start().starts_with('{') {
            return None;
        }
        let Head { kind } = serde_json::from_str(text).ok()?;
        if kind != "signal" {
            return serde_json::from_str(text).ok().map(Self::Command);
        }
        let RawSignal { to, data } = serde_json::from_str(text).ok()?;
        let value: Value = serde_json::from_str(data.get()).ok()?;
        Some(Self::Signal(Signal {
            to,
            data,
            sends_media: sdp::sends_media(&value),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_by_their_type() {
        for text in [
            r#"{"type":"ping"}"#,
            r#"{"type":"signal","to":"p2","data":{"candidate":null}}"#,
            r#"{"to":"p2","data":null,"type":"signal","more":1}"#,
            r#"{"type":"media","audio":true,"video":false,"screen":false,"camera_stream":"{a}"}"#,
            r#"{"type":"hand","raised":true}"#,
            r#"{"type":"reaction","reaction":"👍"}"#,
            r#"{"type":"chat","to":null,"text":"Hello"}"#,
            r#"{"type":"chat","text":"Hello \u00e9"}"#,
            r#"{"type":"leave"}"#,
            r#"{"type":"attendance","check":1}"#,
            r#"{"type":"admit","id":"p1"}"#,
            r#"{"type":"turn_away","id":"p1"}"#,
            r#"{"type":"mute","id":null}"#,
            r#"{"type":"remove","id":"p1"}"#,
            r#"{"type":"end"}"#,
            " \n{\"type\":\"end\"}",
            r#"{"type":"extend","minutes":10}"#,
            r#"{"type":"clear_chat"}"#,
        ] {
            assert!(ClientMessage::parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        let long = format!(
            r#"{{"type":"media","audio":true,"video":true,"screen":true,"camera_stream":"{}"}}"#,
            "x".repeat(101)
        );
        let deep = format!(
            r#"{{"type":"signal","to":"p1","data":{}1{}}}"#,
            "[".repeat(1000),
            "]".repeat(1000)
        );
        for text in [
            "",
            "null",
            "[]",
            r#"["ping"]"#,
            r#" ["chat",null,"Hello"]"#,
            r#"["signal","p1",1]"#,
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"joined"}"#,
            r#"{"type":"signal","to":"p1"}"#,
            r#"{"type":"signal","to":1,"data":1}"#,
            r#"{"type":"signal","to":"p1","data":1,"type":"chat"}"#,
            r#"{"type":"admit","id":"q1"}"#,
            r#"{"type":"admit","id":"p+1"}"#,
            r#"{"type":"admit","id":"p99999999999"}"#,
            r#"{"type":"admit","id":"p"}"#,
            r#"{"type":"admit","id":"p01"}"#,
            r#"{"type":"admit","id":"p1 "}"#,
            r#"{"type":"admit","id":"P1"}"#,
            r#"{"type":"chat","to":"p00","text":"Hello"}"#,
            r#"{"type":"reaction","reaction":"<b>"}"#,
            r#"{"type":"extend","minutes":-1}"#,
            r#"{"type":"chat"}"#,
            r#"{"type":"hand","raised":1}"#,
            &long,
            &deep,
        ] {
            assert!(ClientMessage::parse(text).is_none(), "{text}");
        }
    }
}
