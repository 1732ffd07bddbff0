use crate::support::{Answer, ROOM, TestServer, join, page_path, room_path, text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use roomd::config::Config;
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::BTreeMap;

/// The secret that signs the tokens of all tests.
pub(crate) const SECRET: &str = "a-very-secret-north";

/// A server with one room, whose meetings take place elsewhere.
pub(crate) struct Room {
    pub(crate) server: TestServer,
    /// The room as the API shows it.
    pub(crate) shown: Value,
}

impl Room {
    pub(crate) fn new(options: &Value, change: impl FnOnce(&mut Config)) -> Self {
        let server = TestServer::start_with(change);
        let request = json!({"creator_email": "ada@example.com", "name": "Physics & \u{201C}\u{e7}\u{201D}",
            "options": options, "fields": ["meeting"]});
        let answer = server.post(ROOM, &request);
        assert_eq!(answer.status, 201, "{answer:?}");
        Self {
            server,
            shown: answer.json(),
        }
    }

    /// Returns the path of the room's page.
    pub(crate) fn page(&self) -> &str {
        page_path(text(&self.shown, "url"))
    }

    /// Returns the end of the slug, by which the room is found.
    pub(crate) fn token(&self) -> &str {
        let (_, token) = self.page().rsplit_once('_').expect("a token");
        token
    }

    /// Gives a host link out; returns what is behind `#host=` in it.
    pub(crate) fn host_token(&self) -> String {
        let path = format!("{}?fields=host_url", room_path(&self.shown));
        let url = self.server.get(&path).json()["host_url"].clone();
        let url = url.as_str().expect("a host link");
        url.split_once("#host=").expect("a token").1.to_owned()
    }

    /// Asks to come in, as the page does.
    pub(crate) fn join(&self, body: &Value) -> Answer {
        join(&self.server, self.page(), body)
    }

    /// Returns where a person is sent, who may enter.
    #[track_caller]
    pub(crate) fn url(&self, body: &Value) -> String {
        let answer = self.join(body);
        assert_eq!(answer.status, 200, "{answer:?}");
        text(&answer.json(), "url").to_owned()
    }
}

/// Returns the claims of a token that [`SECRET`] signed with HS256.
#[track_caller]
pub(crate) fn claims(token: &str) -> Value {
    let (signed, signature) = token.rsplit_once('.').expect("a signature");
    let mut code = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    code.update(signed.as_bytes());
    let code = URL_SAFE_NO_PAD.encode(code.finalize().into_bytes());
    assert_eq!(code, signature);
    let (_, payload) = signed.split_once('.').expect("a payload");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&payload).expect("JSON")
}

/// Returns what is behind the `#` of a URL of Jitsi Meet.
#[track_caller]
pub(crate) fn fragment(url: &str) -> BTreeMap<String, Value> {
    let (_, fragment) = url.split_once('#').expect("a fragment");
    let values = fragment.split('&').map(|part| {
        let (key, value) = part.split_once('=').expect("a value");
        let value = percent_decode_str(value).decode_utf8().expect("UTF-8");
        let value = serde_json::from_str(&value).expect("JSON");
        (key.to_owned(), value)
    });
    values.collect()
}
