mod import;

use super::error::CliError;
use super::output::{print_line, table};
use super::report::report_change;
use super::shared::{GlobalArgs, block_on, open};
use crate::http::UserResponse;
use crate::model::{
    Email, Invalid, Page, PageNumber, PageSize, Paging, PersonName, Role, Surname, User,
    UserDefaults, UserProfile, UserQuery, Username,
};
use crate::store::Missing;
use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Register a user and print the new GUID
    Add(AddArgs),
    /// List users, newest first
    List(ListArgs),
    /// Remove a user and the user's room
    Remove(RemoveArgs),
    /// Register all users of a CSV file, or none if a row is wrong
    Import(import::Args),
}

#[derive(Args)]
pub(super) struct AddArgs {
    /// E-mail address, which no other user may have
    #[arg(long, value_parser = Email::parse)]
    email: Email,
    /// Given name
    #[arg(long, value_parser = PersonName::parse)]
    name: PersonName,
    /// Family name; people who have one name have none
    #[arg(long, value_parser = Surname::parse)]
    surname: Option<Surname>,
    /// Username, which no other user may have [default: the e-mail address]
    #[arg(long, value_parser = Username::parse)]
    username: Option<Username>,
    /// Role: u (user), e (instructor) or a (administrator)
    #[arg(long, default_value = "u", value_parser = Role::parse)]
    role: Role,
}

#[derive(Args)]
pub(super) struct ListArgs {
    /// Page to print
    #[arg(long, value_name = "N", default_value = "1", value_parser = page_number)]
    page: PageNumber,
    /// Users per page, at most 100
    #[arg(long, value_name = "N", default_value = "100", value_parser = page_size)]
    size: PageSize,
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct RemoveArgs {
    /// E-mail address of the user
    #[arg(value_parser = Email::parse)]
    email: Email,
}

pub(super) fn run(verb: Verb, global: GlobalArgs) -> Result<(), CliError> {
    match verb {
        Verb::Add(args) => {
            let config = global.load()?;
            let store = open(&config, Missing::Create)?;
            let user = block_on(store.insert_user(args.into_profile(&config.users.defaults())))??;
            let email = user.profile.email.as_str();
            let done = format!("{email} was registered with the GUID {}", user.guid);
            report_change(user.guid, done)?;
        }
        Verb::List(args) => {
            let store = global.open(Missing::Fail)?;
            let paging = Paging::new(args.page, args.size);
            let users = block_on(store.list_users(UserQuery::default(), paging))??;
            print_line(if args.json {
                users_json(&users)
            } else {
                users_table(&users, paging)
            })?;
        }
        Verb::Remove(args) => {
            let store = global.open(Missing::Fail)?;
            block_on(store.delete_user_by_email(&args.email))??;
        }
        Verb::Import(args) => import::run(&args, global)?,
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

// A text that is no number becomes 0, which is out of range too.
fn page_number(text: &str) -> Result<PageNumber, Invalid> {
    PageNumber::new(text.parse().unwrap_or_default())
}

fn page_size(text: &str) -> Result<PageSize, Invalid> {
    PageSize::new(text.parse().unwrap_or_default())
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
            if profile.active { "yes" } else { "no" }.to_owned(),
            guid.to_string(),
        ]
    });
    let mut text = table(["E-MAIL", "NAME", "ROLE", "ACTIVE", "GUID"], rows);
    let pages = paging.pages_of(users.total);
    if pages > 1 {
        text.push_str(&format!(
            "\npage {} of {pages}, {} users",
            paging.page(),
            users.total
        ));
    }
    text
}
