//! Rooms as the verbs print them.

use super::error::CliError;
use super::shared::room_url;
use crate::config::Config;
use crate::model::{Ratings, Room, Tags};
use serde_json::{Value, json};

/// Returns a room with the fields that the API gives it.
///
/// # Errors
/// Stored options that are no JSON.
pub(super) fn room_json(config: &Config, room: &Room) -> Result<Value, CliError> {
    let options: Value = serde_json::from_str(room.options.as_json()).map_err(|error| {
        crate::store::Error::Internal(format!(
            "the options of room {} are not JSON: {error}",
            room.guid
        ))
    })?;
    Ok(json!({
        "room_guid": room.guid.to_string(),
        "name": room.name.as_str(),
        "lang": room.lang.as_str(),
        "url": room_url(config, room),
        "created_date": room.created_at.to_zoneless(),
        "tags": room.tags.as_ref().map(Tags::as_str),
        "inaccessible_replay": room.inaccessible_replay,
        "allow_recording": room.allow_recording,
        "creator_email": room.creator_email,
        "ui_options": options,
    }))
}

/// Returns all that is stored of a room.
///
/// # Errors
/// Those of [`room_json`].
pub(super) fn whole_room_json(
    config: &Config,
    room: &Room,
    ratings: Ratings,
) -> Result<Value, CliError> {
    let mut whole = room_json(config, room)?;
    whole["host_link_given"] = room.host_link_given.into();
    whole["host_links_revoked"] = room.host_epoch.into();
    whole["rating"] = json!({
        "count": ratings.count(),
        "average": ratings.average(),
        "stars": ratings.by_stars(),
    });
    Ok(whole)
}

/// Returns a room as a part of a sentence.
pub(super) fn room_in_words(room: &Room) -> String {
    format!("the room \"{}\" ({})", room.name.as_str(), room.guid)
}
