use super::origin;
use crate::http::body::JsonBody;
use crate::http::error::ApiError;
use crate::http::fields::{Fields, FromJson, whole};
use crate::http::json;
use crate::http::state::AppState;
use crate::http::values::as_text;
use crate::meeting::builtin::Secret;
use crate::model::{FieldError, Stars};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::value::RawValue;

/// The right to rate a room; `None` for a text that is none.
struct RatingTicket(Option<Secret>);

/// A number of stars.
struct SentStars(Stars);

impl FromJson<'_> for RatingTicket {
    fn from_json(value: &RawValue) -> Result<Self, Vec<FieldError>> {
        as_text(|ticket| Ok(Self(Secret::parse(ticket))))(value)
    }
}

impl FromJson<'_> for SentStars {
    fn from_json(value: &RawValue) -> Result<Self, Vec<FieldError>> {
        let stars = json::integer(value).and_then(Stars::new);
        stars.map(Self).map_err(whole)
    }
}

/// Counts the stars that a person gives a room: `POST` on `rating` below the room's page, once for
/// everybody who was in, until an hour after they left, or, where the meeting is on another server, until 12
/// hours after they went there.
pub(super) async fn rate(
    body: JsonBody,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    origin::check(&request, &state.public_url, false)?;
    let room = super::room(&request, &state).await?.room.guid;
    let mut fields = Fields::from_body(&body.0)?;
    let ticket: Option<RatingTicket> = fields.take("ticket");
    let stars: Option<SentStars> = fields.take("stars");
    let (Some(RatingTicket(ticket)), Some(SentStars(stars))) = (ticket, stars) else {
        return Err(fields.errors.into_error());
    };
    let hub = &state.meeting.hub;
    let ticket = ticket.filter(|ticket| hub.take_rating(ticket, room));
    let ticket = ticket.ok_or(ApiError::NothingToRate)?;
    let counted = state.store.add_rating(room, stars).await;
    if counted.is_err() {
        hub.give_rating_back(ticket, room);
    }
    counted?;
    Ok(HttpResponse::NoContent().finish())
}
