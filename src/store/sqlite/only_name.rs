//! Makes sure that a database file has one name.
//!
//! SQLite derives the names of the WAL and of its index from the name of the database. Under two
//! names one file has two WALs, and each of their checkpoints overwrites pages of the other:
//! acknowledged changes are lost. Symbolic links do no harm, because they are followed first.

use super::error::{OpenError, cannot_open};
use std::path::Path;

/// Checks that a database file, if it exists, has no second hard link and is not mounted by itself.
///
/// # Errors
/// [`OpenError::OtherNames`]; a file whose names cannot be counted.
pub(super) fn check_only_name(database: &Path) -> Result<(), OpenError> {
    let Ok(path) = database.canonicalize() else {
        // There is no such file yet, or opening it tells why it cannot be read.
        return Ok(());
    };
    let other_names = |reason: String| OpenError::OtherNames {
        path: path.clone(),
        reason,
    };
    let links = count_links(&path).map_err(|error| cannot_open(&path, error))?;
    if links > 1 {
        return Err(other_names(format!(
            "it has {links} names (hard links): stop every roomd that uses it, then remove the \
             names beside which there is no \"-wal\" file with content (`find / -samefile \
             {}` lists them)",
            path.display()
        )));
    }
    if is_mount_point(&path) {
        return Err(other_names(
            "it is mounted by itself, so that it has a second name elsewhere: mount the folder \
             that it is in, not the file"
                .into(),
        ));
    }
    Ok(())
}

/// Returns the number of names of a file; 1 for a folder, which is no database in any case.
#[cfg(unix)]
fn count_links(path: &Path) -> std::io::Result<u64> {
    use std::os::unix::fs::MetadataExt;

    let file = path.metadata()?;
    Ok(if file.is_file() { file.nlink() } else { 1 })
}

#[cfg(not(unix))]
fn count_links(_: &Path) -> std::io::Result<u64> {
    Ok(1)
}

/// Returns whether a file is mounted by itself, as far as the system tells. The path must be the
/// real one.
#[cfg(target_os = "linux")]
fn is_mount_point(path: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};

    if path.is_dir() {
        return false;
    }
    // Linux 5.8 and later tell it of the file. Before, and in sandboxes, only the list does.
    if let Ok(file) = statx(CWD, path, AtFlags::empty(), StatxFlags::empty())
        && file
            .stx_attributes_mask
            .contains(StatxAttributes::MOUNT_ROOT)
    {
        return file.stx_attributes.contains(StatxAttributes::MOUNT_ROOT);
    }
    let mounts = super::mounts::list().unwrap_or_default();
    mounts.iter().any(|mount| mount.point == path)
}

#[cfg(not(target_os = "linux"))]
fn is_mount_point(_: &Path) -> bool {
    false
}
