//! A process that may start few threads, or open few files.

use crate::support::{Exit, Folder, Process, STOP_TIMEOUT, TIMEOUT};

const SERVE: [&str; 5] = ["serve", "--listen", "127.0.0.1:0", "--workers", "2"];
const ADD: [&str; 6] = ["user", "add", "--email", "ada@example.com", "--name", "Ada"];

/// Starts a verb under a limit, in the form of `ulimit`. The stack of each thread takes 256 MiB, so that
/// a limit on memory is one on threads.
fn start(folder: &Folder, limit: &str, args: &[&str]) -> Process {
    let script = format!("ulimit {limit}; exec \"$0\" \"$@\"");
    let mut command = folder.command_under(&["sh", "-c", &script], args);
    Process::spawn(command.env("RUST_MIN_STACK", (256 << 20).to_string()))
}

/// Asserts that a process failed with one sentence for operators.
#[track_caller]
fn assert_told(exit: &Exit, what_to_do: &str) {
    let message = exit.error_message();
    assert!(message.contains(what_to_do), "{message}");
    for word in ["panicked", ".rs", "backtrace"] {
        assert!(!message.contains(word), "{message}");
    }
}

/// The limits, in KiB: room for the program and for so many threads.
fn few_threads() -> impl Iterator<Item = String> {
    (0..9).map(|threads: usize| format!("-v {}", 200_000 + threads * 262_144))
}

#[test]
fn a_server_that_may_start_too_few_threads_says_so_before_it_is_ready() {
    for limit in few_threads() {
        let folder = Folder::new();
        let exit = start(&folder, &limit, &SERVE).wait(TIMEOUT);
        assert_told(&exit, "`ulimit -u`");
        assert!(!folder.database().exists(), "{limit}");
    }
}

#[test]
fn a_server_that_is_ready_has_all_its_threads() {
    for threads in 9..18 {
        let folder = Folder::new();
        let limit = format!("-v {}", 200_000 + threads * 262_144);
        let server = start(&folder, &limit, &SERVE);
        match server.next_line() {
            None => assert_told(&server.wait(TIMEOUT), "`ulimit -u`"),
            Some(line) => {
                assert!(line.starts_with("roomd listening on "), "{line}");
                server.signal("TERM");
                let exit = server.wait(STOP_TIMEOUT);
                assert_eq!(exit.status.code(), Some(0), "{exit:?}");
                assert!(!exit.stderr.contains("failed"), "{exit:?}");
            }
        }
    }
}

#[test]
fn a_verb_that_may_start_too_few_threads_says_so() {
    for limit in few_threads().take(6) {
        let folder = Folder::new();
        let exit = start(&folder, &limit, &ADD).wait(TIMEOUT);
        assert_told(&exit, "`ulimit -u`");
        assert!(!folder.database().exists(), "{limit}");
    }
}

#[test]
fn a_verb_that_may_open_too_few_files_fails_with_one_sentence() {
    for files in 4..40 {
        let folder = Folder::new();
        let exit = start(&folder, &format!("-n {files}"), &ADD).wait(TIMEOUT);
        if exit.status.code() != Some(0) {
            assert_told(&exit, "");
        }
    }
}
