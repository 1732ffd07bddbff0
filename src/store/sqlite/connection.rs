//! Opening SQLite connections, each with the settings that the guarantees rest on.

pub(super) use super::error::cannot_open;
use super::error::{OpenError, is_full_disk};
use super::file_kind::check_is_file;
use super::only_name::check_only_name;
pub(super) use super::side_files::beside;
use super::side_files::{folder_of, make_private};
use super::wal_pragmas::{self, LIMIT_PAGES};
use crate::store::Error;
use r2d2::{Pool, PooledConnection};
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::mem;
use std::ops::{Deref, RangeInclusive};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a connection waits for another process: well under the five seconds that callers wait.
const BUSY_TIMEOUT: Duration = Duration::from_secs(3);

/// How long to wait before asking again, where SQLite does not wait by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// How long a thread waits for a reader. Readers are made at the start, so it never should.
const READER_TIMEOUT: Duration = Duration::from_secs(3);

/// More than all the statements of the store.
const STATEMENT_CACHE: usize = 64;

/// The memory for pages of all readers together, in KiB, and that of one. (Tuning: the inner pages of
/// the trees that a look-up descends take 3 MiB with a million rooms. The least is SQLite's own.)
const READERS_CACHE_KIB: u32 = 16 * 1024;
const READER_CACHE_KIB: RangeInclusive<u32> = 2000..=8192;

/// Each connection is used by one thread at a time, so SQLite's own mutex is not needed.
const OPEN_FLAGS: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// "room": see `schema.sql`.
pub(super) const APPLICATION_ID: i32 = 0x726F_6F6D;

/// The files of a database that this process has open itself, besides SQLite's own handles.
///
/// INVARIANT: neither is closed while a connection of this process is open, because closing any
/// handle of a file drops the POSIX locks that SQLite holds on it ("How To Corrupt An SQLite
/// Database File", section 2.2, sqlite.org). Every connection therefore lives in a
/// [`HeldConnection`] or in [`Readers`], which own a share of these files and close first.
#[derive(Debug)]
pub(super) struct OpenFiles {
    /// The database file.
    pub(super) database: File,
    /// The index of the WAL (`-shm`).
    pub(super) wal_index: File,
}

impl OpenFiles {
    /// Opens the files of a database on which a connection has entered WAL mode and read.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let wal_index = beside(path, "-shm");
        Ok(Self {
            database: open_file(OpenOptions::new().read(true).write(true), path)?,
            wal_index: open_file(OpenOptions::new().read(true), &wal_index)?,
        })
    }

    /// Ties a connection to these files.
    pub(super) fn hold(self: &Arc<Self>, connection: Connection) -> HeldConnection {
        HeldConnection {
            connection: Some(connection),
            files: Arc::clone(self),
        }
    }
}

fn open_file(options: &OpenOptions, path: &Path) -> Result<File, OpenError> {
    options.open(path).map_err(|error| cannot_open(path, error))
}

/// A connection that closes before the [`OpenFiles`] of its database do.
#[derive(Debug)]
pub(super) struct HeldConnection {
    /// None only while the value is dropped.
    connection: Option<Connection>,
    files: Arc<OpenFiles>,
}

impl HeldConnection {
    /// Leaves the connection open until the process ends. To close it would write: a checkpoint
    /// into a disk that has just lost data, or into a file that another process owns by now. Its
    /// files stay open with it.
    pub(super) fn abandon(mut self) {
        mem::forget(self.connection.take());
        mem::forget(Arc::clone(&self.files));
    }
}

impl Deref for HeldConnection {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("a connection until it is dropped")
    }
}

impl Drop for HeldConnection {
    fn drop(&mut self) {
        // Before the files, whatever the order of the fields.
        drop(self.connection.take());
    }
}

/// A pool of connections that only read.
#[derive(Debug)]
pub(super) struct Readers {
    /// None only while the value is dropped.
    pool: Option<Pool<SqliteConnectionManager>>,
    _files: Arc<OpenFiles>,
}

impl Readers {
    pub(super) fn get(&self) -> Result<PooledConnection<SqliteConnectionManager>, Error> {
        let pool = self.pool.as_ref().expect("a pool until it is dropped");
        Ok(pool.get()?)
    }

    /// Returns how many connections there are.
    pub(super) fn count(&self) -> ReaderCount {
        let pool = self.pool.as_ref().expect("a pool until it is dropped");
        let state = pool.state();
        ReaderCount {
            all: state.connections.into(),
            busy: state
                .connections
                .saturating_sub(state.idle_connections)
                .into(),
        }
    }
}

/// How many connections read.
pub(super) struct ReaderCount {
    pub(super) all: u64,
    /// Those of them that are in use.
    pub(super) busy: u64,
}

impl Drop for Readers {
    fn drop(&mut self) {
        // Before the files, whatever the order of the fields.
        drop(self.pool.take());
    }
}

/// Fails where there is no database: no file, an empty one, or a device and the like. Creates nothing.
///
/// The file is not opened: closing it would drop the locks of a connection of this process.
pub(super) fn check_exists(path: &Path) -> Result<(), OpenError> {
    check_is_file(path)?;
    match fs::metadata(path) {
        Ok(file) if file.len() == 0 => Err(OpenError::Missing(path.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(OpenError::Missing(path.to_owned()))
        }
        Err(error) => Err(cannot_open(path, error)),
        Ok(_) => Ok(()),
    }
}

/// Makes an empty file that only its owner can read where there is none; returns its real path. If
/// root makes it, it belongs to the owner of its folder. Of a file that may not be written the system
/// gives the reason, which SQLite does not.
pub(super) fn create_if_missing(path: &Path) -> Result<PathBuf, OpenError> {
    check_is_file(path)?;
    let is_new = !path.exists();
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options
        .open(path)
        .map_err(|error| cannot_open(path, error))?;
    let path = path
        .canonicalize()
        .map_err(|error| cannot_open(path, error))?;
    if is_new {
        make_private(&file, folder_of(&path)).map_err(|error| cannot_open(&path, error))?;
    }
    Ok(path)
}

/// Rejects, before SQLite touches it, what is no regular file, and a file that by its first bytes is not a database of roomd, that
/// was truncated, or that has another name. A database of roomd has its application id from the first
/// transaction on, which is written without a WAL.
pub(super) fn check_file(path: &Path) -> Result<(), OpenError> {
    // Offsets from "Database File Format", section 1.3, sqlite.org.
    const MAGIC: &[u8] = b"SQLite format 3\0";
    const HEADER_BYTES: u64 = 100;
    const PAGE_SIZE_AT: usize = 16;
    const APPLICATION_ID_AT: usize = 68;

    check_is_file(path)?;
    let mut header = Vec::new();
    File::open(path)
        .and_then(|file| file.take(HEADER_BYTES).read_to_end(&mut header))
        .map_err(|error| cannot_open(path, error))?;
    check_only_name(path)?;
    if header.is_empty() {
        return Ok(());
    }
    let mark = header.get(APPLICATION_ID_AT..APPLICATION_ID_AT + 4);
    if !header.starts_with(MAGIC) || mark != Some(&APPLICATION_ID.to_be_bytes()) {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    let page_bytes = match u16::from_be_bytes([header[PAGE_SIZE_AT], header[PAGE_SIZE_AT + 1]]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    check_is_whole(path, page_bytes)
}

/// Rejects a file that ends inside a page, which SQLite would fill with zeros. After a crash a file
/// may end so: then a WAL or journal beside it has what is missing.
fn check_is_whole(path: &Path, page_bytes: u64) -> Result<(), OpenError> {
    let bytes = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    let has_log = ["-wal", "-journal"]
        .iter()
        .any(|suffix| bytes(&beside(path, suffix)) > 0);
    if has_log || bytes(path).is_multiple_of(page_bytes) {
        return Ok(());
    }
    Err(OpenError::Damaged {
        path: path.to_owned(),
        reason: "it ends in the middle of a page".into(),
    })
}

/// Opens a connection that can write, to a file whose schema was not inspected yet; changes nothing
/// in it.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that opens connections"
)]
pub(super) fn open_unchecked(path: &Path) -> Result<Connection, OpenError> {
    let connection =
        Connection::open_with_flags(path, OPEN_FLAGS).map_err(|error| open_error(path, &error))?;
    configure(&connection).map_err(|error| open_error(path, &error))?;
    Ok(connection)
}

/// Turns WAL mode on and makes sure that it is.
pub(super) fn enter_wal_mode(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let started = Instant::now();
    let mode = loop {
        // SQLite does not wait by itself where it would have to give up a lock that it holds.
        match set_wal_mode(connection) {
            Err(error) if is_busy(&error) && started.elapsed() < BUSY_TIMEOUT => {
                thread::sleep(BUSY_PAUSE);
            }
            outcome => break outcome.map_err(|error| open_error(path, &error))?,
        }
    };
    if mode != "wal" {
        return Err(OpenError::NoWriteAheadLog(path.to_owned()));
    }
    // The first read creates the WAL and its index.
    let read = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    read.map_err(|error| open_error(path, &error))
}

fn set_wal_mode(connection: &Connection) -> rusqlite::Result<String> {
    connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// Opens a pool of `count` connections that can only read.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that opens connections"
)]
pub(super) fn open_readers(
    path: &Path,
    count: u32,
    files: &Arc<OpenFiles>,
) -> Result<Readers, OpenError> {
    let cache_kib = READERS_CACHE_KIB / count;
    let cache_kib = cache_kib.clamp(*READER_CACHE_KIB.start(), *READER_CACHE_KIB.end());
    let manager = SqliteConnectionManager::file(path)
        .with_flags(OPEN_FLAGS)
        .with_init(move |connection| {
            configure_reader(connection)?;
            // SQLite reads a negative number as KiB.
            connection.pragma_update(None, "cache_size", -i64::from(cache_kib))
        });
    let pool = Pool::builder()
        .max_size(count)
        .test_on_check_out(false)
        .max_lifetime(None)
        .idle_timeout(None)
        .connection_timeout(READER_TIMEOUT)
        .build(manager);
    match pool {
        Ok(pool) => Ok(Readers {
            pool: Some(pool),
            _files: Arc::clone(files),
        }),
        Err(error) => Err(OpenError::CannotOpen {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// Opens a connection that can only read.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let connection = open_unchecked(path)?;
    configure_reader(&connection).map_err(|error| open_error(path, &error))?;
    Ok(connection)
}

fn configure_reader(connection: &Connection) -> rusqlite::Result<()> {
    configure(connection)?;
    connection.pragma_update(None, "query_only", true)
}

/// Sets what a database file does not store: each connection needs it anew.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // What is deleted or replaced is overwritten with zeros.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    wal_pragmas::limit_file(connection, LIMIT_PAGES)?;
    connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    Ok(())
}

/// What to tell the operator of an error while opening.
pub(super) fn open_error(path: &Path, error: &rusqlite::Error) -> OpenError {
    let (path, reason) = (path.to_owned(), error.to_string());
    if is_full_disk(error) {
        return cannot_open(&path, ErrorKind::StorageFull.into());
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            OpenError::Damaged { path, reason }
        }
        _ => OpenError::CannotOpen { path, reason },
    }
}
