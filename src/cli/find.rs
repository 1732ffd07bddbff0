//! Finds the user or room that an argument names.

use super::error::CliError;
use crate::config::Config;
use crate::model::{Email, Guid, Room, SlugToken, User, UserLookup};
use crate::store::Store;
use clap::builder::NonEmptyStringValueParser;

/// The argument that names a user.
#[derive(clap::Args)]
pub(super) struct UserArg {
    /// E-mail address, username or GUID
    #[arg(value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
    pub(super) typed: String,
}

/// The argument that names a room.
#[derive(clap::Args)]
pub(super) struct RoomArg {
    /// GUID or URL of the room, the end of its URL, or e-mail address, username or GUID of its owner
    #[arg(value_name = "ROOM", value_parser = NonEmptyStringValueParser::new())]
    pub(super) typed: String,
}

/// Finds a user by GUID, e-mail address or username, in this order.
///
/// # Errors
/// No such user; a database that cannot be read.
pub(super) async fn find_user(store: &Store, typed: &str) -> Result<User, CliError> {
    let found = look_up_user(store, typed).await?;
    found.ok_or_else(|| CliError::NoUser(typed.to_owned()))
}

/// Finds a room by its GUID, by its URL or the end of it, or by its owner.
///
/// # Errors
/// No such room; a database that cannot be read.
pub(super) async fn find_room(
    store: &Store,
    typed: &str,
    config: &Config,
) -> Result<Room, CliError> {
    if let Ok(guid) = Guid::parse(typed)
        && let Some(room) = store.find_room(guid).await?
    {
        return Ok(room);
    }
    if let Some(token) = slug_token(typed)
        && let Some(room) = store.find_room_by_slug(&token).await?
    {
        return Ok(room);
    }
    let Some(owner) = look_up_user(store, typed).await? else {
        return Err(CliError::UnknownRoom(typed.to_owned()));
    };
    let email = owner.profile.email;
    let room = store.find_default_room(&email).await?;
    let base_path = config.api.base_paths.first();
    room.ok_or_else(|| CliError::NoRoom {
        email: email.as_str().to_owned(),
        path: format!(
            "{}/room",
            base_path.map(ToString::to_string).unwrap_or_default()
        ),
    })
}

async fn look_up_user(store: &Store, typed: &str) -> Result<Option<User>, CliError> {
    let lookup = UserLookup::parse(typed);
    if let Some(guid) = lookup.guid
        && let Some(user) = store.find_user(guid).await?
    {
        return Ok(Some(user));
    }
    if let Ok(email) = Email::parse(typed)
        && let Some(user) = store.find_user_by_email(&email).await?
    {
        return Ok(Some(user));
    }
    Ok(store.find_user(lookup).await?)
}

/// Returns the token at the end of a URL or slug, in any case. A host link is a URL with a fragment.
fn slug_token(typed: &str) -> Option<SlugToken> {
    let path = typed.split(['?', '#']).next()?;
    let slug = path.trim_end_matches('/').rsplit('/').next()?;
    SlugToken::from_slug(&slug.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_named_by_any_form_of_its_link() {
        for typed in [
            "test-room_k3v9q2d7xm",
            "Test-Room_K3V9Q2D7XM",
            "http://localhost/rooms/test-room_k3v9q2d7xm",
            "https://rooms.example.com/rooms/test-room_k3v9q2d7xm/?a=b#host=c",
        ] {
            let token = slug_token(typed);
            assert_eq!(token.as_ref().map(SlugToken::as_str), Some("k3v9q2d7xm"));
        }
        for typed in ["", "/", "ada@example.com", "#_k3v9q2d7xm"] {
            assert_eq!(slug_token(typed), None, "{typed}");
        }
    }
}
