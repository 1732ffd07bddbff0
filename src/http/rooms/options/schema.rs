//! The schemas of a room's options, generated from the table of options.

use crate::http::values::{format, integer};
use crate::model::options::table::{Entry, Kind, MAX_MINUTES, MAX_RETURN_URL_CHARS, OPTIONS};
use crate::model::{OptionsPatch, RoomOptions};
use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

const REQUEST: &str = "\
An option that is not sent has its default, and keeps its value in a change. So does one that is \
sent as null, except for `return_url`, which null empties, and the options whose default is null, \
which null sets back. The groups `chat` and `duration` and their members may also be spelled with \
a capital (`Chat.OffNewMsgSound`). Unknown keys are stored and returned. At most 16 KiB, nested \
at most 8 levels deep; no key twice, in either spelling.";

impl ToSchema for OptionsPatch<'_> {}

impl PartialSchema for OptionsPatch<'_> {
    fn schema() -> RefOr<Schema> {
        request_object(OPTIONS).description(Some(REQUEST)).into()
    }
}

impl ToSchema for RoomOptions {}

impl PartialSchema for RoomOptions {
    fn schema() -> RefOr<Schema> {
        let description = "All options, and the unknown ones that were sent.";
        response_object(OPTIONS)
            .description(Some(description))
            .into()
    }
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

fn in_request(entry: &Entry) -> ObjectBuilder {
    let (schema, kind) = match &entry.kind {
        Kind::Flag { .. } | Kind::OpenFlag => (in_response(entry), Type::Boolean),
        Kind::Minutes { .. } => (in_response(entry), Type::Integer),
        Kind::ReturnUrl => (in_response(entry), Type::String),
        Kind::Group(members) => (request_object(members), Type::Object),
    };
    schema.schema_type(SchemaType::from_iter([kind, Type::Null]))
}

fn in_response(entry: &Entry) -> ObjectBuilder {
    let boolean = ObjectBuilder::new().schema_type(Type::Boolean);
    match &entry.kind {
        Kind::Flag { default } => boolean.default(Some((*default).into())),
        Kind::OpenFlag => boolean
            .schema_type(SchemaType::from_iter([Type::Boolean, Type::Null]))
            .description(Some("null: the room leaves it open."))
            .default(Some(Value::Null)),
        Kind::Minutes { min, default } => integer(*min, MAX_MINUTES)
            .description(Some("Minutes."))
            .default(Some((*default).into())),
        Kind::ReturnUrl => format("http-url")
            .description(Some(
                "Where people go when they leave: empty, or an absolute http or https URL without \
                 user info.",
            ))
            .max_length(Some(MAX_RETURN_URL_CHARS))
            .default(Some("".into())),
        Kind::Group(members) => response_object(members),
    }
}
