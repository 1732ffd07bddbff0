use crate::request_id::{one_of_every_kind, request_id};
use crate::support::{ROOM, TestServer, open, text};
use serde_json::{Value, json};
use std::collections::HashSet;

const BASE_PATHS: [&str; 2] = ["/xapi/v2", "/api/groups/xapi"];
const NO_ROOM: &str = "0197A3C2-6414-7046-87A6-67730D5F9F08";

/// Starts a server with one room; returns the room, its GUID and the path of its page too.
fn server_with_room() -> (TestServer, Value, String, String) {
    let server = TestServer::start();
    let room = server.get_or_create("ada@example.com", "Room").json();
    let page = text(&room, "url").strip_prefix(&format!("http://{}", server.address));
    let page = page.expect("a URL of the server").to_owned();
    let guid = text(&room, "room_guid").to_owned();
    (server, room, guid, page)
}

/// Returns every route, with its methods as `Allow` lists them.
fn routes(guid: &str, page: &str) -> Vec<(String, &'static str)> {
    let mut routes = Vec::new();
    for base in BASE_PATHS {
        routes.push((format!("{base}/room"), "POST"));
        routes.push((format!("{base}/room/default"), "POST"));
        routes.push((format!("{base}/room/search"), "GET, HEAD"));
        routes.push((format!("{base}/room/{guid}"), "GET, HEAD, PUT, DELETE"));
        routes.push((format!("{base}/user"), "POST"));
        routes.push((format!("{base}/user/search"), "POST"));
        routes.push((format!("{base}/user/{guid}"), "GET, HEAD, PUT, DELETE"));
    }
    let service = [
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/docs",
        "/docs/start.js",
        "/",
    ];
    for path in [&[page][..], &service].concat() {
        routes.push((path.to_owned(), "GET, HEAD"));
    }
    routes
}

#[test]
fn an_unknown_path_gets_404_with_and_without_a_key() {
    let (server, _, guid, _) = server_with_room();
    let outside = "/xapi /xapi/v1/room /xapi/v2x/room /room /room/default \
                   /healthz%2F /HEALTHZ /healthz/x /metrics/x /.env /%FF";
    let mut paths: Vec<String> = outside.split(' ').map(str::to_owned).collect();
    for base in BASE_PATHS {
        let below = " / // /rooms /rooms/ /Room /%72oom%2F /room/default/x /room/default//x";
        paths.extend(below.split(' ').map(|below| format!("{base}{below}")));
        paths.push(format!("{base}/room/{guid}/x"));
        paths.push(format!("{}/room", base.to_uppercase()));
    }
    let body = json!({"code": 90, "details": "there is no route with this path"});
    for path in &paths {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let with_key = server.request(method, path);
            let without_key = server.request_without_key(method, path);
            for request in [with_key, without_key] {
                let answer = server.send(request, "");
                assert_eq!(answer.status, 404, "{method} {path}");
                answer.assert(404, &body);
                assert_eq!(
                    answer.header("Content-Type"),
                    "application/json; charset=utf-8"
                );
            }
        }
    }
}

#[test]
fn a_wrong_method_gets_the_allowed_ones() {
    let (server, _, guid, page) = server_with_room();
    for (path, allow) in routes(&guid, &page) {
        let body = json!({"code": 91, "details": format!("this path accepts only {allow}")});
        let methods = "GET HEAD POST PUT PATCH DELETE OPTIONS TRACE".split(' ');
        for method in methods.filter(|method| !allow.split(", ").any(|it| it == *method)) {
            let answer = server.send(server.request(method, &path), "");
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("Allow"), allow, "{method} {path}");
            assert_eq!(
                answer.header("Content-Type"),
                "application/json; charset=utf-8"
            );
            if method == "HEAD" {
                assert_eq!(answer.body, "", "{path}");
            } else {
                answer.assert(405, &body);
            }
        }
    }
}

#[test]
fn an_unknown_method_is_not_allowed() {
    let server = TestServer::start();
    let head = format!("BREW {ROOM} HTTP/1.1\r\nHost: roomd\r\nConnection: close\r\n\r\n");
    let answer = server.send_raw(head);
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(answer.contains("\r\nallow: POST\r\n"), "{answer}");
    let body = json!({"code": 91, "details": "this path accepts only POST"});
    assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{answer}");
}

#[test]
fn head_answers_as_get_does_without_the_body() {
    let (server, _, guid, page) = server_with_room();
    for (path, allow) in routes(&guid, &page) {
        if !allow.starts_with("GET, HEAD") || path.contains("/user/") {
            continue;
        }
        let get = server.get(&path);
        let head = server.send(server.request("HEAD", &path), "");
        assert_eq!((get.status, head.status), (200, 200), "{path}");
        assert_eq!(head.body, "", "{path}");
        let length = get.body.len().to_string();
        assert_eq!(head.header("Content-Length"), length, "{path}");
        let content_type = get.header("Content-Type");
        assert_eq!(head.header("Content-Type"), content_type, "{path}");
    }
}

#[test]
fn a_malformed_guid_gets_the_answer_of_an_unknown_one() {
    let (server, room, known, _) = server_with_room();
    let unknown = "00000000-0000-0000-0000-000000000000 FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF \
                   x 1 default_room %20 %00 %FF ..%2F..%2Fetc%2Fpasswd '%20OR%20'1'='1";
    let mut guids: Vec<String> = unknown.split(' ').map(str::to_owned).collect();
    guids.extend([
        NO_ROOM.to_owned(),
        NO_ROOM.to_lowercase(),
        known.replace('-', ""),
        known.replace('-', "_"),
        known[1..].to_owned(),
        format!("{known}0"),
        format!("{known}%00"),
        format!("%7B{known}%7D"),
        format!("urn:uuid:{known}"),
        "A".repeat(5000),
    ]);
    let mut bodies = HashSet::new();
    for guid in &guids {
        for base in BASE_PATHS {
            let answer = server.get(&format!("{base}/room/{guid}"));
            answer.assert(
                404,
                &json!({"code": 70, "details": "there is no such room"}),
            );
            bodies.insert(answer.body);
        }
    }
    assert_eq!(bodies.len(), 1);
    for guid in [&known, &known.to_lowercase()] {
        server.get(&format!("{ROOM}/{guid}")).assert(200, &room);
    }
}

/// Input that cannot be parsed as HTTP gets an answer without a body.
#[test]
fn a_body_that_breaks_off_is_rejected_in_words_for_a_person() {
    let server = TestServer::start();
    let head = format!(
        "POST {ROOM} HTTP/1.1\r\nHost: roomd\r\nConnection: close\r\nAuthorization: {}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        server.authorization
    );
    let answer = server.send_raw(format!("{head}no length\r\n"));
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    assert!(body.starts_with("{\"code\":19,"), "{body}");
    assert!(!body.contains("None"), "{body}");
}

#[test]
fn no_error_shows_internals() {
    let server = TestServer::start();
    let mut answers = one_of_every_kind(&server, b"id");
    let half_a_pair = "{\"name\": \"\\ud800\", \"creator_email\": 1e999}";
    for body in ["", "[]", "{\"name\":", half_a_pair, "{\"a\":\u{1}}"] {
        answers.push((400, server.post_text(ROOM, body)));
    }
    let folder = server.folder().root().to_str().expect("a text");
    let internals = "sqlite select insert unique constraint table column_ _key_ name_key email_key \
                  serde actix rust panic error( some( :: .rs .db src/ /work /tmp";
    for (status, answer) in answers {
        assert_eq!(answer.status, status);
        let body = answer.body.to_lowercase();
        for word in internals.split(' ').chain([folder]) {
            let is_shown = status >= 400 && body.contains(&word.to_lowercase());
            assert!(!is_shown, "{word}: {body}");
        }
    }
}

#[test]
fn an_internal_error_shows_only_its_code() {
    let (server, _, guid, page) = server_with_room();
    let folder = server.stop();
    let renamed = open(&folder.database()).execute_batch("ALTER TABLE rooms RENAME TO elsewhere");
    renamed.expect("every statement about rooms fails now");
    let server = TestServer::start_in(folder, |_| {});
    let details = "the server failed; its log has the reason under the request id of this response";
    for answer in [
        server.get_or_create("grace@example.com", "Grace"),
        server.get(&format!("{ROOM}/{guid}")),
        server.get(&page),
    ] {
        answer.assert(500, &json!({"code": 10, "details": details}));
        assert_ne!(request_id(&answer), "");
    }
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn malformed_http_is_answered_like_all_else_and_the_connection_closed() {
    let server = TestServer::start();
    let many: String = (0..200).map(|n| format!("X-{n}: a\r\n")).collect();
    let large = format!("X: {}\r\n", "a".repeat(140_000));
    for (input, status) in [
        ("no HTTP at all\r\n\r\n".to_owned(), 400),
        (format!("GET {ROOM}/é HTTP/1.1\r\n\r\n"), 400),
        (format!("GET {ROOM}/a b HTTP/1.1\r\n\r\n"), 400),
        (
            "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n".to_owned(),
            400,
        ),
        ("GET / HTTP/7.0\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\n{many}\r\n"), 431),
        (format!("GET / HTTP/1.1\r\n{large}\r\n"), 431),
        ("GET / HTTP/1.1\r\nHo".to_owned(), 408),
    ] {
        let answer = server.send_raw(&input);
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert!(head.contains("x-request-id: "), "{head}");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
        let body: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body["code"], 19);
    }
    assert_eq!(server.get("/healthz").status, 200);
}
