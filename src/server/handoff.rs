//! The hand-off to a meeting server, as the settings say.

#[cfg(test)]
mod tests;

use crate::config::{self, read_file};
use crate::meeting::handoff::{
    BigBlueButton, HandoffServer, Handoffs, Jitsi, JitsiTokens, LiveKit, Outbound, SigningKey,
    Template,
};
use crate::model::{JitsiGuests, MeetingServer, Placeholder, SharedSecret, TokenAlgorithm};
use std::path::Path;
use std::time::Duration;

/// The settings of a meeting server do not go together, or name a file that cannot be used: a sentence
/// for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct MeetingServerError(String);

type Result<T> = std::result::Result<T, MeetingServerError>;

/// Returns the way to the meeting server, if there is one.
///
/// # Errors
/// Those of [`handoff_server`].
pub(super) fn handoffs(settings: &config::Meeting) -> Result<Option<Handoffs>> {
    let server = handoff_server(settings)?;
    let host_stays = Duration::from_secs(60 * u64::from(settings.host_stays_minutes));
    Ok(server.map(|server| Handoffs::new(server, settings.without_host, host_stays)))
}

/// Returns the meeting server that people are sent to; None if meetings take place here or nowhere.
///
/// # Errors
/// Settings that are missing or contradict each other; a file that cannot be read.
pub(crate) fn handoff_server(settings: &config::Meeting) -> Result<Option<HandoffServer>> {
    Ok(match settings.server {
        MeetingServer::Builtin | MeetingServer::None => None,
        MeetingServer::Template => Some(HandoffServer::Template(template(&settings.template)?)),
        MeetingServer::Jitsi => Some(HandoffServer::Jitsi(jitsi(&settings.jitsi)?)),
        MeetingServer::BigBlueButton => Some(HandoffServer::BigBlueButton(big_blue_button(
            &settings.bigbluebutton,
        )?)),
        MeetingServer::LiveKit => Some(HandoffServer::LiveKit(livekit(&settings.livekit)?)),
    })
}

fn template(settings: &config::Template) -> Result<Template> {
    let section = Section("meeting.template");
    let template = Template {
        host_url: section.needs("host_url", settings.host_url.clone())?,
        guest_url: section.needs("guest_url", settings.guest_url.clone())?,
        token: match &settings.token_claims {
            None if settings.token_secret.is_some()
                || settings.token_secret_file.is_some()
                || settings.token_key_file.is_some() =>
            {
                return Err(section.error(
                    "token_claims",
                    "must be set, because there is a key to sign a token with",
                ));
            }
            None => None,
            Some(claims) => {
                let key = section.key(
                    "token_",
                    settings.token_algorithm,
                    (
                        settings.token_secret.as_ref(),
                        settings.token_secret_file.as_deref(),
                    ),
                    settings.token_key_file.as_deref(),
                    settings.token_key_id.clone(),
                )?;
                Some((claims.clone(), key))
            }
        },
    };
    let urls = [
        ("host_url", &template.host_url),
        ("guest_url", &template.guest_url),
    ];
    for (name, url) in urls {
        if url.is_plain_http() && !settings.allow_http {
            return Err(section.error(
                name,
                "is without TLS, so that others on the network can read what is in it: use https, or \
                 set meeting.template.allow_http = true",
            ));
        }
        if url.contains(Placeholder::Jwt) && template.token.is_none() {
            return Err(section.error(
                name,
                "has {jwt}: set meeting.template.token_claims to the claims of that token",
            ));
        }
    }
    let needs_token = urls.iter().any(|(_, url)| url.contains(Placeholder::Jwt));
    if template.token.is_some() && !needs_token {
        return Err(section.error(
            "token_claims",
            "is set, but neither meeting.template.host_url nor meeting.template.guest_url has {jwt}, where \
             the token is to be",
        ));
    }
    Ok(template)
}

fn jitsi(settings: &config::Jitsi) -> Result<Jitsi> {
    let section = Section("meeting.jitsi");
    let url = section.needs("url", settings.url.clone())?;
    if !url.as_str().starts_with("http") {
        return Err(section.error("url", "must begin with https:// or, for a test, http://"));
    }
    let has_key =
        settings.secret.is_some() || settings.secret_file.is_some() || settings.key_file.is_some();
    let tokens = match &settings.app_id {
        None if has_key || settings.guests == JitsiGuests::Token => {
            return Err(section.error(
                "app_id",
                "must be set for tokens: it is the app_id of Prosody (JWT_APP_ID of docker-jitsi-meet)",
            ));
        }
        None => None,
        Some(app_id) => Some(JitsiTokens {
            key: section.key(
                "",
                settings.algorithm,
                (settings.secret.as_ref(), settings.secret_file.as_deref()),
                settings.key_file.as_deref(),
                settings.key_id.clone(),
            )?,
            app_id: app_id.clone(),
            audience: settings.audience.clone(),
            domain: settings.domain.clone().unwrap_or_else(|| url.host()),
            guests: settings.guests,
        }),
    };
    Ok(Jitsi { url, tokens })
}

fn big_blue_button(settings: &config::BigBlueButton) -> Result<BigBlueButton> {
    let section = Section("meeting.bigbluebutton");
    Ok(BigBlueButton {
        url: section.needs("url", settings.url.clone())?,
        secret: section.secret(
            "secret",
            settings.secret.as_ref(),
            settings.secret_file.as_deref(),
        )?,
        checksum: settings.checksum,
        outbound: Outbound::new(),
    })
}

fn livekit(settings: &config::LiveKit) -> Result<LiveKit> {
    let section = Section("meeting.livekit");
    let url = section.needs("url", settings.url.clone())?;
    let secret = section.secret(
        "secret",
        settings.secret.as_ref(),
        settings.secret_file.as_deref(),
    )?;
    Ok(LiveKit {
        api_url: settings.api_url.clone().unwrap_or_else(|| url.clone()),
        url,
        api_key: section.needs("api_key", settings.api_key.clone())?,
        key: SigningKey::from_secret(TokenAlgorithm::Hs256, &secret, None),
        outbound: Outbound::new(),
    })
}

/// A section of the settings, for messages.
#[derive(Clone, Copy)]
struct Section(&'static str);

impl Section {
    fn error(self, key: &str, what: &str) -> MeetingServerError {
        MeetingServerError(format!("{}.{key} {what}", self.0))
    }

    fn needs<T>(self, key: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| {
            let server = self.0.trim_start_matches("meeting.");
            self.error(
                key,
                &format!("must be set for meeting.server = \"{server}\""),
            )
        })
    }

    /// Returns a secret that is in the settings or in a file. White space around it is not part of it.
    fn secret(
        self,
        key: &str,
        value: Option<&SharedSecret>,
        file: Option<&Path>,
    ) -> Result<SharedSecret> {
        match (value, file) {
            (Some(_), Some(_)) => Err(self.error(
                key,
                &format!("and {}.{key}_file are two secrets: set one of them", self.0),
            )),
            (Some(secret), None) => Ok(secret.clone()),
            (None, Some(path)) => self.read_secret(&format!("{key}_file"), path),
            (None, None) => Err(self.error(key, &format!("or {}.{key}_file must be set", self.0))),
        }
    }

    fn read_secret(self, key: &str, path: &Path) -> Result<SharedSecret> {
        let bytes = self.read(key, path)?;
        let text = String::from_utf8(bytes).ok();
        let secret = text.and_then(|text| text.trim().parse().ok());
        secret.ok_or_else(|| {
            self.error(
                key,
                &format!("names {}, which has no text in it", path.display()),
            )
        })
    }

    /// Returns the key that signs tokens: a secret, or a private key for an algorithm that needs one.
    fn key(
        self,
        prefix: &str,
        algorithm: TokenAlgorithm,
        secret: (Option<&SharedSecret>, Option<&Path>),
        key_file: Option<&Path>,
        key_id: Option<String>,
    ) -> Result<SigningKey> {
        let key_name = format!("{prefix}key_file");
        if algorithm == TokenAlgorithm::Rs256 {
            let path = key_file.ok_or_else(|| {
                self.error(
                    &key_name,
                    &format!("must be set for {prefix}algorithm = \"RS256\""),
                )
            })?;
            let pem = self.read(&key_name, path)?;
            return SigningKey::from_pem(&pem, key_id).map_err(|error| {
                self.error(&key_name, &format!("names {}: {error}", path.display()))
            });
        }
        if key_file.is_some() {
            return Err(self.error(
                &key_name,
                "is for RS256: set that algorithm, or no key file",
            ));
        }
        let secret = self.secret(&format!("{prefix}secret"), secret.0, secret.1)?;
        Ok(SigningKey::from_secret(algorithm, &secret, key_id))
    }

    fn read(self, key: &str, path: &Path) -> Result<Vec<u8>> {
        read_file(path).map_err(|error| {
            self.error(
                key,
                &format!("names {}, which cannot be read: {error}", path.display()),
            )
        })
    }
}
