//! The engine that stores everything in one SQLite file.
//!
//! Reads and writes go different ways. Readers are pooled connections that cannot write; a point
//! read takes microseconds and runs inline. All writes pass through one thread, which commits the
//! jobs that wait in one transaction, so that many callers share the cost of a durable commit
//! (`synchronous=FULL`). Searches run on threads of their own.

pub(super) mod backup;
mod connection;
mod creation;
mod database_id;
mod directory;
mod error;
pub(super) mod examination;
mod file_identity;
mod file_kind;
mod free_space;
mod generation;
mod host_links;
mod keys;
mod link_key;
mod metrics;
mod migrations;
mod mounts;
mod only_name;
mod outage;
mod priority;
mod ratings;
mod room_search;
mod rooms;
mod scan;
mod schema;
mod search_threads;
mod serve_lock;
mod side_files;
pub(super) mod status;
mod users;
mod wal;
mod wal_pragmas;
mod writer;

use super::{
    Error, Failure, Generation, MigrationEvent, Missing, OpenError, STORE_THREADS, check_threads,
};
use connection::{OpenFiles, Readers, open_error};
use file_identity::FileIdentities;
use generation::Generations;
use link_key::LinkKey;
use log::warn;
use rusqlite::Connection;
use search_threads::SearchThreads;
use serve_lock::ServeLock;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wal::Checkpointer;
use wal_pragmas::WalSize;
use writer::Writer;

/// An open SQLite database.
#[derive(Debug)]
pub struct Engine {
    path: PathBuf,
    readers: Readers,
    searches: SearchThreads,
    writer: Writer,
    generations: Arc<Generations>,
    link_key: Arc<LinkKey>,
    lock: Option<ServeLock>,
}

impl Engine {
    /// Opens the database file for one reader at a time.
    pub(super) fn open(
        path: &Path,
        missing: Missing,
        observer: &mut dyn FnMut(MigrationEvent) -> ControlFlow<()>,
    ) -> Result<Self, OpenError> {
        if missing == Missing::Fail {
            connection::check_exists(path)?;
        }
        Ok(Self::open_locked(path, 1, None, observer)?)
    }

    /// Opens the database file for a server, of which a file can have only one.
    pub(super) fn open_for_serving(
        path: &Path,
        readers: u32,
        observer: &mut dyn FnMut(MigrationEvent) -> ControlFlow<()>,
    ) -> Result<Self, OpenError> {
        let lock = ServeLock::acquire(path)?;
        Ok(Self::open_locked(path, readers, Some(lock), observer)?)
    }

    fn open_locked(
        path: &Path,
        readers: u32,
        lock: Option<ServeLock>,
        observer: &mut dyn FnMut(MigrationEvent) -> ControlFlow<()>,
    ) -> Result<Self, error::OpenError> {
        // Before anything is created: the pool of readers panics where it cannot start its threads.
        check_threads(STORE_THREADS)?;
        let path = connection::create_if_missing(path)?;
        side_files::tighten(&path);
        let mut is_migrated = false;
        let connection = open_newest(&path, lock.as_ref(), &mut |event| {
            is_migrated = true;
            observer(event)
        })?;
        connection::enter_wal_mode(&connection, &path)?;
        // A server that was killed may have had something to erase, and versions before schema 2 did
        // not erase at all. Beside a server, the WAL is the server's.
        let is_left = || wal_pragmas::measure(&connection).is_ok_and(|wal| wal != WalSize::EMPTY);
        let has_old_content = is_migrated || (lock.is_some() && is_left());
        let link_key = LinkKey::read(&connection)?;
        let files = Arc::new(OpenFiles::open(&path)?);
        let connection = files.hold(connection);
        if lock.is_some() {
            warn_of_unindexed_commits(&connection, &path, &files);
        }
        let open = || Ok::<_, error::OpenError>(files.hold(connection::open_unchecked(&path)?));
        let checkpointer = Checkpointer::new(open()?, Arc::clone(&files))?;
        let generations = Arc::new(Generations::new(Arc::clone(&files)));
        Ok(Self {
            readers: connection::open_readers(&path, readers, &files)?,
            searches: SearchThreads::start(&path, &files)?,
            writer: Writer::start(
                connection,
                checkpointer,
                FileIdentities::read(&path)?,
                Arc::clone(&generations),
                has_old_content,
            )?,
            generations,
            link_key: Arc::new(link_key),
            path,
            lock,
        })
    }

    /// Returns the absolute path of the database file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn generation(&self) -> Option<Generation> {
        self.generations.now()
    }

    pub(super) async fn check_ready(&self) -> Result<(), Error> {
        self.read(schema::check_readable)?;
        self.writer.submit(schema::rewrite_version).await
    }

    pub(super) async fn failed(&self) -> Failure {
        self.writer.failed().await.into()
    }

    pub(super) fn close(&self) {
        self.writer.close();
    }

    /// Runs a point read on the calling thread.
    fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        query(&*self.readers.get()?)
    }
}

/// Warns of commits in the WAL that SQLite does not know, because another process has held the index
/// of the WAL since a server died: see [`wal::unindexed`].
fn warn_of_unindexed_commits(connection: &Connection, path: &Path, files: &OpenFiles) {
    let wal = connection::beside(path, "-wal");
    let frames = wal::unindexed::count(connection, &wal, &files.wal_index);
    if frames > 0 {
        warn!(
            "the write-ahead log {} has {frames} pages that an earlier server wrote while it died, and \
             another program has held the log open since: the database has every change that was \
             acknowledged, but a copy that such a program makes of the log, as Litestream does, may \
             be damaged: stop that program, then let it make a new copy",
            wal.display()
        );
    }
}

/// Opens a connection to a database, which is of the newest schema then.
fn open_newest(
    path: &Path,
    lock: Option<&ServeLock>,
    observer: &mut dyn FnMut(MigrationEvent) -> ControlFlow<()>,
) -> Result<Connection, error::OpenError> {
    creation::roll_back_interrupted(path)?;
    connection::check_file(path)?;
    let mut connection = connection::open_unchecked(path)?;
    match schema::inspect(&connection, path)? {
        0 => schema::create(&mut connection).map_err(|error| open_error(path, &error))?,
        schema::NEWEST => {}
        older => {
            // Without a connection of this process, because the migration opens the file itself.
            drop(connection);
            migrations::run(path, older, lock, observer)?;
            connection = connection::open_unchecked(path)?;
        }
    }
    Ok(connection)
}
