//! The page of metrics, for Prometheus. It is no part of the API.

mod access;
mod page;

pub(crate) use access::MetricsAccess;
pub(crate) use page::MetricsPage;

use super::endpoint::resource;
use super::error::ApiError;
use super::state::AppState;
use crate::metrics::{CONTENT_TYPE, Exposition, Source, Worker};
use actix_web::http::Method;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};

const PATH: &str = "/metrics";

/// Serves the page.
pub(crate) fn metrics_route(config: &mut web::ServiceConfig) {
    let page = (Method::GET, web::route().to(show));
    config.service(resource(PATH, vec![page]));
}

/// Returns what the worker that handles a request counts.
pub(super) fn worker(request: &HttpRequest) -> &Worker {
    let worker = request.app_data();
    worker.expect("every app has its counters")
}

/// Answers at any other path of a listener that serves the page alone.
pub(crate) async fn show_nothing_else() -> Result<HttpResponse, ApiError> {
    Err(ApiError::RouteNotFound)
}

async fn show(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let metrics = &state.metrics;
    metrics.access.check(&request)?;
    let mut page = Exposition::default();
    metrics.process.add_to(&mut page);
    metrics.workers.add_to(&mut page);
    state.limits.add_to(&mut page);
    for source in &metrics.sources {
        source.add_to(&mut page);
    }
    state.store.add_to(&mut page);
    state.meeting.add_to(&mut page);
    Ok(HttpResponse::Ok()
        .content_type(CONTENT_TYPE)
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(page.into_text()))
}
