use crate::meeting::builtin::{Hub, turn_credential};
use crate::model::{IceServer, Timestamp, TurnSecret, WithoutHost};
use serde::Serialize;

/// The meetings of this server, and the settings that they follow.
#[derive(Debug)]
pub(crate) struct MeetingSettings {
    /// The meetings.
    pub(crate) hub: Hub,
    /// How many people can be in one.
    pub(crate) max_people: usize,
    /// Whether guests wait for a host.
    pub(crate) without_host: WithoutHost,
    /// The servers that help browsers to reach each other.
    pub(crate) ice_servers: Vec<IceServer>,
    /// The secret that the TURN servers among them share with this one.
    pub(crate) turn_secret: Option<TurnSecret>,
}

/// Servers that help browsers to reach each other, as browsers take them.
#[derive(Serialize)]
pub(super) struct IceServers<'a> {
    urls: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
}

impl<'a> IceServers<'a> {
    fn new(servers: Vec<&'a IceServer>) -> Self {
        Self {
            urls: servers.into_iter().map(IceServer::as_str).collect(),
            username: None,
            credential: None,
        }
    }
}

impl MeetingSettings {
    /// Returns the servers for one person, with credentials that end after an hour.
    pub(super) fn ice_servers(&self) -> Vec<IceServers<'_>> {
        let (turn, stun): (Vec<&IceServer>, Vec<&IceServer>) =
            self.ice_servers.iter().partition(|server| server.is_turn());
        let stun = IceServers::new(stun);
        let mut turn = IceServers::new(turn);
        if let (Some(secret), Ok(id)) = (&self.turn_secret, getrandom::u64()) {
            let made = turn_credential(secret, id, Timestamp::now());
            turn.username = Some(made.username);
            turn.credential = Some(made.credential);
        }
        let groups = [stun, turn].into_iter();
        groups.filter(|group| !group.urls.is_empty()).collect()
    }
}
