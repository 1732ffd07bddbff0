use super::{elsewhere, origin};
use crate::http::body::JsonBody;
use crate::http::client::{Caller, counted_client};
use crate::http::error::ApiError;
use crate::http::fields::{Fields, FromJson};
use crate::http::state::AppState;
use crate::http::values::as_text;
use crate::meeting::Role;
use crate::meeting::builtin::{IceServerGroup, Ticket};
use crate::model::{FieldError, RoomToOpen, Timestamp, text};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::value::RawValue;

/// The longest name of a person, in characters.
const MAX_NAME_CHARS: usize = 100;

/// The answer to a join.
#[derive(Serialize)]
struct JoinResponse<'a> {
    ticket: String,
    ice_servers: Vec<IceServerGroup<'a>>,
}

/// The name that others see.
struct ShownName(String);

/// What follows `#host=` in a link.
pub(super) struct HostToken(String);

impl FromJson<'_> for ShownName {
    fn from_json(value: &RawValue) -> Result<Self, Vec<FieldError>> {
        as_text(|name| {
            let name = text::unbroken_line(name, MAX_NAME_CHARS)?;
            Ok(Self(name.to_owned()))
        })(value)
    }
}

impl FromJson<'_> for HostToken {
    fn from_json(value: &RawValue) -> Result<Self, Vec<FieldError>> {
        as_text(|token| Ok(Self(token.to_owned())))(value)
    }
}

/// Gives a person a ticket for the web socket of a room: `POST` on `join` below the room's page. A
/// request that only looks, such as that of a link preview, opens nothing.
pub(super) async fn join(
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    origin::check(&request, &state.public_url, false)?;
    let opened = super::room(&request, &state).await?;
    let mut fields = Fields::from_body(&body.0)?;
    let name: Option<ShownName> = fields.take("name");
    let host: Option<Option<HostToken>> = fields.take("host");
    let (Some(ShownName(name)), Some(host), true) = (name, host, fields.errors.is_empty()) else {
        return Err(fields.errors.into_error());
    };
    if let Some(token) = &host {
        check_host_link(&opened, token, &request, &state)?;
    }
    let client = counted_client(&request, &state.trusted_proxies);
    if state.meeting.handoffs.is_some() {
        let role = host.map_or(Role::Guest, |_| Role::Host);
        return elsewhere::enter(opened.room, role, name, client, state).await;
    }
    let ticket = state.meeting.hub.issue(Ticket {
        room: opened.room.guid,
        name,
        host_epoch: host.map(|_| opened.room.host_epoch),
        client,
    });
    Ok(HttpResponse::Ok().json(JoinResponse {
        ticket: ticket.map_err(super::refused)?.to_string(),
        ice_servers: state.meeting.hub.ice_servers(),
    }))
}

/// Checks what makes a person a host. Wrong tokens are limited as wrong keys are.
pub(super) fn check_host_link(
    opened: &RoomToOpen,
    token: &HostToken,
    request: &HttpRequest,
    state: &AppState,
) -> Result<(), ApiError> {
    let RoomToOpen {
        room,
        owner_is_active,
        ..
    } = opened;
    let now = Timestamp::now();
    if state
        .host_links
        .verify(room, *owner_is_active, &token.0, now)
    {
        return Ok(());
    }
    let caller = || Caller::from_request(request, &state.trusted_proxies);
    Err(state
        .limits
        .unauthorized(ApiError::HostLinkNotValid, caller))
}
