//! Tells whether the files of an open database still have their names.

use super::connection::{beside, cannot_open};
use super::error::{Failure, OpenError};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The identities that the files of a database had when it was opened.
///
/// SQLite writes to the files that it has opened, even after they were moved, deleted or replaced.
/// The process that opens the database next finds the files that have the names.
#[derive(Debug)]
pub(super) struct FileIdentities {
    data: [NamedFile; 2],
    /// The index of the WAL, through which the processes that use a database lock each other out.
    wal_index: NamedFile,
}

#[derive(Debug)]
struct NamedFile {
    path: PathBuf,
    identity: Identity,
}

impl FileIdentities {
    /// Reads the identities of the database, its WAL and its WAL index. A connection must have all
    /// three open.
    pub(super) fn read(database: &Path) -> Result<Self, OpenError> {
        Ok(Self {
            data: [
                NamedFile::read(database.to_owned())?,
                NamedFile::read(beside(database, "-wal"))?,
            ],
            wal_index: NamedFile::read(beside(database, "-shm"))?,
        })
    }

    /// Checks that the next process to open the database will find what was written. Takes about a
    /// microsecond for each of the three files.
    ///
    /// # Errors
    /// The first file that no longer has its name.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let mut files = self.data.iter().chain([&self.wal_index]);
        match files.find(|file| !file.is_in_place()) {
            Some(file) => Err(Failure::Replaced(file.path.clone())),
            None => Ok(()),
        }
    }

    /// Returns whether the WAL index still has its name. If it has, SQLite's locks hold between this
    /// process and every other that opens the database by its name.
    pub(super) fn is_wal_index_in_place(&self) -> bool {
        self.wal_index.is_in_place()
    }
}

impl NamedFile {
    fn read(path: PathBuf) -> Result<Self, OpenError> {
        match identity(&path) {
            Ok(identity) => Ok(Self { path, identity }),
            Err(error) => Err(cannot_open(&path, error)),
        }
    }

    /// Returns whether the name still leads to this file.
    fn is_in_place(&self) -> bool {
        identity(&self.path).is_ok_and(|found| found == self.identity)
    }
}

/// What no other file shares while this one is open: the device and the number of the file there.
type Identity = (u64, u64);

#[cfg(target_os = "linux")]
fn identity(path: &Path) -> io::Result<Identity> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, makedev, statx};

    // Without the times: to read them makes the next write of the file update them, since Linux 6.13
    // ("Multigrain Timestamps", docs.kernel.org), and the sync after it write the inode besides.
    match statx(CWD, path, AtFlags::empty(), StatxFlags::INO) {
        Ok(file) => Ok((
            makedev(file.stx_dev_major, file.stx_dev_minor),
            file.stx_ino,
        )),
        // Some sandboxes do not know this call.
        Err(_) => identity_by_metadata(path),
    }
}

#[cfg(all(unix, not(target_os = "linux")))]
fn identity(path: &Path) -> io::Result<Identity> {
    identity_by_metadata(path)
}

#[cfg(unix)]
fn identity_by_metadata(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;

    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Other systems do not move, delete or replace a file that is open.
#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|_| (0, 0))
}
