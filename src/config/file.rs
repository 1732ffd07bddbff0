//! Reads the files that settings name: at the start, and again while a server runs.

use crate::model::file_kind::other_kind;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The most bytes of a file that settings name: far more than settings or a chain of certificates need,
/// and an end to the reading of a device, which has none.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// When the configuration file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// At the start, by a thread that may wait: the file may be a pipe or a device.
    Start,
    /// While the server runs, by the thread that also handles signals: only a regular file, which does
    /// not let it wait.
    Running,
}

/// Reads a file that a setting or a flag names, such as a key: a regular file of at most
/// [`MAX_FILE_BYTES`]. Waits for no other program.
///
/// # Errors
/// A file that cannot be read, is larger, or is not regular.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    read_at_most(open_regular(path)?, MAX_FILE_BYTES)
}

/// Reads the configuration file, of at most [`MAX_FILE_BYTES`].
///
/// # Errors
/// A file that cannot be read or is larger; while the server runs, one that is not regular.
pub(super) fn read_configuration(path: &Path, moment: Moment) -> io::Result<Vec<u8>> {
    match moment {
        Moment::Start => read_at_most(File::open(path)?, MAX_FILE_BYTES),
        Moment::Running => read_file(path),
    }
}

/// Reads the rest of a file.
///
/// # Errors
/// A file that cannot be read or has more than `limit` bytes.
pub fn read_at_most(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let reason = format!("it has more than {} MiB", limit >> 20);
        return Err(io::Error::other(reason));
    }
    Ok(bytes)
}

/// Returns the error of a path at which there is something else than a file.
pub fn not_a_file(kind: &str) -> io::Error {
    io::Error::other(format!("it is {kind}, not a regular file"))
}

fn open_regular(path: &Path) -> io::Result<File> {
    if let Some(kind) = other_kind(path) {
        return Err(not_a_file(kind));
    }
    let mut options = File::options();
    options.read(true);
    // A pipe that takes the place of the file only now would wait for a program that writes it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default(),
    );
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(not_a_file("another kind of file by now")),
    }
}
