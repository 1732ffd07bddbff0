//! What the server itself has to tell on the page of metrics.

use super::connections::Connections;
use super::listener::Listener;
use super::tls::Certificate;
use crate::config::{self, read_file};
use crate::http::{self, AppState, MetricsAccess};
use crate::metrics::{Exposition, Source};
use crate::model::SharedSecret;
use actix_web::middleware::from_fn;
use actix_web::{App, web};
use std::io;
use std::sync::Arc;

/// The fewest characters of the token: nobody can try out all that have so many.
const MIN_TOKEN_CHARS: usize = 16;

/// The settings of the metrics cannot be used: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct MetricsError(String);

/// The certificate in use, if there is one.
#[derive(Debug)]
struct CertificateEnd(Option<Arc<Certificate>>);

impl Source for CertificateEnd {
    fn add_to(&self, page: &mut Exposition) {
        let end = self.0.as_ref().and_then(|it| it.report().valid_until);
        let end = end.and_then(|end| u64::try_from(end.as_unix()).ok());
        let name = "roomd_certificate_expiry_timestamp_seconds";
        let help = "When the first certificate of the chain to end ends, in seconds since 1970.";
        page.gauge(name, help).set_if_known(end);
    }
}

/// Returns the metrics of connections and certificate.
pub(super) fn sources(
    connections: &Arc<Connections>,
    certificate: Option<&Arc<Certificate>>,
) -> Vec<Arc<dyn Source>> {
    vec![
        connections.clone(),
        Arc::new(CertificateEnd(certificate.cloned())),
    ]
}

/// Returns who may read the metrics, as the settings say.
///
/// # Errors
/// Two tokens; a file that cannot be read; a token that can be guessed.
pub(super) fn access(settings: &config::Config) -> Result<MetricsAccess, MetricsError> {
    let token = token(&settings.metrics)?;
    // A listener of its own is no proxy's, whatever is in front of the other one.
    let is_behind_proxy = settings.metrics.listen.is_none()
        && (!settings.server.trusted_proxies.is_empty() || settings.needs_proxy());
    Ok(MetricsAccess::new(token.as_ref(), is_behind_proxy))
}

/// Serves the metrics alone, on a listener of their own.
///
/// # Errors
/// A socket that the system does not let the server use.
pub(super) fn serve(
    listener: Listener,
    state: &web::Data<AppState>,
) -> io::Result<actix_server::Server> {
    let state = state.clone();
    listener.serve(move || {
        let worker = state.metrics.workers.new_worker();
        App::new()
            .app_data(state.clone())
            .app_data(worker)
            .configure(http::metrics_route)
            .default_service(web::to(http::show_nothing_else))
            .wrap(from_fn(http::observe))
            .wrap(from_fn(http::answer))
    })
}

fn token(settings: &config::Metrics) -> Result<Option<SharedSecret>, MetricsError> {
    let (name, token) = match (&settings.token, &settings.token_file) {
        (Some(_), Some(_)) => {
            return Err(MetricsError(
                "metrics.token and metrics.token_file are two tokens: set one of them".into(),
            ));
        }
        (None, None) => return Ok(None),
        (Some(token), None) => ("metrics.token".to_owned(), token.clone()),
        (None, Some(path)) => {
            let name = format!("metrics.token_file names {}, which", path.display());
            let bytes = read_file(path)
                .map_err(|error| MetricsError(format!("{name} cannot be read: {error}")))?;
            let text = String::from_utf8(bytes).unwrap_or_default();
            let token = text.parse();
            let token = token.map_err(|_| MetricsError(format!("{name} has no text in it")))?;
            (name, token)
        }
    };
    let is_sendable = |byte: &u8| byte.is_ascii_graphic();
    if token.as_bytes().len() < MIN_TOKEN_CHARS || !token.as_bytes().iter().all(is_sendable) {
        return Err(MetricsError(format!(
            "{name} must have at least {MIN_TOKEN_CHARS} characters, all of them letters, digits or signs of \
             ASCII, so that it cannot be guessed and fits into a header: make one with openssl rand -hex 32"
        )));
    }
    Ok(Some(token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn error(settings: &config::Metrics) -> String {
        let error = token(settings).expect_err("an error");
        error.to_string()
    }

    #[test]
    fn a_token_is_in_one_place_and_cannot_be_guessed() {
        let mut settings = config::Metrics::default();
        assert_eq!(token(&settings).expect("no token"), None);
        settings.token = "0123456789abcdef".parse().ok();
        assert_eq!(token(&settings).expect("a token"), settings.token);
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("token");
        settings.token_file = Some(file.clone());
        assert!(error(&settings).contains("two tokens"));
        let expected = settings.token.take();
        assert!(error(&settings).contains("cannot be read"));
        fs::write(&file, " \n").expect("a file");
        assert!(error(&settings).contains("no text"));
        fs::write(&file, "0123456789abcdef\n").expect("a file");
        assert_eq!(token(&settings).expect("a token"), expected);
        for text in ["0123456789abcde", "0123456789 abcdef"] {
            fs::write(&file, text).expect("a file");
            assert!(error(&settings).contains("at least 16"), "{text}");
        }
    }

    #[test]
    fn the_end_of_the_certificate_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
        let made = made.expect("a certificate");
        let settings = config::Tls {
            certificate: Some(folder.path().join("certificate.pem")),
            key: Some(folder.path().join("key.pem")),
        };
        let texts = [made.cert.pem(), made.signing_key.serialize_pem()];
        for (file, text) in [&settings.certificate, &settings.key]
            .into_iter()
            .zip(texts)
        {
            fs::write(file.as_ref().expect("a name"), text).expect("a file");
        }
        let certificate = Certificate::load(&settings, None).expect("a certificate");
        let mut page = Exposition::default();
        CertificateEnd(certificate).add_to(&mut page);
        // The end that rcgen gives by default: the first second of the year 4096.
        let value = "roomd_certificate_expiry_timestamp_seconds 67090118400";
        let text = page.into_text();
        assert!(text.lines().any(|line| line.starts_with(value)), "{text}");
    }
}
