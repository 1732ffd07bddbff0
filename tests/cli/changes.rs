use crate::support::{Answer, Folder, ROOM, ServerProcess, USER, room_path, text, user_path};
use serde_json::{Value, json};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Starts a server with a key of this name, possibly none, and a log in JSON.
fn start(folder: &Folder, name: Option<&str>) -> (ServerProcess, String) {
    folder.write("config.toml", "[log]\nformat = \"json\"\nslow_ms = 60000\n");
    let name = name.map(|name| ["--name", name]);
    let args = ["key", "create", "--json"];
    let args = [&args[..], name.as_ref().map_or(&[], |name| &name[..])].concat();
    let key: Value = serde_json::from_str(&folder.roomd(&args)).expect("a key");
    let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
    let server = folder.start(&mut command).expect("it starts");
    let key = serde_json::from_value(key).expect("a key");
    let server = server.with_key(&key);
    (server, key.access_key)
}

/// Stops a server; returns what it logged besides its start and its stop.
fn lines(server: ServerProcess) -> Vec<Value> {
    let log = server.stop().stderr;
    let parsed = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
    let is_own = |line: &Value| line["message"] == "started" || line["message"] == "stopped";
    log.lines()
        .map(parsed)
        .filter(|line| !is_own(line))
        .collect()
}

/// Returns the id of the request of an answer.
fn id(answer: &Answer) -> &str {
    answer.header("X-Request-Id")
}

#[test]
fn each_change_has_one_line_with_who_and_what() {
    let folder = Folder::new();
    let (server, _) = start(&folder, Some("zulip"));
    let profile = json!({"email": "ada@example.com", "username": "ada", "name": "Ada", "surname": "Lovelace"});
    let mut expected = Vec::new();
    let mut expect = |answer: &Answer, status: u16, message: &str, kind: &str, guid: &str| {
        assert_eq!(answer.status, status, "{answer:?}");
        expected.push(json!({
            "level": "info", "message": message, kind: guid, "key": "zulip", "request_id": id(answer),
        }));
    };
    let created = server.post(USER, &profile);
    let user = created.json();
    let user_guid = text(&user, "user_guid").to_owned();
    expect(&created, 201, "user created", "user", &user_guid);
    expect(
        &server.post(USER, &profile),
        200,
        "user updated",
        "user",
        &user_guid,
    );
    let updated = server.put(&user_path(&user), &json!({"name": "Augusta"}));
    expect(&updated, 200, "user updated", "user", &user_guid);
    let created = server.get_or_create("ada@example.com", "Engine");
    let room = created.json();
    let guid = text(&room, "room_guid").to_owned();
    expect(&created, 201, "room created", "room", &guid);
    // Nothing is changed by these.
    assert_eq!(
        server.get_or_create("ada@example.com", "Engine").status,
        200
    );
    assert_eq!(server.get(&room_path(&room)).status, 200);
    assert_eq!(
        server.put(&room_path(&room), &json!({"name": 1})).status,
        400
    );
    assert_eq!(server.delete(&format!("{ROOM}/{user_guid}")).status, 404);
    let updated = server.put(&room_path(&room), &json!({"name": "Difference"}));
    expect(&updated, 200, "room updated", "room", &guid);
    let revoked = server.delete(&format!("{}/host-link", room_path(&room)));
    expect(&revoked, 204, "host links revoked", "room", &guid);
    expect(
        &server.delete(&room_path(&room)),
        204,
        "room deleted",
        "room",
        &guid,
    );
    expect(
        &server.delete(&user_path(&user)),
        204,
        "user deleted",
        "user",
        &user_guid,
    );
    let mut found = lines(server);
    for line in &mut found {
        let time = line.as_object_mut().and_then(|line| line.remove("time"));
        assert!(time.is_some(), "{line}");
    }
    assert_eq!(found, expected);
}

#[test]
fn a_key_without_a_name_is_told_by_its_public_half_and_a_trace_is_kept() {
    let folder = Folder::new();
    folder.add_user("ada@example.com");
    let (server, access_key) = start(&folder, None);
    let body = json!({"creator_email": "ada@example.com", "name": "Engine"});
    let request = server.request("POST", ROOM);
    let request = request
        .header("traceparent", TRACE)
        .header("X-Request-Id", "mine");
    let request = request.header("Content-Type", "application/json");
    assert_eq!(server.send(request, body.to_string()).status, 201);
    let hash = server
        .authorization
        .split('|')
        .nth(1)
        .expect("a hash")
        .to_owned();
    let found = lines(server);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["key"], *access_key);
    assert_eq!(found[0]["traceparent"], TRACE);
    assert_eq!(found[0]["request_id"], "mine");
    assert!(!found[0].to_string().contains(&hash));
}

#[test]
fn the_line_of_a_request_keeps_a_trace_that_is_well_formed() {
    let folder = Folder::new();
    let settings = "[log]\nformat = \"json\"\nrequests = true\n";
    folder.write("config.toml", settings);
    let server = folder.serve(&[]).with_key(&folder.add_key());
    let traces = [TRACE, "00-4bf92f-00f067-01", "<script>"];
    for trace in traces {
        let request = server.request("GET", &format!("{ROOM}/search"));
        let request = request.header("traceparent", trace);
        assert_eq!(server.send(request, "").status, 200);
    }
    let found = lines(server);
    let found: Vec<&Value> = found.iter().map(|line| &line["traceparent"]).collect();
    assert_eq!(found, [&json!(TRACE), &Value::Null, &Value::Null]);
}
