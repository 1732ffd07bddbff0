use super::{Ended, PATIENCE, Process, ROOM, STOP_LIMIT};
use serde_json::{Value, json};
use std::net::SocketAddr;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// More callers than this at once do not keep their connections.
const CALLERS: usize = 8;

/// A server that runs, until it is stopped or dropped.
pub(crate) struct Running {
    process: Process,
    /// The line that said that callers may come.
    pub(crate) ready_line: String,
    pub(crate) address: SocketAddr,
    /// The value of the `Authorization` header; empty: none is sent.
    pub(crate) authorization: String,
    agent: Agent,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Running {
    /// Waits for a server that was started; an error is how it ended instead.
    pub(crate) fn of(process: Process) -> Result<Self, Ended> {
        let Some(line) = process.next_line() else {
            return Err(process.wait(PATIENCE));
        };
        let address = line.split_once("://").expect("a URL").1;
        let address = address.split(' ').next().expect("an address");
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .max_idle_connections_per_host(CALLERS)
            .build();
        Ok(Self {
            address: address.trim_end().parse().expect("an address"),
            ready_line: line.trim_end().to_owned(),
            process,
            authorization: String::new(),
            agent: agent.into(),
        })
    }

    /// From now on requests carry this key, as `add_key` returns one.
    pub(crate) fn with_key(mut self, key: &Value) -> Self {
        let authorization = key["authorization"].as_str().expect("a header");
        self.authorization = authorization.to_owned();
        self
    }

    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    /// Asks the server to end, and waits until it has.
    #[track_caller]
    pub(crate) fn end_by(self, signal: &str) -> Ended {
        self.process.signal(signal);
        self.end()
    }

    /// Waits until a server has ended that was asked to before.
    #[track_caller]
    pub(crate) fn end(self) -> Ended {
        self.process.wait(STOP_LIMIT)
    }

    /// Stops the server in good order.
    #[track_caller]
    pub(crate) fn stop(self) -> Ended {
        let ended = self.end_by("TERM");
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        ended
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").expect("an answer")
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], "").expect("an answer")
    }

    /// Posts JSON, with more headers.
    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let headers = [headers, &[("Content-Type", "application/json")]].concat();
        self.send("POST", path, &headers, &body.to_string())
            .expect("an answer")
    }

    /// Asks for the default room of a user; an error when the server is gone.
    pub(crate) fn try_room_of(&self, email: &str) -> Result<Answer, ureq::Error> {
        let body = json!({"creator_email": email, "name": format!("Room of {email}")});
        self.try_call("POST", ROOM, &body)
    }

    /// Sends JSON, or nothing where there is `null`; an error when the server is gone.
    pub(crate) fn try_call(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Answer, ureq::Error> {
        if body.is_null() {
            return self.send(method, path, &[], "");
        }
        let headers = [("Content-Type", "application/json")];
        self.send(method, path, &headers, &body.to_string())
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.try_call(method, path, body).expect("an answer")
    }

    pub(crate) fn room_of(&self, email: &str) -> Answer {
        self.try_room_of(email).expect("an answer")
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address));
        if !self.authorization.is_empty() {
            request = request.header("Authorization", &self.authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).expect("a valid request");
        let mut response = self.agent.run(request)?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().read_to_string()?,
        })
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The GUID of the room, which must be in the answer.
    #[track_caller]
    pub(crate) fn guid(&self) -> String {
        let room = self.json();
        let guid = room["room_guid"].as_str();
        guid.unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }
}
