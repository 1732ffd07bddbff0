//! What stands at a path where a database, or a copy of one, is wanted.
//!
//! To open a pipe waits for its other end, a device has no end, and a file that gets the name of either
//! replaces it for every program. So this is asked before anything is opened, by name.

use super::error::OpenError;
use super::side_files::beside;
use std::fs::{self, FileType};
use std::path::Path;

/// A pipe with a name, which another program writes or reads.
pub(super) const PIPE: &str = "a named pipe (FIFO)";

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

/// Returns what stands at a path, with its article; none if it is a regular file or nothing that can be
/// looked at. Links are followed.
pub(super) fn other_kind(path: &Path) -> Option<&'static str> {
    let found = fs::metadata(path).ok()?.file_type();
    (!found.is_file()).then(|| name(found))
}

#[cfg(unix)]
fn name(found: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;

    match found {
        _ if found.is_dir() => "a folder",
        _ if found.is_fifo() => PIPE,
        _ if found.is_socket() => "a socket",
        _ if found.is_char_device() || found.is_block_device() => "a device",
        _ => "no regular file",
    }
}

#[cfg(not(unix))]
fn name(found: FileType) -> &'static str {
    if found.is_dir() {
        "a folder"
    } else {
        "no regular file"
    }
}
