//! Raw inserts: what the database can do without a server. One room per commit, in a loop.

use crate::sqlite::{INSERT, configure, identity};
use crate::wire::OPTIONS;
use numbering::digits;
use rusqlite::Connection;
use serde_json::json;
use std::error::Error;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// Inserts rooms of the users with these indices for so many seconds; prints the rate per second.
#[expect(clippy::disallowed_methods, reason = "this is not the store")]
pub(crate) fn insert(
    file: &str,
    first: u64,
    count: u64,
    seconds: f64,
) -> Result<(), Box<dyn Error>> {
    let mut connection = Connection::open(file)?;
    configure(&mut connection)?;
    let end = Duration::from_secs_f64(seconds);
    let start = Instant::now();
    let mut inserted = 0_u32;
    for index in first..first + count {
        if start.elapsed() >= end {
            break;
        }
        insert_one(&connection, index)?;
        inserted += 1;
    }
    let per_second = f64::from(inserted) / start.elapsed().as_secs_f64();
    writeln!(io::stdout(), "{}", json!({"per_second": per_second}))?;
    Ok(())
}

fn insert_one(connection: &Connection, index: u64) -> rusqlite::Result<usize> {
    let (guid, slug_token) = identity();
    let number = digits(index);
    let email = format!("user.{number}@example.com");
    let name = format!("{number} Test Room");
    let name_key = name.to_lowercase();
    let row = (
        guid.as_bytes(),
        email,
        name,
        name_key,
        slug_token,
        "en-US",
        OPTIONS,
    );
    connection.prepare_cached(INSERT)?.execute(row)
}
