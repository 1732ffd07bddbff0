//! Every error as callers see it: a status, a code, a sentence.

use crate::model;
use crate::store;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;

/// When to try again after a refusal for lack of capacity, in seconds.
const RETRY_AFTER_SECONDS: &str = "1";

/// Why a request was not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("not ready: {0}")]
    NotReady(store::Error),
    #[error("a valid key is required: send the header Authorization: Bearer ACCESS_KEY|HASH")]
    Unauthorized,
    #[error(
        "too many requests without a valid key from this address: check the key, then try again"
    )]
    /// With the seconds until there is a point in trying again.
    TooManyFailures(u64),
    #[error("too many requests with this key: try again later, or ask the operator for more")]
    /// With the same.
    TooManyRequests(u64),
    #[error("{0}")]
    BadRequest(String),
    #[error("there is no such address")]
    RouteNotFound,
    #[error("this address answers {0} only")]
    MethodNotAllowed(String),
    #[error("the body must have at most 64 KiB")]
    BodyTooLarge,
    #[error("{0}")]
    UnsupportedMediaType(&'static str),
}

/// The body of an error.
#[derive(Serialize)]
pub(super) struct ErrorResponse<'a> {
    pub(super) code: u16,
    pub(super) details: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FieldErrorResponse<'a>>>,
}

/// One wrong field.
#[derive(Serialize)]
struct FieldErrorResponse<'a> {
    field: &'a str,
    message: &'a str,
}

impl From<model::Error> for ApiError {
    fn from(error: model::Error) -> Self {
        Self::Store(error.into())
    }
}

impl ApiError {
    /// The code and the status: the one place where they meet.
    fn code_and_status(&self) -> (u16, StatusCode) {
        use model::Error as Rule;
        use store::Error::{
            Busy, DiskFull, Internal, Rule as RuleBroken, Stopped, TooManySearches, Unwritable,
        };

        match self {
            Self::Store(RuleBroken(rule)) => match rule {
                Rule::InvalidFields(_) => (12, StatusCode::BAD_REQUEST),
                Rule::UsernameTaken => (50, StatusCode::CONFLICT),
                Rule::EmailTaken => (51, StatusCode::CONFLICT),
                Rule::EmailNotFound | Rule::UserNotFound => (52, StatusCode::NOT_FOUND),
                Rule::UserInactive => (53, StatusCode::FORBIDDEN),
                Rule::RoomNotFound => (70, StatusCode::NOT_FOUND),
                Rule::RoomNamesTaken(_) => (71, StatusCode::CONFLICT),
                // Keys and rows are the operator's: no request leads there.
                Rule::KeyNotFound | Rule::InvalidRows(_) => (10, StatusCode::INTERNAL_SERVER_ERROR),
            },
            Self::Store(Internal(_)) => (10, StatusCode::INTERNAL_SERVER_ERROR),
            Self::Unauthorized => (14, StatusCode::UNAUTHORIZED),
            Self::BadRequest(_) => (19, StatusCode::BAD_REQUEST),
            Self::RouteNotFound => (90, StatusCode::NOT_FOUND),
            Self::MethodNotAllowed(_) => (91, StatusCode::METHOD_NOT_ALLOWED),
            Self::BodyTooLarge => (92, StatusCode::PAYLOAD_TOO_LARGE),
            Self::UnsupportedMediaType(_) => (93, StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::TooManyFailures(_) | Self::TooManyRequests(_) => {
                (94, StatusCode::TOO_MANY_REQUESTS)
            }
            Self::NotReady(_) | Self::Store(Busy | Stopped | TooManySearches | Unwritable(_)) => {
                (95, StatusCode::SERVICE_UNAVAILABLE)
            }
            Self::Store(DiskFull) => (96, StatusCode::INSUFFICIENT_STORAGE),
        }
    }

    /// Whether it lasts for a time of which the log tells at its beginning and end.
    pub(super) fn is_outage(&self) -> bool {
        use store::Error::{Busy, DiskFull, Stopped, Unwritable};

        let (Self::Store(error) | Self::NotReady(error)) = self else {
            return false;
        };
        matches!(error, Busy | DiskFull | Stopped | Unwritable(_))
    }

    /// The sentence for the caller. What went wrong inside is for the log alone.
    fn details(&self) -> String {
        match self {
            Self::Store(store::Error::Internal(_)) => {
                "the server failed; its log has the reason under the request id of this answer"
                    .into()
            }
            Self::Store(
                store::Error::Busy | store::Error::Stopped | store::Error::TooManySearches,
            ) => "the server is busy or shutting down; try again".into(),
            Self::Store(store::Error::Unwritable(_)) => {
                "what is there can be read, nothing can be written now; try again".into()
            }
            Self::Store(store::Error::DiskFull) => {
                "the disk of the server is full: what is there can be read, nothing can be written"
                    .into()
            }
            Self::NotReady(_) => {
                "the database cannot be read and written now; the log has the reason".into()
            }
            _ => self.to_string(),
        }
    }

    pub(super) fn body(&self) -> ErrorResponse<'_> {
        ErrorResponse {
            code: self.code_and_status().0,
            details: self.details(),
            errors: self.field_errors(),
        }
    }

    fn field_errors(&self) -> Option<Vec<FieldErrorResponse<'_>>> {
        let Self::Store(store::Error::Rule(model::Error::InvalidFields(errors))) = self else {
            return None;
        };
        let shown = errors.iter().map(|error| FieldErrorResponse {
            field: &error.field,
            message: &error.message.0,
        });
        Some(shown.collect())
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code_and_status().1
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        match self {
            Self::Unauthorized => response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            Self::MethodNotAllowed(allow) => response.insert_header((ALLOW, allow.as_str())),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS))
            }
            Self::TooManyFailures(seconds) | Self::TooManyRequests(seconds) => {
                response.insert_header((RETRY_AFTER, *seconds))
            }
            _ => &mut response,
        };
        response.json(self.body())
    }
}
