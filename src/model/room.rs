use super::email::Email;
use super::error::Invalid;
use super::guid::Guid;
use super::lang_tag::LangTag;
use super::options::{OptionsPatch, RoomOptions};
use super::slug::{SlugToken, slug};
use super::text;
use super::time::Timestamp;

/// The name of a room: 1 to 255 characters that show as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomName(String);

impl RoomName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 255;

    /// Reads a name, white space around it dropped.
    ///
    /// # Errors
    /// An empty name, more than 255 characters, control characters, bidirectional overrides.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        text::line(typed, Self::MAX_CHARS).map(|name| Self(name.to_owned()))
    }

    /// Takes a name that the database kept.
    pub(crate) fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form that equal names share.
    pub fn key(&self) -> String {
        text::fold(&self.0)
    }
}

/// Tags of a room: comma separated, at most 1,000 characters, kept as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags(String);

impl Tags {
    /// The longest text of tags, in characters.
    pub const MAX_CHARS: usize = 1000;

    /// Reads tags.
    ///
    /// # Errors
    /// More than 1,000 characters, control characters, bidirectional overrides.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        text::check_length(typed, Self::MAX_CHARS)?;
        text::check_visible(typed)?;
        Ok(Self(typed.to_owned()))
    }

    /// Takes tags that the database kept.
    pub(crate) fn from_stored(tags: String) -> Self {
        Self(tags)
    }

    /// The tags.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The identity.
    pub guid: Guid,
    /// The name, which no other room has.
    pub name: RoomName,
    /// The language of the room.
    pub lang: LangTag,
    /// The random end of the address of the room's page.
    pub slug_token: SlugToken,
    /// When the room was made.
    pub created_at: Timestamp,
    /// Tags, if any.
    pub tags: Option<Tags>,
    /// Whether the replay is closed to participants.
    pub inaccessible_replay: bool,
    /// Whether sessions may be recorded.
    pub allow_recording: bool,
    /// The address of the user whose default room this is, as it was registered.
    pub creator_email: String,
    /// All options.
    pub options: RoomOptions,
}

impl Room {
    /// The last part of the address of the room's page.
    pub fn slug(&self) -> String {
        slug(self.name.as_str(), &self.slug_token)
    }
}

/// A room that somebody asks for: it becomes one if the user has none yet.
#[derive(Debug)]
pub struct RoomDraft<'a> {
    /// Whose default room it is.
    pub creator_email: Email,
    /// The name to try first.
    pub name: RoomName,
    /// The name to try when the first is taken.
    pub fallback_name: Option<RoomName>,
    /// The language.
    pub lang: LangTag,
    /// The options that were sent.
    pub options: OptionsPatch<'a>,
    /// Tags, if any.
    pub tags: Option<Tags>,
    /// Whether sessions may be recorded.
    pub allow_recording: bool,
    /// Whether the replay is closed to participants.
    pub inaccessible_replay: bool,
}

/// A room ready to be stored under the first of its names that is free.
#[derive(Debug, Clone)]
pub struct NewRoom {
    /// Whose default room it is.
    pub creator_email: Email,
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
    /// e-mail address. It was created at the moment that its GUID tells.
    pub(crate) fn into_room(
        self,
        name: RoomName,
        creator_email: String,
        guid: Guid,
        slug_token: SlugToken,
    ) -> Room {
        Room {
            guid,
            name,
            lang: self.lang,
            slug_token,
            created_at: guid.created_at(),
            tags: self.tags,
            inaccessible_replay: self.inaccessible_replay,
            allow_recording: self.allow_recording,
            creator_email,
            options: self.options,
        }
    }
}

/// What to change of a room: what is none stays as it is.
#[derive(Debug, Clone, Default)]
pub struct RoomPatch<'a> {
    /// The name.
    pub name: Option<RoomName>,
    /// The language.
    pub lang: Option<LangTag>,
    /// The options that were sent.
    pub options: OptionsPatch<'a>,
    /// Tags, or that there are none.
    pub tags: Option<Option<Tags>>,
    /// Whether sessions may be recorded.
    pub allow_recording: Option<bool>,
    /// Whether the replay is closed to participants.
    pub inaccessible_replay: Option<bool>,
}

impl RoomPatch<'_> {
    /// The same, with nothing borrowed.
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

    /// The room after the change.
    ///
    /// # Errors
    /// Options that pile up to more than a room keeps.
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

/// Whether a get-or-create made the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The room was made by this call.
    Now,
    /// The room was there.
    Before,
}
