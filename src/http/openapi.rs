//! The OpenAPI document of the API. Each operation, request and response is described at its
//! handler; this file adds what all of them share.

use super::endpoint::Endpoint;
use super::error::ErrorResponse;
use super::error_responses::{
    self, BodyTooLarge, Failed, InvalidBody, InvalidParameters, RateLimited, Unauthorized,
    Unavailable, UnsupportedMediaType,
};
use super::rooms::request::default_lang;
use super::schema;
use crate::model::{LangTag, RoomSort};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Display;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, HeaderBuilder, OpenApi, Ref, RefOr, Response, Schema, SecurityRequirement, Server,
};
use utoipa::{IntoResponses, OpenApi as _};

/// The name of the one security scheme.
const KEY: &str = "key";

const KEY_DESCRIPTION: &str = "\
`Authorization: Bearer ACCESS_KEY|HASH`, where `HASH` is the hexadecimal SHA-256 of the \
text `ACCESS_KEY|SECRET_KEY`. `roomd key create` creates both keys and prints the whole header; \
the token to enter here is what follows `Bearer` in it.";

/// What the document says of the API as a whole.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "roomd", description = "\
Gets a registered user's default room, which the first call creates and every further call \
returns, and manages rooms and users.

Every response carries an `X-Request-Id`: the caller's own, if the request has one of at most 128 \
letters, digits, `-`, `_`, `.` or `:`. `HEAD` works wherever `GET` does. Every error is a JSON \
object with a `code` and a sentence; an unknown path has code 90, a wrong method code 91."),
    tags(
        (name = "rooms", description = "The default rooms of users."),
        (name = "users", description = "The users, each of whom can have one room."),
        (name = "service", description = "Routes outside the API's base path, which need no key."),
    ),
    components(schemas(ErrorResponse, RoomSort)),
)]
struct Document;

/// What the document tells of the settings of a server.
pub(crate) struct DocumentSettings<'a, P> {
    /// The paths under which the API is served.
    pub(crate) base_paths: &'a [P],
    /// The languages that rooms may have; if empty, any.
    pub(crate) languages: &'a [LangTag],
    /// The URLs of the server, the preferred one first.
    pub(crate) servers: Vec<String>,
}

/// Returns the OpenAPI document, as JSON text: the endpoints of the API, which need a key, under
/// the first of its base paths, then the other endpoints.
pub(super) fn document<P: Display>(
    settings: DocumentSettings<'_, P>,
    api: Vec<Endpoint>,
    service: Vec<Endpoint>,
) -> String {
    let base_paths = settings.base_paths;
    let mut api = merge(api);
    operations(&mut api).for_each(add_key);
    let mut service = merge(service);
    operations(&mut service).for_each(|operation| operation.security = Some(Vec::new()));
    let base = base_paths.first().map(P::to_string).unwrap_or_default();
    let mut document = Document::openapi().nest(base, api).merge_from(service);
    let servers = settings.servers.into_iter().map(Server::new);
    document.servers = Some(servers.collect());
    for other in base_paths.iter().skip(1) {
        let description = document.info.description.get_or_insert_default();
        *description += &format!("\n\nThe API is served under `{other}` as well.");
    }
    operations(&mut document).for_each(complete);
    complete_components(document.components.get_or_insert_default());
    set_default_lang(&mut document, &default_lang(settings.languages));
    remove_unused(&mut document);
    document.to_pretty_json().expect("a document is JSON")
}

/// Says which language a new room has by default, as other defaults are said: in the description.
fn set_default_lang(document: &mut OpenApi, lang: &LangTag) {
    let schemas = document.components.iter_mut();
    let mut schemas = schemas.flat_map(|components| components.schemas.iter_mut());
    if let Some((_, RefOr::T(Schema::Object(request)))) =
        schemas.find(|(name, _)| *name == "DefaultRoomRequest")
        && let Some(RefOr::T(Schema::Object(property))) = request.properties.get_mut("lang")
    {
        let description = property.description.get_or_insert_default();
        description.push_str(&format!(" Default: `\"{}\"`.", lang.as_str()));
    }
}

/// Removes the components that nothing in the document refers to.
fn remove_unused(document: &mut OpenApi) {
    loop {
        let value = serde_json::to_value(&*document).expect("a document is JSON");
        let mut used = BTreeSet::new();
        collect_references(&value, &mut used);
        let components = document.components.get_or_insert_default();
        let count = components.schemas.len() + components.responses.len();
        components
            .schemas
            .retain(|name, _| used.contains(format!("#/components/schemas/{name}").as_str()));
        components
            .responses
            .retain(|name, _| used.contains(format!("#/components/responses/{name}").as_str()));
        if components.schemas.len() + components.responses.len() == count {
            return;
        }
    }
}

fn collect_references<'a>(value: &'a Value, references: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(reference) if key == "$ref" => {
                        references.insert(reference);
                    }
                    _ => collect_references(value, references),
                }
            }
        }
        Value::Array(elements) => {
            for element in elements {
                collect_references(element, references);
            }
        }
        _ => {}
    }
}

fn merge(endpoints: Vec<Endpoint>) -> OpenApi {
    let documents = endpoints.into_iter().map(|endpoint| endpoint.document);
    documents.reduce(OpenApi::merge_from).unwrap_or_default()
}

fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    let items = document.paths.paths.values_mut();
    items.flat_map(|item| {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
        ];
        operations.into_iter().flatten()
    })
}

/// Adds that an operation needs a key, and the errors of all operations that do.
fn add_key(operation: &mut Operation) {
    operation.security = Some(vec![SecurityRequirement::new(KEY, [""; 0])]);
    add::<Unauthorized>(operation);
    add::<RateLimited>(operation);
    add::<Failed>(operation);
    add::<Unavailable>(operation);
}

fn add<R: IntoResponses>(operation: &mut Operation) {
    operation.responses.responses.extend(R::responses());
}

/// Adds what follows from an operation's parameters and body.
fn complete(operation: &mut Operation) {
    schema::unwrap_lines(&mut operation.description);
    if operation.request_body.is_some() {
        add::<InvalidBody>(operation);
        add::<BodyTooLarge>(operation);
        add::<UnsupportedMediaType>(operation);
    }
    let mut has_query = false;
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            has_query |= parameter.parameter_in == ParameterIn::Query;
            schema::unwrap_lines(&mut parameter.description);
            parameter.schema.iter_mut().for_each(schema::inline);
        }
    }
    if has_query {
        add::<InvalidParameters>(operation);
    }
    operation
        .responses
        .responses
        .values_mut()
        .for_each(add_request_id);
}

fn add_request_id(response: &mut RefOr<Response>) {
    if let RefOr::T(response) = response {
        let reference = Ref::new("#/components/headers/RequestId");
        response
            .headers
            .insert("X-Request-Id".to_owned(), RefOr::Ref(reference));
    }
}

fn complete_components(components: &mut Components) {
    components
        .schemas
        .retain(|name, _| !schema::is_inlined(name));
    components.schemas.values_mut().for_each(schema::inline);
    components.responses = error_responses::all();
    components.responses.values_mut().for_each(add_request_id);
    let request_id = HeaderBuilder::new()
        .description(Some(
            "The id of the request: the caller's, if it is a valid one.",
        ))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
    let request_id = RefOr::T(request_id.build());
    components
        .headers
        .insert("RequestId".to_owned(), request_id);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("ACCESS_KEY|HASH")
        .description(Some(KEY_DESCRIPTION));
    components.add_security_scheme(KEY, SecurityScheme::Http(bearer.build()));
}
