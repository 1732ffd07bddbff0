//! Schemas of single fields.

use crate::model::text::FORBIDDEN;
use crate::model::{Email, LangTag, PageNumber, PageSize, Paging};
use serde_json::{Value, json};
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, SchemaType, Type};

/// The pattern of a text without forbidden characters; where `not_blank`, one of them must be more
/// than white space.
fn pattern(not_blank: bool) -> String {
    let code = |c: &char| format!("\\u{:04x}", u32::from(*c));
    let forbidden = FORBIDDEN
        .iter()
        .map(|range| format!("{}-{}", code(range.start()), code(range.end())))
        .collect::<String>();
    if not_blank {
        format!("^[^{forbidden}]*[^\\s{forbidden}][^{forbidden}]*$")
    } else {
        format!("^[^{forbidden}]*$")
    }
}

pub(super) fn object(description: &str) -> ObjectBuilder {
    field(Type::Object, description)
}

pub(super) fn string(description: &str) -> ObjectBuilder {
    field(Type::String, description)
}

/// A text of one line that must not be empty.
pub(super) fn line(max_chars: usize, description: &str) -> ObjectBuilder {
    string(description)
        .min_length(Some(1))
        .max_length(Some(max_chars))
        .pattern(Some(pattern(true)))
}

/// A text that may be empty, without control characters and bidirectional overrides.
pub(super) fn visible(max_chars: usize, description: &str) -> ObjectBuilder {
    string(description)
        .max_length(Some(max_chars))
        .pattern(Some(pattern(false)))
}

pub(super) fn boolean(default: bool, description: &str) -> ObjectBuilder {
    field(Type::Boolean, description).default(Some(default.into()))
}

pub(super) fn integer(min: i64, max: i64, description: &str) -> ObjectBuilder {
    field(Type::Integer, description)
        .minimum(Some(min))
        .maximum(Some(max))
}

pub(super) fn page_number() -> ObjectBuilder {
    integer(1, PageNumber::MAX, "").default(Some(Paging::default().page().into()))
}

pub(super) fn page_size() -> ObjectBuilder {
    integer(1, i64::from(PageSize::MAX), "").default(Some(Paging::default().size().into()))
}

pub(super) fn email(description: &str) -> ObjectBuilder {
    format("email", description)
        .max_length(Some(Email::MAX_CHARS))
        .examples([json!("ada@example.com")])
}

pub(super) fn guid(description: &str) -> ObjectBuilder {
    format("uuid", description).examples([json!("0197A3C2-6414-7046-87A6-67730D5F9F08")])
}

pub(super) fn date_time(description: &str) -> ObjectBuilder {
    format("date-time", description).examples([json!("2026-11-23T08:45:00+00:00")])
}

pub(super) fn language(description: &str) -> ObjectBuilder {
    format("language-tag", description)
        .max_length(Some(LangTag::MAX_CHARS))
        .examples([json!("en-US"), json!("tr-TR")])
}

/// A string in a format of JSON Schema, or in one that its description names.
pub(super) fn format(format: &str, description: &str) -> ObjectBuilder {
    string(description).format(Some(SchemaFormat::Custom(format.to_owned())))
}

/// One of some words.
pub(super) fn word<const N: usize>(words: [&str; N], description: &str) -> ObjectBuilder {
    string(description).enum_values(Some(words))
}

/// One of some words, or `null`.
pub(super) fn word_or_null<const N: usize>(words: [&str; N], description: &str) -> ObjectBuilder {
    let words = words.into_iter().map(Value::from).chain([Value::Null]);
    string(description)
        .enum_values(Some(words))
        .or_null(Type::String)
}

/// The same field where `null` may stand for it.
pub(super) trait OrNull {
    /// Lets a field of this type be `null`.
    fn or_null(self, kind: Type) -> Self;
}

impl OrNull for ObjectBuilder {
    fn or_null(self, kind: Type) -> Self {
        self.schema_type(SchemaType::from_iter([kind, Type::Null]))
    }
}

/// Adds the fields, in order, all of them always there.
pub(super) fn with_all<const N: usize>(
    object: ObjectBuilder,
    fields: [(&str, ObjectBuilder); N],
) -> ObjectBuilder {
    fields.into_iter().fold(object, |object, (name, field)| {
        object.required(name).property(name, field)
    })
}

/// Adds fields that may be absent, in order.
pub(super) fn with_optional<const N: usize>(
    object: ObjectBuilder,
    fields: [(&str, ObjectBuilder); N],
) -> ObjectBuilder {
    fields
        .into_iter()
        .fold(object, |object, (name, field)| object.property(name, field))
}

fn field(kind: Type, description: &str) -> ObjectBuilder {
    let described = (!description.is_empty()).then_some(description);
    ObjectBuilder::new()
        .schema_type(kind)
        .description(described)
}

/// A value of the documentation's examples, which are JSON.
pub(super) fn example(text: &str) -> Value {
    serde_json::from_str(text).expect("the examples are JSON")
}
