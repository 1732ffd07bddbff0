use super::PATIENCE;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How a run of the program ended, and what it printed that nobody had read yet.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Asserts a failure as the contract has it; returns the one line that says what failed.
    #[track_caller]
    pub(crate) fn refusal(&self) -> &str {
        assert_eq!(self.status.code(), Some(1), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        let line = self.stderr.strip_prefix("roomd: ");
        line.expect("the line names the program").trim_end()
    }
}

/// A run of the program, which ends with this value at the latest.
pub(crate) struct Process {
    child: Child,
    stdout: Lines,
    stderr: Lines,
}

/// The lines of an output as they come; several threads may hold the process, one reads.
struct Lines(Mutex<Receiver<String>>);

impl Process {
    /// Starts a command; what it prints is read as it comes, unless it goes elsewhere.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null());
        Self::spawn_as_is(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
    }

    /// The same, without a say in where the output goes.
    pub(crate) fn spawn_as_is(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("the program is there");
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        Self {
            child,
            stdout: Lines::of(stdout),
            stderr: Lines::of(stderr),
        }
    }

    /// The next line of stdout; none when there will be no more.
    pub(crate) fn next_line(&self) -> Option<String> {
        self.stdout.next(PATIENCE)
    }

    /// The next line of stderr that has a word; those before it are gone.
    #[track_caller]
    pub(crate) fn next_log_line(&self, word: &str) -> String {
        self.log_until(word).pop().expect("at least that line")
    }

    /// The next lines of stderr, down to one that has a word.
    #[track_caller]
    pub(crate) fn log_until(&self, word: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let line = self.stderr.next(PATIENCE);
            let line = line.unwrap_or_else(|| panic!("no line has {word:?}: {lines:#?}"));
            let found = line.contains(word);
            lines.push(line);
            if found {
                return lines;
            }
        }
    }

    /// Whether it goes on for so long without a line on stdout.
    pub(crate) fn is_silent_for(&self, time: Duration) -> bool {
        let lines = self.stdout.0.lock().expect("nobody panicked while reading");
        lines.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to this process alone.
    pub(crate) fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.args(["-s", name, &self.id().to_string()]);
        assert!(kill.status().expect("kill is there").success());
    }

    /// Waits for the end, which closes the output.
    #[track_caller]
    pub(crate) fn wait(mut self, limit: Duration) -> Ended {
        let started = Instant::now();
        let rest = |lines: &Lines| {
            let left = || limit.saturating_sub(started.elapsed());
            std::iter::from_fn(|| lines.next(left())).collect()
        };
        let (stdout, stderr) = (rest(&self.stdout), rest(&self.stderr));
        Ended {
            status: self.child.wait().expect("a status"),
            stdout,
            stderr,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Refused when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Lines {
    fn of(source: Option<impl Read + Send + 'static>) -> Self {
        let (send, lines) = channel();
        thread::spawn(move || {
            let Some(mut source) = source.map(BufReader::new) else {
                return;
            };
            let mut line = String::new();
            while source.read_line(&mut line).expect("a text") > 0 {
                // A test that has ended reads no more.
                let _ = send.send(std::mem::take(&mut line));
            }
        });
        Self(Mutex::new(lines))
    }

    /// The next line; none when there will be no more.
    #[track_caller]
    fn next(&self, limit: Duration) -> Option<String> {
        let lines = self.0.lock().expect("nobody panicked while reading");
        match lines.recv_timeout(limit) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the program hangs"),
        }
    }
}
