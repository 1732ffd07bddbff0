//! Whole calls on one connection, pipelined, so that the work of the server is measured and not the
//! round trip.

use crate::fixture::{email, new_folder, register};
use divan::Bencher;
use divan::counter::ItemsCount;
use roomd::config::Config;
use roomd::model::NewApiKey;
use roomd::server::Server;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use tokio::sync::oneshot;

/// How many calls are pipelined: few enough that their answers are sent in one piece.
const PIPELINED: usize = 8;

/// The path of a room that does not exist.
const NO_ROOM: &str = "/xapi/v2/room/0197A3C2-6414-7046-87A6-67730D5F9F08";

/// Only HTTP.
#[divan::bench]
fn a_health(bencher: Bencher<'_, '_>) {
    RunningServer::start().bench(bencher, 200, |_| get("/healthz", "none"));
}

/// HTTP, an unknown key, an error.
#[divan::bench]
fn b_unknown_key(bencher: Bencher<'_, '_>) {
    RunningServer::start().bench(bencher, 401, |_| get(NO_ROOM, "Bearer none|none"));
}

/// HTTP, a valid key, an unknown room, an error.
#[divan::bench]
fn c_not_found(bencher: Bencher<'_, '_>) {
    RunningServer::start().bench(bencher, 404, |server| get(NO_ROOM, &server.authorization));
}

/// HTTP, a valid key, an invalid body, an error.
#[divan::bench]
fn d_invalid_body(bencher: Bencher<'_, '_>) {
    let mut request = documented_request();
    request["options"]["session_duration"] = json!(0);
    RunningServer::start().bench(bencher, 400, |server| post(&server.authorization, &request));
}

/// HTTP, a valid key, a valid body, an existing room, the whole answer.
#[divan::bench]
fn e_hit(bencher: Bencher<'_, '_>) {
    RunningServer::start().bench(bencher, 200, |server| {
        let request = post(&server.authorization, &documented_request());
        server.call(&request);
        request
    });
}

fn documented_request() -> Value {
    let text = include_str!("../../docs/examples/default-room.request.json");
    let mut request: Value = serde_json::from_str(text).expect("JSON");
    request["creator_email"] = json!(email(0).as_str());
    request
}

fn get(target: &str, authorization: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\nAuthorization: {authorization}\r\n\r\n")
}

fn post(authorization: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "POST /xapi/v2/room HTTP/1.1\r\nHost: a\r\nAuthorization: {authorization}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A server with one user, in a thread of its own.
struct RunningServer {
    address: SocketAddr,
    authorization: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RunningServer {
    fn start() -> Self {
        let (ready, started) = mpsc::channel();
        let (stop, stopping) = oneshot::channel();
        let thread = thread::spawn(move || {
            let folder = new_folder();
            let mut config = Config::default();
            config.server.listen.set_port(0);
            config.server.workers = 1;
            // A rate limit would mix in responses of another length.
            config.auth.failures_per_minute = 0;
            config.database.path = folder.path().join("rooms.db");
            actix_web::rt::System::new().block_on(async {
                let server = Server::bind(config, &mut |_| {}).await.expect("a server");
                let key = NewApiKey::generate(None);
                server.store().insert_key(&key).await.expect("a new key");
                register(server.store(), 0..1).await;
                let authorization = format!("Bearer {}|{}", key.access_key.as_str(), key.hash());
                let started = ready.send((server.address(), authorization));
                started.expect("the benchmark waits");
                let ran = server.run(async { drop(stopping.await) }).await;
                ran.expect("the server stops without an error");
            });
        });
        let (address, authorization) = started.recv().expect("the server starts");
        Self {
            address,
            authorization,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    fn bench(&self, bencher: Bencher<'_, '_>, status: u16, request: impl FnOnce(&Self) -> String) {
        let request = request(self);
        let answer = self.call(&request);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        // All answers to a request have the same length.
        let mut answers = vec![0; answer.len() * PIPELINED];
        let requests = request.repeat(PIPELINED);
        let mut connection = self.connect();
        bencher.counter(ItemsCount::new(PIPELINED)).bench_local(|| {
            connection.write_all(requests.as_bytes()).expect("sent");
            connection.read_exact(&mut answers).expect("all answers");
        });
    }

    /// Sends one request on a connection of its own; returns the answer.
    fn call(&self, request: &str) -> String {
        let mut connection = self.connect();
        connection.write_all(request.as_bytes()).expect("sent");
        let mut answer = vec![0; 64 * 1024];
        let length = connection.read(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }

    fn connect(&self) -> TcpStream {
        let connection = TcpStream::connect(self.address).expect("a connection");
        connection.set_nodelay(true).expect("a setting");
        connection
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server does not panic");
        }
    }
}
