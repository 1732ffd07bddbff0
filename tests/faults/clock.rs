use crate::support::{Folder, ROOM, ServerProcess, email, skip, text, user_path};
use crate::{SERVE, assert_stored};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

/// Returns the path of the library that `faketime` preloads into other programs.
fn library() -> Option<String> {
    let printed = Command::new("faketime")
        .args(["now", "env"])
        .output()
        .ok()?;
    let printed = String::from_utf8(printed.stdout).ok()?;
    let mut lines = printed.lines();
    lines.find_map(|line| line.strip_prefix("LD_PRELOAD=").map(str::to_owned))
}

/// Starts a server that reads the time of day from a file. Its timers are not affected.
fn start(folder: &Folder, library: &str) -> ServerProcess {
    let key = folder.add_key();
    let mut command = folder.command(SERVE);
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", folder.path("clock"))
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    folder
        .start(&mut command)
        .expect("it starts")
        .with_key(&key)
}

/// Sets the clock to a time in UTC, from which it continues.
fn set(folder: &Folder, time: &str) {
    folder.write("new clock", format!("@{time}"));
    fs::rename(folder.path("new clock"), folder.path("clock")).expect("it moves");
}

fn search(server: &ServerProcess, query: &str) -> Vec<String> {
    let answer = server.get(&format!("{ROOM}/search?{query}"));
    let rooms = answer.json()["data"].take();
    let address = |room: &Value| text(room, "creator_email").to_owned();
    rooms
        .as_array()
        .expect("rooms")
        .iter()
        .map(address)
        .collect()
}

#[test]
fn a_clock_that_jumps_changes_dates_and_nothing_else() {
    let Some(library) = library() else {
        skip("ROOMD_FAKETIME", "faketime is missing");
        return;
    };
    let folder = Folder::new();
    folder.add_users(6);
    set(&folder, "2026-03-01 12:00:00");
    let server = start(&folder, &library);
    let jumps = [
        ("2026-03-01 12:00:00", "2026-03-01T12:"),
        // An hour, as after a wrong time zone; years, as without a battery; far ahead.
        ("2026-03-01 11:00:00", "2026-03-01T11:"),
        ("1970-01-01 00:00:10", "1970-01-01T00:"),
        ("2099-12-31 23:00:00", "2099-12-31T23:"),
        ("2026-03-01 12:30:00", "2026-03-01T12:"),
    ];
    let mut rooms = BTreeMap::new();
    let mut guids = Vec::new();
    for (user, (time, date)) in jumps.iter().enumerate() {
        set(&folder, time);
        let created = server.room_of(&email(user));
        assert_eq!(created.status, 201, "{created:?}");
        let room = created.json();
        let date_of_room = room["created_date"].as_str().expect("a date");
        assert!(date_of_room.starts_with(date), "{date_of_room} at {time}");
        guids.push(created.guid());
        rooms.insert(email(user), room);
        for (email, room) in &rooms {
            let found = server.room_of(email);
            assert_eq!((found.status, &found.json()), (200, room), "{time}");
        }
        for path in ["/healthz", "/readyz"] {
            assert_eq!(server.get(path).status, 200, "{path} at {time}");
        }
    }
    let mut sorted = guids.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted, guids, "later ones sort after earlier ones");
    let by_date = [3, 4, 0, 1, 2].map(email);
    assert_eq!(search(&server, ""), by_date);
    let until_noon = search(&server, "created_before=2026-03-01T12:00:00Z");
    assert_eq!(until_noon, by_date[3..]);
    // An update may be dated before the creation.
    let user = server.register("new@example.com", json!({}));
    set(&folder, "2020-01-01 00:00:00");
    let changed = server.put(&user_path(&user), &json!({"name": "Other"}));
    assert_eq!(changed.status, 200, "{changed:?}");
    let dates = changed.json();
    assert_eq!(dates["creation_date"], user["creation_date"]);
    let changed = dates["updating_date"].as_str().expect("a date");
    assert!(changed.starts_with("2020-01-01T00:"), "{changed}");
    server.stop();
    assert_stored(&folder, &rooms);
}
