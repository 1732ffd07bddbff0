//! What a synchronization tells of the users it has changed, or would change.

use crate::cli::output::counted;
use crate::cli::table::{Column, table};
use crate::model::{User, UserProfile};
use crate::store::{SyncChange, SyncRehearsal, SyncReport};
use serde_json::{Value, json};

/// The most users of each kind of change that a table names: all of them fit a screen.
const SHOWN_PER_KIND: usize = 10;

/// A change as it is shown.
struct Shown<'a> {
    kind: &'static str,
    user: Option<&'a User>,
    /// The e-mail address by which the user is known until the change.
    email: &'a str,
    fields: Vec<&'static str>,
}

impl<'a> From<&'a SyncChange> for Shown<'a> {
    fn from(change: &'a SyncChange) -> Self {
        let (kind, user, profile, fields): (_, Option<&User>, &UserProfile, _) = match change {
            SyncChange::Added(profile) => ("added", None, profile, Vec::new()),
            SyncChange::Updated { user, profile } => {
                let fields = user.profile.changed_fields(profile);
                ("updated", Some(user), &user.profile, fields)
            }
            SyncChange::Deactivated(user) => {
                ("deactivated", Some(user), &user.profile, vec!["active"])
            }
        };
        Self {
            kind,
            user,
            email: profile.email.as_str(),
            fields,
        }
    }
}

/// Returns what was done, in one line.
pub(super) fn in_words(report: &SyncReport) -> String {
    let SyncReport {
        added,
        updated,
        unchanged,
        deactivated,
        ..
    } = report;
    format!("{added} added, {updated} updated, {unchanged} unchanged, {deactivated} deactivated")
}

/// Returns what the operator may want to do, as lines that each begin with a line break.
pub(super) fn hints(report: &SyncReport) -> String {
    let mut hints = String::new();
    let left = report.missing - report.deactivated;
    if left > 0 {
        hints += &format!(
            "\nnot in the file: {}, whom --deactivate-missing would deactivate",
            counted(left, "active user")
        );
    }
    if report.inactive > 0 {
        hints += &format!(
            "\nin the file: {}; `roomd user enable` or a column `active` activates",
            counted(report.inactive, "inactive user")
        );
    }
    hints
}

/// Returns what was done, as JSON.
pub(super) fn to_json(report: &SyncReport) -> Value {
    json!({
        "dry_run": false,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "deactivated": report.deactivated,
        "missing": report.missing,
        "inactive": report.inactive,
    })
}

/// Returns what would be done: a table of users, in which some may be left out, and their counts.
pub(super) fn rehearsal_in_words(rehearsal: &SyncRehearsal) -> String {
    let SyncRehearsal { report, changes } = rehearsal;
    let counts = format!("would be: {}{}", in_words(report), hints(report));
    match changes.is_empty() {
        true => counts,
        false => format!("{}\n{counts}", changes_table(changes)),
    }
}

/// Returns what would be done, as JSON with all users.
pub(super) fn rehearsal_to_json(rehearsal: &SyncRehearsal) -> Value {
    let changes = rehearsal.changes.iter().map(Shown::from).map(|shown| {
        json!({
            "change": shown.kind,
            "user_guid": shown.user.map(|user| user.guid.to_string()),
            "email": shown.email,
            "fields": shown.fields,
        })
    });
    let mut json = to_json(&rehearsal.report);
    json["dry_run"] = true.into();
    json["changes"] = changes.collect();
    json
}

fn changes_table(changes: &[SyncChange]) -> String {
    let mut rows = Vec::new();
    for kind in ["added", "updated", "deactivated"] {
        let of_kind = changes
            .iter()
            .map(Shown::from)
            .filter(|shown| shown.kind == kind);
        let count = of_kind.clone().count();
        rows.extend(of_kind.take(SHOWN_PER_KIND).map(row));
        if count > SHOWN_PER_KIND {
            let more = count - SHOWN_PER_KIND;
            let text = format!("and {more} more: --json names all");
            rows.push([kind.to_owned(), text, String::new()]);
        }
    }
    let columns = [
        Column::whole("CHANGE"),
        Column::cut("E-MAIL"),
        Column::wrapped("FIELDS"),
    ];
    table(columns, rows.into_iter())
}

fn row(shown: Shown<'_>) -> [String; 3] {
    let (kind, email) = (shown.kind.to_owned(), shown.email.to_owned());
    [kind, email, shown.fields.join(", ")]
}
