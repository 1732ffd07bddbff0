use crate::model::{Email, Invalid, PersonName, Role, UserDefaults, UserProfile, Username};
use csv::{ByteRecord, ReaderBuilder, StringRecord};

const COLUMNS: [&str; 5] = ["email", "name", "surname", "username", "role"];
const REQUIRED_COLUMNS: [&str; 3] = ["email", "name", "surname"];

/// The users of a file, the lines they stand in, and the rows that hold none.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) profiles: Vec<UserProfile>,
    pub(super) lines: Vec<u64>,
    pub(super) bad: Vec<BadRow>,
}

/// A row that is wrong; one that names the columns wrongly spoils all others.
#[derive(Debug)]
pub(super) struct BadRow {
    pub(super) line: u64,
    pub(super) message: String,
}

impl Rows {
    /// Reads a whole file. Where its first row is wrong, that is the one bad row.
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

/// The rows of a file and the line in which each starts. The reader's own count is of no use: it
/// takes an empty line, or the second half of a CRLF, for the start of the row behind it.
fn numbered_records(file: &[u8]) -> impl Iterator<Item = (u64, ByteRecord)> {
    let reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(file);
    let (mut start, mut line) = (0, 1);
    reader.into_byte_records().map(move |record| {
        let record = record.expect("rows in memory can be read, however long each is");
        let looked_from = record.position().map_or(0, csv::Position::byte) as usize;
        let blank = file[looked_from..].iter().take_while(|byte| is_break(byte));
        let next_start = looked_from + blank.count();
        line += count_breaks(&file[start..next_start]);
        start = next_start;
        (line, record)
    })
}

fn is_break(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Line breaks are LF, CRLF, or CR alone, as they are to the reader.
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
        .map_err(|_| "this is not UTF-8: save the file as CSV in UTF-8".into())
}

/// What each column holds, in the order of the file.
struct Columns(Vec<String>);

impl Columns {
    fn from_headings(headings: &StringRecord) -> Result<Self, String> {
        let named = |heading: &str| heading.trim().to_lowercase().replace("e-mail", "email");
        let names: Vec<String> = headings.iter().map(named).collect();
        let known = COLUMNS.join(", ");
        for (column, name) in names.iter().enumerate() {
            if !COLUMNS.contains(&name.as_str()) {
                return Err(format!(
                    "there is no column \"{name}\": the columns are {known}"
                ));
            }
            if names[..column].contains(name) {
                return Err(format!("the column \"{name}\" is there twice"));
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

    /// Reads a row, or says everything that is wrong with it.
    fn profile(
        &self,
        record: &StringRecord,
        defaults: &UserDefaults,
    ) -> Result<UserProfile, String> {
        let (fields, columns) = (record.len(), self.0.len());
        if fields != columns {
            return Err(format!("there are {fields} fields for {columns} columns"));
        }
        let mut row = Row {
            columns: self,
            record,
            errors: Vec::new(),
        };
        let email = row.required("email", Email::parse);
        let name = row.required("name", PersonName::parse);
        let surname = row.required("surname", PersonName::parse);
        let username = row.optional("username", Username::parse);
        let role = row.optional("role", Role::parse);
        match (email, name, surname) {
            (Some(email), Some(name), Some(surname)) if row.errors.is_empty() => {
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

/// The fields of one row, taken one by one.
struct Row<'a> {
    columns: &'a Columns,
    record: &'a StringRecord,
    errors: Vec<String>,
}

impl Row<'_> {
    /// Takes a field that must be there.
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

    /// Takes a field that may be blank, and whose column may be missing.
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

    /// The text of a field, white space around it dropped.
    fn field(&self, column: &str) -> &str {
        let at = self.columns.0.iter().position(|name| name == column);
        let field = at.and_then(|at| self.record.get(at));
        field.unwrap_or_default().trim()
    }
}
