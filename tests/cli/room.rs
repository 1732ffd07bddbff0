use crate::support::{Folder, ROOM, email, text};
use serde_json::{Value, json};
use std::fs;

const ADA: &str = "ada@example.com";
const URL: &str = "https://rooms.example.com";
const SECRET: &str = "roomd.db-host-secret";

/// Returns a folder in which ada has a room, which her host link was asked for.
fn with_room() -> (Folder, Value) {
    let folder = Folder::new();
    folder.add_user(ADA);
    folder.write("config.toml", format!("[server]\npublic_url = \"{URL}\"\n"));
    let room = shown(&folder);
    (folder, room)
}

/// Returns ada's room as a server shows it, with its host link.
fn shown(folder: &Folder) -> Value {
    let server = folder.serve(&[]).with_key(&folder.add_key());
    let room = json!({"creator_email": ADA, "name": "Room", "fields": ["host_url"]});
    let room = server.post(ROOM, &room).json();
    server.stop();
    room
}

fn host_link(folder: &Folder, args: &[&str]) -> String {
    let printed = folder.roomd(&[&["room", "host-link", ADA], args].concat());
    printed.trim_end().to_owned()
}

#[test]
fn the_host_link_of_a_room_is_that_of_the_api() {
    let (folder, room) = with_room();
    assert_eq!(host_link(&folder, &[]), text(&room, "host_url"));
    let json: Value = serde_json::from_str(&host_link(&folder, &["--json"])).expect("JSON");
    assert_eq!(
        json,
        json!({"host_url": room["host_url"], "expires_at": null})
    );
}

#[test]
fn a_rotated_link_is_another_one_also_for_a_server_that_runs() {
    let (folder, room) = with_room();
    let server = folder.serve(&[]).with_key(&folder.add_key());
    let ask = json!({"creator_email": ADA, "name": "Room", "fields": ["host_url"]});
    let first = server.post(ROOM, &ask).json();
    assert_eq!(first["host_url"], room["host_url"]);
    let rotated = host_link(&folder, &["--rotate"]);
    assert_ne!(room["host_url"], rotated.as_str());
    for _ in 0..10 {
        assert_eq!(server.post(ROOM, &ask).json()["host_url"], rotated.as_str());
    }
    assert_eq!(host_link(&folder, &[]), rotated);
    assert_ne!(host_link(&folder, &["--rotate", "--yes"]), rotated);
}

#[test]
fn what_a_rotation_would_revoke_is_said() {
    let (folder, room) = with_room();
    let args = ["room", "host-link", ADA, "--rotate"];
    let printed = folder.roomd(&[&args[..], &["--dry-run"]].concat());
    let guid = text(&room, "room_guid");
    let expected = format!("would revoke all host links of the room \"Room\" ({guid}) of {ADA}\n");
    assert_eq!(printed, expected);
    let printed = folder.roomd(&[&args[..], &["--dry-run", "--json"]].concat());
    let printed: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(printed["dry_run"], json!(true));
    assert_eq!(printed["room"]["room_guid"], guid);
    assert_eq!(host_link(&folder, &[]), text(&room, "host_url"));
    let exit = folder.run(&["room", "host-link", ADA, "--yes"]);
    assert!(exit.stderr.contains("--rotate"), "{exit:?}");
}

#[test]
fn a_link_with_an_end_says_when() {
    let (folder, room) = with_room();
    let printed = host_link(&folder, &["--expires-in", "60", "--json"]);
    let link: Value = serde_json::from_str(&printed).expect("JSON");
    assert_ne!(link["host_url"], room["host_url"]);
    let ends_at: jiff::Timestamp = text(&link, "expires_at").parse().expect("a date");
    let left = ends_at.as_second() - jiff::Timestamp::now().as_second();
    assert!((0..=60).contains(&left), "{left}");
    let many = "9".repeat(30);
    for wrong in ["0", "-1", "31536001", "soon", "1e3", "60.0", "", &many] {
        let args = ["room", "host-link", ADA, "--expires-in", wrong];
        let exit = folder.run(&args);
        assert_eq!(exit.status.code(), Some(2), "{wrong}");
        let rule = "must be a whole number of seconds, from 1 to 31536000";
        assert!(exit.stderr.contains(rule), "{exit:?}");
    }
}

#[test]
fn a_link_that_cannot_be_made_says_what_is_missing() {
    let folder = Folder::new();
    let exit = folder.run(&["room", "host-link", ADA]);
    assert!(exit.error_message().contains("roomd.db"), "{exit:?}");
    assert!(folder.files().is_empty());
    folder.add_users(1);
    let exit = folder.run(&["room", "host-link", &email(0)]);
    assert!(exit.error_message().contains("has no room"), "{exit:?}");
    assert!(
        exit.error_message().ends_with("POST /xapi/v2/room"),
        "{exit:?}"
    );
}

#[test]
fn a_bad_secret_revokes_nothing() {
    let (folder, room) = with_room();
    let secret = folder.files().remove(SECRET).expect("a secret");
    folder.write(SECRET, "bad");
    let exit = folder.run(&["room", "host-link", ADA, "--rotate", "--yes"]);
    assert!(exit.error_message().contains(SECRET), "{exit:?}");
    folder.write(SECRET, secret);
    assert_eq!(host_link(&folder, &[]), text(&room, "host_url"));
}

#[test]
fn an_inactive_owner_gets_no_link_and_keeps_those_that_were_given_out() {
    let (folder, room) = with_room();
    let set_active = |active: bool| {
        let database = crate::support::open(&folder.database());
        let changed = database.execute("UPDATE users SET active = ?1", [active]);
        assert_eq!(changed, Ok(1));
    };
    set_active(false);
    for args in [
        &[][..],
        &["--rotate", "--yes"],
        &["--expires-in", "60", "--json"],
    ] {
        let exit = folder.run(&[&["room", "host-link", ADA], args].concat());
        assert!(
            exit.error_message().contains("inactive or expired"),
            "{exit:?}"
        );
        assert_eq!(exit.stdout, "");
    }
    set_active(true);
    assert_eq!(host_link(&folder, &[]), text(&room, "host_url"));
}

/// The secret is in no backup, and a backup from before a revocation does not undo it.
#[test]
fn a_restore_keeps_revoked_links_revoked_and_says_that_the_secret_is_needed() {
    let (folder, room) = with_room();
    let printed = folder.roomd(&["backup", "copy.db"]);
    assert!(printed.contains(SECRET), "{printed}");
    assert_eq!(printed.lines().count(), 2, "{printed}");
    let rotated = host_link(&folder, &["--rotate"]);
    let printed = folder.roomd(&["restore", "copy.db", "--force"]);
    assert!(!printed.contains("secret"), "{printed}");
    assert_eq!(host_link(&folder, &[]), rotated);
    assert_ne!(room["host_url"], rotated.as_str());
    // On another machine, or after a loss of the whole folder.
    let printed = folder.roomd(&["restore", "copy.db", "--database", "other.db"]);
    assert!(printed.contains("other.db-host-secret"), "{printed}");
    let args = ["room", "host-link", ADA, "--database", "other.db"];
    let exit = folder.run(&args);
    assert!(
        exit.error_message().contains("other.db-host-secret"),
        "{exit:?}"
    );
    fs::copy(folder.path(SECRET), folder.path("other.db-host-secret")).expect("a copy");
    assert_eq!(folder.roomd(&args).trim_end(), text(&room, "host_url"));
}

#[test]
fn the_first_link_of_a_new_database_makes_the_secret() {
    let folder = Folder::new();
    folder.add_user(ADA);
    let server = folder.serve(&[]).with_key(&folder.add_key());
    assert_eq!(server.get_or_create(ADA, "Room").status, 201);
    server.stop();
    fs::remove_file(folder.path(SECRET)).expect("the secret");
    let link = host_link(&folder, &[]);
    assert!(folder.path(SECRET).exists());
    assert_eq!(host_link(&folder, &[]), link);
}

/// A server that runs has the lost secret in its memory, and would take no link by another.
#[test]
fn a_lost_secret_is_not_replaced_by_a_verb() {
    let (folder, room) = with_room();
    let server = folder.serve(&[]).with_key(&folder.add_key());
    let lost = folder.path("lost");
    fs::rename(folder.path(SECRET), &lost).expect("the secret");
    let assert_refused = || {
        for args in [&[][..], &["--rotate", "--yes"]] {
            let exit = folder.run(&[&["room", "host-link", ADA], args].concat());
            let message = exit.error_message();
            assert!(message.contains("put it back"), "{exit:?}");
            assert!(message.contains(SECRET), "{exit:?}");
            assert_eq!(exit.stdout, "");
        }
        assert!(!folder.path(SECRET).exists());
    };
    assert_refused();
    server.stop();
    assert_refused();
    fs::rename(lost, folder.path(SECRET)).expect("the secret");
    assert_eq!(host_link(&folder, &[]), text(&room, "host_url"));
}

#[test]
fn a_server_that_replaces_a_lost_secret_says_so_and_how_to_go_back() {
    let (folder, room) = with_room();
    let lost = folder.path("lost");
    fs::rename(folder.path(SECRET), &lost).expect("the secret");
    let server = folder.serve(&[]);
    let line = server.process().next_log_line("host links");
    for part in ["WARN", SECRET, "put a copy of the old file"] {
        assert!(line.contains(part), "{line}");
    }
    server.stop();
    assert_ne!(host_link(&folder, &[]), text(&room, "host_url"));
    fs::rename(lost, folder.path(SECRET)).expect("the secret");
    let server = folder.serve(&[]);
    assert!(!server.stop().stderr.contains("host links"));
    assert_eq!(host_link(&folder, &[]), text(&room, "host_url"));
}
