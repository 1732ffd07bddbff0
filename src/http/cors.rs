//! Cross-origin requests: which pages of other servers may call the API from a browser.

use super::request_id::REQUEST_ID;
use super::rooms::UNKNOWN_OPTIONS;
use super::users::TOTAL_COUNT;
use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};

/// How long a browser may reuse the answer to a preflight request, in seconds. (Tuning: an hour is
/// what most browsers take at most.)
const MAX_AGE: usize = 3600;

/// Returns the middleware that lets pages of these origins read answers; `*` is every origin. Keys
/// are in a header and not in cookies, so no credentials of the browser are involved.
pub(crate) fn cors<'a>(origins: impl Iterator<Item = &'a str> + Clone) -> Cors {
    let cors = Cors::default()
        .allowed_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::DELETE,
        ])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE, REQUEST_ID])
        .expose_headers([
            LOCATION,
            RETRY_AFTER,
            REQUEST_ID,
            TOTAL_COUNT,
            UNKNOWN_OPTIONS,
        ])
        .max_age(MAX_AGE);
    // First, because a listed origin would replace the permission for all.
    if origins.clone().any(|origin| origin == "*") {
        return cors.allow_any_origin().send_wildcard();
    }
    origins.fold(cors, Cors::allowed_origin)
}
