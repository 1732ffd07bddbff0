use crate::support::{Answer, Key, ROOM, TestServer, sha256_hex, text};
use serde_json::json;
use sha2::{Digest, Sha256};

const NO_GUID: &str = "00000000-0000-0000-0000-000000000000";

/// Returns every route of the API, with the status of its answer to a caller with a valid key. The
/// GUID is that of a room, not of a user; the body that is sent lacks fields of a new user, and has
/// one that no search has.
fn routes(guid: &str) -> Vec<(&'static str, String, u16)> {
    let below = |base: &str| {
        [
            ("POST", format!("{base}/room"), 200),
            ("POST", format!("{base}/room/default"), 200),
            ("GET", format!("{base}/room/search"), 200),
            ("GET", format!("{base}/room/{guid}"), 200),
            ("PUT", format!("{base}/room/{guid}"), 200),
            ("DELETE", format!("{base}/room/{NO_GUID}"), 404),
            ("POST", format!("{base}/room/{guid}/host-link"), 200),
            ("DELETE", format!("{base}/room/{guid}/host-link"), 204),
            ("POST", format!("{base}/user"), 400),
            ("POST", format!("{base}/user/search"), 400),
            ("GET", format!("{base}/user/{guid}"), 404),
            ("PUT", format!("{base}/user/{guid}"), 404),
            ("DELETE", format!("{base}/user/{guid}"), 404),
        ]
    };
    ["/xapi/v2", "/api/groups/xapi"]
        .iter()
        .flat_map(|base| below(base))
        .collect()
}

/// Starts a server and creates ada's room; returns its GUID too.
fn start() -> (TestServer, String) {
    let server = TestServer::start();
    let guid = guid_of_ada(&server);
    (server, guid)
}

fn guid_of_ada(server: &TestServer) -> String {
    server.get_or_create("ada@example.com", "Room").guid()
}

/// Calls a route with a body that asks for ada's room, and with this header or without one.
fn call(server: &TestServer, method: &str, path: &str, authorization: Option<&str>) -> Answer {
    let mut request = server.request_without_key(method, path);
    if let Some(value) = authorization {
        request = request.header("Authorization", value);
    }
    let body = json!({"creator_email": "ada@example.com", "name": "Room"}).to_string();
    match method {
        "POST" | "PUT" => server.send(request.header("Content-Type", "application/json"), body),
        _ => server.send(request, ""),
    }
}

#[track_caller]
fn assert_unauthorized(answer: &Answer) {
    let body = answer.json();
    assert_eq!((answer.status, &body["code"]), (401, &json!(14)), "{body}");
    let details = text(&body, "details").to_lowercase();
    assert!(details.contains("key"), "{body}");
    assert_eq!(answer.header("WWW-Authenticate"), "Bearer");
    assert_eq!(
        answer.header("Content-Type"),
        "application/json; charset=utf-8"
    );
}

#[test]
fn every_route_rejects_all_but_valid_keys() {
    let (server, guid) = start();
    let (key, revoked, other) = (
        server.folder().add_key(),
        server.folder().add_key(),
        server.folder().add_key(),
    );
    server.folder().revoke_key(&revoked);
    let (access, secret, hash) = (&key.access_key, &key.secret_key, key.hash());
    let rejected = [
        String::new(),
        "Bearer".into(),
        "Bearer |".into(),
        format!("Bearer {access}"),
        format!("Bearer {access}|"),
        format!("Bearer |{hash}"),
        format!("Bearer {hash}|{access}"),
        format!("Bearer {access}:{hash}"),
        format!("Bearer {access} {hash}"),
        format!("Bearer {access} |{hash}"),
        format!("Bearer {access}| {hash}"),
        format!("Bearer {access}|{hash}|"),
        format!("Bearer {access}|{hash},"),
        format!("Bearer \"{access}|{hash}\""),
        format!("Bearer{access}|{hash}"),
        format!("Basic {access}|{hash}"),
        format!("{access}|{hash}"),
        // A wrong hash.
        format!("Bearer {access}|{}", other.hash()),
        format!("Bearer {access}|{}", &hash[1..]),
        format!("Bearer {access}|{secret}"),
        format!("Bearer {access}|{}", sha256_hex(secret)),
        format!("Bearer {access}|{}", sha256_hex(&hash)),
        format!("Bearer {access}|{}", "0".repeat(64)),
        // An unknown access key.
        format!("Bearer {}|{hash}", &access[1..]),
        format!("Bearer {}|{hash}", access.to_uppercase()),
        format!("Bearer %|{hash}"),
        format!("Bearer ' OR 1=1 --|{hash}"),
        // A key that was revoked.
        revoked.authorization,
    ];
    for (method, path, status) in routes(&guid) {
        assert_unauthorized(&call(&server, method, &path, None));
        for value in &rejected {
            let answer = call(&server, method, &path, Some(value));
            assert_eq!(answer.status, 401, "{method} {path} {value}");
            assert_unauthorized(&answer);
        }
        for value in [
            &server.authorization,
            &other.authorization,
            &format!("Bearer {access}|{hash}"),
            &format!("bearer {access}|{hash}"),
            &format!("Bearer {access}|{}", hash.to_uppercase()),
        ] {
            let answer = call(&server, method, &path, Some(value));
            assert_eq!(answer.status, status, "{method} {path} {value}");
        }
    }
}

#[test]
fn a_header_that_is_not_ascii_is_not_a_key() {
    let (server, guid) = start();
    let head = |authorization: &str| {
        format!(
            "GET {ROOM}/{guid} HTTP/1.1\r\nHost: roomd\r\nConnection: close\r\n\
             Authorization: {authorization}\r\n\r\n"
        )
    };
    let valid = &server.authorization;
    for (authorization, status) in [
        (valid.to_owned(), "HTTP/1.1 200 "),
        (format!("{valid}é"), "HTTP/1.1 401 "),
        (valid.replace('|', "|é"), "HTTP/1.1 401 "),
    ] {
        let answer = server.send_raw(head(&authorization));
        assert!(answer.starts_with(status), "{authorization}: {answer}");
    }
}

#[test]
fn head_needs_a_key_too() {
    let (server, guid) = start();
    for base in ["/xapi/v2", "/api/groups/xapi"] {
        let path = format!("{base}/room/{guid}");
        let answer = call(&server, "HEAD", &path, None);
        assert_eq!((answer.status, answer.body.as_str()), (401, ""));
        assert_eq!(answer.header("WWW-Authenticate"), "Bearer");
        let answer = server.send(server.request("HEAD", &path), "");
        assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    }
}

#[test]
fn a_client_hashes_both_keys_with_sha_256() {
    let server = TestServer::start();
    let key = server.folder().add_key();
    let signed = format!("Bearer {}|{}", key.access_key, key.hash());
    assert_eq!(key.authorization, signed);
    // `printf 'abc|def' | sha256sum`
    assert_eq!(
        sha256_hex("abc|def"),
        "0def6826e591afbb7b4431daaa6f2a78c1e5af533cb94b6db1635efbf255cb16"
    );
}

#[test]
fn a_caller_without_a_key_learns_only_that_the_key_is_missing() {
    let (server, _) = start();
    let valid = json!({"creator_email": "grace@example.com", "name": "Grace"}).to_string();
    let large = "x".repeat(64 * 1024 + 1);
    for (content_type, body) in [
        ("application/json", valid.as_str()),
        ("application/json", "{"),
        ("application/json", "{}"),
        ("application/json", ""),
        ("application/json", &large),
        ("text/plain", &valid),
        ("text/plain", &large),
    ] {
        for path in [ROOM, "/xapi/v2/room/default"] {
            let request = server
                .request_without_key("POST", path)
                .header("Content-Type", content_type);
            assert_unauthorized(&server.send(request, body));
        }
    }
    assert_unauthorized(&call(&server, "GET", &format!("{ROOM}/{NO_GUID}"), None));
    assert_unauthorized(&call(&server, "GET", "/xapi/v2/room/x", None));
    let created = server.get_or_create("grace@example.com", "Grace");
    assert_eq!(created.status, 201);
}

#[test]
fn keys_are_created_and_revoked_while_the_server_runs() {
    let (server, guid) = start();
    let path = format!("{ROOM}/{guid}");
    let status = |key: &Key| call(&server, "GET", &path, Some(&key.authorization)).status;
    let (first, second) = (server.folder().add_key(), server.folder().add_key());
    assert_eq!((status(&first), status(&second)), (200, 200));
    server.folder().revoke_key(&first);
    assert_eq!((status(&first), status(&second)), (401, 200));
    server.folder().revoke_key(&first);
    assert_eq!((status(&first), status(&second)), (401, 200));
    server.folder().revoke_key(&second);
    assert_eq!((status(&first), status(&second)), (401, 401));
    assert_eq!(server.get(&path).status, 200);
}

#[test]
fn a_wrong_key_is_rejected_where_none_is_required() {
    let server = TestServer::start_with(|config| config.auth.required = false);
    let guid = guid_of_ada(&server);
    let revoked = server.folder().add_key();
    server.folder().revoke_key(&revoked);
    for (method, path, status) in routes(&guid) {
        assert_eq!(call(&server, method, &path, None).status, status);
        let valid = Some(server.authorization.as_str());
        assert_eq!(call(&server, method, &path, valid).status, status);
        for wrong in ["", "Bearer", "Bearer a|b", &revoked.authorization] {
            assert_unauthorized(&call(&server, method, &path, Some(wrong)));
        }
    }
}

/// Returns every operation in the server's own document: method, path (below the first base path or
/// outside it), and whether it requires a key.
fn documented(server: &TestServer) -> Vec<(String, String, bool)> {
    let document = server.get("/openapi.json").json();
    let paths = document["paths"].as_object().expect("paths").iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().expect("operations").iter();
        methods.map(|(method, operation)| {
            let requires_key = operation["security"] == json!([{"key": []}]);
            (method.to_uppercase(), path.clone(), requires_key)
        })
    });
    operations.collect()
}

/// The document has the routes that the tests above call, so a new route must be added to both.
#[test]
fn every_documented_route_is_tested() {
    let server = TestServer::start();
    let mut documented = documented(&server);
    documented.retain(|(_, _, requires_key)| *requires_key);
    let first_base = routes("{guid}")
        .into_iter()
        .filter(|(_, path, _)| path.starts_with("/xapi/v2/"));
    let mut tested: Vec<_> = first_base
        .map(|(method, path, _)| {
            let kind = if path.contains("/user/") {
                "user_guid"
            } else {
                "room_guid"
            };
            let path = path
                .replace(NO_GUID, "{guid}")
                .replace("{guid}", &format!("{{{kind}}}"));
            (method.to_owned(), path, true)
        })
        .collect();
    documented.sort();
    tested.sort();
    assert_eq!(tested, documented);
}

#[test]
fn routes_outside_the_api_need_no_key() {
    let server = TestServer::start();
    let revoked = server.folder().add_key();
    server.folder().revoke_key(&revoked);
    let room = server.get_or_create("ada@example.com", "Room").json();
    let slug = text(&room, "url").rsplit('/').next();
    let mut open = documented(&server);
    open.retain(|(_, _, requires_key)| !requires_key);
    assert_eq!(open.len(), 5, "{open:?}");
    for (method, path, _) in open {
        let path = path.replace("{slug}", slug.expect("a slug"));
        for authorization in [
            None,
            Some(""),
            Some("Basic YTpi"),
            Some("Bearer a|b"),
            Some(&revoked.authorization),
            Some(&server.authorization),
        ] {
            let answer = call(&server, &method, &path, authorization);
            assert_eq!(answer.status, 200, "{path} {authorization:?}");
        }
    }
}

/// Which paths exist is public: no key changes the answer.
#[test]
fn a_wrong_method_or_path_has_one_answer_with_and_without_a_key() {
    let (server, guid) = start();
    let answer_to = |method: &str, path: &str, authorization: Option<&str>| {
        let answer = call(&server, method, path, authorization);
        let allow = answer.header("Allow").to_owned();
        (answer.status, allow, answer.body)
    };
    for (_, path, _) in routes(&guid) {
        for (method, path) in [
            ("PATCH", path.clone()),
            ("GET", format!("{path}/more/more")),
        ] {
            let without_key = answer_to(method, &path, None);
            assert!([404, 405].contains(&without_key.0), "{method} {path}");
            assert!(!without_key.2.contains("Room"), "{without_key:?}");
            for authorization in ["Bearer a|b", &server.authorization] {
                let with_key = answer_to(method, &path, Some(authorization));
                assert_eq!(with_key, without_key, "{method} {path}");
            }
        }
    }
}

#[test]
fn a_stolen_database_opens_nothing() {
    let server = TestServer::start();
    let key = server.folder().add_key();
    let hash = key.hash();
    let guid = guid_of_ada(&server);
    let path = format!("{ROOM}/{guid}");
    let answer = call(&server, "GET", &path, Some(&key.authorization));
    assert_eq!(answer.status, 200);
    let folder = server.stop();
    let bytes: Vec<u8> = folder.files().into_values().flatten().collect();
    let holds = |wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    // The database holds the access key and the SHA-256 of the hash.
    assert!(holds(key.access_key.as_bytes()));
    assert!(holds(&Sha256::digest(hash.as_bytes())));
    let hash_bytes = Sha256::digest(format!("{}|{}", key.access_key, key.secret_key).as_bytes());
    assert!(!holds(key.secret_key.as_bytes()));
    assert!(!holds(hash.as_bytes()));
    assert!(!holds(&hash_bytes));
}

#[test]
fn an_answer_tells_a_malformed_header_from_a_wrong_key() {
    let (server, guid) = start();
    let path = format!("{ROOM}/{guid}");
    let key = server.folder().add_key();
    let (access, hash) = (&key.access_key, key.hash());
    let details = |value: Option<&str>| {
        let body = call(&server, "GET", &path, value).json();
        text(&body, "details").to_owned()
    };
    let missing = details(None);
    assert!(
        missing.starts_with("a valid key is required: send "),
        "{missing}"
    );
    for (value, form) in [
        ("", "it is empty"),
        ("Basic YTpi", "it does not start with Bearer and a space"),
        (
            &format!("{access}|{hash}"),
            "it does not start with Bearer and a space",
        ),
        ("Bearer", "nothing follows Bearer"),
        (&format!("Bearer {access}"), "there is no | between"),
        (
            &format!("Bearer |{hash}"),
            "the access key before the | is empty or has spaces",
        ),
        (
            &format!("Bearer {access}|{}", &hash[1..]),
            "does not have 64 hexadecimal digits",
        ),
        (
            &format!("Bearer {access}|{}", key.secret_key),
            "does not have 64 hexadecimal digits",
        ),
    ] {
        let details = details(Some(value));
        let start = "the header Authorization is malformed: ";
        assert!(
            details.starts_with(start) && details.contains(form),
            "{value}: {details}"
        );
    }
    // What is not known stays one case.
    let wrong_hash = details(Some(&format!("Bearer {access}|{}", "0".repeat(64))));
    let unknown = details(Some(&format!("Bearer {}|{hash}", &access[1..])));
    assert!(
        wrong_hash.starts_with("the key is not valid: "),
        "{wrong_hash}"
    );
    assert_eq!(wrong_hash, unknown);
}

#[test]
fn two_headers_are_no_key() {
    let (server, guid) = start();
    let (valid, other) = (&server.authorization, "Bearer a|b");
    for (first, second) in [(valid.as_str(), other), (other, valid), (valid, valid)] {
        let answer = server.send_raw(format!(
            "GET {ROOM}/{guid} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Authorization: {first}\r\nAuthorization: {second}\r\n\r\n"
        ));
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        assert!(answer.contains("it is sent more than once"), "{answer}");
    }
}
