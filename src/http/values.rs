//! The values in requests and responses: how each is read from JSON, and its schema, made from the
//! limits and words of the model.

use super::error::ErrorCode;
use super::extra_fields::ExtraField;
use super::fields::{FromJson, whole};
use super::json;
use crate::meeting::MAX_HOST_LINK_SECONDS;
use crate::model::text::FORBIDDEN;
use crate::model::{
    Email, FieldError, Guid, Invalid, LangTag, Mobile, PageNumber, PageSize, Paging, Part,
    PersonName, Role, RoomName, RoomSort, Surname, Tags, TimeZoneName, Timestamp, Username,
};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The orders of rooms as requests write them, the default first.
pub(super) const SORTS: [(&str, RoomSort); 4] = [
    ("created_date desc", RoomSort::CreatedDescending),
    ("created_date asc", RoomSort::CreatedAscending),
    ("name asc", RoomSort::NameAscending),
    ("name desc", RoomSort::NameDescending),
];

/// Whether a user is active, as a number: 1 or 0.
#[derive(Clone, Copy)]
pub(super) struct Status(bool);

impl Status {
    fn new(number: i64) -> Result<Self, Invalid> {
        match number {
            0 => Ok(Self(false)),
            1 => Ok(Self(true)),
            _ => Err(Invalid::new("must be 1 (active) or 0 (not active)")),
        }
    }

    /// Returns the same fact as a boolean.
    pub(super) fn is_active(self) -> bool {
        self.0
    }
}

/// How many seconds a host link is valid.
#[derive(Clone, Copy)]
pub(super) struct LinkSeconds(i64);

impl LinkSeconds {
    const MAX: i64 = MAX_HOST_LINK_SECONDS;

    fn new(number: i64) -> Result<Self, Invalid> {
        if (1..=Self::MAX).contains(&number) {
            return Ok(Self(number));
        }
        let message = format!("must be from 1 to {} seconds", Self::MAX);
        Err(Invalid(message.into()))
    }

    /// Returns the moment so long after another one.
    pub(super) fn after(self, moment: Timestamp) -> Timestamp {
        Timestamp::from_unix(moment.as_unix() + self.0)
    }
}

macro_rules! values {
    ($($value:ty: $($read:expr $(, $may_be_empty:ident)?)? => $schema:expr;)+) => {
        $(
            $(impl FromJson<'_> for $value {
                $(const $may_be_empty: bool = true;)?

                fn from_json(value: &RawValue) -> Result<Self, Vec<FieldError>> {
                    $read(value)
                }
            })?

            impl ToSchema for $value {}

            impl PartialSchema for $value {
                fn schema() -> RefOr<Schema> {
                    $schema.into()
                }
            }
        )+

        /// Returns the schema of a value by the name that references give it.
        pub(super) fn schema(name: &str) -> Option<RefOr<Schema>> {
            let mut schemas = [$((<$value>::name(), <$value>::schema as fn() -> _)),+].into_iter();
            schemas.find_map(|(known, schema)| (known == name).then(schema))
        }
    };
}

values! {
    Email: as_text(Email::parse) => format("email")
        .max_length(Some(Email::MAX_CHARS))
        .examples([json!("ada@example.com")]);
    ErrorCode: => enumeration(
        Type::Integer,
        ErrorCode::ALL.iter().map(|code| (json!(code.number()), format!("{code:?}"))),
    ).description(Some("What an error is to a program."));
    ExtraField: => enumeration(
        Type::String,
        ExtraField::ALL.into_iter().map(|field| (json!(field.as_str()), format!("{field:?}"))),
    ).description(Some("What a response says of a room only where the request asks for it."));
    Guid: as_text(Guid::parse) => format("uuid")
        .examples([json!("0197A3C2-6414-7046-87A6-67730D5F9F08")]);
    LinkSeconds: as_integer(LinkSeconds::new) => integer(1, LinkSeconds::MAX);
    LangTag: as_text(LangTag::parse) => format("language-tag")
        .max_length(Some(LangTag::MAX_CHARS))
        .examples([json!("en-US"), json!("tr-TR")]);
    Mobile: as_text(Mobile::parse), MAY_BE_EMPTY => text(Mobile::MAX_CHARS);
    PageNumber: as_integer(PageNumber::new) => integer(1, PageNumber::MAX)
        .default(Some(Paging::default().page().into()));
    PageSize: as_integer(PageSize::new) => integer(1, PageSize::MAX.into());
    Part: as_text(Part::parse) => string().max_length(Some(Part::MAX_CHARS));
    PersonName: as_text(PersonName::parse) => line(PersonName::MAX_CHARS);
    Role: as_text(Role::parse) => enumeration(
        Type::String,
        Role::ALL.into_iter().map(|role| (json!(role.as_str()), format!("{role:?}"))),
    ).description(Some("u: user, e: instructor, a: administrator."));
    RoomName: as_text(RoomName::parse) => line(RoomName::MAX_CHARS);
    RoomSort: => enumeration(
        Type::String,
        SORTS.into_iter().map(|(words, sort)| (json!(words), format!("{sort:?}"))),
    ).description(Some("The order of rooms."));
    Status: as_integer(Status::new) => integer(0, 1);
    Surname: as_text(Surname::parse), MAY_BE_EMPTY => text(Surname::MAX_CHARS);
    Tags: as_text(Tags::parse) => text(Tags::MAX_CHARS);
    TimeZoneName: as_text(TimeZoneName::parse) => format("time-zone")
        .examples([json!("Europe/Istanbul")]);
    Timestamp: as_text(Timestamp::parse) => format("date-time")
        .examples([json!("2026-11-23T08:45:00+00:00")]);
    Username: as_text(Username::parse) => line(Username::MAX_CHARS);
}

/// Returns a reader of strings by the rule of the value that they denote.
pub(super) fn as_text<T>(
    parse: impl Fn(&str) -> Result<T, Invalid>,
) -> impl Fn(&RawValue) -> Result<T, Vec<FieldError>> {
    move |value| {
        json::text(value)
            .and_then(|text| parse(&text))
            .map_err(whole)
    }
}

/// Returns a reader of whole numbers by the rule of the value that they denote.
fn as_integer<T>(
    make: impl Fn(i64) -> Result<T, Invalid>,
) -> impl Fn(&RawValue) -> Result<T, Vec<FieldError>> {
    move |value| json::integer(value).and_then(&make).map_err(whole)
}

/// Returns the schema of one of several values, each with its name in Rust. Generators of clients
/// take the names of their constants from `x-enum-varnames`.
fn enumeration(kind: Type, values: impl Iterator<Item = (Value, String)>) -> ObjectBuilder {
    let (values, names): (Vec<Value>, Vec<String>) = values.unzip();
    let names: Vec<String> = names.iter().map(|name| constant_case(name)).collect();
    let names = ExtensionsBuilder::new().add("x-enum-varnames", names);
    ObjectBuilder::new()
        .schema_type(kind)
        .enum_values(Some(values))
        .extensions(Some(names.build()))
}

/// Returns `InvalidFields` as `INVALID_FIELDS`.
fn constant_case(name: &str) -> String {
    let mut constant = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            constant.push('_');
        }
        constant.push(letter.to_ascii_uppercase());
    }
    constant
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// Returns a string in a format of JSON Schema, or in one that only its name explains.
pub(super) fn format(format: &str) -> ObjectBuilder {
    string().format(Some(SchemaFormat::Custom(format.to_owned())))
}

pub(super) fn integer(min: i64, max: i64) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(min))
        .maximum(Some(max))
}

/// Returns a string that may be empty, without forbidden characters.
fn text(max_chars: usize) -> ObjectBuilder {
    string()
        .max_length(Some(max_chars))
        .pattern(Some(format!("^[^{}]*$", forbidden())))
}

/// Returns a string of one line that is more than white space, without forbidden characters.
fn line(max_chars: usize) -> ObjectBuilder {
    let forbidden = forbidden();
    text(max_chars).min_length(Some(1)).pattern(Some(format!(
        r"^[^{forbidden}]*[^\s{forbidden}][^{forbidden}]*$"
    )))
}

/// Returns the forbidden characters as ranges for a character class of a regular expression.
fn forbidden() -> String {
    let code = |c: &char| format!(r"\u{:04x}", u32::from(*c));
    let ranges = FORBIDDEN.iter();
    ranges
        .map(|range| format!("{}-{}", code(range.start()), code(range.end())))
        .collect()
}
