//! What every operation has: a name, answers, refusals.

use super::super::error::ApiError;
use super::{KEY, fields, schema};
use crate::model::{self, FieldError, Invalid};
use crate::store;
use actix_web::ResponseError;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::path::{OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    Header, HeaderBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
};

const JSON: &str = "application/json";

/// The refusals that operations share, and those that belong to none, by their names.
pub(super) fn shared_refusals() -> Vec<(&'static str, Response)> {
    let not_json = "the body must be JSON: send Content-Type: application/json";
    [
        ("Unauthorized", ApiError::Unauthorized),
        ("TooMany", ApiError::TooManyFailures(3)),
        ("Failed", store::Error::Internal(String::new()).into()),
        ("Busy", store::Error::Busy.into()),
        ("DiskFull", store::Error::DiskFull.into()),
        ("BodyTooLarge", ApiError::BodyTooLarge),
        ("NotJson", ApiError::UnsupportedMediaType(not_json)),
        ("NoSuchAddress", ApiError::RouteNotFound),
        ("WrongMethod", ApiError::MethodNotAllowed("POST".into())),
    ]
    .map(|(name, error)| (name, refusal(&[error])))
    .into()
}

/// The refusal of a field that is wrong.
pub(super) fn invalid_field(field: &str, message: &'static str) -> ApiError {
    model::Error::InvalidFields(vec![FieldError {
        field: field.to_owned(),
        message: Invalid::new(message),
    }])
    .into()
}

/// The refusal of a body that is not JSON.
pub(super) fn not_an_object() -> ApiError {
    ApiError::BadRequest(
        "the body must be a JSON object: EOF while parsing an object at line 1 column 1".into(),
    )
}

/// The header of every response.
pub(super) fn request_id() -> Header {
    let id = fields::string("The id of the request: the caller's, if it sent a sane one.");
    HeaderBuilder::new().schema(Some(id)).build()
}

/// An operation that needs a key.
pub(super) fn keyed(tag: &str, id: &str, summary: &str, description: &str) -> OperationBuilder {
    open(tag, id, summary, description)
        .security(SecurityRequirement::new(KEY, [""; 0]))
        .shared("401", "Unauthorized")
        .shared("429", "TooMany")
        .shared("500", "Failed")
        .shared("503", "Busy")
}

/// An operation for everybody.
pub(super) fn open(tag: &str, id: &str, summary: &str, description: &str) -> OperationBuilder {
    OperationBuilder::new()
        .tag(tag)
        .operation_id(Some(id))
        .summary(Some(summary))
        .description((!description.is_empty()).then_some(description))
}

/// More to say of an operation.
pub(super) trait Operation {
    /// Adds a refusal that many operations share.
    fn shared(self, status: &str, name: &str) -> Self;

    /// Adds refusals, each status at once.
    fn refuses<const N: usize>(self, errors: [ApiError; N]) -> Self;

    /// Adds the refusals of those that change something.
    fn writes(self) -> Self;

    /// Adds a body of JSON and its refusals.
    fn takes(self, schema_name: &str, example: Value) -> Self;

    /// Adds a parameter of the path.
    fn path_parameter(self, name: &str, field: ObjectBuilder) -> Self;

    /// Adds a parameter of the query.
    fn query_parameter(self, name: &str, field: ObjectBuilder, description: &str) -> Self;
}

impl Operation for OperationBuilder {
    fn refuses<const N: usize>(self, errors: [ApiError; N]) -> Self {
        let mut by_status: BTreeMap<String, Vec<ApiError>> = BTreeMap::new();
        for error in errors {
            let status = error.status_code().as_str().to_owned();
            by_status.entry(status).or_default().push(error);
        }
        by_status
            .into_iter()
            .fold(self, |operation, (status, errors)| {
                operation.response(status, refusal(&errors))
            })
    }

    fn shared(self, status: &str, name: &str) -> Self {
        self.response(status, Ref::from_response_name(name))
    }

    fn writes(self) -> Self {
        self.shared("507", "DiskFull")
    }

    fn takes(self, schema_name: &str, example: Value) -> Self {
        self.request_body(Some(body(schema_name, example)))
            .shared("413", "BodyTooLarge")
            .shared("415", "NotJson")
    }

    fn path_parameter(self, name: &str, field: ObjectBuilder) -> Self {
        self.parameter(
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .schema(Some(field)),
        )
    }

    fn query_parameter(self, name: &str, field: ObjectBuilder, description: &str) -> Self {
        self.parameter(
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(field)),
        )
    }
}

/// A response with a JSON body.
pub(super) fn answer(
    description: &str,
    schema: impl Into<RefOr<Schema>>,
    example: Value,
) -> ResponseBuilder {
    let content = ContentBuilder::new()
        .schema(Some(schema))
        .example(Some(example));
    response(description).content(JSON, content.build())
}

/// A response to which all that every response has is added.
pub(super) fn response(description: &str) -> ResponseBuilder {
    ResponseBuilder::new()
        .description(description)
        .header_ref("X-Request-Id", Ref::new("#/components/headers/RequestId"))
}

/// The response to errors of one status; each code has an example, made by the error itself.
fn refusal(errors: &[ApiError]) -> Response {
    let content = ContentBuilder::new()
        .schema(Some(schema("Error")))
        .examples_from_iter(errors.iter().map(refusal_example));
    let status = errors[0].status_code();
    let response = response(status.canonical_reason().unwrap_or_default());
    let response = response.content(JSON, content.build());
    let sent = errors[0].error_response();
    sent.headers()
        .iter()
        .filter(|(name, _)| **name != CONTENT_TYPE && **name != CONTENT_LENGTH)
        .fold(response, |response, (name, value)| {
            let value = value.to_str().unwrap_or_default();
            let header = HeaderBuilder::new().schema(Some(fields::string("").examples([value])));
            response.header(name.as_str(), header.build())
        })
        .build()
}

fn refusal_example(error: &ApiError) -> (String, Example) {
    let body = error.body();
    let example = ExampleBuilder::new().value(serde_json::to_value(&body).ok());
    (format!("code {}", body.code), example.build())
}

fn body(schema_name: &str, example: Value) -> RequestBody {
    let content = ContentBuilder::new()
        .schema(Some(schema(schema_name)))
        .example(Some(example));
    RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content(JSON, content.build())
        .build()
}
