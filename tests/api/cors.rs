//! Requests of web pages from other origins.

use crate::support::{Answer, ROOM, TestServer};
use serde_json::json;

const ORIGIN: &str = "https://app.example.com";

fn server(origins: &[&str]) -> TestServer {
    TestServer::start_with(|config| {
        let origins = origins
            .iter()
            .map(|origin| origin.parse().expect("an origin"));
        config.server.cors_origins = origins.collect();
    })
}

/// What a browser asks before it sends a request with a key and a JSON body.
fn preflight(server: &TestServer, origin: &str) -> Answer {
    preflight_for("POST", server, origin)
}

fn preflight_for(method: &str, server: &TestServer, origin: &str) -> Answer {
    let request = server
        .request_without_key("OPTIONS", ROOM)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method)
        .header(
            "Access-Control-Request-Headers",
            "authorization,content-type",
        );
    server.send(request, "")
}

fn search_from(server: &TestServer, origin: &str) -> Answer {
    let request = server.request("GET", &format!("{ROOM}/search"));
    server.send(request.header("Origin", origin), "")
}

#[test]
fn without_the_setting_no_page_may_read_an_answer() {
    let server = server(&[]);
    let answer = preflight(&server, ORIGIN);
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("Access-Control-Allow-Origin"), "");
    let answer = search_from(&server, ORIGIN);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("Access-Control-Allow-Origin"), "");
}

#[test]
fn pages_of_a_listed_origin_may_call_the_api_and_no_other() {
    let server = server(&[ORIGIN, "http://localhost:3000"]);
    for origin in [ORIGIN, "http://localhost:3000"] {
        let answer = preflight(&server, origin);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("Access-Control-Allow-Origin"), origin);
        let headers = answer.header("Access-Control-Allow-Headers").to_lowercase();
        assert!(headers.contains("authorization") && headers.contains("content-type"));
        let answer = search_from(&server, origin);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("Access-Control-Allow-Origin"), origin);
        assert_eq!(answer.header("Access-Control-Allow-Credentials"), "");
    }
    for origin in ["https://example.com", "http://app.example.com", "null"] {
        assert_eq!(
            preflight(&server, origin).header("Access-Control-Allow-Origin"),
            ""
        );
        let answer = search_from(&server, origin);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("Access-Control-Allow-Origin"), "");
    }
}

#[test]
fn a_page_can_read_an_error_and_the_headers_of_the_api() {
    let server = server(&["*"]);
    let request = server.request_without_key("GET", &format!("{ROOM}/search"));
    let answer = server.send(request.header("Origin", ORIGIN), "");
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("Access-Control-Allow-Origin"), "*");
    let exposed = answer
        .header("Access-Control-Expose-Headers")
        .to_lowercase();
    assert!(exposed.contains("x-request-id"), "{exposed}");
}

#[test]
fn all_origins_may_call_although_some_are_listed_too() {
    for origins in [[ORIGIN, "*"], ["*", ORIGIN]] {
        let server = server(&origins);
        let answer = preflight(&server, "https://other.example");
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("Access-Control-Allow-Origin"), "*");
    }
}

#[test]
fn every_method_of_the_api_is_allowed_and_no_other() {
    let server = server(&[ORIGIN]);
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE"] {
        let answer = preflight_for(method, &server, ORIGIN);
        assert_eq!(answer.status, 200, "{method}: {answer:?}");
    }
    for (method, origin, what) in [
        ("PATCH", ORIGIN, "Access-Control-Request-Method"),
        ("POST", "https://other.example", "server.cors_origins"),
    ] {
        let answer = preflight_for(method, &server, origin);
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(19)));
        assert!(answer.body.contains(what), "{answer:?}");
    }
    let request = server
        .request_without_key("OPTIONS", ROOM)
        .header("Origin", ORIGIN)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "x-other");
    let answer = server.send(request, "");
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(19)));
    assert!(answer.body.contains("may list only"), "{answer:?}");
}
