//! The secret that host links are made with, in a file of its own: whoever has only the database can
//! make none.

use std::fmt::{self, Debug, Formatter};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// How many bytes a secret has.
const BYTES: usize = 32;

/// The length of a file, in bytes: the secret in hexadecimal digits, and a line break.
const FILE_BYTES: usize = 2 * BYTES + 1;

/// What a secret is for, as errors say it.
const PURPOSE: &str = "the secret of the host links";

/// 256 random bits.
#[derive(Clone)]
pub(crate) struct HostSecret([u8; BYTES]);

/// Returns the file of the secret: the one that the settings name, else one beside the database.
pub(crate) fn file(configured: Option<&Path>, database: &Path) -> PathBuf {
    if let Some(file) = configured {
        return file.to_owned();
    }
    let mut name = database.as_os_str().to_owned();
    name.push("-host-secret");
    PathBuf::from(name)
}

/// Whether there is a file with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretFile {
    /// The file has a secret, and only its owner can read it.
    Usable,
    /// There is no file.
    Missing,
}

/// Why a secret cannot be used: what is wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error(
        "{PURPOSE} cannot be read from {0}: {1}: let the user who runs roomd read it, or set \
         meeting.secret_file to another file"
    )]
    Unreadable(PathBuf, io::Error),
    #[error(
        "{0} is not a file, so {PURPOSE} cannot be in it: set meeting.secret_file to the name of a \
         file"
    )]
    NotAFile(PathBuf),
    #[error(
        "{0} does not have {PURPOSE}, which is 64 hexadecimal digits: put the right file back, or \
         delete it, and the next start makes another, which revokes all host links"
    )]
    Malformed(PathBuf),
    #[error(
        "{0} has {PURPOSE}, and other users can use it (mode {1:04o}): run chmod 600 {0}; if \
         somebody may have read it, delete it, and the next start makes another, which revokes all \
         host links"
    )]
    Open(PathBuf, u32),
    #[error(
        "{PURPOSE} cannot be stored in {0}: {1}: let the user who runs roomd write into that folder, \
         or set meeting.secret_file to another file"
    )]
    Unwritable(PathBuf, io::Error),
}

impl HostSecret {
    /// Reads the secret in a file, or makes one if there is no file. `database` says who owns a new
    /// file where root makes it: the owner of that file. Of several processes that make one at the
    /// same time, all return the same.
    ///
    /// # Errors
    /// A file that cannot be read, that has no secret, or that other users can use; none, where none
    /// can be made.
    pub(crate) fn load_or_create(path: &Path, database: &Path) -> Result<Self, SecretError> {
        if let Some(secret) = Self::load(path)? {
            return Ok(secret);
        }
        let secret = Self::generate();
        match secret.store(path, database) {
            Ok(()) => Ok(secret),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Self::load(path)?.ok_or_else(|| SecretError::Unwritable(path.to_owned(), error))
            }
            Err(error) => Err(SecretError::Unwritable(path.to_owned(), error)),
        }
    }

    /// Checks a file and changes nothing.
    ///
    /// # Errors
    /// A file that cannot be read, that has no secret, or that other users can use.
    pub(crate) fn examine(path: &Path) -> Result<SecretFile, SecretError> {
        Ok(match Self::load(path)? {
            Some(_) => SecretFile::Usable,
            None => SecretFile::Missing,
        })
    }

    /// Returns the bytes of the secret.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns a new secret.
    ///
    /// # Panics
    /// If the system cannot give random bytes: nothing secret can be generated then.
    pub(super) fn generate() -> Self {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).expect("the system has random bytes");
        Self(bytes)
    }

    /// Returns a secret of known bytes.
    #[cfg(test)]
    pub(super) fn from_bytes(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// Reads a secret; returns None if there is no file.
    fn load(path: &Path) -> Result<Option<Self>, SecretError> {
        let unreadable = |error| SecretError::Unreadable(path.to_owned(), error);
        // Before it is opened: to open a pipe waits for whoever writes into it.
        match fs::metadata(path) {
            Ok(found) if !found.is_file() => return Err(SecretError::NotAFile(path.to_owned())),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        }
        let file = File::open(path).map_err(unreadable)?;
        check_mode(path, &file)?;
        let mut text = String::new();
        // One byte more than a secret has tells that there is more.
        let mut start = file.take(FILE_BYTES as u64 + 1);
        match start.read_to_string(&mut text) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::InvalidData => text.clear(),
            Err(error) => return Err(unreadable(error)),
        }
        let secret = from_hex(text.strip_suffix('\n').unwrap_or(&text));
        let secret = secret.ok_or_else(|| SecretError::Malformed(path.to_owned()))?;
        Ok(Some(Self(secret)))
    }

    /// Writes a new file, whole or not at all, and never over another one.
    fn store(&self, path: &Path, database: &Path) -> io::Result<()> {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        // For its owner alone, from the beginning.
        let mut file = tempfile::Builder::new()
            .prefix(".tmp")
            .tempfile_in(folder)?;
        let hex: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(file, "{hex}")?;
        give_to_owner_of(file.as_file(), database)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        // A link must not be given out whose secret a power cut takes away.
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok(())
    }
}

/// Without the secret.
impl Debug for HostSecret {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("HostSecret(..)")
    }
}

fn from_hex(text: &str) -> Option<[u8; BYTES]> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| digit.try_into().ok()))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    rest.is_empty().then(|| bytes.try_into().ok())?
}

#[cfg(unix)]
fn check_mode(path: &Path, file: &File) -> Result<(), SecretError> {
    use std::os::unix::fs::MetadataExt;

    let unreadable = |error| SecretError::Unreadable(path.to_owned(), error);
    let mode = file.metadata().map_err(unreadable)?.mode() & 0o777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(SecretError::Open(path.to_owned(), mode))
    }
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &File) -> Result<(), SecretError> {
    Ok(())
}

/// Lets the owner of a database have a file, where this user is root.
#[cfg(unix)]
fn give_to_owner_of(file: &File, database: &Path) -> io::Result<()> {
    use rustix::fs::{Gid, Uid, fchown};
    use std::os::unix::fs::MetadataExt;

    let Ok(owner) = fs::metadata(database) else {
        return Ok(());
    };
    if rustix::process::geteuid().is_root() && owner.uid() != 0 {
        let (user, group) = (Uid::from_raw(owner.uid()), Gid::from_raw(owner.gid()));
        fchown(file, Some(user), Some(group))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn give_to_owner_of(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn load_or_create(path: &Path) -> Result<HostSecret, SecretError> {
        HostSecret::load_or_create(path, Path::new("none"))
    }

    #[test]
    fn a_secret_is_made_once_and_then_read() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("secret");
        assert_eq!(HostSecret::examine(&path).ok(), Some(SecretFile::Missing));
        assert!(!path.exists());
        let made = load_or_create(&path).expect("a secret");
        assert_eq!(load_or_create(&path).expect("the same").0, made.0);
        assert_eq!(HostSecret::examine(&path).ok(), Some(SecretFile::Usable));
        let text = fs::read_to_string(&path).expect("a file");
        assert_eq!((text.len(), text.lines().count()), (FILE_BYTES, 1));
        assert_eq!(fs::read_dir(folder.path()).expect("files").count(), 1);
        let other = load_or_create(&folder.path().join("other")).expect("a secret");
        assert_ne!(other.0, made.0);
    }

    #[test]
    fn a_new_file_is_never_put_over_another_one() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("secret");
        let first = load_or_create(&path).expect("a secret");
        let stored = HostSecret::generate().store(&path, Path::new("none"));
        assert_eq!(
            stored.map_err(|error| error.kind()),
            Err(ErrorKind::AlreadyExists)
        );
        assert_eq!(load_or_create(&path).expect("the first").0, first.0);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_other_users_can_use_is_rejected() {
        use std::os::unix::fs::PermissionsExt;

        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("secret");
        load_or_create(&path).expect("a secret");
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode));
        assert_eq!(
            fs::metadata(&path).expect("a file").permissions().mode() & 0o777,
            0o600
        );
        for mode in [0o640, 0o604, 0o620, 0o644] {
            set(mode).expect("a mode");
            let error = load_or_create(&path).expect_err("an error").to_string();
            assert!(error.contains(&format!("(mode {mode:04o})")), "{error}");
        }
        set(0o400).expect("a mode");
        assert!(load_or_create(&path).is_ok());
    }

    #[test]
    fn what_is_no_secret_is_rejected_and_left() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("secret");
        load_or_create(&path).expect("a secret");
        let hex = "0f".repeat(BYTES);
        for text in [
            "".to_owned(),
            hex[1..].to_owned(),
            format!("{hex}0"),
            format!("{hex}00"),
            format!("{hex}\n\n"),
            format!("{}g0", &hex[2..]),
            format!("{}+1", &hex[2..]),
            "é".repeat(BYTES),
        ] {
            fs::write(&path, &text).expect("a file");
            let loaded = load_or_create(&path);
            assert!(matches!(loaded, Err(SecretError::Malformed(_))), "{text:?}");
            assert_eq!(fs::read_to_string(&path).expect("a file"), text);
        }
        fs::write(&path, b"\xff\xfe").expect("a file");
        assert!(matches!(
            load_or_create(&path),
            Err(SecretError::Malformed(_))
        ));
        for text in [hex.clone(), hex.to_uppercase(), format!("{hex}\n")] {
            fs::write(&path, text).expect("a file");
            assert_eq!(load_or_create(&path).expect("a secret").0, [0x0f; BYTES]);
        }
        let folder = load_or_create(folder.path());
        assert!(matches!(folder, Err(SecretError::NotAFile(_))));
    }
}
