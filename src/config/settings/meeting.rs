//! The settings of meetings.

use crate::config::error::ConfigError;
use crate::config::values;
use crate::model::{
    Checksum, ClaimsTemplate, IceServer, JitsiGuests, MeetingServer, ServerUrl, SharedSecret,
    TokenAlgorithm, UrlTemplate, WithoutHost,
};
use serde::Deserialize;
use std::path::PathBuf;

/// Meetings in rooms.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Meeting {
    /// The program that meetings take place on.
    #[serde(deserialize_with = "values::from_str")]
    pub server: MeetingServer,
    /// Whether guests may be in a room while no host is.
    #[serde(deserialize_with = "values::from_str")]
    pub without_host: WithoutHost,
    /// The file with the secret of the host links; `None` is a file beside the database.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub secret_file: Option<PathBuf>,
    /// For how many minutes after a host has gone to a server that does not tell who is there guests
    /// do not wait.
    #[serde(deserialize_with = "values::whole_number")]
    pub host_stays_minutes: u16,
    /// Meetings on the server that is built in.
    pub builtin: Builtin,
    /// Meetings on a server that is reached by a URL alone.
    pub template: Template,
    /// Meetings on Jitsi Meet.
    pub jitsi: Jitsi,
    /// Meetings on BigBlueButton.
    pub bigbluebutton: BigBlueButton,
    /// Meetings on LiveKit.
    pub livekit: LiveKit,
}

/// Meetings on the server that is built in.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Builtin {
    /// The number of people who can be in a meeting.
    #[serde(deserialize_with = "values::people")]
    pub max_people: u16,
    /// The servers that help browsers to reach each other.
    #[serde(deserialize_with = "values::list_from_str")]
    pub ice_servers: Vec<IceServer>,
    /// The secret that the TURN servers share with this one.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub turn_secret: Option<SharedSecret>,
}

/// Meetings on a server that is reached by a URL alone.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Template {
    /// Where hosts are sent.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub host_url: Option<UrlTemplate>,
    /// Where guests are sent.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub guest_url: Option<UrlTemplate>,
    /// Whether these URLs may be without TLS.
    #[serde(deserialize_with = "values::boolean")]
    pub allow_http: bool,
    /// The claims of the token that `{jwt}` stands for.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub token_claims: Option<ClaimsTemplate>,
    /// How the token is signed.
    #[serde(deserialize_with = "values::from_str")]
    pub token_algorithm: TokenAlgorithm,
    /// The secret that signs the token.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub token_secret: Option<SharedSecret>,
    /// The file with the secret that signs the token.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub token_secret_file: Option<PathBuf>,
    /// The PEM file with the private key that signs the token.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub token_key_file: Option<PathBuf>,
    /// The name of the key, in the header of the token.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub token_key_id: Option<String>,
}

/// Meetings on Jitsi Meet.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct Jitsi {
    /// The URL that the names of rooms are put behind.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub url: Option<ServerUrl>,
    /// The id of the application, the issuer of tokens; `None` is without tokens.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub app_id: Option<String>,
    /// How tokens are signed.
    #[serde(deserialize_with = "values::from_str")]
    pub algorithm: TokenAlgorithm,
    /// The secret of the application.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub secret: Option<SharedSecret>,
    /// The file with the secret of the application.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub secret_file: Option<PathBuf>,
    /// The PEM file with the private key that signs tokens.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub key_file: Option<PathBuf>,
    /// The name of the key, in the header of tokens.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub key_id: Option<String>,
    /// The audience of tokens.
    #[serde(deserialize_with = "values::from_str")]
    pub audience: String,
    /// The domain of the rooms, the subject of tokens; `None` is the host of the URL.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub domain: Option<String>,
    /// What guests get.
    #[serde(deserialize_with = "values::from_str")]
    pub guests: JitsiGuests,
}

/// Meetings on BigBlueButton.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct BigBlueButton {
    /// The URL of the API, as `bbb-conf --secret` prints it.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub url: Option<ServerUrl>,
    /// The secret that `bbb-conf --secret` prints.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub secret: Option<SharedSecret>,
    /// The file with the secret.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub secret_file: Option<PathBuf>,
    /// The hash function of checksums.
    #[serde(deserialize_with = "values::from_str")]
    pub checksum: Checksum,
}

/// Meetings on LiveKit.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section, which begins with its name in brackets"
)]
pub struct LiveKit {
    /// The URL by which browsers reach the server.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub url: Option<ServerUrl>,
    /// The URL by which this program reaches the server; `None` is `url`.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub api_url: Option<ServerUrl>,
    /// The API key.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub api_key: Option<String>,
    /// The secret of the API key.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub secret: Option<SharedSecret>,
    /// The file with the secret.
    #[serde(deserialize_with = "values::optional_from_str")]
    pub secret_file: Option<PathBuf>,
}

impl Meeting {
    /// Checks the rules that tie the settings of meetings to each other.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let builtin = &self.builtin;
        let turn = builtin.ice_servers.iter().find(|server| server.is_turn());
        if let (Some(server), None) = (turn, &builtin.turn_secret) {
            return Err(ConfigError::Setting(format!(
                "meeting.builtin.ice_servers has {}, which needs credentials: set \
                 meeting.builtin.turn_secret to the secret of that server (static-auth-secret in \
                 coturn)",
                server.as_str()
            )));
        }
        Ok(())
    }
}

impl Default for Meeting {
    fn default() -> Self {
        Self {
            server: MeetingServer::default(),
            without_host: WithoutHost::default(),
            secret_file: None,
            host_stays_minutes: 240,
            builtin: Builtin::default(),
            template: Template::default(),
            jitsi: Jitsi::default(),
            bigbluebutton: BigBlueButton::default(),
            livekit: LiveKit::default(),
        }
    }
}

impl Default for Jitsi {
    fn default() -> Self {
        Self {
            url: None,
            app_id: None,
            algorithm: TokenAlgorithm::default(),
            secret: None,
            secret_file: None,
            key_file: None,
            key_id: None,
            audience: "jitsi".into(),
            domain: None,
            guests: JitsiGuests::default(),
        }
    }
}

impl Default for Builtin {
    fn default() -> Self {
        Self {
            max_people: 6,
            ice_servers: Vec::new(),
            turn_secret: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_server_needs_its_secret() {
        let mut meeting = Meeting::default();
        meeting.builtin.ice_servers = vec!["stun:a.example".parse().expect("a URL")];
        assert!(meeting.check().is_ok());
        let turn = "turn:b.example".parse().expect("a URL");
        meeting.builtin.ice_servers.push(turn);
        let error = meeting.check().expect_err("no secret").to_string();
        assert!(error.contains("turn:b.example"), "{error}");
        meeting.builtin.turn_secret = "north".parse().ok();
        assert!(meeting.check().is_ok());
    }
}
