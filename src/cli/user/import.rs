use super::new_profile;
use crate::cli::output::print_line;
use crate::cli::{CliError, block_on};
use crate::config;
use crate::model::{self, Email, Invalid, PersonName, Role, UserProfile, Username};
use crate::store::{self, Store};
use csv::{ReaderBuilder, StringRecord};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::fmt;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// A CSV file in UTF-8. Its first row names the columns: email, name, surname and, if you
    /// like, username and role
    file: PathBuf,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// Why a file was not imported.
#[derive(Debug)]
pub(in crate::cli) struct ImportError {
    file: PathBuf,
    rows: Vec<BadRow>,
}

/// A row that is wrong, or the file as a whole (line 1, where the columns are named).
#[derive(Debug)]
struct BadRow {
    line: u64,
    message: String,
}

/// The users of a file, and the lines they stand in.
#[derive(Default)]
struct Rows {
    profiles: Vec<UserProfile>,
    lines: Vec<u64>,
    bad: Vec<BadRow>,
}

/// Where in a row each field is.
struct Columns {
    email: usize,
    name: usize,
    surname: usize,
    username: Option<usize>,
    role: Option<usize>,
}

pub(super) fn run(args: &Args, store: &Store, defaults: &config::Users) -> Result<(), CliError> {
    let outcome = import(&args.file, store, defaults);
    if args.json {
        print_line(match &outcome {
            Ok(imported) => json!({"imported": imported}),
            Err(CliError::Import(error)) => json!({"imported": 0, "errors": error.json()}),
            Err(error) => json!({"imported": 0, "errors": [{"message": error.to_string()}]}),
        })?;
    } else if let Ok(imported) = &outcome {
        print_line(format!("{imported} users imported"))?;
    }
    outcome.map(|_| ())
}

fn import(file: &Path, store: &Store, defaults: &config::Users) -> Result<usize, CliError> {
    let refused = |rows| {
        CliError::Import(ImportError {
            file: file.to_owned(),
            rows,
        })
    };
    let rows =
        read(file, defaults).map_err(|message| refused(vec![BadRow { line: 1, message }]))?;
    if !rows.bad.is_empty() {
        return Err(refused(rows.bad));
    }
    let count = rows.profiles.len();
    let bar = progress_bar(count);
    let moving = bar.clone();
    let stored = block_on(store.insert_users(rows.profiles, move || moving.inc(1)));
    bar.finish_and_clear();
    match stored {
        Ok(()) => Ok(count),
        Err(store::Error::Rule(model::Error::InvalidRows(errors))) => {
            let bad = errors.into_iter().map(|error| BadRow {
                line: rows.lines[error.row],
                message: error.error.to_string(),
            });
            Err(refused(bad.collect()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads all rows. An error is one of the file as a whole.
fn read(file: &Path, defaults: &config::Users) -> Result<Rows, String> {
    let mut reader = ReaderBuilder::new()
        .from_path(file)
        .map_err(|error| error.to_string())?;
    let columns = Columns::of_headings(reader.headers().map_err(|error| error.to_string())?)?;
    let mut rows = Rows::default();
    for record in reader.records() {
        let (line, profile) = match record {
            Ok(record) => (line(record.position()), columns.profile(&record, defaults)),
            Err(error) => (line(error.position()), Err(error.to_string())),
        };
        match profile {
            Ok(profile) => {
                rows.profiles.push(profile);
                rows.lines.push(line);
            }
            Err(message) => rows.bad.push(BadRow { line, message }),
        }
    }
    Ok(rows)
}

fn line(position: Option<&csv::Position>) -> u64 {
    position.map_or(1, csv::Position::line)
}

impl Columns {
    fn of_headings(headings: &StringRecord) -> Result<Self, String> {
        const KNOWN: [&str; 5] = ["email", "name", "surname", "username", "role"];
        let names: Vec<String> = headings
            .iter()
            .map(|heading| heading.trim().to_lowercase().replace("e-mail", "email"))
            .collect();
        if let Some(unknown) = names.iter().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(format!(
                "there is no column \"{unknown}\": the columns are {}",
                KNOWN.join(", ")
            ));
        }
        let optional = |wanted: &str| names.iter().position(|name| name == wanted);
        let required =
            |wanted: &str| optional(wanted).ok_or(format!("the column \"{wanted}\" is missing"));
        Ok(Self {
            email: required("email")?,
            name: required("name")?,
            surname: required("surname")?,
            username: optional("username"),
            role: optional("role"),
        })
    }

    /// Reads a row, or says everything that is wrong with it.
    fn profile(
        &self,
        record: &StringRecord,
        defaults: &config::Users,
    ) -> Result<UserProfile, String> {
        let mut errors = Vec::new();
        let email = parsed(record, "email", Some(self.email), Email::parse, &mut errors);
        let name = parsed(
            record,
            "name",
            Some(self.name),
            PersonName::parse,
            &mut errors,
        );
        let surname = parsed(
            record,
            "surname",
            Some(self.surname),
            PersonName::parse,
            &mut errors,
        );
        let filled = |column: &usize| {
            record
                .get(*column)
                .is_some_and(|text| !text.trim().is_empty())
        };
        let username = parsed(
            record,
            "username",
            self.username.filter(filled),
            Username::parse,
            &mut errors,
        );
        let role = parsed(
            record,
            "role",
            self.role.filter(filled),
            |text| Role::parse(text.trim()),
            &mut errors,
        );
        let (Some(email), Some(name), Some(surname), true) =
            (email, name, surname, errors.is_empty())
        else {
            return Err(errors.join(", "));
        };
        let profile = new_profile(email, name, surname, defaults);
        Ok(UserProfile {
            username: username.unwrap_or(profile.username),
            role: role.unwrap_or(profile.role),
            ..profile
        })
    }
}

fn parsed<T>(
    record: &StringRecord,
    heading: &str,
    column: Option<usize>,
    parse: impl Fn(&str) -> Result<T, Invalid>,
    errors: &mut Vec<String>,
) -> Option<T> {
    let text = record.get(column?).unwrap_or_default();
    parse(text)
        .map_err(|reason| errors.push(format!("{heading} {reason}")))
        .ok()
}

/// Shows on a terminal only.
fn progress_bar(rows: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} users, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(rows as u64).with_style(style)
}

impl ImportError {
    fn json(&self) -> serde_json::Value {
        self.rows
            .iter()
            .map(|row| json!({"line": row.line, "message": row.message}))
            .collect()
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "nothing was imported: mend the file and try again"
        )?;
        for row in &self.rows {
            write!(
                formatter,
                "\n{}, line {}: {}",
                self.file.display(),
                row.line,
                row.message
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for ImportError {}
