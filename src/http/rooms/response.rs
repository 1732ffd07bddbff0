use super::found::FoundRoom;
use crate::http::error::ApiError;
use crate::http::extra_fields::ExtraField;
use crate::http::meeting::MeetingSettings;
use crate::http::page;
use crate::http::state::AppState;
use crate::meeting::{self, Effect};
use crate::model::{Email, Guid, LangTag, Ratings, RoomOptions, Tags};
use crate::store;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// More than most rooms take as JSON, in bytes. (Tuning.)
const JSON_BYTES: usize = 2048;

/// A default room.
#[derive(Serialize, ToSchema)]
#[schema(as = Room, examples(example))]
pub(super) struct RoomResponse<'a> {
    /// The GUID of the room, in upper case.
    #[schema(value_type = Guid)]
    room_guid: String,
    /// The name, which no other room has.
    name: &'a str,
    /// The language of the room.
    #[schema(value_type = LangTag)]
    lang: &'a str,
    /// The room's page; the name is not enough to guess it.
    #[schema(format = "uri")]
    url: String,
    /// When the room was created: in UTC, although no zone is written, to the second.
    #[schema(pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$")]
    created_date: String,
    /// Tags, separated by commas, if any.
    #[schema(required)]
    tags: Option<&'a str>,
    /// True if the replay is closed to participants.
    inaccessible_replay: bool,
    /// True if sessions may be recorded.
    allow_recording: bool,
    /// The owner's current e-mail address.
    #[schema(value_type = Email)]
    creator_email: &'a str,
    #[schema(value_type = RoomOptions)]
    ui_options: &'a RawValue,
    /// The `url` with a secret in its fragment, by which people enter as hosts; only where `fields`
    /// ask for it. Null while the owner is inactive or expired, because no host link is valid then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    host_url: Option<Option<String>>,
    /// Only where `fields` ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    meeting: Option<MeetingResponse>,
    /// Only where `fields` ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rating: Option<RatingResponse>,
}

/// What becomes of the options of a room.
#[derive(Serialize, ToSchema)]
#[schema(as = Meeting)]
struct MeetingResponse {
    /// The program that meetings take place on: `builtin`, `template`, `jitsi`, `bigbluebutton`,
    /// `livekit` or `none`.
    server: &'static str,
    /// The options that the server does, or lets nobody act against.
    applied: Vec<&'static str>,
    /// The options that the page obeys, and a program in its place need not.
    client_only: Vec<&'static str>,
    /// The options without an effect.
    ignored: Vec<&'static str>,
}

impl MeetingResponse {
    fn new(settings: &MeetingSettings) -> Self {
        let names = |effect| meeting::options_with(effect, settings.column()).collect();
        Self {
            server: settings.server.as_str(),
            applied: names(Effect::Applied),
            client_only: names(Effect::ClientOnly),
            ignored: names(Effect::Ignored),
        }
    }
}

/// What people think of a room.
#[derive(Serialize, ToSchema)]
#[schema(as = Rating)]
struct RatingResponse {
    /// How many people gave stars.
    count: u64,
    /// The mean number of stars, to two decimals; null if nobody gave any.
    #[schema(required)]
    average: Option<f64>,
    /// How many people gave one star, two, up to five.
    #[schema(min_items = 5, max_items = 5)]
    stars: Vec<u64>,
}

impl From<Ratings> for RatingResponse {
    fn from(ratings: Ratings) -> Self {
        Self {
            count: ratings.count(),
            average: ratings.average(),
            stars: ratings.by_stars().into(),
        }
    }
}

impl<'a> RoomResponse<'a> {
    pub(super) fn new(found: &'a FoundRoom, state: &AppState) -> Result<Self, ApiError> {
        let FoundRoom {
            room,
            fields,
            gives_host_link,
            rating,
        } = found;
        let url = page::url(&state.public_url, &room.slug());
        let host_url = || gives_host_link.then(|| state.host_links.url(&url, room, None));
        Ok(Self {
            host_url: fields.has(ExtraField::HostUrl).then(host_url),
            meeting: fields
                .has(ExtraField::Meeting)
                .then(|| MeetingResponse::new(&state.meeting)),
            rating: rating.map(RatingResponse::from),
            room_guid: room.guid.to_string(),
            name: room.name.as_str(),
            lang: room.lang.as_str(),
            url,
            created_date: room.created_at.to_zoneless(),
            tags: room.tags.as_ref().map(Tags::as_str),
            inaccessible_replay: room.inaccessible_replay,
            allow_recording: room.allow_recording,
            creator_email: &room.creator_email,
            ui_options: serde_json::from_str(room.options.as_json()).map_err(|error| {
                store::Error::Internal(format!(
                    "the options of room {} are not JSON: {error}",
                    room.guid
                ))
            })?,
        })
    }

    pub(super) fn to_json(&self) -> Box<[u8]> {
        let mut text = Vec::with_capacity(JSON_BYTES);
        serde_json::to_writer(&mut text, self).expect("texts and booleans are JSON");
        text.into_boxed_slice()
    }
}

fn example() -> Value {
    const EXAMPLE: &str = include_str!("../../../docs/examples/default-room.response.json");
    serde_json::from_str(EXAMPLE).expect("the example is JSON")
}
