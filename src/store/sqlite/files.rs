use super::connection::{beside, cannot_open};
use super::error::{Failure, OpenError};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The files that a database consists of while it is open, and which ones they were then.
///
/// SQLite writes to the files that it has opened, wherever they are now. Whoever opens the database
/// next finds those that have its name.
#[derive(Debug, Default)]
pub(super) struct FileIdentities {
    data: Vec<KnownFile>,
    /// Through which processes that use the database at the same time know of each other.
    index: Option<KnownFile>,
}

#[derive(Debug)]
struct KnownFile {
    path: PathBuf,
    identity: Identity,
}

impl FileIdentities {
    /// Takes those that are there now, which connections must have open.
    pub(super) fn read(database: &Path) -> Result<Self, OpenError> {
        Ok(Self {
            data: vec![
                KnownFile::at(database.to_owned())?,
                KnownFile::at(beside(database, "-wal"))?,
            ],
            index: Some(KnownFile::at(beside(database, "-shm"))?),
        })
    }

    /// Makes sure that what was written can be found by its name. It takes about a microsecond for
    /// each of three files.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let mut files = self.data.iter().chain(&self.index);
        match files.find(|file| !file.is_there()) {
            Some(file) => Err(Failure::Replaced(file.path.clone())),
            None => Ok(()),
        }
    }

    /// Whether no other process can be at work that this one does not see.
    pub(super) fn are_locked(&self) -> bool {
        self.index.as_ref().is_none_or(KnownFile::is_there)
    }
}

impl KnownFile {
    fn at(path: PathBuf) -> Result<Self, OpenError> {
        match identity(&path) {
            Ok(identity) => Ok(Self { path, identity }),
            Err(error) => Err(cannot_open(&path, error)),
        }
    }

    fn is_there(&self) -> bool {
        identity(&self.path).is_ok_and(|found| found == self.identity)
    }
}

/// What no other file has while this one is open: its device and number there.
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;

    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Elsewhere the system does not let go of the name of an open file.
#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|_| (0, 0))
}
