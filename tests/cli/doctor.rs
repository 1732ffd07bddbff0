use crate::support::{Folder, ROOM, open};
use serde_json::{Value, json};
use std::fs;

/// Runs `roomd doctor`; returns whether all is well, and the checks.
fn examine(folder: &Folder, args: &[&str]) -> (bool, Value) {
    let exit = folder.run(&[&["doctor", "--json"], args].concat());
    let report: Value = serde_json::from_str(&exit.stdout).expect("JSON");
    let is_well = report["ok"].as_bool().expect("a switch");
    assert_eq!(exit.status.code(), Some(i32::from(!is_well)), "{exit:?}");
    assert_eq!(exit.stderr.is_empty(), is_well, "{exit:?}");
    (is_well, report["checks"].clone())
}

#[track_caller]
fn status<'a>(checks: &'a Value, name: &str) -> &'a str {
    let checks = checks.as_array().expect("a list");
    let check = checks.iter().find(|check| check["name"] == name);
    check.unwrap_or_else(|| panic!("{name} is not in {checks:?}"))["status"]
        .as_str()
        .expect("a text")
}

fn healthy() -> Folder {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    folder.add_key();
    folder
}

#[test]
fn a_healthy_installation_passes_with_and_without_a_running_server() {
    let folder = healthy();
    for _ in 0..2 {
        let (is_well, checks) = examine(&folder, &[]);
        assert!(is_well, "{checks}");
        for name in [
            "configuration",
            "public_url",
            "sqlite",
            "file system",
            "free space",
            "database",
            "permissions",
            "schema",
            "write-ahead log",
            "integrity",
            "names",
            "clock",
            "keys",
            "host links",
        ] {
            assert_eq!(status(&checks, name), "ok");
        }
        let server = folder.serve(&[]);
        assert!(examine(&folder, &[]).0);
        server.stop();
    }
    let words = folder.roomd(&["doctor"]);
    assert_eq!(words.lines().count(), 15, "{words}");
}

#[test]
fn a_missing_database_fails_and_is_not_created() {
    let folder = Folder::new();
    let (is_well, checks) = examine(&folder, &[]);
    assert!(!is_well);
    assert_eq!(status(&checks, "database"), "failed");
    assert!(folder.files().is_empty());
}

#[test]
fn a_bad_setting_is_named() {
    let folder = healthy();
    folder.write("config.toml", "[server]\nlisten = \"nowhere\"\n");
    let (_, checks) = examine(&folder, &[]);
    assert_eq!(status(&checks, "configuration"), "failed");
    assert!(
        checks[0]["found"]
            .as_str()
            .expect("a text")
            .contains("server.listen"),
        "{checks}"
    );
}

#[test]
fn a_certificate_that_a_server_cannot_use_is_named() {
    let folder = healthy();
    folder.write(
        "config.toml",
        "[tls]\ncertificate = \"fullchain.pem\"\nkey = \"key.pem\"\n",
    );
    let (_, checks) = examine(&folder, &[]);
    assert_eq!(status(&checks, "configuration"), "failed");
    assert!(checks.to_string().contains("fullchain.pem"), "{checks}");
}

#[test]
fn development_settings_are_warnings() {
    let folder = healthy();
    folder.write("config.toml", "[auth]\nrequired = false\n");
    assert_eq!(status(&examine(&folder, &[]).1, "keys"), "warning");
    folder.write("config.toml", "[server]\nlisten = \"0.0.0.0:8080\"\n");
    assert_eq!(status(&examine(&folder, &[]).1, "public_url"), "warning");
}

#[test]
fn a_database_without_keys_fails() {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    assert_eq!(status(&examine(&folder, &[]).1, "keys"), "failed");
}

#[test]
fn a_damaged_file_fails() {
    let folder = healthy();
    let mut bytes = folder.files().remove("roomd.db").expect("a database");
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'users_by_guid'";
    let page: u32 = open(&folder.database())
        .query_row(sql, [], |row| row.get(0))
        .expect("an index");
    let end = page as usize * 4096;
    bytes[end - 4096..end].fill(0xA5);
    folder.write("roomd.db", bytes);
    let (_, checks) = examine(&folder, &[]);
    assert_eq!(status(&checks, "integrity"), "failed");
    folder.write("roomd.db", "not a database");
    assert_eq!(status(&examine(&folder, &[]).1, "database"), "failed");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;

    let folder = healthy();
    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(folder.database(), open).expect("a mode");
    assert_eq!(status(&examine(&folder, &[]).1, "permissions"), "warning");
}

/// As after a restore, and before the first start.
#[test]
fn a_file_without_a_write_ahead_log_is_well() {
    let folder = healthy();
    folder.roomd(&["backup", "copy.db"]);
    folder.roomd(&["restore", "copy.db", "--database", "restored.db"]);
    for name in ["copy.db", "restored.db"] {
        let (is_well, checks) = examine(&folder, &["--database", name]);
        assert!(is_well, "{name}: {checks}");
        assert!(checks.to_string().contains("off (delete)"), "{checks}");
    }
}

#[test]
fn a_clock_behind_the_newest_row_fails() {
    let folder = healthy();
    open(&folder.database())
        .execute("UPDATE users SET created_at = created_at + 3600", [])
        .expect("a change");
    assert_eq!(status(&examine(&folder, &[]).1, "clock"), "failed");
}

#[test]
fn the_secret_of_the_host_links_is_checked_and_not_made() {
    const SECRET: &str = "roomd.db-host-secret";
    let folder = healthy();
    let found = |folder: &Folder| {
        let (_, checks) = examine(folder, &[]);
        let checks = checks.as_array().expect("a list").clone();
        let check = checks
            .into_iter()
            .find(|check| check["name"] == "host links");
        check.expect("the check")
    };
    let before = found(&folder);
    assert_eq!(before["status"], "ok", "{before}");
    assert!(
        before["found"].to_string().contains("the next start"),
        "{before}"
    );
    assert!(!folder.path(SECRET).exists());

    let server = folder.serve(&[]).with_key(&folder.add_key());
    let room = json!({"creator_email": "ada@example.com", "name": "Room", "fields": "host_url"});
    assert_eq!(server.post(ROOM, &room).status, 201);
    server.stop();
    assert_eq!(found(&folder)["status"], "ok");

    let secret = folder.files().remove(SECRET).expect("the secret");
    folder.write(SECRET, "secret");
    assert_eq!(found(&folder)["status"], "failed");
    fs::remove_file(folder.path(SECRET)).expect("the file");
    let lost = found(&folder);
    assert_eq!(lost["status"], "failed", "{lost}");
    assert!(lost["found"].to_string().contains(SECRET), "{lost}");
    // Written anew, it has the mode of other files.
    folder.write(SECRET, secret);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        let set = |mode| fs::set_permissions(folder.path(SECRET), fs::Permissions::from_mode(mode));
        set(0o644).expect("a mode");
        let open = found(&folder);
        assert_eq!(open["status"], "failed", "{open}");
        assert!(open["found"].to_string().contains("chmod 600"), "{open}");
        set(0o600).expect("a mode");
    }
    #[cfg(unix)]
    assert_eq!(found(&folder)["status"], "ok");
}
