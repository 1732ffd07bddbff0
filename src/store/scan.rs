//! Searches: one pass over an index or table that both counts what matches and picks a page of it.

use super::Error;
use crate::model::{Page, Paging, Part};
use rusqlite::types::ToSql;
use rusqlite::{Connection, Row, params_from_iter};

/// A query for the row ids that meet some conditions, in some order.
pub(super) struct Scan {
    sql: String,
    conditions: Vec<String>,
    parameters: Vec<Box<dyn ToSql>>,
    order: &'static str,
}

impl Scan {
    /// A scan of everything that `select` selects; it must select the row id.
    pub(super) fn new(select: &str) -> Self {
        Self {
            sql: select.to_owned(),
            conditions: Vec::new(),
            parameters: Vec::new(),
            order: "1",
        }
    }

    /// Adds a condition on one parameter, written `?` in the condition, unless there is none.
    pub(super) fn condition<T: ToSql + 'static>(&mut self, condition: &str, parameter: Option<T>) {
        if let Some(parameter) = parameter {
            self.conditions.push(condition.to_owned());
            self.parameters.push(Box::new(parameter));
        }
    }

    /// Adds the condition that a column has a value, unless there is none.
    pub(super) fn equals<T: ToSql + 'static>(&mut self, column: &str, value: Option<T>) {
        self.condition(&format!("{column} = ?"), value);
    }

    /// Adds the condition that a folded text has a part. `instr` knows no wildcards: every
    /// character stands for itself.
    pub(super) fn contains(&mut self, folded: &str, part: &Part) {
        self.condition(
            &format!("instr({folded}, ?) > 0"),
            part.as_condition().map(str::to_owned),
        );
    }

    /// Sets the order, which must be total.
    pub(super) fn order_by(&mut self, order: &'static str) {
        self.order = order;
    }

    fn sql(&self) -> String {
        let mut sql = self.sql.clone();
        for (number, condition) in self.conditions.iter().enumerate() {
            sql.push_str(if number == 0 { " WHERE " } else { " AND " });
            sql.push_str(condition);
        }
        format!("{sql} ORDER BY {}", self.order)
    }
}

/// Runs a scan and loads the rows of the page with `select_by_id`, all in one snapshot.
pub(super) fn scan_page<T>(
    connection: &Connection,
    scan: &Scan,
    paging: Paging,
    select_by_id: &str,
    load: fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Page<T>, Error> {
    let snapshot = connection.unchecked_transaction()?;
    let (ids, total) = matching(&snapshot, scan, paging)?;
    let mut statement = snapshot.prepare_cached(select_by_id)?;
    let entries = ids.into_iter().map(|id| statement.query_row([id], load));
    let entries = entries.collect::<rusqlite::Result<_>>()?;
    Ok(Page { entries, total })
}

/// The row ids of the page, and how many rows match in all.
fn matching(
    connection: &Connection,
    scan: &Scan,
    paging: Paging,
) -> rusqlite::Result<(Vec<i64>, u64)> {
    let mut statement = connection.prepare_cached(&scan.sql())?;
    let mut rows = statement.query(params_from_iter(scan.parameters.iter()))?;
    let page = paging.offset()..paging.offset() + u64::from(paging.size());
    let (mut ids, mut total) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        if page.contains(&total) {
            ids.push(row.get(0)?);
        }
        total += 1;
    }
    Ok((ids, total))
}
