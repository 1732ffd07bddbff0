//! What the program is about: users, their rooms, and the keys of callers.
//!
//! Plain types whose constructors validate, so that a value that exists is a value that is right.
//! Nothing here knows HTTP or SQL.

mod api_key;
mod email;
mod error;
mod guid;
mod lang_tag;
pub(crate) mod options;
mod paging;
mod random;
pub(crate) mod raw_object;
mod room;
mod search;
mod slug;
pub(crate) mod text;
mod time;
mod user;

pub use api_key::{AccessKey, ApiKey, KeyDigest, NewApiKey, StoredKey};
pub use email::Email;
pub use error::{Error, FieldError, Invalid, RowError};
pub use guid::Guid;
pub use lang_tag::LangTag;
pub use options::{OptionsPatch, RoomOptions};
pub use paging::{Page, PageNumber, PageSize, Paging};
pub use room::{Created, NewRoom, Room, RoomDraft, RoomName, RoomPatch, Tags};
pub use search::{Part, RoomQuery, RoomSort, UserQuery};
pub use slug::SlugToken;
pub use time::Timestamp;
pub use user::{
    Mobile, PersonName, Role, TimeZoneName, User, UserDefaults, UserPatch, UserProfile, Username,
};
