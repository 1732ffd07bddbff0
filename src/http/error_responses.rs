//! The error responses of the OpenAPI document, each a type that an operation can name. Status,
//! headers and an example for every code come from the errors themselves.

use super::error::{ApiError, ErrorResponse};
use crate::model::{Error as Rule, FieldError, Invalid, LangTag, PageNumber};
use crate::store;
use actix_web::ResponseError;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{HeaderBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

/// Responses by status, or by name.
type Responses = BTreeMap<String, RefOr<Response>>;

macro_rules! error_responses {
    ($($name:ident: $($error:expr),+;)+) => {
        $(
            pub(super) struct $name;

            impl $name {
                fn errors() -> Vec<ApiError> {
                    vec![$($error),+]
                }
            }

            impl IntoResponses for $name {
                fn responses() -> Responses {
                    let status = Self::errors()[0].status_code();
                    let reference = Ref::from_response_name(stringify!($name));
                    [(status.as_str().to_owned(), reference.into())].into()
                }
            }
        )+

        /// Returns all error responses by name.
        pub(super) fn all() -> Responses {
            [$((stringify!($name).to_owned(), response(&$name::errors()).into())),+].into()
        }
    };
}

error_responses! {
    BodyTooLarge: ApiError::BodyTooLarge;
    CreatorNotFound: ApiError::CreatorNotFound("/xapi/v2/user".into());
    DiskFull: store::Error::DiskFull.into();
    EnterForbidden: ApiError::HostLinkNotValid, ApiError::ForeignPage;
    Failed: store::Error::Internal(String::new()).into();
    GuestsOnly: ApiError::GuestsOnly;
    HostNotServed: ApiError::HostNotServed;
    GuestsOnlyOrInactive: Rule::UserInactive.into(), ApiError::GuestsOnly;
    GuestsOnlyOrOwnerInactive: Rule::OwnerInactive.into(), ApiError::GuestsOnly;
    InvalidBody: invalid("lang", LangTag::parse("e")), ApiError::BadRequest(
        "the body must be a JSON object: it ends too early, at line 1 column 1".into(),
    );
    InvalidParameters: invalid("page", PageNumber::new(0));
    NotReady: ApiError::NotReady(store::Error::Stopped);
    RateLimited: ApiError::TooManyFailures(3);
    RoomNameTaken: Rule::RoomNamesTaken(vec!["Test Room".into()]).into();
    RoomNotFound: Rule::RoomNotFound.into();
    Unauthorized: ApiError::Unauthorized;
    Unavailable: store::Error::Busy.into();
    UnsupportedMediaType: ApiError::UnsupportedMediaType(
        "the body must be JSON: send Content-Type: application/json",
    );
    UserNotFound: Rule::UserNotFound.into();
    UserTaken: Rule::UsernameTaken.into(), Rule::EmailTaken.into();
}

/// Returns the error for a field with a wrong value.
fn invalid<T>(field: &str, parsed: Result<T, Invalid>) -> ApiError {
    let error = parsed.err().map(|message| FieldError {
        field: field.to_owned(),
        message,
    });
    Rule::InvalidFields(error.into_iter().collect()).into()
}

/// Returns the response to errors of one status, with an example for each.
fn response(errors: &[ApiError]) -> Response {
    let examples = errors.iter().map(|error| {
        let body = error.body();
        let example = ExampleBuilder::new().value(serde_json::to_value(&body).ok());
        (format!("code {}", body.code), example.build())
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(ErrorResponse::name())))
        .examples_from_iter(examples);
    let status = errors[0].status_code();
    let response = ResponseBuilder::new()
        .description(status.canonical_reason().unwrap_or_default())
        .content("application/json", content.build());
    let sent = errors[0].error_response();
    let headers = sent.headers().iter();
    headers
        .filter(|(name, _)| **name != CONTENT_TYPE && **name != CONTENT_LENGTH)
        .fold(response, |response, (name, value)| {
            let example = json!(value.to_str().unwrap_or_default());
            let schema = ObjectBuilder::new().schema_type(Type::String);
            let header = HeaderBuilder::new().schema(Some(schema.examples([example])));
            response.header(name.as_str(), header.build())
        })
        .build()
}
