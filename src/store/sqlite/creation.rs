//! Undoes the creation of a database that a power cut has interrupted.

use super::connection::{open_error, open_unchecked};
use super::error::OpenError;
use super::schema;
use super::side_files::beside;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What a rollback journal begins with, and where it has the number of pages that the database had before,
/// from "Database File Format", section 3, sqlite.org.
const JOURNAL_MAGIC: &[u8] = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
const PAGES_BEFORE: std::ops::Range<usize> = 16..20;

/// Lets SQLite roll back the first transaction of a database file, if that was interrupted: the file is
/// empty then, as it was before.
///
/// Of the pages that were not synced a power cut may leave any, and not the first: then the file begins with
/// zeros, and looks like one of another program. Its journal, which was synced before, says that the file was
/// empty.
pub(super) fn roll_back_interrupted(path: &Path) -> Result<(), OpenError> {
    if !is_interrupted(path) {
        return Ok(());
    }
    let connection = open_unchecked(path)?;
    // SQLite rolls back before the first read.
    let read = schema::version(&connection);
    read.map_err(|error| open_error(path, &error))?;
    Ok(())
}

/// Returns whether a file begins with zeros, and has a journal by which it was empty before. What cannot be
/// read is not interrupted: to open it tells why.
fn is_interrupted(path: &Path) -> bool {
    let start = |path: &Path| start(path).unwrap_or_default();
    let (file, journal) = (start(path), start(&beside(path, "-journal")));
    !file.is_empty()
        && file.iter().all(|byte| *byte == 0)
        && journal.starts_with(JOURNAL_MAGIC)
        && journal.get(PAGES_BEFORE) == Some(&[0; 4])
}

/// Returns the first bytes of a file.
fn start(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = PAGES_BEFORE.end as u64;
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
