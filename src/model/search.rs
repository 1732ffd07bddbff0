use super::email::Email;
use super::error::Invalid;
use super::guid::Guid;
use super::text;
use super::time::Timestamp;
use super::user::Role;

/// Which rooms are searched for: those that meet every condition that is set.
#[derive(Debug, Default)]
pub struct RoomQuery {
    /// Part of the name.
    pub name: Part,
    /// Whose default room it is.
    pub creator_email: Option<Email>,
    /// The creator's identity.
    pub creator_guid: Option<Guid>,
    /// Made at this moment or later.
    pub created_from: Option<Timestamp>,
    /// Made before this moment.
    pub created_before: Option<Timestamp>,
    /// The order.
    pub sort: RoomSort,
}

/// The order of rooms. No two rooms share a place in it, so pages do not overlap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RoomSort {
    /// Oldest first.
    CreatedAscending,
    /// Newest first.
    #[default]
    CreatedDescending,
    /// By folded name.
    NameAscending,
    /// By folded name, from the end.
    NameDescending,
}

/// Which users are searched for: those that meet every condition that is set.
#[derive(Debug, Default)]
pub struct UserQuery {
    /// Part of the given name.
    pub name: Part,
    /// Part of the family name.
    pub surname: Part,
    /// Part of the username.
    pub username: Part,
    /// Part of the e-mail address.
    pub email: Part,
    /// Part of the phone number.
    pub mobile: Part,
    /// The role.
    pub role: Option<Role>,
    /// The identity.
    pub guid: Option<Guid>,
}

/// Part of a text, folded as names are: case, composition and runs of white space do not count.
/// An empty one is part of every text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part(String);

impl Part {
    /// The longest part, in characters.
    pub const MAX_CHARS: usize = 255;

    /// Folds what was typed.
    ///
    /// # Errors
    /// More than 255 characters, which is more than any text has.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        text::check_length(typed, Self::MAX_CHARS)?;
        Ok(Self(text::fold(typed)))
    }

    /// The folded text; none when it is empty.
    pub fn to_condition(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.clone())
    }
}
