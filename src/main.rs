//! The executable `roomd`. Everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    roomd::cli::main()
}
