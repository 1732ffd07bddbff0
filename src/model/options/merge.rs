use super::patch::{Members, OptionsPatch, Value};
use super::table::{Entry, Kind, OPTIONS};
use crate::model::error::Invalid;
use std::borrow::Cow;

/// The largest options of a room, in bytes: a request's 16 KiB on top of the defaults, with some
/// space for unknown options of earlier updates.
const MAX_BYTES: usize = 20 * 1024;

/// The effective options of a room, as JSON text: every known option in the spelling and order of
/// the table, then the unknown ones as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomOptions(String);

impl RoomOptions {
    /// Returns the options of a new room: those of the patch, defaults for the rest.
    pub fn new(patch: &OptionsPatch<'_>) -> Self {
        Self::merge(&OptionsPatch::default(), patch)
    }

    /// Returns these options with those of the patch in their place, group by group.
    ///
    /// # Errors
    /// More than 20 KiB in all.
    pub fn patched(&self, patch: &OptionsPatch<'_>) -> Result<Self, Invalid> {
        // The stored text was written by `merge`. If it were not JSON, the defaults would replace
        // it.
        let stored = OptionsPatch::from_stored(&self.0).unwrap_or_default();
        let merged = Self::merge(&stored, patch);
        if merged.0.len() > MAX_BYTES {
            return Err(Invalid::new(
                "must have at most 20 KiB together with the stored options",
            ));
        }
        Ok(merged)
    }

    fn merge(base: &OptionsPatch<'_>, patch: &OptionsPatch<'_>) -> Self {
        let mut text = String::with_capacity(1024);
        write_object(&mut text, OPTIONS, &base.members, &patch.members);
        Self(text)
    }

    /// Takes the stored options of a room.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the JSON text.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// Writes the known options in the order of the table, then the unknown ones in the order they
/// came. The value is that of the patch, else of the base, else the default.
fn write_object(
    out: &mut String,
    table: &'static [Entry],
    base: &Members<'_>,
    patch: &Members<'_>,
) {
    let mut separator = '{';
    for entry in table {
        // The keys of the table need no escapes.
        out.push(separator);
        out.push('"');
        out.push_str(entry.key);
        out.push_str("\":");
        separator = ',';
        match entry.kind {
            Kind::Group(inner) => {
                write_object(out, inner, group(base, entry.key), group(patch, entry.key))
            }
            _ => out.push_str(&known_json(entry, base, patch)),
        }
    }
    let mut write_key = |out: &mut String, key: &str| {
        out.push(separator);
        separator = ',';
        push_quoted(out, key);
        out.push(':');
    };
    for (key, value) in unknown(table, base) {
        write_key(out, key);
        out.push_str(json(patch, key).unwrap_or(value));
    }
    for (key, value) in unknown(table, patch).filter(|(key, _)| json(base, key).is_none()) {
        write_key(out, key);
        out.push_str(value);
    }
    out.push('}');
}

fn push_quoted(out: &mut String, key: &str) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if key.bytes().all(is_plain) {
        out.extend(["\"", key, "\""]);
    } else {
        out.push_str(&serde_json::Value::from(key).to_string());
    }
}

fn known_json<'a>(entry: &Entry, base: &'a Members<'_>, patch: &'a Members<'_>) -> Cow<'a, str> {
    match json(patch, entry.key).or_else(|| json(base, entry.key)) {
        Some(text) => Cow::Borrowed(text),
        None => entry.kind.default_json(),
    }
}

fn json<'a>(members: &'a Members<'_>, key: &str) -> Option<&'a str> {
    members.iter().find_map(|(name, value)| match value {
        Value::Json(text) if name == key => Some(text.as_ref()),
        _ => None,
    })
}

fn group<'a, 'b>(members: &'a Members<'b>, key: &str) -> &'a Members<'b> {
    const NONE: &Members<'static> = &Vec::new();
    let found = members.iter().find_map(|(name, value)| match value {
        Value::Group(inner) if name == key => Some(inner),
        _ => None,
    });
    found.unwrap_or(NONE)
}

fn unknown<'a>(
    table: &'static [Entry],
    members: &'a Members<'_>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    members.iter().filter_map(move |(key, value)| match value {
        Value::Json(text) if !table.iter().any(|entry| entry.key == key) => {
            Some((key.as_ref(), text.as_ref()))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    fn patched(options: &RoomOptions, sent: &str) -> RoomOptions {
        let patch = OptionsPatch::from_stored(sent).expect(sent);
        options.patched(&patch).expect("small options")
    }

    fn defaults() -> RoomOptions {
        RoomOptions::new(&OptionsPatch::default())
    }

    fn parsed(options: &RoomOptions) -> Json {
        serde_json::from_str(options.as_json()).expect("options are JSON")
    }

    #[test]
    fn the_defaults_are_complete() {
        assert_eq!(
            defaults().as_json(),
            concat!(
                r#"{"allow_rating":true,"preparation_time":15,"session_duration":60,"chat":{"#,
                r#""offMessageModule":false,"offGeneralMsging":false,"offGeneralMsgLimitForUser":false,"#,
                r#""offSpecialMsging":false,"offSpecialMsgToAdmin":false,"offSpecialMsgToUser":false,"#,
                r#""offNewMsgSound":false,"offClearForReplay":false,"onNewMsgSoundInAll":false,"#,
                r#""onNewMsgNotifyInAll":false},"duration":{"allowExtendTime":true,"useRemainingTime":false},"#,
                r#""allow_users_stream_self_cam_mic":true,"hide_user_streams":false,"enable_attendance_check":true,"#,
                r#""enable_simultaneous_interpretation":false,"enable_simultaneous_interpretation_for_users":false,"#,
                r#""start_active":false,"return_url":"","allow_reactions":true,"enable_recording_auto_start":null,"#,
                r#""skip_approval_on_join":null,"enable_session_auto_start":null,"enable_session_auto_finish":null}"#,
            )
        );
    }

    #[test]
    fn a_patch_changes_only_what_it_names_group_by_group() {
        let first = patched(
            &defaults(),
            r#"{"chat": {"offNewMsgSound": true}, "session_duration": 90}"#,
        );
        let second = patched(&first, r#"{"chat": {"offMessageModule": true}}"#);
        let mut expected = parsed(&defaults());
        expected["chat"]["offNewMsgSound"] = json!(true);
        expected["chat"]["offMessageModule"] = json!(true);
        expected["session_duration"] = json!(90);
        assert_eq!(parsed(&second), expected);
    }

    #[test]
    fn unknown_options_are_stored_as_they_came() {
        let sent =
            r#"{"new": {"Big": 12345678901234567890123, "n": 1.50}, "chat": {"onNew": [null]}}"#;
        let first = patched(&defaults(), sent);
        assert!(
            first
                .as_json()
                .contains(r#","new":{"Big": 12345678901234567890123, "n": 1.50}}"#)
        );
        assert!(first.as_json().contains(r#","onNew":[null]}"#));
        let second = patched(&first, r#"{"new": 1, "other": 2}"#);
        assert!(second.as_json().ends_with(r#","new":1,"other":2}"#));
    }

    #[test]
    fn the_sum_of_all_updates_is_limited() {
        let fill = |key: &str| format!("{{\"{key}\": \"{}\"}}", "x".repeat(12 * 1024));
        let first = patched(&defaults(), &fill("a"));
        let again = fill("b");
        let patch = OptionsPatch::from_stored(&again).expect("JSON");
        assert!(first.patched(&patch).is_err());
        assert_eq!(patched(&first, &fill("a")), first);
    }

    proptest! {
        #[test]
        fn patching_is_idempotent_and_never_loses_an_option(
            flag in any::<bool>(), minutes in 1..=1440_i64, key in "x_[a-z]{1,8}\\PC{0,4}", value in any::<i64>(),
        ) {
            let sent = json!({"allow_rating": flag, "session_duration": minutes, "chat": {(key.clone()): value}, (key.clone()): value});
            let once = patched(&defaults(), &sent.to_string());
            prop_assert_eq!(&patched(&once, &sent.to_string()), &once);
            let merged = parsed(&once);
            prop_assert_eq!(&merged["session_duration"], &json!(minutes));
            prop_assert_eq!(&merged[key.as_str()], &json!(value));
            for known in parsed(&defaults()).as_object().expect("an object").keys() {
                prop_assert!(merged.get(known).is_some());
            }
        }
    }
}
