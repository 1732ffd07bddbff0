//! Requests that two servers in a row could read differently: where one ends, where the next
//! begins. Each is rejected and its connection closed, or has one meaning.

use crate::support::{ROOM, TestServer};

/// A request that a proxy may have taken for the body of the one before it.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nHost: roomd\r\nX-Request-Id: hidden\r\n\r\n";

/// A request that closes the connection, if it is still open.
const LAST: &str = "GET /healthz HTTP/1.1\r\nHost: roomd\r\nX-Request-Id: last\r\n\
                    Connection: close\r\n\r\n";

/// Returns the status of every answer to these bytes, with the request id if it is one of the
/// above.
fn answers(server: &TestServer, bytes: &str) -> Vec<String> {
    let received = server.send_raw(bytes);
    let answers = received.split("HTTP/1.").skip(1).map(|answer| {
        let status = &answer[2..5];
        let of = ["hidden", "last"].map(|id| format!("x-request-id: {id}\r\n"));
        match of.map(|header| answer.contains(&header)) {
            [true, _] => format!("{status} hidden"),
            [_, true] => format!("{status} last"),
            _ => status.to_owned(),
        }
    });
    answers.collect()
}

/// Returns the head of a request with a valid key.
fn head(server: &TestServer, request_line: &str) -> String {
    let key = &server.authorization;
    format!(
        "{request_line}\r\nHost: roomd\r\nAuthorization: {key}\r\nContent-Type: application/json\r\n"
    )
}

/// Asserts that the one answer is a 400 and that nothing after the request is read.
#[track_caller]
fn assert_rejected(server: &TestServer, request: &str) {
    let statuses = answers(server, &format!("{request}{HIDDEN}{LAST}"));
    assert_eq!(statuses, ["400"], "{request}");
}

#[test]
fn an_ambiguous_length_is_rejected() {
    let server = TestServer::start();
    let post = head(&server, &format!("POST {ROOM} HTTP/1.1"));
    let old = head(&server, &format!("POST {ROOM} HTTP/1.0"));
    let chunked = "Transfer-Encoding: chunked\r\n";
    let end = "\r\n0\r\n\r\n";
    for (start, headers) in [
        (&post, format!("Content-Length: 4\r\n{chunked}")),
        (&post, format!("{chunked}Content-Length: 4\r\n")),
        (&post, format!("{chunked}{chunked}")),
        (&old, chunked.to_owned()),
        (&old, format!("Content-Length: 2\r\n{chunked}")),
    ] {
        assert_rejected(&server, &format!("{start}{headers}{end}"));
    }
    for encoding in [
        "xchunked",
        "chunked, chunked",
        "gzip, chunked",
        "chunked, identity",
        "identity",
        "\"chunked\"",
        "\x0bchunked",
        "",
    ] {
        let header = format!("Transfer-Encoding: {encoding}\r\n");
        assert_rejected(&server, &format!("{post}{header}{end}"));
        assert_rejected(
            &server,
            &format!("{post}{header}Content-Length: 5\r\n{end}"),
        );
    }
    for lengths in [
        &["0", "3"][..],
        &["5", "5"],
        &["0, 0"],
        &["5, 5"],
        &["-1"],
        &["+5"],
        &["0x5"],
        &["5.0"],
        &["5e0"],
        &["1 0"],
        &["18446744073709551621"],
        &["five"],
        &[""],
    ] {
        let headers = lengths
            .iter()
            .map(|length| format!("Content-Length: {length}\r\n"));
        assert_rejected(
            &server,
            &format!("{post}{}{end}", headers.collect::<String>()),
        );
    }
}

#[test]
fn an_ambiguous_header_is_rejected() {
    let server = TestServer::start();
    let post = head(&server, &format!("POST {ROOM} HTTP/1.1"));
    for header in [
        // A line that continues on the next.
        "X-A: a\r\n b\r\n",
        "X-A: a\r\n\tb\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        // White space where none is allowed.
        "Transfer-Encoding : chunked\r\n",
        "Content-Length : 5\r\n",
        "Content-Length\t: 5\r\n",
        // Line ends and NUL in a value or a name.
        "X-A: a\rTransfer-Encoding: chunked\r\n",
        "X-A: a\r\r\n",
        "X-A: a\0b\r\n",
        "X\0A: a\r\n",
        "X(A): a\r\n",
        ": a\r\n",
        "X-A\r\n",
        // A second host.
        "Host: other.example.com\r\n",
    ] {
        assert_rejected(&server, &format!("{post}{header}\r\n0\r\n\r\n"));
    }
    let first = format!("POST {ROOM} HTTP/1.1\r\n Host: roomd\r\n\r\n");
    assert_rejected(&server, &first);
}

#[test]
fn an_ambiguous_chunk_is_rejected() {
    let server = TestServer::start();
    let post = head(&server, &format!("POST {ROOM} HTTP/1.1"));
    for body in [
        "-2\r\n{}\r\n0\r\n\r\n",
        "+2\r\n{}\r\n0\r\n\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "2\n{}\r\n0\r\n\r\n",
        "2\r{}\r\n0\r\n\r\n",
        "2;a\nb\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}XX0\r\n\r\n",
        "10000000000000002\r\n{}\r\n0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
    ] {
        assert_rejected(
            &server,
            &format!("{post}Transfer-Encoding: chunked\r\n\r\n{body}"),
        );
    }
}

#[test]
fn an_ambiguous_request_line_is_rejected() {
    let server = TestServer::start();
    for line in [
        "GET /healthz\0 HTTP/1.1",
        "GET /healthz\0.html HTTP/1.1",
        "GET /health\x7fz HTTP/1.1",
        "GET  /healthz HTTP/1.1",
        "GET /healthz HTTP/1.1 ",
        "GET /healthz HTTP/1.2",
        "GET /healthz HTTP/2.0",
        "GET /healthz http/1.1",
        "GET /healthz",
        "G@T /healthz HTTP/1.1",
        "PRI * HTTP/2.0",
    ] {
        assert_rejected(&server, &format!("{line}\r\nHost: roomd\r\n\r\n"));
    }
    assert_rejected(&server, "GET /healthz HTTP/1.1\r\n\r\n");
}

#[test]
fn an_unusual_but_unambiguous_request_is_one_request() {
    let server = TestServer::start();
    let post = head(&server, &format!("POST {ROOM} HTTP/1.1"));
    let hidden = HIDDEN.len();
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    for (request, statuses) in [
        // A body is skipped whatever it contains, also if the route reads none.
        (
            format!("GET /healthz HTTP/1.1\r\nHost: roomd\r\nContent-Length: {hidden}\r\n\r\n{HIDDEN}"),
            &["200", "200 last"][..],
        ),
        (
            format!("POST {ROOM} HTTP/1.1\r\nHost: roomd\r\nContent-Length: {hidden}\r\n\r\n{HIDDEN}"),
            &["401", "200 last"],
        ),
        (format!("{post}Content-Length: 0002\r\n\r\n{{}}"), &["400", "200 last"]),
        (format!("{post}Transfer-Encoding:\tChunked\r\n\r\n0\r\n\r\n"), &["400", "200 last"]),
        (format!("{post}{chunked}2;a=b\r\n{{}}\r\n0\r\n\r\n"), &["400", "200 last"]),
        // Fields after the last chunk are no headers.
        (format!("{post}{chunked}2\r\n{{}}\r\n0\r\nContent-Length: 9\r\n\r\n"), &["400", "200 last"]),
        // Nothing depends on the host, so another one in the target changes nothing.
        (
            "GET http://other.example.com/healthz HTTP/1.1\r\nHost: roomd\r\n\r\n".into(),
            &["200", "200 last"],
        ),
        ("OPTIONS * HTTP/1.1\r\nHost: roomd\r\n\r\n".into(), &["404", "200 last"]),
        ("GET other.example.com:80 HTTP/1.1\r\nHost: roomd\r\n\r\n".into(), &["404", "200 last"]),
        // The server speaks no other protocol, so it stays with this one.
        (
            "GET /healthz HTTP/1.1\r\nHost: roomd\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n".into(),
            &["200", "200 last"],
        ),
        // After this the connection carries no further request, so what follows is dropped.
        ("CONNECT other.example.com:80 HTTP/1.1\r\nHost: roomd\r\n\r\n".into(), &["404"]),
    ] {
        assert_eq!(answers(&server, &format!("{request}{LAST}")), statuses, "{request}");
    }
}

/// RFC 9112, section 2.2, allows a line to end by a line feed alone, and the parser accepts it.
/// That is harmless: common proxies read it the same way, and none passes on a line feed inside a
/// value.
#[test]
fn a_line_feed_alone_ends_a_line_and_nothing_else() {
    let server = TestServer::start();
    let post = head(&server, &format!("POST {ROOM} HTTP/1.1"));
    for request in [
        format!("{post}X-A: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("{post}Content-Length: 2\n\n{{}}"),
    ] {
        assert_eq!(
            answers(&server, &format!("{request}{LAST}")),
            ["400", "200 last"]
        );
    }
    // A length behind such a line counts as any other.
    assert_rejected(
        &server,
        &format!("{post}X-A: a\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n"),
    );
}
