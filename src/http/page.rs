//! The HTML page behind a room's `url`.

use super::error::ApiError;
use super::error_responses::{Failed, RoomNotFound};
use super::state::AppState;
use crate::model::{self, Room, SlugToken};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, web};

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");

/// The content security policy of the page: nothing may run or load but its own style, whose hash a
/// test keeps up to date.
const POLICY: &str = "default-src 'none'; style-src 'sha256-LnUONgHYLWFjYIJ9JodvjgxRhUADZEjFB2VxOsbF9bc='; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PATH: &str = "/groups/room/{slug}";

/// Returns the URL of a room's page.
pub(super) fn url(public_url: &str, slug: &str) -> String {
    let rooms = PATH.trim_end_matches("{slug}");
    format!("{public_url}{rooms}{slug}")
}

/// Show a room's page
///
/// The page behind a room's `url`, for a person.
#[utoipa::path(
    get,
    path = PATH,
    operation_id = "showRoomPage",
    tag = "service",
    params(("slug" = String, Path, example = "test-room_k3v9q2d7xm",
        description = "The end of a room's `url`. Only the 10 characters after the last `_` count.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        RoomNotFound, Failed,
    ),
)]
pub(super) async fn show(
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let slug = request.match_info().get("slug").unwrap_or_default();
    let token = SlugToken::from_slug(slug).ok_or(model::Error::RoomNotFound)?;
    let room = state
        .store
        .find_room_by_slug(&token)
        .await?
        .ok_or(model::Error::RoomNotFound)?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(render(&room)))
}

/// Fills the template from start to end, so that a name that looks like a placeholder stays a name.
fn render(room: &Room) -> String {
    let mut html = String::with_capacity(TEMPLATE.len() + STYLE.len() + 512);
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once('{') {
        let (placeholder, after) = after.split_once('}').unwrap_or((after, ""));
        html.push_str(before);
        match placeholder {
            "style" => html.push_str(STYLE),
            "lang" => push_escaped(&mut html, room.lang.as_str()),
            "name" => push_escaped(&mut html, room.name.as_str()),
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
