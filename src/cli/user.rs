mod change;
mod import;
mod remove;
mod rows;
mod show;
mod sync;
mod user_file;

use super::error::CliError;
use super::output::{print_line, yes_or_no};
use super::paging::{PagingArgs, page_line};
use super::report::report_change;
use super::shared::{GlobalArgs, block_on, open};
use super::table::{Column, table};
use crate::http::UserResponse;
use crate::model::{
    Email, Page, Paging, PersonName, Role, Surname, User, UserDefaults, UserProfile, UserQuery,
    Username,
};
use crate::store::Missing;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Register a user and print the new GUID
    Add(AddArgs),
    /// List users, newest first
    List(ListArgs),
    /// Show a user and the user's room
    Show(show::ShowArgs),
    /// Change a user
    Update(change::UpdateArgs),
    /// Deactivate a user: the room stays, without hosts
    Disable(change::ActiveArgs),
    /// Activate a user again
    Enable(change::ActiveArgs),
    /// Print all that is stored of a user, as JSON
    Export(show::ExportArgs),
    /// Remove a user and the user's room
    Remove(remove::RemoveArgs),
    /// Register all users of a CSV file, or none if a row is wrong
    Import(import::Args),
    /// Make the users like a directory, from its CSV file
    Sync(sync::Args),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  roomd user add --email ada@example.com --name Ada --surname Lovelace
  roomd user add --email grace@example.com --name Grace --role e --json")]
pub(super) struct AddArgs {
    /// E-mail address, which no other user may have
    #[arg(long, value_parser = Email::parse)]
    email: Email,
    /// Given name
    #[arg(long, value_parser = PersonName::parse)]
    name: PersonName,
    /// Family name; leave it out for people with one name
    #[arg(long, value_parser = Surname::parse)]
    surname: Option<Surname>,
    /// Username, which no other user may have [default: the e-mail address]
    #[arg(long, value_parser = Username::parse)]
    username: Option<Username>,
    /// Role: u (user), e (instructor) or a (administrator)
    #[arg(long, default_value = "u", value_parser = Role::parse)]
    role: Role,
    /// Print the user as a JSON object instead of the GUID
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  roomd user list
  roomd user list --page 2 --json")]
pub(super) struct ListArgs {
    #[command(flatten)]
    paging: PagingArgs,
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(verb: Verb, global: GlobalArgs) -> Result<(), CliError> {
    match verb {
        Verb::Add(args) => {
            let config = global.load()?;
            let store = open(&config, Missing::Create)?;
            let as_json = args.json;
            let user = block_on(store.insert_user(args.into_profile(&config.users.defaults())))??;
            let email = user.profile.email.as_str();
            let done = format!("{email} was registered with the GUID {}", user.guid);
            if as_json {
                report_change(user_json(&user), done)?;
            } else {
                report_change(user.guid, done)?;
            }
        }
        Verb::List(args) => {
            let store = global.open(Missing::Fail)?;
            let paging = args.paging.paging();
            let users = block_on(store.list_users(UserQuery::default(), paging))??;
            print_line(if args.json {
                users_json(&users)
            } else {
                users_table(&users, paging)
            })?;
        }
        Verb::Show(args) => show::show(&args, global)?,
        Verb::Update(args) => change::update(args, global)?,
        Verb::Disable(args) => change::set_active(&args, false, global)?,
        Verb::Enable(args) => change::set_active(&args, true, global)?,
        Verb::Export(args) => show::export(&args, global)?,
        Verb::Remove(args) => remove::run(&args, global)?,
        Verb::Import(args) => import::run(&args, global)?,
        Verb::Sync(args) => sync::run(&args, global)?,
    }
    Ok(())
}

impl AddArgs {
    fn into_profile(self, defaults: &UserDefaults) -> UserProfile {
        let surname = self.surname.unwrap_or_default();
        let profile = UserProfile::new(self.email, self.name, surname, defaults);
        UserProfile {
            username: self.username.unwrap_or(profile.username),
            role: self.role,
            ..profile
        }
    }
}

/// Returns a user with the fields that the API gives one.
fn user_json(user: &User) -> Value {
    json!(UserResponse::new(user))
}

fn users_json(users: &Page<User>) -> String {
    let responses: Vec<_> = users.entries.iter().map(UserResponse::new).collect();
    serde_json::to_string(&responses).expect("texts and booleans are JSON")
}

fn users_table(users: &Page<User>, paging: Paging) -> String {
    let rows = users.entries.iter().map(|User { guid, profile, .. }| {
        [
            profile.email.as_str().to_owned(),
            format!("{} {}", profile.name.as_str(), profile.surname.as_str())
                .trim_end()
                .to_owned(),
            profile.role.as_str().to_owned(),
            yes_or_no(profile.active).to_owned(),
            guid.to_string(),
        ]
    });
    let columns = [
        Column::cut("E-MAIL"),
        Column::cut("NAME"),
        Column::whole("ROLE"),
        Column::whole("ACTIVE"),
        Column::whole("GUID"),
    ];
    let mut text = table(columns, rows);
    text.push_str(&page_line(paging, users.total, "users"));
    text
}
