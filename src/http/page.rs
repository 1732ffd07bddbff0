//! The HTML pages for persons: the one behind a room's `url`, and that of the server itself.

pub(super) mod assets;
mod library;
mod policy;
mod texts;

use super::error::ApiError;
use super::error_responses::Failed;
use super::paths::depth;
use super::state::AppState;
use crate::model::{MeetingServer, Room, SlugToken};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use texts::Language;

const PATH: &str = "/groups/room/{slug}";

/// The first part of [`PATH`].
const FOLDER: &str = "groups";

/// The path of a room's page in any case: codes for cameras (QR codes) are shorter in capitals.
pub(super) const PATH_IN_ANY_CASE: &str = "/{groups:(?i:groups)}/{room:(?i:room)}/{slug}";

/// Tells search engines not to list a page: the address of a room is its key.
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// Says which devices a page may use.
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// The page of a room. The script of the page finds the name in its heading.
#[derive(Template)]
#[template(path = "room.html")]
struct RoomPage<'a> {
    root: &'a str,
    language: &'a Language,
    room: &'a Room,
    /// A script that the others need and do not import.
    library: Option<&'static str>,
    /// The script with which the page begins.
    script: &'static str,
    /// That, and all that it imports.
    scripts: Vec<&'static str>,
}

/// The page of a room whose meetings take place on another server.
#[derive(Template)]
#[template(path = "enter.html")]
struct EnterPage<'a> {
    root: &'a str,
    language: &'a Language,
    room: &'a Room,
}

/// The page of a server that opens no meetings.
#[derive(Template)]
#[template(path = "name.html")]
struct NamePage<'a> {
    root: &'a str,
    language: &'a Language,
    room: &'a Room,
}

#[derive(Template)]
#[template(path = "missing.html")]
struct MissingPage<'a> {
    root: &'a str,
    language: &'a Language,
}

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage<'a> {
    root: &'a str,
    language: &'a Language,
}

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

/// Returns the pattern of a route as the documentation writes it: that of a room's page, and those below
/// it, without what lets them match in any case.
pub(super) fn shown_route(pattern: String) -> String {
    match pattern.strip_prefix(PATH_IN_ANY_CASE) {
        Some(rest) => format!("{PATH}{rest}"),
        None => pattern,
    }
}

/// Returns the token of the room to which a path leads, in any case; None if it leads to no room.
pub(super) fn slug_token(request: &HttpRequest) -> Option<SlugToken> {
    let slug = request.match_info().get("slug")?;
    SlugToken::from_slug(&slug.to_ascii_lowercase())
}

/// Show a room's page
///
/// The page behind a room's `url`, for a person. A link that leads to no room gets a page too. Case
/// does not matter in the whole path. To get the page opens nothing: a person joins by a button on it.
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
    let room = match slug_token(&request) {
        Some(token) => state.store.find_room_by_slug(&token).await?,
        None => None,
    };
    Ok(match room {
        Some(room) => match state.meeting.server {
            MeetingServer::Builtin | MeetingServer::LiveKit => meeting(&request, &state, &room),
            MeetingServer::Template | MeetingServer::Jitsi | MeetingServer::BigBlueButton => {
                enter(&request, &room)
            }
            MeetingServer::None => name(&request, &room),
        },
        None => missing(&request),
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
        return Ok(missing(&request));
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

/// Returns the page where people meet in a room, on this server or on LiveKit.
fn meeting(request: &HttpRequest, state: &AppState, room: &Room) -> HttpResponse {
    let (library, script, policy) = match state.meeting.livekit_url() {
        Some(url) => (
            Some(library::SCRIPT),
            "livekit.js",
            policy::for_livekit(url),
        ),
        None => {
            let policy = policy::for_meetings(request, &state.public_url);
            (None, "builtin.js", policy)
        }
    };
    let template = RoomPage {
        root: &root(request),
        language: Language::from_tag(&room.lang),
        room,
        library,
        script,
        scripts: assets::scripts_from(script),
    };
    page(StatusCode::OK, &template, policy, policy::DEVICES)
}

/// Returns the page from which people go to another server.
fn enter(request: &HttpRequest, room: &Room) -> HttpResponse {
    let template = EnterPage {
        root: &root(request),
        language: Language::from_tag(&room.lang),
        room,
    };
    let policy = HeaderValue::from_static(policy::FOR_SCRIPTS);
    page(StatusCode::OK, &template, policy, policy::NO_DEVICES)
}

/// Returns the page of a room on a server that opens no meetings.
fn name(request: &HttpRequest, room: &Room) -> HttpResponse {
    let template = NamePage {
        root: &root(request),
        language: Language::from_tag(&room.lang),
        room,
    };
    text_page(StatusCode::OK, &template)
}

fn missing(request: &HttpRequest) -> HttpResponse {
    let template = MissingPage {
        root: &root(request),
        language: Language::english(),
    };
    text_page(StatusCode::NOT_FOUND, &template)
}

/// Shows that the server runs, and leads to the documentation: `GET /`, which no client needs to
/// know.
pub(super) async fn start(request: HttpRequest) -> HttpResponse {
    let template = StartPage {
        root: &root(&request),
        language: Language::english(),
    };
    text_page(StatusCode::OK, &template)
}

/// Returns the way from a page to the root of the server, for relative links: they also work behind
/// a proxy that serves roomd under a path.
fn root(request: &HttpRequest) -> String {
    "../".repeat(depth(request))
}

/// Returns a page without scripts.
fn text_page(status: StatusCode, template: &impl Template) -> HttpResponse {
    let policy = HeaderValue::from_static(policy::FOR_TEXT);
    page(status, template, policy, policy::NO_DEVICES)
}

/// Returns a page with the headers that all pages have.
fn page(
    status: StatusCode,
    template: &impl Template,
    policy: HeaderValue,
    devices: &'static str,
) -> HttpResponse {
    let html = template.render().expect("texts and names can be written");
    HttpResponse::build(status)
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((PERMISSIONS, devices))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((ROBOTS, "noindex"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(html)
}
