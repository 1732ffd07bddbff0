use super::confirm::{Caution, confirm_at_terminal};
use super::error::CliError;
use super::output::{OutputError, is_stdout_lost, print_line, yes_or_no};
use super::report::report_change;
use super::shared::{GlobalArgs, block_on};
use super::table::{Column, table};
use crate::http;
use crate::model::{self, AccessKey, ApiKey, KeyName, NewApiKey, Timestamp};
use crate::store::{self, Missing, Store};
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Create a key and print it; the secret key is never shown again
    Create(CreateArgs),
    /// List all keys, including revoked ones
    List(ListArgs),
    /// Revoke a key, from the next request on
    Revoke(RevokeArgs),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  roomd key create --name chat
  roomd key create --name signage --guests-only --json")]
pub(super) struct CreateArgs {
    /// Name of the key, for example that of the client that uses it
    #[arg(long, value_parser = KeyName::parse)]
    name: Option<KeyName>,
    /// Give the key no host links: for a program whose people are not to be hosts
    #[arg(long)]
    guests_only: bool,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  roomd key list
  roomd key list --json")]
pub(super) struct ListArgs {
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(after_help = "\
A revoked key stays revoked, also after a restore. Asks only on a terminal.

Examples:
  roomd key revoke xk3v9q2d7xm
  roomd key revoke xk3v9q2d7xm --dry-run")]
pub(super) struct RevokeArgs {
    /// Access key, as `roomd key list` shows it
    access_key: String,
    #[command(flatten)]
    caution: Caution,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(verb: Verb, global: GlobalArgs) -> Result<(), CliError> {
    match verb {
        Verb::Create(args) => {
            if is_stdout_lost() {
                return Err(CliError::NoReaderOfKey);
            }
            let mut key = NewApiKey::generate(args.name);
            key.guests_only = args.guests_only;
            let store = global.open(Missing::Create)?;
            block_on(store.insert_key(&key))??;
            let text = if args.json {
                new_key_json(&key)
            } else {
                new_key_text(&key)
            };
            print_line(text).map_err(|reason| take_back(&store, key.access_key, reason))?;
        }
        Verb::List(args) => {
            let store = global.open(Missing::Fail)?;
            let keys = block_on(store.list_keys())??;
            print_line(if args.json {
                keys_json(&keys)
            } else {
                keys_table(&keys)
            })?;
        }
        Verb::Revoke(args) => revoke(args, global)?,
    }
    Ok(())
}

fn revoke(args: RevokeArgs, global: GlobalArgs) -> Result<(), CliError> {
    let store = global.open(Missing::Fail)?;
    let key = find(&store, &AccessKey::new(args.access_key))?;
    let what = in_words(&key);
    let done = match (args.caution.dry_run, key.revoked_at) {
        (true, None) => format!("would revoke {what}"),
        (true, Some(_)) => format!("{what} is revoked already"),
        (false, revoked_at) => {
            // Nothing ends where it was revoked before.
            let is_said = args.caution.yes || revoked_at.is_some();
            confirm_at_terminal(&format!("revoke {what}"), is_said)?;
            block_on(store.revoke_key(&key.access_key))??;
            format!("{what} is revoked")
        }
    };
    if args.json {
        let json = json!({"dry_run": args.caution.dry_run, "revoked": key.access_key.as_str()});
        report_change(json, done)
    } else {
        report_change(&done, &done)
    }
}

fn find(store: &Store, access_key: &AccessKey) -> Result<ApiKey, CliError> {
    let keys = block_on(store.list_keys())??;
    let found = keys.into_iter().find(|key| key.access_key == *access_key);
    Ok(found.ok_or(store::Error::Rule(model::Error::KeyNotFound))?)
}

/// Returns a key as a part of a sentence.
fn in_words(key: &ApiKey) -> String {
    let access_key = key.access_key.as_str();
    match key.name.as_str() {
        "" => format!("the key {access_key}"),
        name => format!("the key {access_key} ({name})"),
    }
}

/// Revokes a key whose secret was not printed, so that no valid key is left that no client can
/// use. Returns the error for the operator, also where the reader of stdout has closed it: the key
/// is lost either way.
fn take_back(store: &Store, access_key: AccessKey, reason: OutputError) -> CliError {
    let revoked = block_on(store.revoke_key(&access_key));
    let revoked = revoked.unwrap_or_else(|error| Err(store::Error::Internal(error.to_string())));
    CliError::UnprintedKey {
        access_key,
        reason,
        still_valid: revoked.err(),
    }
}

fn new_key_json(key: &NewApiKey) -> String {
    let key = json!({
        "access_key": key.access_key.as_str(),
        "secret_key": key.secret_key(),
        "authorization": http::authorization(key),
    });
    key.to_string()
}

fn new_key_text(key: &NewApiKey) -> String {
    format!(
        "access key:  {}\nsecret key:  {}\n\
         Save the secret key now, it is never shown again. Clients send this header:\n\
         Authorization: {}",
        key.access_key.as_str(),
        key.secret_key(),
        http::authorization(key)
    )
}

fn keys_table(keys: &[ApiKey]) -> String {
    let rows = keys.iter().map(|key| {
        [
            key.access_key.as_str().to_owned(),
            key.name.clone(),
            key.created_at.to_rfc3339(),
            key.revoked_at
                .map_or_else(|| "-".into(), Timestamp::to_rfc3339),
            yes_or_no(key.guests_only).to_owned(),
        ]
    });
    let columns = [
        Column::whole("ACCESS KEY"),
        Column::cut("NAME"),
        Column::whole("CREATED"),
        Column::whole("REVOKED"),
        Column::whole("GUESTS ONLY"),
    ];
    table(columns, rows)
}

fn keys_json(keys: &[ApiKey]) -> String {
    let rows = keys.iter().map(|key| {
        json!({
            "access_key": key.access_key.as_str(),
            "name": key.name,
            "created_at": key.created_at.to_rfc3339(),
            "revoked_at": key.revoked_at.map(Timestamp::to_rfc3339),
            "guests_only": key.guests_only,
        })
    });
    serde_json::Value::from_iter(rows).to_string()
}
