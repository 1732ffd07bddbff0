use crate::http::ApiError;
use crate::model::FieldError;
use actix_web::ResponseError;
use actix_web::body::MessageBody;
use serde_json::Value;

/// The largest response to an empty request that is rejected, in bytes.
const MAX_RESPONSE: usize = 4096;

/// How many bytes larger the response may be for each byte of the request.
const MAX_RESPONSE_PER_BYTE: usize = 128;

/// Checks the response to a body or query that was rejected: it names what is wrong, and holds no
/// forbidden characters.
pub(super) fn check_rejection(error: &ApiError, input: &[u8]) {
    let response = error.error_response();
    assert_eq!(response.status(), 400);
    let body = response.into_body().try_into_bytes().expect("a whole body");
    assert!(
        body.len() <= MAX_RESPONSE + input.len() * MAX_RESPONSE_PER_BYTE,
        "{} bytes in response to {}",
        body.len(),
        input.len()
    );
    let response: Value = serde_json::from_slice(&body).expect("JSON");
    check_shown(response["details"].as_str().expect("details"));
    if response["code"] != 12 {
        assert_eq!(response["code"], 19);
        return;
    }
    let errors = response["errors"].as_array().expect("errors");
    assert!(!errors.is_empty());
    for error in errors {
        check_shown(error["field"].as_str().expect("a field"));
        check_shown(error["message"].as_str().expect("a message"));
    }
}

/// Checks the errors of options, whose paths begin below the options object.
pub(super) fn check_errors(errors: &[FieldError]) {
    assert!(!errors.is_empty());
    for error in errors {
        check_shown(&format!("options.{}", error.field));
        check_shown(&error.message.0);
    }
}

/// Checks a text that is shown to people.
pub(super) fn check_shown(text: &str) {
    assert!(!text.is_empty());
    assert_eq!(crate::model::text::check_visible(text), Ok(()), "{text:?}");
}
