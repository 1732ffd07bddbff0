use super::error::ApiError;
use super::exchange::{BODY_TIMEOUT, Exchange, RejectedBody};
use actix_web::body::{BodyStream, MessageBody};
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use actix_web::rt::time::sleep;
use actix_web::web::{self, Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use std::future::poll_fn;
use std::mem;
use std::pin::{Pin, pin};
use std::rc::Rc;

/// The largest body, in bytes; a larger one is rejected with code 92.
const MAX_BYTES: usize = 64 * 1024;

/// The most bytes that are read of a body, as it is sent: a chunked one may have 4 KiB more for the
/// sizes and extensions of its chunks.
pub(crate) const MAX_RAW_BYTES: usize = MAX_BYTES + 4 * 1024;

/// The body of a request that is declared as JSON; it is not parsed.
pub(super) struct JsonBody(pub(super) Bytes);

impl FromRequest for JsonBody {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let checked = check_headers(request);
        let payload = web::Payload::from_request(request, payload);
        let exchange = request.conn_data::<Rc<Exchange>>().cloned();
        Box::pin(async move {
            checked?;
            // Taking the payload out of a request does not fail.
            let payload = payload
                .await
                .map_err(|error| ApiError::BadRequest(error.to_string()))?;
            let exchange = exchange.expect("every connection has its exchange");
            exchange.want_body();
            tokio::select! {
                biased;
                body = read(payload) => {
                    exchange.body_read();
                    body.map(Self)
                }
                reason = exchange.rejected() => Err(match reason {
                    RejectedBody::TooLarge => ApiError::BodyTooLarge,
                    RejectedBody::Malformed => unreadable(),
                }),
                // A body that has arrived needs no timer: this one starts when it is waited for.
                () = async { sleep(BODY_TIMEOUT).await } => Err(ApiError::BadRequest(
                    "the body took more than 10 seconds to arrive".into(),
                )),
            }
        })
    }
}

fn check_headers(request: &HttpRequest) -> Result<(), ApiError> {
    let mut content_type = header(request, &CONTENT_TYPE).split(';');
    let media_type = content_type.next().unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        return Err(ApiError::UnsupportedMediaType(
            "the body must be JSON: send Content-Type: application/json",
        ));
    }
    if content_type.any(is_other_charset) {
        return Err(ApiError::UnsupportedMediaType(
            "the body must be in UTF-8: send Content-Type: application/json",
        ));
    }
    let encoding = header(request, &CONTENT_ENCODING);
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return Err(ApiError::UnsupportedMediaType(
            "the body must not be compressed: send no Content-Encoding",
        ));
    }
    if header(request, &CONTENT_LENGTH)
        .parse()
        .is_ok_and(|length: usize| length > MAX_BYTES)
    {
        return Err(ApiError::BodyTooLarge);
    }
    Ok(())
}

/// Returns true for a parameter of a media type that names another charset than UTF-8.
fn is_other_charset(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    let value = value.trim().trim_matches('"');
    let is_utf_8 = ["utf-8", "utf8", ""]
        .iter()
        .any(|name| value.eq_ignore_ascii_case(name));
    name.trim().eq_ignore_ascii_case("charset") && !is_utf_8
}

fn header<'a>(request: &'a HttpRequest, name: &HeaderName) -> &'a str {
    let value = request
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// Reads a body to its end. One that comes in a single part, as nearly all do, is not copied.
async fn read(payload: web::Payload) -> Result<Bytes, ApiError> {
    let mut payload = pin!(BodyStream::new(payload));
    let mut next = async || poll_fn(|context| payload.as_mut().poll_next(context)).await;
    let mut body = Bytes::new();
    let mut parts = BytesMut::new();
    while let Some(part) = next().await {
        let part = part.map_err(|_| unreadable())?;
        if body.len() + parts.len() + part.len() > MAX_BYTES {
            return Err(ApiError::BodyTooLarge);
        }
        if body.is_empty() && parts.is_empty() {
            body = part;
        } else {
            parts.extend_from_slice(&mem::take(&mut body));
            parts.extend_from_slice(&part);
        }
    }
    Ok(if parts.is_empty() {
        body
    } else {
        parts.freeze()
    })
}

fn unreadable() -> ApiError {
    ApiError::BadRequest("the body ended early or could not be read".into())
}
