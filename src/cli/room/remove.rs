use crate::cli::confirm::{Caution, confirm};
use crate::cli::error::CliError;
use crate::cli::find::{RoomArg, find_room};
use crate::cli::report::report_change;
use crate::cli::room_view::{room_in_words, room_json};
use crate::cli::shared::{GlobalArgs, block_on, open};
use crate::store::Missing;
use serde_json::json;

#[derive(clap::Args)]
#[command(after_help = "\
A meeting in the room ends. The owner gets another room, with another link, when
a program next asks for one.

Examples:
  roomd room remove ada@example.com
  roomd room remove algebra_k3v9q2d7xm --yes --json")]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    room: RoomArg,
    #[command(flatten)]
    caution: Caution,
    /// Print a JSON object instead of text
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, global: GlobalArgs) -> Result<(), CliError> {
    let config = global.load()?;
    let store = open(&config, Missing::Fail)?;
    let room = block_on(find_room(&store, &args.room.typed, &config))??;
    let what = format!("{} of {}", room_in_words(&room), room.creator_email);
    let done = if args.caution.dry_run {
        format!("would remove {what}")
    } else {
        confirm(&format!("remove {what}"), args.caution.yes)?;
        block_on(store.delete_room(room.guid))??;
        format!("removed {what}")
    };
    if args.json {
        let room = room_json(&config, &room)?;
        let json = json!({"dry_run": args.caution.dry_run, "room": room});
        report_change(json, done)
    } else {
        report_change(&done, &done)
    }
}
