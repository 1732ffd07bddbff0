use crate::http::error::ApiError;
use crate::http::extra_fields::{ExtraField, ExtraFields};
use crate::http::state::AppState;
use crate::model::{self, Guid, Ratings, Room};
use crate::store;

/// A room, with what a request asks for beside it.
pub(super) struct FoundRoom {
    pub(super) room: Room,
    pub(super) fields: ExtraFields,
    /// Whether the response gives out a host link: if the request asks for it and the owner is active.
    pub(super) gives_host_link: bool,
    /// Set if the request asks for it.
    pub(super) rating: Option<Ratings>,
}

impl FoundRoom {
    /// Returns a room with what `fields` ask for. A host link is given out by the response, which the
    /// room remembers from now on; while the owner is inactive or expired there is none.
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
            gives_host_link: false,
            rating: None,
        };
        if fields.has(ExtraField::HostUrl)
            && let Some(room) = give_host_link(found.room.guid, state).await?
        {
            found.room = room;
            found.gives_host_link = true;
        }
        if fields.has(ExtraField::Rating) {
            let ratings = state.store.find_ratings(found.room.guid).await;
            found.rating = Some(unless_deleted(ratings)?.unwrap_or_default());
        }
        Ok(found)
    }
}

/// Returns the room of a host link that is given out; None if no host link of it would be valid.
async fn give_host_link(guid: Guid, state: &AppState) -> Result<Option<Room>, store::Error> {
    match state.store.give_host_link(guid).await {
        Err(store::Error::Rule(model::Error::OwnerInactive)) => Ok(None),
        given => unless_deleted(given),
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
