//! The id of each request: the caller's own, or a new one.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

/// The response header with the id of the request; in a request, the id that the caller chose.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that a caller may choose, in characters.
const MAX_ID_CHARS: usize = 128;

/// The id of a request that was asked for it before its answer was ready. Few are.
struct KnownId(HeaderValue);

/// Returns the id of a request that is being answered.
pub(super) fn id_of(request: &HttpRequest) -> HeaderValue {
    let mut extensions = request.extensions_mut();
    if let Some(KnownId(id)) = extensions.get() {
        return id.clone();
    }
    let id = choose(request);
    extensions.insert(KnownId(id.clone()));
    id
}

/// Returns the id of a request whose answer is ready. Called once.
pub(super) fn take_id(request: &HttpRequest) -> HeaderValue {
    let known = request.extensions_mut().remove();
    known.map_or_else(|| choose(request), |KnownId(id)| id)
}

fn choose(request: &HttpRequest) -> HeaderValue {
    caller_id(request).unwrap_or_else(new_id)
}

/// Returns the caller's request id, if it is safe in a log and a header.
fn caller_id(request: &HttpRequest) -> Option<HeaderValue> {
    let id = request.headers().get(REQUEST_ID)?;
    let safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    let valid = (1..=MAX_ID_CHARS).contains(&id.len()) && id.as_bytes().iter().all(safe);
    valid.then(|| id.clone())
}

/// Returns an id for a request whose caller chose none.
pub(super) fn new_id() -> HeaderValue {
    let mut text = Uuid::encode_buffer();
    let id = Uuid::now_v7().as_hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(id).expect("hexadecimal digits and hyphens")
}
