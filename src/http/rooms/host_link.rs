//! Host links, by which people enter a room as its hosts.

use super::room_guid;
use crate::http::auth::Authorized;
use crate::http::body::JsonBody;
use crate::http::changes::{Author, Change};
use crate::http::error::ApiError;
use crate::http::error_responses::{DiskFull, GuestsOnly, GuestsOnlyOrOwnerInactive, RoomNotFound};
use crate::http::fields::{Fields, request};
use crate::http::page;
use crate::http::state::AppState;
use crate::http::uninterrupted::uninterrupted;
use crate::http::values::LinkSeconds;
use crate::model::{Guid, Timestamp};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

request! {
    /// How long a host link is to be valid.
    #[schema(examples(json!({"expires_in": 3600})))]
    pub(super) struct HostLinkRequest {
        /// After how many seconds the link ends. Without it, it is valid until all links of the room
        /// are revoked.
        expires_in: Option<LinkSeconds>,
    }
}

/// A host link.
#[derive(Serialize, ToSchema)]
#[schema(as = HostLink)]
struct HostLinkResponse {
    /// The `url` of the room, with a secret in its fragment. Whoever has it is host.
    #[schema(format = "uri")]
    host_url: String,
    /// When the link ends; null if it does not.
    #[schema(required, format = "date-time")]
    expires_at: Option<String>,
}

/// Make a host link
///
/// Returns a link by which people enter the room as hosts. Without an end it is the `host_url` of the
/// room, the same each time. There is none while the owner is inactive or expired.
#[utoipa::path(
    post,
    path = "/room/{room_guid}/host-link",
    operation_id = "makeHostLink",
    tag = "rooms",
    params(("room_guid" = Guid, Path, description = "The GUID of the room, in either case.")),
    request_body = HostLinkRequest,
    responses(
        (status = 200, description = "The link.", body = HostLinkResponse),
        GuestsOnlyOrOwnerInactive, RoomNotFound, DiskFull,
    ),
)]
pub(in crate::http) async fn create(
    authorized: Authorized,
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    authorized.check_host_links()?;
    let wanted = HostLinkRequest::read(Fields::from_body(&body.0)?)?;
    let expires_at = wanted.expires_in.map(|time| time.after(Timestamp::now()));
    let room = state.store.give_host_link(room_guid(&request)?).await?;
    let url = page::url(&state.public_url, &room.slug());
    Ok(HttpResponse::Ok().json(HostLinkResponse {
        host_url: state.host_links.url(&url, &room, expires_at),
        expires_at: expires_at.map(Timestamp::to_rfc3339),
    }))
}

/// Revoke all host links
///
/// Ends all host links of the room at once, also those without an end. People who are in the room
/// stay; the `url` for everybody stays as it is.
#[utoipa::path(
    delete,
    path = "/room/{room_guid}/host-link",
    operation_id = "revokeHostLinks",
    tag = "rooms",
    params(("room_guid" = Guid, Path, description = "The GUID of the room, in either case.")),
    responses(
        (status = 204, description = "The links are revoked."),
        GuestsOnly, RoomNotFound, DiskFull,
    ),
)]
pub(in crate::http) async fn revoke(
    authorized: Authorized,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    authorized.check_host_links()?;
    let (guid, author) = (room_guid(&request)?, Author::of(&request));
    let revoked = async move {
        state.store.revoke_host_links(guid).await?;
        author.log(Change::HostLinksRevoked(guid));
        Ok::<_, ApiError>(())
    };
    uninterrupted(revoked).await?;
    Ok(HttpResponse::NoContent().finish())
}
