use crate::support::{Folder, skip};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::process::Command;

/// A small file system with a folder of its own, in memory, until it is dropped.
pub(crate) struct Disk {
    folder: Folder,
}

impl Disk {
    /// Mounts a file system of so many KiB. Skips the test where that cannot be done.
    pub(crate) fn new(kib: u32) -> Option<Self> {
        let folder = Folder::new();
        let options = format!("size={kib}k");
        let made = mount(&["-t", "tmpfs", "-o", &options, "tmpfs"], &folder);
        if made {
            return Some(Self { folder });
        }
        skip("ROOMD_MOUNT", "no file system can be mounted here");
        None
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Takes the space that is left; returns how many bytes it was.
    pub(crate) fn fill(&self) -> usize {
        let mut options = OpenOptions::new();
        let filler = options.create(true).append(true);
        let mut filler = filler.open(self.folder.path("filler")).expect("a file");
        let mut bytes = 0;
        loop {
            match filler.write(&[0; 4096]) {
                Ok(more) => bytes += more,
                Err(error) if error.kind() == ErrorKind::StorageFull => return bytes,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Gives back what was taken.
    pub(crate) fn make_room(&self) {
        fs::remove_file(self.folder.path("filler")).expect("it was filled");
    }

    /// Forbids or allows writing, which needs a disk on which no file is open for it.
    pub(crate) fn remount(&self, right: &str) {
        assert!(mount(&["-o", &format!("remount,{right}")], &self.folder));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let mut umount = Command::new("umount");
        // Lazily, because a test that fails may have left a server there.
        umount.arg("--lazy").arg(self.folder.root());
        // Nothing is lost when it stays.
        let _ = umount.status();
    }
}

fn mount(args: &[&str], folder: &Folder) -> bool {
    let mut mount = Command::new("mount");
    let output = mount.args(args).arg(folder.root()).output();
    output.is_ok_and(|output| output.status.success())
}
