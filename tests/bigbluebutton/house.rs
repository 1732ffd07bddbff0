use crate::stub::{SECRET, Stub};
use crate::support::{Answer, Client, ROOM, TestServer, join, text};
use roomd::config::Config;
use roomd::model::MeetingServer;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A server whose meetings take place on a stub, with a room.
pub(crate) struct House {
    pub(crate) server: TestServer,
    pub(crate) room: Room,
}

/// A room, as its links are.
pub(crate) struct Room {
    /// The path of the room's page.
    pub(crate) page: String,
    pub(crate) guid: String,
    /// The secret of the host link.
    token: String,
}

/// Lets meetings take place on a server with this URL.
pub(crate) fn on(url: &str) -> impl FnOnce(&mut Config) {
    let url = url.parse().expect("a URL");
    move |config| {
        config.meeting.server = MeetingServer::BigBlueButton;
        config.meeting.bigbluebutton.url = Some(url);
        config.meeting.bigbluebutton.secret = Some(SECRET.parse().expect("a secret"));
    }
}

impl House {
    /// Returns a house with ada's room, whose host link was given out.
    pub(crate) fn new(stub: &Stub, room: Value) -> Self {
        Self::at(&stub.url(), room)
    }

    /// Like [`House::new`], with a server that need not be there.
    pub(crate) fn at(url: &str, room: Value) -> Self {
        let server = TestServer::start_with(on(url));
        let room = Room::new(&server, "ada@example.com", room);
        Self { server, room }
    }

    pub(crate) fn guest(&self, name: &str) -> Answer {
        self.room.guest(&self.server, name)
    }

    pub(crate) fn host(&self, name: &str) -> Answer {
        self.room.host(&self.server, name)
    }
}

impl Room {
    /// Creates the room of a user; `fields` are those that differ from a common room.
    pub(crate) fn new(client: &Client, email: &str, fields: Value) -> Self {
        let mut request = json!({
            "creator_email": email,
            "name": format!("Physics of {email}"),
            "fields": ["host_url"],
        });
        let Value::Object(fields) = fields else {
            panic!("{fields} is no object");
        };
        request.as_object_mut().expect("an object").extend(fields);
        let answer = client.post(ROOM, &request);
        assert_eq!(answer.status, 201, "{answer:?}");
        let room = answer.json();
        let (url, host_url) = (text(&room, "url"), text(&room, "host_url"));
        let path = url.find("/groups/").expect("a path");
        Self {
            page: url[path..].to_owned(),
            guid: text(&room, "room_guid").to_owned(),
            token: host_url
                .split_once("#host=")
                .expect("a secret")
                .1
                .to_owned(),
        }
    }

    pub(crate) fn guest(&self, client: &Client, name: &str) -> Answer {
        self.join(client, &json!({"name": name}))
    }

    pub(crate) fn host(&self, client: &Client, name: &str) -> Answer {
        self.join(client, &json!({"name": name, "host": self.token}))
    }

    /// Asks to come in, as the page of the room does.
    pub(crate) fn join(&self, client: &Client, body: &Value) -> Answer {
        join(client, &self.page, body)
    }
}

/// Reads where a person was sent.
#[track_caller]
pub(crate) fn sent(stub: &Stub, answer: &Answer) -> BTreeMap<String, String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    stub.read_join(text(&answer.json(), "url"))
}

/// Asserts that the meeting server is said to have failed, in words that are not its own.
#[track_caller]
pub(crate) fn assert_failed(answer: &Answer) {
    assert_eq!(answer.status, 502, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["code"], 99);
    let details = text(&body, "details");
    assert!(details.starts_with("the meeting server "), "{details}");
    assert!(!answer.header("x-request-id").is_empty());
    for secret in [SECRET, "checksum", "127.0.0.1", "stub says"] {
        assert!(!answer.body.contains(secret), "{answer:?}");
    }
}
