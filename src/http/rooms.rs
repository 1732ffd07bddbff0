use super::auth::Authorized;
use super::cache::Cache;
use super::error::ApiError;
use super::fields::{Fields, text};
use super::json::JsonBody;
use super::state::AppState;
use crate::model::{
    self, Created, Email, Guid, Invalid, LangTag, OptionsPatch, Room, RoomDraft, RoomName,
    RoomPatch, Tags, json,
};
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use serde_json::value::RawValue;

/// The language of a room for which none is asked, where it is allowed.
pub(super) const DEFAULT_LANG: &str = "en-US";

/// A room as callers see it.
#[derive(Serialize)]
pub(super) struct RoomResponse<'a> {
    room_guid: String,
    name: &'a str,
    lang: &'a str,
    url: String,
    created_date: String,
    tags: Option<&'a str>,
    inaccessible_replay: bool,
    allow_recording: bool,
    creator_email: &'a str,
    ui_options: &'a RawValue,
}

/// `POST {base}/room` and `POST {base}/room/default`.
pub(super) async fn get_or_create_default(
    authorized: Authorized,
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let cache = Cache::from_request(&request);
    let generation = authorized.generation;
    if let Some(answer) = cache.answer(generation, &body.0) {
        return Ok(json_answer(HttpResponse::Ok(), answer));
    }
    let draft = read_draft(&body.0, &state.languages)?;
    let (room, created) = state.store.get_or_create_default(draft).await?;
    let answer = room_json(&room, &state)?;
    Ok(match created {
        Created::Before => {
            cache.store_answer(generation, &body.0, answer.clone());
            json_answer(HttpResponse::Ok(), answer)
        }
        Created::Now => {
            let mut response = HttpResponse::Created();
            response.insert_header((LOCATION, location(&request, room.guid)));
            json_answer(response, answer)
        }
    })
}

/// `GET {base}/room/{room_guid}`.
pub(super) async fn show(
    _: Authorized,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let guid = room_guid(&request)?;
    let room = state
        .store
        .find_room(guid)
        .await?
        .ok_or(model::Error::RoomNotFound)?;
    Ok(HttpResponse::Ok().json(RoomResponse::new(&room, &state)?))
}

/// `PUT {base}/room/{room_guid}`.
pub(super) async fn update(
    _: Authorized,
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let patch = read_patch(&body.0, &state.languages)?;
    let guid = room_guid(&request)?;
    let room = state.store.update_room(guid, patch).await?;
    Ok(HttpResponse::Ok().json(RoomResponse::new(&room, &state)?))
}

/// `DELETE {base}/room/{room_guid}`.
pub(super) async fn delete(
    _: Authorized,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let guid = room_guid(&request)?;
    state.store.delete_room(guid).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Reads a get-or-create, or names everything that is wrong with it.
pub(crate) fn read_draft<'a>(
    body: &'a [u8],
    languages: &[LangTag],
) -> Result<RoomDraft<'a>, ApiError> {
    let mut fields = Fields::from_body(body)?;
    let creator_email = fields.required("creator_email", text(Email::parse));
    let name = fields.required("name", text(RoomName::parse));
    let fallback_name = fields.optional("fallback_name", text(RoomName::parse));
    let lang = fields.optional("lang", text(|tag| allowed_lang(tag, languages)));
    let options = fields.optional_tree("options", OptionsPatch::parse);
    let tags = fields.optional("tags", text(Tags::parse));
    let allow_recording = fields.optional("allow_recording", json::boolean);
    let inaccessible_replay = fields.optional("inaccessible_replay", json::boolean);
    let refusals = fields.into_refusals();
    match (creator_email, name) {
        (Some(creator_email), Some(name)) if refusals.is_empty() => Ok(RoomDraft {
            creator_email,
            name,
            fallback_name,
            lang: lang.unwrap_or_else(|| default_lang(languages)),
            options: options.unwrap_or_default(),
            tags,
            allow_recording: allow_recording.unwrap_or(true),
            inaccessible_replay: inaccessible_replay.unwrap_or(false),
        }),
        _ => Err(refusals.into_error()),
    }
}

/// Reads what to change, or names everything that is wrong with it.
pub(crate) fn read_patch<'a>(
    body: &'a [u8],
    languages: &[LangTag],
) -> Result<RoomPatch<'a>, ApiError> {
    let mut fields = Fields::from_body(body)?;
    let patch = RoomPatch {
        name: fields.optional("name", text(RoomName::parse)),
        lang: fields.optional("lang", text(|tag| allowed_lang(tag, languages))),
        options: fields
            .optional_tree("options", OptionsPatch::parse)
            .unwrap_or_default(),
        tags: fields.nullable("tags", text(Tags::parse)),
        allow_recording: fields.optional("allow_recording", json::boolean),
        inaccessible_replay: fields.optional("inaccessible_replay", json::boolean),
    };
    fields.into_refusals().unless_any(patch)
}

fn allowed_lang(tag: &str, languages: &[LangTag]) -> Result<LangTag, Invalid> {
    let tag = LangTag::parse(tag)?;
    if languages.is_empty() || languages.contains(&tag) {
        return Ok(tag);
    }
    let allowed: Vec<&str> = languages.iter().map(LangTag::as_str).collect();
    Err(Invalid(
        format!("must be one of {}", allowed.join(", ")).into(),
    ))
}

fn default_lang(languages: &[LangTag]) -> LangTag {
    let default = allowed_lang(DEFAULT_LANG, languages);
    default.unwrap_or_else(|_| languages[0].clone())
}

/// The GUID in the path: one that is malformed is one that no room has.
fn room_guid(request: &HttpRequest) -> Result<Guid, model::Error> {
    let guid = request.match_info().get("room_guid").map(Guid::parse);
    guid.and_then(Result::ok).ok_or(model::Error::RoomNotFound)
}

/// Where a room just made is found, under the base path of the request that made it.
fn location(request: &HttpRequest, room_guid: Guid) -> String {
    let route = request.match_pattern().unwrap_or_default();
    let rooms = route.strip_suffix("/default").unwrap_or(&route);
    format!("{rooms}/{room_guid}")
}

fn room_json(room: &Room, state: &AppState) -> Result<Bytes, ApiError> {
    let response = RoomResponse::new(room, state)?;
    let text = serde_json::to_vec(&response).expect("texts and switches are JSON");
    Ok(text.into_boxed_slice().into())
}

fn json_answer(mut response: HttpResponseBuilder, text: Bytes) -> HttpResponse {
    response.content_type(ContentType::json()).body(text)
}

impl<'a> RoomResponse<'a> {
    pub(super) fn new(room: &'a Room, state: &AppState) -> Result<Self, ApiError> {
        Ok(Self {
            room_guid: room.guid.to_string(),
            name: room.name.as_str(),
            lang: room.lang.as_str(),
            url: format!("{}/groups/room/{}", state.public_url, room.slug()),
            created_date: room.created_at.to_zoneless(),
            tags: room.tags.as_ref().map(Tags::as_str),
            inaccessible_replay: room.inaccessible_replay,
            allow_recording: room.allow_recording,
            creator_email: &room.creator_email,
            ui_options: serde_json::from_str(room.options.as_json()).map_err(|error| {
                crate::store::Error::Internal(format!(
                    "the options of room {} are not JSON: {error}",
                    room.guid
                ))
            })?,
        })
    }
}
