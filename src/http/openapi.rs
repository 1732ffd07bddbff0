//! The OpenAPI document of the API. It is made from what the handlers use themselves: the limits
//! and tables of the model, the errors as they are answered, the examples of the documentation.

mod fields;
mod operation;
mod options;
mod rooms;
mod service;
mod users;

use super::state::AppState;
use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};
use std::fmt::Display;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItemBuilder, PathsBuilder};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr, Schema,
};

/// A path below the base path, and what can be done there.
type Paths = Vec<(&'static str, PathItem)>;

/// A schema that others refer to by its name.
type NamedSchema = (&'static str, RefOr<Schema>);

/// The name of the one security scheme.
const KEY: &str = "key";

const KEY_DESCRIPTION: &str = "\
`Authorization: Bearer ACCESS_KEY|HASH`, where `HASH` is the lower-case hexadecimal SHA-256 of the \
text `ACCESS_KEY|SECRET_KEY`. `roomd key create` makes both keys and prints the whole header; what \
follows `Bearer` in it is the token to enter here.";

/// `GET /openapi.json`.
pub(super) async fn show(state: web::Data<AppState>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(document(&state.base_paths))
}

/// The OpenAPI document of an API that is served under these base paths, as JSON text.
pub(crate) fn document<P: Display>(base_paths: &[P]) -> String {
    build(base_paths)
        .to_pretty_json()
        .expect("texts and numbers are JSON")
}

fn build<P: Display>(base_paths: &[P]) -> OpenApi {
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("roomd")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(description(base_paths))),
        )
        .tags(Some([
            tag("rooms", "The default rooms of users."),
            tag("users", "Those whom a room can belong to."),
            tag(
                "service",
                "What stands outside the API's base path; needs no key.",
            ),
        ]))
        .paths(paths(base_paths))
        .components(Some(components()))
        .build()
}

fn description<P: Display>(base_paths: &[P]) -> String {
    let mut text = "\
Gets a registered user's default room, made on the first call and the same ever after, and \
manages rooms and users.

Every answer carries an `X-Request-Id`: the caller's own, if it sent one of at most 128 letters, \
digits, `-`, `_`, `.` or `:`. `HEAD` is answered wherever `GET` is. Every error is a JSON object \
with a `code` and a sentence; an unknown address has code 90, a wrong method code 91."
        .to_owned();
    if let [_, others @ ..] = base_paths {
        for other in others {
            text.push_str(&format!(
                "\n\nEverything is served under `{other}` as well."
            ));
        }
    }
    text
}

fn tag(name: &str, description: &str) -> utoipa::openapi::Tag {
    TagBuilder::new()
        .name(name)
        .description(Some(description))
        .build()
}

fn paths<P: Display>(base_paths: &[P]) -> PathsBuilder {
    let base = base_paths.first().map(P::to_string).unwrap_or_default();
    let api = rooms::paths().into_iter().chain(users::paths());
    let api = api.map(|(path, item)| (format!("{base}{path}"), item));
    let service = service::paths().into_iter();
    let service = service.map(|(path, item)| (path.to_owned(), item));
    api.chain(service)
        .fold(PathsBuilder::new(), |paths, (path, item)| {
            paths.path(path, item)
        })
}

fn components() -> utoipa::openapi::Components {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("ACCESS_KEY|HASH")
        .description(Some(KEY_DESCRIPTION));
    ComponentsBuilder::new()
        .schemas_from_iter(rooms::schemas())
        .schemas_from_iter(users::schemas())
        .schemas_from_iter(service::schemas())
        .responses_from_iter(operation::shared_refusals())
        .header("RequestId", operation::request_id())
        .security_scheme(KEY, SecurityScheme::Http(bearer.build()))
        .build()
}

/// A path and what can be done there.
fn path<const N: usize>(
    path: &'static str,
    operations: [(HttpMethod, OperationBuilder); N],
) -> (&'static str, PathItem) {
    let item = PathItemBuilder::new();
    let item = operations
        .into_iter()
        .fold(item, |item, (method, operation)| {
            item.operation(method, operation)
        });
    (path, item.build())
}

/// A reference to a named schema.
fn schema(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}
