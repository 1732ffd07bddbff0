//! Requests of which two servers in a row may not think the same: where the one ends, what a second
//! one is. Each is refused and its connection closed, or has one meaning.

use crate::support::{ROOM, TestServer};

/// A request that somebody in front may have taken for the body of the one before it.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nHost: roomd\r\nX-Request-Id: hidden\r\n\r\n";

/// The request that ends the connection, if it is still there.
const LAST: &str = "GET /healthz HTTP/1.1\r\nHost: roomd\r\nX-Request-Id: last\r\n\
                    Connection: close\r\n\r\n";

/// The status of every answer to these bytes, each with the part of its id that tells whose it is.
fn answers(server: &TestServer, bytes: &str) -> Vec<String> {
    let said = server.send_raw(bytes);
    let answers = said.split("HTTP/1.").skip(1).map(|answer| {
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

/// The start of a request that may use the API.
fn head(server: &TestServer, request_line: &str) -> String {
    let key = &server.authorization;
    format!(
        "{request_line}\r\nHost: roomd\r\nAuthorization: {key}\r\nContent-Type: application/json\r\n"
    )
}

/// Asserts that there is one answer, a refusal, and that nothing after it is read.
#[track_caller]
fn assert_refused(server: &TestServer, request: &str) {
    let refused = answers(server, &format!("{request}{HIDDEN}{LAST}"));
    assert_eq!(refused, ["400"], "{request}");
}

#[test]
fn a_length_that_two_could_read_in_two_ways_is_refused() {
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
        assert_refused(&server, &format!("{start}{headers}{end}"));
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
        assert_refused(&server, &format!("{post}{header}{end}"));
        assert_refused(
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
        assert_refused(
            &server,
            &format!("{post}{}{end}", headers.collect::<String>()),
        );
    }
}

#[test]
fn a_header_that_two_could_read_in_two_ways_is_refused() {
    let server = TestServer::start();
    let post = head(&server, &format!("POST {ROOM} HTTP/1.1"));
    for header in [
        // A line that goes on with the next.
        "X-A: a\r\n b\r\n",
        "X-A: a\r\n\tb\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        // White space where none may be.
        "Transfer-Encoding : chunked\r\n",
        "Content-Length : 5\r\n",
        "Content-Length\t: 5\r\n",
        // Ends of lines and texts in a value or a name.
        "X-A: a\rTransfer-Encoding: chunked\r\n",
        "X-A: a\r\r\n",
        "X-A: a\0b\r\n",
        "X\0A: a\r\n",
        "X(A): a\r\n",
        ": a\r\n",
        "X-A\r\n",
        // Whose server is meant.
        "Host: other.example.com\r\n",
    ] {
        assert_refused(&server, &format!("{post}{header}\r\n0\r\n\r\n"));
    }
    let first = format!("POST {ROOM} HTTP/1.1\r\n Host: roomd\r\n\r\n");
    assert_refused(&server, &first);
}

#[test]
fn a_chunk_that_two_could_read_in_two_ways_is_refused() {
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
        assert_refused(
            &server,
            &format!("{post}Transfer-Encoding: chunked\r\n\r\n{body}"),
        );
    }
}

#[test]
fn a_request_line_that_two_could_read_in_two_ways_is_refused() {
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
        assert_refused(&server, &format!("{line}\r\nHost: roomd\r\n\r\n"));
    }
    assert_refused(&server, "GET /healthz HTTP/1.1\r\n\r\n");
}

#[test]
fn what_is_odd_but_clear_is_one_request() {
    let server = TestServer::start();
    let post = head(&server, &format!("POST {ROOM} HTTP/1.1"));
    let hidden = HIDDEN.len();
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    for (request, statuses) in [
        // A body is a body, whatever is in it and whether or not anybody wants it.
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
        // What comes after the last chunk is no header.
        (format!("{post}{chunked}2\r\n{{}}\r\n0\r\nContent-Length: 9\r\n\r\n"), &["400", "200 last"]),
        // Nothing depends on the host, so another one in the target means nothing.
        (
            "GET http://other.example.com/healthz HTTP/1.1\r\nHost: roomd\r\n\r\n".into(),
            &["200", "200 last"],
        ),
        ("OPTIONS * HTTP/1.1\r\nHost: roomd\r\n\r\n".into(), &["404", "200 last"]),
        ("GET other.example.com:80 HTTP/1.1\r\nHost: roomd\r\n\r\n".into(), &["404", "200 last"]),
        // After these no request can come on the connection, so what follows is dropped.
        ("CONNECT other.example.com:80 HTTP/1.1\r\nHost: roomd\r\n\r\n".into(), &["404"]),
        (
            "GET /healthz HTTP/1.1\r\nHost: roomd\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n".into(),
            &["200"],
        ),
    ] {
        assert_eq!(answers(&server, &format!("{request}{LAST}")), statuses, "{request}");
    }
}

/// RFC 9112, section 2.2, lets a line end by a line feed alone, and the parser does. It is one
/// meaning, which common proxies share: harmless, as none passes on a line feed inside a value.
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
    // So a length that came with it counts as any other.
    assert_refused(
        &server,
        &format!("{post}X-A: a\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n"),
    );
}
