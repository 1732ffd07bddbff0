use super::output::print_line;
use super::serve::{listening, stop_signal};
use super::{CliError, SharedArgs, block_on};
use crate::config::{self, Config};
use crate::http;
use crate::logging;
use crate::model::{Email, NewApiKey, PersonName, UserDefaults, UserProfile};
use crate::server::{Server, ServerError};
use crate::store::Store;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use tempfile::TempDir;

/// Who is registered, the owner of the pasted room first.
const USERS: [(&str, &str, &str); 3] = [
    ("ada@example.com", "Ada", "Lovelace"),
    ("grace@example.com", "Grace", "Hopper"),
    ("edsger@example.com", "Edsger", "Dijkstra"),
];

/// The documented request.
const REQUEST: &str = include_str!("../../docs/examples/default-room.request.json");

/// The demonstration has no flags of its own.
#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: Args, shared: SharedArgs) -> Result<(), CliError> {
    let mut config = Config::load(&shared.into_flags())?;
    logging::start(&config.log);
    let folder = TempDir::with_prefix("roomd-demo-")?;
    config.database.path = folder.path().join("demo.db");
    config.server.listen.set_ip(Ipv4Addr::LOCALHOST.into());
    config.auth.required = false;
    config.tls = config::Tls::default();
    let users = config.users.clone();
    block_on(async {
        let server = bind(config).await?;
        let key = prepare(server.store(), &users).await?;
        let stop = stop_signal()?;
        print_line(listening(&server))?;
        print_line(instructions(&server, &key))?;
        Ok(server.run(stop).await?)
    })
}

/// Takes the configured port, or any other when somebody has it.
async fn bind(config: Config) -> Result<Server, ServerError> {
    match Server::bind(config.clone()).await {
        Err(ServerError::Listen { reason, .. }) if reason.kind() == ErrorKind::AddrInUse => {
            let mut elsewhere = config;
            elsewhere.server.listen.set_port(0);
            Server::bind(elsewhere).await
        }
        bound => bound,
    }
}

/// Registers the users and makes a key.
async fn prepare(store: &Store, defaults: &UserDefaults) -> Result<NewApiKey, CliError> {
    for (email, name, surname) in USERS {
        let email = Email::parse(email).expect("a fixed address");
        let name = PersonName::parse(name).expect("a fixed name");
        let surname = PersonName::parse(surname).expect("a fixed name");
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

Paste this into another terminal. The first time a room is made (201), and ever after the same
room comes back (200):

curl -i http://{address}/xapi/v2/room -H 'Content-Type: application/json' -d '{request}'

The answer's "url" opens in a browser. This demonstration asks for no key; a real server does.
The same with a key:

curl -i http://{address}/xapi/v2/room -H 'Authorization: {authorization}' -H 'Content-Type: application/json' -d '{request}'

Everything here is gone when you stop it with Ctrl-C."#
    )
}
