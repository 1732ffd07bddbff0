use crate::meeting::builtin::{
    CloseCode, Hub, IceServers, OpenedRoom, Outgoing, Pass, Rules, Ticket, WireClosed, WireEnd,
};
use crate::model::{Guid, WithoutHost};
use serde_json::Value;

/// The options of rooms that are tried: nothing off, and what guests may do off.
const OPTIONS: [&str; 2] = [
    "{}",
    r#"{"allow_users_stream_self_cam_mic":false,"hide_user_streams":true,
        "chat":{"offGeneralMsging":true,"offSpecialMsgToUser":true},"allow_reactions":false,
        "enable_session_auto_finish":true,"skip_approval_on_join":false}"#,
];

/// The types of messages that only what a host does may cause.
const BY_HOSTS: [&str; 7] = [
    "removed",
    "ended",
    "mute",
    "turned_away",
    "chat_cleared",
    "time",
    "full",
];

/// A web socket.
struct Line {
    end: WireEnd,
    closed: WireClosed,
    is_host: bool,
    has_closed: bool,
}

/// What pages send in one meeting, a line for each message. The first byte of a line tells who sends
/// it: the host, or one of two guests. Whatever comes, every answer is a message of a known form, no
/// guest does what only hosts may, and nothing comes after the end of a socket.
pub fn signalling(input: &[u8]) {
    let (first, rest) = input.split_first().unwrap_or((&0, &[]));
    let is_strict = first % 2 == 1;
    let hub = Hub::new(IceServers::default());
    let room = OpenedRoom {
        guid: Guid::generate(),
        owner: Guid::generate(),
        host_epoch: Some(0),
        rules: Rules::new(
            OPTIONS[usize::from(is_strict)],
            "en",
            3,
            WithoutHost::Auto,
            true,
        ),
    };
    let mut lines: Vec<Line> = (0..3).map(|n| enter(&hub, &room, n == 0)).collect();
    lines.iter_mut().for_each(|line| drop(line.received()));
    for message in rest.split(|byte| *byte == b'\n').take(100) {
        let (sender, text) = message.split_first().unwrap_or((&0, &[]));
        let Ok(text) = std::str::from_utf8(text) else {
            continue;
        };
        let sender = &lines[usize::from(sender % 3)];
        let (id, by_host) = (sender.closed.id, sender.is_host);
        hub.received(id, text);
        for line in &mut lines {
            for message in line.received() {
                let kind = message["type"].as_str().expect("a type");
                assert!(
                    by_host || !BY_HOSTS.contains(&kind),
                    "{kind} by a guest: {text}"
                );
                if is_strict && kind == "signal" && !by_host {
                    assert!(line.is_host, "a signal between guests: {text}");
                    check_sends_nothing(&message["data"]);
                }
            }
        }
    }
}

fn enter(hub: &Hub, room: &OpenedRoom, is_host: bool) -> Line {
    let ticket = hub.issue(Ticket {
        room: room.guid,
        name: "Ada".into(),
        host_epoch: is_host.then_some(0),
        client: None,
    });
    let pass = Pass::Ticket(ticket.expect("a ticket"));
    let (end, closed) = hub.connect(pass, room.clone(), None).expect("a socket");
    Line {
        end,
        closed,
        is_host,
        has_closed: false,
    }
}

impl Line {
    /// Returns the messages that wait.
    fn received(&mut self) -> Vec<Value> {
        let mut messages = Vec::new();
        for outgoing in self.end.waiting() {
            assert!(!self.has_closed, "{outgoing:?} after the end");
            match outgoing {
                Outgoing::Text(text) => {
                    messages.push(serde_json::from_str(&text).expect("JSON"));
                }
                Outgoing::Close(code) => {
                    assert_ne!(code, CloseCode::TooSlow);
                    self.has_closed = true;
                }
                other => panic!("{other:?}"),
            }
        }
        messages
    }
}

/// Checks that no text in the data of a signal describes picture or sound that is sent.
fn check_sends_nothing(data: &Value) {
    match data {
        Value::String(text) => {
            let mut lines = text.split(['\r', '\n']);
            let has_media =
                lines.any(|line| line.starts_with("m=video ") || line.starts_with("m=audio "));
            let is_off = text.contains("a=recvonly") || text.contains("a=inactive");
            let sends = lines.any(|line| line == "a=sendrecv" || line == "a=sendonly");
            assert!(!has_media || (is_off && !sends), "{text:?}");
        }
        Value::Array(elements) => elements.iter().for_each(check_sends_nothing),
        Value::Object(members) => members.values().for_each(check_sends_nothing),
        _ => {}
    }
}
