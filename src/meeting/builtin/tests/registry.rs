use crate::meeting::builtin::effect::{CloseCode, Millis, SocketId};
use crate::meeting::builtin::protocol::ClientMessage;
use crate::meeting::builtin::registry::{
    MAX_PER_CLIENT, OpenedRoom, Pass, Refused, Registry, Size,
};
use crate::meeting::builtin::rules::Rules;
use crate::meeting::builtin::secret::Secret;
use crate::meeting::builtin::tickets::Ticket;
use crate::meeting::builtin::wire::{Outgoing, WireEnd};
use crate::model::{Guid, WithoutHost};
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;

const CLIENT: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

/// All meetings, and the present moment.
struct World {
    registry: Registry,
    now: Millis,
}

/// A web socket.
struct Line {
    id: SocketId,
    end: WireEnd,
}

impl Line {
    /// Returns the messages that wait.
    fn messages(&mut self) -> Vec<Value> {
        let text = |outgoing| match outgoing {
            Outgoing::Text(text) => Some(serde_json::from_str(&text).expect("JSON")),
            _ => None,
        };
        self.end.waiting().into_iter().filter_map(text).collect()
    }

    /// Returns how the server has closed the socket.
    fn closed(&mut self) -> Option<CloseCode> {
        match self.end.waiting().pop() {
            Some(Outgoing::Close(code)) => Some(code),
            _ => None,
        }
    }
}

impl World {
    fn new() -> Self {
        let (registry, now) = (Registry::new(Arc::default()), 1_000_000);
        Self { registry, now }
    }

    fn ticket(&mut self, room: &OpenedRoom) -> Result<Secret, Refused> {
        self.ticket_by(room, None)
    }

    fn ticket_by(&mut self, room: &OpenedRoom, host_epoch: Option<u64>) -> Result<Secret, Refused> {
        let ticket = Ticket {
            room: room.guid,
            name: "Ada".into(),
            host_epoch,
            client: CLIENT,
        };
        self.registry.issue(ticket, self.now)
    }

    fn connect(&mut self, pass: Pass, room: &OpenedRoom) -> Result<Line, Refused> {
        let connected = self.registry.connect(pass, room.clone(), CLIENT, self.now);
        connected.map(|(end, closed)| Line { id: closed.id, end })
    }

    fn enter(&mut self, room: &OpenedRoom) -> Line {
        let ticket = self.ticket(room).expect("a ticket");
        self.connect(Pass::Ticket(ticket), room).expect("a socket")
    }

    fn says(&mut self, line: &Line, text: &str) {
        let message = ClientMessage::parse(text);
        self.registry
            .received(line.id, message, text.len(), self.now);
    }

    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now += 1000;
            self.registry.tick(self.now);
        }
    }
}

/// Returns a room whose guests wait for a host.
fn room_with_door() -> OpenedRoom {
    OpenedRoom {
        rules: Rules::new("{}", "en", 6, WithoutHost::Wait, false),
        ..room()
    }
}

fn room() -> OpenedRoom {
    OpenedRoom {
        guid: Guid::generate(),
        owner: Guid::generate(),
        host_epoch: Some(0),
        rules: Rules::new("{}", "en", 6, WithoutHost::Open, false),
    }
}

fn resume_secret(line: &mut Line) -> Secret {
    let joined = line.messages().remove(0);
    Secret::parse(joined["resume"].as_str().expect("a text")).expect("a secret")
}

#[test]
fn a_client_that_is_silent_is_asked_and_then_gone() {
    let (mut world, room) = (World::new(), room());
    let (mut ada, mut grace) = (world.enter(&room), world.enter(&room));
    ada.messages();
    grace.messages();
    world.wait(9);
    assert_eq!(ada.end.waiting(), []);
    world.wait(1);
    assert_eq!(ada.end.waiting(), [Outgoing::Ping]);
    world.registry.control(ada.id, None, world.now);
    world.wait(14);
    assert_eq!(ada.end.waiting(), [Outgoing::Ping]);
    world.wait(1);
    assert_eq!(grace.closed(), Some(CloseCode::TooSlow));
    assert_eq!(ada.messages()[0]["person"]["connected"], false);
    // What it says now comes too late.
    world.says(&grace, r#"{"type":"hand","raised":true}"#);
    assert!(ada.messages().is_empty());
    world.registry.control(ada.id, None, world.now);
    world.wait(10);
    world.registry.control(ada.id, None, world.now);
    world.wait(20);
    assert_eq!(ada.messages()[0]["type"], "person_left");
}

#[test]
fn a_client_that_reads_too_slowly_loses_the_socket_and_not_the_place() {
    let (mut world, room) = (World::new(), room());
    let (mut ada, mut slow) = (world.enter(&room), world.enter(&room));
    let secret = resume_secret(&mut slow);
    let others = [world.enter(&room), world.enter(&room)];
    ada.messages();
    slow.messages();
    let data = "x".repeat(60 * 1024);
    let signal = format!(r#"{{"type":"signal","to":"p2","data":"{data}"}}"#);
    for n in 0..17 {
        world.says([&ada, &others[0], &others[1]][n % 3], &signal);
        assert!(ada.messages().is_empty());
    }
    world.says(&ada, &signal);
    assert_eq!(ada.messages()[0]["person"]["connected"], false);
    let waiting = slow.end.waiting();
    assert_eq!(waiting.len(), 18);
    assert_eq!(waiting[17], Outgoing::Close(CloseCode::TooSlow));
    let mut back = world.connect(Pass::Resume(secret), &room).expect("a place");
    assert_eq!(back.messages()[0]["self"], "p2");
    // The end of the old connection is nothing to the new one.
    world.registry.gone(slow.id, world.now);
    assert_eq!(ada.messages().len(), 1);
}

#[test]
fn one_client_alone_cannot_cut_another_off() {
    let (mut world, room) = (World::new(), room());
    let (mut ada, mut other) = (world.enter(&room), world.enter(&room));
    ada.messages();
    let data = "x".repeat(60 * 1024);
    let signal = format!(r#"{{"type":"signal","to":"p2","data":"{data}"}}"#);
    (0..100).for_each(|_| world.says(&ada, &signal));
    assert_eq!(ada.messages()[0]["code"], "rate_limited");
    assert_eq!(other.closed(), None);
}

#[test]
fn a_ticket_of_another_address_opens_no_more_sockets_than_one_of_its_own() {
    let (mut world, room) = (World::new(), room());
    let elsewhere = Some(IpAddr::from([192, 0, 2, 1]));
    for _ in 0..MAX_PER_CLIENT {
        world.enter(&room);
    }
    let ticket = Ticket {
        room: room.guid,
        name: "Ada".into(),
        host_epoch: None,
        client: elsewhere,
    };
    let ticket = world.registry.issue(ticket, world.now).expect("a ticket");
    let refused = world.connect(Pass::Ticket(ticket), &room);
    assert_eq!(refused.err(), Some(Refused::TooManySockets));
}

#[test]
fn the_ticket_of_a_host_is_valid_as_long_as_the_link() {
    let (mut world, mut room) = (World::new(), room());
    for (shown, valid, role) in [
        (Some(0), Some(0), Some("host")),
        (Some(0), Some(1), None),
        (Some(0), None, None),
        (None, Some(1), Some("guest")),
        (None, None, Some("guest")),
    ] {
        let ticket = world.ticket_by(&room, shown).expect("a ticket");
        room.host_epoch = valid;
        match world.connect(Pass::Ticket(ticket), &room) {
            Ok(mut line) => assert_eq!(line.messages()[0]["role"].as_str(), role),
            Err(refused) => assert_eq!((refused, None), (Refused::NotValid, role)),
        }
    }
}

#[test]
fn tickets_and_sockets_of_a_client_are_bounded() {
    let (mut world, room) = (World::new(), room());
    let line = world.enter(&room);
    for _ in 1..MAX_PER_CLIENT {
        world.ticket(&room).expect("a ticket");
    }
    assert_eq!(world.ticket(&room), Err(Refused::TooManySockets));
    world.registry.gone(line.id, world.now);
    assert!(world.ticket(&room).is_ok());
    assert_eq!(world.ticket(&room), Err(Refused::TooManySockets));
    world.wait(30);
    for _ in 0..MAX_PER_CLIENT {
        world.enter(&room);
    }
    assert_eq!(world.ticket(&room), Err(Refused::TooManySockets));
}

#[test]
fn a_socket_that_the_server_has_closed_counts_until_it_is_gone() {
    let (mut world, room) = (World::new(), room());
    let line = world.enter(&room);
    for _ in 1..MAX_PER_CLIENT {
        world.ticket(&room).expect("a ticket");
    }
    world.says(&line, r#"{"type":"leave"}"#);
    assert_eq!(world.ticket(&room), Err(Refused::TooManySockets));
    world.registry.gone(line.id, world.now);
    assert!(world.ticket(&room).is_ok());
}

#[test]
fn the_number_of_meetings_is_bounded() {
    let mut world = World::new();
    let rooms: Vec<OpenedRoom> = (0..1000).map(|_| room()).collect();
    let mut lines = Vec::new();
    for room in &rooms {
        let ticket = Ticket {
            room: room.guid,
            name: "Ada".into(),
            host_epoch: None,
            client: None,
        };
        let ticket = world.registry.issue(ticket, world.now).expect("a ticket");
        let pass = Pass::Ticket(ticket);
        let connected = world.registry.connect(pass, room.clone(), None, world.now);
        lines.push(connected.expect("a socket"));
    }
    let other = room();
    assert_eq!(world.ticket(&other), Err(Refused::Unavailable));
    let ticket = world.ticket(&rooms[0]).expect("a ticket");
    assert!(world.connect(Pass::Ticket(ticket), &rooms[0]).is_ok());
    // The first meeting ends, and is forgotten.
    world.registry.deleted(rooms[1].guid, world.now);
    assert!(world.ticket(&other).is_ok());
}

#[test]
fn a_meeting_is_forgotten_and_another_has_the_rules_of_its_time() {
    let (mut world, mut room) = (World::new(), room());
    let mut line = world.enter(&room);
    let secret = resume_secret(&mut line);
    world.says(&line, r#"{"type":"leave"}"#);
    room.rules = Rules::new("{}", "tr", 6, WithoutHost::Open, false);
    let mut line = world.enter(&room);
    assert_eq!(line.messages()[0]["settings"]["lang"], "en");
    world.says(&line, r#"{"type":"leave"}"#);
    world.wait(30);
    let mut line = world.enter(&room);
    let joined = line.messages().remove(0);
    assert_eq!(joined["settings"]["lang"], "tr");
    assert_eq!(joined["self"], "p1");
    assert_eq!(
        world.connect(Pass::Resume(secret), &room).err(),
        Some(Refused::NotValid)
    );
}

#[test]
fn a_place_is_one_in_its_room() {
    let (mut world, first, second) = (World::new(), room(), room());
    let mut line = world.enter(&first);
    let secret = resume_secret(&mut line);
    world.enter(&second);
    let pass = Pass::Resume(secret);
    assert_eq!(world.connect(pass, &second).err(), Some(Refused::NotValid));
    assert!(world.connect(pass, &first).is_ok());
    assert_eq!(line.closed(), Some(CloseCode::Replaced));
}

#[test]
fn a_stop_closes_everything_and_lets_nobody_in() {
    let (mut world, room) = (World::new(), room());
    let mut line = world.enter(&room);
    let secret = resume_secret(&mut line);
    let ticket = world.ticket(&room).expect("a ticket");
    world.registry.stop();
    assert_eq!(line.closed(), Some(CloseCode::Stopping));
    for pass in [Pass::Ticket(ticket), Pass::Resume(secret)] {
        let refused = world.connect(pass, &room).err();
        assert_eq!(refused, Some(Refused::Unavailable));
    }
    assert_eq!(world.ticket(&room), Err(Refused::Unavailable));
    world.registry.gone(line.id, world.now);
    world.wait(60);
}

#[test]
fn the_size_counts_those_who_are_in_and_those_who_wait() {
    let mut world = World::new();
    assert_eq!(world.registry.size(), Size::default());
    let (open, closed) = (room(), room_with_door());
    let lines = [world.enter(&open), world.enter(&open), world.enter(&closed)];
    let size = Size {
        meetings: 2,
        inside: 2,
        waiting: 1,
        sockets: 3,
    };
    assert_eq!(world.registry.size(), size);
    for line in &lines {
        world.registry.gone(line.id, world.now);
    }
    assert_eq!(world.registry.size().sockets, 0);
}
