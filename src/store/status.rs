//! What operators see of a database and its server from outside.

use super::{Contents, DatabaseId, Location, OpenError, Store, sqlite};
use crate::model::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A server, as it describes itself beside its database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerNote {
    /// The version of the program.
    pub version: String,
    /// The URL of the address that it listens on.
    pub url: String,
    /// The number of its process.
    pub process: u32,
    /// When it was ready, by RFC 3339.
    pub started_at: String,
}

/// Whether a server uses a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerState {
    /// None.
    Stopped,
    /// One; its note, if it has written one. It has not while it starts, or migrates the database.
    Running(Option<ServerNote>),
}

/// A database and its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The server.
    pub server: ServerState,
    /// What the database has.
    pub contents: Contents,
    /// Which database it is; None for schema 1.
    pub database_id: Option<DatabaseId>,
    /// The size of the database in bytes.
    pub bytes: u64,
    /// The size of the write-ahead log in bytes.
    pub wal_bytes: u64,
    /// When `roomd backup` made and verified the last backup, wherever that is; None if that is not known.
    pub last_backup_at: Option<Timestamp>,
    /// The copy that the last migration has made of the database before, if it is still there.
    pub migration_copy: Option<PathBuf>,
}

impl Store {
    /// Lets others know of the server that has this database open. The note goes with the server.
    pub fn announce(&self, note: &ServerNote) {
        match self {
            Self::Sqlite(engine) => engine.announce(note),
        }
    }
}

/// Looks at a database, which may be in use, and changes nothing.
///
/// # Errors
/// A database that cannot be read.
pub fn status(database: &Location) -> Result<Status, OpenError> {
    match database {
        Location::File(path) => sqlite::status::status(path),
    }
}
