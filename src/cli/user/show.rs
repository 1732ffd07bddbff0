use super::user_json;
use crate::cli::error::CliError;
use crate::cli::find::{UserArg, find_user};
use crate::cli::output::{print_line, yes_or_no};
use crate::cli::room_view::{room_json, whole_room_json};
use crate::cli::shared::{GlobalArgs, block_on, open, room_url};
use crate::cli::table::fields;
use crate::config::Config;
use crate::model::{Role, Room, Timestamp, User};
use crate::store::{Missing, Store};
use serde_json::{Value, json};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  roomd user show ada@example.com
  roomd user show ada --json")]
pub(in crate::cli) struct ShowArgs {
    #[command(flatten)]
    user: UserArg,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[command(after_help = "\
The file has the user, the room with its options and ratings, and nothing that
lets anybody in: no host link.

Examples:
  roomd user export ada@example.com > ada.json")]
pub(in crate::cli) struct ExportArgs {
    #[command(flatten)]
    user: UserArg,
}

pub(super) fn show(args: &ShowArgs, global: GlobalArgs) -> Result<(), CliError> {
    let config = global.load()?;
    let store = open(&config, Missing::Fail)?;
    let (user, room) = block_on(find(&store, &args.user.typed))??;
    let shown = if args.json {
        let mut json = user_json(&user);
        let room = room.as_ref().map(|room| room_json(&config, room));
        json["room"] = room.transpose()?.into();
        json.to_string()
    } else {
        in_words(&config, &user, room.as_ref())
    };
    Ok(print_line(shown)?)
}

pub(super) fn export(args: &ExportArgs, global: GlobalArgs) -> Result<(), CliError> {
    let config = global.load()?;
    let store = open(&config, Missing::Fail)?;
    let exported = block_on(async {
        let (user, room) = find(&store, &args.user.typed).await?;
        let room = match room {
            Some(room) => {
                let ratings = store.find_ratings(room.guid).await?;
                whole_room_json(&config, &room, ratings)?
            }
            None => Value::Null,
        };
        Ok::<_, CliError>(json!({
            "exported_at": Timestamp::now().to_rfc3339(),
            "user": user_json(&user),
            "room": room,
        }))
    })??;
    Ok(print_line(format_args!("{exported:#}"))?)
}

async fn find(store: &Store, typed: &str) -> Result<(User, Option<Room>), CliError> {
    let user = find_user(store, typed).await?;
    let room = store.find_default_room(&user.profile.email).await?;
    Ok((user, room))
}

fn in_words(config: &Config, user: &User, room: Option<&Room>) -> String {
    let profile = &user.profile;
    let role = match profile.role {
        Role::User => "user",
        Role::Instructor => "instructor",
        Role::Administrator => "administrator",
    };
    let name = format!("{} {}", profile.name.as_str(), profile.surname.as_str());
    let date = |date: Option<Timestamp>| date.map_or("never".into(), Timestamp::to_rfc3339);
    let room = match room {
        Some(room) => format!("{}, {}", room.name.as_str(), room_url(config, room)),
        None => "none".into(),
    };
    fields(&[
        ("GUID", user.guid.to_string()),
        ("e-mail", profile.email.as_str().into()),
        ("username", profile.username.as_str().into()),
        ("name", name.trim_end().into()),
        ("role", format!("{} ({role})", profile.role.as_str())),
        ("mobile", profile.mobile.as_str().into()),
        ("active", yes_or_no(profile.active).into()),
        ("may log in", yes_or_no(profile.login_allowed).into()),
        ("language", profile.lang.as_str().into()),
        ("time zone", profile.timezone.as_str().into()),
        ("expires", date(profile.expires_at)),
        ("registered", user.created_at.to_rfc3339()),
        ("changed", date(user.updated_at)),
        ("room", room),
    ])
}
