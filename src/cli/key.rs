use super::output::{print_line, table};
use super::{CliError, SharedArgs, block_on};
use crate::http;
use crate::model::{AccessKey, ApiKey, NewApiKey, Timestamp};
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Make a key; prints both parts, the secret one for the only time
    Create(CreateArgs),
    /// List the keys
    List(ListArgs),
    /// Take a key out of force, from the next request on
    Revoke(RevokeArgs),
}

#[derive(Args)]
pub(super) struct CreateArgs {
    /// What to call the key, for example after the program that uses it
    #[arg(long, default_value = "")]
    name: String,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct RevokeArgs {
    /// The access key
    access_key: String,
}

pub(super) fn run(verb: Verb, shared: SharedArgs) -> Result<(), CliError> {
    let (_, store) = shared.open()?;
    match verb {
        Verb::Create(args) => {
            let key = NewApiKey::generate(&args.name)?;
            block_on(store.insert_key(&key))?;
            print_line(created(&key, args.json))?;
        }
        Verb::List(args) => {
            let keys = block_on(store.list_keys())?;
            print_line(if args.json {
                listed_json(&keys)
            } else {
                listed(&keys)
            })?;
        }
        Verb::Revoke(args) => block_on(store.revoke_key(&AccessKey::new(args.access_key)))?,
    }
    Ok(())
}

fn created(key: &NewApiKey, as_json: bool) -> String {
    let (access_key, secret_key) = (key.access_key.as_str(), key.secret_key());
    let authorization = http::authorization(key);
    if as_json {
        return json!({
            "access_key": access_key,
            "secret_key": secret_key,
            "authorization": authorization,
        })
        .to_string();
    }
    format!(
        "access key:  {access_key}\nsecret key:  {secret_key}\n\
         Both are shown this once. Callers send the header:\nAuthorization: {authorization}"
    )
}

fn listed(keys: &[ApiKey]) -> String {
    let rows = keys.iter().map(|key| {
        [
            key.access_key.as_str().to_owned(),
            key.name.clone(),
            key.created_at.to_rfc3339(),
            key.revoked_at
                .map_or_else(|| "-".into(), Timestamp::to_rfc3339),
        ]
    });
    table(["ACCESS KEY", "NAME", "CREATED", "REVOKED"], rows)
}

fn listed_json(keys: &[ApiKey]) -> String {
    let rows = keys.iter().map(|key| {
        json!({
            "access_key": key.access_key.as_str(),
            "name": key.name,
            "created_at": key.created_at.to_rfc3339(),
            "revoked_at": key.revoked_at.map(Timestamp::to_rfc3339),
        })
    });
    serde_json::Value::from_iter(rows).to_string()
}
