use super::auth::Authorized;
use super::error::ApiError;
use super::fields::{Fields, integer, text};
use super::json::JsonBody;
use super::state::AppState;
use crate::model::{
    self, Email, Guid, LangTag, Mobile, PageNumber, PageSize, Paging, Part, PersonName, Role,
    TimeZoneName, Timestamp, User, UserPatch, UserProfile, UserQuery, Username, json,
};
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

/// How many users match a search, on all pages together.
const TOTAL_COUNT: &str = "X-Total-Count";

/// A user as callers see one.
#[derive(Serialize)]
pub(crate) struct UserResponse<'a> {
    user_guid: String,
    user_id: String,
    name: &'a str,
    surname: &'a str,
    email: &'a str,
    username: &'a str,
    role: &'static str,
    mobile: &'a str,
    login_allowed: bool,
    active: bool,
    status: u8,
    lang: &'a str,
    timezone: &'a str,
    expires_at: Option<String>,
    creation_date: String,
    updating_date: Option<String>,
}

/// `POST {base}/user`.
pub(super) async fn create(
    _: Authorized,
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let profile = read_profile(&body.0, &state)?;
    let user = state.store.insert_user(profile).await?;
    let users = request.match_pattern().unwrap_or_default();
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, format!("{users}/{}", user.guid)))
        .json(UserResponse::new(&user)))
}

/// `GET {base}/user/{user_guid}`.
pub(super) async fn show(
    _: Authorized,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let user = state.store.find_user(user_guid(&request)?).await?;
    let user = user.ok_or(model::Error::UserNotFound)?;
    Ok(HttpResponse::Ok().json(UserResponse::new(&user)))
}

/// `PUT {base}/user/{user_guid}`.
pub(super) async fn update(
    _: Authorized,
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let patch = read_patch(Fields::from_body(&body.0)?)?;
    let user = state.store.update_user(user_guid(&request)?, patch).await?;
    Ok(HttpResponse::Ok().json(UserResponse::new(&user)))
}

/// `DELETE {base}/user/{user_guid}`.
pub(super) async fn delete(
    _: Authorized,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    state.store.delete_user(user_guid(&request)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST {base}/user/search`.
pub(super) async fn search(
    _: Authorized,
    body: JsonBody,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let (query, paging) = read_query(&body.0)?;
    let found = state.store.list_users(query, paging).await?;
    let users: Vec<_> = found.entries.iter().map(UserResponse::new).collect();
    Ok(HttpResponse::Ok()
        .insert_header((TOTAL_COUNT, found.total))
        .json(users))
}

/// Reads a registration: what must be there, and defaults for the rest.
fn read_profile(body: &[u8], state: &AppState) -> Result<UserProfile, ApiError> {
    let mut fields = Fields::from_body(body)?;
    let name = fields.required("name", text(PersonName::parse));
    let surname = fields.required("surname", text(PersonName::parse));
    let email = fields.required("email", text(Email::parse));
    let username = fields.required("username", text(Username::parse));
    let rest = read_patch_of_optional(&mut fields);
    let refusals = fields.into_refusals();
    match (name, surname, email, username) {
        (Some(name), Some(surname), Some(email), Some(username)) if refusals.is_empty() => {
            Ok(UserProfile {
                name,
                surname,
                email,
                username,
                role: rest.role.unwrap_or_default(),
                mobile: rest.mobile.unwrap_or_default(),
                login_allowed: rest.login_allowed.unwrap_or(true),
                active: rest.active.unwrap_or(true),
                lang: rest.lang.unwrap_or_else(|| state.user_lang.clone()),
                timezone: rest.timezone.unwrap_or_else(|| state.user_timezone.clone()),
                expires_at: rest.expires_at.flatten(),
            })
        }
        _ => Err(refusals.into_error()),
    }
}

/// Reads what to change, or names everything that is wrong with it.
fn read_patch(mut fields: Fields<'_>) -> Result<UserPatch, ApiError> {
    let patch = UserPatch {
        name: fields.optional("name", text(PersonName::parse)),
        surname: fields.optional("surname", text(PersonName::parse)),
        email: fields.optional("email", text(Email::parse)),
        username: fields.optional("username", text(Username::parse)),
        ..read_patch_of_optional(&mut fields)
    };
    fields.into_refusals().unless_any(patch)
}

/// Reads the fields that may be absent from a registration too.
fn read_patch_of_optional(fields: &mut Fields<'_>) -> UserPatch {
    // A password is accepted, because clients of the public API send one, and dropped: nobody logs
    // in here.
    fields.optional("psd", text(|_| Ok(())));
    UserPatch {
        role: fields.optional("role", text(Role::parse)),
        mobile: fields.optional("mobile", text(Mobile::parse)),
        login_allowed: fields.optional("login_allowed", json::boolean),
        active: fields.optional("active", json::boolean),
        lang: fields.optional("lang", text(LangTag::parse)),
        timezone: fields.optional("timezone", text(TimeZoneName::parse)),
        expires_at: fields.nullable("expires_at", text(Timestamp::parse)),
        ..UserPatch::default()
    }
}

/// Reads which users are wanted, or names everything that is wrong with it.
pub(crate) fn read_query(body: &[u8]) -> Result<(UserQuery, Paging), ApiError> {
    let mut fields = Fields::from_body(body)?;
    let mut part_of = |name| fields.optional(name, text(Part::parse)).unwrap_or_default();
    let query = UserQuery {
        name: part_of("name"),
        surname: part_of("surname"),
        username: part_of("username"),
        email: part_of("email"),
        mobile: part_of("mobile"),
        role: fields.optional("role", text(Role::parse)),
        guid: fields.optional("user_id", text(Guid::parse)),
    };
    let page = fields
        .optional("page_number", integer(PageNumber::new))
        .unwrap_or_default();
    let size = fields
        .optional("page_size", integer(PageSize::new))
        .unwrap_or_default();
    fields
        .into_refusals()
        .unless_any((query, Paging::new(page, size)))
}

/// The GUID in the path: one that is malformed is one that no user has.
fn user_guid(request: &HttpRequest) -> Result<Guid, model::Error> {
    let guid = request.match_info().get("user_guid").map(Guid::parse);
    guid.and_then(Result::ok).ok_or(model::Error::UserNotFound)
}

impl<'a> UserResponse<'a> {
    /// Shows a user.
    pub(crate) fn new(user: &'a User) -> Self {
        let profile = &user.profile;
        Self {
            user_guid: user.guid.to_string(),
            user_id: user.guid.to_string(),
            name: profile.name.as_str(),
            surname: profile.surname.as_str(),
            email: profile.email.as_str(),
            username: profile.username.as_str(),
            role: profile.role.as_str(),
            mobile: profile.mobile.as_str(),
            login_allowed: profile.login_allowed,
            active: profile.active,
            status: u8::from(profile.active),
            lang: profile.lang.as_str(),
            timezone: profile.timezone.as_str(),
            expires_at: profile.expires_at.map(Timestamp::to_rfc3339),
            creation_date: user.created_at.to_rfc3339(),
            updating_date: user.updated_at.map(Timestamp::to_rfc3339),
        }
    }
}
