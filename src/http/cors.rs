//! Cross-origin requests: which pages of other servers may call the API from a browser.

use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};

/// Headers of requests and answers that only this API has.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");
const UNKNOWN_OPTIONS: HeaderName = HeaderName::from_static("x-unknown-options");

/// How long a browser may reuse the answer to a preflight request, in seconds. (Tuning: an hour is
/// what most browsers take at most.)
const MAX_AGE: usize = 3600;

/// Returns the middleware that lets pages of these origins read answers; `*` is every origin. Keys
/// are in a header and not in cookies, so no credentials of the browser are involved.
pub(crate) fn cors<'a>(origins: impl Iterator<Item = &'a str>) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE, REQUEST_ID])
        .expose_headers([
            LOCATION,
            RETRY_AFTER,
            REQUEST_ID,
            TOTAL_COUNT,
            UNKNOWN_OPTIONS,
        ])
        .max_age(MAX_AGE);
    origins.fold(cors, |cors, origin| match origin {
        "*" => cors.allow_any_origin().send_wildcard(),
        origin => cors.allowed_origin(origin),
    })
}
