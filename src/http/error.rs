//! Errors as callers see them: a status, a code, a sentence.

use crate::meeting::handoff::HandoffError;
use crate::model;
use crate::store;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

/// After how many seconds a caller may try again when the server is unavailable. (Tuning.)
const RETRY_AFTER_SECONDS: &str = "1";

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $status:ident;)+) => {
        /// What an error is to a program.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum ErrorCode { $($(#[$doc])* $name = $number,)+ }

        impl ErrorCode {
            /// Every code, in ascending order.
            pub(super) const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the HTTP status of errors with this code.
            pub(super) const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// Returns the number that stands in the body of the response.
            pub(super) const fn number(self) -> u16 {
                self as u16
            }
        }
    };
}

error_codes! {
    /// The server failed.
    Failed = 10, INTERNAL_SERVER_ERROR;
    /// Some fields are wrong.
    InvalidFields = 12, BAD_REQUEST;
    /// The request has no valid key.
    Unauthorized = 14, UNAUTHORIZED;
    /// The body is not a JSON object, or did not arrive.
    BadRequest = 19, BAD_REQUEST;
    /// Another user has the username.
    UsernameTaken = 50, CONFLICT;
    /// Another user has the e-mail address.
    EmailTaken = 51, CONFLICT;
    /// No user has the GUID or e-mail address.
    UserNotFound = 52, NOT_FOUND;
    /// The user is inactive or expired.
    UserInactive = 53, FORBIDDEN;
    /// The key of the request gets no host links.
    GuestsOnly = 54, FORBIDDEN;
    /// The host link is not valid.
    HostLinkNotValid = 55, FORBIDDEN;
    /// The request comes from a page of another site.
    ForeignPage = 56, FORBIDDEN;
    /// The metrics are not for this caller.
    MetricsForbidden = 57, FORBIDDEN;
    /// No room has the GUID or slug, or there is nothing to rate.
    RoomNotFound = 70, NOT_FOUND;
    /// Every name that was offered belongs to another room.
    RoomNameTaken = 71, CONFLICT;
    /// No route has the path.
    RouteNotFound = 90, NOT_FOUND;
    /// The route has other methods.
    MethodNotAllowed = 91, METHOD_NOT_ALLOWED;
    /// The body is too large.
    BodyTooLarge = 92, PAYLOAD_TOO_LARGE;
    /// The body is not declared as plain JSON.
    UnsupportedMediaType = 93, UNSUPPORTED_MEDIA_TYPE;
    /// A rate limit is exceeded.
    RateLimited = 94, TOO_MANY_REQUESTS;
    /// The server is busy, stopping, or cannot write.
    Unavailable = 95, SERVICE_UNAVAILABLE;
    /// The disk is full.
    DiskFull = 96, INSUFFICIENT_STORAGE;
    /// The server requires no key, and serves no host of this name then.
    HostNotServed = 97, MISDIRECTED_REQUEST;
    /// Too many people are in meetings from one client address.
    TooManyPeople = 98, TOO_MANY_REQUESTS;
    /// The meeting server does not answer, or refuses.
    MeetingServerFailed = 99, BAD_GATEWAY;
}

/// Why a request did not get the response that it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("not ready: {0}")]
    NotReady(store::Error),
    #[error("a valid key is required: send the header Authorization: Bearer ACCESS_KEY|HASH")]
    Unauthorized,
    /// The header has no key in it; holds what is wrong with its form.
    #[error(
        "the header Authorization is malformed: {0}; send Authorization: Bearer ACCESS_KEY|HASH"
    )]
    MalformedAuthorization(&'static str),
    #[error(
        "the key is not valid: it is unknown or revoked, or the hash is not that of its secret; \
         check both parts, or get a new key"
    )]
    InvalidKey,
    #[error(
        "without keys the server answers only to localhost, loopback addresses and the host of \
         server.public_url: use one of these, or require keys"
    )]
    HostNotServed,
    /// The client address sent too many requests without a valid key; holds the seconds until it
    /// may send the next one.
    #[error(
        "too many requests without a valid key from this client address: check the key, then try again"
    )]
    TooManyFailures(u64),
    /// The client address sent too many wrong host links, which count with requests without a valid key;
    /// holds the seconds until it may send the next one.
    #[error(
        "too many wrong host links from this client address: check the link or ask for another one, then \
         try again, or enter as a guest, without what follows the # in it"
    )]
    TooManyWrongLinks(u64),
    /// Too many requests were sent with one key; holds the seconds until the next one is allowed.
    #[error(
        "too many requests with this key: try again later, or ask the operator for a higher limit"
    )]
    TooManyRequests(u64),
    /// The body is not a JSON object, or did not arrive; holds the sentence for the caller.
    #[error("{0}")]
    BadRequest(String),
    /// The creator of a room is not registered; holds the path at which to register users.
    #[error(
        "no user is registered with this e-mail address: register one with POST {0} or roomd user \
         add, or let the setting users.register_unknown register the owners of addresses in a domain"
    )]
    CreatorNotFound(String),
    #[error(
        "this key is for guests only and gets no host links: use another one, made by roomd key \
         create without --guests-only"
    )]
    GuestsOnly,
    #[error(
        "the host link is not valid: it was revoked, has ended or is not whole, or the owner of the \
         room is inactive or expired; ask for another one, or enter as a guest, without what follows \
         the # in it"
    )]
    HostLinkNotValid,
    #[error(
        "the request comes from a page of another site: open the link of the room itself; if it is \
         this site, the proxy must pass on the header Host, or server.public_url must be its URL"
    )]
    ForeignPage,
    #[error(
        "the metrics are for programs on this machine that connect without a proxy, and for those that \
         send the token: Authorization: Bearer TOKEN, which is in metrics.token"
    )]
    MetricsForbidden,
    #[error("no further meeting can be opened now: the server has too many, or stops; try again")]
    MeetingsFull,
    /// The client address has too many web sockets, or joins under way; holds the seconds until it may try again.
    #[error(
        "too many people are in meetings from this client address, or on their way: try again later"
    )]
    TooManySockets(u64),
    #[error(
        "there is nothing to rate: this person has rated the room already, left too long ago, \
         or was not in a meeting of it"
    )]
    NothingToRate,
    /// The meeting server did not do what it was asked for.
    #[error("{0}")]
    MeetingServer(HandoffError),
    #[error("there is no route with this path")]
    RouteNotFound,
    /// The route has other methods; holds them as the header `Allow` lists them.
    #[error("this path accepts only {0}")]
    MethodNotAllowed(String),
    #[error("the body must have at most 64 KiB")]
    BodyTooLarge,
    /// The body is not declared as plain JSON; holds the sentence for the caller.
    #[error("{0}")]
    UnsupportedMediaType(&'static str),
}

/// Why a request was rejected or failed.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(super) struct ErrorResponse<'a> {
    /// What the error is to a program.
    #[schema(value_type = ErrorCode)]
    pub(super) code: u16,
    /// What the error is to a person: one sentence.
    pub(super) details: String,
    /// Every wrong field; only with code 12.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) errors: Option<Vec<FieldErrorResponse<'a>>>,
}

/// A wrong field.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldError)]
pub(super) struct FieldErrorResponse<'a> {
    /// The path of the field: `options.chat.offNewMsgSound`.
    field: &'a str,
    /// What is wrong with it; reads on from the field's name.
    message: &'a str,
}

impl From<model::Error> for ApiError {
    fn from(error: model::Error) -> Self {
        Self::Store(error.into())
    }
}

impl ApiError {
    fn code(&self) -> ErrorCode {
        use model::Error as Rule;
        use store::Error as Store;

        match self {
            Self::Store(Store::Rule(rule)) => match rule {
                Rule::InvalidFields(_) => ErrorCode::InvalidFields,
                Rule::UsernameTaken => ErrorCode::UsernameTaken,
                Rule::EmailTaken => ErrorCode::EmailTaken,
                Rule::EmailNotFound | Rule::UserNotFound => ErrorCode::UserNotFound,
                Rule::UserInactive | Rule::OwnerInactive => ErrorCode::UserInactive,
                Rule::RoomNotFound => ErrorCode::RoomNotFound,
                Rule::RoomNamesTaken(_) => ErrorCode::RoomNameTaken,
                // Only operators' commands meet these rules; no request does.
                Rule::KeyNotFound | Rule::InvalidRows(_) => ErrorCode::Failed,
            },
            Self::Store(Store::Internal(_)) => ErrorCode::Failed,
            Self::Store(Store::DiskFull) => ErrorCode::DiskFull,
            Self::NotReady(_)
            | Self::Store(
                Store::Busy | Store::Stopped | Store::TooManySearches | Store::Unwritable(_),
            ) => ErrorCode::Unavailable,
            Self::Unauthorized | Self::MalformedAuthorization(_) | Self::InvalidKey => {
                ErrorCode::Unauthorized
            }
            Self::HostNotServed => ErrorCode::HostNotServed,
            Self::BadRequest(_) => ErrorCode::BadRequest,
            Self::CreatorNotFound(_) => ErrorCode::UserNotFound,
            Self::HostLinkNotValid => ErrorCode::HostLinkNotValid,
            Self::ForeignPage => ErrorCode::ForeignPage,
            Self::MetricsForbidden => ErrorCode::MetricsForbidden,
            Self::MeetingsFull | Self::MeetingServer(HandoffError::Busy) => ErrorCode::Unavailable,
            Self::MeetingServer(_) => ErrorCode::MeetingServerFailed,
            Self::GuestsOnly => ErrorCode::GuestsOnly,
            Self::NothingToRate => ErrorCode::RoomNotFound,
            Self::RouteNotFound => ErrorCode::RouteNotFound,
            Self::MethodNotAllowed(_) => ErrorCode::MethodNotAllowed,
            Self::BodyTooLarge => ErrorCode::BodyTooLarge,
            Self::UnsupportedMediaType(_) => ErrorCode::UnsupportedMediaType,
            Self::TooManySockets(_) => ErrorCode::TooManyPeople,
            Self::TooManyFailures(_) | Self::TooManyWrongLinks(_) | Self::TooManyRequests(_) => {
                ErrorCode::RateLimited
            }
        }
    }

    /// Returns true for an outage, which lasts: the log tells when it begins and ends, not every
    /// request that it hits.
    pub(super) fn is_outage(&self) -> bool {
        use store::Error::{Busy, DiskFull, Stopped, Unwritable};

        match self {
            Self::Store(error) | Self::NotReady(error) => {
                matches!(error, Busy | DiskFull | Stopped | Unwritable(_))
            }
            Self::MeetingServer(error) => error.is_outage(),
            _ => false,
        }
    }

    /// Returns the sentence for the caller. What failed inside the server stands in the log only.
    fn details(&self) -> String {
        use store::Error::{Busy, DiskFull, Internal, Stopped, TooManySearches, Unwritable};

        let details = match self {
            Self::Store(Internal(_)) => {
                "the server failed; its log has the reason under the request id of this response"
            }
            Self::Store(Busy | Stopped | TooManySearches) => {
                "the server is busy or stopping; try again"
            }
            Self::Store(Unwritable(_)) => {
                "the database can be read but not written at the moment; try again"
            }
            Self::Store(DiskFull) => {
                "the disk of the server is full: the database can be read but not written"
            }
            Self::MeetingServer(HandoffError::Busy) => {
                "too many people enter meetings at this moment; try again"
            }
            Self::MeetingServer(HandoffError::TimedOut(_) | HandoffError::Unreachable(_)) => {
                "the meeting server does not answer; try again, and if that does not help, ask the \
                 operator: the log has the reason"
            }
            Self::MeetingServer(_) => {
                "the meeting server did not open the meeting; ask the operator: the log has the reason \
                 under the request id of this response"
            }
            Self::NotReady(_) => {
                "the database cannot be read and written at the moment; the log has the reason"
            }
            _ => return self.to_string(),
        };
        details.to_owned()
    }

    pub(super) fn body(&self) -> ErrorResponse<'_> {
        ErrorResponse {
            code: self.code().number(),
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
        self.code().status()
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        match self {
            _ if status == StatusCode::UNAUTHORIZED => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"))
            }
            Self::MethodNotAllowed(allow) => response.insert_header((ALLOW, allow.as_str())),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS))
            }
            Self::TooManyFailures(seconds)
            | Self::TooManyWrongLinks(seconds)
            | Self::TooManyRequests(seconds)
            | Self::TooManySockets(seconds) => response.insert_header((RETRY_AFTER, *seconds)),
            _ => &mut response,
        };
        response.json(self.body())
    }
}
