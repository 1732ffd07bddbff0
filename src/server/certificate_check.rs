//! What clients will find wrong with a certificate, or soon will.

use crate::config::PublicUrl;
use crate::model::Timestamp;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use std::time::Duration;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Version;

/// The time before the end of a certificate from which its end is reported. (Tuning: usual programs
/// renew a certificate 30 days before its end, so this one has failed for two weeks.)
const RENEWAL_TIME: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// What is known about the certificates of a server that can be used.
#[derive(Debug)]
pub struct CertificateReport {
    /// The end of the first certificate of the chain to end; none if a certificate cannot be read.
    pub valid_until: Option<Timestamp>,
    /// Everything that is wrong.
    pub faults: Vec<CertificateFault>,
}

/// Something that is wrong with a certificate: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFault {
    /// Clients reject the certificate now.
    #[error("{0}")]
    Rejected(String),
    /// Clients will reject the certificate soon, or reject it at some addresses.
    #[error("{0}")]
    Warning(String),
}

/// Returns what is wrong with the chain in a file. `url` is the URL by which clients reach the server,
/// if it is known.
pub(super) fn check(
    file: &str,
    chain: &[CertificateDer<'_>],
    url: Option<&PublicUrl>,
    now: Timestamp,
) -> CertificateReport {
    let parsed = chain
        .iter()
        .map_while(|der| X509Certificate::from_der(der).ok());
    let mut report = CertificateReport {
        valid_until: None,
        faults: Vec::new(),
    };
    for (index, (_, certificate)) in parsed.enumerate() {
        let validity = certificate.validity();
        let [start, end] = [validity.not_before, validity.not_after]
            .map(|time| Timestamp::from_unix(time.timestamp()));
        if report.valid_until.is_none_or(|earliest| end < earliest) {
            report.valid_until = Some(end);
        }
        let which = match index {
            0 => format!("the certificate in {file}"),
            _ => format!("certificate {} of the chain in {file}", index + 1),
        };
        report
            .faults
            .extend(check_validity(&which, start, end, now));
    }
    report
        .faults
        .extend(chain.first().and_then(|der| check_purpose(file, der)));
    let name = chain.first().zip(url);
    report
        .faults
        .extend(name.and_then(|(der, url)| check_name(file, der, url)));
    report
}

fn check_validity(
    which: &str,
    start: Timestamp,
    end: Timestamp,
    now: Timestamp,
) -> Option<CertificateFault> {
    let renewal = i64::try_from(RENEWAL_TIME.as_secs()).unwrap_or(i64::MAX);
    if now > end {
        let end = end.to_rfc3339();
        return Some(CertificateFault::Rejected(format!(
            "{which} expired on {end}: clients reject it, renew it"
        )));
    }
    if now < start {
        let start = start.to_rfc3339();
        return Some(CertificateFault::Rejected(format!(
            "{which} is not valid before {start}: clients reject it, check the clock and the \
             certificate"
        )));
    }
    if end.as_unix() - now.as_unix() < renewal {
        let end = end.to_rfc3339();
        return Some(CertificateFault::Warning(format!(
            "{which} expires on {end}: renew it"
        )));
    }
    None
}

/// Looks for a certificate that is made for other purposes than a server, as one for clients is.
fn check_purpose(file: &str, der: &CertificateDer<'_>) -> Option<CertificateFault> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let purposes = certificate.extended_key_usage().ok()??.value;
    if purposes.server_auth || purposes.any {
        return None;
    }
    Some(CertificateFault::Warning(format!(
        "the certificate in {file} is not for servers (its extendedKeyUsage lacks serverAuth), and \
         clients reject it: get one for a server from its issuer"
    )))
}

fn check_name(file: &str, der: &CertificateDer<'_>, url: &PublicUrl) -> Option<CertificateFault> {
    let host = url.host();
    let certificate = ParsedCertificate::try_from(der).ok()?;
    let name = ServerName::try_from(host.as_str()).ok()?;
    verify_server_name(&certificate, &name).err()?;
    Some(CertificateFault::Warning(format!(
        "the certificate in {file} is not valid for {host}, the host of server.public_url: get one \
         with this name in subjectAltName, or correct server.public_url"
    )))
}

/// Returns why a certificate cannot be used, as the end of a sentence.
pub(super) fn unusable_reason(der: &CertificateDer<'_>) -> String {
    match X509Certificate::from_der(der) {
        Ok((_, certificate)) if certificate.version() != X509Version::V3 => format!(
            "is an X.509 version {} certificate, which clients reject: get one of version 3, with the \
             host in subjectAltName",
            certificate.version().0.saturating_add(1)
        ),
        Ok(_) => "is whole, but has an extension or a key that is not supported here: get another \
                  one from its issuer"
            .to_owned(),
        Err(_) => "is damaged: get it from its issuer again".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_validity_is_compared_with_the_clock() {
        let at = |text| Timestamp::parse(text).expect("a date-time");
        let [start, end] = ["2026-11-01T00:00:00Z", "2026-12-31T00:00:00Z"].map(at);
        for (now, expected) in [
            ("2026-10-31T23:59:59Z", "rejected"),
            ("2026-11-01T00:00:00Z", "none"),
            ("2026-12-17T00:00:00Z", "none"),
            ("2026-12-17T00:00:01Z", "warning"),
            ("2026-12-31T00:00:00Z", "warning"),
            ("2026-12-31T00:00:01Z", "rejected"),
        ] {
            let found = match check_validity("it", start, end, at(now)) {
                None => "none",
                Some(CertificateFault::Warning(_)) => "warning",
                Some(CertificateFault::Rejected(_)) => "rejected",
            };
            assert_eq!(found, expected, "{now}");
        }
    }
}
