//! What a restore lists, and what it must not undo.

use crate::backup::{COPY, backed_up};
use crate::support::{Folder, email, open, room_path, skip};
use rusqlite::config::DbConfig;
use serde_json::{Value, json};
use std::fs;

/// Returns the stdout of a forced restore.
fn forced(folder: &Folder) -> String {
    folder.roomd(&["restore", COPY, "--force"])
}

#[test]
fn a_restore_brings_no_revoked_key_back() {
    let folder = backed_up();
    let [revoked, valid] = [folder.add_key(), folder.add_key()];
    folder.roomd(&["backup", COPY, "--force"]);
    folder.revoke_key(&revoked);
    let before = folder.roomd(&["key", "list", "--json"]);
    let later = folder.add_key();
    folder.revoke_key(&later);
    forced(&folder);

    let server = folder.serve(&[]).with_key(&revoked);
    assert_eq!(server.room_of(&email(0)).status, 401);
    let server = server.with_key(&later);
    assert_eq!(server.room_of(&email(0)).status, 401);
    let server = server.with_key(&valid);
    assert_eq!(server.room_of(&email(0)).status, 200);
    server.stop();
    let listed = folder.roomd(&["key", "list", "--json"]);
    assert!(
        listed.starts_with(before.trim_end().trim_end_matches(']')),
        "{listed}"
    );
}

/// A key is revoked for good, also where a backup that never knew it is restored in between.
#[test]
fn a_key_stays_revoked_over_several_restores() {
    let folder = backed_up();
    let key = folder.add_key();
    folder.roomd(&["backup", "with_key.db"]);
    folder.revoke_key(&key);
    forced(&folder);
    folder.roomd(&["restore", "with_key.db", "--force"]);
    let server = folder.serve(&[]).with_key(&key);
    assert_eq!(server.room_of(&email(0)).status, 401);
    server.stop();
}

#[test]
fn a_revocation_that_is_in_the_wal_alone_stays() {
    let folder = backed_up();
    let key = folder.add_key();
    folder.roomd(&["backup", COPY, "--force"]);
    let other = open(&folder.database());
    other
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .expect("a setting");
    other
        .execute(
            "UPDATE api_keys SET revoked_at = 1 WHERE access_key = ?1",
            [&key.access_key],
        )
        .expect("a revocation");
    drop(other);
    assert!(!folder.files()["roomd.db-wal"].is_empty());
    forced(&folder);
    let server = folder.serve(&[]).with_key(&key);
    assert_eq!(server.room_of(&email(0)).status, 401);
    server.stop();
}

#[test]
fn a_restore_lists_who_and_what_would_return_before_it_replaces() {
    let folder = backed_up();
    folder.roomd(&["user", "remove", &email(3), "--yes"]);
    let server = folder.serve(&[]).with_key(&folder.add_key());
    let room = server.room_of(&email(5)).json();
    let path = room_path(&room);
    assert_eq!(server.delete(&path).status, 204);
    assert_eq!(server.room_of(&email(5)).status, 201);
    folder.add_user("later@example.com");
    let exit = folder.run(&["restore", COPY]);
    server.stop();
    let lines: Vec<&str> = exit.stderr.lines().collect();
    assert_eq!((exit.status.code(), exit.stdout.as_str()), (Some(1), ""));
    assert!(lines[0].contains("exists already") && lines[0].contains("--force"));
    let returning = [
        "  user user3@example.com",
        "  room Room of user3@example.com of user3@example.com",
        "  room Room of user5@example.com of user5@example.com",
    ];
    assert_eq!(lines[2..], returning, "{exit:?}");
    let printed = forced(&folder);
    for line in returning {
        assert!(printed.contains(line), "{printed}");
    }
    assert!(!printed.contains("later@example.com"), "{printed}");
    // All of the backup is in the database now.
    let exit = folder.run(&["restore", COPY]);
    assert!(exit.error_message().contains("exists already"), "{exit:?}");
}

/// Returns the report of a forced restore in JSON.
fn report(folder: &Folder) -> Value {
    let printed = folder.roomd(&["restore", COPY, "--force", "--json"]);
    serde_json::from_str(&printed).expect("JSON")
}

#[test]
fn the_report_in_json_has_a_field_for_each_thing_to_know() {
    let folder = backed_up();
    let nothing = json!({"shown": [], "further": 0});
    let found = report(&folder);
    assert_eq!(found["old_database"], "readable");
    assert_eq!(
        found["returned"],
        json!({"users": nothing, "rooms": nothing})
    );
    assert_eq!(found["missing_secret"], Value::Null);

    folder.roomd(&["user", "remove", &email(3), "--yes"]);
    let found = report(&folder);
    assert_eq!(
        found["returned"]["users"],
        json!({"shown": ["user3@example.com"], "further": 0})
    );
    assert_eq!(
        found["returned"]["rooms"]["shown"],
        json!(["Room of user3@example.com of user3@example.com"])
    );

    folder.write("roomd.db", [0xA5; 8192]);
    let found = report(&folder);
    assert_eq!(found["old_database"], "unreadable");
    assert_eq!(found["returned"], Value::Null);

    folder.roomd(&["room", "host-link", &email(0)]);
    folder.roomd(&["backup", COPY, "--force"]);
    fs::remove_file(folder.database()).expect("a database");
    fs::remove_file(folder.path("roomd.db-host-secret")).expect("a secret");
    let found = report(&folder);
    assert_eq!(found["old_database"], "absent");
    assert_eq!(found["missing_secret"], "roomd.db-host-secret");
}

#[test]
fn a_long_list_of_what_would_return_is_cut() {
    let folder = Folder::new();
    folder.add_users(150);
    folder.roomd(&["backup", COPY]);
    fs::remove_file(folder.database()).expect("a database");
    folder.add_user("new@example.com");
    let exit = folder.run(&["restore", COPY]);
    assert_eq!(exit.stderr.lines().count(), 2 + 100 + 1, "{exit:?}");
    assert!(exit.stderr.ends_with("  and 50 more users\n"), "{exit:?}");
}

#[test]
fn a_database_that_cannot_be_read_is_no_secret_when_it_is_replaced() {
    let folder = backed_up();
    folder.write("roomd.db", [0xA5; 8192]);
    let before = folder.files();
    let exit = folder.run(&["restore", COPY]);
    assert!(exit.stderr.contains("exists already"), "{exit:?}");
    assert!(exit.stderr.contains("that were revoked in it"), "{exit:?}");
    assert_eq!(folder.files(), before);
    let printed = forced(&folder);
    assert!(
        printed.contains("that were revoked in it are valid again"),
        "{printed}"
    );
}

#[cfg(unix)]
#[test]
fn a_restore_keeps_owner_and_mode_of_what_it_replaces() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    let owner = |folder: &Folder, name: &str| {
        let file = fs::metadata(folder.path(name)).expect(name);
        (file.uid(), file.gid(), file.mode() & 0o7777)
    };
    let folder = backed_up();
    let (uid, gid, _) = owner(&folder, "roomd.db");
    let mode = fs::Permissions::from_mode(0o640);
    fs::set_permissions(folder.database(), mode).expect("a mode");
    forced(&folder);
    assert_eq!(owner(&folder, "roomd.db"), (uid, gid, 0o640));

    let (service, group) = (54_321, 54_322);
    if chown(folder.database(), Some(service), Some(group)).is_err() {
        return skip("ROOMD_ROOT", "only root can give files away");
    }
    forced(&folder);
    assert_eq!(owner(&folder, "roomd.db"), (service, group, 0o640));
    chown(folder.root(), Some(service), Some(group)).expect("root");
    folder.roomd(&["restore", COPY, "--database", "new.db"]);
    assert_eq!(owner(&folder, "new.db"), (service, group, 0o600));
}
