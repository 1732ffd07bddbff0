use std::io::{self, Write};

/// A number that whoever runs the tests may set.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests have settings of their own"
)]
pub(crate) fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    let number = value.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} must be a whole number, not {value:?}")))
}

/// The seed of everything random in a test: a new one each time, unless it is set. It
/// is said, so that a test that fails shows it.
pub(crate) fn seed() -> u64 {
    let seed = number("ROOMD_SEED").unwrap_or_else(|| fastrand::u64(..));
    say(&format!("ROOMD_SEED={seed}"));
    seed
}

/// Says something to whoever runs the tests, if the test fails or output is not captured.
#[expect(clippy::print_stderr, reason = "there is no other way to say it")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// Says that a test looked at nothing, and why, whether output is captured or not.
pub(crate) fn say_skipped(reason: &str) {
    writeln!(io::stderr(), "SKIPPED: {reason}").expect("stderr is open");
}
