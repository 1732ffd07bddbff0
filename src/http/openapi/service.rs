//! What stands outside the API's base path, and the shape of errors.

use super::super::error::{ApiError, ErrorCode};
use super::fields::{self, with_all};
use super::operation::{Operation, answer, open, response};
use super::{NamedSchema, Paths, path};
use crate::model;
use crate::store;
use serde_json::{Value, json};
use utoipa::openapi::path::OperationBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder};
use utoipa::openapi::{Content, HttpMethod, ResponseBuilder};

const TAG: &str = "service";

pub(super) fn paths() -> Paths {
    [
        ("/groups/room/{slug}", page()),
        ("/healthz", healthz()),
        ("/readyz", readyz()),
        ("/openapi.json", document()),
        ("/docs", docs()),
    ]
    .map(|(address, operation)| path(address, [(HttpMethod::Get, operation)]))
    .into()
}

pub(super) fn schemas() -> Vec<NamedSchema> {
    vec![("Error", error().into())]
}

fn page() -> OperationBuilder {
    let slug = fields::string(
        "The end of a room's `url`. Only the 10 characters after the last `_` count.",
    )
    .examples([json!("test-room_k3v9q2d7xm")]);
    open(
        TAG,
        "showRoomPage",
        "Show a room's page",
        "What is behind a room's `url`, for a person.",
    )
    .path_parameter("slug", slug)
    .response("200", html("The page."))
    .shared("500", "Failed")
    .refuses([model::Error::RoomNotFound.into()])
}

fn healthz() -> OperationBuilder {
    open(TAG, "checkAlive", "Check that the process answers", "")
        .response("200", status("It does.", "alive"))
}

fn readyz() -> OperationBuilder {
    let description = "Reads the database and writes to it.";
    open(
        TAG,
        "checkReady",
        "Check that rooms can be found and made",
        description,
    )
    .response("200", status("They can.", "ready"))
    .refuses([ApiError::NotReady(store::Error::Stopped)])
}

fn document() -> OperationBuilder {
    open(TAG, "getOpenApi", "Get this document", "").response(
        "200",
        answer(
            "The document.",
            fields::object(""),
            json!({"openapi": "3.1.0"}),
        ),
    )
}

fn docs() -> OperationBuilder {
    open(TAG, "showDocs", "Read this document and try it", "")
        .response("200", html("A page for a browser."))
}

fn status(description: &str, word: &str) -> ResponseBuilder {
    let schema = with_all(fields::object(""), [("status", fields::word([word], ""))]);
    answer(description, schema, json!({"status": word}))
}

fn html(description: &str) -> ResponseBuilder {
    response(description).content("text/html", Content::new(Some(fields::string(""))))
}

fn error() -> ObjectBuilder {
    let wrong_field = with_all(
        fields::object(""),
        [
            (
                "field",
                fields::string("The path of the field: `options.chat.offNewMsgSound`."),
            ),
            (
                "message",
                fields::string("What is wrong, to be read on from the field's name."),
            ),
        ],
    );
    with_all(
        fields::object("Why a request was refused."),
        [
            (
                "code",
                ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::Integer)
                    .description(Some("What the refusal is for a program."))
                    .enum_values(Some(
                        ErrorCode::ALL.iter().map(|code| Value::from(code.number())),
                    )),
            ),
            (
                "details",
                fields::string("What the refusal is for a person."),
            ),
        ],
    )
    .property(
        "errors",
        ArrayBuilder::new()
            .items(wrong_field)
            .description(Some("Every wrong field; only with code 12.")),
    )
}
