//! The users in a CSV file.

mod file;

use crate::cli::error::BadRow;
use crate::cli::output::counted;
use crate::model::{
    Email, Invalid, LangTag, Mobile, PersonName, Role, RowError, RowFault, RowNames, Surname,
    TimeZoneName, Timestamp, UserDefaults, UserPatch, UserProfile, Username, text,
};
use crate::store::DirectoryEntry;
use csv::StringRecord;
use file::{has_no_value, is_blank, records, to_text};

/// The most characters of a file that an error repeats.
const MAX_SHOWN_CHARS: usize = 200;

const COLUMNS: [&str; 11] = [
    "email",
    "name",
    "surname",
    "username",
    "role",
    "mobile",
    "lang",
    "timezone",
    "login_allowed",
    "active",
    "expires_at",
];

/// The words for true and false that spreadsheets write, in English, Turkish and German, in lower
/// case.
const BOOLEANS: [(bool, [&str; 5]); 2] = [
    (true, ["true", "1", "yes", "doğru", "wahr"]),
    (false, ["false", "0", "no", "yanlış", "falsch"]),
];

/// The rows of a CSV file below its headings.
#[derive(Default)]
pub(super) struct Rows {
    /// The good rows: each as a new user, and as a change of the user whom it is about.
    pub(super) entries: Vec<DirectoryEntry>,
    /// The line on which each good row starts, from 1.
    pub(super) lines: Vec<u64>,
    /// The bad rows.
    pub(super) bad: Vec<BadRow>,
}

impl Rows {
    /// Reads a whole file, in which names may be left out unless it `needs_names`. Rows without any value
    /// are skipped. If the row of the headings is bad, no other row is read.
    pub(super) fn read(file: &[u8], needs_names: bool, defaults: &UserDefaults) -> Self {
        let mut rows = Self::default();
        let bad = |line, message| BadRow { line, message };
        let records = match records(file) {
            Ok(records) => records,
            Err((line, message)) => {
                rows.bad.push(bad(line, message));
                return rows;
            }
        };
        let mut records = records.into_iter().filter(|(_, record)| !is_blank(record));
        let (line, headings) = records.next().unwrap_or_default();
        let line = line.max(1);
        let columns =
            to_text(headings).and_then(|headings| Columns::from_headings(&headings, needs_names));
        let columns = match columns {
            Ok(columns) => columns,
            Err(message) => {
                rows.bad.push(bad(line, message));
                return rows;
            }
        };
        for (line, record) in records {
            match to_text(record).and_then(|record| columns.entry(&record, defaults)) {
                Ok(entry) => {
                    rows.entries.push(entry);
                    rows.lines.push(line);
                }
                Err(message) => rows.bad.push(bad(line, message)),
            }
        }
        rows
    }

    /// Returns an error for each row that has no name, or whose e-mail address or username an earlier one
    /// has, where all of them are new users.
    pub(super) fn errors_of_new(&self) -> Vec<RowError> {
        let mut names = RowNames::default();
        let entries = self.entries.iter().enumerate();
        let errors = entries.filter_map(|(row, entry)| match &entry.profile {
            Some(profile) => names.add(row, &profile.email, &profile.username),
            None => {
                let fault = RowFault::NameMissing(entry.email.as_str().to_owned());
                Some(RowError { row, fault })
            }
        });
        errors.collect()
    }
}

/// The names of the columns, in the order of the file. The name of a column without a heading is
/// empty, and so must its fields be.
struct Columns {
    names: Vec<String>,
    /// Whether every row must have a name.
    needs_names: bool,
}

impl Columns {
    fn from_headings(headings: &StringRecord, needs_names: bool) -> Result<Self, String> {
        let named = |heading: &str| {
            // In Turkish, the capital of i has a dot, and I is the capital of the dotless one.
            let name = text::trim_invisible(heading).replace(['İ', 'ı'], "i");
            let name = name.to_lowercase().replace("e-mail", "email");
            name.replace([' ', '-'], "_")
        };
        let names: Vec<String> = headings.iter().map(named).collect();
        let known = COLUMNS.join(", ");
        for (column, name) in names.iter().enumerate() {
            if name.is_empty() {
                continue;
            }
            if !COLUMNS.contains(&name.as_str()) {
                let name = text::shown(name, MAX_SHOWN_CHARS);
                return Err(format!(
                    "the column \"{name}\" is unknown: the columns are {known}"
                ));
            }
            if names[..column].contains(name) {
                return Err(format!("the column \"{name}\" appears twice"));
            }
        }
        for (required, is_needed) in [("email", true), ("name", needs_names)] {
            if is_needed && !names.iter().any(|name| name == required) {
                return Err(format!(
                    "the column \"{required}\" is missing: the first row names the columns"
                ));
            }
        }
        Ok(Self { names, needs_names })
    }

    /// Returns what a row says, or everything that is wrong with it.
    fn entry(
        &self,
        record: &StringRecord,
        defaults: &UserDefaults,
    ) -> Result<DirectoryEntry, String> {
        self.check_fields(record)?;
        let mut row = Row {
            columns: self,
            record,
            errors: Vec::new(),
        };
        let email = row.required("email", Email::parse);
        let name = match self.needs_names {
            true => row.required("name", PersonName::parse),
            false => row.optional("name", PersonName::parse),
        };
        let patch = UserPatch {
            email: email.clone(),
            name: name.clone(),
            surname: row.emptiable("surname", Surname::parse),
            username: row.optional("username", Username::parse),
            role: row.optional("role", Role::parse),
            mobile: row.emptiable("mobile", Mobile::parse),
            lang: row.optional("lang", LangTag::parse),
            timezone: row.optional("timezone", TimeZoneName::parse),
            login_allowed: row.optional("login_allowed", parse_boolean),
            active: row.optional("active", parse_boolean),
            expires_at: row.emptiable("expires_at", |field| Timestamp::parse(field).map(Some)),
        };
        let Some(email) = email.filter(|_| row.errors.is_empty()) else {
            return Err(row.errors.join("; "));
        };
        let profile = name.map(|name| {
            let new = UserProfile::new(email.clone(), name, Surname::default(), defaults);
            patch.clone().apply_to_profile(new)
        });
        Ok(DirectoryEntry {
            email,
            profile,
            patch,
        })
    }

    /// Checks that the fields of a row are those that have headings.
    fn check_fields(&self, record: &StringRecord) -> Result<(), String> {
        let (fields, most) = (record.len(), self.names.len());
        // A row may lack the last columns if they have no headings.
        let columns = self.names.iter().rposition(|name| !name.is_empty());
        let columns = columns.map_or(0, |last| last + 1);
        if !(columns..=most).contains(&fields) {
            return Err(format!(
                "the row has {} for {columns} columns",
                counted(fields, "field")
            ));
        }
        let has_value = |at: usize| {
            let field = record.get(at);
            field.is_some_and(|field| !has_no_value(field))
        };
        match (0..most).find(|&at| self.names[at].is_empty() && has_value(at)) {
            Some(at) => Err(format!("column {} has a value and no heading", at + 1)),
            None => Ok(()),
        }
    }
}

/// Parses true or false as spreadsheets write them.
fn parse_boolean(typed: &str) -> Result<bool, Invalid> {
    // In Turkish, the capital I is that of the dotless one.
    let folded = typed.to_lowercase();
    let turkish = typed.replace('I', "ı").to_lowercase();
    let found = BOOLEANS
        .iter()
        .find(|(_, words)| words.contains(&folded.as_str()) || words.contains(&turkish.as_str()));
    found
        .map(|(value, _)| *value)
        .ok_or(Invalid::new("must be true or false"))
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

    /// Parses a field that is empty for people who have no such value. None if there is no such column.
    fn emptiable<T: Default>(
        &mut self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        if !self.columns.names.iter().any(|name| name == column) {
            return None;
        }
        if self.field(column).is_empty() {
            return Some(T::default());
        }
        self.required(column, parse)
    }

    /// Returns the text of a field without the white space around it; empty without such a column, and
    /// where no character shows.
    fn field(&self, column: &str) -> &str {
        let at = self.columns.names.iter().position(|name| name == column);
        let field = at.and_then(|at| self.record.get(at));
        let field = field.filter(|field| !has_no_value(field));
        field.unwrap_or_default().trim()
    }
}
