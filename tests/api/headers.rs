//! Headers: what a request must say about its host, and what every answer says about itself.

use crate::support::{ROOM, TestServer};

/// Returns the status of the answer to a request with this header `Host`.
fn status(server: &TestServer, host: &str, path: &str) -> String {
    let answer = server.send_raw(format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    ));
    answer["HTTP/1.1 ".len()..][..3].to_owned()
}

#[test]
fn a_malformed_host_is_rejected() {
    let server = TestServer::start();
    for host in [
        "a b<c>", "a/b", "user@a", "a:b", "a:1:2", "a:65536", "[::1", "::1", "a\"b",
    ] {
        assert_eq!(status(&server, host, "/healthz"), "400", "{host}");
    }
    for host in [
        "roomd",
        "rooms.example.com:8080",
        "192.0.2.1",
        "[2001:db8::1]:80",
        "a_b",
        "",
    ] {
        assert_eq!(status(&server, host, "/healthz"), "200", "{host}");
    }
}

#[test]
fn without_keys_only_local_hosts_are_served() {
    let server = TestServer::start_with(|config| {
        config.auth.required = false;
        config.server.public_url = Some("https://rooms.example.com".parse().expect("a URL"));
    });
    let search = format!("{ROOM}/search");
    for path in [&search, "/healthz", "/docs"] {
        for host in [
            "localhost",
            "LocalHost:8080",
            "127.0.0.1",
            "127.1.2.3:80",
            "[::1]:80",
            "rooms.example.com",
            "rooms.example.com:443",
        ] {
            assert_eq!(status(&server, host, path), "200", "{host} {path}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "192.0.2.1:8080",
            "rooms.example",
        ] {
            assert_eq!(status(&server, host, path), "421", "{host} {path}");
        }
    }
    let target = format!("http://evil.example{search}");
    assert_eq!(status(&server, "localhost", &target), "421");
    let valid = server
        .request("GET", &search)
        .header("Host", "evil.example");
    let answer = server.send(valid, "");
    assert_eq!((answer.status, &answer.json()["code"]), (421, &97.into()));
    assert_ne!(answer.header("X-Request-Id"), "");
}

#[test]
fn an_answer_in_json_is_stored_nowhere_and_taken_for_nothing_else() {
    let server = TestServer::start();
    for (answer, status) in [
        (server.get_or_create("ada@example.com", "Room"), 201),
        (server.get(&format!("{ROOM}/search")), 200),
        (server.post_text(ROOM, "{"), 400),
        (server.get(&format!("{ROOM}/x")), 404),
        (server.get("/nowhere"), 404),
        (server.get(ROOM), 405),
        (server.get("/healthz"), 200),
        (server.get("/openapi.json"), 200),
        (
            server.send(
                server.request_without_key("GET", &format!("{ROOM}/search")),
                "",
            ),
            401,
        ),
    ] {
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.header("Content-Type"),
            "application/json; charset=utf-8"
        );
        assert_eq!(answer.header("X-Content-Type-Options"), "nosniff");
        assert_eq!(answer.header("Cache-Control"), "no-store");
    }
}

#[test]
fn a_file_is_compressed_only_for_clients_that_accept_it() {
    let server = TestServer::start();
    let encoding = |accepted: Option<&str>| {
        let accepted = accepted.map(|value| format!("Accept-Encoding: {value}\r\n"));
        let request = format!(
            "HEAD /docs/swagger-ui.css HTTP/1.1\r\nHost: roomd\r\n{}Connection: close\r\n\r\n",
            accepted.unwrap_or_default()
        );
        let head = server.send_raw(request).to_lowercase();
        assert!(head.starts_with("http/1.1 200 "), "{head}");
        assert!(head.contains("vary: accept-encoding"), "{head}");
        head.contains("content-encoding: gzip")
    };
    for accepted in [
        Some("gzip"),
        Some("gzip, deflate, br"),
        Some("br;q=1, gzip;q=0.5, *;q=0"),
    ] {
        assert!(encoding(accepted), "{accepted:?}");
    }
    for accepted in [
        None,
        Some("identity"),
        Some("gzip;q=0"),
        Some("br"),
        Some(""),
    ] {
        assert!(!encoding(accepted), "{accepted:?}");
    }
    let plain = server.send(
        server
            .request("GET", "/docs/swagger-ui.css")
            .header("Accept-Encoding", "identity"),
        "",
    );
    assert_eq!(plain.header("Content-Encoding"), "");
    assert!(plain.body.contains(".swagger-ui"));
}
