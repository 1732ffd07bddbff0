//! What stands at a path where a database is wanted.
//!
//! A file that gets the name of a pipe or a device replaces it for every program.

use super::error::OpenError;
use super::side_files::beside;
use crate::model::file_kind::other_kind;
use std::path::Path;

/// The files that SQLite opens with a database, by the ends of their names. The lock file has errors of its
/// own.
const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Rejects a database that exists and is not a regular file, and one beside which something else has the
/// name of one of its files: in a pipe SQLite would wait, and what it writes to a device is lost. Links
/// are followed.
///
/// # Errors
/// [`OpenError::NotAFile`], [`OpenError::SideFile`]. What cannot be looked at is no error: to open it tells why.
pub(super) fn check_is_file(path: &Path) -> Result<(), OpenError> {
    if let Some(kind) = other_kind(path) {
        let path = path.to_owned();
        return Err(OpenError::NotAFile { path, kind });
    }
    // SQLite follows links first.
    let real = path.canonicalize().unwrap_or(path.to_owned());
    for path in SIDE_FILES.map(|suffix| beside(&real, suffix)) {
        if let Some(kind) = other_kind(&path) {
            return Err(OpenError::SideFile { path, kind });
        }
    }
    Ok(())
}
