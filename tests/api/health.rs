use crate::support::TestServer;
use serde_json::{Value, json};

/// Returns the routes that report the state of the server, with their answers when it is healthy.
fn routes() -> [(&'static str, Value); 2] {
    [
        ("/healthz", json!({"status": "alive"})),
        ("/readyz", json!({"status": "ready"})),
    ]
}

#[test]
fn a_healthy_server_says_so_with_and_without_a_key() {
    let server = TestServer::start();
    for (path, body) in routes() {
        let answer = server.send(server.request_without_key("GET", path), "");
        answer.assert(200, &body);
        assert_eq!(
            answer.header("Content-Type"),
            "application/json; charset=utf-8",
            "{path}"
        );
        assert_ne!(answer.header("X-Request-Id"), "", "{path}");
        server.get(path).assert(200, &body);
    }
}

#[test]
fn head_answers_as_get_does_without_the_body() {
    let server = TestServer::start();
    for (path, body) in routes() {
        let answer = server.send(server.request_without_key("HEAD", path), "");
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{path}");
        assert_eq!(
            answer.header("Content-Type"),
            "application/json; charset=utf-8",
            "{path}"
        );
        let length = body.to_string().len().to_string();
        assert_eq!(answer.header("Content-Length"), length, "{path}");
    }
}

#[test]
fn a_readiness_check_changes_nothing() {
    let server = TestServer::start();
    let created = server.get_or_create("ada@example.com", "Room");
    for _ in 0..3 {
        assert_eq!(server.get("/readyz").status, 200);
    }
    let found = server.get_or_create("ada@example.com", "Room");
    assert_eq!((found.status, found.body), (200, created.body));
}
