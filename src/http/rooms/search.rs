use super::found::FoundRoom;
use super::response::RoomResponse;
use crate::http::auth::Authorized;
use crate::http::error::ApiError;
use crate::http::error_responses::{DiskFull, GuestsOnly};
use crate::http::extra_fields::{ExtraField, ExtraFields, FIELDS};
use crate::http::query::QueryParams;
use crate::http::state::AppState;
use crate::http::values::SORTS;
use crate::model::{
    Email, Guid, Invalid, PageNumber, PageSize, Paging, Part, Room, RoomQuery, RoomSort, Timestamp,
};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use std::num::{IntErrorKind, ParseIntError};
use utoipa::{IntoParams, ToSchema};

/// Which rooms to search for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct RoomSearchParams {
    /// Part of the name; case, composition and runs of white space do not count, and no character
    /// has a special meaning.
    query: Option<Part>,
    /// The e-mail address of the owner.
    creator_email: Option<Email>,
    /// The GUID of the owner.
    user_id: Option<Guid>,
    /// Created at this moment or later: a date-time (RFC 3339), in UTC if it has no offset.
    #[param(value_type = Option<String>, format = "date-time-optional-offset",
        example = "2026-11-23T08:45:00Z")]
    created_after: Option<Timestamp>,
    /// Created before this moment: a date-time (RFC 3339), in UTC if it has no offset.
    #[param(value_type = Option<String>, format = "date-time-optional-offset",
        example = "2026-11-23T08:45:00Z")]
    created_before: Option<Timestamp>,
    /// The order; by default `created_date desc`.
    sort: Option<RoomSort>,
    /// The number of the page.
    page: Option<PageNumber>,
    /// How many rooms a page has; 20 if neither this nor `page_size` is sent.
    size: Option<PageSize>,
    /// Another name for `size`, which wins when both are sent.
    page_size: Option<PageSize>,
    /// What the response is to say of each room beside what it always says.
    #[param(value_type = Option<Vec<ExtraField>>, style = Form, explode = false)]
    fields: Option<ExtraFields>,
}

/// A page of rooms.
#[derive(Serialize, ToSchema)]
#[schema(as = RoomPage)]
struct RoomSearchResponse<'a> {
    data: Vec<RoomResponse<'a>>,
    pagination: PaginationResponse,
}

/// Where the page stands among all.
#[derive(Serialize, ToSchema)]
#[schema(as = Pagination)]
#[serde(rename_all = "camelCase")]
struct PaginationResponse {
    /// The number of the page, from 1.
    page: u64,
    /// How many rooms a page has.
    size: u32,
    /// How many rooms match, on all pages together.
    total_count: u64,
    /// How many pages there are.
    total_pages: u64,
    has_next_page: bool,
    has_previous_page: bool,
}

/// Search rooms
///
/// Finds the rooms that meet every condition that is sent. A page past the end is empty. Pages do
/// not overlap: rooms with the same date are ordered by when they were created.
#[utoipa::path(
    get,
    path = "/room/search",
    operation_id = "searchRooms",
    tag = "rooms",
    params(RoomSearchParams),
    responses(
        (status = 200, description = "A page of rooms.", body = RoomSearchResponse), GuestsOnly,
        DiskFull,
    ),
)]
pub(in crate::http) async fn search(
    authorized: Authorized,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let (query, paging, fields) = read_query(request.query_string())?;
    let fields = fields.check(&authorized)?;
    let found = state.store.list_rooms(query, paging).await?;
    let entries = load_all(found.entries, fields, &state).await?;
    let rooms = entries.iter().map(|room| RoomResponse::new(room, &state));
    Ok(HttpResponse::Ok().json(RoomSearchResponse {
        data: rooms.collect::<Result<_, _>>()?,
        pagination: PaginationResponse::new(paging, found.total),
    }))
}

/// Returns rooms with what `fields` ask for. What is written for several of them shares a commit.
async fn load_all(
    rooms: Vec<Room>,
    fields: ExtraFields,
    state: &web::Data<AppState>,
) -> Result<Vec<FoundRoom>, ApiError> {
    let load = |room| {
        let state = state.clone();
        actix_web::rt::spawn(async move { FoundRoom::load(room, fields, &state).await })
    };
    let mut loaded = Vec::with_capacity(rooms.len());
    let tasks: Vec<_> = rooms.into_iter().map(load).collect();
    for task in tasks {
        loaded.push(task.await.expect("no task panics or is cancelled")?);
    }
    Ok(loaded)
}

/// Reads which rooms to search for, or returns everything that is wrong with it.
pub(crate) fn read_query(query: &str) -> Result<(RoomQuery, Paging, ExtraFields), ApiError> {
    let mut params = QueryParams::from_query(query);
    let search = RoomSearchParams {
        query: params.optional("query", Part::parse),
        creator_email: params.optional("creator_email", Email::parse),
        user_id: params.optional("user_id", Guid::parse),
        created_after: params.optional("created_after", Timestamp::parse_bound),
        created_before: params.optional("created_before", Timestamp::parse_bound),
        sort: params.optional("sort", parse_sort),
        page: params.optional("page", |text| PageNumber::new(integer(text)?)),
        size: params.optional("size", |text| PageSize::new(integer(text)?)),
        page_size: params.optional("page_size", |text| PageSize::new(integer(text)?)),
        fields: params.optional(FIELDS, ExtraFields::parse),
    };
    let size = search.size.or(search.page_size).unwrap_or_default();
    let paging = Paging::new(search.page.unwrap_or_default(), size);
    let query = RoomQuery {
        name: search.query.unwrap_or_default(),
        creator_email: search.creator_email,
        creator_guid: search.user_id,
        created_from: search.created_after,
        created_before: search.created_before,
        sort: search.sort.unwrap_or_default(),
    };
    params.unless_wrong((query, paging, search.fields.unwrap_or_default()))
}

fn parse_sort(text: &str) -> Result<RoomSort, Invalid> {
    let known = SORTS.into_iter().find(|(words, _)| *words == text);
    known.map(|(_, sort)| sort).ok_or(Invalid::new(
        "must be created_date or name, a space, then asc or desc",
    ))
}

/// Reads a whole number. One out of the range of `i64` becomes its limit, so that the check of a range
/// rejects it.
fn integer(text: &str) -> Result<i64, Invalid> {
    let parsed = text.parse();
    parsed.or_else(|error: ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => Ok(i64::MAX),
        IntErrorKind::NegOverflow => Ok(i64::MIN),
        _ => Err(Invalid::new("must be a whole number")),
    })
}

impl PaginationResponse {
    fn new(paging: Paging, total: u64) -> Self {
        let total_pages = paging.pages_of(total);
        Self {
            page: paging.page(),
            size: paging.size(),
            total_count: total,
            total_pages,
            has_next_page: paging.page() < total_pages,
            has_previous_page: paging.page() > 1,
        }
    }
}
