//! What a backup and a restore need of files and folders.

use crate::store::BackupError;
pub(super) use crate::store::sqlite::side_files::folder_of;
use std::fs::{self, File};
use std::io;
use std::path::Path;

pub(super) fn remove_if_exists(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the names of files durable that were created, changed or removed in the folder of a file.
pub(super) fn sync_folder(file: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder_of(file))?.sync_all()?;
    }
    Ok(())
}

/// Returns the error for a file that could not be written.
pub(super) fn cannot_write(path: &Path, error: &io::Error) -> BackupError {
    BackupError::Write {
        path: path.to_owned(),
        reason: match error.kind() {
            io::ErrorKind::StorageFull => "the disk is full".into(),
            _ => error.to_string(),
        },
    }
}
