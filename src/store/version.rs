use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::connection::{beside, unreachable};
use super::error::OpenError;

/// What the database held at one moment. What was there at one version is there unchanged at an
/// equal one, where more may have been inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(u64);

/// Tells versions apart without a query, which would cost as much as what they can save.
#[derive(Debug)]
pub(super) struct Versions {
    /// The index of the write-ahead log. Never closed before SQLite's own connections: closing it
    /// would drop their locks ("How To Corrupt An SQLite Database File", section 2.2).
    index: File,
    seen: Mutex<Seen>,
}

/// The first part of the index of the write-ahead log, which each commit rewrites before it is
/// acknowledged, whichever process makes it ("WAL-mode File Format", section 2.1, sqlite.org).
type Header = [u8; HEADER_BYTES];

const HEADER_BYTES: usize = 48;

/// Which version the header stands for that was seen last.
#[derive(Debug)]
struct Seen {
    header: Header,
    version: Version,
    /// How many commits the header counts once the one is done that is being made, if that only
    /// inserts.
    inserting: Option<u32>,
}

impl Versions {
    /// Opens the index, which is there once a connection has read in write-ahead mode.
    pub(super) fn open(database: &Path) -> Result<Self, OpenError> {
        let index = beside(database, "-shm");
        let index = File::open(&index).map_err(|error| unreachable(&index, error))?;
        Ok(Self::of_index(index))
    }

    pub(super) fn of_index(index: File) -> Self {
        let seen = Mutex::new(Seen {
            header: [0; HEADER_BYTES],
            version: Version(0),
            inserting: None,
        });
        Self { index, seen }
    }

    /// The version now; none if it cannot be read.
    pub(super) fn now(&self) -> Option<Version> {
        let header = self.header()?;
        Some(self.seen().version_of(header))
    }

    /// Makes a commit that only inserts, which leaves the version as it is. Its transaction holds
    /// the lock of writers, so that no other commit can take its place in the count.
    pub(super) fn commit_inserts(
        &self,
        commit: impl FnOnce() -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        if let Some(header) = self.header() {
            let mut seen = self.seen();
            seen.version_of(header);
            seen.inserting = Some(commits(&header).wrapping_add(1));
        }
        let committed = commit();
        if committed.is_ok() {
            self.now();
        }
        self.seen().inserting = None;
        committed
    }

    fn header(&self) -> Option<Header> {
        let mut header = [0; HEADER_BYTES];
        read_start(&self.index, &mut header).then_some(header)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn version_of(&mut self, header: Header) -> Version {
        if header != self.header {
            if self.inserting != Some(commits(&header)) {
                self.version.0 += 1;
            }
            self.inserting = None;
            self.header = header;
        }
        self.version
    }
}

/// How many commits a header counts.
fn commits(header: &Header) -> u32 {
    u32::from_ne_bytes([header[8], header[9], header[10], header[11]])
}

#[cfg(unix)]
fn read_start(file: &File, bytes: &mut [u8]) -> bool {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, 0).is_ok()
}

#[cfg(windows)]
fn read_start(file: &File, bytes: &mut [u8]) -> bool {
    std::os::windows::fs::FileExt::seek_read(file, bytes, 0).is_ok_and(|read| read == bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connection::{create_if_missing, enter_wal_mode, open_unchecked};
    use rusqlite::Connection;
    use tempfile::TempDir;

    struct Fixture {
        ours: Connection,
        foreign: Connection,
        versions: Versions,
        _folder: TempDir,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = TempDir::new().expect("a folder");
            let path = folder.path().join("a.db");
            create_if_missing(&path).expect("a file");
            let open = || open_unchecked(&path).expect("a connection");
            let (ours, foreign) = (open(), open());
            enter_wal_mode(&ours, &path).expect("a log");
            ours.execute_batch("CREATE TABLE numbers (number INTEGER UNIQUE)")
                .expect("a table");
            Self {
                ours,
                foreign,
                versions: Versions::open(&path).expect("an index"),
                _folder: folder,
            }
        }

        fn now(&self) -> Version {
            self.versions.now().expect("a version")
        }

        /// Commits on our own connection what is said to insert only.
        fn insert(&self, number: i64) -> rusqlite::Result<()> {
            self.ours.execute_batch("BEGIN IMMEDIATE")?;
            let inserted = execute_insert(&self.ours, number);
            self.versions
                .commit_inserts(|| inserted.and_then(|()| self.ours.execute_batch("COMMIT")))
        }
    }

    fn execute_insert(connection: &Connection, number: i64) -> rusqlite::Result<()> {
        connection
            .execute("INSERT INTO numbers VALUES (?1)", [number])
            .map(|_| ())
    }

    #[test]
    fn a_commit_that_only_inserts_leaves_the_version() {
        let fixture = Fixture::new();
        let before = fixture.now();
        for number in 0..3 {
            fixture.insert(number).expect("an insertion");
        }
        assert_eq!(fixture.now(), before);
    }

    #[test]
    fn any_other_commit_changes_the_version() {
        let fixture = Fixture::new();
        for connection in [&fixture.ours, &fixture.foreign] {
            let before = fixture.now();
            execute_insert(connection, before.0.cast_signed()).expect("an insertion");
            assert_ne!(fixture.now(), before);
        }
    }

    #[test]
    fn a_commit_that_nobody_saw_changes_the_version_whatever_follows() {
        let fixture = Fixture::new();
        let before = fixture.now();
        execute_insert(&fixture.foreign, 1).expect("an insertion");
        fixture.insert(2).expect("an insertion");
        assert_ne!(fixture.now(), before);

        let before = fixture.now();
        fixture.insert(3).expect("an insertion");
        execute_insert(&fixture.foreign, 4).expect("an insertion");
        assert_ne!(fixture.now(), before);
    }

    #[test]
    fn a_commit_right_behind_one_that_only_inserts_changes_the_version() {
        let fixture = Fixture::new();
        let before = fixture.now();
        let committed = fixture.versions.commit_inserts(|| {
            execute_insert(&fixture.ours, 1)?;
            execute_insert(&fixture.foreign, 2)
        });
        committed.expect("two commits");
        assert_ne!(fixture.now(), before);
    }

    #[test]
    fn a_commit_that_failed_vouches_for_no_other() {
        let fixture = Fixture::new();
        fixture.insert(1).expect("an insertion");
        let before = fixture.now();
        fixture.insert(1).expect_err("it is there");
        fixture.ours.execute_batch("ROLLBACK").expect("an end");
        execute_insert(&fixture.foreign, 2).expect("an insertion");
        assert_ne!(fixture.now(), before);
    }

    #[test]
    fn a_log_begun_anew_hides_no_commit() {
        let fixture = Fixture::new();
        let before = fixture.now();
        execute_insert(&fixture.foreign, 1).expect("an insertion");
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        fixture
            .foreign
            .query_row(checkpoint, [], |_| Ok(()))
            .expect("a checkpoint");
        fixture.insert(2).expect("an insertion");
        assert_ne!(fixture.now(), before);
    }
}
