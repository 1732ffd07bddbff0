//! The HTML pages for persons: the one behind a room's `url`, and that of the server itself.

use super::error::ApiError;
use super::error_responses::Failed;
use super::state::AppState;
use crate::model::{Room, SlugToken};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};

const TEMPLATE: &str = include_str!("page.html");
const MISSING: &str = include_str!("page/missing.html");
const START: &str = include_str!("page/start.html");
const STYLE: &str = include_str!("page.css");

/// The content security policy of the pages: nothing may run or load but their own style, whose hash a
/// test keeps up to date.
const POLICY: &str = "default-src 'none'; style-src 'sha256-LnUONgHYLWFjYIJ9JodvjgxRhUADZEjFB2VxOsbF9bc='; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PATH: &str = "/groups/room/{slug}";

/// The first part of [`PATH`].
const FOLDER: &str = "groups";

/// The path of a room's page in any case: codes for cameras (QR codes) are shorter in capitals.
pub(super) const PATH_IN_ANY_CASE: &str = "/{groups:(?i:groups)}/{room:(?i:room)}/{slug}";

/// Returns whether a path, perhaps with a query, is that of the web socket of a room, in any case.
pub(crate) fn is_socket_path(path: &[u8]) -> bool {
    let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
    let mut segments = path.split(|byte| *byte == b'/');
    let mut is_next = |expected: &[u8]| {
        let segment = segments.next();
        segment.is_some_and(|segment| segment.eq_ignore_ascii_case(expected))
    };
    let is_room = is_next(b"") && is_next(b"groups") && is_next(b"room");
    is_room && segments.next().is_some() && segments.eq([b"socket"])
}

/// Returns the URL of a room's page.
pub(crate) fn url(public_url: &str, slug: &str) -> String {
    let rooms = PATH.trim_end_matches("{slug}");
    format!("{public_url}{rooms}{slug}")
}

/// Show a room's page
///
/// The page behind a room's `url`, for a person. A link that leads to no room gets a page too. Case
/// does not matter in the whole path.
#[utoipa::path(
    get,
    path = PATH,
    operation_id = "showRoomPage",
    tag = "service",
    params(("slug" = String, Path, example = "test-room_k3v9q2d7xm",
        description = "The end of a room's `url`. Only the 10 characters after the last `_` count.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "A page that says that there is no such room.", body = String,
            content_type = "text/html"),
        Failed,
    ),
)]
pub(super) async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let slug = request.match_info().get("slug").unwrap_or_default();
    let room = match SlugToken::from_slug(&slug.to_ascii_lowercase()) {
        Some(token) => state.store.find_room_by_slug(&token).await?,
        None => None,
    };
    Ok(match room {
        Some(room) => page(StatusCode::OK, render(TEMPLATE, Some(&room))),
        None => missing(),
    })
}

/// Answers a path that no route has: with a page where a person may have a link that was cut or
/// extended, else with an error for programs.
pub(super) async fn show_missing(
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let is_for_person = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_for_person && is_below_rooms(request.path(), &state.base_paths) {
        return Ok(missing());
    }
    Err(ApiError::RouteNotFound)
}

/// Returns whether a path begins as the links of rooms do, in any case, and is none of the API.
fn is_below_rooms(path: &str, base_paths: &[String]) -> bool {
    let starts_with = |base: &str| {
        let rest = path.strip_prefix(base);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let first = path.split('/').nth(1).unwrap_or_default();
    first.eq_ignore_ascii_case(FOLDER) && !base_paths.iter().any(|base| starts_with(base))
}

fn missing() -> HttpResponse {
    page(StatusCode::NOT_FOUND, render(MISSING, None))
}

/// Shows that the server runs, and leads to the documentation: `GET /`, which no client needs to
/// know.
pub(super) async fn start() -> HttpResponse {
    page(StatusCode::OK, render(START, None))
}

/// Returns a page with the headers that all pages have.
fn page(status: StatusCode, html: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(html)
}

/// Fills a template from start to end, so that a name that looks like a placeholder stays a name.
fn render(template: &str, room: Option<&Room>) -> String {
    let mut html = String::with_capacity(template.len() + STYLE.len() + 512);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (placeholder, after) = after.split_once('}').unwrap_or((after, ""));
        html.push_str(before);
        match (placeholder, room) {
            ("style", _) => html.push_str(STYLE),
            ("lang", Some(room)) => push_escaped(&mut html, room.lang.as_str()),
            ("name", Some(room)) => push_escaped(&mut html, room.name.as_str()),
            _ => {}
        }
        rest = after;
    }
    html.push_str(rest);
    html
}

/// Appends a text, with escapes for what has a meaning in HTML text and quoted attributes.
fn push_escaped(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}
