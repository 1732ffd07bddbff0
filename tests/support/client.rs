use super::{ROOM, TIMEOUT, USER, text};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use ureq::Agent;
use ureq::http::request::Builder;
use ureq::http::{HeaderMap, Request};

/// How many idle connections a client keeps for its next requests.
const IDLE_CONNECTIONS: usize = 8;

/// A client of one server.
pub(crate) struct Client {
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// The value of the `Authorization` header. While it is empty, requests carry none.
    pub(crate) authorization: String,
    agent: Agent,
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Client {
    /// Returns a client without a key.
    pub(crate) fn new(address: SocketAddr) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(TIMEOUT))
            .max_idle_connections_per_host(IDLE_CONNECTIONS)
            .build();
        Self {
            address,
            authorization: String::new(),
            agent: agent.into(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &Value::Null)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, body)
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        self.call("PUT", path, body)
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, &Value::Null)
    }

    /// Posts a text as a JSON body, whether it is JSON or not.
    pub(crate) fn post_text(&self, path: &str, body: &str) -> Answer {
        let request = self.request("POST", path);
        self.send(request.header("Content-Type", "application/json"), body)
    }

    /// Sends a JSON body, or no body if it is `null`.
    #[track_caller]
    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.try_call(method, path, body).expect("an answer")
    }

    /// Sends a JSON body, or no body if it is `null`. An error if no answer comes, as when the
    /// server was killed.
    pub(crate) fn try_call(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Answer, ureq::Error> {
        let request = self.request(method, path);
        if body.is_null() {
            return self.try_send(request, "");
        }
        let request = request.header("Content-Type", "application/json");
        self.try_send(request, body.to_string())
    }

    /// Gets or creates the default room of a user.
    #[track_caller]
    pub(crate) fn get_or_create(&self, creator_email: &str, name: &str) -> Answer {
        self.post(ROOM, &json!({"creator_email": creator_email, "name": name}))
    }

    /// Gets or creates the default room of a user under a name that no other user's has.
    #[track_caller]
    pub(crate) fn room_of(&self, email: &str) -> Answer {
        self.try_room_of(email).expect("an answer")
    }

    /// Like [`Client::room_of`]. An error if no answer comes.
    pub(crate) fn try_room_of(&self, email: &str) -> Result<Answer, ureq::Error> {
        let body = json!({"creator_email": email, "name": format!("Room of {email}")});
        self.try_call("POST", ROOM, &body)
    }

    /// Registers a user; `fields` is an object with what differs from a common one.
    #[track_caller]
    pub(crate) fn register(&self, email: &str, fields: Value) -> Value {
        let mut user =
            json!({"email": email, "username": email, "name": "Test", "surname": "User"});
        let Value::Object(fields) = fields else {
            panic!("{fields} is no object");
        };
        user.as_object_mut().expect("an object").extend(fields);
        let answer = self.post(USER, &user);
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }

    /// Returns the head of a request that carries the key.
    pub(crate) fn request(&self, method: &str, path: &str) -> Builder {
        let request = self.request_without_key(method, path);
        if self.authorization.is_empty() {
            return request;
        }
        request.header("Authorization", &self.authorization)
    }

    /// Returns the head of a request without a key.
    pub(crate) fn request_without_key(&self, method: &str, path: &str) -> Builder {
        let uri = format!("http://{}{path}", self.address);
        Request::builder().method(method).uri(uri)
    }

    #[track_caller]
    pub(crate) fn send(&self, request: Builder, body: impl AsRef<[u8]>) -> Answer {
        self.try_send(request, body).expect("an answer")
    }

    fn try_send(&self, request: Builder, body: impl AsRef<[u8]>) -> Result<Answer, ureq::Error> {
        let request = request.body(body.as_ref()).expect("a valid request");
        let mut response = self.agent.run(request)?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_string()?,
        })
    }

    /// Sends bytes on a connection of their own and returns all that comes back until the server
    /// closes it.
    pub(crate) fn send_raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a socket");
        stream
            .write_all(bytes.as_ref())
            .expect("the bytes are sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

impl Answer {
    /// Returns the body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Returns the value of a header, empty if the answer does not have it.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("a text"))
    }

    /// Returns the GUID of the room in the body.
    #[track_caller]
    pub(crate) fn guid(&self) -> String {
        text(&self.json(), "room_guid").to_owned()
    }

    /// Asserts the status and the whole body.
    #[track_caller]
    pub(crate) fn assert(&self, status: u16, body: &Value) {
        assert_eq!((self.status, &self.json()), (status, body));
    }
}
