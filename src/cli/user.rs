use super::output::{print_line, table};
use super::{CliError, SharedArgs, block_on};
use crate::config;
use crate::model::{Email, Mobile, PersonName, Role, Timestamp, User, UserDraft, Username};
use clap::{Args, Subcommand};
use serde::Serialize;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Register a user; prints the new GUID
    Add(AddArgs),
    /// List the users
    List(ListArgs),
    /// Remove a user, and the user's room with it
    Remove(RemoveArgs),
}

#[derive(Args)]
pub(super) struct AddArgs {
    /// The e-mail address, which no other user may have
    #[arg(long, value_parser = Email::parse)]
    email: Email,
    /// The given name
    #[arg(long, value_parser = PersonName::parse)]
    name: PersonName,
    /// The family name
    #[arg(long, value_parser = PersonName::parse)]
    surname: PersonName,
    /// The username, which no other user may have [default: the e-mail address]
    #[arg(long, value_parser = Username::parse)]
    username: Option<Username>,
    /// u (user), e (instructor) or a (administrator)
    #[arg(long, default_value = "u", value_parser = Role::parse)]
    role: Role,
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct RemoveArgs {
    /// The e-mail address
    #[arg(value_parser = Email::parse)]
    email: Email,
}

pub(super) fn run(verb: Verb, shared: SharedArgs) -> Result<(), CliError> {
    let (config, store) = shared.open()?;
    match verb {
        Verb::Add(args) => {
            let guid = block_on(store.insert_user(args.into_draft(config.users)))?;
            print_line(guid)?;
        }
        Verb::List(args) => {
            let users = store.list_users()?;
            print_line(if args.json {
                json(&users)
            } else {
                rows(&users)
            })?;
        }
        Verb::Remove(args) => block_on(store.delete_user(&args.email))?,
    }
    Ok(())
}

impl AddArgs {
    fn into_draft(self, defaults: config::Users) -> UserDraft {
        UserDraft {
            username: self.username.unwrap_or_else(|| Username::from(&self.email)),
            email: self.email,
            name: self.name,
            surname: self.surname,
            role: self.role,
            mobile: Mobile::default(),
            login_allowed: true,
            active: true,
            lang: defaults.lang,
            timezone: defaults.timezone,
            expires_at: None,
        }
    }
}

/// A user as `--json` prints one, with the names of the public API.
#[derive(Serialize)]
struct UserRow<'a> {
    user_guid: String,
    email: &'a str,
    username: &'a str,
    name: &'a str,
    surname: &'a str,
    role: &'a str,
    active: bool,
    expires_at: Option<String>,
    creation_date: String,
}

fn json(users: &[User]) -> String {
    let rows = users.iter().map(|user| UserRow {
        user_guid: user.guid.to_string(),
        email: &user.email,
        username: &user.username,
        name: &user.name,
        surname: &user.surname,
        role: &user.role,
        active: user.active,
        expires_at: user.expires_at.map(Timestamp::to_rfc3339),
        creation_date: user.created_at.to_rfc3339(),
    });
    serde_json::to_string(&rows.collect::<Vec<_>>()).expect("texts and switches are JSON")
}

fn rows(users: &[User]) -> String {
    let headings = ["E-MAIL", "NAME", "ROLE", "ACTIVE", "GUID"].map(str::to_owned);
    let rows = users.iter().map(|user| {
        [
            user.email.clone(),
            format!("{} {}", user.name, user.surname),
            user.role.clone(),
            if user.active { "yes" } else { "no" }.to_owned(),
            user.guid.to_string(),
        ]
    });
    table(&std::iter::once(headings).chain(rows).collect::<Vec<_>>())
}
