use crate::harness::{Answer, ROOM, TestServer};
use roomd::config::Config;
use serde_json::json;

/// What is allowed a minute by default.
const FAILURES: usize = 20;

/// A server that limits failures as it does by default, with more settings.
fn start_with(change: impl FnOnce(&mut Config)) -> TestServer {
    TestServer::start_with(|config| {
        config.auth.failures_per_minute = Config::default().auth.failures_per_minute;
        change(config);
    })
}

/// Searches with headers that are given, and no other key.
fn search(server: &TestServer, headers: &[(&str, &str)]) -> Answer {
    let request = server.request_without_key("GET", &format!("{ROOM}/search"));
    let with = |request: ureq::http::request::Builder, header: &(&str, &str)| {
        request.header(header.0, header.1)
    };
    server.send(headers.iter().fold(request, with), "")
}

/// Fails as often as is allowed, each time with the next of these headers.
#[track_caller]
fn use_up(server: &TestServer, headers: &[&[(&str, &str)]]) {
    for header in headers.iter().cycle().take(FAILURES) {
        assert_eq!(search(server, header).status, 401, "{header:?}");
    }
}

/// Asserts a refusal with the seconds that are left, of which there are so many at the most.
#[track_caller]
fn assert_limited(answer: &Answer, details: &str, seconds: u64) {
    answer.assert(429, &json!({"code": 94, "details": details}));
    let wait: u64 = answer.header("Retry-After").parse().expect("a number");
    assert!((1..=seconds).contains(&wait), "{wait}");
    assert_eq!(answer.header("WWW-Authenticate"), "");
}

#[track_caller]
fn assert_failures_limited(answer: &Answer) {
    let details = "too many requests without a valid key from this client address: check the key, then try again";
    assert_limited(answer, details, 3);
}

#[test]
fn the_next_of_too_many_failures_is_told_to_wait() {
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
        assert_failures_limited(&search(&server, headers));
    }
}

#[test]
fn a_valid_key_works_from_an_address_that_failed_too_often() {
    let server = start_with(|_| {});
    use_up(&server, &[&[]]);
    for _ in 0..FAILURES {
        assert_eq!(server.get(&format!("{ROOM}/search")).status, 200);
    }
    assert_eq!(server.get_or_create("ada@example.com", "A").status, 201);
    assert_failures_limited(&search(&server, &[]));
}

#[test]
fn what_needs_no_key_is_no_failure_and_is_not_limited() {
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
    assert_failures_limited(&search(&server, &[]));
    assert_eq!(statuses(), [200, 404, 405, 404]);
}

#[test]
fn a_stranger_cannot_say_to_be_another() {
    let server = start_with(|_| {});
    let headers: Vec<[(&str, String); 1]> = (0..FAILURES)
        .map(|n| [("X-Forwarded-For", format!("192.0.2.{n}"))])
        .collect();
    for [(name, value)] in &headers {
        assert_eq!(search(&server, &[(name, value)]).status, 401);
    }
    assert_failures_limited(&search(&server, &[("X-Forwarded-For", "192.0.2.99")]));
}

#[test]
fn behind_a_trusted_proxy_everybody_has_an_own_limit() {
    let server = start_with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    });
    let from = |address: &str| search(&server, &[("X-Forwarded-For", address)]);
    use_up(&server, &[&[("X-Forwarded-For", "2001:db8::1")]]);
    assert_failures_limited(&from("2001:db8::1"));
    assert_eq!(from("2001:db8:0:1::1").status, 401);
    // The caller's own words stand before what the proxy adds.
    assert_failures_limited(&from("192.0.2.2, 2001:db8::2"));
    assert_eq!(from("2001:db8::1, 192.0.2.2").status, 401);
    // A proxy that says nothing is the caller itself.
    assert_eq!(search(&server, &[]).status, 401);
}

#[test]
fn without_a_limit_nobody_is_told_to_wait() {
    let server = TestServer::start();
    for _ in 0..10 * FAILURES {
        assert_eq!(search(&server, &[]).status, 401);
    }
}

#[test]
fn where_no_key_is_required_a_wrong_one_is_a_failure_all_the_same() {
    let server = start_with(|config| config.auth.required = false);
    use_up(&server, &[&[("Authorization", "Bearer a|b")]]);
    assert_failures_limited(&search(&server, &[("Authorization", "Bearer a|b")]));
    assert_eq!(search(&server, &[]).status, 200);
}

#[test]
fn a_key_may_be_used_as_often_as_the_settings_say() {
    let server = start_with(|config| config.auth.requests_per_minute = 3);
    let printed = server.roomd(&["key", "create", "--json"]);
    let other: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    let other = other["authorization"].as_str().expect("a header");
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
        assert_limited(&answer, details, 20);
    }
    let answer = search(&server, &[("Authorization", other)]);
    assert_eq!(
        (answer.status, &answer.json()["data"][1]),
        (200, &json!(null))
    );
    assert_eq!(search(&server, &[]).status, 401);
}
