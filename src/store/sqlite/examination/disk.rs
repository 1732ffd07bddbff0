use crate::store::sqlite::mounts::{self, Mount};
use crate::store::sqlite::side_files::folder_of;
use std::path::{Path, PathBuf};

/// File systems that several machines can write to, by the names that Linux has for them.
const REMOTE: [&str; 12] = [
    "9p",
    "afs",
    "ceph",
    "cifs",
    "davfs",
    "fuse.sshfs",
    "glusterfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
];

/// The folder that a file is in, or would be.
fn folder(file: &Path) -> PathBuf {
    let file = file.canonicalize().unwrap_or(file.to_owned());
    let folder = folder_of(&file);
    folder.canonicalize().unwrap_or(folder.to_owned())
}

pub(super) fn is_remote(kind: &str) -> bool {
    REMOTE.contains(&kind)
}

/// The kind of file system that a file is on; none where the system does not tell.
pub(super) fn file_system(file: &Path) -> Option<String> {
    kind_of_mount(&mounts::list()?, &folder(file))
}

/// Of the mounts above a folder the last of the deepest is the one that shows.
fn kind_of_mount(mounts: &[Mount], folder: &Path) -> Option<String> {
    let above = mounts
        .iter()
        .filter(|mount| folder.starts_with(&mount.point));
    let shown = above.max_by_key(|mount| mount.point.components().count());
    shown.map(|mount| mount.kind.clone())
}

/// How much can be written beside a file; none where the system does not tell.
pub(in crate::store::sqlite) fn free_bytes(file: &Path) -> Option<u64> {
    #[cfg(unix)]
    return rustix::fs::statvfs(folder(file))
        .ok()
        .map(|found| found.f_bavail.saturating_mul(found.f_frsize));
    #[cfg(not(unix))]
    return None;
}

/// Whether this user can write a database and the files that stand beside it; an error is what
/// cannot be written.
pub(super) fn check_writable(database: &Path) -> Result<(), PathBuf> {
    for place in [database.to_owned(), folder(database)] {
        #[cfg(unix)]
        let is_writable = rustix::fs::access(&place, rustix::fs::Access::WRITE_OK).is_ok();
        #[cfg(not(unix))]
        let is_writable = place
            .metadata()
            .is_ok_and(|found| !found.permissions().readonly());
        if !is_writable {
            return Err(place);
        }
    }
    Ok(())
}

/// Whether a file can be read or written by other users, as far as the system tells.
pub(super) fn is_open_to_others(database: &Path) -> bool {
    #[cfg(unix)]
    return {
        use std::os::unix::fs::PermissionsExt;
        let open = |file: std::fs::Metadata| file.permissions().mode() & 0o077 != 0;
        database.metadata().is_ok_and(open)
    };
    #[cfg(not(unix))]
    return false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_mount_counts() {
        let mounts = "22 1 8:1 / / rw - ext4 /dev/vda rw\n\
                      30 22 0:40 / /srv rw shared:1 - nfs4 host:/srv rw\n\
                      31 30 0:41 / /srv/my\\040disk rw - xfs /dev/vdb rw\n\
                      32 22 0:42 / /srvs rw - tmpfs none rw\n";
        let kind = |folder| kind_of_mount(&mounts::parse(mounts.as_bytes()), Path::new(folder));
        assert_eq!(kind("/home").as_deref(), Some("ext4"));
        assert_eq!(kind("/srv/roomd").as_deref(), Some("nfs4"));
        assert_eq!(kind("/srv/my disk/roomd").as_deref(), Some("xfs"));
        assert!(is_remote("nfs4") && !is_remote("xfs"));
    }
}
