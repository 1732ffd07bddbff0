//! The HTTP interface. This file is the table of all routes; path, method and description of each
//! stand at its handler.

mod activity;
mod answer;
mod auth;
mod bearer;
mod body;
mod cache;
mod changes;
mod client;
mod cors;
mod cors_rejection;
mod docs;
mod endpoint;
mod error;
mod error_responses;
mod exchange;
mod extra_fields;
mod fields;
mod framing;
mod health;
mod host;
mod json;
mod limits;
mod meeting;
mod metrics;
mod openapi;
mod page;
mod paths;
mod query;
mod rejections;
mod request_id;
mod request_log;
mod request_log_settings;
mod rooms;
mod schema;
mod state;
mod trace_context;
mod uninterrupted;
mod unparsed;
mod users;
mod values;

pub(crate) use activity::ConnectionActivity;
pub(crate) use answer::{answer, keep_alive_header};
pub(crate) use bearer::authorization;
pub(crate) use body::MAX_RAW_BYTES as MAX_RAW_BODY_BYTES;
pub(crate) use cache::Cache;
pub(crate) use client::{Caller, is_trusted};
pub(crate) use cors::cors;
pub(crate) use exchange::{Exchange, Phase, RejectedBody};
pub(crate) use framing::BodyFraming;
pub(crate) use host::Hosts;
pub(crate) use limits::Limits;
pub(crate) use meeting::MeetingSettings;
pub(crate) use metrics::{MetricsAccess, MetricsPage, metrics_route, show_nothing_else};
pub(crate) use openapi::DocumentSettings;
pub(crate) use page::{is_socket_path, url as room_url};
pub(crate) use paths::normalize;
pub(crate) use rejections::Rejections;
pub(crate) use request_log::observe;
pub(crate) use request_log_settings::RequestLog;
pub(crate) use state::AppState;
pub(crate) use unparsed::complete as complete_unparsed;
pub(crate) use users::UserResponse;

#[cfg(any(fuzzing, test))]
pub(crate) use {
    bearer::BearerToken,
    error::ApiError,
    rooms::options::read as read_options,
    rooms::request::{read_draft, read_patch as read_room_patch},
    rooms::search::read_query as read_room_query,
    users::request::read_query as read_user_query,
};

use actix_web::http::Method;
use actix_web::web;
use endpoint::{Endpoint, endpoints, resource, serve};
use std::fmt::Display;

/// Returns the operations of the API, which need a key.
fn api() -> Vec<Endpoint> {
    endpoints![
        rooms::get_or_create,
        rooms::get_or_create_default,
        rooms::search::search,
        rooms::show,
        rooms::update,
        rooms::delete,
        rooms::host_link::create,
        rooms::host_link::revoke,
        users::create,
        users::search,
        users::show,
        users::update,
        users::delete,
    ]
}

/// Returns the operations outside the API's base path, which need no key.
fn service() -> Vec<Endpoint> {
    endpoints![
        page::show,
        health::alive,
        health::ready,
        docs::document,
        docs::show,
    ]
}

/// Serves all routes: those of the API under each of the base paths.
pub(crate) fn routes(config: &mut web::ServiceConfig, base_paths: &[String]) {
    for base in base_paths {
        config.service(web::scope(base).configure(|config| serve(config, api())));
    }
    serve(config, service());
    let start = (Method::GET, web::route().to(page::start));
    let room = (Method::GET, web::route().to(page::show));
    let file = (Method::GET, web::route().to(docs::file));
    let asset = (Method::GET, web::route().to(page::assets::file));
    config
        .configure(|config| meeting::routes(config, page::PATH_IN_ANY_CASE))
        .service(resource("/docs/{file}", vec![file]))
        .service(resource("/", vec![start]))
        .service(resource(page::assets::PATH, vec![asset]))
        .service(resource(page::PATH_IN_ANY_CASE, vec![room]))
        .default_service(web::to(page::show_missing));
}

/// Returns the OpenAPI document of a server with these settings, as JSON text.
pub(crate) fn openapi_document<P: Display>(settings: DocumentSettings<'_, P>) -> String {
    openapi::document(settings, api(), service())
}
