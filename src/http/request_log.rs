//! Gives every request an id and writes the log line of those that deserve one.

use super::AppState;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use log::Level;
use std::time::{Duration, Instant};
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over from a caller, in characters.
const MAX_ID_CHARS: usize = 128;

/// The middleware around every request.
pub(crate) async fn observe(
    state: web::Data<AppState>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let id = callers_id(&request).unwrap_or_else(new_id);
    let mut response = next.call(request).await?;
    write_line(&state, &response, &id, started.elapsed());
    response.headers_mut().insert(REQUEST_ID, id);
    Ok(response)
}

/// The caller's id, if it is one that is safe in a log and a header.
fn callers_id(request: &ServiceRequest) -> Option<HeaderValue> {
    let id = request.headers().get(REQUEST_ID)?;
    let safe = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    let sane = (1..=MAX_ID_CHARS).contains(&id.len()) && id.as_bytes().iter().all(safe);
    sane.then(|| id.clone())
}

fn new_id() -> HeaderValue {
    let mut text = Uuid::encode_buffer();
    let id = Uuid::now_v7().as_hyphenated().encode_lower(&mut text);
    HeaderValue::from_str(id).expect("hexadecimal digits and hyphens")
}

fn write_line(
    state: &AppState,
    response: &ServiceResponse<impl MessageBody>,
    id: &HeaderValue,
    took: Duration,
) {
    let status = response.status();
    let (level, message) = if status.is_server_error() {
        (Level::Error, "request failed")
    } else if took > state.slow {
        (Level::Warn, "request was slow")
    } else if state.log_requests {
        (Level::Info, "request")
    } else {
        return;
    };
    let request = response.request();
    let route = request.match_pattern();
    let error = response
        .response()
        .error()
        .filter(|_| status.is_server_error());
    log::log!(
        target: "roomd::request",
        level,
        method = request.method().as_str(),
        route = route.as_deref().unwrap_or("none"),
        status = status.as_u16(),
        duration_ms = took.as_millis() as u64,
        request_id = id.to_str().unwrap_or_default(),
        error:? = error.map(ToString::to_string);
        "{message}"
    );
}
