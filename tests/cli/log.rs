use crate::support::{Answer, Client, Folder, ROOM, ServerProcess, USER, open, room_path};
use serde_json::{Value, json};
use ureq::http::request::Builder;

const ADA: &str = "ada@example.com";

/// A server with settings of its log, and a key.
struct Logged {
    folder: Folder,
    server: ServerProcess,
}

impl Logged {
    fn start(settings: &str) -> Self {
        Self::start_with(settings, "off")
    }

    fn start_with(settings: &str, rust_log: &str) -> Self {
        let folder = Folder::new();
        folder.write("config.toml", format!("[log]\n{settings}\n"));
        folder.add_user(ADA);
        let key = folder.add_key();
        let mut command = folder.command(&["--listen", "127.0.0.1:0"]);
        let server = folder.start(command.env("RUST_LOG", rust_log));
        Self {
            folder,
            server: server.expect("it starts").with_key(&key),
        }
    }

    /// Stops the server; returns what it logged besides changes.
    fn log(self) -> Vec<String> {
        let mut lines = self.all();
        lines.retain(|line| !is_change(line));
        lines
    }

    /// Stops the server; returns all that it logged.
    fn all(self) -> Vec<String> {
        let exit = self.server.stop();
        exit.stderr.lines().map(str::to_owned).collect()
    }

    /// Stops the server; returns the lines of a log in JSON, besides changes.
    fn json(self) -> Vec<Value> {
        let parsed = |line: &String| serde_json::from_str(line).expect("JSON");
        self.log().iter().map(parsed).collect()
    }
}

/// Returns whether a line, in either form, is about a change: `tests/cli/changes.rs` is about those.
fn is_change(line: &str) -> bool {
    line.contains("roomd::change]") || line.contains("\"message\":\"room created\"")
}

/// Posts JSON with more headers.
fn post(client: &Client, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let request = client.request("POST", path);
    let request = request.header("Content-Type", "application/json");
    let with = |request: Builder, (name, value): &(&str, &str)| request.header(*name, *value);
    client.send(headers.iter().fold(request, with), body.to_string())
}

/// Returns the request id of an answer.
fn id(answer: &Answer) -> &str {
    let id = answer.header("X-Request-Id");
    assert_ne!(id, "", "{answer:?}");
    id
}

#[test]
fn the_start_and_the_stop_have_a_line_and_requests_have_none() {
    let logged = Logged::start("slow_ms = 60000");
    assert_eq!(logged.server.room_of(ADA).status, 201);
    assert_eq!(logged.server.get("/nowhere").status, 404);
    let (address, database) = (logged.server.address, logged.folder.database());
    let log = logged.log();
    assert_eq!(log.len(), 2, "{log:?}");
    assert!(
        log[0].contains("INFO") && log[0].contains("started"),
        "{log:?}"
    );
    assert!(log[0].contains(&address.to_string()), "{log:?}");
    assert!(log[0].contains(&database.display().to_string()), "{log:?}");
    assert!(
        log[1].contains("INFO") && log[1].contains("stopped"),
        "{log:?}"
    );
}

#[test]
fn every_request_has_a_line_if_the_settings_say_so() {
    let logged = Logged::start("requests = true\nslow_ms = 60000");
    let server = &logged.server;
    let created = server.room_of(ADA);
    let found = server.get(&room_path(&created.json()));
    let missing = server.get("/nowhere");
    let wrong = post(
        server,
        "/api/groups/xapi/room/default",
        &[("X-Request-Id", "mine-1")],
        &json!({}),
    );
    assert_eq!(id(&wrong), "mine-1");
    // Of what matches in any case, the route is shown as the documentation writes it.
    let page = server.get("/Groups/ROOM/x_k3v9q2d7xm");
    let join = server.post("/groups/room/x_k3v9q2d7xm/join", &json!({"name": "Ada"}));
    let expected = [
        (&created, "method=POST route=/xapi/v2/room status=201 "),
        (
            &found,
            "method=GET route=/xapi/v2/room/{room_guid} status=200 ",
        ),
        (&missing, "method=GET route=none status=404 "),
        (
            &wrong,
            "method=POST route=/api/groups/xapi/room/default status=400 ",
        ),
        (&page, "method=GET route=/groups/room/{slug} status=404 "),
        (
            &join,
            "method=POST route=/groups/room/{slug}/join status=404 ",
        ),
    ]
    .map(|(answer, start)| (start, format!(" request_id={}", id(answer))));
    let log = logged.log();
    assert_eq!(log.len(), 2 + expected.len(), "{log:#?}");
    for (line, (start, id)) in log[1..].iter().zip(&expected) {
        assert!(line.contains("INFO") && line.contains(start), "{line}");
        assert!(line.contains(id), "{line}");
    }
}

#[test]
fn a_log_in_json_has_one_object_per_line() {
    let logged = Logged::start("requests = true\nslow_ms = 60000\nformat = \"json\"");
    let created = logged.server.room_of(ADA);
    let (address, id) = (logged.server.address.to_string(), id(&created).to_owned());
    let lines = logged.json();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(
        (&lines[0]["message"], &lines[0]["address"]),
        (&json!("started"), &json!(address))
    );
    assert_eq!(lines[2]["message"], "stopped");
    for (member, value) in [
        ("level", json!("info")),
        ("method", json!("POST")),
        ("route", json!(ROOM)),
        ("status", json!(201)),
        ("request_id", json!(id)),
    ] {
        assert_eq!(lines[1][member], value, "{member}");
    }
    assert!(lines[1]["duration_ms"].is_u64());
    assert!(lines.iter().all(|line| line["time"].is_string()));
}

#[test]
fn a_request_without_an_error_has_none_in_its_line() {
    let logged = Logged::start("requests = true\nslow_ms = 60000\nformat = \"json\"");
    assert_eq!(logged.server.room_of(ADA).status, 201);
    let line = logged.json().remove(1);
    assert_eq!(line["status"], 201);
    assert_eq!(line.get("error"), None, "{line}");
}

#[test]
fn a_slow_request_always_has_a_line() {
    let logged = Logged::start("level = \"warn\"\nslow_ms = 0");
    let created = logged.server.room_of(ADA);
    let id = id(&created).to_owned();
    let log = logged.log();
    assert_eq!(log.len(), 1, "{log:?}");
    for part in ["WARN", "slow", "status=201", "duration_ms=", &id] {
        assert!(log[0].contains(part), "{part}: {log:?}");
    }
}

#[test]
fn a_failed_request_has_a_line_with_its_reason_and_the_id_of_the_answer() {
    let logged = Logged::start("level = \"error\"\nformat = \"json\"");
    let other = open(&logged.folder.database());
    other
        .execute_batch("DROP TABLE rooms")
        .expect("no more rooms");
    let failed = logged.server.room_of(ADA);
    assert_eq!((failed.status, &failed.json()["code"]), (500, &json!(10)));
    assert!(!failed.body.contains("rooms"), "{}", failed.body);
    let id = id(&failed).to_owned();
    let lines = logged.json();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["level"], "error");
    assert_eq!(lines[0]["request_id"], json!(id));
    let reason = lines[0]["error"].as_str().expect("a reason");
    assert!(reason.contains("no such table"), "{reason}");
}

/// Sends requests with a key and an e-mail address wherever a caller could put them.
fn send_secrets(server: &ServerProcess) {
    let secret = server.authorization.clone();
    let room = json!({"creator_email": ADA, "name": ADA});
    for headers in [
        &[][..],
        &[("X-Request-Id", ADA)],
        &[("X-Request-Id", secret.as_str())],
        &[("User-Agent", ADA), ("Referer", ADA)],
    ] {
        assert!(post(server, ROOM, headers, &room).status < 300);
    }
    let unknown = json!({"creator_email": "grace@example.com", "name": "Room"});
    assert_eq!(server.post(ROOM, &unknown).status, 404);
    let wrong = json!({"creator_email": ["grace@example.com"], "name": 1});
    assert_eq!(server.post(ROOM, &wrong).status, 400);
    let key = secret.trim_start_matches("Bearer ").replace('|', "%7C");
    for path in [
        format!("/nowhere/{ADA}/{key}"),
        format!("{ROOM}/{ADA}"),
        format!("/groups/room/{key}?email={ADA}"),
    ] {
        assert_eq!(server.get(&path).status, 404, "{path}");
    }
}

/// Asserts that no e-mail address is in a log that has a line for every request, and nothing of a key but the
/// field that tells it by its public part.
#[track_caller]
fn assert_nothing_leaks(logged: Logged) {
    send_secrets(&logged.server);
    let key = logged.server.authorization.clone();
    let (access_key, hash) = key["Bearer ".len()..].split_once('|').expect("a key");
    let (access_key, hash) = (access_key.to_owned(), hash.to_owned());
    let log = logged.log().join("\n");
    assert!(log.lines().count() > 9, "{log}");
    let fields = [
        format!("key={access_key}"),
        format!("\"key\":\"{access_key}\""),
    ];
    assert!(fields.iter().any(|field| log.contains(field)), "{log}");
    let log = fields.iter().fold(log, |log, field| log.replace(field, ""));
    for secret in [&access_key, &hash, "example.com", "ada@", "ada%40", "grace"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[test]
fn no_key_and_no_e_mail_address_is_logged() {
    assert_nothing_leaks(Logged::start("requests = true"));
}

#[test]
fn no_key_and_no_e_mail_address_is_logged_in_json() {
    assert_nothing_leaks(Logged::start(
        "requests = true\nformat = \"json\"\nslow_ms = 0",
    ));
}

#[test]
fn a_rejected_key_is_not_logged() {
    let logged = Logged::start("requests = true");
    for header in [
        "Bearer stranger|hash-of-stranger",
        "Basic stranger",
        "stranger",
    ] {
        let request = logged.server.request_without_key("POST", ROOM);
        let request = request.header("Authorization", header);
        assert_eq!(logged.server.send(request, "{}").status, 401);
    }
    let log = logged.log();
    assert_eq!(
        log.iter()
            .filter(|line| line.contains("status=401"))
            .count(),
        3
    );
    assert!(!log.join("\n").contains("stranger"), "{log:?}");
}

/// Returns the lines about rejected requests.
fn rejections(log: &[String]) -> Vec<&String> {
    let about = |line: &&String| line.contains(" WARN ") && line.contains("request was rejected");
    log.iter().filter(about).collect()
}

#[test]
fn rejected_requests_have_one_line_per_client_address_and_status() {
    let folder = Folder::new();
    folder.write(
        "config.toml",
        "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n[auth]\nfailures_per_minute = 2\n",
    );
    folder.add_key();
    let server = folder.serve(&[]);
    for client in ["192.0.2.1", "192.0.2.2"] {
        for n in 0..6 {
            let request = server.request_without_key("GET", &format!("{ROOM}/search"));
            let answer = server.send(request.header("X-Forwarded-For", client), "");
            assert_eq!(answer.status, if n < 2 { 401 } else { 429 });
        }
    }
    let log: Vec<_> = server.stop().stderr.lines().map(str::to_owned).collect();
    let lines = rejections(&log);
    let expected = [
        ("401", "192.0.2.1"),
        ("429", "192.0.2.1"),
        ("401", "192.0.2.2"),
        ("429", "192.0.2.2"),
    ];
    assert_eq!(lines.len(), expected.len(), "{log:#?}");
    for (line, (status, address)) in lines.iter().zip(expected) {
        assert!(line.contains(&format!("status={status} ")), "{line}");
        assert!(line.contains(&format!(" address={address}")), "{line}");
        assert!(!line.contains("key="), "{line}");
    }
}

#[test]
fn a_rejected_request_with_a_known_key_has_its_name_in_the_line() {
    let folder = Folder::new();
    folder.write("config.toml", "[auth]\nrequests_per_minute = 2\n");
    folder.add_user(ADA);
    let key = folder.roomd(&["key", "create", "--name", "zulip", "--json"]);
    let key: Value = serde_json::from_str(&key).expect("JSON");
    let secret = key["authorization"].as_str().expect("a text").to_owned();
    open(&folder.database())
        .execute("UPDATE users SET active = 0", [])
        .expect("a change");
    let wrong = format!(
        "{}|{}",
        secret.split_once('|').expect("a key").0,
        "0".repeat(64)
    );
    let server = folder.serve(&[]);
    let body = json!({"creator_email": ADA, "name": "Room"}).to_string();
    for (authorization, status) in [
        (&secret, 403),
        (&secret, 403),
        (&secret, 429),
        (&wrong, 401),
    ] {
        let request = server.request_without_key("POST", ROOM);
        let request = request.header("Authorization", authorization);
        let request = request.header("Content-Type", "application/json");
        assert_eq!(server.send(request, &body).status, status);
    }
    let log: Vec<_> = server.stop().stderr.lines().map(str::to_owned).collect();
    let lines = rejections(&log);
    assert_eq!(lines.len(), 3, "{log:#?}");
    for (line, status) in lines.iter().zip(["403", "429", "401"]) {
        assert!(line.contains(&format!("status={status} ")), "{line}");
        assert!(line.contains(" key=zulip address=127.0.0.1"), "{line}");
    }
}

#[test]
fn a_request_and_a_change_name_the_key_in_the_same_way() {
    let named = |name: &[&str]| {
        let folder = Folder::new();
        folder.write("config.toml", "[log]\nformat = \"json\"\nrequests = true\n");
        folder.add_user(ADA);
        let key = folder.roomd(&[&["key", "create", "--json"], name].concat());
        let key = serde_json::from_str(&key).expect("a key");
        let server = folder.serve(&[]).with_key(&key);
        assert_eq!(server.room_of(ADA).status, 201);
        let log = server.stop().stderr;
        let keys = log.lines().filter_map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            line.get("key")?.as_str().map(str::to_owned)
        });
        (keys.collect::<Vec<_>>(), key.access_key)
    };
    let (keys, access_key) = named(&[]);
    assert_eq!(keys, [access_key.clone(), access_key]);
    let (keys, _) = named(&["--name", "zulip"]);
    assert_eq!(keys, ["zulip", "zulip"]);
}

#[test]
fn the_level_is_that_of_the_settings() {
    let logged = Logged::start("level = \"error\"\nrequests = true");
    assert_eq!(logged.server.room_of(ADA).status, 201);
    assert!(logged.log().is_empty());
}

#[test]
fn the_variable_rust_log_has_no_effect() {
    for rust_log in ["trace", "off", "roomd::request=off", "actix_server=trace"] {
        let logged = Logged::start_with("requests = true", rust_log);
        assert_eq!(logged.server.room_of(ADA).status, 201);
        let log = logged.log();
        assert_eq!(log.len(), 3, "{rust_log}: {log:?}");
    }
}

#[test]
fn a_malformed_request_id_is_not_logged() {
    let logged = Logged::start("requests = true");
    let hostile_id = [("X-Request-Id", "a b=\"c\"")];
    let answer = post(&logged.server, ROOM, &hostile_id, &json!({}));
    assert_eq!(answer.status, 400);
    assert_ne!(id(&answer), "a b=\"c\"");
    assert!(!logged.log().join("\n").contains("a b="));
}

/// Asserts that a text is one line and has no control characters for a terminal.
#[track_caller]
fn assert_plain(text: &str) {
    let plain = |c: char| !c.is_control() && !"\u{2028}\u{2029}\u{202e}".contains(c);
    assert!(text.chars().all(plain), "{text:?}");
    assert!(
        !text.contains("Set-Cookie") && !text.contains("[31m"),
        "{text}"
    );
}

/// Sends text that could break a log line or a header wherever a caller can; returns the number of
/// requests.
fn send_hostile_text(server: &ServerProcess) -> usize {
    const HOSTILE: &str = "a\r\nSet-Cookie: a=b\r\n\n\u{1b}[31m\u{9b}\u{2028}\u{202e}\"'\\ {x} %s";
    let body = json!({
        "creator_email": HOSTILE, "email": HOSTILE, "name": HOSTILE, "lang": HOSTILE,
        "tags": HOSTILE, HOSTILE: HOSTILE, "options": {HOSTILE: HOSTILE, "return_url": HOSTILE},
    });
    let encoded: String = url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
    let mut answers = Vec::new();
    for path in [
        ROOM.to_owned(),
        USER.into(),
        "/xapi/v2/user/search".into(),
        format!("/{encoded}"),
    ] {
        answers.push(server.post(&path, &body));
    }
    for path in [
        format!("{ROOM}/search?query={encoded}&{encoded}={encoded}&sort={encoded}"),
        format!("{ROOM}/{encoded}"),
        format!("/xapi/v2/user/{encoded}?{encoded}"),
        format!("/groups/room/{encoded}"),
        format!("/docs/{encoded}"),
    ] {
        answers.push(server.get(&path));
        answers.push(server.call("PUT", &path, &body));
    }
    // A conflict shows the name, and the answer to a new room has one more header.
    let name = json!({"creator_email": ADA, "name": "<b>\"%0d%0aSet-Cookie: a=b\\"});
    answers.push(server.post(ROOM, &name));
    for id in ["a\tb", "\"a\"", "%0d%0aSet-Cookie:a=b", &"x".repeat(10_000)] {
        answers.push(post(server, ROOM, &[("X-Request-Id", id)], &body));
    }
    for answer in &answers {
        for (name, value) in &answer.headers {
            assert_plain(value.to_str().expect("a text"));
            assert_ne!(name, "set-cookie");
        }
        assert!(answer.status < 500, "{answer:?}");
    }
    answers.len()
}

#[test]
fn hostile_text_leaves_one_plain_line_per_request() {
    for settings in [
        "requests = true",
        "requests = true\nslow_ms = 0",
        "requests = true\nformat = \"json\"",
    ] {
        let logged = Logged::start(settings);
        let requests = send_hostile_text(&logged.server);
        let log = logged.log();
        assert_eq!(log.len(), 2 + requests, "{log:#?}");
        log.iter().for_each(|line| assert_plain(line));
    }
}

#[test]
fn a_header_with_control_characters_is_rejected() {
    let logged = Logged::start("requests = true");
    for id in ["a\rb", "\u{1b}[31m", "a\0b", "\u{7f}"] {
        let head = format!("GET /healthz HTTP/1.1\r\nHost: roomd\r\nX-Request-Id: {id}\r\n\r\n");
        let answer = logged.server.send_raw(head);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(!answer.contains(id), "{answer}");
    }
    assert_eq!(logged.log().len(), 2);
}
