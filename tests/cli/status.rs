use crate::support::{Folder, email};
use serde_json::{Value, json};
use std::fs;

/// Returns the exit code and the report.
fn status(folder: &Folder, args: &[&str]) -> (Option<i32>, Value) {
    let exit = folder.run(&[&["status", "--json"], args].concat());
    let report = serde_json::from_str(&exit.stdout).expect("JSON");
    (exit.status.code(), report)
}

#[test]
fn the_exit_code_says_whether_a_server_runs() {
    let folder = Folder::new();
    folder.add_users(2);
    let (code, report) = status(&folder, &[]);
    assert_eq!((code, &report["running"]), (Some(3), &json!(false)));
    assert_eq!(report["server"], Value::Null);

    let server = folder.serve(&[]).with_key(&folder.add_key());
    assert_eq!(server.room_of(&email(0)).status, 201);
    let (code, report) = status(&folder, &[]);
    assert_eq!((code, &report["running"]), (Some(0), &json!(true)));
    let note = &report["server"];
    assert_eq!(note["url"], json!(format!("http://{}", server.address)));
    assert_eq!(note["version"], json!(env!("CARGO_PKG_VERSION")));
    assert_eq!(note["process"], json!(server.process().id()));
    let contents = &report["contents"];
    let counts = ["users", "rooms", "keys"].map(|name| &contents[name]);
    assert_eq!(counts, [2, 1, 1]);
    assert!(report["bytes"].as_u64() > Some(4096), "{report}");
    assert!(report["wal_bytes"].as_u64() > Some(0), "{report}");
    let printed = folder.roomd(&["status"]);
    assert!(printed.contains(&server.address.to_string()), "{printed}");
    assert!(printed.lines().all(|line| line.len() <= 120), "{printed}");
    server.stop();
    let (code, report) = status(&folder, &[]);
    assert_eq!((code, &report["server"]), (Some(3), &Value::Null));
    let lock = fs::read(folder.path("roomd.db-lock")).expect("a lock file");
    assert_eq!(lock, b"");
}

#[test]
fn a_server_that_was_killed_does_not_run() {
    let folder = Folder::new();
    let server = folder.serve(&[]);
    server.stop_by("KILL");
    let (code, report) = status(&folder, &[]);
    assert_eq!((code, &report["running"]), (Some(3), &json!(false)));
    assert_eq!(report["server"], Value::Null);
    let server = folder.serve(&[]);
    let (code, report) = status(&folder, &[]);
    assert_eq!(code, Some(0));
    assert_eq!(report["server"]["process"], json!(server.process().id()));
}

/// Whoever looks holds the lock for a moment.
#[test]
fn servers_start_while_somebody_looks_all_the_time() {
    let folder = Folder::new();
    folder.add_users(1);
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            for _ in 0..60 {
                status(&folder, &[]);
            }
        });
        while !looking.is_finished() {
            folder.serve(&[]).stop();
        }
    });
}

#[test]
fn the_last_backup_and_the_copy_of_a_migration_are_shown() {
    let folder = Folder::new();
    folder.add_users(1);
    fs::create_dir(folder.path("backups")).expect("a folder");
    let args = ["--backups", "backups"];
    let (_, report) = status(&folder, &args);
    assert_eq!(report["last_backup"], Value::Null);
    assert_eq!(report["last_backup_at"], Value::Null);
    folder.roomd(&["backup", "--dir", "backups"]);
    let (_, report) = status(&folder, &args);
    let made = &report["last_backup"]["created_at"];
    assert!(made.is_string(), "{report}");
    assert_eq!(&report["last_backup_at"], made);
    let printed = folder.roomd(&["backup", "elsewhere.db", "--json"]);
    let printed: Value = serde_json::from_str(&printed).expect("JSON");
    let (_, report) = status(&folder, &args);
    assert_eq!(report["last_backup_at"], printed["manifest"]["created_at"]);
    let file = report["last_backup"]["file"].as_str().expect("a text");
    assert!(file.starts_with("backups/roomd-"), "{report}");
    assert_eq!(report["migration_copy"], Value::Null);
    folder.write("roomd.db.v2-backup", "");
    folder.write("roomd.db.v2-backup.json", "");
    let (_, report) = status(&folder, &[]);
    assert_eq!(report["migration_copy"], json!("roomd.db.v2-backup"));
    assert_eq!(report.get("last_backup"), None);
    let exit = folder.run(&["status", "--backups", "nowhere"]);
    assert!(exit.error_message().contains("nowhere"), "{exit:?}");
}

#[test]
fn the_backup_of_another_database_is_not_shown() {
    let (folder, other) = (Folder::new(), Folder::new());
    folder.add_users(1);
    other.add_users(1);
    let backups = other.root().to_str().expect("a text");
    other.roomd(&["backup", "--dir", backups]);
    let (_, report) = status(&folder, &["--backups", backups]);
    assert_eq!(report["last_backup"], Value::Null);
    let (_, report) = status(&other, &["--backups", backups]);
    assert_ne!(report["last_backup"], Value::Null);
}

#[test]
fn a_database_that_cannot_be_read_is_an_error() {
    let folder = Folder::new();
    let exit = folder.run(&["status"]);
    assert!(
        exit.error_message().starts_with("there is no database"),
        "{exit:?}"
    );
    assert!(folder.files().is_empty());
    folder.write("roomd.db", "something else");
    let exit = folder.run(&["status"]);
    assert!(exit.error_message().contains("roomd.db"), "{exit:?}");
}
