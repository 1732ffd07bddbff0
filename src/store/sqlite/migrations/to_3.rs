//! From schema 2 to schema 3: rooms have host links, which can be revoked, and ratings, and a key can be
//! for guests only. Only columns with defaults and an empty table are added, so no row is rewritten.

use super::Report;
use rusqlite::{Connection, Transaction};

const CHANGES: &str = include_str!("schema_3.sql");

pub(super) fn migrate(
    transaction: &Transaction<'_>,
    _old: &Connection,
    _report: &mut Report<'_>,
) -> rusqlite::Result<()> {
    transaction.execute_batch(CHANGES)
}
