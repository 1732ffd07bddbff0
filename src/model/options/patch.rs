use super::table::{Entry, Kind, OPTIONS};
use crate::model::error::{FieldError, Invalid};
use crate::model::json::{self, Object};
use crate::model::text;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The largest options object of a request, in bytes as sent.
const MAX_BYTES: usize = 16 * 1024;

/// The deepest nesting of objects and arrays, the options object itself being the first level.
const MAX_LEVELS: usize = 8;

/// The longest path of a wrong option, in characters: with long keys many errors would make an
/// answer that is hundreds of times as long as the request.
const MAX_PATH_CHARS: usize = 200;

/// Options as a request gives them: checked, in the spelling of answers, and only what was sent.
#[derive(Debug, Clone, Default)]
pub struct OptionsPatch<'a> {
    pub(super) members: Members<'a>,
}

/// Members of an options object, in the order they came.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// The value of a member.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    /// JSON text.
    Json(Cow<'a, str>),
    /// A group that the server knows.
    Group(Members<'a>),
}

impl<'a> OptionsPatch<'a> {
    /// Reads and checks an options object.
    ///
    /// # Errors
    /// Every wrong option, with its path below the options object (empty for the object itself):
    /// wrong types and ranges, keys given twice in either spelling, more than 16 KiB, more than
    /// 8 levels.
    pub(crate) fn parse(value: &'a RawValue) -> Result<Self, Vec<FieldError>> {
        let whole = |message| {
            vec![FieldError {
                field: String::new(),
                message,
            }]
        };
        if value.get().len() > MAX_BYTES {
            return Err(whole(Invalid::new("must have at most 16 KiB")));
        }
        if levels(value.get()) > MAX_LEVELS {
            return Err(whole(Invalid::new("must be nested at most 8 levels deep")));
        }
        let mut reader = Reader::default();
        let members = reader.members(value, OPTIONS, Spelling::GroupsWithCapital);
        if reader.errors.is_empty() {
            Ok(Self { members })
        } else {
            Err(reader.errors)
        }
    }

    /// The same, with nothing borrowed.
    pub(crate) fn into_owned(self) -> OptionsPatch<'static> {
        OptionsPatch {
            members: owned(self.members),
        }
    }

    /// Takes the options of a room, which [`RoomOptions`](super::RoomOptions) wrote.
    pub(super) fn from_stored(text: &'a str) -> Option<Self> {
        let value: &RawValue = serde_json::from_str(text).ok()?;
        let members = Reader::default().members(value, OPTIONS, Spelling::GroupsWithCapital);
        Some(Self { members })
    }
}

fn owned(members: Members<'_>) -> Members<'static> {
    let owned_value = |value| match value {
        Value::Json(text) => Value::Json(Cow::Owned(text.into_owned())),
        Value::Group(inner) => Value::Group(owned(inner)),
    };
    let members = members.into_iter();
    members
        .map(|(key, value)| (Cow::Owned(key.into_owned()), owned_value(value)))
        .collect()
}

/// Which keys of an object may start with a capital.
#[derive(Clone, Copy)]
enum Spelling {
    /// Those of the known groups.
    GroupsWithCapital,
    /// All of them.
    AllWithCapital,
}

/// Walks an options object, keeping account of where it is and what was wrong.
#[derive(Default)]
struct Reader<'a> {
    path: Vec<Cow<'a, str>>,
    errors: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    fn members(
        &mut self,
        value: &'a RawValue,
        table: &'static [Entry],
        spelling: Spelling,
    ) -> Members<'a> {
        let Some(object) = self.object(value) else {
            return Vec::new();
        };
        let sent = object.into_members().into_iter();
        let named: Vec<_> = sent
            .map(|(key, value)| (answer_spelling(key, table, spelling), value))
            .collect();
        let repeated = json::repeated(named.iter().map(|(key, _)| key.as_ref()).collect());
        self.refuse_repeated(&repeated);
        let mut members = Vec::with_capacity(named.len());
        for (key, value) in named {
            if repeated.iter().any(|repeated| *repeated == key) {
                continue;
            }
            let known = table.iter().find(|entry| entry.key == key);
            self.path.push(key.clone());
            if let Some(read) = self.value(value, known) {
                members.push((key, read));
            }
            self.path.pop();
        }
        members
    }

    fn value(&mut self, value: &'a RawValue, known: Option<&Entry>) -> Option<Value<'a>> {
        let Some(Entry { kind, .. }) = known else {
            self.check_unknown(value);
            return Some(Value::Json(Cow::Borrowed(value.get())));
        };
        if let Kind::Group(table) = kind
            && json::is_object(value)
        {
            return Some(Value::Group(self.members(
                value,
                table,
                Spelling::AllWithCapital,
            )));
        }
        let read = kind.read(value).unwrap_or_else(|message| {
            self.refuse(message);
            None
        });
        read.map(Value::Json)
    }

    /// An unknown value is kept as it came, so it must be JSON that every reader takes the same.
    fn check_unknown(&mut self, value: &'a RawValue) {
        match value.get().as_bytes().first() {
            Some(b'{') => self.check_unknown_object(value),
            Some(b'[') => {
                let elements: Vec<&RawValue> =
                    serde_json::from_str(value.get()).unwrap_or_default();
                for (index, element) in elements.into_iter().enumerate() {
                    self.path.push(Cow::Owned(index.to_string()));
                    self.check_unknown(element);
                    self.path.pop();
                }
            }
            Some(b'"') => {
                if let Err(message) = json::text(value) {
                    self.refuse(message);
                }
            }
            Some(b'-' | b'0'..=b'9') => {
                if let Err(message) = json::check_number(value) {
                    self.refuse(message);
                }
            }
            _ => {}
        }
    }

    fn check_unknown_object(&mut self, value: &'a RawValue) {
        let Some(object) = self.object(value) else {
            return;
        };
        let repeated = object.repeated_keys();
        self.refuse_repeated(&repeated);
        for (key, value) in object.into_members() {
            if repeated.iter().any(|repeated| *repeated == key) {
                continue;
            }
            self.path.push(key);
            self.check_unknown(value);
            self.path.pop();
        }
    }

    fn object(&mut self, value: &'a RawValue) -> Option<Object<'a>> {
        if !json::is_object(value) {
            self.refuse(Invalid::new("must be an object"));
            return None;
        }
        Object::parse(value.get())
            .map_err(|_| self.refuse(Invalid::new("must not contain half of a surrogate pair")))
            .ok()
    }

    fn refuse_repeated(&mut self, keys: &[String]) {
        for key in keys {
            self.path.push(Cow::Owned(key.clone()));
            self.refuse(Invalid::new("is given twice"));
            self.path.pop();
        }
    }

    fn refuse(&mut self, message: Invalid) {
        self.errors.push(FieldError {
            field: text::shown(&self.path.join("."), MAX_PATH_CHARS),
            message,
        });
    }
}

/// The key as answers spell it, where the request may spell it with a capital.
fn answer_spelling<'a>(key: Cow<'a, str>, table: &[Entry], spelling: Spelling) -> Cow<'a, str> {
    if !key.starts_with(|first: char| first.is_ascii_uppercase()) {
        return key;
    }
    let mut lower = key.clone().into_owned();
    lower[..1].make_ascii_lowercase();
    let may_have_capital = table.iter().any(|entry| {
        entry.key == lower
            && (matches!(spelling, Spelling::AllWithCapital)
                || matches!(entry.kind, Kind::Group(_)))
    });
    if may_have_capital {
        Cow::Owned(lower)
    } else {
        key
    }
}

/// How deep objects and arrays are nested in a valid JSON text.
fn levels(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth -= 1,
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
    }
    deepest
}

fn skip_string(bytes: &mut std::str::Bytes<'_>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'"' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> Vec<(String, String)> {
        let value: &RawValue = serde_json::from_str(text).expect(text);
        let errors = OptionsPatch::parse(value).err().unwrap_or_default();
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
    fn a_key_given_twice_is_refused_in_either_spelling_at_any_depth() {
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
        let value: &RawValue =
            serde_json::from_str(r#"{"Start_active": 7, "Duration": {"UseRemainingTime": true}}"#)
                .expect("JSON");
        let patch = OptionsPatch::parse(value).expect("valid options");
        let keys: Vec<&str> = patch.members.iter().map(|(key, _)| key.as_ref()).collect();
        assert_eq!(keys, ["Start_active", "duration"]);
    }

    #[test]
    fn null_is_accepted_for_every_option() {
        assert_eq!(
            fields(
                r#"{"allow_rating": null, "preparation_time": null, "chat": null, "return_url": null,
                "skip_approval_on_join": null, "duration": {"allowExtendTime": null}}"#
            ),
            Vec::<String>::new()
        );
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
    fn a_number_that_some_readers_cannot_hold_is_refused_wherever_it_stands() {
        assert_eq!(fields(r#"{"new": [-1e308, 1e309]}"#), ["new.1"]);
        assert_eq!(fields(r#"{"chat": {"new": -9e999}}"#), ["chat.new"]);
    }

    #[test]
    fn the_path_of_a_wrong_option_is_short_and_shows_as_it_is() {
        assert_eq!(
            fields(r#"{"a\u0000": ["\ud800"], "\u202e": {"b": 1, "b": 2}}"#),
            ["a\u{FFFD}.0", "\u{FFFD}.b"]
        );
        let key = "k".repeat(MAX_PATH_CHARS);
        assert_eq!(fields(&format!(r#"{{"{key}": ["\ud800"]}}"#)), [key]);
    }

    #[test]
    fn half_a_surrogate_pair_is_refused_wherever_it_stands() {
        assert_eq!(fields(r#"{"new": ["\ud800"]}"#), ["new.0"]);
        assert_eq!(fields(r#"{"new": {"\ud800": 1}}"#), ["new"]);
        assert_eq!(fields(r#"{"return_url": "\ud800"}"#), ["return_url"]);
    }
}
