//! Why a server does not answer, in words for the operator.

use crate::model::text;
use rustls::CertificateError;
use std::io::{self, ErrorKind};
use std::time::Duration;
use ureq::Error;

/// The most characters that are shown of what the system or a library says.
const MAX_SHOWN_CHARS: usize = 200;

/// Returns what went wrong and what to do, as the end of "the server does not answer: ". The call was
/// allowed to take `timeout`.
pub(super) fn in_words(error: &Error, timeout: Duration) -> String {
    match error {
        Error::Timeout(_) => timed_out(timeout),
        Error::Io(error) if error.kind() == ErrorKind::TimedOut => timed_out(timeout),
        Error::HostNotFound => no_such_name("no address is known for it"),
        Error::Io(error) => io_in_words(error),
        Error::Rustls(error) => tls_in_words(error),
        error => shown(&error.to_string()),
    }
}

fn timed_out(timeout: Duration) -> String {
    format!(
        "no whole answer came within {} seconds: see the log of the server, or whether a firewall is \
         between",
        timeout.as_secs()
    )
}

fn no_such_name(reason: &str) -> String {
    format!("its name leads nowhere ({reason}): check the name, and the DNS of this machine")
}

fn io_in_words(error: &io::Error) -> String {
    let inner = error.get_ref();
    if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return tls_in_words(tls);
    }
    let shown = shown(&error.to_string());
    match error.kind() {
        ErrorKind::ConnectionRefused => {
            "nothing listens there: start the server, or name its URL with --url".into()
        }
        ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof => {
            format!("it closed the connection ({shown}): is the URL right, http or https?")
        }
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            format!("there is no way to it ({shown}): check the network")
        }
        _ if shown.contains("lookup") => no_such_name(&shown),
        _ => shown,
    }
}

fn tls_in_words(error: &rustls::Error) -> String {
    use CertificateError as Fault;

    let fault = match error {
        rustls::Error::InvalidCertificate(fault) => fault,
        rustls::Error::InvalidMessage(_) => {
            return "it does not speak TLS: is its URL one with http?".into();
        }
        error => return format!("TLS failed ({})", shown(&error.to_string())),
    };
    let reason = match fault {
        Fault::UnknownIssuer | Fault::BadSignature => {
            "comes from no authority that this system trusts"
        }
        Fault::Expired | Fault::ExpiredContext { .. } => "has expired",
        Fault::NotValidYet | Fault::NotValidYetContext { .. } => "is not valid yet",
        Fault::NotValidForName | Fault::NotValidForNameContext { .. } => "is for another name",
        _ => {
            return format!(
                "its certificate is rejected ({})",
                shown(&error.to_string())
            );
        }
    };
    format!("its certificate {reason}: `roomd doctor` on that machine says more")
}

fn shown(said: &str) -> String {
    text::shown(&text::on_one_line(said), MAX_SHOWN_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_says_what_to_do_in_words() {
        let io = |kind: ErrorKind| Error::Io(kind.into());
        let certificate = |fault| Error::Rustls(rustls::Error::InvalidCertificate(fault));
        let tls = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        for (error, expected) in [
            (Error::HostNotFound, "its name leads nowhere"),
            (io(ErrorKind::TimedOut), "within 3 seconds"),
            (io(ErrorKind::ConnectionRefused), "start the server"),
            (io(ErrorKind::ConnectionReset), "http or https?"),
            (io(ErrorKind::HostUnreachable), "check the network"),
            (Error::Io(io::Error::other(tls)), "no authority"),
            (certificate(CertificateError::Expired), "has expired"),
            (
                certificate(CertificateError::NotValidForName),
                "another name",
            ),
        ] {
            let words = in_words(&error, Duration::from_secs(3));
            assert!(words.contains(expected), "{words}");
            assert!(
                !words.contains("io: ") && !words.contains("global"),
                "{words}"
            );
        }
    }
}
