//! Users, their rooms, and API keys: the types and rules that need neither HTTP nor SQL.
//!
//! The constructors validate, so every value of these types is valid. `from_stored` constructors
//! take what an engine has stored and check nothing.

mod api_key;
mod email;
mod email_domain;
mod error;
pub(crate) mod file_kind;
mod guid;
mod lang_tag;
mod meeting;
pub(crate) mod options;
mod paging;
mod random;
mod rating;
pub(crate) mod raw_object;
mod room;
mod row_error;
mod row_names;
mod search;
mod slug;
pub(crate) mod text;
mod time;
mod user;
mod user_lookup;

pub use api_key::{AccessKey, ApiKey, KeyDigest, KeyName, NewApiKey, StoredKey};
pub use email::Email;
pub use email_domain::EmailDomain;
pub use error::{Error, FieldError, Invalid};
pub use guid::Guid;
pub use lang_tag::LangTag;
pub(crate) use meeting::percent_encoded;
pub use meeting::{
    Checksum, ClaimsTemplate, IceServer, JitsiGuests, MeetingServer, Placeholder, ServerUrl,
    SharedSecret, TokenAlgorithm, UrlTemplate, WithoutHost,
};
pub use options::{OptionsPatch, RoomOptions};
pub use paging::{Page, PageNumber, PageSize, Paging};
pub use rating::{Ratings, Stars};
pub use room::{CreateOutcome, NewRoom, Room, RoomDraft, RoomName, RoomPatch, RoomToOpen, Tags};
pub use row_error::{NameOwner, RowError, RowFault};
pub(crate) use row_names::RowNames;
pub use search::{Part, RoomQuery, RoomSort, UserQuery};
pub use slug::SlugToken;
pub use time::Timestamp;
pub use user::{
    Mobile, PersonName, Role, Surname, TimeZoneName, User, UserDefaults, UserPatch, UserProfile,
    Username,
};
pub use user_lookup::UserLookup;
