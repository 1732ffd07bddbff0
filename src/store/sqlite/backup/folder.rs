//! Folders of backups, whose names tell when they were made.

use super::file_system::{cannot_write, remove_if_exists, sync_folder};
use crate::model::Timestamp;
use crate::store::{BackupError, FoundBackup, Manifest};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;

/// What every name ends with.
const EXTENSION: &str = ".db";

/// The moment in a name, in which 0 stands for any digit.
const MOMENT: &str = "00000000T000000Z";

/// Returns a name with the moment in it: `roomd-20261126T030000Z.db` for `roomd.db`.
pub(in crate::store) fn new_name(database: &Path) -> String {
    let moment = Timestamp::now().to_zoneless().replace(['-', ':'], "");
    format!("{}{moment}Z{EXTENSION}", prefix(database))
}

/// Returns the backups of a database in a folder, oldest first. See [`crate::store::backups_in`].
pub(in crate::store) fn find_in(folder: &Path, database: &Path) -> io::Result<Vec<FoundBackup>> {
    let prefix = prefix(database);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(moment) = name.to_str().and_then(|name| moment(name, &prefix)) else {
            continue;
        };
        let moment = moment.to_owned();
        let path = entry.path();
        // Not a link, and nothing that another program has put there under such a name.
        let Ok(file) = path.symlink_metadata() else {
            continue;
        };
        if let Ok(Some(manifest)) = Manifest::find(&path)
            && file.is_file()
            && file.len() == manifest.bytes
        {
            let backup = FoundBackup {
                path,
                created_at: manifest.created_at,
                database_id: manifest.database_id,
            };
            found.push((moment, backup));
        }
    }
    found.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(found.into_iter().map(|(_, backup)| backup).collect())
}

/// Removes a backup, then its manifest, which is nothing without it.
pub(in crate::store) fn remove(backup: &Path) -> Result<(), BackupError> {
    let manifest = Manifest::path(backup);
    for file in [backup, &manifest] {
        remove_if_exists(file).map_err(|error| cannot_write(file, &error))?;
    }
    sync_folder(backup).map_err(|error| cannot_write(backup, &error))
}

/// Returns what the names of all backups of a database begin with.
fn prefix(database: &Path) -> String {
    let stem = database.file_stem().map(OsStr::to_string_lossy);
    format!("{}-", stem.unwrap_or_default())
}

/// Returns the moment in the name of a backup.
fn moment<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let moment = name.strip_prefix(prefix)?.strip_suffix(EXTENSION)?;
    let fits = |(found, form): (u8, u8)| match form {
        b'0' => found.is_ascii_digit(),
        _ => found == form,
    };
    let is_moment = moment.len() == MOMENT.len() && moment.bytes().zip(MOMENT.bytes()).all(fits);
    is_moment.then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_this_program_gives_are_backups() {
        let own = new_name(Path::new("/srv/roomd.db"));
        assert!(moment(&own, "roomd-").is_some(), "{own}");
        assert_eq!(
            moment("roomd-20261126T030000Z.db", "roomd-"),
            Some("20261126T030000Z")
        );
        for name in [
            "roomd.db",
            "roomd-.db",
            "roomd-20261126T030000Z.db.json",
            "roomd-20261126T030000Z-old.db",
            "roomd-20261126x030000Z.db",
            "other-20261126T030000Z.db",
            "roomd-monday.db",
        ] {
            assert_eq!(moment(name, "roomd-"), None, "{name}");
        }
    }
}
