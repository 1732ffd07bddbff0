use crate::support::{Client, TIMEOUT, join, text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// The opcodes of frames (RFC 6455, section 5.2).
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;

/// What came over a web socket.
#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    Message(Value),
    Ping,
    Pong(Vec<u8>),
    Close(u16),
    /// The end of the connection, or its reset.
    End,
}

/// A person with a web socket.
pub(crate) struct Visitor {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

/// Returns a ticket for a guest.
#[track_caller]
pub(crate) fn ticket(client: &Client, page: &str, name: &str) -> String {
    let answer = join(client, page, &json!({"name": name}));
    assert_eq!(answer.status, 200, "{answer:?}");
    text(&answer.json(), "ticket").to_owned()
}

impl Visitor {
    /// Joins as a guest and opens the web socket.
    #[track_caller]
    pub(crate) fn enter(client: &Client, page: &str, name: &str) -> Self {
        let ticket = ticket(client, page, name);
        Self::open(client, page, &format!("ticket={ticket}")).expect("a web socket")
    }

    /// Joins as a host and opens the web socket.
    #[track_caller]
    pub(crate) fn host(client: &Client, page: &str, token: &str) -> Self {
        let answer = join(client, page, &json!({"name": "Host", "host": token}));
        assert_eq!(answer.status, 200, "{answer:?}");
        let query = format!("ticket={}", text(&answer.json(), "ticket"));
        Self::open(client, page, &query).expect("a web socket")
    }

    /// Opens the web socket of a room, from its own page. An error is the answer in its place.
    pub(crate) fn open(client: &Client, page: &str, query: &str) -> Result<Self, String> {
        let origin = format!("Origin: http://{}\r\n", client.address);
        Self::open_with(client, page, query, &origin)
    }

    /// Opens the web socket of a room with further header lines.
    pub(crate) fn open_with(
        client: &Client,
        page: &str,
        query: &str,
        lines: &str,
    ) -> Result<Self, String> {
        let mut stream = TcpStream::connect(client.address).expect("a connection");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a socket");
        let head = format!(
            "GET {page}/socket?{query} HTTP/1.1\r\nHost: {}\r\nConnection: keep-alive, Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{lines}\r\n",
            client.address
        );
        stream.write_all(head.as_bytes()).expect("it is sent");
        let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
        let mut answer = String::new();
        while !answer.ends_with("\r\n\r\n") {
            let read = reader.read_line(&mut answer).expect("a head");
            assert!(read > 0, "{answer}");
        }
        if !answer.starts_with("HTTP/1.1 101 ") {
            stream.shutdown(Shutdown::Write).expect("a socket");
            let length = answer.to_lowercase();
            let length = length.split_once("content-length: ").expect("a length").1;
            let length = length.lines().next().expect("a length").parse();
            let mut body = vec![0; length.expect("a number")];
            reader.read_exact(&mut body).expect("a body");
            return Err(answer + &String::from_utf8(body).expect("a text"));
        }
        let accepted = format!("{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
        let accepted = STANDARD.encode(Sha1::digest(accepted));
        assert!(answer.contains(&accepted), "{answer}");
        Ok(Self { stream, reader })
    }

    /// Sends a message.
    #[track_caller]
    pub(crate) fn says(&mut self, message: Value) {
        self.send(TEXT, message.to_string().as_bytes());
    }

    /// Sends a frame.
    #[track_caller]
    pub(crate) fn send(&mut self, opcode: u8, payload: &[u8]) {
        self.try_send(opcode, payload).expect("it is sent");
    }

    /// Sends a message in parts of a size, as browsers do with large ones.
    #[track_caller]
    pub(crate) fn send_in_parts(&mut self, payload: &[u8], size: usize) {
        let count = payload.chunks(size).len();
        for (n, part) in payload.chunks(size).enumerate() {
            let opcode = if n == 0 { TEXT } else { 0 };
            let end = if n + 1 == count { 0x80 } else { 0 };
            // The server may have closed the connection already.
            let _ = self.write_frame(end | opcode, part);
        }
    }

    /// Sends a frame, unless the connection is gone.
    pub(crate) fn try_send(&mut self, opcode: u8, payload: &[u8]) -> std::io::Result<()> {
        self.write_frame(0x80 | opcode, payload)
    }

    fn write_frame(&mut self, first: u8, payload: &[u8]) -> std::io::Result<()> {
        const MASK: [u8; 4] = [1, 2, 3, 4];
        let mut frame = vec![first];
        match payload.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length @ 126..=0xffff => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend(MASK);
        let masked = payload.iter().zip(MASK.iter().cycle());
        frame.extend(masked.map(|(byte, mask)| byte ^ mask));
        self.stream.write_all(&frame)
    }

    /// Waits for the next frame.
    #[track_caller]
    pub(crate) fn next(&mut self) -> Frame {
        match self.read() {
            Ok((TEXT, payload)) => Frame::Message(serde_json::from_slice(&payload).expect("JSON")),
            Ok((PING, _)) => Frame::Ping,
            Ok((PONG, payload)) => Frame::Pong(payload),
            Ok((CLOSE, payload)) => Frame::Close(u16::from_be_bytes([payload[0], payload[1]])),
            Ok(other) => panic!("{other:?}"),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                panic!("nothing comes")
            }
            Err(_) => Frame::End,
        }
    }

    fn read(&mut self) -> std::io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.reader.read_exact(&mut head)?;
        let mut length = [0; 8];
        let length = match head[1] {
            126 => {
                self.reader.read_exact(&mut length[6..])?;
                u64::from_be_bytes(length)
            }
            127 => {
                self.reader.read_exact(&mut length)?;
                u64::from_be_bytes(length)
            }
            length => length.into(),
        };
        let mut payload = vec![0; usize::try_from(length).expect("a length")];
        self.reader.read_exact(&mut payload)?;
        Ok((head[0] & 0x0f, payload))
    }

    /// Waits for a message of a type; what comes before it is lost.
    #[track_caller]
    pub(crate) fn until(&mut self, kind: &str) -> Value {
        let mut before = Vec::new();
        loop {
            match self.next() {
                Frame::Message(message) if message["type"] == kind => return message,
                Frame::Close(_) | Frame::End => panic!("closed before {kind}: {before:?}"),
                frame => before.push(frame),
            }
        }
    }

    /// Waits for the next message, which must be of a type.
    #[track_caller]
    pub(crate) fn expect(&mut self, kind: &str) -> Value {
        let frame = self.next();
        match frame {
            Frame::Message(message) if message["type"] == kind => message,
            other => panic!("{other:?} and not {kind}"),
        }
    }

    /// Waits until the server closes the web socket and the connection; returns the code.
    #[track_caller]
    pub(crate) fn until_closed(&mut self) -> u16 {
        let code = loop {
            match self.next() {
                Frame::Close(code) => break code,
                Frame::End => panic!("the connection ended without a code"),
                _ => {}
            }
        };
        assert_eq!(self.next(), Frame::End);
        code
    }

    /// Cuts the connection, as a lost network does.
    pub(crate) fn cut(self) {
        self.stream.shutdown(Shutdown::Both).expect("a socket");
    }
}
