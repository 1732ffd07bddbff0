//! Gives every request an id, measures how long it takes, and logs requests that failed, were slow or were
//! rejected.

use super::auth::LoggedKey;
use super::client::client_address;
use super::cors_rejection;
use super::error::ApiError;
use super::metrics::worker;
use super::page;
use super::request_id::{REQUEST_ID, take_id};
use super::state::AppState;
use super::trace_context::traceparent;
use actix_cors::CorsError;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderValue;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use log::kv::Value;
use log::{Level, Record};
use std::time::{Duration, Instant};

/// Observes every request: the middleware around all routes.
pub(crate) async fn observe(
    state: web::Data<AppState>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let started = Instant::now();
    let mut response = match state.hosts.check(&request) {
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(error) => request.error_response(error),
    };
    // The middleware for cross-origin requests rejects in plain text.
    let error = response.response().error();
    if let Some(error) = error.and_then(Error::as_error::<CorsError>) {
        let error = cors_rejection::api_error(error);
        response = response.into_response(HttpResponse::from_error(error));
    }
    let request = response.request();
    let (id, took) = (take_id(request), started.elapsed());
    let route = request.match_pattern().map(page::shown_route);
    let (method, status) = (request.method().as_str(), response.status().as_u16());
    worker(request).add_request(route.as_deref(), method, status, took);
    write_line(&state, &response, route.as_deref(), &id, took);
    response.headers_mut().insert(REQUEST_ID, id);
    Ok(response)
}

fn write_line(
    state: &AppState,
    response: &ServiceResponse<impl MessageBody>,
    route: Option<&str>,
    id: &HeaderValue,
    took: Duration,
) {
    let (status, request) = (response.status(), response.request());
    let error = response.response().error();
    let is_outage = error
        .and_then(Error::as_error::<ApiError>)
        .is_some_and(ApiError::is_outage);
    // Of these the operator sees who sent them.
    let is_rejected = matches!(status.as_u16(), 401 | 403 | 429);
    let address = is_rejected.then(|| client_address(request, &state.trusted_proxies));
    let is_first = address.is_some_and(|address| state.rejections.count(address, status.as_u16()));
    let (level, message) = if status.is_server_error() && !is_outage {
        (Level::Error, "request failed")
    } else if state.request_log.is_slow(took) && !is_outage {
        (Level::Warn, "request was slow")
    } else if is_first {
        (Level::Warn, "request was rejected")
    } else if state.request_log.logs_all() {
        (Level::Info, "request")
    } else {
        return;
    };
    let error = error.filter(|_| status.is_server_error());
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    let mut members = vec![
        ("method", Value::from(request.method().as_str())),
        ("route", Value::from(route.unwrap_or("none"))),
        ("status", Value::from(status.as_u16())),
        ("duration_ms", Value::from(duration_ms)),
        ("request_id", Value::from(id.to_str().unwrap_or_default())),
    ];
    let extensions = request.extensions();
    if let Some(key) = extensions.get().map(LoggedKey::as_str) {
        members.push(("key", Value::from(key)));
    }
    if let Some(traceparent) = traceparent(request.headers()) {
        members.push(("traceparent", Value::from(traceparent)));
    }
    if let Some(address) = &address {
        members.push(("address", Value::from_display(address)));
    }
    if let Some(error) = error {
        members.push(("error", Value::from_display(error)));
    }
    log::logger().log(
        &Record::builder()
            .target("roomd::request")
            .level(level)
            .args(format_args!("{message}"))
            .key_values(&members.as_slice())
            .build(),
    );
}
