//! Databases that older versions left behind, migrated to the newest schema. The files in
//! `tests/fixtures` are frozen: its README says how each was made.

mod answers;
mod kills;
mod schema_2;
mod schema_3;
#[path = "../support/mod.rs"]
mod support;

use answers::Recorded;
use rusqlite::types::Value as Column;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use support::{DATABASE, Folder, ROOM, ServerProcess, USER, open};

/// The schema of roomd 0.1.0.
const OLD: i64 = 1;

/// The schema that this program uses.
const NEW: i64 = 4;

/// What a migration leaves beside the database.
const COPY: &str = "roomd.db.v1-backup";

/// Returns a file that roomd 0.1.0 left.
fn fixture(name: &str) -> PathBuf {
    fixtures().join("0.1.0").join(name)
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Returns a folder with the database of a server that was stopped.
fn closed() -> Folder {
    closed_by("0.1.0")
}

/// Returns a folder with the database that a version left, by the name of its folder of fixtures.
fn closed_by(version: &str) -> Folder {
    let file = fixtures().join(version).join("closed.db");
    let folder = Folder::new();
    folder.write(DATABASE, fs::read(file).expect("a fixture"));
    folder
}

/// Returns every row of a query.
fn rows(database: &Path, sql: &str) -> Vec<Vec<Column>> {
    let database = open(database);
    let mut statement = database.prepare(sql).expect("a query");
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
    let rows = statement.query_map([], row).expect("rows");
    rows.map(|row| row.expect("a row")).collect()
}

/// Checks that a table has the rows that its copy has, in the columns that the copy has.
fn check_unchanged(table: &str, database: &Path, copy: &Path) {
    let columns = rows(
        copy,
        &format!("SELECT name FROM pragma_table_info('{table}')"),
    );
    let columns: Vec<String> = columns
        .concat()
        .into_iter()
        .map(|name| match name {
            Column::Text(name) => name,
            other => panic!("{other:?}"),
        })
        .collect();
    let sql = format!("SELECT {} FROM {table} ORDER BY rowid", columns.join(", "));
    let before = rows(copy, &sql);
    assert!(!before.is_empty());
    assert!(rows(database, &sql) == before, "{table}");
}

/// Serves the database of a folder as the fixtures were served, without keys.
fn serve(folder: &Folder) -> ServerProcess {
    let mut command = folder.command(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--public-url",
        "https://rooms.example.com",
    ]);
    command.env("ROOMD_AUTH_REQUIRED", "false");
    folder.start(&mut command).expect("it starts")
}

fn schema(database: &Path) -> i64 {
    let number = open(database).pragma_query_value(None, "user_version", |row| row.get(0));
    number.expect("a number")
}

#[test]
fn every_answer_about_an_old_database_is_what_it_was() {
    let folder = closed();
    let server = serve(&folder);
    Recorded::read().check(&server);
    server.stop();
    assert_eq!(schema(&folder.path(DATABASE)), NEW);
    assert_eq!(keys(&folder), Recorded::read().keys);
}

/// Returns the list of keys, without what version 0.1.0 did not say of them.
fn keys(folder: &Folder) -> Value {
    let listed = folder.roomd(&["key", "list", "--json"]);
    let mut listed: Value = serde_json::from_str(&listed).expect("JSON");
    for key in listed.as_array_mut().expect("a list") {
        let key = key.as_object_mut().expect("a key");
        if let Some(guests_only) = key.remove("guests_only") {
            assert_eq!(guests_only, false);
        }
    }
    listed
}

#[test]
fn what_a_killed_server_left_in_the_wal_is_migrated_too() {
    let folder = Folder::new();
    for (from, to) in [("killed.db", DATABASE), ("killed.db-wal", "roomd.db-wal")] {
        folder.write(to, fs::read(fixture(from)).expect("a fixture"));
    }
    let server = serve(&folder);
    Recorded::read().check_late(&server);
    server.stop();
    let copied = open(&folder.path(COPY));
    let sql = "SELECT count(*) FROM rooms WHERE name = 'Committed late'";
    assert_eq!(copied.query_row(sql, [], |row| row.get(0)), Ok(1));
}

#[test]
fn a_migrated_database_has_the_schema_of_a_new_one() {
    let tables = |folder: Folder| {
        folder.run(&["key", "create"]);
        let database = open(&folder.path(DATABASE));
        let sql = "SELECT name, sql FROM sqlite_schema ORDER BY name";
        let mut statement = database.prepare(sql).expect("a query");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        let rows = rows.expect("rows").map(|row| row.expect("texts"));
        rows.map(|(name, sql): (String, Option<String>)| (name, sql.as_deref().map(essence)))
            .collect::<Vec<_>>()
    };
    let new = tables(Folder::new());
    assert_eq!(tables(closed()), new);
    assert_eq!(tables(closed_by("schema-2")), new);
    assert_eq!(tables(closed_by("schema-3")), new);
}

/// Returns SQL without what does not count: comments, and how it is broken into lines.
fn essence(sql: &str) -> String {
    let code = |line: &str| line.split("--").next().unwrap_or_default().to_owned();
    let code: String = sql.lines().map(code).collect::<Vec<_>>().join(" ");
    let is_mark = |c: char| "(),".contains(c);
    let spaced = |c: char| {
        if is_mark(c) {
            format!(" {c} ")
        } else {
            c.to_string()
        }
    };
    let spaced: String = code.chars().map(spaced).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_copy_is_the_old_database_and_replaces_no_file() {
    let folder = closed();
    folder.write(COPY, "mine");
    let exit = folder.run(&["user", "list"]);
    assert!(exit.status.success(), "{exit:?}");
    assert_eq!(folder.files()[COPY], b"mine");
    let copy = folder.path(&format!("{COPY}-2"));
    assert!(
        exit.stderr.contains(copy.to_str().expect("a text")),
        "{exit:?}"
    );
    assert_eq!(schema(&copy), OLD);
    let count = |path: &Path| {
        let sql = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM rooms)";
        open(path).query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    };
    let expected: (i64, i64) = count(&fixture("closed.db")).expect("counts");
    assert_eq!(count(&copy), Ok(expected));
    assert_eq!(count(&folder.path(DATABASE)), Ok(expected));
}

#[test]
fn a_backup_of_an_old_version_is_restored_and_then_migrated() {
    let folder = Folder::new();
    folder.write("old.db", fs::read(fixture("closed.db")).expect("a fixture"));
    folder.roomd(&["restore", "old.db"]);
    let server = serve(&folder);
    Recorded::read().check(&server);
    server.stop();
}

/// Of the rows that fall together the older keeps the key. The newer is unchanged and can be found,
/// changed and given another name.
#[test]
fn rows_that_fall_together_are_all_there_and_each_case_is_reported() {
    let folder = closed();
    let exit = folder.run(&["user", "list"]);
    let report = exit.stderr;
    for (noun, older, newer) in [
        ("room name", "ΑΣ", "ασ"),
        ("room name", "Straße", "STRASSE"),
        ("room name", "Test\u{200b}Case", "testcase"),
        ("room name", "Test\u{200b}Case", "TEST\u{ad}CASE"),
        ("e-mail address", "ΑΣ.X@EX.TEST", "ας.x@ex.test"),
        ("e-mail address", "ada\u{200b}.b@ex.test", "ada.b@ex.test"),
        ("username", "Σίσυφοσ", "ΣΊΣΥΦΟΣ"),
    ] {
        let case = format!("the {noun} \"{newer}\" is now the same as the older \"{older}\"");
        assert_eq!(report.matches(&case).count(), 1, "{case}: {report}");
    }
    assert_eq!(report.matches("is now the same as").count(), 7, "{report}");

    let server = serve(&folder);
    let find = |query: &str| {
        let found = server.get(&format!(
            "{ROOM}/search?query={query}&sort=created_date+asc"
        ));
        found.json()["data"].as_array().expect("rooms").clone()
    };
    // A final sigma is a sigma now.
    let named = |name: &str| find(name).into_iter().map(|room| room["name"].clone());
    assert!(named("%CE%9F%CE%94%CE%9F%CE%A3").any(|name| name == "ΟΔΟΣΗΜΟ"));
    let rooms = find("%CE%91%CE%A3");
    assert_eq!([&rooms[0]["name"], &rooms[1]["name"]], ["ΑΣ", "ασ"]);

    // The newer room changes as any other, until it wants the name that the older one has.
    let path = format!("{ROOM}/{}", rooms[1]["room_guid"].as_str().expect("a GUID"));
    assert_eq!(server.put(&path, &json!({"tags": "new"})).status, 200);
    assert_eq!(server.put(&path, &json!({"name": "ΑΣ"})).status, 409);
    assert_eq!(
        server
            .put(&path, &json!({"name": "A name of its own"}))
            .status,
        200
    );

    // So does the newer user, whose room follows.
    let search = |email: &str| {
        let found = server.post(&format!("{USER}/search"), &json!({"username": email}));
        found.json()[0].clone()
    };
    let small = search("small");
    let user = format!("{USER}/{}", small["user_guid"].as_str().expect("a GUID"));
    assert_eq!(server.put(&user, &json!({"mobile": "1"})).status, 200);
    let own = json!({"creator_email": "ας.x@ex.test", "name": "x"});
    assert_eq!(server.post(ROOM, &own).json()["name"], "Room of capitals");
    assert_eq!(
        server.put(&user, &json!({"email": "small@ex.test"})).status,
        200
    );
    let own = json!({"creator_email": "small@ex.test", "name": "x"});
    assert_eq!(
        server.post(ROOM, &own).json()["name"],
        "Room of small letters"
    );
    server.stop();
    // Nothing is reported twice.
    folder.roomd(&["user", "list"]);
}

#[test]
fn a_database_that_a_server_uses_is_not_migrated() {
    let folder = closed();
    let before = folder.files();
    let lock = File::create(folder.path("roomd.db-lock")).expect("a file");
    lock.lock().expect("a lock");
    let exit = folder.run(&["user", "list"]);
    assert!(
        exit.error_message().contains("another roomd serves"),
        "{exit:?}"
    );
    assert_eq!(folder.files()[DATABASE], before[DATABASE]);
    assert!(!folder.path(COPY).exists());
    drop(lock);
    assert!(folder.run(&["user", "list"]).status.success());
}
