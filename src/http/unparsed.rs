//! Answers to input that is no request, which the HTTP server gives by itself and without a body.

use super::error::{ErrorCode, ErrorResponse};
use super::request_id::{REQUEST_ID, new_id};
use std::fmt::Write;

/// How the HTTP server begins these answers, and what is wrong with the input.
const ANSWERS: [(&str, &str); 3] = [
    (
        "HTTP/1.1 400 Bad Request\r\n",
        "this is not a request in HTTP: check its first line, its headers and its lengths",
    ),
    (
        "HTTP/1.1 408 Request Timeout\r\n",
        "the first line and the headers of the request did not arrive within 5 seconds",
    ),
    (
        "HTTP/1.1 431 Request Header Fields Too Large\r\n",
        "the first line and the headers of the request must have at most 128 KiB, and be at most 96 \
         headers",
    ),
];

/// The headers of these answers before the date. Those of the app have at least one more.
const EMPTY: &str = "content-length: 0\r\nconnection: close\r\ndate: ";

/// No such answer is longer, in bytes.
const MAX_BYTES: usize = 200;

/// Returns the answer with an id and a body, as all others have them, if the HTTP server has given
/// it by itself.
pub(crate) fn complete(answer: &[u8]) -> Option<Vec<u8>> {
    if answer.len() > MAX_BYTES {
        return None;
    }
    let answer = std::str::from_utf8(answer).ok()?;
    let mut matching = ANSWERS.iter().filter_map(|(status, details)| {
        let date = answer.strip_prefix(status)?.strip_prefix(EMPTY)?;
        let date = date.strip_suffix("\r\n\r\n")?;
        (!date.contains('\n')).then_some((*status, date, *details))
    });
    let (status, date, details) = matching.next()?;
    let body = ErrorResponse {
        code: ErrorCode::BadRequest.number(),
        details: details.to_owned(),
        errors: None,
    };
    let body = serde_json::to_string(&body).expect("a number and a text");
    let id = new_id();
    let mut completed = status.to_owned();
    write!(
        completed,
        "content-length: {}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n\
         x-content-type-options: nosniff\r\ncache-control: no-store\r\n{REQUEST_ID}: {}\r\n\
         date: {date}\r\n\r\n{body}",
        body.len(),
        id.to_str().unwrap_or_default(),
    )
    .expect("a text can grow");
    Some(completed.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_of_the_http_server_itself_are_completed() {
        let own = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\
                   date: Wed, 25 Nov 2026 20:59:51 GMT\r\n\r\n";
        let completed = complete(own.as_bytes()).expect("an answer of its own");
        let completed = String::from_utf8(completed).expect("UTF-8");
        let (head, body) = completed.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
        assert!(body.starts_with("{\"code\":19,\"details\":\"this is not a request"));
        for other in [
            own.replace("400 Bad Request", "200 OK"),
            own.replace("date:", "x-request-id: a\r\ndate:"),
            own.replace("GMT\r\n", "GMT\r\nx-request-id: a\r\n"),
            own.replace("length: 0", "length: 2") + "{}",
            own.to_owned() + own,
        ] {
            assert_eq!(complete(other.as_bytes()), None, "{other}");
        }
    }
}
