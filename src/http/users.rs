//! The users, each of whom can have one room.

pub(super) mod request;

mod response;

pub(crate) use response::UserResponse;

use super::auth::Authorized;
use super::body::JsonBody;
use super::changes::{Author, Change};
use super::error::ApiError;
use super::error_responses::{DiskFull, UserNotFound, UserTaken};
use super::state::AppState;
use super::uninterrupted::uninterrupted;
use crate::model::{self, CreateOutcome, UserLookup};
use actix_web::http::header::{HeaderName, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use request::{UserChange, UserRequest, UserSearchRequest};

/// The response header with the number of all users whom a search found.
pub(super) const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

/// Register or update a user
///
/// Registers a user. If one user has both the e-mail address and the username, changes what is sent
/// of that user and nothing else, so the call can be repeated at any time.
#[utoipa::path(
    post,
    path = "/user",
    operation_id = "createUser",
    request_body = UserRequest,
    responses(
        (status = 200, description = "The existing user, as changed.", body = UserResponse),
        (status = 201, description = "The new user.", body = UserResponse,
            headers(("Location" = String, description = "The path of the user."))),
        UserTaken, DiskFull,
    ),
)]
pub(super) async fn create(
    _: Authorized,
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let (profile, patch) = request::read_new(&body.0, &state.user_defaults)?;
    let author = Author::of(&request);
    let created = async move {
        let (user, outcome) = state.store.upsert_user(profile, patch).await?;
        author.log(match outcome {
            CreateOutcome::Created => Change::UserCreated(user.guid),
            CreateOutcome::Existed => Change::UserUpdated(user.guid),
        });
        Ok::<_, ApiError>((user, outcome))
    };
    let (user, outcome) = uninterrupted(created).await?;
    let mut response = match outcome {
        CreateOutcome::Existed => HttpResponse::Ok(),
        CreateOutcome::Created => {
            let users = request.match_pattern().unwrap_or_default();
            let mut response = HttpResponse::Created();
            response.insert_header((LOCATION, format!("{users}/{}", user.guid)));
            response
        }
    };
    Ok(response.json(UserResponse::new(&user)))
}

/// Get a user
#[utoipa::path(
    get,
    path = "/user/{user_guid}",
    operation_id = "getUser",
    params(("user_guid" = String, Path, description = "The GUID of the user in either case, or else the username.")),
    responses((status = 200, description = "The user.", body = UserResponse), UserNotFound),
)]
pub(super) async fn show(
    _: Authorized,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let user = state.store.find_user(lookup(&request)?).await?;
    let user = user.ok_or(model::Error::UserNotFound)?;
    Ok(HttpResponse::Ok().json(UserResponse::new(&user)))
}

/// Change a user
///
/// Changes what is sent and nothing else. The user's room follows a new e-mail address.
#[utoipa::path(
    put,
    path = "/user/{user_guid}",
    operation_id = "updateUser",
    params(("user_guid" = String, Path, description = "The GUID of the user in either case, or else the username.")),
    request_body = UserChange,
    responses(
        (status = 200, description = "The changed user.", body = UserResponse),
        UserNotFound, UserTaken, DiskFull,
    ),
)]
pub(super) async fn update(
    _: Authorized,
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let patch = request::read_patch(&body.0)?;
    let (lookup, author) = (lookup(&request)?, Author::of(&request));
    let updated = async move {
        let user = state.store.update_user(lookup, patch).await?;
        author.log(Change::UserUpdated(user.guid));
        Ok::<_, ApiError>(user)
    };
    let user = uninterrupted(updated).await?;
    Ok(HttpResponse::Ok().json(UserResponse::new(&user)))
}

/// Delete a user
///
/// Deletes the user's default room as well.
#[utoipa::path(
    delete,
    path = "/user/{user_guid}",
    operation_id = "deleteUser",
    params(("user_guid" = String, Path, description = "The GUID of the user in either case, or else the username.")),
    responses((status = 204, description = "The user is deleted."), UserNotFound, DiskFull),
)]
pub(super) async fn delete(
    _: Authorized,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let user = state.store.find_user(lookup(&request)?).await?;
    let user = user.ok_or(model::Error::UserNotFound)?;
    let author = Author::of(&request);
    let deleted = async move {
        let room = match &state.meeting.handoffs {
            Some(_) => state.store.find_default_room(&user.profile.email).await?,
            None => None,
        };
        state.store.delete_user(user.guid).await?;
        author.log(Change::UserDeleted(user.guid));
        state.meeting.hub.user_deleted(user.guid);
        if let Some(room) = room {
            state.meeting.room_deleted(room.guid);
        }
        Ok::<_, ApiError>(())
    };
    uninterrupted(deleted).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Search users
///
/// Finds the users that meet every condition that is sent, newest first. Parts of a text are
/// compared without regard to case, composition and runs of white space, and no character has a
/// special meaning. A page past the end is empty.
#[utoipa::path(
    post,
    path = "/user/search",
    operation_id = "searchUsers",
    request_body = UserSearchRequest,
    responses((status = 200, description = "A page of users.", body = [UserResponse],
        headers(("X-Total-Count" = u64, description = "How many users match, on all pages together.")))),
)]
pub(super) async fn search(
    _: Authorized,
    body: JsonBody,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let (query, paging) = request::read_query(&body.0)?;
    let found = state.store.list_users(query, paging).await?;
    let users: Vec<_> = found.entries.iter().map(UserResponse::new).collect();
    Ok(HttpResponse::Ok()
        .insert_header((TOTAL_COUNT, found.total))
        .json(users))
}

/// Returns what the path names a user by.
fn lookup(request: &HttpRequest) -> Result<UserLookup, model::Error> {
    // Unlike `get`, this decodes `%25`, `%2B` and `%2F` too.
    let text: Result<String, _> = request.match_info().load();
    match text {
        // Bytes that are not UTF-8 arrive as this character.
        Ok(text) if !text.contains(char::REPLACEMENT_CHARACTER) => Ok(UserLookup::parse(&text)),
        _ => Err(model::Error::UserNotFound),
    }
}
