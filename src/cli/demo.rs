use super::error::CliError;
use super::output::print_line;
use super::serve::{ready_line, stop_signal};
use super::shared::{GlobalArgs, block_on};
use crate::config::{self, Config};
use crate::http;
use crate::logging;
use crate::model::{Email, NewApiKey, PersonName, Surname, UserDefaults, UserProfile};
use crate::server::{Server, ServerError};
use crate::store::Store;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use tempfile::TempDir;

/// The registered users. The first one owns the room of the commands to paste.
const USERS: [(&str, &str, &str); 3] = [
    ("ada@example.com", "Ada", "Lovelace"),
    ("grace@example.com", "Grace", "Hopper"),
    ("edsger@example.com", "Edsger", "Dijkstra"),
];

/// The documented example of a request.
const REQUEST: &str = include_str!("../../docs/examples/default-room.request.json");

/// No flags of its own.
#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: Args, global: GlobalArgs) -> Result<(), CliError> {
    let mut config = Config::load(&global.into_flags())?;
    logging::start(&config.log);
    let folder = TempDir::with_prefix("roomd-demo-").map_err(CliError::TemporaryFolder)?;
    config.database.path = folder.path().join("demo.db");
    config.server.listen.set_ip(Ipv4Addr::LOCALHOST.into());
    config.auth.required = false;
    config.tls = config::Tls::default();
    let users = config.users.defaults();
    block_on(async {
        let server = bind(config).await?;
        let key = prepare(server.store(), &users).await?;
        let stop = stop_signal()?;
        print_line(ready_line(&server))?;
        print_line(instructions(&server, &key))?;
        Ok(server.run(stop).await?)
    })
}

/// Binds the configured port, or any free one if another process listens on it.
async fn bind(config: Config) -> Result<Server, ServerError> {
    match Server::bind(config.clone(), &mut |_| {}).await {
        Err(ServerError::Listen { reason, .. }) if reason.kind() == ErrorKind::AddrInUse => {
            let mut any_port = config;
            any_port.server.listen.set_port(0);
            Server::bind(any_port, &mut |_| {}).await
        }
        bound => bound,
    }
}

/// Registers the users and creates a key.
async fn prepare(store: &Store, defaults: &UserDefaults) -> Result<NewApiKey, CliError> {
    for (email, name, surname) in USERS {
        let email = Email::parse(email).expect("a fixed address");
        let name = PersonName::parse(name).expect("a fixed name");
        let surname = Surname::parse(surname).expect("a fixed name");
        store
            .insert_user(UserProfile::new(email, name, surname, defaults))
            .await?;
    }
    let key = NewApiKey::generate("demo").expect("a fixed name");
    store.insert_key(&key).await?;
    Ok(key)
}

fn instructions(server: &Server, key: &NewApiKey) -> String {
    let address = server.address();
    let request = REQUEST.trim_end();
    let users = USERS.map(|(email, ..)| email).join(", ");
    let authorization = http::authorization(key);
    format!(
        r#"
Registered users: {users}

Paste this into another terminal. The first call creates a room (201), every later call returns
the same room (200):

curl -i http://{address}/xapi/v2/room -H 'Content-Type: application/json' -d '{request}'

The "url" in the answer opens in a browser. This demo requires no key; a real server does. The same
call with a key:

curl -i http://{address}/xapi/v2/room -H 'Authorization: {authorization}' -H 'Content-Type: application/json' -d '{request}'

Ctrl-C stops the demo and deletes its database."#
    )
}
