//! Which older backups go, and which stay.

use crate::cli::error::CliError;
use crate::cli::output::counted;
use crate::store::{BackupOrigin, FoundBackup, Location, Manifest, backups_in, remove_backup};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What became of the older backups in a folder.
#[derive(Debug, Default)]
pub(super) struct Retention {
    removed: Vec<PathBuf>,
    /// Backups of another database of the same file name.
    of_other: Vec<PathBuf>,
    /// Backups that do not tell which database they are of.
    of_unknown: Vec<PathBuf>,
}

impl Retention {
    /// Removes the oldest backups of a database in a folder, until `keep` are left. Only those count that are
    /// known to be of this database. The new one stays, also where the clock was set back and its name tells
    /// an earlier moment.
    pub(super) fn apply(
        database: &Location,
        folder: &Path,
        new: &Path,
        manifest: &Manifest,
        keep: usize,
    ) -> Result<Self, CliError> {
        let found = backups_in(folder, database).map_err(|reason| CliError::Folder {
            folder: folder.to_owned(),
            reason,
        })?;
        let (mut retention, mut older) = (Self::default(), Vec::new());
        for backup in found.into_iter().filter(|backup| backup.path != new) {
            match backup.origin(manifest.database_id.as_ref()) {
                BackupOrigin::Same => older.push(backup),
                BackupOrigin::Other => retention.of_other.push(backup.path),
                BackupOrigin::Unknown => retention.of_unknown.push(backup.path),
            }
        }
        let excess = older.len().saturating_sub(keep - 1);
        older.truncate(excess);
        for FoundBackup { path, .. } in older {
            remove_backup(&path)?;
            retention.removed.push(path);
        }
        Ok(retention)
    }

    /// Returns the removed files.
    pub(super) fn removed(&self) -> &[PathBuf] {
        &self.removed
    }

    /// Returns the backups that were left though they have such a name, and why.
    pub(super) fn left(&self) -> Vec<Value> {
        let left = |files: &[PathBuf], reason| {
            let left = files.iter();
            let left = left.map(|file| json!({"file": file, "reason": reason}));
            left.collect::<Vec<_>>()
        };
        let mut all = left(&self.of_other, "other_database");
        all.extend(left(&self.of_unknown, "unknown_database"));
        all
    }

    /// Returns a line for each backup that was removed, and one for each reason why some were left; each
    /// begins with a line break.
    pub(super) fn in_words(&self) -> String {
        let removed = self.removed.iter();
        let removed = removed.map(|file| format!("\nremoved {}", file.display()));
        let mut text: String = removed.collect();
        for (files, why) in [
            (
                &self.of_other,
                "of another database with the same file name",
            ),
            (
                &self.of_unknown,
                "without the id of the database in the manifest: remove by hand what is no longer needed",
            ),
        ] {
            if !files.is_empty() {
                text += &format!("\nleft {} {why}", counted(files.len(), "backup"));
            }
        }
        text
    }
}
