//! Tables and lists of fields, which fit the terminal.

use crate::model::text;
use std::io;
use std::iter;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands between two columns.
const GAP: &str = "  ";

/// The narrowest that a column becomes, unless its cells are narrower.
const MIN_WIDTH: usize = 8;

/// What stands in the place of what was cut off.
const CUT: char = '…';

/// What becomes of the cells of a column where the terminal is too narrow for the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Whole,
    Cut,
    Wrap,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    heading: &'static str,
    fit: Fit,
}

impl Column {
    /// A column whose cells are of no use unless they are whole, such as identifiers.
    pub(super) fn whole(heading: &'static str) -> Self {
        let fit = Fit::Whole;
        Self { heading, fit }
    }

    /// A column whose cells are cut off in a narrow terminal, such as names.
    pub(super) fn cut(heading: &'static str) -> Self {
        let fit = Fit::Cut;
        Self { heading, fit }
    }

    /// A column whose cells take several lines in a narrow terminal, such as sentences.
    pub(super) fn wrapped(heading: &'static str) -> Self {
        let fit = Fit::Wrap;
        Self { heading, fit }
    }
}

/// Returns rows laid out in columns below their headings. Where stdout is a terminal, the rows are no
/// wider than it, unless columns that must be whole are.
pub(super) fn table<const N: usize>(
    columns: [Column; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    lay_out(columns, rows, terminal_width())
}

/// Returns names with their values, one line for each, the values below each other.
pub(super) fn fields(fields: &[(&str, String)]) -> String {
    let widest = fields.iter().map(|(name, _)| name.width()).max();
    let lines = fields.iter().map(|(name, value)| {
        let name = padded(&format!("{name}:"), widest.unwrap_or(0) + 1);
        format!("{name}{GAP}{}", text::on_one_line(value))
            .trim_end()
            .to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the width of the terminal that stdout is, if it is one.
fn terminal_width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0))
}

fn lay_out<const N: usize>(
    columns: [Column; N],
    rows: impl Iterator<Item = [String; N]>,
    available: Option<usize>,
) -> String {
    let headings = columns.map(|column| column.heading.to_owned());
    let rows: Vec<_> = iter::once(headings)
        .chain(rows.map(|row| row.map(|cell| text::on_one_line(&cell).into_owned())))
        .collect();
    let widest = |column: usize| rows.iter().map(|row| row[column].width()).max();
    let mut widths: [usize; N] = std::array::from_fn(|column| widest(column).unwrap_or(0));
    if let Some(available) = available {
        shrink(&mut widths, &columns, available);
    }
    let lines = rows.iter().flat_map(|row| {
        let cells: [Vec<String>; N] =
            std::array::from_fn(|at| fitted(&row[at], columns[at].fit, widths[at]));
        let height = cells.iter().map(Vec::len).max().unwrap_or(0);
        let line = move |number: usize| {
            let parts: [String; N] = std::array::from_fn(|at| {
                let part = cells[at].get(number).map_or("", String::as_str);
                padded(part, widths[at])
            });
            parts.join(GAP).trim_end().to_owned()
        };
        (0..height).map(line).collect::<Vec<_>>()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Takes width from the widest column that need not be whole, again and again, until all fit.
fn shrink<const N: usize>(widths: &mut [usize; N], columns: &[Column; N], available: usize) {
    let gaps = GAP.width() * N.saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > available {
        let may_shrink = |at: &usize| columns[*at].fit != Fit::Whole && widths[*at] > MIN_WIDTH;
        let Some(widest) = (0..N).filter(may_shrink).max_by_key(|&at| widths[at]) else {
            return;
        };
        widths[widest] -= 1;
    }
}

/// Returns the lines of a cell.
fn fitted(cell: &str, fit: Fit, width: usize) -> Vec<String> {
    if cell.width() <= width {
        return vec![cell.to_owned()];
    }
    match fit {
        Fit::Whole => vec![cell.to_owned()],
        Fit::Cut => {
            let start = &cell[..end_within(cell, width.saturating_sub(1))];
            vec![format!("{}{CUT}", start.trim_end())]
        }
        Fit::Wrap => wrapped(cell, width),
    }
}

/// Breaks a text at spaces, and words that are too wide anywhere.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.width() > width {
        let end = end_within(rest, width).max(rest.chars().next().map_or(0, char::len_utf8));
        let fits_exactly = rest[end..].starts_with(' ');
        let at = match rest[..end].rfind(' ') {
            Some(space) if !fits_exactly && space > 0 => space,
            _ => end,
        };
        lines.push(rest[..at].trim_end().to_owned());
        rest = rest[at..].trim_start();
    }
    lines.push(rest.to_owned());
    lines
}

/// Returns where the longest start of a text ends that is no wider than `width`.
fn end_within(text: &str, width: usize) -> usize {
    let mut sum = 0;
    let ends = text.char_indices().take_while(|(_, character)| {
        sum += character.width().unwrap_or(0);
        sum <= width
    });
    ends.last()
        .map_or(0, |(at, character)| at + character.len_utf8())
}

fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows<const N: usize>(rows: &[[&str; N]]) -> impl Iterator<Item = [String; N]> {
        rows.iter().map(|row| row.map(str::to_owned))
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let columns = [Column::cut("a"), Column::cut("b")];
        let rows = rows(&[["çok", ""], ["x", "y"]]);
        assert_eq!(lay_out(columns, rows, None), "a    b\nçok\nx    y");
    }

    #[test]
    fn wide_and_combining_characters_keep_the_columns_straight() {
        let columns = [Column::cut("NAME"), Column::whole("ID")];
        let rows = rows(&[["田中さん", "1"], ["Z\u{301}oe", "2"], ["Ada", "3"]]);
        let expected = "NAME      ID\n田中さん  1\nZ\u{301}oe       2\nAda       3";
        assert_eq!(lay_out(columns, rows, None), expected);
    }

    #[test]
    fn a_narrow_terminal_cuts_names_and_no_identifiers() {
        let columns = [Column::cut("NAME"), Column::whole("ID")];
        let long = ["Ada Lovelace of Ockham", "0123456789"];
        let table = lay_out(columns, rows(&[long]), Some(24));
        assert_eq!(table, "NAME          ID\nAda Lovelac…  0123456789");
        let wide = ["田中さん田中さん", "0123456789"];
        let table = lay_out(columns, rows(&[wide]), Some(24));
        assert_eq!(table, "NAME          ID\n田中さん田…   0123456789");
        for available in 0..40 {
            let table = lay_out(columns, rows(&[long, wide]), Some(available));
            for line in table.lines() {
                assert!(line.width() <= available.max(20), "{available}: {table}");
            }
            assert!(table.contains("0123456789"), "{table}");
        }
    }

    #[test]
    fn a_narrow_terminal_wraps_sentences() {
        let columns = [Column::whole("CHECK"), Column::wrapped("FOUND")];
        let row = ["disk", "it is full: delete something or abcdefghijklmnop"];
        let table = lay_out(columns, rows(&[row]), Some(20));
        let expected = "CHECK  FOUND\n\
                        disk   it is full:\n\
                        \x20      delete\n\
                        \x20      something or\n\
                        \x20      abcdefghijklm\n\
                        \x20      nop";
        assert_eq!(table, expected);
    }

    #[test]
    fn the_values_of_fields_stand_below_each_other() {
        let text = fields(&[("e-mail", "a@b".into()), ("name", "A\u{2028}B".into())]);
        assert_eq!(text, "e-mail:  a@b\nname:    A B");
    }
}
