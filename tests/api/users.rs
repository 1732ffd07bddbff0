use crate::support::{DATABASE, ROOM, TestServer, USER, all_at_once, room_path, text, user_path};
use serde_json::{Value, json};

fn alan() -> Value {
    json!({"name": "Alan", "surname": "Turing", "email": "Alan@Example.com", "username": "alan"})
}

fn no_such_user() -> Value {
    json!({"code": 52, "details": "there is no such user"})
}

#[test]
fn a_user_is_registered_with_defaults_for_the_rest() {
    let server = TestServer::start();
    let answer = server.post(USER, &alan());
    let user = answer.json();
    let (guid, date) = (text(&user, "user_guid"), text(&user, "creation_date"));
    assert!(date.ends_with("+00:00"), "{date}");
    answer.assert(
        201,
        &json!({
            "user_guid": guid, "user_id": guid, "name": "Alan", "surname": "Turing", "email": "Alan@Example.com",
            "username": "alan", "role": "u", "mobile": "", "login_allowed": true, "active": true, "status": 1,
            "lang": "tr-TR", "timezone": "Europe/Istanbul", "expires_at": null, "creation_date": date,
            "updating_date": null,
        }),
    );
    assert_eq!(answer.header("Location"), user_path(&user));
    server.get(&user_path(&user)).assert(200, &user);
    server
        .get(&user_path(&user).to_lowercase())
        .assert(200, &user);
}

#[test]
fn everything_that_is_sent_is_stored_but_the_password() {
    let server = TestServer::start();
    let mut sent = json!({
        "name": " Alan ", "surname": "Turing", "email": "alan@example.com", "username": "alan", "role": "a",
        "psd": "hunter2hunter2", "mobile": "+44 1", "login_allowed": false, "active": false, "lang": "en-gb",
        "timezone": "europe/london", "expires_at": "2030-01-01T01:00:00+01:00", "unknown": 1,
    });
    let answer = server.post(USER, &sent);
    let user = answer.json();
    assert_eq!(answer.status, 201);
    for field in [
        "surname",
        "email",
        "username",
        "role",
        "mobile",
        "login_allowed",
        "active",
    ] {
        assert_eq!(user[field], sent[field].take(), "{field}");
    }
    assert_eq!(user["name"], "Alan");
    assert_eq!(user["status"], 0);
    assert_eq!(user["lang"], "en-GB");
    assert_eq!(user["timezone"], "Europe/London");
    assert_eq!(user["expires_at"], "2030-01-01T00:00:00+00:00");
    assert_eq!(user.get("psd"), None);
    let database = server.stop().files().remove(DATABASE).expect("a database");
    assert!(!database.windows(14).any(|bytes| bytes == b"hunter2hunter2"));
}

#[test]
fn a_user_may_have_no_surname() {
    let server = TestServer::start();
    let mut body = alan();
    for surname in [None, Some(Value::Null), Some(json!("")), Some(json!(" "))] {
        body.as_object_mut().expect("an object").remove("surname");
        if let Some(surname) = surname {
            body["surname"] = surname;
        }
        let user = server.post(USER, &body);
        assert_eq!((user.status, &user.json()["surname"]), (201, &json!("")));
        server.get_or_create("alan@example.com", "Enigma");
        let path = user_path(&user.json());
        let named = server.put(&path, &json!({"surname": "Turing"})).json();
        assert_eq!(named["surname"], "Turing");
        body.as_object_mut().expect("an object").remove("surname");
        // What is not sent stays, what is sent empty becomes empty.
        server.post(USER, &body).assert(200, &named);
        for method in ["PUT", "POST"] {
            let mut empty = body.clone();
            empty["surname"] = json!("");
            let route = if method == "PUT" { &path } else { USER };
            let emptied = server.call(method, route, &empty);
            assert_eq!(
                (emptied.status, &emptied.json()["surname"]),
                (200, &json!(""))
            );
            server.put(&path, &json!({"surname": "Turing"}));
        }
        assert_eq!(server.delete(&path).status, 204);
    }
    body["surname"] = json!("\u{200B}");
    let answer = server.post(USER, &body);
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(12)));
}

#[test]
fn every_wrong_field_is_named() {
    let server = TestServer::start();
    let sent = json!({
        "name": "", "surname": 1, "email": "x", "role": "x", "psd": 1, "mobile": "1".repeat(33),
        "login_allowed": "yes", "active": 1, "lang": "e", "timezone": "Mars", "expires_at": "tomorrow",
    });
    server.post(USER, &sent).assert(
        400,
        &json!({"code": 12, "details": "12 fields are wrong", "errors": [
            {"field": "name", "message": "must not be empty"},
            {"field": "surname", "message": "must be a string"},
            {"field": "email", "message": "must be an e-mail address, such as ada@example.com"},
            {"field": "username", "message": "is required"},
            {"field": "psd", "message": "must be a string"},
            {"field": "role", "message": "must be u (user), e (instructor) or a (administrator)"},
            {"field": "mobile", "message": "must have at most 32 characters"},
            {"field": "login_allowed", "message": "must be true or false"},
            {"field": "active", "message": "must be true or false"},
            {"field": "lang", "message": "must be a language tag, such as en-US (BCP 47)"},
            {"field": "timezone", "message": "must be an IANA time zone, such as Europe/Istanbul"},
            {"field": "expires_at", "message": "must be a date-time, such as 2026-11-23T08:45:00Z (RFC 3339)"},
        ]}),
    );
}

#[test]
fn an_e_mail_address_and_a_username_belong_to_one_user() {
    let server = TestServer::start();
    assert_eq!(server.post(USER, &alan()).status, 201);
    let email_taken = json!({"code": 51, "details": "another user has this e-mail address"});
    let username_taken = json!({"code": 50, "details": "another user has this username"});
    let mut other = alan();
    other["email"] = json!("ALAN@example.com");
    other["username"] = json!("other");
    server.post(USER, &other).assert(409, &email_taken);
    other["email"] = json!("other@example.com");
    other["username"] = json!("ALAN");
    server.post(USER, &other).assert(409, &username_taken);
    other["username"] = json!("other");
    let other = server.post(USER, &other).json();
    server
        .put(&user_path(&other), &json!({"email": "alan@example.com"}))
        .assert(409, &email_taken);
    server
        .put(&user_path(&other), &json!({"username": "Alan"}))
        .assert(409, &username_taken);
    server.get(&user_path(&other)).assert(200, &other);
    let again = server.put(
        &user_path(&other),
        &json!({"username": "OTHER", "email": "Other@example.com"}),
    );
    assert_eq!(again.status, 200);
}

#[test]
fn a_repeated_registration_changes_what_is_sent() {
    let server = TestServer::start();
    let mut user = server.post(USER, &alan()).json();
    // Nothing changes, so the user was not changed either.
    let again = server.post(USER, &alan());
    again.assert(200, &user);
    assert_eq!(again.header("Location"), "");
    let room = server.get_or_create("alan@example.com", "Enigma").json();
    for (field, sent, stored) in [
        ("name", json!("Alan M."), json!("Alan M.")),
        (
            "email",
            json!("ALAN@example.com"),
            json!("ALAN@example.com"),
        ),
        ("username", json!("ALAN"), json!("ALAN")),
        ("role", json!("e"), json!("e")),
        (
            "expires_at",
            json!("2999-01-01T00:00:00Z"),
            json!("2999-01-01T00:00:00+00:00"),
        ),
        ("expires_at", Value::Null, Value::Null),
        ("active", json!(false), json!(false)),
    ] {
        let mut body = alan();
        for required in ["name", "email", "username"] {
            body[required] = user[required].clone();
        }
        body[field] = sent;
        let answer = server.post(USER, &body);
        let date = answer.json()["updating_date"].clone();
        assert!(date.is_string(), "{field}");
        user[field] = stored;
        user["status"] = json!(u8::from(user["active"] == true));
        user["updating_date"] = date;
        answer.assert(200, &user);
        server.get(&user_path(&user)).assert(200, &user);
    }
    let mut room_now = server.get(&room_path(&room)).json();
    assert_eq!(room_now["creator_email"], "ALAN@example.com");
    room_now["creator_email"] = room["creator_email"].clone();
    assert_eq!(room_now, room);
}

#[test]
fn a_registration_takes_nothing_from_another_user() {
    let server = TestServer::start();
    let alan = server.post(USER, &alan()).json();
    let grace = server.register("grace@example.net", json!({"username": "grace"}));
    for (email, username, code) in [
        ("alan@example.com", "grace", 51),
        ("alan@example.com", "unknown", 51),
        ("unknown@example.com", "alan", 50),
        ("grace@example.net", "alan", 51),
    ] {
        let body = json!({"name": "X", "surname": "Y", "email": email, "username": username});
        let answer = server.post(USER, &body);
        assert_eq!((answer.status, &answer.json()["code"]), (409, &json!(code)));
    }
    server.get(&user_path(&alan)).assert(200, &alan);
    server.get(&user_path(&grace)).assert(200, &grace);
}

#[test]
fn of_many_equal_registrations_one_registers() {
    let server = TestServer::start();
    let answers = all_at_once(16, |_| server.post(USER, &alan()));
    let new = answers.iter().filter(|answer| answer.status == 201);
    assert_eq!(new.count(), 1);
    let user = answers[0].json();
    for answer in &answers {
        assert!([200, 201].contains(&answer.status), "{answer:?}");
        assert_eq!(answer.json(), user);
    }
}

#[test]
fn an_update_changes_only_what_is_sent() {
    let server = TestServer::start();
    let mut user = server.post(USER, &alan()).json();
    server.put(&user_path(&user), &json!({})).assert(200, &user);
    server
        .put(&user_path(&user), &json!({"name": null, "psd": "x"}))
        .assert(200, &user);
    for (field, sent, stored) in [
        ("surname", json!("M. Turing"), json!("M. Turing")),
        (
            "expires_at",
            json!("2030-01-01T00:00:00Z"),
            json!("2030-01-01T00:00:00+00:00"),
        ),
        ("expires_at", Value::Null, Value::Null),
        ("mobile", json!("1"), json!("1")),
        ("timezone", json!("UTC"), json!("UTC")),
    ] {
        let answer = server.put(&user_path(&user), &json!({field: sent}));
        let date = answer.json()["updating_date"].clone();
        assert!(date.is_string(), "{field}");
        user[field] = stored;
        user["updating_date"] = date;
        answer.assert(200, &user);
        server.get(&user_path(&user)).assert(200, &user);
    }
}

#[test]
fn a_changed_e_mail_address_takes_the_room_along() {
    let server = TestServer::start();
    let user = server.post(USER, &alan()).json();
    let mut room = server.get_or_create("alan@example.com", "Enigma").json();
    assert_eq!(
        server
            .put(&user_path(&user), &json!({"email": "turing@example.com"}))
            .status,
        200
    );
    room["creator_email"] = json!("turing@example.com");
    server
        .get_or_create("turing@example.com", "Other")
        .assert(200, &room);
    assert_eq!(
        server.get_or_create("alan@example.com", "Other").status,
        404
    );
    let found = server
        .get(&format!("{ROOM}/search?creator_email=turing@example.com"))
        .json();
    assert_eq!(found["data"], json!([room]));
}

#[test]
fn an_inactive_user_keeps_the_room_and_gets_no_new_one() {
    let server = TestServer::start();
    let user = server.post(USER, &alan()).json();
    let room = server.get_or_create("alan@example.com", "Enigma").json();
    assert_eq!(
        server
            .put(&user_path(&user), &json!({"active": false}))
            .json()["status"],
        0
    );
    server
        .get_or_create("alan@example.com", "Other")
        .assert(200, &room);
    let room = room_path(&room);
    assert_eq!(server.delete(&room).status, 204);
    assert_eq!(
        server.get_or_create("alan@example.com", "Other").status,
        403
    );
    assert_eq!(
        server
            .put(&user_path(&user), &json!({"active": true}))
            .status,
        200
    );
    assert_eq!(
        server.get_or_create("alan@example.com", "Other").status,
        201
    );
}

#[test]
fn deleting_a_user_deletes_the_room() {
    let server = TestServer::start();
    let user = server.post(USER, &alan()).json();
    let room = server.get_or_create("alan@example.com", "Enigma").json();
    let answer = server.delete(&user_path(&user));
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    server.get(&user_path(&user)).assert(404, &no_such_user());
    server
        .delete(&user_path(&user))
        .assert(404, &no_such_user());
    server
        .put(&user_path(&user), &json!({"name": "A"}))
        .assert(404, &no_such_user());
    let room = room_path(&room);
    assert_eq!(server.get(&room).status, 404);
    assert_eq!(
        server.get_or_create("alan@example.com", "Enigma").status,
        404
    );
    assert_eq!(
        server.get_or_create("ada@example.com", "Enigma").status,
        201
    );
}

#[test]
fn a_user_is_found_changed_and_deleted_by_username() {
    let server = TestServer::start();
    for (username, paths) in [
        ("alan", &["alan", "ALAN", "%20alan", "a%6Can"][..]),
        (
            "Alan@Example.com",
            &["alan@example.com", "alan%40Example.com"],
        ),
        (
            "Café 50%/+",
            &["Caf%C3%A9%20%2050%25%2F+", "CAFE%CC%81%2050%25%2f%2B"],
        ),
        ("50%25", &["50%2525"]),
        ("ΑΣ", &["%CE%B1%CF%83", "%CE%B1%CF%82"]),
        ("a%2Fb", &["a%252Fb"]),
    ] {
        let mut user = server.register("turing@example.com", json!({"username": username}));
        for path in paths {
            let path = format!("{USER}/{path}");
            server.get(&path).assert(200, &user);
            let changed = server.put(&path, &json!({"name": path}));
            assert_eq!(changed.status, 200, "{path}");
            user = changed.json();
            assert_eq!(user["name"], path);
        }
        server.get(&user_path(&user)).assert(200, &user);
        let path = format!("{USER}/{}", paths[0]);
        assert_eq!(server.delete(&path).status, 204, "{username}");
        server.get(&path).assert(404, &no_such_user());
    }
}

#[test]
fn a_guid_in_the_path_comes_before_a_username() {
    let server = TestServer::start();
    let alan = server.post(USER, &alan()).json();
    let guid = text(&alan, "user_guid").to_lowercase();
    let other = server.register("other@example.com", json!({"username": guid}));
    server.get(&format!("{USER}/{guid}")).assert(200, &alan);
    assert_eq!(server.delete(&user_path(&alan)).status, 204);
    server.get(&format!("{USER}/{guid}")).assert(200, &other);
}

#[test]
fn unknown_and_malformed_guids_get_the_same_answer() {
    let server = TestServer::start();
    server.register("replaced@example.com", json!({"username": "\u{FFFD}"}));
    let long = "x".repeat(300);
    for guid in [
        "0197A3C2-6414-7046-87A6-67730D5F9F08",
        "x",
        "%00",
        "%FF",
        "%20",
        &long,
    ] {
        server
            .get(&format!("{USER}/{guid}"))
            .assert(404, &no_such_user());
    }
}

#[test]
fn users_are_found_by_parts_of_fields_newest_first() {
    let server = TestServer::start_with_users(0);
    for (email, name, surname) in [
        ("a@example.com", "Ağaoğlu", "Adalet"),
        ("b@MÜNCHEN.example", "Zoe\u{308}", "O'Brien 50%"),
        ("c@example.com", "Zoe", "Other"),
    ] {
        server.register(email, json!({"name": name, "surname": surname}));
    }
    let search = |body: Value| {
        let answer = server.post("/xapi/v2/user/search", &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let users = answer.json();
        let found = users.as_array().expect("users").iter();
        let first = |user: &Value| text(user, "email")[..1].to_owned();
        (
            found.map(first).collect::<String>(),
            answer.header("X-Total-Count").to_owned(),
        )
    };
    for (body, found) in [
        (json!({}), "cba"),
        (json!({"name": null}), "cba"),
        (json!({"name": "AĞAOĞ"}), "a"),
        (json!({"name": "zoë"}), "b"),
        (json!({"name": "zo"}), "cb"),
        (json!({"surname": "50%"}), "b"),
        (json!({"surname": "%"}), "b"),
        (json!({"surname": "o_h"}), ""),
        (json!({"email": "münchen"}), "b"),
        (json!({"email": "EXAMPLE.com"}), "ca"),
        (json!({"username": "c@"}), "c"),
        (json!({"role": "u", "name": "zoe"}), "c"),
        (json!({"role": "a"}), ""),
        (json!({"mobile": "1"}), ""),
        (
            json!({"user_id": "0197A3C2-6414-7046-87A6-67730D5F9F08"}),
            "",
        ),
    ] {
        assert_eq!(
            search(body.clone()),
            (found.to_owned(), found.len().to_string()),
            "{body}"
        );
    }
    assert_eq!(search(json!({"page_size": 2})), ("cb".into(), "3".into()));
    assert_eq!(
        search(json!({"page_size": 2, "page_number": 2})),
        ("a".into(), "3".into())
    );
    assert_eq!(
        search(json!({"page_size": 2, "page_number": 3})),
        (String::new(), "3".into())
    );
}

#[test]
fn a_search_names_every_wrong_field() {
    let server = TestServer::start();
    let sent = json!({"name": 1, "role": "x", "user_id": "x", "page_number": 0, "page_size": 101});
    let answer = server.post("/xapi/v2/user/search", &sent);
    let errors = answer.json()["errors"].clone();
    let fields: Vec<&str> = errors
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| text(error, "field"))
        .collect();
    assert_eq!(
        (answer.status, fields),
        (
            400,
            vec!["name", "role", "user_id", "page_number", "page_size"]
        )
    );
}
