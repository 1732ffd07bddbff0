use super::auth::Authorized;
use super::error::ApiError;
use super::params::Params;
use super::rooms::RoomResponse;
use super::state::AppState;
use crate::model::{
    Email, Guid, Invalid, PageNumber, PageSize, Paging, Part, RoomQuery, RoomSort, Timestamp,
};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

/// A page of rooms.
#[derive(Serialize)]
struct RoomSearchResponse<'a> {
    data: Vec<RoomResponse<'a>>,
    pagination: PaginationResponse,
}

/// Where a page stands among all.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaginationResponse {
    page: u64,
    size: u32,
    total_count: u64,
    total_pages: u64,
    has_next_page: bool,
    has_previous_page: bool,
}

/// `GET {base}/room/search`.
pub(super) async fn search(
    _: Authorized,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let (query, paging) = read_query(request.query_string())?;
    let found = state.store.list_rooms(query, paging).await?;
    let rooms = found
        .entries
        .iter()
        .map(|room| RoomResponse::new(room, &state));
    Ok(HttpResponse::Ok().json(RoomSearchResponse {
        data: rooms.collect::<Result<_, _>>()?,
        pagination: PaginationResponse::new(paging, found.total),
    }))
}

/// Reads which rooms are wanted, or names everything that is wrong with it.
pub(crate) fn read_query(query: &str) -> Result<(RoomQuery, Paging), ApiError> {
    let mut params = Params::from_query(query);
    let query = RoomQuery {
        name: params.optional("query", Part::parse).unwrap_or_default(),
        creator_email: params.optional("creator_email", Email::parse),
        creator_guid: params.optional("user_id", Guid::parse),
        created_from: params.optional("created_after", Timestamp::parse_bound),
        created_before: params.optional("created_before", Timestamp::parse_bound),
        sort: params.optional("sort", RoomSort::parse).unwrap_or_default(),
    };
    let page = params.optional("page", |text| PageNumber::new(integer(text)?));
    let size = params.optional("size", page_size);
    let same_as_size = params.optional("page_size", page_size);
    let size = size.or(same_as_size).unwrap_or_default();
    let paging = Paging::new(page.unwrap_or_default(), size);
    params.into_refusals().unless_any((query, paging))
}

fn page_size(text: &str) -> Result<PageSize, Invalid> {
    PageSize::new(integer(text)?)
}

fn integer(text: &str) -> Result<i64, Invalid> {
    text.parse()
        .map_err(|_| Invalid::new("must be a whole number"))
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
