//! What the page of a room calls for a person: the join, the web socket of a meeting, what hosts do on
//! another server, and the stars at its end. None of it needs a key.

mod elsewhere;
mod fragments;
mod frames;
mod hosting;
mod join;
mod origin;
mod rating;
mod settings;
mod socket;

pub(crate) use settings::MeetingSettings;

use super::endpoint::resource;
use super::error::ApiError;
use super::page::slug_token;
use super::state::AppState;
use crate::meeting::builtin::Refused;
use crate::model::{self, MeetingServer, RoomToOpen};
use actix_web::http::Method;
use actix_web::{HttpRequest, web};

/// After how many seconds a client with too many sockets may try again: a socket that is dead is gone
/// by then.
const RETRY_AFTER_SECONDS: u64 = 30;

/// Serves the routes below the path of a room's page.
pub(super) fn routes(config: &mut web::ServiceConfig, page: &str) {
    let join = (Method::POST, web::route().to(join::join));
    let socket = (Method::GET, web::route().to(socket::open));
    let host = (Method::POST, web::route().to(hosting::act));
    let rating = (Method::POST, web::route().to(rating::rate));
    config
        .service(resource(&format!("{page}/join"), vec![join]))
        .service(resource(&format!("{page}/socket"), vec![socket]))
        .service(resource(&format!("{page}/host"), vec![host]))
        .service(resource(&format!("{page}/rating"), vec![rating]));
}

/// Returns the room whose page a path is below, if meetings take place here.
async fn room(request: &HttpRequest, state: &AppState) -> Result<RoomToOpen, ApiError> {
    if state.meeting.server == MeetingServer::None {
        return Err(ApiError::RouteNotFound);
    }
    let room = match slug_token(request) {
        Some(token) => state.store.find_room_to_open(&token).await?,
        None => None,
    };
    Ok(room.ok_or(model::Error::RoomNotFound)?)
}

/// Returns the error of somebody who cannot come in.
fn refused(reason: Refused) -> ApiError {
    match reason {
        Refused::Unavailable => ApiError::MeetingsFull,
        Refused::TooManySockets => ApiError::TooManySockets(RETRY_AFTER_SECONDS),
        Refused::NotValid => ApiError::BadRequest(
            "the query needs a ticket or a secret for resuming that is valid: this one is missing, \
             unknown or of another room, was used, is older than 30 seconds, or is by a host link that \
             is no longer valid; join again"
                .into(),
        ),
    }
}
