//! What a backup and a restore need of files and folders.

use crate::store::BackupError;
use crate::store::sqlite::error::{full_disk_reason, is_no_space};
pub(super) use crate::store::sqlite::side_files::folder_of;
use std::fs::{self, File, Metadata, Permissions};
use std::io;
use std::path::Path;

pub(super) fn remove_if_exists(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the names of files durable that were created, changed or removed in the folder of a file.
pub(super) fn sync_folder(file: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder_of(file))?.sync_all()?;
    }
    Ok(())
}

/// Gives a file the owner and the mode of the one that it is to replace; where there is none, the
/// owner of the folder, so that a service can open what root has restored for it.
///
/// # Errors
/// An old file of another user, if the process is not root.
#[cfg(unix)]
pub(super) fn set_owner(file: &File, replaced: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    let old: Option<Metadata> = match fs::metadata(replaced) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let model = match &old {
        Some(old) => old.clone(),
        None => fs::metadata(folder_of(replaced))?,
    };
    let own = file.metadata()?;
    let mut group_mask = 0o7777;
    if (own.uid(), own.gid()) != (model.uid(), model.gid())
        && fchown(file, Some(model.uid()), Some(model.gid())).is_err()
    {
        if old.is_some() && own.uid() != model.uid() {
            return Err(io::Error::other(format!(
                "it belongs to the user with the id {}: run this as that user or as root",
                model.uid()
            )));
        }
        // The file stays with another group, which gets no rights that the old one had.
        group_mask = 0o7707;
    }
    match old {
        Some(old) => file.set_permissions(Permissions::from_mode(old.mode() & group_mask)),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
pub(super) fn set_owner(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Returns the error for a file that could not be written.
pub(super) fn cannot_write(path: &Path, error: &io::Error) -> BackupError {
    BackupError::Write {
        path: path.to_owned(),
        reason: match error.kind() {
            _ if is_no_space(error) => full_disk_reason(),
            io::ErrorKind::NotFound if !folder_of(path).exists() => {
                format!("the folder {} does not exist", folder_of(path).display())
            }
            // An error of `tempfile` names a file that is gone, behind the error of the system.
            io::ErrorKind::Other => error.to_string(),
            kind if error.raw_os_error().is_none() => kind.to_string(),
            _ => error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_no_temporary_file() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("a file");
        let error = tempfile::NamedTempFile::new_in(&file).expect_err("no folder");
        let shown = cannot_write(&file.join("copy.db"), &error).to_string();
        assert!(shown.ends_with("copy.db: not a directory"), "{shown}");
    }
}
