//! Speaks to callers: this file is the table of all addresses, the modules are what stands behind
//! them.

mod auth;
mod cache;
mod client;
mod docs;
mod error;
mod fields;
mod health;
mod json;
mod last_request;
mod limits;
mod openapi;
mod page;
mod params;
mod request_log;
mod room_search;
mod rooms;
mod state;
mod users;

pub(crate) use cache::Cache;
pub(crate) use client::{Caller, is_trusted};
pub(crate) use error::ApiError;
pub(crate) use last_request::LastRequest;
pub(crate) use limits::Limits;
pub(crate) use openapi::document as openapi_document;
pub(crate) use request_log::observe;
pub(crate) use state::AppState;
pub(crate) use users::UserResponse;

#[cfg(any(fuzzing, test))]
pub(crate) use {
    auth::bearer_token,
    room_search::read_query as read_room_query,
    rooms::{read_draft, read_patch as read_room_patch},
    users::read_query as read_user_query,
};

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, Route, guard, web};
use std::future::ready;

/// All addresses; `base_paths` are those under which the API is served.
pub(crate) fn routes(config: &mut web::ServiceConfig, base_paths: &[String]) {
    for base in base_paths {
        config.service(web::scope(base).configure(api));
    }
    config
        .service(resource("/groups/room/{slug}", [get(page::show)]))
        .service(resource("/healthz", [get(health::alive)]))
        .service(resource("/readyz", [get(health::ready)]))
        .service(resource("/openapi.json", [get(openapi::show)]))
        .service(resource("/docs", [get(docs::show)]))
        .service(resource("/docs/{file}", [get(docs::file)]))
        .default_service(web::to(|| {
            ready(Err::<HttpResponse, _>(ApiError::RouteNotFound))
        }));
}

/// The addresses of the API, below its base path.
fn api(config: &mut web::ServiceConfig) {
    config
        .service(resource("/room", [post(rooms::get_or_create_default)]))
        .service(resource(
            "/room/default",
            [post(rooms::get_or_create_default)],
        ))
        .service(resource("/room/search", [get(room_search::search)]))
        .service(resource(
            "/room/{room_guid}",
            [get(rooms::show), put(rooms::update), delete(rooms::delete)],
        ))
        .service(resource("/user", [post(users::create)]))
        .service(resource("/user/search", [post(users::search)]))
        .service(resource(
            "/user/{user_guid}",
            [get(users::show), put(users::update), delete(users::delete)],
        ));
}

/// A path and its methods. Any other method is answered with the names of these.
fn resource<const N: usize>(path: &str, routes: [(&'static str, Route); N]) -> Resource {
    let allow = routes.each_ref().map(|(methods, _)| *methods).join(", ");
    let refuse = move || {
        ready(Err::<HttpResponse, _>(ApiError::MethodNotAllowed(
            allow.clone(),
        )))
    };
    let mut resource = web::resource(path).default_service(web::to(refuse));
    for (_, route) in routes {
        resource = resource.route(route);
    }
    resource
}

fn get<F, Args>(handler: F) -> (&'static str, Route)
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let guard = guard::Any(guard::Method(Method::GET)).or(guard::Method(Method::HEAD));
    ("GET, HEAD", web::route().guard(guard).to(handler))
}

fn post<F, Args>(handler: F) -> (&'static str, Route)
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    ("POST", web::post().to(handler))
}

fn put<F, Args>(handler: F) -> (&'static str, Route)
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    ("PUT", web::put().to(handler))
}

fn delete<F, Args>(handler: F) -> (&'static str, Route)
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    ("DELETE", web::delete().to(handler))
}
