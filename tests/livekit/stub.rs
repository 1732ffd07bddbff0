//! A stand-in for the API of LiveKit, which answers as a test tells it to.

use crate::support::claims;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub(crate) const KEY: &str = "north";
pub(crate) const SECRET: &str = "a secret of at least 32 characters";

/// A call that was made.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// The grants of its token; None if that is not valid.
    pub(crate) grants: Option<Value>,
    pub(crate) body: Value,
}

/// The answer to a call.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) after: Duration,
}

/// A running server.
pub(crate) struct Stub {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    calls: Mutex<Vec<Call>>,
    replies: Mutex<HashMap<&'static str, Reply>>,
}

impl Reply {
    pub(crate) fn json(body: &Value) -> Self {
        Self::text(200, &body.to_string())
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            body: body.to_owned(),
            after: Duration::ZERO,
        }
    }

    pub(crate) fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

impl Stub {
    /// Starts a server on a free port, on which there are no rooms. It runs until the tests end.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State::default());
        let shared = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, state) = (stream.expect("a connection"), shared.clone());
                thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { address, state }
    }

    /// Lets a method be answered so from now on.
    pub(crate) fn answers(&self, method: &'static str, reply: Reply) {
        let mut replies = self.state.replies.lock().expect("no holder panics");
        replies.insert(method, reply);
    }

    /// Returns the calls of a method.
    pub(crate) fn calls(&self, method: &str) -> Vec<Call> {
        let calls = self.state.calls.lock().expect("no holder panics");
        let calls = calls.iter().filter(|call| call.method == method);
        calls.cloned().collect()
    }
}

/// Answers the requests of a connection.
fn serve(stream: &TcpStream, state: &State) {
    let mut reader = BufReader::new(stream);
    while let Some(call) = read(&mut reader) {
        let reply = reply(&call, state);
        state.calls.lock().expect("no holder panics").push(call);
        thread::sleep(reply.after);
        let head = format!(
            "HTTP/1.1 {} X\r\nContent-Length: {}\r\n\r\n",
            reply.status,
            reply.body.len()
        );
        let mut writer = stream;
        // Fails when the client has given up.
        let _ = writer.write_all(format!("{head}{}", reply.body).as_bytes());
    }
}

fn read(reader: &mut impl BufRead) -> Option<Call> {
    let mut line = String::new();
    let mut next = |reader: &mut dyn BufRead| {
        line.clear();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(line.trim_end().to_owned())
    };
    let path = next(reader)?.split(' ').nth(1)?.to_owned();
    let (mut length, mut token) = (0, String::new());
    loop {
        let header = next(reader)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(": ")?;
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "authorization" => value.strip_prefix("Bearer ")?.clone_into(&mut token),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let claims = claims(&token, SECRET).filter(|claims| claims["iss"] == KEY);
    Some(Call {
        method: path.strip_prefix("/twirp/livekit.RoomService/")?.to_owned(),
        grants: claims.map(|mut claims| claims["video"].take()),
        body: serde_json::from_slice(&body).ok()?,
    })
}

fn reply(call: &Call, state: &State) -> Reply {
    let replies = state.replies.lock().expect("no holder panics");
    if let Some(reply) = replies.get(call.method.as_str()) {
        return reply.clone();
    }
    Reply::json(&match call.method.as_str() {
        "CreateRoom" => json!({"name": call.body["name"], "metadata": call.body["metadata"]}),
        "ListRooms" => json!({"rooms": []}),
        "ListParticipants" => json!({"participants": []}),
        _ => json!({}),
    })
}
