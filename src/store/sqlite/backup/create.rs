//! Copies a database that is in use, and checks the copy.

use super::check::check_copy;
use super::file_system::{cannot_write, folder_of, remove_if_exists, set_owner, sync_folder};
use super::last;
use crate::model::file_kind::other_kind;
use crate::store::sqlite::connection::{self, beside};
use crate::store::sqlite::error::is_full_disk;
use crate::store::sqlite::free_space::{self, MAX_PAGES, PageUse};
use crate::store::sqlite::priority::{Share, lower_priority};
use crate::store::sqlite::schema::Depth;
use crate::store::{BackupError, Contents, DatabaseId, Manifest};
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;
use tempfile::NamedTempFile;

/// How many pages of 4 KiB are copied between two reports of progress.
const STEP_PAGES: i32 = 1000;

/// How many bytes of a copy are synced at a time. (Tuning: a commit of a server waits for the disk
/// behind one such piece.)
const PIECE_BYTES: usize = 1 << 18;

/// The size of a page of a database in bytes.
const PAGE_BYTES: usize = 4096;

/// How many times as long as the sync of a piece took there is a pause after it. (Tuning: it leaves
/// most of the disk to a server.)
const PAUSE: u32 = 4;

/// How fast a copy is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store::sqlite) enum Pace {
    /// A server may work on the same disk: the calling thread gets a low priority for good, and the
    /// disk is left to the server again and again.
    Considerate,
    /// The database waits for the copy, which is therefore checked without its indexes.
    Fast,
}

/// Copies the database file to `destination` and writes a manifest beside it. See
/// [`crate::store::back_up`].
pub(in crate::store) fn back_up(
    database: &Path,
    destination: &Path,
    may_replace: bool,
    mut progress: impl FnMut(u64, u64),
) -> Result<Manifest, BackupError> {
    connection::check_exists(database)?;
    connection::check_file(database)?;
    reject_own_file(database, destination)?;
    for path in [destination, &Manifest::path(destination)] {
        if let Some(kind) = other_kind(path) {
            return Err(BackupError::Write {
                path: path.to_owned(),
                reason: format!("it is {kind}, and a backup is a regular file: name another path"),
            });
        }
    }
    if !may_replace && destination.exists() {
        return Err(BackupError::Exists(destination.to_owned()));
    }
    let progress = |done, total| {
        progress(done, total);
        ControlFlow::Continue(())
    };
    let (copy, manifest) = copy_checked(database, destination, Pace::Considerate, progress)?;
    publish(copy, &manifest, destination, may_replace)?;
    Ok(manifest)
}

/// Makes a backup under the name `destination`, or the first free name of those with `-2`, `-3` and
/// so on behind it; returns the name. Where one of them is the same backup already, none is added.
/// If `progress` returns `Break`, nothing is added, and the error says that it was interrupted.
pub(in crate::store::sqlite) fn back_up_once(
    database: &Path,
    destination: &Path,
    pace: Pace,
    progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<PathBuf, BackupError> {
    let (copy, manifest) = copy_checked(database, destination, pace, progress)?;
    let mut name = destination.to_owned();
    for number in 2.. {
        if !name.exists() {
            break;
        }
        if manifest.describes(&name) {
            return Ok(name);
        }
        name = beside(destination, &format!("-{number}"));
    }
    publish(copy, &manifest, &name, false)?;
    Ok(name)
}

/// Copies a database to a file without a name, in the folder of the destination, and checks it.
fn copy_checked(
    database: &Path,
    destination: &Path,
    pace: Pace,
    progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<(NamedTempFile, Manifest), BackupError> {
    let cannot_write = |error: io::Error| cannot_write(destination, &error);
    let copy = NamedTempFile::new_in(folder_of(destination)).map_err(cannot_write)?;
    let (contents, database_id) = copy_snapshot(database, &copy, destination, progress)?;
    let depth = match pace {
        Pace::Considerate => {
            // Not before: while the snapshot is read the WAL cannot be reset, so that must be over
            // soon.
            lower_priority(Share::Tenth);
            erase_and_sync(copy.path()).map_err(cannot_write)?;
            Depth::Full
        }
        Pace::Fast => {
            copy.as_file().sync_all().map_err(cannot_write)?;
            Depth::WithoutIndexes
        }
    };
    let copied = check_copy(copy.path(), depth).map_err(|reason| BackupError::Write {
        path: destination.to_owned(),
        reason,
    })?;
    if copied != contents {
        return Err(BackupError::Write {
            path: destination.to_owned(),
            reason: "the copy does not hold as much as the database".into(),
        });
    }
    let manifest = Manifest::describe(copy.path(), contents, database_id).map_err(cannot_write)?;
    Ok((copy, manifest))
}

/// Copies one snapshot of the database. Returns what the snapshot contains, and the id of the database.
fn copy_snapshot(
    database: &Path,
    copy: &NamedTempFile,
    destination: &Path,
    mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<(Contents, Option<DatabaseId>), BackupError> {
    let cannot_read = |error| connection::open_error(database, &error);
    let source = connection::open_unchecked(database)?;
    // Without a transaction a commit of another process would start the copy over.
    let snapshot = source.unchecked_transaction().map_err(cannot_read)?;
    let contents = Contents::read(&snapshot).map_err(cannot_read)?;
    let database_id = DatabaseId::read(&snapshot).map_err(cannot_read)?;
    let mut target = connection::open_unchecked(copy.path())?;
    copy_pages(&snapshot, &mut target, &mut progress)
        .map_err(|error| cannot_write(destination, &error))?;
    Ok((contents, database_id))
}

fn copy_pages(
    source: &Connection,
    target: &mut Connection,
    progress: &mut impl FnMut(u64, u64) -> ControlFlow<()>,
) -> io::Result<()> {
    // A copy that is not finished is deleted, so it needs no journal. It is synced later: the WAL
    // of the database grows as long as this takes.
    target
        .pragma_update(None, "synchronous", "off")
        .map_err(io_error)?;
    target
        .pragma_update_and_check(None, "journal_mode", "off", |_| Ok(()))
        .map_err(io_error)?;
    let backup = Backup::new(source, target).map_err(io_error)?;
    loop {
        let step = backup.step(STEP_PAGES).map_err(io_error)?;
        let pages = backup.progress();
        let [total, left] =
            [pages.pagecount, pages.remaining].map(|n| u64::try_from(n).unwrap_or(0));
        let wanted = progress(total - left, total);
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More if wanted.is_break() => {
                return Err(io::ErrorKind::Interrupted.into());
            }
            StepResult::More => {}
            _ => return Err(io::Error::other("the copy is locked by another process")),
        }
    }
}

/// Erases the free space in the pages of a file and syncs it, piece by piece. A server needs the
/// same disk for every commit: after each piece it has the disk for longer than the piece took.
#[cfg(unix)]
fn erase_and_sync(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{FileExt, OpenOptionsExt};

    // Only what is written through such a handle can be synced in part, so each piece is written
    // once more.
    let flags = i32::try_from(rustix::fs::OFlags::DSYNC.bits()).unwrap_or_default();
    let mut options = File::options();
    let file = options
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(path)?;
    let bytes = file.metadata()?.len();
    let (mut piece, mut offset) = (vec![0; PIECE_BYTES], 0);
    loop {
        let start = Instant::now();
        let read = file.read_at(&mut piece, offset)?;
        if read == 0 {
            return file.sync_all();
        }
        if bytes <= u64::from(MAX_PAGES) * PAGE_BYTES as u64 {
            erase(&mut piece[..read], offset == 0);
        }
        file.write_all_at(&piece[..read], offset)?;
        offset += read as u64;
        thread::sleep(start.elapsed() * PAUSE);
    }
}

/// Erases the free space of the pages in a piece of a file, which has whole pages, or less if it is
/// the last one. Pages that are free as a whole are not recognized.
fn erase(piece: &mut [u8], is_start: bool) {
    for (number, page) in piece.chunks_exact_mut(PAGE_BYTES).enumerate() {
        let is_first = is_start && number == 0;
        let page_use = if is_first {
            PageUse::First
        } else {
            PageUse::Content
        };
        free_space::erase(page, page_use);
    }
}

/// Syncs a file. This system cannot sync in parts, and free space is not erased here.
#[cfg(not(unix))]
fn erase_and_sync(path: &Path) -> io::Result<()> {
    File::options().write(true).open(path)?.sync_all()
}

/// Gives the copy and its manifest their names, and the owners and modes of the files that they
/// replace. At no moment is there a manifest beside a file that it does not describe, except one that was
/// left behind by a backup that is gone.
fn publish(
    copy: NamedTempFile,
    manifest: &Manifest,
    destination: &Path,
    may_replace: bool,
) -> Result<(), BackupError> {
    let manifest_path = Manifest::path(destination);
    let cannot_write = |error: io::Error| cannot_write(destination, &error);
    let unnamed_manifest = manifest.write_beside(destination).map_err(cannot_write)?;
    if may_replace {
        let files = [(&copy, destination), (&unnamed_manifest, &manifest_path)];
        for (file, replaced) in files {
            // Not for a link: it is replaced itself, whoever owns the file that it leads to.
            if replaced.is_file() && !replaced.is_symlink() {
                set_owner(file.as_file(), replaced).map_err(cannot_write)?;
            }
        }
    }
    copy.as_file().sync_all().map_err(cannot_write)?;
    let persisted = if may_replace {
        remove_if_exists(&manifest_path).map_err(cannot_write)?;
        copy.persist(destination)
    } else {
        // Where the name is taken, the manifest there is of another backup.
        copy.persist_noclobber(destination)
    };
    persisted.map_err(|failed| match failed.error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(destination.to_owned()),
        _ => cannot_write(failed.error),
    })?;
    unnamed_manifest
        .persist(&manifest_path)
        .map_err(|failed| cannot_write(failed.error))?;
    sync_folder(destination).map_err(cannot_write)
}

/// Rejects a destination that is the database, or a file that belongs to it, by whatever name.
fn reject_own_file(database: &Path, destination: &Path) -> Result<(), BackupError> {
    let real = |path: &Path| {
        let folder = folder_of(path).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    let database = database.canonicalize().unwrap_or(database.to_owned());
    let own = ["", "-wal", "-shm", "-journal", "-lock", last::SUFFIX]
        .map(|suffix| beside(&database, suffix));
    let names = [real(destination), destination.canonicalize().ok()];
    if names.into_iter().flatten().any(|name| own.contains(&name)) {
        return Err(BackupError::OwnFile(destination.to_owned()));
    }
    Ok(())
}

fn io_error(error: rusqlite::Error) -> io::Error {
    if is_full_disk(&error) {
        return io::ErrorKind::StorageFull.into();
    }
    io::Error::other(error.to_string())
}
