//! Requests as clients in many languages write them, which must be taken as they are meant.

use crate::support::{Answer, ROOM, TestServer, USER, room_path, user_path};
use serde_json::{Value, json};

const HEADER: &str = "X-Unknown-Options";

/// Returns a request that is valid except for more fields.
fn room_with(more: Value) -> Value {
    let mut request = json!({"creator_email": "ada@example.com", "name": "Test Room"});
    let more = more.as_object().expect("an object").clone();
    request.as_object_mut().expect("an object").extend(more);
    request
}

fn alan_with(more: Value) -> Value {
    let mut user = json!({"name": "Alan", "surname": "Turing", "email": "alan@example.com", "username": "alan"});
    let more = more.as_object().expect("an object").clone();
    user.as_object_mut().expect("an object").extend(more);
    user
}

/// Asserts that exactly one field is wrong, and returns what is said of it.
#[track_caller]
fn wrong(answer: &Answer, field: &str) -> String {
    let body = answer.json();
    let errors = body["errors"].as_array().map_or(0, Vec::len);
    assert_eq!(
        (
            answer.status,
            &body["code"],
            errors,
            &body["errors"][0]["field"]
        ),
        (400, &json!(12), 1, &json!(field)),
        "{body}"
    );
    body["errors"][0]["message"]
        .as_str()
        .expect("a text")
        .to_owned()
}

#[test]
fn the_hash_of_a_key_may_be_in_capitals() {
    let server = TestServer::start();
    let (access_key, hash) = server.authorization.split_once('|').expect("two parts");
    let capitals = format!("{access_key}|{}", hash.to_uppercase());
    assert_ne!(capitals, server.authorization);
    for _ in 0..2 {
        let request = server.request_without_key("GET", &format!("{ROOM}/search"));
        let request = request.header("Authorization", &capitals);
        assert_eq!(server.send(request, "").status, 200);
    }
}

#[test]
fn a_body_may_begin_with_a_byte_order_mark() {
    let server = TestServer::start();
    let body = room_with(json!({})).to_string();
    assert_eq!(
        server.post_text(ROOM, &format!("\u{FEFF}{body}")).status,
        201
    );
    assert_eq!(
        server.post_text(ROOM, &format!("\u{FEFF}\n{body}")).status,
        200
    );
    for wrong in [
        "\u{FEFF}".to_owned(),
        format!("\u{FEFF}\u{FEFF}{body}"),
        format!("{body}\u{FEFF}"),
    ] {
        assert_eq!(server.post_text(ROOM, &wrong).json()["code"], 19);
    }
}

#[test]
fn the_empty_string_means_not_set_in_a_new_room() {
    let server = TestServer::start();
    let default = server.post(
        ROOM,
        &room_with(json!({"creator_email": "grace@example.com", "name": "x"})),
    );
    let sent = json!({
        "fallback_name": "", "lang": "", "options": "", "tags": "", "allow_recording": "", "inaccessible_replay": "",
    });
    let answer = server.post(ROOM, &room_with(sent));
    assert_eq!(answer.status, 201, "{}", answer.body);
    let (room, default) = (answer.json(), default.json());
    for field in [
        "lang",
        "ui_options",
        "tags",
        "allow_recording",
        "inaccessible_replay",
    ] {
        assert_eq!(room[field], default[field], "{field}");
    }
    let sent = json!({"options": {
        "allow_rating": "", "preparation_time": "", "chat": "", "duration": {"allowExtendTime": ""},
        "return_url": "", "skip_approval_on_join": "",
    }});
    let changed = server.put(&room_path(&room), &sent);
    changed.assert(200, &room);
    for field in ["creator_email", "name"] {
        let message = wrong(&server.post(ROOM, &room_with(json!({field: ""}))), field);
        assert_eq!(message, "must not be empty");
    }
}

#[test]
fn the_empty_string_changes_nothing_but_what_null_changes() {
    let server = TestServer::start();
    let room = server
        .post(ROOM, &room_with(json!({"tags": "a", "lang": "tr"})))
        .json();
    let path = room_path(&room);
    let sent = json!({"name": "", "lang": "", "options": "", "allow_recording": "", "inaccessible_replay": ""});
    server.put(&path, &sent).assert(200, &room);
    assert_eq!(
        server.put(&path, &json!({"tags": ""})).json()["tags"],
        Value::Null
    );

    let sent =
        json!({"mobile": "1", "expires_at": "2030-01-01T00:00:00Z", "lang": "de", "role": "a"});
    let user = server.post(USER, &alan_with(sent)).json();
    let sent = json!({
        "name": "", "email": "", "username": "", "role": "", "login_allowed": "", "active": "", "status": "",
        "lang": "", "timezone": "", "psd": "",
    });
    let answer = server.put(&user_path(&user), &sent).json();
    for field in [
        "name",
        "email",
        "username",
        "role",
        "login_allowed",
        "active",
        "lang",
        "timezone",
    ] {
        assert_eq!(answer[field], user[field], "{field}");
    }
    let changed = server
        .put(&user_path(&user), &json!({"expires_at": "", "mobile": ""}))
        .json();
    assert_eq!(
        (&changed["expires_at"], &changed["mobile"]),
        (&Value::Null, &json!(""))
    );
}

#[test]
fn the_empty_string_means_not_set_in_a_new_user_and_in_a_search() {
    let server = TestServer::start();
    let sent = json!({
        "psd": "", "role": "", "mobile": "", "login_allowed": "", "active": "", "status": "", "lang": "",
        "timezone": "", "expires_at": "",
    });
    let answer = server.post(USER, &alan_with(sent));
    assert_eq!(answer.status, 201, "{}", answer.body);
    let user = answer.json();
    assert_eq!(
        (&user["role"], &user["lang"]),
        (&json!("u"), &json!("tr-TR"))
    );
    assert_eq!(
        (&user["active"], &user["expires_at"]),
        (&json!(true), &Value::Null)
    );
    let sent = json!({"name": "alan", "surname": "", "role": "", "user_id": "", "page_number": "", "page_size": ""});
    let found = server.post("/xapi/v2/user/search", &sent).json();
    assert_eq!(found, json!([user]));
}

#[test]
fn a_language_may_be_written_as_a_locale() {
    let server = TestServer::start();
    let answer = server.post(ROOM, &room_with(json!({"lang": " tr_tr "})));
    assert_eq!(
        (answer.status, &answer.json()["lang"]),
        (201, &json!("tr-TR"))
    );
    let answer = server.post(USER, &alan_with(json!({"lang": "EN_us"})));
    assert_eq!(
        (answer.status, &answer.json()["lang"]),
        (201, &json!("en-US"))
    );
}

#[test]
fn dates_may_be_written_as_programs_print_them() {
    let server = TestServer::start();
    let user = server.post(USER, &alan_with(json!({}))).json();
    for (sent, shown) in [
        ("2026-01-01T00:00Z", "2026-01-01T00:00:00+00:00"),
        ("2026-01-01 00:00:00Z", "2026-01-01T00:00:00+00:00"),
        ("2026-01-01T00:00:00+0300", "2025-12-31T21:00:00+00:00"),
        ("2026-01-01T00:00:00.5+03", "2025-12-31T21:00:00+00:00"),
        ("2026-01-01 00:00 -0330", "2026-01-01T03:30:00+00:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00"),
        ("9999-12-31T23:59:59+14:00", "9999-12-31T09:59:59+00:00"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00+00:00"),
        ("0001-02-03T04:05:06-07:00", "0001-02-03T11:05:06+00:00"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
    ] {
        let answer = server.put(&user_path(&user), &json!({"expires_at": sent}));
        assert_eq!(answer.json()["expires_at"], shown, "{sent}");
        let stored = server.get(&user_path(&user)).json();
        assert_eq!(stored["expires_at"], shown, "{sent}");
    }
    for sent in [
        "2026-01-01T00:00",
        "2026-01-01T00:00:00",
        "2026-01-01",
        "2026-01-01T00:00:00 03:00",
        "9999-12-31T23:59:59-00:01",
        "0000-01-01T00:00:00+00:01",
        "10000-01-01T00:00:00Z",
    ] {
        wrong(
            &server.put(&user_path(&user), &json!({"expires_at": sent})),
            "expires_at",
        );
    }
    for (query, count) in [
        ("created_after=2001-01-01%2000:00", 3),
        ("created_after=2001-01-01+00:00", 3),
        ("created_before=2001-01-01T00:00%2B0300", 0),
        ("created_before=9999-12-31T23:59:59.5-14:00", 3),
        ("created_after=9999-12-31T23:59:59Z", 0),
    ] {
        for email in ["ada@example.com", "grace@example.com", "edsger@example.com"] {
            server.room_of(email);
        }
        let answer = server.get(&format!("{ROOM}/search?{query}"));
        assert_eq!(answer.json()["pagination"]["totalCount"], count, "{query}");
    }
}

#[test]
fn slashes_at_the_end_and_in_a_row_do_not_count() {
    let server = TestServer::start();
    for (n, path) in [
        "/xapi/v2/room/",
        "/xapi/v2//room",
        "//xapi/v2/room//",
        "/xapi/v2/room/default/",
        "/api//groups/xapi///room/default",
    ]
    .into_iter()
    .enumerate()
    {
        let answer = server.post(path, &room_with(json!({})));
        let expected = if n == 0 { 201 } else { 200 };
        assert_eq!(
            (answer.status, answer.header("Location").is_empty()),
            (expected, n > 0),
            "{path}"
        );
    }
    let room = server.get_or_create("ada@example.com", "x").json();
    let path = room_path(&room);
    server.get(&format!("{path}/")).assert(200, &room);
    server
        .get(&path.replace("/room/", "/room//"))
        .assert(200, &room);
    server
        .put(&format!("{path}//"), &json!({}))
        .assert(200, &room);
    let found = server.get(&format!("{ROOM}/search/?query=no%2F%2Froom//&size=1"));
    assert_eq!((found.status, &found.json()["data"]), (200, &json!([])));
    for path in ["/healthz/", "//readyz", "/openapi.json/", "/docs/"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
    let redirect =
        server.send_raw("GET /docs/ HTTP/1.1\r\nHost: roomd\r\nConnection: close\r\n\r\n");
    assert!(redirect.contains("\r\nlocation: ../docs\r\n"), "{redirect}");
    let answer = server.send(server.request_without_key("POST", "/xapi/v2/room/"), "");
    assert_eq!(answer.status, 401);
    assert_eq!(server.delete(&format!("{path}/")).status, 204);
}

#[test]
fn ui_options_are_options_where_a_change_has_no_options() {
    let server = TestServer::start();
    let room = server.get_or_create("ada@example.com", "Room").json();
    let path = room_path(&room);
    for options in [None, Some(Value::Null), Some(json!(""))] {
        for minutes in [30, 60] {
            let mut sent = json!({"ui_options": {"session_duration": minutes}});
            if let Some(options) = &options {
                sent["options"] = options.clone();
            }
            let changed = server.put(&path, &sent).json();
            assert_eq!(changed["ui_options"]["session_duration"], minutes);
        }
    }
    let both = json!({"options": {"session_duration": 20}, "ui_options": {"session_duration": 0, "start_active": true}});
    let changed = server.put(&path, &both).json();
    assert_eq!(changed["ui_options"]["session_duration"], 20);
    assert_eq!(changed["ui_options"]["start_active"], false);
    // A room as it was read can be sent back.
    server.put(&path, &changed).assert(200, &changed);
    let answer = server.put(
        &path,
        &json!({"ui_options": {"chat": {"offNewMsgSound": 1}}}),
    );
    wrong(&answer, "ui_options.chat.offNewMsgSound");
    let twice = r#"{"ui_options": {}, "ui_options": {}}"#;
    let request = server
        .request("PUT", &path)
        .header("Content-Type", "application/json");
    wrong(&server.send(request, twice), "ui_options");
}

#[test]
fn status_is_active_in_numbers() {
    let server = TestServer::start();
    for (sent, active) in [
        (json!({"status": 0}), false),
        (json!({"status": 1}), true),
        (json!({"status": 0.0, "active": null}), false),
        (json!({"status": 0, "active": false}), false),
        (json!({"status": 1, "active": true}), true),
        (json!({"status": null, "active": false}), false),
    ] {
        let user = server.post(USER, &alan_with(sent.clone())).json();
        assert_eq!(user["active"], active, "{sent}");
        for (sent, active) in [(json!({"status": 0}), false), (json!({"status": 1}), true)] {
            let changed = server.put(&user_path(&user), &sent).json();
            let expected = (&json!(active), &sent["status"]);
            assert_eq!((&changed["active"], &changed["status"]), expected);
        }
        let changed = server.put(&user_path(&user), &json!({"name": "A"})).json();
        assert_eq!(changed["active"], true);
        for sent in [
            json!({"status": 0, "active": true}),
            json!({"status": 1, "active": false}),
            json!({"status": 2}),
            json!({"status": "off"}),
            json!({"status": true}),
        ] {
            wrong(&server.put(&user_path(&user), &sent), "status");
            wrong(&server.post(USER, &alan_with(sent)), "status");
        }
        assert_eq!(server.delete(&user_path(&user)).status, 204);
    }
}

#[test]
fn a_header_names_unknown_options() {
    let server = TestServer::start();
    let typo = room_with(
        json!({"options": {"start_activ": true, "Chat": {"offNewMsgSoundd": 1}, "ö,": {"a": 1}}}),
    );
    let expected = "chat.offNewMsgSoundd,start_activ,%C3%B6%2C";
    for status in [201, 200, 200] {
        let answer = server.post(ROOM, &typo);
        assert_eq!((answer.status, answer.header(HEADER)), (status, expected));
    }
    let answer = server.get_or_create("ada@example.com", "Test Room");
    assert_eq!((answer.status, answer.header(HEADER)), (200, ""));
    let path = room_path(&answer.json());
    for field in ["options", "ui_options"] {
        let answer = server.put(&path, &json!({field: {"new": null}}));
        assert_eq!((answer.status, answer.header(HEADER)), (200, "new"));
        let answer = server.put(&path, &json!({field: {"start_active": true}}));
        assert_eq!((answer.status, answer.header(HEADER)), (200, ""));
    }
    let many: Value = (0..1000)
        .map(|n| (format!("new{n}"), json!(1)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let answer = server.put(&path, &json!({"options": many}));
    let header = answer.header(HEADER);
    assert!(header.len() <= 1010 && header.ends_with(",..."), "{header}");
}

#[test]
fn a_whole_number_is_exact_or_wrong() {
    let server = TestServer::start();
    for number in [
        "1440.0000000000001",
        "1439.99999999999999999",
        "1.4400000000000000001e3",
        "1e-400",
    ] {
        let body = room_with(json!({"options": {"preparation_time": 0}})).to_string();
        let body = body.replace(
            "\"preparation_time\":0",
            &format!("\"preparation_time\":{number}"),
        );
        wrong(&server.post_text(ROOM, &body), "options.preparation_time");
        let search = format!("{{\"page_size\":{number}}}");
        wrong(
            &server.post_text("/xapi/v2/user/search", &search),
            "page_size",
        );
    }
}

#[test]
fn only_utf_8_is_taken_for_text() {
    let server = TestServer::start();
    let body = room_with(json!({})).to_string();
    let details = "the body must be in UTF-8: send Content-Type: application/json";
    for charset in [
        "iso-8859-1",
        "UTF-16",
        "\"windows-1254\"",
        " latin1",
        "utf-8x",
    ] {
        for content_type in [
            format!("application/json; charset={charset}"),
            format!("application/json;a=b; Charset = {charset}"),
        ] {
            let request = server
                .request("POST", ROOM)
                .header("Content-Type", &content_type);
            server
                .send(request, &body)
                .assert(415, &json!({"code": 93, "details": details}));
        }
    }
    for content_type in [
        "application/json; charset=\"utf-8\"",
        "application/json; charset=UTF8",
        "application/json;a=charset;charset=Utf-8",
    ] {
        let request = server
            .request("POST", ROOM)
            .header("Content-Type", content_type);
        assert!(server.send(request, &body).status < 300, "{content_type}");
    }
    for query in ["query=Caf%E9", "query=%FF", "query=%C3%28"] {
        let message = wrong(&server.get(&format!("{ROOM}/search?{query}")), "query");
        assert_eq!(message, "must be UTF-8, percent-encoded");
    }
}

#[test]
fn an_unknown_condition_of_a_search_is_named_with_the_known_ones() {
    let server = TestServer::start();
    server.room_of("ada@example.com");
    let known = "is unknown: the known ones are query, creator_email, user_id, created_after, created_before, \
                 sort, page, size, page_size, fields";
    for (query, field) in [
        ("creator_mail=x", "creator_mail"),
        ("Query=x&query=y", "Query"),
        ("query%5B%5D=x", "query[]"),
        ("field", "field"),
        ("a=1&a=2", "a"),
        ("%0D%FF=1", "\u{FFFD}\u{FFFD}"),
    ] {
        let message = wrong(&server.get(&format!("{ROOM}/search?{query}")), field);
        assert_eq!(message, known);
    }
    let known = "is unknown: the known ones are name, surname, username, email, mobile, role, user_id, \
                 page_number, page_size";
    for (body, field) in [
        (json!({"mail": "x"}), "mail"),
        (json!({"name": "x", "size": null}), "size"),
        (json!({"Email": "x"}), "Email"),
    ] {
        let message = wrong(&server.post("/xapi/v2/user/search", &body), field);
        assert_eq!(message, known);
    }
    let many: Vec<String> = (0..5000).map(|n| format!("x{n}=1")).collect();
    let answer = server.get(&format!("{ROOM}/search?{}&page=0", many.join("&")));
    assert_eq!(answer.status, 400);
    assert!(answer.body.len() < 10_000, "{}", answer.body.len());
    assert_eq!(answer.json()["errors"][0]["field"], "page");
}
