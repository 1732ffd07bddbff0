mod list;
mod remove;
mod show;

use super::confirm::confirm_at_terminal;
use super::error::CliError;
use super::find::{RoomArg, find_room};
use super::report::report_change;
use super::room_view::{room_in_words, room_json};
use super::shared::{GlobalArgs, block_on, open, room_url};
use crate::config::Config;
use crate::meeting::{self, HostLinks, MAX_HOST_LINK_SECONDS};
use crate::model::{Room, Timestamp};
use crate::store::{Location, Missing, Store};
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Subcommand)]
pub(super) enum Verb {
    /// List rooms, newest first
    List(list::Args),
    /// Show a room
    Show(show::Args),
    /// Remove a room; its owner stays
    Remove(remove::Args),
    /// Print the host link of a user's room, by which people enter as hosts
    HostLink(HostLinkArgs),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  roomd room host-link ada@example.com
  roomd room host-link ada@example.com --expires-in 3600
  roomd room host-link ada@example.com --rotate")]
pub(super) struct HostLinkArgs {
    #[command(flatten)]
    room: RoomArg,
    /// Revoke all host links of the room before; the link for everybody stays
    #[arg(long)]
    rotate: bool,
    /// With --rotate: say what would be revoked, and change nothing
    #[arg(long, requires = "rotate")]
    dry_run: bool,
    /// With --rotate: do not ask
    #[arg(long, short, requires = "rotate")]
    yes: bool,
    /// Let the link end after so many seconds, at most a year
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    expires_in: Option<i64>,
    /// Print a JSON object instead of the link
    #[arg(long)]
    json: bool,
}

pub(super) fn run(verb: Verb, global: GlobalArgs) -> Result<(), CliError> {
    match verb {
        Verb::List(args) => list::run(&args, global),
        Verb::Show(args) => show::run(&args, global),
        Verb::Remove(args) => remove::run(&args, global),
        Verb::HostLink(args) => host_link(&args, global),
    }
}

fn host_link(args: &HostLinkArgs, global: GlobalArgs) -> Result<(), CliError> {
    let config = global.load()?;
    let store = open(&config, Missing::Fail)?;
    let room = block_on(find_room(&store, &args.room.typed, &config))??;
    if args.rotate {
        let (what, owner) = (room_in_words(&room), &room.creator_email);
        let action = format!("revoke all host links of {what} of {owner}");
        if args.dry_run {
            return rehearse(args, &config, &room, &action);
        }
        confirm_at_terminal(&action, args.yes)?;
    }
    let (room, links) = block_on(prepare(&store, &config, &room, args.rotate))??;
    let now = Timestamp::now().as_unix();
    let expires_at = args
        .expires_in
        .map(|seconds| Timestamp::from_unix(now + seconds));
    let link = links.url(&room_url(&config, &room), &room, expires_at);
    let shown = if args.json {
        let expires_at = expires_at.map(Timestamp::to_rfc3339);
        json!({"host_url": link, "expires_at": expires_at}).to_string()
    } else {
        link
    };
    let done = if args.rotate {
        "the host links of the room were revoked"
    } else {
        "a host link was created"
    };
    report_change(shown, done)
}

/// Prints what `--rotate` would do.
fn rehearse(
    args: &HostLinkArgs,
    config: &Config,
    room: &Room,
    action: &str,
) -> Result<(), CliError> {
    let done = match room.host_link_given {
        true => format!("would {action}"),
        false => format!("would {action}; none was given out so far"),
    };
    if args.json {
        let json = json!({"dry_run": true, "room": room_json(config, room)?});
        report_change(json, done)
    } else {
        report_change(&done, &done)
    }
}

/// Returns the room whose link is to be shown, after its links were revoked if that is wanted, and what
/// makes the link.
async fn prepare(
    store: &Store,
    config: &Config,
    room: &Room,
    rotate: bool,
) -> Result<(Room, HostLinks), CliError> {
    // Before anything is revoked.
    let links = host_links(store, config).await?;
    let given = store.give_host_link(room.guid).await?;
    if !rotate {
        return Ok((given, links));
    }
    store.revoke_host_links(room.guid).await?;
    Ok((store.give_host_link(room.guid).await?, links))
}

/// Returns what makes host links. A new secret is made only where it ends no link that was given out: a
/// server may still have the lost one in its memory, and would know no link by another.
async fn host_links(store: &Store, config: &Config) -> Result<HostLinks, CliError> {
    let Location::File(database) = store.location();
    let file = meeting::secret_file(config.meeting.secret_file.as_deref(), &database);
    if let Some(links) = HostLinks::load(&file)? {
        return Ok(links);
    }
    if store.gave_host_links().await? {
        return Err(CliError::LostHostSecret(file));
    }
    Ok(HostLinks::load_or_create(&file, &database)?)
}

/// Reads the time until a link ends.
fn seconds(text: &str) -> Result<i64, String> {
    let seconds = text.parse().ok();
    let seconds = seconds.filter(|seconds| (1..=MAX_HOST_LINK_SECONDS).contains(seconds));
    seconds.ok_or_else(|| {
        format!("must be a whole number of seconds, from 1 to {MAX_HOST_LINK_SECONDS} (a year)")
    })
}
