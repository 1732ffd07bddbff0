//! Keeps users, rooms and keys in one SQLite file.
//!
//! Reads and writes go different ways. Readers are pooled connections that cannot write; a point
//! read takes microseconds and is called inline. All writes pass through one thread that commits
//! whatever waits in one transaction, so that a durable commit (`synchronous=FULL`) is paid for
//! once by many. No type of SQLite's bindings shows in a public signature.

mod backup;
mod checkpoint;
mod connection;
mod error;
mod examination;
mod files;
mod keys;
mod lock;
mod outage;
mod priority;
mod rooms;
mod scan;
mod schema;
mod users;
mod version;
mod writer;

pub use backup::{BackupError, Contents, Manifest, Restored, back_up, restore};
pub use error::{Error, Failure, OpenError};
pub use examination::{Examination, SqliteVersion, examine};
pub use lock::ServeLock;
pub(crate) use priority::stand_back;
pub use version::Version;

use checkpoint::Checkpointer;
use connection::Readers;
use error::is_unique_violation;
use files::Files;
use rusqlite::Connection;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use version::Versions;
use writer::Writer;

/// How many searches run at once; more wait for one to end.
const SCANNERS: u32 = 2;

/// An open database.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    readers: Readers,
    scanners: Readers,
    writer: Writer,
    // Dropped after the connections: closing a file drops the locks that SQLite has on it ("How To
    // Corrupt An SQLite Database File", section 2.2, sqlite.org).
    versions: Arc<Versions>,
    _file: Arc<File>,
}

impl Store {
    /// Opens the database file, makes it if there is none, and upgrades an older one.
    ///
    /// `readers` is how many threads read at once without waiting for each other.
    ///
    /// # Errors
    /// A file of another program, of a newer version of this one, or damaged is refused and left
    /// as it is; so is a place where SQLite's write-ahead log does not work.
    pub fn open(path: &Path, readers: u32) -> Result<Self, OpenError> {
        let path = connection::create_if_missing(path)?;
        connection::check_file(&path)?;
        let mut connection = connection::open_unchecked(&path)?;
        schema::prepare(&mut connection, &path)?;
        connection::enter_wal_mode(&connection, &path)?;
        let file = Arc::new(connection::open_beside_connections(&path)?);
        let copying = connection::open_unchecked(&path)?;
        let checkpointer = Checkpointer::new(copying, Arc::clone(&file));
        let versions = Arc::new(Versions::open(&path)?);
        Ok(Self {
            readers: connection::open_readers(&path, readers)?,
            scanners: connection::open_readers(&path, SCANNERS)?,
            writer: Writer::start(
                connection,
                checkpointer,
                Files::of(&path)?,
                Arc::clone(&versions),
            ),
            versions,
            path,
            _file: file,
        })
    }

    /// Opens the database for a server, of which a file can have only one.
    ///
    /// # Errors
    /// As [`Store::open`]; and when another server has the file.
    pub fn open_for_serving(path: &Path, readers: u32) -> Result<(Self, ServeLock), OpenError> {
        let lock = ServeLock::acquire(path)?;
        Ok((Self::open(path, readers)?, lock))
    }

    /// The absolute path of the database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The version of the database now. Whatever was committed before this call, by any process,
    /// is in it. None when that cannot be told.
    pub fn version(&self) -> Option<Version> {
        self.versions.now()
    }

    /// Shows that the database can be read and written, by doing both.
    ///
    /// # Errors
    /// What stands in the way.
    pub async fn check_ready(&self) -> Result<(), Error> {
        self.read(schema::check_readable)?;
        self.writer.submit(schema::rewrite_version).await
    }

    /// Waits until the writer has stopped because nothing may be written any more; returns what
    /// happened. Pending for as long as all is well.
    pub async fn failed(&self) -> Failure {
        self.writer.failed().await
    }

    /// Finishes all writes that wait, empties the write-ahead log and takes no more writes.
    pub fn close(&self) {
        self.writer.close();
    }

    /// Reads much. Scans have connections of their own, so that no point read waits for one.
    fn scan<T>(&self, query: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let scanner = self.scanners.get().map_err(|_| Error::TooManySearches)?;
        query(&scanner)
    }

    fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        query(&*self.readers.get()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Paging, RoomQuery};

    #[test]
    fn a_search_that_waits_too_long_is_refused() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let store = Store::open(&folder.path().join("a.db"), 1).expect("a database");
        let held = [(), ()].map(|()| store.scanners.get().expect("a scanner"));
        let refused = store.list_rooms(&RoomQuery::default(), Paging::default());
        drop(held);
        assert_eq!(refused, Err(Error::TooManySearches));
    }
}
