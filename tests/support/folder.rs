use super::{DATABASE, Exit, Key, Process, ServerProcess, TIMEOUT, email};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use tempfile::TempDir;

/// A working directory for the program, empty at first and deleted when this value is dropped. The
/// program's database in it is [`DATABASE`] unless an argument says otherwise.
pub(crate) struct Folder {
    _guard: TempDir,
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let guard = TempDir::new().expect("a folder");
        let path = guard.path().canonicalize().expect("a real path");
        Self {
            _guard: guard,
            path,
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path(DATABASE)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file");
    }

    /// Returns the bytes of every file, by name.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(&self.path).expect("a folder");
        let file = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().expect("a text");
            (name, fs::read(entry.path()).expect("a file"))
        };
        entries
            .map(|entry| file(entry.expect("an entry")))
            .collect()
    }

    /// Returns a command that runs the program in this folder, without the `ROOMD_*` variables of
    /// the test run.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.command_under(&[], args)
    }

    /// Like [`Folder::command`], as an argument of another program.
    pub(crate) fn command_under(&self, parent: &[&str], args: &[&str]) -> Command {
        let line = [parent, &[env!("CARGO_BIN_EXE_roomd")], args].concat();
        let mut command = self.program(line[0]);
        command.args(&line[1..]);
        command
    }

    /// Returns a command that runs any program in this folder, without those variables.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.current_dir(&self.path);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ROOMD_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs the program until it exits.
    pub(crate) fn run(&self, args: &[&str]) -> Exit {
        Process::spawn(&mut self.command(args)).wait(TIMEOUT)
    }

    /// Runs the program, which must succeed without a word on stderr; returns its stdout.
    #[track_caller]
    pub(crate) fn roomd(&self, args: &[&str]) -> String {
        let exit = self.run(args);
        assert!(exit.status.success() && exit.stderr.is_empty(), "{exit:?}");
        exit.stdout
    }

    /// Runs a command on a terminal of its own, on which a person types a text. Returns how it ended and what
    /// the terminal showed; None without the program `script`.
    pub(crate) fn on_terminal(&self, args: &[&str], typed: &str) -> Option<(ExitStatus, String)> {
        let command = format!("{} {}", env!("CARGO_BIN_EXE_roomd"), args.join(" "));
        let mut terminal = self
            .program("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut keyboard = terminal.stdin.take().expect("a pipe");
        keyboard.write_all(typed.as_bytes()).expect("it is read");
        let output = terminal.wait_with_output().expect("an end");
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        Some((output.status, shown))
    }

    /// Starts a server on a free port; `args` are further arguments.
    #[track_caller]
    pub(crate) fn serve(&self, args: &[&str]) -> ServerProcess {
        let args = [&["serve", "--listen", "127.0.0.1:0"], args].concat();
        self.start(&mut self.command(&args)).expect("it starts")
    }

    /// Starts a server by a command. An error if it exits before it is ready.
    pub(crate) fn start(&self, command: &mut Command) -> Result<ServerProcess, Exit> {
        ServerProcess::wait_until_ready(Process::spawn(command))
    }

    /// Registers a user; returns the GUID.
    #[track_caller]
    pub(crate) fn add_user(&self, email: &str) -> String {
        let args = ["user", "add", "--name", "Test", "--surname", "User"];
        let guid = self.roomd(&[&args[..], &["--email", email]].concat());
        guid.trim_end().to_owned()
    }

    /// Registers user0@example.com, user1@example.com and so on, `count` users in all.
    #[track_caller]
    pub(crate) fn add_users(&self, count: usize) {
        self.import(&(0..count).map(email).collect::<Vec<_>>());
    }

    /// Registers users with these e-mail addresses, in one commit.
    #[track_caller]
    pub(crate) fn import(&self, emails: &[impl AsRef<str>]) {
        let row = |email: &_| format!("{},Test,User\n", AsRef::as_ref(email));
        let rows: String = emails.iter().map(row).collect();
        self.write("import.csv", format!("email,name,surname\n{rows}"));
        self.roomd(&["user", "import", "import.csv"]);
        fs::remove_file(self.path("import.csv")).expect("the file");
    }

    /// Creates a key.
    #[track_caller]
    pub(crate) fn add_key(&self) -> Key {
        let printed = self.roomd(&["key", "create", "--json"]);
        serde_json::from_str(&printed).expect("a key")
    }

    /// Revokes a key without a question.
    #[track_caller]
    pub(crate) fn revoke_key(&self, key: &Key) {
        self.roomd(&["key", "revoke", &key.access_key, "--yes"]);
    }
}
