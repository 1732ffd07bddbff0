use super::email::Email;
use super::error::Invalid;
use super::guid::Guid;
use super::lang_tag::LangTag;
use super::options::{OptionsPatch, RoomOptions};
use super::slug::{SlugToken, slug};
use super::text;
use super::time::Timestamp;
use super::user::UserProfile;

/// The name of a room: 1 to 255 characters, without control characters and bidirectional overrides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomName(String);

impl RoomName {
    /// The greatest length of a name in characters.
    pub const MAX_CHARS: usize = 255;

    /// Parses a name, without the white space around it.
    ///
    /// # Errors
    /// An empty name, over 255 characters, control characters, bidirectional overrides.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        text::line(typed, Self::MAX_CHARS).map(|name| Self(name.to_owned()))
    }

    /// Returns a stored name.
    pub(crate) fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// Returns the name as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the key, the folded form of the name, which is the same for equal names.
    pub fn key(&self) -> String {
        text::fold(&self.0)
    }
}

/// The tags of a room: one text, comma separated, at most 1,000 characters, stored as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags(String);

impl Tags {
    /// The greatest length of the text in characters.
    pub const MAX_CHARS: usize = 1000;

    /// Parses the text of the tags.
    ///
    /// # Errors
    /// Over 1,000 characters, control characters, bidirectional overrides.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        text::check_length(typed, Self::MAX_CHARS)?;
        text::check_visible(typed)?;
        Ok(Self(typed.to_owned()))
    }

    /// Returns stored tags.
    pub(crate) fn from_stored(tags: String) -> Self {
        Self(tags)
    }

    /// Returns the text of the tags.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A stored room, the default room of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The identifier.
    pub guid: Guid,
    /// The name, which no other room has.
    pub name: RoomName,
    /// The language of the room.
    pub lang: LangTag,
    /// The random end of the room's slug.
    pub slug_token: SlugToken,
    /// The time of the creation.
    pub created_at: Timestamp,
    /// Tags, if any.
    pub tags: Option<Tags>,
    /// Whether the replay is closed to participants.
    pub inaccessible_replay: bool,
    /// Whether sessions may be recorded.
    pub allow_recording: bool,
    /// The e-mail address of the room's owner, as it was registered.
    pub creator_email: String,
    /// All options.
    pub options: RoomOptions,
    /// How often the host links of the room were revoked: a link is valid for one epoch.
    pub host_epoch: u64,
    /// Whether a host link of the room was ever given out.
    pub host_link_given: bool,
}

impl Room {
    /// Returns the slug, the last part of the URL of the room's page.
    pub fn slug(&self) -> String {
        slug(self.name.as_str(), &self.slug_token)
    }
}

/// A room whose link somebody follows, with what is needed to let them in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomToOpen {
    /// The room.
    pub room: Room,
    /// The identifier of the room's owner.
    pub owner_guid: Guid,
    /// Whether the owner is active now, and not expired. No host link is valid otherwise.
    pub owner_is_active: bool,
}

/// The room of a get-or-create request, which is created if the user has none.
#[derive(Debug)]
pub struct RoomDraft<'a> {
    /// The e-mail address of the user whose default room it is.
    pub creator_email: Email,
    /// The profile with which the creator is registered if no user has the e-mail address; `None`
    /// makes an unknown creator an error.
    pub registration: Option<UserProfile>,
    /// The name to try first.
    pub name: RoomName,
    /// The name to try if the first one belongs to another room.
    pub fallback_name: Option<RoomName>,
    /// The language.
    pub lang: LangTag,
    /// The options of the request.
    pub options: OptionsPatch<'a>,
    /// Tags, if any.
    pub tags: Option<Tags>,
    /// Whether sessions may be recorded.
    pub allow_recording: bool,
    /// Whether the replay is closed to participants.
    pub inaccessible_replay: bool,
}

/// A complete room, to be stored under the first of its names that no other room has.
#[derive(Debug, Clone)]
pub struct NewRoom {
    /// Whose default room it is.
    pub creator_email: Email,
    /// The profile with which the creator is registered if no user has the e-mail address; `None`
    /// makes an unknown creator an error.
    pub registration: Option<UserProfile>,
    /// The names to try, in order.
    pub names: Vec<RoomName>,
    /// The language.
    pub lang: LangTag,
    /// All options.
    pub options: RoomOptions,
    /// Tags, if any.
    pub tags: Option<Tags>,
    /// Whether sessions may be recorded.
    pub allow_recording: bool,
    /// Whether the replay is closed to participants.
    pub inaccessible_replay: bool,
}

impl NewRoom {
    /// Completes a draft: its names in order, and the default of each option that was not sent.
    pub fn new(draft: RoomDraft<'_>) -> Self {
        Self {
            creator_email: draft.creator_email,
            registration: draft.registration,
            names: std::iter::once(draft.name)
                .chain(draft.fallback_name)
                .collect(),
            lang: draft.lang,
            options: RoomOptions::new(&draft.options),
            tags: draft.tags,
            allow_recording: draft.allow_recording,
            inaccessible_replay: draft.inaccessible_replay,
        }
    }

    /// Returns the room that was created of this under one of its names, for the user with that
    /// e-mail address.
    pub(crate) fn into_room(
        self,
        name: RoomName,
        creator_email: String,
        guid: Guid,
        slug_token: SlugToken,
        created_at: Timestamp,
    ) -> Room {
        Room {
            guid,
            name,
            lang: self.lang,
            slug_token,
            created_at,
            tags: self.tags,
            inaccessible_replay: self.inaccessible_replay,
            allow_recording: self.allow_recording,
            creator_email,
            options: self.options,
            host_epoch: 0,
            host_link_given: false,
        }
    }
}

/// A partial update of a room. A field that is `None` is not changed.
#[derive(Debug, Clone, Default)]
pub struct RoomPatch<'a> {
    /// The name.
    pub name: Option<RoomName>,
    /// The language.
    pub lang: Option<LangTag>,
    /// The options to change.
    pub options: OptionsPatch<'a>,
    /// Tags, or `Some(None)` to remove them.
    pub tags: Option<Option<Tags>>,
    /// Whether sessions may be recorded.
    pub allow_recording: Option<bool>,
    /// Whether the replay is closed to participants.
    pub inaccessible_replay: Option<bool>,
}

impl RoomPatch<'_> {
    /// Returns the patch with all data owned.
    pub fn into_owned(self) -> RoomPatch<'static> {
        RoomPatch {
            name: self.name,
            lang: self.lang,
            options: self.options.into_owned(),
            tags: self.tags,
            allow_recording: self.allow_recording,
            inaccessible_replay: self.inaccessible_replay,
        }
    }

    /// Returns the room after the update.
    ///
    /// # Errors
    /// Options that together exceed what a room can store.
    pub fn apply(self, room: Room) -> Result<Room, Invalid> {
        Ok(Room {
            options: room.options.patched(&self.options)?,
            name: self.name.unwrap_or(room.name),
            lang: self.lang.unwrap_or(room.lang),
            tags: self.tags.unwrap_or(room.tags),
            allow_recording: self.allow_recording.unwrap_or(room.allow_recording),
            inaccessible_replay: self.inaccessible_replay.unwrap_or(room.inaccessible_replay),
            ..room
        })
    }
}

/// The outcome of a call that succeeded and creates what does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateOutcome {
    /// This call created the room or user.
    Created,
    /// The room or user existed before this call.
    Existed,
}
