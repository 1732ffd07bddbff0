use crate::cli::error::BadRow;
use crate::cli::output::counted;
use crate::model::{
    Email, Invalid, PersonName, Role, Surname, UserDefaults, UserProfile, Username,
};
use csv::{ByteRecord, ReaderBuilder, StringRecord};

const COLUMNS: [&str; 5] = ["email", "name", "surname", "username", "role"];
const REQUIRED_COLUMNS: [&str; 2] = ["email", "name"];

/// The rows of a CSV file below its headings.
#[derive(Default)]
pub(super) struct Rows {
    /// The users of the good rows.
    pub(super) profiles: Vec<UserProfile>,
    /// The line on which the row of each profile starts, from 1.
    pub(super) lines: Vec<u64>,
    /// The bad rows.
    pub(super) bad: Vec<BadRow>,
}

impl Rows {
    /// Reads a whole file. If the row of the headings is bad, no other row is read.
    pub(super) fn read(file: &[u8], defaults: &UserDefaults) -> Self {
        let mut rows = Self::default();
        let mut records = numbered_records(file);
        let (line, headings) = records.next().unwrap_or((1, ByteRecord::new()));
        let columns = match text(headings).and_then(|headings| Columns::from_headings(&headings)) {
            Ok(columns) => columns,
            Err(message) => {
                rows.bad.push(BadRow { line, message });
                return rows;
            }
        };
        for (line, record) in records {
            match text(record).and_then(|record| columns.profile(&record, defaults)) {
                Ok(profile) => {
                    rows.profiles.push(profile);
                    rows.lines.push(line);
                }
                Err(message) => rows.bad.push(BadRow { line, message }),
            }
        }
        rows
    }
}

/// Returns the rows of a file, each with the line on which it starts, from 1. The position that the
/// CSV reader gives is of no use: for a row after an empty line, or after a CRLF, it points to the
/// line break before the row.
fn numbered_records(file: &[u8]) -> impl Iterator<Item = (u64, ByteRecord)> {
    let reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(file);
    let (mut start, mut line) = (0, 1);
    reader.into_byte_records().map(move |record| {
        let record = record.expect("reading from memory does not fail");
        let position = record.position().map_or(0, csv::Position::byte) as usize;
        let breaks = file[position..].iter().take_while(|byte| is_break(byte));
        let next_start = position + breaks.count();
        line += count_breaks(&file[start..next_start]);
        start = next_start;
        (line, record)
    })
}

fn is_break(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Returns the number of line breaks: LF, CRLF, or CR alone, as the CSV reader sees them.
fn count_breaks(text: &[u8]) -> u64 {
    let last_of_break = |(at, byte): (usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    text.iter()
        .enumerate()
        .map(last_of_break)
        .map(u64::from)
        .sum()
}

fn text(record: ByteRecord) -> Result<StringRecord, String> {
    StringRecord::from_byte_record(record)
        .map_err(|_| "the row is not UTF-8: save the file as CSV in UTF-8".into())
}

/// The names of the columns, in the order of the file.
struct Columns(Vec<String>);

impl Columns {
    fn from_headings(headings: &StringRecord) -> Result<Self, String> {
        let named = |heading: &str| heading.trim().to_lowercase().replace("e-mail", "email");
        let names: Vec<String> = headings.iter().map(named).collect();
        let known = COLUMNS.join(", ");
        for (column, name) in names.iter().enumerate() {
            if !COLUMNS.contains(&name.as_str()) {
                return Err(format!(
                    "the column \"{name}\" is unknown: the columns are {known}"
                ));
            }
            if names[..column].contains(name) {
                return Err(format!("the column \"{name}\" appears twice"));
            }
        }
        for required in REQUIRED_COLUMNS {
            if !names.iter().any(|name| name == required) {
                return Err(format!(
                    "the column \"{required}\" is missing: the first row names the columns"
                ));
            }
        }
        Ok(Self(names))
    }

    /// Returns the user of a row, or everything that is wrong with the row.
    fn profile(
        &self,
        record: &StringRecord,
        defaults: &UserDefaults,
    ) -> Result<UserProfile, String> {
        let (fields, columns) = (record.len(), self.0.len());
        if fields != columns {
            return Err(format!(
                "the row has {} for {columns} columns",
                counted(fields, "field")
            ));
        }
        let mut row = Row {
            columns: self,
            record,
            errors: Vec::new(),
        };
        let email = row.required("email", Email::parse);
        let name = row.required("name", PersonName::parse);
        let surname = row.optional("surname", Surname::parse);
        let username = row.optional("username", Username::parse);
        let role = row.optional("role", Role::parse);
        match (email, name) {
            (Some(email), Some(name)) if row.errors.is_empty() => {
                let surname = surname.unwrap_or_default();
                let profile = UserProfile::new(email, name, surname, defaults);
                Ok(UserProfile {
                    username: username.unwrap_or(profile.username),
                    role: role.unwrap_or(profile.role),
                    ..profile
                })
            }
            _ => Err(row.errors.join("; ")),
        }
    }
}

/// A row whose fields are parsed one by one; the errors add up.
struct Row<'a> {
    columns: &'a Columns,
    record: &'a StringRecord,
    errors: Vec<String>,
}

impl Row<'_> {
    /// Parses a field that must have a value.
    fn required<T>(
        &mut self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let parsed = parse(self.field(column));
        parsed
            .map_err(|reason| self.errors.push(format!("{column} {reason}")))
            .ok()
    }

    /// Parses a field that may be blank, and whose column may be missing.
    fn optional<T>(
        &mut self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        if self.field(column).is_empty() {
            return None;
        }
        self.required(column, parse)
    }

    /// Returns the text of a field without the white space around it; empty without such a column.
    fn field(&self, column: &str) -> &str {
        let at = self.columns.0.iter().position(|name| name == column);
        let field = at.and_then(|at| self.record.get(at));
        field.unwrap_or_default().trim()
    }
}
