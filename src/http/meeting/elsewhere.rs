use crate::http::error::ApiError;
use crate::http::page;
use crate::http::state::AppState;
use crate::http::uninterrupted::uninterrupted;
use crate::meeting::handoff::{Entry, Visit};
use crate::meeting::{MeetingOptions, Role};
use crate::model::{Room, Timestamp};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use std::net::IpAddr;

/// After how many seconds a page asks again that waits, or was refused because of others who enter.
const RETRY_AFTER_SECONDS: u64 = 3;

/// The answer to a join where meetings take place elsewhere.
#[derive(Serialize)]
#[serde(untagged)]
enum EnterResponse {
    /// The person may go there.
    Open {
        #[serde(flatten)]
        destination: Destination,
        /// The right to give stars afterwards, where the room lets people do that.
        rating: Option<String>,
        /// Where people go in the end.
        return_url: String,
    },
    /// The page asks again until a host is there.
    Waiting {
        waiting: &'static str,
        retry_after: u64,
    },
}

/// Where the meeting takes place.
#[derive(Serialize)]
#[serde(untagged)]
enum Destination {
    /// The page goes to this URL.
    Page { url: String },
    /// The page connects to this server.
    LiveKit { server: String, token: String },
}

impl From<Entry> for Destination {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Url(url) => Self::Page { url },
            Entry::LiveKit { url, token } => Self::LiveKit { server: url, token },
        }
    }
}

/// Sends a person of a client to the meeting server, or lets them wait for a host. What was begun there is
/// done to the end though the client leaves.
pub(super) async fn enter(
    room: Room,
    role: Role,
    name: String,
    client: Option<IpAddr>,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let handoffs = state.meeting.handoffs.clone();
    let handoffs = handoffs.ok_or(ApiError::RouteNotFound)?;
    let arrival = handoffs.arrive(client);
    let arrival = arrival.ok_or(ApiError::TooManySockets(RETRY_AFTER_SECONDS))?;
    let visit = Visit {
        options: MeetingOptions::from_json(room.options.as_json()),
        page_url: page::url(&state.public_url, &room.slug()),
        room,
        role,
        name,
        now: Timestamp::now(),
    };
    let guid = visit.room.guid;
    let return_url = visit.options.return_url.clone();
    // Who never comes back to this server can give it no stars.
    let can_rate = visit.options.allow_rating && handoffs.server().leads_back();
    let entered = uninterrupted(async move { handoffs.enter(visit, arrival).await }).await;
    let hub = &state.meeting.hub;
    let response = match entered.map_err(ApiError::MeetingServer)? {
        Some(entry) => EnterResponse::Open {
            destination: entry.into(),
            rating: can_rate
                .then(|| hub.may_rate(guid, client))
                .flatten()
                .map(|ticket| ticket.to_string()),
            return_url,
        },
        None => EnterResponse::Waiting {
            waiting: "host",
            retry_after: RETRY_AFTER_SECONDS,
        },
    };
    Ok(HttpResponse::Ok().json(response))
}
