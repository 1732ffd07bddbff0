use super::disk;
use crate::config::{Config, PublicUrl};
use crate::model::Timestamp;
use crate::server;
use crate::store::{Examination, SqliteBuild, examine};
use serde::Serialize;
use std::path::Path;

/// Less than this is not enough for the write-ahead log and what grows beside it, in bytes.
const LITTLE_SPACE: u64 = 128 << 20;

/// Less than this should be looked after, in bytes.
const SOME_SPACE: u64 = 1 << 30;

/// The clock cannot be before this program was written, in RFC 3339.
const WRITTEN: &str = "2026-11-01T00:00:00Z";

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Ok,
    /// It works, and should not stay so.
    Warning,
    Failed,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// What was looked at, and how it is.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) status: Status,
    /// What was found and, unless that is well, what to do.
    pub(super) found: String,
}

impl Check {
    fn ok(name: &'static str, found: impl ToString) -> Self {
        Self::new(name, Status::Ok, found)
    }

    fn warning(name: &'static str, found: impl ToString) -> Self {
        Self::new(name, Status::Warning, found)
    }

    pub(super) fn failed(name: &'static str, found: impl ToString) -> Self {
        Self::new(name, Status::Failed, found)
    }

    fn new(name: &'static str, status: Status, found: impl ToString) -> Self {
        let found = found.to_string();
        Self {
            name,
            status,
            found,
        }
    }
}

/// Checks everything that can be checked with settings that are valid.
pub(super) fn run(config: &Config) -> Vec<Check> {
    let path = &config.database.path;
    let mut checks = vec![
        configuration(config),
        public_url(config),
        sqlite(),
        file_system(path),
        free_space(path),
    ];
    match examine(&path.clone().into()) {
        Ok(found) => {
            checks.push(Check::ok("database", path.display()));
            checks.push(permissions(path));
            checks.extend(contents(&found, config));
        }
        Err(error) if path.exists() => checks.push(Check::failed("database", error)),
        Err(_) => checks.push(Check::failed(
            "database",
            format!(
                "there is none at {}: `roomd serve` makes one, --database names another",
                path.display()
            ),
        )),
    }
    checks
}

fn configuration(config: &Config) -> Check {
    match server::check_certificate(&config.tls) {
        Ok(()) => Check::ok("configuration", "valid"),
        Err(error) => Check::failed("configuration", error),
    }
}

fn public_url(config: &Config) -> Check {
    let (name, listen) = ("public_url", config.server.listen);
    match &config.server.public_url {
        Some(url) => Check::ok(name, url),
        None if listen.ip().is_loopback() => {
            Check::ok(name, "not set, and only this machine calls")
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

fn sqlite() -> Check {
    let linked = SqliteBuild::linked();
    if linked.is_safe {
        return Check::ok("sqlite", linked.text);
    }
    Check::failed(
        "sqlite",
        format!(
            "{} can lose what was committed: build with 3.51.3 or newer",
            linked.text
        ),
    )
}

fn file_system(database: &Path) -> Check {
    const NAME: &str = "file system";
    match disk::file_system(database) {
        None => Check::ok(NAME, "of a kind that this system does not tell"),
        Some(kind) if disk::is_remote(&kind) => Check::failed(
            NAME,
            format!(
                "{kind} is shared between machines, which breaks the write-ahead log: use a local disk"
            ),
        ),
        Some(kind) => Check::ok(NAME, kind),
    }
}

fn free_space(database: &Path) -> Check {
    const NAME: &str = "free space";
    let Some(free) = disk::free_bytes(database) else {
        return Check::ok(NAME, "not told by this system");
    };
    let found = format!("{} MiB", free >> 20);
    match free {
        0..LITTLE_SPACE => Check::failed(NAME, format!("{found}: soon nothing can be written")),
        LITTLE_SPACE..SOME_SPACE => Check::warning(NAME, format!("{found}: make more room")),
        SOME_SPACE.. => Check::ok(NAME, found),
    }
}

fn permissions(database: &Path) -> Check {
    const NAME: &str = "permissions";
    if let Err(place) = disk::check_writable(database) {
        return Check::failed(
            NAME,
            format!("{} cannot be written by this user", place.display()),
        );
    }
    if disk::is_open_to_others(database) {
        return Check::warning(
            NAME,
            format!(
                "others can read {0}: run `chmod 600 {0}`",
                database.display()
            ),
        );
    }
    Check::ok(NAME, "this user alone reads and writes")
}

fn contents(found: &Examination, config: &Config) -> [Check; 5] {
    [
        schema(found),
        write_ahead_log(found),
        integrity(found),
        clock(found, Timestamp::now()),
        keys(found, config.auth.required),
    ]
}

fn schema(found: &Examination) -> Check {
    let (name, version, newest) = ("schema", found.schema, found.newest_schema);
    if version > newest {
        let message =
            format!("version {version}, known are versions up to {newest}: use a newer roomd");
        Check::failed(name, message)
    } else if version < newest {
        Check::warning(
            name,
            format!("version {version}: the next start makes it {newest}"),
        )
    } else {
        Check::ok(name, format!("version {version}"))
    }
}

fn write_ahead_log(found: &Examination) -> Check {
    let name = "write-ahead log";
    match found.journal_mode.as_str() {
        "wal" => Check::ok(name, "on"),
        // As in a backup that was put back and has not been served yet.
        mode => Check::warning(name, format!("off ({mode}): the next start turns it on")),
    }
}

fn integrity(found: &Examination) -> Check {
    match &found.fault {
        None => Check::ok("integrity", "every page, index and reference is well"),
        Some(fault) => Check::failed("integrity", format!("{fault}: put a backup back")),
    }
}

fn clock(found: &Examination, now: Timestamp) -> Check {
    let (name, shown) = ("clock", now.to_rfc3339());
    let written = Timestamp::parse(WRITTEN).expect("a date-time");
    let latest = found.latest.map_or(written, |latest| latest.max(written));
    if now < latest {
        let latest = latest.to_rfc3339();
        return Check::failed(
            name,
            format!("shows {shown}, which is before {latest}: set it right"),
        );
    }
    Check::ok(name, shown)
}

fn keys(found: &Examination, are_required: bool) -> Check {
    match (found.valid_keys, are_required) {
        (_, false) => Check::warning(
            "keys",
            "none is asked for: set auth.required for use by others",
        ),
        (0, true) => Check::failed("keys", "none is in force: make one with `roomd key create`"),
        (count, true) => Check::ok("keys", format!("{count} in force")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Examination {
        Examination {
            schema: 1,
            newest_schema: 1,
            journal_mode: "wal".into(),
            fault: None,
            latest: None,
            valid_keys: 1,
        }
    }

    #[test]
    fn a_clock_is_behind_when_something_was_made_later() {
        let at = |text| Timestamp::parse(text).expect("a date-time");
        let now = at("2027-01-01T00:00:00Z");
        let with = |latest| Examination {
            latest: Some(at(latest)),
            ..found()
        };
        assert_eq!(clock(&found(), now).status, Status::Ok);
        assert_eq!(clock(&with("2027-01-01T00:00:00Z"), now).status, Status::Ok);
        assert_eq!(
            clock(&with("2027-01-01T00:00:01Z"), now).status,
            Status::Failed
        );
        assert_eq!(
            clock(&found(), at("2026-01-01T00:00:00Z")).status,
            Status::Failed
        );
    }

    #[test]
    fn a_schema_may_be_older_and_not_newer() {
        let with = |schema| Examination {
            schema,
            newest_schema: 2,
            ..found()
        };
        let statuses = [1, 2, 3].map(|version| schema(&with(version)).status);
        assert_eq!(statuses, [Status::Warning, Status::Ok, Status::Failed]);
    }
}
