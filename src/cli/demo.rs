mod certificate;
mod key;

use super::error::CliError;
use super::ready::announce;
use super::serve::ready_line;
use super::shared::{GlobalArgs, HiddenDatabase, block_on, start_log};
use super::signals::Signals;
use crate::config::{self, Config, PublicUrl};
use crate::http;
use crate::model::{
    Email, LangTag, NewApiKey, OptionsPatch, PersonName, Room, RoomDraft, RoomName, Surname,
    UserDefaults, UserProfile,
};
use crate::server::{Server, ServerError};
use crate::store::Store;
use clap::builder::NonEmptyStringValueParser;
use log::{LevelFilter, warn};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use tempfile::TempDir;

/// The registered users without a room. The first one owns the room of the commands to paste.
const USERS: [(&str, &str, &str); 3] = [
    ("ada@example.com", "Ada", "Lovelace"),
    ("grace@example.com", "Grace", "Hopper"),
    ("edsger@example.com", "Edsger", "Dijkstra"),
];

/// The user whose room exists from the start, so that its link opens.
const HOST: (&str, &str, &str) = ("demo@example.com", "Demo", "User");

/// The body of the request to paste.
const REQUEST: &str = r#"{"creator_email": "ada@example.com", "name": "Test Room"}"#;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  roomd demo --open
  roomd demo --listen 0.0.0.0:8080 --tls-self-signed")]
pub(super) struct Args {
    /// Address to listen on; if other devices can reach it, callers need the key [default:
    /// 127.0.0.1, with the port of the settings]
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    listen: Option<SocketAddr>,
    /// Key that stays the same over restarts: its two parts, or a file with them, which is created
    /// with a new key if it does not exist
    #[arg(
        long,
        value_name = "ACCESS:SECRET|FILE",
        value_parser = NonEmptyStringValueParser::new()
    )]
    key: Option<String>,
    /// Open the room as its host in a browser
    #[arg(long)]
    open: bool,
    /// Serve HTTPS with a certificate of its own, of which browsers warn: they give a camera only to
    /// HTTPS, or to this machine itself
    #[arg(long)]
    tls_self_signed: bool,
    #[command(flatten)]
    _database: HiddenDatabase,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "must be ADDRESS:PORT, such as 0.0.0.0:8080")
}

pub(super) fn run(args: Args, global: GlobalArgs) -> Result<(), CliError> {
    let mut config = Config::load(&global.into_flags())?;
    config.log.requests = true;
    config.log.level = config.log.level.max(LevelFilter::Info);
    start_log(&config)?;
    let key = match &args.key {
        Some(flag) => key::from_flag(flag)?,
        None => key::new_key(),
    };
    match args.listen {
        Some(address) => config.server.listen = address,
        None => config.server.listen.set_ip(Ipv4Addr::LOCALHOST.into()),
    }
    config.auth.required = !config.server.listen.ip().is_loopback();
    config.server.public_url = None;
    config.tls = config::Tls::default();
    config.meeting.secret_file = None;
    let (users, needs_key) = (config.users.defaults(), config.auth.required);
    block_on(async {
        // Before the folder, which is deleted only where the process ends by itself.
        let mut signals = Signals::catch()?;
        let folder = TempDir::with_prefix("roomd-demo-").map_err(CliError::TemporaryFolder)?;
        config.database.path = folder.path().join("demo.db");
        if args.tls_self_signed {
            let addresses = [own_address(), Ipv4Addr::LOCALHOST.into()];
            let created = certificate::create(folder.path(), &addresses);
            config.tls = created.map_err(CliError::TemporaryFolder)?;
        }
        let (server, url) = bind(config, args.listen.is_some()).await?;
        let room = prepare(server.store(), &users, &key).await?;
        let links = Links::new(&server, &url, &room);
        let lines = instructions(&url, &key, &links, needs_key);
        let ready = announce(format!("{}\n{lines}", ready_line(&server)));
        if args.open && open::that_detached(&links.host).is_err() {
            warn!("no browser could be opened: open the link of the host yourself");
        }
        // Every signal ends a demo, also that of a terminal that is closed: its database is deleted.
        let stop = async move {
            signals.next().await;
        };
        server.run_announced(ready, stop).await
    })?
}

/// Binds the configured address, or any free port of it if another process listens there and no
/// address `is_demanded`. Returns the URL by which clients reach the server too.
async fn bind(config: Config, is_demanded: bool) -> Result<(Server, String), ServerError> {
    match bind_exactly(config.clone()).await {
        Err(ServerError::Listen {
            setting: "server.listen",
            reason,
            ..
        }) if reason.kind() == ErrorKind::AddrInUse && !is_demanded => {
            let mut any_port = config;
            any_port.server.listen.set_port(0);
            bind_exactly(any_port).await
        }
        bound => bound,
    }
}

async fn bind_exactly(mut config: Config) -> Result<(Server, String), ServerError> {
    let listen = config.server.listen;
    if listen.ip().is_unspecified() {
        let port = free_port(listen).map_err(|reason| ServerError::Listen {
            setting: "server.listen",
            address: listen,
            reason,
        })?;
        config.server.listen.set_port(port);
        let reachable = SocketAddr::new(own_address(), port);
        let scheme = config.tls.scheme();
        config.server.public_url = Some(PublicUrl::from_address(scheme, reachable));
    }
    let public_url = config.server.public_url.clone();
    let server = Server::bind(config, &mut |_| {}).await?;
    let url = public_url.as_ref().unwrap_or(server.url()).to_string();
    Ok((server, url))
}

/// Returns the port of an address, or a free one in place of 0.
fn free_port(address: SocketAddr) -> io::Result<u16> {
    match address.port() {
        0 => Ok(TcpListener::bind(address)?.local_addr()?.port()),
        port => Ok(port),
    }
}

/// Returns the address by which other devices on the network reach this machine: the one from which
/// it would reach others. Nothing is sent. Loopback if there is no network.
fn own_address() -> IpAddr {
    // Addresses that no machine has (RFC 5737, RFC 3849).
    let others = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")];
    let own = |(any, other): (&str, &str)| {
        let socket = UdpSocket::bind(any)?;
        socket.connect(other)?;
        socket.local_addr().map(|address| address.ip())
    };
    let found = others.into_iter().find_map(|other| own(other).ok());
    found.unwrap_or(Ipv4Addr::LOCALHOST.into())
}

/// Registers the users, stores the key and creates a room, which is returned.
async fn prepare(
    store: &Store,
    defaults: &UserDefaults,
    key: &NewApiKey,
) -> Result<Room, CliError> {
    for (email, name, surname) in USERS.into_iter().chain([HOST]) {
        let email = Email::parse(email).expect("a fixed address");
        let name = PersonName::parse(name).expect("a fixed name");
        let surname = Surname::parse(surname).expect("a fixed name");
        store
            .insert_user(UserProfile::new(email, name, surname, defaults))
            .await?;
    }
    store.insert_key(key).await?;
    let draft = RoomDraft {
        creator_email: Email::parse(HOST.0).expect("a fixed address"),
        name: RoomName::parse("Demo Room").expect("a fixed name"),
        fallback_name: None,
        lang: LangTag::parse("en-US").expect("a fixed tag"),
        options: OptionsPatch::default(),
        tags: None,
        allow_recording: true,
        inaccessible_replay: false,
        registration: None,
    };
    let room = store.get_or_create_default(draft).await?.0;
    Ok(store.give_host_link(room.guid).await?)
}

/// The links to the room of the demo.
struct Links {
    /// For everybody.
    guest: String,
    /// For its host.
    host: String,
}

impl Links {
    fn new(server: &Server, url: &str, room: &Room) -> Self {
        let guest = http::room_url(url, &room.slug());
        let host = server.host_links().url(&guest, room, None);
        Self { guest, host }
    }
}

fn instructions(url: &str, key: &NewApiKey, links: &Links, needs_key: bool) -> String {
    let users = USERS.map(|(email, ..)| email).join(", ");
    let Links { guest, host } = links;
    let is_secure = !needs_key || url.starts_with("https://");
    let camera = match is_secure {
        true => "",
        false => {
            " Other devices get no camera and no microphone over\nhttp://: for that, start the demo \
             with --tls-self-signed."
        }
    };
    let (access_key, secret_key) = (key.access_key.as_str(), key.secret_key());
    // Nobody vouches for a certificate of its own.
    let flags = if url.starts_with("https://") {
        "-ik"
    } else {
        "-i"
    };
    let call = format!("curl {flags} {url}/xapi/v2/room \\\n");
    let body = format!("  -H 'Content-Type: application/json' \\\n  -d '{REQUEST}'");
    let authorization = http::authorization(key);
    let with_key = format!("{call}  -H 'Authorization: {authorization}' \\\n{body}");
    let commands = if needs_key {
        with_key
    } else {
        format!(
            "{call}{body}\n\nThis demo requires no key; a real server does. The same call with \
             the key:\n\n{with_key}"
        )
    };
    format!(
        r#"
Open in a browser:

documentation    {url}/docs
a room, as host  {host}
a room, as guest {guest}

Open both links of the room, in two windows or on two devices, to meet. The
guest waits for the host.{camera}

access key:  {access_key}
secret key:  {secret_key}
Registered users: {users}

Paste this into another terminal. The first call creates a room (201), every
later call returns the same room (200); the "url" in the answer opens a
meeting.

{commands}

Every request gets a line below. Ctrl-C stops the demo and deletes its
database."#
    )
}
