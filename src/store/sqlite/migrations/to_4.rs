//! From schema 3 to schema 4: an index tells the e-mail addresses that differ from their keys. Only the
//! index is added, so no row is rewritten.

use super::Report;
use rusqlite::{Connection, Transaction};

const CHANGES: &str = include_str!("schema_4.sql");

pub(super) fn migrate(
    transaction: &Transaction<'_>,
    _old: &Connection,
    _report: &mut Report<'_>,
) -> rusqlite::Result<()> {
    transaction.execute_batch(CHANGES)
}
