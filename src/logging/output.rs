//! The place where the lines of the log go.

use std::io::{self, ErrorKind, Write};
use std::thread;
use std::time::Duration;

/// The time between two attempts to write to an output that takes nothing at the moment. (Tuning:
/// only an output that another process has set to return at once needs this.)
const RETRY_PAUSE: Duration = Duration::from_millis(10);

/// An output that takes whole lines.
pub(super) struct Output<W> {
    output: W,
    /// True if the output has the beginning of a line that failed.
    is_mid_line: bool,
}

impl Output<Box<dyn Write + Send>> {
    /// Returns an output to stderr.
    ///
    /// It is a handle of its own. The standard library locks stderr for each write, and a reader that
    /// takes nothing would hold up every other thread at this lock.
    pub(super) fn stderr() -> Self {
        Self::new(stderr_handle().unwrap_or_else(|_| Box::new(io::stderr())))
    }
}

#[cfg(unix)]
fn stderr_handle() -> io::Result<Box<dyn Write + Send>> {
    use std::os::fd::AsFd;

    let handle = io::stderr().as_fd().try_clone_to_owned()?;
    Ok(Box::new(std::fs::File::from(handle)))
}

#[cfg(windows)]
fn stderr_handle() -> io::Result<Box<dyn Write + Send>> {
    use std::os::windows::io::AsHandle;

    let handle = io::stderr().as_handle().try_clone_to_owned()?;
    Ok(Box::new(std::fs::File::from(handle)))
}

impl<W: Write> Output<W> {
    pub(super) fn new(output: W) -> Self {
        Self {
            output,
            is_mid_line: false,
        }
    }

    /// Writes a line, and waits for as long as the output takes nothing.
    ///
    /// # Errors
    /// An output that does not take the whole line.
    pub(super) fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_mid_line {
            self.write(b"\n")?;
        }
        self.write(line)
    }

    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.output.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    bytes = &bytes[count..];
                    self.is_mid_line = !bytes.is_empty();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(RETRY_PAUSE),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An output that has room for 3 bytes, fails once, and then takes everything.
    #[derive(Default)]
    struct FullOnce {
        taken: Vec<u8>,
        has_failed: bool,
    }

    impl Write for &mut FullOnce {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = if self.has_failed {
                99
            } else {
                3 - self.taken.len()
            };
            if room == 0 {
                self.has_failed = true;
                return Err(ErrorKind::StorageFull.into());
            }
            let count = bytes.len().min(room);
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_was_cut_off_ends_before_the_next_one() {
        let mut full = FullOnce::default();
        let mut output = Output::new(&mut full);
        assert!(output.write_line(b"first\n").is_err());
        assert!(output.write_line(b"second\n").is_ok());
        assert!(output.write_line(b"third\n").is_ok());
        assert_eq!(full.taken, b"fir\nsecond\nthird\n");
    }
}
