//! The database that a restore replaces: what must stay of it, and what it holds no more.

use crate::store::sqlite::connection::{check_file, open_unchecked};
use crate::store::sqlite::schema;
use crate::store::{BackupError, Excerpt, Location, OldDatabase, Returning};
use rusqlite::{Connection, ErrorCode, OptionalExtension, ToSql};
use std::path::Path;
use std::time::Duration;

/// The database that is replaced, open.
pub(super) struct Old {
    /// None if it cannot be read, or is empty.
    connection: Option<Connection>,
    is_empty: bool,
}

/// A row of `api_keys` with a revoked key.
struct RevokedKey {
    access_key: String,
    digest: [u8; 32],
    name: String,
    created_at: i64,
    revoked_at: i64,
}

/// A room whose host links were revoked.
struct RaisedEpoch {
    guid: [u8; 16],
    created_at: i64,
    epoch: i64,
}

impl Old {
    /// Opens a database to compare it, which may be in use. One that this program cannot use stays
    /// as it is.
    pub(super) fn open(database: &Path) -> Self {
        let opened = open_checked(database)
            .filter(|connection| schema::inspect(connection, database).is_ok());
        Self::from_opened(opened)
    }

    /// Opens a database that no other process uses, and locks it: no process can revoke a key until
    /// this value is dropped. All of the database is in its file then, without a WAL.
    ///
    /// # Errors
    /// A database in use. One that cannot be read is no error: it is a reason to restore a backup.
    pub(super) fn lock(database: &Path) -> Result<Self, BackupError> {
        let Some(connection) = open_checked(database) else {
            return Ok(Self::from_opened(None));
        };
        match leave_wal_mode(&connection) {
            Ok(()) => Ok(Self::from_opened(Some(connection))),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                Err(BackupError::InUse(Location::File(database.to_owned())))
            }
            Err(_) => Ok(Self::from_opened(None)),
        }
    }

    fn from_opened(connection: Option<Connection>) -> Self {
        let version = connection
            .as_ref()
            .map(|connection| schema::version(connection).unwrap_or(-1));
        Self {
            connection: connection
                .filter(|_| version.is_some_and(|version| (1..=schema::NEWEST).contains(&version))),
            is_empty: version == Some(0),
        }
    }

    /// Returns what a copy of the backup has that this database has not.
    pub(super) fn compare(&self, copy: &Connection) -> OldDatabase {
        match &self.connection {
            None if self.is_empty => OldDatabase::Absent,
            None => OldDatabase::Unreadable,
            Some(old) => {
                returning(old, copy).map_or(OldDatabase::Unreadable, OldDatabase::Readable)
            }
        }
    }

    /// Revokes in a copy of the backup every key and every host link that is revoked in this database.
    /// Keys that were created after the backup come along, so that a later backup cannot make them valid
    /// either.
    ///
    /// # Errors
    /// A copy that cannot be written.
    pub(super) fn carry_revocations(&self, copy: &mut Connection) -> rusqlite::Result<()> {
        let Some(old) = &self.connection else {
            return Ok(());
        };
        // Where they cannot be read, the comparison has said so.
        let revoked = revoked_keys(old).unwrap_or_default();
        let epochs = host_epochs(old).unwrap_or_default();
        let transaction = copy.transaction()?;
        for key in revoked {
            let changed = transaction.execute(
                "UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?2) WHERE access_key = ?1",
                (&key.access_key, key.revoked_at),
            )?;
            if changed == 0 {
                transaction.execute(
                    "INSERT INTO api_keys (access_key, digest, name, created_at, revoked_at)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                    (
                        &key.access_key,
                        key.digest,
                        &key.name,
                        key.created_at,
                        key.revoked_at,
                    ),
                )?;
            }
        }
        // An older backup has no host links, and its migration starts their epochs anew.
        if has_host_links(&transaction)? {
            let mut raise = transaction.prepare(
                "UPDATE rooms SET host_epoch = ?3
                  WHERE room_guid = ?1 AND created_at = ?2 AND host_epoch < ?3",
            )?;
            for room in epochs {
                raise.execute((room.guid, room.created_at, room.epoch))?;
            }
        }
        transaction.commit()
    }
}

fn open_checked(database: &Path) -> Option<Connection> {
    // Before the connection is open, because it opens and closes the file.
    check_file(database).ok()?;
    open_unchecked(database).ok()
}

/// Checkpoints a database, deletes its WAL and locks it. SQLite does that only for a process that is
/// the only one to use the database.
fn leave_wal_mode(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
    connection.execute_batch("BEGIN EXCLUSIVE")
}

fn revoked_keys(old: &Connection) -> rusqlite::Result<Vec<RevokedKey>> {
    let mut statement = old.prepare(
        "SELECT access_key, digest, name, created_at, revoked_at FROM api_keys
         WHERE revoked_at IS NOT NULL ORDER BY key_id",
    )?;
    let keys = statement.query_map([], |row| {
        Ok(RevokedKey {
            access_key: row.get(0)?,
            digest: row.get(1)?,
            name: row.get(2)?,
            created_at: row.get(3)?,
            revoked_at: row.get(4)?,
        })
    })?;
    keys.collect()
}

/// Returns whether the rooms of a database have host links, as they have since schema 3.
fn has_host_links(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(schema::version(connection)? >= 3)
}

fn host_epochs(old: &Connection) -> rusqlite::Result<Vec<RaisedEpoch>> {
    if !has_host_links(old)? {
        return Ok(Vec::new());
    }
    let mut statement =
        old.prepare("SELECT room_guid, created_at, host_epoch FROM rooms WHERE host_epoch > 0")?;
    let epochs = statement.query_map([], |row| {
        Ok(RaisedEpoch {
            guid: row.get(0)?,
            created_at: row.get(1)?,
            epoch: row.get(2)?,
        })
    })?;
    epochs.collect()
}

fn returning(old: &Connection, copy: &Connection) -> rusqlite::Result<Returning> {
    // That the keys and the host links can be read is part of the comparison.
    revoked_keys(old)?;
    host_epochs(old)?;
    Ok(Returning {
        users: missing_rows(
            copy,
            "SELECT user_guid, created_at, email FROM users ORDER BY user_id",
            old,
            "SELECT 1 FROM users WHERE user_guid = ?1 AND created_at = ?2",
        )?,
        rooms: missing_rows(
            copy,
            "SELECT room_guid, rooms.created_at, rooms.name || ' of ' || email FROM rooms
             JOIN users ON email_key = creator_email ORDER BY room_id",
            old,
            "SELECT 1 FROM rooms WHERE room_guid = ?1 AND created_at = ?2",
        )?,
    })
}

/// Returns the rows of one database that another has not. `list` selects GUID, date and text;
/// `find` takes GUID and date, by which both tables have an index.
fn missing_rows(
    from: &Connection,
    list: &str,
    other: &Connection,
    find: &str,
) -> rusqlite::Result<Excerpt> {
    let (mut list, mut find) = (from.prepare(list)?, other.prepare(find)?);
    let mut rows = list.query([])?;
    let mut missing = Excerpt::default();
    while let Some(row) = rows.next()? {
        let (guid, date): ([u8; 16], i64) = (row.get(0)?, row.get(1)?);
        let key: [&dyn ToSql; 2] = [&guid, &date];
        if find.query_row(key, |_| Ok(())).optional()?.is_none() {
            missing.push(|| row.get(2))?;
        }
    }
    Ok(missing)
}
