use crate::support::{Answer, ROOM, TestServer, room_path, text};
use serde_json::json;
use std::collections::HashSet;

const CALLER_ID: &str = "order-66_a.b:C";

/// Sends a request of every kind under a request id; returns the expected status of each, and the
/// answer. Before, only ada has a room: "Room".
pub(crate) fn one_of_every_kind(server: &TestServer, id: &[u8]) -> Vec<(u16, Answer)> {
    let body = |email: &str, name: &str| json!({"creator_email": email, "name": name}).to_string();
    let ada = body("ada@example.com", "Room");
    let grace = body("grace@example.com", "Grace");
    let taken = body("edsger@example.com", "room");
    let expired = body("expired@example.com", "A");
    server.register(
        "expired@example.com",
        json!({"expires_at": "2001-01-01T00:00:00Z"}),
    );
    let unknown = body("unknown@example.com", "A");
    let large = "x".repeat(64 * 1024 + 1);
    let room = server.post_text(ROOM, &ada).json();
    let page = text(&room, "url").replace(&format!("http://{}", server.address), "");
    let room = room_path(&room);
    let no_room = format!("{ROOM}/0197A3C2-6414-7046-87A6-67730D5F9F08");
    let mut answers: Vec<_> = [
        (200, "POST", ROOM, ada.as_str()),
        (201, "POST", ROOM, &grace),
        (200, "GET", &room, ""),
        (200, "GET", &page, ""),
        (200, "GET", "/healthz", ""),
        (200, "HEAD", "/readyz", ""),
        (400, "POST", ROOM, "{}"),
        (400, "POST", ROOM, "{"),
        (403, "POST", ROOM, &expired),
        (404, "POST", ROOM, &unknown),
        (404, "GET", &no_room, ""),
        (404, "GET", "/groups/room/x", ""),
        (404, "GET", "/nowhere", ""),
        (405, "DELETE", "/healthz", ""),
        (409, "POST", ROOM, &taken),
        (413, "POST", ROOM, &large),
    ]
    .into_iter()
    .map(|(status, method, path, body)| {
        let request = server.request(method, path).header("X-Request-Id", id);
        let request = request.header("Content-Type", "application/json");
        (status, server.send(request, body))
    })
    .collect();
    for (status, request) in [
        (415, server.request("POST", ROOM)),
        (401, server.request_without_key("POST", ROOM)),
    ] {
        let request = request.header("X-Request-Id", id);
        let request = request.header("Content-Type", "text/plain");
        answers.push((status, server.send(request, &ada)));
    }
    answers
}

/// Returns the one request id of an answer.
#[track_caller]
pub(crate) fn request_id(answer: &Answer) -> &str {
    let ids = answer.headers.get_all("X-Request-Id").iter().count();
    assert_eq!(ids, 1, "{answer:?}");
    answer.header("X-Request-Id")
}

#[track_caller]
fn assert_new(id: &str) {
    let digits: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(digits, [8, 4, 4, 4, 12], "{id}");
    assert!(id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()));
}

#[test]
fn every_kind_of_answer_carries_the_request_id_of_the_caller() {
    let server = TestServer::start();
    for (status, answer) in one_of_every_kind(&server, CALLER_ID.as_bytes()) {
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(request_id(&answer), CALLER_ID);
    }
}

#[test]
fn every_kind_of_answer_carries_a_new_request_id_if_that_of_the_caller_is_malformed() {
    let server = TestServer::start();
    let answers = one_of_every_kind(&server, b"two words");
    let mut seen = HashSet::new();
    for (status, answer) in &answers {
        assert_eq!(answer.status, *status, "{answer:?}");
        assert_new(request_id(answer));
        seen.insert(request_id(answer));
    }
    assert_eq!(seen.len(), answers.len());
}

#[test]
fn a_request_id_has_at_most_128_plain_characters() {
    let server = TestServer::start();
    let answered = |id: &str| {
        let request = server.request("GET", "/healthz");
        let answer = server.send(request.header("X-Request-Id", id.as_bytes()), "");
        assert_eq!(answer.status, 200);
        request_id(&answer).to_owned()
    };
    let uuid = "0197a3c2-6414-7046-87a6-67730d5f9f08";
    for id in ["7", "A_b-c.d:9", uuid, &"z".repeat(128)] {
        assert_eq!(answered(id), id);
    }
    for id in [
        "", "a b", "a\tb", "a;b", "a,b", "a\"b", "a'b", "<b>", "{x}", "a=b", "a\\b", "%0d%0a",
        "$(id)", "é", "\u{85}",
    ] {
        assert_new(&answered(id));
    }
    assert_new(&answered(&"z".repeat(129)));
}

#[test]
fn an_answer_to_a_request_without_id_carries_a_new_one() {
    let server = TestServer::start();
    let ids = [server.get("/healthz"), server.get("/nowhere")].map(|answer| {
        assert_new(request_id(&answer));
        request_id(&answer).to_owned()
    });
    assert_ne!(ids[0], ids[1]);
}
