//! Looks at a database and its server from outside.

use super::connection::{self, beside, check_exists, check_file, open_reader};
use super::serve_lock;
use super::side_files::folder_of;
use super::{Engine, backup};
use crate::model::Timestamp;
use crate::store::{Contents, DatabaseId, OpenError, ServerNote, Status};
use std::fs;
use std::path::{Path, PathBuf};

impl Engine {
    pub(in crate::store) fn announce(&self, note: &ServerNote) {
        if let Some(lock) = &self.lock {
            lock.announce(note);
        }
    }
}

pub(in crate::store) fn status(database: &Path) -> Result<Status, OpenError> {
    check_exists(database)?;
    check_file(database)?;
    let connection = open_reader(database)?;
    let cannot_read = |error: rusqlite::Error| connection::open_error(database, &error);
    let contents = Contents::read(&connection).map_err(cannot_read)?;
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    let status = Status {
        bytes: size(database),
        // Before the connection closes, which is a checkpoint where it is the last one.
        wal_bytes: size(&beside(database, "-wal")),
        server: serve_lock::look(database)?,
        last_backup_at: last_backup_at(database),
        migration_copy: migration_copy(database),
        contents,
        database_id: DatabaseId::read(&connection).map_err(cannot_read)?,
    };
    drop(connection);
    Ok(status)
}

/// Returns when the last backup was made, which is recorded beside the file that a link leads to.
fn last_backup_at(database: &Path) -> Option<Timestamp> {
    backup::last(&database.canonicalize().ok()?)
}

/// Returns the last copy that a migration has left beside the database.
fn migration_copy(database: &Path) -> Option<PathBuf> {
    let name = database.file_name()?.to_str()?;
    let is_copy = |found: &str| {
        let rest = found
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(".v"));
        rest.is_some_and(|rest| rest.contains("-backup") && !rest.ends_with(".json"))
    };
    let entries = fs::read_dir(folder_of(database)).ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let copies = names.filter(|name| is_copy(name));
    copies
        .map(|name| database.with_file_name(name))
        .max_by_key(|path| path.metadata().and_then(|file| file.modified()).ok())
}
