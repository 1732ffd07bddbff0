//! Searches: one pass over an index or table that both counts what matches and picks a page of it.

use crate::model::{Page, Paging};
use crate::store::Error;
use fixedbitset::FixedBitSet;
use rusqlite::types::ToSql;
use rusqlite::{Connection, Row, params_from_iter};

/// The order of a scan. Each is total, so pages do not overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// By these columns: the rows come in that order, from an index or sorted.
    Columns(&'static str),
    /// By row id. The rows may come in any order, as from an index that has other columns.
    NumberAscending,
    /// By row id, from the highest.
    NumberDescending,
}

impl Order {
    /// Returns whether the order is that of row ids.
    pub(super) fn is_number(self) -> bool {
        !matches!(self, Self::Columns(_))
    }
}

/// A query for the row ids that meet some conditions, in some order.
pub(super) struct Scan {
    sql: String,
    conditions: Vec<String>,
    parameters: Vec<Box<dyn ToSql>>,
    order: Order,
    among: Option<Box<Scan>>,
}

impl Scan {
    /// A scan of everything that `select` selects; it must select the row id.
    pub(super) fn new(select: &str) -> Self {
        Self {
            sql: select.to_owned(),
            conditions: Vec::new(),
            parameters: Vec::new(),
            order: Order::NumberAscending,
            among: None,
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

    /// Keeps only what another scan finds too, if that one has conditions. Where one index has the
    /// order and another the conditions, a pass over each beats one that looks every row up.
    pub(super) fn among(&mut self, other: Self) {
        self.among = other.has_conditions().then(|| Box::new(other));
    }

    /// Sets the order; without it the scan is by row id.
    pub(super) fn order_by(&mut self, order: Order) {
        self.order = order;
    }

    /// Returns whether any condition was added.
    pub(super) fn has_conditions(&self) -> bool {
        !self.conditions.is_empty()
    }

    fn sql(&self) -> String {
        let mut sql = self.sql.clone();
        for (number, condition) in self.conditions.iter().enumerate() {
            sql.push_str(if number == 0 { " WHERE " } else { " AND " });
            sql.push_str(condition);
        }
        if let Order::Columns(columns) = self.order {
            sql.push_str(" ORDER BY ");
            sql.push_str(columns);
        }
        sql
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

/// Returns the row ids of the page, and how many rows match in all.
fn matching(
    connection: &Connection,
    scan: &Scan,
    paging: Paging,
) -> rusqlite::Result<(Vec<i64>, u64)> {
    let others = scan.among.as_deref();
    let others = others.map(|scan| all(connection, scan)).transpose()?;
    if !scan.order.is_number() {
        return matching_in_turn(connection, scan, others.as_ref(), paging);
    }
    let mut found = all(connection, scan)?;
    if let Some(others) = others {
        found.intersect_with(&others);
    }
    let total = found.count_ones(..) as u64;
    let (skip, take) = (paging.offset(), u64::from(paging.size()));
    let page = skip.min(total)..(skip + take).min(total);
    let (start, count) = (page.start as usize, (page.end - page.start) as usize);
    let numbers = found.ones();
    let ids: Vec<usize> = match scan.order {
        Order::NumberDescending => numbers.rev().skip(start).take(count).collect(),
        _ => numbers.skip(start).take(count).collect(),
    };
    Ok((ids.into_iter().map(|id| id as i64).collect(), total))
}

/// Does the same for a scan whose rows come in the order that is wanted.
fn matching_in_turn(
    connection: &Connection,
    scan: &Scan,
    others: Option<&FixedBitSet>,
    paging: Paging,
) -> rusqlite::Result<(Vec<i64>, u64)> {
    let page = paging.offset()..paging.offset() + u64::from(paging.size());
    let (mut ids, mut total) = (Vec::new(), 0);
    for_each_id(connection, scan, |id| {
        if others.is_some_and(|others| !others.contains(bit(id))) {
            return;
        }
        if page.contains(&total) {
            ids.push(id);
        }
        total += 1;
    })?;
    Ok((ids, total))
}

/// The row ids that a scan finds, a bit each: SQLite gives them out from 1 without large gaps.
fn all(connection: &Connection, scan: &Scan) -> rusqlite::Result<FixedBitSet> {
    let mut ids = FixedBitSet::new();
    for_each_id(connection, scan, |id| ids.grow_and_insert(bit(id)))?;
    Ok(ids)
}

fn bit(id: i64) -> usize {
    usize::try_from(id).expect("row ids are from 1")
}

fn for_each_id(
    connection: &Connection,
    scan: &Scan,
    mut visit: impl FnMut(i64),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(&scan.sql())?;
    let mut rows = statement.query(params_from_iter(scan.parameters.iter()))?;
    while let Some(row) = rows.next()? {
        visit(row.get(0)?);
    }
    Ok(())
}
