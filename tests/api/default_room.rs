use crate::support::{Answer, ROOM, TestServer, USER, all_at_once, email, room_path, text};
use serde_json::{Value, json};

const REQUEST: &str = include_str!("../../docs/examples/default-room.request.json");
const RESPONSE: &str = include_str!("../../docs/examples/default-room.response.json");

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// Returns the keys of an object in the order in which they are written.
fn keys(text: &str) -> Vec<String> {
    let top_level = |line: &&str| line.starts_with("  \"");
    let pretty = serde_json::to_string_pretty(&parsed(text)).expect("JSON");
    pretty
        .lines()
        .filter(top_level)
        .map(|line| line.split('"').nth(1).expect("a key").to_owned())
        .collect()
}

/// Asserts that all answers have the same room.
fn assert_one_room(answers: &[Answer]) {
    let guid = &answers[0].json()["room_guid"];
    assert!(
        answers
            .iter()
            .all(|answer| &answer.json()["room_guid"] == guid)
    );
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .count()
}

#[test]
fn the_documented_request_gets_the_documented_answer() {
    let server = TestServer::start();
    let answer = server.post_text(ROOM, REQUEST);
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.header("Content-Type"),
        "application/json; charset=utf-8"
    );
    let (room, documented) = (answer.json(), parsed(RESPONSE));
    assert_eq!(keys(&answer.body), keys(RESPONSE));
    for field in [
        "name",
        "lang",
        "tags",
        "inaccessible_replay",
        "allow_recording",
        "creator_email",
    ] {
        assert_eq!(room[field], documented[field], "{field}");
    }
    let options = |text: &str| {
        let compact = text.replace(['\n', ' '], "");
        compact
            .split_once("\"ui_options\":")
            .expect("options")
            .1
            .to_owned()
    };
    assert_eq!(options(&answer.body), options(RESPONSE));
    let guid = text(&room, "room_guid");
    assert_eq!(guid, guid.to_uppercase());
    assert_eq!(&guid[14..15], "7");
    assert_eq!(answer.header("Location"), format!("/xapi/v2/room/{guid}"));
    let url = text(&room, "url");
    let token = url.strip_prefix(&format!("http://{}/groups/room/test-room_", server.address));
    assert_eq!(token.map(str::len), Some(10));
    let date = text(&room, "created_date");
    assert_eq!(date.len(), "2026-11-23T08:45:00".len());
}

#[test]
fn the_next_call_returns_the_same_room_whatever_it_sends() {
    let server = TestServer::start();
    let first = server.post_text(ROOM, REQUEST);
    let again = server.post_text(ROOM, REQUEST);
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("Location"), "");
    let other = json!({
        "creator_email": " ADA@Example.com ", "name": "Other", "lang": "tr", "tags": "a,b",
        "allow_recording": false, "inaccessible_replay": true, "options": {"start_active": true},
    });
    for path in [
        "/xapi/v2/room",
        "/xapi/v2/room/default",
        "/api/groups/xapi/room",
        "/api/groups/xapi/room/default",
    ] {
        let answer = server.post(path, &other);
        assert_eq!((answer.status, &answer.body), (200, &first.body), "{path}");
    }
}

#[test]
fn everything_that_is_sent_is_stored() {
    let server = TestServer::start();
    let answer = server.post(
        "/api/groups/xapi/room/default",
        &json!({
            "creator_email": "ada@example.com", "name": "  Ada's  Room ", "fallback_name": null, "lang": "zh-hant-tw",
            "tags": "math, logic", "allow_recording": false, "inaccessible_replay": true, "is_default": true,
            "options": {"Chat": {"OffNewMsgSound": true}, "session_duration": 90, "skip_approval_on_join": true,
                        "return_url": "https://example.com/back", "new_option": {"a": [1, null]}},
        }),
    );
    let room = answer.json();
    let guid = text(&room, "room_guid");
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.header("Location"),
        format!("/api/groups/xapi/room/{guid}")
    );
    let mut options = parsed(RESPONSE)["ui_options"].clone();
    options["chat"]["offNewMsgSound"] = json!(true);
    options["session_duration"] = json!(90);
    options["skip_approval_on_join"] = json!(true);
    options["return_url"] = json!("https://example.com/back");
    options["new_option"] = json!({"a": [1, null]});
    let expected = json!({
        "room_guid": guid, "name": "Ada's  Room", "lang": "zh-Hant-TW", "url": room["url"],
        "created_date": room["created_date"], "tags": "math, logic", "inaccessible_replay": true,
        "allow_recording": false, "creator_email": "ada@example.com", "ui_options": options,
    });
    assert_eq!(room, expected);
    server
        .get(&format!("/xapi/v2/room/{}", guid.to_lowercase()))
        .assert(200, &expected);
}

#[test]
fn the_fallback_is_used_when_the_name_is_taken_in_any_spelling() {
    let server = TestServer::start();
    assert_eq!(
        server.get_or_create("ada@example.com", "Café Room").status,
        201
    );
    let answer = server.post(
        ROOM,
        &json!({"creator_email": "grace@example.com", "name": "CAFE\u{301}   room", "fallback_name": "Second"}),
    );
    assert_eq!(
        (answer.status, &answer.json()["name"]),
        (201, &json!("Second"))
    );
}

#[test]
fn names_that_are_taken_are_listed_and_nothing_is_written() {
    let server = TestServer::start();
    assert_eq!(server.get_or_create("ada@example.com", "Chess").status, 201);
    assert_eq!(server.get_or_create("grace@example.com", "Go").status, 201);
    let call = |fallback: Value| {
        server.post(ROOM, &json!({"creator_email": "edsger@example.com", "name": "chess", "fallback_name": fallback}))
    };
    call(Value::Null).assert(
        409,
        &json!({"code": 71, "details": "the room name \"chess\" is taken"}),
    );
    call(json!("CHESS")).assert(
        409,
        &json!({"code": 71, "details": "the room name \"chess\" is taken"}),
    );
    call(json!("GO")).assert(
        409,
        &json!({"code": 71, "details": "the room names \"chess\" and \"GO\" are taken"}),
    );
    assert_eq!(call(json!("Draughts")).status, 201);
}

#[test]
fn only_active_registered_users_get_a_room() {
    let server = TestServer::start();
    let unknown = json!({"creator_email": "unknown@example.com", "name": "Room"});
    for base in ["/xapi/v2", "/api/groups/xapi"] {
        let details = format!(
            "no user is registered with this e-mail address: register one with POST {base}/user or \
             roomd user add, or let the setting users.register_unknown register the owners of \
             addresses in a domain"
        );
        for path in ["room", "room/default"] {
            server
                .post(&format!("{base}/{path}"), &unknown)
                .assert(404, &json!({"code": 52, "details": details}));
        }
    }
    server.register("inactive@example.com", json!({"active": false}));
    server.register(
        "expired@example.com",
        json!({"expires_at": "2001-01-01T00:00:00Z"}),
    );
    for email in ["inactive@example.com", "expired@example.com"] {
        server.get_or_create(email, "Room").assert(
            403,
            &json!({"code": 53, "details": "the user is inactive or expired"}),
        );
    }
    assert_eq!(server.get_or_create("ada@example.com", "Room").status, 201);
}

/// Starts a server that registers unknown creators with addresses in these domains.
fn server_that_registers(domains: &[&str]) -> TestServer {
    TestServer::start_with(|config| {
        let domains = domains.iter().map(|domain| domain.parse().expect(domain));
        config.users.register_unknown = domains.collect();
    })
}

#[test]
fn an_unknown_creator_in_a_domain_of_the_settings_is_registered() {
    let server = server_that_registers(&["MÜNCHEN.example", "Example.NET"]);
    for (email, username) in [
        ("Alan.T@example.net", "Alan.T"),
        ("zoë@xn--mnchen-3ya.EXAMPLE", "zoë"),
        ("alan.t@münchen.example", "alan.t@münchen.example"),
    ] {
        let room = server.get_or_create(email, &format!("Room of {email}"));
        assert_eq!(
            (room.status, &room.json()["creator_email"]),
            (201, &json!(email))
        );
        let again = server.get_or_create(email, "Other");
        assert_eq!((again.status, again.json()), (200, room.json()));
        let found = server.post(&format!("{USER}/search"), &json!({"email": email}));
        let found = found.json();
        let user = &found[0];
        let (guid, date) = (&user["user_guid"], &user["creation_date"]);
        let name = email.split('@').next();
        let expected = json!([{
            "user_guid": guid, "user_id": guid, "name": name, "surname": "", "email": email,
            "username": username, "role": "u", "mobile": "", "login_allowed": true, "active": true,
            "status": 1, "lang": "tr-TR", "timezone": "Europe/Istanbul", "expires_at": null,
            "creation_date": date, "updating_date": null,
        }]);
        assert_eq!(found, expected);
    }
    for email in ["alan@example.org", "alan@sub.example.net"] {
        assert_eq!(server.get_or_create(email, "Room").status, 404, "{email}");
    }
}

#[test]
fn an_unknown_creator_is_registered_only_with_a_room() {
    let server = server_that_registers(&["*"]);
    assert_eq!(server.get_or_create("ada@example.com", "Chess").status, 201);
    let users = || server.post(&format!("{USER}/search"), &json!({}));
    let before = users().header("X-Total-Count").to_owned();
    let taken = server.get_or_create("alan@any.example", "CHESS");
    assert_eq!((taken.status, &taken.json()["code"]), (409, &json!(71)));
    assert_eq!(server.get_or_create("alan@any.example", "").status, 400);
    assert_eq!(users().header("X-Total-Count"), before);
    assert_eq!(server.get_or_create("alan@any.example", "Go").status, 201);
    // An inactive user is known.
    server.register("inactive@any.example", json!({"active": false}));
    let inactive = server.get_or_create("inactive@any.example", "Room");
    assert_eq!(inactive.status, 403);
}

#[test]
fn of_64_callers_for_an_unknown_creator_one_creates_the_room() {
    let server = server_that_registers(&["*"]);
    let answers = all_at_once(64, |n| {
        server.get_or_create("alan@any.example", &format!("Room {n}"))
    });
    assert_eq!((count(&answers, 201), count(&answers, 200)), (1, 63));
    let guid = answers[0].guid();
    assert!(answers.iter().all(|answer| answer.guid() == guid));
}

#[test]
fn of_64_callers_at_once_one_creates_the_room_and_all_get_it() {
    let server = TestServer::start();
    let answers = all_at_once(64, |_| server.post_text(ROOM, REQUEST));
    assert_eq!((count(&answers, 201), count(&answers, 200)), (1, 63));
    assert_one_room(&answers);
}

#[test]
fn of_64_users_at_once_one_gets_the_name_and_the_others_their_fallback() {
    let server = TestServer::start_with_users(64);
    let answers = all_at_once(64, |n| {
        let fallback = format!("Fallback {n}");
        server.post(
            ROOM,
            &json!({"creator_email": email(n), "name": "Wanted", "fallback_name": fallback}),
        )
    });
    assert_eq!(count(&answers, 201), 64);
    let names: Vec<Value> = answers
        .iter()
        .map(|answer| answer.json()["name"].clone())
        .collect();
    assert_eq!(names.iter().filter(|name| *name == "Wanted").count(), 1);
    for (n, name) in names.iter().enumerate() {
        assert!(
            name == "Wanted" || *name == format!("Fallback {n}"),
            "{n}: {name}"
        );
    }
}

#[test]
fn of_64_users_at_once_without_fallback_one_gets_the_name() {
    let server = TestServer::start_with_users(64);
    let answers = all_at_once(64, |n| server.get_or_create(&email(n), "Wanted"));
    assert_eq!((count(&answers, 201), count(&answers, 409)), (1, 63));
}

#[test]
fn rooms_are_found_after_a_restart() {
    let server = TestServer::start();
    let created = server.post_text(ROOM, REQUEST);
    assert_eq!(created.status, 201);
    let server = TestServer::start_in(server.stop(), |_| {});
    let found = server.post_text(ROOM, REQUEST);
    assert_eq!(found.status, 200);
    assert_eq!(found.json()["room_guid"], created.json()["room_guid"]);
}

#[test]
fn a_cached_answer_is_used_only_while_it_is_true() {
    let server = TestServer::start();
    let call = || server.get_or_create("ada@example.com", "Room");
    let created = call().json();
    for _ in 0..3 {
        call().assert(200, &created);
    }
    let room = room_path(&created);
    let renamed = server.put(&room, &json!({"name": "Other"})).json();
    assert_eq!(renamed["name"], "Other");
    call().assert(200, &renamed);
    call().assert(200, &renamed);
    assert_eq!(server.delete(&room).status, 204);
    assert_eq!(call().status, 201);
    assert_eq!(call().status, 200);
    server
        .folder()
        .roomd(&["user", "remove", "ada@example.com", "--yes"]);
    assert_eq!(call().status, 404);
}
