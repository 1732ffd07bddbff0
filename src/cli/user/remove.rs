use super::user_json;
use crate::cli::confirm::{Caution, confirm};
use crate::cli::error::CliError;
use crate::cli::find::{UserArg, find_user};
use crate::cli::report::report_change;
use crate::cli::room_view::{room_in_words, room_json};
use crate::cli::shared::{GlobalArgs, block_on, open};
use crate::model::{Room, User};
use crate::store::Missing;
use serde_json::json;

#[derive(clap::Args)]
#[command(after_help = "\
What is removed is erased from the database, and stays in older backups.
`roomd user disable` keeps the user and the room.

Examples:
  roomd user remove ada@example.com
  roomd user remove ada@example.com --yes --json")]
pub(in crate::cli) struct RemoveArgs {
    #[command(flatten)]
    user: UserArg,
    #[command(flatten)]
    caution: Caution,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &RemoveArgs, global: GlobalArgs) -> Result<(), CliError> {
    let config = global.load()?;
    let store = open(&config, Missing::Fail)?;
    let found = block_on(async {
        let user = find_user(&store, &args.user.typed).await?;
        let room = store.find_default_room(&user.profile.email).await?;
        Ok::<_, CliError>((user, room))
    })??;
    let (user, room) = if args.caution.dry_run {
        found
    } else {
        let what = in_words(&found.0, found.1.as_ref());
        confirm(&format!("remove {what}"), args.caution.yes)?;
        block_on(store.take_user(found.0.guid))??
    };
    let what = in_words(&user, room.as_ref());
    let done = match args.caution.dry_run {
        true => format!("would remove {what}"),
        false => format!("removed {what}"),
    };
    if args.json {
        let room = room.as_ref().map(|room| room_json(&config, room));
        let json = json!({
            "dry_run": args.caution.dry_run,
            "user": user_json(&user),
            "room": room.transpose()?,
        });
        report_change(json, done)
    } else {
        report_change(&done, &done)
    }
}

fn in_words(user: &User, room: Option<&Room>) -> String {
    let user = format!("the user {} ({})", user.profile.email.as_str(), user.guid);
    match room {
        Some(room) => format!("{user} and {}", room_in_words(room)),
        None => format!("{user}, who has no room"),
    }
}
