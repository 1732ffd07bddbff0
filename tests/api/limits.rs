use crate::support::{Answer, ROOM, TestServer};
use roomd::config::Config;
use serde_json::json;

/// How many failures a client address may have per minute by default.
const FAILURES: usize = 20;

/// Starts a server with the default limit of failures, and changed settings.
fn start_with(change: impl FnOnce(&mut Config)) -> TestServer {
    TestServer::start_with(|config| {
        config.auth.failures_per_minute = Config::default().auth.failures_per_minute;
        change(config);
    })
}

/// Sends a search with these headers and without another key.
fn search(server: &TestServer, headers: &[(&str, &str)]) -> Answer {
    let request = server.request_without_key("GET", &format!("{ROOM}/search"));
    let with = |request: ureq::http::request::Builder, header: &(&str, &str)| {
        request.header(header.0, header.1)
    };
    server.send(headers.iter().fold(request, with), "")
}

/// Fails as often as is allowed, each time with the next of these lists of headers.
#[track_caller]
fn use_up(server: &TestServer, headers: &[&[(&str, &str)]]) {
    for header in headers.iter().cycle().take(FAILURES) {
        assert_eq!(search(server, header).status, 401, "{header:?}");
    }
}

/// Asserts an answer of the rate limit that names at most so many seconds to wait.
#[track_caller]
fn assert_rate_limited(answer: &Answer, details: &str, seconds: u64) {
    answer.assert(429, &json!({"code": 94, "details": details}));
    let wait: u64 = answer.header("Retry-After").parse().expect("a number");
    assert!((1..=seconds).contains(&wait), "{wait}");
    assert_eq!(answer.header("WWW-Authenticate"), "");
}

#[track_caller]
fn assert_failures_rate_limited(answer: &Answer) {
    let details = "too many requests without a valid key from this client address: check the key, then try again";
    assert_rate_limited(answer, details, 3);
}

#[test]
fn a_client_address_with_too_many_failures_is_rate_limited() {
    let server = start_with(|_| {});
    use_up(
        &server,
        &[
            &[],
            &[("Authorization", "Basic YTpi")],
            &[("Authorization", "Bearer a|b")],
            &[("Authorization", &format!("{}0", server.authorization))],
        ],
    );
    for headers in [&[][..], &[("Authorization", "Bearer a|b")]] {
        assert_failures_rate_limited(&search(&server, headers));
    }
}

#[test]
fn a_valid_key_works_from_a_rate_limited_client_address() {
    let server = start_with(|_| {});
    use_up(&server, &[&[]]);
    for _ in 0..FAILURES {
        assert_eq!(server.get(&format!("{ROOM}/search")).status, 200);
    }
    assert_eq!(server.get_or_create("ada@example.com", "A").status, 201);
    assert_failures_rate_limited(&search(&server, &[]));
}

#[test]
fn routes_without_a_key_are_not_rate_limited() {
    let server = start_with(|_| {});
    let open = |path: &str| {
        let request = server.request_without_key("GET", path);
        server.send(request, "").status
    };
    let statuses = || ["/healthz", "/nowhere", ROOM, "/groups/room/x"].map(open);
    for _ in 0..FAILURES {
        assert_eq!(statuses(), [200, 404, 405, 404]);
    }
    use_up(&server, &[&[]]);
    assert_failures_rate_limited(&search(&server, &[]));
    assert_eq!(statuses(), [200, 404, 405, 404]);
}

#[test]
fn a_caller_cannot_choose_its_client_address() {
    let server = start_with(|_| {});
    let headers: Vec<[(&str, String); 1]> = (0..FAILURES)
        .map(|n| [("X-Forwarded-For", format!("192.0.2.{n}"))])
        .collect();
    for [(name, value)] in &headers {
        assert_eq!(search(&server, &[(name, value)]).status, 401);
    }
    assert_failures_rate_limited(&search(&server, &[("X-Forwarded-For", "192.0.2.99")]));
}

#[test]
fn behind_a_trusted_proxy_each_client_address_has_a_limit() {
    let server = start_with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    });
    let from = |address: &str| search(&server, &[("X-Forwarded-For", address)]);
    use_up(&server, &[&[("X-Forwarded-For", "2001:db8::1")]]);
    assert_failures_rate_limited(&from("2001:db8::1"));
    assert_eq!(from("2001:db8:0:1::1").status, 401);
    // What a caller sends stands before what the proxy adds.
    assert_failures_rate_limited(&from("192.0.2.2, 2001:db8::2"));
    assert_eq!(from("2001:db8::1, 192.0.2.2").status, 401);
    // Without the header the proxy itself is the client.
    assert_eq!(search(&server, &[]).status, 401);
}

#[test]
fn without_a_limit_no_failure_is_rate_limited() {
    let server = TestServer::start();
    for _ in 0..10 * FAILURES {
        assert_eq!(search(&server, &[]).status, 401);
    }
}

#[test]
fn a_wrong_key_is_a_failure_where_none_is_required() {
    let server = start_with(|config| config.auth.required = false);
    use_up(&server, &[&[("Authorization", "Bearer a|b")]]);
    assert_failures_rate_limited(&search(&server, &[("Authorization", "Bearer a|b")]));
    assert_eq!(search(&server, &[]).status, 200);
}

#[test]
fn a_key_is_rate_limited_as_the_settings_say() {
    let server = start_with(|config| config.auth.requests_per_minute = 3);
    let other = server.folder().add_key().authorization;
    for name in ["A", "A", "A"] {
        assert!(server.get_or_create("ada@example.com", name).status < 300);
    }
    let details =
        "too many requests with this key: try again later, or ask the operator for a higher limit";
    for answer in [
        server.get_or_create("ada@example.com", "A"),
        server.get_or_create("grace@example.com", "B"),
        server.get(&format!("{ROOM}/search")),
    ] {
        assert_rate_limited(&answer, details, 20);
    }
    let answer = search(&server, &[("Authorization", &other)]);
    assert_eq!(
        (answer.status, &answer.json()["data"][1]),
        (200, &json!(null))
    );
    assert_eq!(search(&server, &[]).status, 401);
}
