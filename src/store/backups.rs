//! Folders of backups, and the check of one.

use super::{BackupError, Contents, DatabaseId, Location, sqlite};
use std::io;
use std::path::{Path, PathBuf};

/// A backup that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedBackup {
    /// What is in it.
    pub contents: Contents,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was made, by RFC 3339; None without a manifest.
    pub created_at: Option<String>,
}

/// A backup in a folder of backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundBackup {
    /// Where it is.
    pub path: PathBuf,
    /// When it was made, by RFC 3339.
    pub created_at: String,
    /// Which database it is a backup of, if its manifest names it.
    pub database_id: Option<DatabaseId>,
}

/// Which database a backup is of, seen from a database of that file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupOrigin {
    /// This one.
    Same,
    /// Another one.
    Other,
    /// This one or another one: the manifest, or the database, is from before databases were told apart.
    Unknown,
}

impl FoundBackup {
    /// Returns whether it is a backup of the database with that id.
    pub fn origin(&self, database: Option<&DatabaseId>) -> BackupOrigin {
        match (&self.database_id, database) {
            (Some(found), Some(own)) if found == own => BackupOrigin::Same,
            (Some(_), Some(_)) => BackupOrigin::Other,
            (None, _) | (_, None) => BackupOrigin::Unknown,
        }
    }
}

/// Returns the backups in a folder that are of a database with this file name, oldest first: the files with
/// the names that [`backup_name`] gives, and with manifests that tell their size. Some may be of another
/// database of that name.
///
/// # Errors
/// A folder that cannot be read.
pub fn backups_in(folder: &Path, database: &Location) -> io::Result<Vec<FoundBackup>> {
    match database {
        Location::File(path) => sqlite::backup::find_in(folder, path),
    }
}

/// Returns a new name for a backup of a database, with the moment in it.
pub fn backup_name(database: &Location) -> String {
    match database {
        Location::File(path) => sqlite::backup::new_name(path),
    }
}

/// Removes a backup and its manifest.
///
/// # Errors
/// Files that cannot be removed.
pub fn remove_backup(backup: &Path) -> Result<(), BackupError> {
    sqlite::backup::remove(backup)
}

/// Checks a whole backup as a restore does, and changes nothing.
///
/// # Errors
/// A backup that is not whole.
pub fn verify_backup(backup: &Path) -> Result<VerifiedBackup, BackupError> {
    sqlite::backup::verify(backup)
}
