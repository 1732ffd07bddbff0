//! What operators do with a whole database: backups, restores, examinations. Each call is passed to
//! the engine that the location belongs to.

use super::{DatabaseId, Location, OpenError, sqlite};
use crate::model::Timestamp;
use crate::model::text::on_one_line;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

/// What was checked, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked, in one or two words.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub status: CheckStatus,
    /// What was found and, unless the status is ok, what to do.
    pub found: String,
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// As it should be.
    Ok,
    /// It works, and should not stay so.
    Warning,
    /// It does not work, or soon will not.
    Failed,
}

impl Check {
    /// Returns a check that found what it should.
    pub fn ok(name: &'static str, found: impl Display) -> Self {
        Self::new(name, CheckStatus::Ok, found)
    }

    /// Returns a check that found what works and should not stay so.
    pub fn warning(name: &'static str, found: impl Display) -> Self {
        Self::new(name, CheckStatus::Warning, found)
    }

    /// Returns a check that found what does not work, or soon will not.
    pub fn failed(name: &'static str, found: impl Display) -> Self {
        Self::new(name, CheckStatus::Failed, found)
    }

    fn new(name: &'static str, status: CheckStatus, found: impl Display) -> Self {
        let found = found.to_string();
        Self {
            name,
            status,
            found,
        }
    }
}

/// What was found in a database and around it.
#[derive(Debug)]
pub struct Examination {
    /// What the engine checked.
    pub checks: Vec<Check>,
    /// What the database holds; None if it cannot be read.
    pub facts: Option<Facts>,
}

/// What a database holds that is checked against facts from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// When the last user or room was created.
    pub latest: Option<Timestamp>,
    /// The number of valid API keys.
    pub valid_keys: u32,
    /// Whether a host link of any room was given out.
    pub has_host_links: bool,
}

/// How much a database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The number of its schema.
    pub schema: i64,
    /// The number of users.
    pub users: u32,
    /// The number of rooms.
    pub rooms: u32,
    /// The number of API keys, revoked ones too.
    pub keys: u32,
}

/// In words, for operators.
impl Display for Contents {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            users, rooms, keys, ..
        } = self;
        write!(formatter, "users: {users}, rooms: {rooms}, keys: {keys}")
    }
}

/// What stands beside a backup, in a file of its own: how to tell that the backup is whole, and
/// what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the program that made the backup.
    pub roomd: String,
    /// When the backup was made, by RFC 3339.
    pub created_at: String,
    /// The size of the backup in bytes.
    pub bytes: u64,
    /// The SHA-256 of the backup, in lower-case hexadecimal.
    pub sha256: String,
    /// Which database it is a backup of. None in a manifest of an earlier version, and for a database of
    /// schema 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database_id: Option<DatabaseId>,
    /// What is in the backup.
    #[serde(flatten)]
    pub contents: Contents,
}

/// The database that a restore replaces, compared with the backup.
#[derive(Debug, PartialEq, Eq)]
pub enum OldDatabase {
    /// There is none, or an empty one.
    Absent,
    /// It can be read.
    Readable(Returning),
    /// It cannot be read: what was deleted from it, and which keys were revoked, is not known.
    Unreadable,
}

/// What a backup has and the database has no more.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Returning {
    /// Users, by their e-mail addresses.
    pub users: Excerpt,
    /// Rooms, by their names and the e-mail addresses of their owners.
    pub rooms: Excerpt,
}

/// The start of a list that may be long.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// The first entries, at most [`Excerpt::MAX_SHOWN`].
    pub shown: Vec<String>,
    /// The number of further entries.
    pub further: u64,
}

impl Excerpt {
    /// How many entries are shown.
    pub const MAX_SHOWN: usize = 100;

    /// Adds an entry, whose text is read only if it is shown.
    pub(super) fn push<E>(&mut self, text: impl FnOnce() -> Result<String, E>) -> Result<(), E> {
        if self.shown.len() < Self::MAX_SHOWN {
            self.shown.push(on_one_line(&text()?).into_owned());
        } else {
            self.further += 1;
        }
        Ok(())
    }
}

impl Returning {
    /// Returns whether there is nothing in the backup that the database has no more.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// One line for each entry, for operators.
impl Display for Returning {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for (noun, excerpt) in [("user", &self.users), ("room", &self.rooms)] {
            for entry in &excerpt.shown {
                write!(formatter, "\n  {noun} {entry}")?;
            }
            match excerpt.further {
                0 => {}
                1 => write!(formatter, "\n  and 1 more {noun}")?,
                further => write!(formatter, "\n  and {further} more {noun}s")?,
            }
        }
        Ok(())
    }
}

/// What follows if the database is replaced, for the operator who decides about that: empty, or
/// lines that each begin with a line break.
impl Display for OldDatabase {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Readable(returning) if !returning.is_empty() => write!(
                formatter,
                "\nthese are in the backup and no longer in the database, and would return:\
                 {returning}"
            ),
            Self::Absent | Self::Readable(_) => Ok(()),
            Self::Unreadable => write!(
                formatter,
                "\nthe database cannot be read: keys and host links that were revoked in it, and users \
                 and rooms that were deleted from it, would return"
            ),
        }
    }
}

/// A backup that was restored.
#[derive(Debug)]
pub struct Restored {
    /// What is in the database now: the backup, with the revocations of the old database: of keys and of
    /// host links.
    pub contents: Contents,
    /// What was replaced.
    pub old: OldDatabase,
    /// Whether there was a manifest to compare it with.
    pub had_manifest: bool,
    /// Whether a host link of any room was given out before the backup.
    pub has_host_links: bool,
}

/// Why a backup or a restore failed: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The destination exists and was not to be replaced.
    #[error("{} exists already: name another file, or replace it with --force", .0.display())]
    Exists(PathBuf),
    /// The database exists and was not to be replaced.
    #[error("{database} exists already: name another file, or replace it with --force{old}")]
    DatabaseExists {
        /// The database.
        database: Location,
        /// What follows if it is replaced.
        old: OldDatabase,
    },
    /// The destination is the database, or one of the files that belong to it.
    #[error("{} belongs to the database itself: name another file", .0.display())]
    OwnFile(PathBuf),
    /// There is no backup at the path.
    #[error("there is no backup {}: name an existing one", .0.display())]
    NoBackup(PathBuf),
    /// The backup to restore cannot be used.
    #[error("the backup {} cannot be restored and nothing was changed: {reason}", path.display())]
    InvalidBackup {
        /// The backup.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process uses the database that is to be replaced.
    #[error("another process uses the database {0}: stop it first, nothing was changed")]
    InUse(Location),
    /// A file could not be written.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system or the database says.
        reason: String,
    },
}

/// Copies a database to `destination`, with a manifest beside it, while others may change it. The
/// copy holds what was committed at one moment. All of it is checked before it gets its name.
/// `progress` is told how many pages have been copied, and of how many.
///
/// The calling thread has a low priority from then on, so that a server on the same machine stays
/// fast: call it from a process, or a thread, that does nothing else.
///
/// # Errors
/// A database that cannot be read; a destination that exists (unless it may be replaced) or cannot
/// be written; a copy that fails its checks. The destination is then as it was.
pub fn back_up(
    database: &Location,
    destination: &Path,
    may_replace: bool,
    progress: impl FnMut(u64, u64),
) -> Result<Manifest, BackupError> {
    match database {
        Location::File(path) => sqlite::backup::back_up(path, destination, may_replace, progress),
    }
}

/// Records beside a database that a verified backup of it was made, for a server to tell.
///
/// # Errors
/// A folder that cannot be written.
pub fn record_backup(database: &Location, backup: &Manifest) -> io::Result<()> {
    match database {
        Location::File(path) => sqlite::backup::record(path, backup),
    }
}

/// Puts a backup in the place of a database, which no process may use. The backup stays as it is.
/// Whatever happens meanwhile, the old database is there, or the new one. The new one has owner and
/// mode of the old one, and every key that is revoked in the old one is revoked in it.
///
/// # Errors
/// A backup that is not whole; a database that exists (unless it may be replaced), with what would
/// return; a database in use; a place that cannot be written; an owner that cannot be set.
pub fn restore(
    backup: &Path,
    database: &Location,
    may_replace: bool,
) -> Result<Restored, BackupError> {
    match database {
        Location::File(path) => sqlite::backup::restore(backup, path, may_replace),
    }
}

/// Examines a whole database, which may be in use, and what it needs of the system; changes nothing
/// that is stored in it.
pub fn examine(database: &Location) -> Examination {
    match database {
        Location::File(path) => sqlite::examination::examine(path),
    }
}
