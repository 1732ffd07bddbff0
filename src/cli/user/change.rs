use super::user_json;
use crate::cli::error::CliError;
use crate::cli::find::{UserArg, find_user};
use crate::cli::report::report_change;
use crate::cli::shared::{GlobalArgs, block_on};
use crate::model::{
    Email, LangTag, Mobile, PersonName, Role, Surname, TimeZoneName, User, UserPatch, Username,
};
use crate::store::{Missing, Store};
use serde_json::json;

#[derive(clap::Args)]
#[command(after_help = "\
Another e-mail address takes the room along, and all its host links become void.

Examples:
  roomd user update ada@example.com --surname King
  roomd user update ada --email ada@example.org --role e")]
pub(in crate::cli) struct UpdateArgs {
    #[command(flatten)]
    user: UserArg,
    #[command(flatten)]
    changes: Changes,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// The new values; those that are not given stay as they are.
#[derive(clap::Args)]
struct Changes {
    /// Given name
    #[arg(long, value_parser = PersonName::parse)]
    name: Option<PersonName>,
    /// Family name; "" for none
    #[arg(long, value_parser = Surname::parse)]
    surname: Option<Surname>,
    /// E-mail address, which no other user may have
    #[arg(long, value_parser = Email::parse)]
    email: Option<Email>,
    /// Username, which no other user may have
    #[arg(long, value_parser = Username::parse)]
    username: Option<Username>,
    /// Role: u (user), e (instructor) or a (administrator)
    #[arg(long, value_parser = Role::parse)]
    role: Option<Role>,
    /// Phone number; "" for none
    #[arg(long, value_parser = Mobile::parse)]
    mobile: Option<Mobile>,
    /// Language (BCP 47)
    #[arg(long, value_parser = LangTag::parse)]
    lang: Option<LangTag>,
    /// Time zone (IANA)
    #[arg(long, value_parser = TimeZoneName::parse)]
    timezone: Option<TimeZoneName>,
}

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  roomd user disable ada@example.com
  roomd user enable ada@example.com")]
pub(in crate::cli) struct ActiveArgs {
    #[command(flatten)]
    user: UserArg,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn update(args: UpdateArgs, global: GlobalArgs) -> Result<(), CliError> {
    let changes = args.changes;
    let patch = UserPatch {
        name: changes.name,
        surname: changes.surname,
        email: changes.email,
        username: changes.username,
        role: changes.role,
        mobile: changes.mobile,
        lang: changes.lang,
        timezone: changes.timezone,
        ..UserPatch::default()
    };
    if patch == UserPatch::default() {
        return Err(CliError::NoChange);
    }
    change(&args.user.typed, patch, args.json, global)
}

pub(super) fn set_active(
    args: &ActiveArgs,
    active: bool,
    global: GlobalArgs,
) -> Result<(), CliError> {
    let patch = UserPatch {
        active: Some(active),
        ..UserPatch::default()
    };
    change(&args.user.typed, patch, args.json, global)
}

/// Changes a user and says what changed. What is so already is not written.
fn change(
    typed: &str,
    patch: UserPatch,
    as_json: bool,
    global: GlobalArgs,
) -> Result<(), CliError> {
    let store = global.open(Missing::Fail)?;
    let Changed {
        before,
        after,
        names,
        voids_links,
    } = block_on(write(&store, typed, patch))??;
    let email = before.profile.email.as_str();
    let mut done = match &names[..] {
        [] => format!("{email}: nothing to change"),
        ["active"] if after.profile.active => format!("{email} is active now"),
        ["active"] => {
            format!("{email} is inactive now: the room stays, without hosts")
        }
        names => format!("{email}: {} changed", names.join(", ")),
    };
    if voids_links {
        done += "; all host links of the room are void";
    }
    if as_json {
        let json = json!({"changed": names, "user": user_json(&after)});
        report_change(json, done)
    } else {
        report_change(&done, &done)
    }
}

struct Changed {
    before: User,
    after: User,
    /// The fields that changed, as the API names them.
    names: Vec<&'static str>,
    voids_links: bool,
}

async fn write(store: &Store, typed: &str, patch: UserPatch) -> Result<Changed, CliError> {
    let before = find_user(store, typed).await?;
    let room = store.find_default_room(&before.profile.email).await?;
    let wanted = patch.clone().apply_to_profile(before.profile.clone());
    let after = if wanted == before.profile {
        before.clone()
    } else {
        store.update_user(before.guid, patch).await?
    };
    let (old, new) = (&before.profile, &after.profile);
    let revokes = old.email.key() != new.email.key() || (old.active && !new.active);
    Ok(Changed {
        names: old.changed_fields(new),
        voids_links: revokes && room.is_some_and(|room| room.host_link_given),
        before,
        after,
    })
}
