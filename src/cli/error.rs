//! The errors of all verbs, with the text and the exit code that the operator gets.

use super::output::{OutputError, counted};
use crate::config::ConfigError;
use crate::meeting::SecretError;
use crate::meeting::handoff::HandoffError;
use crate::model::AccessKey;
use crate::server::{MeetingServerError, ProbeError, ServerError};
use crate::store::{self, BackupError, Location, OpenError, ThreadError};
use std::io;
use std::path::{Path, PathBuf};

/// The exit code for a verb that failed.
const FAILED: u8 = 1;

/// The exit code for a wrong command line, which clap uses too.
const WRONG_USAGE: u8 = 2;

/// The exit code of `status` where no server runs.
const NO_SERVER: u8 = 3;

/// The reason why a verb failed: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{0}{next}", next = next_step(.0))]
    Store(#[from] store::Error),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("the backup {} did not pass the check: {reason}", path.display())]
    BadBackup { path: PathBuf, reason: String },
    #[error("{}", failed_checks(*failed, *warnings))]
    ChecksFailed { failed: usize, warnings: usize },
    #[error(transparent)]
    Probe(#[from] ProbeError),
    #[error("{url} answers: not ready: {reason}")]
    NotReady { url: String, reason: String },
    #[error(
        "server.listen has port 0, so that the server has another port after each start: name its URL \
         with --url"
    )]
    UnknownPort,
    #[error("server.public_url is not set: set it, or name the URL with --url")]
    NoPublicUrl,
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    DemoKey(#[from] DemoKeyError),
    #[error(transparent)]
    HostSecret(#[from] SecretError),
    #[error(
        "{email} has no room: register the user with `roomd user add` if need be, then get or create \
         the room with POST {path}"
    )]
    NoRoom { email: String, path: String },
    #[error(
        "no host link was created, because {} is missing, the file with the secret of the host links that \
         were given out: put it back; if it is lost, restart the server, which creates another secret and \
         so ends all of those links",
        .0.display()
    )]
    LostHostSecret(PathBuf),
    #[error("no user is registered with the e-mail address, username or GUID \"{0}\"")]
    NoUser(String),
    #[error(
        "there is no room \"{0}\": name it by its GUID, its URL, the end of the URL, or by the e-mail \
         address, username or GUID of its owner"
    )]
    UnknownRoom(String),
    #[error("the words to search for {0}")]
    BadSearch(String),
    #[error("nothing was changed, because there is no terminal to ask on: --yes is needed to {0}")]
    Unconfirmed(String),
    #[error("nothing was changed")]
    Declined,
    #[error("say what is to change, such as --name: `roomd user update --help` lists what can")]
    NoChange,
    #[error("no server uses the database {0}")]
    NoServer(Location),
    #[error("cannot read the folder {}: {reason}", folder.display())]
    Folder { folder: PathBuf, reason: io::Error },
    #[error("cannot write {}: {reason}", file.display())]
    Write { file: PathBuf, reason: io::Error },
    #[error(transparent)]
    MeetingServer(#[from] MeetingServerError),
    #[error(transparent)]
    Handoff(#[from] HandoffError),
    #[error(
        "meeting.server = \"{0}\" sends people to no other server: open the link of the room in a browser \
         to try it"
    )]
    NoMeetingServer(&'static str),
    #[error("cannot create a temporary folder: {0}")]
    TemporaryFolder(io::Error),
    #[error(transparent)]
    Thread(#[from] ThreadError),
    #[error(
        "this process cannot open the files that every command needs ({0}): raise the limit on open \
         files (`ulimit -n`, or LimitNOFILE of systemd)"
    )]
    TooFewFiles(io::Error),
    #[error("the start failed, which is a fault of roomd: {0}")]
    StartPanicked(String),
    #[error("cannot handle signals: {0}")]
    Signals(io::Error),
    #[error(transparent)]
    Output(#[from] OutputError),
    #[error(
        "no key was created, because stdout is closed or the null device and nobody would get its \
         secret: let stdout be a terminal, a file or a pipe"
    )]
    NoReaderOfKey,
    #[error("{done}, but not reported: {reason}")]
    Unreported { done: String, reason: OutputError },
    #[error(
        "the new key {} could not be shown ({reason}) and {}",
        .access_key.as_str(),
        fate(.access_key, .still_valid.as_ref())
    )]
    UnprintedKey {
        access_key: AccessKey,
        reason: OutputError,
        /// Why the key could not be revoked; None if it was.
        still_valid: Option<store::Error>,
    },
}

impl CliError {
    /// Returns the exit code of the process; none if the error is no failure: the reader of stdout
    /// has closed it.
    pub(super) fn exit_code(&self) -> Option<u8> {
        match self {
            Self::Output(reason) | Self::Unreported { reason, .. } if reason.is_closed() => None,
            Self::Config(ConfigError::Flag(_))
            | Self::BadSearch(_)
            | Self::NoChange
            | Self::Unconfirmed(_) => Some(WRONG_USAGE),
            Self::NoServer(_) => Some(NO_SERVER),
            _ => Some(FAILED),
        }
    }
}

/// The reason why a demo has no key: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub(super) enum DemoKeyError {
    #[error("--key {0}: must be ACCESS:SECRET, each of letters, digits, - and _, or a file")]
    Form(String),
    #[error("{} holds no key: it must hold ACCESS:SECRET, or what `roomd key create --json` prints", .0.display())]
    Content(PathBuf),
    #[error("cannot use the key file {}: {reason}", file.display())]
    File { file: PathBuf, reason: io::Error },
}

/// The reason why the users of a CSV file were not registered or changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ImportError {
    #[error("cannot read {}: {reason}", file.display())]
    Unreadable { file: PathBuf, reason: io::Error },
    #[error("nothing was {done}: fix the file and try again{}", listed(file, rows))]
    BadRows {
        file: PathBuf,
        rows: Vec<BadRow>,
        /// What was to be done with the file: imported, or synchronized.
        done: &'static str,
    },
}

/// A row of a CSV file from which no user can be registered.
#[derive(Debug)]
pub(super) struct BadRow {
    /// The line on which the row starts, from 1.
    pub(super) line: u64,
    /// Everything that is wrong with the row.
    pub(super) message: String,
}

fn listed(file: &Path, rows: &[BadRow]) -> String {
    let file = file.display();
    let lines = rows
        .iter()
        .map(|BadRow { line, message }| format!("\n{file}, line {line}: {message}"));
    lines.collect()
}

/// What the operator can do about an error of the database, as the end of its sentence.
fn next_step(error: &store::Error) -> &'static str {
    match error {
        store::Error::Busy => ": another program has locked it, try again later",
        store::Error::DiskFull => ": free some space and try again",
        _ => "",
    }
}

/// What became of a key whose secret is lost, as the end of a sentence.
fn fate(access_key: &AccessKey, still_valid: Option<&store::Error>) -> String {
    match still_valid {
        None => "was revoked again: make stdout writable and create another".into(),
        Some(error) => format!(
            "is still valid, because {error}: revoke it with `roomd key revoke {}`",
            access_key.as_str()
        ),
    }
}

fn failed_checks(failed: usize, warnings: usize) -> String {
    let parts = [(failed, "failed"), (warnings, "gave a warning")].map(|(count, outcome)| {
        (count > 0).then(|| format!("{} {outcome}", counted(count, "check")))
    });
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_checks_are_counted_in_singular_and_plural() {
        for (failed, warnings, text) in [
            (1, 0, "1 check failed"),
            (2, 1, "2 checks failed, 1 check gave a warning"),
            (0, 2, "2 checks gave a warning"),
        ] {
            let error = CliError::ChecksFailed { failed, warnings };
            assert_eq!(error.to_string(), text);
        }
    }
}
