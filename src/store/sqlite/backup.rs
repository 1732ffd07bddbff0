//! Makes verified copies of a database that is in use, and puts one back.

mod check;
mod manifest;
mod restore;

pub(in crate::store) use restore::restore;

use super::connection::{self, beside};
use super::priority::lower_priority;
use crate::store::{BackupError, Contents, Location, Manifest};
use check::check_copy;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode};
use std::fs::File;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Instant;
use tempfile::NamedTempFile;

/// How many pages of 4 KiB are copied before the progress is shown.
const PAGES_A_STEP: i32 = 1000;

/// How much of a copy is synced at a time.
const PIECE_BYTES: usize = 1 << 18;

/// How many times as long as a piece took the disk is left to others before the next.
const PAUSE: u32 = 4;

pub(in crate::store) fn back_up(
    database: &Path,
    destination: &Path,
    may_replace: bool,
    progress: impl FnMut(u64, u64),
) -> Result<Manifest, BackupError> {
    if !database.exists() {
        return Err(BackupError::NoDatabase(Location::File(database.to_owned())));
    }
    connection::check_file(database)?;
    refuse_own_file(database, destination)?;
    if !may_replace && destination.exists() {
        return Err(BackupError::Exists(destination.to_owned()));
    }
    let unwritable = |error: io::Error| unwritable(destination, &error);
    let copy = NamedTempFile::new_in(folder_of(destination)).map_err(unwritable)?;
    let contents = copy_snapshot(database, &copy, destination, progress)?;
    // Not before: while the snapshot is read the WAL cannot be reset, so that must be over soon.
    lower_priority();
    sync_gently(copy.path()).map_err(unwritable)?;
    let copied = check_copy(copy.path()).map_err(|reason| BackupError::Write {
        path: destination.to_owned(),
        reason,
    })?;
    if copied != contents {
        return Err(BackupError::Write {
            path: destination.to_owned(),
            reason: "the copy does not hold as much as the database".into(),
        });
    }
    let manifest = Manifest::describe(copy.path(), contents).map_err(unwritable)?;
    publish(copy, &manifest, destination, may_replace)?;
    Ok(manifest)
}

fn copy_snapshot(
    database: &Path,
    copy: &NamedTempFile,
    destination: &Path,
    mut progress: impl FnMut(u64, u64),
) -> Result<Contents, BackupError> {
    let unreadable = |error| connection::open_error(database, &error);
    let source = connection::open_unchecked(database)?;
    // Without a transaction a commit of another process would start the copy over.
    let snapshot = source.unchecked_transaction().map_err(unreadable)?;
    let contents = Contents::read(&snapshot).map_err(unreadable)?;
    let mut target = connection::open_unchecked(copy.path())?;
    copy_pages(&snapshot, &mut target, &mut progress)
        .map_err(|error| unwritable(destination, &error))?;
    Ok(contents)
}

fn copy_pages(
    source: &Connection,
    target: &mut Connection,
    progress: &mut impl FnMut(u64, u64),
) -> io::Result<()> {
    // A copy that is not finished is thrown away, so nothing has to be undone in it. It is synced
    // later: the log of the database grows for as long as this takes.
    target
        .pragma_update(None, "synchronous", "off")
        .map_err(io_error)?;
    target
        .pragma_update_and_check(None, "journal_mode", "off", |_| Ok(()))
        .map_err(io_error)?;
    let backup = Backup::new(source, target).map_err(io_error)?;
    loop {
        let step = backup.step(PAGES_A_STEP).map_err(io_error)?;
        let pages = backup.progress();
        let [total, left] =
            [pages.pagecount, pages.remaining].map(|n| u64::try_from(n).unwrap_or(0));
        progress(total - left, total);
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            _ => return Err(io::Error::other("the copy is locked by another process")),
        }
    }
}

/// Gives a file to the disk piece by piece. A server waits for the same disk with every commit: it
/// gets it back after each piece, and for longer than that took.
#[cfg(unix)]
fn sync_gently(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{FileExt, OpenOptionsExt};

    // To write again what is there is how a part of a file can be synced.
    let flags = i32::try_from(rustix::fs::OFlags::DSYNC.bits()).unwrap_or_default();
    let mut options = File::options();
    let file = options
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(path)?;
    let (mut piece, mut offset) = (vec![0; PIECE_BYTES], 0);
    loop {
        let began = Instant::now();
        let read = file.read_at(&mut piece, offset)?;
        if read == 0 {
            return file.sync_all();
        }
        file.write_all_at(&piece[..read], offset)?;
        offset += read as u64;
        thread::sleep(began.elapsed() * PAUSE);
    }
}

#[cfg(not(unix))]
fn sync_gently(path: &Path) -> io::Result<()> {
    File::options().write(true).open(path)?.sync_all()
}

/// Gives the copy and its manifest their names. At no moment does a manifest stand beside a file
/// that it does not describe.
fn publish(
    copy: NamedTempFile,
    manifest: &Manifest,
    destination: &Path,
    may_replace: bool,
) -> Result<(), BackupError> {
    let manifest_path = Manifest::path(destination);
    let unwritable = |error: io::Error| unwritable(destination, &error);
    let described = manifest.write_beside(destination).map_err(unwritable)?;
    copy.as_file().sync_all().map_err(unwritable)?;
    remove_if_there(&manifest_path).map_err(unwritable)?;
    let named = if may_replace {
        copy.persist(destination)
    } else {
        copy.persist_noclobber(destination)
    };
    named.map_err(|refused| match refused.error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(destination.to_owned()),
        _ => unwritable(refused.error),
    })?;
    described
        .persist(&manifest_path)
        .map_err(|refused| unwritable(refused.error))?;
    sync_folder(destination).map_err(unwritable)
}

fn refuse_own_file(database: &Path, destination: &Path) -> Result<(), BackupError> {
    let real = |path: &Path| {
        let folder = folder_of(path).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    let database = database.canonicalize().unwrap_or(database.to_owned());
    let own = ["", "-wal", "-shm", "-journal", "-lock"].map(|suffix| beside(&database, suffix));
    let names = [real(destination), destination.canonicalize().ok()];
    if names.into_iter().flatten().any(|name| own.contains(&name)) {
        return Err(BackupError::OwnFile(destination.to_owned()));
    }
    Ok(())
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn remove_if_there(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes names that were given in a file's folder last.
fn sync_folder(file: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder_of(file))?.sync_all()?;
    }
    Ok(())
}

fn unwritable(path: &Path, error: &io::Error) -> BackupError {
    BackupError::Write {
        path: path.to_owned(),
        reason: match error.kind() {
            io::ErrorKind::StorageFull => "the disk is full".into(),
            _ => error.to_string(),
        },
    }
}

fn io_error(error: rusqlite::Error) -> io::Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => io::ErrorKind::StorageFull.into(),
        _ => io::Error::other(error.to_string()),
    }
}
