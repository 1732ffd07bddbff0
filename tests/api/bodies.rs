use crate::support::{Answer, ROOM, TestServer};
use crate::validation::assert_nothing_changed;
use serde_json::json;

const LIMIT: usize = 64 * 1024;
const VALID: &str = r#"{"creator_email":"ada@example.com","name":"Test Room"}"#;

/// Returns a valid body, brought to a length by an unknown field.
fn padded(bytes: usize) -> String {
    let start = VALID.replace('}', ",\"new\":\"");
    let padding = "x".repeat(bytes - start.len() - 2);
    format!("{start}{padding}\"}}")
}

/// Returns the head of a request that carries the key and a body, and closes the connection.
fn head(server: &TestServer, more: &str) -> String {
    let key = &server.authorization;
    format!(
        "POST {ROOM} HTTP/1.1\r\nHost: roomd\r\nConnection: close\r\nAuthorization: {key}\r\n{more}\r\n"
    )
}

/// Returns a body in chunks of a size.
fn chunked(body: &str, size: usize) -> String {
    let mut sent = String::new();
    for chunk in body.as_bytes().chunks(size) {
        let text = str::from_utf8(chunk).expect("ASCII");
        sent.push_str(&format!("{:x}\r\n{text}\r\n", chunk.len()));
    }
    sent + "0\r\n\r\n"
}

/// Asserts the status and the whole body of a raw answer.
#[track_caller]
fn assert_raw(answer: &str, status: u16, body: &str) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer}"
    );
    assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{answer}");
}

#[track_caller]
fn assert_not_json(answer: &Answer) {
    let error = answer.json();
    assert_eq!(
        (answer.status, &error["code"]),
        (400, &json!(19)),
        "{error}"
    );
    assert_eq!(
        error.as_object().map(|members| members.len()),
        Some(2),
        "{error}"
    );
    let details = error["details"].as_str().expect("a text");
    assert!(
        details.starts_with("the body must be a JSON object"),
        "{details}"
    );
}

#[test]
fn a_body_that_is_empty_or_cut_is_called_so() {
    let server = TestServer::start();
    for (body, what) in [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("{\"name\":\n", "it ends too early, at line"),
    ] {
        let answer = server.post_text(ROOM, body);
        assert_not_json(&answer);
        assert!(answer.body.contains(what), "{}", answer.body);
        assert!(!answer.body.contains("EOF"), "{}", answer.body);
    }
}

#[test]
fn a_mistake_in_a_body_is_told_by_its_place() {
    let server = TestServer::start();
    for body in [
        "{\"expires_in\": NaN}",
        "{\"expires_in\":  1,}",
        "{\"expires_in\": 1  x",
    ] {
        let answer = server.post_text(ROOM, body);
        assert_not_json(&answer);
        let details = &answer.json()["details"];
        let expected = "the body must be a JSON object: it is not JSON from line 1 column ";
        assert!(details.to_string().contains(expected), "{details}");
    }
}

#[test]
fn a_body_that_is_not_a_json_object_is_rejected() {
    let server = TestServer::start();
    for cut in 0..VALID.len() {
        assert_not_json(&server.post_text(ROOM, &VALID[..cut]));
    }
    for body in [
        " ",
        "null",
        "true",
        "5",
        "\"text\"",
        "[]",
        "[{}]",
        "{}{}",
        "{} x",
        "{,}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":tru}",
        "{} // end",
        "{\"\\ud800\":1}",
        "name=Test+Room",
    ] {
        assert_not_json(&server.post_text(ROOM, body));
    }
    for deep in ["[", "{\"a\":"] {
        let deep = deep.repeat(60_000 / deep.len());
        assert_not_json(&server.post_text(ROOM, &deep));
        assert_not_json(&server.post_text(ROOM, &format!("{{\"options\":{deep}")));
    }
    assert_nothing_changed(&server);
}

#[test]
fn a_body_that_is_not_utf_8_is_rejected() {
    let server = TestServer::start();
    let valid = VALID.as_bytes();
    let at = VALID.find("Room").expect("the name");
    for wrong in [
        [0xff].as_slice(),
        &[0xc3],
        &[0xc0, 0xaf],
        &[0xed, 0xa0, 0x80],
        &[0xf4, 0x90, 0x80, 0x80],
    ] {
        let body = [&valid[..at], wrong, &valid[at..]].concat();
        let request = server
            .request("POST", ROOM)
            .header("Content-Type", "application/json");
        let details = format!("the body must be a JSON object: byte {at} is not UTF-8");
        server
            .send(request, body)
            .assert(400, &json!({"code": 19, "details": details}));
    }
    let utf_16: Vec<u8> = VALID.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let request = server
        .request("POST", ROOM)
        .header("Content-Type", "application/json");
    assert_not_json(&server.send(request, utf_16));
    assert_nothing_changed(&server);
}

#[test]
fn only_json_is_accepted() {
    let server = TestServer::start();
    let details = "the body must be JSON: send Content-Type: application/json";
    let error = json!({"code": 93, "details": details});
    for content_type in [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json-patch+json",
        "application",
        "multipart/form-data; boundary=application/json",
        "application/xml, application/json",
        "",
    ] {
        for body in [VALID, "", "{"] {
            let request = server
                .request("POST", ROOM)
                .header("Content-Type", content_type);
            server.send(request, body).assert(415, &error);
        }
    }
    let length = format!("Content-Length: {}\r\n", VALID.len());
    let answer = server.send_raw(head(&server, &length) + VALID);
    assert_raw(&answer, 415, &error.to_string());
    assert_nothing_changed(&server);
}

#[test]
fn the_content_type_of_json_may_have_parameters() {
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "Application/JSON",
        "application/json ; a=b",
    ] {
        let server = TestServer::start();
        let request = server
            .request("POST", ROOM)
            .header("Content-Type", content_type);
        assert_eq!(server.send(request, VALID).status, 201, "{content_type}");
    }
}

#[test]
fn a_compressed_body_is_rejected() {
    let server = TestServer::start();
    let details = "the body must not be compressed: send no Content-Encoding";
    let request = |encoding: &str| {
        let request = server
            .request("POST", ROOM)
            .header("Content-Type", "application/json");
        request.header("Content-Encoding", encoding)
    };
    for encoding in ["gzip", "GZIP", "deflate", "br", "zstd", "gzip, identity"] {
        let answer = server.send(request(encoding), VALID);
        answer.assert(415, &json!({"code": 93, "details": details}));
    }
    assert_nothing_changed(&server);
    assert_eq!(server.send(request("identity"), VALID).status, 200);
}

#[test]
fn a_body_has_at_most_64_kib() {
    let server = TestServer::start();
    let error = json!({"code": 92, "details": "the body must have at most 64 KiB"});
    let too_large = padded(LIMIT + 1);
    assert_eq!(too_large.len(), LIMIT + 1);
    server.post_text(ROOM, &too_large).assert(413, &error);
    server
        .post_text(ROOM, &"[".repeat(LIMIT + 1))
        .assert(413, &error);
    let json = "Content-Type: application/json\r\n";
    let in_chunks = head(&server, &format!("{json}Transfer-Encoding: chunked\r\n"));
    for size in [1000, LIMIT + 1] {
        let request = in_chunks.clone() + &chunked(&too_large, size);
        assert_raw(&server.send_raw(request), 413, &error.to_string());
    }
    // The announced length suffices: the body is not waited for.
    for length in [LIMIT + 1, usize::MAX] {
        let announced = head(&server, &format!("{json}Content-Length: {length}\r\n"));
        assert_raw(&server.send_raw(announced), 413, &error.to_string());
    }
    assert_nothing_changed(&server);
}

#[test]
fn a_body_of_64_kib_is_accepted() {
    let server = TestServer::start();
    let largest = padded(LIMIT);
    assert_eq!(server.post_text(ROOM, &largest).status, 201);
    let more = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    for size in [1000, LIMIT] {
        let request = head(&server, more) + &chunked(&largest, size);
        let answer = server.send_raw(request);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

#[test]
fn a_connection_can_be_used_after_a_rejected_body() {
    let server = TestServer::start();
    for body in [padded(LIMIT + 1), "{".to_owned()] {
        for _ in 0..8 {
            assert_ne!(server.post_text(ROOM, &body).status, 201);
            assert_eq!(server.get("/healthz").status, 200);
        }
    }
    assert_nothing_changed(&server);
}
