//! The schemas of a room's options, made from the table of options.

use super::fields::{self, OrNull};
use crate::model::options::table::{Entry, Kind, MAX_MINUTES, MAX_RETURN_URL_CHARS, OPTIONS};
use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// Options as a request gives them.
pub(super) fn request() -> ObjectBuilder {
    let description = "\
What is not sent is the default, and in a change what it was. So is what is sent as null, but for \
`return_url`, which null empties, and the options whose default is null, which it sets back. The \
groups `chat` and `duration` and their members may also be spelled with a capital \
(`Chat.OffNewMsgSound`). Unknown keys are kept and given back. At most 16 KiB, nested at most 8 levels deep; no key twice, \
in either spelling.";
    OPTIONS
        .iter()
        .fold(fields::object(description), |object, entry| {
            object.property(entry.key, sent(entry))
        })
        .or_null(Type::Object)
}

/// Options as answers show them.
pub(super) fn response() -> ObjectBuilder {
    all(
        fields::object("All options, and the unknown ones that were sent."),
        OPTIONS,
    )
}

fn all(object: ObjectBuilder, table: &[Entry]) -> ObjectBuilder {
    table.iter().fold(object, |object, entry| {
        object.required(entry.key).property(entry.key, shown(entry))
    })
}

fn sent(entry: &Entry) -> ObjectBuilder {
    let kind = match &entry.kind {
        Kind::Flag { .. } | Kind::OpenFlag => Type::Boolean,
        Kind::Minutes { .. } => Type::Integer,
        Kind::ReturnUrl => Type::String,
        Kind::Group(members) => {
            return members
                .iter()
                .fold(fields::object(""), |object, entry| {
                    object.property(entry.key, sent(entry))
                })
                .or_null(Type::Object);
        }
    };
    shown(entry).or_null(kind)
}

fn shown(entry: &Entry) -> ObjectBuilder {
    match &entry.kind {
        Kind::Flag { default } => fields::boolean(*default, ""),
        Kind::OpenFlag => fields::boolean(false, "null: the room leaves it open.")
            .default(Some(Value::Null))
            .or_null(Type::Boolean),
        Kind::Minutes { min, default } => {
            fields::integer(*min, MAX_MINUTES, "Minutes.").default(Some((*default).into()))
        }
        Kind::ReturnUrl => fields::format(
            "http-url",
            "Where people go when they leave: empty, or an absolute http or https URL without \
             user info.",
        )
        .max_length(Some(MAX_RETURN_URL_CHARS))
        .default(Some("".into())),
        Kind::Group(members) => all(fields::object(""), members),
    }
}
