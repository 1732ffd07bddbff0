//! Tells whether the database has changed, without a query: that would cost as much as what the
//! caches save.
//!
//! SQLite keeps a header at the start of the WAL index (the `-shm` file) and rewrites it with each
//! commit, in whichever process, before the commit is acknowledged ("WAL-mode File Format",
//! section 2.1, sqlite.org). This file reads that header and relies on its layout: see [`Header`].
//!
//! Invariants that the caches rest on:
//! - A header is judged under the lock only if it was read under the lock, so headers are judged in
//!   the order in which they were written. (A header read before the lock may be older than the
//!   last one judged, and would count as two changes: there and back.)
//! - Outside the lock a header is only compared with the last one judged. If both are equal the
//!   generation is the one that was published with it.
//! - A commit of our own that only inserts keeps the generation. It is announced before, while its
//!   transaction holds SQLite's write lock, and only the committing thread judges its header, once
//!   the commit has succeeded. Until then a header that is new tells other threads nothing.

use super::connection::OpenFiles;
use crate::store::Generation;
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Counts the generations of an open database.
#[derive(Debug)]
pub(super) struct Generations {
    files: Arc<OpenFiles>,
    judged: Mutex<Judged>,
    published: Published,
}

/// The last header that was judged.
#[derive(Debug)]
struct Judged {
    header: Header,
    generation: u64,
    /// Whether a commit that only inserts is being made.
    is_announced: bool,
}

impl Generations {
    /// Starts to count for the database of these files.
    pub(super) fn new(files: Arc<OpenFiles>) -> Self {
        Self {
            files,
            judged: Mutex::new(Judged {
                header: Header::default(),
                generation: 0,
                is_announced: false,
            }),
            published: Published::default(),
        }
    }

    /// Returns the generation now; None if the header cannot be read.
    ///
    /// Threads that find nothing changed share only memory that is read, so the cost stays the same
    /// with any number of them.
    pub(super) fn now(&self) -> Option<Generation> {
        let header = self.read_header()?;
        let generation = match self.published.generation_of(&header) {
            Some(generation) => generation,
            None => self.judge(&mut self.judged())?,
        };
        Some(Generation::from_number(generation))
    }

    /// Runs `commit`, the end of a transaction that holds the write lock and has inserted rows, and
    /// nothing else. It keeps the generation.
    pub(super) fn commit_inserts<E>(
        &self,
        commit: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let before = {
            let mut judged = self.judged();
            let is_known = self.judge(&mut judged).is_some();
            judged.is_announced = is_known;
            is_known.then(|| judged.header.change_counter())
        };
        let committed = commit();
        let mut judged = self.judged();
        judged.is_announced = false;
        if let (Some(before), Ok(()), Some(header)) = (before, &committed, self.read_header()) {
            let is_ours = header.change_counter() == before.wrapping_add(1);
            self.accept(&mut judged, header, is_ours);
        }
        committed
    }

    /// Judges the header that is there now; the caller holds the lock. None if it cannot be read,
    /// or if it may be that of a commit which another thread is making.
    fn judge(&self, judged: &mut Judged) -> Option<u64> {
        let header = self.read_header()?;
        if header != judged.header {
            if judged.is_announced {
                return None;
            }
            self.accept(judged, header, false);
        }
        Some(judged.generation)
    }

    /// Takes a header for the last one, with the same generation or another.
    fn accept(&self, judged: &mut Judged, header: Header, keeps_generation: bool) {
        if !keeps_generation {
            judged.generation += 1;
        }
        judged.header = header;
        self.published.store(&header, judged.generation);
    }

    fn read_header(&self) -> Option<Header> {
        Header::read(&self.files.wal_index)
    }

    fn judged(&self) -> MutexGuard<'_, Judged> {
        self.judged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last header that was judged and its generation, for readers that take no lock: a sequence
/// lock, whose writer holds the lock of [`Judged`].
#[derive(Debug, Default)]
struct Published {
    /// Odd while the rest is written.
    sequence: AtomicU64,
    header: [AtomicU64; HEADER_WORDS],
    generation: AtomicU64,
}

impl Published {
    fn store(&self, header: &Header, generation: u64) {
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        for (word, value) in self.header.iter().zip(header.0) {
            word.store(value, Ordering::Relaxed);
        }
        self.generation.store(generation, Ordering::Relaxed);
        self.sequence.store(sequence + 2, Ordering::Release);
    }

    /// Returns the generation of a header if that is the one published.
    fn generation_of(&self, header: &Header) -> Option<u64> {
        let before = self.sequence.load(Ordering::Acquire);
        let mut words = self.header.iter().zip(header.0);
        let is_equal = words.all(|(word, value)| word.load(Ordering::Relaxed) == value);
        let generation = self.generation.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        let is_whole = before.is_multiple_of(2) && self.sequence.load(Ordering::Relaxed) == before;
        (is_equal && is_whole).then_some(generation)
    }
}

/// The header of the WAL index, in words of the machine's byte order.
///
/// The layout is SQLite's, "WAL-mode File Format", section 2.1: a 48-byte structure of which two
/// copies stand one behind the other. Used here are the version of the format (bytes 0 to 3) and
/// the change counter (bytes 8 to 11), which grows by one with each commit; the rest is compared as
/// a whole. `the_layout_is_the_one_documented` fails where an SQLite changes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Header([u64; HEADER_WORDS]);

const HEADER_WORDS: usize = HEADER_BYTES / 8;
const HEADER_BYTES: usize = 48;

/// The only version of the format so far.
const FORMAT: u32 = 3_007_000;

/// How often the header is read while a writer is just replacing it. (Tuning: replacing takes
/// nanoseconds, unless the writer loses the processor meanwhile, or died.)
const ATTEMPTS: u32 = 32;

impl Header {
    /// Reads the header; None if it cannot be read, or has another layout.
    fn read(wal_index: &File) -> Option<Self> {
        let mut copies = [0; 2 * HEADER_BYTES];
        for _ in 0..ATTEMPTS {
            if !read_start(wal_index, &mut copies) {
                return None;
            }
            let (first, second) = copies.split_at(HEADER_BYTES);
            // As SQLite itself does: while a writer replaces the header the copies differ.
            if first == second {
                let header = Self::from_bytes(first);
                return (header.format() == FORMAT).then_some(header);
            }
            thread::yield_now();
        }
        None
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let mut words = [0; HEADER_WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_ne_bytes(*bytes);
        }
        Self(words)
    }

    fn format(&self) -> u32 {
        self.field(0)
    }

    fn change_counter(&self) -> u32 {
        self.field(2)
    }

    /// Returns the 32-bit field with that index.
    fn field(&self, index: usize) -> u32 {
        let word = self.0[index / 2].to_ne_bytes();
        u32::from_ne_bytes(word.as_chunks().0[index % 2])
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::connection::{create_if_missing, enter_wal_mode, open_unchecked};
    use rusqlite::Connection;
    use std::sync::atomic::AtomicBool;
    use tempfile::TempDir;

    struct Fixture {
        ours: Connection,
        foreign: Connection,
        generations: Generations,
        _folder: TempDir,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = TempDir::new().expect("a folder");
            let path = folder.path().join("a.db");
            create_if_missing(&path).expect("a file");
            let open = || open_unchecked(&path).expect("a connection");
            let (ours, foreign) = (open(), open());
            enter_wal_mode(&ours, &path).expect("WAL mode");
            ours.execute_batch("CREATE TABLE numbers (number INTEGER UNIQUE)")
                .expect("a table");
            let files = Arc::new(OpenFiles::open(&path).expect("open files"));
            Self {
                ours,
                foreign,
                generations: Generations::new(files),
                _folder: folder,
            }
        }

        fn now(&self) -> Generation {
            self.generations.now().expect("a generation")
        }

        fn header(&self) -> Header {
            self.generations.read_header().expect("a header")
        }

        /// Commits on our own connection what only inserts.
        fn insert(&self, number: i64) -> rusqlite::Result<()> {
            insert_and_keep(&self.ours, &self.generations, number)
        }
    }

    fn insert_and_keep(
        connection: &Connection,
        generations: &Generations,
        number: i64,
    ) -> rusqlite::Result<()> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let inserted = execute_insert(connection, number);
        generations.commit_inserts(|| inserted.and_then(|()| connection.execute_batch("COMMIT")))
    }

    fn execute_insert(connection: &Connection, number: i64) -> rusqlite::Result<()> {
        connection
            .execute("INSERT INTO numbers VALUES (?1)", [number])
            .map(|_| ())
    }

    #[test]
    fn the_layout_is_the_one_documented() {
        const PAGE_BYTES: u32 = 4096;
        let fixture = Fixture::new();
        let before = fixture.header();
        assert_eq!(before.format(), FORMAT);
        for commits in 1..=3 {
            execute_insert(&fixture.ours, i64::from(commits)).expect("an insertion");
            let after = fixture.header();
            assert_eq!(
                after.change_counter(),
                before.change_counter().wrapping_add(commits)
            );
            // isInit, bigEndCksum and szPage; then mxFrame, one page a commit here.
            let flags = after.field(3).to_ne_bytes();
            assert_eq!(flags[0], 1);
            assert_eq!(
                u32::from(u16::from_ne_bytes([flags[2], flags[3]])),
                PAGE_BYTES
            );
            assert!(after.field(4) > before.field(4));
        }
    }

    #[test]
    fn a_commit_that_only_inserts_keeps_the_generation() {
        let fixture = Fixture::new();
        let before = fixture.now();
        for number in 0..3 {
            fixture.insert(number).expect("an insertion");
        }
        assert_eq!(fixture.now(), before);
    }

    /// Many threads read headers that are stale by the time they are judged.
    #[test]
    fn however_many_read_meanwhile_commits_that_only_insert_keep_the_generation() {
        const COMMITS: i64 = 2000;
        const READERS: usize = 8;
        let fixture = Fixture::new();
        let before = fixture.now();
        let Fixture {
            ours, generations, ..
        } = &fixture;
        ours.pragma_update(None, "synchronous", "off")
            .expect("speed");
        let is_done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..READERS {
                scope.spawn(|| {
                    while !is_done.load(Ordering::Relaxed) {
                        // None where a commit was just about to replace the header.
                        assert_eq!(generations.now().unwrap_or(before), before);
                    }
                });
            }
            for number in 0..COMMITS {
                insert_and_keep(ours, generations, number).expect("an insertion");
            }
            is_done.store(true, Ordering::Relaxed);
        });
        assert_eq!(fixture.now(), before);
    }

    #[test]
    fn a_stale_header_is_not_judged() {
        let fixture = Fixture::new();
        let before = fixture.now();
        let stale = fixture.header();
        fixture.insert(1).expect("an insertion");
        assert_eq!(fixture.generations.published.generation_of(&stale), None);
        assert_eq!(fixture.now(), before);
    }

    #[test]
    fn any_other_commit_changes_the_generation() {
        let fixture = Fixture::new();
        for (number, connection) in [&fixture.ours, &fixture.foreign].into_iter().enumerate() {
            let before = fixture.now();
            execute_insert(connection, number as i64).expect("an insertion");
            assert_ne!(fixture.now(), before);
        }
    }

    #[test]
    fn a_commit_that_was_not_judged_changes_the_generation_whatever_follows() {
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
    fn a_commit_right_behind_one_that_only_inserts_changes_the_generation() {
        let fixture = Fixture::new();
        let before = fixture.now();
        let committed = fixture.generations.commit_inserts(|| {
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
        fixture.insert(1).expect_err("it exists");
        fixture.ours.execute_batch("ROLLBACK").expect("an end");
        execute_insert(&fixture.foreign, 2).expect("an insertion");
        assert_ne!(fixture.now(), before);
    }

    #[test]
    fn a_foreign_commit_in_the_place_of_one_that_fails_is_not_taken_for_it() {
        let fixture = Fixture::new();
        let before = fixture.now();
        let committed = fixture.generations.commit_inserts(|| {
            execute_insert(&fixture.foreign, 1).expect("an insertion");
            assert_eq!(fixture.generations.now(), None);
            Err(())
        });
        assert_eq!(committed, Err(()));
        assert_ne!(fixture.now(), before);
    }

    #[test]
    fn a_wal_reset_by_a_commit_that_only_inserts_keeps_the_generation() {
        let fixture = Fixture::new();
        fixture.insert(1).expect("an insertion");
        let before = fixture.now();
        let checkpoint = "PRAGMA wal_checkpoint(PASSIVE)";
        fixture
            .foreign
            .query_row(checkpoint, [], |_| Ok(()))
            .expect("a checkpoint");
        fixture.insert(2).expect("an insertion");
        assert_eq!(fixture.now(), before);
    }

    #[test]
    fn a_wal_reset_hides_no_commit() {
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
