use std::io::{self, Write};

/// Returns the number in an environment variable of the test run, if it is set.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests have settings of their own"
)]
pub(crate) fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    let number = value.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} must be a whole number, not {value:?}")))
}

/// Returns the seed of all that is random in a test: that of `ROOMD_SEED`, else a new one. It is
/// printed, so that a failure can be reproduced.
pub(crate) fn seed() -> u64 {
    let seed = number("ROOMD_SEED").unwrap_or_else(|| fastrand::u64(..));
    say(&format!("ROOMD_SEED={seed}"));
    seed
}

/// Prints a line for the person who runs the tests, shown if the test fails or if output is not
/// captured.
#[expect(
    clippy::print_stderr,
    reason = "only this output is captured by the test runner"
)]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// Prints why a test is skipped, whether output is captured or not. Fails the test instead if
/// `variable` is 1, which says that the machine has what the test needs.
#[track_caller]
pub(crate) fn skip(variable: &str, reason: &str) {
    assert_ne!(number(variable), Some(1), "{reason}");
    writeln!(io::stderr(), "SKIPPED: {reason}").expect("stderr is open");
}
