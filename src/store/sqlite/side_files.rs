//! Who may use the files beside a database.
//!
//! They are for the owner of the database alone, whichever user runs the program: a lock file that other
//! users can open lets them hold the lock, and one that only root can open keeps the service from
//! starting.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Returns the path of a file that belongs to a database: its name with a suffix.
pub(super) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Returns the folder of a file, which need not exist.
pub(super) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Opens a file for writing that is for the owner of the database alone; creates it if there is
/// none. A symbolic link is not followed.
pub(super) fn open_private(path: &Path, database: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options
            .mode(0o600)
            .custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    }
    let file = options.open(path)?;
    let owner = if database.exists() {
        database
    } else {
        folder_of(database)
    };
    make_private(&file, owner)?;
    Ok(file)
}

/// Makes a file one for a single user, as far as this user may: its owner or, if this user is root,
/// the owner of the file or folder `like`. A file with further names stays as it is.
#[cfg(unix)]
pub(super) fn make_private(file: &File, like: &Path) -> io::Result<()> {
    use rustix::fs::{Gid, Mode, Uid, fchmod, fchown};
    use std::os::unix::fs::MetadataExt;

    let (found, owner) = (file.metadata()?, like.metadata()?);
    if !found.is_file() || found.nlink() > 1 {
        return Ok(());
    }
    let this_user = rustix::process::geteuid();
    if this_user.is_root() && found.uid() != owner.uid() {
        let (user, group) = (Uid::from_raw(owner.uid()), Gid::from_raw(owner.gid()));
        // Where root may not, as in some containers, the file is as usable as it was.
        let _ = fchown(file, Some(user), Some(group));
    }
    if found.mode() & 0o077 != 0 && (this_user.is_root() || found.uid() == this_user.as_raw()) {
        fchmod(file, Mode::RUSR | Mode::WUSR)?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn make_private(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Takes from the WAL and its index, if they exist, the rights that other users have not on the
/// database. SQLite creates them with the rights that the database has at that moment.
#[cfg(unix)]
pub(super) fn tighten(database: &Path) {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    let mode = |path: &Path| {
        let file = fs::symlink_metadata(path).ok()?;
        file.is_file().then(|| file.permissions().mode() & 0o777)
    };
    let Some(allowed) = mode(database) else {
        return;
    };
    for suffix in ["-wal", "-shm"] {
        let path = beside(database, suffix);
        // By name: to close a handle of the index would drop locks that SQLite holds on it.
        if let Some(found) = mode(&path)
            && found & !allowed != 0
        {
            // It fails for a user who does not own the file. SQLite says whether that can use it.
            let _ = fs::set_permissions(&path, Permissions::from_mode(found & allowed));
        }
    }
}

#[cfg(not(unix))]
pub(super) fn tighten(_: &Path) {}
