mod import;

pub(super) use import::ImportError;

use super::output::{print_line, table};
use super::{CliError, SharedArgs, block_on};
use crate::http::UserResponse;
use crate::model::{
    Email, Invalid, Page, PageNumber, PageSize, Paging, PersonName, Role, User, UserDefaults,
    UserProfile, UserQuery, Username,
};
use clap::{Args, Subcommand};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Register a user; prints the new GUID
    Add(AddArgs),
    /// List the users, newest first
    List(ListArgs),
    /// Remove a user, and the user's room with it
    Remove(RemoveArgs),
    /// Register the users of a CSV file, all or none
    Import(import::Args),
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
    /// Which page
    #[arg(long, value_name = "N", default_value = "1", value_parser = page_number)]
    page: PageNumber,
    /// Users a page, at most 100
    #[arg(long, value_name = "N", default_value = "100", value_parser = page_size)]
    size: PageSize,
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
    match verb {
        Verb::Add(args) => {
            let (config, store) = shared.open()?;
            let user = block_on(store.insert_user(args.into_profile(&config.users)))?;
            print_line(user.guid)?;
        }
        Verb::List(args) => {
            let (_, store) = shared.open()?;
            let paging = Paging::new(args.page, args.size);
            let users = block_on(store.list_users(UserQuery::default(), paging))?;
            print_line(if args.json {
                json(&users)
            } else {
                rows(&users, paging)
            })?;
        }
        Verb::Remove(args) => {
            let (_, store) = shared.open()?;
            block_on(store.delete_user_by_email(&args.email))?;
        }
        Verb::Import(args) => import::run(&args, shared)?,
    }
    Ok(())
}

impl AddArgs {
    fn into_profile(self, defaults: &UserDefaults) -> UserProfile {
        let profile = UserProfile::new(self.email, self.name, self.surname, defaults);
        UserProfile {
            username: self.username.unwrap_or(profile.username),
            role: self.role,
            ..profile
        }
    }
}

// What is no number becomes 0, which is out of range like others.
fn page_number(text: &str) -> Result<PageNumber, Invalid> {
    PageNumber::new(text.parse().unwrap_or_default())
}

fn page_size(text: &str) -> Result<PageSize, Invalid> {
    PageSize::new(text.parse().unwrap_or_default())
}

fn json(users: &Page<User>) -> String {
    let shown: Vec<_> = users.entries.iter().map(UserResponse::new).collect();
    serde_json::to_string(&shown).expect("texts and switches are JSON")
}

fn rows(users: &Page<User>, paging: Paging) -> String {
    let rows = users.entries.iter().map(|User { guid, profile, .. }| {
        [
            profile.email.as_str().to_owned(),
            format!("{} {}", profile.name.as_str(), profile.surname.as_str()),
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
