//! What `roomd` is measured against: `peers ceiling KEY WORKERS`, a server without a database;
//! `peers obvious FILE`, the design that comes to mind first; `peers raw FILE FIRST COUNT SECONDS`,
//! bare inserts in a loop; `peers sqlite`, which prints the version of SQLite that all use.

mod ceiling;
mod obvious;
mod raw;
mod sqlite;
mod wire;

use std::error::Error;
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["ceiling", authorization, workers] => {
            let serving = ceiling::serve(authorization, workers.parse()?);
            actix_web::rt::System::new().block_on(serving)?;
        }
        ["obvious", file] => actix_web::rt::System::new().block_on(obvious::serve(file))?,
        ["raw", file, first, count, seconds] => {
            raw::insert(file, first.parse()?, count.parse()?, seconds.parse()?)?;
        }
        ["sqlite"] => writeln!(io::stdout(), "{}", rusqlite::version())?,
        _ => return Err("unknown arguments: see the top of benches/peers/main.rs".into()),
    }
    Ok(())
}

/// Listens on a free port and prints the address, as `roomd` does.
fn listen() -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    writeln!(io::stdout(), "listening on http://{address}")?;
    Ok(listener)
}
