use super::table::{Entry, Kind, OPTIONS};
use crate::model::raw_object::RawObject;
use std::borrow::Cow;

/// Options to set on a room: known ones, checked, and unknown ones as they came. Options that are
/// not in it keep their value.
#[derive(Debug, Clone, Default)]
pub struct OptionsPatch<'a> {
    pub(super) members: Members<'a>,
}

/// The members of an options object or of a group, in the order they came, each key once.
pub(crate) type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// The value of an option.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    /// JSON text: for a known option, a value that its [`Kind`] allows.
    Json(Cow<'a, str>),
    /// The members of a known group.
    Group(Members<'a>),
}

impl<'a> OptionsPatch<'a> {
    /// Takes members whose known values are checked.
    pub(crate) fn from_checked(members: Members<'a>) -> Self {
        Self { members }
    }

    /// Takes the stored options of a room, which [`RoomOptions`](super::RoomOptions) wrote; None if
    /// they are not a JSON object.
    pub(super) fn from_stored(text: &'a str) -> Option<Self> {
        let members = stored_members(text, OPTIONS)?;
        Some(Self { members })
    }

    /// Returns the paths of the options that the server does not know, such as `chat.newOption`, in
    /// the order they came. An unknown object is one option.
    pub(crate) fn unknown_paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        push_unknown(&mut paths, "", OPTIONS, &self.members);
        paths
    }

    /// Returns the same patch with nothing borrowed.
    pub(crate) fn into_owned(self) -> OptionsPatch<'static> {
        OptionsPatch {
            members: owned(self.members),
        }
    }
}

fn stored_members<'a>(text: &'a str, table: &[Entry]) -> Option<Members<'a>> {
    let members = RawObject::parse(text).ok()?.into_members().into_iter();
    let members = members.map(|(key, value)| {
        let value = match group(table, &key) {
            Some(inner) => Value::Group(stored_members(value.get(), inner).unwrap_or_default()),
            None => Value::Json(Cow::Borrowed(value.get())),
        };
        (key, value)
    });
    Some(members.collect())
}

/// Appends the paths of the members that the table does not know.
fn push_unknown(paths: &mut Vec<String>, prefix: &str, table: &[Entry], members: &Members<'_>) {
    for (key, value) in members {
        match (value, group(table, key)) {
            (Value::Group(inner), Some(table)) => {
                push_unknown(paths, &format!("{prefix}{key}."), table, inner);
            }
            _ if table.iter().any(|entry| entry.key == key) => {}
            _ => paths.push(format!("{prefix}{key}")),
        }
    }
}

/// Returns the table of a known group.
fn group(table: &[Entry], key: &str) -> Option<&'static [Entry]> {
    let entry = table.iter().find(|entry| entry.key == key)?;
    match entry.kind {
        Kind::Group(inner) => Some(inner),
        _ => None,
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
