//! Users by what operators call them, and whole directories of them.

use super::{Error, Store};
use crate::model::{Email, Guid, Room, User, UserLookup, UserPatch, UserProfile};

/// One person of a directory.
#[derive(Debug, Clone)]
pub struct DirectoryEntry {
    /// The e-mail address.
    pub email: Email,
    /// The user to register if the person is not one; None if the directory has no name, which a user
    /// needs.
    pub profile: Option<UserProfile>,
    /// What the directory says of a person who is.
    pub patch: UserPatch,
}

/// A directory that the users are to be like.
#[derive(Debug, Clone)]
pub struct Directory {
    /// The people.
    pub entries: Vec<DirectoryEntry>,
    /// Whether active users who are not in the directory become inactive.
    pub deactivate_missing: bool,
    /// Whether these may be more than half of all active users.
    pub may_deactivate_most: bool,
}

/// What was done to make the users like a directory, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// How many users were registered.
    pub added: usize,
    /// How many users were changed.
    pub updated: usize,
    /// How many users were as the directory says.
    pub unchanged: usize,
    /// How many users became inactive because they are not in the directory.
    pub deactivated: usize,
    /// How many active users are not in the directory, those who became inactive too.
    pub missing: usize,
    /// How many people of the directory are inactive users.
    pub inactive: usize,
}

/// A change of one user by which the users become like a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncChange {
    /// A person is registered, with this profile.
    Added(Box<UserProfile>),
    /// A user changes.
    Updated {
        /// The user before.
        user: Box<User>,
        /// The profile after it.
        profile: Box<UserProfile>,
    },
    /// A user who is not in the directory becomes inactive.
    Deactivated(Box<User>),
}

/// What [`Store::sync_users`] would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRehearsal {
    /// How many users would change.
    pub report: SyncReport,
    /// Each change: people in the order of the directory, then users who are not in it.
    pub changes: Vec<SyncChange>,
}

/// The outcome of a call that makes the users like a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncOutcome {
    /// All was done.
    Done(SyncReport),
    /// Nothing was done, because more than half of the active users would become inactive.
    TooManyMissing {
        /// How many would.
        missing: usize,
        /// How many users are active.
        active: usize,
    },
}

impl Store {
    /// Finds a user by e-mail address.
    ///
    /// # Errors
    /// A database that cannot be read.
    pub async fn find_user_by_email(&self, email: &Email) -> Result<Option<User>, Error> {
        match self {
            Self::Sqlite(engine) => engine.find_user_by_email(email),
        }
    }

    /// Deletes a user and the user's default room. Returns both as they were.
    ///
    /// # Errors
    /// No such user; a database that cannot be written.
    pub async fn take_user(&self, guid: Guid) -> Result<(User, Option<Room>), Error> {
        match self {
            Self::Sqlite(engine) => engine.take_user(UserLookup::from(guid)).await,
        }
    }

    /// Registers the people of a directory who are no users, changes those who are other users than it
    /// says, and lets those who are missing in it become inactive, if that is wanted: all of it or
    /// nothing. A person is the user with the e-mail address or, where there is none, the one with the
    /// username of the patch, unless the directory has that user too. Calls `progress` twice for each
    /// person, from a thread of the engine.
    ///
    /// # Errors
    /// Every entry whose e-mail address or username an earlier one or another user has, or which has no
    /// name and is no user; a database that cannot be written.
    pub async fn sync_users(
        &self,
        directory: Directory,
        progress: impl FnMut() + Send + 'static,
    ) -> Result<SyncOutcome, Error> {
        match self {
            Self::Sqlite(engine) => engine.sync_users(directory, progress).await,
        }
    }

    /// Finds out what [`Store::sync_users`] would do if it may deactivate most users. Calls `progress` once
    /// for each person.
    ///
    /// # Errors
    /// Those of [`Store::sync_users`].
    pub async fn rehearse_sync(
        &self,
        directory: &Directory,
        progress: impl FnMut(),
    ) -> Result<SyncRehearsal, Error> {
        match self {
            Self::Sqlite(engine) => engine.rehearse_sync(directory, progress),
        }
    }
}
