//! Calls to a meeting server.

use super::{Deadline, HandoffError};
use rustls::crypto::ring;
use rustls_native_certs::load_native_certs;
use std::io::ErrorKind;
use std::sync::Arc;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Error, RequestBuilder};

/// The longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;

/// Makes calls that follow no redirect, use no proxy, and end in time. Blocks the thread.
#[derive(Debug, Clone)]
pub(crate) struct Outbound(Agent);

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The status of HTTP.
    pub(super) status: u16,
    /// The body. What is not UTF-8 in it is replaced.
    pub(super) body: String,
}

impl Outbound {
    /// Returns a client that trusts the certificate authorities of this system, or those in the file
    /// that the environment variable `SSL_CERT_FILE` names.
    pub(crate) fn new() -> Self {
        let certificates = load_native_certs().certs;
        let certificates = certificates.iter();
        let certificates =
            certificates.map(|certificate| Certificate::from_der(certificate).to_owned());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::from(certificates))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .build();
        Self(config.into())
    }

    /// Gets what is at a URL.
    ///
    /// # Errors
    /// No whole answer before the deadline.
    pub(super) fn get(&self, url: &str, deadline: Deadline) -> Result<Answer, HandoffError> {
        self.call(self.0.get(url), deadline, RequestBuilder::call)
    }

    /// Posts JSON to a URL, with a token that says who calls.
    ///
    /// # Errors
    /// No whole answer before the deadline.
    pub(super) fn post_json(
        &self,
        url: &str,
        token: &str,
        body: &str,
        deadline: Deadline,
    ) -> Result<Answer, HandoffError> {
        let request = self.0.post(url);
        let request = request.header("Content-Type", "application/json");
        let request = request.header("Authorization", format!("Bearer {token}"));
        self.call(request, deadline, |request| request.send(body))
    }

    fn call<Kind>(
        &self,
        request: RequestBuilder<Kind>,
        deadline: Deadline,
        send: impl FnOnce(RequestBuilder<Kind>) -> Result<ureq::http::Response<ureq::Body>, Error>,
    ) -> Result<Answer, HandoffError> {
        let left = deadline.left()?;
        let request = request.config().timeout_global(Some(left)).build();
        let failed = |error| failure(error, deadline);
        let mut answer = send(request).map_err(failed)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES);
        let body = body.lossy_utf8(true).read_to_string().map_err(failed)?;
        Ok(Answer { status, body })
    }
}

fn failure(error: Error, deadline: Deadline) -> HandoffError {
    match error {
        Error::Timeout(_) => deadline.timed_out(),
        Error::Io(error) if error.kind() == ErrorKind::TimedOut => deadline.timed_out(),
        Error::BodyExceedsLimit(limit) => {
            HandoffError::Malformed(format!("it has over {limit} bytes"))
        }
        other => HandoffError::Unreachable(other.to_string()),
    }
}
