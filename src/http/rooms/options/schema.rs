//! The schemas of a room's options, generated from the table of options.

use crate::http::values::{format, integer};
use crate::model::options::table::{Entry, Kind, MAX_MINUTES, MAX_RETURN_URL_CHARS, OPTIONS};
use crate::model::{OptionsPatch, RoomOptions};
use serde_json::Value;
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

const REQUEST: &str = "\
An option that is not sent keeps its value in a change, and has its default in a new room. So does \
one that is sent as null, except for `return_url`, which null empties, and the options whose default is null, \
which null sets back. The groups `chat` and `duration` and their members may also be spelled with \
a capital (`Chat.OffNewMsgSound`). Unknown keys are stored and returned. At most 16 KiB, nested \
at most 8 levels deep; no key twice, in either spelling.";

/// Schemas by name.
type Schemas = Vec<(String, RefOr<Schema>)>;

impl ToSchema for OptionsPatch<'_> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("OptionsChange")
    }

    fn schemas(schemas: &mut Schemas) {
        for (key, members) in groups() {
            schemas.push((in_request_name(key), request_object(members).into()));
        }
    }
}

impl PartialSchema for OptionsPatch<'_> {
    fn schema() -> RefOr<Schema> {
        request_object(OPTIONS).description(Some(REQUEST)).into()
    }
}

impl ToSchema for RoomOptions {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Options")
    }

    fn schemas(schemas: &mut Schemas) {
        for (key, members) in groups() {
            schemas.push((in_response_name(key), response_object(members).into()));
        }
    }
}

impl PartialSchema for RoomOptions {
    fn schema() -> RefOr<Schema> {
        let description = "All options, and the unknown ones that were sent.";
        response_object(OPTIONS)
            .description(Some(description))
            .into()
    }
}

/// Returns the groups of options: their keys and members.
fn groups() -> impl Iterator<Item = (&'static str, &'static [Entry])> {
    OPTIONS.iter().filter_map(|entry| match entry.kind {
        Kind::Group(members) => Some((entry.key, members)),
        _ => None,
    })
}

/// Returns the name of a group's schema in responses: `OptionsChat`.
fn in_response_name(key: &str) -> String {
    let (first, rest) = key.split_at(1);
    format!("Options{}{rest}", first.to_ascii_uppercase())
}

/// Returns the name of a group's schema in requests: `OptionsChatChange`.
fn in_request_name(key: &str) -> String {
    in_response_name(key) + "Change"
}

fn request_object(table: &[Entry]) -> ObjectBuilder {
    table.iter().fold(ObjectBuilder::new(), |object, entry| {
        object.property(entry.key, in_request(entry))
    })
}

fn response_object(table: &[Entry]) -> ObjectBuilder {
    table.iter().fold(ObjectBuilder::new(), |object, entry| {
        let object = object.required(entry.key);
        object.property(entry.key, in_response(entry))
    })
}

/// Returns the schema of an option in requests. It has no `default`: clients that are generated from
/// the document would send every default, and so reset what they do not mean to change.
fn in_request(entry: &Entry) -> RefOr<Schema> {
    let kind = match &entry.kind {
        Kind::Flag { .. } | Kind::OpenFlag => Type::Boolean,
        Kind::Minutes { .. } => Type::Integer,
        Kind::ReturnUrl => Type::String,
        Kind::Group(_) => {
            let null = ObjectBuilder::new().schema_type(Type::Null);
            let group = Ref::from_schema_name(in_request_name(entry.key));
            return OneOfBuilder::new().item(group).item(null).into();
        }
    };
    value(entry)
        .schema_type(SchemaType::from_iter([kind, Type::Null]))
        .into()
}

fn in_response(entry: &Entry) -> RefOr<Schema> {
    let default = match &entry.kind {
        Kind::Flag { default } => (*default).into(),
        Kind::OpenFlag => Value::Null,
        Kind::Minutes { default, .. } => (*default).into(),
        Kind::ReturnUrl => "".into(),
        Kind::Group(_) => return Ref::from_schema_name(in_response_name(entry.key)).into(),
    };
    value(entry).default(Some(default)).into()
}

/// Returns the schema of an option that is no group.
fn value(entry: &Entry) -> ObjectBuilder {
    let boolean = ObjectBuilder::new().schema_type(Type::Boolean);
    match &entry.kind {
        Kind::Flag { .. } | Kind::Group(_) => boolean,
        Kind::OpenFlag => boolean
            .schema_type(SchemaType::from_iter([Type::Boolean, Type::Null]))
            .description(Some("null: the room leaves it open.")),
        Kind::Minutes { min, .. } => integer(*min, MAX_MINUTES).description(Some("Minutes.")),
        Kind::ReturnUrl => format("http-url")
            .description(Some(
                "Where people go when they leave: empty, or an absolute http or https URL without \
                 user info.",
            ))
            .max_length(Some(MAX_RETURN_URL_CHARS)),
    }
}
