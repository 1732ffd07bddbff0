use crate::support::{Folder, skip};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::process::Command;

/// A small file system in memory, mounted on a folder of its own until it is dropped.
pub(crate) struct Disk {
    folder: Folder,
}

impl Disk {
    /// Mounts a file system of so many KiB. Skips the test where that cannot be done.
    pub(crate) fn new(kib: u32) -> Option<Self> {
        let folder = Folder::new();
        let options = format!("size={kib}k");
        let is_mounted = mount(&["-t", "tmpfs", "-o", &options, "tmpfs"], &folder);
        if is_mounted {
            return Some(Self { folder });
        }
        skip("ROOMD_MOUNT", "no file system can be mounted here");
        None
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Fills the space that is left; returns how many bytes it was.
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

    /// Frees the space that `fill` took.
    pub(crate) fn free(&self) {
        fs::remove_file(self.folder.path("filler")).expect("it was filled");
    }

    /// Remounts the disk as `ro` or `rw`. To read-only only while no file is open for writing.
    pub(crate) fn remount(&self, mode: &str) {
        assert!(mount(&["-o", &format!("remount,{mode}")], &self.folder));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let mut umount = Command::new("umount");
        // Lazily, because a failed test may have left a server that uses it.
        umount.arg("--lazy").arg(self.folder.root());
        // It does no harm if it stays mounted.
        let _ = umount.status();
    }
}

fn mount(args: &[&str], folder: &Folder) -> bool {
    let mut mount = Command::new("mount");
    let output = mount.args(args).arg(folder.root()).output();
    output.is_ok_and(|output| output.status.success())
}
