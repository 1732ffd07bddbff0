//! The options of a room as requests write them: groups and their members may start with a capital,
//! and null, like the empty string, mostly means "not sent".

mod schema;

use crate::http::fields::{FromJson, whole};
use crate::http::json;
use crate::model::options::table::{self, Entry, Kind, OPTIONS};
use crate::model::options::{Members, Value};
use crate::model::raw_object::RawObject;
use crate::model::{FieldError, Invalid, OptionsPatch, text};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The largest options object of a request, in bytes as sent.
const MAX_BYTES: usize = 16 * 1024;

/// The deepest nesting of objects and arrays, of which the options object is the first level.
const MAX_LEVELS: usize = 8;

/// The longest path of a wrong option, in characters: with long keys, many errors would make a
/// response that is hundreds of times as long as the request.
const MAX_PATH_CHARS: usize = 200;

impl<'a> FromJson<'a> for OptionsPatch<'a> {
    fn from_json(value: &'a RawValue) -> Result<Self, Vec<FieldError>> {
        read(value)
    }
}

/// Reads an options object.
///
/// # Errors
/// Every wrong option, with its path below the options object (empty for the object itself): wrong
/// types and ranges, keys given twice in either spelling, more than 16 KiB, more than 8 levels.
pub(crate) fn read(value: &RawValue) -> Result<OptionsPatch<'_>, Vec<FieldError>> {
    if value.get().len() > MAX_BYTES {
        return Err(whole(Invalid::new("must have at most 16 KiB")));
    }
    let mut reader = Reader::default();
    let members = reader.members(value, OPTIONS);
    if reader.is_too_deep {
        let message = Invalid::new("must be nested at most 8 levels deep");
        Err(whole(message))
    } else if reader.errors.is_empty() {
        Ok(OptionsPatch::from_checked(members))
    } else {
        Err(reader.errors)
    }
}

/// Walks an options object, keeping account of where it is and what was wrong.
#[derive(Default)]
struct Reader<'a> {
    path: Vec<Cow<'a, str>>,
    errors: Vec<FieldError>,
    /// True if a value is nested more than [`MAX_LEVELS`] deep; nothing below that is read.
    is_too_deep: bool,
}

impl<'a> Reader<'a> {
    /// Reads the members of an object; those that the table does not know are unknown options.
    fn members(&mut self, value: &'a RawValue, table: &'static [Entry]) -> Members<'a> {
        if !json::is_object(value) {
            self.add_error(Invalid::new("must be an object"));
            return Vec::new();
        }
        if self.exceeds_levels() {
            return Vec::new();
        }
        let Ok(object) = RawObject::parse(value.get()) else {
            self.add_error(Invalid::new("must not contain half of a surrogate pair"));
            return Vec::new();
        };
        let in_group = !self.path.is_empty();
        let members = object.into_members().into_iter();
        let members: Vec<_> = members
            .map(|(key, value)| (response_spelling(key, table, in_group), value))
            .collect();
        let repeated = json::repeated(members.iter().map(|(key, _)| key.as_ref()));
        for key in &repeated {
            self.path.push(Cow::Owned(key.clone()));
            self.add_error(Invalid::new("is given twice"));
            self.path.pop();
        }
        let mut read = Vec::with_capacity(members.len());
        for (key, value) in members {
            if repeated.iter().any(|repeated| *repeated == key) {
                continue;
            }
            let known = table.iter().find(|entry| entry.key == key);
            self.path.push(key.clone());
            if let Some(value) = self.value(value, known) {
                read.push((key, value));
            }
            self.path.pop();
        }
        read
    }

    fn value(&mut self, value: &'a RawValue, known: Option<&Entry>) -> Option<Value<'a>> {
        let Some(Entry { kind, .. }) = known else {
            self.check_unknown(value);
            return Some(Value::Json(Cow::Borrowed(value.get())));
        };
        if let Kind::Group(table) = kind
            && json::is_object(value)
        {
            return Some(Value::Group(self.members(value, table)));
        }
        let read = read_known(kind, value).unwrap_or_else(|message| {
            self.add_error(message);
            None
        });
        read.map(Value::Json)
    }

    /// Checks an unknown value, which is stored as it came: every reader of JSON must take it
    /// alike.
    fn check_unknown(&mut self, value: &'a RawValue) {
        let checked = match value.get().as_bytes().first() {
            Some(b'{') => {
                self.members(value, &[]);
                Ok(())
            }
            Some(b'[') if self.exceeds_levels() => Ok(()),
            Some(b'[') => {
                let elements: Vec<&RawValue> =
                    serde_json::from_str(value.get()).unwrap_or_default();
                for (index, element) in elements.into_iter().enumerate() {
                    self.path.push(Cow::Owned(index.to_string()));
                    self.check_unknown(element);
                    self.path.pop();
                }
                Ok(())
            }
            Some(b'"') => json::text(value).map(|_| ()),
            Some(b'-' | b'0'..=b'9') => json::check_number(value),
            _ => Ok(()),
        };
        if let Err(message) = checked {
            self.add_error(message);
        }
    }

    /// Returns true if an object or array at the current path is nested too deep.
    fn exceeds_levels(&mut self) -> bool {
        self.is_too_deep |= self.path.len() >= MAX_LEVELS;
        self.is_too_deep
    }

    fn add_error(&mut self, message: Invalid) {
        self.errors.push(FieldError {
            field: text::shown(&self.path.join("."), MAX_PATH_CHARS),
            message,
        });
    }
}

/// Returns a key as responses spell it: known groups, and members of known groups, may start with a
/// capital in requests.
fn response_spelling<'a>(
    key: Cow<'a, str>,
    table: &'static [Entry],
    in_group: bool,
) -> Cow<'a, str> {
    if !key.starts_with(|first: char| first.is_ascii_uppercase()) {
        return key;
    }
    let is_meant = |entry: &&Entry| {
        let (first, rest) = entry.key.split_at(1);
        let may_have_capital = in_group || matches!(entry.kind, Kind::Group(_));
        may_have_capital && key[..1].eq_ignore_ascii_case(first) && key[1..] == *rest
    };
    match table.iter().find(is_meant) {
        Some(entry) => Cow::Borrowed(entry.key),
        None => key,
    }
}

/// Returns the JSON text to store for the value of a known option; None where null means "not
/// sent".
fn read_known<'a>(kind: &Kind, value: &'a RawValue) -> Result<Option<Cow<'a, str>>, Invalid> {
    let as_sent = Cow::Borrowed(value.get());
    // As for the fields of a request, the empty string is null where it is no value.
    let may_be_empty = matches!(kind, Kind::ReturnUrl);
    let is_null = json::is_null(value) || (!may_be_empty && json::is_empty_text(value));
    let read = match kind {
        Kind::OpenFlag | Kind::ReturnUrl if is_null => kind.default_json(),
        _ if is_null => return Ok(None),
        Kind::Flag { .. } => json::boolean(value).map(|_| as_sent)?,
        Kind::OpenFlag => json::boolean(value)
            .map(|_| as_sent)
            .map_err(|_| Invalid::new("must be true, false or null"))?,
        Kind::Minutes { min, .. } => {
            let minutes = json::integer(value)?;
            table::check_minutes(minutes, *min)?;
            Cow::Owned(minutes.to_string())
        }
        Kind::ReturnUrl => {
            table::check_return_url(&json::text(value)?)?;
            as_sent
        }
        Kind::Group(_) => return Err(Invalid::new("must be an object")),
    };
    Ok(Some(read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RoomOptions;
    use serde_json::Value as Json;

    /// The options of a new room for which these are sent.
    fn stored(text: &str) -> Json {
        let value: &RawValue = serde_json::from_str(text).expect(text);
        let patch = read(value).expect("valid options");
        serde_json::from_str(RoomOptions::new(&patch).as_json()).expect("JSON")
    }

    fn errors(text: &str) -> Vec<(String, String)> {
        let value: &RawValue = serde_json::from_str(text).expect(text);
        let errors = read(value).err().unwrap_or_default();
        errors
            .into_iter()
            .map(|error| (error.field, error.message.to_string()))
            .collect()
    }

    fn fields(text: &str) -> Vec<String> {
        errors(text).into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn every_wrong_option_is_named_by_its_path() {
        let text = r#"{"allow_rating": "yes", "preparation_time": 1441, "session_duration": 0,
            "Chat": {"OffNewMsgSound": 1}, "duration": [], "return_url": "ftp://x",
            "skip_approval_on_join": 0, "start_active": true}"#;
        assert_eq!(
            fields(text),
            [
                "allow_rating",
                "preparation_time",
                "session_duration",
                "chat.offNewMsgSound",
                "duration",
                "return_url",
                "skip_approval_on_join",
            ]
        );
        assert_eq!(
            errors(r#"{"session_duration": 0}"#)[0].1,
            "must be from 1 to 1440 minutes"
        );
    }

    #[test]
    fn a_key_given_twice_is_an_error_in_either_spelling_at_any_depth() {
        assert_eq!(
            fields(r#"{"start_active": true, "start_active": true}"#),
            ["start_active"]
        );
        assert_eq!(fields(r#"{"Chat": {}, "chat": {}}"#), ["chat"]);
        let twice = r#"{"chat": {"offNewMsgSound": true, "OffNewMsgSound": false}}"#;
        assert_eq!(fields(twice), ["chat.offNewMsgSound"]);
        assert_eq!(fields(r#"{"new": [{"a": 1, "a": 1}]}"#), ["new.0.a"]);
        assert_eq!(fields(r#"{"new": 1, "new": 1}"#), ["new"]);
    }

    #[test]
    fn only_groups_and_their_members_may_start_with_a_capital() {
        let options = stored(r#"{"Start_active": 7, "Duration": {"UseRemainingTime": true}}"#);
        assert_eq!(options["Start_active"], 7);
        assert_eq!(options["start_active"], false);
        assert_eq!(options["duration"]["useRemainingTime"], true);
        assert!(options.get("Duration").is_none());
    }

    #[test]
    fn a_whole_number_is_stored_as_one() {
        assert_eq!(
            stored(r#"{"session_duration": 9e1}"#)["session_duration"],
            90
        );
    }

    #[test]
    fn null_means_not_sent_except_where_it_is_a_value() {
        let sent = r#"{"allow_rating": null, "preparation_time": null, "chat": null, "return_url": null,
            "skip_approval_on_join": null, "duration": {"allowExtendTime": null}}"#;
        for sent in [sent, &sent.replace("null", "\"\"")] {
            assert_eq!(fields(sent), Vec::<String>::new());
            let value: &RawValue = serde_json::from_str(sent).expect("JSON");
            let patch = read(value).unwrap_or_default();
            let set = r#"{"allow_rating": false, "preparation_time": 7, "skip_approval_on_join": true,
                "return_url": "https://example.com"}"#;
            let options = RoomOptions::from_stored(set.to_owned());
            let patched = options.patched(&patch).expect("small options");
            let patched: Json = serde_json::from_str(patched.as_json()).expect("JSON");
            assert_eq!(patched["allow_rating"], false);
            assert_eq!(patched["preparation_time"], 7);
            assert_eq!(patched["return_url"], "");
            assert_eq!(patched["skip_approval_on_join"], Json::Null);
        }
    }

    #[test]
    fn size_and_depth_are_limited() {
        let deep = |levels: usize| {
            format!(
                "{{\"a\":{}{}}}",
                "[".repeat(levels - 1),
                "]".repeat(levels - 1)
            )
        };
        assert_eq!(fields(&deep(8)), Vec::<String>::new());
        assert_eq!(fields(&deep(9)), [""]);
        assert_eq!(fields(r#"{"a": "[[[[[[[[[[\"[[[["}"#), Vec::<String>::new());
        let wide = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
        assert_eq!(fields(&wide(MAX_BYTES)), Vec::<String>::new());
        assert_eq!(fields(&wide(MAX_BYTES + 1)), [""]);
    }

    #[test]
    fn a_number_out_of_the_range_of_a_double_is_an_error_at_any_depth() {
        assert_eq!(fields(r#"{"new": [-1e308, 1e309]}"#), ["new.1"]);
        assert_eq!(fields(r#"{"chat": {"new": -9e999}}"#), ["chat.new"]);
    }

    #[test]
    fn the_path_of_a_wrong_option_is_short_and_without_forbidden_characters() {
        assert_eq!(
            fields(r#"{"a\u0000": ["\ud800"], "\u202e": {"b": 1, "b": 2}}"#),
            ["a\u{FFFD}.0", "\u{FFFD}.b"]
        );
        let key = "k".repeat(MAX_PATH_CHARS);
        assert_eq!(fields(&format!(r#"{{"{key}": ["\ud800"]}}"#)), [key]);
    }

    #[test]
    fn half_a_surrogate_pair_is_an_error_at_any_depth() {
        assert_eq!(fields(r#"{"new": ["\ud800"]}"#), ["new.0"]);
        assert_eq!(fields(r#"{"new": {"\ud800": 1}}"#), ["new"]);
        assert_eq!(fields(r#"{"return_url": "\ud800"}"#), ["return_url"]);
    }
}
