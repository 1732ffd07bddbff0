use super::email::Email;
use super::error::Invalid;
use super::guid::Guid;
use super::text;
use super::time::Timestamp;
use super::user::Role;

/// A search for rooms. It finds the rooms that meet every condition that is set.
#[derive(Debug, Default)]
pub struct RoomQuery {
    /// Part of the name.
    pub name: Part,
    /// The e-mail address of the owner.
    pub creator_email: Option<Email>,
    /// The GUID of the owner.
    pub creator_guid: Option<Guid>,
    /// Created at this moment or later.
    pub created_from: Option<Timestamp>,
    /// Created before this moment.
    pub created_before: Option<Timestamp>,
    /// The order.
    pub sort: RoomSort,
}

/// The order of rooms in a search. No two rooms are equal in it, so pages do not overlap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RoomSort {
    /// Oldest first.
    CreatedAscending,
    /// Newest first.
    #[default]
    CreatedDescending,
    /// By folded name, ascending.
    NameAscending,
    /// By folded name, descending.
    NameDescending,
}

/// A search for users. It finds the users that meet every condition that is set.
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
    /// The GUID.
    pub guid: Option<Guid>,
}

/// A part of a text, folded as names are: case, composition and runs of white space do not count.
/// The empty part is in every text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part(String);

impl Part {
    /// The longest part, in characters.
    pub const MAX_CHARS: usize = 255;

    /// Reads and folds a part.
    ///
    /// # Errors
    /// More than 255 characters; only characters that do not show, which would be in every text. White
    /// space alone is the empty part.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        text::check_length(typed, Self::MAX_CHARS)?;
        let folded = text::fold(typed);
        if folded.is_empty() && !typed.trim().is_empty() {
            return Err(Invalid::new("must have a character that shows"));
        }
        Ok(Self(folded))
    }

    /// Returns the folded text; None if it is empty.
    pub fn to_condition(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.clone())
    }
}
