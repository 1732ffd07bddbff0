//! Reads the files that settings name: at the start, and again while a server runs.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The most bytes of a file that settings name: far more than settings or a chain of certificates need,
/// and an end to the reading of a device, which has none.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// When a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// At the start, by a thread that may wait: the file may be a pipe or a device.
    Start,
    /// While the server runs, by the thread that also handles signals: only a regular file, which does
    /// not let it wait.
    Running,
}

/// Reads a file of at most [`MAX_FILE_BYTES`].
///
/// # Errors
/// A file that cannot be read or is larger; while the server runs, one that is not regular.
pub fn read_file(path: &Path, moment: Moment) -> io::Result<Vec<u8>> {
    let file = match moment {
        Moment::Start => File::open(path)?,
        Moment::Running => open_regular(path)?,
    };
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let reason = format!(
            "it has more than {} MiB: name another file",
            MAX_FILE_BYTES >> 20
        );
        return Err(io::Error::other(reason));
    }
    Ok(bytes)
}

fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    // Without this, opening a pipe waits for a program that writes it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default(),
    );
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other(
            "it is no regular file any more, and only such a file is read again while the server runs",
        ));
    }
    Ok(file)
}
