//! What a connection carries: one request at a time, none after the last, and what it says about
//! itself.

use crate::support::{ROOM, TIMEOUT, TestServer};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

const GET: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";

/// A request after which the server closes the connection.
const LAST: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Returns the status of every answer to these bytes, until the server closes the connection.
fn statuses(server: &TestServer, bytes: &str) -> Vec<String> {
    let answers = server.send_raw(bytes);
    let answers = answers.split("HTTP/1.1 ").skip(1);
    answers.map(|answer| answer[..3].to_owned()).collect()
}

fn connect(server: &TestServer) -> TcpStream {
    let stream = TcpStream::connect(server.address).expect("a connection");
    stream.set_read_timeout(Some(TIMEOUT)).expect("a socket");
    stream.set_write_timeout(Some(TIMEOUT)).expect("a socket");
    stream
}

/// Reads one head of an answer, and the body if it is announced by a length.
fn read_answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a head");
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).expect("ASCII").to_lowercase();
    let length = head.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.split("\r\n").next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).expect("a body");
    head + &String::from_utf8(body).expect("UTF-8")
}

/// Sends a text again and again until the server closes the connection; returns how many bytes the
/// system took, and what came back.
fn flood(stream: &mut TcpStream, text: &str) -> (usize, String) {
    let mut sent = 0;
    let mut answer = String::new();
    loop {
        match stream.write(text.as_bytes()) {
            Ok(count) => sent += count,
            Err(error) => {
                assert_ne!(error.kind(), ErrorKind::WouldBlock, "{sent} bytes");
                break;
            }
        }
        if answer.is_empty() {
            answer = read_answer(stream);
        }
    }
    (sent, answer)
}

#[test]
fn an_offer_to_upgrade_changes_nothing() {
    let server = TestServer::start();
    for offer in [
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n",
        "connection: upgrade\r\nupgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        "Upgrade: websocket\r\n",
        "Connection: keep-alive\r\nConnection: UPGRADE\r\nUpgrade: TLS/1.3, IRC/6.9\r\n",
        "Connection: Upgrade , keep-alive\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n",
    ] {
        let get = format!("{GET}{offer}\r\n");
        let post = format!(
            "POST {ROOM} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n{offer}\
             Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
            server.authorization
        );
        let chunked = post.replace(
            "Content-Length: 2\r\n\r\n{}",
            "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        );
        let answers = server.send_raw(format!("{get}{post}{chunked}{get}{LAST}"));
        let found = answers
            .split("HTTP/1.1 ")
            .skip(1)
            .map(|answer| &answer[..3]);
        assert_eq!(
            found.collect::<Vec<_>>(),
            ["200", "400", "400", "200", "200"],
            "{offer}"
        );
        let heads = answers.to_lowercase();
        assert!(!heads.contains("upgrade"), "{heads}");
        assert_eq!(heads.matches("connection: close").count(), 1, "{heads}");
        // In pieces.
        let mut stream = connect(&server);
        for byte in post.as_bytes() {
            stream.write_all(&[*byte]).expect("sent");
        }
        assert!(read_answer(&mut stream).starts_with("http/1.1 400 "));
        stream.write_all(get.as_bytes()).expect("sent");
        assert!(read_answer(&mut stream).starts_with("http/1.1 200 "));
    }
}

#[test]
fn nothing_is_carried_out_after_the_last_request() {
    let server = TestServer::start();
    let key = &server.authorization;
    let post = |user: &str, headers: &str| {
        let body = format!("{{\"creator_email\": \"{user}@example.com\", \"name\": \"{user}\"}}");
        format!(
            "POST {ROOM} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {key}\r\n{headers}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let second = post("grace", "");
    for first in [
        post("ada", "Connection: close\r\n"),
        post("ada", "Connection: keep-alive, close\r\n"),
        post("ada", "Connection: Upgrade\r\nConnection: close\r\n"),
        post("ada", "").replace("HTTP/1.1", "HTTP/1.0"),
        LAST.to_owned(),
        LAST.replace("Connection: close\r\n", "")
            .replace("HTTP/1.1", "HTTP/1.0"),
    ] {
        let answers = server.send_raw(format!("{first}{second}{LAST}"));
        assert_eq!(answers.matches("HTTP/1.").count(), 1, "{first}: {answers}");
    }
    assert_eq!(server.get_or_create("grace@example.com", "G").status, 201);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = TestServer::start();
    let requests: Vec<_> = (0..200)
        .map(|n| match n % 3 {
            0 => format!("GET /nowhere HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {n}\r\n\r\n"),
            1 => format!("{GET}X-Request-Id: {n}\r\nContent-Length: 5\r\n\r\n\r\n\r\n."),
            _ => format!(
                "POST {ROOM} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {n}\r\n\
                 Transfer-Encoding: chunked\r\n\r\n4;x=y\r\n\r\n\r\n\r\n0\r\nA: b\r\n\r\n"
            ),
        })
        .collect();
    let answers = server.send_raw(requests.concat() + LAST);
    let ids = answers.split("x-request-id: ").skip(1);
    let ids: Vec<_> = ids.map(|rest| rest.split("\r\n").next()).collect();
    assert_eq!(ids.len(), 201);
    for (n, id) in ids.iter().take(200).enumerate() {
        assert_eq!(*id, Some(n.to_string().as_str()));
    }
    let statuses = statuses(&server, &(requests.concat() + LAST));
    assert_eq!(statuses[..3], ["404", "200", "401"]);
}

/// The system takes bytes that the server never reads: its buffers hold a few MiB.
const SYSTEM_BUFFERS: usize = 16 * 1024 * 1024;

#[test]
fn a_rejected_body_is_not_read_on() {
    let server = TestServer::start();
    let head = |key: &str| {
        format!(
            "POST {ROOM} HTTP/1.1\r\nHost: localhost\r\n{key}Content-Type: application/json\r\n"
        )
    };
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    let key = format!("Authorization: {}\r\n", server.authorization);
    let chunk = format!("{:x}\r\n{}\r\n", 60_000, " ".repeat(60_000));
    let extensions = format!("1;{}\r\n \r\n", "x".repeat(60_000));
    for (start, text, status) in [
        (head("") + chunked, chunk.clone(), 401),
        (head("") + chunked, extensions.clone(), 401),
        (
            head("") + "Content-Length: 99999999999\r\n\r\n",
            " ".repeat(60_000),
            401,
        ),
        (head(&key) + chunked, chunk, 413),
        (head(&key) + chunked, extensions, 413),
        (head(&key) + chunked + "2;", "x".repeat(60_000), 413),
        (head(&key) + chunked + "0\r\nA: ", "x".repeat(60_000), 413),
        (
            head(&key) + "Content-Length: 99999999999\r\n\r\n",
            " ".repeat(60_000),
            413,
        ),
        (format!("{GET}{chunked}"), "1\r\n \r\n".repeat(10_000), 200),
    ] {
        let mut stream = connect(&server);
        stream.write_all(start.as_bytes()).expect("sent");
        stream.write_all(text.as_bytes()).expect("sent");
        let (sent, answer) = flood(&mut stream, &text);
        assert!(
            answer.starts_with(&format!("http/1.1 {status} ")),
            "{answer}"
        );
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(sent < SYSTEM_BUFFERS, "{sent} bytes were taken");
    }
}

#[test]
fn a_body_of_the_largest_size_may_be_chunked() {
    let server = TestServer::start();
    let body = "{\"creator_email\": \"ada@example.com\", \"name\": \"Ada\"}";
    let body = format!("{body}{}", " ".repeat(64 * 1024 - body.len()));
    for size in [200, 1000, 64 * 1024] {
        let chunks = body.as_bytes().chunks(size).map(|chunk| {
            let text = std::str::from_utf8(chunk).expect("ASCII");
            format!("{:x}\r\n{text}\r\n", chunk.len())
        });
        let request = format!(
            "POST {ROOM} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n{LAST}",
            server.authorization,
            chunks.collect::<String>()
        );
        let statuses = statuses(&server, &request);
        assert!(
            ["200", "201"].contains(&statuses[0].as_str()),
            "{statuses:?}"
        );
        assert_eq!(statuses[1..], ["200"]);
    }
}

#[test]
fn a_client_that_waits_is_told_to_send_only_what_is_read() {
    let server = TestServer::start();
    let key = format!("Authorization: {}\r\n", server.authorization);
    let head = |key: &str, length: usize| {
        format!(
            "POST {ROOM} HTTP/1.1\r\nHost: localhost\r\n{key}Content-Type: application/json\r\n\
             Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    for (start, status) in [
        (head("", 2), 401),
        (head(&key, 99_999), 413),
        (head(&key, 2).replace("/json", "/xml"), 415),
        (head(&key, 2).replace(ROOM, "/nowhere"), 404),
    ] {
        let mut stream = connect(&server);
        stream.write_all(start.as_bytes()).expect("sent");
        let answer = read_answer(&mut stream);
        assert!(
            answer.starts_with(&format!("http/1.1 {status} ")),
            "{answer}"
        );
        assert!(answer.contains("connection: close"), "{answer}");
    }
    let mut stream = connect(&server);
    for _ in 0..2 {
        stream.write_all(head(&key, 2).as_bytes()).expect("sent");
        let interim = read_answer(&mut stream);
        assert_eq!(interim, "http/1.1 100 continue\r\n\r\n");
        stream.write_all(b"{}").expect("sent");
        assert!(read_answer(&mut stream).starts_with("http/1.1 400 "));
    }
}

/// The first answer is the final one, and the next answer is that of the next request.
#[test]
fn a_client_without_a_body_is_not_told_to_send_it() {
    let server = TestServer::start();
    for length in ["Content-Length: 0\r\n", ""] {
        let start = format!(
            "POST {ROOM} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n\
             Content-Type: application/json\r\nExpect: 100-continue\r\n{length}\r\n",
            server.authorization
        );
        let mut stream = connect(&server);
        for _ in 0..2 {
            stream.write_all(start.as_bytes()).expect("sent");
            let answer = read_answer(&mut stream);
            assert!(answer.starts_with("http/1.1 400 "), "{answer}");
        }
    }
}

#[test]
fn a_connection_says_how_long_it_may_be_idle() {
    let server = TestServer::start();
    let answer = server.get("/healthz");
    assert_eq!(answer.header("Keep-Alive"), "timeout=75");
    let last = server.send_raw(LAST).to_lowercase();
    assert!(!last.contains("keep-alive"), "{last}");
    let server = TestServer::start_with(|config| config.server.keep_alive_seconds = 0);
    let answer = server
        .send_raw(format!("{GET}\r\n{GET}\r\n"))
        .to_lowercase();
    assert_eq!(answer.matches("http/1.1 200 ").count(), 1, "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(!answer.contains("keep-alive"), "{answer}");
}

#[test]
fn an_idle_connection_keeps_no_place_for_a_large_request() {
    /// More than the server reads at a time.
    const CONNECTIONS: usize = 300;

    let server = TestServer::start();
    let large = format!(
        "{GET}X: {}\r\nContent-Length: 60000\r\n\r\n{}",
        "x".repeat(20_000),
        " ".repeat(60_000)
    );
    let idle: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let mut stream = connect(&server);
            stream.write_all(large.as_bytes()).expect("sent");
            assert!(read_answer(&mut stream).starts_with("http/1.1 200 "));
            stream
        })
        .collect();
    assert_eq!(server.get("/healthz").status, 200);
    drop(idle);
}
