//! The executable `roomd`: the command line of the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    roomd::cli::main()
}
