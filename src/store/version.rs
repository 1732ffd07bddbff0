use std::fs::File;
use std::path::Path;

use super::connection::{beside, unreachable};
use super::error::OpenError;

/// What the database holds at one moment: two equal versions hold the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version([u8; HEADER_BYTES]);

/// The size of the header that each commit rewrites before it is acknowledged, whichever process
/// makes it: the first part of the index of the write-ahead log ("WAL-mode File Format", section
/// 2.1, sqlite.org).
const HEADER_BYTES: usize = 48;

/// Reads the version without a lock or a query, which would cost as much as what they can save.
#[derive(Debug)]
pub(super) struct VersionReader {
    /// Never closed before SQLite's own connections: closing it would drop their locks ("How To
    /// Corrupt An SQLite Database File", section 2.2).
    index: File,
}

impl VersionReader {
    /// Opens the index, which is there once a connection has read in write-ahead mode.
    pub(super) fn open(database: &Path) -> Result<Self, OpenError> {
        let index = beside(database, "-shm");
        let index = File::open(&index).map_err(|error| unreachable(&index, error))?;
        Ok(Self { index })
    }

    /// The version now; none if it cannot be read.
    pub(super) fn read(&self) -> Option<Version> {
        let mut header = [0; HEADER_BYTES];
        read_start(&self.index, &mut header).then_some(Version(header))
    }
}

#[cfg(unix)]
fn read_start(file: &File, bytes: &mut [u8]) -> bool {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, 0).is_ok()
}

#[cfg(windows)]
fn read_start(file: &File, bytes: &mut [u8]) -> bool {
    std::os::windows::fs::FileExt::seek_read(file, bytes, 0).is_ok_and(|read| read == bytes.len())
}
