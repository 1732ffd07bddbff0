use crate::cli::error::CliError;
use crate::cli::find::{RoomArg, find_room};
use crate::cli::output::{print_line, yes_or_no};
use crate::cli::room_view::whole_room_json;
use crate::cli::shared::{GlobalArgs, block_on, open, room_url};
use crate::cli::table::fields;
use crate::config::Config;
use crate::model::{Ratings, Room, Tags};
use crate::store::Missing;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  roomd room show ada@example.com
  roomd room show https://rooms.example.com/groups/room/algebra_k3v9q2d7xm")]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    room: RoomArg,
    /// Print a JSON object, with all options
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, global: GlobalArgs) -> Result<(), CliError> {
    let config = global.load()?;
    let store = open(&config, Missing::Fail)?;
    let (room, ratings) = block_on(async {
        let room = find_room(&store, &args.room.typed, &config).await?;
        let ratings = store.find_ratings(room.guid).await?;
        Ok::<_, CliError>((room, ratings))
    })??;
    let shown = if args.json {
        whole_room_json(&config, &room, ratings)?.to_string()
    } else {
        in_words(&config, &room, ratings)
    };
    Ok(print_line(shown)?)
}

fn in_words(config: &Config, room: &Room, ratings: Ratings) -> String {
    let rating = match ratings.average() {
        Some(average) => format!("{average} of 5 stars, by {}", ratings.count()),
        None => "none".into(),
    };
    let tags = room.tags.as_ref().map_or("", Tags::as_str);
    fields(&[
        ("GUID", room.guid.to_string()),
        ("name", room.name.as_str().into()),
        ("URL", room_url(config, room)),
        ("owner", room.creator_email.clone()),
        ("language", room.lang.as_str().into()),
        ("tags", tags.into()),
        ("recording", yes_or_no(room.allow_recording).into()),
        ("replay closed", yes_or_no(room.inaccessible_replay).into()),
        ("created", room.created_at.to_rfc3339()),
        ("host link given", yes_or_no(room.host_link_given).into()),
        ("rating", rating),
    ])
}
