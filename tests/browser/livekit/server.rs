//! A stand-in for LiveKit, most of which a browser carries out: this part has the sockets and checks the
//! tokens, and a page with `sfu.js` takes the messages and relays picture, sound and data between people.

use crate::support::claims;
use actix_web::rt::{self, System};
use actix_web::web::{self, Data, Payload, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use actix_ws::{AggregatedMessage, Session};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use tokio::sync::{mpsc, oneshot};

pub(crate) const KEY: &str = "north";
pub(crate) const SECRET: &str = "a secret of at least 32 characters";

/// A running server. It ends with the test, which has a process of its own.
pub(crate) struct LiveKit {
    address: SocketAddr,
    state: Data<State>,
}

#[derive(Default)]
struct State(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// What is sent to the page with `sfu.js`, and to each person.
    relay: Option<mpsc::UnboundedSender<String>>,
    people: HashMap<u64, mpsc::UnboundedSender<String>>,
    answers: HashMap<u64, oneshot::Sender<Value>>,
    last_id: u64,
    /// The claims of those who have come, and the calls that were made.
    joins: Vec<Value>,
    calls: Vec<String>,
}

impl State {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().expect("no holder panics")
    }

    fn tell_relay(&self, message: &Value) {
        if let Some(relay) = &self.inner().relay {
            // Fails when the page is closed.
            let _ = relay.send(message.to_string());
        }
    }
}

impl Inner {
    fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

impl LiveKit {
    /// Starts a server on a free port.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Data::<State>::default();
        let shared = state.clone();
        thread::spawn(move || {
            let app = move || {
                App::new()
                    .app_data(shared.clone())
                    .route("/", web::get().to(page))
                    .route("/sfu.js", web::get().to(script))
                    .route("/relay", web::get().to(relay))
                    .route("/rtc", web::get().to(join))
                    .route("/rtc/v1{rest:.*}", web::get().to(no_newer_protocol))
                    .route("/twirp/livekit.RoomService/{method}", web::post().to(call))
            };
            let server = HttpServer::new(app).workers(1).disable_signals();
            let server = server.listen(listener).expect("a listener").run();
            System::new().block_on(server)
        });
        Self { address, state }
    }

    /// Returns the address of the page that must be open in a browser.
    pub(crate) fn page_url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Returns the settings with which roomd uses this server.
    pub(crate) fn settings(&self) -> String {
        format!(
            "[meeting]\nserver = \"livekit\"\n[meeting.livekit]\nurl = \"ws://{}\"\n\
             api_key = \"{KEY}\"\nsecret = \"{SECRET}\"\n",
            self.address
        )
    }

    /// Returns the claims of the tokens with which people came.
    pub(crate) fn joins(&self) -> Vec<Value> {
        self.state.inner().joins.clone()
    }

    /// Returns the names of the calls that roomd has made.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.state.inner().calls.clone()
    }
}

async fn page() -> HttpResponse {
    let page = "<!doctype html><body><script src='/sfu.js'></script>";
    HttpResponse::Ok().content_type("text/html").body(page)
}

async fn script() -> HttpResponse {
    let script = include_str!("sfu.js");
    HttpResponse::Ok()
        .content_type("text/javascript")
        .body(script)
}

/// The socket of the page with `sfu.js`.
async fn relay(
    request: HttpRequest,
    payload: Payload,
    state: Data<State>,
) -> actix_web::Result<HttpResponse> {
    let (response, session, messages) = actix_ws::handle(&request, payload)?;
    state.inner().relay = Some(writer(session));
    rt::spawn(async move {
        let mut messages = messages
            .aggregate_continuations()
            .max_continuation_size(1 << 20);
        while let Some(Ok(message)) = messages.recv().await {
            let AggregatedMessage::Text(text) = message else {
                continue;
            };
            let message: Value = serde_json::from_str(&text).expect("JSON");
            let mut inner = state.inner();
            if let Some(id) = message["answer"].as_u64() {
                let answer = inner.answers.remove(&id);
                let _ = answer.expect("a call").send(message);
            } else if let Some(id) = message["to"].as_u64() {
                if let Some(person) = inner.people.get(&id) {
                    let _ = person.send(message["message"].to_string());
                }
                if message["close"] == true {
                    inner.people.remove(&id);
                }
            }
        }
    });
    Ok(response)
}

/// The socket of a person.
async fn join(
    request: HttpRequest,
    payload: Payload,
    query: Query<HashMap<String, String>>,
    state: Data<State>,
) -> actix_web::Result<HttpResponse> {
    let token = query.get("access_token").map(String::as_str);
    let claims = token.and_then(|token| claims(token, SECRET));
    let claims =
        claims.filter(|claims| claims["iss"] == KEY && claims["video"]["roomJoin"] == true);
    let Some(claims) = claims else {
        return Ok(HttpResponse::Unauthorized().body("invalid token"));
    };
    let (response, session, messages) = actix_ws::handle(&request, payload)?;
    let id = {
        let mut inner = state.inner();
        let id = inner.new_id();
        inner.joins.push(claims.clone());
        inner.people.insert(id, writer(session));
        id
    };
    state.tell_relay(&json!({"from": id, "claims": claims}));
    rt::spawn(async move {
        let mut messages = messages
            .aggregate_continuations()
            .max_continuation_size(1 << 20);
        while let Some(Ok(message)) = messages.recv().await {
            if let AggregatedMessage::Binary(bytes) = message {
                state.tell_relay(&json!({"from": id, "data": STANDARD.encode(bytes)}));
            }
        }
        state.inner().people.remove(&id);
        state.tell_relay(&json!({"from": id, "closed": true}));
    });
    Ok(response)
}

/// Tells the library of LiveKit to use the older protocol.
async fn no_newer_protocol() -> HttpResponse {
    HttpResponse::NotFound()
        .insert_header(("Access-Control-Allow-Origin", "*"))
        .finish()
}

/// A call of the API.
async fn call(
    request: HttpRequest,
    body: web::Json<Value>,
    method: web::Path<String>,
    state: Data<State>,
) -> HttpResponse {
    let header = request.headers().get("Authorization");
    let token = header.and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
    let Some(claims) = token.and_then(|token| claims(token, SECRET)) else {
        return HttpResponse::Unauthorized().body("invalid token");
    };
    let video = &claims["video"];
    let is_allowed = match method.as_str() {
        "CreateRoom" | "DeleteRoom" => video["roomCreate"] == true,
        "ListRooms" => video["roomList"] == true,
        _ => video["roomAdmin"] == true && video["room"] == body["room"],
    };
    if !is_allowed {
        return HttpResponse::Forbidden().json(json!({"code": "permission_denied"}));
    }
    let (id, answer) = {
        let mut inner = state.inner();
        let (answer, answered) = oneshot::channel();
        let id = inner.new_id();
        inner.answers.insert(id, answer);
        inner.calls.push(method.to_string());
        (id, answered)
    };
    state.tell_relay(&json!({"call": id, "method": *method, "body": *body}));
    match answer.await {
        Ok(answer) if answer["body"].is_null() => {
            HttpResponse::NotFound().json(json!({"code": "not_found", "msg": "none"}))
        }
        Ok(answer) => HttpResponse::Ok().json(&answer["body"]),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// Returns the queue of what a socket sends. The socket is closed when the queue is dropped.
fn writer(mut session: Session) -> mpsc::UnboundedSender<String> {
    let (queue, mut waiting) = mpsc::unbounded_channel::<String>();
    rt::spawn(async move {
        while let Some(text) = waiting.recv().await {
            if session.text(text).await.is_err() {
                return;
            }
        }
        let _ = session.close(None).await;
    });
    queue
}
