use crate::disk::Disk;
use crate::support::{Folder, skip};
use std::fs;
use std::process::Command;

/// A file that is mounted on another until this value is dropped.
struct MountedFile<'a>(&'a Folder);

impl<'a> MountedFile<'a> {
    /// Mounts the database of one folder alone in another, as containers do.
    fn new(from: &Folder, to: &'a Folder) -> Option<Self> {
        to.write("roomd.db", "");
        let mut mount = Command::new("mount");
        mount.arg("--bind").args([from.database(), to.database()]);
        let is_mounted = mount.output().is_ok_and(|output| output.status.success());
        if is_mounted {
            return Some(Self(to));
        }
        skip("ROOMD_MOUNT", "no file can be mounted here");
        None
    }
}

impl Drop for MountedFile<'_> {
    fn drop(&mut self) {
        let mut umount = Command::new("umount");
        // It does no harm if it stays mounted.
        let _ = umount.arg("--lazy").arg(self.0.database()).status();
    }
}

#[test]
fn a_database_that_is_mounted_by_itself_is_rejected_by_name() {
    let (folder, container) = (Folder::new(), Folder::new());
    folder.add_user("ada@example.com");
    let Some(mounted) = MountedFile::new(&folder, &container) else {
        return;
    };
    let path = container.database().display().to_string();
    let symbolic = container.path("link.db");
    std::os::unix::fs::symlink(container.database(), symbolic).expect("a link");
    for args in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["user", "list"],
        &["user", "list", "--database", "link.db"],
        &["backup", "copy.db"],
    ] {
        let exit = container.run(args);
        let line = exit.error_message();
        assert!(
            line.contains(&path) && line.contains("mounted by itself"),
            "{line}"
        );
    }
    let exit = container.run(&["doctor"]);
    assert_eq!(exit.status.code(), Some(1));
    assert!(exit.stdout.contains("mounted by itself"), "{exit:?}");
    let files = container.files().into_keys().collect::<Vec<_>>();
    assert_eq!(files, ["link.db", "roomd.db"]);
    // Where it has its own name it can be served.
    folder.serve(&[]).stop();
    drop(mounted);
}

/// The file system of the folder is then a mount point, and the file is not.
#[test]
fn a_database_in_a_mounted_folder_is_served() {
    let Some(disk) = Disk::new(4096) else {
        return;
    };
    disk.folder().serve(&[]).stop();
    assert!(fs::metadata(disk.folder().database()).is_ok());
}
