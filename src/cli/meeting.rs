use super::error::CliError;
use super::find::{RoomArg, find_room};
use super::output::print_line;
use super::shared::{GlobalArgs, block_on, open, room_url};
use crate::meeting::handoff::{Deadline, Entry, HandoffServer, TIMEOUT, Visit};
use crate::meeting::{MeetingOptions, Role};
use crate::model::{Room, Timestamp};
use crate::server::handoff_server;
use crate::store::Missing;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

#[derive(Subcommand)]
pub(super) enum Verb {
    /// Print where the meeting server would let a host and a guest of a room in
    ///
    /// The links are real ones: they open the meeting, for some minutes, to whoever has them. On
    /// BigBlueButton and LiveKit the meeting is created, and ends by itself if nobody comes.
    Test(TestArgs),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  roomd meeting test ada@example.com")]
pub(super) struct TestArgs {
    #[command(flatten)]
    room: RoomArg,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(verb: Verb, global: GlobalArgs) -> Result<(), CliError> {
    let Verb::Test(args) = verb;
    let config = global.load()?;
    let Some(server) = handoff_server(&config.meeting)? else {
        return Err(CliError::NoMeetingServer(config.meeting.server.as_str()));
    };
    let store = open(&config, Missing::Fail)?;
    let room = block_on(find_room(&store, &args.room.typed, &config))??;
    let page_url = room_url(&config, &room);
    let [host, guest] =
        [Role::Host, Role::Guest].map(|role| enter(&server, &room, &page_url, role));
    let (host, guest) = (host?, guest?);
    let shown = if args.json {
        json!({"host": value(&host), "guest": value(&guest)}).to_string()
    } else {
        format!("host:  {}\nguest: {}", text(&host), text(&guest))
    };
    Ok(print_line(shown)?)
}

fn enter(
    server: &HandoffServer,
    room: &Room,
    page_url: &str,
    role: Role,
) -> Result<Entry, CliError> {
    let visit = Visit {
        room: room.clone(),
        options: MeetingOptions::from_json(room.options.as_json()),
        role,
        name: match role {
            Role::Host => "Test host".into(),
            Role::Guest => "Test guest".into(),
        },
        page_url: page_url.to_owned(),
        now: Timestamp::now(),
    };
    Ok(server.enter(&visit, Deadline::within(TIMEOUT))?)
}

fn text(entry: &Entry) -> String {
    match entry {
        Entry::Url(url) => url.clone(),
        Entry::LiveKit { url, token } => format!("{url} with the token {token}"),
    }
}

fn value(entry: &Entry) -> Value {
    match entry {
        Entry::Url(url) => json!({"url": url}),
        Entry::LiveKit { url, token } => json!({"server": url, "token": token}),
    }
}
