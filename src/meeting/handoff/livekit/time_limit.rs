//! How long a meeting on LiveKit lasts. The limit is kept in the metadata of the room there, so that nobody
//! else has to remember it.

use crate::meeting::room_options::MeetingOptions;
use crate::model::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a meeting lasts from the moment at which LiveKit made its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TimeLimit {
    /// The minutes; None is for ever.
    minutes: Option<u64>,
}

/// The metadata of a room. Other programs on the same server have other names in theirs.
#[derive(Serialize, Deserialize)]
struct Metadata {
    roomd: TimeLimit,
}

impl TimeLimit {
    /// Returns the limit that the options of a room say.
    pub(super) fn new(options: &MeetingOptions) -> Self {
        Self {
            minutes: options.minutes(),
        }
    }

    /// Returns the limit in the metadata of a room; None for those of other programs.
    pub(super) fn from_metadata(metadata: &str) -> Option<Self> {
        let metadata: Metadata = serde_json::from_str(metadata).ok()?;
        Some(metadata.roomd)
    }

    /// Returns the metadata of a room with this limit. It is never empty, which LiveKit would take for no
    /// change, so that a limit can be taken away, too.
    pub(super) fn to_metadata(self) -> String {
        serde_json::to_string(&Metadata { roomd: self }).expect("numbers are JSON")
    }

    /// Returns when a meeting ends by itself.
    pub(super) fn ends_at(self, began_at: Timestamp) -> Option<Timestamp> {
        let seconds = i64::try_from(self.minutes?.checked_mul(60)?).ok()?;
        began_at
            .as_unix()
            .checked_add(seconds)
            .map(Timestamp::from_unix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn limit(options: Value) -> TimeLimit {
        TimeLimit::new(&serde_json::from_value(options).expect("options"))
    }

    #[test]
    fn only_both_options_together_end_a_meeting() {
        let began_at = Timestamp::from_unix(1_800_000_000);
        for (options, after) in [
            (json!({}), None),
            (json!({"session_duration": 5}), None),
            (json!({"enable_session_auto_finish": false}), None),
            (json!({"enable_session_auto_finish": true}), Some(3600)),
            (
                json!({"enable_session_auto_finish": true, "session_duration": 5}),
                Some(300),
            ),
            (
                json!({"enable_session_auto_finish": true, "session_duration": u64::MAX}),
                None,
            ),
        ] {
            let limit = limit(options);
            let ends_at = after.map(|after| Timestamp::from_unix(1_800_000_000 + after));
            assert_eq!(limit.ends_at(began_at), ends_at);
            assert_eq!(TimeLimit::from_metadata(&limit.to_metadata()), Some(limit));
        }
    }

    #[test]
    fn the_metadata_of_other_programs_have_no_limit() {
        for metadata in ["", "{}", "[]", r#"{"minutes":5}"#, r#"{"roomd":5}"#, "text"] {
            assert_eq!(TimeLimit::from_metadata(metadata), None, "{metadata}");
        }
    }
}
