//! What a web page, or its author, is told whose cross-origin request is rejected.

use super::error::ApiError;
use actix_cors::CorsError;

/// Returns the error of the API for one of the middleware for cross-origin requests.
pub(super) fn api_error(error: &CorsError) -> ApiError {
    let message = match error {
        CorsError::OriginNotAllowed => {
            "pages of this origin may not call the API: the setting server.cors_origins lists those that \
             may"
        }
        CorsError::MissingRequestMethod
        | CorsError::BadRequestMethod
        | CorsError::MethodNotAllowed => {
            "the header Access-Control-Request-Method must be a method of the API: GET, HEAD, POST, PUT \
             or DELETE"
        }
        CorsError::BadRequestHeaders | CorsError::HeadersNotAllowed => {
            "the header Access-Control-Request-Headers may list only Authorization, Content-Type and \
             X-Request-Id"
        }
        _ => "the header Origin must be the origin of a page",
    };
    ApiError::BadRequest(message.into())
}
