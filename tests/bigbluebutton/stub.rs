//! A server that answers as BigBlueButton does, on a free port.

use crate::support::{TIMEOUT, sha256_hex};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;
use url::form_urlencoded;

/// The secret of every stub. It must be nowhere outside of the settings.
pub(crate) const SECRET: &str = "Xq8sFvP2mN4cTz7LbKjW";

/// A call that came.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// `create`, `getMeetingInfo` and so on.
    pub(crate) name: String,
    /// The parameters, decoded.
    pub(crate) parameters: BTreeMap<String, String>,
    /// Whether the checksum is that of the query as it came.
    pub(crate) is_signed: bool,
    /// When it came.
    pub(crate) at: Instant,
}

/// How a stub answers a call: with bytes, after however long it takes.
type Respond = dyn Fn(&Call) -> Vec<u8> + Send + Sync;

/// A running server, which ends when this value is dropped.
pub(crate) struct Stub {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    calls: Mutex<Vec<Call>>,
    came: Condvar,
    is_over: AtomicBool,
    respond: Box<Respond>,
}

impl Stub {
    /// Starts a server that takes every call, as one does on which a moderator is in every meeting that
    /// was created.
    pub(crate) fn start() -> Self {
        let times = AtomicU64::new(1_718_000_000_000);
        Self::with(move |call| match call.name.as_str() {
            "create" => created(times.fetch_add(1, Ordering::Relaxed)),
            "getMeetingInfo" => info(7, 1),
            _ => done(""),
        })
    }

    /// Starts a server that answers so.
    pub(crate) fn with(respond: impl Fn(&Call) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            calls: Mutex::default(),
            came: Condvar::new(),
            is_over: AtomicBool::new(false),
            respond: Box::new(respond),
        });
        let serving = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.is_over.load(Ordering::Relaxed) {
                    break;
                }
                let (stream, shared) = (stream.expect("a connection"), serving.clone());
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address, shared }
    }

    /// Returns the URL that the settings name.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/bigbluebutton", self.address)
    }

    /// Returns all calls that came, in order.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().expect("no panic").clone()
    }

    /// Returns the calls of a name.
    pub(crate) fn calls_of(&self, name: &str) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.name == name);
        calls
    }

    /// Waits for the first call of a name.
    #[track_caller]
    pub(crate) fn wait_for(&self, name: &str) -> Call {
        let found = |calls: &[Call]| calls.iter().find(|call| call.name == name).cloned();
        let calls = self.shared.calls.lock().expect("no panic");
        let is_missing = |calls: &mut Vec<Call>| found(calls).is_none();
        let waited = self
            .shared
            .came
            .wait_timeout_while(calls, TIMEOUT, is_missing);
        let (calls, _) = waited.expect("no panic");
        found(&calls).unwrap_or_else(|| panic!("{name} does not come: {calls:?}"))
    }

    /// Reads the URL with which a browser joins.
    #[track_caller]
    pub(crate) fn read_join(&self, url: &str) -> BTreeMap<String, String> {
        let start = format!("http://{}", self.address);
        let target = url.strip_prefix(&start).expect(url);
        let call = Call::read(target).expect(url);
        assert_eq!(call.name, "join");
        assert!(call.is_signed, "{url}");
        call.parameters
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        // The thread that accepts looks up.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
        let mut request = String::new();
        loop {
            let mut line = String::new();
            let length = reader.read_line(&mut line).unwrap_or_default();
            request.push_str(&line);
            if length == 0 || line == "\r\n" {
                break;
            }
        }
        let mut words = request.split(' ');
        let (method, target) = (words.next(), words.next().unwrap_or_default());
        let Some(call) = Call::read(target).filter(|_| method == Some("GET")) else {
            let _ = stream.write_all(&http("404 Not Found", "text/html", "<p>Not found</p>"));
            return;
        };
        self.calls.lock().expect("no panic").push(call.clone());
        self.came.notify_all();
        let answer = if call.is_signed {
            (self.respond)(&call)
        } else {
            failed("checksumError", "Checksums do not match")
        };
        // Fails where the caller has given up.
        let _ = stream.write_all(&answer);
    }
}

impl Call {
    fn read(target: &str) -> Option<Self> {
        let rest = target.strip_prefix("/bigbluebutton/api/")?;
        let (name, query) = rest.split_once('?')?;
        let at = query.find("checksum=")?;
        let (signed, checksum) = (query[..at].trim_end_matches('&'), &query[at + 9..]);
        let parameters = form_urlencoded::parse(signed.as_bytes());
        Some(Self {
            name: name.to_owned(),
            parameters: parameters.into_owned().collect(),
            is_signed: sha256_hex(&format!("{name}{signed}{SECRET}")) == checksum,
            at: Instant::now(),
        })
    }

    /// Returns a parameter.
    #[track_caller]
    pub(crate) fn get(&self, name: &str) -> &str {
        let value = self.parameters.get(name);
        value.unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }
}

/// Returns an answer of HTTP, after which the connection ends.
pub(crate) fn http(status: &str, kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close"
    );
    format!("{head}\r\n\r\n{body}").into_bytes()
}

fn xml(code: &str, inside: &str) -> Vec<u8> {
    let body = format!("<response>\n<returncode>{code}</returncode>\n{inside}\n</response>");
    http("200 OK", "text/xml;charset=utf-8", &body)
}

/// Returns the answer to a call that was obeyed.
pub(crate) fn done(inside: &str) -> Vec<u8> {
    xml("SUCCESS", inside)
}

/// Returns the answer to a call that was not obeyed.
pub(crate) fn failed(key: &str, message: &str) -> Vec<u8> {
    let key = format!("<messageKey>{key}</messageKey>");
    xml("FAILED", &format!("{key}<message>{message}</message>"))
}

/// Returns the answer to `create`.
pub(crate) fn created(time: u64) -> Vec<u8> {
    done(&format!("<createTime>{time}</createTime>"))
}

/// Returns the answer to `getMeetingInfo`.
pub(crate) fn info(time: u64, moderators: u64) -> Vec<u8> {
    done(&format!(
        "<createTime>{time}</createTime><moderatorCount>{moderators}</moderatorCount>"
    ))
}
