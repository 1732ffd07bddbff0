//! Asks a server for its health, as a client: it opens a connection, and the server reads its database
//! and writes to it.

use super::probe_failure;
use crate::config::{Config, PublicUrl, read_file};
use crate::model::text;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_native_certs::load_native_certs;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use ureq::http::StatusCode;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsConfigBuilder};
use ureq::{Agent, Error};

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 4096;

/// The most characters that are shown of what an answer says.
const MAX_SHOWN_CHARS: usize = 200;

/// How long a connection is kept for the next question: longer than the server keeps it.
const MAX_IDLE: Duration = Duration::from_secs(24 * 60 * 60);

/// A client of one server, which keeps its connection. Blocks the thread.
pub(crate) struct Probe {
    agent: Agent,
    url: String,
}

/// What a server that answers says about itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// Rooms can be found and created.
    Ready,
    /// The database cannot be read and written: a sentence.
    NotReady(String),
}

/// The reason why nothing is known about the health of a server: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProbeError {
    #[error("{url} does not answer: {reason}")]
    NoAnswer { url: String, reason: String },
    #[error(
        "{url} answers with status {status}, which is not the answer of roomd: does another program \
         listen there?"
    )]
    Foreign { url: String, status: StatusCode },
}

impl Probe {
    /// Returns a client of the server of this machine that listens on an address. It accepts every
    /// certificate: that of the server is for its public name, nobody is between the two, and
    /// nothing secret is sent.
    pub(crate) fn of_own(scheme: &str, listen: SocketAddr) -> Self {
        let url = PublicUrl::from_address(scheme, reachable(listen));
        let tls = TlsConfig::builder().disable_verification(true);
        Self::new(&url, tls)
    }

    /// Returns a client of the server at a URL. Its certificate must be valid for the URL, and come from an
    /// authority that this system trusts, or be the one of the settings, which may have signed itself.
    pub(crate) fn of_url(url: &PublicUrl, config: &Config) -> Self {
        let own = config.tls.certificate.as_deref();
        let own = own.and_then(|file| read_file(file).ok());
        let own = own.as_deref().unwrap_or_default();
        let own = CertificateDer::pem_slice_iter(own).filter_map(Result::ok);
        let all = load_native_certs().certs.into_iter().chain(own);
        let all = all.map(|certificate| Certificate::from_der(&certificate).to_owned());
        let tls = TlsConfig::builder().root_certs(RootCerts::from(all));
        Self::new(url, tls)
    }

    fn new(url: &PublicUrl, tls: TlsConfigBuilder) -> Self {
        let tls = tls.unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()));
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .proxy(None)
            .max_redirects(0)
            .max_idle_age(MAX_IDLE)
            .http_status_as_error(false)
            .user_agent(concat!("roomd/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: config.into(),
            url: format!("{url}/readyz"),
        }
    }

    /// Returns the URL that is asked.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Asks once.
    ///
    /// # Errors
    /// No whole answer within `timeout`; an answer that is not one of roomd.
    pub(crate) fn ask(&self, timeout: Duration) -> Result<Health, ProbeError> {
        let no_answer = |error| ProbeError::NoAnswer {
            url: self.url.clone(),
            reason: probe_failure::in_words(&error, timeout),
        };
        let request = self.agent.get(&self.url).config();
        let request = request.timeout_global(Some(timeout)).build();
        let mut answer = request.call().map_err(no_answer)?;
        let status = answer.status();
        let body = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES);
        let body = match body.lossy_utf8(true).read_to_string() {
            Ok(body) => body,
            Err(Error::BodyExceedsLimit(_)) => String::new(),
            Err(error) => return Err(no_answer(error)),
        };
        health(status, &body).ok_or_else(|| ProbeError::Foreign {
            url: self.url.clone(),
            status,
        })
    }
}

/// Returns what an answer says; None if it is not one of roomd.
fn health(status: StatusCode, body: &str) -> Option<Health> {
    let body: Value = serde_json::from_str(body).ok()?;
    match status {
        StatusCode::OK if body["status"] == "ready" => Some(Health::Ready),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE => {
            let details = body["details"].as_str()?;
            Some(Health::NotReady(text::shown(details, MAX_SHOWN_CHARS)))
        }
        _ => None,
    }
}

/// Returns the address at which this machine reaches a server: an unspecified one is every address.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answers_of_roomd_tell_its_health() {
        for (status, body, expected) in [
            (200, r#"{"status": "ready"}"#, Some(Health::Ready)),
            (200, r#"{"status": "alive"}"#, None),
            (200, "ready", None),
            (404, r#"{"status": "ready"}"#, None),
            (
                503,
                r#"{"code": 95, "details": "not now"}"#,
                Some(Health::NotReady("not now".into())),
            ),
            (503, "<h1>Bad gateway</h1>", None),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(health(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_server_of_every_address_is_asked_at_a_loopback_address() {
        for (listen, expected) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "[::1]:80"),
            ("192.0.2.1:80", "192.0.2.1:80"),
        ] {
            let listen = listen.parse().expect("an address");
            assert_eq!(reachable(listen).to_string(), expected);
        }
    }
}
