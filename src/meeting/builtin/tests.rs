//! Orders of events in one meeting, each with a made-up clock.

mod chat;
mod hosting;
mod media;
mod presence;
mod registry;
mod time;
mod waiting;

use super::effect::{CloseCode, Effect, Millis, SocketId};
use super::meeting::Meeting;
use super::messages::EndReason;
use super::person::Newcomer;
use super::protocol::ClientMessage;
use super::rules::Rules;
use super::secret::Secret;
use crate::meeting::role::Role;
use crate::model::WithoutHost;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A meeting, what was sent over each socket, and with which code each was closed.
struct World {
    meeting: Meeting,
    now: Millis,
    sockets: u64,
    sent: BTreeMap<SocketId, Vec<Value>>,
    closed: BTreeMap<SocketId, CloseCode>,
    /// How often credentials for the TURN servers were sent over each socket.
    credentials: BTreeMap<SocketId, u32>,
    /// The secrets with which the room may be rated, and until when those who left may.
    ratings: BTreeMap<String, Option<Millis>>,
}

impl World {
    /// Returns a meeting for six, which guests may enter.
    fn new(options: Value) -> Self {
        Self::with(options, WithoutHost::Open, 6)
    }

    fn with(options: Value, without_host: WithoutHost, max_people: usize) -> Self {
        let rules = Rules::new(&options.to_string(), "en", max_people, without_host, true);
        Self {
            meeting: Meeting::new(rules),
            now: 1_000_000,
            sockets: 0,
            sent: BTreeMap::new(),
            closed: BTreeMap::new(),
            credentials: BTreeMap::new(),
            ratings: BTreeMap::new(),
        }
    }

    fn socket(&mut self) -> SocketId {
        self.sockets += 1;
        let socket = SocketId(self.sockets);
        self.sent.insert(socket, Vec::new());
        socket
    }

    fn connect(&mut self, name: &str, role: Role) -> SocketId {
        let socket = self.socket();
        let newcomer = Newcomer {
            name: name.to_owned(),
            role,
            socket,
            resume: Secret::generate(),
            rating: Secret::generate(),
        };
        self.meeting.connect(newcomer, self.now);
        self.collect();
        socket
    }

    fn host(&mut self) -> SocketId {
        self.connect("Host", Role::Host)
    }

    fn guest(&mut self, name: &str) -> SocketId {
        self.connect(name, Role::Guest)
    }

    fn says(&mut self, socket: SocketId, message: Value) {
        let message = ClientMessage::parse(&message.to_string()).expect("a message");
        self.meeting.handle(socket, message, self.now);
        self.collect();
    }

    fn breaks(&mut self, socket: SocketId) {
        self.meeting.disconnected(socket, self.now);
        self.collect();
    }

    fn resume(&mut self, secret: &Value) -> Option<SocketId> {
        let secret = Secret::parse(secret.as_str().expect("a text")).expect("a secret");
        let person = self.meeting.find_place(&secret)?;
        let socket = self.socket();
        let next = Secret::generate();
        self.meeting.resume(person, secret, socket, next, self.now);
        self.collect();
        Some(socket)
    }

    fn end(&mut self, reason: EndReason) {
        self.meeting.end(reason, self.now);
        self.collect();
    }

    /// Lets seconds pass.
    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += 1000;
            self.meeting.tick(self.now);
            self.collect();
        }
    }

    fn collect(&mut self) {
        for effect in self.meeting.take_effects() {
            match effect {
                Effect::Send(socket, text) => {
                    assert!(!self.closed.contains_key(&socket), "{text}");
                    let message = serde_json::from_str(&text).expect("JSON");
                    self.sent.entry(socket).or_default().push(message);
                }
                Effect::SendIceServers(socket) => {
                    assert!(!self.closed.contains_key(&socket));
                    *self.credentials.entry(socket).or_default() += 1;
                }
                Effect::Close(socket, code) => {
                    assert_eq!(self.closed.insert(socket, code), None);
                }
                Effect::MayRate(secret) => {
                    self.ratings.insert(secret.to_string(), None);
                }
                Effect::MayRateFor(secret, since) => {
                    self.ratings.insert(secret.to_string(), Some(since));
                }
            }
        }
    }

    /// Returns what was sent over a socket since the last call.
    fn got(&mut self, socket: SocketId) -> Vec<Value> {
        std::mem::take(self.sent.get_mut(&socket).expect("a socket"))
    }

    /// Returns the types of what was sent over a socket since the last call.
    fn types(&mut self, socket: SocketId) -> Vec<String> {
        let types = self.got(socket).into_iter();
        types
            .map(|message| message["type"].as_str().expect("a text").to_owned())
            .collect()
    }

    /// Returns the last message over a socket, which must be of a type; forgets those before.
    #[track_caller]
    fn last(&mut self, socket: SocketId, kind: &str) -> Value {
        let message = self.got(socket).pop().expect("a message");
        assert_eq!(message["type"], kind, "{message}");
        message
    }

    /// Asserts that the only answer to a message was an error.
    #[track_caller]
    fn assert_refused(&mut self, socket: SocketId, message: Value, code: &str) {
        self.got(socket);
        self.says(socket, message);
        let got = self.got(socket);
        assert_eq!(got.len(), 1, "{got:?}");
        assert_eq!(got[0]["type"], "error");
        assert_eq!(got[0]["code"], code);
    }

    fn forget(&mut self) {
        self.sent.values_mut().for_each(Vec::clear);
    }
}

#[test]
fn people_who_are_in_know_each_other() {
    let mut world = World::new(json!({}));
    let ada = world.guest("Ada");
    let joined = world.last(ada, "joined");
    assert_eq!(joined["self"], "p1");
    assert_eq!(joined["role"], "guest");
    assert_eq!(joined["server_time"], world.now);
    let grace = world.guest("<b>Grace</b>");
    let joined = world.last(grace, "joined");
    let names = [&joined["people"][0]["name"], &joined["people"][1]["name"]];
    assert_eq!(names, ["Ada", "<b>Grace</b>"]);
    let person = json!({"id": "p2", "name": "<b>Grace</b>", "role": "guest", "hand": false,
        "audio": false, "video": false, "screen": false, "camera_stream": null,
        "screen_stream": null, "connected": true});
    assert_eq!(world.last(ada, "person_joined")["person"], person);
    world.says(grace, json!({"type": "leave"}));
    assert_eq!(world.closed[&grace], CloseCode::Left);
    assert_eq!(world.last(ada, "person_left")["id"], "p2");
    let grace = world.guest("Grace");
    assert_eq!(world.last(grace, "joined")["self"], "p3");
}

#[test]
fn a_page_may_ask_whether_the_server_is_there() {
    let mut world = World::with(json!({}), WithoutHost::Wait, 6);
    let guest = world.guest("Ada");
    world.says(guest, json!({"type": "ping"}));
    assert_eq!(world.types(guest), ["waiting", "pong"]);
}
