//! Runs a test in a network of its own, which has the loopback interface and nothing else: browsers
//! that connect to each other there send no packet out of the machine.

use crate::support::{say, skip};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Says that a test runs in its own network already.
const VARIABLE: &str = "ROOMD_ISOLATED";

/// The variable which says that the machine has what these tests need.
pub(crate) const REQUIRED: &str = "ROOMD_BROWSER";

/// One test at a time: each has several browsers.
static RUNNING: Mutex<()> = Mutex::new(());

/// Runs the body of the current test in a network of its own, or skips it where the machine lacks a
/// browser or the right to make networks.
pub(crate) fn isolated(body: impl FnOnce()) {
    if crate::support::number(VARIABLE) == Some(1) {
        return body();
    }
    if let Some(missing) = missing() {
        return skip(REQUIRED, &missing);
    }
    let _one = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let test = std::thread::current();
    let program = std::env::current_exe().expect("the path of the tests");
    let output = Command::new("unshare")
        .args([
            // Of its own processes, too: all of them end with the test, however it ends.
            "--net",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "sh",
            "-c",
            "ip link set lo up && exec \"$0\" \"$@\"",
        ])
        .arg(program)
        .args([
            "--exact",
            test.name().expect("the name of the test"),
            "--nocapture",
        ])
        .env(VARIABLE, "1")
        .output()
        .expect("unshare runs");
    say(&String::from_utf8_lossy(&output.stdout));
    say(&String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success(),
        "the test failed in its own network"
    );
}

/// Returns what the machine lacks.
fn missing() -> Option<String> {
    let runs = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        output.is_ok_and(|output| output.status.success())
    };
    if !runs("unshare", &["--net", "ip", "link", "set", "lo", "up"]) {
        return Some("no network can be made here (unshare --net, as root, and ip)".into());
    }
    let missing = ["chromium", "chromedriver"].into_iter();
    let mut missing = missing.filter(|program| !runs(program, &["--version"]));
    missing
        .next()
        .map(|program| format!("there is no {program}"))
}
