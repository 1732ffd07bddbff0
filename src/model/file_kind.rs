//! What stands at a path where a file is wanted.
//!
//! To open a pipe waits for its other end, and a device has no end. So this is asked before anything is
//! opened, by name.

use std::fs::{self, FileType};
use std::path::Path;

/// A pipe with a name, which another program writes or reads.
pub(crate) const PIPE: &str = "a named pipe (FIFO)";

/// Returns what stands at a path, with its article; none if it is a regular file or nothing that can be
/// looked at. Links are followed.
pub(crate) fn other_kind(path: &Path) -> Option<&'static str> {
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
