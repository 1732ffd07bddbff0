//! The default rooms of users.

pub(super) mod host_link;
pub(super) mod options;
pub(super) mod request;
pub(super) mod search;

mod found;
mod outcome;
mod response;
mod unknown_options;

use super::auth::Authorized;
use super::body::JsonBody;
use super::cache::{Cache, CachedResponse};
use super::changes::{Author, Change};
use super::error::ApiError;
use super::error_responses::{
    CreatorNotFound, DiskFull, GuestsOnly, GuestsOnlyOrInactive, RoomNameTaken, RoomNotFound,
};
use super::extra_fields::{ExtraField, ExtraFields};
use super::state::AppState;
use super::uninterrupted::uninterrupted;
use crate::metrics;
use crate::model::{self, CreateOutcome, Guid};
use crate::store;
use actix_web::http::header::{ContentType, HeaderValue, LOCATION};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use found::FoundRoom;
use outcome::{outcome_of_creation, outcome_of_error};
use request::{DefaultRoomRequest, RoomChange};
use response::RoomResponse;
pub(super) use unknown_options::UNKNOWN_OPTIONS;
use utoipa::IntoResponses;

/// The successful responses of a get-or-create, for the OpenAPI document.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only its description is used")]
enum DefaultRoom<'a> {
    /// The existing room.
    #[response(
        status = 200,
        headers(("X-Unknown-Options" = String, description = "The unknown options of the request, if any.")),
    )]
    Existing(RoomResponse<'a>),
    /// The new room.
    #[response(
        status = 201,
        headers(
            ("Location" = String, description = "The path of the room."),
            ("X-Unknown-Options" = String, description = "The unknown options of the request, if any."),
        ),
    )]
    New(RoomResponse<'a>),
}

/// Get or create the default room
///
/// Returns the default room of `creator_email`. If there is none, creates it: under `name`, or
/// under `fallback_name` if `name` belongs to another room. A creator who is not registered is
/// registered, if the server does so for the domain. An existing room is returned as it is;
/// nothing in the request changes it. However many callers ask at once, one of them gets 201 and
/// all get the same room. The response is sent only when the room is safe on the disk, so the call
/// can be repeated at any time.
#[utoipa::path(
    post,
    path = "/room",
    operation_id = "getOrCreateRoom",
    request_body = DefaultRoomRequest,
    responses(DefaultRoom, CreatorNotFound, GuestsOnlyOrInactive, RoomNameTaken, DiskFull),
)]
pub(super) async fn get_or_create(
    authorized: Authorized,
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let cache = Cache::from_request(&request);
    let generation = authorized.generation;
    let in_query = ExtraFields::from_query(request.query_string())?;
    // The response is found by the body, so body and database alone must have decided what it says.
    let is_by_body = in_query.is_empty();
    if is_by_body && let Some(cached) = cache.response(generation, &body.0) {
        cache.count_create(metrics::CreateOutcome::Existed);
        return Ok(json_response(HttpResponse::Ok(), cached));
    }
    uninterrupted(find_or_create(authorized, body, in_query, request, state)).await
}

/// Does what [`get_or_create`] does with a request whose response is not cached.
async fn find_or_create(
    authorized: Authorized,
    body: JsonBody,
    in_query: ExtraFields,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let cache = Cache::from_request(&request);
    let generation = authorized.generation;
    let is_by_body = in_query.is_empty();
    let (mut draft, fields) = request::read_draft(&body.0, &state.languages)?;
    let fields = fields.and(in_query).check(&authorized)?;
    draft.registration = state.registration(&draft.creator_email);
    let unknown_options = unknown_options::value(&draft.options);
    let first_name = draft.fallback_name.as_ref().map(|_| draft.name.clone());
    let outcome = state.store.get_or_create_default(draft).await;
    let (room, created) = outcome.map_err(|error| {
        outcome_of_error(&error).inspect(|outcome| cache.count_create(*outcome));
        creation_error(error, &request)
    })?;
    cache.count_create(outcome_of_creation(created, &room, first_name.as_ref()));
    if created == CreateOutcome::Created {
        Author::of(&request).log(Change::RoomCreated(room.guid));
    }
    let found = FoundRoom::load(room, fields, &state).await?;
    let room = &found.room;
    let shown = CachedResponse {
        body: Bytes::from(RoomResponse::new(&found, &state)?.to_json()),
        unknown_options,
    };
    // Not every key gets a host link, and there is none from the moment on at which its owner expires.
    let may_be_cached = is_by_body && !fields.has(ExtraField::HostUrl);
    Ok(match created {
        CreateOutcome::Existed => {
            if may_be_cached {
                cache.store_response(generation, &body.0, shown.clone());
            }
            json_response(HttpResponse::Ok(), shown)
        }
        CreateOutcome::Created => {
            let mut response = HttpResponse::Created();
            response.insert_header((LOCATION, location(&request, room.guid)));
            json_response(response, shown)
        }
    })
}

/// Get or create the default room
///
/// The path that deployed clients call. Does what `POST /room` does.
#[utoipa::path(
    post,
    path = "/room/default",
    operation_id = "getOrCreateDefaultRoom",
    request_body = DefaultRoomRequest,
    responses(DefaultRoom, CreatorNotFound, GuestsOnlyOrInactive, RoomNameTaken, DiskFull),
)]
pub(super) async fn get_or_create_default(
    authorized: Authorized,
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    get_or_create(authorized, body, request, state).await
}

/// Get a room
#[utoipa::path(
    get,
    path = "/room/{room_guid}",
    operation_id = "getRoom",
    params(
        ("room_guid" = Guid, Path, description = "The GUID of the room, in either case."),
        ("fields" = Option<Vec<ExtraField>>, Query,
            description = "What the response is to say beside what it always says.", style = Form,
            explode = false),
    ),
    responses(
        (status = 200, description = "The room.", body = RoomResponse), GuestsOnly, RoomNotFound, DiskFull,
    ),
)]
pub(super) async fn show(
    authorized: Authorized,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let fields = ExtraFields::from_query(request.query_string())?.check(&authorized)?;
    let guid = room_guid(&request)?;
    let room = state
        .store
        .find_room(guid)
        .await?
        .ok_or(model::Error::RoomNotFound)?;
    let found = FoundRoom::load(room, fields, &state).await?;
    Ok(HttpResponse::Ok().json(RoomResponse::new(&found, &state)?))
}

/// Change a room
///
/// Changes what is sent and nothing else; options are merged group by group. A new name changes the
/// readable part of the `url`; earlier links continue to work.
#[utoipa::path(
    put,
    path = "/room/{room_guid}",
    operation_id = "updateRoom",
    params(("room_guid" = Guid, Path, description = "The GUID of the room, in either case.")),
    request_body = RoomChange,
    responses(
        (status = 200, description = "The changed room.", body = RoomResponse,
            headers(("X-Unknown-Options" = String, description = "The unknown options of the request, if any."))),
        GuestsOnly, RoomNotFound, RoomNameTaken, DiskFull,
    ),
)]
pub(super) async fn update(
    authorized: Authorized,
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let (patch, fields) = request::read_patch(&body.0, &state.languages)?;
    let in_query = ExtraFields::from_query(request.query_string())?;
    let fields = fields.and(in_query).check(&authorized)?;
    let guid = room_guid(&request)?;
    let unknown_options = unknown_options::value(&patch.options);
    let (patch, author) = (patch.into_owned(), Author::of(&request));
    let updating = state.clone();
    let updated = async move {
        let room = updating.store.update_room(guid, patch).await?;
        author.log(Change::RoomUpdated(guid));
        Ok::<_, ApiError>(room)
    };
    let room = uninterrupted(updated).await?;
    let found = FoundRoom::load(room, fields, &state).await?;
    let mut response = HttpResponse::Ok();
    add_unknown_options(&mut response, unknown_options);
    Ok(response.json(RoomResponse::new(&found, &state)?))
}

/// Delete a room
///
/// The owner's next get-or-create makes a new room with another GUID.
#[utoipa::path(
    delete,
    path = "/room/{room_guid}",
    operation_id = "deleteRoom",
    params(("room_guid" = Guid, Path, description = "The GUID of the room, in either case.")),
    responses((status = 204, description = "The room is deleted."), RoomNotFound, DiskFull),
)]
pub(super) async fn delete(
    _: Authorized,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let guid = room_guid(&request)?;
    let author = Author::of(&request);
    let deleted = async move {
        state.store.delete_room(guid).await?;
        author.log(Change::RoomDeleted(guid));
        state.meeting.room_deleted(guid);
        Ok::<_, ApiError>(())
    };
    uninterrupted(deleted).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Returns the GUID in the path. A malformed one is a GUID that no room has.
fn room_guid(request: &HttpRequest) -> Result<Guid, model::Error> {
    let guid = request.match_info().get("room_guid").map(Guid::parse);
    guid.and_then(Result::ok).ok_or(model::Error::RoomNotFound)
}

/// Returns the path of a new room, under the base path of the request that created it.
fn location(request: &HttpRequest, room_guid: Guid) -> String {
    format!("{}/room/{room_guid}", base_path(request))
}

/// Returns the base path of a get-or-create.
fn base_path(request: &HttpRequest) -> String {
    let route = request.match_pattern().unwrap_or_default();
    let rooms = route.strip_suffix("/default").unwrap_or(&route);
    rooms.strip_suffix("/room").unwrap_or(rooms).to_owned()
}

/// Returns the error of a get-or-create, which tells how to register an unknown creator.
fn creation_error(error: store::Error, request: &HttpRequest) -> ApiError {
    match error {
        store::Error::Rule(model::Error::EmailNotFound) => {
            ApiError::CreatorNotFound(format!("{}/user", base_path(request)))
        }
        error => error.into(),
    }
}

fn json_response(mut response: HttpResponseBuilder, shown: CachedResponse) -> HttpResponse {
    add_unknown_options(&mut response, shown.unknown_options);
    response.content_type(ContentType::json()).body(shown.body)
}

fn add_unknown_options(response: &mut HttpResponseBuilder, value: Option<HeaderValue>) {
    if let Some(value) = value {
        response.insert_header((UNKNOWN_OPTIONS, value));
    }
}
