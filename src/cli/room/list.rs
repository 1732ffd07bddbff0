use crate::cli::error::CliError;
use crate::cli::output::print_line;
use crate::cli::paging::{PagingArgs, page_line};
use crate::cli::room_view::room_json;
use crate::cli::shared::{GlobalArgs, block_on, open, room_url};
use crate::cli::table::{Column, table};
use crate::config::Config;
use crate::model::{Email, Invalid, Page, Paging, Part, Room, RoomQuery};
use crate::store::Missing;
use serde_json::Value;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  roomd room list
  roomd room list linear algebra
  roomd room list ada@example.com --json")]
pub(in crate::cli) struct Args {
    /// Words that stand together in the name of the rooms, or the e-mail address of their owner
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    #[command(flatten)]
    paging: PagingArgs,
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, global: GlobalArgs) -> Result<(), CliError> {
    let query = query(&args.words).map_err(|reason| CliError::BadSearch(reason.to_string()))?;
    let config = global.load()?;
    let store = open(&config, Missing::Fail)?;
    let paging = args.paging.paging();
    let rooms = block_on(store.list_rooms(query, paging))??;
    if args.json {
        let rooms = rooms.entries.iter().map(|room| room_json(&config, room));
        let rooms: Vec<Value> = rooms.collect::<Result<_, _>>()?;
        print_line(Value::Array(rooms))?;
    } else {
        print_line(in_words(&config, &rooms, paging))?;
    }
    Ok(())
}

fn query(words: &[String]) -> Result<RoomQuery, Invalid> {
    let words = words.join(" ");
    match Email::parse(&words) {
        Ok(email) => Ok(RoomQuery {
            creator_email: Some(email),
            ..RoomQuery::default()
        }),
        Err(_) => Ok(RoomQuery {
            name: Part::parse(&words)?,
            ..RoomQuery::default()
        }),
    }
}

fn in_words(config: &Config, rooms: &Page<Room>, paging: Paging) -> String {
    let rows = rooms.entries.iter().map(|room| {
        [
            room.name.as_str().to_owned(),
            room.creator_email.clone(),
            room.created_at.to_rfc3339(),
            room_url(config, room),
        ]
    });
    let columns = [
        Column::cut("NAME"),
        Column::cut("OWNER"),
        Column::whole("CREATED"),
        Column::whole("URL"),
    ];
    let mut text = table(columns, rows);
    text.push_str(&page_line(paging, rooms.total, "rooms"));
    text
}
