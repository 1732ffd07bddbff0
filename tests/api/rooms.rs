use crate::support::{ROOM, TestServer, all_at_once, email, room_path, text};
use serde_json::{Value, json};

/// Starts a server with ada's room; returns the room and its path too.
fn server_with_room() -> (TestServer, Value, String) {
    let server = TestServer::start();
    let room = server.get_or_create("ada@example.com", "Test Room").json();
    let path = room_path(&room);
    (server, room, path)
}

/// Returns the path of a room's page.
fn page_path(room: &Value) -> String {
    let url = text(room, "url");
    url[url.find("/groups/").expect("a page")..].to_owned()
}

fn no_such_room() -> Value {
    json!({"code": 70, "details": "there is no such room"})
}

#[test]
fn an_update_changes_only_what_is_sent() {
    let (server, mut room, path) = server_with_room();
    server.put(&path, &json!({})).assert(200, &room);
    for (sent, field, stored) in [
        (json!({"lang": "tr-tr"}), "lang", json!("tr-TR")),
        (json!({"tags": "a, b"}), "tags", json!("a, b")),
        (
            json!({"allow_recording": false}),
            "allow_recording",
            json!(false),
        ),
        (
            json!({"inaccessible_replay": true}),
            "inaccessible_replay",
            json!(true),
        ),
        (json!({"tags": null}), "tags", Value::Null),
        (
            json!({"lang": null, "name": null, "allow_recording": null}),
            "lang",
            json!("tr-TR"),
        ),
        (
            json!({"creator_email": "x", "room_guid": "x", "url": 1, "new": {}}),
            "lang",
            json!("tr-TR"),
        ),
    ] {
        room[field] = stored;
        server.put(&path, &sent).assert(200, &room);
        server.get(&path).assert(200, &room);
    }
}

#[test]
fn an_update_merges_options_group_by_group() {
    let (server, mut room, path) = server_with_room();
    server.put(
        &path,
        &json!({"options": {"Chat": {"OffNewMsgSound": true}, "new": 1, "start_active": true}}),
    );
    let answer = server.put(
        &path,
        &json!({"options": {"chat": {"offMessageModule": true}, "session_duration": 90, "start_active": null,
                            "skip_approval_on_join": true}}),
    );
    let options = &mut room["ui_options"];
    options["chat"]["offNewMsgSound"] = json!(true);
    options["chat"]["offMessageModule"] = json!(true);
    options["session_duration"] = json!(90);
    options["start_active"] = json!(true);
    options["skip_approval_on_join"] = json!(true);
    options["new"] = json!(1);
    answer.assert(200, &room);
}

#[test]
fn an_update_names_every_wrong_field_and_changes_nothing() {
    let (server, room, path) = server_with_room();
    let answer = server.put(
        &path,
        &json!({"name": " ", "lang": "e", "tags": 1, "allow_recording": "yes", "options": {"session_duration": 0}}),
    );
    answer.assert(
        400,
        &json!({"code": 12, "details": "5 fields are wrong", "errors": [
            {"field": "name", "message": "must not be empty"},
            {"field": "lang", "message": "must be a language tag, such as en-US (BCP 47)"},
            {"field": "options.session_duration", "message": "must be from 1 to 1440 minutes"},
            {"field": "tags", "message": "must be a string"},
            {"field": "allow_recording", "message": "must be true or false"},
        ]}),
    );
    server.get(&path).assert(200, &room);
}

#[test]
fn options_that_grow_by_updates_are_limited() {
    let (server, _, path) = server_with_room();
    let fill = |key: &str| json!({"options": {key: "x".repeat(12 * 1024)}});
    assert_eq!(server.put(&path, &fill("a")).status, 200);
    server.put(&path, &fill("b")).assert(
        400,
        &json!({"code": 12, "details": "options must have at most 20 KiB together with the stored options", "errors": [
            {"field": "options", "message": "must have at most 20 KiB together with the stored options"},
        ]}),
    );
    assert_eq!(server.put(&path, &fill("a")).status, 200);
}

#[test]
fn a_renamed_room_keeps_its_old_links() {
    let (server, room, path) = server_with_room();
    let renamed = server
        .put(&path, &json!({"name": "İstanbul Çalışma Odası"}))
        .json();
    assert_eq!(renamed["name"], "İstanbul Çalışma Odası");
    let (old, new) = (page_path(&room), page_path(&renamed));
    assert!(
        new.starts_with("/groups/room/istanbul-calisma-odasi_"),
        "{new}"
    );
    assert_eq!(old.rsplit('_').next(), new.rsplit('_').next());
    for page in [old, new] {
        let answer = server.get(&page);
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains("İstanbul Çalışma Odası"));
    }
}

#[test]
fn a_room_cannot_be_renamed_to_a_name_of_another_room() {
    let (server, room, path) = server_with_room();
    assert_eq!(
        server.get_or_create("grace@example.com", "Chess").status,
        201
    );
    server
        .put(&path, &json!({"name": "CHESS", "lang": "tr"}))
        .assert(
            409,
            &json!({"code": 71, "details": "the room name \"CHESS\" is taken"}),
        );
    server.get(&path).assert(200, &room);
    let respelled = server.put(&path, &json!({"name": "TEST  room"}));
    assert_eq!(
        (respelled.status, &respelled.json()["name"]),
        (200, &json!("TEST  room"))
    );
}

#[test]
fn a_freed_name_can_be_taken() {
    let (server, _, path) = server_with_room();
    assert_eq!(server.put(&path, &json!({"name": "Other"})).status, 200);
    assert_eq!(
        server
            .get_or_create("grace@example.com", "Test Room")
            .status,
        201
    );
}

#[test]
fn a_deleted_room_is_not_found_and_the_next_call_creates_a_new_one() {
    let (server, room, path) = server_with_room();
    let answer = server.delete(&path);
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    server.get(&path).assert(404, &no_such_room());
    assert_eq!(server.get(&page_path(&room)).status, 404);
    assert_eq!(
        server.get(&format!("{ROOM}/search")).json()["data"],
        json!([])
    );
    server.delete(&path).assert(404, &no_such_room());
    server.put(&path, &json!({})).assert(404, &no_such_room());
    let next = server.get_or_create("ada@example.com", "Test Room");
    assert_eq!(next.status, 201);
    assert_ne!(next.json()["room_guid"], room["room_guid"]);
}

#[test]
fn unknown_and_malformed_guids_get_the_same_answer() {
    let server = TestServer::start();
    for guid in [
        "0197A3C2-6414-7046-87A6-67730D5F9F08",
        "x",
        "0197A3C26414704687A667730D5F9F08",
        "%00",
        "a'b",
    ] {
        let path = format!("{ROOM}/{guid}");
        server.get(&path).assert(404, &no_such_room());
        server
            .put(&path, &json!({"name": "A"}))
            .assert(404, &no_such_room());
        server.delete(&path).assert(404, &no_such_room());
    }
}

#[test]
fn of_16_updates_to_one_name_at_once_one_succeeds() {
    let server = TestServer::start_with_users(16);
    let paths: Vec<String> = (0..16)
        .map(|n| room_path(&server.room_of(&email(n)).json()))
        .collect();
    let answers = all_at_once(16, |n| server.put(&paths[n], &json!({"name": "Wanted"})));
    let count = |status| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!((count(200), count(409)), (1, 15));
}
