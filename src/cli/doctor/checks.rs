use crate::config::{Config, PublicUrl};
use crate::meeting::handoff::{Finding, HandoffServer};
use crate::meeting::{self, HostSecret, SecretFile};
use crate::model::Timestamp;
use crate::server::{CertificateFault, CertificateReport, ServerError, StartParts};
use crate::store::{Check, Facts, examine};

/// A clock cannot be before this moment, in RFC 3339: the program was written after it.
const WRITTEN: &str = "2026-11-01T00:00:00Z";

/// Checks all that a valid configuration names.
pub(super) fn run(config: &Config) -> Vec<Check> {
    let examination = examine(&config.database.path.clone().into());
    let parts = StartParts::load(config);
    let mut checks = vec![configuration(&parts), public_url(config)];
    let parts = parts.ok();
    let report = parts.as_ref().and_then(StartParts::certificate_report);
    checks.extend(report.as_ref().map(certificate));
    checks.extend(examination.checks);
    if let Some(facts) = examination.facts {
        checks.push(clock(facts.latest, Timestamp::now()));
        checks.push(keys(facts, config.auth.required));
        checks.push(host_links(config, facts));
    }
    let server = parts.as_ref().and_then(StartParts::meeting_server);
    checks.extend(server.map(meeting_server).unwrap_or_default());
    checks
}

fn configuration(parts: &Result<StartParts, ServerError>) -> Check {
    match parts {
        Ok(_) => Check::ok("configuration", "valid"),
        Err(error) => Check::failed("configuration", error),
    }
}

fn certificate(report: &CertificateReport) -> Check {
    let name = "certificate";
    let faults: Vec<_> = report.faults.iter().map(ToString::to_string).collect();
    let faults = faults.join("; ");
    let is_rejected = |fault: &CertificateFault| matches!(fault, CertificateFault::Rejected(_));
    match report.valid_until {
        _ if report.faults.iter().any(is_rejected) => Check::failed(name, faults),
        _ if !report.faults.is_empty() => Check::warning(name, faults),
        Some(end) => Check::ok(name, format!("valid until {}", end.to_rfc3339())),
        None => Check::warning(
            name,
            "its dates cannot be read: get another one from its issuer",
        ),
    }
}

fn public_url(config: &Config) -> Check {
    let (name, listen) = ("public_url", config.server.listen);
    match &config.server.public_url {
        Some(url) => Check::ok(name, url),
        None if listen.ip().is_loopback() => {
            Check::ok(name, "not set, and only this machine can call")
        }
        None => Check::warning(
            name,
            format!(
                "not set: the url of every room begins with {}; set server.public_url",
                PublicUrl::from_address(config.tls.scheme(), listen)
            ),
        ),
    }
}

fn clock(latest: Option<Timestamp>, now: Timestamp) -> Check {
    let (name, shown) = ("clock", now.to_rfc3339());
    let written = Timestamp::parse(WRITTEN).expect("a date-time");
    let latest = latest.map_or(written, |latest| latest.max(written));
    if now < latest {
        let latest = latest.to_rfc3339();
        let found = format!("shows {shown}, which is before {latest}: set the clock");
        return Check::failed(name, found);
    }
    Check::ok(name, shown)
}

fn keys(facts: Facts, are_required: bool) -> Check {
    match (facts.valid_keys, are_required) {
        (_, false) => Check::warning(
            "keys",
            "not required: set auth.required = true before others use the server",
        ),
        (0, true) => Check::failed("keys", "none is valid: create one with `roomd key create`"),
        (1, true) => Check::ok("keys", "1 valid key"),
        (count, true) => Check::ok("keys", format!("{count} valid keys")),
    }
}

fn host_links(config: &Config, facts: Facts) -> Check {
    let (name, configured) = ("host links", config.meeting.secret_file.as_deref());
    let secret = meeting::secret_file(configured, &config.database.path);
    let file = secret.display();
    match HostSecret::examine(&secret) {
        Ok(SecretFile::Usable) => Check::ok(name, format!("their secret is in {file}")),
        Ok(SecretFile::Missing) if facts.has_host_links => Check::failed(
            name,
            format!(
                "some were given out, and the secret that made them is not in {file}: put it back \
                 before the next start, which makes another one and so revokes them"
            ),
        ),
        Ok(SecretFile::Missing) => Check::ok(
            name,
            format!("the next start makes their secret, in {file}"),
        ),
        Err(error) => Check::failed(name, error),
    }
}

/// Asks the server on which meetings take place, where it can be asked.
fn meeting_server(server: &HandoffServer) -> Vec<Check> {
    let name = "meeting server";
    let checks = server.check().into_iter().map(|found| match found {
        Finding::Fine(found) => Check::ok(name, found),
        Finding::Doubtful(found) => Check::warning(name, found),
        Finding::Wrong(found) => Check::failed(name, found),
    });
    checks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::CheckStatus;

    #[test]
    fn a_clock_is_behind_when_something_was_created_later() {
        for (latest, now, status) in [
            (None, "2027-01-01T00:00:00Z", CheckStatus::Ok),
            (
                Some("2027-01-01T00:00:00Z"),
                "2027-01-01T00:00:00Z",
                CheckStatus::Ok,
            ),
            (
                Some("2027-01-01T00:00:01Z"),
                "2027-01-01T00:00:00Z",
                CheckStatus::Failed,
            ),
            (None, "2026-01-01T00:00:00Z", CheckStatus::Failed),
        ] {
            let at = |text| Timestamp::parse(text).expect("a date-time");
            assert_eq!(
                clock(latest.map(at), at(now)).status,
                status,
                "{latest:?} {now}"
            );
        }
    }
}
