//! The key of a demo, which may outlive it.

use crate::cli::error::DemoKeyError;
use crate::config::read_file;
use crate::model::{KeyName, NewApiKey};
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// What `roomd key create --json` prints.
#[derive(serde::Deserialize)]
struct Printed {
    access_key: String,
    secret_key: String,
}

/// Returns the key that a flag names: both halves of it, or a file that holds them. A file that does
/// not exist is created with a new key, for its owner alone.
pub(super) fn from_flag(flag: &str) -> Result<NewApiKey, DemoKeyError> {
    if let Some(key) = from_halves(flag) {
        return Ok(key);
    }
    let file = Path::new(flag);
    let cannot_use = |reason| DemoKeyError::File {
        file: file.to_owned(),
        reason,
    };
    let content =
        read_file(file).and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
    match content {
        Ok(content) => from_content(&content).ok_or(DemoKeyError::Content(file.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Two halves of a wrong form are no name of a new file.
            if flag.contains(':') && !flag.contains(['/', '\\']) {
                return Err(DemoKeyError::Form(flag.to_owned()));
            }
            let key = new_key();
            create(file, &key).map_err(cannot_use)?;
            Ok(key)
        }
        Err(error) => Err(cannot_use(error)),
    }
}

/// Returns a new key.
pub(super) fn new_key() -> NewApiKey {
    NewApiKey::generate(Some(KeyName::parse("demo").expect("a fixed name")))
}

fn from_halves(text: &str) -> Option<NewApiKey> {
    let (access_key, secret_key) = text.split_once(':')?;
    NewApiKey::from_halves(access_key, secret_key).ok()
}

fn from_content(content: &str) -> Option<NewApiKey> {
    let content = content.trim();
    let from_printed = || {
        let printed: Printed = serde_json::from_str(content).ok()?;
        NewApiKey::from_halves(&printed.access_key, &printed.secret_key).ok()
    };
    from_halves(content).or_else(from_printed)
}

fn create(file: &Path, key: &NewApiKey) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    writeln!(file, "{}:{}", key.access_key.as_str(), key.secret_key())
}
