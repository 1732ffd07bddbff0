//! Calls to a meeting server.

use super::{Deadline, HandoffError};
use crate::model::text;
use rustls::crypto::ring;
use rustls_native_certs::load_native_certs;
use std::io::ErrorKind;
use std::sync::Arc;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Error, RequestBuilder};

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;

/// How much of what a failed call says is told, in characters.
const MAX_REASON_CHARS: usize = 200;

/// Makes calls that follow no redirect, use no proxy, and end in time. Blocks the thread.
#[derive(Debug, Clone)]
pub(crate) struct Outbound(Agent);

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The status of HTTP.
    pub(super) status: u16,
    /// The body. What is not UTF-8 in it is replaced.
    pub(super) body: String,
}

impl Outbound {
    /// Returns a client that trusts the certificate authorities of this system, or those in the file
    /// that the environment variable `SSL_CERT_FILE` names.
    pub(crate) fn new() -> Self {
        let certificates = load_native_certs().certs;
        let certificates = certificates.iter();
        let certificates =
            certificates.map(|certificate| Certificate::from_der(certificate).to_owned());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::from(certificates))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .user_agent(concat!("roomd/", env!("CARGO_PKG_VERSION")))
            // HTTP_PROXY and its like are meant for other programs of this machine: a proxy on the way would see
            // who enters, and a meeting server is mostly in the own network.
            .proxy(None)
            // A redirect would show the next server what was signed for this one.
            .max_redirects(0)
            // A server may close a connection that is kept at the moment of the next call.
            .max_idle_connections(0)
            .http_status_as_error(false)
            .build();
        Self(config.into())
    }

    /// Gets what is at a URL.
    ///
    /// # Errors
    /// No whole answer before the deadline.
    pub(super) fn get(&self, url: &str, deadline: Deadline) -> Result<Answer, HandoffError> {
        self.call(self.0.get(url), deadline, RequestBuilder::call)
    }

    /// Posts JSON to a URL, with a token that says who calls.
    ///
    /// # Errors
    /// No whole answer before the deadline.
    pub(super) fn post_json(
        &self,
        url: &str,
        token: &str,
        body: &str,
        deadline: Deadline,
    ) -> Result<Answer, HandoffError> {
        let request = self.0.post(url);
        let request = request.header("Content-Type", "application/json");
        let request = request.header("Authorization", format!("Bearer {token}"));
        self.call(request, deadline, |request| request.send(body))
    }

    fn call<Kind>(
        &self,
        request: RequestBuilder<Kind>,
        deadline: Deadline,
        send: impl FnOnce(RequestBuilder<Kind>) -> Result<ureq::http::Response<ureq::Body>, Error>,
    ) -> Result<Answer, HandoffError> {
        let left = deadline.left()?;
        let request = request.config().timeout_global(Some(left)).build();
        let failed = |error| failure(error, deadline);
        let mut answer = send(request).map_err(failed)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES);
        let body = body.read_to_vec().map_err(failed)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(Answer { status, body })
    }
}

fn failure(error: Error, deadline: Deadline) -> HandoffError {
    let reason = match error {
        Error::Timeout(_) => return deadline.timed_out(),
        Error::Io(error) if error.kind() == ErrorKind::TimedOut => return deadline.timed_out(),
        Error::BodyExceedsLimit(limit) => {
            return HandoffError::Malformed(format!("it has over {limit} bytes"));
        }
        Error::HostNotFound => "no address is known for its name".to_owned(),
        // These have the whole URL in their text, and so a signature or a token.
        Error::BadUri(_) | Error::RequireHttpsOnly(_) => "its URL cannot be called".to_owned(),
        Error::Io(error) => error.to_string(),
        other => other.to_string(),
    };
    // Some texts have bytes of the answer in them.
    HandoffError::Unreachable(text::shown(&text::on_one_line(&reason), MAX_REASON_CHARS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;
    use std::time::{Duration, Instant};

    /// Far more than a call takes, so that only a hang fails a test.
    const LONG: Duration = Duration::from_secs(30);

    /// Serves one connection: returns the address, and the lines of the request once they have come.
    fn server(
        answer: impl FnOnce(TcpStream) + Send + 'static,
    ) -> (SocketAddr, Receiver<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (send, request) = channel();
        thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a connection");
            // Whoever connects later is refused.
            drop(listener);
            let reader = BufReader::new(stream.try_clone().expect("a socket"));
            let head = reader.lines().map_while(Result::ok);
            let head: Vec<String> = head.take_while(|line| !line.is_empty()).collect();
            // Fails where the test does not look at the request.
            let _ = send.send(head);
            answer(stream);
        });
        (address, request)
    }

    fn says(answer: impl Into<Vec<u8>>) -> impl FnOnce(TcpStream) + Send + 'static {
        let answer = answer.into();
        move |mut stream| {
            // Fails where the client has read enough.
            let _ = stream.write_all(&answer);
        }
    }

    fn get(address: SocketAddr, allowed: Duration) -> Result<Answer, HandoffError> {
        let url = format!("http://{address}/api/create?a=%20");
        Outbound::new().get(&url, Deadline::within(allowed))
    }

    #[test]
    fn an_answer_is_read_whatever_its_status() {
        for (head, status, body) in [
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
                200,
                "abc",
            ),
            (
                "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx",
                404,
                "x",
            ),
            ("HTTP/1.0 500 No\r\n\r\nuntil the end", 500, "until the end"),
        ] {
            let (address, request) = server(says(head));
            let answer = get(address, LONG).expect("an answer");
            let expected = Answer {
                status,
                body: body.into(),
            };
            assert_eq!(answer, expected);
            let request = request.recv().expect("a request");
            assert_eq!(request[0], "GET /api/create?a=%20 HTTP/1.1");
        }
    }

    #[test]
    fn what_is_not_utf_8_is_replaced() {
        let (address, _request) = server(says(*b"HTTP/1.0 200 OK\r\n\r\na\xffb"));
        assert_eq!(get(address, LONG).expect("an answer").body, "a\u{fffd}b");
    }

    #[test]
    fn json_is_posted_with_a_token() {
        let (address, request) = server(says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
        let url = format!("http://{address}/x");
        let deadline = Deadline::within(LONG);
        let answer = Outbound::new().post_json(&url, "t.o.k", "{\"a\":1}", deadline);
        assert_eq!(answer.expect("an answer").body, "{}");
        let request = request.recv().expect("a request").join("\n").to_lowercase();
        assert!(request.starts_with("post /x "), "{request}");
        assert!(request.contains("authorization: bearer t.o.k"), "{request}");
        assert!(
            request.contains("content-type: application/json"),
            "{request}"
        );
    }

    #[test]
    fn a_redirect_is_an_answer() {
        let (other, followed) = server(says(""));
        let location =
            format!("HTTP/1.1 302 Found\r\nLocation: http://{other}/\r\nContent-Length: 0\r\n\r\n");
        let (address, _request) = server(says(location));
        assert_eq!(get(address, LONG).expect("an answer").status, 302);
        assert!(followed.try_recv().is_err());
    }

    #[test]
    fn a_long_answer_is_not_read_to_its_end() {
        for length in [MAX_ANSWER_BYTES, MAX_ANSWER_BYTES + 1] {
            let body = "a".repeat(usize::try_from(length).expect("a length"));
            let (address, _request) = server(says(format!("HTTP/1.0 200 OK\r\n\r\n{body}")));
            let outcome = get(address, LONG);
            if length > MAX_ANSWER_BYTES {
                let error = HandoffError::Malformed("it has over 1048576 bytes".into());
                assert_eq!(outcome, Err(error));
            } else {
                assert_eq!(outcome.map(|answer| answer.body), Ok(body));
            }
        }
    }

    #[test]
    fn a_server_that_says_nothing_or_not_all_costs_the_time_that_was_allowed() {
        for part in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"] {
            let (release, held) = channel::<()>();
            let (address, _request) = server(move |mut stream| {
                stream.write_all(part.as_bytes()).expect("it is sent");
                // Until the test has ended.
                let _ = held.recv();
            });
            let start = Instant::now();
            let outcome = get(address, Duration::from_millis(200));
            assert_eq!(outcome, Err(HandoffError::TimedOut(0)));
            assert!(start.elapsed() < LONG);
            drop(release);
        }
    }

    #[test]
    fn a_call_after_the_deadline_is_not_begun() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        assert_eq!(get(address, Duration::ZERO), Err(HandoffError::TimedOut(0)));
        assert!(listener.accept().is_err());
    }

    #[test]
    fn what_is_no_answer_is_told_on_one_line_without_the_url() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let refusing = listener.local_addr().expect("an address");
        drop(listener);
        let (closing, _request) = server(says(""));
        let (babbling, _request) = server(says("\u{1b}[31mSSH-2.0 hello\r\n\r\n"));
        for address in [refusing, closing, babbling] {
            let error = get(address, LONG).expect_err("no answer");
            assert!(matches!(error, HandoffError::Unreachable(_)), "{error:?}");
            let text = error.to_string();
            assert!(!text.chars().any(char::is_control), "{text:?}");
            assert!(!text.contains("/api/create"), "{text:?}");
        }
        let deadline = Deadline::within(LONG);
        let error = Outbound::new().get("ftp://secret.example/?checksum=1", deadline);
        let error = error.expect_err("no answer").to_string();
        assert!(!error.contains("checksum"), "{error}");
    }

    #[test]
    fn tls_is_not_spoken_with_a_server_that_does_not_speak_it() {
        let (address, _request) = server(says("HTTP/1.1 400 Bad Request\r\n\r\n"));
        let url = format!("https://{address}/");
        let error = Outbound::new().get(&url, Deadline::within(LONG));
        assert!(
            matches!(error, Err(HandoffError::Unreachable(_))),
            "{error:?}"
        );
    }
}
