//! Examines a database file, the SQLite that is linked, and the disk.

mod disk;

pub(super) use disk::free_bytes;

use super::connection::{self, check_exists, check_file, open_unchecked};
use super::error::OpenError;
use super::host_links::gave_host_links;
use super::schema::{self, Depth};
use crate::model::Timestamp;
use crate::store::{Check, Examination, Facts};
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// The first SQLite without the WAL-reset bug: versions from 3.7.0 on can lose commits when a WAL is
/// reset ("The WAL-Reset Bug", sqlite.org/wal.html).
const FIRST_SAFE_SQLITE: i32 = 3_051_003;

/// Options that SQLite must have been built with, by the names that it reports itself ("PRAGMA
/// compile_options", sqlite.org), and what is wrong without them.
const BUILD_OPTIONS: [(&str, &str); 3] = [
    (
        "THREADSAFE=1",
        "connections may not be used from several threads",
    ),
    (
        "DEFAULT_MEMSTATUS=0",
        "it is slow: build roomd in its own folder, where .cargo/config.toml sets LIBSQLITE3_FLAGS",
    ),
    (
        "ENABLE_DBPAGE_VTAB",
        "copies of deleted values may stay in the file: build roomd in its own folder, where \
         .cargo/config.toml sets LIBSQLITE3_FLAGS",
    ),
];

/// With less free space, in bytes, a check fails: the WAL may need as much.
const LITTLE_SPACE: u64 = 128 << 20;

/// With less free space, in bytes, a check warns.
const SOME_SPACE: u64 = 1 << 30;

/// What is read of a database.
struct Found {
    schema: i64,
    journal_mode: String,
    fault: Option<String>,
    /// Rows whose key an older row has: see the migration to schema 2.
    conflicts: Vec<String>,
    facts: Facts,
}

pub(in crate::store) fn examine(database: &Path) -> Examination {
    let mut checks = vec![sqlite(), file_system(database), free_space(database)];
    let facts = match read_file(database) {
        Ok(found) => {
            checks.push(Check::ok("database", database.display()));
            checks.push(permissions(database));
            checks.push(schema(found.schema));
            checks.push(write_ahead_log(&found.journal_mode));
            checks.push(integrity(found.fault.as_deref()));
            checks.push(names(&found.conflicts));
            Some(found.facts)
        }
        Err(error) => {
            checks.push(Check::failed("database", error));
            None
        }
    };
    Examination { checks, facts }
}

fn read_file(database: &Path) -> Result<Found, OpenError> {
    check_exists(database)?;
    check_file(database)?;
    let connection = open_unchecked(database)?;
    read(&connection).map_err(|error| connection::open_error(database, &error))
}

fn read(connection: &Connection) -> rusqlite::Result<Found> {
    let latest = |sql: &str| connection.query_row(sql, [], |row| row.get(0)).optional();
    let created = [
        latest("SELECT created_at FROM users ORDER BY user_id DESC LIMIT 1")?,
        latest("SELECT created_at FROM rooms ORDER BY created_at DESC LIMIT 1")?,
    ];
    let latest = created.into_iter().flatten().max();
    let valid_keys = connection.query_row(
        "SELECT count(*) FROM api_keys WHERE revoked_at IS NULL",
        [],
        |row| row.get(0),
    )?;
    let version = schema::version(connection)?;
    Ok(Found {
        schema: version,
        journal_mode: connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?,
        fault: schema::find_fault(connection, Depth::Full)?,
        conflicts: find_conflicts(connection)?,
        facts: Facts {
            latest: latest.map(Timestamp::from_unix),
            valid_keys,
            has_host_links: gave_host_links(connection)?,
        },
    })
}

/// Finds the rows whose key has U+001F in it, which no typed text has.
fn find_conflicts(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut conflicts = Vec::new();
    for (noun, sql) in [
        (
            "e-mail address",
            "SELECT email FROM users WHERE instr(email_key, char(31)) > 0 ORDER BY user_id",
        ),
        (
            "username",
            "SELECT username FROM users WHERE instr(username_key, char(31)) > 0 ORDER BY user_id",
        ),
        (
            "room name",
            "SELECT name FROM rooms WHERE instr(name_key, char(31)) > 0 ORDER BY room_id",
        ),
    ] {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        for text in rows {
            conflicts.push(format!("{noun} \"{}\"", text?));
        }
    }
    Ok(conflicts)
}

fn sqlite() -> Check {
    const NAME: &str = "sqlite";
    let version = rusqlite::version();
    if rusqlite::version_number() < FIRST_SAFE_SQLITE {
        let found = format!("{version} can lose commits: build roomd with SQLite 3.51.3 or newer");
        return Check::failed(NAME, found);
    }
    match build_options() {
        Ok(options) => build(version, &options),
        Err(error) => Check::failed(NAME, format!("{version} does not work: {error}")),
    }
}

fn build_options() -> rusqlite::Result<Vec<String>> {
    let connection = Connection::open_in_memory()?;
    let mut statement = connection.prepare("PRAGMA compile_options")?;
    let options = statement.query_map([], |row| row.get(0))?;
    options.collect()
}

fn build(version: &str, options: &[String]) -> Check {
    let is_missing = |option: &str| options.iter().all(|found| found != option);
    match BUILD_OPTIONS.iter().find(|(option, _)| is_missing(option)) {
        None => Check::ok("sqlite", version),
        Some((option, reason)) => Check::warning(
            "sqlite",
            format!("{version} was built without {option}: {reason}"),
        ),
    }
}

fn file_system(database: &Path) -> Check {
    const NAME: &str = "file system";
    match disk::file_system(database) {
        None => Check::ok(NAME, "unknown: this system does not tell its kind"),
        Some(kind) if disk::is_remote(&kind) => Check::failed(
            NAME,
            format!(
                "{kind} is shared between machines, which breaks the write-ahead log: use a local \
                 disk"
            ),
        ),
        Some(kind) => Check::ok(NAME, kind),
    }
}

fn free_space(database: &Path) -> Check {
    const NAME: &str = "free space";
    let Some(free) = disk::free_bytes(database) else {
        return Check::ok(NAME, "unknown: this system does not tell");
    };
    let found = format!("{} MiB", free >> 20);
    match free {
        0..LITTLE_SPACE => Check::failed(
            NAME,
            format!("{found}: soon nothing can be written; free some space"),
        ),
        LITTLE_SPACE..SOME_SPACE => Check::warning(NAME, format!("{found}: free some space")),
        SOME_SPACE.. => Check::ok(NAME, found),
    }
}

fn permissions(database: &Path) -> Check {
    const NAME: &str = "permissions";
    if let Err(place) = disk::check_writable(database) {
        let found = format!("this user cannot write {}", place.display());
        return Check::failed(NAME, found);
    }
    if disk::is_open_to_others(database) {
        let found = format!(
            "other users can read {0}: run `chmod 600 {0}`",
            database.display()
        );
        return Check::warning(NAME, found);
    }
    Check::ok(NAME, "only this user can read and write the database")
}

fn schema(found: i64) -> Check {
    const NAME: &str = "schema";
    let newest = schema::NEWEST;
    if found > newest {
        Check::failed(
            NAME,
            format!("{found}, and this roomd knows schemas up to {newest}: use a newer roomd"),
        )
    } else if found < newest {
        Check::warning(
            NAME,
            format!("{found}: the next start migrates it to {newest}, after a copy beside it"),
        )
    } else {
        Check::ok(NAME, found)
    }
}

fn write_ahead_log(journal_mode: &str) -> Check {
    const NAME: &str = "write-ahead log";
    match journal_mode {
        "wal" => Check::ok(NAME, "on"),
        // A database that is served cannot be in another mode, and one that is not served needs none.
        mode => Check::ok(
            NAME,
            format!("off ({mode}), as in a backup that was not served since: `serve` turns it on"),
        ),
    }
}

fn integrity(fault: Option<&str>) -> Check {
    match fault {
        None => Check::ok("integrity", "every page, index and reference is whole"),
        Some(fault) => Check::failed("integrity", format!("{fault}: restore a backup")),
    }
}

fn names(conflicts: &[String]) -> Check {
    const NAME: &str = "names";
    if conflicts.is_empty() {
        return Check::ok(NAME, "no two are the same");
    }
    let found = format!(
        "older rows have the same: {}; change each to be found by it",
        conflicts.join(", ")
    );
    Check::warning(NAME, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::CheckStatus;

    #[test]
    fn the_linked_sqlite_was_built_as_it_must_be() {
        let check = sqlite();
        assert_eq!(check.status, CheckStatus::Ok, "{check:?}");
    }

    #[test]
    fn an_option_that_is_missing_is_named() {
        let options = ["THREADSAFE=1", "DEFAULT_MEMSTATUS=1"].map(str::to_owned);
        let check = build("3.99.0", &options);
        assert_eq!(check.status, CheckStatus::Warning);
        assert!(check.found.contains("DEFAULT_MEMSTATUS=0"), "{check:?}");
    }

    #[test]
    fn a_schema_may_be_older_and_not_newer() {
        let statuses = [-1, 0, 1].map(|more| schema(schema::NEWEST + more).status);
        let expected = [CheckStatus::Warning, CheckStatus::Ok, CheckStatus::Failed];
        assert_eq!(statuses, expected);
    }
}
