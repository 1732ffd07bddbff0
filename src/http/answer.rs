//! The middleware around all others: it answers requests one at a time, and completes the headers
//! of each answer.

use super::exchange::{Answering, Exchange};
use super::framing::BodyFraming;
use super::state::AppState;
use actix_http::ConnectionType;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, UPGRADE,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::web::{self, Bytes};
use actix_web::{Error, HttpMessage};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// The most bytes of an answer that are given to the HTTP server at once, which copies them.
/// (Tuning: not measured.)
const PART_BYTES: usize = 16 * 1024;

/// The body of an answer, in parts. The request is complete when it is dropped.
pub(crate) struct AnswerBody {
    body: BoxBody,
    rest: Bytes,
    _answering: Answering,
}

impl MessageBody for AnswerBody {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(context)) {
                Some(Ok(bytes)) => self.rest = bytes,
                end => return Poll::Ready(end),
            }
        }
        let length = self.rest.len().min(PART_BYTES);
        Poll::Ready(Some(Ok(self.rest.split_to(length))))
    }
}

/// Answers a request.
pub(crate) async fn answer(
    state: web::Data<AppState>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<AnswerBody>, Error> {
    let exchange = request.conn_data::<Rc<Exchange>>().cloned();
    let exchange = exchange.expect("every connection has its exchange");
    let keep_alive = &state.keep_alive;
    let is_last =
        keep_alive.is_none() || request.head().connection_type() != ConnectionType::KeepAlive;
    let answering = exchange.begin(framing(&request), Instant::now(), is_last);
    let mut response = next.call(request).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        exchange.become_web_socket();
    } else if !exchange.settle().await {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    } else if let Some(value) = keep_alive.as_ref().filter(|_| !is_last) {
        response.headers_mut().insert(KEEP_ALIVE, value.clone());
    }
    complete_json(response.headers_mut());
    Ok(response.map_body(|_, body| AnswerBody {
        body: body.boxed(),
        rest: Bytes::new(),
        _answering: answering,
    }))
}

/// Tells browsers and caches, for an answer in JSON, to take it for nothing else, to store it
/// nowhere, and how its text is encoded.
fn complete_json(headers: &mut HeaderMap) {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind == Some(b"application/json") {
        let kind = HeaderValue::from_static("application/json; charset=utf-8");
        headers.insert(CONTENT_TYPE, kind);
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Returns where the body of a request ends. The HTTP server has checked the two headers, and the
/// transport leaves an offer to upgrade only in a request for a web socket.
fn framing(request: &ServiceRequest) -> BodyFraming {
    if request.chunked().unwrap_or(false) {
        return BodyFraming::CHUNKED;
    }
    if request.headers().contains_key(UPGRADE) {
        return BodyFraming::Endless;
    }
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    length.map_or(BodyFraming::NONE, BodyFraming::Length)
}

/// Returns the header that announces how long a connection may be idle, in seconds; `None` if every
/// connection carries one request only.
pub(crate) fn keep_alive_header(seconds: u64) -> Option<HeaderValue> {
    let value = format!("timeout={seconds}");
    (seconds > 0).then(|| HeaderValue::from_str(&value).expect("ASCII"))
}
