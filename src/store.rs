//! Stores users, rooms and API keys.
//!
//! [`Store`] is the repository that handlers and verbs call. It is a closed enum of engines: each
//! method is one `match`, and nothing of SQL, files or drivers stands in a signature. Engines share
//! a contract, not code: the order of a transaction is an engine's own, and `tests/store` holds
//! every engine to the same answers. Rules that need no database are in [`crate::model`].

mod backups;
mod database_id;
mod directory;
mod error;
mod maintenance;
mod sqlite;
mod status;
mod threads;

pub use backups::{
    BackupOrigin, FoundBackup, VerifiedBackup, backup_name, backups_in, remove_backup,
    verify_backup,
};
pub use database_id::DatabaseId;
pub use directory::{
    Directory, DirectoryEntry, SyncChange, SyncOutcome, SyncRehearsal, SyncReport,
};
pub use error::{Error, Failure, OpenError};
pub use maintenance::{
    BackupError, Check, CheckStatus, Contents, Examination, Excerpt, Facts, Manifest, OldDatabase,
    Restored, Returning, back_up, examine, record_backup, restore,
};
pub use status::{ServerNote, ServerState, Status, status};
pub use threads::{STORE_THREADS, ThreadError, check_threads};

use crate::metrics::{Exposition, Source};
use crate::model::{
    AccessKey, ApiKey, CreateOutcome, Email, Guid, NewApiKey, Page, Paging, Ratings, Room,
    RoomDraft, RoomPatch, RoomQuery, RoomToOpen, SlugToken, Stars, StoredKey, User, UserLookup,
    UserPatch, UserProfile, UserQuery,
};
use std::fmt::{self, Display, Formatter};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// An open database.
///
/// Reads see every change that was committed before they began. A write that succeeds is durable:
/// it survives a crash of the process, of the system, and a power cut.
#[derive(Debug)]
pub enum Store {
    /// One SQLite file.
    Sqlite(sqlite::Engine),
}

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// An SQLite file.
    File(PathBuf),
}

/// What to do where there is no database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Create one: for what registers, stores or serves.
    Create,
    /// Fail: for what only reads, lists or removes, where a new database would hide a mistyped
    /// location.
    Fail,
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

/// The location as operators write it.
impl Display for Location {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}

/// What happens while a database of an older schema is migrated, for operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MigrationEvent {
    /// The migration starts, with a copy of the database as it is.
    Started {
        /// The number of the old schema.
        from: i64,
        /// The number of the new schema.
        to: i64,
    },
    /// So many pages of the copy are made.
    Copied {
        /// How many.
        done: u64,
        /// Of how many.
        total: u64,
    },
    /// So many rows are migrated.
    Rows {
        /// How many.
        done: u64,
        /// Of how many.
        total: u64,
    },
    /// A sentence that the operator should read.
    Note(String),
    /// The database is of the new schema.
    Finished {
        /// The number of the new schema.
        to: i64,
        /// Where the verified copy of the old database is.
        copy: PathBuf,
    },
}

/// A state of the database for caches: what was read at one generation can be read unchanged at an
/// equal one, where more rows may have been inserted since.
///
/// A later generation is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(u64);

impl Generation {
    /// Returns the generation with a number that an engine counts.
    pub(crate) fn from_number(number: u64) -> Self {
        Self(number)
    }
}

impl Store {
    /// Opens a database for a verb, next to a server that may use it. `missing` says whether one is
    /// created where there is none. Migrates one of an older schema, of which `observer` is told.
    ///
    /// # Errors
    /// A database of another program, of a newer version of this one, or a damaged one, which is
    /// left as it was; with [`Missing::Fail`] no database, and then nothing is created.
    pub async fn open(
        location: &Location,
        missing: Missing,
        observer: &mut dyn FnMut(MigrationEvent),
    ) -> Result<Self, OpenError> {
        match location {
            Location::File(path) => {
                let mut observer = |event| {
                    observer(event);
                    ControlFlow::Continue(())
                };
                sqlite::Engine::open(path, missing, &mut observer).map(Self::Sqlite)
            }
        }
    }

    /// Opens a database for a server, as [`Store::open`] does, and creates one where there is none.
    /// `readers` is how many threads read at the same time without waiting for each other. A
    /// migration whose `observer` returns `Break` is rolled back, unless it is over; a copy that is
    /// not whole yet is deleted.
    ///
    /// # Errors
    /// As [`Store::open`]; an SQLite file that another server has open; a migration that was rolled
    /// back.
    pub async fn open_for_serving(
        location: &Location,
        readers: u32,
        observer: &mut dyn FnMut(MigrationEvent) -> ControlFlow<()>,
    ) -> Result<Self, OpenError> {
        match location {
            Location::File(path) => {
                sqlite::Engine::open_for_serving(path, readers, observer).map(Self::Sqlite)
            }
        }
    }

    /// Returns where the database is, in absolute terms.
    pub fn location(&self) -> Location {
        match self {
            Self::Sqlite(engine) => Location::File(engine.path().to_owned()),
        }
    }

    /// Returns the generation now: every commit before this call, by any process, is part of it.
    /// None if the engine cannot tell, and then nothing may be cached.
    pub async fn generation(&self) -> Option<Generation> {
        match self {
            Self::Sqlite(engine) => engine.generation(),
        }
    }

    /// Proves that the database can be read and written, by doing both.
    ///
    /// # Errors
    /// Whatever prevents either.
    pub async fn check_ready(&self) -> Result<(), Error> {
        match self {
            Self::Sqlite(engine) => engine.check_ready().await,
        }
    }

    /// Waits for a failure after which nothing may be written. Pending as long as there is none.
    pub async fn failed(&self) -> Failure {
        match self {
            Self::Sqlite(engine) => engine.failed().await,
        }
    }

    /// Completes all queued writes and accepts no more.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(engine) => engine.close(),
        }
    }

    /// Returns a user's default room, which is created now if there is none. An existing room is
    /// returned as it is stored, whatever else the draft says. A user who is not registered is
    /// registered in the same transaction, if the draft has a profile for that.
    ///
    /// # Errors
    /// A user who is not registered and whom the draft has no profile for; one who is inactive or
    /// expired; names that all belong to other rooms; a database that cannot be read or written.
    pub async fn get_or_create_default(
        &self,
        draft: RoomDraft<'_>,
    ) -> Result<(Room, CreateOutcome), Error> {
        match self {
            Self::Sqlite(engine) => engine.get_or_create_default(draft).await,
        }
    }

    /// Finds a user's default room.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub async fn find_default_room(&self, creator_email: &Email) -> Result<Option<Room>, Error> {
        match self {
            Self::Sqlite(engine) => engine.find_default_room(creator_email),
        }
    }

    /// Finds a room by its GUID.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub async fn find_room(&self, guid: Guid) -> Result<Option<Room>, Error> {
        match self {
            Self::Sqlite(engine) => engine.find_room(guid),
        }
    }

    /// Finds a room by the token at the end of its link.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub async fn find_room_by_slug(&self, token: &SlugToken) -> Result<Option<Room>, Error> {
        match self {
            Self::Sqlite(engine) => engine.find_room_by_slug(token),
        }
    }

    /// Finds a room by the token at the end of its link, with what is needed to let somebody in.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub async fn find_room_to_open(&self, token: &SlugToken) -> Result<Option<RoomToOpen>, Error> {
        match self {
            Self::Sqlite(engine) => engine.find_room_to_open(token),
        }
    }

    /// Returns a room of which a host link is about to be given out, which is durable by then. Only
    /// the first call for a room writes.
    ///
    /// # Errors
    /// No room with that GUID; an owner who is inactive or expired, because no host link is valid then;
    /// a database that cannot be read or written.
    pub async fn give_host_link(&self, guid: Guid) -> Result<Room, Error> {
        match self {
            Self::Sqlite(engine) => engine.give_host_link(guid).await,
        }
    }

    /// Returns whether a host link of any room was ever given out.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub async fn gave_host_links(&self) -> Result<bool, Error> {
        match self {
            Self::Sqlite(engine) => engine.gave_host_links(),
        }
    }

    /// Revokes all host links of a room by the start of its next epoch.
    ///
    /// # Errors
    /// No room with that GUID; a database that cannot be written.
    pub async fn revoke_host_links(&self, guid: Guid) -> Result<(), Error> {
        match self {
            Self::Sqlite(engine) => engine.revoke_host_links(guid).await,
        }
    }

    /// Counts the rating of one person.
    ///
    /// # Errors
    /// No room with that GUID; a database that cannot be written.
    pub async fn add_rating(&self, guid: Guid, stars: Stars) -> Result<(), Error> {
        match self {
            Self::Sqlite(engine) => engine.add_rating(guid, stars).await,
        }
    }

    /// Returns how a room was rated.
    ///
    /// # Errors
    /// No room with that GUID; a database that cannot be read.
    pub async fn find_ratings(&self, guid: Guid) -> Result<Ratings, Error> {
        match self {
            Self::Sqlite(engine) => engine.find_ratings(guid),
        }
    }

    /// Lists one page of the rooms that match a query. May take long; runs on a thread of the
    /// engine where it would block the caller's.
    ///
    /// # Errors
    /// A database that cannot be read; too many searches at the same time.
    pub async fn list_rooms(&self, query: RoomQuery, paging: Paging) -> Result<Page<Room>, Error> {
        match self {
            Self::Sqlite(engine) => engine.list_rooms(query, paging).await,
        }
    }

    /// Updates a room.
    ///
    /// # Errors
    /// No room with that GUID; a name of another room; options that exceed what a room stores; a
    /// database that cannot be written.
    pub async fn update_room(&self, guid: Guid, patch: RoomPatch<'_>) -> Result<Room, Error> {
        match self {
            Self::Sqlite(engine) => engine.update_room(guid, patch).await,
        }
    }

    /// Deletes a room. The next get-or-create of its owner creates another.
    ///
    /// # Errors
    /// No room with that GUID; a database that cannot be written.
    pub async fn delete_room(&self, guid: Guid) -> Result<(), Error> {
        match self {
            Self::Sqlite(engine) => engine.delete_room(guid).await,
        }
    }

    /// Registers a user.
    ///
    /// # Errors
    /// An e-mail address or username of another user; a database that cannot be written.
    pub async fn insert_user(&self, profile: UserProfile) -> Result<User, Error> {
        match self {
            Self::Sqlite(engine) => engine.insert_user(profile).await,
        }
    }

    /// Registers a user with a profile, or applies a patch to the user who has both the e-mail
    /// address and the username of the profile. A user whom the patch leaves as it is counts as
    /// unchanged.
    ///
    /// # Errors
    /// An e-mail address or username of another user; a database that cannot be written.
    pub async fn upsert_user(
        &self,
        profile: UserProfile,
        patch: UserPatch,
    ) -> Result<(User, CreateOutcome), Error> {
        match self {
            Self::Sqlite(engine) => engine.upsert_user(profile, patch).await,
        }
    }

    /// Registers many users, all or none. Calls `progress` once for each row that was looked at,
    /// from a thread of the engine.
    ///
    /// # Errors
    /// Every row whose e-mail address or username another user or an earlier row has; a database
    /// that cannot be written.
    pub async fn insert_users(
        &self,
        profiles: Vec<UserProfile>,
        progress: impl FnMut() + Send + 'static,
    ) -> Result<(), Error> {
        match self {
            Self::Sqlite(engine) => engine.insert_users(profiles, progress).await,
        }
    }

    /// Finds a user by GUID, or else by username.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub async fn find_user(&self, user: impl Into<UserLookup>) -> Result<Option<User>, Error> {
        match self {
            Self::Sqlite(engine) => engine.find_user(&user.into()),
        }
    }

    /// Lists one page of the users that match a query, newest first. May take long; runs on a
    /// thread of the engine where it would block the caller's.
    ///
    /// # Errors
    /// A database that cannot be read; too many searches at the same time.
    pub async fn list_users(&self, query: UserQuery, paging: Paging) -> Result<Page<User>, Error> {
        match self {
            Self::Sqlite(engine) => engine.list_users(query, paging).await,
        }
    }

    /// Updates a user. A new e-mail address takes the user's room along. It revokes all host links of
    /// the room, and so does a user who becomes inactive.
    ///
    /// # Errors
    /// No such user; an e-mail address or username of another user; a database that cannot be
    /// written.
    pub async fn update_user(
        &self,
        user: impl Into<UserLookup>,
        patch: UserPatch,
    ) -> Result<User, Error> {
        match self {
            Self::Sqlite(engine) => engine.update_user(user.into(), patch).await,
        }
    }

    /// Deletes a user and the user's default room.
    ///
    /// # Errors
    /// No such user; a database that cannot be written.
    pub async fn delete_user(&self, user: impl Into<UserLookup>) -> Result<(), Error> {
        match self {
            Self::Sqlite(engine) => engine.delete_user(user.into()).await,
        }
    }

    /// Finds a valid (not revoked) API key.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub async fn find_key(&self, access_key: &AccessKey) -> Result<Option<StoredKey>, Error> {
        match self {
            Self::Sqlite(engine) => engine.find_key(access_key),
        }
    }

    /// Lists all API keys, revoked ones too, in the order of their creation.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub async fn list_keys(&self) -> Result<Vec<ApiKey>, Error> {
        match self {
            Self::Sqlite(engine) => engine.list_keys(),
        }
    }

    /// Stores a new API key, of its secret half only a digest.
    ///
    /// # Errors
    /// A database that cannot be written.
    pub async fn insert_key(&self, key: &NewApiKey) -> Result<(), Error> {
        match self {
            Self::Sqlite(engine) => engine.insert_key(key).await,
        }
    }

    /// Revokes an API key, at once and for good. To revoke it again changes nothing.
    ///
    /// # Errors
    /// No key with that access key; a database that cannot be written.
    pub async fn revoke_key(&self, access_key: &AccessKey) -> Result<(), Error> {
        match self {
            Self::Sqlite(engine) => engine.revoke_key(access_key).await,
        }
    }
}

/// What the engine counts and measures.
impl Source for Store {
    fn add_to(&self, page: &mut Exposition) {
        match self {
            Self::Sqlite(engine) => engine.add_to(page),
        }
    }
}
