use crate::support::{DATABASE, Folder, open};
use std::collections::BTreeMap;
use std::fs;

/// Arguments with which the program opens a database: two verbs, and the server.
const OPENERS: [&[&str]; 3] = [
    &["user", "list"],
    &["key", "create"],
    &["serve", "--listen", "127.0.0.1:0"],
];

/// Returns the database file and the WAL, unless that is empty.
fn data(folder: &Folder) -> BTreeMap<String, Vec<u8>> {
    let mut files = folder.files();
    files.retain(|name, bytes| {
        name.ends_with(".db") || name.ends_with(".db-wal") && !bytes.is_empty()
    });
    files
}

/// Asserts that neither verbs nor the server can open the database, and that they leave it
/// unchanged; returns the last error message.
#[track_caller]
fn assert_cannot_open(folder: &Folder) -> String {
    let before = data(folder);
    let mut line = String::new();
    for args in OPENERS {
        let exit = folder.run(args);
        line = exit.error_message().to_owned();
        assert!(line.contains(DATABASE), "{line}");
        assert!(data(folder) == before, "{args:?} changed the file: {line}");
    }
    line
}

/// Returns a folder with a database that has users and a key.
fn populated() -> Folder {
    let folder = Folder::new();
    folder.add_users(50);
    folder.add_key();
    folder
}

/// Returns the bytes of such a database, all in one file.
fn intact_database() -> Vec<u8> {
    let mut files = populated().files();
    let wal = files.get("roomd.db-wal");
    assert!(
        wal.is_none_or(Vec::is_empty),
        "the last verb has checkpointed the WAL"
    );
    files.remove(DATABASE).expect("a database")
}

#[test]
fn a_text_file_cannot_be_opened_and_stays_unchanged() {
    let folder = Folder::new();
    let long = "a line of notes\n".repeat(1000);
    for text in [
        "x",
        "just a few words\n",
        "SQLite format 3\0 is how it begins",
        &long,
    ] {
        folder.write(DATABASE, text);
        let line = assert_cannot_open(&folder);
        assert!(line.contains("another program"), "{line}");
    }
}

/// Returns the journal of a transaction on a file that had so many pages before it.
fn journal(pages_before: u32) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..8].copy_from_slice(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7");
    for (offset, number) in [(16, pages_before), (20, 512), (24, 4096)] {
        header[offset..offset + 4].copy_from_slice(&number.to_be_bytes());
    }
    header
}

/// As a power cut leaves it: pages behind the first one are on the disk, and the first one is not.
#[test]
fn a_database_whose_creation_was_interrupted_is_created_again() {
    for args in OPENERS {
        let folder = Folder::new();
        folder.write(DATABASE, [vec![0; 4096], vec![7; 4096]].concat());
        folder.write("roomd.db-journal", journal(0));
        if args[0] == "serve" {
            folder.serve(&[]).stop();
        } else {
            let exit = folder.run(args);
            assert!(exit.status.success(), "{args:?}: {exit:?}");
        }
        folder.add_key();
    }
}

#[test]
fn a_file_with_the_journal_of_other_pages_cannot_be_opened_and_stays_unchanged() {
    let folder = Folder::new();
    for (first, pages_before) in [(0, 1), (7, 0)] {
        folder.write(DATABASE, vec![first; 8192]);
        folder.write("roomd.db-journal", journal(pages_before));
        let line = assert_cannot_open(&folder);
        assert!(line.contains("another program"), "{line}");
        assert_eq!(folder.files()["roomd.db-journal"], journal(pages_before));
    }
}

#[test]
fn the_database_of_another_program_cannot_be_opened_and_stays_unchanged() {
    for setup in [
        "CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')",
        "CREATE TABLE users (user_id); PRAGMA application_id = 1; PRAGMA user_version = 1",
        "PRAGMA page_size = 512; CREATE TABLE rooms (name); PRAGMA user_version = 999",
    ] {
        let folder = Folder::new();
        let other = open(&folder.database());
        other.execute_batch(setup).expect("another database");
        drop(other);
        let line = assert_cannot_open(&folder);
        assert!(line.contains("another program"), "{line}");
    }
}

#[test]
fn the_database_of_another_program_stays_unchanged_while_that_has_it_open() {
    let folder = Folder::new();
    let other = open(&folder.database());
    let mode: String = other
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .expect("a mode");
    assert_eq!(mode, "wal");
    other
        .execute_batch("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')")
        .expect("another database");
    assert_eq!(data(&folder).len(), 2);
    let line = assert_cannot_open(&folder);
    assert!(line.contains("another program"), "{line}");
    let text: String = other
        .query_row("SELECT text FROM notes", [], |row| row.get(0))
        .expect("a row");
    assert_eq!(text, "mine");
}

#[test]
fn a_database_of_a_newer_version_cannot_be_opened_and_stays_unchanged() {
    for mode in ["wal", "delete"] {
        let folder = populated();
        let newer = open(&folder.database());
        let script = format!("PRAGMA journal_mode = {mode}; PRAGMA user_version = 999");
        newer.execute_batch(&script).expect("a newer database");
        drop(newer);
        let line = assert_cannot_open(&folder);
        assert!(line.contains("999") && line.contains("newer"), "{line}");
    }
}

/// As a crash of a newer version leaves it: the schema version is in the WAL alone.
#[test]
fn the_wal_of_a_newer_version_stays_unchanged() {
    let folder = populated();
    let newer = open(&folder.database());
    newer
        .execute_batch("CREATE TABLE novelties (name); PRAGMA user_version = 999")
        .expect("a newer database");
    let crashed = Folder::new();
    for (name, bytes) in data(&folder) {
        crashed.write(&name, bytes);
    }
    drop(newer);
    assert!(!data(&crashed)["roomd.db-wal"].is_empty());
    let line = assert_cannot_open(&crashed);
    assert!(line.contains("999"), "{line}");
}

#[test]
fn a_truncated_database_cannot_be_opened_and_stays_unchanged() {
    let whole = intact_database();
    let folder = Folder::new();
    for length in [50, 100, 1000, 4096, whole.len() / 2, whole.len() - 4096] {
        folder.write(DATABASE, &whole[..length]);
        let line = assert_cannot_open(&folder);
        assert!(length < 100 || line.contains("damaged"), "{length}: {line}");
    }
}

/// SQLite reads the missing end of a page as zeros, so that a text would lose its last letters.
#[test]
fn a_database_with_an_incomplete_last_page_cannot_be_opened_and_stays_unchanged() {
    let whole = intact_database();
    let folder = Folder::new();
    folder.write(DATABASE, &whole[..whole.len() - 1]);
    let line = assert_cannot_open(&folder);
    assert!(line.contains("damaged"), "{line}");
}

#[test]
fn a_partly_overwritten_database_cannot_be_opened_and_stays_unchanged() {
    let whole = intact_database();
    let folder = Folder::new();
    for part in [0.25, 0.5, 0.75] {
        let at = (whole.len() as f64 * part) as usize;
        for filling in [0x00, 0x5A, 0xFF] {
            let mut damaged = whole.clone();
            damaged[at..at + 4096].fill(filling);
            folder.write(DATABASE, damaged);
            let line = assert_cannot_open(&folder);
            assert!(line.contains("damaged"), "{part} {filling}: {line}");
        }
    }
}

#[test]
fn an_intact_copy_can_be_opened() {
    let folder = Folder::new();
    folder.write(DATABASE, intact_database());
    assert_eq!(folder.roomd(&["user", "list"]).lines().count(), 51);
}

#[test]
fn a_missing_directory_is_an_error_and_is_not_created() {
    let folder = Folder::new();
    for args in OPENERS {
        let exit = folder.run(&[args, &["--database", "missing/roomd.db"]].concat());
        assert!(
            exit.error_message().contains("missing/roomd.db"),
            "{exit:?}"
        );
    }
    assert!(!folder.path("missing").exists());
}

#[test]
fn a_directory_cannot_be_opened() {
    let folder = Folder::new();
    fs::create_dir(folder.database()).expect("a folder");
    for args in OPENERS {
        let exit = folder.run(args);
        assert!(exit.error_message().contains(DATABASE), "{exit:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_new_database_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let server = folder.serve(&[]);
    assert_eq!(server.get("/readyz").status, 200);
    for name in ["roomd.db", "roomd.db-wal", "roomd.db-shm"] {
        let file = fs::metadata(folder.path(name)).expect(name);
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{name}");
    }
    folder.roomd(&["key", "create", "--database", "verb.db"]);
    let file = fs::metadata(folder.path("verb.db")).expect("a database");
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}

/// The verbs that only read, list or remove.
const READERS: [&[&str]; 5] = [
    &["user", "list"],
    &["user", "list", "--json"],
    &["user", "remove", "ada@example.com"],
    &["key", "list"],
    &["key", "revoke", "abc"],
];

#[test]
fn a_verb_that_creates_nothing_creates_no_database() {
    let folder = Folder::new();
    for args in READERS {
        let exit = folder.run(&[args, &["--database", "typo.db"]].concat());
        let message = exit.error_message();
        let start = "there is no database typo.db: name an existing one with --database";
        assert!(message.starts_with(start), "{args:?}: {message}");
    }
    for args in [&["doctor"][..], &["backup", "copy.db"]] {
        let exit = folder.run(&[args, &["--database", "typo.db"]].concat());
        assert_eq!(exit.status.code(), Some(1), "{args:?}: {exit:?}");
        assert!(exit.stdout.contains("typo.db") || exit.stderr.contains("typo.db"));
    }
    assert!(folder.files().is_empty(), "{:?}", folder.files().keys());
}

#[test]
fn a_verb_that_creates_nothing_leaves_an_empty_file_empty() {
    let folder = Folder::new();
    folder.write("typo.db", "");
    for args in READERS.into_iter().chain([&["backup", "copy.db"][..]]) {
        let exit = folder.run(&[args, &["--database", "typo.db"]].concat());
        let message = exit.error_message();
        assert!(
            message.starts_with("there is no database typo.db"),
            "{message}"
        );
    }
    let exit = folder.run(&["doctor", "--database", "typo.db"]);
    assert!(
        exit.stdout.contains("there is no database typo.db"),
        "{exit:?}"
    );
    assert_eq!(folder.files().len(), 1);
    assert!(folder.files()["typo.db"].is_empty());
}

#[test]
fn a_verb_that_registers_or_serves_creates_the_database() {
    let create: [&[&str]; 3] = [
        &["key", "create"],
        &["user", "import", "users.csv"],
        &[
            "user",
            "add",
            "--email",
            "a@b.test",
            "--name",
            "A",
            "--surname",
            "B",
        ],
    ];
    for args in create {
        let folder = Folder::new();
        folder.write(
            "users.csv",
            "email,name,surname\nada@example.com,Ada,Lovelace\n",
        );
        folder.roomd(args);
        folder.roomd(&["key", "list"]);
    }
    let folder = Folder::new();
    folder.serve(&[]).stop();
    folder.roomd(&["user", "list"]);
}
