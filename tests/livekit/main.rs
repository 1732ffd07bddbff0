//! Tests of meetings on LiveKit: what roomd asks its API, and what becomes of the answers. What people see is
//! tested in browsers.

mod stub;
#[path = "../support/mod.rs"]
mod support;

use serde_json::{Value, json};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use stub::{KEY, Reply, SECRET, Stub};
use support::{Answer, Folder, ROOM, ServerProcess, TIMEOUT, claims, text};

/// A server with one room, whose meetings take place on a stand-in for LiveKit.
struct Place {
    stub: Stub,
    server: ServerProcess,
    room: Value,
    folder: Folder,
}

impl Place {
    fn new(options: &Value) -> Self {
        Self::with(Stub::start(), options)
    }

    fn with(stub: Stub, options: &Value) -> Self {
        let folder = Folder::new();
        let settings = format!(
            "[meeting]\nserver = \"livekit\"\n[meeting.livekit]\nurl = \"wss://livekit.example.com\"\n\
             api_url = \"ws://{}\"\napi_key = \"{KEY}\"\nsecret = \"{SECRET}\"\n",
            stub.address
        );
        folder.write("config.toml", settings);
        folder.add_user("ada@example.com");
        let server = folder.serve(&[]).with_key(&folder.add_key());
        let body = json!({
            "creator_email": "ada@example.com", "name": "Test Room", "options": options,
        });
        let room = server.post(ROOM, &body).json();
        Self {
            stub,
            server,
            room,
            folder,
        }
    }

    fn guid(&self) -> &str {
        text(&self.room, "room_guid")
    }

    /// Posts to a part of the room's page, as the page does.
    fn post(&self, part: &str, body: &Value) -> Answer {
        let url = text(&self.room, "url");
        let path = url.splitn(4, '/').nth(3).expect("a path");
        self.server.post(&format!("/{path}/{part}"), body)
    }

    fn join(&self) -> Answer {
        self.post("join", &json!({"name": "Grace"}))
    }

    /// Returns the secret of a host link.
    fn host(&self) -> String {
        let path = format!("{ROOM}/{}?fields=host_url", self.guid());
        let room = self.server.get(&path).json();
        let (_, secret) = text(&room, "host_url").split_once("#host=").expect("one");
        secret.to_owned()
    }

    fn act(&self, host: &str, action: &str, person: Option<&str>) -> Answer {
        let body = json!({"host": host, "action": action, "person": person});
        self.post("host", &body)
    }
}

fn person(identity: &str, role: &str) -> Value {
    json!({
        "identity": identity, "attributes": {"role": role}, "state": "ACTIVE",
        "tracks": [
            {"sid": format!("TR_{identity}"), "source": "MICROPHONE"}, {"sid": "c", "source": "CAMERA"},
        ],
    })
}

#[test]
fn a_click_opens_the_room_and_gives_a_token() {
    let place = Place::new(&json!({"enable_session_auto_finish": true}));
    assert_eq!(place.stub.calls("CreateRoom").len(), 0, "before the click");
    let answer = place.join();
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    assert_eq!(answer["server"], "wss://livekit.example.com");
    assert!(answer["rating"].is_string());
    let claims = claims(text(&answer, "token"), SECRET).expect("a valid token");
    assert_eq!(claims["name"], "Grace");
    assert_eq!(claims["video"]["room"], place.guid());
    let created = &place.stub.calls("CreateRoom")[0];
    assert_eq!(created.grants, Some(json!({"roomCreate": true})));
    assert_eq!(created.body["name"], place.guid());
    assert_eq!(created.body["metadata"], r#"{"roomd":{"minutes":60}}"#);
}

#[test]
fn a_server_that_fails_lets_nobody_in() {
    let place = Place::new(&json!({}));
    let unavailable = json!({"code": "unavailable", "msg": "no node"});
    for (reply, words) in [
        (
            Reply::text(503, &unavailable.to_string()),
            "unavailable (no node)",
        ),
        (Reply::text(200, "<html>"), "no JSON of LiveKit"),
        (Reply::text(404, "404 page not found"), "HTTP status 404"),
        (
            Reply::text(401, "invalid API key: north"),
            "meeting.livekit.api_key",
        ),
    ] {
        place.stub.answers("CreateRoom", reply);
        let answer = place.join();
        assert_eq!(answer.status, 502, "{answer:?}");
        assert_eq!(answer.json()["code"], 99);
        assert!(!answer.json().to_string().contains(words));
        place.server.process().next_log_line(words);
    }
    place.stub.answers("CreateRoom", Reply::json(&json!({})));
    assert_eq!(place.join().status, 200);
}

#[test]
fn a_slow_server_is_given_up_in_time() {
    let place = Place::new(&json!({}));
    let slow = Reply::json(&json!({})).after(Duration::from_secs(8));
    place.stub.answers("CreateRoom", slow);
    let started = Instant::now();
    let answer = place.join();
    assert_eq!(answer.json()["code"], 99);
    assert!(started.elapsed() < Duration::from_secs(7));
}

#[test]
fn guests_wait_while_no_host_is_in() {
    let place = Place::new(&json!({}));
    place.host();
    assert_eq!(place.join().json()["waiting"], "host");
    let listed = &place.stub.calls("ListParticipants")[0];
    let grants = json!({"roomAdmin": true, "room": place.guid()});
    assert_eq!(listed.grants, Some(grants));
    for (reply, waits) in [
        (
            Reply::json(&json!({"participants": [person("g", "guest")]})),
            true,
        ),
        (
            Reply::text(404, r#"{"code":"not_found","msg":"no room"}"#),
            true,
        ),
        (
            Reply::json(&json!({"participants": [person("h", "host")]})),
            false,
        ),
    ] {
        // Of another room, because what the server said is believed for three seconds.
        let place = Place::new(&json!({}));
        place.host();
        place.stub.answers("ListParticipants", reply);
        assert_eq!(place.join().json()["waiting"] == "host", waits);
    }
}

#[test]
fn a_host_acts_through_the_server() {
    let options = json!({
        "skip_approval_on_join": false, "allow_users_stream_self_cam_mic": false,
    });
    let place = Place::new(&options);
    let host = place.host();
    let done = json!({"done": true});
    assert_eq!(place.act(&host, "admit", Some("g")).json(), done);
    let admitted = place.stub.calls("UpdateParticipant").remove(0);
    let expected = json!({
        "room": place.guid(), "identity": "g", "attributes": {"waiting": ""},
        "permission": {"can_subscribe": true, "can_publish": false, "can_publish_data": true,
            "can_update_metadata": false},
    });
    assert_eq!(admitted.body, expected);
    assert_eq!(place.act(&host, "remove", Some("g")).json(), done);
    assert_eq!(
        place.stub.calls("RemoveParticipant")[0].body["identity"],
        "g"
    );
    let both = json!({"participants": [person("g", "guest"), person("h", "host")]});
    place.stub.answers("ListParticipants", Reply::json(&both));
    assert_eq!(place.act(&host, "mute", None).json(), done);
    let muted = place.stub.calls("MutePublishedTrack");
    assert_eq!(muted.len(), 1, "the guest's microphone and nothing else");
    assert_eq!(muted[0].body["track_sid"], "TR_g");
    assert_eq!(place.act(&host, "end", None).json(), done);
    let ended = place.stub.calls("DeleteRoom").remove(0);
    assert_eq!(ended.grants, Some(json!({"roomCreate": true})));
    let gone = Reply::text(404, r#"{"code":"not_found","msg":"no participant"}"#);
    place.stub.answers("RemoveParticipant", gone);
    assert_eq!(
        place.act(&host, "remove", Some("g")).json(),
        json!({"done": false})
    );
}

#[test]
fn nobody_is_let_in_because_a_host_was_there_before_the_end() {
    let place = Place::new(&json!({}));
    let host = place.host();
    let hosts = json!({"participants": [person("h", "host")]});
    place.stub.answers("ListParticipants", Reply::json(&hosts));
    assert!(place.join().json()["token"].is_string());
    let nobody = json!({"participants": []});
    place.stub.answers("ListParticipants", Reply::json(&nobody));
    assert_eq!(place.act(&host, "end", None).status, 200);
    assert_eq!(place.join().json()["waiting"], "host");
}

#[test]
fn nobody_else_acts_as_host() {
    let place = Place::new(&json!({}));
    let answer = place.act("wrong", "end", None);
    assert_eq!((answer.status, &answer.json()["code"]), (403, &json!(55)));
    let host = place.host();
    for (action, person) in [("admit", None), ("remove", None), ("promote", Some("g"))] {
        assert_eq!(place.act(&host, action, person).status, 400, "{action}");
    }
    let long = "g".repeat(257);
    assert_eq!(place.act(&host, "remove", Some(&long)).status, 400);
    for method in ["DeleteRoom", "UpdateParticipant", "RemoveParticipant"] {
        assert_eq!(place.stub.calls(method).len(), 0, "{method}");
    }
}

#[test]
fn a_deleted_room_ends_its_meeting() {
    let place = Place::new(&json!({}));
    let path = format!("{ROOM}/{}", place.guid());
    assert_eq!(place.server.delete(&path).status, 204);
    wait_until(|| place.stub.calls("DeleteRoom").len() == 1);
    assert_eq!(place.stub.calls("DeleteRoom")[0].body["room"], place.guid());
}

#[test]
fn meetings_whose_time_is_over_are_ended_also_after_a_restart() {
    let stub = Stub::start();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time");
    let began = |minutes: u64| (now.as_secs() - 60 * minutes).to_string();
    let room = |guid: u32, minutes: u64, metadata: &str| {
        let name = format!("0197A3C2-6414-7046-87A6-{guid:012}");
        json!({"name": name, "creation_time": began(minutes), "metadata": metadata})
    };
    let hour = r#"{"roomd":{"minutes":60}}"#;
    let rooms = json!({"rooms": [
        room(1, 61, hour), room(2, 59, hour), room(3, 999, r#"{"roomd":{"minutes":null}}"#),
        room(4, 61, ""), json!({"name": "north", "creation_time": began(61), "metadata": hour}),
    ]});
    stub.answers("ListRooms", Reply::json(&rooms));
    let place = Place::with(stub, &json!({}));
    wait_until(|| !place.stub.calls("DeleteRoom").is_empty());
    let ended = place.stub.calls("DeleteRoom");
    assert_eq!(ended.len(), 1);
    assert_eq!(
        ended[0].body["room"],
        "0197A3C2-6414-7046-87A6-000000000001"
    );
    assert_eq!(
        place.stub.calls("ListRooms")[0].grants,
        Some(json!({"roomList": true}))
    );
    let Place {
        stub,
        server,
        folder,
        ..
    } = place;
    server.stop();
    let _server = folder.serve(&[]);
    wait_until(|| stub.calls("DeleteRoom").len() == 2);
}

#[test]
fn what_fails_for_one_is_done_to_the_others() {
    let stub = Stub::start();
    let room = |guid: u32| {
        let name = format!("0197A3C2-6414-7046-87A6-{guid:012}");
        json!({"name": name, "creation_time": "1600000000", "metadata": r#"{"roomd":{"minutes":60}}"#})
    };
    stub.answers(
        "ListRooms",
        Reply::json(&json!({"rooms": [room(1), room(2)]})),
    );
    let refused = Reply::text(503, r#"{"code":"unavailable","msg":"no node"}"#);
    stub.answers("DeleteRoom", refused.clone());
    let place = Place::with(stub, &json!({}));
    wait_until(|| place.stub.calls("DeleteRoom").len() == 2);
    let people = json!({"participants": [person("g", "guest"), person("k", "guest")]});
    place.stub.answers("ListParticipants", Reply::json(&people));
    place.stub.answers("MutePublishedTrack", refused);
    let answer = place.act(&place.host(), "mute", None);
    assert_eq!((answer.status, &answer.json()["code"]), (502, &json!(99)));
    assert_eq!(place.stub.calls("MutePublishedTrack").len(), 2);
}

#[test]
fn a_meeting_whose_time_is_over_begins_anew_for_who_comes_then() {
    let place = Place::new(&json!({"enable_session_auto_finish": true}));
    let over = json!({"creation_time": "1600000000", "metadata": r#"{"roomd":{"minutes":60}}"#});
    place.stub.answers("CreateRoom", Reply::json(&over));
    assert_eq!(place.join().status, 200);
    assert_eq!(place.stub.calls("DeleteRoom").len(), 1);
    assert_eq!(place.stub.calls("CreateRoom").len(), 2);
}

#[track_caller]
fn wait_until(is_done: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_done() {
        assert!(started.elapsed() < TIMEOUT, "it never happens");
        thread::sleep(Duration::from_millis(20));
    }
}
