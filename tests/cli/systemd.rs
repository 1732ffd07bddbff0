//! What a server tells systemd, whose socket the tests play.

use crate::support::{Folder, ServerProcess, TIMEOUT};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

/// The socket of systemd.
struct Manager(UnixDatagram);

impl Manager {
    fn new(folder: &Folder) -> Self {
        let socket = UnixDatagram::bind(folder.path("notify")).expect("a socket");
        socket
            .set_read_timeout(Some(TIMEOUT))
            .expect("a time limit");
        Self(socket)
    }

    /// Returns the next message.
    #[track_caller]
    fn next(&self) -> String {
        let mut bytes = [0; 4096];
        let length = self.0.recv(&mut bytes).expect("a message in time");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    /// Waits for a message that contains a text; those before it are lost.
    #[track_caller]
    fn until(&self, text: &str) -> String {
        std::iter::repeat_with(|| self.next())
            .find(|message| message.contains(text))
            .expect("an endless iterator")
    }
}

/// Returns a command that serves below systemd, with this time limit of its watchdog.
fn command(folder: &Folder, watchdog: Duration) -> Command {
    let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
    command
        .env("NOTIFY_SOCKET", folder.path("notify"))
        .env("WATCHDOG_USEC", watchdog.as_micros().to_string())
        .env_remove("WATCHDOG_PID");
    command
}

fn start(folder: &Folder, command: &mut Command) -> ServerProcess {
    folder.start(command).expect("it starts")
}

#[test]
fn systemd_is_told_of_start_reload_and_stop() {
    let folder = Folder::new();
    let manager = Manager::new(&folder);
    let server = start(&folder, &mut command(&folder, Duration::from_secs(3600)));
    assert_eq!(manager.next(), "READY=1\nSTATUS=ready\n");
    assert_eq!(manager.next(), "WATCHDOG=1\n");
    server.process().signal("HUP");
    let reloading = manager.next();
    let rest = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=");
    let time = rest.and_then(|rest| rest.trim_end().parse::<u64>().ok());
    assert!(time.is_some(), "{reloading}");
    assert_eq!(manager.next(), "READY=1\n");
    server.process().signal("TERM");
    let message = manager.next();
    assert!(message.starts_with("STOPPING=1\nSTATUS="), "{message}");
    assert_eq!(server.wait().status.code(), Some(0));
}

/// A server that accepts no more connections hangs for its clients, though its process runs.
#[test]
fn the_watchdog_is_told_only_while_requests_are_answered() {
    let folder = Folder::new();
    let manager = Manager::new(&folder);
    let settings =
        "[server]\nworkers = 1\nkeep_alive_seconds = 0\ntrusted_proxies = [\"127.0.0.1\"]\n";
    folder.write("config.toml", settings);
    let script = "ulimit -n 100; exec \"$0\" serve --listen 127.0.0.1:0";
    let mut limited = folder.command_under(&["sh", "-c", script], &[]);
    for (name, value) in command(&folder, Duration::from_secs(3)).get_envs() {
        if let Some(value) = value {
            limited.env(name, value);
        }
    }
    let server = start(&folder, &mut limited);
    for _ in 0..2 {
        manager.until("WATCHDOG=1");
    }
    let held: Vec<_> = (0..200)
        .filter_map(|_| {
            TcpStream::connect_timeout(&server.address, Duration::from_millis(100)).ok()
        })
        .collect();
    let line = server.process().next_log_line("does not answer itself");
    assert!(
        line.contains("WARN") && line.contains("WatchdogSec"),
        "{line}"
    );
    drop(held);
    manager.until("WATCHDOG=1");
    server.stop();
}

#[test]
fn a_database_that_takes_no_writes_is_a_status_and_no_reason_to_be_killed() {
    let folder = Folder::new();
    let manager = Manager::new(&folder);
    let server = start(&folder, &mut command(&folder, Duration::from_secs(12)));
    manager.until("WATCHDOG=1");
    let other = crate::support::open(&folder.database());
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    let message = manager.until("STATUS=");
    assert!(message.contains("cannot be read and written"), "{message}");
    manager.until("WATCHDOG=1");
    other.execute_batch("ROLLBACK").expect("the end");
    let message = manager.until("STATUS=");
    assert_eq!(message, "STATUS=ready\n");
    server.stop();
}

#[test]
fn without_systemd_nothing_is_told_and_a_lost_socket_is_a_warning() {
    let folder = Folder::new();
    let mut command = command(&folder, Duration::from_secs(3600));
    let server = start(&folder, &mut command);
    let line = server.process().next_log_line("systemd could not be told");
    assert!(line.contains("WARN"), "{line}");
    server.stop();
    assert!(folder.serve(&[]).stop().stderr.lines().count() == 2);
}
