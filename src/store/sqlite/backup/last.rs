//! The time of the last backup, in a small file beside the database: a server tells it to those who
//! watch over backups.

use super::file_system::folder_of;
use crate::model::Timestamp;
use crate::store::Manifest;
use crate::store::sqlite::connection::beside;
use crate::store::sqlite::side_files::make_private;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// What is behind the name of the database.
pub(super) const SUFFIX: &str = "-last-backup";

/// More than a time takes.
const MAX_BYTES: u64 = 64;

/// Records that a verified backup was made.
pub(in crate::store) fn record(database: &Path, backup: &Manifest) -> io::Result<()> {
    let database = database.canonicalize()?;
    let mut file = NamedTempFile::new_in(folder_of(&database))?;
    writeln!(file, "{}", backup.created_at)?;
    make_private(file.as_file(), &database)?;
    // A power cut may leave the file empty, and the next backup writes it anew.
    file.persist(beside(&database, SUFFIX))?;
    Ok(())
}

/// Returns when the last verified backup was made; None if that is not known.
pub(in crate::store::sqlite) fn last(database: &Path) -> Option<Timestamp> {
    let path = beside(database, SUFFIX);
    // Opening another kind of file might wait for something.
    if !fs::metadata(&path).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    Timestamp::parse(text.trim_end()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Contents;

    #[test]
    fn what_was_recorded_is_read_and_anything_else_is_unknown() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("a.db");
        fs::write(&database, "").expect("a file");
        assert_eq!(last(&database), None);
        let manifest = Manifest {
            roomd: String::new(),
            created_at: "2026-11-26T03:04:05Z".into(),
            bytes: 0,
            sha256: String::new(),
            database_id: None,
            contents: Contents {
                schema: 0,
                users: 0,
                rooms: 0,
                keys: 0,
            },
        };
        record(&database, &manifest).expect("a file");
        assert_eq!(last(&database).map(Timestamp::as_unix), Some(1_795_662_245));
        let path = beside(&database, SUFFIX);
        for text in ["", "yesterday\n", &"1".repeat(1000)] {
            fs::write(&path, text).expect("a file");
            assert_eq!(last(&database), None);
        }
        fs::remove_file(&path).expect("the file");
        fs::create_dir(&path).expect("a folder");
        assert_eq!(last(&database), None);
    }
}
