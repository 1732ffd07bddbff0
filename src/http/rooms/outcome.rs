//! What became of a get-or-create, as it is counted.

use crate::metrics::CreateOutcome;
use crate::model::{self, Error, Room, RoomName};
use crate::store;

/// Returns what became of a request that got a room. `first_name` is the name that it preferred, if it had
/// another one.
pub(super) fn outcome_of_creation(
    created: model::CreateOutcome,
    room: &Room,
    first_name: Option<&RoomName>,
) -> CreateOutcome {
    match created {
        model::CreateOutcome::Existed => CreateOutcome::Existed,
        model::CreateOutcome::Created => match first_name {
            Some(name) if *name != room.name => CreateOutcome::Fallback,
            _ => CreateOutcome::Created,
        },
    }
}

/// Returns what became of a request that got no room, if a rule was the reason.
pub(super) fn outcome_of_error(error: &store::Error) -> Option<CreateOutcome> {
    match error {
        store::Error::Rule(Error::RoomNamesTaken(_)) => Some(CreateOutcome::Conflict),
        store::Error::Rule(Error::EmailNotFound) => Some(CreateOutcome::Unregistered),
        store::Error::Rule(Error::UserInactive) => Some(CreateOutcome::Inactive),
        _ => None,
    }
}
