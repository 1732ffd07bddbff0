use crate::http::ApiError;
use crate::model::FieldError;
use actix_web::ResponseError;
use actix_web::body::MessageBody;
use serde_json::Value;

/// The longest answer to a request that is refused, for each byte of the request, and what is
/// there for an empty one.
const MAX_ANSWER_PER_BYTE: usize = 128;
const MAX_ANSWER: usize = 4096;

/// Holds the answer to a body or query that was refused: it says what is wrong, and holds nothing
/// that could break a line or turn a text around.
pub(super) fn check_refusal(error: &ApiError, input: &[u8]) {
    let response = error.error_response();
    assert_eq!(response.status(), 400);
    let body = response.into_body().try_into_bytes().expect("a whole body");
    assert!(
        body.len() <= MAX_ANSWER + input.len() * MAX_ANSWER_PER_BYTE,
        "{} bytes answer {}",
        body.len(),
        input.len()
    );
    let answer: Value = serde_json::from_slice(&body).expect("JSON");
    check_shown(answer["details"].as_str().expect("details"));
    if answer["code"] != 12 {
        assert_eq!(answer["code"], 19);
        return;
    }
    let errors = answer["errors"].as_array().expect("errors");
    assert!(!errors.is_empty());
    for error in errors {
        check_shown(error["field"].as_str().expect("a field"));
        check_shown(error["message"].as_str().expect("a message"));
    }
}

/// Holds the errors of the options, whose paths begin below them.
pub(super) fn check_errors(errors: &[FieldError]) {
    assert!(!errors.is_empty());
    for error in errors {
        check_shown(&format!("options.{}", error.field));
        check_shown(&error.message.0);
    }
}

/// Holds a text that people are shown.
pub(super) fn check_shown(text: &str) {
    assert!(!text.is_empty());
    assert_eq!(crate::model::text::check_visible(text), Ok(()), "{text:?}");
}
