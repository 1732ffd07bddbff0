use crate::support::{ROOM, TestServer, page_path, text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use roomd::config::Config;
use roomd::model::WithoutHost;
use serde_json::{Value, json};
use sha2::Sha256;
use std::fs;

/// A server with one room.
pub(crate) struct Room {
    pub(crate) server: TestServer,
    /// The path of the room's page.
    pub(crate) page: String,
    pub(crate) guid: String,
}

impl Room {
    /// Returns a room with these options, which guests may enter.
    pub(crate) fn new(options: Value) -> Self {
        Self::with(options, |_| {})
    }

    /// Returns a room whose guests wait for a host.
    pub(crate) fn waiting(options: Value) -> Self {
        Self::with(options, |config| {
            config.meeting.without_host = WithoutHost::Wait;
        })
    }

    pub(crate) fn with(options: Value, change: impl FnOnce(&mut Config)) -> Self {
        let server = TestServer::start_with(change);
        let request =
            json!({"creator_email": "ada@example.com", "name": "Physics", "options": options});
        let answer = server.post(ROOM, &request);
        assert_eq!(answer.status, 201, "{answer:?}");
        let room = answer.json();
        Self {
            page: page_path(text(&room, "url")).to_owned(),
            guid: text(&room, "room_guid").to_owned(),
            server,
        }
    }

    /// Returns the token of a host link for an epoch, made here from the documented parts.
    pub(crate) fn host_token(&self, epoch: u64) -> String {
        let database = self.server.folder().database();
        let file = format!("{}-host-secret", database.display());
        let secret = bytes(fs::read_to_string(file).expect("a secret").trim());
        let expiry = 0_u64.to_be_bytes();
        let code = Hmac::<Sha256>::new_from_slice(&secret);
        let mut code = code.expect("a key");
        code.update(b"roomd host link 1\0");
        code.update(&bytes(&self.guid.replace('-', "")));
        code.update(&epoch.to_be_bytes());
        code.update(&expiry);
        let code = code.finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&expiry[..], &code].concat())
    }
}

/// Returns the bytes in a text of hexadecimal digits.
fn bytes(digits: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
    (0..digits.len()).step_by(2).map(pair).collect()
}
