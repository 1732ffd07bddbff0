use super::join::{HostToken, check_host_link};
use super::origin;
use crate::http::body::JsonBody;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, FromJson};
use crate::http::state::AppState;
use crate::http::uninterrupted::uninterrupted;
use crate::http::values::as_text;
use crate::meeting::MeetingOptions;
use crate::meeting::handoff::HostAction;
use crate::model::{FieldError, Invalid};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::value::RawValue;

/// The longest identity of a person on a meeting server, in bytes.
const MAX_IDENTITY_BYTES: usize = 256;

/// What a host does.
#[derive(Clone, Copy)]
enum ActionName {
    Admit,
    Mute,
    Remove,
    End,
}

/// A person, as the meeting server names them.
struct Identity(String);

/// The answer: false means that the person is no longer there.
#[derive(Serialize)]
struct Done {
    done: bool,
}

impl FromJson<'_> for ActionName {
    fn from_json(value: &RawValue) -> Result<Self, Vec<FieldError>> {
        as_text(|name| match name {
            "admit" => Ok(Self::Admit),
            "mute" => Ok(Self::Mute),
            "remove" => Ok(Self::Remove),
            "end" => Ok(Self::End),
            _ => Err(Invalid::new("must be admit, mute, remove or end")),
        })(value)
    }
}

impl FromJson<'_> for Identity {
    fn from_json(value: &RawValue) -> Result<Self, Vec<FieldError>> {
        as_text(|identity| {
            if identity.len() > MAX_IDENTITY_BYTES {
                return Err(Invalid::new("must have at most 256 bytes"));
            }
            Ok(Self(identity.to_owned()))
        })(value)
    }
}

/// Does what a host wants on a meeting server that people reach by a page of this program: `POST` on
/// `host` below the room's page. This program calls the server, so that a host can do only what the
/// options of the room allow, and nothing after the host link was revoked.
pub(super) async fn act(
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    origin::check(&request, &state.public_url, false)?;
    let opened = super::room(&request, &state).await?;
    let mut fields = Fields::from_body(&body.0)?;
    let host: Option<HostToken> = fields.take("host");
    let name: Option<ActionName> = fields.take("action");
    let person: Option<Option<Identity>> = fields.take("person");
    let person = person.map(|person| person.map(|Identity(identity)| identity));
    let action = match (name, person) {
        (Some(ActionName::Admit), Some(Some(person))) => Some(HostAction::Admit(person)),
        (Some(ActionName::Remove), Some(Some(person))) => Some(HostAction::Remove(person)),
        (Some(ActionName::Mute), Some(person)) => Some(HostAction::Mute(person)),
        (Some(ActionName::End), Some(_)) => Some(HostAction::End),
        (Some(ActionName::Admit | ActionName::Remove), Some(None)) => {
            fields.errors.add("person", Invalid::new("is required"));
            None
        }
        (None, _) | (_, None) => None,
    };
    let (Some(host), Some(action), true) = (host, action, fields.errors.is_empty()) else {
        return Err(fields.errors.into_error());
    };
    check_host_link(&opened, &host, &request, &state)?;
    let options = MeetingOptions::from_json(opened.room.options.as_json());
    let handoffs = state.meeting.handoffs.clone();
    let handoffs = handoffs.ok_or(ApiError::RouteNotFound)?;
    let acting = async move { handoffs.act(opened.room.guid, options, action).await };
    let done = uninterrupted(acting).await;
    let done = done.map_err(ApiError::MeetingServer)?;
    let done = done.ok_or(ApiError::RouteNotFound)?;
    Ok(HttpResponse::Ok().json(Done { done }))
}
