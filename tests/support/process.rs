use super::TIMEOUT;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The exit of a process: its status, and the output that was not read before.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Exit {
    /// Asserts that the program failed: status 1, no output, one line on stderr. Returns the
    /// message in that line.
    #[track_caller]
    pub(crate) fn error_message(&self) -> &str {
        assert_eq!(self.status.code(), Some(1), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        let line = self.stderr.strip_prefix("roomd: ");
        line.expect("the line names the program").trim_end()
    }
}

/// A running process, which is killed when this value is dropped.
pub(crate) struct Process {
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

/// The lines of an output as they come. Several threads may hold the process, but one reads.
struct Lines(Mutex<Receiver<String>>);

impl Process {
    /// Starts a command without input; its output is read as it comes.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null());
        Self::spawn_as_is(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
    }

    /// Starts a command whose input and output are set already.
    pub(crate) fn spawn_as_is(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the program exists");
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        Self {
            child,
            stdout: Lines::from_output(stdout),
            stderr: Lines::from_output(stderr),
        }
    }

    /// Waits for the next line of stdout. None at its end.
    pub(crate) fn next_line(&self) -> Option<String> {
        self.stdout.next(TIMEOUT)
    }

    /// Waits for a line of stderr that contains a text; the lines before it are lost.
    #[track_caller]
    pub(crate) fn next_log_line(&self, text: &str) -> String {
        self.log_until(text).pop().expect("at least that line")
    }

    /// Waits for a line of stderr that contains a text; returns it and the lines before it.
    #[track_caller]
    pub(crate) fn log_until(&self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.stderr.next(TIMEOUT);
            let line = line.unwrap_or_else(|| panic!("no line has {text:?}: {lines:#?}"));
            let found = line.contains(text);
            lines.push(line);
            if found {
                return lines;
            }
        }
    }

    /// Returns whether the process runs for so long without a line on stdout.
    pub(crate) fn is_silent_for(&self, time: Duration) -> bool {
        let lines = self.stdout.0.lock().expect("no reader panicked");
        lines.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to this process alone.
    pub(crate) fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.args(["-s", name, &self.id().to_string()]);
        assert!(kill.status().expect("kill exists").success());
    }

    /// Kills the process, if it still runs, and waits until it has exited.
    #[track_caller]
    pub(crate) fn kill(mut self) -> Exit {
        // Fails if the process has exited already.
        let _ = self.child.kill();
        self.wait(TIMEOUT)
    }

    pub(crate) fn has_exited(&mut self) -> bool {
        self.child.try_wait().expect("a status").is_some()
    }

    /// Waits until the process exits, which closes its output.
    #[track_caller]
    pub(crate) fn wait(mut self, timeout: Duration) -> Exit {
        let started = Instant::now();
        let rest = |lines: &Lines| {
            let left = || timeout.saturating_sub(started.elapsed());
            std::iter::from_fn(|| lines.next(left())).collect()
        };
        let (stdout, stderr) = (rest(&self.stdout), rest(&self.stderr));
        Exit {
            status: self.child.wait().expect("a status"),
            stdout,
            stderr,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails if the process has exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Lines {
    fn from_output(output: Option<impl Read + Send + 'static>) -> Self {
        let (send, lines) = channel();
        thread::spawn(move || {
            let Some(mut output) = output.map(BufReader::new) else {
                return;
            };
            let mut line = String::new();
            while output.read_line(&mut line).expect("a text") > 0 {
                // Fails if the test has ended.
                let _ = send.send(std::mem::take(&mut line));
            }
        });
        Self(Mutex::new(lines))
    }

    /// Waits for the next line. None at the end of the output.
    #[track_caller]
    fn next(&self, timeout: Duration) -> Option<String> {
        let lines = self.0.lock().expect("no reader panicked");
        match lines.recv_timeout(timeout) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the program hangs"),
        }
    }
}
