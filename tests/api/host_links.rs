use crate::support::{Answer, Key, ROOM, TIMEOUT, TestServer, USER, room_path, text, user_path};
use serde_json::{Value, json};
use std::time::Instant;

const ADA: &str = "ada@example.com";

/// A GUID that no room has.
const NO_GUID: &str = "00000000-0000-0000-0000-000000000000";

/// Asks for ada's room, and for its host link.
fn with_host_url(server: &TestServer) -> Value {
    let body = json!({"creator_email": ADA, "name": "Room", "fields": ["host_url"]});
    let answer = server.post(ROOM, &body);
    assert!([200, 201].contains(&answer.status), "{answer:?}");
    answer.json()
}

fn host_url(server: &TestServer) -> String {
    text(&with_host_url(server), "host_url").to_owned()
}

fn host_link(server: &TestServer, room: &Value, body: &Value) -> Answer {
    server.post(&format!("{}/host-link", room_path(room)), body)
}

/// Lets further requests carry a key that is for guests only.
fn with_guests_only_key(mut server: TestServer) -> TestServer {
    let printed = server
        .folder()
        .roomd(&["key", "create", "--guests-only", "--json"]);
    let key: Key = serde_json::from_str(&printed).expect("a key");
    server.set_authorization(key.authorization);
    server
}

fn assert_guests_only(answer: &Answer) {
    let code = &answer.json()["code"];
    assert_eq!((answer.status, code), (403, &json!(54)), "{answer:?}");
}

#[test]
fn a_host_link_is_the_url_with_a_secret_behind_it_and_only_there_where_it_is_asked_for() {
    let server = TestServer::start();
    let room = with_host_url(&server);
    let (url, host_url) = (text(&room, "url"), text(&room, "host_url"));
    let token = host_url.strip_prefix(&format!("{url}#host="));
    assert_eq!(token.expect(host_url).len(), 54);
    let without = server.get_or_create(ADA, "Room").json();
    assert_eq!(without["url"], url);
    assert!(without.get("host_url").is_none());
    for extra in ["meeting", "rating"] {
        assert!(room.get(extra).is_none());
    }
}

#[test]
fn a_repeated_call_gives_the_same_link_also_after_a_restart() {
    let server = TestServer::start();
    let public = |server: &TestServer| {
        let host_url = host_url(server);
        host_url.split_once('#').expect("a fragment").1.to_owned()
    };
    let first = public(&server);
    // From the cache too.
    for _ in 0..5 {
        assert_eq!(public(&server), first);
    }
    let server = TestServer::start_in(server.stop(), |_| {});
    assert_eq!(public(&server), first);
}

#[test]
fn every_call_that_answers_with_a_room_takes_fields() {
    let server = TestServer::start();
    let room = with_host_url(&server);
    let expected = text(&room, "host_url");
    let path = room_path(&room);
    let body = json!({"creator_email": ADA, "name": "Room"});
    let asked = json!({"creator_email": ADA, "name": "Room", "fields": "rating, host_url"});
    for answer in [
        server.post(ROOM, &asked),
        server.post(&format!("{ROOM}/default"), &asked),
        server.post(&format!("{ROOM}?fields=host_url,rating"), &body),
        server.post(&format!("{ROOM}/default?fields=rating,host_url"), &body),
        server.get(&format!("{path}?fields=host_url,rating")),
        server.put(
            &path,
            &json!({"tags": "a", "fields": ["host_url", "rating"]}),
        ),
        server.put(
            &format!("{path}?fields=rating"),
            &json!({"fields": ["host_url"]}),
        ),
    ] {
        let room = answer.json();
        assert_eq!(room["host_url"], expected, "{answer:?}");
        let rating = json!({"count": 0, "average": null, "stars": [0, 0, 0, 0, 0]});
        assert_eq!(room["rating"], rating);
        assert!(room.get("meeting").is_none());
    }
    // What was asked for by the query is not what the body alone gets.
    assert!(server.post(ROOM, &body).json().get("host_url").is_none());
    assert!(server.get(&path).json().get("host_url").is_none());
    assert!(
        server
            .put(&path, &json!({}))
            .json()
            .get("host_url")
            .is_none()
    );
}

#[test]
fn a_search_says_more_of_each_room() {
    let server = TestServer::start();
    for email in [ADA, "grace@example.com", "edsger@example.com"] {
        server.room_of(email);
    }
    let found = server.get(&format!("{ROOM}/search?fields=host_url,meeting&size=2"));
    let found = found.json();
    let rooms = found["data"].as_array().expect("rooms");
    assert_eq!(rooms.len(), 2);
    for room in rooms {
        let shown = server.get(&format!("{}?fields=host_url,meeting", room_path(room)));
        assert_eq!(&shown.json(), room);
        assert!(text(room, "host_url").starts_with(text(room, "url")));
    }
    let without = server.get(&format!("{ROOM}/search")).json();
    assert!(without["data"][0].get("host_url").is_none());
}

#[test]
fn an_unknown_field_is_an_error() {
    let server = TestServer::start();
    let path = room_path(&with_host_url(&server));
    let body = |fields: Value| json!({"creator_email": ADA, "name": "Room", "fields": fields});
    for answer in [
        server.post(ROOM, &body(json!(["host_url", "hosturl"]))),
        server.post(ROOM, &body(json!("host_url rating"))),
        server.post(ROOM, &body(json!(7))),
        server.post(ROOM, &body(json!([["host_url"]]))),
        server.post(&format!("{ROOM}?fields=x"), &body(Value::Null)),
        server.get(&format!("{path}?fields=x")),
        server.get(&format!("{path}?fields=rating&fields=rating")),
        server.put(&path, &json!({"fields": ["x"]})),
        server.get(&format!("{ROOM}/search?fields=x")),
    ] {
        let error = answer.json();
        assert_eq!(
            (answer.status, &error["code"]),
            (400, &json!(12)),
            "{error}"
        );
        assert_eq!(error["errors"][0]["field"], "fields", "{error}");
    }
    for no_strings in [json!([1]), json!([["host_url"]]), json!(7), json!({})] {
        let error = server.post(ROOM, &body(no_strings)).json();
        let expected = "must be a list of strings: some of host_url, meeting, rating";
        assert_eq!(error["errors"][0]["message"], expected, "{error}");
    }
    for nothing in [json!([]), json!(""), Value::Null] {
        assert_eq!(server.post(ROOM, &body(nothing)).status, 200);
    }
}

#[test]
fn revoked_links_are_replaced_in_every_answer_and_the_url_stays() {
    let server = TestServer::start();
    let room = with_host_url(&server);
    let before = text(&room, "host_url").to_owned();
    assert_eq!(host_url(&server), before);
    let path = format!("{}/host-link", room_path(&room));
    assert_eq!(server.delete(&path).status, 204);
    // Each worker has a cache of its own.
    for _ in 0..10 {
        let after = with_host_url(&server);
        assert_ne!(after["host_url"], before.as_str());
        assert_eq!(after["url"], room["url"]);
    }
    let after = host_url(&server);
    assert_eq!(server.delete(&path).status, 204);
    assert!(![after, before].contains(&host_url(&server)));
}

#[test]
fn a_link_with_an_end_says_when() {
    let server = TestServer::start();
    let room = with_host_url(&server);
    let answer = host_link(&server, &room, &json!({"expires_in": 3600}));
    assert_eq!(answer.status, 200);
    let link = answer.json();
    assert_ne!(link["host_url"], room["host_url"]);
    assert!(text(&link, "host_url").starts_with(text(&room, "url")));
    let ends_at: jiff::Timestamp = text(&link, "expires_at").parse().expect("a date");
    let left = ends_at.as_second() - jiff::Timestamp::now().as_second();
    assert!((3590..=3600).contains(&left), "{left}");
    for forever in [json!({}), json!({"expires_in": null})] {
        let link = host_link(&server, &room, &forever).json();
        let expected = json!({"host_url": room["host_url"], "expires_at": null});
        assert_eq!(link, expected);
    }
    for wrong in [
        json!(0),
        json!(-1),
        json!(31_536_001),
        json!("60"),
        json!(1.5),
    ] {
        let answer = host_link(&server, &room, &json!({"expires_in": wrong}));
        let error = answer.json();
        assert_eq!(
            (answer.status, &error["code"]),
            (400, &json!(12)),
            "{wrong}"
        );
        assert_eq!(error["errors"][0]["field"], "expires_in");
    }
    assert_eq!(
        host_link(&server, &room, &json!({"expires_in": 31_536_000})).status,
        200
    );
}

#[test]
fn an_unknown_room_has_no_host_link() {
    let server = TestServer::start();
    for guid in [NO_GUID, "no-guid"] {
        let path = format!("{ROOM}/{guid}/host-link");
        for answer in [server.post(&path, &json!({})), server.delete(&path)] {
            let code = &answer.json()["code"];
            assert_eq!((answer.status, code), (404, &json!(70)), "{answer:?}");
        }
    }
    let path = format!("{ROOM}/{NO_GUID}/host-link");
    assert_eq!(server.get(&path).status, 405);
    assert_eq!(server.get(&path).header("Allow"), "POST, DELETE");
}

#[test]
fn a_key_for_guests_only_gets_no_host_link() {
    let server = TestServer::start();
    let room = with_host_url(&server);
    let path = room_path(&room);
    // So that each worker has the answer in its cache.
    (0..10).for_each(|_| drop(with_host_url(&server)));
    let server = with_guests_only_key(server);
    let asked = json!({"creator_email": ADA, "name": "Room", "fields": ["host_url"]});
    let body = json!({"creator_email": ADA, "name": "Room"});
    for _ in 0..10 {
        assert_guests_only(&server.post(ROOM, &asked));
    }
    let new = json!({"creator_email": "grace@example.com", "name": "New", "fields": ["host_url"]});
    for answer in [
        server.post(&format!("{ROOM}?fields=host_url"), &body),
        server.post(ROOM, &new),
        server.get(&format!("{path}?fields=rating,host_url")),
        server.put(&path, &json!({"tags": "changed", "fields": ["host_url"]})),
        server.get(&format!("{ROOM}/search?fields=host_url")),
        host_link(&server, &room, &json!({})),
        server.delete(&format!("{path}/host-link")),
    ] {
        assert_guests_only(&answer);
    }
    // What was rejected did nothing.
    assert_eq!(server.get(&path).json()["tags"], Value::Null);
    let all = server
        .get(&format!("{ROOM}/search?fields=rating,meeting"))
        .json();
    assert_eq!(all["pagination"]["totalCount"], 1);
    assert_eq!(server.post(ROOM, &body).status, 200);
}

#[test]
fn another_address_or_an_inactive_owner_revokes_the_links() {
    let server = TestServer::start();
    let room = with_host_url(&server);
    let path = format!("{}?fields=host_url", room_path(&room));
    let found = server.post(&format!("{USER}/search"), &json!({"email": ADA}));
    let user = user_path(&found.json()[0]);
    let link = || server.get(&path).json()["host_url"].clone();
    let change = |fields: Value| {
        let answer = server.put(&user, &fields);
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    let first = link();
    for unrelated in [
        json!({"name": "Augusta", "mobile": "1"}),
        json!({"email": "ADA@example.com"}),
        json!({"active": true, "expires_at": "9000-01-01T00:00:00Z"}),
        json!({"expires_at": null}),
    ] {
        change(unrelated);
        assert_eq!(link(), first);
    }
    change(json!({"expires_at": "2020-01-01T00:00:00Z"}));
    assert_eq!(link(), Value::Null);
    change(json!({"expires_at": null}));
    assert_eq!(link(), first);
    change(json!({"email": "countess@example.com"}));
    let second = link();
    assert_ne!(second, first);
    change(json!({"email": ADA}));
    let third = link();
    assert!(![&first, &second].contains(&&third));
    change(json!({"active": false}));
    assert_eq!(link(), Value::Null);
    change(json!({"active": true}));
    let fourth = link();
    assert!(![&first, &second, &third].contains(&&fourth));
    change(json!({"tags": "x", "active": true}));
    assert_eq!(link(), fourth);
    let again = json!({"email": ADA, "username": ADA, "name": "A", "active": false});
    assert_eq!(server.post(USER, &again).status, 200);
    change(json!({"active": true}));
    assert_ne!(link(), fourth);
}

#[test]
fn a_room_whose_owner_is_inactive_or_expired_gets_no_host_link() {
    let server = TestServer::start();
    let room = with_host_url(&server);
    let path = room_path(&room);
    let found = server.post(&format!("{USER}/search"), &json!({"email": ADA}));
    let user = user_path(&found.json()[0]);
    let asked = json!({"creator_email": ADA, "name": "Room", "fields": ["host_url"]});
    // So that each worker has had the chance to keep the answer.
    (0..10).for_each(|_| drop(with_host_url(&server)));
    for (off, on) in [
        (json!({"active": false}), json!({"active": true})),
        (
            json!({"expires_at": "2020-01-01T00:00:00Z"}),
            json!({"expires_at": null}),
        ),
    ] {
        assert_eq!(server.put(&user, &off).status, 200);
        for body in [json!({}), json!({"expires_in": 60})] {
            let answer = host_link(&server, &room, &body);
            let error = answer.json();
            assert_eq!((answer.status, &error["code"]), (403, &json!(53)));
            assert!(text(&error, "details").contains("owner"), "{error}");
        }
        for _ in 0..10 {
            let answer = server.post(ROOM, &asked);
            assert_eq!(answer.status, 200);
            assert_eq!(answer.json().get("host_url"), Some(&Value::Null));
        }
        let found = server.get(&format!("{ROOM}/search?fields=host_url")).json();
        for room in [
            server.get(&format!("{path}?fields=host_url")).json(),
            server.put(&path, &json!({"fields": "host_url"})).json(),
            found["data"][0].clone(),
        ] {
            assert_eq!(room.get("host_url"), Some(&Value::Null), "{room}");
        }
        assert_eq!(server.put(&user, &on).status, 200);
        let link = host_link(&server, &room, &json!({})).json();
        assert_eq!(link["host_url"], with_host_url(&server)["host_url"]);
    }
}

/// Nothing is written at the moment at which an owner expires.
#[test]
fn an_owner_who_expires_ends_the_link_in_repeated_answers_too() {
    let server = TestServer::start();
    with_host_url(&server);
    let found = server.post(&format!("{USER}/search"), &json!({"email": ADA}));
    let soon = jiff::Timestamp::now().as_second() + 2;
    let soon = jiff::Timestamp::from_second(soon).expect("a moment");
    let change = json!({"expires_at": soon.to_string()});
    assert_eq!(
        server.put(&user_path(&found.json()[0]), &change).status,
        200
    );
    (0..10).for_each(|_| drop(with_host_url(&server)));
    let start = Instant::now();
    while with_host_url(&server)["host_url"] != Value::Null {
        assert!(start.elapsed() < TIMEOUT, "the link stays");
    }
}

#[test]
fn a_change_of_the_room_keeps_its_links_and_a_new_room_has_others() {
    let server = TestServer::start();
    let room = with_host_url(&server);
    let token = |url: &str| url.split_once('#').expect("a fragment").1.to_owned();
    let first = token(text(&room, "host_url"));
    let changed = server.put(
        &room_path(&room),
        &json!({"name": "Other", "options": {"start_active": true}, "fields": ["host_url"]}),
    );
    assert_eq!(token(text(&changed.json(), "host_url")), first);
    assert_eq!(token(&host_url(&server)), first);
    assert_eq!(server.delete(&room_path(&room)).status, 204);
    assert_ne!(token(&host_url(&server)), first);
}

/// Whoever copies the database alone makes other links, which this server does not know.
#[test]
fn the_secret_of_the_links_is_not_in_the_database() {
    let server = TestServer::start();
    let room = with_host_url(&server);
    let path = format!("{}?fields=host_url", room_path(&room));
    let token = |url: &str| url.split_once('#').expect("a fragment").1.to_owned();
    let ours = token(text(&room, "host_url"));
    let folder = server.stop();
    let secret = std::fs::read_to_string(folder.path("roomd.db-host-secret")).expect("a secret");
    for (name, bytes) in folder.files() {
        if name != "roomd.db-host-secret" {
            let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
            assert!(!has(secret.trim_end().as_bytes()), "{name}");
            assert!(!has(ours.as_bytes()), "{name}");
        }
    }
    std::fs::remove_file(folder.path("roomd.db-host-secret")).expect("the file");
    let thief = TestServer::start_in(folder, |_| {});
    let theirs = thief.get(&path).json();
    assert_ne!(token(text(&theirs, "host_url")), ours);
}

#[test]
fn what_becomes_of_each_option_depends_on_the_server_of_meetings() {
    let listed = |meeting: &Value, list: &str| meeting[list].as_array().expect("a list").clone();
    let ask = |server: &TestServer| {
        let body = json!({"creator_email": ADA, "name": "Room", "fields": ["meeting"]});
        server.post(ROOM, &body).json()["meeting"].clone()
    };
    let server = TestServer::start();
    let meeting = ask(&server);
    assert_eq!(meeting["server"], "builtin");
    let counts = ["applied", "client_only", "ignored"].map(|list| listed(&meeting, list).len());
    assert_eq!(counts.iter().sum::<usize>(), 27);
    assert!(listed(&meeting, "applied").contains(&json!("chat.offMessageModule")));
    assert!(listed(&meeting, "client_only").contains(&json!("return_url")));
    assert!(listed(&meeting, "ignored").contains(&json!("preparation_time")));
    let server = TestServer::start_with(|config| {
        config.meeting.server = "none".parse().expect("a server");
    });
    let meeting = ask(&server);
    assert_eq!(meeting["server"], "none");
    assert_eq!(listed(&meeting, "ignored").len(), 27);
}
