use super::fragments::{Fragments, Whole};
use super::frames::Frames;
use super::{origin, refused};
use crate::http::client::counted_client;
use crate::http::error::ApiError;
use crate::http::exchange::Exchange;
use crate::http::state::AppState;
use crate::meeting::builtin::{
    CloseCode, Hub, OpenedRoom, Pass, Refused, Rules, Secret, WireClosed,
};
use crate::model::{MeetingServer, Room};
use actix_web::body::BoxBody;
use actix_web::rt::time::timeout;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{Message, MessageStream, ProtocolError};
use std::rc::Rc;
use std::time::Duration;
use url::form_urlencoded;

/// The largest message of a client, in bytes.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// How long the server waits for the end of a connection whose web socket it has closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// Opens the web socket of a person: `GET` on `socket` below the room's page, with a ticket, or with
/// the secret of a person whose connection broke.
pub(super) async fn open(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    origin::check(&request, &state.public_url, true)?;
    if state.meeting.server != MeetingServer::Builtin {
        return Err(ApiError::RouteNotFound);
    }
    let opened = super::room(&request, &state).await?;
    let pass = pass(request.query_string()).ok_or(refused(Refused::NotValid))?;
    let (response, _, messages) = actix_ws::handle(&request, payload).map_err(|_| {
        ApiError::BadRequest(
            "only a web socket can be opened here: send a GET with Connection: Upgrade, Upgrade: \
             websocket, Sec-WebSocket-Version: 13 and a Sec-WebSocket-Key; behind a proxy, let it pass \
             these headers on"
                .into(),
        )
    })?;
    let rules = rules(&opened.room, &state);
    let room = OpenedRoom {
        guid: opened.room.guid,
        owner: opened.owner_guid,
        host_epoch: opened.owner_is_active.then_some(opened.room.host_epoch),
        rules,
    };
    let client = counted_client(&request, &state.trusted_proxies);
    let connected = state.meeting.hub.connect(pass, room, client);
    let (wire, closed) = connected.map_err(refused)?;
    if state.store.find_room(opened.room.guid).await?.is_none() {
        // It was deleted after it was read, and perhaps before its meeting began.
        state.meeting.hub.room_deleted(opened.room.guid);
    }
    let exchange = request.conn_data::<Rc<Exchange>>().cloned();
    let messages = messages.max_frame_size(MAX_MESSAGE_BYTES);
    actix_web::rt::spawn(read(messages, closed, state, exchange));
    Ok(response.map_body(|_, handshake| BoxBody::new(Frames::new(wire, handshake))))
}

/// Returns what a query shows to open a socket.
fn pass(query: &str) -> Option<Pass> {
    form_urlencoded::parse(query.as_bytes()).find_map(|(name, value)| match &*name {
        "ticket" => Secret::parse(&value).map(Pass::Ticket),
        "resume" => Secret::parse(&value).map(Pass::Resume),
        _ => None,
    })
}

/// Returns the rules of a meeting that begins in a room now.
fn rules(room: &Room, state: &AppState) -> Rules {
    Rules::new(
        room.options.as_json(),
        room.lang.as_str(),
        state.meeting.max_people,
        state.meeting.without_host,
        room.host_link_given,
    )
}

/// The socket of a person, which is gone when this guard is dropped.
struct SocketGuard {
    state: web::Data<AppState>,
    closed: WireClosed,
}

impl SocketGuard {
    fn hub(&self) -> &Hub {
        &self.state.meeting.hub
    }
}

impl Drop for SocketGuard {
    fn drop(&mut self) {
        self.hub().gone(self.closed.id);
    }
}

/// Reads what a client sends, until one of the two sides ends it.
async fn read(
    mut messages: MessageStream,
    closed: WireClosed,
    state: web::Data<AppState>,
    exchange: Option<Rc<Exchange>>,
) {
    let socket = SocketGuard { state, closed };
    let mut fragments = Fragments::new(MAX_MESSAGE_BYTES);
    loop {
        let message = tokio::select! {
            biased;
            () = socket.closed.wait() => break,
            message = messages.recv() => message,
        };
        let Some(message) = message else {
            break;
        };
        if let Some(code) = take(message, &mut fragments, &socket) {
            socket.hub().close(socket.closed.id, code);
            break;
        }
    }
    drop(socket);
    // A client that answers the end has read all that was sent before it.
    let ended = async { while matches!(messages.recv().await, Some(Ok(_))) {} };
    let _ = timeout(CLOSE_TIMEOUT, ended).await;
    if let Some(exchange) = exchange {
        exchange.end_web_socket();
    }
}

/// Takes up one message, or a fragment of one; returns with which code the socket is to be closed, if
/// it is.
fn take(
    message: Result<Message, ProtocolError>,
    fragments: &mut Fragments,
    socket: &SocketGuard,
) -> Option<CloseCode> {
    let (hub, id) = (socket.hub(), socket.closed.id);
    match message {
        Ok(Message::Text(text)) => hub.received(id, &text),
        Ok(Message::Binary(bytes)) => hub.received_bytes(id, bytes.len()),
        Ok(Message::Continuation(fragment)) => match fragments.add(fragment) {
            Ok(None) => hub.received_fragment(id),
            Ok(Some(Whole::Text(text))) => hub.received(id, &text),
            Ok(Some(Whole::Binary(bytes))) => hub.received_bytes(id, bytes.len()),
            Err(code) => return Some(code),
        },
        Ok(Message::Ping(bytes)) => hub.control(id, Some(bytes.to_vec())),
        Ok(Message::Pong(_) | Message::Nop) => hub.control(id, None),
        Ok(Message::Close(_)) => return Some(CloseCode::Left),
        Err(ProtocolError::Overflow) => return Some(CloseCode::TooLarge),
        Err(_) => return Some(CloseCode::Protocol),
    }
    None
}
