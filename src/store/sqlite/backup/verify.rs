//! Checks a backup without restoring it.

use super::check::check_copy;
use super::file_system::cannot_write;
use super::restore::{copy_backup, invalid, open_backup};
use crate::store::sqlite::schema::Depth;
use crate::store::{BackupError, VerifiedBackup};
use std::env;
use std::path::Path;
use tempfile::NamedTempFile;

/// Checks a backup by a copy in the folder for temporary files, because SQLite may write into a file
/// that it opens. See [`crate::store::verify_backup`].
pub(in crate::store) fn verify(backup: &Path) -> Result<VerifiedBackup, BackupError> {
    let source = open_backup(backup)?;
    let mut copy = NamedTempFile::new().map_err(|error| cannot_write(&env::temp_dir(), &error))?;
    let manifest = copy_backup(backup, source, &mut copy)?;
    let contents =
        check_copy(copy.path(), Depth::Full).map_err(|reason| invalid(backup, reason))?;
    match manifest {
        Some(manifest) if manifest.contents != contents => {
            Err(invalid(backup, "it does not hold what its manifest says"))
        }
        Some(manifest) => Ok(VerifiedBackup {
            contents,
            bytes: manifest.bytes,
            created_at: Some(manifest.created_at),
        }),
        None => Ok(VerifiedBackup {
            contents,
            bytes: copy.path().metadata().map_or(0, |file| file.len()),
            created_at: None,
        }),
    }
}
