//! The secret that host links are made with, in a file of its own: whoever has only the database can
//! make none.

use crate::model::file_kind::other_kind;
use std::fmt::{self, Debug, Formatter};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// How many bytes a secret has.
const BYTES: usize = 32;

/// The length of a secret in hexadecimal digits.
const DIGITS: usize = 2 * BYTES;

/// How many bytes of a file are read: those of the longest right one, which an editor of Windows has
/// saved with a line break of two bytes, and one more to tell that there is more.
const READ_BYTES: usize = DIGITS + 3;

/// The mark that some editors write before a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{FEFF}".as_bytes();

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
        "{PURPOSE} cannot be read from {0}: {1}: {step}",
        step = next_step(.1, "read it and enter its folder")
    )]
    Unreadable(PathBuf, io::Error),
    #[error(
        "{0} is {1} and not a file, so {PURPOSE} cannot be in it: set meeting.secret_file to the name \
         of a file"
    )]
    NotAFile(PathBuf, &'static str),
    #[error(
        "{link} is a symbolic link to {target}, which does not exist: put the file with {PURPOSE} back \
         there, or remove the link, and the next start makes another secret, which revokes all host \
         links"
    )]
    DanglingLink { link: PathBuf, target: PathBuf },
    #[error(
        "{0} does not have {PURPOSE}, which is {DIGITS} hexadecimal digits: the file {1}: put the right \
         one back, or delete it, and the next start makes another, which revokes all host links"
    )]
    Malformed(PathBuf, String),
    #[error(
        "{0} has {PURPOSE}, and other users can use it (mode {1:04o}): run chmod 600 {0}; if \
         somebody may have read it, delete it, and the next start makes another, which revokes all \
         host links"
    )]
    Open(PathBuf, u32),
    #[error(
        "{PURPOSE} cannot be stored in {file}: the folder {folder} does not exist: create it, or set \
         meeting.secret_file to a file in another folder"
    )]
    NoFolder { file: PathBuf, folder: PathBuf },
    #[error(
        "{PURPOSE} cannot be stored in {0}: {1}: {step}",
        step = next_step(.1, "write into its folder")
    )]
    Unwritable(PathBuf, io::Error),
}

/// What to do about an error of the system, as the end of a sentence. `missing_right` says what the user
/// may not do, if it is that.
fn next_step(error: &io::Error, missing_right: &str) -> String {
    let step = match error.kind() {
        ErrorKind::PermissionDenied => format!("let the user who runs roomd {missing_right}"),
        ErrorKind::StorageFull => "free some space".into(),
        _ => "correct that".into(),
    };
    format!("{step}, or set meeting.secret_file to another file")
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
                Self::load(path)?.ok_or_else(|| unwritable(path, &error))
            }
            Err(error) => Err(unwritable(path, &error)),
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
    ///
    /// # Errors
    /// A file that cannot be read, that has no secret, or that other users can use.
    pub(super) fn load(path: &Path) -> Result<Option<Self>, SecretError> {
        let unreadable = |error| SecretError::Unreadable(path.to_owned(), error);
        if let Some(kind) = other_kind(path) {
            return Err(SecretError::NotAFile(path.to_owned(), kind));
        }
        match fs::metadata(path) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return none_or_dangling(path),
            Err(error) => return Err(unreadable(error)),
        }
        let file = File::open(path).map_err(unreadable)?;
        check_mode(path, &file)?;
        let mut bytes = Vec::with_capacity(READ_BYTES);
        let mut start = file.take(READ_BYTES as u64);
        start.read_to_end(&mut bytes).map_err(unreadable)?;
        let secret = from_hex(without_line_break(&bytes));
        let malformed = || SecretError::Malformed(path.to_owned(), fault(&bytes));
        Ok(Some(Self(secret.ok_or_else(malformed)?)))
    }

    /// Writes a new file, whole or not at all, and never over another one.
    fn store(&self, path: &Path, database: &Path) -> io::Result<()> {
        let folder = folder_of(path);
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

/// Returns the folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Returns the error of a file that cannot be made, without the name of the temporary one, which the
/// error of `tempfile` has.
fn unwritable(path: &Path, error: &io::Error) -> SecretError {
    let (file, folder) = (path.to_owned(), folder_of(path));
    if error.kind() == ErrorKind::NotFound && !folder.exists() {
        let folder = folder.to_owned();
        return SecretError::NoFolder { file, folder };
    }
    let reason = match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => error.kind().into(),
    };
    SecretError::Unwritable(file, reason)
}

/// Returns None for a path at which there is nothing, not even a link.
fn none_or_dangling<T>(path: &Path) -> Result<Option<T>, SecretError> {
    match fs::read_link(path) {
        Ok(target) => Err(SecretError::DanglingLink {
            link: path.to_owned(),
            target,
        }),
        Err(_) => Ok(None),
    }
}

/// Returns a text without the one line break at its end, of either kind.
fn without_line_break(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

fn from_hex(text: &[u8]) -> Option<[u8; BYTES]> {
    let digits: Vec<u8> = text.iter().map(digit).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    rest.is_empty().then(|| bytes.try_into().ok())?
}

fn digit(byte: &u8) -> Option<u8> {
    let digit = char::from(*byte).to_digit(16)?;
    digit.try_into().ok()
}

/// Returns what is wrong with the start of a file that is no secret, after "the file".
fn fault(bytes: &[u8]) -> String {
    let text = without_line_break(bytes);
    match text.len() {
        0 => "is empty".into(),
        _ if text.starts_with(BYTE_ORDER_MARK) => {
            "begins with a byte order mark, which an editor can leave out".into()
        }
        _ if text.iter().any(|byte| digit(byte).is_none()) => "has other characters".into(),
        length if length > DIGITS => "has more".into(),
        length => format!("has {length}"),
    }
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
        assert_eq!((text.len(), text.lines().count()), (DIGITS + 1, 1));
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
        for (text, fault) in [
            (String::new(), "is empty"),
            ("\n".into(), "is empty"),
            (hex[1..].into(), "has 63"),
            (format!("{}\n", &hex[2..]), "has 62"),
            (format!("{hex}0"), "has more"),
            (format!("{hex}00"), "has more"),
            (hex.repeat(100), "has more"),
            (format!("{hex}\n\n"), "has other characters"),
            (format!("{hex} "), "has other characters"),
            (format!("{}g0", &hex[2..]), "has other characters"),
            (format!("{}+1", &hex[2..]), "has other characters"),
            ("é".repeat(BYTES), "has other characters"),
            (
                format!("\u{FEFF}{hex}\r\n"),
                "begins with a byte order mark",
            ),
        ] {
            fs::write(&path, &text).expect("a file");
            let error = load_or_create(&path).expect_err("an error").to_string();
            let (file, fault) = (path.display(), format!("the file {fault}"));
            assert!(error.starts_with(&file.to_string()), "{error}");
            assert!(error.contains(&fault), "{text:?}: {error}");
            assert_eq!(fs::read_to_string(&path).expect("a file"), text);
        }
        fs::write(&path, b"\xff\xfe").expect("a file");
        assert!(matches!(
            load_or_create(&path),
            Err(SecretError::Malformed(..))
        ));
        for text in [
            hex.clone(),
            hex.to_uppercase(),
            format!("{hex}\n"),
            format!("{hex}\r\n"),
        ] {
            fs::write(&path, text).expect("a file");
            assert_eq!(load_or_create(&path).expect("a secret").0, [0x0f; BYTES]);
        }
        let error = load_or_create(folder.path()).expect_err("an error");
        assert!(error.to_string().contains("is a folder"), "{error}");
    }

    #[test]
    fn a_place_where_no_file_can_be_made_is_named() {
        let folder = TempDir::with_prefix("folder").expect("a folder");
        let path = folder.path().join("missing/secret");
        let error = load_or_create(&path).expect_err("an error").to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert!(
            error.contains("missing does not exist: create it"),
            "{error}"
        );
        assert!(!error.contains(".tmp"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_nothing_is_named_and_nothing_is_made() {
        let folder = TempDir::new().expect("a folder");
        let (path, target) = (folder.path().join("secret"), folder.path().join("target"));
        std::os::unix::fs::symlink(&target, &path).expect("a link");
        for loaded in [
            load_or_create(&path).map(drop),
            HostSecret::examine(&path).map(drop),
        ] {
            let error = loaded.expect_err("an error").to_string();
            let expected = format!("is a symbolic link to {}", target.display());
            assert!(error.contains(&expected), "{error}");
        }
        assert!(!target.exists());
        // A link to a secret is as good as the secret.
        let made = load_or_create(&target).expect("a secret");
        assert_eq!(load_or_create(&path).expect("the same").0, made.0);
    }

    /// The user of a test may be root, who can write everywhere: so the error is made here.
    #[test]
    fn a_folder_that_cannot_be_written_is_named_without_a_temporary_file() {
        let folder = TempDir::with_prefix("folder").expect("a folder");
        let denied = io::Error::new(ErrorKind::PermissionDenied, "denied at path .tmp1234");
        let error = unwritable(&folder.path().join("secret"), &denied).to_string();
        assert!(error.contains("permission denied: let the user"), "{error}");
        assert!(!error.contains(".tmp"), "{error}");
        let denied = io::Error::from(ErrorKind::PermissionDenied);
        let error = SecretError::Unreadable("secret".into(), denied).to_string();
        assert!(error.contains("read it and enter its folder"), "{error}");
    }
}
