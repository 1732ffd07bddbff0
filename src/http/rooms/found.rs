use crate::http::error::ApiError;
use crate::http::extra_fields::{ExtraField, ExtraFields};
use crate::http::state::AppState;
use crate::model::{self, Ratings, Room};
use crate::store;

/// A room, with what a request asks for beside it.
pub(super) struct FoundRoom {
    pub(super) room: Room,
    pub(super) fields: ExtraFields,
    /// Set if the request asks for it.
    pub(super) rating: Option<Ratings>,
}

impl FoundRoom {
    /// Returns a room with what `fields` ask for. A host link is given out by the response, which the
    /// room remembers from now on. Nothing is read or written without need.
    ///
    /// # Errors
    /// A database that cannot be read or, for the first host link of the room, written.
    pub(super) async fn load(
        room: Room,
        fields: ExtraFields,
        state: &AppState,
    ) -> Result<Self, ApiError> {
        let mut found = Self {
            room,
            fields,
            rating: None,
        };
        if fields.has(ExtraField::HostUrl) && !found.room.host_link_given {
            let given = state.store.give_host_link(found.room.guid).await;
            if let Some(room) = unless_deleted(given)? {
                found.room = room;
            }
        }
        if fields.has(ExtraField::Rating) {
            let ratings = state.store.find_ratings(found.room.guid).await;
            found.rating = Some(unless_deleted(ratings)?.unwrap_or_default());
        }
        Ok(found)
    }
}

/// Returns None for a room that was deleted after it was read: the response is what it was before.
fn unless_deleted<T>(result: Result<T, store::Error>) -> Result<Option<T>, store::Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(store::Error::Rule(model::Error::RoomNotFound)) => Ok(None),
        Err(error) => Err(error),
    }
}
