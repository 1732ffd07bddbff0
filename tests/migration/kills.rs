//! A migration that is killed at any moment leaves a database that opens as old or as new.

use crate::support::{DATABASE, Folder, Process, STOP_TIMEOUT, number, open, say, seed};
use crate::{COPY, NEW, OLD, fixture, schema};
use fastrand::Rng;
use std::fs;
use std::time::{Duration, Instant};

/// How many kills `cargo test` makes. `ROOMD_MIGRATION_KILLS` sets another number.
const KILLS: u64 = 10;

/// How many users and rooms are added to the fixture, so that the migration takes a while.
const MORE: u32 = 3000;

#[test]
fn a_migration_that_is_killed_at_any_moment_loses_nothing() {
    let kills = number("ROOMD_MIGRATION_KILLS").unwrap_or(KILLS);
    let mut rng = Rng::with_seed(seed());
    let old = old_database();
    let duration = migrate(&old);
    let (mut as_old, mut as_new) = (0, 0);
    for _ in 0..kills {
        let folder = Folder::new();
        folder.write(DATABASE, &old);
        let moment = duration.mul_f64(rng.f64() * 1.1);
        let process = Process::spawn(&mut folder.command(&["user", "list", "--size", "1"]));
        // The list comes after the migration.
        process.is_silent_for(moment);
        drop(process);
        match found(&folder) {
            OLD => as_old += 1,
            NEW => as_new += 1,
            other => panic!("schema {other}"),
        }
        let exit = folder.run(&["user", "list", "--size", "1"]);
        assert!(exit.status.success(), "{exit:?}");
        assert_eq!(found(&folder), NEW);
        let copies = folder.files().into_keys();
        let copies = copies.filter(|name| name.starts_with(COPY) && !name.ends_with(".json"));
        // An attempt that was killed adds no further copy of the same database.
        assert_eq!(copies.collect::<Vec<_>>(), [COPY]);
        assert_eq!(schema(&folder.path(COPY)), OLD);
    }
    say(&format!(
        "{kills} kills in {duration:?}: {as_old} left schema {OLD}, {as_new} schema {NEW}"
    ));
}

/// Returns the bytes of a larger database of schema 1.
fn old_database() -> Vec<u8> {
    let folder = Folder::new();
    folder.write(DATABASE, fs::read(fixture("closed.db")).expect("a fixture"));
    let mut connection = open(&folder.path(DATABASE));
    let transaction = connection.transaction().expect("a transaction");
    for n in 0..MORE {
        let guid = |kind: u8| [&[kind; 8][..], &u64::from(n).to_be_bytes()].concat();
        let email = format!("more{n}@example.com");
        let user = "INSERT INTO users VALUES (NULL, ?1, ?2, ?2, ?2, ?2, 'A', 'B', 'u', '', 1, 1,
                                              'tr-TR', 'Europe/Istanbul', NULL, 0, NULL)";
        let room =
            "INSERT INTO rooms VALUES (NULL, ?1, ?2, ?2, ?2, ?3, 'en-US', NULL, 1, 0, '{}', 0)";
        transaction
            .execute(user, (guid(1), &email))
            .expect("a user");
        let token = format!("{n:010}");
        transaction
            .execute(room, (guid(2), &email, token))
            .expect("a room");
    }
    transaction.commit().expect("a commit");
    let truncated = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    truncated.expect("a checkpoint");
    drop(connection);
    fs::read(folder.path(DATABASE)).expect("a file")
}

/// Migrates a database without a kill; returns how long that takes.
fn migrate(old: &[u8]) -> Duration {
    let folder = Folder::new();
    folder.write(DATABASE, old);
    let started = Instant::now();
    let exit = folder.run(&["user", "list", "--size", "1"]);
    assert!(exit.status.success(), "{exit:?}");
    started.elapsed()
}

/// Opens what a process left, as SQLite does; returns its schema. Everything must be there.
fn found(folder: &Folder) -> i64 {
    let database = open(&folder.path(DATABASE));
    let whole = database.query_row("PRAGMA integrity_check", [], |row| row.get(0));
    assert_eq!(whole, Ok("ok".to_owned()));
    let sql = "SELECT count(*) FROM rooms r JOIN users u ON u.email_key = r.creator_email";
    let rooms: u32 = database
        .query_row(sql, [], |row| row.get(0))
        .expect("a count");
    assert!(rooms > MORE);
    schema(&folder.path(DATABASE))
}

/// A signal that comes with the first step of a migration, which is logged.
#[cfg(unix)]
#[test]
fn a_migration_that_a_signal_stops_leaves_the_old_database_or_the_new_one_and_nothing_else() {
    let folder = Folder::new();
    folder.write(DATABASE, old_database());
    let server = Process::spawn(&mut folder.command(&["serve", "--listen", "127.0.0.1:0"]));
    server.next_log_line("the database has schema 1");
    server.signal("TERM");
    let exit = server.wait(STOP_TIMEOUT);
    assert_eq!(exit.status.code(), Some(0), "{exit:?}");
    let unfinished = |name: &String| name.starts_with(".tmp");
    let files: Vec<_> = folder.files().into_keys().collect();
    assert!(!files.iter().any(unfinished), "{files:?}");
    let schema = found(&folder);
    assert!([OLD, NEW].contains(&schema), "{schema}");
    folder.serve(&[]).stop();
    assert_eq!(found(&folder), NEW);
}
