//! Erases old content from the free space of the database file.
//!
//! SQLite overwrites what is deleted, but not the copies of it that stay in free space where it moved
//! a row from one page to another before. After a value was deleted or replaced, a sweep therefore
//! goes through all pages of the file, in steps between the batches of the writer, and overwrites
//! what nothing uses. A step is a transaction of its own, so that the pages go the way of all others:
//! through the WAL, durable, and seen by every reader. No statement sees a difference.

use super::batch::RolledBack;
use crate::store::sqlite::free_space::{self, MAX_PAGES, PageUse};
use crate::store::sqlite::generation::Generations;
use crate::store::sqlite::wal_pragmas::foreign_commits;
use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, Transaction, TransactionBehavior};
use std::collections::HashMap;
use std::ops::Range;
use std::time::{Duration, Instant};

/// How many pages a step reads at most, and how many of them it writes. (Tuning: a job that arrives
/// meanwhile waits for some milliseconds.)
const READ_PAGES: u32 = 512;
const WRITTEN_PAGES: usize = 64;

/// How long the writer must be idle before a step. (Tuning.)
const IDLE_PAUSE: Duration = Duration::from_millis(2);

/// How long after a step another follows if the writer is never idle. (Tuning.)
const BUSY_PAUSE: Duration = Duration::from_millis(100);

/// How long after a step that failed another follows. (Tuning: a full disk does not pass at once.)
const RETRY_PAUSE: Duration = Duration::from_secs(10);

/// The progress of a sweep.
#[derive(Debug)]
pub(super) struct Sweep {
    /// The page that is read next. None if there is nothing to erase.
    next_page: Option<u32>,
    /// The time before which no step follows while the writer has other work.
    next_step: Instant,
    /// The number that SQLite changes with each commit of another connection.
    foreign_commits: Option<i64>,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It found nothing to erase.
    Read,
    /// It has committed.
    Erased,
}

impl Sweep {
    /// Returns the state for a database in which an earlier process may have left something to erase,
    /// or not.
    pub(super) fn new(connection: &Connection, is_due: bool) -> Self {
        Self {
            next_page: is_due.then_some(1),
            next_step: Instant::now(),
            foreign_commits: foreign_commits(connection).ok(),
        }
    }

    /// Takes note of a commit, and of whether it deleted or replaced a value. Commits of other
    /// processes do not tell: each counts as one that did.
    pub(super) fn after_commit(&mut self, connection: &Connection, has_replaced: bool) {
        let foreign_commits = foreign_commits(connection).ok();
        if has_replaced || foreign_commits != self.foreign_commits {
            self.next_page = Some(1);
        }
        self.foreign_commits = foreign_commits;
    }

    /// Returns whether there may be something to erase.
    pub(super) fn is_due(&self) -> bool {
        self.next_page.is_some()
    }

    /// Returns after how long without work the writer makes a step. None if there is nothing to
    /// erase.
    pub(super) fn idle_pause(&self) -> Option<Duration> {
        let until_next = self.next_step.saturating_duration_since(Instant::now());
        let is_after_failure = until_next > BUSY_PAUSE;
        self.next_page.map(|_| match is_after_failure {
            true => until_next,
            false => IDLE_PAUSE,
        })
    }

    /// Returns whether a step is to be made although there is other work.
    pub(super) fn is_overdue(&self) -> bool {
        self.is_due() && Instant::now() >= self.next_step
    }

    /// Makes a step in a transaction of its own. It may be called although nothing is due.
    ///
    /// # Errors
    /// If the step was rolled back. It is made again then.
    pub(super) fn step(
        &mut self,
        connection: &Connection,
        generations: &Generations,
    ) -> Result<Step, RolledBack> {
        let Some(first) = self.next_page else {
            return Ok(Step::Read);
        };
        self.next_step = Instant::now() + RETRY_PAUSE;
        // SQLite writes pages only for a connection without this defence.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
        let swept = sweep_from(first, connection, generations);
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        let (next_page, step) = swept?;
        self.next_page = next_page;
        self.next_step = Instant::now() + BUSY_PAUSE;
        Ok(step)
    }
}

/// Erases the free space of some pages from the given one on. Returns the page that comes next, if
/// there is one.
fn sweep_from(
    first: u32,
    connection: &Connection,
    generations: &Generations,
) -> Result<(Option<u32>, Step), RolledBack> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let page_count: u32 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let mut pages = Pages::new(&transaction)?;
    if page_count > MAX_PAGES || pages.has_pointer_map()? {
        return Ok((None, Step::Read));
    }
    let end = (first + READ_PAGES).min(page_count + 1);
    let free = pages.find_free(first..end, page_count)?;
    let (mut next, mut written) = (first, 0);
    while next < end && written < WRITTEN_PAGES {
        let page_use = match next {
            1 => PageUse::First,
            number => free.get(&number).copied().unwrap_or(PageUse::Content),
        };
        written += usize::from(pages.erase(next, page_use)?);
        next += 1;
    }
    drop(pages);
    if written > 0 {
        // Like a commit that only inserts, it changes nothing that a cache may have.
        generations.commit_inserts(|| transaction.commit())?;
    }
    let next_page = (next <= page_count).then_some(next);
    let step = if written > 0 {
        Step::Erased
    } else {
        Step::Read
    };
    Ok((next_page, step))
}

/// The pages of a database, as SQLite shows them ("The SQLITE_DBPAGE Virtual Table", sqlite.org).
struct Pages<'a> {
    select: CachedStatement<'a>,
    update: CachedStatement<'a>,
}

impl<'a> Pages<'a> {
    fn new(connection: &'a Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            select: connection.prepare_cached("SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?,
            update: connection
                .prepare_cached("UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1")?,
        })
    }

    fn read<T>(&mut self, number: u32, look: impl FnOnce(&[u8]) -> T) -> rusqlite::Result<T> {
        let mut rows = self.select.query([number])?;
        let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        Ok(look(row.get_ref(0)?.as_blob()?))
    }

    /// Returns whether the file has pages of a kind that roomd never makes, and that begin like those
    /// of a tree (section 1.8 of the file format).
    fn has_pointer_map(&mut self) -> rusqlite::Result<bool> {
        self.read(1, |page| big_endian(page, 52) != 0)
    }

    /// Returns which of some pages list free pages or are free.
    fn find_free(
        &mut self,
        pages: Range<u32>,
        page_count: u32,
    ) -> rusqlite::Result<HashMap<u32, PageUse>> {
        let mut found = HashMap::new();
        let mut list = self.read(1, |page| big_endian(page, 32))?;
        // No list is longer, unless it leads in a circle.
        for _ in 0..page_count {
            if list == 0 {
                break;
            }
            if pages.contains(&list) {
                found.insert(list, PageUse::FreeList);
            }
            list = self.read(list, |page| {
                let entries = page[8..].chunks_exact(4).map(|entry| big_endian(entry, 0));
                let count = usize::try_from(big_endian(page, 4)).unwrap_or(0);
                let free = entries.take(count).filter(|entry| pages.contains(entry));
                found.extend(free.map(|entry| (entry, PageUse::Free)));
                big_endian(page, 0)
            })?;
        }
        Ok(found)
    }

    /// Returns whether the page was written.
    fn erase(&mut self, number: u32, page_use: PageUse) -> rusqlite::Result<bool> {
        let page = self.read(number, |page| {
            free_space::has_content(page, page_use).then(|| page.to_vec())
        })?;
        let Some(mut page) = page else {
            return Ok(false);
        };
        free_space::erase(&mut page, page_use);
        self.update.execute((number, page))?;
        Ok(true)
    }
}

fn big_endian(bytes: &[u8], at: usize) -> u32 {
    let word = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
    u32::from_be_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::connection::{self, OpenFiles};
    use crate::store::sqlite::wal_pragmas;
    use std::sync::Arc;

    /// In every row that is deleted or replaced.
    const MARK: &str = "qzxv";

    const ROWS: i64 = 10_000;

    struct Fixture {
        connection: Connection,
        generations: Generations,
        folder: tempfile::TempDir,
    }

    impl Fixture {
        fn new() -> Self {
            let folder = tempfile::TempDir::new().expect("a folder");
            let path = folder.path().join("a.db");
            connection::create_if_missing(&path).expect("a file");
            let connection = connection::open_unchecked(&path).expect("a connection");
            connection::enter_wal_mode(&connection, &path).expect("WAL mode");
            let files = Arc::new(OpenFiles::open(&path).expect("open files"));
            Self {
                connection,
                generations: Generations::new(files),
                folder,
            }
        }

        fn execute(&self, sql: &str) {
            self.connection.execute_batch(sql).expect(sql);
        }

        /// Fills a table and an index such that pages are split, then deletes and replaces rows.
        fn fill_and_delete(&self) {
            self.execute(
                "CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT, long TEXT);
                 CREATE INDEX i ON t (word);",
            );
            let row =
                "INSERT INTO t VALUES (?1, hex(randomblob(4)) || ?2, ?2 || hex(zeroblob(?3)))";
            self.execute("BEGIN");
            for n in 0..ROWS {
                // The ids come in another order than that of the table.
                let id = n * 7919 % ROWS;
                let word = if id % 2 == 1 { MARK } else { "stays" };
                let long = if id % 50 == 1 { 5000 } else { 60 };
                let row = self.connection.execute(row, (id, word, long));
                row.expect("a row");
            }
            self.execute("COMMIT");
            self.execute(
                "UPDATE t SET word = 'stays', long = '' WHERE id % 4 = 1;
                 DELETE FROM t WHERE word LIKE '%qzxv%'",
            );
        }

        fn sweep(&self) -> usize {
            let mut sweep = Sweep::new(&self.connection, true);
            let mut steps = 0;
            while sweep.is_due() {
                let step = sweep.step(&self.connection, &self.generations);
                assert!(step.is_ok());
                steps += 1;
            }
            steps
        }

        /// Counts the marks in the file, to which the WAL is copied before.
        fn marks(&self) -> usize {
            wal_pragmas::checkpoint_and_empty(&self.connection).expect("a checkpoint");
            let bytes = std::fs::read(self.folder.path().join("a.db")).expect("a file");
            let parts = bytes.windows(MARK.len());
            parts.filter(|part| *part == MARK.as_bytes()).count()
        }
    }

    #[test]
    fn no_copy_of_a_deleted_row_is_left_and_everything_else_stays() {
        for has_secure_delete in [true, false] {
            let fixture = Fixture::new();
            let connection = &fixture.connection;
            connection
                .pragma_update_and_check(None, "secure_delete", has_secure_delete, |_| Ok(()))
                .expect("a setting");
            fixture.fill_and_delete();
            let content = || {
                let sql =
                    "SELECT group_concat(id || word || long) FROM (SELECT * FROM t ORDER BY id)";
                let content = connection.query_row(sql, [], |row| row.get::<_, String>(0));
                content.expect("rows")
            };
            let before = content();
            assert!(fixture.marks() > 0, "nothing to erase");
            assert!(fixture.sweep() > 1);
            assert_eq!(fixture.marks(), 0);
            assert_eq!(content(), before);
            let fault: String = connection
                .pragma_query_value(None, "integrity_check", |row| row.get(0))
                .expect("a check");
            assert_eq!(fault, "ok");
            // Rows can be added to the pages that were swept.
            fixture.execute("DROP TABLE t");
            fixture.fill_and_delete();
            fixture.sweep();
            assert_eq!(fixture.marks(), 0);
        }
    }

    #[test]
    fn a_second_sweep_writes_nothing_and_the_generation_stays() {
        let fixture = Fixture::new();
        fixture.fill_and_delete();
        let before = fixture.generations.now();
        fixture.sweep();
        assert_eq!(fixture.generations.now(), before);
        let mut sweep = Sweep::new(&fixture.connection, true);
        while sweep.is_due() {
            let step = sweep.step(&fixture.connection, &fixture.generations);
            assert!(matches!(step, Ok(Step::Read)));
        }
    }

    #[test]
    fn commits_that_delete_and_those_of_other_processes_start_a_sweep() {
        let fixture = Fixture::new();
        fixture.execute("CREATE TABLE t (c)");
        let mut sweep = Sweep::new(&fixture.connection, false);
        sweep.after_commit(&fixture.connection, false);
        assert!(!sweep.is_due());
        assert_eq!(sweep.idle_pause(), None);
        sweep.after_commit(&fixture.connection, true);
        assert!(sweep.is_due() && sweep.idle_pause().is_some());
        while sweep.is_due() {
            assert!(
                sweep
                    .step(&fixture.connection, &fixture.generations)
                    .is_ok()
            );
        }
        let path = fixture.folder.path().join("a.db");
        let other = connection::open_unchecked(&path).expect("a connection");
        other
            .execute("INSERT INTO t VALUES (1)", [])
            .expect("a commit");
        sweep.after_commit(&fixture.connection, false);
        assert!(sweep.is_due());
    }
}
